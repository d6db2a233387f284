"""Scores: against the oracles, in the library and on the command line, and by their properties."""

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from strife.cli import app
from strife.model import Argument, Document, Entity, Event, Relation, Template, Trigger
from strife.ontology import Ontology
from strife.scoring.bio import Tagged
from strife.scoring.faults import SHOWN
from strife.scoring.metrics import DEFAULT, METRICS, Counts, count
from strife.scoring.score import Labels, ScoreError, Scores, declared, score
from strife.scoring.templates import ceaf_rme, normalised
from tests.conftest import SHARED

VECTORS = sorted((SHARED / "oracles" / "scoring").glob("*.json"))
REFUSED = ("ent-25-doc-extra-in-pred",)
PEERS = {
    "ent": ("span_set_labeled", "micro"),
    "ent_unlabelled": ("span_set_unlabeled", "micro"),
    "tri_i": ("textee", "trigger_id"),
    "tri_c": ("textee", "trigger_cls"),
    "arg_i": ("textee", "argument_id"),
    "arg_c": ("textee", "argument_cls"),
    "arg_i+": ("textee", "argument_attached_id"),
    "arg_c+": ("textee", "argument_attached_cls"),
    "rel": ("relation_set", "rel_boundaries"),
    "rel+": ("relation_set", "rel_strict"),
    "ceaf_ree": ("grit_ceaf_ree", "strict"),
    "ceaf_rme": ("iterx_ceaf_rme", "phi3"),
    "bio": ("seqeval_default", "micro"),
    "bio_strict": ("seqeval_strict_iob2", "micro"),
}
BY_TYPE = {"ent": "span_set_labeled", "bio": "seqeval_default", "bio_strict": "seqeval_strict_iob2"}


def expected(vector: dict[str, Any]) -> dict[str, dict[str, float]]:
    """What a vector expects of each of our metrics."""
    found = {name: vector["expected"].get(peer, {}).get(part) for name, (peer, part) in PEERS.items()}
    return {name: numbers for name, numbers in found.items() if numbers}


def read(path: Path) -> tuple[dict[str, Any], list[Tagged], list[Tagged]]:
    vector = json.loads(path.read_text(encoding="utf-8"))
    return vector, *([msgspec.convert(row, Tagged) for row in vector[side]] for side in ("gold", "pred"))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_oracle(path: Path) -> None:
    vector, gold, predicted = read(path)
    if vector["id"] in REFUSED or vector.get("policy") == "reject":
        with pytest.raises(ScoreError, match=r"d1|dX"):
            score(gold, predicted, METRICS)
        return
    result = score(gold, predicted, METRICS)
    known = expected(vector)
    assert known, "a vector that expects nothing of any metric tests nothing"
    for name, numbers in known.items():
        got = result.counts[name]
        assert (got.tp, got.fp, got.fn) == (numbers["tp"], numbers["fp"], numbers["fn"]), name
        for part, value in (("p", got.precision), ("r", got.recall), ("f1", got.f1)):
            assert value == pytest.approx(numbers[part], abs=1e-9), (name, part)
    for name, peer in BY_TYPE.items():
        if peer in vector["expected"]:
            agrees_by_type(result, name, vector["expected"][peer])


def agrees_by_type(result: Scores, name: str, numbers: dict[str, Any]) -> None:
    assert result.types[name].keys() == numbers["per_type"].keys()
    for label, row in numbers["per_type"].items():
        got = result.types[name][label]
        assert (got.tp, got.fp, got.fn) == (row["tp"], row["fp"], row["fn"]), label
    for average in ("macro", "weighted"):
        got = getattr(result, average)(name)
        assert got == pytest.approx(tuple(numbers[average][part] for part in ("p", "r", "f1")), abs=1e-9)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_oracle_on_the_command_line(path: Path, tmp_path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    for side in ("gold", "pred"):
        (tmp_path / side).write_text("".join(json.dumps(row) + "\n" for row in vector[side]), encoding="utf-8")
    run = CliRunner().invoke(app, ["score", *(str(tmp_path / side) for side in ("gold", "pred")), "--format", "json"])
    if vector["id"] in REFUSED or vector.get("policy") == "reject" or not vector["gold"]:
        assert run.exit_code == 2
        assert not vector["gold"] or "d1" in run.stderr or "dX" in run.stderr
        return
    assert run.exit_code == 0, run.stderr
    table = json.loads(run.stdout)
    assert tuple(table["scores"]) == DEFAULT
    for name, numbers in expected(vector).items():
        if name in DEFAULT:
            row = table["scores"][name]
            assert [row[part] for part in ("tp", "fp", "fn")] == [numbers[part] for part in ("tp", "fp", "fn")], name
            assert [row["precision"], row["recall"], row["f1"]] == pytest.approx(
                [numbers[part] for part in ("p", "r", "f1")], abs=1e-9
            )


@pytest.mark.parametrize("path", [p for p in VECTORS if "nested" in p.stem or "flat" in p.stem], ids=lambda p: p.stem)
def test_the_best_pairing_finds_no_less_than_a_greedy_one(path: Path) -> None:
    vector, gold, predicted = read(path)
    peer = vector["expected"]["nervaluate_1.2.1"]["partial"]
    found = score(gold, predicted, ["ent_partial_unlabelled"]).counts["ent_partial_unlabelled"]
    if "flat" in path.stem:
        assert (found.tp, found.fp, found.fn) == (peer["tp"], peer["fp"], peer["fn"])
    else:  # two labels on one span are one span here and two there
        assert found.tp + found.fn <= peer["possible"]
        assert found.tp >= peer["tp"]


TEXT = "abcdefghij"
spans = st.tuples(st.integers(0, 9), st.integers(1, 4)).map(lambda s: (s[0], min(s[0] + s[1], 10)))
strings = st.sampled_from(["x", "y", "z", "the x"])


def distinct_filler(filler: tuple[str, ...]) -> frozenset[str]:
    """What makes two fillers of one role different; a gold filler that stands there twice is two of CEAF-RME."""
    return frozenset(map(normalised, filler))


@st.composite
def annotated(draw: st.DrawFn, doc_id: str = "d") -> Document:
    entities = tuple(
        Entity(
            f"m{n}",
            *span,
            draw(st.sampled_from("AB")),
            draw(st.sampled_from([{}, {"timex": "2020"}, {"timex": "2021"}])),
        )
        for n, span in enumerate(draw(st.lists(spans, max_size=5)))
    )
    figures = st.fixed_dictionaries({}, optional={"people_min": st.integers(0, 2), "people_max": st.integers(1, 3)})
    events: list[Event] = []
    for number, (start, end) in enumerate(draw(st.lists(spans, max_size=3))):
        fillers = draw(
            st.lists(st.sampled_from([*entities, *events, *draw(st.lists(spans, min_size=1, max_size=2))]), max_size=3)
        )
        arguments = tuple(pointing(draw(st.sampled_from("rs")), filler) for filler in fillers)
        events.append(Event(f"e{number}", draw(st.sampled_from("XY")), Trigger(start, end), arguments, draw(figures)))
    relations = [
        Relation(draw(st.sampled_from(entities)).id, entities[0].id, draw(st.sampled_from("lk"))) for _ in entities[:2]
    ]
    fillers = st.lists(st.lists(strings, min_size=1, max_size=2).map(tuple), max_size=2, unique_by=distinct_filler).map(
        tuple
    )
    templates = draw(
        st.lists(
            st.builds(Template, st.sampled_from("XY"), st.dictionaries(st.sampled_from("pt"), fillers)), max_size=2
        )
    )
    return Document(doc_id, TEXT, entities, tuple(events), tuple(relations), templates=tuple(templates))


def pointing(role: str, filler: Entity | Event | tuple[int, int]) -> Argument:
    if isinstance(filler, tuple):
        return Argument(role, None, None, *filler)
    return Argument(role, filler.id) if isinstance(filler, Entity) else Argument(role, None, filler.id)


def shuffled(document: Document, chance: random.Random) -> Document:
    def mixed(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    return msgspec.structs.replace(
        document,
        entities=mixed(document.entities),
        events=mixed(tuple(msgspec.structs.replace(e, arguments=mixed(e.arguments)) for e in document.events)),
        relations=mixed(document.relations),
        templates=mixed(
            tuple(Template(t.type, {r: mixed(t.roles[r]) for r in mixed(tuple(t.roles))}) for t in document.templates)
        ),
    )


def doubled(document: Document) -> Document:
    """Every mention, event, argument and relation twice."""
    return msgspec.structs.replace(
        document,
        entities=(*document.entities, *(msgspec.structs.replace(e, id=e.id + "x") for e in document.entities)),
        events=(
            *(msgspec.structs.replace(e, arguments=e.arguments * 2) for e in document.events),
            *(msgspec.structs.replace(e, id=e.id + "x") for e in document.events),
        ),
        relations=document.relations * 2,
    )


@settings(max_examples=30)
@given(annotated(), annotated(), annotated("other"), annotated("other"), st.randoms(use_true_random=False))
def test_properties(a: Document, b: Document, c: Document, d: Document, chance: random.Random) -> None:
    result = score([a, c], [b, d], METRICS)
    swapped = score([b, d], [a, c], METRICS)
    mixed = score([shuffled(c, chance), shuffled(a, chance)], [shuffled(b, chance), shuffled(d, chance)], METRICS)
    twice = score([a, c], [doubled(b), doubled(d)], METRICS)
    double_gold = score([doubled(a), doubled(c)], [b, d], METRICS)
    itself = score([a, c], [a, c], METRICS)
    assert mixed.signature == result.signature
    for name, metric in METRICS.items():
        counts = result.counts[name]
        assert 0 <= counts.precision <= 1
        assert 0 <= counts.recall <= 1
        assert 0 <= counts.f1 <= 1
        assert mixed.counts[name] == counts
        assert mixed.types.get(name) == result.types.get(name)
        assert twice.counts[name] == counts
        assert double_gold.counts[name] == counts
        assert (itself.counts[name].fp, itself.counts[name].fn) == (0, 0)
        assert itself.counts[name].f1 == (1.0 if itself.counts[name].defined else 0.0)
        if name != "ceaf_ree":  # a predicted filler may be a part of the gold one, and not the other way round
            assert (swapped.counts[name].precision, swapped.counts[name].recall) == (counts.recall, counts.precision)
        if metric.types and metric.match != "overlap":
            assert sum(result.types[name].values(), Counts()) == counts
        assert np.array_equal(result.table[name].sum(axis=0), [counts.tp, counts.fp, counts.fn])
        if metric.match == "exact":
            for number, pair in enumerate(((a, b), (c, d))):
                one = count(name, *pair)
                assert result.table[name][number].tolist() == [one.tp, one.fp, one.fn]


@settings(max_examples=40)
@given(annotated(), annotated())
def test_a_repeated_template_or_filler_never_raises_the_score(gold: Document, predicted: Document) -> None:
    wanted = tuple({(t.type, *map(str, sorted(t.roles.items()))): t for t in gold.templates}.values())

    def f1(given: tuple[Template, ...]) -> float:
        return sum(ceaf_rme(wanted, given).values(), Counts()).f1

    again = tuple(
        Template(t.type, {role: fillers * 2 for role, fillers in t.roles.items()}) for t in predicted.templates
    )
    assert f1(again) <= f1(predicted.templates)
    assert f1(predicted.templates * 2) <= f1(predicted.templates)


def test_no_documents() -> None:
    result = score([], [], METRICS)
    assert all(counts == Counts() for counts in result.counts.values())
    assert result.counts["ent"].f1 == 0.0
    assert result.signature.documents == 0
    assert result.signature.coverage == 1.0


def test_missing_documents_count_and_are_named(raid: Document) -> None:
    other, third = (msgspec.structs.replace(raid, doc_id=name) for name in ("other", "a third"))
    result = score([raid, third, other], [raid])
    assert result.missing == ("a third", "other")
    assert result.counts["ent"] == Counts(6, 0, 12)
    assert result.doc_ids == ("a third", "other", "raid")
    assert result.table["ent"].tolist() == [[0, 0, 6], [0, 0, 6], [6, 0, 0]]
    assert "|cov:0.333|" in str(result.signature)


def test_coverage_is_never_rounded_up(raid: Document) -> None:
    many = [Document(str(n), "x") for n in range(3000)]
    assert score(many, many[1:]).signature.coverage == 0.999


def test_gold_against_itself(raid: Document) -> None:
    result = score([raid], [raid], data="raid-1", split="test")
    assert {counts.f1 for counts in result.counts.values() if counts.defined} == {1.0}
    assert "|data:raid-1@" in str(result.signature)
    assert "|split:test|" in str(result.signature)


def test_argument_by_id_and_by_offsets_are_one(raid: Document) -> None:
    spans = {item.id: item.span for item in raid.items}
    bare = [
        msgspec.structs.replace(
            e, arguments=tuple(Argument(a.role, None, None, *spans[a.target or ""]) for a in e.arguments)
        )
        for e in raid.events
    ]
    half = (
        bare[0],
        msgspec.structs.replace(bare[1], arguments=(*bare[1].arguments[:2], *raid.events[1].arguments[2:])),
    )
    for events in (tuple(bare), half):
        counts = score([raid], [msgspec.structs.replace(raid, events=events)]).counts
        assert counts["arg_c+"] == Counts(7, 0, 0)


def test_values_are_compared_with_their_event_or_mention(raid: Document) -> None:
    death = msgspec.structs.replace(raid.events[1], attributes={"people_min": 2.0, "people_max": 3})
    time = msgspec.structs.replace(raid.entities[5], attributes={"timex": "2020-01-30"})
    predicted = msgspec.structs.replace(raid, events=(raid.events[0], death), entities=(*raid.entities[:5], time))
    counts = score([raid], [predicted], METRICS).counts
    assert counts["people_min"] == Counts(1, 0, 0)
    assert counts["people_max"] == counts["people"] == counts["timex"] == Counts(0, 1, 1)
    none = msgspec.structs.replace(raid.events[1], attributes={"people_min": 2})
    counts = score([raid], [msgspec.structs.replace(raid, events=(none,))], METRICS).counts
    assert counts["people_max"] == Counts(0, 0, 1)
    assert counts["people"] == Counts(0, 1, 1)
    text = msgspec.structs.replace(raid.events[1], attributes={"people_min": "2"})
    assert score([raid], [msgspec.structs.replace(raid, events=(text,))], METRICS).counts["people_min"].tp == 0


def test_macro_runs_over_the_declared_labels(raid: Document, ontology: Ontology) -> None:
    few = msgspec.structs.replace(raid, entities=raid.entities[:5], events=())
    gold = msgspec.structs.replace(raid, events=())
    union, fixed = score([gold], [few]), score([gold], [few], labels=declared(ontology))
    assert list(union.types["ent"]) == ["ARM", "GPE", "NUM", "PER", "TIME"]
    assert list(fixed.types["ent"]) == list(ontology.entity_types)
    assert union.macro("ent").f1 == pytest.approx(4 / 5)
    assert fixed.macro("ent").f1 == pytest.approx(4 / len(ontology.entity_types))
    assert fixed.counts == union.counts
    with pytest.raises(KeyError):
        union.macro("ent_unlabelled")


def test_labels_that_are_not_declared_are_refused(raid: Document) -> None:
    labels = Labels(("PER", "ARM", "NUM", "TIME"), ("STATEMENT", "DEATH"), (), ())
    with pytest.raises(ScoreError) as caught:
        score([raid], [raid], labels=labels)
    lines = str(caught.value).splitlines()
    assert "gold raid: label 'GPE' is not declared; expected one of PER, ARM, NUM, TIME" in lines
    assert any(line.startswith("prediction raid: role 'agent' is not declared") for line in lines)


FAULTS = [
    (
        {"text": "Another text that is long enough to hold all of the spans above."},
        "raid: its text differs from gold's at 0",
    ),
    ({"entities": (Entity("m1", 60, 99, "PER"),), "events": ()}, r"raid: m1 \[60:99\] lies outside"),
    ({"entities": (Entity("m1", 5, 5, "PER"),), "events": ()}, r"raid: m1 \[5:5\] lies outside"),
    ({"entities": (Entity("m1", -1, 5, "PER"),), "events": ()}, r"raid: m1 \[-1:5\] lies outside"),
    ({"entities": (Entity("m1", 0, 10**20, "PER"),), "events": ()}, r"raid: m1 .* lies outside"),
    ({"entities": (Entity("m1", 0, float("nan"), "PER"),), "events": ()}, r"m1 \[0:nan\]: offsets have to be whole"),  # type: ignore[arg-type]
    ({"entities": (Entity("m1", 0, 1.5, "PER"),), "events": ()}, r"m1 \[0:1.5\]: offsets have to be whole"),  # type: ignore[arg-type]
    ({"events": (Event("e", "X", Trigger(0, 1), (), {"people_min": float("nan")}),)}, "people_min of e is nan"),
    (
        {"entities": (), "events": (Event("e", "X", Trigger(0, 1), (Argument("r", "no"),)),)},
        r"r of e points at nothing \(no\)",
    ),
    ({"events": (Event("e", "X", Trigger(0, 1), (Argument("r"),)),)}, "r of e points at nothing; give"),
    (
        {"events": (Event("e", "X", Trigger(0, 1), (Argument("r", None, None, 3, 999),)),)},
        r"r of e \[3:999\] lies outside",
    ),
    ({"relations": (Relation("m1", "zz", "l"),)}, "relation l points at nothing"),
    ({"entities": (Entity("m1", 0, 1, "A"), Entity("m1", 0, 2, "A")), "events": ()}, "the id m1 is used twice"),
    ({"templates": (Template("attack", {"Target": ((),)}),)}, r"template 1 \(attack\): a filler of Target has no text"),
    ({"doc_id": "unknown"}, "prediction unknown: no such document in gold"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_unusable_predictions_are_refused(raid: Document, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        score([raid], [msgspec.structs.replace(raid, **change)])


def test_unusable_gold_is_refused(raid: Document) -> None:
    with pytest.raises(ScoreError, match=r"^gold raid: m1 \[0:99\]"):
        score([msgspec.structs.replace(raid, entities=(Entity("m1", 0, 99, "A"),), events=())], [])


def test_duplicate_documents_are_refused(raid: Document) -> None:
    with pytest.raises(ScoreError, match="prediction raid: comes 3 times"):
        score([raid], [raid] * 3)


def test_all_faults_are_told_up_to_a_limit(raid: Document) -> None:
    wrong = [Document(f"d{n:03}", "x", (Entity("m", 0, 2, "A"),)) for n in range(200)]
    with pytest.raises(ScoreError) as caught:
        score(wrong, wrong)
    lines = str(caught.value).splitlines()
    assert lines[0] == "gold d000: m [0:2] lies outside the text (0 to 1) or is empty; mend the offsets"
    assert len(lines) == SHOWN + 1
    assert lines[-1] == f"and {400 - SHOWN} more"


def test_other_tokens_are_refused() -> None:
    gold, predicted = (
        Tagged("d", "a b", tokens=tokens, tags=("O",) * len(tokens)) for tokens in (((0, 1), (2, 3)), ((0, 3),))
    )
    with pytest.raises(ScoreError, match="prediction d: its tokens differ"):
        score([gold], [predicted], ["bio"])
