"""Reports: what a person reads, what machines parse, and what no text may do to either."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.finding import Finding, Origin, Report
from strife.model import Document, Entity
from strife.ontology import Ontology
from strife.report import as_github, as_json, as_json_lines, as_sarif, as_text
from strife.validate import RULES, validate

ESCAPE = "\x1b[31mred\x1b[0m"


def finding(code: str = "SPN203", **more: Any) -> Finding:
    fields = {"severity": "error", "doc_id": "d", "found": "a blank", "expected": "'Rebels'", "do": "cut it", **more}
    return Finding(code, **fields)


PLACED = finding(start=4, end=11, quote="Rebels ", before="The ", after="fled.", line=1, item="m")
WARNING = finding("EVT403", severity="warning")


# ---------------------------------------------------------------- text


def test_text_of_no_findings_is_the_sum() -> None:
    assert as_text(Report((), 3)) == "3 documents: 0 errors, 0 warnings"


def test_text_quotes_a_finding_in_its_line() -> None:
    assert as_text(Report((PLACED,), 1)).splitlines() == [
        "document, d",
        "  error   SPN203 [4:11] a blank",
        "          The [Rebels ]fled.",
        "          expected 'Rebels'; cut it",
        "",
        "     1  SPN203 error",
        "1 documents: 1 errors, 0 warnings",
    ]


def test_text_names_each_place_once() -> None:
    here, there = Origin("a.json", task=1, annotation=2, annotator="5"), Origin("b.jsonl", 7)
    report = Report((finding(origin=here), finding(origin=here), finding(origin=there, doc_id="e")), 2)
    lines = [line for line in as_text(report).splitlines() if line and not line.startswith(" ")]
    assert lines == [
        "a.json, task 1, annotation 2, annotator 5, d",
        "b.jsonl, line 7, e",
        "2 documents: 3 errors, 0 warnings",
    ]


def test_text_of_a_real_finding_shows_the_words_beside_it(ontology: Ontology) -> None:
    document = Document("d", "Now.\r\nThe Rebels fled.\nLater.", (Entity("m", 10, 17, "PER"),))
    assert "          The [Rebels ]fled.\n" in as_text(validate([document], ontology))


def test_text_sums_by_rule_and_annotator() -> None:
    first, second = Origin("a.json", annotator="1"), Origin("a.json", annotator="2")
    found = (finding(origin=first), finding(origin=second), finding(origin=second), WARNING)
    assert as_text(Report(found, 9)).splitlines()[-5:] == [
        "     1  EVT403 warning",
        "     3  SPN203 error",
        "     1  by annotator 1",
        "     2  by annotator 2",
        "9 documents: 3 errors, 1 warnings",
    ]


def test_text_counts_what_is_waived_and_known() -> None:
    report = Report((), 1, waived=(PLACED, PLACED), known=(WARNING,))
    assert as_text(report) == "1 documents: 0 errors, 0 warnings, 2 waived, 1 known"


def test_text_links_into_the_editor_when_there_is_a_server() -> None:
    report = Report((finding(origin=Origin("a.json", project=3, task=1, annotation=2)),), 1)
    assert "http" not in as_text(report)
    heading = as_text(report, server="http://ls/").splitlines()[0]
    assert heading == "a.json, task 1, annotation 2, d  http://ls/projects/3/data?task=1&annotation=2"


def test_text_has_colour_only_when_asked() -> None:
    report = Report((PLACED, WARNING), 1)
    plain, coloured = as_text(report), as_text(report, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31merror  \x1b[0m" in coloured
    assert "\x1b[33mwarning\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


@pytest.mark.parametrize(
    "forged",
    [
        finding(start=0, end=1, quote=ESCAPE, before="", after=""),
        finding(start=0, end=1, quote="x", before=ESCAPE, after=ESCAPE),
        finding(found=ESCAPE),
        finding(expected=ESCAPE),
        finding(do=ESCAPE),
        finding(doc_id=ESCAPE),
        finding(origin=Origin(ESCAPE)),
        finding(origin=Origin("a.json", annotator=ESCAPE)),
    ],
)
def test_no_part_of_a_finding_reaches_the_terminal_as_a_control_sequence(forged: Finding) -> None:
    text = as_text(Report((forged, forged), 1))
    assert "\x1b" not in text
    assert r"\x1b[31mred\x1b[0m" in text


@pytest.mark.parametrize("trick", ["\n", "\r", "\x00", "\x07", "\x08", "\x85", "\x9b", "\u2028", "\u202e", "\ud800"])
def test_control_and_direction_characters_are_shown_as_escapes(trick: str) -> None:
    fields = dict.fromkeys(("doc_id", "found", "expected", "do", "before", "quote", "after"), f"a{trick}b")
    text = as_text(Report((finding(start=0, end=3, **fields),), 1))
    assert trick not in text.replace("\n", "" if trick == "\n" else "\n")
    assert len(text.split("\n")) == 7


def test_a_label_of_a_file_cannot_forge_a_clean_report(ontology: Ontology) -> None:
    label = "X\x1b[2J\n0 documents: 0 errors"
    text = as_text(validate([Document("d", "Rebels", (Entity("m", 0, 6, label),))], ontology))
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith(("0 ", "1 "))] == [
        "1 documents: 1 errors, 0 warnings"
    ]


def test_letters_of_all_scripts_stay_as_they_are() -> None:
    words = "Хмельницький القاهرة 😀 e\u0301"
    assert words in as_text(Report((finding(found=words),), 1))


# ---------------------------------------------------------------- JSON


def test_json_holds_counts_and_findings() -> None:
    report = Report((PLACED, WARNING), 5, waived=(PLACED,), known=(PLACED, PLACED))
    table = json.loads(as_json(report))
    assert [table[key] for key in ("documents", "errors", "warnings", "waived", "known")] == [5, 1, 1, 1, 2]
    assert table["findings"][0] == {
        "code": "SPN203",
        "severity": "error",
        "doc_id": "d",
        "found": "a blank",
        "expected": "'Rebels'",
        "do": "cut it",
        "item": "m",
        "start": 4,
        "end": 11,
        "quote": "Rebels ",
        "before": "The ",
        "after": "fled.",
        "line": 1,
        "fingerprint": PLACED.fingerprint,
    }


@pytest.mark.parametrize("server", [None, "http://ls"])
def test_json_and_json_lines_say_the_same(server: str | None) -> None:
    odd = finding(found="a\nb\u2028", origin=Origin("a.json", project=1, task=2))
    report = Report((PLACED, odd, WARNING), 1)
    lines = as_json_lines(report, server).split("\n")
    assert [json.loads(line) for line in lines] == json.loads(as_json(report, server))["findings"]
    assert ("link" in json.loads(lines[1])) is (server is not None)


def test_json_lines_of_no_findings_are_empty() -> None:
    assert as_json_lines(Report((), 1)) == ""


# ---------------------------------------------------------------- SARIF


@pytest.fixture(scope="module")
def sarif(shared: Path) -> jsonschema.protocols.Validator:
    schema = json.loads((shared / "oracles" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


FILES = [
    "a.json",
    "über uns/a b.json",
    "a%20b#c?.json",
    "C:\\x\\y.json",
    "/abs/x.json",
    "a:b.json",
    "bad\udcff.json",
    "",
]
PLACES = [PLACED, WARNING, finding(origin=Origin("a.jsonl", 7)), *(finding(origin=Origin(file)) for file in FILES)]


@pytest.mark.parametrize("server", [None, "http://ls"])
@pytest.mark.parametrize("found", [(), *((one,) for one in PLACES), tuple(PLACES)])
def test_sarif_fits_the_schema(
    sarif: jsonschema.protocols.Validator, found: tuple[Finding, ...], server: str | None
) -> None:
    sarif.validate(json.loads(as_sarif(Report(found, 1), RULES, server)))


def test_sarif_of_every_rule_fits_the_schema(sarif: jsonschema.protocols.Validator) -> None:
    report = Report(tuple(finding(rule.code, severity=rule.severity) for rule in RULES), 1)
    table = json.loads(as_sarif(report, RULES))
    sarif.validate(table)
    assert len(table["runs"][0]["tool"]["driver"]["rules"]) == len(RULES)


def test_sarif_results_point_at_their_rules() -> None:
    run = json.loads(as_sarif(Report((WARNING, PLACED, WARNING), 1), RULES))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SPN203", "EVT403"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["EVT403", "SPN203", "EVT403"]
    assert [result["ruleId"] for result in run["results"]] == ["EVT403", "SPN203", "EVT403"]
    assert [result["level"] for result in run["results"]] == ["warning", "error", "warning"]


def test_sarif_names_the_line_of_the_file_and_the_offsets_of_the_text() -> None:
    one = finding(origin=Origin("a.jsonl", 7), start=4, end=11, quote="Rebels ")
    (result,) = json.loads(as_sarif(Report((one,), 1), RULES))["runs"][0]["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "a.jsonl"}, "region": {"startLine": 7}}
    assert [result["properties"][key] for key in ("start", "end", "quote")] == [4, 11, "Rebels "]


def test_sarif_of_a_finding_without_a_file_names_the_document() -> None:
    (result,) = json.loads(as_sarif(Report((PLACED,), 1), RULES))["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["logicalLocations"][0]["name"] == "d"
    assert "physicalLocation" not in location


@pytest.mark.parametrize("file", ["über uns/a b.json", "a%20b#c?.json", "😀.json", "bad\udcff.json"])
def test_sarif_addresses_of_files_can_be_turned_back(file: str) -> None:
    (result,) = json.loads(as_sarif(Report((finding(origin=Origin(file)),), 1), RULES))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(" #?")
    assert unquote(uri, errors="surrogateescape") == file


@pytest.mark.parametrize("render", [as_json, as_json_lines, lambda report: as_sarif(report, RULES), as_github, as_text])
def test_names_of_files_that_are_no_unicode_can_be_written(render: Any) -> None:
    text = render(Report((finding(origin=Origin("bad\udcff.json")),), 1))
    assert rb"bad\udcff.json" in text.encode("utf-8")


# ---------------------------------------------------------------- GitHub


def test_github_annotates_file_and_line() -> None:
    one = finding(origin=Origin("a.jsonl", 7), start=0, end=7, quote="Rebels ")
    expected = (
        "::error file=a.jsonl,line=7,title=SPN203::SPN203 d [0:7] \"Rebels \": a blank; expected 'Rebels'; cut it"
    )
    assert as_github(Report((one,), 1)) == expected


def test_github_annotates_without_a_file() -> None:
    expected = "::warning title=EVT403::EVT403 d: a blank; expected 'Rebels'; cut it"
    assert as_github(Report((WARNING,), 1)) == expected


def test_github_escapes_what_would_end_a_command() -> None:
    one = finding(found="100%\r\n::error::forged", origin=Origin("a:b,c%\n.json", 1))
    text = as_github(Report((one,), 1))
    assert text.startswith("::error file=a%3Ab%2Cc%25%0A.json,line=1,title=SPN203::")
    assert "100%25%0D%0A::error::forged" in text


@given(found=st.text(max_size=20), quote=st.text(max_size=20), doc_id=st.text(max_size=9), file=st.text(max_size=9))
def test_every_machine_format_holds_any_text(found: str, quote: str, doc_id: str, file: str) -> None:
    one = finding(found=found, quote=quote, doc_id=doc_id, origin=Origin(file), start=0, end=len(quote))
    report = Report((one,), 1)
    (of_json,) = json.loads(as_json(report))["findings"]
    assert (of_json["found"], of_json["quote"], of_json["doc_id"]) == (found, quote, doc_id)
    assert json.loads(as_json_lines(report)) == of_json
    (result,) = json.loads(as_sarif(report, RULES))["runs"][0]["results"]
    assert result["properties"] == of_json
    assert not set(as_github(report)) & set("\r\n")
    lines = as_text(report).split("\n")
    assert len(lines) == 7
    assert all(line.isprintable() for line in lines)
