"""Gates: what is met, missed, waived, unused; and what is refused."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from strife.agreement import Agreement, agree, read_annotators
from strife.cli import app
from strife.datasheet import section as section_of
from strife.gates import FILE, Gates, Judged, as_table, as_text, judge, measure, read_gates, section
from strife.model import Document
from strife.ontology import Ontology
from strife.stream import InputError
from tests.conftest import ROOT

EXPORTS = ROOT / "annotation" / "exports" / "batch-001.json"  # the first batch: the others may grow


@pytest.fixture(scope="module")
def agreement(ontology: Ontology) -> Agreement:
    return agree(read_annotators([EXPORTS], ontology), ontology, samples=50)


def judged(agreement: Agreement, **more: object) -> Judged:
    return judge(Gates(**more), agreement)  # type: ignore[arg-type]


def test_a_value_at_the_gate_is_enough(agreement: Agreement) -> None:
    value = agreement.layers["entities"]["exact"].overall.value
    assert value is not None
    assert judged(agreement, gates={"entities.exact": value}).passed
    missed = judged(agreement, gates={"entities.exact": value + 1e-9})
    assert [check.name for check in missed.missed] == ["entities.exact"]
    assert not missed.passed


def test_each_type_is_judged_where_it_has_enough_marks(agreement: Agreement) -> None:
    found = judged(agreement, types={"marks": 20, "typed_triggers.exact": 0.9})
    assert [check.type for check in found.missed] == ["OPERATION"]
    assert {check.type for check in found.few} == {"AGREEMENT", "CLASH", "DAMAGE"}
    assert {check.type for check in judged(agreement, types={"typed_triggers.exact": 0.9}).missed} == {
        "OPERATION",
        "CLASH",
    }


@pytest.mark.parametrize(
    "waiver",
    ["typed_triggers", "typed_triggers.exact", "typed_triggers OPERATION", "typed_triggers.exact OPERATION"],
)
def test_a_layer_a_gate_or_a_type_can_be_waived(agreement: Agreement, waiver: str) -> None:
    types = {"marks": 20, "typed_triggers.exact": 0.9}
    found = judged(agreement, types=types, waivers={waiver: "settled from batch 2 on"})
    assert found.passed
    (waived,) = [check for check in found.checks if not check.met]
    assert waived.reason == "settled from batch 2 on"


@pytest.mark.parametrize(
    "waiver", ["entities", "typed_triggers.overlap", "typed_triggers DEATH", "typed_triggers.exact NOTHING"]
)
def test_a_waiver_that_waives_nothing_is_told(agreement: Agreement, waiver: str) -> None:
    types = {"marks": 20, "typed_triggers.exact": 0.9}
    found = judged(agreement, types=types, waivers={"typed_triggers OPERATION": "why", waiver: "why"})
    assert found.unused == (waiver,)
    assert not found.missed
    assert not found.passed
    assert f"unused waiver of {waiver}: it waives nothing; delete it" in as_text(found, FILE)


def test_what_is_not_defined_meets_no_gate_and_says_why(raid: Document, ontology: Ontology) -> None:
    without_relations = agree({"2": [raid], "3": [raid]}, ontology, samples=10)
    found = judged(without_relations, gates={"relations.exact": 0.0})
    assert not found.passed
    assert "  missed: relations.exact undefined (nobody marked any), 0.000 or more" in as_text(found, FILE)
    assert judged(without_relations, gates={"relations.exact": 0.0}, waivers={"relations": "none in this text"}).passed


def test_a_gate_on_what_is_not_measured_is_refused(agreement: Agreement) -> None:
    for gate in ("entities.exakt", "entitys.exact", "exact"):
        with pytest.raises(InputError, match=rf"FIL003 .*a gate on {gate}, which is not measured; expected one of ent"):
            judged(agreement, gates={gate: 0.5})


def test_the_text_names_what_is_not_met_one_by_one(agreement: Agreement) -> None:
    found = judged(
        agreement,
        gates={"entities.exact": 0.8, "relations.exact": 0.99},
        types={"marks": 20, "typed_triggers.exact": 0.9},
        waivers={"typed_triggers": "why"},
    )
    lines = as_text(found, FILE).splitlines()
    assert lines[0] == "gates of annotation/gates.toml"
    assert lines[1].startswith("  met: entities.exact 0.973 [")
    assert lines[2].startswith("  missed: relations.exact 0.857 [")
    assert lines[3].startswith("  11 met, 1 waived: typed_triggers.exact by type, lowest OPERATION 0.818")
    assert lines[4].startswith("  waived: typed_triggers.exact OPERATION 0.818")
    assert lines[4].endswith("0.900 or more; why")
    assert lines[-1] == "gates: 1 missed, 0 waivers unused"
    assert as_table(found)["passed"] is False
    assert "| relations.exact | 0.990 | 0.857 [" in section(found)
    assert "- waived, typed_triggers.exact OPERATION: why" in section(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[gates]\nentities = {", "FIL003"),
        ('[gate]\n"entities.exact" = 0.8', "unknown field `gate`"),
        ('[gates]\n"entities.exact" = "high"', "Expected `float`"),
        ('[gates]\n"entities.exact" = 80', r"entities.exact = 80\.?0?; expected a value from 0 to 1"),
        ('[waivers]\n"entities" = " "', "a waiver of entities without a reason"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_gates(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FIL007"):
        read_gates(tmp_path / "gates.toml")


def test_the_corpus_passes_its_gates_and_the_datasheet_says_what_it_reached(ontology: Ontology) -> None:
    found = measure(ROOT, ontology)
    assert found.passed
    assert section_of((ROOT / "DATASHEET.md").read_text(encoding="utf-8"), "agreement") == section(found)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["agree", str(EXPORTS), "--samples", "20", *map(str, arguments)])


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    path = tmp_path / "strict.toml"
    path.write_text('[gates]\n"relations.exact" = 0.99\n', encoding="utf-8")
    return path


def test_the_command_exits_1_below_a_gate_only_when_asked(strict: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.txt"
    missed = run("--gate", "--gates", strict, "--out", out)
    assert missed.exit_code == 1
    assert missed.stdout.endswith("gates: 1 missed, 0 waivers unused\n")
    assert "signature: agree|" in out.read_text(encoding="utf-8")
    assert run("--gates", strict, "--out", out).exit_code == 0


def test_the_json_report_has_the_gates(strict: Path) -> None:
    result = run("--gate", "--gates", strict, "--format", "json")
    assert result.exit_code == 1
    table = json.loads(result.stdout)
    assert [(check["gate"], check["met"]) for check in table["gates"]["checks"]] == [("relations.exact", False)]
    assert "missed: relations.exact" in result.stderr


def test_the_datasheet_is_renewed_between_its_markers(strict: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- begin generated: agreement -->\nold\n<!-- end generated: agreement -->\nend\n", "utf-8")
    assert run("--gates", strict, "--datasheet", page, "--out", tmp_path / "report.txt").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# A\n<!-- begin generated: agreement -->\n\n| gate | least |")
    assert text.endswith("<!-- end generated: agreement -->\nend\n")
    page.write_text("# no section\n", encoding="utf-8")
    refused = run("--gates", strict, "--datasheet", page, "--out", tmp_path / "report.txt")
    assert refused.exit_code == 2
    assert "section 'agreement'" in refused.stderr
