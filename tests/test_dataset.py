"""The dataset: typed columns, rows, tags, and bytes that depend on nothing but the documents."""

import functools
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.dataset import (
    CONFIGS,
    META,
    SPLITS,
    bio_labels,
    bio_tags,
    features,
    features_json,
    flatten,
    front_matter,
    parquet,
    rows,
)
from strife.dataset_reader import from_row
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone, encode
from strife.ontology import Ontology, load_ontology
from strife.segment import tokens
from strife.store import write_documents

ACTUAL = {"realis": "actual", "polarity": "positive", "certainty": "asserted"}


@pytest.fixture
def full(raid: Document) -> Document:
    """The raid with something in every column, defaults explicit as in gold."""
    statement, death = raid.events
    return msgspec.structs.replace(
        raid,
        events=(
            msgspec.structs.replace(statement, attributes={**ACTUAL, "act": "report"}),
            msgspec.structs.replace(
                death, attributes={**ACTUAL, **death.attributes, "extent": "part", "victim_status": "civilian"}
            ),
        ),
        relations=(Relation("m2", "m1", "member_of"), Relation("m4", "m1", "member_of")),
        chains=(Chain("c1", "entity", ("m1", "m2")),),
        zones=(Zone(0, 30, "headline"), Zone(30, 65, "body")),
        published="2020-02-01",
        sources=(
            Source("A", "https://a.example/1", "Zwölf \U0001f600", "2020-01-31"),
            Source("B", "https://b.example/1"),
        ),
        annotators=("2", "3"),
        meta={key: f"a {key}" for key in META},
    )


def read(content: bytes) -> list[dict[str, Any]]:
    import pyarrow.parquet

    table: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    return table


def test_features_are_typed_by_the_ontology(ontology: Ontology) -> None:
    from datasets import ClassLabel, Features, List, Value

    kinds = features(ontology)
    assert tuple(kinds) == CONFIGS
    assert all(isinstance(one, Features) for one in kinds.values())
    documents = kinds["documents"]
    assert documents["text"] == Value("string")
    assert documents["published"] == Value("date32")
    assert documents["annotators"] == List(Value("string"))
    assert isinstance(documents["entities"], List)
    entity, event = documents["entities"].feature, documents["events"].feature
    assert entity["label"] == ClassLabel(names=list(ontology.entity_types))
    assert entity["start"] == Value("int32")
    assert event["type"] == kinds["events"]["type"] == ClassLabel(names=list(ontology.event_types))
    assert event["arguments"].feature["role"] == ClassLabel(names=list(ontology.role_names))
    assert documents["relations"].feature["label"] == ClassLabel(names=list(ontology.relations))
    assert kinds["entities"]["ner_tags"] == List(ClassLabel(names=bio_labels(ontology)))


def test_every_attribute_is_a_column_of_its_type(ontology: Ontology) -> None:
    from datasets import ClassLabel, Value

    documents = features(ontology)["documents"]
    columns = {**documents["entities"].feature, **documents["events"].feature}
    for name, attribute in ontology.attributes.items():
        plain = Value("int32") if attribute.control == "number" else Value("string")
        assert columns[name] == (ClassLabel(names=list(attribute.values)) if attribute.values else plain), name


def test_features_json_is_read_back_by_datasets(ontology: Ontology) -> None:
    from datasets import Features

    table = json.loads(features_json(ontology))
    assert {config: Features.from_dict(one) for config, one in table.items()} == features(ontology)


def test_document_row(full: Document, ontology: Ontology) -> None:
    (row,) = rows("documents", full, ontology)
    assert list(row) == list(features(ontology)["documents"])
    assert row["entities"][5] == {
        "id": "m6", "start": 58, "end": 64, "text": "Friday", "label": "TIME", "timex": "2020-01-31",
    }  # fmt: skip
    assert row["entities"][0]["timex"] is None
    death = row["events"][1]
    assert death["trigger"] == {"start": 24, "end": 30, "text": "killed"}
    assert [(a["role"], a["text"]) for a in death["arguments"]] == [
        ("agent", "rebels"), ("count", "two"), ("place", "Talmar"), ("time", "Friday"), ("victim", "villagers"),
    ]  # fmt: skip
    assert (death["people_min"], death["extent"], death["strike_kind"], death["act"]) == (2, "part", None, None)
    assert row["sources"][1] == {"publisher": "B", "title": "", "date": None, "url": "https://b.example/1"}


def test_token_rows(full: Document, ontology: Ontology) -> None:
    two = msgspec.structs.replace(full, text=full.text + "\r\nA\u0301 \U0001f600\u00a0ends.")
    first, second = rows("entities", two, ontology)
    assert " ".join(f"{t}/{tag}" for t, tag in zip(first["tokens"], first["ner_tags"], strict=True)) == (
        "Police/B-ARM said/O that/O rebels/B-PER killed/O two/B-NUM villagers/B-PER in/O Talmar/B-GPE on/O"
        " Friday/B-TIME ./O"
    )
    assert (first["sentence"], second["sentence"]) == (0, 1)
    assert [two.text[a:b] for a, b in zip(second["starts"], second["ends"], strict=True)] == second["tokens"]
    assert "".join(second["tokens"]) == "A\u0301\U0001f600ends."
    assert second["starts"][0] == len(full.text) + 2


def test_event_rows(full: Document, ontology: Ontology) -> None:
    text = "Before. " + full.text + " After."
    moved = msgspec.structs.replace(
        full,
        text=text,
        entities=tuple(msgspec.structs.replace(e, start=e.start + 8, end=e.end + 8) for e in full.entities),
        events=tuple(
            msgspec.structs.replace(e, trigger=Trigger(e.trigger.start + 8, e.trigger.end + 8)) for e in full.events
        ),
    )
    statement, death = rows("events", moved, ontology)
    assert list(statement) == list(features(ontology)["events"])
    assert statement["sentence"] == {"start": 8, "end": 8 + len(full.text), "text": full.text}
    assert (statement["event_id"], statement["type"], statement["incident"]) == ("e1", "STATEMENT", None)
    assert [(a["role"], a["label"], a["entity_id"], a["event_id"]) for a in statement["arguments"]] == [
        ("content", "DEATH", None, "e2"),
        ("speaker", "ARM", "m1", None),
    ]
    assert death["incident"] == 1


def test_relation_rows(full: Document, ontology: Ontology) -> None:
    assert rows("relations", full, ontology)[0] == {
        "doc_id": "raid",
        "label": "member_of",
        "head": {"id": "m2", "start": 17, "end": 23, "text": "rebels", "label": "PER"},
        "tail": {"id": "m1", "start": 0, "end": 6, "text": "Police", "label": "ARM"},
    }


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("Goma mayor came", [(0, 4, "GPE"), (0, 10, "PER")], "B-PER I-PER O"),
        ("the mayor of Goma", [(4, 17, "PER"), (13, 17, "GPE")], "O B-PER I-PER I-PER"),
        ("a b c d", [(0, 7, "PER"), (2, 5, "ORG"), (4, 5, "GPE")], "B-PER I-PER I-PER I-PER"),
        ("a b c d", [(2, 5, "ORG"), (4, 7, "GPE")], "O B-ORG I-ORG O"),
        ("Goma Kidal", [(0, 4, "GPE"), (5, 10, "GPE")], "B-GPE B-GPE"),
        ("Ostmark-led men", [(0, 7, "GPE")], "B-GPE O O O"),
        ("pro-Goman men", [(4, 8, "GPE")], "O O B-GPE O"),
        ("\U0001f600 Goma", [(2, 6, "GPE")], "O B-GPE"),
        ("no one", [], "O O"),
        ("", [], ""),
    ],
)
def test_tags_of_overlapping_mentions(text: str, mentions: list[tuple[int, int, str]], expected: str) -> None:
    document = Document("d", text, tuple(Entity(f"m{n}", *mention) for n, mention in enumerate(mentions)))
    assert bio_tags(tokens(text), flatten(document)) == expected.split()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=8))
def test_flat_mentions_do_not_overlap_and_leave_out_only_what_does(spans: list[tuple[int, int]]) -> None:
    document = Document("d", "x" * 50, tuple(Entity(f"m{n}", s, s + size, "PER") for n, (s, size) in enumerate(spans)))
    kept = flatten(document)
    assert all(a.end <= b.start for a, b in itertools.pairwise(kept))
    for entity in document.entities:
        over = [k for k in kept if k.start < entity.end and entity.start < k.end]
        assert entity in kept or any(k.end - k.start >= entity.end - entity.start for k in over)


def test_row_read_from_parquet_is_the_document(full: Document, ontology: Ontology) -> None:
    content, number, _ = parquet("documents", [full], ontology)
    assert number == 1
    assert encode(from_row(read(content)[0], features(ontology)["documents"])) == encode(full)


packaged = functools.cache(load_ontology)  # hypothesis takes no fixtures into a strategy


@functools.cache
def document_columns() -> Any:
    return features(packaged())["documents"]


TEXT = "A\u0301 \U0001f600\u00a0\r\nGoma \U0001d54f fell. " * 3


@st.composite
def gold(draw: st.DrawFn) -> Document:
    """Any document as gold may be: defaults explicit, arguments by id, dates or none."""
    ontology = packaged()
    spans = st.tuples(st.integers(0, len(TEXT) - 9), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1]))

    def attributes(label: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, kind in ontology.attributes_of(label).items():
            if kind.values:
                given[name] = draw(st.sampled_from(kind.values))
            elif draw(st.booleans()):
                given[name] = draw(st.integers(0, 999)) if kind.control == "number" else draw(st.text(min_size=1))
        return given

    entities = tuple(
        Entity(f"m{n}", *span, label := draw(st.sampled_from(list(ontology.entity_types))), attributes(label))
        for n, span in enumerate(draw(st.lists(spans, max_size=4)))
    )
    events: tuple[Event, ...] = ()
    for number, span in enumerate(draw(st.lists(spans, max_size=3))):
        label = draw(st.sampled_from(list(ontology.event_types)))
        roles = st.sampled_from(ontology.role_names)
        arguments = {Argument(draw(roles), entity.id) for entity in entities if draw(st.booleans())}
        arguments |= {Argument(draw(roles), None, event.id) for event in events if draw(st.booleans())}
        events += (Event(f"e{number}", label, Trigger(*span), tuple(arguments), attributes(label)),)
    links = st.tuples(*[st.sampled_from(entities).map(lambda e: e.id)] * 2, st.sampled_from(list(ontology.relations)))
    dates = st.none() | st.dates().map(str)
    return Document(
        draw(st.text(min_size=1)),
        TEXT,
        entities,
        events,
        tuple(Relation(*link) for link in draw(st.lists(links, max_size=3))) if entities else (),
        published=draw(dates),
        sources=tuple(
            Source(draw(st.text()), "u", draw(st.text()), draw(dates)) for _ in range(draw(st.integers(0, 2)))
        ),
        meta=draw(st.dictionaries(st.sampled_from(META), st.text())),
    )


@settings(max_examples=40, deadline=None)
@given(gold())
def test_row_is_the_document(document: Document) -> None:
    ontology = packaged()
    kinds = document_columns()
    (row,) = rows("documents", document, ontology)
    assert encode(from_row(kinds.encode_example(row), kinds)) == encode(document)


def test_parquet_carries_its_features(full: Document, ontology: Ontology, tmp_path: Path) -> None:
    from datasets import Dataset

    for config in CONFIGS:
        path = tmp_path / f"{config}.parquet"
        path.write_bytes(parquet(config, [full], ontology)[0])
        assert Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache")).features == features(ontology)[config]


@pytest.mark.parametrize("config", CONFIGS)
def test_bytes_and_content_hash_do_not_depend_on_order(config: str, full: Document, ontology: Ontology) -> None:
    other = msgspec.structs.replace(full, doc_id="other")
    reversed_parts = msgspec.structs.replace(
        other,
        entities=other.entities[::-1],
        events=tuple(msgspec.structs.replace(e, arguments=e.arguments[::-1]) for e in other.events[::-1]),
        relations=other.relations[::-1],
    )
    assert (
        parquet(config, [full, other], ontology)
        == parquet(config, [full, other], ontology)
        == parquet(config, iter([reversed_parts, full]), ontology)
    )


@pytest.mark.parametrize("config", CONFIGS)
def test_content_hash_follows_the_content(config: str, full: Document, ontology: Ontology) -> None:
    relabelled = msgspec.structs.replace(full, entities=(Entity("m1", 0, 6, "ORG"), *full.entities[1:]))
    assert parquet(config, [full], ontology)[2] != parquet(config, [relabelled], ontology)[2]


@pytest.mark.parametrize("config", CONFIGS)
def test_split_without_rows_keeps_its_schema(config: str, full: Document, ontology: Ontology) -> None:
    import pyarrow.parquet

    content, number, _ = parquet(config, [], ontology)
    assert number == 0
    filled = pyarrow.parquet.read_schema(io.BytesIO(parquet(config, [full], ontology)[0]))
    assert pyarrow.parquet.read_schema(io.BytesIO(content)).equals(filled, check_metadata=True)


FRESH = """
import hashlib, sys
from pathlib import Path
from strife.dataset import CONFIGS, parquet
from strife.ontology import load_ontology
from strife.store import read_documents
for config in CONFIGS:
    content, _, logical = parquet(config, read_documents(Path(sys.argv[1])), load_ontology())
    print(hashlib.sha256(content).hexdigest(), logical)
"""


def test_bytes_are_the_same_in_another_process_hash_seed_and_time_zone(
    full: Document, ontology: Ontology, tmp_path: Path
) -> None:
    path = tmp_path / "documents.jsonl"
    write_documents(path, [full, msgspec.structs.replace(full, doc_id="other")])
    surroundings = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati"}
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH, str(path)], env=surroundings, capture_output=True, text=True, check=True
    )
    here = [parquet(config, [msgspec.structs.replace(full, doc_id="other"), full], ontology) for config in CONFIGS]
    assert fresh.stdout.splitlines() == [f"{hashlib.sha256(one[0]).hexdigest()} {one[2]}" for one in here]


def test_front_matter_names_configs_files_and_features(ontology: Ontology) -> None:
    from datasets import Features

    entry = {"rows": 1, "bytes": 7, "sha256": "", "file": ""}
    manifest = {
        "version": "1.2.3",
        "configs": {
            config: {"content_sha256": f"hash-of-{config}", "splits": dict.fromkeys(SPLITS, entry)}
            for config in CONFIGS
        },
    }
    block = front_matter(ontology, manifest, {"pretty_name": "Ä: b"})
    assert block.startswith("---\n")
    assert block.endswith("\n---\n")
    table = yaml.safe_load(block.strip("-\n"))
    assert table["pretty_name"] == "Ä: b"
    assert [one["config_name"] for one in table["configs"] if one.get("default")] == ["documents"]
    for one, info in zip(table["configs"], table["dataset_info"], strict=True):
        config = one["config_name"]
        assert one["version"] == "1.2.3"
        assert one["description"] == f"sha256:hash-of-{config}"
        assert [(f["split"], f["path"]) for f in one["data_files"]] == [
            (split, f"corpus/{config}/{split}-*.parquet") for split in SPLITS
        ]
        assert Features._from_yaml_list(info["features"]) == features(ontology)[config]
        assert info["dataset_size"] == 21
