"""Real annotators: the 42 documents of MUC-4 that three people annotated again (Gantt et al. 2023), read in place."""

import csv
import json
import re
from pathlib import Path

import pytest

from strife.agreement import nominal_alpha
from tests.conftest import ROOT

Counts = dict[str, dict[str, int]]
TYPES = ("arson", "attack", "bombing", "kidnapping", "robbery")


@pytest.fixture(scope="module")
def study(shared: Path) -> Path:
    return shared / "corpora" / "muc4_reannotation" / "reannotation_study"


@pytest.fixture(scope="module")
def counts(study: Path) -> list[Counts]:
    """By annotator and document how many templates of each type, and in all."""
    found = []
    for number in (1, 2, 3):
        rows = json.loads((study / "annotations" / f"muc_sample_a{number}.json").read_text(encoding="utf-8"))
        found.append({row["docid"]: {t: row[t] for t in TYPES} | {"total": sum(row[t] for t in TYPES)} for row in rows})
    return found


@pytest.fixture(scope="module")
def type_of(study: Path) -> dict[str, str]:
    with (study / "muc_docs.csv").open(encoding="utf-8") as file:
        return {row["doc_id"]: row["template_type"] for row in csv.DictReader(file)}


def alpha(annotators: list[Counts], type_of: dict[str, str], kind: str) -> float | None:
    """Of the counts of one type in the documents of that type, or of all templates in all documents."""
    documents = [doc_id for doc_id, own in type_of.items() if kind in (own, "total")]
    return nominal_alpha([[one[doc_id][kind] for one in annotators] for doc_id in documents])


def test_the_published_alphas_are_those_of_two_annotators_one_of_them_twice(
    study: Path, counts: list[Counts], type_of: dict[str, str]
) -> None:
    with (study / "muc_agreement.csv").open(encoding="utf-8") as file:
        published = {
            row["template_type"]: float(row["nominal alpha"])
            for row in csv.DictReader(file)
            if row["setting"] == "at least one template (annotator only)"
        }
    assert {kind: round(value, 3) for kind, value in published.items()} == {
        "arson": 0.581, "attack": 0.437, "bombing": 0.815, "kidnapping": 0.805, "robbery": 1.0, "total": 0.632,
    }  # fmt: skip
    first, second, _ = counts
    for kind, value in published.items():
        ours = alpha([first, second, second], type_of, kind)
        if kind == "robbery":  # all counts are 1: no variation, which the study counts as 1
            assert ours is None
        else:
            assert ours == pytest.approx(value, abs=1e-12), kind


def test_the_alphas_of_the_three_annotators(counts: list[Counts], type_of: dict[str, str]) -> None:
    ours = {kind: alpha(counts, type_of, kind) for kind in (*TYPES, "total")}
    assert {kind: value and round(value, 3) for kind, value in ours.items()} == {
        "arson": 0.02, "attack": -0.048, "bombing": 0.449, "kidnapping": 0.402, "robbery": 0.0, "total": 0.210,
    }  # fmt: skip


def test_the_page_has_these_figures(counts: list[Counts], type_of: dict[str, str], study: Path) -> None:
    page = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\w+) \| ([-.\d]+) \| ([-.\w]+) \| ([-.\d]+) \|$", page.partition("<!-- muc:")[2], re.MULTILINE
    )
    first, second, third = counts
    assert [kind for kind, *_ in rows] == [*TYPES, "total"]
    for kind, _, twice, three in rows:
        for shown, annotators in ((twice, [first, second, second]), (three, [first, second, third])):
            value = alpha(annotators, type_of, kind)
            assert shown == ("undefined" if value is None else f"{value:.3f}".replace("0.", ".", 1)), kind
