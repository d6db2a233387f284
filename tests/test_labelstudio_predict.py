"""What a baseline predicts becomes a Label Studio prediction with all that it has, and is read back as it was."""

import json
from pathlib import Path

import msgspec
import pytest

from strife import baselines
from strife.baselines import NAMES
from strife.labelstudio.export import read_export
from strife.labelstudio.predict import PredictionError, predictor
from strife.labelstudio.tasks import task
from strife.model import Document
from strife.ontology import Ontology, load_ontology
from strife.store import write_whole
from tests.conftest import ROOT
from tests.test_labelstudio_tasks import kept


class Oracle:
    """A system that knows one document."""

    name = "oracle"

    def __init__(self, document: Document) -> None:
        self.document = document

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        return self.document, {item.id: 0.75 for item in self.document.items}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


def read_back(prediction: dict[str, object], document: Document, ontology: Ontology, path: Path) -> Document:
    path.write_text(json.dumps([{"id": 1, **task(document), "annotations": [], "predictions": [prediction]}]))
    (read,) = read_export(path, ontology)
    (version,) = read.versions
    assert (version.state, version.findings) == ("prediction", ())
    return version.document


def test_attributes_of_every_kind_go_along(
    raid: Document, ontology: Ontology, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raid.events[1].attributes["victim_status"] = "civilian"  # beside numbers, and the text of the date
    monkeypatch.setattr(baselines, "load", lambda folder: Oracle(raid))
    version, predict = predictor(folder, ontology)
    made = predict(task(raid)["data"])
    assert version.startswith("oracle-")
    assert (made["model_version"], made["score"]) == (version, 0.75)
    answers = {(one["id"], one["from_name"]): one["value"] for one in made["result"] if one.get("type") != "relation"}
    assert answers["e2", "victim_status"]["choices"] == ["civilian"]
    assert answers["e2", "people_max"]["number"] == 2
    assert answers["m6", "timex"]["text"] == ["2020-01-31"]
    assert {one["type"] for one in made["result"] if "score" in one} == {"labels"}
    assert kept(read_back(made, raid, ontology, folder / "export.json")) == kept(raid)


@pytest.mark.parametrize("name", NAMES)
def test_attributes_that_a_baseline_predicts_go_along(
    name: str, raid: Document, ontology: Ontology, folder: Path
) -> None:
    raid.events[1].attributes["victim_status"] = "civilian"
    trained = baselines.train(name, [raid], [], ontology)
    write_whole({folder / file: content for file, content in trained.files().items()})
    _, predict = predictor(folder, ontology)
    wanted = trained.predict(raid)
    assert {"victim_status": "civilian"}.items() <= {
        k: v for e in wanted.events for k, v in e.attributes.items()
    }.items()
    read = read_back(predict(task(raid)["data"]), raid, ontology, folder / "export.json")
    assert kept(read) == kept(msgspec.structs.replace(wanted, meta=read.meta))


def test_a_model_for_another_ontology_is_refused(raid: Document, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "load", lambda folder: Oracle(raid))
    other = load_ontology(ROOT / "tests" / "data" / "sym.toml")
    _, predict = predictor(folder, other)
    with pytest.raises(PredictionError, match=r"made for another ontology \(unknown label ARM in raid; .*train it"):
        predict(task(raid)["data"])
