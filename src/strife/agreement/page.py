"""Agreement as one self-contained page: figures, what to settle, and the annotators' texts side by side."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from strife.agreement.aligned import Difference
from strife.agreement.annotators import shared_documents
from strife.agreement.guidance import LAYERS, Confusion, between, said, words
from strife.agreement.measure import Read, read_units
from strife.agreement.measuring import Agreement
from strife.agreement.text import BY_DOCUMENT, F1, MEASURES, SHARES, TITLES, ranked, told
from strife.agreement.unitizing import Span
from strife.agreement.values import Value
from strife.model import Document
from strife.ontology import Ontology, load_ontology
from strife.pages import Mark, marked, render
from strife.segment import sentences

if TYPE_CHECKING:
    from markupsafe import Markup

PATTERNS = 12
# by how much a mark is disagreed on; the worst that any other annotator says of it counts
_WORSE = ("agreed", "bounds", "type", "one only")
_CLASS = {"agreed": "", "bounds": "warn", "type": "warn", "one only": "bad"}


class Bar(NamedTuple):
    """A value as the page shows it: in words, and in percent of the bar's width (None: not defined, or no interval)."""

    told: str
    point: float | None
    low: float | None
    high: float | None


class Cell(NamedTuple):
    """One annotator's version of a sentence, and what of it that cannot be seen in the text others say otherwise."""

    who: str
    text: "Markup"
    notes: tuple[str, ...]


class Row(NamedTuple):
    """A sentence: one cell where all agree, else one for each annotator."""

    agreed: bool
    cells: tuple[Cell, ...]


class Page(NamedTuple):
    """A document side by side: its figures, how many sentences differ, and all of them."""

    doc_id: str
    figures: tuple[tuple[str, str], ...]
    differing: int
    rows: tuple[Row, ...]


def as_html(
    agreement: Agreement, annotators: Mapping[str, Iterable[Document]], ontology: Ontology | None = None
) -> str:
    """The page of an agreement, with the documents that it was measured on."""
    names = [one.name for one in agreement.annotators]
    shared = shared_documents({name: list(some) for name, some in annotators.items()}, ontology or load_ontology())
    documents = read_units(shared, names, ontology or load_ontology())
    return render(
        "agreement.html",
        agreement=agreement,
        layers=[(TITLES[layer], _headline(measures), measures) for layer, measures in agreement.layers.items()],
        patterns=agreement.patterns[:PATTERNS],
        documents=sorted((_page(doc, names, agreement) for doc in documents), key=lambda page: -page.differing),
        titles=TITLES,
        measures=MEASURES,
        chance=[name for name in MEASURES if name not in SHARES],
        f1=F1,
        bar=bar,
        told=told,
        ranked=ranked,
        strength=strength,
        headline=_headline,
    )


def _headline(measures: Mapping[str, object]) -> str:
    """The measure that stands for a layer."""
    return next((name for name in ("exact", "observed") if name in measures), "")


def bar(value: Value, measure: str) -> Bar:
    """A value for a bar from 0 to 1; what lies below 0 is shown at 0."""

    def place(number: float | None) -> float | None:
        return None if number is None else round(100 * min(max(number, 0.0), 1.0), 2)

    return Bar(told(value, measure), place(value.value), place(value.low), place(value.high))


def strength(count: int, confusion: Confusion) -> int:
    """How strongly a cell is coloured, in percent: the largest count that is no agreement fully."""
    most = max((n for i, row in enumerate(confusion.counts) for j, n in enumerate(row) if i != j), default=0)
    return round(20 + 80 * min(count / most, 1)) if most else 0


# ---------------------------------------------------------------- side by side


def _page(doc: Read, names: Sequence[str], agreement: Agreement) -> Page:
    numbers = sorted(doc.units)
    differences = {
        layer: {(i, j): list(between(doc.units[i], doc.units[j], layer)) for i, j in combinations(numbers, 2)}
        for layer in LAYERS
    }
    marks = _marks(doc, numbers, differences, names)
    notes = _notes(doc, differences)
    spans = sentences(doc.text)
    starts = [start for start, _ in spans]
    inside: dict[int, set[int]] = defaultdict(set)  # by annotator, the sentences with something to show
    for who in numbers:
        for mark in marks[who]:
            if mark.kind.split()[-1:] in (["bad"], ["warn"]):
                inside[who].update(range(_at(starts, mark.start), _at(starts, mark.end - 1) + 1))
        inside[who].update(_at(starts, place) for place, _ in notes[who])
    differing = set().union(*inside.values()) if inside else set()
    rows = []
    for number, (start, end) in enumerate(spans):
        cells = [
            Cell(
                names[who],
                marked(doc.text, marks[who], start, end),
                tuple(note for place, note in notes[who] if _at(starts, place) == number),
            )
            for who in numbers
        ]
        agreed = number not in differing
        rows.append(Row(agreed, tuple(cells[:1] if agreed else cells)))
    return Page(doc.doc_id, tuple(_figures(doc.doc_id, agreement)), len(differing), tuple(rows))


def _at(starts: Sequence[int], place: int) -> int:
    return max(bisect_right(starts, place) - 1, 0)


def _figures(doc_id: str, agreement: Agreement) -> Iterator[tuple[str, str]]:
    for layer, name in BY_DOCUMENT:
        value = agreement.layers[layer][name].documents[doc_id]
        if value.value is not None:
            yield TITLES[layer], told(value, name)


def _marks(
    doc: Read,
    numbers: Sequence[int],
    differences: Mapping[str, Mapping[tuple[int, int], Sequence[Difference]]],
    names: Sequence[str],
) -> dict[int, list[Mark]]:
    """By annotator the marks in the text; where others say otherwise the title tells what."""
    worst: dict[tuple[int, str, Span], str] = {}
    others: dict[tuple[int, str, Span], list[str]] = defaultdict(list)
    for layer in ("entities", "typed_triggers"):
        for (i, j), found in differences[layer].items():
            for one in found:
                for who, span, other, theirs in ((i, one.a, j, one.b), (j, one.b, i, one.a)):
                    if span is None:
                        continue
                    key = who, layer, span
                    worst[key] = max(worst.get(key, "agreed"), one.kind, key=_WORSE.index)
                    if one.kind != "agreed":
                        others[key].append(f"{names[other]}: {said(doc.text, one, theirs)}")
    marks: dict[int, list[Mark]] = {who: [] for who in numbers}
    for (who, layer, span), kind in worst.items():
        css = " ".join(part for part in ("trigger" if layer == "typed_triggers" else "", _CLASS[kind]) if part)
        marks[who].append(Mark(span.start, span.end, span.label, css, "; ".join(others[who, layer, span])))
    return marks


def _notes(
    doc: Read, differences: Mapping[str, Mapping[tuple[int, int], Sequence[Difference]]]
) -> dict[int, list[tuple[int, str]]]:
    """By annotator the arguments, relations and values that another does not have, and the place of each."""
    found: dict[int, dict[tuple[int, str], None]] = {who: {} for who in doc.units}
    for layer in ("arguments", "relations", "attributes"):
        for (i, j), some in differences[layer].items():
            for one in some:
                for side, (who, span) in enumerate(((i, one.a), (j, one.b))):
                    if one.kind == "agreed" or span is None:
                        continue
                    if layer == "relations":
                        place, note = one.ends[0][0], f"{span.label}: {words(doc.text, one)}"
                    elif layer == "attributes":
                        place, note = span.start, f"{words(doc.text, one)}, {one.about}: {span.label}"
                    else:
                        trigger = one.triggers[side]
                        filler = doc.text[span.start : span.end]
                        place, note = trigger[0], f"{doc.text[slice(*trigger)]} {one.about}, {span.label}: {filler}"
                    found[who][place, note] = None
    return {who: list(some) for who, some in found.items()}
