"""Raw text in, and documents in a form that a person can read."""

from collections.abc import Iterator
from pathlib import Path

from strife.model import Document, Event
from strife.segment import sentences
from strife.stream import InputError


def raw_text(path: Path) -> Document:
    """An unannotated document of a UTF-8 text file, named by the file; line ends stay as they are."""
    try:
        text = path.read_bytes().decode("utf-8")
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
    for start, end in sentences(document.text):
        events = [event for event in document.events if start <= event.trigger.start < end]
        line = _bracketed(document, start, end)
        if events or line != document.text[start:end]:
            lines += ["", line, *(f"  {event}" for one in events for event in _event(document, one))]
    return "\n".join(lines)


def _bracketed(document: Document, start: int, end: int) -> str:
    """The text with [LABEL mention] around each mention, nested ones inside."""
    marks: list[tuple[int, int, int, str]] = []
    for entity in document.entities:
        if start <= entity.start < entity.end <= end:
            marks.append((entity.start, 1, -entity.end, f"[{entity.label} "))
            marks.append((entity.end, 0, -entity.start, "]"))
    parts, at = [], start
    for position, _, _, mark in sorted(marks):
        parts += [document.text[at:position], mark]
        at = position
    return "".join([*parts, document.text[at:end]])


def _event(document: Document, event: Event) -> Iterator[str]:
    """TYPE "trigger" role: filler; role: filler."""
    items = {item.id: item for item in document.items}
    fillers = []
    for argument in event.arguments:
        item = items.get(argument.target or "")
        surface = document.surface(item) if item else document.text[argument.start : argument.end]
        fillers.append(f"{argument.role}: {surface}" + (f" ({item.type})" if isinstance(item, Event) else ""))
    attributes = [f"{name}={value}" for name, value in event.attributes.items()]
    yield f"{event.type} {document.surface(event)!r} {'; '.join([*fillers, *attributes])}".rstrip()
