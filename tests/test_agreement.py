"""Agreement of annotators: properties that hold for whatever they mark, and small cases counted by hand."""

import itertools
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.agreement import Agreement, agree, pair_events
from strife.agreement.events import pairs_of, parts
from strife.agreement.pairing import items, largest, meeting
from strife.agreement.units import event_units, units_of
from strife.agreement.values import Value
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology
from strife.scoring.score import score

TEXT = "Police said that rebels killed two villagers in Talmar on Friday. Rebels denied it."
CONFLICT = load_ontology()

# ---------------------------------------------------------------- documents that annotators might submit

places = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 14)).map(lambda p: (p[0], min(p[0] + p[1], len(TEXT))))


@st.composite
def documents(draw: st.DrawFn, doc_id: str = "d1") -> Document:
    entities = [
        Entity(f"m{n}", *place, label)
        for n, (place, label) in enumerate(
            draw(st.lists(st.tuples(places, st.sampled_from(("PER", "ARM", "GPE"))), max_size=5))
        )
    ]
    ids = [e.id for e in entities]
    roles = st.sampled_from(("agent", "victim", "place"))
    arguments = st.lists(st.builds(Argument, roles, st.sampled_from(ids)), max_size=3) if ids else st.just([])
    events = [
        Event(f"e{n}", kind, Trigger(*place), tuple(draw(arguments)), {"certainty": certainty, "incident": incident})
        for n, (place, kind, certainty, incident) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        places,
                        st.sampled_from(("DEATH", "CLASH")),
                        st.sampled_from(("asserted", "alleged")),
                        st.integers(0, 2),
                    ),
                    max_size=4,
                )
            )
        )
    ]
    labels = st.sampled_from(("same_as", "located_in"))
    arrows = st.lists(st.builds(Relation, st.sampled_from(ids), st.sampled_from(ids), labels), max_size=2)
    return Document(doc_id, TEXT, tuple(entities), tuple(events), tuple(draw(arrows)) if ids else ())


def versions(annotators: int) -> st.SearchStrategy[list[list[Document]]]:
    """Two documents by each annotator."""
    return st.lists(st.tuples(documents("d1"), documents("d2")).map(list), min_size=annotators, max_size=annotators)


def measured(annotators: Mapping[str, Sequence[Document]], samples: int = 20) -> Agreement:
    return agree(annotators, CONFLICT, samples=samples)


def figures(agreement: Agreement) -> dict[tuple[str, str, str], Value]:
    """The values over all and by type."""
    return {
        (layer, name, key): value
        for layer, measures in agreement.layers.items()
        for name, result in measures.items()
        for key, value in (("", result.overall), *result.types.items())
    }


def same_figures(a: Agreement, b: Agreement) -> None:
    ours, theirs = figures(a), figures(b)
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        other = theirs[key]
        assert value.undefined == other.undefined, key
        for one, two in zip(value_of(value), value_of(other), strict=True):
            assert one == pytest.approx(two, abs=1e-9), key


def value_of(value: Value) -> list[float]:
    return [-9.0 if number is None else number for number in (value.value, value.low, value.high)]


# ---------------------------------------------------------------- properties


@settings(max_examples=20)
@given(versions(2))
def test_nothing_depends_on_who_is_called_what_or_comes_first(given_: list[list[Document]]) -> None:
    a, b = given_
    one, other = measured({"a": a, "b": b}), measured({"x": b, "y": a})
    same_figures(one, other)
    assert one.signature == other.signature
    assert {p.question: (p.count, p.gain) for p in one.patterns} == {
        p.question: (p.count, p.gain) for p in other.patterns
    }


@settings(max_examples=8)
@given(versions(3), st.permutations(range(3)))
def test_three_annotators_may_be_renamed(given_: list[list[Document]], order: list[int]) -> None:
    same_figures(
        measured(dict(zip("abc", given_, strict=True))),
        measured({"abc"[n]: given_[i] for n, i in enumerate(order)}),
    )


@settings(max_examples=12)
@given(versions(2), st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(given_: list[list[Document]], chance: object) -> None:
    a, b = given_
    same_figures(measured({"a": a, "b": b}), measured({"a": [shuffled(d, chance) for d in reversed(a)], "b": b}))


def shuffled(document: Document, chance: object) -> Document:
    """Everything twice, the copies under other ids, in another order."""

    def mixed(some: Sequence[object]) -> tuple[object, ...]:
        listed = list(some)
        chance.shuffle(listed)  # type: ignore[attr-defined]
        return tuple(listed)

    copies = [msgspec.structs.replace(item, id=f"{item.id}-copy") for item in document.entities]
    events = [msgspec.structs.replace(event, id=f"{event.id}-copy") for event in document.events]
    return msgspec.structs.replace(
        document,
        entities=mixed([*document.entities, *copies]),
        events=tuple(
            msgspec.structs.replace(event, arguments=mixed([*event.arguments, *event.arguments]))
            for event in mixed([*document.events, *events])
        ),
        relations=mixed([*document.relations, *document.relations]),
    )


@settings(max_examples=10)
@given(versions(1))
def test_identical_annotators_agree_wholly_or_there_is_nothing_to_agree_on(given_: list[list[Document]]) -> None:
    (a,) = given_
    for key, value in figures(measured({"a": a, "b": a, "c": a})).items():
        assert (value.value is None) == (value.undefined is not None)
        assert value.value is None or value.value == pytest.approx(1), key


@settings(max_examples=20)
@given(versions(2))
def test_every_figure_is_a_number_or_says_why_not(given_: list[list[Document]]) -> None:
    agreement = measured(dict(zip("ab", given_, strict=True)))
    for layer, measures in agreement.layers.items():
        for name, result in measures.items():
            for value in (result.overall, *result.types.values(), *result.pairs.values(), *result.documents.values()):
                assert (value.value is None) == bool(value.undefined)
                assert value.value is None or (np.isfinite(value.value) and value.value <= 1 + 1e-9), (layer, name)
                assert value.low is None or value.low <= value.high  # type: ignore[operator]


@settings(max_examples=20)
@given(documents(), documents())
def test_exact_agreement_is_the_scorers_f1(a: Document, b: Document) -> None:
    """Where the scorer counts the same things: all but relations, whose symmetric labels it reads as drawn."""
    counts = score([a], [b]).counts
    layers = measured({"a": [a], "b": [b]}).layers
    for layer, metric in {
        "entities": "ent",
        "triggers": "tri_i",
        "typed_triggers": "tri_c",
        "arg_c+": "arg_c+",
    }.items():
        value = layers[layer]["exact"].overall.value
        marked = 2 * counts[metric].tp + counts[metric].fp + counts[metric].fn
        assert value == pytest.approx(counts[metric].f1) if marked else value is None


@settings(max_examples=25)
@given(documents(), documents())
def test_looser_ways_to_agree_give_no_less(a: Document, b: Document) -> None:
    layers = measured({"a": [a], "b": [b]}, samples=2).layers
    for layer, names in {
        "entities": ("exact", "iou", "overlap"),
        "typed_triggers": ("exact", "iou", "overlap"),
        "arguments": ("exact", "iou", "overlap", "chain"),
        "events": ("exact", "iou", "overlap", "parts"),
        "relations": ("exact", "iou", "overlap"),
    }.items():
        values = [layers[layer][name].overall.value for name in names]
        assert None in values or values == sorted(values), (layer, values)


# ---------------------------------------------------------------- pairing


@settings(max_examples=60)
@given(documents(), documents())
def test_events_are_paired_so_that_no_other_pairing_agrees_more(a: Document, b: Document) -> None:
    ours, theirs = list(event_units(a)), list(event_units(b))
    chosen = pairs_of(ours, theirs)
    assert len({i for i, _ in chosen}) == len({j for _, j in chosen}) == len(chosen)

    def worth(i: int, j: int) -> float:
        x, y = ours[i], theirs[j]
        return parts(x, y) if x.label == y.label and x.start < y.end and y.start < x.end else 0.0

    short, long = sorted((range(len(ours)), range(len(theirs))), key=len)
    flip = len(ours) > len(theirs)
    best = max(
        sum(worth(j, i) if flip else worth(i, j) for i, j in zip(short, some, strict=True))
        for some in itertools.permutations(long, len(short))
    )
    assert sum(worth(i, j) for i, j in chosen) == pytest.approx(best, abs=1e-4)
    assert all(worth(i, j) for i, j in chosen)


def test_paired_events_are_those_of_the_documents() -> None:
    a = Document("d", TEXT, (), (Event("x", "DEATH", Trigger(24, 30)), Event("y", "STATEMENT", Trigger(7, 11))))
    b = Document("d", TEXT, (), (Event("p", "DEATH", Trigger(17, 30)), Event("q", "CLAIM", Trigger(7, 11))))
    assert [(x.id, y.id) for x, y in pair_events(a, b)] == [("x", "p")]


def test_the_largest_pairing_is_taken() -> None:
    # the first could take the second's only partner
    one = items("AA", [0, 0], [(0, 10), (5, 6)])
    other = items("AA", [0, 0], [(4, 7), (8, 9)])
    assert sorted(largest(meeting(one, other).overlap)) == [(0, 1), (1, 0)]


# ---------------------------------------------------------------- by hand


def marked(*spans: tuple[int, int, str], doc_id: str = "d", text: str = "x" * 100) -> Document:
    return Document(doc_id, text, tuple(Entity(f"m{n}", *span) for n, span in enumerate(spans)))


def test_f1_of_mentions_by_hand() -> None:
    a = marked((0, 5, "PER"), (10, 20, "ORG"), (30, 34, "GPE"), (40, 44, "GPE"))
    b = marked((0, 5, "PER"), (12, 20, "ORG"), (32, 39, "GPE"), (50, 55, "PER"))
    f1 = {
        name: measured({"a": [a], "b": [b]}).layers["entities"][name]
        for name in ("exact", "overlap", "iou", "character")
    }
    assert f1["exact"].overall.value == 2 * 1 / 8
    assert f1["overlap"].overall.value == 2 * 3 / 8
    assert f1["iou"].overall.value == 2 * 2 / 8
    assert f1["character"].overall.value == 2 * (5 + 8 + 2) / (23 + 25)
    assert f1["overlap"].types["GPE"].value == 2 / 3
    assert f1["exact"].types["PER"].value == 2 / 3
    assert f1["exact"].pairs == {"a, b": msgspec.structs.replace(f1["exact"].overall, low=None, high=None)}
    assert f1["exact"].documents["d"].value == 0.25


def test_kappa_over_tokens_is_sklearns() -> None:
    from sklearn.metrics import cohen_kappa_score

    text = "one two three four five six seven eight"
    a = Document("d", text, (Entity("1", 0, 7, "PER"), Entity("2", 14, 18, "ORG")))
    b = Document("d", text, (Entity("1", 0, 3, "PER"), Entity("2", 14, 18, "PER"), Entity("3", 4, 7, "ORG")))
    labels_a = ["PER", "PER", "O", "ORG", "O", "O", "O", "O"]
    labels_b = ["PER", "ORG", "O", "PER", "O", "O", "O", "O"]
    cohen = measured({"a": [a], "b": [b]}).layers["entities"]["cohen"]
    assert cohen.overall.value == pytest.approx(cohen_kappa_score(labels_a, labels_b))
    for label in ("PER", "ORG"):
        against = [[x == label for x in labels] for labels in (labels_a, labels_b)]
        assert cohen.types[label].value == pytest.approx(cohen_kappa_score(*against))


def test_a_document_may_lack_an_annotator() -> None:
    d1, d2 = marked((0, 5, "PER"), doc_id="d1"), marked((0, 5, "PER"), doc_id="d2")
    other = marked((0, 5, "ORG"), doc_id="d2")
    agreement = measured({"a": [d1, d2], "b": [d1, other], "c": [d2]})
    exact = agreement.layers["entities"]["exact"]
    # d1: a, b agree; d2: only a and c do
    assert exact.overall.value == 2 * 2 / 8
    assert [exact.pairs[pair].value for pair in ("a, b", "a, c", "b, c")] == [0.5, 1.0, 0.0]
    assert {one.name: one.documents for one in agreement.annotators} == {"a": 2, "b": 2, "c": 1}


def test_pairs_without_a_common_document_say_so() -> None:
    d1, d2 = marked((0, 5, "PER"), doc_id="d1"), marked((0, 5, "PER"), doc_id="d2")
    pairs = measured({"a": [d1], "b": [d1, d2], "c": [d2]}).layers["entities"]["exact"].pairs
    assert pairs["a, c"] == Value(None, undefined="no document in common")
    assert pairs["a, b"].value == 1


def test_an_annotator_who_marked_nothing_is_named() -> None:
    some = [marked((0, 5, "PER"), doc_id=f"d{n}") for n in range(3)]
    agreement = measured({"a": some, "b": [marked(doc_id=f"d{n}") for n in range(3)]})
    assert "annotator b marked nothing in 3 of 3 documents: d0, d1, d2" in agreement.notes
    entities = agreement.layers["entities"]
    assert entities["exact"].overall.value == 0  # they agree on none of three marks
    assert entities["alpha"].overall.value is not None
    assert entities["alpha"].overall.value <= 0
    assert entities["cu_alpha"].overall.undefined == "nobody marked any"  # nothing that both marked
    assert agreement.layers["events"]["exact"].overall == Value(None, undefined="nobody marked any")


def test_where_nothing_varies_alpha_is_undefined() -> None:
    whole = [marked((0, 100, "PER"), doc_id=f"d{n}") for n in range(2)]
    entities = measured({"a": whole, "b": whole}).layers["entities"]
    for name in ("cohen", "fleiss", "alpha", "u_alpha", "bu_alpha", "cu_alpha"):
        assert entities[name].overall.value is None
        assert str(entities[name].overall.undefined).startswith("no variation")
    assert entities["exact"].overall.value == 1


def test_one_document_has_no_interval() -> None:
    agreement = measured({"a": [marked((0, 5, "PER"))], "b": [marked((0, 5, "PER"))]})
    assert "one document: no intervals" in agreement.notes
    assert agreement.layers["entities"]["exact"].overall.low is None


def test_the_interval_is_that_of_documents_drawn_again() -> None:
    some = [marked((0, 5, "PER"), (10, 15, "PER"), doc_id=f"d{n}") for n in range(12)]
    others = [marked((0, 5, "PER"), *([(10, 15, "PER")] if n % 3 else []), doc_id=f"d{n}") for n in range(12)]
    value = measured({"a": some, "b": others}, samples=500).layers["entities"]["exact"].overall
    chance = np.random.default_rng(5)
    tp, n = np.array([2 if i % 3 else 1 for i in range(12)]), np.array([4 if i % 3 else 3 for i in range(12)])
    drawn = chance.integers(0, 12, (4000, 12))
    low, high = np.quantile(2 * tp[drawn].sum(1) / n[drawn].sum(1), (0.025, 0.975))
    assert value.value == pytest.approx(2 * tp.sum() / n.sum())
    assert value.low == pytest.approx(low, abs=0.01)
    assert value.high == pytest.approx(high, abs=0.01)


def test_symmetric_relations_agree_in_either_direction() -> None:
    spans = (Entity("1", 0, 5, "PER"), Entity("2", 10, 15, "PER"))
    a = Document("d", "x" * 50, spans, (), (Relation("1", "2", "same_as"), Relation("1", "2", "member_of")))
    b = Document("d", "x" * 50, spans, (), (Relation("2", "1", "same_as"), Relation("2", "1", "member_of")))
    types = measured({"a": [a], "b": [b]}).layers["relations"]["exact"].types
    assert {name: value.value for name, value in types.items()} == {"same_as": 1, "member_of": 0}


def test_attributes_of_agreed_items(ontology: Ontology) -> None:
    def events(*values: dict[str, str | int]) -> Document:
        return Document(
            "d",
            "x" * 90,
            (),
            tuple(Event(f"e{n}", "DEATH", Trigger(9 * n, 9 * n + 5), (), v) for n, v in enumerate(values)),
        )

    a = events({"certainty": "alleged", "incident": 1, "people_min": 3}, {"incident": 1}, {"incident": 2})
    b = events({"certainty": "asserted", "incident": 7, "people_min": 3.0}, {"incident": 7}, {"incident": 7})
    layer = measured({"a": [a], "b": [b]}).layers["attributes"]
    of = {name: value.value for name, value in layer["observed"].types.items()}
    assert of["certainty"] == pytest.approx(2 / 3)  # what was left alone has the default
    assert of["people_min"] == 1  # 3 and 3.0 are one number
    assert of["incident"] == pytest.approx(1 / 3)  # of three pairs of events; the numbers themselves mean nothing
    assert layer["alpha"].types["certainty"].value == pytest.approx(1 - (6 - 4) * 5 / (36 - 26))
    assert layer["alpha"].types["realis"].undefined is not None
    assert "people_min" not in layer["alpha"].types  # numbers are no closed set of values


def test_units_are_what_a_document_says(raid: Document, ontology: Ontology) -> None:
    units = units_of(raid, ontology)
    assert [e.label for e in units.events] == ["STATEMENT", "DEATH"]
    assert [(f.role, f.place) for f in units.events[0].arguments] == [("content", (24, 30)), ("speaker", (0, 6))]
    assert all(d.span in [s[:2] for s in units.entities] for d in raid.entities)
