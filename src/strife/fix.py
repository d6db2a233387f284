"""Safe fixes: blanks and stray punctuation at edges, exact duplicates, arrows turned to their only legal direction.

What is to be done is planned on regions and arrows alone, then carried out on a document or on a result list of Label
Studio. Nothing else changes: no other span moves, no label, no answer.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from strife.model import Argument, Document, Entity, Event, Relation
from strife.ontology import Ontology
from strife.validate.form import stray_edge
from strife.validate.sense import may_fill

Wanted = Callable[[str, str], bool]  # is the finding with this code and these quoted words to be mended?


def everything(code: str, quote: str) -> bool:
    """Whatever is safe to mend is to be mended."""
    return True


class Region(NamedTuple):
    """A marked span: what it is, and what was answered about it (only compared)."""

    id: str
    is_event: bool
    start: int
    end: int
    labels: tuple[str, ...]
    answers: str


class Arrow(NamedTuple):
    """A relation from one region to another, with its labels."""

    head: str
    tail: str
    labels: tuple[str, ...]
    both_ways: bool = False


class Plan(NamedTuple):
    """New spans by region id; what stands for a dropped region; arrows as they will be (None: dropped)."""

    moved: dict[str, tuple[int, int]]
    merged: dict[str, str]
    arrows: list[Arrow | None]
    notes: list[str]


def plan(
    text: str, regions: Sequence[Region], arrows: Sequence[Arrow], ontology: Ontology, wanted: Wanted = everything
) -> Plan:
    """What is safe to mend. Planning again on the result finds nothing."""
    moved, trims = _moved(text, regions, wanted)
    spans = {region.id: moved.get(region.id, (region.start, region.end)) for region in regions}
    merged, merges = _merged(text, regions, spans, wanted)
    kinds = {region.id: region for region in regions if region.id not in merged}
    notes = [*trims, *merges]
    kept: list[Arrow | None] = []
    seen: set[Arrow] = set()
    for arrow in arrows:
        new = arrow._replace(head=merged.get(arrow.head, arrow.head), tail=merged.get(arrow.tail, arrow.tail))
        quote = text[slice(*spans.get(new.head, (0, 0)))]
        label = ", ".join(arrow.labels) or "unnamed"
        turn = "REL551" if new.labels and new.labels[0] in ontology.relations else "ARG506"
        if _is_reversed(new, kinds, ontology) and wanted(turn, quote):
            new = new._replace(head=new.tail, tail=new.head)
            notes.append(f"{turn} {label} turned round: {new.head} -> {new.tail}")
        if new.head == new.tail and arrow.head != arrow.tail:
            notes.append(f"ARG507 {label} joins {new.head} to its repetition")
            kept.append(None)
            continue
        key = _either_way(new, kinds, ontology)
        if key in seen and wanted("ARG507", quote):
            notes.append(f"ARG507 {label} from {new.head} to {new.tail} stored twice")
            kept.append(None)
        else:
            kept.append(new)
        seen.add(key)
    return Plan(moved, merged, kept, notes)


def _moved(text: str, regions: Sequence[Region], wanted: Wanted) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """The regions whose span loses an edge, and a note for each."""
    moved: dict[str, tuple[int, int]] = {}
    notes: list[str] = []
    for region in regions:
        span = trimmed(text, region.start, region.end, wanted)
        if span != (region.start, region.end):
            moved[region.id] = span
            before, after = text[region.start : region.end], text[slice(*span)]
            code = "SPN203" if before != before.strip() else "SPN204"
            notes.append(f"{code} [{region.start}:{region.end}] {before!r} -> [{span[0]}:{span[1]}] {after!r}")
    return moved, notes


def _merged(
    text: str, regions: Sequence[Region], spans: dict[str, tuple[int, int]], wanted: Wanted
) -> tuple[dict[str, str], list[str]]:
    """The regions that repeat an earlier one, by id, and a note for each."""
    merged: dict[str, str] = {}
    notes: list[str] = []
    first: dict[tuple[object, ...], Region] = {}
    for region in regions:
        same = first.setdefault((region.is_event, spans[region.id], region.labels), region)
        code, quote = "EVT404" if region.is_event else "SPN207", text[slice(*spans[region.id])]
        if same.id != region.id and region.answers in ("", same.answers) and wanted(code, quote):
            merged[region.id] = same.id
            notes.append(f"{code} {region.id} repeats {same.id} ({', '.join(region.labels)} {quote!r})")
    return merged, notes


def trimmed(text: str, start: int, end: int, wanted: Wanted = everything) -> tuple[int, int]:
    """The span without blanks and stray punctuation at its edges; as it was when nothing else would be left of it."""
    if not 0 <= start < end <= len(text):
        return start, end
    low, high = start, end
    while low < high:
        surface = text[low:high]
        blank = surface[0].isspace() or surface[-1].isspace()
        stray = None if blank else stray_edge(surface)
        if not (blank or stray) or not wanted("SPN203" if blank else "SPN204", surface):
            return low, high
        if surface[0].isspace() if blank else surface[0] == stray and not (stray == "(" and ")" in surface):
            low += 1
        else:
            high -= 1
    return start, end


def _either_way(arrow: Arrow, kinds: dict[str, Region], ontology: Ontology) -> Arrow:
    """The arrow as it is told from others: one between mentions with a symmetric label has no direction."""
    ends = [kinds.get(arrow.head), kinds.get(arrow.tail)]
    symmetric = [label in ontology.relations and ontology.relations[label].symmetric for label in arrow.labels]
    if arrow.both_ways or symmetric != [True] or any(end is None or end.is_event for end in ends):
        return arrow
    return arrow._replace(head=min(arrow.head, arrow.tail), tail=max(arrow.head, arrow.tail))


def _is_reversed(arrow: Arrow, kinds: dict[str, Region], ontology: Ontology) -> bool:
    """Is the arrow illegal as it runs and legal the other way? One label only: several may disagree."""
    head, tail = kinds.get(arrow.head), kinds.get(arrow.tail)
    if head is None or tail is None or arrow.both_ways or len(arrow.labels) != 1:
        return False
    if len(head.labels) != 1 or len(tail.labels) != 1:
        return False
    label, relation = arrow.labels[0], ontology.relations.get(arrow.labels[0])
    if relation is not None:
        if head.is_event or tail.is_event or relation.symmetric or not (relation.head and relation.tail):
            return False
        forth = head.labels[0] in relation.head and tail.labels[0] in relation.tail
        back = tail.labels[0] in relation.head and head.labels[0] in relation.tail
        return back and not forth
    event_type = ontology.event_types.get(tail.labels[0]) if tail.is_event and not head.is_event else None
    rule = event_type.arguments.get(label) if event_type else None
    known = head.labels[0] in ontology.entity_types
    return rule is not None and known and may_fill(head.labels[0], False, rule, ontology)


def mend_document(document: Document, ontology: Ontology, wanted: Wanted = everything) -> tuple[Document, list[str]]:
    """The document with safe fixes, and a note for each."""
    if len({i.id for i in document.items}) < len(document.items):
        return document, []  # DOC108: nobody knows which item an id means
    regions = [
        Region(
            i.id, isinstance(i, Event), *i.span, (i.label,), repr(sorted(i.attributes.items())) if i.attributes else ""
        )
        for i in document.items
    ]
    # An event's own arguments come first, in order; a relation follows. Bare spans are no arrows.
    drawn = [(e, a) for e in document.events for a in e.arguments if a.target is not None]
    arrows = [Arrow(e.id, a.target or "", (a.role,)) for e, a in drawn]
    arrows += [Arrow(r.head, r.tail, (r.label,) if r.label is not None else ()) for r in document.relations]
    planned = plan(document.text, regions, arrows, ontology, wanted)
    return (_carried_out(document, planned) if planned.notes else document), planned.notes


def _carried_out(document: Document, planned: Plan) -> Document:
    kinds = {i.id: i for i in document.items if i.id not in planned.merged}
    arguments: dict[str, list[Argument]] = {
        e.id: [a for a in e.arguments if a.target is None] for e in document.events if e.id not in planned.merged
    }
    relations = []
    for arrow in planned.arrows:
        if arrow is None:
            continue
        label = arrow.labels[0] if arrow.labels else None
        if arrow.head in arguments and label is not None:
            is_event = isinstance(kinds.get(arrow.tail), Event)
            argument = Argument(label, None if is_event else arrow.tail, arrow.tail if is_event else None)
            arguments[arrow.head].append(argument)
        else:
            relations.append(Relation(arrow.head, arrow.tail, label))

    def at(item: Entity | Event) -> tuple[int, int]:
        return planned.moved.get(item.id, item.span)

    entities = tuple(
        msgspec.structs.replace(e, start=at(e)[0], end=at(e)[1]) for e in document.entities if e.id in kinds
    )
    events = tuple(
        msgspec.structs.replace(
            e,
            trigger=msgspec.structs.replace(e.trigger, start=at(e)[0], end=at(e)[1]),
            arguments=tuple(arguments[e.id]),
        )
        for e in document.events
        if e.id in kinds
    )
    chains = tuple(
        msgspec.structs.replace(c, members=tuple(dict.fromkeys(planned.merged.get(m, m) for m in c.members)))
        for c in document.chains
    )
    return msgspec.structs.replace(
        document, entities=entities, events=events, relations=tuple(relations), chains=chains
    )


def mend_results(
    text: str, results: list[dict[str, Any]], ontology: Ontology, wanted: Wanted = everything
) -> tuple[list[dict[str, Any]], list[str]]:
    """A result list of Label Studio with safe fixes, and a note for each."""
    names = ontology.label_studio
    labelled = [
        r for r in results if _labels(r) and r.get("from_name") in (names.entity_control, names.trigger_control)
    ]
    counted = [r.get("id") for r in labelled]
    # A region with two label results, or without whole-number offsets, is nothing to plan with.
    simple = [r for r in labelled if isinstance(r.get("id"), str) and counted.count(r["id"]) == 1 and _offsets(r)]
    answers: dict[str, list[str]] = {}
    for result in results:
        if result.get("type") != "relation" and not _labels(result) and isinstance(result.get("id"), str):
            value = {k: v for k, v in (result.get("value") or {}).items() if k not in _place_of(result)}
            answers.setdefault(result["id"], []).append(json.dumps([result.get("from_name"), value], sort_keys=True))
    regions = [
        Region(
            r["id"],
            r["from_name"] == names.trigger_control,
            r["value"]["start"],
            r["value"]["end"],
            tuple(map(str, r["value"]["labels"])),
            repr(sorted(answers.get(r["id"], []))) if r["id"] in answers else "",
        )
        for r in simple
    ]
    drawn = [r for r in results if r.get("type") == "relation"]
    planned = plan(text, regions, [_arrow(r) for r in drawn], ontology, wanted)
    if not planned.notes:
        return results, []
    left = {id(r): arrow for r, arrow in zip(drawn, planned.arrows, strict=True)}
    mended = []
    for result in results:
        if result.get("type") == "relation":
            arrow = left[id(result)]
            if arrow is not None:
                mended.append(_drawn(result, arrow))
        elif result.get("id") not in planned.merged:
            mended.append(_placed(result, planned.moved, text))
    return mended, planned.notes


def _place_of(result: dict[str, Any]) -> tuple[str, ...]:
    """The keys of a value that say where it stands; `text` is the marked text in all but a typed answer."""
    return ("start", "end") if result.get("type") == "textarea" else ("start", "end", "text")


def _labels(result: dict[str, Any]) -> bool:
    value = result.get("value")
    return isinstance(value, dict) and isinstance(value.get("labels"), list) and bool(value["labels"])


def _offsets(result: dict[str, Any]) -> bool:
    return all(type(result["value"].get(name)) is int for name in ("start", "end"))


def _arrow(result: dict[str, Any]) -> Arrow:
    head, tail = str(result.get("from_id")), str(result.get("to_id"))
    if result.get("direction") == "left":
        head, tail = tail, head
    labels = result.get("labels")
    named = tuple(map(str, labels)) if isinstance(labels, list) else ()
    return Arrow(head, tail, named, result.get("direction") == "bi")


def _drawn(result: dict[str, Any], arrow: Arrow) -> dict[str, Any]:
    if _arrow(result) == arrow:
        return result
    direction = "bi" if arrow.both_ways else "right"
    return {**result, "from_id": arrow.head, "to_id": arrow.tail, "direction": direction}


def _placed(result: dict[str, Any], moved: dict[str, tuple[int, int]], text: str) -> dict[str, Any]:
    """A result at the new span of its region; the stored text follows, a typed answer (a list) stays."""
    span = moved.get(str(result.get("id")))
    value = result.get("value")
    if span is None or not isinstance(value, dict) or "start" not in value:
        return result
    marked = "text" in _place_of(result) and isinstance(value.get("text"), str)
    surface = {"text": text[slice(*span)]} if marked else {}
    return {**result, "value": {**value, "start": span[0], "end": span[1], **surface}}
