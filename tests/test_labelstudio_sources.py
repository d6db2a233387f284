"""What can be pushed: article records, documents, raw texts; and guidelines as a page."""

import gzip
import json
from pathlib import Path

import pytest

from strife.labelstudio.sources import Tasks, documents, instruction
from strife.model import Document, canonical
from strife.ontology import Ontology
from strife.store import write_documents
from strife.stream import InputError
from tests.conftest import ROOT

ARTICLES = ROOT / "corpus" / "articles"


def test_folder_of_articles_and_texts(tmp_path: Path) -> None:
    first = sorted(ARTICLES.glob("*.toml"))[0]
    (tmp_path / first.name).write_bytes(first.read_bytes())
    (tmp_path / "z.txt").write_bytes(b"Rebels\r\ntook Talmar.\n")
    (tmp_path / "notes.md").write_text("not pushed")
    article, text = documents(tmp_path)
    assert article.doc_id == first.stem
    assert (text.doc_id, text.text) == ("z.txt", "Rebels\r\ntook Talmar.\n")


def test_single_files(tmp_path: Path, raid: Document) -> None:
    write_documents(tmp_path / "d.jsonl", [raid])
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress((tmp_path / "d.jsonl").read_bytes()))
    (tmp_path / "raw").write_text("Talmar fell.", encoding="utf-8")
    assert list(documents(tmp_path / "d.jsonl")) == list(documents(tmp_path / "d.jsonl.gz")) == [canonical(raid)]
    assert [document.text for document in documents(tmp_path / "raw")] == ["Talmar fell."]
    article = sorted(ARTICLES.glob("*.toml"))[0]
    assert [document.doc_id for document in documents(article)] == [article.stem]


@pytest.mark.parametrize("name", ["empty", "missing.jsonl", "missing.txt"])
def test_nothing_to_push_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        list(documents(tmp_path / name))


def test_tasks_can_be_gone_through_twice_and_carry_metadata(ontology: Ontology) -> None:
    tasks = Tasks(ARTICLES, ontology)
    once, again = list(tasks), list(tasks)
    assert once == again
    assert len(once) == len(list(ARTICLES.glob("*.toml")))
    for one in once:
        assert set(one) == {"data"}
        assert {"doc_id", "text", "published", "style", "country", "sources"} <= set(one["data"])
        assert all(isinstance(value, str) for value in one["data"].values())
    assert (tasks.notes, tasks.model_version) == ((), None)


def test_annotations_go_along_only_when_asked(tmp_path: Path, raid: Document, ontology: Ontology) -> None:
    write_documents(tmp_path / "system.jsonl", [raid])
    silent = Tasks(tmp_path / "system.jsonl", ontology)
    (bare,) = silent
    assert set(bare) == {"data"}
    assert silent.notes == ("1 documents are annotated; --send predictions or annotations sends that, too",)
    (annotated,) = Tasks(tmp_path / "system.jsonl", ontology, "annotations")
    assert annotated["annotations"][0]["ground_truth"] is False
    predicted = Tasks(tmp_path / "system.jsonl", ontology, "predictions")
    (one,) = predicted
    assert predicted.model_version == one["predictions"][0]["model_version"] == "system"
    assert one["predictions"][0]["result"] == annotated["annotations"][0]["result"]


def batch(folder: Path, *annotators: int) -> Path:
    """A folder as a pull writes it, with one task and so many annotations."""
    result = [{"id": "m", "from_name": "entity", "type": "labels", "value": {"start": 0, "end": 1, "labels": ["ARM"]}}]
    one = {
        "id": 4,
        "project": 2,
        "data": {"doc_id": "d", "text": "x", "style": "news"},
        "annotations": [{"id": who, "completed_by": who, "result": result} for who in annotators],
    }
    one["annotations"] += [{"id": 99, "completed_by": 9, "result": [], "was_cancelled": True}]
    folder.mkdir()
    (folder / "tasks.json").write_text(json.dumps([one]))
    (folder / "batch.toml").write_text("project = 2")
    return folder


def test_batch_as_pulled_can_be_pushed(tmp_path: Path, ontology: Ontology) -> None:
    folder = batch(tmp_path / "batch", 3, 5)
    data = {"doc_id": "d", "text": "x", "style": "news"}
    assert list(Tasks(folder, ontology)) == [{"data": data}]
    predicted = Tasks(folder, ontology, "predictions")
    (one,) = predicted
    assert predicted.model_version is None
    assert [p["model_version"] for p in one["predictions"]] == ["annotator-3", "annotator-5"]
    assert list(Tasks(folder / "tasks.json", ontology, "predictions")) == [one]
    (single,) = Tasks(batch(tmp_path / "single", 3), ontology, "annotations")
    assert single["annotations"] == [{"result": one["predictions"][0]["result"], "ground_truth": False}]


def test_batch_of_several_annotators_is_nobodys(tmp_path: Path, ontology: Ontology) -> None:
    with pytest.raises(InputError, match=r"d is annotated by 3, 5; expected one annotator; .*--by-annotator"):
        list(Tasks(batch(tmp_path / "batch", 3, 5), ontology, "annotations"))
    folder = batch(tmp_path / "split", 3)
    (folder / "tasks.json").rename(folder / "annotator-3.json")
    with pytest.raises(InputError, match="name the file of the annotator"):
        list(Tasks(folder, ontology))
    assert len(list(Tasks(folder / "annotator-3.json", ontology, "annotations"))) == 1


def test_guidelines_become_one_page(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("## A\n\n| x | y |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8")
    readme = "# Manual\n\n<!-- gone -->\nSee [types](a.md) and [ours](https://example.org/x).\n\n- <b>one</b>\n"
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    page = instruction(tmp_path)
    assert page.index("Manual") < page.index(">A<")
    assert "See types and" in page
    assert '<a href="https://example.org/x">ours</a>' in page
    assert "gone" not in page
    assert "&lt;b&gt;one" in page  # raw HTML stays text
    assert ">2</td>" in page


def test_committed_guidelines_become_a_page() -> None:
    page = instruction(ROOT / "annotation" / "guidelines")
    assert page.count("<table>") > 10
    assert '.md"' not in page


def test_no_guidelines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        instruction(tmp_path)
    with pytest.raises(InputError):
        instruction(tmp_path / "missing.md")
