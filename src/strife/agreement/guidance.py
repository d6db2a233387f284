"""What to do about disagreement: which types are confused, and which rule of the manual would help most."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

import msgspec

from strife.agreement.aligned import Difference, Kind, of_arguments, of_arrows, of_attributes, of_spans
from strife.agreement.measure import Read
from strife.agreement.unitizing import Span
from strife.agreement.units import Units

EXAMPLES, WORDS = 3, 5
CONTEXT, QUOTE = 40, 90  # characters
LAYERS = ("entities", "typed_triggers", "arguments", "relations", "attributes")


class Example(msgspec.Struct, frozen=True):
    """A place where two annotators differ: [start, end) with its words, and what each of the two says."""

    doc_id: str
    start: int
    end: int
    before: str
    quote: str
    after: str
    said: dict[str, str]


class Pattern(msgspec.Struct, frozen=True):
    """A kind of disagreement that one rule could settle.

    `labels` are those between which annotators waver (one, where the question is whether or where to mark it), `about`
    the event type whose roles or the attribute whose values they are. `count` is how often, over all pairs of
    annotators; `agreed` how often the same labels were agreed on. `gain` is by how much the exact F1 of the layer (of
    attributes the share of equal values) would rise if all of them were settled.
    """

    layer: str
    kind: Kind
    labels: tuple[str, ...]
    about: str
    count: int
    agreed: int
    gain: float
    words: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]

    @property
    def question(self) -> str:
        """The question that the manual has to answer."""
        of = f" of {self.about}" if self.about else ""
        first = self.labels[0]
        return {
            "type": f"{' or '.join(self.labels)}?",
            "role": f"{' or '.join(self.labels)}{of}?",
            "bounds": f"{first}{of}: where does it begin and end?",
            "one only": f"{first}{of}: marked or not?",
            "filler": f"{first}{of}: which of several?",
            "direction": f"{first}: from which to which?",
            "value": f"{self.about}: {' or '.join(self.labels)}?",
            "agreed": first,
        }[self.kind]


class Confusion(msgspec.Struct, frozen=True):
    """How often what one annotator calls X is Y for another.

    `counts` is a square with one more row and column than labels: the last row is what only the column's annotator
    marked, the last column what only the row's did. With two annotators rows are the first's and columns the second's;
    with more the counts of all pairs are added both ways, so the square is symmetric and each agreement counts twice.
    """

    layer: str
    rows: str
    columns: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Differences(msgspec.Struct, frozen=True):
    """All differences of two annotators in one layer of one document."""

    doc_id: str
    text: str
    pair: tuple[int, int]
    found: list[Difference]


def differences(documents: Sequence[Read], layer: str) -> list[Differences]:
    """The differences of every pair of annotators in every document, agreements included."""
    return [
        Differences(doc.doc_id, doc.text, (i, j), list(between(doc.units[i], doc.units[j], layer)))
        for doc in documents
        for i, j in combinations(sorted(doc.units), 2)
    ]


def between(a: Units, b: Units, layer: str) -> Iterable[Difference]:
    """The differences of two annotators of a document in one layer, agreements included."""
    if layer == "entities":
        return of_spans(a.entities, b.entities)
    if layer == "typed_triggers":
        return of_spans(a.triggers, b.triggers)
    if layer == "attributes":
        return of_attributes(a, b)
    return of_arguments(a.events, b.events) if layer == "arguments" else of_arrows(a.arrows, b.arrows)


def confusion(layer: str, found: Sequence[Differences], names: Sequence[str]) -> Confusion:
    """The confusion of the types of a layer."""
    both = Counter(difference.labels for one in found for difference in one.found)
    labels = tuple(sorted({label for pair in both for label in pair if label is not None}))
    order = [*labels, None]
    two = len(names) == 2
    counts = tuple(tuple(both[x, y] if two else both[x, y] + both[y, x] for y in order) for x in order)
    rows, columns = names if two else ("one annotator", "another (every pair, both ways)")
    return Confusion(layer, rows, columns, labels, counts)


def patterns(layer: str, found: Sequence[Differences], names: Sequence[str]) -> list[Pattern]:
    """The kinds of disagreement of a layer, that with most to gain first."""
    groups: dict[tuple[Kind, tuple[str, ...], str], list[tuple[Differences, Difference]]] = defaultdict(list)
    agreed: Counter[tuple[str, str]] = Counter()
    marks = 0
    for one in found:
        for difference in one.found:
            labels = tuple(sorted({label for label in difference.labels if label is not None}))
            marks += sum(span is not None for span in (difference.a, difference.b))
            if difference.kind == "agreed":
                agreed[labels[0], difference.about] += 1
            else:
                groups[difference.kind, labels, difference.about].append((one, difference))
    hits = agreed.total()
    made = [
        Pattern(
            layer,
            kind,
            labels,
            about,
            len(some),
            sum(agreed[label, about] for label in labels),
            _gain(kind, len(some), hits, marks),
            _words(some),
            _examples(some, names),
        )
        for (kind, labels, about), some in groups.items()
    ]
    return sorted(made, key=lambda p: (-p.gain, -p.count, p.kind, p.labels, p.about))


def _gain(kind: Kind, count: int, hits: int, marks: int) -> float:
    """How much F1 = 2 hits / marks would rise. What one only marked could be marked by both or by none: the lesser."""
    now = 2 * hits / marks
    if kind == "one only":
        none = 2 * hits / (marks - count) if marks > count else 1.0
        return min(2 * (hits + count) / (marks + count), none) - now
    return 2 * (hits + count) / marks - now


def _words(some: Iterable[tuple[Differences, Difference]]) -> tuple[tuple[str, int], ...]:
    """The words that are disagreed on most, those that come at least twice."""
    counts = Counter(" ".join(words(one.text, d).split()).casefold() for one, d in some)
    often = sorted(((word, n) for word, n in counts.items() if n > 1), key=lambda entry: (-entry[1], entry[0]))
    return tuple(often[:WORDS])


def _examples(some: Sequence[tuple[Differences, Difference]], names: Sequence[str]) -> tuple[Example, ...]:
    """Some places, of different documents where there are several."""
    ordered = sorted(some, key=lambda entry: (entry[0].doc_id, entry[1].place, entry[0].pair))
    seen: Counter[str] = Counter()
    turn = {}
    for position, (one, _) in enumerate(ordered):
        turn[position] = seen[one.doc_id]
        seen[one.doc_id] += 1
    first = sorted(range(len(ordered)), key=lambda position: (turn[position], position))[:EXAMPLES]
    return tuple(example(*ordered[position], names) for position in first)


def example(one: Differences, difference: Difference, names: Sequence[str]) -> Example:
    """A difference with the words around it."""
    (start, end), text = difference.place, one.text
    sides = zip(one.pair, (difference.a, difference.b), strict=True)
    return Example(
        one.doc_id,
        start,
        end,
        _before(text, start),
        words(text, difference),
        _after(text, end),
        {names[who]: said(text, difference, span) for who, span in sides},
    )


def _before(text: str, at: int) -> str:
    """What stands before a place in its line, from the beginning of a word."""
    near = text[max(0, at - CONTEXT) : at].rpartition("\n")[2]
    return near if len(near) < CONTEXT else near.partition(" ")[2]


def _after(text: str, at: int) -> str:
    """What stands after a place in its line, up to the end of a word."""
    near = text[at : at + CONTEXT].partition("\n")[0]
    return near if len(near) < CONTEXT else near.rpartition(" ")[0]


def words(text: str, difference: Difference) -> str:
    """The words that a difference is about; of a relation those of head and tail."""
    return " → ".join(shortened(text[slice(*place)]) for place in difference.ends or (difference.place,))


def said(text: str, difference: Difference, span: Span | None) -> str:
    """What an annotator says of a place: the label, with the words where the two mark different ones; or nothing."""
    if span is None:
        return "nothing"
    other = difference.b if span is difference.a else difference.a
    if difference.kind == "value" or difference.ends or other is None or other[:2] == span[:2]:
        return span.label
    return f"{span.label} {shortened(text[span.start : span.end])!r}"


def shortened(text: str) -> str:
    """At most `QUOTE` characters, the middle left out."""
    half = QUOTE // 2 - 2
    return text if len(text) <= QUOTE else f"{text[:half]} … {text[-half:]}"


def guidance(documents: Sequence[Read], names: Sequence[str]) -> tuple[dict[str, Confusion], tuple[Pattern, ...]]:
    """The confusion of types by layer, and all patterns, that with most to gain first."""
    confusions: dict[str, Confusion] = {}
    found: list[Pattern] = []
    for layer in LAYERS:
        some = differences(documents, layer)
        if layer in ("entities", "typed_triggers"):
            confusions[layer] = confusion(layer, some, names)
        found += patterns(layer, some, names)
    return confusions, tuple(sorted(found, key=lambda p: (-p.gain, -p.count, LAYERS.index(p.layer), p.labels)))
