"""The board: ranks and groups, seeds, what is refused, and what is written of it."""

import gzip
import json
import random
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from strife.cli import app
from strife.leaderboard.board import HEADLINE, Ranking, grouped, letters, ranking
from strife.leaderboard.check import BoardError, board_of
from strife.leaderboard.submission import FILE
from strife.leaderboard.write import GENERATED, as_markdown, as_table, cell, files, write
from strife.model import Document
from strife.ontology import Ontology
from strife.scoring.confidence import Comparison
from strife.scoring.metrics import Counts
from strife.scoring.score import score
from strife.scoring.signature import SignatureError
from strife.store import read_documents, write_documents
from tests.boards import in_words, invented, project, spoilt, submit
from tests.conftest import ROOT

RUN = CliRunner()
GOLD = invented(12)


def guesses(share: float, seed: str = "") -> list[Document]:
    return [spoilt(document, share, random.Random(f"{seed}{share}{document.doc_id}")) for document in GOLD]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four systems: two hardly apart, one with three seeds, one that finds nothing."""
    root = project(tmp_path_factory.mktemp("board") / "project", GOLD)
    submit(root, "good", [guesses(0.1)], parameters=7)
    submit(root, "good-too", [guesses(0.1, "other")])
    submit(root, "seeds", [guesses(0.4), guesses(0.5), guesses(0.6)], settings={"rate": 0.1})
    submit(root, "nothing", [[Document(d.doc_id, d.text) for d in GOLD]], authors=["<b>|*", "ü"])
    return root


def rank(root: Path, ontology: Ontology, gold: Path | None = None) -> Ranking:
    return ranking(root, board_of(root), ontology, root / "benchmarks" / "submissions", gold)


@pytest.fixture(scope="module")
def ranked(root: Path, ontology: Ontology) -> Ranking:
    return rank(root, ontology)


def copy(root: Path, target: Path) -> Path:
    shutil.copytree(root, target)
    return target


def pair(first: str, second: str, adjusted: float) -> Comparison:
    return Comparison(first, second, 0.1, adjusted, adjusted)


def test_a_group_is_who_is_not_worse_than_its_first() -> None:
    f1 = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}
    # b is as good as a, c as good as b: only the first of the group counts
    ps = [pair("a", "b", 0.2), pair("a", "c", 0.01), pair("b", "c", 0.3), pair("c", "d", 0.05), pair("d", "a", 0.001)]
    places = grouped(f1, ps)
    assert {name: (place.position, place.group) for name, place in places.items()} == {
        "a": (1, "A"),
        "b": (2, "A"),
        "c": (3, "B"),
        "d": (4, "B"),  # 0.05 is not below 0.05
    }


def test_equal_scores_share_a_position() -> None:
    assert [place.position for place in grouped({"a": 0.5, "b": 0.5, "c": 0.4}, []).values()] == [1, 1, 3]


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1)), st.randoms(use_true_random=False))
def test_positions_and_groups_never_fall_back(f1: dict[str, float], chance: random.Random) -> None:
    names = sorted(f1)
    ps = [pair(x, y, chance.choice((0.01, 0.5))) for n, x in enumerate(names) for y in names[n + 1 :]]
    places = list(grouped(f1, ps).items())
    assert sorted(places, key=lambda one: one[1].position) == places
    groups = [place.group for _, place in places]
    assert groups == sorted(groups)
    assert [f1[name] for name, _ in places] == sorted(f1.values(), reverse=True)


def test_letters_go_on_after_z() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_systems_are_ranked_by_what_they_predicted(ranked: Ranking) -> None:
    assert [one.submission.system for one in ranked.entries] == ["good", "good-too", "nothing", "seeds"]
    for metric in HEADLINE:
        places = ranked.places[metric]
        assert {places["good"].group, places["good-too"].group} == {"A"}
        assert (places["nothing"].position, places["nothing"].group) == (4, "C")
        assert places["seeds"].group == "B"
        assert len(ranked.comparisons[metric]) == 6


def test_figures_are_those_of_scoring(ranked: Ranking) -> None:
    table = as_table(ranked)
    for one, said in zip(ranked.entries, table["systems"], strict=True):
        if len(one.runs) == 1:
            counts = score(GOLD, guesses(0.1, "other"), HEADLINE).counts if said["system"] == "good-too" else None
            for metric in HEADLINE:
                f1 = said["scores"][metric]["f1"]
                assert f1 == round(one.runs[0].counts[metric].f1, 4)
                assert counts is None or f1 == round(counts[metric].f1, 4)
                low, high = said["scores"][metric]["interval"]
                assert low <= f1 <= high


def test_seeds_are_averaged_document_by_document_and_shown(ranked: Ranking) -> None:
    entry = next(one for one in ranked.entries if one.submission.system == "seeds")
    said = next(one for one in as_table(ranked)["systems"] if one["system"] == "seeds")
    for metric in HEADLINE:
        counts = [run.counts[metric] for run in entry.runs]
        total = sum(counts, Counts())
        assert entry.mean.counts[metric].f1 == pytest.approx(total.f1)
        assert entry.mean.table[metric].sum() == pytest.approx((total.tp + total.fp + total.fn) / 3)
        seeds = said["scores"][metric]["seeds"]
        assert seeds["f1"] == [round(c.f1, 4) for c in counts]
        assert seeds["low"] == min(seeds["f1"]) < seeds["high"] == max(seeds["f1"])
        types = entry.mean.types[metric]
        assert sum(c.tp for c in types.values()) == pytest.approx(entry.mean.counts[metric].tp)
    assert said["seeds"] == [0, 1, 2]


def test_numbers_in_a_submission_count_for_nothing(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    other = copy(root, tmp_path / "other")
    for name in ("results.json", "scores.json"):
        (other / "benchmarks" / "submissions" / "nothing" / name).write_text('{"ent": {"f1": 1.0}}')
    assert as_table(rank(other, ontology)) == as_table(rank(root, ontology))


def test_a_faulty_submission_is_refused_by_name(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    other = copy(root, tmp_path / "other")
    path = other / "benchmarks" / "submissions" / "good" / "predictions.jsonl"
    path.write_bytes(path.read_bytes().partition(b"\n")[2])
    with pytest.raises(BoardError, match=r"good: 1 faults, the first: SUB203 report-00"):
        rank(other, ontology)


def test_a_submission_for_another_dataset_is_refused(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    other = copy(root, tmp_path / "other")
    path = other / "benchmarks" / "submissions" / "good" / FILE
    path.write_text(path.read_text("utf-8").replace('dataset = "strife-0.1.0"', 'dataset = "strife-9.9.9"'), "utf-8")
    with pytest.raises(BoardError, match=r"SUB106 good: dataset 'strife-9\.9\.9'"):
        rank(other, ontology)


def test_scores_with_other_signatures_are_not_ranked_together(ranked: Ranking) -> None:
    from dataclasses import replace

    from msgspec.structs import replace as changed

    from strife.leaderboard.board import ranked as rank_entries

    first, *others = ranked.entries
    elsewhere = changed(first.mean.signature, data="strife-9.9.9@00000000")
    mixed = first._replace(runs=(replace(first.mean, signature=elsewhere),))
    with pytest.raises(SignatureError, match="data"):
        rank_entries(ranked.board, [mixed, *others])


def test_quotes_are_placed_and_what_cannot_be_is_wrong(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    other = copy(root, tmp_path / "other")
    folder = submit(other, "words", [GOLD], quotes=True)
    answers = [in_words(document) for document in GOLD]
    for answer in answers:
        answer["entities"] = [*answer["entities"], {"text": "Atlantis", "label": "GPE"}]  # type: ignore[misc]
    (folder / "predictions.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    ranked = rank(other, ontology)
    said = next(one for one in as_table(ranked)["systems"] if one["system"] == "words")
    assert said["resolver"] == {"version": 1, "quotes": 12 * 9, "unresolved": 12, "rate": 0.1111}
    assert (said["scores"]["ent"]["fp"], said["scores"]["ent"]["fn"], said["scores"]["arg_c+"]["f1"]) == (12, 0, 1)
    assert "|resolver:1|" in said["signature"]
    assert "resolver" not in as_table(ranked)["signature"]["ent"]
    page = files(ranked, private=False)[Path("site/systems/words.html")].decode()
    assert "12 of 108 quotes (11.1 %) do not stand in the text" in " ".join(page.split())
    assert page.count('"Atlantis"') == 12


def test_no_submission_is_no_board(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    with pytest.raises(BoardError, match="no submission"):
        ranking(root, board_of(root), ontology, tmp_path)


def test_private_gold_scores_as_public_and_no_label_is_shown(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    public = copy(root, tmp_path / "public")
    private = tmp_path / "private.jsonl.gz"
    private.write_bytes(gzip.compress((root / "corpus" / "gold.jsonl").read_bytes()))
    write_documents(public / "corpus" / "gold.jsonl", GOLD[:2])
    with pytest.raises(BoardError, match=r"no labels for report-02.*--gold"):
        rank(public, ontology)
    hidden = rank(public, ontology, private)
    assert as_table(hidden) == as_table(rank(root, ontology))
    shown = files(hidden, private=True)
    assert sorted(map(str, shown)) == ["README.md", "leaderboard.json", "site/index.html"]
    assert all(b"killed" not in content for content in shown.values())
    assert b"systems/" not in shown[Path("site/index.html")]


def test_gold_of_other_texts_is_refused(root: Path, tmp_path: Path, ontology: Ontology) -> None:
    from msgspec.structs import replace

    other = tmp_path / "gold.jsonl"
    write_documents(other, [replace(GOLD[0], text=GOLD[0].text + "!"), *GOLD[1:]])
    with pytest.raises(BoardError, match="the text of report-00 is not that of strife-0"):
        rank(root, ontology, other)


def test_files_are_the_same_twice_and_say_that_they_are_generated(
    ranked: Ranking, root: Path, ontology: Ontology
) -> None:
    first, second = files(ranked, private=False), files(rank(root, ontology), private=False)
    assert first == second
    assert all(GENERATED.encode() in content[:2000] or GENERATED in content.decode() for content in first.values())
    assert {str(path) for path in first} == {
        "README.md",
        "leaderboard.json",
        "site/index.html",
        *(f"site/systems/{name}.html" for name in ("good", "good-too", "nothing", "seeds")),
    }


def test_pages_ask_nobody_for_anything(ranked: Ranking) -> None:
    for path, content in files(ranked, private=False).items():
        if path.suffix == ".html":
            html = content.decode()
            assert not re.search(r"<(script|img|iframe|object|embed)[^>]+src|@import|url\(|fetch\(|XMLHttp", html)
            assert re.findall(r'<link[^>]*href="([^"]*)"', html) == ["data:,"]


def test_links_between_pages_lead_somewhere(ranked: Ranking, tmp_path: Path) -> None:
    write(tmp_path, ranked, private=False)
    for page in tmp_path.rglob("*.html"):
        for link in re.findall(r'href="([^"]*)"', page.read_text("utf-8")):
            assert link.startswith(("https://example.org/", "#", "data:")) or (page.parent / link).is_file(), link


def test_names_of_strangers_stay_text(ranked: Ranking) -> None:
    shown = files(ranked, private=False)
    assert b"<b>|" not in shown[Path("site/index.html")]
    assert b"&lt;b&gt;|*" in shown[Path("site/index.html")]
    assert "\\<b\\>\\|\\*, ü" in shown[Path("README.md")].decode()
    assert cell("a\n|b`") == "a \\|b\\`"


def test_the_markdown_shows_what_the_json_holds(ranked: Ranking) -> None:
    table = as_table(ranked)
    text = as_markdown(table)
    for one in table["systems"]:
        for metric in HEADLINE:
            assert f"**{100 * one['scores'][metric]['f1']:.1f}** {one['places'][metric]['group']}<br>" in text
    assert all(f"`{table['signature'][metric]}`" in text for metric in HEADLINE)
    assert "can be significant" not in text  # twelve documents are enough for the test


def test_few_documents_are_told(tmp_path: Path, ontology: Ontology) -> None:
    root = project(tmp_path, GOLD[:4])
    submit(root, "a", [GOLD[:4]])
    submit(root, "b", [[Document(d.doc_id, d.text) for d in GOLD[:4]]])
    table = as_table(rank(root, ontology))
    assert table["confidence"]["smallest_p"] == 0.125
    assert {one["places"]["ent"]["group"] for one in table["systems"]} == {"A"}
    assert "With 4 documents no difference can be significant" in as_markdown(table)


def test_pages_of_systems_that_left_go_and_others_files_stay(ranked: Ranking, tmp_path: Path) -> None:
    write(tmp_path, ranked, private=False)
    mine = tmp_path / "site" / "systems" / "mine.html"
    mine.write_text("<p>mine</p>")
    fewer = ranked._replace(entries=ranked.entries[:2])
    write(tmp_path, fewer, private=False)
    assert sorted(path.name for path in mine.parent.iterdir()) == ["good-too.html", "good.html", "mine.html"]
    write(tmp_path, fewer, private=True)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.html"]


def test_command_writes_and_prints_the_board(root: Path, tmp_path: Path) -> None:
    other = copy(root, tmp_path / "other")
    done = RUN.invoke(app, ["leaderboard", "--root", str(other)])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split() == ["system", "Entities", "Triggers", "Arguments"]
    assert done.stdout.splitlines()[-2].startswith("signature: metric:arg_c+|match:exact|")
    table = json.loads((other / "benchmarks" / "leaderboard.json").read_text("utf-8"))
    assert [one["system"] for one in table["systems"]] == ["good", "good-too", "nothing", "seeds"]
    assert (other / "benchmarks" / "site" / "systems" / "seeds.html").is_file()
    gold = str(root / "corpus" / "gold.jsonl")
    private = RUN.invoke(app, ["leaderboard", "--root", str(other), "--gold", gold, "--out", str(tmp_path / "out")])
    assert private.exit_code == 0
    assert not (tmp_path / "out" / "site" / "systems").exists()
    refused = RUN.invoke(app, ["leaderboard", "--root", str(tmp_path)])
    assert (refused.exit_code, "give --root" in refused.stderr) == (2, True)


def test_command_prints_files_for_the_hub(root: Path) -> None:
    import yaml

    evaluation = yaml.safe_load(RUN.invoke(app, ["hub", "eval", "--root", str(root)]).stdout)
    assert (evaluation["name"], evaluation["evaluation_framework"]) == ("strife", "strife")
    folder = str(root / "benchmarks" / "submissions" / "good")
    told = RUN.invoke(app, ["hub", "results", folder, "--root", str(root), "--dataset", "org/strife"])
    assert told.exit_code == 0
    entry = yaml.safe_load(told.stdout)[0]
    counts = score(GOLD, list(read_documents(Path(folder) / "predictions.jsonl")), ("ent",)).counts["ent"]
    assert (entry["dataset"]["task_id"], entry["value"]) == ("ent", round(100 * counts.f1, 2))
    assert entry["notes"].startswith("metric:ent|")
    assert RUN.invoke(app, ["hub", "results", "--root", str(root), "--dataset", "org/strife"]).exit_code == 2
    assert RUN.invoke(app, ["hub", "results", folder, "--root", str(root)]).exit_code == 2


def test_the_committed_board_is_what_the_command_writes(tmp_path: Path, ontology: Ontology) -> None:
    write(tmp_path, rank(ROOT, ontology), private=False)
    committed = ROOT / "benchmarks"
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in made if (committed / path).read_bytes() != made[path]} == set()
    pages = {path.relative_to(committed) for path in (committed / "site").rglob("*") if path.is_file()}
    assert pages == {path for path in made if path.parts[0] == "site"}
