"""From quoted text to offsets: predictions of systems that name words and count no characters.

An answer has the shape of a document without offsets: mentions and arguments carry the quoted `text`, events quote
their `trigger`, relations name ids or texts of mentions. Where a quote is placed depends on rules, so these have a
version, which goes into the signature; docs/scoring.md tells them. A quote that cannot be placed stays in the document,
at a place of its own after the end of the text: it matches nothing and counts as a false positive.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Template, Trigger
from strife.stream import InputError, head, json_lines

VERSION = 1

Span = tuple[int, int]


class Quote(msgspec.Struct, frozen=True):
    """Words from the text."""

    text: str


class QuotedEntity(msgspec.Struct, frozen=True):
    """A mention by its words."""

    text: str
    label: str
    id: str = ""
    attributes: dict[str, AttributeValue] = {}


class QuotedArgument(msgspec.Struct, frozen=True):
    """What fills a role: words, or the id of a mention or event of the answer."""

    role: str
    text: str = ""
    entity_id: str | None = None
    event_id: str | None = None


class QuotedEvent(msgspec.Struct, frozen=True):
    """An event by the words of its trigger."""

    type: str
    trigger: str | Quote
    arguments: tuple[QuotedArgument, ...] = ()
    id: str = ""
    attributes: dict[str, AttributeValue] = {}

    @property
    def quote(self) -> str:
        """The words of the trigger."""
        return self.trigger if isinstance(self.trigger, str) else self.trigger.text


class Answer(msgspec.Struct, frozen=True):
    """What a system says of one document, in words."""

    doc_id: str
    entities: tuple[QuotedEntity, ...] = ()
    events: tuple[QuotedEvent, ...] = ()
    relations: tuple[Relation, ...] = ()
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A quote that could not be placed; `kind` is entity, trigger, argument or relation."""

    doc_id: str
    kind: str
    quote: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Documents with offsets, how many quotes there were, and those that could not be placed."""

    documents: tuple[Document, ...]
    quotes: int
    lost: tuple[Lost, ...]
    version: int = VERSION

    @property
    def rate(self) -> float:
        """The share of quotes that could not be placed."""
        return len(self.lost) / self.quotes if self.quotes else 0.0


_DECODER = msgspec.json.Decoder(Answer)


def read_answers(path: Path) -> Iterator[Answer]:
    """The answers of a JSON Lines file. Raises InputError, naming the line."""
    head(path)
    for number, line in json_lines(path):
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            expected = 'one answer a line, {"doc_id", "entities": [{"text", "label"}], "events": [{"type", "trigger"}]}'
            raise InputError("DOC101", path, f"line {number}: {error}", expected, "mend the line") from error


def resolve(answers: Iterable[Answer], texts: Mapping[str, str]) -> Resolution:
    """Place the quotes of answers in the texts, by doc_id; an unknown document is left for scoring to refuse."""
    documents: list[Document] = []
    lost: list[Lost] = []
    quotes = 0
    for answer in answers:
        placing = _Placing(answer, texts.get(answer.doc_id, ""))
        documents.append(placing.document())
        quotes += placing.quotes
        lost += placing.lost
    return Resolution(tuple(documents), quotes, tuple(lost))


class _Placing:
    """One answer on its way to offsets."""

    def __init__(self, answer: Answer, text: str) -> None:
        self.answer, self.text = answer, text
        self.lost: list[Lost] = []
        self.quotes = 0
        self.seen: Counter[tuple[str, str, str]] = Counter()

    def document(self) -> Document:
        """The document that the answer means."""
        answer = self.answer
        entities = [
            Entity(e.id or f"m{n}", *self._in_turn("entity", e.label, e.text), e.label, e.attributes)
            for n, e in enumerate(answer.entities, 1)
        ]
        triggers = [self._in_turn("trigger", event.type, event.quote) for event in answer.events]
        events = tuple(
            Event(
                event.id or f"e{n}",
                event.type,
                Trigger(*trigger),
                tuple(self._argument(a, trigger) for a in event.arguments),
                event.attributes,
            )
            for n, (event, trigger) in enumerate(zip(answer.events, triggers, strict=True), 1)
        )
        relations = self._relations(entities, events)
        return Document(answer.doc_id, self.text, tuple(entities), events, relations, templates=answer.templates)

    def _in_turn(self, kind: str, label: str, quote: str) -> Span:
        """The place of a mention or trigger: the first time that it is quoted the first, and so on."""
        turn = self.seen[kind, label, quote]
        self.seen[kind, label, quote] += 1
        places = occurrences(self.text, quote)
        return self._placed(kind, quote, places[turn] if turn < len(places) else None)

    def _argument(self, argument: QuotedArgument, trigger: Span) -> Argument:
        if argument.entity_id is not None or argument.event_id is not None:
            return Argument(argument.role, argument.entity_id, argument.event_id)
        places = occurrences(self.text, argument.text)
        near = min(places, key=lambda place: (_distance(place, trigger), place), default=None)
        return Argument(argument.role, None, None, *self._placed("argument", argument.text, near))

    def _relations(self, entities: list[Entity], events: tuple[Event, ...]) -> tuple[Relation, ...]:
        """Relations by id; an end that is the text of no mention becomes one, without a label."""
        ids = {one.id: one.id for one in entities} | {one.id: one.id for one in events}
        for quoted, entity in zip(self.answer.entities, list(entities), strict=True):
            ids.setdefault(quoted.text, entity.id)
        for relation in self.answer.relations:
            for end in (relation.head, relation.tail):
                if end not in ids:
                    ids[end] = f"r{len(ids)}"
                    span = self._placed("relation", end, next(iter(occurrences(self.text, end)), None))
                    entities.append(Entity(ids[end], *span, ""))
        return tuple(Relation(ids[r.head], ids[r.tail], r.label) for r in self.answer.relations)

    def _placed(self, kind: str, quote: str, place: Span | None) -> Span:
        """The place; for none, one after the end of the text that no other quote has."""
        self.quotes += 1
        if place is not None:
            return place
        start = len(self.text) + 2 * len(self.lost)
        self.lost.append(Lost(self.answer.doc_id, kind, quote))
        return start, start + 1


def _distance(place: Span, trigger: Span) -> int:
    """Code points between two spans; 0 when they touch or overlap."""
    return max(place[0] - trigger[1], trigger[0] - place[1], 0)


_ALIKE = ("'’‘‛`´\"“”„‟«»", "-‐‑‒–—−")
_CLASSES = {character: f"[{re.escape(alike)}]" for alike in _ALIKE for character in alike}
_EDGES = " \t\r\n.,;:!?'’‘`\"“”„«»()[]"


def occurrences(text: str, quote: str) -> list[Span]:
    """Where a quote stands, in text order, by the first of these rules that finds it:

    as it is, as whole words; as it is, anywhere; without regard to case, kinds of blanks, quotation marks and dashes,
    and without punctuation at its edges, as whole words.
    """
    if not quote:
        return []
    exact = [match.span() for match in re.finditer(re.escape(quote), text)]
    if whole := [span for span in exact if _is_whole(text, *span)]:
        return whole
    if exact or not quote.strip(_EDGES):
        return exact
    words = quote.strip(_EDGES).split()
    pattern = r"\s+".join("".join(_CLASSES.get(c) or re.escape(c) for c in word) for word in words)
    found = (match.span() for match in re.finditer(pattern, text, re.IGNORECASE))
    return [span for span in found if _is_whole(text, *span)]


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no word goes on over an edge of the span."""
    return not any(0 < edge < len(text) and text[edge - 1].isalnum() and text[edge].isalnum() for edge in (start, end))
