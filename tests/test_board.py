"""Systems side by side, on the command line."""

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.model import Document
from strife.scoring.board import BoardError, named
from strife.scoring.metrics import HEADLINE
from strife.store import write_documents


def test_names_are_gathered() -> None:
    assert named(["a=1", "b=x=y", "a=2"]) == {"a": [Path("1"), Path("2")], "b": [Path("x=y")]}


@pytest.mark.parametrize("arguments", [["a"], ["=x", "b=y"], ["a=", "b=y"], ["a=1", "a=2"], []])
def test_what_cannot_be_told_apart_is_refused(arguments: list[str]) -> None:
    with pytest.raises(BoardError):
        named(arguments)


@pytest.fixture
def files(tmp_path: Path, raid: Document) -> Path:
    gold = [msgspec.structs.replace(raid, doc_id=f"d{n}") for n in range(12)]
    write_documents(tmp_path / "gold.jsonl", gold)
    write_documents(tmp_path / "good.jsonl", gold)
    for name, kept in (("half", 3), ("less", 2)):
        write_documents(
            tmp_path / f"{name}.jsonl",
            [msgspec.structs.replace(d, entities=d.entities[:kept], events=()) for d in gold],
        )
    return tmp_path


def run(files: Path, *arguments: str) -> str:
    systems = [f"{one.partition('=')[0]}={files / one.partition('=')[2]}" for one in arguments if "=" in one]
    options = [one for one in arguments if "=" not in one]
    result = CliRunner().invoke(app, ["compare", str(files / "gold.jsonl"), *systems, *options])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_board_as_json(files: Path) -> None:
    (board,) = json.loads(run(files, "half=half.jsonl", "good=good.jsonl", "--metric", "ent", "--format", "json"))
    assert [one["system"] for one in board["systems"]] == ["good", "half"]
    assert board["systems"][0]["f1"] == {"n": 1, "mean": 1.0, "sd": 0.0, "low": 1.0, "high": 1.0}
    (pair,) = board["pairs"]
    assert (pair["first"], pair["second"]) == ("half", "good")
    assert pair["delta"] == pytest.approx(2 * 3 / 9 - 1)
    assert pair["p"] == pair["adjusted"]
    assert pair["p"] < 0.002
    assert board["signature"].startswith("metric:ent|match:exact|")


def test_a_board_as_text(files: Path) -> None:
    text = run(files, "good=good.jsonl", "seeds=half.jsonl", "seeds=less.jsonl")
    assert text.startswith("ent\n  system")
    assert "good     100.0  100.0 to 100.0" in text
    assert "seeds     58.3  2 seeds, sd 11.8, 50.0 to 66.7" in text
    assert "\n\ntri_c\n" in text
    assert [line for line in text.splitlines() if line and line[0] != " "] == list(HEADLINE)


def test_systems_that_cannot_be_scored_are_refused(files: Path) -> None:
    result = CliRunner().invoke(app, ["compare", str(files / "gold.jsonl"), f"a={files / 'good.jsonl'}"])
    assert result.exit_code == 2
    assert "give at least two names" in result.stderr
