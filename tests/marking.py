"""Documents that read like the manual: words of a text, marked one after the other."""

import re

import msgspec

from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger


class Annotator:
    """Marks words of a text one after the other, so that tests read like the manual."""

    def __init__(self, text: str, doc_id: str = "d") -> None:
        self.text, self.doc_id = text, doc_id
        self.at: dict[str, int] = {}
        self.entities: dict[str, Entity] = {}
        self.events: dict[str, Event] = {}
        self.relations: list[Relation] = []

    def _span(self, words: str, again: int) -> tuple[int, int]:
        start = -1
        for _ in range(again + 1):
            match = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)").search(self.text, start + 1)
            assert match, (words, again)
            start = match.start()
        return start, start + len(words)

    def mention(self, id: str, label: str, words: str, again: int = 0, **attributes: AttributeValue) -> None:
        self.entities[id] = Entity(id, *self._span(words, again), label, attributes)

    def trigger(self, id: str, type: str, words: str, again: int = 0, **attributes: AttributeValue) -> None:
        self.events[id] = Event(id, type, Trigger(*self._span(words, again)), (), attributes)

    def link(self, head: str, label: str, *tails: str) -> None:
        for tail in tails:
            if head in self.events:
                ids = (None, tail) if tail in self.events else (tail, None)
                event = self.events[head]
                self.events[head] = msgspec.structs.replace(event, arguments=(*event.arguments, Argument(label, *ids)))
            else:
                self.relations.append(Relation(head, tail, label))

    def document(self) -> Document:
        return Document(
            self.doc_id, self.text, tuple(self.entities.values()), tuple(self.events.values()), tuple(self.relations)
        )
