"""Errors as a page: gold and prediction sentence by sentence, with what is right and wrong marked in the text."""

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from strife.pages import Mark, marked, render
from strife.quote import shortened
from strife.scoring.errors import METRIC_OF, Analysis, DocumentErrors, Error, Item, Kind, Layer
from strife.scoring.errors_report import confusion_table
from strife.segment import sentences

if TYPE_CHECKING:
    from markupsafe import Markup

TITLES: dict[Layer, str] = {"entity": "Entities", "trigger": "Triggers", "argument": "Arguments"}
WORDS: dict[Kind, str] = {
    "boundary": "wrong boundary",
    "type": "wrong type",
    "boundary+type": "wrong boundary and type",
    "role": "wrong role",
    "boundary+role": "wrong boundary and role",
    "event_type": "wrong event type",
    "trigger": "on the wrong trigger",
    "missed": "missed",
    "spurious": "spurious",
}
# Beside colour, so that nothing is told by colour alone.
SIGNS: dict[str, str] = {
    "right": "✓",
    "boundary": "≈",
    "type": "≠",
    "boundary+type": "≈≠",
    "role": "≠",
    "boundary+role": "≈≠",
    "event_type": "≠",
    "trigger": "⇢",
    "missed": "−",
    "spurious": "+",
}
_CSS = {"right": "right", "missed": "bad", "spurious": "bad"}  # every other class: warn

EventKey = tuple[int, int, str]


class Chip(NamedTuple):
    """An argument of an event, or a mention: its sign, label and words, what was predicted instead, and its class."""

    sign: str
    label: str
    words: str
    instead: str
    css: str
    data: str


class EventRow(NamedTuple):
    """An event with its arguments, of gold, of the prediction, or of both."""

    sign: str
    label: str
    words: str
    instead: str
    css: str
    data: str
    chips: list[Chip]


class Sentence(NamedTuple):
    """A sentence of gold and of the prediction (None where no mention or trigger differs), and the events in it."""

    gold: "Markup"
    predicted: "Markup | None"
    events: list[EventRow]
    wrong: bool


class Shown(NamedTuple):
    """A document as the page shows it."""

    doc_id: str
    anchor: str
    errors: int
    f1: dict[Layer, float]
    predicted: bool
    sentences: list[Sentence]
    unplaced: list[Chip]


def as_page(analysis: Analysis, title: str) -> str:
    """The page of one analysis."""
    return render("errors.html", title=title, **view(analysis))


def view(analysis: Analysis) -> dict[str, Any]:
    """What the template needs of an analysis."""
    missing = set(analysis.scores.missing)
    layers = []
    for layer, metric in METRIC_OF.items():
        classes, following = analysis.classes(layer), analysis.following(layer)
        rows = [(kind, WORDS[kind], SIGNS[kind], n, following[kind]) for kind, n in classes.items()]
        layers.append((layer, TITLES[layer], analysis.scores.counts[metric], rows, max(1, *classes.values())))
    confusions = [(layer, TITLES[layer], *confusion_table(analysis, layer)) for layer in ("entity", "trigger")]
    return {
        "signature": str(analysis.scores.signature),
        "layers": layers,
        "confusions": [one for one in confusions if len(one[2]) > 1],
        "documents": [_shown(n, one, missing) for n, one in enumerate(analysis.worst(), 1)],
        "flawless": len(analysis.documents) - len(analysis.worst()),
    }


def _shown(number: int, one: DocumentErrors, missing: set[str]) -> Shown:
    return Shown(
        doc_id=one.gold.doc_id,
        anchor=f"document-{number}",
        errors=len(one.errors),
        f1={layer: one.counts(layer).f1 for layer in METRIC_OF},
        predicted=one.gold.doc_id not in missing,
        sentences=_sentences(one),
        unplaced=[_chip(one, e) for e in one.errors if e.layer == "entity" and e.span[0] in one.unplaced],
    )


def _sentences(one: DocumentErrors) -> list[Sentence]:
    text = one.gold.text
    spans = sentences(text)
    starts = [start for start, _ in spans]
    wanted, given = _marks(one)
    rows: dict[int, list[EventRow]] = defaultdict(list)
    for start, row in _events(one):
        rows[max(0, bisect_right(starts, start) - 1)].append(row)
    shown = []
    for number, (start, end) in enumerate(spans):
        left, right = ([m for m in marks if m.start < end and start < m.end] for marks in (wanted, given))
        differs = any(mark.data for mark in (*left, *right))
        events = rows[number]
        wrong = differs or any(row.data or any(chip.data for chip in row.chips) for row in events)
        predicted = marked(text, right, start, end) if differs else None
        shown.append(Sentence(marked(text, left, start, end), predicted, events, wrong))
    return shown


def _marks(one: DocumentErrors) -> tuple[list[Mark], list[Mark]]:
    """Mentions and triggers in gold's text and in the prediction's."""
    layers: tuple[Layer, ...] = ("entity", "trigger")
    same = [Mark(i.start, i.end, i.label, f"right {layer}") for layer in layers for i in one.right[layer]]
    wanted, given = list(same), list(same)
    for error in one.errors:
        for item, marks in ((error.gold, wanted), (error.predicted, given)):
            if item is not None and error.layer != "argument":
                label, css = (
                    f"{SIGNS[error.kind]}\N{NO-BREAK SPACE}{item.label}",
                    f"{_CSS.get(error.kind, 'warn')} {error.layer}",
                )
                marks.append(Mark(item.start, item.end, label, css, data=data_of(error)))
    return wanted, given


def data_of(error: Error) -> str:
    """What the page's script filters by: layer, class, gold label, predicted label."""
    labels = (item.label if item else "" for item in (error.gold, error.predicted))
    return "\t".join([error.layer, error.kind, *labels])


def _events(one: DocumentErrors) -> list[tuple[int, EventRow]]:
    """Where each event's trigger begins, and its row; a prediction paired with an event of gold joins its row."""
    rows: dict[EventKey, EventRow] = {}
    home: dict[EventKey, EventKey] = {}
    for item in one.right["trigger"]:
        rows[item.start, item.end, item.label] = EventRow(
            SIGNS["right"], item.label, _words(one, item), "", "right", "", []
        )
    for error in one.errors:
        if error.layer == "trigger":
            item = error.sides[0][1]
            key = item.start, item.end, item.label
            if error.predicted is not None:
                home[error.predicted.start, error.predicted.end, error.predicted.label] = key
            rows[key] = EventRow(*_chip(one, error), [])
    for argument in one.right["argument"]:
        assert argument.event is not None
        chip = Chip(SIGNS["right"], argument.label, _words(one, argument), "", "right", "")
        rows[argument.event].chips.append(chip)
    for error in one.errors:
        if error.layer == "argument":
            item = error.sides[0][1]
            assert item.event is not None
            key = item.event if error.gold else home.get(item.event, item.event)
            rows[key].chips.append(_chip(one, error))
    return [(key[0], row) for key, row in sorted(rows.items())]


def _chip(one: DocumentErrors, error: Error) -> Chip:
    item, css = error.sides[0][1], _CSS.get(error.kind, "warn")
    return Chip(SIGNS[error.kind], item.label, _words(one, item), _instead(one, error), css, data_of(error))


def _words(one: DocumentErrors, item: Item) -> str:
    return shortened(one.words(*item.span))


def _instead(one: DocumentErrors, error: Error) -> str:
    """What the prediction has where it differs from gold: another label, other words, another event."""
    gold, predicted = error.gold, error.predicted
    if gold is None or predicted is None:
        return ""
    parts = [predicted.label] if predicted.label != gold.label else []
    if predicted.span != gold.span:
        parts.append(f"“{_words(one, predicted)}”")
    if predicted.event != gold.event and predicted.event is not None:
        start, end, event_type = predicted.event
        parts.append(f"of {event_type} “{shortened(one.words(start, end))}”")
    return " ".join(parts)
