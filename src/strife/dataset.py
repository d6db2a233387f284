"""The dataset: gold documents as five typed Parquet configs, a manifest, and the README's YAML.

This is the only file that imports datasets and pyarrow, and it does so inside the functions that need them.
The bytes are the same whenever the same pyarrow writes the same documents: rows are sorted, the schema comes from
the ontology, and nothing volatile is written.

`load_dataset` keys its local cache by the README's YAML alone, so every config carries its version and the hash of
its content there; without them a changed clone would serve old rows.
"""

import datetime
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from strife.incidents.derive import incidents
from strife.model import Document, Entity, Event, Relation
from strife.ontology import Ontology
from strife.release.manifest import content_hash
from strife.release.standoff import STANDOFF, without_text
from strife.segment import sentences, tokens

if TYPE_CHECKING:
    from datasets import Features

CONFIGS = ("documents", "entities", "events", "relations", "incidents")
BLIND = "blind"  # documents without their labels, where these are withheld
LABELS = ("entities", "events", "relations", "chains", "provenance")
SPLITS = ("train", "validation", "test")
META = ("language", "style", "country", "conflict", "event", "kind", "written_by", "adjudicator")
_PARQUET = {
    "compression": "zstd",
    "compression_level": 9,
    "version": "2.6",
    "data_page_version": "1.0",
    "write_page_index": True,
    "row_group_size": 1000,
}


def features(ontology: Ontology) -> dict[str, "Features"]:
    """The typed columns of each config; ClassLabel ids follow the order of the ontology file."""
    from datasets import ClassLabel, Features, List, Value

    text, offset = Value("string"), Value("int32")

    def attributes(labels: Iterable[str]) -> dict[str, Any]:
        names = dict.fromkeys(name for label in labels for name in ontology.attributes_of(label))
        return {name: _attribute_type(ontology, name) for name in names}

    entity_label = ClassLabel(names=list(ontology.entity_types))
    event_type = ClassLabel(names=list(ontology.event_types))
    relation_label = ClassLabel(names=list(ontology.relations))
    argument = {
        "role": ClassLabel(names=list(ontology.role_names)),
        "entity_id": text,
        "event_id": text,
        "start": offset,
        "end": offset,
        "text": text,
    }
    span = {"start": offset, "end": offset, "text": text}
    event_attributes = attributes(ontology.event_types)
    return {
        "documents": Features(
            {
                "doc_id": text,
                "text": text,
                "published": Value("date32"),
                **dict.fromkeys(META, text),
                "annotators": List(text),
                "provenance": List({"item": text, "decided": text}),
                "zones": List({"start": offset, "end": offset, "label": text}),
                "entities": List({"id": text, **span, "label": entity_label, **attributes(ontology.entity_types)}),
                "events": List(
                    {"id": text, "type": event_type, "trigger": span, "arguments": List(argument), **event_attributes}
                ),
                "relations": List({"head": text, "tail": text, "label": relation_label}),
                "chains": List({"id": text, "kind": text, "members": List(text)}),
                "sources": List({"publisher": text, "title": text, "date": Value("date32"), "url": text}),
            }
        ),
        "entities": Features(
            {
                "doc_id": text,
                "sentence": offset,
                "tokens": List(text),
                "starts": List(offset),
                "ends": List(offset),
                "ner_tags": List(ClassLabel(names=bio_labels(ontology))),
            }
        ),
        "events": Features(
            {
                "doc_id": text,
                "event_id": text,
                "type": event_type,
                "trigger": span,
                "sentence": span,
                "arguments": List({**argument, "label": text}),
                **event_attributes,
            }
        ),
        "relations": Features(
            {
                "doc_id": text,
                "label": relation_label,
                "head": {"id": text, **span, "label": entity_label},
                "tail": {"id": text, **span, "label": entity_label},
            }
        ),
        "incidents": _incident_features(ontology),
    }


def _incident_features(ontology: Ontology) -> "Features":
    """The columns of the config `incidents`, in the order of `strife.incidents.record.Incident`."""
    from datasets import ClassLabel, Features, List, Value

    text, number, day = Value("string"), Value("int32"), Value("date32")
    event_type = ClassLabel(names=list(ontology.event_types))
    standing = {
        name: _attribute_type(ontology, name) if name in ontology.attributes else text
        for name in ("realis", "polarity", "certainty")
    }
    larger = {"name": text, "label": ClassLabel(names=list(ontology.entity_types)), "entity_ids": List(text)}
    place = {**larger, "event_ids": List(text)}
    filler = List({**place, "certainty": standing["certainty"]})
    people = {"people_min": number, "people_max": number}
    figure = List(
        {"source": text, "source_ids": List(text), "statement_ids": List(text), **people, "event_ids": List(text)}
    )
    date = {"timex": text, "start": day, "end": day, "entity_ids": List(text), "event_ids": List(text)}
    return Features(
        {
            "doc_id": text,
            "incident": number,
            "type": event_type,
            "types": List(event_type),
            **standing,
            "date": date,
            "places": List({**place, "within": List(larger)}),
            **dict.fromkeys(("attackers", "parties", "targets", "victims", "instruments"), filler),
            **dict.fromkeys(("movers", "origins", "destinations", "losers"), filler),
            **dict.fromkeys(("killed", "wounded"), figure),
            **dict.fromkeys(("claimed_by", "denied_by"), filler),
            "event_ids": List(text),
        }
    )


def features_json(ontology: Ontology) -> str:
    """The columns of each config as JSON, in the form that `datasets` reads back."""
    return json.dumps({config: kinds.to_dict() for config, kinds in features(ontology).items()}, indent=1)


def _attribute_type(ontology: Ontology, name: str) -> Any:
    from datasets import ClassLabel, Value

    attribute = ontology.attributes[name]
    if attribute.control == "choices":
        return ClassLabel(names=list(attribute.values))
    number = "int32" if attribute.whole else "float64"
    return Value(number if attribute.control == "number" else "string")


def bio_labels(ontology: Ontology) -> list[str]:
    """O, then B- and I- of each entity type."""
    return ["O", *(f"{prefix}-{label}" for label in ontology.entity_types for prefix in "BI")]


def rows(config: str, document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    """The rows of one document in a config, with label names (not ids).

    In `blind` the labels are None, never an empty list: that would say that nothing is there.
    """
    if config == BLIND:
        return [row | dict.fromkeys(LABELS) for row in _document_rows(document, ontology)]
    make: dict[str, Callable[[Document, Ontology], list[dict[str, Any]]]] = {
        "documents": _document_rows,
        "entities": _token_rows,
        "events": _event_rows,
        "relations": _relation_rows,
        "incidents": _incident_rows,
    }
    return make[config](document, ontology)


def _document_rows(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    row: dict[str, Any] = {
        "doc_id": document.doc_id,
        "text": document.text,
        "published": _date(document.published),
        **{key: document.meta.get(key) for key in META},
        "annotators": list(document.annotators),
        "provenance": [{"item": item, "decided": how} for item, how in sorted(document.provenance.items())],
        "zones": [{"start": z.start, "end": z.end, "label": z.label} for z in document.zones],
        "entities": [
            {"id": e.id, **_span(document, e.span), "label": e.label, **_attributes(ontology, e, ontology.entity_types)}
            for e in sorted(document.entities, key=lambda e: (e.span, e.label))
        ],
        "events": [
            {
                "id": e.id,
                "type": e.type,
                "trigger": _span(document, e.span),
                "arguments": _arguments(document, e),
                **_attributes(ontology, e, ontology.event_types),
            }
            for e in sorted(document.events, key=lambda e: (e.span, e.type))
        ],
        "relations": [{"head": r.head, "tail": r.tail, "label": r.label} for r in _relations(document)],
        "chains": [{"id": c.id, "kind": c.kind, "members": list(c.members)} for c in document.chains],
        "sources": [
            {"publisher": s.publisher, "title": s.title, "date": _date(s.date), "url": s.url} for s in document.sources
        ],
    }
    return [row]


def _token_rows(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    """One row a sentence. BIO cannot nest: of overlapping mentions the longest stays (the first, if equal)."""
    flat = flatten(document)
    found = []
    for number, sentence in enumerate(sentences(document.text)):
        pieces = tokens(document.text, *sentence)
        found.append(
            {
                "doc_id": document.doc_id,
                "sentence": number,
                "tokens": [document.text[start:end] for start, end in pieces],
                "starts": [start for start, _ in pieces],
                "ends": [end for _, end in pieces],
                "ner_tags": bio_tags(pieces, flat),
            }
        )
    return found


def flatten(document: Document) -> list[Entity]:
    """Mentions without overlap, in text order: the longest wins, then the one that begins first."""
    kept: list[Entity] = []
    for entity in sorted(document.entities, key=lambda e: (e.start - e.end, e.start)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)


def bio_tags(pieces: list[tuple[int, int]], flat: list[Entity]) -> list[str]:
    """The BIO tag of each token: B- for the first token that a mention touches, I- for the rest."""
    tags = []
    begun: set[str] = set()
    for start, end in pieces:
        entity = next((e for e in flat if e.start < end and start < e.end), None)
        if entity is None:
            tags.append("O")
        else:
            tags.append(f"{'I' if entity.id in begun else 'B'}-{entity.label}")
            begun.add(entity.id)
    return tags


def _event_rows(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    spans = sentences(document.text)
    items = {item.id: item for item in document.items}
    found = []
    for event in sorted(document.events, key=lambda e: (e.span, e.type)):
        sentence = next((s for s in spans if s[0] <= event.trigger.start < s[1]), (0, len(document.text)))
        arguments = _arguments(document, event)
        for argument in arguments:
            argument["label"] = items[argument["entity_id"] or argument["event_id"]].label
        found.append(
            {
                "doc_id": document.doc_id,
                "event_id": event.id,
                "type": event.type,
                "trigger": _span(document, event.span),
                "sentence": _span(document, sentence),
                "arguments": arguments,
                **_attributes(ontology, event, ontology.event_types),
            }
        )
    return found


def _relation_rows(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    items = {item.id: item for item in document.items}

    def end(item: Entity | Event) -> dict[str, Any]:
        return {"id": item.id, **_span(document, item.span), "label": item.label}

    return [
        {"doc_id": document.doc_id, "label": r.label, "head": end(items[r.head]), "tail": end(items[r.tail])}
        for r in _relations(document)
    ]


def _incident_rows(document: Document, _: Ontology) -> list[dict[str, Any]]:
    found = []
    for record in incidents(document):
        row = msgspec.to_builtins(record)
        row["date"] |= {name: _date(row["date"][name]) for name in ("start", "end")}
        found.append(row)
    return found


def _relations(document: Document) -> list[Relation]:
    starts = {item.id: item.span for item in document.items}
    return sorted(document.relations, key=lambda r: (starts[r.head], starts[r.tail], r.label or ""))


def _arguments(document: Document, event: Event) -> list[dict[str, Any]]:
    spans = {item.id: item.span for item in document.items}
    found = []
    for argument in event.arguments:
        span = spans[argument.target or ""]
        ids = {"entity_id": argument.entity_id, "event_id": argument.event_id}
        found.append({"role": argument.role, **ids, **_span(document, span)})
    return sorted(found, key=lambda a: (a["role"], a["start"], a["end"]))


def _attributes(ontology: Ontology, item: Entity | Event, among: Iterable[str]) -> dict[str, Any]:
    """Every attribute that any of these labels has: the value given, the default, or None where it does not apply."""
    own = ontology.attributes_of(item.label)
    names = dict.fromkeys(name for label in among for name in ontology.attributes_of(label))
    return {name: item.attributes.get(name, own[name].default) if name in own else None for name in names}


def _span(document: Document, span: tuple[int, int]) -> dict[str, Any]:
    return {"start": span[0], "end": span[1], "text": document.text[span[0] : span[1]]}


def _date(date: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(date) if date else None


def parquet(config: str, documents: Iterable[Document], ontology: Ontology) -> tuple[bytes, int, str]:
    """The Parquet file of a config and split: its bytes, its number of rows, and the hash of its content.

    The content hash is taken over the schema and the rows as canonical JSON: equal across pyarrow versions.
    """
    ordered = sorted(documents, key=lambda document: document.doc_id)
    return written(features(ontology)[config], [row for d in ordered for row in rows(config, d, ontology)])


def written(kinds: "Features", data: list[dict[str, Any]]) -> tuple[bytes, int, str]:
    """Rows as a Parquet file: its bytes, its number of rows, and the hash of its content."""
    import pyarrow
    import pyarrow.parquet
    from datasets import Dataset
    from datasets.table import table_cast

    schema = kinds.arrow_schema
    columns = {name: [row[name] for row in data] for name in kinds}
    table = Dataset.from_dict(columns, features=kinds).data.table.combine_chunks()
    table = table_cast(table, schema).replace_schema_metadata(schema.metadata)
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, **_PARQUET)
    return buffer.getvalue(), len(data), content_hash(kinds.to_dict(), data)


def standoff_features(ontology: Ontology) -> "Features":
    """The columns of the config `standoff`: those of `documents` without text, and what stands for the text."""
    from datasets import Features, List, Value

    documents = features(ontology)["documents"].to_dict()
    kept = ("doc_id", "published", "annotators", "zones", "entities", "events", "relations", "chains")
    text = Value("string")
    beside = dict.fromkeys(("language", "source", "url", "licence", "annotation", "text_sha256"), text)
    numbers = dict.fromkeys(("text_length", "block_length"), Value("int32"))
    bare = Features.from_dict({name: without_text(documents[name]) for name in kept})
    return Features({**bare, **beside, **numbers, "block_sha256": List(text)})


def made_with() -> dict[str, str]:
    """The versions of the libraries that decide about the bytes."""
    from importlib.metadata import version

    return {name: version(name) for name in ("datasets", "pyarrow")}


def front_matter(ontology: Ontology, manifest: Mapping[str, Any], card: Mapping[str, Any]) -> str:
    """The YAML block of the README, by which `load_dataset` finds configs, files and features."""
    import yaml

    configs, infos = [], []
    kinds_of = features(ontology)
    kinds_of |= {STANDOFF: standoff_features(ontology), BLIND: kinds_of["documents"]}
    for config, entry in manifest["configs"].items():
        kinds, splits = kinds_of[config], entry["splits"]
        configs.append(
            {
                "config_name": config,
                "version": manifest["version"],
                "description": f"sha256:{entry['content_sha256']}",
                "data_files": [{"split": split, "path": f"corpus/{config}/{split}-*.parquet"} for split in splits],
                **({"default": True} if config == CONFIGS[0] else {}),
            }
        )
        infos.append(
            {
                "config_name": config,
                "features": kinds._to_yaml_list(),
                "splits": [
                    {"name": split, "num_bytes": one["bytes"], "num_examples": one["rows"]}
                    for split, one in splits.items()
                ],
                "download_size": sum(one["bytes"] for one in splits.values()),
                "dataset_size": sum(one["bytes"] for one in splits.values()),
            }
        )
    block = {**card, "configs": configs, "dataset_info": infos}
    return f"---\n{yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=120)}---\n"
