"""docs/scoring.md says what is true: what it shows is printed, what it defines exists, what exists it names."""

import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from strife.cli import compare, score
from strife.scoring.metrics import METRICS
from strife.scoring.resolve import VERSION, Answer, resolve
from strife.scoring.signature import FIELDS, parse
from tests.conftest import ROOT

SCORING = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")


def test_the_python_of_the_scoring_page_runs() -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", SCORING, flags=re.DOTALL))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_scoring_page_shows_what_is_printed() -> None:
    for block in re.findall(r"```console\n(.*?)```", SCORING, flags=re.DOTALL):
        command, _, shown = block.partition("\n")
        words = shlex.split(command.removeprefix("$ strife "))
        run = subprocess.run([sys.executable, "-m", "strife.cli", *words], cwd=ROOT, capture_output=True, text=True)
        assert run.stdout == shown, run.stderr


def test_the_scoring_page_defines_every_metric() -> None:
    rows = re.findall(r"^\| `([a-z_+]+)` \| [^|]+ \| ([a-z]*) ?\| ([a-z0-9-]+) \|$", SCORING, flags=re.MULTILINE)
    assert rows == [(metric.name, metric.types, metric.match) for metric in METRICS.values()]


def test_the_scoring_page_tells_the_signature() -> None:
    (example,) = re.findall(r"^`(metric:.*)`$", SCORING, flags=re.MULTILINE)
    assert str(parse(example)) == example
    table = SCORING[SCORING.index("## Signature") : SCORING.index("## Intervals")]
    assert all(f"`{key}`" in table for key in FIELDS)
    assert all(f"`{metric.match}`" in table and f"`{metric.unit}`" in table for metric in METRICS.values())


@pytest.mark.parametrize("command", [score, compare])
def test_the_scoring_page_names_every_option(command: Callable[..., None]) -> None:
    for name in inspect.signature(command).parameters:
        if name not in ("gold", "predictions", "systems"):
            assert f"`--{name.replace('_', '-')}" in SCORING, name


def test_the_scoring_page_shows_how_the_resolver_is_called() -> None:
    (answer,) = re.findall(r"```json\n(.*?)```", SCORING, flags=re.DOTALL)
    resolution = resolve([msgspec.json.decode(answer, type=Answer)], {"d1": "They shelled Kharkiv."})
    assert (resolution.quotes, resolution.lost) == (3, ())
    assert f"Version {VERSION} of the resolver" in SCORING
