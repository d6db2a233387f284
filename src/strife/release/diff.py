"""What changed between two versions of the dataset, item by item.

Mentions and triggers are paired within a document: first those with the same span and label, then those with the same
span (relabelled), then those of one label that overlap (moved; the largest share of common code points first). Ids do
not count: they may be given anew. Arguments, attributes, relations and chains are compared along those pairs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from strife.model import Document, Entity, Event
from strife.release.sides import Side

Item = Entity | Event
_QUOTED = 60  # code points


class Change(NamedTuple):
    """One difference. `start` and `end` are half-open code points in the new text (of a removed span: in the old)."""

    layer: str  # document, text, mention, event, argument, attribute, relation, chain, zone, metadata, columns
    kind: str  # added, removed, moved, relabelled, changed
    type: str  # the label, role or name concerned
    split: str = ""
    doc_id: str = ""
    start: int | None = None
    end: int | None = None
    quote: str = ""
    detail: str = ""

    def __str__(self) -> str:
        place = f" [{self.start}:{self.end}]" if self.start is not None else ""
        quote = f' "{self.quote}"' if self.quote else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.layer} {self.kind}: {self.type}{place}{quote}{detail}"


class Diff(NamedTuple):
    """All changes from one side to the other."""

    old: Side
    new: Side
    changes: tuple[Change, ...]


def diff(old: Side, new: Side) -> Diff:
    """Compare two sides."""
    changes = list(_columns(old, new))
    for doc_id in sorted(old.documents.keys() | new.documents.keys()):
        before, after = old.documents.get(doc_id), new.documents.get(doc_id)
        if before is None and after is not None:
            changes.append(Change("document", "added", after[0], after[0], doc_id, detail=_size(after[1])))
        elif after is None and before is not None:
            why = "on the removal list" if doc_id in new.removals else ""
            changes.append(Change("document", "removed", before[0], before[0], doc_id, detail=why))
        elif before is not None and after is not None:
            changes += _document(doc_id, before, after)
    return Diff(old, new, tuple(changes))


def _size(document: Document) -> str:
    return f"{len(document.entities)} mentions, {len(document.events)} events"


def _columns(old: Side, new: Side) -> Iterator[Change]:
    """Configs, splits, columns and label lists."""
    for config in dict.fromkeys([*old.columns, *new.columns]):
        if config not in new.columns or config not in old.columns:
            yield Change("columns", "removed" if config in old.columns else "added", f"config {config}")
            continue
        for split in dict.fromkeys([*old.splits[config], *new.splits[config]]):
            if (split in old.splits[config]) != (split in new.splits[config]):
                kind = "removed" if split in old.splits[config] else "added"
                yield Change("columns", kind, f"split {split} of {config}")
        yield from _kinds(config, old.columns[config], new.columns[config])


def _kinds(where: str, old: Any, new: Any) -> Iterator[Change]:
    if "_type" not in old and "_type" not in new:  # structs
        for name in dict.fromkeys([*old, *new]):
            place = f"{where}.{name}"
            if name not in old or name not in new:
                yield Change("columns", "added" if name in new else "removed", place)
            else:
                yield from _kinds(place, old[name], new[name])
    elif old.get("_type") == new.get("_type") == "List":
        yield from _kinds(where, old["feature"], new["feature"])
    elif old.get("_type") == new.get("_type") == "ClassLabel":
        if old["names"] != new["names"]:
            appended = new["names"][: len(old["names"])] == old["names"]
            gone = [name for name in old["names"] if name not in new["names"]]
            come = [name for name in new["names"] if name not in old["names"]]
            detail = "; ".join(
                [*(["without " + ", ".join(gone)] if gone else []), *(["with " + ", ".join(come)] if come else [])]
            )
            yield Change("columns", "added" if appended else "changed", where, detail=detail or "another order")
    elif old != new:
        yield Change("columns", "changed", where, detail="another type")


def _document(doc_id: str, before: tuple[str, Document], after: tuple[str, Document]) -> Iterator[Change]:
    (old_split, old), (split, new) = before, after

    def change(layer: str, kind: str, type: str, span: tuple[int, int] | None = None, detail: str = "") -> Change:
        start, end = span or (None, None)
        text = old.text if kind == "removed" else new.text
        quote = text[span[0] : span[1]] if span else ""
        quote = quote if len(quote) <= _QUOTED else f"{quote[: _QUOTED - 1]}…"
        return Change(layer, kind, type, split, doc_id, start, end, quote, detail)

    if old_split != split:
        yield change("document", "moved", split, detail=f"from {old_split}")
    yield from _metadata(old, new, change)
    if old.text != new.text or old.meta.get("text_sha256") != new.meta.get("text_sha256"):
        at = next((n for n, (a, b) in enumerate(zip(old.text, new.text, strict=False)) if a != b), None)
        first = min(len(old.text), len(new.text)) if at is None else at
        detail = f"{len(old.text)} to {len(new.text)} code points, first difference at {first}; spans not compared"
        yield change("text", "changed", "text", detail=detail)
        return
    pairs: dict[str, str] = {}  # old id to new id
    for layer, olds, news in (("mention", old.entities, new.entities), ("event", old.events, new.events)):
        yield from _spans(layer, olds, news, pairs, change)
    items = {item.id: item for item in new.items}
    for item in old.items:
        if item.id in pairs:
            yield from _attributes(item, items[pairs[item.id]], change)
    yield from _arguments(old, new, pairs, change)
    yield from _links(old, new, pairs, change)


Make = Callable[..., Change]


def _metadata(old: Document, new: Document, change: Make) -> Iterator[Change]:
    for name in ("published", "sources", "annotators"):
        if getattr(old, name) != getattr(new, name):
            yield change("metadata", "changed", name)
    for name in sorted(old.meta.keys() | new.meta.keys() - {"text_sha256"}):
        if old.meta.get(name) != new.meta.get(name) and name != "text_sha256":
            detail = f"{old.meta.get(name)} to {new.meta.get(name)}"
            yield change("metadata", "changed", name, detail=detail)
    for zone in sorted(set(old.zones) ^ set(new.zones), key=lambda zone: (zone.start, zone.end, zone.label)):
        yield change("zone", "removed" if zone in old.zones else "added", zone.label, (zone.start, zone.end))


def _spans(
    layer: str, olds: Sequence[Item], news: Sequence[Item], pairs: dict[str, str], change: Make
) -> Iterator[Change]:
    """Pair items, note the pairs, and say what is left or differs."""
    left, right = list(olds), list(news)

    def pair(a: Item, b: Item) -> None:
        pairs[a.id] = b.id
        left.remove(a)
        right.remove(b)

    for a in list(left):
        if same := [b for b in right if b.span == a.span and b.label == a.label]:
            pair(a, same[0])
    for a in list(left):
        if same := [b for b in right if b.span == a.span]:
            pair(a, same[0])
            yield change(layer, "relabelled", same[0].label, a.span, f"was {a.label}")
    for share, a, b in sorted(_overlaps(left, right), key=lambda one: (-one[0], one[1].span, one[2].span)):
        if share and a in left and b in right:
            pair(a, b)
            yield change(layer, "moved", b.label, b.span, f"was [{a.span[0]}:{a.span[1]}]")
    yield from (change(layer, "removed", a.label, a.span) for a in left)
    yield from (change(layer, "added", b.label, b.span) for b in right)


def _overlaps(left: Sequence[Item], right: Sequence[Item]) -> list[tuple[float, Item, Item]]:
    found = []
    for a in left:
        for b in right:
            common = min(a.span[1], b.span[1]) - max(a.span[0], b.span[0])
            if common > 0 and a.label == b.label:
                found.append((common / (max(a.span[1], b.span[1]) - min(a.span[0], b.span[0])), a, b))
    return found


def _attributes(old: Item, new: Item, change: Make) -> Iterator[Change]:
    for name in sorted(old.attributes.keys() | new.attributes.keys()):
        before, after = old.attributes.get(name), new.attributes.get(name)
        if before != after:
            yield change("attribute", "changed", name, new.span, f"{_said(before)} to {_said(after)} ({new.label})")


def _said(value: Any) -> str:
    return "none" if value is None else str(value)


def _arguments(old: Document, new: Document, pairs: dict[str, str], change: Make) -> Iterator[Change]:
    """Arguments as (event, role, filler) in the ids of the new side, as far as they have one there."""
    names = {f"{id}'": item for id, item in ((item.id, item) for item in old.items)}
    names |= {item.id: item for item in new.items}

    def now(id: str | None) -> str:
        return pairs.get(id or "", f"{id}'")

    before = {(now(event.id), a.role, now(a.target)) for event in old.events for a in event.arguments}
    after = {(event.id, a.role, a.target or "") for event in new.events for a in event.arguments}
    for kind, some in (("removed", before - after), ("added", after - before)):
        for event, role, filler in sorted(some, key=lambda one: (names[one[0]].span, one[1], names[one[2]].span)):
            type = f"{names[event].label}.{role}"
            detail = f"of {names[event].label} [{names[event].span[0]}:{names[event].span[1]}]"
            yield change("argument", kind, type, names[filler].span, detail)


def _links(old: Document, new: Document, pairs: dict[str, str], change: Make) -> Iterator[Change]:
    """Relations and chains."""
    spans = {f"{item.id}'": item.span for item in old.items} | {item.id: item.span for item in new.items}

    def now(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(pairs.get(id, f"{id}'") for id in ids)

    before = {(*now((r.head, r.tail)), r.label or "") for r in old.relations}
    after = {(r.head, r.tail, r.label or "") for r in new.relations}
    for kind, some in (("removed", before - after), ("added", after - before)):
        for head, tail, label in sorted(some, key=lambda one: (spans[one[0]], spans[one[1]], one[2])):
            yield change("relation", kind, label, spans[head], f"to [{spans[tail][0]}:{spans[tail][1]}]")
    chains = {(c.kind, frozenset(now(c.members))) for c in old.chains}
    news = {(c.kind, frozenset(c.members)) for c in new.chains}
    for kind, groups in (("removed", chains - news), ("added", news - chains)):
        for type, members in sorted(groups, key=lambda one: (one[0], sorted(spans[id] for id in one[1]))):
            yield change("chain", kind, type, min(spans[id] for id in members), f"{len(members)} members")
