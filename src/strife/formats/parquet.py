"""Parquet: the rows of the dataset's `documents` config, one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from strife.dataset import META, parquet
from strife.dataset_reader import read_parquet
from strife.formats.holds import PARTS, unheld
from strife.formats.loss import FormatError, Loss
from strife.model import Document, Entity, Event
from strife.ontology import Ontology

Item = TypeVar("Item", Entity, Event)

NAME = "the dataset's Parquet"
HOLDS = frozenset(PARTS) - {"span arguments", "document attributes", "unlabelled relations", "templates"}
FILE = "documents.parquet"


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file, and what it does not hold: labels and attributes that the ontology does not have."""
    losses: list[Loss] = []
    kept = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        kept.append(_declared(document, ontology, losses))
    return {FILE: parquet("documents", kept, ontology)[0]}, losses


def _declared(document: Document, ontology: Ontology, losses: list[Loss]) -> Document:
    """The document without what has no column or no ClassLabel."""
    why = f"{NAME} holds what ontology {ontology.name} declares"

    def known(item: str, what: str, yes: bool) -> bool:
        if not yes:
            losses.append(Loss(document.doc_id, item, what, why))
        return yes

    entities = [e for e in document.entities if known(e.id, f"label {e.label}", e.label in ontology.entity_types)]
    events = [e for e in document.events if known(e.id, f"type {e.type}", e.type in ontology.event_types)]
    ids = {entity.id for entity in entities} | {event.id for event in events}

    def fitting(item: Item) -> Item:
        own = ontology.attributes_of(item.label)
        kept = {
            name: value
            for name, value in item.attributes.items()
            if known(item.id, f"{name}={value}", name in own and (not own[name].values or value in own[name].values))
        }
        return msgspec.structs.replace(item, attributes=kept)

    def of_event(event: Event) -> Event:
        arguments = [
            a
            for a in event.arguments
            if known(event.id, f"{a.role} {a.target}", a.target in ids and a.role in ontology.role_names)
        ]
        return msgspec.structs.replace(fitting(event), arguments=tuple(arguments))

    return msgspec.structs.replace(
        document,
        entities=tuple(map(fitting, entities)),
        events=tuple(map(of_event, events)),
        relations=tuple(
            r
            for r in document.relations
            if r.label is not None
            and known(r.head, f"{r.label} {r.tail}", r.label in ontology.relations and {r.head, r.tail} <= ids)
        ),
        attributes={},
        meta={k: v for k, v in document.meta.items() if known("document", f"{k}={v}", k in META)},
    )


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a file or of every .parquet file in a folder."""
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise FormatError(f"{path}: no .parquet files; expected a file or a folder of them; check the path")
    found = [document for file in files for document in read_parquet(file)]
    return sorted(found, key=lambda document: document.doc_id), []
