"""Checks of form: ids, offsets, edges, overlaps. They need no ontology but its policy."""

import re
from collections.abc import Iterator

from strife.model import Document, Entity, Event
from strife.ontology import Ontology
from strife.validate.draft import Draft

_EDGE = " ,.;:!?\"'“”‘’«»()[]{}…"
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+$")


def item_ids(document: Document) -> Iterator[Draft]:
    """Ids that name two things, and arrows that name nothing."""
    seen: set[str] = set()
    for item in document.items:
        if item.id in seen:
            yield Draft("DOC108", f"the id {item.id} is used twice", "one item an id", "rename one", item)
        seen.add(item.id)
    for event in document.events:
        for argument in event.arguments:
            if argument.target is not None and argument.target not in seen:
                found = f"{argument.role} points at {argument.target}, which does not exist"
                yield Draft("ARG505", found, "the id of a mention or an event", "redraw or delete it", event)
    for relation in document.relations:
        for end in dict.fromkeys((relation.head, relation.tail)):
            if end not in seen:
                found = f"relation {relation.label} points at {end}, which does not exist"
                yield Draft("ARG505", found, "the id of a mention or an event", "redraw or delete it")
    for chain in document.chains:
        for member in chain.members:
            if member not in seen:
                found = f"chain {chain.id} holds {member}, which does not exist"
                yield Draft("ARG505", found, "the id of a mention or an event", "take it out")


def spans(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Offsets, edges and line breaks, one finding at most for each span and fault."""
    for item in document.items:
        start, end = item.span
        if not in_text(item, document):
            found = "the span is empty" if start == end else f"the text has {len(document.text)} code points"
            yield Draft("SPN201", found, "0 <= start < end <= length", "select the words again", item)
            continue
        surface = document.text[start:end]
        if surface != surface.strip():
            yield Draft("SPN203", "a blank at an edge", repr(surface.strip()), "select without the blank", item)
        elif stray := stray_edge(surface):
            yield Draft("SPN204", f"{stray!r} at an edge", "words only", "select without it", item)
        if not ontology.policy.line_breaks and ("\n" in surface or "\r" in surface):
            yield Draft("SPN209", "a line break inside", "a span on one line", "mark each line by itself", item)
        cut = word_cut(document.text, start, end)
        if cut:
            yield Draft("SPN205", f"the span cuts the word {cut!r}", "whole words", "widen or narrow it", item)


def in_text(item: Entity | Event, document: Document) -> bool:
    """Does the span hold at least one character of the text?"""
    start, end = item.span
    return 0 <= start < end <= len(document.text)


def stray_edge(surface: str) -> str | None:
    """The punctuation at an edge that is not part of a name; the stop of "U.S." is, and so is a closed bracket."""
    if surface[0] in _EDGE and not (surface[0] == "(" and ")" in surface):
        return surface[0]
    if surface[-1] not in _EDGE:
        return None
    if surface[-1] == "." and _ABBREVIATION.search(surface):
        return None
    return None if surface[-1] == ")" and "(" in surface else surface[-1]


def word_cut(text: str, start: int, end: int) -> str | None:
    """The word that an edge of the span goes through, if any."""
    for edge in (start, end):
        if 0 < edge < len(text) and text[edge - 1].isalnum() and text[edge].isalnum():
            match = re.compile(r"\w*$").search(text, 0, edge)
            begin = match.start() if match else edge
            tail = re.compile(r"\w*").match(text, edge)
            return text[begin : tail.end() if tail else edge]
    return None


def overlaps(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Mentions that share a span, cross, or lie where they may not; triggers that hold mentions."""
    policy = ontology.policy
    inside = [e for e in document.entities if in_text(e, document)]
    inside.sort(key=lambda e: (e.start, -e.end))
    open_: list[Entity] = []
    for entity in inside:
        open_ = [outer for outer in open_ if outer.end > entity.start]
        for outer in open_:
            yield from _pair(outer, entity, document, ontology)
        open_.append(entity)
    triggers: dict[tuple[int, int], Event] = {}
    for event in document.events:
        span = event.span
        first = triggers.setdefault(span, event)
        if first is not event and (not policy.same_span or first.type == event.type):
            found = f"the same word triggers {first.type} ({first.id}) and {event.type} ({event.id})"
            yield Draft("EVT404", found, "one event a word", "delete one", event)
    if policy.nesting == "listed":
        for start, end in sorted(triggers):
            for entity in inside:
                if start <= entity.start and entity.end <= end:
                    found = f"{entity.label} lies inside the trigger {document.text[start:end]!r}"
                    yield Draft("SPN212", found, "a trigger without a mention in it", "delete one of the two", entity)


def _pair(outer: Entity, inner: Entity, document: Document, ontology: Ontology) -> Iterator[Draft]:
    policy = ontology.policy
    if outer.span == inner.span:
        if not policy.same_span or outer.label == inner.label:
            found = f"{outer.label} ({outer.id}) and {inner.label} ({inner.id}) share the span"
            yield Draft("SPN207", found, "one mention a span", "delete one", inner)
    elif inner.end > outer.end:
        if not policy.crossing:
            found = f"it crosses {outer.label} {document.surface(outer)!r}"
            yield Draft("SPN206", found, "mentions apart or one inside the other", "move an edge", inner)
    elif policy.nesting == "listed":
        outer_type = ontology.entity_types.get(outer.label)
        if outer_type and inner.label in ontology.entity_types and inner.label not in outer_type.may_contain:
            found = f"{inner.label} lies inside {outer.label} {document.surface(outer)!r}"
            expected = f"inside {outer.label} only {', '.join(outer_type.may_contain) or 'nothing'}"
            yield Draft("SPN208", found, expected, "delete one or relabel", inner)
