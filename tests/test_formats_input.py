"""Unusable corpora and files: named with what to do, never a traceback, and nothing silently left out."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.formats.convert import convert
from strife.formats.corpora import READERS, unlike_published
from strife.formats.loss import FormatError
from strife.model import Document
from strife.ontology import Ontology
from strife.store import read_documents, write_documents

ARTICLE: dict[str, Any] = {
    "sourcefile": "1.txt",
    "content": "Hackers attacked a bank.",
    "info": {"title": "t", "link": "http://example.org/x", "date": "2020_01_02"},
    "cyberevent": {
        "hopper": [
            {
                "index": 0,
                "events": [
                    {
                        "index": "E1",
                        "type": "Attack",
                        "subtype": "Ransom",
                        "realis": "Actual",
                        "nugget": {"startOffset": 8, "endOffset": 16, "text": "attacked"},
                        "argument": [
                            {
                                "index": "T1",
                                "type": "Person",
                                "role": {"type": "Attacker"},
                                "startOffset": 0,
                                "endOffset": 7,
                                "text": "Hackers",
                            }
                        ],
                    }
                ],
            }
        ]
    },
}


def imported(corpus: str, folder: Path, out: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["import", corpus, str(folder), "--out", str(out)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture
def casie(tmp_path: Path) -> Path:
    folder = tmp_path / "casie"
    (folder / "data" / "annotation").mkdir(parents=True)
    (folder / "splits").mkdir()
    (folder / "data" / "annotation" / "1.json").write_text(json.dumps(ARTICLE), encoding="utf-8")
    (folder / "splits" / "train.txt").write_text("1.json\n", encoding="utf-8")
    return folder


def test_casie_as_it_should_be(casie: Path, tmp_path: Path) -> None:
    assert imported("casie", casie, tmp_path / "out.jsonl")[0] == 0


def without_role(article: dict[str, Any]) -> bytes:
    content = json.loads(json.dumps(article))
    content["cyberevent"]["hopper"][0]["events"][0]["argument"][0]["role"] = {"name": "Attacker"}
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(json.dumps(ARTICLE).encode(), mtime=0)[:-12], r"1\.json: .*download it again"),
        (json.dumps(ARTICLE).encode()[:-20], r"1\.json: .*truncated"),
        (json.dumps(ARTICLE).encode("utf-16"), r"1\.json: .*malformed"),
        (json.dumps(ARTICLE).replace("bank", "caf\xe9").encode("latin-1"), r"1\.json: .*decode"),
        (without_role(ARTICLE), "E1.T1 has the role"),
    ],
    ids=["half a gzip", "half a file", "UTF-16", "Latin-1", "another version"],
)
def test_an_article_of_casie_that_is_broken(content: bytes, said: str, casie: Path, tmp_path: Path) -> None:
    (casie / "data" / "annotation" / "1.json").write_bytes(content)
    with pytest.raises(FormatError, match=said):
        READERS["casie"](casie)
    assert imported("casie", casie, tmp_path / "out.jsonl")[0] == 2
    assert not (tmp_path / "out.jsonl").exists()


def test_a_list_of_casie_that_is_broken_or_names_more_than_there_is(casie: Path, tmp_path: Path) -> None:
    path = casie / "splits" / "train.txt"
    path.write_text("1.json\n2.json\n3.json\n", encoding="utf-8")
    code, said = imported("casie", casie, tmp_path / "out.jsonl")
    assert code == 1
    assert "not as published: 2 articles that splits/ names are not there (2)" in said
    path.write_bytes("1.json\n".encode("utf-16"))
    code, said = imported("casie", casie, tmp_path / "out.jsonl")
    assert (code, "train.txt: 'utf-8' codec" in said) == (2, True)
    path.unlink()
    path.mkdir()
    assert imported("casie", casie, tmp_path / "out.jsonl")[0] == 2


@pytest.fixture
def re3d(tmp_path: Path) -> Path:
    folder = tmp_path / "re3d" / "BBC Online"
    folder.mkdir(parents=True)
    text = {"_id": "a", "text": "Talmar fell.", "sourceName": "S", "sourceUrl": "u"}
    place = {"_id": "x", "documentId": "a", "begin": 0, "end": 6, "type": "Location", "value": "Talmar"}
    arrow = {"_id": "r", "documentId": "a", "sourceBegin": 0, "sourceEnd": 6, "targetBegin": 0, "targetEnd": 6}
    for name, row in (("documents", text), ("entities", place), ("relations", arrow)):
        row |= {} if name == "documents" else {"confidence": 1.0, "type": row.get("type", "Likes")}
        (folder / f"{name}.json").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return folder.parent


def test_a_corpus_that_is_not_the_published_one_is_read_and_named(re3d: Path, tmp_path: Path) -> None:
    code, said = imported("re3d", re3d, tmp_path / "out.jsonl")
    assert code == 1
    assert len(list(read_documents(tmp_path / "out.jsonl"))) == 1
    assert "not as published: BBC Online/documents.json has another content; half a download" in said
    assert "not as published: CENTCOM/entities.json is not there" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "documents.json").unlink(), "no \\*/documents.json"),
        (lambda f: (f / "relations.json").unlink(), "relations.json: missing, empty or broken"),
        (lambda f: (f / "entities.json").write_text("", encoding="utf-16"), "entities.json: UTF-16"),
        (
            lambda f: (f / "documents.json").write_bytes((f / "documents.json").read_bytes() * 2),
            r"1 texts come twice \(a\)",
        ),
    ],
    ids=["no texts", "no relations", "UTF-16", "a text twice"],
)
def test_re3d_that_is_broken(change: Callable[[Path], Any], said: str, re3d: Path, tmp_path: Path) -> None:
    change(re3d / "BBC Online")
    code, message = imported("re3d", re3d, tmp_path / "out.jsonl")
    assert code == 2
    assert re.search(said, message), message
    assert not (tmp_path / "out.jsonl").exists()


def test_one_source_of_re3d_without_its_texts_is_not_passed_over(re3d: Path) -> None:
    other = re3d / "CENTCOM"
    shutil.copytree(re3d / "BBC Online", other)
    (other / "documents.json").unlink()
    with pytest.raises(FormatError, match=r"CENTCOM: entities\.json without documents\.json"):
        READERS["re3d"](re3d)


@pytest.mark.parametrize(("corpus", "folder"), [("re3d", "re3d"), ("muc4", "muc4_gtt"), ("wikievents", "wikievents")])
def test_the_corpora_at_hand_are_as_published_and_a_cut_file_is_seen(
    corpus: str, folder: str, shared: Path, tmp_path: Path
) -> None:
    assert unlike_published(corpus, shared / "corpora" / folder) == []
    copy = Path(shutil.copytree(shared / "corpora" / folder, tmp_path / folder))
    name = {"re3d": "BBC Online/entities.json", "muc4": "dev.json", "wikievents": "coref/dev.jsonlines"}[corpus]
    (path,) = copy.glob(f"**/{name}")
    path.chmod(0o644)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))  # cut between two lines: each of them is whole
    assert unlike_published(corpus, copy) == [f"{name} has another content"]
    path.unlink()
    assert unlike_published(corpus, copy) == [f"{name} is not there"]


@pytest.fixture
def written(raid: Document, ontology: Ontology, tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        write_documents(tmp_path / "in.jsonl", [raid])
        convert(tmp_path / "in.jsonl", "strife", tmp_path / name, name, ontology)
        return tmp_path / name

    (tmp_path / "brat").mkdir()
    (tmp_path / "webanno").mkdir()
    return make


def test_a_folder_without_parquet_is_refused(ontology: Ontology, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no \.parquet files"):
        convert(tmp_path, "parquet", tmp_path / "out.jsonl", "strife", ontology)


def test_rows_of_textee_are_not_taken_for_documents(
    written: Callable[[str], Path], ontology: Ontology, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=r"entity_mentions, event_mentions.*--from"):
        convert(written("textee"), "strife", tmp_path / "out.jsonl", "strife", ontology)


def test_a_text_without_its_brat_annotation_is_not_passed_over(
    written: Callable[[str], Path], ontology: Ontology, tmp_path: Path
) -> None:
    folder = written("brat")
    (folder / "more.txt").write_text("Rebels fled.", encoding="utf-8")
    with pytest.raises(FormatError, match=r"more\.txt has no \.ann"):
        convert(folder, "brat", tmp_path / "out.jsonl", "strife", ontology)


@pytest.mark.parametrize(("name", "file"), [("brat", "raid.ann"), ("webanno", "raid.tsv"), ("conll", "")])
def test_a_byte_order_mark_changes_nothing(
    name: str, file: str, written: Callable[[str], Path], ontology: Ontology, tmp_path: Path
) -> None:
    path = written(name)
    convert(path, name, tmp_path / "plain.jsonl", "strife", ontology)
    marked = path / file if file else path
    marked.write_bytes(b"\xef\xbb\xbf" + marked.read_bytes())
    convert(path, name, tmp_path / "marked.jsonl", "strife", ontology)
    assert (tmp_path / "marked.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()
