"""Error analysis: classes by hand-made cases, and that they add up to the score whatever comes."""

import random
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.scoring.errors import KINDS, METRIC_OF, Item, analyse, compare
from strife.scoring.score import ScoreError, score

TEXT = "abcdefghij"
SPANS = [(start, end) for start in range(9) for end in range(start + 1, min(start + 5, 10))]
spans = st.sampled_from(SPANS)


@st.composite
def annotated(draw: st.DrawFn, doc_id: str = "d") -> Document:
    """A small text crowded with mentions and events, so that spans nest, cross and repeat."""
    entities = tuple(
        Entity(f"m{n}", *span, draw(st.sampled_from("AB"))) for n, span in enumerate(draw(st.lists(spans, max_size=6)))
    )
    events = []
    for number, span in enumerate(draw(st.lists(spans, max_size=3))):
        fillers = draw(st.lists(st.sampled_from(entities), max_size=3)) if entities else []
        arguments = tuple(Argument(draw(st.sampled_from("rs")), entity.id) for entity in fillers)
        events.append(Event(f"e{number}", draw(st.sampled_from("XY")), Trigger(*span), arguments))
    return Document(doc_id, TEXT, entities, tuple(events))


def tree(*entities: tuple[int, int, str], events: tuple[Event, ...] = ()) -> Document:
    return Document("d", TEXT, tuple(Entity(f"m{n}", *e) for n, e in enumerate(entities)), events)


def death(trigger: tuple[int, int] = (0, 1), type: str = "X", **roles: tuple[int, int]) -> Event:
    arguments = tuple(Argument(role, start=span[0], end=span[1]) for role, span in roles.items())
    return Event(f"e{trigger}{type}", type, Trigger(*trigger), arguments)


def kinds(gold: Document, predicted: Document, layer: str) -> list[tuple[str, bool]]:
    return [(error.kind, error.follows) for error in compare(gold, predicted).errors if error.layer == layer]


@given(annotated(), annotated())
def test_every_error_has_one_class_and_they_add_up_to_the_score(gold: Document, predicted: Document) -> None:
    analysis = analyse([gold], [predicted])
    counts = score([gold], [predicted], METRIC_OF.values()).counts
    assert analysis.scores.counts == counts
    for layer, metric in METRIC_OF.items():
        classes = analysis.classes(layer)
        pairs = sum(classes.values()) - classes["missed"] - classes["spurious"]
        assert pairs + classes["missed"] == counts[metric].fn
        assert pairs + classes["spurious"] == counts[metric].fp
        assert analysis.documents[0].counts(layer) == counts[metric]
        assert tuple(classes) == KINDS[layer]
        assert sum(classes.values()) == sum(error.layer == layer for error in analysis.documents[0].errors)
        sides = [(error.gold, error.predicted) for error in analysis.documents[0].errors if error.layer == layer]
        missing = [gold for gold, _ in sides if gold is not None]
        extra = [predicted for _, predicted in sides if predicted is not None]
        assert len(set(map(msgspec.json.encode, missing))) == len(missing) == counts[metric].fn
        assert len(set(map(msgspec.json.encode, extra))) == len(extra) == counts[metric].fp
        assert not set(map(msgspec.json.encode, missing)) & set(map(msgspec.json.encode, extra))


@given(annotated(), annotated())
def test_rows_and_columns_of_the_confusion_are_gold_and_prediction(gold: Document, predicted: Document) -> None:
    analysis = analyse([gold], [predicted])
    for layer, of in (("entity", lambda d: d.entities), ("trigger", lambda d: d.events)):
        rows: Counter[str | None] = Counter()
        columns: Counter[str | None] = Counter()
        for (row, column), number in analysis.confusion(layer).items():
            rows[row] += number
            columns[column] += number
        del rows[None], columns[None]
        assert rows == Counter(label for _, label in {(i.span, i.label) for i in of(gold)})
        assert columns == Counter(label for _, label in {(i.span, i.label) for i in of(predicted)})


@given(annotated(), annotated(), st.randoms(use_true_random=False))
def test_order_duplicates_and_ids_change_nothing(gold: Document, predicted: Document, chance: random.Random) -> None:
    twice = [msgspec.structs.replace(e, id=e.id + "x") for e in predicted.entities]
    changed = msgspec.structs.replace(
        predicted,
        entities=tuple(chance.sample([*predicted.entities, *twice], 2 * len(twice))),
        events=tuple(chance.sample(predicted.events, len(predicted.events))),
    )
    assert compare(gold, changed).errors == compare(gold, predicted).errors


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        ((2, 5, "A"), (2, 5, "B"), "type"),
        ((2, 5, "A"), (3, 5, "A"), "boundary"),
        ((2, 5, "A"), (4, 7, "A"), "boundary"),
        ((2, 5, "A"), (4, 7, "B"), "boundary+type"),
    ],
)
def test_a_pair_is_one_error(gold: tuple[int, int, str], predicted: tuple[int, int, str], kind: str) -> None:
    (error,) = compare(tree(gold), tree(predicted)).errors
    assert (error.layer, error.kind, error.gold, error.predicted) == ("entity", kind, Item(*gold), Item(*predicted))
    trigger = [tree(events=(Event("e", label, Trigger(a, b)),)) for a, b, label in (gold, predicted)]
    assert kinds(*trigger, "trigger") == [(kind, False)]


def test_spans_that_touch_do_not_overlap() -> None:
    assert kinds(tree((0, 2, "A")), tree((2, 4, "A")), "entity") == [("missed", False), ("spurious", False)]


def test_the_same_span_is_paired_before_a_mere_overlap() -> None:
    gold, predicted = tree((0, 8, "A"), (7, 10, "B")), tree((0, 8, "B"))
    errors = compare(gold, predicted).errors
    assert [(error.kind, error.gold) for error in errors] == [("type", Item(0, 8, "A")), ("missed", Item(7, 10, "B"))]


def test_pairing_is_the_best_and_not_the_first() -> None:
    # Taken in order, the first prediction would take the only gold mention that the second one overlaps.
    gold, predicted = tree((0, 4, "A"), (4, 8, "A")), tree((3, 7, "A"), (0, 3, "A"))
    assert [kind for kind, _ in kinds(gold, predicted, "entity")] == ["boundary", "boundary"]


def test_what_is_right_is_paired_with_nothing() -> None:
    gold, predicted = tree((0, 4, "A")), tree((0, 4, "A"), (0, 4, "B"), (1, 4, "A"))
    assert kinds(gold, predicted, "entity") == [("spurious", False), ("spurious", False)]
    assert compare(gold, predicted).right["entity"] == (Item(0, 4, "A"),)


@pytest.mark.parametrize(
    ("predicted", "kind", "follows"),
    [
        ((death(victim=(4, 6)),), "role", False),
        ((death(agent=(4, 5)),), "boundary", False),
        ((death(victim=(4, 5)),), "boundary+role", False),
        ((death(type="Y", agent=(4, 6)),), "event_type", True),
        ((death((2, 3), agent=(4, 6)),), "trigger", True),
        ((death(), death((8, 9), "Z", agent=(4, 6))), "trigger", False),
    ],
)
def test_classes_of_arguments(predicted: tuple[Event, ...], kind: str, follows: bool) -> None:
    gold = tree(events=(death(agent=(4, 6)), death((8, 9), "Z")))
    assert kinds(gold, tree(events=predicted), "argument") == [(kind, follows)]


def test_arguments_missed_with_their_event_and_alone() -> None:
    gold = tree(events=(death(agent=(4, 6)), death((8, 9), "Z", agent=(5, 7))))
    assert kinds(gold, tree(events=(death(),)), "argument") == [("missed", False), ("missed", True)]
    assert kinds(tree(events=(death(),)), gold, "argument") == [("spurious", False), ("spurious", True)]


def test_a_document_without_prediction_is_all_missed(raid: Document) -> None:
    other = msgspec.structs.replace(raid, doc_id="other")
    analysis = analyse([raid, other], [raid])
    assert [error.kind for one in analysis.documents for error in one.errors] == ["missed"] * 15
    assert [one.gold.doc_id for one in analysis.worst()] == ["other"]
    assert analysis.classes("argument")["missed"] == analysis.following("argument")["missed"] == 7
    assert analysis.scores.missing == ("other",)


def test_worst_documents_come_first(raid: Document) -> None:
    bad = msgspec.structs.replace(raid, doc_id="bad")
    worse = msgspec.structs.replace(raid, doc_id="worse")
    analysis = analyse([raid, bad, worse], [raid, msgspec.structs.replace(bad, entities=(), events=())])
    assert [one.gold.doc_id for one in analysis.worst()] == ["bad", "worse"]


def test_unusable_predictions_are_refused(raid: Document) -> None:
    with pytest.raises(ScoreError, match="its text differs"):
        analyse([raid], [msgspec.structs.replace(raid, text=raid.text + "!")])
