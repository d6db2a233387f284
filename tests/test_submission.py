"""Submissions: written and read back, and every fault told at once, each by its code."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.finding import Report
from strife.leaderboard.check import CODES, Board, BoardError, board_of, check
from strife.leaderboard.submission import FILE, Run, Submission, as_toml, inside, read_submission
from strife.model import Document, encode, text_hash
from strife.ontology import Ontology
from strife.scoring.score import score
from strife.stream import InputError
from tests.boards import in_words
from tests.conftest import ROOT

RUN = CliRunner()
GOOD = Submission(
    system="mine",
    authors=["A. “Author”", "B \\ C"],
    link="https://example.org/paper",
    description="Guesses.",
    training_data=["raids-1 train"],
    dataset="raids-1",
    split="test",
    runs=[Run("one.jsonl", 1), Run("two.jsonl.gz", 2)],
    parameters=12,
    settings={"rate": 3e-5, "layers": 2, "wide": True, "a key": "é\t"},
)


@pytest.fixture
def documents(raid: Document) -> list[Document]:
    from msgspec.structs import replace

    return [raid, replace(raid, doc_id="second")]


@pytest.fixture
def board(documents: list[Document]) -> Board:
    return Board("raids-1", "test", {document.doc_id: text_hash(document.text) for document in documents})


@pytest.fixture
def folder(tmp_path: Path, documents: list[Document]) -> Path:
    """A submission without a fault: two seeds, one file of them gzip'd."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / FILE).write_text(as_toml(GOOD), encoding="utf-8")
    content = b"".join(encode(document) + b"\n" for document in documents)
    (folder / "one.jsonl").write_bytes(content)
    (folder / "two.jsonl.gz").write_bytes(gzip.compress(content, mtime=0))
    return folder


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def fields(**changed: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        import msgspec

        (folder / FILE).write_text(as_toml(msgspec.structs.replace(GOOD, **changed)), encoding="utf-8")

    return change


def text(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / FILE
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new), encoding="utf-8")

    return change


def first(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the first document of the first file."""

    def run(folder: Path) -> None:
        lines = (folder / "one.jsonl").read_text("utf-8").splitlines()
        table = json.loads(lines[0])
        change(table)
        (folder / "one.jsonl").write_text("\n".join([json.dumps(table), *lines[1:]]), encoding="utf-8")

    return run


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        path = folder / "one.jsonl"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return run


def link(folder: Path) -> None:
    os.replace(folder / "one.jsonl", folder.parent / "one.jsonl")
    (folder / "one.jsonl").symlink_to(folder.parent / "one.jsonl")


def event(table: dict[str, Any], **argument: Any) -> None:
    table["events"][1]["arguments"].append({"role": "place", **argument})


FAULTS: list[tuple[str, Callable[[Path], Any], str]] = [
    ("SUB101", lambda f: (f / FILE).unlink(), "strife submit"),
    ("SUB101", lambda f: (f / FILE).write_text("system = \n"), "no TOML"),
    ("SUB101", lambda f: (f / FILE).write_bytes(b"\xff"), "no TOML"),
    ("SUB102", text('system = "mine"\n', ""), "no system"),
    ("SUB102", text('system = "mine"\n', 'system = "mine"\nscore = 99\n'), "unknown field score"),
    ("SUB102", text("parameters = 12", 'parameters = "many"'), "parameters: "),
    ("SUB102", text("parameters = 12", "parameters = -1"), "parameters -1"),
    ("SUB102", text("seed = 1", "seed = 1\nf1 = 99"), "runs: "),
    ("SUB103", fields(system="yours"), "system 'yours' in the folder 'mine'"),
    ("SUB104", fields(authors=[]), "authors is empty"),
    ("SUB104", fields(training_data=[" "]), "training_data is empty"),
    ("SUB104", fields(description=""), "description is empty"),
    ("SUB105", fields(link="javascript:alert(1)"), "link 'javascript:"),
    ("SUB105", fields(link="../secret"), "link '../secret'"),
    ("SUB105", fields(link=""), "link ''"),
    ("SUB106", fields(dataset="raids-0"), "dataset 'raids-0'; expected 'raids-1'"),
    ("SUB106", fields(split="validation"), "split 'validation'"),
    ("SUB107", text("seed = 2", "seed = 1"), "seed 1 in 2 runs"),
    ("SUB107", fields(runs=[Run("one.jsonl"), Run("two.jsonl.gz")]), "no seed in 2 runs"),
    ("SUB107", fields(runs=[Run("one.jsonl", 1), Run("one.jsonl", 2)]), "predictions one.jsonl in 2 runs"),
    ("SUB108", lambda f: (f / "one.jsonl").unlink(), "FIL007"),
    ("SUB108", lambda f: (f / "two.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00abc"), "FIL004"),
    ("SUB108", text('"one.jsonl"', '"../one.jsonl"'), "predictions '../one.jsonl'"),
    ("SUB108", link, "a symbolic link"),
    ("SUB109", lambda f: (f / "notes.txt").write_text("hm"), "notes.txt"),
    ("SUB201", lines(lambda some: [b"{\n", *some]), "expected one document a line"),
    ("SUB201", first(lambda d: d.pop("text")), "missing required field `text`"),
    ("SUB201", lines(lambda some: [some[0].replace(b'"start":0', b'"start":NaN'), *some[1:]]), "malformed"),
    ("SUB202", lines(lambda some: [*some, some[0]]), "comes for the 2. time"),
    ("SUB203", lines(lambda some: some[:1]), "SUB203 second: not predicted"),
    ("SUB204", first(lambda d: d.update(doc_id="third")), "SUB204 third: no document of test"),
    ("SUB205", first(lambda d: d.update(text=d["text"].replace("Talmar", "Talmár"))), "text differs"),
    ("SUB206", first(lambda d: d["entities"][0].update(end=999)), "ARM m1 [0:999]"),
    ("SUB206", first(lambda d: event(d, start=9, end=9)), "place of e2 [9:9]"),
    ("SUB207", first(lambda d: d["entities"][0].update(id="m2")), "the id m2 is used 2 times"),
    ("SUB207", first(lambda d: event(d, entity_id="m99")), "points at m99"),
    ("SUB207", first(lambda d: event(d)), "has neither"),
    ("SUB207", first(lambda d: d["relations"].append({"head": "m1", "tail": "m98", "label": None})), "points at m98"),
    ("SUB208", first(lambda d: d["entities"][5].update(label="DATE")), "label 'DATE', 1 times"),
    (
        "SUB209",
        lines(lambda some: [encode(Document(d["doc_id"], d["text"])) + b"\n" for d in map(json.loads, some)]),
        "",
    ),
]


def test_a_submission_is_read_as_it_was_written(folder: Path) -> None:
    assert read_submission(folder) == GOOD


def test_nothing_is_wrong_with_a_good_one(folder: Path, board: Board, ontology: Ontology) -> None:
    report = check(folder, board, ROOT, ontology)
    assert (report.findings, report.documents) == ((), 4)


@pytest.mark.parametrize(
    ("dataset", "fits"),
    [
        ("raids-1.2.3", True),
        ("raids-1.0.9", True),
        ("raids-1.2.4", False),
        ("raids-0.9.9", False),
        ("raid-1.2.3", False),
    ],
)
def test_an_earlier_release_of_the_same_major_version_will_do(
    dataset: str, fits: bool, folder: Path, board: Board, ontology: Ontology
) -> None:
    fields(dataset=dataset)(folder)
    assert codes(check(folder, board._replace(dataset="raids-1.2.3"), ROOT, ontology)) == ([] if fits else ["SUB106"])


def test_a_link_may_be_a_file_of_the_project(folder: Path, board: Board, ontology: Ontology) -> None:
    fields(link="src/strife/model.py")(folder)
    assert codes(check(folder, board, ROOT, ontology)) == []


@pytest.mark.parametrize(("code", "spoil", "said"), FAULTS, ids=[f"{code}-{n}" for n, (code, *_) in enumerate(FAULTS)])
def test_each_fault_is_told_by_its_code(
    code: str, spoil: Callable[[Path], Any], said: str, folder: Path, board: Board, ontology: Ontology
) -> None:
    spoil(folder)
    report = check(folder, board, ROOT, ontology)
    assert code in codes(report)
    assert any(said in str(f) and f.do and f.expected and f.severity == CODES[code][0] for f in report.findings)
    assert all(finding.origin and finding.origin.file.startswith(str(folder)) for finding in report.findings)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (None, {}),
        ("SUB201", {"entities": [{"label": "PER"}]}),
        ("SUB202", {"doc_id": "second"}),
        ("SUB203", {"doc_id": "second"}),
        ("SUB204", {"doc_id": "third"}),
        (
            "SUB207",
            {"events": [{"type": "DEATH", "trigger": "killed", "arguments": [{"role": "agent", "entity_id": "m7"}]}]},
        ),
        ("SUB208", {"entities": [{"text": "rebels", "label": "REBEL"}]}),
        (None, {"relations": [{"head": "rebels", "tail": "nobody", "label": "member_of"}]}),
    ],
)
def test_answers_in_words_are_checked_too(
    code: str | None, change: dict[str, Any], folder: Path, documents: list[Document], board: Board, ontology: Ontology
) -> None:
    fields(quotes=True, runs=[Run("one.jsonl")])(folder)
    (folder / "two.jsonl.gz").unlink()
    answers = [in_words(document) for document in documents]
    answers[0] |= change
    (folder / "one.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    found = codes(check(folder, board, ROOT, ontology))
    assert found == [] if code is None else code in found


def test_every_code_has_a_case() -> None:
    assert {code for code, _, _ in FAULTS} == set(CODES)


def test_all_faults_come_at_once(folder: Path, board: Board, ontology: Ontology) -> None:
    (folder / FILE).write_text('system = "yours"\nauthors = []\nlink = "x"\nruns = [{predictions = "one.jsonl"}]\n')
    first(lambda d: d["entities"][0].update(end=999))(folder)
    found = codes(check(folder, board, ROOT, ontology))
    assert sorted(set(found)) == ["SUB102", "SUB103", "SUB104", "SUB105", "SUB109", "SUB206"]
    assert found.count("SUB102") == 4


def test_a_flood_of_faults_is_cut_and_counted(folder: Path, board: Board, ontology: Ontology) -> None:
    lines(lambda some: [b"{\n"] * 500 + some)(folder)
    report = check(folder, board, ROOT, ontology)
    assert len(report.findings) == 21
    assert "480 more of this kind" in str(report.findings[-1])


@pytest.mark.parametrize(
    "spoil", [case[1] for case in FAULTS if case[0] in ("SUB202", "SUB204", "SUB205", "SUB206", "SUB207")]
)
def test_what_scoring_refuses_the_check_finds(
    spoil: Callable[[Path], Any], folder: Path, documents: list[Document], board: Board, ontology: Ontology
) -> None:
    from strife.refusal import Refusal
    from strife.store import read_documents

    spoil(folder)
    assert check(folder, board, ROOT, ontology).errors
    with pytest.raises(Refusal):
        score(documents, list(read_documents(folder / "one.jsonl")))


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("a.jsonl", True),
        ("x/a.jsonl", True),
        ("/a", False),
        ("../a", False),
        ("x/../../a", False),
        ("", False),
        ("c:\\a", False),
    ],
)
def test_names_stay_inside_the_folder(name: str, within: bool) -> None:
    assert inside(name) is within


def test_the_board_of_the_project_is_its_test_split() -> None:
    board = board_of(ROOT)
    manifest = json.loads((ROOT / "corpus" / "MANIFEST.json").read_text("utf-8"))
    assert board.dataset == f"strife-{manifest['version']}"
    assert len(board.texts) == manifest["counts"]["test"]["documents"]


def test_a_folder_without_a_dataset_has_no_board(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"MANIFEST\.json: FileNotFoundError"):
        board_of(tmp_path)


def test_commands_begin_and_check(tmp_path: Path) -> None:
    folder = tmp_path / "my-system"
    begun = RUN.invoke(app, ["submit", str(folder), "--root", str(ROOT)])
    assert (begun.exit_code, "fill it in" in begun.stdout) == (0, True)
    assert read_submission(folder).dataset == board_of(ROOT).dataset
    assert read_submission(folder).system == "my-system"
    again = RUN.invoke(app, ["submit", str(folder), "--root", str(ROOT)])
    assert (again.exit_code, "already there" in again.stderr) == (2, True)
    checked = RUN.invoke(app, ["submit", "--check", str(folder), "--root", str(ROOT)])
    assert checked.exit_code == 1
    assert all(code in checked.stdout for code in ("SUB104", "SUB105", "SUB108"))
    table = json.loads(
        RUN.invoke(app, ["submit", "--check", str(folder), "--root", str(ROOT), "--format", "json"]).stdout
    )
    assert table["errors"] == len(table["findings"]) == 5
    refused = RUN.invoke(app, ["submit", "--check", str(folder), "--root", str(tmp_path)])
    assert (refused.exit_code, "give --root" in refused.stderr) == (2, True)


def test_reading_a_faulty_submission_names_the_check(folder: Path) -> None:
    text("parameters = 12", 'parameters = "many"')(folder)
    with pytest.raises(InputError, match="strife submit --check"):
        read_submission(folder)
