"""Verification: each way in which a copy can differ from its release, and where it is said to differ."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.dataset import parquet
from strife.loading import load, read_rows
from strife.model import Document, encode
from strife.ontology import Ontology
from strife.release.manifest import MANIFEST, ManifestError, read_manifest, read_row_sums, sealed, write_row_sums
from strife.release.verify import Problem, verify
from strife.store import read_documents
from tests.conftest import ROOT

TRAIN = "corpus/documents/train-00000-of-00001.parquet"
EVENTS = "corpus/events/test-00000-of-00001.parquet"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "corpus", tmp_path / "clone" / "corpus")
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, tmp_path / "clone")
    return tmp_path / "clone"


def problems(clone: Path, file: str) -> list[Problem]:
    found = verify(clone).problems
    assert {problem.file for problem in found} == {file}
    return list(found)


def documents(clone: Path, split: str) -> list[Document]:
    return load(clone, split)


def test_committed_dataset_is_whole() -> None:
    result = CliRunner().invoke(app, ["verify", str(ROOT)])
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert "all as released" in result.stdout


def test_changed_rows_are_named(clone: Path, ontology: Ontology) -> None:
    path = clone / EVENTS
    kept = documents(clone, "test")
    first = kept[0]
    events = list(first.events)
    events[2] = events[2].__class__(events[2].id, events[2].type, events[2].trigger, (), events[2].attributes)
    kept[0] = Document(**{name: getattr(first, name) for name in first.__struct_fields__} | {"events": tuple(events)})
    path.write_bytes(parquet("events", kept, ontology)[0])
    (problem,) = problems(clone, EVENTS)
    assert (problem.row, problem.doc_id, problem.found) == (3, first.doc_id, "differs from the released row")
    result = CliRunner().invoke(app, ["verify", str(clone), "--format", "json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"] == [problem._asdict()]


def test_missing_and_added_rows_are_named(clone: Path, ontology: Ontology) -> None:
    train = documents(clone, "train")
    (clone / TRAIN).write_bytes(parquet("documents", train[1:], ontology)[0])
    (problem,) = problems(clone, TRAIN)
    assert problem.found == f"1 rows of {train[0].doc_id} are missing before this place"
    stranger = documents(clone, "test")[0]
    (clone / TRAIN).write_bytes(parquet("documents", [*train, stranger], ontology)[0])
    (problem,) = problems(clone, TRAIN)
    assert (problem.found, problem.doc_id) == ("is not in the release", stranger.doc_id)


def test_many_changed_rows_are_summed_up(clone: Path, ontology: Ontology) -> None:
    (clone / EVENTS).write_bytes((clone / EVENTS.replace("test-", "train-")).read_bytes())
    found = problems(clone, EVENTS)
    assert len(found) == 11
    assert "more rows differ" in found[-1].found


def test_same_rows_written_otherwise_are_told_from_changed_ones(clone: Path) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(clone / TRAIN)
    pyarrow.parquet.write_table(table, clone / TRAIN, compression="snappy")
    (problem,) = problems(clone, TRAIN)
    assert problem.found.startswith("other bytes, but the same columns and rows")


def test_changed_columns_are_told_from_changed_rows(clone: Path) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(clone / TRAIN)
    columns = json.loads(table.schema.metadata[b"huggingface"])
    columns["info"]["features"]["text"]["dtype"] = "large_string"
    pyarrow.parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(columns)}), clone / TRAIN)
    (problem,) = problems(clone, TRAIN)
    assert problem.found == "the rows are as released, but the columns differ"


def test_document_of_gold_is_named(clone: Path) -> None:
    path = clone / "corpus" / "gold.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace('"label":"GPE"', '"label":"LOC"', 1)
    path.write_text("".join(lines), encoding="utf-8")
    (problem,) = problems(clone, "corpus/gold.jsonl")
    assert (problem.row, problem.doc_id) == (5, list(read_documents(path))[4].doc_id)


def cut(content: bytes) -> bytes:
    return content[:-100]


def pointer(content: bytes) -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [(cut, "no Parquet file, or one that is broken"), (pointer, "Git LFS pointer"), (None, "missing")],
)
def test_file_that_is_no_data_is_named(change: Callable[[bytes], bytes] | None, message: str, clone: Path) -> None:
    path = clone / TRAIN
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    (problem,) = problems(clone, TRAIN)
    assert problem.row is None
    assert message in problem.found


def test_file_that_load_dataset_would_read_too_is_named(clone: Path) -> None:
    extra = "corpus/documents/train-00001-of-00002.parquet"
    shutil.copy(clone / TRAIN, clone / extra)
    (problem,) = problems(clone, extra)
    assert "load_dataset reads it" in problem.found


def edit(clone: Path, change: Callable[[dict[str, Any]], None], reseal: bool = False) -> None:
    path = clone / MANIFEST
    table = json.loads(path.read_text(encoding="utf-8"))
    change(table)
    path.write_text(json.dumps(sealed(table) if reseal else table), encoding="utf-8")


def test_manifest_edited_by_hand_is_seen(clone: Path) -> None:
    edit(clone, lambda table: table["counts"]["test"].update(documents=5))
    (problem,) = problems(clone, MANIFEST)
    assert "changed after it was written" in problem.found


def test_manifest_and_readme_have_to_agree(clone: Path) -> None:
    edit(clone, lambda table: table.update(version="9.0.0"), reseal=True)
    assert {problem.found for problem in problems(clone, "README.md")} == {
        f"its YAML says another version or content hash of config {config}"
        for config in read_manifest(clone)[0].configs
    }
    (clone / "README.md").unlink()
    assert "README.md: missing" in str(verify(clone).problems[0])


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"name": "x"}', b"\xff"])
def test_folder_without_a_usable_manifest_is_refused(content: bytes | None, clone: Path) -> None:
    path = clone / MANIFEST
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ManifestError, match=r"MANIFEST\.json"):
        verify(clone)
    result = CliRunner().invoke(app, ["verify", str(clone)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("config", ["documents", "entities", "events", "relations"])
def test_content_hash_and_row_sums_follow_from_the_parquet_alone(config: str, ontology: Ontology) -> None:
    from strife.release.manifest import content_hash, row_hash

    manifest, _ = read_manifest(ROOT)
    sums = read_row_sums(ROOT / "corpus" / "ROWS.tsv")
    for split, entry in manifest.configs[config].splits.items():
        columns, rows = read_rows(ROOT / entry.file)
        assert content_hash(columns, rows) == entry.content_sha256
        assert sums[config, split] == [(row["doc_id"], row_hash(row)) for row in rows]


def test_row_sums_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes((ROOT / "corpus" / "ROWS.tsv").read_bytes())
    assert write_row_sums(read_row_sums(path)) == path.read_bytes()
    path.write_text("head\none\ttwo\n", encoding="utf-8")
    with pytest.raises(ManifestError, match="config, split, doc_id, rows"):
        read_row_sums(path)


def test_gold_and_parquet_are_the_same_documents() -> None:
    gold = {document.doc_id: encode(document) for document in read_documents(ROOT / "corpus" / "gold.jsonl")}
    assert {document.doc_id: encode(document) for document in load(ROOT)} == gold
