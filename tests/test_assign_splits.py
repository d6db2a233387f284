"""The proposal of splits: what is placed stays, what belongs together stays together, shares approach the target."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.check import read_split_lists
from strife.model import Document, Source
from tests.conftest import ROOT, script

SCRIPT = ROOT / "scripts" / "assign_splits.py"


@pytest.fixture(scope="module")
def splits() -> ModuleType:
    return script("assign_splits")


def article(doc_id: str, event: str = "", url: str = "", country: str = "", text: str = "") -> Document:
    meta = {"event": event or doc_id, "style": "follow-up", "country": country or doc_id, "conflict": doc_id}
    return Document(doc_id, text or f"Text of {doc_id}.", meta=meta, sources=(Source("P", url or f"x.org/{doc_id}"),))


def held(articles: dict[str, Document]) -> dict[str, Counter[str]]:
    return {doc_id: Counter({"documents": 1, f"type {int(doc_id[1:]) % 3}": 1}) for doc_id in articles}


@settings(max_examples=20)
@given(st.integers(20, 40), st.lists(st.integers(0, 15), max_size=30), st.data())
def test_any_articles(splits: ModuleType, number: int, events: list[int], data: st.DataObject) -> None:
    of = dict(enumerate(events))
    articles = {f"d{n}": article(f"d{n}", f"e{of[n]}" if n in of else "") for n in range(number)}
    homes = {f"e{n}": data.draw(st.sampled_from(splits.SPLITS), str(n)) for n in range(3)}
    home = {doc_id: homes[d.meta["event"]] for doc_id, d in articles.items() if d.meta["event"] in homes}
    home = dict(list(home.items())[: data.draw(st.integers(0, 3))])
    groups = splits.assign(articles, home, held(articles))
    assert sorted([*home, *(one for group in groups for one in group.doc_ids)]) == sorted(articles)
    after = home | {one: group.split for group in groups for one in group.doc_ids}
    split_of: dict[str, set[str]] = {}
    for doc_id, split in after.items():
        split_of.setdefault(articles[doc_id].meta["event"], set()).add(split)
    assert all(len(found) == 1 for found in split_of.values())
    assert groups == splits.assign(articles, home, held(articles))


def test_shares_come_near_the_target_in_batches(splits: ModuleType) -> None:
    home: dict[str, str] = {}
    for size in (20, 40, 60, 80, 100):
        articles = {f"d{n}": article(f"d{n}") for n in range(size)}
        before = dict(home)
        for group in splits.assign(articles, home, held(articles)):
            home |= dict.fromkeys(group.doc_ids, group.split)
        assert before.items() <= home.items()
    assert Counter(home.values()) == {"train": 60, "validation": 15, "test": 25}
    kinds = Counter((split, int(doc_id[1:]) % 3) for doc_id, split in home.items())
    assert all(abs(kinds["test", kind] - 25 / 3) < 2 for kind in range(3))


@pytest.mark.parametrize(
    ("kind", "placed", "new"),
    [
        ("event", article("d1", event="e"), article("d2", event="e")),
        (
            "near-duplicate",
            article("d1", text="rebels took the town by night"),
            article("d2", text="rebels took the town"),
        ),
        ("source", article("d1", url="https://www.x.org/a/"), article("d2", url="http://x.org/a#b")),
        (
            "country and time",
            article("d1", event="xx-2020-01-31-a", country="XX"),
            article("d2", event="xx-2020-03-01-b", country="XX"),
        ),
    ],
)
def test_articles_that_belong_together(splits: ModuleType, kind: str, placed: Document, new: Document) -> None:
    for split in splits.SPLITS:
        both = {"d1": placed, "d2": new}
        (group,) = splits.assign(both, {"d1": split}, held(both))
        assert group == (("d2",), split, f"{kind} of d1")
    (group,) = splits.assign(both, {}, held(both))
    assert group.doc_ids == ("d1", "d2")
    assert f"d1 and d2: {kind}" in group.why


def test_a_month_apart_is_far(splits: ModuleType) -> None:
    pair = [article(f"d{n}", event=f"xx-2020-0{n}-01-a", country="XX") for n in (1, 3)]
    assert splits.ties({one.doc_id: one for one in pair}) == []


def test_the_event_is_stronger_than_a_source_and_a_doubt_is_told(splits: ModuleType) -> None:
    three = {
        "d1": article("d1", event="e", url="a"),
        "d2": article("d2", url="b"),
        "d3": article("d3", event="e", url="b"),
    }
    (group,) = splits.assign(three, {"d1": "validation", "d2": "test"}, held(three))
    assert group.split == "validation"
    assert "source of d2, WHICH IS IN test: look at both" in group.why


def test_an_event_in_two_splits_is_refused(splits: ModuleType) -> None:
    both = {"d1": article("d1", event="e"), "d2": article("d2", event="e")}
    with pytest.raises(splits.SplitsError, match="d1 is in train, d2 in test"):
        splits.assign(both, {"d1": "train", "d2": "test"}, held(both))


def test_the_lists_of_the_project(tmp_path: Path) -> None:
    for folder in ("corpus/articles", "corpus/splits", "annotation/exports"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    lists = tmp_path / "corpus" / "splits"
    (lists / "test.txt").write_text("# a comment\naf-2017-04-21-camp-shaheen\n", encoding="utf-8")
    before = read_split_lists(lists)
    run = [sys.executable, str(SCRIPT), "--root", str(tmp_path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert read_split_lists(lists) == before
    assert subprocess.run([*run, "--write"], capture_output=True, text=True, check=True).stdout == told
    after = read_split_lists(lists)
    assert before.items() <= after.items()
    assert {path.stem for path in (tmp_path / "corpus" / "articles").iterdir()} == after.keys()
    assert (lists / "test.txt").read_text(encoding="utf-8").startswith("# a comment\naf-2017")
    (lists / "train.txt").write_text("nobody\n", encoding="utf-8")
    refused = subprocess.run(run, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "there is no article nobody; take it out" in refused.stderr
