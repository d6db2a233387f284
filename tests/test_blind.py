"""The blind build: the texts of test without a trace of its labels, and a board that scores from private gold."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from datasets import load_dataset
from typer.testing import CliRunner

from strife.build import build, split_members
from strife.cli import app
from strife.dataset import BLIND, CONFIGS, LABELS, META
from strife.dataset_reader import load_documents
from strife.gold import GoldError
from strife.model import encode
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.scoring.score import score
from strife.store import read_documents
from tests.conftest import ROOT

pytestmark = pytest.mark.release

TEST = split_members(ROOT / "corpus" / "splits" / "test.txt")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    out = tmp_path_factory.mktemp("blind") / "public"
    build(ROOT, out, ontology, blind=True)
    return out


def test_nothing_but_texts_and_where_they_come_from_is_told(public: Path) -> None:
    # a new column has to be put on one of the two sides
    told = {"doc_id", "text", "published", "annotators", "zones", "sources", *META}
    assert set(load_dataset(str(public), BLIND, split="test").column_names) == told | set(LABELS)


def test_labels_are_null_and_the_columns_are_kept(public: Path) -> None:
    open_, blind = load_dataset(str(ROOT), "documents"), load_dataset(str(public), BLIND)
    assert list(blind) == ["test"]
    assert blind["test"].features == open_["test"].features
    for told, hidden in zip(open_["test"], blind["test"], strict=True):
        assert all(hidden[name] is None for name in LABELS)
        assert any(told[name] for name in LABELS)
        assert {k: v for k, v in hidden.items() if k not in LABELS} == {
            k: v for k, v in told.items() if k not in LABELS
        }


@pytest.mark.parametrize("config", CONFIGS)
def test_the_other_configs_have_the_other_splits_as_ever(config: str, public: Path) -> None:
    open_, here = load_dataset(str(ROOT), config), load_dataset(str(public), config)
    assert list(here) == ["train", "validation"]
    assert all(here[split].to_list() == open_[split].to_list() for split in here)
    assert here["train"].features == open_["train"].features


def test_the_default_config_is_that_of_documents(public: Path) -> None:
    assert list(load_dataset(str(public))) == ["train", "validation"]


def test_no_label_of_test_is_anywhere(public: Path) -> None:
    assert not {d.doc_id for d in read_documents(public / "corpus" / "gold.jsonl")} & set(TEST)
    files = {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file()}
    assert {name for name in files if "test" in name} == {"corpus/blind/test-00000-of-00001.parquet"}
    manifest = json.loads((public / "corpus" / "MANIFEST.json").read_text("utf-8"))
    assert set(manifest["counts"]["test"]) == {"documents", "tokens"}
    assert set(manifest["texts"]) >= set(TEST)


def test_the_manifest_holds_the_hash_of_what_is_withheld(public: Path) -> None:
    manifest = json.loads((public / "corpus" / "MANIFEST.json").read_text("utf-8"))
    gold = sorted(d.doc_id for d in read_documents(ROOT / "corpus" / "gold.jsonl") if d.doc_id in TEST)
    lines = {d.doc_id: encode(d) + b"\n" for d in read_documents(ROOT / "corpus" / "gold.jsonl")}
    assert manifest["withheld"] == {"test": hashlib.sha256(b"".join(lines[doc_id] for doc_id in gold)).hexdigest()}


def test_texts_can_be_predicted_but_not_scored_against(public: Path) -> None:
    bare = load_documents(public, "test", BLIND)
    assert [document.doc_id for document in bare] == sorted(TEST)
    assert not any(document.entities or document.events for document in bare)
    with pytest.raises(Refusal, match="config `blind`"):
        load_documents(public, "test")
    refused = CliRunner().invoke(
        app, ["score", str(public / "corpus" / BLIND / "test-00000-of-00001.parquet"), "x.jsonl"]
    )
    assert refused.exit_code == 2
    assert "withheld" in refused.stderr


def test_private_gold_scores_as_the_open_board_does(public: Path, tmp_path: Path) -> None:
    root = tmp_path / "public"
    shutil.copytree(public, root)
    shutil.copytree(ROOT / "corpus" / "splits", root / "corpus" / "splits")
    shutil.copytree(ROOT / "benchmarks" / "submissions", root / "benchmarks" / "submissions")
    shutil.copytree(ROOT / "src" / "strife" / "baselines", root / "src" / "strife" / "baselines")
    run = CliRunner()
    for system in ("lexicon", "linear"):
        folder = root / "benchmarks" / "submissions" / system
        assert run.invoke(app, ["submit", "--check", str(folder), "--root", str(root)]).exit_code == 0
    refused = run.invoke(app, ["leaderboard", "--root", str(root)])
    assert (refused.exit_code, "--gold" in refused.stderr) == (2, True)
    private = str(ROOT / "corpus" / "gold.jsonl")
    assert run.invoke(app, ["leaderboard", "--root", str(root), "--gold", private]).exit_code == 0
    here, committed = (one / "benchmarks" / "leaderboard.json" for one in (root, ROOT))
    assert here.read_bytes() == committed.read_bytes()
    assert not (root / "benchmarks" / "site" / "systems").exists()


def test_a_blind_build_does_not_go_where_the_labels_lie(ontology: Ontology, tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="give --out another folder"):
        build(ROOT, ROOT, ontology, blind=True)
    built = tmp_path / "built"
    build(ROOT, built, ontology)
    assert CliRunner().invoke(app, ["build", "--root", str(ROOT), "--out", str(built), "--blind"]).exit_code == 0
    assert [path.parent.name for path in built.rglob("test-*.parquet")] == [BLIND]


def test_a_blind_dataset_can_be_verified(public: Path) -> None:
    verified = CliRunner().invoke(app, ["verify", str(public)])
    assert (verified.exit_code, verified.stdout.strip().endswith("all as released")) == (0, True)


def test_gold_that_is_told_is_scored_as_ever(public: Path) -> None:
    gold = load_documents(public, "validation")
    assert score(gold, gold).counts["ent"].f1 == 1.0
