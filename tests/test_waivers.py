"""Waivers and baseline files: what they cover, what they do not, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strife.finding import Finding, Origin, Report
from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology
from strife.stream import InputError
from strife.validate import validate
from strife.validation import Options, run
from strife.waivers import Waiver, baseline, read_waivers, waive, without_known

PATH = Path("waivers.toml")


def finding(code: str = "SPN203", doc_id: str = "d", quote: str | None = "Rebels ", **more: Any) -> Finding:
    return Finding(code, "error", doc_id, "found", "expected", "do", quote=quote, **more)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def toml(code: str = "SPN203", document: str = "d", reason: str = "so said", span: str = "") -> str:
    table = {"code": code, "document": document, "reason": reason, "span": span}
    return "\n".join(["[[waivers]]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()), ""])


# ---------------------------------------------------------------- waivers


@pytest.mark.parametrize(
    ("waiver", "covered"),
    [
        (Waiver("SPN203", "d", "r"), True),
        (Waiver("SPN203", "d", "r", "Rebels "), True),
        (Waiver("SPN203", "d", "r", "Rebels"), False),
        (Waiver("SPN204", "d", "r"), False),
        (Waiver("SPN", "d", "r"), False),
        (Waiver("SPN203", "e", "r"), False),
        (Waiver("SPN203", "", "r"), False),
    ],
)
def test_a_waiver_covers_its_code_document_and_span(waiver: Waiver, covered: bool) -> None:
    assert waiver.covers(finding()) is covered


def test_a_waiver_of_a_span_covers_no_finding_without_a_place() -> None:
    assert not Waiver("SPN203", "d", "r", "x").covers(finding(quote=None))
    assert Waiver("SPN203", "d", "r").covers(finding(quote=None))


def test_waived_findings_are_set_apart_and_count_no_more() -> None:
    report = waive(Report((finding(), finding(doc_id="e")), 2), [Waiver("SPN203", "d", "r")], PATH)
    assert report.findings == (finding(doc_id="e"),)
    assert report.waived == (finding(),)
    assert (report.errors, report.documents) == (1, 2)


def test_one_waiver_covers_every_finding_like_it() -> None:
    report = waive(Report((finding(start=0), finding(start=9)), 1), [Waiver("SPN203", "d", "r")], PATH)
    assert (report.findings, len(report.waived)) == ((), 2)


def test_a_waiver_that_waives_nothing_is_a_finding() -> None:
    (unused,) = waive(Report((), 1), [Waiver("SPN203", "d", "r", "Rebels ")], PATH).findings
    assert (unused.code, unused.severity, unused.doc_id) == ("WVR001", "warning", "d")
    assert unused.origin == Origin(str(PATH))
    assert "SPN203" in unused.found
    assert "'Rebels '" in unused.found


def test_two_waivers_of_one_finding_are_both_used() -> None:
    both = [Waiver("SPN203", "d", "r"), Waiver("SPN203", "d", "r", "Rebels ")]
    assert waive(Report((finding(),), 1), both, PATH).findings == ()


def test_waivers_are_read_in_order(tmp_path: Path) -> None:
    path = written(tmp_path / "w.toml", toml() + toml("CAS602", "é😀", "why", "“a\u00a0b”"))
    assert read_waivers(path) == (Waiver("SPN203", "d", "so said"), Waiver("CAS602", "é😀", "why", "“a\u00a0b”"))


@pytest.mark.parametrize("text", ["", "# none yet\n", "waivers = []\n"])
def test_a_file_may_hold_no_waivers(tmp_path: Path, text: str) -> None:
    assert read_waivers(written(tmp_path / "w.toml", text)) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"[[waivers]\n",
        b"waivers = 3\n",
        b"waivers = [3]\n",
        b'[waivers]\ncode = "SPN203"\n',
        b"\xff\xfe",
        toml(reason="").encode(),
        toml(reason=" \t\u00a0").encode(),
        b'[[waivers]]\ncode = "SPN203"\ndocument = "d"\n',
        b'[[waivers]]\ndocument = "d"\nreason = "r"\n',
        b'[[waivers]]\ncode = "SPN203"\nreason = "r"\n',
        b'[[waivers]]\ncode = 203\ndocument = "d"\nreason = "r"\n',
        toml().encode() + b'until = "2030"\n',
        toml().encode() + b'span = "twice"\n',
    ],
)
def test_waivers_of_another_shape_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^FIL003 .*w\.toml: "):
        read_waivers(path)


def test_a_missing_file_of_waivers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^FIL007 .*none\.toml: "):
        read_waivers(tmp_path / "none.toml")


# ---------------------------------------------------------------- waivers, on files


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    document = Document("d", "Rebels fled.", (Entity("m", 0, 7, "PER"),))
    path = tmp_path / "documents.jsonl"
    path.write_bytes(msgspec.json.encode(document) + b"\n")
    return path


def codes(faulty: Path, ontology: Ontology, **options: Any) -> list[str]:
    return [f.code for f in run([faulty], ontology, Options(**options)).report.findings]


def test_a_waiver_file_silences_what_it_names(tmp_path: Path, faulty: Path, ontology: Ontology) -> None:
    assert codes(faulty, ontology) == ["SPN203"]
    checked = run([faulty], ontology, Options(waivers=written(tmp_path / "w.toml", toml())))
    assert checked.report.findings == ()
    assert [f.code for f in checked.report.waived] == ["SPN203"]


def test_an_unused_waiver_of_a_checked_document_is_a_finding(tmp_path: Path, faulty: Path, ontology: Ontology) -> None:
    path = written(tmp_path / "w.toml", toml("CAS602"))
    assert codes(faulty, ontology, waivers=path) == ["SPN203", "WVR001"]


def test_an_unused_waiver_of_a_document_that_is_not_checked_is_nothing(
    tmp_path: Path, faulty: Path, ontology: Ontology
) -> None:
    path = written(tmp_path / "w.toml", toml("CAS602", "elsewhere"))
    assert codes(faulty, ontology, waivers=path) == ["SPN203"]


@pytest.mark.parametrize(
    "options", [{"ignore": ("CAS",)}, {"select": ("SPN", "WVR")}, {"ignore": ("CAS602",), "per_document": True}]
)
def test_a_waiver_of_a_rule_that_was_not_asked_for_is_not_unused(
    tmp_path: Path, faulty: Path, ontology: Ontology, options: dict[str, Any]
) -> None:
    path = written(tmp_path / "w.toml", toml("CAS602"))
    assert codes(faulty, ontology, waivers=path, **options) == ["SPN203"]


def test_a_waiver_of_a_code_that_no_rule_has_is_unused_whatever_is_asked_for(
    tmp_path: Path, faulty: Path, ontology: Ontology
) -> None:
    path = written(tmp_path / "w.toml", toml("SPN999"))
    assert codes(faulty, ontology, waivers=path, select=("SPN", "WVR")) == ["SPN203", "WVR001"]


def test_unused_waivers_can_be_ignored(tmp_path: Path, faulty: Path, ontology: Ontology) -> None:
    path = written(tmp_path / "w.toml", toml("CAS602"))
    assert codes(faulty, ontology, waivers=path, ignore=("WVR001",)) == ["SPN203"]


# ---------------------------------------------------------------- baseline files


def article(before: str = "") -> Document:
    """A mention with a blank at its edge, a filler that may not be one, an arrow to nothing; moved by `before`."""
    n = len(before)
    return Document(
        "d",
        f"{before}Rebels killed Talmar.",
        (Entity("m1", n, n + 7, "PER"), Entity("m2", n + 14, n + 20, "GPE")),
        (Event("e", "DEATH", Trigger(n + 7, n + 13), (Argument("victim", "m2"), Argument("agent", "m9"))),),
    )


def known(path: Path, before: Report) -> Path:
    path.write_bytes(baseline(before))
    return path


def test_nothing_is_left_of_what_the_baseline_holds(tmp_path: Path, ontology: Ontology) -> None:
    report = validate([article()], ontology)
    assert {"SPN203", "ARG502", "ARG505"} <= {f.code for f in report.findings}
    left = without_known(report, known(tmp_path / "b.json", report))
    assert left.findings == ()
    assert left.known == report.findings


@pytest.mark.parametrize("before", ["Now, ", "\n", "😀 ", "e\u0301 ", "Police said so. ", "A line.\r\nAnother.\n\n"])
def test_text_put_before_the_spans_keeps_their_findings_known(tmp_path: Path, ontology: Ontology, before: str) -> None:
    path = known(tmp_path / "b.json", validate([article()], ontology, select=["SPN", "ARG"]))
    left = without_known(validate([article(before)], ontology, select=["SPN", "ARG"]), path)
    assert left.findings == ()
    assert left.known


def test_a_finding_that_comes_once_more_stays(tmp_path: Path) -> None:
    path = known(tmp_path / "b.json", Report((finding(start=0), finding(start=9)), 1))
    report = without_known(Report((finding(start=0), finding(start=9), finding(start=20)), 1), path)
    assert report.findings == (finding(start=20),)
    assert len(report.known) == 2


@pytest.mark.parametrize(
    "other",
    [
        finding(code="SPN204"),
        finding(doc_id="e"),
        finding(quote="Police "),
        finding(origin=Origin("export.json", annotator="2")),
    ],
)
def test_another_finding_is_not_known(tmp_path: Path, other: Finding) -> None:
    path = known(tmp_path / "b.json", Report((finding(),), 1))
    assert without_known(Report((other,), 1), path).findings == (other,)


def test_another_file_or_line_is_the_same_finding(tmp_path: Path) -> None:
    path = known(tmp_path / "b.json", Report((finding(origin=Origin("a.jsonl", 3)),), 1))
    assert without_known(Report((finding(origin=Origin("b.jsonl", 9)),), 1), path).findings == ()


def test_a_baseline_of_nothing_holds_nothing(tmp_path: Path) -> None:
    path = known(tmp_path / "b.json", Report((), 1))
    assert without_known(Report((finding(),), 1), path).findings == (finding(),)


def test_a_baseline_is_the_same_bytes_whatever_the_order(ontology: Ontology) -> None:
    report = validate([article()], ontology)
    backwards = msgspec.structs.replace(report, findings=report.findings[::-1])
    assert baseline(report) == baseline(backwards)


def test_a_baseline_says_what_its_findings_are() -> None:
    table = json.loads(baseline(Report((finding(quote="é😀"), finding(quote="é😀")), 1)))
    (entry,) = table["findings"].values()
    assert entry == {"times": 2, "code": "SPN203", "document": "d", "quote": "é😀"}


def test_a_lone_surrogate_in_a_quote_can_be_written_and_known_again(tmp_path: Path) -> None:
    report = Report((finding(quote="a\ud800"),), 1)
    assert without_known(report, known(tmp_path / "b.json", report)).findings == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"3",
        b"\xff",
        b'{"findings": []}',
        b'{"findings": {"a": 3}}',
        b'{"findings": {"a": {}}}',
        b'{"findings": {"a": {"times": null}}}',
        b'{"findings": {"a": {"times": "many"}}}',
        b'{"findings": {"a": {"times": NaN}}}',
        b'{"findings": {"a": {"times": 1e999}}}',
        b"[" * 200_000,
    ],
)
def test_a_broken_baseline_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^FIL003 .*b\.json: no baseline"):
        without_known(Report((), 0), path)


def test_a_missing_baseline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^FIL007 .*none\.json: "):
        without_known(Report((), 0), tmp_path / "none.json")


def test_a_run_writes_the_baseline_that_the_next_run_reads(tmp_path: Path, faulty: Path, ontology: Ontology) -> None:
    path = tmp_path / "b.json"
    assert codes(faulty, ontology, write_baseline=path) == ["SPN203"]
    assert codes(faulty, ontology, baseline=path) == []


def test_waived_findings_are_not_written_into_the_baseline(tmp_path: Path, faulty: Path, ontology: Ontology) -> None:
    path = tmp_path / "b.json"
    run([faulty], ontology, Options(waivers=written(tmp_path / "w.toml", toml()), write_baseline=path))
    assert json.loads(path.read_bytes())["findings"] == {}
