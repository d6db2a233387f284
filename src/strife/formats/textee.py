"""TextEE and OneIE: a JSON object a line, tokens with token offsets, one window a document.

TextEE (Huang et al., Findings of ACL 2024) reads windows; here a window is a whole document, so that arguments in other
sentences stay. `text` is the document's; the place of each token in it is found again by its words.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.formats.records import lines
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.segment import sentences, tokens

NAME = "TextEE"
HOLDS = frozenset({"events", "arguments", "relations"})
FILE = "documents.json"


class _Span(msgspec.Struct):
    start: int
    end: int
    text: str = ""


class _Mention(_Span):
    id: str = ""
    entity_type: str = "UNK"


class _Argument(msgspec.Struct):
    entity_id: str
    role: str


class _Event(msgspec.Struct):
    id: str
    event_type: str
    trigger: _Span
    arguments: list[_Argument] = []


class _Relation(msgspec.Struct):
    relation_type: str
    arguments: list[_Argument]


class _Window(msgspec.Struct):
    doc_id: str
    tokens: list[str]
    entity_mentions: list[_Mention] = []
    event_mentions: list[_Event] = []
    relation_mentions: list[_Relation] = []
    wnd_id: str = ""
    sent_id: str = ""
    text: str | None = None
    sentence: str | None = None


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file, and what it does not hold: spans that are no whole tokens go with all that points at them."""
    losses: list[Loss] = []
    rows = [msgspec.json.encode(_window(document, losses)) + b"\n" for document in documents]
    return {FILE: b"".join(rows)}, losses


def _window(document: Document, losses: list[Loss]) -> dict[str, Any]:
    losses += unheld(document, NAME, HOLDS)
    pieces = tokens(document.text)
    starts = {start: number for number, (start, _) in enumerate(pieces)}
    kept = _on_tokens(document, pieces, losses)
    first = (tokens(document.text, *sentence)[0] for sentence in sentences(document.text))
    return {
        "doc_id": document.doc_id,
        "wnd_id": f"{document.doc_id}-0",
        "text": document.text,
        "tokens": [document.text[a:b] for a, b in pieces],
        "sentence_starts": [starts[start] for start, _ in first],
        "entity_mentions": [
            {"id": e.id, **kept[e.id], "entity_type": e.label, "mention_type": "UNK", "entity_id": e.id}
            for e in document.entities
            if e.id in kept
        ],
        "event_mentions": list(_events(document, kept, losses)),
        "relation_mentions": list(_relations(document, kept, losses)),
    }


def _on_tokens(document: Document, pieces: list[tuple[int, int]], losses: list[Loss]) -> dict[str, dict[str, Any]]:
    """The span of each item in tokens, by id; what begins or ends inside a token is lost."""
    starts = {start: number for number, (start, _) in enumerate(pieces)}
    ends = {end: number + 1 for number, (_, end) in enumerate(pieces)}
    kept: dict[str, dict[str, Any]] = {}
    for item in document.items:
        begin, finish = starts.get(item.span[0]), ends.get(item.span[1])
        if begin is None or finish is None:
            what = f"{item.label} {document.surface(item)!r}"
            losses.append(Loss(document.doc_id, item.id, what, f"{NAME} holds spans of whole tokens"))
        else:
            kept[item.id] = {"start": begin, "end": finish, "text": document.surface(item)}
    return kept


def _events(document: Document, kept: dict[str, dict[str, Any]], losses: list[Loss]) -> Iterator[dict[str, Any]]:
    for event in document.events:
        if event.id not in kept:
            continue
        arguments = []
        for argument in event.arguments:
            target = argument.entity_id
            if target in kept:
                arguments.append({"entity_id": target, "text": kept[target]["text"], "role": argument.role})
            elif target is not None:
                losses.append(Loss(document.doc_id, event.id, f"{argument.role} {target}", f"{NAME} lost its filler"))
        yield {"id": event.id, "event_type": event.type, "trigger": kept[event.id], "arguments": arguments}


def _relations(document: Document, kept: dict[str, dict[str, Any]], losses: list[Loss]) -> Iterator[dict[str, Any]]:
    mentions = {entity.id for entity in document.entities if entity.id in kept}
    for number, relation in enumerate((r for r in document.relations if r.label is not None), 1):
        if relation.head in mentions and relation.tail in mentions:
            ends = [
                {"entity_id": target, "text": kept[target]["text"], "role": role}
                for target, role in ((relation.head, "Arg-1"), (relation.tail, "Arg-2"))
            ]
            yield {"id": f"R{number}", "relation_type": relation.label, "arguments": ends}
        else:
            what = f"{relation.label} {relation.tail}"
            losses.append(Loss(document.doc_id, relation.head, what, f"{NAME} lost an end"))


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """One document a window; windows of one document get the window's id behind the doc_id when there are several."""
    file = path / FILE if path.is_dir() else path
    windows = list(lines(file, _Window, "windows of TextEE or OneIE"))
    times: dict[str, int] = {}
    for window in windows:
        times[window.doc_id] = times.get(window.doc_id, 0) + 1
    losses: list[Loss] = []
    documents = [_document(window, times[window.doc_id] > 1, losses) for window in windows]
    return sorted(documents, key=lambda document: document.doc_id), losses


def _document(window: _Window, several: bool, losses: list[Loss]) -> Document:
    doc_id = (window.wnd_id or window.sent_id or window.doc_id) if several else window.doc_id
    text = window.text if window.text is not None else window.sentence
    text = " ".join(window.tokens) if text is None else text
    places: list[tuple[int, int]] = []
    at = 0
    for token in window.tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            raise FormatError(f"{doc_id}: the token {token!r} does not follow at {at} of the text; mend tokens or text")
        at = start + len(token)
        places.append((start, at))

    def span(part: _Span, what: str) -> tuple[int, int]:
        if not 0 <= part.start < part.end <= len(places):
            raise FormatError(f"{doc_id}: {what} has the tokens {part.start} to {part.end} of {len(places)}")
        return places[part.start][0], places[part.end - 1][1]

    entities = tuple(Entity(m.id, *span(m, m.id), m.entity_type) for m in window.entity_mentions)
    known = {entity.id for entity in entities}
    events = []
    for event in window.event_mentions:
        lost = [f"{a.role} {a.entity_id}" for a in event.arguments if a.entity_id not in known]
        losses += [Loss(doc_id, event.id, what, "its filler is no mention of the file") for what in lost]
        arguments = tuple(Argument(a.role, a.entity_id) for a in event.arguments if a.entity_id in known)
        events.append(Event(event.id, event.event_type, Trigger(*span(event.trigger, event.id)), arguments))
    relations = tuple(
        Relation(r.arguments[0].entity_id, r.arguments[1].entity_id, r.relation_type) for r in window.relation_mentions
    )
    return Document(doc_id, text, entities, tuple(events), relations)
