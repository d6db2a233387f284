"""The plots of the datasheet: well-formed, the same every time, and of what they say they show."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import strife
from strife import baselines
from strife.model import Document
from strife.ontology import Ontology
from strife.release.measured import LEARNING, Learned, read_learning
from strife.release.plots import agreement, agreement_plot, learning, lengths, places, plots, types
from strife.release.svg import Picture, steps
from tests.conftest import ROOT

SPLITS = ("train", "validation", "test")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def by_split() -> dict[str, list[Document]]:
    return {split: strife.load(ROOT, split) for split in SPLITS}


def elements(picture: bytes, tag: str) -> list[ElementTree.Element]:
    return [one for one in ElementTree.fromstring(picture).iter() if one.tag == f"{SVG}{tag}"]


def titles(picture: bytes) -> list[str]:
    return [one.text or "" for one in elements(picture, "title")[1:]]


def test_the_committed_plots_are_those_of_the_corpus(by_split: dict[str, list[Document]], ontology: Ontology) -> None:
    made = plots(ROOT, by_split, ontology)
    assert made.keys() == {f"corpus/plots/{path.name}" for path in (ROOT / "corpus" / "plots").iterdir()}
    for name, content in made.items():
        assert (ROOT / name).read_bytes() == content, name
        assert f"]({name})" in (ROOT / "DATASHEET.md").read_text(encoding="utf-8")


def test_every_plot_of_the_datasheet_is_there() -> None:
    shown = re.findall(r"!\[.+?\]\((.+?)\)", (ROOT / "DATASHEET.md").read_text(encoding="utf-8"))
    assert shown
    assert all((ROOT / name).is_file() for name in shown)


def test_bars_are_as_many_as_the_mentions(by_split: dict[str, list[Document]], ontology: Ontology) -> None:
    told = [re.fullmatch(r"(\w+), (\w+): (\d+)", title) for title in titles(types(by_split, ontology))]
    counts = {split: sum(int(one[3]) for one in told if one and one[2] == split) for split in SPLITS}
    assert counts == {split: sum(len(d.items) for d in some) for split, some in by_split.items()}
    words = [re.fullmatch(r"\d+ to \d+ words, (\w+): (\d+)", title) for title in titles(lengths(by_split))]
    assert sum(int(one[2]) for one in words if one) == sum(map(len, by_split.values()))


def test_a_dot_an_article(by_split: dict[str, list[Document]]) -> None:
    picture = places(by_split)
    dots = [one.find(f"{SVG}title") for one in elements(picture, "circle")]
    ids = [one.text for one in dots if one is not None]
    assert sorted(map(str, ids)) == sorted(d.doc_id for some in by_split.values() for d in some)
    for circle in elements(picture, "circle"):
        assert 0 < float(circle.attrib["cx"]) < 760


def test_nothing_at_all_is_drawn_too(ontology: Ontology, tmp_path: Path) -> None:
    empty: dict[str, list[Document]] = {split: [] for split in SPLITS}
    names = {Path(name).stem for name in plots(tmp_path, empty, ontology)}
    assert names == {"types", "lengths", "places"}


def test_agreement_is_what_the_datasheet_says(tmp_path: Path) -> None:
    table = (
        "| gate | least | reached [95 %] | |\n|---|---|---|---|\n"
        "| entities.exact | 0.800 | 0.973 [0.962, 0.984] | met |\n"
        "| entities.exact, each of 9 types | 0.650 | lowest: LOC 0.889 [0.769, 1.000] | 9 met |\n"
        "| entities.exact LOC | 0.650 | 0.500 [0.400, 0.600] | missed |\n"
        "| relations.exact | 0.700 | 0.800 | met |"
    )
    page = f"<!-- begin generated: agreement -->\n\n{table}\n\n<!-- end generated: agreement -->\n"
    (tmp_path / "DATASHEET.md").write_text(page, encoding="utf-8")
    values = agreement(tmp_path)
    assert [(one.gate, one.type, one.value, one.low, one.high) for one in values] == [
        ("entities.exact", "", 0.973, 0.962, 0.984),
        ("entities.exact", "LOC", 0.5, 0.4, 0.6),
        ("relations.exact", "", 0.8, 0.8, 0.8),
    ]
    kinds = [one.attrib["class"] for one in elements(agreement_plot(values), "circle")]
    assert kinds == ["a", "a", "b"]  # whole layers first; what is missed has another colour
    (tmp_path / "DATASHEET.md").write_text("no section", encoding="utf-8")
    assert agreement(tmp_path) == []


def test_the_committed_agreement_is_plotted_by_type() -> None:
    assert {one.type for one in agreement(ROOT)} > {"", "PER", "STATEMENT", "agent"}


def run(system: str, share: int, seed: int, f1: float) -> Learned:
    return Learned("x@1", system, share, share, seed, 0.1, 0.1, f1, f1 / 2, f1 - 0.02, f1 + 0.02)


def test_the_curve_goes_through_the_means() -> None:
    rows = [run("linear", 50, 0, 0.2), run("linear", 50, 1, 0.4), run("linear", 100, 0, 0.5)]
    picture = learning(rows)
    lines = [one.attrib for one in elements(picture, "polyline") if "line" in one.attrib["class"].split()]
    assert [one["class"] for one in lines] == ["line a dashed", "line a"]
    # the vertical axis ends at 60, 260 pixels above 0
    heights = [float(point.split(",")[1]) for point in lines[1]["points"].split()]
    assert heights == [round(320 - 260 * f1 / 0.6, 1) for f1 in (0.3, 0.5)]
    assert len(elements(picture, "circle")) == 2 * len(rows)


def test_text_is_escaped_and_steps_are_round() -> None:
    picture = Picture(100)
    picture.text(1, 2.25, '<a & "b">')
    drawn = picture.drawn(10, "<t>", "d")
    assert [one.text for one in elements(drawn, "text")] == ['<a & "b">']
    assert [steps(most) for most in (0, 1, 7, 33, 1000)] == [
        [0, 1],
        [0, 1],
        [0, 2, 4, 6, 8],
        [0, 10, 20, 30, 40],
        [0, 200, 400, 600, 800, 1000],
    ]


def test_light_and_dark_have_every_colour() -> None:
    style = elements(Picture(9).drawn(9, "", ""), "style")[0].text or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for name in set(re.findall(r"var\((--\w+)\)", style)):
        assert f"{name}:" in light, name
        assert f"{name}:" in dark.split("\n}")[0], name


@pytest.mark.release
def test_the_learning_curve_is_measured(tmp_path: Path, ontology: Ontology) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "learning_curve.py"), "--system", "lexicon", "--seeds", "2"]
    table = tmp_path / "LEARNING.tsv"
    run = [*script, "--out", str(table), "--jobs", "1"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = read_learning(table)
    assert [(row.share, row.seed) for row in rows] == [
        *((share, seed) for share in (10, 25, 50, 75) for seed in (0, 1)),
        (100, 0),
    ]
    train, test = (strife.load(ROOT, split) for split in ("train", "test"))
    shares = (10, 25, 50, 75, 100)
    assert [row.documents for row in rows if row.seed == 0] == [-(-len(train) * share // 100) for share in shares]
    assert all(row.low <= row.test_ent <= row.high for row in rows)
    model = baselines.train("lexicon", train, [], ontology)
    whole = strife.score(test, [model.predict(document) for document in test], ["ent"])
    assert rows[-1].test_ent == round(whole.counts["ent"].f1, 4)
    again = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "nothing to do" in again.stdout


@pytest.mark.release
def test_the_committed_curve_is_of_this_train() -> None:
    rows = read_learning(ROOT / LEARNING)
    assert {row.system for row in rows} == set(baselines.NAMES)
    assert {row.documents for row in rows if row.share == 100} == {len(strife.load(ROOT, "train"))}
