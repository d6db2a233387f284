"""WikiEvents (Li, Ji and Han, NAACL 2021): JSON Lines with token offsets, and clusters of mentions beside them.

The text is put together from the sentences at their own character offsets, so that a token's offsets are the
document's; what stands between two sentences was lost in the corpus and becomes line breaks. `text` there runs the
sentences together and its offsets would be others.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from strife.formats.loss import FormatError, Loss
from strife.formats.quotes import quoted
from strife.formats.records import found, lines
from strife.model import Argument, Chain, Document, Entity, Event, Trigger


class _Mention(msgspec.Struct):
    id: str
    start: int
    end: int
    entity_type: str
    text: str
    mention_type: str = "UNK"


class _Trigger(msgspec.Struct):
    start: int
    end: int
    text: str


class _Argument(msgspec.Struct):
    entity_id: str
    role: str


class _Event(msgspec.Struct):
    id: str
    event_type: str
    trigger: _Trigger
    arguments: list[_Argument]


class _Record(msgspec.Struct):
    doc_id: str
    sentences: list[tuple[list[tuple[str, int, int]], str]]
    entity_mentions: list[_Mention]
    event_mentions: list[_Event]


class _Clusters(msgspec.Struct):
    doc_key: str
    clusters: list[list[str]] = []
    informative_mentions: list[str] = []


def read(folder: Path) -> tuple[list[Document], list[Loss]]:
    """Every document of the files at hand (train, dev, test), its split under meta, sorted by doc_id."""
    documents: list[Document] = []
    losses: list[Loss] = []
    paths = sorted({*folder.glob("*.jsonl"), *folder.glob("**/wikievents/*.jsonl")})
    for path in paths or found(folder, "*.jsonl", "WikiEvents"):
        clusters = path.parent / "coref" / f"{path.stem}.jsonlines"
        chains: dict[str, _Clusters] = {}
        if clusters.is_file():
            chains = {one.doc_key: one for one in lines(clusters, _Clusters, "WikiEvents' clusters")}
        for record in lines(path, _Record, "WikiEvents' documents"):
            beside = chains.get(record.doc_id, _Clusters(record.doc_id))
            documents.append(_document(record, path.stem, beside, losses))
    return sorted(documents, key=lambda document: document.doc_id), losses


def _document(record: _Record, split: str, beside: _Clusters, losses: list[Loss]) -> Document:
    text, places = _text(record)

    def span(start: int, end: int, what: str) -> tuple[int, int]:
        if not 0 <= start < end <= len(places):
            raise FormatError(f"{record.doc_id}: {what} has the tokens {start} to {end} of {len(places)}")
        return places[start][0], places[end - 1][1]

    entities = []
    for mention in record.entity_mentions:
        start, end = span(mention.start, mention.end, mention.id)
        kept = quoted(text, start, end, mention.text)
        entities.append(Entity(mention.id, start, end, mention.entity_type, {"mention": mention.mention_type, **kept}))
    events = []
    for event in record.event_mentions:
        start, end = span(event.trigger.start, event.trigger.end, event.id)
        arguments = tuple(Argument(argument.role, argument.entity_id) for argument in event.arguments)
        kept = quoted(text, start, end, event.trigger.text)
        events.append(Event(event.id, event.event_type, Trigger(start, end), arguments, {**kept}))
    return Document(
        record.doc_id,
        text,
        tuple(entities),
        tuple(events),
        chains=tuple(_chains(beside, {entity.id: entity.span for entity in entities}, losses)),
        meta={"split": split},
    )


def _chains(beside: _Clusters, order: dict[str, tuple[int, int]], losses: list[Loss]) -> Iterator[Chain]:
    """Clusters of at least two mentions, members in text order."""
    doc_id = beside.doc_key
    for number, cluster in enumerate(beside.clusters, 1):
        losses.extend(
            Loss(doc_id, member, "its place in a cluster", "no such mention")
            for member in cluster
            if member not in order
        )
        members = sorted((m for m in cluster if m in order), key=lambda member: (order[member], member))
        if len(members) > 1:
            yield Chain(f"c{number}", "entity", tuple(dict.fromkeys(members)))
    for number, words in enumerate(beside.informative_mentions, 1):
        losses.append(Loss(doc_id, f"c{number}", repr(words), "a chain has no most informative mention"))


def _text(record: _Record) -> tuple[str, list[tuple[int, int]]]:
    """The text, and the offsets of each token in it."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    reached = 0
    for tokens, sentence in record.sentences:
        begin = tokens[0][1] if tokens else reached
        if begin < reached or any(sentence[start - begin : end - begin] != token for token, start, end in tokens):
            raise FormatError(f"{record.doc_id}: the offsets of a sentence do not give its tokens; download it again")
        parts += ["\n" * (begin - reached), sentence]
        reached = begin + len(sentence)
        places += [(start, end) for _, start, end in tokens]
    return "".join(parts), places
