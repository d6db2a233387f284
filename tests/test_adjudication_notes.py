"""Conflicts decided in plain text: questions printed, answers read, faults named."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from strife.adjudication.log import read_log
from strife.model import Document, Entity
from strife.store import write_documents
from tests.conftest import ROOT


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "adjudication_notes.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def desk(tmp_path: Path, raid: Document) -> Path:
    """Two annotators: the second has a longer place and no number."""
    killed = raid.events[1]
    arguments = tuple(argument for argument in killed.arguments if argument.role != "count")
    entities = tuple(Entity("m5", 45, 54, "GPE") if e.id == "m5" else e for e in raid.entities if e.id != "m3")
    events = (raid.events[0], msgspec.structs.replace(killed, arguments=arguments))
    (tmp_path / "exports").mkdir()
    write_documents(tmp_path / "exports" / "ann.jsonl", [raid])
    write_documents(
        tmp_path / "exports" / "ben.jsonl", [msgspec.structs.replace(raid, entities=entities, events=events)]
    )
    return tmp_path


def test_questions_are_answered_by_number_by_hand_and_overruled(desk: Path) -> None:
    exports, log, answers = desk / "exports", desk / "log.tsv", desk / "answers.txt"
    asked = run("questions", exports, log)
    assert asked.returncode == 0, asked.stderr
    assert "== raid, published 2020-02-01" in asked.stdout
    assert '    0 (annotator ann): NUM "two" (count of DEATH "killed")   [NUM 31:34 "two"]' in asked.stdout
    assert asked.stdout.endswith("0 documents gold, 2 questions open\n")
    number, place = (line.split()[0] for line in asked.stdout.splitlines() if " entity: " in line)
    answers.write_text(
        f"# by section\n{number}\t0\tsection 2\n{place}\t= GPE 48:54\tsection 3\n"
        "!\traid\tattribute\tDEATH 24:30 people_max\t3\tsection 9\n",
        encoding="utf-8",
    )
    done = run("decide", exports, log, answers, "--by", "7")
    assert (done.returncode, done.stdout) == (0, "1 documents gold, 0 questions open\n"), done.stderr
    assert [(d.decision, d.by, d.why) for d in read_log(log)] == [
        ("3", "7", "section 9"), ('NUM 31:34 "two"', "7", "section 2"), ('GPE 48:54 "Talmar"', "7", "section 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("00000000\t0\twhy", "there is no open question 00000000"),
        ("{number}\t2\twhy", "'2' is none of the options 0 to 1"),
        ("{number}\t0", "not enough values"),
        ("!\tnone\tentity\t0:6\t-\twhy", "there is no document none"),
        ("!\traid\tentity\tsomewhere\t-\twhy", "somewhere"),
    ],
)
def test_a_line_that_is_not_understood_is_named_and_decides_nothing(line: str, message: str, desk: Path) -> None:
    exports, log, answers = desk / "exports", desk / "log.tsv", desk / "answers.txt"
    asked = run("questions", exports, log).stdout
    number = next(one.split()[0] for one in asked.splitlines() if " entity: " in one)
    answers.write_text(line.format(number=number), encoding="utf-8")
    done = run("decide", exports, log, answers, "--by", "7")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{answers}, line 1: ")
    assert message in done.stdout
    assert read_log(log) == []
