"""Results: written, read back in every version, and as text."""

import json
from pathlib import Path

import msgspec
import pytest

from strife.model import Document, Entity
from strife.scoring.metrics import DEFAULT, METRICS
from strife.scoring.resolve import Answer, QuotedEntity, resolve
from strife.scoring.result import FORMAT, ResultError, as_json, as_text, read_result, result
from strife.scoring.score import score
from strife.scoring.signature import SignatureError, parse
from strife.stream import InputError
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "data" / "results"


@pytest.fixture
def half(raid: Document) -> Document:
    return msgspec.structs.replace(raid, entities=raid.entities[:4], events=())


def test_there_is_a_fixture_of_every_format() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {f"version-{n}.json" for n in range(1, FORMAT + 1)}


@pytest.mark.parametrize("path", sorted(FIXTURES.iterdir()), ids=lambda path: path.stem)
def test_every_format_is_read(path: Path) -> None:
    table = json.loads(path.read_text(encoding="utf-8"))
    assert table.get("format", 1) == int(path.stem.removeprefix("version-"))
    found = read_result(path)
    assert found.system == table["system"] == "linear"
    assert found.signature == table["signature"]
    assert found.missing == tuple(table["missing"])
    assert found.scores.keys() == table["scores"].keys()
    for metric, row in table["scores"].items():
        figures = found.scores[metric]
        assert [figures.tp, figures.fp, figures.fn, figures.f1] == [row[part] for part in ("tp", "fp", "fn", "f1")]
        assert figures.defined is (row["tp"] + row["fp"] + row["fn"] > 0)
        assert found.signature_of(metric).metric == metric
        assert (figures.interval is not None) is (row.get("interval") is not None)
    assert f"\nent  {100 * table['scores']['ent']['precision']:20.1f}"[:6] in as_text(found)


def test_what_is_written_is_read_back(raid: Document, half: Document, tmp_path: Path) -> None:
    other = msgspec.structs.replace(raid, doc_id="other")
    made = result(score([raid, other], [half], METRICS, "raid-1", "test"), "half")
    path = tmp_path / "half.json"
    path.write_text(as_json(made), encoding="utf-8")
    assert read_result(path) == made
    assert as_json(read_result(path)) == as_json(made)


def test_the_json_has_what_was_promised(raid: Document, half: Document) -> None:
    table = json.loads(as_json(result(score([raid], [half]))))
    assert list(table) == ["format", "signature", "scores", "missing", "resolver"]
    assert tuple(table["scores"]) == DEFAULT
    ent = table["scores"]["ent"]
    assert {key: ent[key] for key in ("tp", "fp", "fn", "precision")} == {"tp": 4, "fp": 0, "fn": 2, "precision": 1.0}
    assert parse(ent["signature"]) == parse(table["signature"]).of("ent")
    assert ent["interval"]["f1"] == [0.8, 0.8]  # one document is always drawn
    assert parse(ent["macro"]["signature"]).average == "macro"
    assert ent["macro"]["f1"] == pytest.approx((1 + 1 + 1 + 0 + 0) / 5)
    assert ent["types"]["PER"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "tp": 2, "fp": 0, "fn": 0}
    assert table["scores"]["rel"]["defined"] is False
    assert table["scores"]["rel"]["interval"] is None
    assert "macro" not in table["scores"]["ent_unlabelled"] or table["scores"]["ent_unlabelled"]["macro"] is None


def test_no_samples_no_intervals(raid: Document) -> None:
    assert all(figures.interval is None for figures in result(score([raid], [raid]), samples=0).scores.values())


def test_the_text_shows_percent_intervals_and_what_is_missing(raid: Document, half: Document) -> None:
    other = msgspec.structs.replace(raid, doc_id="other")
    made = result(score([raid, other], [half]))
    text = as_text(made)
    assert "ent              100.0   33.3   50.0  0.0 to 80.0           4       0       8" in text
    assert "0/0 is 0): rel, rel+, ceaf_ree, ceaf_rme" in text
    assert "not predicted, counted as missed: other" in text
    assert text.endswith(f"signature: {made.signature}")
    assert "  PER " not in text
    assert "\n  PER            100.0   50.0   66.7" in as_text(made, types=True)
    assert "\n  (macro)" in as_text(made, types=True)


def test_halves_are_shown() -> None:
    gold, predicted = (Document("d", "abcd", (Entity("m", 0, end, "A"),)) for end in (3, 4))
    assert "     0.5     0.5     0.5" in as_text(result(score([gold], [predicted], ["ent_partial"])))


def test_the_resolver_tells_what_it_lost() -> None:
    gold = Document("d", "abc", (Entity("m", 0, 3, "A"),))
    resolution = resolve([Answer("d", (QuotedEntity("abc", "A"), QuotedEntity("xyz", "A")))], {"d": "abc"})
    made = result(score([gold], resolution.documents, resolution=resolution))
    told = json.loads(as_json(made))["resolver"]
    assert told == {
        "version": 1,
        "quotes": 2,
        "unresolved": 1,
        "rate": 0.5,
        "lost": [{"doc_id": "d", "kind": "entity", "quote": "xyz"}],
    }
    assert (
        "resolver 1: 1 of 2 quotes (50.0 %) not found in the text, counted as false positives\n  d: entity 'xyz'"
        in as_text(made)
    )
    assert "|resolver:1|" in made.signature


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected what"),
        ("[1]", "expected what"),
        ('{"signature": "x"}', "missing required field `scores`"),
        ('{"format": 99}', "format 99; this strife reads 1, 2; install a newer one"),
        ('{"format": "a"}', "format 'a'"),
        ("\xff", "expected what"),
    ],
)
def test_what_is_no_result_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ResultError, match=message):
        read_result(path)


def test_a_result_without_a_readable_signature_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"signature": "x", "scores": {}}', encoding="utf-8")
    with pytest.raises(SignatureError):
        read_result(tmp_path / "r.json")
    with pytest.raises(InputError, match="FIL007"):
        read_result(tmp_path / "missing.json")
