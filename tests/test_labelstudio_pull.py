"""Batches from snapshots, with a stand-in for the server: what is kept, what is refused; same work, same bytes."""

import fcntl
import json
import os
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest

from strife.labelstudio import snapshot
from strife.labelstudio.client import Client, Project, ServerError
from strife.labelstudio.export import read_export
from strife.labelstudio.pull import Pulled, PullError, batch_name, pull
from strife.ontology import Ontology
from strife.stream import InputError

REGION = {
    "id": "m1",
    "from_name": "entity",
    "to_name": "text",
    "type": "labels",
    "origin": "manual",
    "value": {"start": 0, "end": 6, "text": "Rebels", "labels": ["ARM"]},
}


def annotation(number: int, person: int, **more: Any) -> dict[str, Any]:
    """As a server gives it, with all that goes."""
    return {
        "id": number,
        "completed_by": person,
        "result": [REGION],
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
        "draft_created_at": None,
        "lead_time": 61.5,
        "prediction": {},
        "result_count": 1,
        "unique_id": "0-0",
        "last_action": None,
        "task": 1,
        "project": 2,
        "updated_by": person,
        "parent_prediction": None,
    } | more


def task(number: int, *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [],
        "data": {"doc_id": f"d{number}", "text": "Rebels took Talmar.", "findings": "x"},
        "meta": {},
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "inner_id": number,
        "total_annotations": len(annotations),
        "comment_authors": [],
        "project": 2,
    } | more


class Server:
    """Stands in for a client: gives the snapshot that it is told to."""

    def __init__(self, *tasks: dict[str, Any], project: int = 2) -> None:
        self.tasks = list(tasks)
        self.found = Project(project, 'The "first"', "", "", 2, "")

    def wanted_project(self, title: str) -> Project:
        return self.found

    def people(self) -> dict[int, str]:
        return {3: "anna@example.org", 4: "ben@example.org"}

    def snapshot(self, project: Project, path: Path) -> None:
        path.write_text(json.dumps(self.tasks), encoding="utf-8")

    def pulled(self, folder: Path, ontology: Ontology, **options: bool) -> Pulled:
        return pull(cast(Client, self), "any", folder, ontology, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_decisions_are_kept(ontology: Ontology, tmp_path: Path) -> None:
    prediction = {
        "id": 9,
        "result": [REGION],
        "model_version": "m",
        "score": 0.5,
        "created_ago": "2 minutes",
        "task": 1,
    }
    server = Server(task(1, annotation(5, 3), drafts=[1, 2], predictions=[prediction]))
    done = server.pulled(tmp_path / "batch", ontology)
    (kept,) = json.loads((tmp_path / "batch" / "tasks.json").read_bytes())
    assert kept == {
        "id": 1,
        "project": 2,
        "data": {"doc_id": "d1", "text": "Rebels took Talmar."},
        "annotations": [
            {
                "id": 5,
                "completed_by": 3,
                "result": [REGION],
                "created_at": "2026-01-01T00:00:00Z",
                "lead_time": 61.5,
            }
        ],
        "predictions": [{"id": 9, "result": [REGION], "model_version": "m", "score": 0.5}],
    }
    assert done.notes == ("2 drafts are not submitted yet, and left out",)
    (read,) = read_export(tmp_path / "batch" / "tasks.json", ontology)
    assert [(version.state, len(version.document.entities)) for version in read.versions] == [
        ("submitted", 1),
        ("prediction", 1),
    ]


def test_what_changes_by_itself_changes_no_byte(ontology: Ontology, tmp_path: Path) -> None:
    one = Server(task(1, annotation(5, 3), annotation(6, 4)), task(2))
    other = Server(
        task(
            1,
            annotation(6, 4, updated_at="2027-01-01T00:00:00Z", result=[dict(reversed(REGION.items()))]),
            annotation(5, 3, result_count=9, last_action="updated"),
            updated_at="2027-01-01T00:00:00Z",
            drafts=[7],
            data={"findings": "", "text": "Rebels took Talmar.", "doc_id": "d1"},
        ),
        task(2, total_predictions=3),
    )
    one.pulled(tmp_path / "one", ontology)
    other.pulled(tmp_path / "other", ontology)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    one.pulled(tmp_path / "one", ontology)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_manifest_says_what_the_batch_holds(ontology: Ontology, tmp_path: Path) -> None:
    server = Server(task(1, annotation(5, 3), annotation(6, 4, was_cancelled=True, result=[])), task(2))
    done = server.pulled(tmp_path / "batch", ontology)
    table = tomllib.loads((tmp_path / "batch" / "batch.toml").read_text(encoding="utf-8"))
    files = table.pop("files")
    assert table == {
        "project": 2,
        "title": 'The "first"',
        "ontology": f"{ontology.name} {ontology.version}",
        "overlap": 2,
        "tasks": 2,
        "submitted": 1,
        "skipped": 1,
        "untouched": 1,
        "predictions": 0,
    }
    assert set(files) == {"tasks.json"}
    assert files["tasks.json"]["tasks"] == done.counts["tasks"] == 2


def test_empty_and_skipped_annotations_stay(ontology: Ontology, tmp_path: Path) -> None:
    server = Server(task(1, annotation(5, 3, result=[]), annotation(6, 4, was_cancelled=True)))
    server.pulled(tmp_path / "batch", ontology)
    (read,) = read_export(tmp_path / "batch" / "tasks.json", ontology)
    assert [(v.state, len(v.document.entities)) for v in read.versions] == [("submitted", 0), ("skipped", 1)]


def test_address_of_a_user_in_an_answer_is_replaced(ontology: Ontology, tmp_path: Path) -> None:
    answer = {"id": "m1", "from_name": "timex", "type": "textarea", "value": {"text": ["ask ben@example.org"]}}
    text = "Write to ben@example.org."
    server = Server(task(1, annotation(5, 3, result=[REGION, answer]), data={"doc_id": "d1", "text": text}))
    server.pulled(tmp_path / "batch", ontology)
    (kept,) = json.loads((tmp_path / "batch" / "tasks.json").read_bytes())
    assert kept["annotations"][0]["result"][1]["value"]["text"] == ["ask annotator-4"]
    assert kept["data"]["text"] == text  # offsets point into it; the rule PRV951 judges it


def test_one_file_an_annotator(ontology: Ontology, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    server = Server(task(1, annotation(5, 3), annotation(6, 4)), task(2, annotation(7, 4)), task(3))
    server.pulled(folder, ontology)
    server.pulled(folder, ontology, by_annotator=True)
    assert set(contents(folder)) == {"annotator-3.json", "annotator-4.json", "untouched.json", "batch.toml"}
    held = {
        name: [(one["id"], [a["id"] for a in one["annotations"]]) for one in json.loads(content)]
        for name, content in contents(folder).items()
        if name.endswith(".json")
    }
    assert held == {
        "annotator-3.json": [(1, [5])],
        "annotator-4.json": [(1, [6]), (2, [7])],
        "untouched.json": [(3, [])],
    }
    server.pulled(folder, ontology)
    assert set(contents(folder)) == {"tasks.json", "batch.toml"}


def test_project_without_tasks_gives_an_empty_batch(ontology: Ontology, tmp_path: Path) -> None:
    done = Server().pulled(tmp_path / "batch", ontology)
    assert (done.files, done.notes) == ((tmp_path / "batch" / "tasks.json",), ())
    assert json.loads(done.files[0].read_bytes()) == []


def test_task_deleted_meanwhile_stops_the_pull(ontology: Ontology, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    server = Server(task(1, annotation(5, 3)), task(2, annotation(6, 3), annotation(7, 4)))
    server.pulled(folder, ontology)
    before = contents(folder)
    server.tasks.pop()
    with pytest.raises(PullError, match=r"1 tasks .* with 2 annotations: d2 \(task 2\)\. .* --replace"):
        server.pulled(folder, ontology)
    assert contents(folder) == before
    done = server.pulled(folder, ontology, replace=True)
    assert done.notes == ("1 tasks of the last pull are gone", "2 annotations of the last pull are gone")
    assert server.pulled(folder, ontology).notes == ()


def test_annotation_deleted_meanwhile_is_told(ontology: Ontology, tmp_path: Path) -> None:
    server = Server(task(1, annotation(5, 3), annotation(6, 4)))
    server.pulled(tmp_path / "batch", ontology, by_annotator=True)
    server.tasks = [task(1, annotation(5, 3))]
    assert server.pulled(tmp_path / "batch", ontology).notes == ("1 annotations of the last pull are gone",)


def test_other_project_of_the_same_title_is_refused(ontology: Ontology, tmp_path: Path) -> None:
    Server(task(1)).pulled(tmp_path / "batch", ontology)
    other = Server(task(1), project=8)
    with pytest.raises(PullError, match="was pulled from project 2"):
        other.pulled(tmp_path / "batch", ontology)
    other.pulled(tmp_path / "batch", ontology, replace=True)


def test_folder_with_other_files_is_left_alone(ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "batch-001.json").write_text("[]")
    with pytest.raises(PullError, match=r"holds batch-001\.json but no batch\.toml"):
        Server(task(1)).pulled(tmp_path, ontology)
    assert set(contents(tmp_path)) == {"batch-001.json"}


@pytest.mark.parametrize("record", ["", "project = 2", "project =", 'project = "x"\ntitle = "x"\nfiles = 1'])
def test_broken_manifest_is_refused(record: str, ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text(record)
    with pytest.raises(PullError, match="no record of a pull"):
        Server(task(1)).pulled(tmp_path, ontology)


def test_two_pulls_at_once(ontology: Ontology, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(PullError, match="another pull is writing here"):
            Server(task(1)).pulled(folder, ontology)
    finally:
        os.close(handle)
    Server(task(1)).pulled(folder, ontology)


def test_server_that_fails_leaves_nothing(ontology: Ontology, tmp_path: Path) -> None:
    class Down(Server):
        def snapshot(self, project: Project, path: Path) -> None:
            raise ServerError("down")

    with pytest.raises(ServerError):
        Down().pulled(tmp_path / "batch", ontology)
    assert not (tmp_path / "batch").exists()


@pytest.mark.parametrize(
    "answer",
    ['[{"id": 1}]', "[1]", "<html>", '[{"id": 1, "project": 2, "data": {}, "annotations": [{"id": 1}]}]', "[{"],
)
def test_answer_that_is_no_snapshot_is_refused(answer: str, ontology: Ontology, tmp_path: Path) -> None:
    class Odd(Server):
        def snapshot(self, project: Project, path: Path) -> None:
            path.write_text(answer)

    with pytest.raises(InputError):
        Odd().pulled(tmp_path / "batch", ontology)
    assert not (tmp_path / "batch").exists()


def test_file_in_the_way_is_refused(ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "batch").write_text("x")
    with pytest.raises(PullError, match="cannot be used"):
        Server(task(1)).pulled(tmp_path / "batch", ontology)


@pytest.mark.parametrize(("title", "name"), [("Batch 2", "batch-2"), ("  Éa/..\\b ", "a-b"), ("بغداد", "batch")])
def test_folder_of_a_title(title: str, name: str) -> None:
    assert batch_name(title) == name


def test_memory_does_not_grow_with_the_snapshot(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "snapshot.json"
    text = "Rebels took Talmar. " * 500
    path.write_text("[" + ",\n".join(json.dumps(task(n, data={"text": text})) for n in range(4000)) + "]")
    assert path.stat().st_size > 40e6
    tracemalloc.start()
    assert sum(1 for _ in snapshot.read(path, {})) == 4000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10e6
