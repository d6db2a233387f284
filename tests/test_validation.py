"""What `strife validate` does, from options to exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.cli.options import ReportFormat
from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology
from strife.store import OutputError, write_documents
from strife.stream import InputError
from strife.validate import UnknownRule
from strife.validation import Options, run

FORMATS = [one.value for one in ReportFormat]

CLEAN = Document("clean", "Rebels fled.", (Entity("m", 0, 6, "PER"),))
ERROR = Document("error", "Rebels left.", (Entity("m", 0, 7, "PER"),))
# A word that never is a trigger, and two words: warnings.
WARNING = Document(
    "warning", "Rebels fired shots.", (Entity("m", 0, 6, "PER"),), (Event("e", "ARMED_ASSAULT", Trigger(7, 18)),)
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that no waivers of this repository count."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(here: Path, *documents: Document) -> Path:
    path = here / "documents.jsonl"
    write_documents(path, documents)
    return path


def codes(path: Path, ontology: Ontology, **options: Any) -> list[str]:
    return [finding.code for finding in run([path], ontology, Options(**options)).report.findings]


@pytest.fixture
def three(here: Path) -> Path:
    """One document with an error each of spans, of labels and of arrows."""
    filled = (Argument("agent", "zz"),)
    entities = (Entity("m", 0, 7, "PER"), Entity("n", 14, 20, "PRESON"))
    return files(
        here, Document("d", "Rebels killed Talmar.", entities, (Event("e", "STATEMENT", Trigger(7, 13), filled),))
    )


# ---------------------------------------------------------------- choice of rules


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (("SPN",), (), {"SPN203"}),
        (("SPN203",), (), {"SPN203"}),
        (("SPN", "ONT3"), (), {"SPN203", "ONT301"}),
        (("SPN", "ONT", "ARG505"), ("ONT",), {"SPN203", "ARG505"}),
        (("S", "O", "ARG505"), ("ARG505", "SPN203"), {"ONT301"}),
        (("SPN204",), (), set()),
        (("SPN",), ("SPN",), set()),
    ],
)
def test_rules_are_chosen_by_the_beginnings_of_their_codes(
    three: Path, ontology: Ontology, select: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]
) -> None:
    assert set(codes(three, ontology, select=select, ignore=ignore)) == expected


def test_without_a_choice_every_rule_is_checked(three: Path, ontology: Ontology) -> None:
    assert {"SPN203", "ONT301", "ARG505"} <= set(codes(three, ontology))


@pytest.mark.parametrize("word", ["XYZ", "SPN999", "spn203", "SPN2031", "", " SPN"])
@pytest.mark.parametrize("option", ["select", "ignore"])
def test_a_rule_that_is_not_there_is_refused(three: Path, ontology: Ontology, word: str, option: str) -> None:
    with pytest.raises(UnknownRule, match="no rule begins with"):
        codes(three, ontology, **{option: (word,)})


def test_a_misspelt_rule_is_answered_with_the_nearest(three: Path, ontology: Ontology) -> None:
    with pytest.raises(UnknownRule, match=r"did you mean SPN2\d\d\?"):
        codes(three, ontology, select=("SPM203",))


def test_documents_need_not_be_compared(here: Path, ontology: Ontology) -> None:
    twice = files(here, CLEAN, Document("other", CLEAN.text, CLEAN.entities))
    assert codes(twice, ontology) == ["COR903"]
    assert codes(twice, ontology, per_document=True) == []


# ---------------------------------------------------------------- splits


def split(here: Path, **lists: str) -> Path:
    folder = here / "splits"
    folder.mkdir()
    for name, text in lists.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("other", "expected"), [("test", ["COR901"]), ("train", [])])
def test_split_lists_turn_on_the_rules_on_splits(
    here: Path, ontology: Ontology, other: str, expected: list[str]
) -> None:
    text = "The rebels of the harbour front fled from the old town before dawn on Friday"
    marked = (Entity("m", 4, 10, "PER"),)
    path = files(here, Document("a", f"{text}.", marked), Document("b", f"{text} morning.", marked))
    lists = {"train": "a\nb\n"} if other == "train" else {"train": "# one\na # here\n", "test": "b\n"}
    assert codes(path, ontology, select=("COR",), splits=split(here, **lists)) == expected
    assert codes(path, ontology, select=("COR",)) == []


def test_one_event_in_two_splits_is_found(here: Path, ontology: Ontology) -> None:
    path = files(
        here, Document("a", "Rebels fled.", meta={"event": "x"}), Document("b", "Soldiers came.", meta={"event": "x"})
    )
    assert codes(path, ontology, select=("COR",), splits=split(here, train="a", test="b")) == ["COR902"]


def test_a_folder_without_split_lists_is_refused(here: Path, ontology: Ontology) -> None:
    with pytest.raises(InputError, match=r"^FIL001 "):
        codes(files(here, CLEAN), ontology, splits=here)


# ---------------------------------------------------------------- waivers and baselines

WAIVER = '[[waivers]]\ncode = "{code}"\ndocument = "error"\nreason = "r"\n'


def default_waivers(here: Path, code: str) -> None:
    (here / "annotation").mkdir()
    (here / "annotation" / "waivers.toml").write_text(WAIVER.format(code=code), encoding="utf-8")


def test_the_waivers_of_the_current_folder_count(here: Path, ontology: Ontology) -> None:
    path = files(here, ERROR)
    assert codes(path, ontology) == ["SPN203"]
    default_waivers(here, "SPN203")
    assert codes(path, ontology) == []


def test_waivers_that_are_named_replace_those_of_the_current_folder(here: Path, ontology: Ontology) -> None:
    default_waivers(here, "SPN203")
    other = here / "other.toml"
    other.write_text("", encoding="utf-8")
    assert codes(files(here, ERROR), ontology, waivers=other) == ["SPN203"]


def test_a_finding_is_waived_before_the_baseline_is_asked(here: Path, ontology: Ontology) -> None:
    path, known = files(here, ERROR), here / "known.json"
    run([path], ontology, Options(write_baseline=known))
    default_waivers(here, "SPN203")
    report = run([path], ontology, Options(baseline=known)).report
    assert (len(report.findings), len(report.waived), len(report.known)) == (0, 1, 0)


def test_a_baseline_that_cannot_be_written_is_refused(here: Path, ontology: Ontology) -> None:
    with pytest.raises(OutputError):
        codes(files(here, ERROR), ontology, write_baseline=here)


def test_a_run_tells_states_and_documents(here: Path, ontology: Ontology) -> None:
    checked = run([files(here, CLEAN, ERROR)], ontology)
    assert checked.states == {"document": 2}
    assert checked.report.documents == 2


def test_a_run_tells_which_of_the_waived_documents_came(here: Path, ontology: Ontology) -> None:
    default_waivers(here, "SPN203")
    assert run([files(here, CLEAN)], ontology).doc_ids == set()
    assert run([files(here, CLEAN, ERROR)], ontology).doc_ids == {"error"}


# ---------------------------------------------------------------- the command


def strife(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("one", "code"), [(CLEAN, 0), (WARNING, 0), (ERROR, 1)], ids=["clean", "warning", "error"])
def test_only_errors_exit_1_in_every_format(here: Path, format: str, one: Document, code: int) -> None:
    path = files(here, one)
    arguments = (path, "--format", format, "--select", "SPN", "--select", "EVT")
    exit_code, out, err = strife(*arguments)
    assert (exit_code, err) == (code, "")
    assert ("SPN203" in out, "EVT403" in out) == (one is ERROR, one is WARNING)


@pytest.mark.parametrize("format", FORMATS)
def test_unusable_input_exits_2_and_prints_no_report(here: Path, format: str) -> None:
    (here / "empty.json").write_bytes(b"")
    exit_code, out, err = strife(here / "empty.json", "--format", format)
    assert (exit_code, out) == (2, "")
    assert err.startswith("strife: FIL001 ")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--select", "XYZ1", "no rule begins with 'XYZ1'"),
        ("--waivers", "none.toml", "FIL007 none.toml"),
        ("--baseline", "none.json", "FIL007 none.json"),
        ("--splits", "none", "FIL001 none"),
        ("--ontology", "none.toml", "none.toml"),
    ],
)
def test_an_option_that_cannot_be_followed_exits_2(here: Path, option: str, value: str, said: str) -> None:
    exit_code, out, err = strife(files(here, CLEAN), option, value)
    assert (exit_code, out) == (2, "")
    assert said in err


def test_printed_json_lines_are_one_object_a_finding(here: Path) -> None:
    _, out, _ = strife(files(here, ERROR), "--format", "jsonl")
    assert [json.loads(line)["code"] for line in out.splitlines()] == ["SPN203"]


def test_text_for_a_pipe_has_no_colour(here: Path) -> None:
    assert "\x1b" not in strife(files(here, ERROR))[1]


def test_a_written_baseline_makes_the_next_run_exit_0(here: Path) -> None:
    path = files(here, ERROR)
    assert strife(path, "--write-baseline", here / "known.json")[0] == 1
    exit_code, out, _ = strife(path, "--baseline", here / "known.json")
    assert exit_code == 0
    assert "0 errors, 0 warnings, 1 known" in out


def test_links_lead_to_the_server_that_is_named(here: Path) -> None:
    value = {"start": 0, "end": 7, "text": "Rebels ", "labels": ["PER"]}
    result = {"id": "m", "from_name": "entity", "to_name": "text", "type": "labels", "value": value}
    tasks = [{"id": 4, "project": 3, "data": {"text": "Rebels fled."}, "annotations": [{"id": 9, "result": [result]}]}]
    (here / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    _, out, _ = strife(here / "export.json", "--server", "http://ls")
    assert "http://ls/projects/3/data?task=4&annotation=9" in out


def test_fix_writes_beside_the_original_and_diff_writes_nothing(here: Path) -> None:
    path = files(here, ERROR)
    assert strife(path, "--diff")[:2] == (0, f"{path}, error: SPN203 [0:7] 'Rebels ' -> [0:6] 'Rebels'\n1 fixes\n")
    assert [p.name for p in here.iterdir()] == ["documents.jsonl"]
    assert strife(path, "--fix")[0] == 0
    assert strife(here / "documents.fixed.jsonl", "--select", "SPN")[0] == 0


def test_fix_and_diff_write_nothing(here: Path) -> None:
    strife(files(here, ERROR), "--fix", "--diff")
    assert [p.name for p in here.iterdir()] == ["documents.jsonl"]


@pytest.mark.parametrize(
    ("option", "value", "fixes"),
    [("--select", "SPN203", 1), ("--select", "SPN204", 0), ("--ignore", "SPN", 0), ("--waivers", "waivers.toml", 0)],
)
def test_fix_heeds_what_is_chosen_and_waived(here: Path, option: str, value: str, fixes: int) -> None:
    waiver = '[[waivers]]\ncode = "SPN203"\ndocument = "error"\nspan = "Rebels "\nreason = "as it should be"\n'
    (here / "waivers.toml").write_text(waiver, encoding="utf-8")
    exit_code, out, _ = strife(files(here, ERROR), "--fix", option, value, "--format", "json")
    assert (exit_code, len(json.loads(out)["fixes"])) == (0, fixes)
    assert (here / "documents.fixed.jsonl").exists() == (fixes > 0)


@pytest.mark.parametrize("format", ["jsonl", "sarif", "github"])
def test_fixes_are_told_as_text_or_json_only(here: Path, format: str) -> None:
    exit_code, out, err = strife(files(here, ERROR), "--fix", "--format", format)
    assert (exit_code, out) == (2, "")
    assert "expected text or json" in err
    assert [p.name for p in here.iterdir()] == ["documents.jsonl"]


@pytest.mark.parametrize("mode", ["--fix", "--diff"])
def test_unusable_input_cannot_be_mended(here: Path, mode: str) -> None:
    (here / "broken.json").write_bytes(b'[{"id": 1, "data": {"text": "x"}, "annotations": []}')
    exit_code, out, err = strife(here / "broken.json", mode)
    assert (exit_code, out) == (2, "")
    assert "FIL004" in err
