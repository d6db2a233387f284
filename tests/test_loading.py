"""Loading without `datasets`: the same documents, nothing cached, and faults named."""

import gc
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import polars
import pytest

import strife
from strife.dataset import parquet
from strife.loading import decoder, document, documents, labels, load, read_rows, split_files
from strife.model import Chain, Document, Event, Relation, Source, Trigger, Zone, encode
from strife.ontology import Ontology
from strife.store import read_documents
from strife.stream import InputError
from tests.conftest import ROOT

TEST = Path("corpus") / "documents" / "test-00000-of-00001.parquet"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "corpus" / "documents", tmp_path / "corpus" / "documents")
    return tmp_path


def test_all_splits_in_order_and_one_by_itself() -> None:
    gold = {document.doc_id: encode(document) for document in read_documents(ROOT / "corpus" / "gold.jsonl")}
    everything = strife.load(ROOT)
    assert [*load(ROOT, "train"), *load(ROOT, "validation"), *load(str(ROOT), "test")] == everything
    assert {document.doc_id: encode(document) for document in everything} == gold


def test_neither_datasets_nor_pyarrow_is_imported() -> None:
    code = "import strife, sys; strife.load(sys.argv[1]); print({'datasets', 'pyarrow', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_what_lies_there_now_is_read(clone: Path) -> None:
    before = load(clone, "test")
    shutil.copy(clone / TEST.with_name("train-00000-of-00001.parquet"), clone / TEST)
    assert load(clone, "test") == load(clone, "train") != before


def test_split_in_several_files_is_read_whole(clone: Path) -> None:
    before = load(clone, "test")
    path = clone / TEST
    shutil.copy(path, path.with_name("test-00001-of-00002.parquet"))
    path.rename(path.with_name("test-00000-of-00002.parquet"))
    assert load(clone, "test") == [*before, *before]


@pytest.mark.parametrize(
    ("split", "message"), [("dev", "holds train, validation, test; expected dev-00000"), ("tes", "expected tes-")]
)
def test_split_that_is_not_there_is_refused(split: str, message: str, clone: Path) -> None:
    with pytest.raises(InputError, match=message):
        load(clone, split)


def test_folder_without_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Parquet file"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "FIL009.*Git LFS pointer"),
        (b"", "test-00000"),
        (b"PAR1 and nothing else PAR1", "test-00000"),
    ],
)
def test_file_that_is_no_parquet_is_refused_by_name(content: bytes, message: str, clone: Path) -> None:
    (clone / TEST).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load(clone)


def test_truncated_file_and_foreign_parquet_are_refused(clone: Path) -> None:
    path = clone / TEST
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match="test-00000"):
        load(clone, "test")
    polars.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(InputError, match=r"expected Parquet that `strife build` wrote"):
        load(clone, "test")
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="test-00000"):
        load(clone, "test")


def test_labels_of_the_file_are_those_of_the_ontology(ontology: Ontology) -> None:
    ((_, path),) = split_files(ROOT, "documents", "test")
    columns, rows = read_rows(path)
    names = {place: values for name, kind in columns.items() for place, values in labels(kind, name)}
    assert names["entities.label"] == tuple(ontology.entity_types)
    assert names["events.type"] == tuple(ontology.event_types)
    assert names["events.arguments.role"] == ontology.role_names
    assert {entity["label"] for row in rows for entity in row["entities"]} <= set(ontology.entity_types)


def test_decoding_leaves_null_and_empty_apart() -> None:
    label = {"_type": "ClassLabel", "names": ["A", "B"]}
    decode = decoder({"x": {"_type": "List", "feature": {"l": label, "n": {"_type": "Value", "dtype": "int32"}}}})
    assert decode is not None
    assert decode({"x": None}) == {"x": None}
    assert decode({"x": []}) == {"x": []}
    assert decode({"x": [{"l": 1, "n": 1}, {"l": None, "n": 1}, {"l": -1, "n": 0}]}) == {
        "x": [{"l": "B", "n": 1}, {"l": None, "n": 1}, {"l": None, "n": 0}]
    }
    assert decoder({"_type": "Value", "dtype": "string"}) is None


def test_columns_and_rows_give_the_same_documents(raid: Document, ontology: Ontology, tmp_path: Path) -> None:
    bare = Document("bare", "Nothing.", published=None)
    full = msgspec.structs.replace(
        raid,
        relations=(Relation("m2", "m1", "member_of"),),
        chains=(Chain("c1", "entity", ("m1", "m2")), Chain("k1", "event", ("e1", "e2"))),
        zones=(Zone(0, 65, "body"),),
        sources=(Source("P", "https://example.org", "T", "2020-01-01"), Source("Q", "")),
        annotators=("2", "3"),
        meta={"country": "IQ", "language": "en"},
    )
    lonely = msgspec.structs.replace(bare, doc_id="lonely", events=(Event("e1", "STRIKE", Trigger(0, 7)),))
    for some in ([bare], [bare, full, lonely], [full], [lonely, bare], []):
        path = tmp_path / "train-00000-of-00001.parquet"
        path.write_bytes(parquet("documents", some, ontology)[0])
        by_row = [document(row) for row in read_rows(path)[1]]
        assert documents(path) == by_row
        assert len(by_row) == len(some)
    assert gc.isenabled()
