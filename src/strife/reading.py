"""Raw text in, and documents in a form that a person can read."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from strife.model import Document, Entity, Event
from strife.segment import sentences
from strife.stream import InputError


def raw_text(path: Path) -> Document:
    """An unannotated document of a UTF-8 text file, named by the file; line ends stay as they are."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("FIL008", path, f"no UTF-8 ({error})", "UTF-8 text", "convert it first") from error
    if not text.strip():
        raise InputError("FIL001", path, "the file is empty", "a text", "check the path")
    return Document(path.name, text)


def as_text(document: Document) -> str:
    """Each sentence that holds something, with its mentions in brackets, then its events."""
    lines = [f"{document.doc_id}: {len(document.entities)} entities, {len(document.events)} events"]
    spans = sentences(document.text)
    starts = [start for start, _ in spans]
    inside: dict[int, list[Entity | Event]] = defaultdict(list)
    for item in document.items:
        inside[bisect_right(starts, item.span[0]) - 1].append(item)
    items = {item.id: item for item in document.items}
    for number, (start, end) in enumerate(spans):
        if here := inside[number]:
            events = [item for item in here if isinstance(item, Event)]
            line = _bracketed(document, [item for item in here if isinstance(item, Entity)], start, end)
            lines += ["", line, *(f"  {_event(document, event, items)}" for event in events)]
    return "\n".join(lines)


def _bracketed(document: Document, entities: Iterable[Entity], start: int, end: int) -> str:
    """The text with [LABEL mention] around each mention, nested ones inside."""
    marks: list[tuple[int, int, int, str]] = []
    for entity in entities:
        if start <= entity.start < entity.end <= end:
            marks.append((entity.start, 1, -entity.end, f"[{entity.label} "))
            marks.append((entity.end, 0, -entity.start, "]"))
    parts, at = [], start
    for position, _, _, mark in sorted(marks):
        parts += [document.text[at:position], mark]
        at = position
    return "".join([*parts, document.text[at:end]])


def _event(document: Document, event: Event, items: Mapping[str, Entity | Event]) -> str:
    """TYPE "trigger" role: filler; role: filler."""
    fillers = []
    for argument in event.arguments:
        item = items.get(argument.target or "")
        surface = document.surface(item) if item else document.text[argument.start or 0 : argument.end or 0] or "?"
        fillers.append(f"{argument.role}: {surface}" + (f" ({item.type})" if isinstance(item, Event) else ""))
    attributes = [f"{name}={value}" for name, value in event.attributes.items()]
    return f"{event.type} {document.surface(event)!r} {'; '.join([*fillers, *attributes])}".rstrip()
