"""GLiNER with random weights: told the ontology's names, read to the end, stored as it came, refused when unfit."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from strife import baselines
from strife.baselines.gliner import spoken
from strife.baselines.outside import OutsideError
from strife.baselines.pieces import split
from strife.cli import app
from strife.model import Document
from strife.ontology import Ontology, load_ontology
from strife.store import read_documents, write_documents, write_whole
from tests.conftest import ROOT
from tests.extras.conftest import gliner_weights

# The second: transformers' DeBERTa, which GLiNER imports, still does so.
pytestmark = [pytest.mark.extras, pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")]
TEXT = (
    "\U0001f600 Polic\u0301e\u00a0said\r\nthat rebels fled \U0001f468\u200d\U0001f469 Talmar \U0001d54f. Two died.\r\n"
)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gliner_weights(tmp_path_factory.mktemp("gliner"))


@pytest.fixture(scope="session")
def model(weights: Path, ontology: Ontology) -> Any:
    return baselines.train("gliner", [], [], ontology, weights=weights)


def test_what_is_found_is_words_of_the_text_under_labels_of_the_ontology(model: Any, ontology: Ontology) -> None:
    found, scores = model.predict_scored(Document("d", TEXT))
    assert found.entities
    assert found.events
    assert {e.label for e in found.entities} <= set(ontology.entity_types)
    assert {e.type for e in found.events} <= set(ontology.event_types)
    assert set(scores) == {item.id for item in found.items}
    for item in found.items:  # random weights find everything: what matters is that it is words, whole
        surface = found.surface(item)
        assert surface == surface.strip() != ""
        assert any(s[0][0] <= item.span[0] and item.span[1] <= s[-1][1] for _, s in split(TEXT))


def test_labels_are_told_by_name() -> None:
    assert spoken(load_ontology().entity_types)["person or people"] == "PER"
    casie = spoken(load_ontology("casie").event_types)
    assert sorted(casie.values()) == sorted(load_ontology("casie").event_types)
    assert all(name == name.lower() for name in casie)


@pytest.mark.parametrize("text", ["", " \r\n", "\u200b", "\ud800 a", "word " * 300, TEXT * 40])
def test_any_text_is_read_to_its_end(text: str, model: Any) -> None:
    found = model.predict(Document("d", text))
    assert found.text == text
    if text.strip(" \r\n\u200b"):
        assert max(item.span[1] for item in found.items) >= len(text.rstrip()) - 8


def test_a_stored_model_predicts_the_same(model: Any, weights: Path, tmp_path: Path) -> None:
    write_whole({tmp_path / name: content for name, content in model.files().items()})
    loaded = baselines.load(tmp_path)
    assert loaded.predict(Document("d", TEXT)) == model.predict(Document("d", TEXT))
    assert loaded.files() == model.files()
    assert (tmp_path / "model.safetensors").read_bytes() == (weights / "model.safetensors").read_bytes()


def test_a_threshold_is_set_or_found_on_validation_documents(weights: Path, ontology: Ontology) -> None:
    none = baselines.train("gliner", [], [], ontology, weights=weights, settings={"threshold": "0.99"})
    assert none.predict(Document("d", TEXT)).items == ()
    (gold, *_) = read_documents(ROOT / "corpus" / "gold.jsonl")
    found = baselines.train("gliner", [], [gold], ontology, weights=weights, settings={"threshold": "0.99"})
    assert json.loads(found.files()["model.json"])["thresholds"] != [0.99, 0.99]
    assert found.predict(gold).items


def test_one_command_makes_it_and_another_predicts(weights: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "gliner", "--out", str(tmp_path / "m"), "--weights", str(weights)])
    assert done.exit_code == 0, done.output
    write_documents(tmp_path / "in.jsonl", [Document("d", TEXT)])
    words = ["predict", tmp_path / "m", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl"]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert next(iter(read_documents(tmp_path / "out.jsonl"))).entities


def refused(ontology: Ontology, weights: Path | None) -> str:
    with pytest.raises(OutsideError) as caught:
        baselines.train("gliner", [], [], ontology, weights=weights)
    return str(caught.value)


def test_what_is_no_gliner_is_refused(weights: Path, encoder: Path, ontology: Ontology, tmp_path: Path) -> None:
    assert "--weights" in refused(ontology, None)
    assert "no gliner_config.json" in refused(ontology, encoder)
    copy = Path(shutil.copytree(weights, tmp_path / "copy"))
    (copy / "labels_tokenizer").mkdir()
    assert "several tokenizers" in refused(ontology, copy)
    (copy / "labels_tokenizer").rmdir()
    state = load_file(copy / "model.safetensors")
    save_file({name: tensor for name, tensor in state.items() if "span_rep" not in name}, copy / "model.safetensors")
    assert "parameters are not there" in refused(ontology, copy)
    (copy / "gliner_config.json").write_text("{")
    assert "no weights that GLiNER can read" in refused(ontology, copy)
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert "may run code" in refused(ontology, copy)
