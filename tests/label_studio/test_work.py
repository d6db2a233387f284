"""Predictions before, progress during, and findings after the annotators' work."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from strife import baselines
from strife.labelstudio import snapshot, status
from strife.labelstudio.client import Client, Project
from strife.labelstudio.export import read_export
from strife.labelstudio.flag import flag
from strife.labelstudio.interface import FINDINGS, interface
from strife.labelstudio.predict import predictor
from strife.labelstudio.pull import pull
from strife.labelstudio.push import Setup, push_tasks
from strife.labelstudio.survey import survey
from strife.labelstudio.tasks import annotation, task
from strife.model import Document, Entity
from strife.ontology import Ontology
from tests.label_studio.people import Person


def tasks_of(client: Client, project: Project) -> Iterator[snapshot.Task]:
    return (one.task for one in snapshot.take(client, project, {}))


def test_predictions_come_with_scores_and_version(
    admin: Client, title: str, gold: list[Document], model: Path, ontology: Ontology
) -> None:
    version, predict = predictor(model, ontology)
    setup = Setup(title, interface(ontology), model_version=version)
    bare = [task(document) for document in gold[3:6]]
    push_tasks(admin, Setup(title, interface(ontology)), bare[:1])  # there before anybody thought of predictions
    done = push_tasks(admin, setup, bare, predict)
    assert (done.created, done.there, done.predictions) == (2, 1, 3)
    assert push_tasks(admin, setup, bare, predict).predictions == 0
    assert admin.wanted_project(title).model_version == version
    for found in tasks_of(admin, done.project):
        (prediction,) = found.predictions
        regions = [one for one in prediction.result if one["type"] == "labels"]
        relations = [one for one in prediction.result if one["type"] == "relation"]
        assert prediction.model_version == version
        assert {one["from_name"] for one in regions} == {"entity", "trigger"}
        assert all(0 < one["score"] <= 1 for one in regions)
        assert prediction.score == pytest.approx(sum(one["score"] for one in regions) / len(regions))
        assert relations
        assert {label for one in relations for label in one["labels"]} <= set(ontology.role_names)


def test_status_counts_what_each_has_done(
    admin: Client, anna: Person, ben: Person, title: str, gold: list[Document], ontology: Ontology
) -> None:
    some = gold[:4]
    project = push_tasks(admin, Setup(title, interface(ontology), overlap=2), [task(one) for one in some]).project
    numbers = {one.data["doc_id"]: one.id for one in admin.tasks(project)}
    worse = msgspec.structs.replace(some[1], entities=(Entity("m1", 0, 4, "NOBODY"),), events=(), relations=())
    anna.client.annotate(numbers[some[0].doc_id], annotation(some[0], ontology) | {"lead_time": 90.0})
    anna.client.annotate(numbers[some[1].doc_id], annotation(worse, ontology) | {"lead_time": 30.0})
    anna.client.annotate(numbers[some[2].doc_id], {"result": [], "lead_time": 60.0})
    ben.client.annotate(numbers[some[0].doc_id], annotation(some[0], ontology))
    ben.client.annotate(numbers[some[2].doc_id], {"result": [], "was_cancelled": True})
    found = survey(admin, title, ontology)
    assert (found.tasks, found.complete, found.begun) == (4, 1, 2)
    rows = {row["annotator"]: row for row in status.rows(found)}
    assert set(rows) == {anna.client.me, ben.client.me}
    of_anna, of_ben = rows[anna.client.me], rows[ben.client.me]
    assert [of_anna[name] for name in ("done", "skipped", "empty", "minutes each")] == [3, 0, 1, 1.0]
    assert [of_ben[name] for name in ("done", "skipped", "empty", "minutes each")] == [1, 1, 0, None]
    assert of_anna["errors"] == 1
    assert of_ben["errors"] == 0
    assert anna.email in status.as_text(found, admin.people())


def test_findings_go_to_the_annotators_and_disappear_when_mended(
    admin: Client, anna: Person, title: str, gold: list[Document], ontology: Ontology, tmp_path: Path
) -> None:
    setup = Setup(title, interface(ontology))
    bare = [task(one) for one in gold[:3]]
    project = push_tasks(admin, setup, bare).project
    numbers = {one.data["doc_id"]: one.id for one in admin.tasks(project)}
    good, number = gold[0], numbers[gold[0].doc_id]
    first = good.entities[0]
    wrong = msgspec.structs.replace(first, end=first.end + 1)  # a blank at its end
    anna.client.annotate(
        number, annotation(msgspec.structs.replace(good, entities=(wrong,), events=(), relations=()), ontology)
    )
    before = pull(admin, title, tmp_path / "batch", ontology)
    bytes_before = {path.name: path.read_bytes() for path in before.folder.iterdir()}

    found = survey(admin, title, ontology)
    done = flag(admin, found.project, found.checked.report.findings)
    assert (done.tasks, done.changed, done.gone) == (1, 1, ())
    again = flag(admin, found.project, found.checked.report.findings)
    assert (again.changed, again.tab) == (0, done.tab)
    shown = {one.id: one.data[FINDINGS] for one in admin.tasks(project)}
    assert f"[{good.text[wrong.start : wrong.end]}]" in shown[number]
    assert "SPN203" in shown[number]
    assert shown[number].startswith("Annotation ")
    assert shown[number].splitlines()[0].endswith(" by AN")  # as in the tab of anna's annotation
    assert anna.email not in shown[number]
    assert {text for other, text in shown.items() if other != number} == {""}
    assert in_tab(admin, done.tab.id) == [number]

    assert push_tasks(admin, setup, bare).updated == 0
    assert {one.id: one.data[FINDINGS] for one in admin.tasks(project)} == shown
    pull(admin, title, tmp_path / "batch", ontology)
    assert {path.name: path.read_bytes() for path in before.folder.iterdir()} == bytes_before

    (held,) = next(one for one in tasks_of(admin, project) if one.id == number).annotations
    anna.client._api.annotations.update(held.id, result=annotation(good, ontology)["result"])
    found = survey(admin, title, ontology)
    done = flag(admin, found.project, [f for f in found.checked.report.findings if f.severity == "error"])
    assert (done.tasks, done.changed) == (0, 1)
    assert in_tab(admin, done.tab.id) == []


def in_tab(client: Client, tab: int) -> list[int]:
    return [one.id for one in client._api.tasks.list(view=tab, fields="task_only")]


def test_flag_keeps_a_tab_of_all_tasks(admin: Client, title: str, gold: list[Document], ontology: Ontology) -> None:
    project = push_tasks(admin, Setup(title, interface(ontology)), [task(one) for one in gold[:2]]).project
    flag(admin, project, ())
    views = [one.data["title"] for one in admin._api.views.list(project=project.id)]
    assert views == ["All tasks", "To fix"]


def test_flag_gives_another_interface_a_place_for_findings(admin: Client, title: str) -> None:
    config = """<View><Labels name="entity" toName="text"><Label value="ARM"/></Labels>
      <Text name="text" value="$text"/></View>"""
    project = admin.create_project(title, label_config=config)
    admin.import_tasks(project, [{"data": {"text": "Rebels took Talmar."}}])
    done = flag(admin, admin.wanted_project(title), ())
    assert "$findings" in done.project.config


def test_prediction_read_from_a_batch_is_the_baselines(
    admin: Client, title: str, gold: list[Document], model: Path, ontology: Ontology, tmp_path: Path
) -> None:
    version, predict = predictor(model, ontology)
    document = gold[4]
    push_tasks(admin, Setup(title, interface(ontology), model_version=version), [task(document)], predict)
    done = pull(admin, title, tmp_path / "batch", ontology)
    (read,) = read_export(done.files[0], ontology)
    (one,) = read.versions
    expected = baselines.load(model).predict(document)
    assert one.state == "prediction"
    assert one.origin.annotator == version
    assert one.document.entities == expected.entities
    assert {event.id: set(event.arguments) for event in one.document.events} == {
        event.id: set(event.arguments) for event in expected.events
    }
