"""Checks of form: characters, ids, zones, offsets, edges, overlaps. They need no ontology but its policy."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator

from strife.model import Entity, Event
from strife.segment import tokens
from strife.validate.draft import Context, Draft, shown

_EDGE = frozenset(" ,.;:!?\"'“”‘’«»()[]{}…")
_ABBREVIATION = re.compile(r"(?<!\w)(?:[^\W\d_]\.)+$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\ufffd]")
_ASCII_CONTROL = bytes(n for n in range(128) if _CONTROL.match(chr(n)))
_NEAR = 30  # code points on each side of an edge that cuts a word
QUOTE = "quote"  # the attribute in which importers keep the words that a corpus stores, where they differ
LONGEST = 12  # tokens of a mention
_READ = 1000  # code points of a mention in which its tokens are counted


def record(context: Context) -> Iterator[Draft]:
    """Odd characters in the text, zones out of place, ids used twice."""
    document, text = context.document, context.text
    if text.isascii():  # the quickest way to see that none is there
        clean = len(text.encode().translate(None, _ASCII_CONTROL)) == len(text)
    else:
        clean = text.isprintable() and "\ufffd" not in text
    odd = None if clean else _CONTROL.search(text)
    if odd:
        found = f"the character U+{ord(odd[0]):04X} at {odd.start()}"
        yield Draft("DOC105", found, "no control characters", "mend the text before it is annotated")
    elif not text.isascii() and not unicodedata.is_normalized("NFC", text):
        yield Draft("DOC105", "the text is not in form NFC", "NFC", "normalise the text before it is annotated")
    reached = 0
    for zone in sorted(document.zones, key=lambda zone: (zone.start, zone.end)):
        if not reached <= zone.start <= zone.end <= len(text):
            found = f"{zone.label} {zone.start} to {zone.end}"
            yield Draft("DOC109", found, f"between {reached} and {len(text)}", "mend the record")
        reached = max(reached, zone.end)
    if len(context.items) < len(document.entities) + len(document.events):
        seen: set[str] = set()
        for item in document.items:
            if item.id in seen:
                yield Draft("DOC108", f"the id {item.id} is used twice", "one item an id", "rename one", item)
            seen.add(item.id)


def spans(context: Context) -> Iterator[Draft]:
    """Offsets, edges, words cut, line breaks, length, boilerplate."""
    text = context.text
    size = len(text)
    for item in context.outside:
        start, end = item.span
        found = "the span is empty" if start == end else f"the text has {size} code points"
        yield Draft("SPN201", found, "0 <= start < end <= length", "select the words again", item)
    lines = not context.ontology.policy.line_breaks and ("\n" in text or "\r" in text)
    boilerplate = [zone for zone in context.document.zones if zone.label == "boilerplate"]
    for start, end, item in context.placed:
        if QUOTE in item.attributes and item.attributes[QUOTE] != text[start:end]:
            found = f"the stored text is {str(item.attributes[QUOTE])[:60]!r}"
            yield Draft("SPN202", found, repr(text[start:end][:60]), "check the offsets against the source", item)
        left, right = text[start].isalnum(), text[end - 1].isalnum()
        if not (left and right):
            yield from _edges(text[start:end], item)
        if (left and start and text[start - 1].isalnum()) or (right and end < size and text[end].isalnum()):
            word = word_cut(text, start, end)
            yield Draft("SPN205", f"the span cuts the word {shown(word)}", "whole words", "widen or narrow it", item)
        if lines and (text.find("\n", start, end) >= 0 or text.find("\r", start, end) >= 0):
            yield Draft("SPN209", "a line break inside", "a span on one line", "mark each line by itself", item)
        if end - start > 2 * LONGEST and isinstance(item, Entity):
            number = len(tokens(text, start, min(end, start + _READ)))
            if number > LONGEST or end - start > _READ:
                found = f"{number} tokens" if end - start <= _READ else f"{end - start} code points"
                yield Draft("SPN210", found, f"at most {LONGEST} tokens", "end it at the head noun", item)
        for zone in boilerplate:
            if zone.start <= start < zone.end:
                yield Draft("SPN211", "a mark in boilerplate", "none there", "delete it", item)


def _edges(surface: str, item: Entity | Event) -> Iterator[Draft]:
    if surface != surface.strip():
        yield Draft("SPN203", "a blank at an edge", shown(surface.strip()), "select without the blank", item)
    elif stray := stray_edge(surface):
        yield Draft("SPN204", f"{stray!r} at an edge", "words only", "select without it", item)


def stray_edge(surface: str) -> str | None:
    """The punctuation at an edge that is not part of a name; the stop of "U.S." is, and so is a closed bracket."""
    if surface[0] in _EDGE and not (surface[0] == "(" and ")" in surface):
        return surface[0]
    if surface[-1] not in _EDGE:
        return None
    if surface[-1] == "." and _ABBREVIATION.search(surface):
        return None
    return None if surface[-1] == ")" and "(" in surface else surface[-1]


def word_cut(text: str, start: int, end: int) -> str:
    """The word that an edge of the span goes through, of a long one what is near the edge."""
    cuts = (edge for edge in (start, end) if 0 < edge < len(text))
    edge = next((edge for edge in cuts if text[edge - 1].isalnum() and text[edge].isalnum()), start)
    before, after = text[max(0, edge - _NEAR) : edge], text[edge : edge + _NEAR]
    return "".join([*re.findall(r"\w+$", before), *re.findall(r"^\w+", after)])


def overlaps(context: Context) -> Iterator[Draft]:
    """Mentions that share a span, cross, or lie where they may not; triggers of two events or with a mention inside."""
    inside = context.ontology.inside
    reached = -1
    open_: list[Entity] = []
    for entity in context.by_start:
        if entity.start >= reached:
            open_ = [entity]
            reached = entity.end
            continue
        open_ = [outer for outer in open_ if outer.end > entity.start]
        for outer in open_:
            # What nearly every pair is: one inside the other, as the ontology allows.
            if outer.end < entity.end or outer.span == entity.span or entity.label not in inside.get(outer.label, ()):
                yield from _pair(outer, entity, context)
        open_.append(entity)
        reached = max(reached, entity.end)
    policy = context.ontology.policy
    triggers: dict[tuple[int, int], Event] = {}
    for event in context.events:
        first = triggers.setdefault(event.span, event)
        if first is not event and (not policy.same_span or first.type == event.type):
            found = f"the same word triggers {first.type} ({first.id}) and {event.type} ({event.id})"
            yield Draft("EVT404", found, "one event a word", "delete one", event)
    starts = context.starts if policy.nesting == "listed" else []
    for (start, end), event in triggers.items():
        low, high = bisect_left(starts, start), bisect_left(starts, end)
        if low < high:
            yield from _in_trigger(event, context.by_start[low:high], context)


def _in_trigger(event: Event, entities: list[Entity], context: Context) -> Iterator[Draft]:
    """Of the mentions that start in a trigger those that end in it too."""
    for entity in entities:
        if entity.end <= event.trigger.end:
            found = f"{entity.label} lies inside the trigger {shown(context.document.surface(event))}"
            yield Draft("SPN212", found, "a trigger without a mention in it", "delete one of the two", entity)


def _pair(outer: Entity, inner: Entity, context: Context) -> Iterator[Draft]:
    policy, document = context.ontology.policy, context.document
    if outer.span == inner.span:
        if not policy.same_span or outer.label == inner.label:
            found = f"{outer.label} ({outer.id}) and {inner.label} ({inner.id}) share the span"
            yield Draft("SPN207", found, "one mention a span", "delete one", inner)
    elif inner.end > outer.end:
        if not policy.crossing:
            found = f"it crosses {outer.label} {shown(document.surface(outer))}"
            yield Draft("SPN206", found, "mentions apart or one inside the other", "move an edge", inner)
    elif policy.nesting == "listed":
        types = context.ontology.entity_types
        outer_type = types.get(outer.label)
        if outer_type and inner.label in types and inner.label not in outer_type.may_contain:
            found = f"{inner.label} lies inside {outer.label} {shown(document.surface(outer))}"
            expected = f"inside {outer.label} only {', '.join(outer_type.may_contain) or 'nothing'}"
            yield Draft("SPN208", found, expected, "delete one or relabel", inner)
