"""Metrics and scores: against the oracles, and by their properties."""

import json
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.scoring.metrics import METRICS, Counts, count
from strife.scoring.score import ScoreError, score
from tests.conftest import SHARED

VECTORS = sorted((SHARED / "oracles" / "scoring").glob("*.json"))
TEXTEE = {
    "tri_i": "trigger_id",
    "tri_c": "trigger_cls",
    "arg_i": "argument_id",
    "arg_c": "argument_cls",
    "arg_i+": "argument_attached_id",
    "arg_c+": "argument_attached_cls",
}


def documents(rows: list[dict[str, object]]) -> list[Document]:
    return [msgspec.convert(row, Document) for row in rows]


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_oracle(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    if vector["family"] in ("bio", "template"):
        pytest.skip("no metric of this family yet")
    gold, predicted = documents(vector["gold"]), documents(vector["pred"])
    if vector["id"] == "ent-25-doc-extra-in-pred" or vector.get("policy") == "reject":
        with pytest.raises(ScoreError, match=r"d1|dX"):
            score(gold, predicted)
        return
    counts = score(gold, predicted).counts
    expected = vector["expected"]
    checks = {name: expected.get("textee", {}).get(peer) for name, peer in TEXTEE.items()}
    checks["ent"] = expected.get("span_set_labeled", {}).get("micro")
    checks["ent_unlabelled"] = expected.get("span_set_unlabeled", {}).get("micro")
    checks["rel"] = expected.get("relation_set", {}).get("rel_boundaries")
    checks["rel+"] = expected.get("relation_set", {}).get("rel_strict")
    known = {name: numbers for name, numbers in checks.items() if numbers}
    assert known, "a vector that expects nothing of any metric tests nothing"
    for name, numbers in known.items():
        got = counts[name]
        assert (got.tp, got.fp, got.fn) == (numbers["tp"], numbers["fp"], numbers["fn"]), name
        for part, value in (("p", got.precision), ("r", got.recall), ("f1", got.f1)):
            assert value == pytest.approx(numbers[part], abs=1e-9), (name, part)


TEXT = "abcdefghij"
spans = st.tuples(st.integers(0, 9), st.integers(1, 4)).map(lambda s: (s[0], min(s[0] + s[1], 10)))


@st.composite
def annotated(draw: st.DrawFn) -> Document:
    entities = tuple(
        Entity(f"m{n}", *span, draw(st.sampled_from("AB"))) for n, span in enumerate(draw(st.lists(spans, max_size=5)))
    )
    events = []
    for number, (start, end) in enumerate(draw(st.lists(spans, max_size=3))):
        fillers = draw(st.lists(st.sampled_from(entities), max_size=3)) if entities else []
        arguments = tuple(Argument(draw(st.sampled_from("rs")), entity.id) for entity in fillers)
        events.append(Event(f"e{number}", draw(st.sampled_from("XY")), Trigger(start, end), arguments))
    relations = [Relation(draw(st.sampled_from(entities)).id, entities[0].id, "l") for _ in entities[:2]]
    return Document("d", TEXT, entities, tuple(events), tuple(relations))


@given(annotated(), annotated(), st.randoms(use_true_random=False))
def test_properties(gold: Document, predicted: Document, chance: random.Random) -> None:
    result = score([gold], [predicted]).counts
    swapped = score([predicted], [gold]).counts
    shuffled = msgspec.structs.replace(
        predicted,
        entities=tuple(chance.sample(predicted.entities, len(predicted.entities))),
        events=tuple(chance.sample(predicted.events, len(predicted.events))),
    )
    twice = msgspec.structs.replace(
        predicted,
        entities=(*predicted.entities, *(msgspec.structs.replace(e, id=e.id + "x") for e in predicted.entities)),
        events=(*predicted.events, *(msgspec.structs.replace(e, id=e.id + "x") for e in predicted.events)),
    )
    for name in METRICS:
        counts = result[name]
        assert 0 <= counts.precision <= 1
        assert 0 <= counts.recall <= 1
        assert 0 <= counts.f1 <= 1
        assert count(name, gold, shuffled) == counts
        assert count(name, gold, twice) == counts
        assert (swapped[name].precision, swapped[name].recall) == (counts.recall, counts.precision)
        perfect = count(name, gold, gold)
        assert perfect.fp == perfect.fn == 0


def test_no_documents() -> None:
    result = score([], [])
    assert all(counts == Counts() for counts in result.counts.values())
    assert result.counts["ent"].f1 == 0.0


def test_missing_documents_count_and_are_named(raid: Document) -> None:
    other = msgspec.structs.replace(raid, doc_id="other")
    result = score([raid, other], [raid])
    assert result.missing == ("other",)
    assert result.counts["ent"] == Counts(6, 0, 6)
    assert "cov:0.500" in str(result.signature)
    assert "other" in result.as_text()


def test_gold_against_itself(raid: Document) -> None:
    table = json.loads(score([raid], [raid], data="raid-1", split="test").as_json())
    assert {numbers["f1"] for name, numbers in table["scores"].items() if name not in ("rel", "rel+")} == {1.0}
    assert "|data:raid-1@" in table["signature"]
    assert "|split:test|" in table["signature"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "Another text that is long enough to hold all of the spans above."}, "raid: its text differs"),
        ({"entities": (Entity("m1", 60, 99, "PER"),), "events": ()}, r"raid: m1 \[60:99\] lies outside"),
        ({"entities": (), "events": (Event("e", "X", Trigger(0, 1), (Argument("r", "no"),)),)}, "points at nothing"),
        ({"relations": (Relation("m1", "zz", "l"),)}, "relation l points at nothing"),
        ({"entities": (Entity("m1", 0, 1, "A"), Entity("m1", 0, 2, "A")), "events": ()}, "an id is used twice"),
    ],
)
def test_unusable_predictions_are_refused(raid: Document, change: dict[str, object], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        score([raid], [msgspec.structs.replace(raid, **change)])


def test_duplicate_documents_are_refused(raid: Document) -> None:
    with pytest.raises(ScoreError, match="comes twice"):
        score([raid], [raid, raid])
