"""Push and pull through a real server."""

import json
from pathlib import Path

import msgspec

from strife.labelstudio.client import Client
from strife.labelstudio.export import read_export
from strife.labelstudio.interface import interface
from strife.labelstudio.pull import pull
from strife.labelstudio.push import Setup, push_tasks
from strife.labelstudio.sources import Tasks
from strife.model import Document, canonical
from strife.ontology import Ontology
from strife.store import read_documents
from tests.conftest import ROOT
from tests.label_studio.people import Person

GOLD = ROOT / "corpus" / "gold.jsonl"


def core(document: Document) -> dict[str, object]:
    found = msgspec.structs.asdict(canonical(document))
    return {name: found[name] for name in ("doc_id", "text", "published", "entities", "events", "relations")}


def test_twice_pushed_is_once_there_and_twice_pulled_is_the_same(
    admin: Client, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    articles = ROOT / "corpus" / "articles"
    setup = Setup(title, interface(ontology), "<p>Read first.</p>", 2)
    first = push_tasks(admin, setup, Tasks(articles, ontology))
    again = push_tasks(admin, setup, Tasks(articles, ontology))
    number = len(list(articles.glob("*.toml")))
    assert (first.created, first.there) == (number, 0)
    assert (again.created, again.there, again.updated, again.notes) == (0, number, 0, ())
    project = admin.wanted_project(title)
    assert (project.overlap, project.instruction) == (2, "<p>Read first.</p>")
    batch = pull(admin, title, tmp_path / "batch", ontology)
    before = {path.name: path.read_bytes() for path in batch.folder.iterdir()}
    pull(admin, title, tmp_path / "batch", ontology)
    assert {path.name: path.read_bytes() for path in batch.folder.iterdir()} == before
    assert set(before) == {"tasks.json", "batch.toml"}
    tasks = json.loads(before["tasks.json"])
    assert [task["data"]["doc_id"] for task in tasks] == sorted(path.stem for path in articles.glob("*.toml"))
    assert all("style" in task["data"] and "http" in task["data"]["sources"] for task in tasks)


def test_gold_goes_there_and_back(anna: Person, title: str, ontology: Ontology, tmp_path: Path) -> None:
    setup = Setup(title, interface(ontology))
    push_tasks(anna.client, setup, Tasks(GOLD, ontology, "annotations"))
    batch = pull(anna.client, title, tmp_path / "batch", ontology)
    (file,) = batch.files
    read = [version for task in read_export(file, ontology) for version in task.versions]
    assert [core(version.document) for version in read] == [core(document) for document in read_documents(GOLD)]
    assert {(version.state, version.ground_truth) for version in read} == {("submitted", False)}
    assert anna.email.encode() not in file.read_bytes()
