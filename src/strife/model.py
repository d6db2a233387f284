"""The document: a text and what is marked in it.

Offsets are half-open Unicode code points into the untouched text, everywhere: the surface of a span is
`text[start:end]`. Nothing is ever normalised, so a CRLF is two code points and an emoji may be several.

Documents are immutable values. `encode` gives the canonical JSON line: the same document, the same bytes.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec


class _Value(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A frozen value; unknown keys are ignored when read, defaults left out when written."""


AttributeValue = str | int | float | tuple[str, ...]


class Entity(_Value, frozen=True):
    """One entity mention: the span [start, end) with a label."""

    id: str
    start: int
    end: int
    label: str
    attributes: dict[str, AttributeValue] = {}

    @property
    def span(self) -> tuple[int, int]:
        """(start, end)."""
        return self.start, self.end


class Trigger(_Value, frozen=True):
    """The span [start, end) of the word that names an event."""

    start: int
    end: int


class Argument(_Value, frozen=True):
    """What fills a role of an event: an entity mention, another event, or (when read) a bare span."""

    role: str
    entity_id: str | None = None
    event_id: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def target(self) -> str | None:
        """The id that the argument points at; None for a bare span."""
        return self.entity_id if self.entity_id is not None else self.event_id


class Event(_Value, frozen=True):
    """One event mention: a typed trigger with its arguments."""

    id: str
    type: str
    trigger: Trigger
    arguments: tuple[Argument, ...] = ()
    attributes: dict[str, AttributeValue] = {}

    @property
    def label(self) -> str:
        """The type, under the name that mentions have for theirs."""
        return self.type

    @property
    def span(self) -> tuple[int, int]:
        """(start, end) of the trigger."""
        return self.trigger.start, self.trigger.end


class Relation(_Value, frozen=True, omit_defaults=False):
    """An arrow between two items; a label of None was drawn but not named."""

    head: str
    tail: str
    label: str | None


class Chain(_Value, frozen=True, omit_defaults=False):
    """Mentions of one thing, or events that are one event: ids, in text order."""

    id: str
    kind: Literal["entity", "event"]
    members: tuple[str, ...]


class Zone(_Value, frozen=True, omit_defaults=False):
    """A part [start, end) of the text with its function."""

    start: int
    end: int
    label: str  # headline | body | caption | boilerplate


class Source(_Value, frozen=True):
    """Where the facts of an article come from."""

    publisher: str
    url: str
    title: str = ""
    date: str | None = None  # ISO 8601


class Template(_Value, frozen=True):
    """What a document says of one incident, as MUC-4 has it: a type, and for each role what fills it.

    A filler is an entity, given by the strings that name it in the text, the best one first.
    """

    type: str
    roles: dict[str, tuple[tuple[str, ...], ...]] = {}


class Document(_Value, frozen=True):
    """A text with its annotation and its provenance."""

    doc_id: str
    text: str
    entities: tuple[Entity, ...] = ()
    events: tuple[Event, ...] = ()
    relations: tuple[Relation, ...] = ()
    chains: tuple[Chain, ...] = ()
    zones: tuple[Zone, ...] = ()
    attributes: dict[str, AttributeValue] = {}
    published: str | None = None  # ISO 8601 date
    sources: tuple[Source, ...] = ()
    annotators: tuple[str, ...] = ()  # pseudonyms
    meta: dict[str, str] = {}
    templates: tuple[Template, ...] = ()
    provenance: dict[str, str] = {}  # how each gold item was decided; see strife.adjudication.settle

    @property
    def items(self) -> tuple[Entity | Event, ...]:
        """All that has an id: mentions, then events."""
        return (*self.entities, *self.events)

    def surface(self, item: Entity | Event) -> str:
        """The text that a mention or an event's trigger covers."""
        start, end = item.span
        return self.text[start:end]


_ALWAYS = ("doc_id", "text", "entities", "events", "relations")
_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Document)


def canonical(document: Document) -> Document:
    """The same document with every set-like part in its canonical order and without duplicates of arrows."""

    def event_key(event: Event) -> tuple[int, int, str, str]:
        return event.trigger.start, event.trigger.end, event.type, event.id

    def argument_key(argument: Argument) -> tuple[str, str, str, int, int]:
        return (
            argument.role,
            argument.entity_id or "",
            argument.event_id or "",
            -1 if argument.start is None else argument.start,
            -1 if argument.end is None else argument.end,
        )

    return msgspec.structs.replace(
        document,
        entities=tuple(sorted(document.entities, key=lambda e: (e.start, e.end, e.label, e.id))),
        events=tuple(
            msgspec.structs.replace(event, arguments=tuple(sorted(set(event.arguments), key=argument_key)))
            for event in sorted(document.events, key=event_key)
        ),
        relations=tuple(
            sorted(set(document.relations), key=lambda r: (r.head, r.tail, r.label is not None, r.label or ""))
        ),
        chains=tuple(sorted(document.chains, key=lambda c: (c.kind, c.id))),
        zones=tuple(sorted(document.zones, key=lambda z: (z.start, z.end, z.label))),
        templates=tuple(sorted(map(_canonical_template, document.templates), key=_ENCODER.encode)),
    )


def _canonical_template(template: Template) -> Template:
    return Template(template.type, {role: tuple(sorted(fillers)) for role, fillers in template.roles.items()})


def encode(document: Document) -> bytes:
    """The canonical JSON of a document, one line without its newline.

    `doc_id`, `text` and the three lists come first and always; the rest follows when not empty.
    """
    fields: dict[str, Any] = msgspec.json.decode(_ENCODER.encode(canonical(document)))
    ordered = {name: fields.pop(name, []) for name in _ALWAYS}
    return msgspec.json.encode(ordered | fields)


def decode(line: bytes | str) -> Document:
    """The document in one JSON object. Raises msgspec.DecodeError (also for a wrong shape)."""
    return _DECODER.decode(line)


def text_hash(text: str) -> str:
    """sha256 of the UTF-8 text (lone surrogates pass): the identity of what offsets point into."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def by_id(documents: Iterable[Document]) -> dict[str, Document]:
    """Documents keyed by doc_id (the last one wins; validation reports duplicates)."""
    return {document.doc_id: document for document in documents}
