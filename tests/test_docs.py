"""The documentation says what is true: commands run, figures are the data's, every command and code is documented."""

import inspect
import json
import re
import shlex
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from strife import baselines
from strife.adjudication.log import read_log
from strife.baselines import endpoint, extras, gliner, transformer
from strife.cli import app, validate
from strife.cli.baselines import train
from strife.cli.labelstudio import app as label_studio
from strife.cli.release import diff, publish, refill, release, remove, verify
from strife.datasheet import section
from strife.formats.convert import FORMATS
from strife.formats.corpora import READERS
from strife.release.measured import decisions as told_of
from strife.release.measured import sections
from strife.release.removals import REASONS
from strife.validate.catalogue import RULES, pages
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DATASHEET = (ROOT / "DATASHEET.md").read_text(encoding="utf-8")
MANIFEST = json.loads((ROOT / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_names_two_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", blocks("sh")[0], flags=re.MULTILINE)
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


def test_the_readme_python_runs() -> None:
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line]) <= 10
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == MANIFEST["counts"]["validation"]["events"]


def test_the_readme_commands_run(tmp_path: Path) -> None:
    for name in ("annotation", "benchmarks", "corpus", "src", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    strife = [sys.executable, "-m", "strife.cli"]
    printed = ""
    for line in blocks("sh")[1].splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "strife"
        run = subprocess.run(strife + words[1:], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, (line, run.stderr)
        printed += run.stdout
    assert "signature: " in printed


def test_every_command_is_in_the_readme_and_has_help() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__
        assert f"strife {command.name or command.callback.__name__}" in README


def test_every_label_studio_command_and_option_is_documented() -> None:
    page = (ROOT / "docs" / "label-studio.md").read_text(encoding="utf-8")
    for command in label_studio.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__
        assert f"strife label-studio {command.callback.__name__}" in README
        assert f"`{command.callback.__name__}" in page
        for name in inspect.signature(command.callback).parameters:
            if name not in ("source", "ontology"):
                assert f"--{name.replace('_', '-')}" in page, name


@pytest.mark.parametrize("system", ["lexicon", "linear", "perceptron"])
def test_the_readme_shows_the_committed_results(system: str) -> None:
    board = json.loads((ROOT / "benchmarks" / "leaderboard.json").read_text(encoding="utf-8"))
    (scores,) = (one["scores"] for one in board["systems"] if one["system"] == system)
    cells = []
    for metric in ("ent", "tri_c", "arg_c+"):
        f1, low, high = (f"{100 * value:.1f}" for value in (scores[metric]["f1"], *scores[metric]["interval"]))
        cells.append(f"{f1} ({low} to {high})")
    assert f"Test split of {board['dataset'].replace('-', ' ')}: {board['documents']} documents" in README
    assert f"| {system} | {' | '.join(cells)} |" in README
    assert f"`{board['signature']['arg_c+']}`" in README


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("documents", "documents"),
        ("tokens", "tokens"),
        ("entity mentions", "entities"),
        ("events", "events"),
        ("arguments", "arguments"),
        ("relations", "relations"),
    ],
)
def test_the_datasheet_counts_are_the_manifests(row: str, key: str) -> None:
    numbers = [MANIFEST["counts"][split][key] for split in ("train", "validation", "test")]
    assert f"| {row} | {' | '.join(map(str, [*numbers, sum(numbers)]))} |" in DATASHEET


def test_the_datasheet_counts_the_decisions() -> None:
    logs = sorted((ROOT / "annotation" / "adjudication").rglob("*.tsv"))
    decisions = [decision for log in logs for decision in read_log(log)]
    told = section(DATASHEET, "decisions")
    assert told == sections(ROOT)["decisions"]
    numbers = list(map(int, re.findall(r"\d+", told)))
    assert numbers[:2] == [len(decisions), len({decision.document for decision in decisions})]
    assert sum(numbers[2:]) == len(decisions)
    first = read_log(ROOT / "annotation" / "adjudication" / "batch-001.decisions.tsv")
    sides = [sum(f"{who}: {d.decision}" in d.options.split(" | ") for d in first) for who in "23"]
    assert list(map(int, re.findall(r"\d+", told_of(first))))[2:4] == sides


def test_the_rules_page_is_generated() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == pages()


def test_the_changelog_counts_the_rules() -> None:
    assert f"`strife validate`: {len(RULES)} rules" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_python_of_the_validation_page_runs() -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_python_of_the_releases_page_runs() -> None:
    page = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == MANIFEST["counts"]["validation"]["events"]


def test_the_releases_page_names_every_command_and_option_of_a_release() -> None:
    page = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")
    for command in (release, verify, diff, publish, refill, remove):
        assert f"strife {command.__name__}" in page
        for name, parameter in inspect.signature(command).parameters.items():
            told = typing.get_args(parameter.annotation)[1:]
            if name not in ("root", "format") and any(type(one).__name__ == "OptionInfo" for one in told):
                assert f"--{name}" in page, (command.__name__, name)
    for reason in REASONS:
        assert f"`{reason}`" in page or f"--reason {reason}" in page


def test_the_validation_page_names_every_option() -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    for name in inspect.signature(validate).parameters:
        if name not in ("paths", "out"):
            assert f"--{name.replace('_', '-')}" in page, name


def test_the_formats_page_names_every_corpus_and_format() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for name in (*READERS, *FORMATS):
        assert f"\n| `{name}` |" in page, name


# ---------------------------------------------------------------- what a team pastes into its project


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """An annotation project with one finding."""
    (tmp_path / "annotation").mkdir()
    broken = ROOT / "tests" / "data" / "invalid" / "SPN203-trigger.jsonl"
    (tmp_path / "annotation" / "documents.jsonl").write_bytes(broken.read_bytes())
    return tmp_path


def strife_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "strife.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def yaml_of_the_validation_page() -> list[Any]:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)]


def test_the_hook_finds_what_is_wrong_in_a_project(team: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    pasted = yaml_of_the_validation_page()[0]["repos"][0]["hooks"]
    assert pasted == [{key: hook[key] for key in ("id", "files", "args")}]
    assert hook["pass_filenames"] is False  # rules that compare documents need all of them
    strife, *words = [*shlex.split(hook["entry"]), *hook["args"]]
    assert strife == "strife"
    done = strife_in(team, *words)
    assert (done.returncode, "SPN203" in done.stdout) == (1, True)


def test_the_workflow_annotates_what_is_wrong_in_a_project(team: Path) -> None:
    steps = yaml_of_the_validation_page()[1]["jobs"]["validate"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert [command.split()[0] for command in commands] == ["pip", "strife"]
    done = strife_in(team, *shlex.split(commands[-1])[1:])
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=annotation/documents.jsonl,line=1,title=SPN203::")


def test_the_baselines_page_names_every_baseline_option_and_setting() -> None:
    page = (ROOT / "docs" / "baselines.md").read_text(encoding="utf-8")
    for name in (*baselines.NAMES, *extras.NAMES):
        assert f"\n| `{name}` |" in page, name
    for name in inspect.signature(train).parameters:
        assert name in ("name", "documents") or f"--{name.strip('_')}" in page, name
    for settings in (transformer.Settings, gliner.Settings, endpoint.Settings):
        for field in msgspec.structs.fields(settings):
            assert f"`{field.name}`" in page, field.name


def test_the_python_of_the_baselines_page_runs() -> None:
    page = (ROOT / "docs" / "baselines.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 0
