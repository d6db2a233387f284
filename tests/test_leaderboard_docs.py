"""The pages on errors and on the leaderboard: every code, field, class and option stands there; examples are read."""

import inspect
import json
import re
import tomllib

import msgspec
import pytest

from strife.cli.leaderboard import hub, leaderboard, submit
from strife.cli.scoring import errors
from strife.leaderboard.check import CODES
from strife.leaderboard.hub import TASKS
from strife.leaderboard.submission import Submission
from strife.model import Document, decode
from strife.scoring.confidence import SAMPLES, TRIALS
from strife.scoring.errors import KINDS
from tests.conftest import ROOT

BOARD = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_code_of_the_check_is_explained() -> None:
    rows = dict(re.findall(r"^\| (SUB\d+) \| (.*) \|$", BOARD, flags=re.MULTILINE))
    warned = " (a warning)"
    assert rows == {code: said + (warned if severity == "warning" else "") for code, (severity, said) in CODES.items()}


def test_the_submission_shown_has_every_field() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", BOARD, flags=re.DOTALL)
    table = tomllib.loads(example)
    assert set(table) == {field.name for field in msgspec.structs.fields(Submission)}
    assert [run.seed for run in msgspec.convert(table, Submission).runs] == [1, 2]


def test_the_document_shown_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", BOARD, flags=re.DOTALL)
    document = decode(json.dumps(json.loads(example)))
    assert isinstance(document, Document)
    assert len(document.entities) == 1
    assert [a.role for a in document.events[0].arguments] == ["agent", "time"]


@pytest.mark.parametrize(("command", "page"), [(submit, BOARD), (leaderboard, BOARD), (hub, BOARD), (errors, ERRORS)])
def test_every_option_is_documented(command: object, page: str) -> None:
    arguments = {"folder", "gold", "predictions", "file", "submission", "ontology"}
    for name in inspect.signature(command).parameters:  # type: ignore[arg-type]
        if name not in arguments:
            assert f"--{name}" in page, name
    assert "--gold" in BOARD


def test_every_class_of_errors_is_explained() -> None:
    for kinds in KINDS.values():
        for kind in kinds:
            assert f"`{kind}`" in ERRORS, kind


def test_figures_in_the_text_are_those_of_the_code() -> None:
    assert f"{SAMPLES:,} samples" in BOARD
    assert f"{TRIALS:,} trials" in BOARD
    assert all(f"`{task}`" in BOARD for task in TASKS)


def test_the_committed_eval_yaml_is_what_the_command_prints() -> None:
    from typer.testing import CliRunner

    from strife.cli import app

    printed = CliRunner().invoke(app, ["hub", "eval", "--root", str(ROOT)]).stdout
    assert (ROOT / "eval.yaml").read_text(encoding="utf-8") == printed
