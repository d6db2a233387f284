"""Where documents come from: JSON Lines, Parquet, datasets; and what is refused on the way."""

import gzip
import hashlib
import json
import math
import struct
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from strife.dataset import parquet
from strife.model import Argument, Document, Entity, Event, Relation, Template, Trigger, encode
from strife.ontology import Ontology
from strife.scoring.columns import TABLES
from strife.scoring.metrics import METRICS, keys
from strife.scoring.score import score
from strife.scoring.signature import SignatureError
from strife.scoring.sources import name, read, score_files
from strife.store import read_documents, write_documents
from strife.stream import InputError
from tests.conftest import ROOT

MANIFEST = json.loads((ROOT / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))


def test_every_form_of_the_gold_gives_the_same_scores_and_the_same_hash(tmp_path: Path) -> None:
    split = (ROOT / "corpus" / "splits" / "test.txt").read_text(encoding="utf-8").split()
    documents = [d for d in read_documents(ROOT / "corpus" / "gold.jsonl") if d.doc_id in split]
    assert documents
    plain, packed = tmp_path / "gold.jsonl", tmp_path / "gold.jsonl.gz"
    write_documents(plain, reversed(documents))
    packed.write_bytes(gzip.compress(b"\n".join(encode(document) for document in reversed(documents))))
    (table,) = (ROOT / "corpus" / "documents").glob("test-*.parquet")
    predicted = ROOT / "benchmarks" / "submissions" / "linear" / "predictions.jsonl"
    results = [score_files(gold, predicted, METRICS, "news", "test") for gold in (plain, packed, table, ROOT)]
    for one in results:
        assert (one.signature, one.counts, one.types) == (results[0].signature, results[0].counts, results[0].types)
    both = [score_files(table, table, METRICS), score_files(plain, ROOT, METRICS, split="test")]
    assert all(c.fp == c.fn == 0 for one in both for c in one.counts.values())


def test_a_folder_tells_its_name(tmp_path: Path) -> None:
    assert name(ROOT) == f"strife-{MANIFEST['version']}"
    assert name(tmp_path) == name(ROOT / "README.md") == ""


def test_all_splits_of_a_dataset() -> None:
    total = MANIFEST["counts"]
    assert len(list(read(ROOT))) == sum(counts["documents"] for counts in total.values())


@pytest.mark.parametrize("split", ["nowhere", "test[:"])
def test_an_unknown_split_is_refused(split: str) -> None:
    with pytest.raises(InputError, match=r"FIL003 .*check the path and the split"):
        list(read(ROOT, split))


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FIL003"):
        list(read(tmp_path, "test"))
    home = tmp_path / "corpus" / "documents"
    home.mkdir(parents=True)
    (home / "test-0.parquet").write_bytes(b"PAR1 and no more")
    front = "configs: [{config_name: documents, data_files: [{split: test, path: corpus/documents/test-*.parquet}]}]"
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n", encoding="utf-8")
    with pytest.raises(InputError, match="FIL003"):
        list(read(tmp_path, "test"))


def test_parquet_with_labels_as_text_and_bare_arguments(tmp_path: Path) -> None:
    document = Document(
        "d",
        "a b c",
        (Entity("m", 0, 1, "THING"),),
        (Event("e", "HAPPEN", Trigger(2, 3), (Argument("r", "m"), Argument("r", None, None, 4, 5))),),
        (Relation("m", "e", "of"),),
    )
    row = {
        "doc_id": "d",
        "text": "a b c",
        "entities": [{"id": "m", "start": 0, "end": 1, "label": "THING"}],
        "events": [
            {
                "id": "e",
                "type": "HAPPEN",
                "trigger": {"start": 2, "end": 3},
                "arguments": [
                    {"role": "r", "entity_id": "m", "start": None, "end": None},
                    {"role": "r", "entity_id": None, "start": 4, "end": 5},
                ],
            }
        ],
        "relations": [{"head": "m", "tail": "e", "label": "of"}],
    }
    write_rows(tmp_path / "d.parquet", [row])
    assert list(read(tmp_path / "d.parquet")) == [document]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def test_withheld_annotation_is_refused(tmp_path: Path, raid: Document, ontology: Ontology) -> None:
    content, _, _ = parquet("documents", [raid], ontology)
    (tmp_path / "gold.parquet").write_bytes(content)
    table = pyarrow.parquet.read_table(tmp_path / "gold.parquet")
    for column in ("entities", "events", "relations"):
        place = table.schema.get_field_index(column)
        table = table.set_column(place, table.schema.field(place), pyarrow.nulls(1, table.schema.field(place).type))
    pyarrow.parquet.write_table(table, tmp_path / "blind.parquet")
    with pytest.raises(InputError, match=r"DOC101 .*raid: entities, events, relations null; .*withheld"):
        list(read(tmp_path / "blind.parquet"))


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    write_rows(tmp_path / "b.parquet", [{"doc_id": "d"}])
    for file, message in (("a", "FIL003"), ("b", "no column text, entities, events, relations"), ("c", "FIL003")):
        with pytest.raises(InputError, match=message):
            list(read(tmp_path / f"{file}.parquet"))


@pytest.mark.parametrize(
    "change",
    [
        {"entities": 5},
        {"events": [{"id": "e"}]},
        {"entities": [{"id": "m", "start": 1, "end": 2}]},
        {"relations": ["x"]},
    ],
)
def test_parquet_of_another_shape_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    entity = {"id": "m", "start": 0, "end": 1, "label": "A"}
    event = {"id": "e", "type": "T", "trigger": {"start": 0, "end": 1}, "arguments": [{"role": "r", "entity_id": "m"}]}
    row = {"doc_id": "d", "text": "ab", "entities": [entity], "events": [event]}
    row["relations"] = [{"head": "m", "tail": "m", "label": "l"}]
    write_rows(tmp_path / "right.parquet", [row])
    assert len(list(read(tmp_path / "right.parquet"))) == 1
    write_rows(tmp_path / "d.parquet", [row | change])
    with pytest.raises(InputError, match=r"FIL003|DOC101"):
        list(read(tmp_path / "d.parquet"))


def test_names_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="split ''"):
        score_files(tmp_path / "missing", tmp_path / "missing", split="")


ROW = {"doc_id": "d1", "text": "abc", "entities": []}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (json.dumps({**ROW, "attributes": {"score": math.nan}}), r"FIL002 .*line 2 \(d1\): NaN is no number in JSON"),
        (json.dumps({**ROW, "entities": [{"id": "m", "start": -math.inf}]}), r"line 2 \(d1\): -Infinity is no number"),
        ('{"doc_id": "d1"', r"FIL002 .*line 2 \(d1\):"),
        ("nonsense", r"FIL002 .*line 2: "),
        (json.dumps({**ROW, "entities": None}), r"DOC101 .*line 2 \(d1\): .*\$\.entities"),
        (json.dumps({**ROW, "entities": [{"id": "m", "text": "a", "label": "A"}]}), r"DOC101 .*`start`.*--resolve"),
        (
            json.dumps({**ROW, "entities": [{"id": "m", "start": 0.5, "end": 1, "label": "A"}]}),
            r"DOC101 .*Expected `int`",
        ),
    ],
)
def test_broken_lines_are_refused_by_line_and_document(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({**ROW, "doc_id": "d0"}) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        list(read(path))


def test_answers_are_placed(tmp_path: Path) -> None:
    write_documents(tmp_path / "gold.jsonl", [Document("d", "the town", (Entity("m", 4, 8, "GPE"),))])
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"doc_id": "d", "entities": [{"text": "town", "label": "GPE"}]}), encoding="utf-8")
    scores = score_files(tmp_path / "gold.jsonl", answers, resolve=True)
    assert scores.counts["ent"].f1 == 1.0
    assert scores.signature.resolver == 1


def gold_hash(*documents: Document) -> str:
    return score(documents, []).signature.data


def test_the_hash_covers_what_is_scored_and_nothing_else(raid: Document) -> None:
    change = msgspec.structs.replace
    known = gold_hash(raid)
    renamed = {item.id: f"x{item.id}" for item in raid.items}
    same = change(
        raid,
        entities=tuple(change(e, id=renamed[e.id]) for e in raid.entities[::-1]),
        events=tuple(
            change(
                e,
                id=renamed[e.id],
                arguments=tuple(
                    Argument(a.role, *(i and renamed[i] for i in (a.entity_id, a.event_id))) for a in e.arguments
                ),
                attributes={**e.attributes, "realis": "actual"},
            )
            for e in raid.events
        ),
        published=None,
        meta={"style": "news"},
    )
    assert gold_hash(same) == known
    timed = change(raid.entities[5], attributes={"timex": "2020-01-30"})
    first = raid.events[0]
    others = [
        change(raid, doc_id="raid2"),
        change(raid, text=raid.text + " "),
        change(raid, entities=(*raid.entities, Entity("m7", 0, 6, "ORG"))),
        change(raid, entities=(*raid.entities[:5], timed)),
        change(raid, events=(change(first, arguments=first.arguments[:1]), raid.events[1])),
        change(raid, events=(change(first, type="CLAIM"), raid.events[1])),
        change(raid, events=(first, change(raid.events[1], attributes={"people_min": 2}))),
        change(raid, relations=(Relation("m1", "m2", "l"),)),
        change(raid, relations=(Relation("m2", "m1", "l"),)),
        change(raid, templates=(Template("attack", {"Target": (("town",),)}),)),
        change(raid, templates=(Template("attack", {"Target": (("city",),)}),)),
    ]
    hashes = {known, gold_hash(raid, change(raid, doc_id="other")), *map(gold_hash, others)}
    assert len(hashes) == len(others) + 2


def test_the_hash_does_not_depend_on_the_prediction_or_the_order(raid: Document) -> None:
    other = Document("other", "x y", (Entity("m", 0, 1, "ZZZ"),))
    far = Document("other", "x y", (Entity("m", 2, 3, "AAA"),))
    hashes = {
        score(gold, predicted).signature.data for gold in ([raid, other], [other, raid]) for predicted in ([], [far])
    }
    assert len(hashes) == 1


def test_the_hash_is_what_its_definition_says(raid: Document) -> None:
    """Plain Python over the definition at the head of fingerprint.py."""
    timed = msgspec.structs.replace(raid, doc_id="a", relations=(Relation("m1", "e2", "of"),))
    documents = [timed, raid]
    digest = hashlib.sha256()
    texts = [[d.doc_id, hashlib.sha256(d.text.encode()).hexdigest(), []] for d in documents]
    digest.update(msgspec.json.encode(texts) + b"\n")
    tables = {"entities": "ent", "events": "tri_c", "arguments": "arg_c+", "relations": "rel+", "figures": "people"}
    for items, metric in {**tables, "times": "timex"}.items():
        parts = METRICS[metric].parts
        rows = [
            {"doc": n, **dict(zip(parts, key, strict=True))} for n, d in enumerate(documents) for key in keys(metric, d)
        ]
        names = {
            column: sorted(
                {row[column] for row in rows if row[column] is not None}, key=lambda n: (isinstance(n, str), n)
            )
            for column in TABLES[items][1:]
            if not column.endswith(("start", "end"))
        }
        cells = set()
        for row in rows:
            places = {c: names[c].index(row[c]) + 1 if row[c] is not None else 0 for c in names}
            lengths = {c: row[c] - row[c[:-3] + "start"] for c in TABLES[items] if c.endswith("end")}
            cells.add(tuple({**row, **places, **lengths}[column] for column in TABLES[items]))
        digest.update(msgspec.json.encode([items, names], order="deterministic") + b"\n")
        digest.update(b"".join(struct.pack("<q", number) for row in sorted(cells) for number in row) + b"\n")
    assert gold_hash(*documents) == digest.hexdigest()[:8]
