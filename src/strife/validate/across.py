"""Checks across documents: names treated differently elsewhere, texts twice, splits that share an event or a text.

These keep state, so memory grows with the set. What is kept of a document is a trace: its text and bare marks,
which also travel lightly from one process to another.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from strife.finding import Origin
from strife.model import Document, Entity, text_hash
from strife.ontology import Ontology
from strife.validate.draft import Draft

OFTEN = 9  # a name must be marked so many times in the set before it is a rule
SHORTEST = 4  # letters of a name
MOSTLY = 0.9  # and so consistently
SHINGLE = 3  # words
JACCARD = 0.2  # measured (scripts/measure_leakage.py, docs/releases.md); edited copies lie far below the usual 0.8
CONTAINED = 0.5  # share of the shorter text that stands in the longer
# From a capital of Latin, Greek, Cyrillic or Armenian on; ranges, because classes take three times as long.
_CAPITAL = re.compile(r"[A-Z\u00c0-\u00de\u0100-\u058f\u1e00-\u1fff]\w*")
_WORD = re.compile(r"\w+")


class Trace(NamedTuple):
    """What is left of a checked document."""

    doc_id: str
    text: str
    packed: str  # the marks as JSON: a tenth of the memory
    boilerplate: list[tuple[int, int]]
    event: str | None
    origin: Origin | None

    @property
    def marks(self) -> list[list[Any]]:
        """[start, end, label, id] of each mention and trigger; a trigger's label is empty."""
        found: list[list[Any]] = json.loads(self.packed)
        return found

    @property
    def document(self) -> Document:
        """The document without what was marked in it."""
        return Document(self.doc_id, self.text)


def trace(document: Document, origin: Origin | None) -> Trace:
    """The trace of a document."""
    marks = [(e.start, e.end, e.label, e.id) for e in document.entities]
    marks += [(e.trigger.start, e.trigger.end, "", e.id) for e in document.events]
    boilerplate = [(zone.start, zone.end) for zone in document.zones if zone.label == "boilerplate"]
    return Trace(document.doc_id, document.text, json.dumps(marks), boilerplate, document.meta.get("event"), origin)


def names(checked: Sequence[Trace], ontology: Ontology) -> Iterator[tuple[Trace, Draft]]:
    """CON801 and CON802: names that are marked, or labelled, otherwise than everywhere else in the set."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for one in checked:
        text = one.text
        for start, end, label, _ in one.marks:
            if end - start >= SHORTEST and text[start : start + 1].isupper() and label in ontology.entity_types:
                labels[text[start:end]][label] += 1
    rules = {}
    for surface, count in labels.items():
        label, times = min(count.items(), key=lambda item: (-item[1], item[0]))
        if times >= OFTEN and times >= MOSTLY * count.total():
            rules[surface] = label
    for one in checked if rules else ():
        for start, end, label, item in one.marks:
            surface = one.text[start:end]
            if label and rules.get(surface, label) != label:
                usual = rules[surface]
                found = f"{label}, but {usual} {labels[surface][usual]} times elsewhere"
                yield one, Draft("CON802", found, usual, "relabel it, or waive it", Entity(item, start, end, label))
    yield from _unmarked(checked, rules, labels)


def _unmarked(
    checked: Sequence[Trace], rules: Mapping[str, str], labels: Mapping[str, Counter[str]]
) -> Iterator[tuple[Trace, Draft]]:
    by_first: dict[str, list[str]] = defaultdict(list)
    for surface in rules:
        if first := _CAPITAL.match(surface):
            by_first[first[0]].append(surface)
    missed: dict[str, list[tuple[Trace, int]]] = defaultdict(list)
    for one in checked if by_first else ():
        text = one.text
        marked: list[tuple[int, int]] | None = None
        for match in _CAPITAL.finditer(text):
            for surface in by_first.get(match[0], ()):
                start, end = match.start(), match.start() + len(surface)
                # A name that is only part of a hyphenated word ("Ostmark-led") is not marked.
                beside = text[end : end + 1]
                before = text[start - 1 : start]
                if (
                    not text.startswith(surface, start)
                    or beside.isalnum()
                    or before.isalnum()
                    or "-" in (before, beside)
                ):
                    continue
                if marked is None:
                    marked = [(start, end) for start, end, *_ in one.marks] + one.boilerplate
                if not _touched(marked, start, end):
                    missed[surface].append((one, start))
    for surface, places in sorted(missed.items()):
        often = labels[surface].total()
        if often >= MOSTLY * (often + len(places)):
            for one, start in places:
                ghost = Entity("", start, start + len(surface), rules[surface])
                found = f"not marked here, but {labels[surface].total()} times elsewhere"
                yield one, Draft("CON801", found, rules[surface], "mark it, or waive it", ghost)


def _touched(marked: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in marked)


def texts(checked: Sequence[Trace]) -> Iterator[tuple[Trace, Draft]]:
    """DOC104 and COR903: two texts under one doc_id, one text under two."""
    text_of: dict[str, str] = {}
    home: dict[str, str] = {}
    for one in checked:
        doc_id, digest = one.doc_id, text_hash(one.text)
        if text_of.setdefault(doc_id, digest) != digest:
            yield one, Draft("DOC104", f"another text than before under {doc_id}", "one text a doc_id", "rename one")
        elif home.setdefault(digest, doc_id) != doc_id:
            found = f"the text of {home[digest]} again"
            yield one, Draft("COR903", found, "one doc_id a text", f"drop {doc_id} or {home[digest]}")


class Overlap(NamedTuple):
    """Two texts, by their numbers, that share runs of words: how many, and of both and of the shorter the share."""

    first: int
    second: int
    shared: int
    jaccard: float
    contained: float


def overlaps(texts: Sequence[str]) -> Iterator[Overlap]:
    """Every pair of texts that shares a run of SHINGLE words, counted exactly, through an index of the runs."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sizes: list[int] = []
    for number, text in enumerate(texts):
        words = [word.casefold() for word in _WORD.findall(text)]
        shingles = {tuple(words[n : n + SHINGLE]) for n in range(len(words) - SHINGLE + 1)}
        sizes.append(len(shingles))
        for shingle in shingles:
            holders[shingle].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        shared.update((a, b) for n, a in enumerate(numbers) for b in numbers[n + 1 :])
    for (a, b), times in sorted(shared.items()):
        yield Overlap(a, b, times, times / (sizes[a] + sizes[b] - times), times / min(sizes[a], sizes[b]))


class Pair(NamedTuple):
    """Two texts that are near-duplicates: shared shingles, and what that means."""

    first: Trace
    second: Trace
    shared: int
    jaccard: float
    contained: float  # share of the shorter text's shingles


def near(checked: Sequence[Trace]) -> Iterator[Pair]:
    """Every pair of near-duplicates, found and verified exactly on shingles of SHINGLE words."""
    for a, b, shared, jaccard, contained in overlaps([one.text for one in checked]):
        if jaccard >= JACCARD or contained >= CONTAINED:
            yield Pair(checked[a], checked[b], shared, jaccard, contained)


def splits(checked: Sequence[Trace], split_of: Mapping[str, str]) -> Iterator[tuple[Trace, Draft]]:
    """COR901 and COR902: events and near-duplicates across splits."""
    events: dict[str, str] = {}
    placed = [one for one in checked if one.doc_id in split_of]
    for one in placed:
        split, event = split_of[one.doc_id], one.event
        if event and events.setdefault(event, split) != split:
            found = f"the event {event} is also in {events[event]}"
            yield one, Draft("COR902", found, "one split for an event", "move one document")
    for pair in near(placed):
        first, split = pair.first.doc_id, split_of[pair.first.doc_id]
        if split != split_of[pair.second.doc_id]:
            found = (
                f"{pair.shared} runs of {SHINGLE} words are shared with {first} in {split} (Jaccard {pair.jaccard:.2f})"
            )
            expected = f"Jaccard below {JACCARD} and less than half of the shorter text"
            yield pair.second, Draft("COR901", found, expected, "put both into one split")
