"""Findings and reports: what they say, as text and as JSON."""

import json
import re

import msgspec
import pytest

from strife.finding import Finding, Origin, Report
from strife.report import as_github, as_json, as_json_lines, as_sarif, as_text
from strife.validate import RULES

ERROR = Finding(
    "SPN203", "error", "raid", "a blank at an edge", "'rebels'", "select without the blank", "m2", 0, 7, "ü 😀"
)
WARNING = Finding("SPN205", "warning", "raid", "the span cuts a word", "whole words", "widen it", "m3", 3, 4, "t")
BARE = Finding("DOC103", "error", "raid", "nothing is annotated", "a mention", "annotate it")
EXPORT = Origin("batch.json", None, 2, 3, 7, "kilo")
FROM_EXPORT = msgspec.structs.replace(BARE, doc_id="other", origin=EXPORT)
SERVER = "https://labels.example/"
LINK = "https://labels.example/projects/2/data?task=3&annotation=7"


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin(), "document"),
        (Origin("a.jsonl"), "a.jsonl"),
        (Origin("a.jsonl", 12), "a.jsonl, line 12"),
        (EXPORT, "batch.json, task 3, annotation 7, annotator kilo"),
        (Origin("a.json", task=0), "a.json, task 0"),
        (Origin(task=3), "document, task 3"),
    ],
)
def test_an_origin_as_text(origin: Origin, text: str) -> None:
    assert str(origin) == text


@pytest.mark.parametrize("server", ["https://labels.example", "https://labels.example/", "https://labels.example//"])
def test_an_origin_links_to_its_annotation(server: str) -> None:
    assert EXPORT.link(server) == LINK


@pytest.mark.parametrize(
    ("origin", "link"),
    [
        (Origin("a.json", project=0, task=0), "https://labels.example/projects/0/data?task=0"),
        (Origin("a.json", task=3), None),
        (Origin("a.json", project=3), None),
        (Origin("a.jsonl", 3), None),
    ],
)
def test_an_origin_links_only_where_project_and_task_are_known(origin: Origin, link: str | None) -> None:
    assert origin.link(SERVER) == link


def test_a_finding_says_code_place_quote_found_expected_and_what_to_do() -> None:
    assert str(ERROR) == ("SPN203 raid [0:7] \"ü 😀\": a blank at an edge; expected 'rebels'; select without the blank")


def test_a_finding_about_no_span_has_no_place() -> None:
    assert str(BARE) == "DOC103 raid: nothing is annotated; expected a mention; annotate it"


@pytest.mark.parametrize(
    "change",
    [
        {"start": 9, "end": 16},
        {"item": "m9"},
        {"before": "x", "line": 4},
        {"expected": "x", "do": "x"},
        {"severity": "warning"},
        {"origin": Origin("other.jsonl", 9)},
    ],
)
def test_a_fingerprint_stays_when_the_rest_of_the_text_or_the_advice_changes(change: dict[str, object]) -> None:
    assert msgspec.structs.replace(ERROR, **change).fingerprint == ERROR.fingerprint


@pytest.mark.parametrize(
    "change", [{"code": "SPN204"}, {"doc_id": "b"}, {"quote": "ü"}, {"found": "x"}, {"origin": Origin(annotator="k")}]
)
def test_a_fingerprint_tells_rule_document_annotator_words_and_fault_apart(change: dict[str, object]) -> None:
    assert msgspec.structs.replace(ERROR, **change).fingerprint != ERROR.fingerprint


def test_a_fingerprint_is_16_hex_digits_and_permanent() -> None:
    # Baseline files hold them, so how they are made must not change.
    assert BARE.fingerprint == "079cb02146ab8363"
    assert re.fullmatch(r"[0-9a-f]{16}", msgspec.structs.replace(BARE, quote="\ud800").fingerprint)


def test_errors_and_warnings_are_counted_apart_and_waived_ones_not() -> None:
    report = Report((ERROR, WARNING, BARE), 2, (ERROR,), (WARNING,))
    assert (report.errors, report.warnings) == (2, 1)


# ---------------------------------------------------------------- for people


def test_a_report_groups_by_origin_and_ends_with_the_numbers() -> None:
    quoted = msgspec.structs.replace(ERROR, before="so ", after=" said")
    assert as_text(Report((quoted, WARNING, FROM_EXPORT), 2)).split("\n") == [
        "document, raid",
        "  error   SPN203 [0:7] a blank at an edge",
        "          so [ü 😀] said",
        "          expected 'rebels'; select without the blank",
        "  warning SPN205 [3:4] the span cuts a word",
        "          [t]",
        "          expected whole words; widen it",
        "",
        "batch.json, task 3, annotation 7, annotator kilo, other",
        "  error   DOC103 nothing is annotated",
        "          expected a mention; annotate it",
        "",
        "     1  DOC103 error",
        "     1  SPN203 error",
        "     1  SPN205 warning",
        "     1  by annotator kilo",
        "2 documents: 2 errors, 1 warnings",
    ]


def test_a_report_without_findings_is_its_numbers() -> None:
    assert as_text(Report((), 3)) == "3 documents: 0 errors, 0 warnings"


def test_a_report_says_how_many_are_waived_and_known() -> None:
    assert as_text(Report((), 3, (ERROR, BARE), (WARNING,))) == "3 documents: 0 errors, 0 warnings, 2 waived, 1 known"


def test_line_breaks_and_control_characters_of_a_quote_are_shown_as_escapes() -> None:
    # A control character must not reach the terminal.
    finding = msgspec.structs.replace(ERROR, quote="a\r\nb\x1b[31m", before="\t", after="\u202e")
    assert as_text(Report((finding,), 1)).split("\n")[2] == r"          \t[a\r\nb\x1b[31m]\u202e"


def test_colours_come_only_when_asked_for() -> None:
    report = Report((ERROR, WARNING), 1)
    assert "\x1b" not in as_text(report)
    assert re.sub(r"\x1b\[\d+m", "", as_text(report, colour=True)) == as_text(report)
    assert "\x1b[31merror  \x1b[0m" in as_text(report, colour=True)
    assert "\x1b[33mwarning\x1b[0m" in as_text(report, colour=True)


def test_findings_of_an_export_link_to_the_server() -> None:
    report = Report((FROM_EXPORT,), 1)
    assert as_text(report, server=SERVER).split("\n")[0].endswith(f", other  {LINK}")
    assert LINK not in as_text(report)


# ---------------------------------------------------------------- for machines


def test_a_report_as_json_is_plain_values_with_counts() -> None:
    assert json.loads(as_json(Report((ERROR, BARE), 5, (WARNING,)))) == {
        "documents": 5,
        "errors": 2,
        "warnings": 0,
        "waived": 1,
        "known": 0,
        "findings": [
            {
                "code": "SPN203",
                "severity": "error",
                "doc_id": "raid",
                "found": "a blank at an edge",
                "expected": "'rebels'",
                "do": "select without the blank",
                "item": "m2",
                "start": 0,
                "end": 7,
                "quote": "ü 😀",
                "fingerprint": ERROR.fingerprint,
            },
            {
                "code": "DOC103",
                "severity": "error",
                "doc_id": "raid",
                "found": "nothing is annotated",
                "expected": "a mention",
                "do": "annotate it",
                "fingerprint": BARE.fingerprint,
            },
        ],
    }


def test_a_report_as_json_names_the_origin_and_its_link() -> None:
    (row,) = json.loads(as_json(Report((FROM_EXPORT,), 1), SERVER))["findings"]
    assert row["origin"] == {"file": "batch.json", "project": 2, "task": 3, "annotation": 7, "annotator": "kilo"}
    assert row["link"] == LINK


def test_json_keeps_characters_as_they_are() -> None:
    assert '"quote": "ü 😀"' in as_json(Report((ERROR,), 1))


def test_json_lines_hold_one_finding_each() -> None:
    report = Report((msgspec.structs.replace(ERROR, quote="a\nb"), WARNING), 1)
    lines = as_json_lines(report).split("\n")
    assert [json.loads(line) for line in lines] == json.loads(as_json(report))["findings"]


def test_no_findings_are_no_json_lines() -> None:
    assert as_json_lines(Report((), 1)) == ""


def test_sarif_names_the_rules_raised_and_where() -> None:
    finding = msgspec.structs.replace(ERROR, origin=Origin("my data/a.jsonl", 12))
    table = json.loads(as_sarif(Report((finding, FROM_EXPORT, WARNING), 2), RULES, SERVER))
    assert table["version"] == "2.1.0"
    (run,) = table["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["DOC103", "SPN203", "SPN205"]
    assert [(r["ruleId"], rules[r["ruleIndex"]]["id"], r["level"]) for r in run["results"]] == [
        ("SPN203", "SPN203", "error"),
        ("DOC103", "DOC103", "error"),
        ("SPN205", "SPN205", "warning"),
    ]
    first, second, third = (result["locations"][0] for result in run["results"])
    region = {"artifactLocation": {"uri": "my%20data/a.jsonl"}, "region": {"startLine": 12}}
    assert first["physicalLocation"] == region
    assert second["physicalLocation"]["region"] == {"startLine": 1}
    assert "physicalLocation" not in third
    assert run["results"][0]["partialFingerprints"] == {"strife/v1": ERROR.fingerprint}
    assert run["results"][1]["properties"]["link"] == LINK


def test_sarif_without_findings_is_one_empty_run() -> None:
    (run,) = json.loads(as_sarif(Report((), 1), RULES))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_github_annotations_are_escaped() -> None:
    broken = msgspec.structs.replace(BARE, found="50%\r\nmore", origin=Origin("a,b:c.jsonl", 3))
    assert as_github(Report((broken, WARNING), 1)).split("\n") == [
        "::error file=a%2Cb%3Ac.jsonl,line=3,title=DOC103"
        "::DOC103 raid: 50%25%0D%0Amore; expected a mention; annotate it",
        f"::warning title=SPN205::{WARNING}",
    ]
