"""Push and pull through a real server: once there, the same bytes, nothing lost."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from strife.labelstudio import server
from strife.labelstudio.client import Client, ServerError
from strife.labelstudio.export import read_export
from strife.labelstudio.interface import interface
from strife.labelstudio.pull import PullError, pull
from strife.labelstudio.push import PushError, Setup, push_tasks
from strife.labelstudio.sources import Tasks
from strife.labelstudio.tasks import annotation, prediction, task
from strife.model import Document, canonical
from strife.ontology import Ontology
from strife.store import read_documents
from tests.conftest import ROOT
from tests.label_studio.people import Person
from tests.test_labelstudio_tasks import SYM, documents

GOLD = ROOT / "corpus" / "gold.jsonl"
ARTICLES = ROOT / "corpus" / "articles"


def core(document: Document) -> dict[str, Any]:
    """What Label Studio can hold of a document."""
    found = msgspec.structs.asdict(canonical(document))
    return {n: found[n] for n in ("doc_id", "text", "published", "entities", "events", "relations", "attributes")}


def texts(number: int) -> list[dict[str, Any]]:
    return [task(Document(f"d{n}", f"Rebels took Talmar {n} times.")) for n in range(number)]


def ids(client: Client, title: str) -> list[str]:
    return sorted(one.data["doc_id"] for one in client.tasks(client.wanted_project(title)))


def test_pushed_twice_is_there_once(admin: Client, title: str, ontology: Ontology, tmp_path: Path) -> None:
    setup = Setup(title, interface(ontology), "<p>Read first.</p>", 3)
    first = push_tasks(admin, setup, Tasks(ARTICLES, ontology))
    again = push_tasks(admin, setup, Tasks(ARTICLES, ontology))
    names = sorted(path.stem for path in ARTICLES.glob("*.toml"))
    assert (first.created, first.there) == (len(names), 0)
    assert (again.created, again.there, again.updated, again.notes) == (0, len(names), 0, ())
    assert ids(admin, title) == names
    project = admin.wanted_project(title)
    assert (project.overlap, project.instruction) == (3, "<p>Read first.</p>")
    done = pull(admin, title, tmp_path / "batch", ontology)
    before = {path.name: path.read_bytes() for path in done.folder.iterdir()}
    pull(admin, title, tmp_path / "batch", ontology)
    assert {path.name: path.read_bytes() for path in done.folder.iterdir()} == before
    tasks = json.loads(before["tasks.json"])
    assert [one["data"]["doc_id"] for one in tasks] == names
    assert all("style" in one["data"] and "http" in one["data"]["sources"] for one in tasks)


def test_metadata_and_settings_are_brought_up_to_date(admin: Client, title: str, ontology: Ontology) -> None:
    push_tasks(admin, Setup(title, interface(ontology), "old"), texts(2))
    tasks = texts(3)
    tasks[1]["data"]["style"] = "digest"
    done = push_tasks(admin, Setup(title, interface(ontology), None, 4), tasks)
    assert (done.created, done.there, done.updated, done.notes) == (1, 2, 1, ("overlap 2 -> 4",))
    assert (done.project.instruction, done.project.overlap) == ("old", 4)
    styles = {one.data["doc_id"]: one.data.get("style") for one in admin.tasks(done.project)}
    assert styles == {"d0": None, "d1": "digest", "d2": None}
    assert push_tasks(admin, Setup(title, interface(ontology)), tasks).updated == 0


def test_changed_text_is_refused_and_nothing_is_pushed(admin: Client, title: str, ontology: Ontology) -> None:
    setup = Setup(title, interface(ontology))
    push_tasks(admin, setup, texts(2))
    tasks = texts(4)
    tasks[1]["data"]["text"] += " "
    with pytest.raises(PushError, match="d1: the text differs from the one of task"):
        push_tasks(admin, setup, tasks)
    assert ids(admin, title) == ["d0", "d1"]


def test_gold_goes_there_and_back(anna: Person, title: str, ontology: Ontology, tmp_path: Path) -> None:
    push_tasks(anna.client, Setup(title, interface(ontology)), Tasks(GOLD, ontology, "annotations"))
    done = pull(anna.client, title, tmp_path / "batch", ontology)
    read = [version for one in read_export(done.files[0], ontology) for version in one.versions]
    assert [core(version.document) for version in read] == [core(document) for document in read_documents(GOLD)]
    assert {(version.state, version.ground_truth) for version in read} == {("submitted", False)}
    assert {version.document.annotators for version in read} == {(str(anna.client.me),)}
    assert anna.email.encode() not in done.files[0].read_bytes()


@pytest.fixture(scope="module")
def any_documents() -> list[Document]:
    """Documents with anything in them, drawn first and sent together: a project for each would take too long."""
    drawn: list[Document] = []

    @settings(max_examples=150, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(documents().filter(lambda document: document.text.strip() != ""))
    def draw(document: Document) -> None:
        drawn.append(msgspec.structs.replace(document, doc_id=f"d{len(drawn):03}"))

    draw()
    return drawn


def test_any_document_goes_there_and_back_twice(admin: Client, any_documents: list[Document], tmp_path: Path) -> None:
    wanted = [core(document) for document in any_documents]
    assert len(wanted) == 150
    for way in ("there", "and again"):
        tasks = [task(document) | {"annotations": [annotation(document, SYM)]} for document in any_documents]
        push_tasks(admin, Setup(f"any {way}", interface(SYM)), tasks)
        done = pull(admin, f"any {way}", tmp_path / way, SYM)
        read = [version for one in read_export(done.files[0], SYM) for version in one.versions]
        assert [version.findings for version in read] == [()] * len(wanted)
        any_documents = [version.document for version in read]
        assert [core(document) for document in any_documents] == wanted


def test_a_batch_as_pulled_can_be_pushed_for_review(
    anna: Person, admin: Client, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    push_tasks(anna.client, Setup(title, interface(ontology)), Tasks(GOLD, ontology, "annotations"))
    done = pull(anna.client, title, tmp_path / "first", ontology)
    passes = [version.document for one in read_export(done.files[0], ontology) for version in one.versions]
    review = f"{title[:40]} review"
    tasks = [task(document) | {"predictions": [prediction(document, ontology, "pass 1")]} for document in passes]
    pushed = push_tasks(admin, Setup(review, interface(ontology), overlap=1, model_version="pass 1"), tasks)
    assert (pushed.created, pushed.predictions) == (len(passes), len(passes))
    assert admin.wanted_project(review).model_version == "pass 1"
    again = push_tasks(admin, Setup(review, interface(ontology), overlap=1, model_version="pass 1"), tasks)
    assert (again.created, again.predictions) == (0, 0)
    done = pull(admin, review, tmp_path / "second", ontology)
    read = [version for one in read_export(done.files[0], ontology) for version in one.versions]
    assert {version.state for version in read} == {"prediction"}
    assert [core(version.document) for version in read] == [core(document) for document in passes]


def test_second_annotator_joins_and_nobody_submits_twice(
    anna: Person, ben: Person, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    tasks = texts(3)
    setup = Setup(title, interface(ontology))
    marked = [one | {"annotations": [{"result": [], "ground_truth": False}]} for one in tasks]
    assert push_tasks(anna.client, setup, tasks).annotations == 0
    assert push_tasks(anna.client, setup, marked).annotations == 3
    assert push_tasks(ben.client, setup, marked).annotations == 3
    assert push_tasks(ben.client, setup, marked).annotations == 0
    done = pull(anna.client, title, tmp_path / "batch", ontology, by_annotator=True)
    assert {path.name for path in done.files} == {f"annotator-{one.client.me}.json" for one in (anna, ben)}
    assert done.counts["submitted"] == 6


def test_task_deleted_meanwhile(admin: Client, title: str, ontology: Ontology, tmp_path: Path) -> None:
    setup = Setup(title, interface(ontology))
    marked = [one | {"annotations": [{"result": [], "ground_truth": False}]} for one in texts(3)]
    push_tasks(admin, setup, marked)
    pull(admin, title, tmp_path / "batch", ontology)
    victim = next(iter(admin.tasks(admin.wanted_project(title))))
    admin._api.tasks.delete(str(victim.id))
    with pytest.raises(PullError, match=rf"1 tasks .* with 1 annotations: d0 \(task {victim.id}\)"):
        pull(admin, title, tmp_path / "batch", ontology)
    assert push_tasks(admin, setup, texts(3)).created == 1
    done = pull(admin, title, tmp_path / "batch", ontology, replace=True)
    assert done.counts["tasks"] == 3


def test_server_that_dies_midway_is_gone_on_with(blank: Path, ontology: Ontology) -> None:
    setup = Setup("killed", interface(ontology))
    tasks = texts(230)
    with server.serving(blank) as studio, Client(studio.url, studio.token) as client:

        def kill(done: int, total: int) -> None:
            if done >= 100 and studio.process.poll() is None:
                os.killpg(studio.process.pid, signal.SIGKILL)
                studio.process.wait()

        with pytest.raises(PushError, match=r"100 of 230 tasks are done; the same command goes on from there"):
            push_tasks(client, setup, tasks, progress=kill)
        with pytest.raises(ServerError, match="nothing answers"):
            client.project("killed")
    with server.serving(blank) as studio, Client(studio.url, studio.token) as client:
        done = push_tasks(client, setup, tasks)
        assert (done.created, done.there) == (130, 100)
        assert ids(client, "killed") == sorted(one["data"]["doc_id"] for one in tasks)


def test_push_that_is_killed_is_gone_on_with(admin: Client, title: str, ontology: Ontology) -> None:
    setup = Setup(title, interface(ontology))

    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:
        if done >= 50:
            raise Killed

    with pytest.raises(Killed):
        push_tasks(admin, setup, texts(120), progress=kill)
    assert len(ids(admin, title)) == 50
    assert push_tasks(admin, setup, texts(120)).created == 70


def test_title_that_the_server_would_not_take(admin: Client, ontology: Ontology) -> None:
    for title in ("ab", "x" * 51):
        with pytest.raises(PushError, match="Label Studio takes 3 to 50"):
            push_tasks(admin, Setup(title, interface(ontology)), [])


def test_project_that_is_not_there_is_told_with_those_that_are(
    admin: Client, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    push_tasks(admin, Setup(title, interface(ontology)), texts(1))
    with pytest.raises(ServerError, match=r"no project is called 'No such'; there are '"):
        pull(admin, "No such", tmp_path / "batch", ontology)
    with pytest.raises(ServerError, match="no project is called"):
        pull(admin, title[:-1], tmp_path / "batch", ontology)
    assert not (tmp_path / "batch").exists()
