"""What of a document a format holds, and the rest, item by item."""

from collections.abc import Iterator

from strife.formats.loss import Loss
from strife.model import Document

# The parts of a document that a format may hold. Text, doc_id and mentions apart from each other are held by all.
PARTS = (
    "events",
    "arguments",  # that are mentions
    "event arguments",  # that are events
    "span arguments",  # that are bare spans
    "item attributes",
    "document attributes",
    "relations",
    "unlabelled relations",
    "chains",
    "zones",
    "published",
    "sources",
    "annotators",
    "meta",
    "templates",
)


def unheld(document: Document, name: str, holds: frozenset[str]) -> Iterator[Loss]:
    """One loss for each item of a part that the format `name` does not hold."""

    def lost(part: str, item: str, what: str) -> Loss:
        return Loss(document.doc_id, item, what, f"{name} holds no {part}")

    missing = [part for part in PARTS if part not in holds]
    for part in missing:
        yield from (lost(part, item, what) for item, what in _items(document, part, holds))


def _items(document: Document, part: str, holds: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Each item of a part as (what it belongs to, what it is)."""
    kept = "events" in holds
    if part == "events":
        yield from ((event.id, f"{event.type} {document.surface(event)!r}") for event in document.events)
    elif part in ("arguments", "event arguments", "span arguments"):
        for event in document.events if kept else ():
            for argument in event.arguments:
                kind = "span" if argument.target is None else "event" if argument.entity_id is None else ""
                if f"{kind} arguments".strip() == part:
                    yield event.id, f"{argument.role} {argument.target or (argument.start, argument.end)}"
    elif part == "item attributes":
        for item in document.items if kept else document.entities:
            yield from ((item.id, f"{key}={value}") for key, value in item.attributes.items())
    elif part == "relations":
        yield from ((r.head, f"{r.label} {r.tail}") for r in document.relations if r.label is not None)
    elif part == "unlabelled relations":
        yield from ((r.head, f"to {r.tail}") for r in document.relations if r.label is None)
    elif part == "chains":
        yield from ((chain.id, f"{chain.kind} chain {' '.join(chain.members)}") for chain in document.chains)
    elif part == "zones":
        yield from (("zone", f"{zone.label} [{zone.start}:{zone.end}]") for zone in document.zones)
    elif part == "templates":
        yield from (("template", f"{template.type} {template.roles}") for template in document.templates)
    elif part == "published":
        yield from [("document", f"published {document.published}")] if document.published else []
    elif part == "sources":
        yield from (("document", f"source {source.publisher} {source.url}") for source in document.sources)
    elif part == "annotators":
        yield from (("document", f"annotator {name}") for name in document.annotators)
    else:
        values = document.meta if part == "meta" else document.attributes
        yield from (("document", f"{key}={value}") for key, value in values.items())
