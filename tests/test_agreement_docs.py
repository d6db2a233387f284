"""The page on agreement says what is true: its example runs, its figures are the data's, nothing is left out of it."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from strife.agreement import Agreement, agree, read_annotators
from strife.agreement.text import as_text, told
from strife.cli.agreement import agree as command
from strife.ontology import Ontology
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
SRC = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "strife" / "agreement").glob("*.py"))


def test_the_worked_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_worked_example_is_counted_as_the_text_says() -> None:
    (figures,) = re.findall(r"figures = \{\n(.*?)\n\}", PAGE, flags=re.DOTALL)
    for name, value in re.findall(r'"([a-z_.+]+)": ([0-9.]+)', figures):
        shown = "Arg-C+" if name.startswith("arg_c+") else f"`{name}`"
        result = value.lstrip("0") or "0"
        assert re.search(rf"{re.escape(shown)} = (.*= )?{re.escape(result)}\b", PAGE), name


def test_every_option_and_code_is_named() -> None:
    for name in inspect.signature(command).parameters:
        assert name == "paths" or f"--{name}" in PAGE, name
    codes = set(re.findall(r"AGR\d{3}", SRC))
    assert codes
    assert codes == set(re.findall(r"^\| (AGR\d{3}) \|", PAGE, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def corpus(ontology: Ontology) -> Agreement:
    return agree(read_annotators([ROOT / "annotation" / "exports"], ontology), ontology)


def test_the_report_shown_is_what_the_command_prints(corpus: Agreement) -> None:
    (block,) = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
    printed = as_text(corpus).splitlines()
    shown = [line for line in block.splitlines() if line != "..." and not line.startswith("$")]
    assert len(shown) > 5
    assert [line for line in shown if line not in printed] == []


def test_the_figures_of_the_corpus(corpus: Agreement) -> None:
    table = PAGE.partition("<!-- corpus:")[2].partition("\n\nγ")[0]
    rows = list(corpus_rows(corpus))
    for row in rows:
        assert "|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" in table
    assert table.count("\n| ") == 1 + len(rows)


def corpus_rows(corpus: Agreement) -> Iterator[list[str]]:
    layers = corpus.layers
    for layer, title in {
        "entities": "entities",
        "typed_triggers": "typed triggers",
        "arguments": "arguments of agreed triggers",
        "arg_c+": "Arg-C+",
        "events": "whole events",
        "relations": "relations",
    }.items():
        cells = [told(layers[layer][m].overall, m) if m in layers[layer] else "" for m in ("exact", "overlap")]
        for name in ("alpha", "alpha_u", "u_alpha"):
            cells.append(f"{layers[layer][name].overall.value:.3f}".lstrip("0") if name in layers[layer] else "")
        yield [title, *cells]


def test_the_benchmark_runs() -> None:
    command = [sys.executable, "scripts/bench_agree.py", "--documents", "2", "--rounds", "1", "--samples", "5"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert re.search(r"^ +2 documents +\d+\.\d\d s +\d+\.\d\d s of processors +\d+ MB$", run.stdout, flags=re.MULTILINE)
