"""Errors to look at: every false positive and false negative of a score, in exactly one class.

Three layers are looked at, each under its metric: entities (`ent`), triggers (`tri_c`), arguments (`arg_c+`). What one
side has and the other lacks is paired, one to one, so that the sum of likeness is largest; a pair is one error (a false
positive and a false negative), what stays alone is missed or spurious. So within a layer

    pairs + missed = false negatives        pairs + spurious = false positives

    layer      class           gold and prediction
    entity,    boundary        overlap and have the same label
    trigger    type            have the same span and another label
               boundary+type   overlap and have another label
    argument   role            hang on the same event and have the same span
               boundary        hang on the same event, have the same role, and overlap
               boundary+role   hang on the same event and overlap
               event_type      have the same trigger, span and role; the event's type is wrong
               trigger         have the same span and role; it hangs on the wrong trigger
    all        missed          gold alone
               spurious        prediction alone

An argument's error `follows` when the event it hangs on is itself wrong: missed, spurious, with another span or type.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from strife.align import best_pairs
from strife.model import Document
from strife.scoring.metrics import Counts, argument_span, spans_by_id
from strife.scoring.resolve import Resolution, read_answers
from strife.scoring.resolve import resolve as placed
from strife.scoring.score import Scores, score
from strife.scoring.sources import name, read

Layer = Literal["entity", "trigger", "argument"]
Kind = Literal[
    "boundary", "type", "boundary+type", "role", "boundary+role", "event_type", "trigger", "missed", "spurious"
]

METRIC_OF: dict[Layer, str] = {"entity": "ent", "trigger": "tri_c", "argument": "arg_c+"}
KINDS: dict[Layer, tuple[Kind, ...]] = {
    "entity": ("boundary", "type", "boundary+type", "missed", "spurious"),
    "trigger": ("boundary", "type", "boundary+type", "missed", "spurious"),
    "argument": ("role", "boundary", "boundary+role", "event_type", "trigger", "missed", "spurious"),
}


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mention, a trigger or an argument: its span [start, end) with its label, type or role.

    `event` is set for an argument: start, end and type of the trigger it hangs on.
    """

    start: int
    end: int
    label: str
    event: tuple[int, int, str] | None = None

    @property
    def span(self) -> tuple[int, int]:
        """(start, end)."""
        return self.start, self.end


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """One error: what gold says, what was predicted, or both where they were paired."""

    layer: Layer
    kind: Kind
    gold: Item | None = None
    predicted: Item | None = None
    follows: bool = False

    @property
    def sides(self) -> tuple[tuple[str, Item], ...]:
        """("gold", item) and ("predicted", item), those that there are."""
        return tuple((name, item) for name, item in (("gold", self.gold), ("predicted", self.predicted)) if item)

    @property
    def span(self) -> tuple[int, int]:
        """From where either begins to where either ends."""
        return min(item.start for _, item in self.sides), max(item.end for _, item in self.sides)


class DocumentErrors(NamedTuple):
    """One document: what is right and what is wrong in each layer, in text order.

    `unplaced` are predicted quotes that the resolver did not find in the text, by where it put them, after its end.
    """

    gold: Document
    predicted: Document
    right: dict[Layer, tuple[Item, ...]]
    errors: tuple[Error, ...]
    unplaced: dict[int, str]

    def words(self, start: int, end: int) -> str:
        """What stands at [start, end), or was quoted and does not stand in the text."""
        return self.unplaced.get(start) or self.gold.text[start:end]

    def counts(self, layer: Layer) -> Counts:
        """The counts of the layer's metric."""
        kinds = [error for error in self.errors if error.layer == layer]
        missed = sum(error.gold is not None for error in kinds)
        spurious = sum(error.predicted is not None for error in kinds)
        return Counts(len(self.right[layer]), spurious, missed)


class Analysis(NamedTuple):
    """The scores of the three layers under their signature, and the errors of each document in the order of gold."""

    scores: Scores
    documents: tuple[DocumentErrors, ...]

    def classes(self, layer: Layer) -> dict[Kind, int]:
        """How many errors of each class, also those that do not occur."""
        found = Counter(error.kind for one in self.documents for error in one.errors if error.layer == layer)
        return {kind: found[kind] for kind in KINDS[layer]}

    def following(self, layer: Layer) -> dict[Kind, int]:
        """How many errors of each class follow from a wrong event."""
        errors = (error for one in self.documents for error in one.errors)
        found = Counter(error.kind for error in errors if error.layer == layer and error.follows)
        return {kind: found[kind] for kind in KINDS[layer]}

    def confusion(self, layer: Layer) -> dict[tuple[str | None, str | None], int]:
        """How often (gold label, predicted label) met; None for gold stands for spurious, for predicted for missed.

        Right ones and boundary errors alone are on the diagonal, so a row sums to the gold items of its label and a
        column to the predicted ones.
        """
        cells: Counter[tuple[str | None, str | None]] = Counter()
        for one in self.documents:
            cells.update((item.label, item.label) for item in one.right[layer])
            cells.update(
                (error.gold.label if error.gold else None, error.predicted.label if error.predicted else None)
                for error in one.errors
                if error.layer == layer
            )
        return dict(cells)

    def worst(self) -> list[DocumentErrors]:
        """The documents that have errors, those with the most first."""
        some = [one for one in self.documents if one.errors]
        return sorted(some, key=lambda one: (-len(one.errors), one.gold.doc_id))


def analyse(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    data: str = "",
    split: str = "all",
    resolution: Resolution | None = None,
) -> Analysis:
    """Score the three layers and sort every error into its class. Raises ScoreError as `score` does.

    `resolution` is what placed the predictions if they came without offsets.
    """
    scores = score(gold, predicted, METRIC_OF.values(), data, split, resolution=resolution)
    given = {document.doc_id: document for document in predicted}
    lost: dict[str, list[str]] = defaultdict(list)
    for one in resolution.lost if resolution else ():
        lost[one.doc_id].append(one.quote)
    compared = []
    for document in gold:
        found = compare(document, given.get(document.doc_id, Document(document.doc_id, document.text)))
        places = {len(document.text) + 2 * n: quote for n, quote in enumerate(lost[document.doc_id])}
        compared.append(found._replace(unplaced=places))
    return Analysis(scores, tuple(compared))


def analyse_files(gold: Path, predicted: Path, data: str = "", split: str = "all", resolve: bool = False) -> Analysis:
    """As `analyse`, of files or datasets; with `resolve`, of answers that quote words and have no offsets."""
    documents = list(read(gold, split))
    resolution = placed(read_answers(predicted), {d.doc_id: d.text for d in documents}) if resolve else None
    given = resolution.documents if resolution else tuple(read(predicted, split))
    return analyse(documents, given, data or name(gold), split, resolution)


def compare(gold: Document, predicted: Document) -> DocumentErrors:
    """What is right and wrong in one document. Ids do not matter, order and duplicates neither."""
    right: dict[Layer, tuple[Item, ...]] = {}
    errors: list[Error] = []
    ours, theirs = ({layer: set(_items(layer, one)) for layer in METRIC_OF} for one in (gold, predicted))
    events = tuple({(i.start, i.end, i.label) for i in side["trigger"]} for side in (ours, theirs))
    for layer in METRIC_OF:
        both = ours[layer] & theirs[layer]
        right[layer] = tuple(sorted(both, key=_place))
        for kind, missing, extra in _classified(layer, ours[layer] - both, theirs[layer] - both):
            follows = layer == "argument" and any(
                item is not None and item.event not in other
                for item, other in ((missing, events[1]), (extra, events[0]))
            )
            errors.append(Error(layer, kind, missing, extra, follows))
    return DocumentErrors(gold, predicted, right, tuple(sorted(errors, key=_in_text_order)), {})


def _items(layer: Layer, document: Document) -> Iterator[Item]:
    """What the layer's metric compares."""
    if layer == "argument":
        spans = spans_by_id(document)
        for event in document.events:
            for argument in event.arguments:
                yield Item(*argument_span(argument, spans), argument.role, (*event.span, event.type))
    else:
        yield from (Item(*i.span, i.label) for i in (document.entities if layer == "entity" else document.events))


def _place(item: Item) -> tuple[object, ...]:
    return item.start, item.end, item.label, item.event or ()


def _in_text_order(error: Error) -> tuple[object, ...]:
    return error.span, list(METRIC_OF).index(error.layer), error.kind, [_place(item) for _, item in error.sides]


def _classified(
    layer: Layer, missing: Iterable[Item], extra: Iterable[Item]
) -> Iterator[tuple[Kind, Item | None, Item | None]]:
    """Every missing and extra item once: in a pair with its class, or alone."""
    kind_of = _argument_kind if layer == "argument" else _span_kind
    for golds, others in _overlapping(missing, extra):
        pairs = _pairs(golds, others, kind_of)
        for gold, other in pairs:
            kind = kind_of(gold, other)
            assert kind is not None
            yield kind, gold, other
        paired = {gold for gold, _ in pairs}, {other for _, other in pairs}
        yield from (("missed", gold, None) for gold in golds if gold not in paired[0])
        yield from (("spurious", None, other) for other in others if other not in paired[1])


def _overlapping(missing: Iterable[Item], extra: Iterable[Item]) -> Iterator[tuple[list[Item], list[Item]]]:
    """Groups of which no two overlap, so that each can be paired by itself; both sides in text order."""
    both = sorted([*((_place(i), 0, i) for i in missing), *((_place(i), 1, i) for i in extra)], key=lambda one: one[:2])
    group: tuple[list[Item], list[Item]] = [], []
    reach = 0
    for _, side, item in both:
        if item.start >= reach and (group[0] or group[1]):
            yield group
            group = [], []
        group[side].append(item)
        reach = max(reach, item.end)
    if group[0] or group[1]:
        yield group


def _pairs(
    golds: list[Item], others: list[Item], kind_of: Callable[[Item, Item], Kind | None]
) -> list[tuple[Item, Item]]:
    import numpy as np

    if not golds or not others:
        return []
    rows = [[_likeness(a, b) if kind_of(a, b) else 0.0 for b in others] for a in golds]
    return [(golds[row], others[column]) for row, column in best_pairs(np.array(rows))]


def _likeness(gold: Item, other: Item) -> float:
    """How much agrees: overlap over union of the spans (2 if they are equal), and one for each other part."""
    shared = min(gold.end, other.end) - max(gold.start, other.start)
    union = max(gold.end, other.end) - min(gold.start, other.start)
    parts = 2.0 if shared == union else shared / union
    parts += gold.label == other.label
    if gold.event and other.event:
        parts += (gold.event[:2] == other.event[:2]) + (gold.event[2] == other.event[2])
    return parts


def _overlap(gold: Item, other: Item) -> bool:
    return gold.start < other.end and other.start < gold.end


def _span_kind(gold: Item, other: Item) -> Kind | None:
    if gold.span == other.span:
        return "type"
    if not _overlap(gold, other):
        return None
    return "boundary" if gold.label == other.label else "boundary+type"


def _argument_kind(gold: Item, other: Item) -> Kind | None:
    if gold.event == other.event:
        if gold.span == other.span:
            return "role"
        if not _overlap(gold, other):
            return None
        return "boundary" if gold.label == other.label else "boundary+role"
    if gold.span != other.span or gold.label != other.label or gold.event is None or other.event is None:
        return None
    return "event_type" if gold.event[:2] == other.event[:2] else "trigger"
