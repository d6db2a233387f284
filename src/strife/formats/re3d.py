"""re3d (Dstl, 2017): seven folders with documents.json, entities.json, relations.json, one JSON object a line.

Offsets are code points. An endpoint of a relation is given by its span alone; where two mentions share it, the one of
higher confidence is meant (then the first). `begin`, `end` and `value` of a relation are the words between its ends.
"""

from collections import defaultdict
from pathlib import Path

import msgspec

from strife.formats.loss import FormatError, Loss
from strife.formats.quotes import quoted
from strife.formats.records import found, lines
from strife.model import Document, Entity, Relation, Source

Span = tuple[int, int]


class _Text(msgspec.Struct, rename={"id": "_id"}):
    id: str
    text: str
    sourceName: str
    sourceUrl: str
    title: str = ""


class _Entity(msgspec.Struct, rename={"id": "_id"}):
    id: str
    documentId: str
    begin: int
    end: int
    type: str
    value: str
    confidence: float


class _Relation(msgspec.Struct, rename={"id": "_id"}):
    id: str
    documentId: str
    sourceBegin: int
    sourceEnd: int
    targetBegin: int
    targetEnd: int
    type: str
    confidence: float
    value: str | None = None


def read(folder: Path) -> tuple[list[Document], list[Loss]]:
    """Every document of the corpus, sorted by doc_id, and what a document cannot hold."""
    documents: list[Document] = []
    losses: list[Loss] = []
    paths = found(folder, "*/documents.json", "re3d")
    if bare := {one.parent for one in folder.glob("*/entities.json")} - {path.parent for path in paths}:
        raise FormatError(f"{min(bare)}: entities.json without documents.json; expected both; download it again")
    for path in paths:
        texts = list(lines(path, _Text, "re3d's documents"))
        entities: dict[str, list[_Entity]] = defaultdict(list)
        relations: dict[str, list[_Relation]] = defaultdict(list)
        for entity in lines(path.with_name("entities.json"), _Entity, "re3d's entities"):
            entities[entity.documentId].append(entity)
        for relation in lines(path.with_name("relations.json"), _Relation, "re3d's relations"):
            relations[relation.documentId].append(relation)
        for text in texts:
            documents.append(_document(text, path.parent.name, entities[text.id], relations[text.id], losses))
        if lost := (set(entities) | set(relations)) - {text.id for text in texts}:
            raise FormatError(f"{path}: no text for {min(lost)} and {len(lost) - 1} others; download it again")
    return sorted(documents, key=lambda document: document.doc_id), losses


def _document(
    text: _Text, folder: str, entities: list[_Entity], relations: list[_Relation], losses: list[Loss]
) -> Document:
    mentions = [
        Entity(
            entity.id,
            entity.begin,
            entity.end,
            entity.type,
            {"confidence": entity.confidence, **quoted(text.text, entity.begin, entity.end, entity.value)},
        )
        for entity in entities
    ]
    at: dict[Span, list[_Entity]] = defaultdict(list)
    for entity in entities:
        at[entity.begin, entity.end].append(entity)
    arrows: list[Relation] = []
    for relation in relations:
        ends: list[str] = []
        for side in ((relation.sourceBegin, relation.sourceEnd), (relation.targetBegin, relation.targetEnd)):
            candidates = sorted(at[side], key=lambda entity: -entity.confidence)
            if not candidates:
                losses.append(Loss(text.id, relation.id, relation.type, f"no mention at [{side[0]}:{side[1]}]"))
                continue
            if len(candidates) > 1:
                lost = f"which of {', '.join(c.type for c in candidates)} is meant"
                losses.append(Loss(text.id, relation.id, lost, "an endpoint is a span that two mentions share"))
            ends.append(candidates[0].id)
        if len(ends) == 2:
            arrows.append(Relation(ends[0], ends[1], relation.type))
            losses.append(Loss(text.id, relation.id, f"confidence {relation.confidence:g}", "a relation has no score"))
            if relation.value:
                losses.append(Loss(text.id, relation.id, repr(relation.value), "a relation has no words of its own"))
    meta = {"folder": folder, "title": text.title}
    source = Source(text.sourceName, text.sourceUrl, text.title)
    return Document(text.id, text.text, tuple(mentions), (), tuple(arrows), sources=(source,), meta=meta)
