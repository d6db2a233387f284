"""The page on adjudication says what is true."""

import inspect
import re
import subprocess
import sys
from collections import Counter

from strife.adjudication.log import read_log
from strife.adjudication.run import adjudicate as run_adjudication
from strife.cli.adjudication import adjudicate
from strife.ontology import Ontology
from strife.store import read_documents
from tests.conftest import ROOT

ADJUDICATION = (ROOT / "docs" / "adjudication.md").read_text(encoding="utf-8")


def test_the_python_of_the_adjudication_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", ADJUDICATION, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_adjudication_page_names_every_option() -> None:
    for name in inspect.signature(adjudicate).parameters:
        if name != "exports":
            assert f"`--{name.replace('_', '-')}" in ADJUDICATION, name


def test_the_adjudication_page_tells_the_first_batch_as_it_is(ontology: Ontology) -> None:
    found = run_adjudication([ROOT / "annotation" / "exports" / "batch-001.json"], ontology)
    layers = Counter(question.place.layer for case in found.open for question in case.settled.open)
    incidents = sum(question.place.name == "incident" for case in found.open for question in case.settled.open)
    said = (
        f"asks {layers.total()} questions about the same two passes: {layers['attribute']} attributes ({incidents} "
        f"incidents), {layers['argument']} arguments, {layers['entity']} mentions, {layers['relation']} relations, "
        f"{layers['trigger']} triggers"
    )
    page = " ".join(ADJUDICATION.split())
    assert said in page
    decisions = read_log(ROOT / "annotation" / "adjudication" / "batch-001.decisions.tsv")
    assert f"The table holds {len(decisions)} decisions: {len(decisions) - layers.total()} more" in page
    ways = Counter(how for d in read_documents(ROOT / "corpus" / "gold.jsonl") for how in d.provenance.values())
    agreed, total = ways["agreed"], ways.total()
    assert f"Of {total:,} entries under `provenance` {agreed:,} are agreed, {total - agreed} curated" in page
