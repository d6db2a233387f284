"""What a check yields: a finding before it knows its document; and what checks share about a document."""

from bisect import bisect_right
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from strife.finding import Finding, Origin
from strife.model import Document, Entity, Event
from strife.ontology import Ontology
from strife.quote import quoted, shortened
from strife.segment import sentences
from strife.validate.catalogue import BY_CODE

_START, _END = attrgetter("start"), attrgetter("end")


class Draft(NamedTuple):
    """A broken rule: what was found, what was expected, what to do, and the item it is about."""

    code: str
    found: str
    expected: str
    do: str
    item: Entity | Event | None = None

    def finding(self, document: Document, origin: Origin | None) -> Finding:
        """The finding, with its place quoted in its line."""
        place = {} if self.item is None else _place(document.text, *self.item.span)
        return Finding(
            code=self.code,
            severity=BY_CODE[self.code].severity,
            doc_id=document.doc_id,
            found=self.found,
            expected=self.expected,
            do=self.do,
            item=(self.item.id or None) if self.item is not None else None,
            origin=origin,
            **place,  # type: ignore[arg-type]
        )


def shown(surface: str) -> str:
    """Words as a finding names them: quoted, and cut where there are many."""
    return repr(shortened(surface))


def _place(text: str, start: int, end: int) -> dict[str, str | int]:
    return {"start": start, "end": end, **quoted(text, start, end)._asdict()}


class Context:
    """A document under check, and what several checks need to know of it."""

    def __init__(self, document: Document, ontology: Ontology) -> None:
        self.document = document
        self.text = document.text
        self.ontology = ontology
        size = len(self.text)
        self.items: dict[str, Entity | Event] = {}
        self.entities: list[Entity] = []  # those that lie inside the text
        self.events: list[Event] = []
        self.placed: list[tuple[int, int, Entity | Event]] = []  # both, with start and end
        self.outside: list[Entity | Event] = []
        for entity in document.entities:
            self.items[entity.id] = entity
            start, end = entity.start, entity.end
            if 0 <= start < end <= size:
                self.entities.append(entity)
                self.placed.append((start, end, entity))
            else:
                self.outside.append(entity)
        for event in document.events:
            self.items[event.id] = event
            start, end = event.trigger.start, event.trigger.end
            if 0 <= start < end <= size:
                self.events.append(event)
                self.placed.append((start, end, event))
            else:
                self.outside.append(event)

    @cached_property
    def by_start(self) -> list[Entity]:
        """The mentions by start, the longer first."""
        return sorted(sorted(self.entities, key=_END, reverse=True), key=_START)  # half the time of a key of both

    @cached_property
    def starts(self) -> list[int]:
        """Where the mentions `by_start` start."""
        return list(map(_START, self.by_start))

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """The sentences of the text."""
        return sentences(self.text)

    def sentence_of(self, position: int) -> int:
        """The number of the sentence in which a position lies (-1: between sentences)."""
        number = bisect_right(self.sentences, position, key=lambda sentence: sentence[0]) - 1
        return number if number >= 0 and position < self.sentences[number][1] else -1
