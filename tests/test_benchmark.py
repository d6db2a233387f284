"""The benchmark: its page says what was measured, missing corpora are named, those at hand are read right."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from strife.model import Document, Entity
from tests.conftest import ROOT, SCRIPTS, script


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return script("benchmark")


def test_the_page_is_that_of_the_figures(benchmark: ModuleType) -> None:
    figures = json.loads((ROOT / "benchmarks" / "measured.json").read_text(encoding="utf-8"))
    reported = tomllib.loads((ROOT / "benchmarks" / "reported.toml").read_text(encoding="utf-8"))["figures"]
    assert (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8") == benchmark.page(figures, reported)


def test_every_figure_stands_with_its_interval_and_signature(benchmark: ModuleType) -> None:
    figures = json.loads((ROOT / "benchmarks" / "measured.json").read_text(encoding="utf-8"))
    for corpus, one in figures["corpora"].items():
        for system, row in one["systems"].items():
            assert "|v:" in row["signature"], (corpus, system)
            for metric, cell in row["metrics"].items():
                low, high = cell["interval"]
                assert low <= cell["f1"] <= high, (corpus, system, metric)


def test_signatures_name_the_corpus_and_the_part(benchmark: ModuleType) -> None:
    mentions = (Entity("a", 0, 4, "ORG"), Entity("b", 5, 9, "PER"))
    part = benchmark.Part(
        [Document("t", "Goma rose again", mentions)], [], [Document("d", "Goma rose again", mentions)]
    )
    task = benchmark.Task([part], "re3d", ("ent",), "dev", ("lexicon",), macro=("ent",))
    row = benchmark.measured("tiny", task, ("lexicon",))["systems"]["lexicon"]
    assert "|data:tiny@" in row["signature"]
    assert "|split:dev|" in row["signature"]
    assert "|avg:macro|labels:2@" in row["macro"]["ent"]["signature"]
    assert row["macro"]["ent"]["f1"] == 1.0


def test_reported_figures_have_source_and_scorer(benchmark: ModuleType) -> None:
    reported = tomllib.loads((ROOT / "benchmarks" / "reported.toml").read_text(encoding="utf-8"))["figures"]
    assert all(row[key] for row in reported for key in ("system", "figure", "part", "scorer", "source"))
    assert {row["corpus"] for row in reported} <= set(benchmark.TASKS)


def test_missing_corpora_are_named_and_skipped(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, path in (("CORPORA", "none"), ("MEASURED", "measured.json"), ("PAGE", "page.md")):
        monkeypatch.setattr(benchmark, name, tmp_path / path)
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "casie", "muc4"])
    benchmark.main()
    said = capsys.readouterr().err
    assert f"casie: skipped, {tmp_path / 'none' / 'casie'} is not there" in said
    assert "muc4: skipped" in said
    assert "# Benchmark" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert not (tmp_path / "measured.json").exists()


def test_flattening_keeps_the_longest(benchmark: ModuleType) -> None:
    mentions = (Entity("a", 0, 4, "ORG"), Entity("b", 0, 9, "PER"), Entity("c", 10, 12, "ORG"))
    found = benchmark.flattened(Document("d", "Goma rose again", mentions))
    assert [(e.start, e.end, e.label) for e in found.entities] == [(0, 9, "PER"), (10, 12, "ORG")]


def test_the_splits_are_those_that_the_page_tells_of(benchmark: ModuleType, shared: Path) -> None:
    (part,) = benchmark.of_re3d().parts
    assert [len(one) for one in part] == [59, 20, 19]
    ids = [{document.doc_id for document in one} for one in part]
    assert not ids[0] & ids[1]
    assert not ids[0] & ids[2]
    assert not ids[1] & ids[2]
    (sentences,) = benchmark.of_re3d_sentences().parts
    assert [len(one) for one in sentences] == [574, 0, 191]
    assert [sum(len(document.entities) for document in one) for one in sentences] == [2021, 0, 697]
    folds = benchmark.of_wikievents().parts
    scored = [document.doc_id for part in folds for document in part.scored]
    assert len(scored) == len(set(scored)) == 20
    for fold in folds:
        assert not {d.doc_id for d in fold.train} & {d.doc_id for d in fold.scored}


def test_no_text_that_is_scored_is_among_the_raw_texts(benchmark: ModuleType, shared: Path) -> None:
    for task in (benchmark.of_muc4(), benchmark.of_wikievents(), benchmark.of_re3d()):
        raw = set(task.unlabelled)
        assert raw
        assert not any(document.text in raw for part in task.parts for document in part.scored)


def test_the_speed_benchmark_says_what_it_measures() -> None:
    run = [sys.executable, str(SCRIPTS / "bench_baselines.py"), "--help"]
    assert "tokens" in subprocess.run(run, capture_output=True, text=True, check=True).stdout.lower()
