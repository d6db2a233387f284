"""Errors as text, JSON and page: figures agree with the analysis, hostile text stays text, nothing is fetched."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.model import Document, Entity, Event, Trigger
from strife.scoring.errors import KINDS, METRIC_OF, Analysis, Item, analyse
from strife.scoring.errors_page import SIGNS, WORDS, as_page
from strife.scoring.errors_report import as_json, as_text, confusion_table
from strife.store import write_documents
from tests.boards import in_words

HOSTILE = '<script>alert("x")</script> & \U0001f600 “killed” two.\r\nA second line\x1b[31m.'


@pytest.fixture
def guess(raid: Document) -> Document:
    """The raid as a mediocre system sees it: one of most classes of error."""
    statement, death = raid.events
    agent, count, victim, place, _ = death.arguments
    return msgspec.structs.replace(
        raid,
        entities=(
            Entity("m1", 0, 6, "ORG"),  # type
            Entity("m2", 12, 23, "PER"),  # boundary
            *raid.entities[2:5],
            Entity("m9", 7, 11, "TIME"),  # spurious; m6 is missed
        ),
        events=(
            msgspec.structs.replace(statement, type="CLAIM"),
            msgspec.structs.replace(
                death,
                arguments=(agent, msgspec.structs.replace(count, role="victim"), place),
            ),
            Event("e9", "STRIKE", Trigger(48, 54), (victim,)),
        ),
    )


@pytest.fixture
def analysis(raid: Document, guess: Document) -> Analysis:
    return analyse([raid, msgspec.structs.replace(raid, doc_id="other")], [guess], data="raid-1", split="test")


class Page(HTMLParser):
    """What a page holds: its visible text, and the attributes by which a browser would fetch something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.fetched: list[tuple[str, str | None]] = []
        self.raw = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.raw = tag if tag in ("script", "style") else ""
        names = ("src", "srcset", "action", "poster", "data")
        self.fetched += [(tag, value) for name, value in attrs if name in names or (tag == "link" and name == "href")]

    def handle_endtag(self, tag: str) -> None:
        self.raw = ""

    def handle_data(self, data: str) -> None:
        if not self.raw:
            self.text.append(data)


def test_json_holds_every_error_with_its_words(analysis: Analysis, raid: Document) -> None:
    table = json.loads(as_json(analysis))
    assert "|data:raid-1@" in table["signature"]
    for layer, metric in METRIC_OF.items():
        errors = [error for error in table["errors"] if error["layer"] == layer]
        assert {k: sum(e["kind"] == k for e in errors) for k in KINDS[layer]} == table["classes"][layer]
        assert sum(e["gold"] is not None for e in errors) == table["scores"][metric]["fn"]
        assert sum(e["predicted"] is not None for e in errors) == table["scores"][metric]["fp"]
    for error in table["errors"]:
        for side in filter(None, (error["gold"], error["predicted"])):
            assert side["text"] == raid.text[side["start"] : side["end"]]
        assert error["quote"] in raid.text
    assert [one["doc_id"] for one in table["documents"]] == ["other", "raid"]
    assert sum(one["errors"] for one in table["documents"]) == len(table["errors"])
    cells = {(c["gold"], c["predicted"]): c["count"] for c in table["confusion"]["entity"]}
    assert cells[("ARM", "ORG")] == cells[(None, "TIME")] == 1
    assert cells[("PER", "PER")] == 2  # one right, one with a wrong boundary


def test_text_names_classes_confusions_documents_and_examples(analysis: Analysis) -> None:
    text = as_text(analysis, examples=1)
    assert "entities: 3 right, 3 false positives, 9 false negatives, F1 33.3" in text
    assert re.search(r"^ +1  type$", text, flags=re.MULTILINE)
    assert "(1 with their event)" in text
    assert 'raid [0:6] gold ARM "Police", predicted ORG "Police"' in text
    assert "      [Police] said that rebels" in text
    assert 'gold count "two" of DEATH "killed", predicted victim "two" of DEATH "killed"' in text
    assert "not predicted, all missed: other" in text
    assert text.index("\nother ") < text.index("\nraid ")
    assert text.splitlines()[-1] == f"signature: {analysis.scores.signature}"
    assert len(as_text(analysis, examples=0)) < len(text) < len(as_text(analysis, examples=5))
    assert "entities, type" not in as_text(analysis, examples=0)


def test_labels_are_cut_only_as_far_as_they_stay_apart() -> None:
    labels = ("ARMED_GROUP", "ARMED_FORCE", "X")
    gold = Document("d", "abc", tuple(Entity(f"m{n}", n, n + 1, label) for n, label in enumerate(labels)))
    head = next(line for line in as_text(analyse([gold], [gold])).splitlines() if "ARMED_F " in line)
    assert head.split() == ["ARMED_F", "ARMED_G", "X", "missed"]


def test_confusion_table_is_square_with_missed_and_spurious(analysis: Analysis) -> None:
    rows, columns, counts = confusion_table(analysis, "entity")
    assert (rows[-1], columns[-1]) == ("spurious", "missed")
    assert rows[:-1] == columns[:-1] == ["ARM", "GPE", "NUM", "ORG", "PER", "TIME"]
    assert counts[-1][-1] == 0
    assert counts[rows.index("ARM")][columns.index("ORG")] == 1


def test_page_lists_classes_and_documents_and_asks_nobody(analysis: Analysis) -> None:
    html = as_page(analysis, "guess")
    page = Page(html)
    text = " ".join("".join(page.text).split())
    assert page.fetched == [("link", "data:,")]
    assert not re.search(r"https?://|@import|url\(", html)
    assert all(
        words in text for words in ("wrong boundary", "on the wrong trigger", "other 15 errors", "not predicted")
    )
    assert html.count('class="document"') == 2
    assert str(analysis.scores.signature) in html
    assert html == as_page(analysis, "guess")


def embedded(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, flags=re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def test_page_holds_each_text_and_every_item(analysis: Analysis) -> None:
    table = embedded(as_page(analysis, "guess"))

    def item(row: list[int] | int) -> Item | None:
        if isinstance(row, int):
            return None
        event = (row[3], row[4], table["labels"][row[5]]) if len(row) > 3 else None
        return Item(row[0], row[1], table["labels"][row[2]], event)

    for one, shown in zip(analysis.worst(), table["documents"], strict=True):
        assert shown["text"] == one.gold.text
        assert {
            layer: tuple(map(item, rows)) for layer, rows in zip(table["layers"], shown["right"], strict=True)
        } == one.right
        errors = [(table["layers"][x], table["kinds"][k][0], item(g), item(p)) for x, k, g, p in shown["errors"]]
        assert errors == [(e.layer, e.kind, e.gold, e.predicted) for e in one.errors]


def test_every_class_has_words_and_a_sign() -> None:
    every = {kind for kinds in KINDS.values() for kind in kinds}
    assert every == set(WORDS) == set(SIGNS)


def test_nothing_in_a_document_becomes_markup_or_a_terminal_command() -> None:
    label = '</script><b onclick="x">'
    text = HOSTILE + "\ud83d"
    gold = Document('<i>"d"', text, (Entity("m", 0, 8, label),), (Event("e", label, Trigger(8, 13)),))
    analysis = analyse([gold], [msgspec.structs.replace(gold, entities=(), events=())])
    html = as_page(analysis, "<u>")
    assert not re.search(r"<(b|u)\b|<i>", html.partition("<body>")[2])
    assert html.count("</script>") == 2
    table = embedded(html)
    assert table["documents"][0]["text"] == text
    assert label in table["labels"]
    html.encode()  # no lone surrogate is left
    assert "\x1b" not in as_text(analysis)
    assert json.loads(as_json(analysis))["errors"]


def test_without_errors_all_three_say_so(raid: Document) -> None:
    analysis = analyse([raid], [raid])
    assert analysis.worst() == []
    assert json.loads(as_json(analysis))["errors"] == []
    assert "worst" not in as_text(analysis)
    assert "1 without any error is left out" in as_page(analysis, "perfect")


def test_command_writes_whole_files_and_prints(tmp_path: Path, raid: Document, guess: Document) -> None:
    write_documents(tmp_path / "gold.jsonl", [raid])
    write_documents(tmp_path / "guess.jsonl", [guess])
    files = [str(tmp_path / name) for name in ("gold.jsonl", "guess.jsonl")]
    run = CliRunner()
    printed = run.invoke(app, ["errors", *files])
    assert printed.exit_code == 0
    assert printed.stdout.startswith("entities: 3 right")
    table = json.loads(run.invoke(app, ["errors", *files, "--format", "json"]).stdout)
    page = tmp_path / "out" / "errors.html"
    written = run.invoke(app, ["errors", *files, "--format", "html", "--out", str(page)])
    assert (written.exit_code, written.stdout) == (0, f"{page}: {len(table['errors'])} errors\n")
    assert page.read_text("utf-8").startswith("<!doctype html>")
    refused = run.invoke(app, ["errors", files[0], str(tmp_path / "none.jsonl")])
    assert refused.exit_code == 2
    assert "none.jsonl" in refused.stderr


def test_quotes_that_stand_nowhere_are_told_by_their_words(tmp_path: Path, raid: Document) -> None:
    answer = in_words(raid)
    answer["entities"] = [{"text": "Atlantis", "label": "GPE"}]
    answer["events"] = [{"type": "DEATH", "trigger": "slain", "arguments": [{"role": "place", "text": "Mu"}]}]
    write_documents(tmp_path / "gold.jsonl", [raid])
    (tmp_path / "words.jsonl").write_text(json.dumps(answer), encoding="utf-8")
    files = [str(tmp_path / name) for name in ("gold.jsonl", "words.jsonl")]
    run = CliRunner()
    table = json.loads(run.invoke(app, ["errors", *files, "--resolve", "--format", "json"]).stdout)
    told = {e["predicted"]["text"]: e["predicted"] for e in table["errors"] if e["kind"] == "spurious"}
    assert set(told) == {"Atlantis", "slain", "Mu"}
    assert told["Mu"]["event"]["text"] == "slain"
    html = run.invoke(app, ["errors", *files, "--resolve", "--format", "html"]).stdout
    assert sorted(embedded(html)["documents"][0]["unplaced"].values()) == ["Atlantis", "Mu", "slain"]
    assert 'GPE "Atlantis"' in run.invoke(app, ["errors", *files, "--resolve"]).stdout
