"""The report on copying: the longest shared run, what counts in it, and that the committed one is of these articles."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from strife.articles import read_articles
from strife.model import Document, text_hash
from strife.release.measured import LIMIT, read_copying, sections, write_copying
from strife.stream import InputError
from tests.conftest import ROOT, script

SCRIPT = ROOT / "scripts" / "measure_copying.py"


@pytest.fixture(scope="module")
def copying() -> ModuleType:
    return script("measure_copying")


@pytest.mark.parametrize(
    ("article", "sources", "expected"),
    [
        ("rebels took the town", ["the rebels took the town at night"], (4, "rebels took the town")),
        ("Rebels TOOK the Town", ["rebels took the town"], (1, "Rebels TOOK the Town")),
        ("at 9 on 4 May it began", ["at 9 on 4 may it began"], (4, "at 9 on 4 May it began")),
        # the most plain words win, not the longest run
        ("Oren Vask Of Lam said; they ran away", ["oren vask of lam", "they ran away"], (3, "they ran away")),
        # a run does not go from one source into the next
        ("one two three four", ["one two", "three four"], (2, "three four")),
        ("a b a b c", ["a b c"], (3, "a b c")),
        ("nothing shared", [""], (0, "")),
    ],
)
def test_longest_run(copying: ModuleType, article: str, sources: list[str], expected: tuple[int, str]) -> None:
    run = copying.longest_run(article, sources)
    assert (run.plain, " ".join(run.words)) in (expected, (expected[0], "one two"))


def test_the_longest_run_is_that_of_all_runs(copying: ModuleType) -> None:
    article, source = "x a b c d a b y c d e", "b c d e a b y c"
    words, other = article.split(), f" {source} "
    runs = [words[a:b] for a in range(len(words)) for b in range(a + 1, len(words) + 1)]
    best = max(len(run) for run in runs if f" {' '.join(run)} " in other)
    assert copying.longest_run(article, [source]).plain == best == 4


def test_rows_stay_while_the_article_does(copying: ModuleType, tmp_path: Path) -> None:
    sheets, empty = tmp_path / "sheets", tmp_path / "empty"
    for folder in (sheets, empty):
        folder.mkdir()
    (sheets / "d.yaml").write_text("facts: [{fact: rebels took the town}]\nsources: [{title: by night}]\n")
    (sheets / "d.1.txt").write_text("they say rebels took it")
    articles = {"d": Document("d", "rebels took the town by night"), "e": Document("e", "nothing")}
    (row,) = found = copying.rows(articles, [sheets], {})
    assert (row.words, row.sheet, row.sheet_run, row.opened, row.source) == (6, 4, "rebels took the town", 1, 2)
    before = {"d": row}
    assert copying.rows(articles, [empty], before) == found
    (sheets / "d.1.txt").unlink()
    assert copying.rows(articles, [sheets], before) == found
    assert copying.rows({"d": Document("d", "another text")}, [empty], before) == []
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "COPYING.tsv").write_bytes(write_copying(found))
    assert read_copying(tmp_path) == before
    assert "(1 articles): median 4, most 4; 0 articles share more than 8" in sections(tmp_path)["copying"]
    assert "could open: 1, for 1 articles; longest run shared with one: 2" in sections(tmp_path)["copying"]
    (tmp_path / "corpus" / "COPYING.tsv").write_text("doc_id\nd\n")
    with pytest.raises(InputError, match="measure it again"):
        read_copying(tmp_path)


def test_the_committed_report_is_of_these_articles() -> None:
    report, articles = read_copying(ROOT), read_articles(ROOT / "corpus" / "articles")
    assert {doc_id: row.text for doc_id, row in report.items()} == {
        doc_id: text_hash(article.text)[:8] for doc_id, article in articles.items()
    }
    assert all(row.sheet <= LIMIT and row.source <= LIMIT for row in report.values())
    assert sections(ROOT)["copying"] in (ROOT / "DATASHEET.md").read_text(encoding="utf-8")


def test_the_committed_report_is_what_the_sheets_give(copying: ModuleType, shared: Path) -> None:
    report, articles = read_copying(ROOT), read_articles(ROOT / "corpus" / "articles")
    some = {doc_id: articles[doc_id] for doc_id in sorted(articles)[::8]}
    assert copying.rows(some, [shared / "facts"], report) == [report[doc_id] for doc_id in some]


def test_without_sheets_nothing_is_done(tmp_path: Path) -> None:
    run = [sys.executable, str(SCRIPT), str(tmp_path / "none"), "--root", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "no such folder; corpus/COPYING.tsv stays as it is" in done.stdout
    assert list(tmp_path.iterdir()) == []
