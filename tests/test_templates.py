"""Templates: CEAF-REE and CEAF-RME, beyond the oracles in test_score.py."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Template
from strife.scoring.metrics import Counts
from strife.scoring.templates import ceaf_ree, ceaf_rme, normalised

filler = st.sets(st.sampled_from("wxyz"), min_size=1, max_size=3).map(lambda s: tuple(sorted(s)))
fillers = st.lists(filler, max_size=3, unique=True)
templates = st.lists(
    st.builds(Template, st.sampled_from("XY"), st.dictionaries(st.sampled_from("pt"), fillers.map(tuple))), max_size=3
)


def best(weights: list[list[float]], rows: int, columns: int) -> float:
    if rows > columns:
        return best([list(column) for column in zip(*weights, strict=True)], columns, rows)
    return max(
        (sum(weights[r][c] for r, c in enumerate(order)) for order in itertools.permutations(range(columns), rows)),
        default=0.0,
    )


def shared(gold: Template, predicted: Template) -> float:
    if gold.type != predicted.type:
        return 0.0
    total = 0.0
    for role in gold.roles.keys() & predicted.roles.keys():
        a, b = gold.roles[role], predicted.roles[role]
        total += best([[float(len(set(x) & set(y))) for y in b] for x in a], len(a), len(b))
    return total


def without_copies(side: list[Template]) -> list[Template]:
    return list({str((t.type, sorted((r, sorted(fs)) for r, fs in t.roles.items()))): t for t in side}.values())


@given(templates.map(without_copies), templates.map(without_copies))
def test_rme_is_the_best_of_all_pairings(gold: list[Template], predicted: list[Template]) -> None:
    got = sum(ceaf_rme(gold, predicted).values(), Counts())
    right = best([[shared(a, b) for b in predicted] for a in gold], len(gold), len(predicted))
    sizes = [sum(len(f) for t in side for fs in t.roles.values() for f in fs) for side in (gold, predicted)]
    assert (got.tp, got.tp + got.fn, got.tp + got.fp) == (right, sizes[0], sizes[1])


@given(templates, templates)
def test_ree_is_the_best_of_all_pairings_by_role(gold: list[Template], predicted: list[Template]) -> None:
    for role, got in ceaf_ree(gold, predicted).items():
        ours, theirs = ({frozenset(f) for t in side for f in t.roles.get(role, ())} for side in (gold, predicted))
        right = best([[float(b <= a) for b in theirs] for a in ours], len(ours), len(theirs))
        assert (got.tp, got.fp, got.fn) == (right, len(theirs) - right, len(ours) - right)


@pytest.mark.parametrize(
    ("mention", "told"),
    [
        ("The  U.S. Embassy", "us embassy"),
        ("an attack on a bus", "attack on bus"),
        ("O'Neill's", "oneills"),
        ("“the” base", "“ ” base"),
        ("Theatre", "theatre"),
    ],
)
def test_strings_are_normalised(mention: str, told: str) -> None:
    assert normalised(mention) == told


def test_a_gold_type_with_alternatives_agrees_with_each() -> None:
    gold = [Template("attack / bombing", {"Target": (("church",),)})]
    for kind, right in (("attack", 1), ("bombing", 1), ("attack / bombing", 1), ("arson", 0)):
        counts = ceaf_rme(gold, [Template(kind, gold[0].roles)])["Target"]
        assert counts == Counts(right, 1 - right, 1 - right)


def test_strings_that_become_equal_are_one() -> None:
    gold = [Template("attack", {"Target": (("the church", "church"),)})]
    assert ceaf_rme(gold, gold) == {"Target": Counts(1, 0, 0)}
    assert ceaf_ree(gold, [Template("x", {"Target": (("Church",), ("a church",))})]) == {"Target": Counts(1, 0, 0)}


def test_a_copy_is_right_only_where_gold_has_it_too() -> None:
    one, two = (("town",),), (("town",), ("town", "village"))
    gold = [Template("attack", {"Target": two}), Template("attack", {"Target": one})]
    assert ceaf_rme(gold, [Template("attack", {"Target": one})] * 2)["Target"] == Counts(1, 1, 3)
    assert ceaf_rme(gold[:1], [Template("attack", {"Target": one * 2})])["Target"] == Counts(1, 1, 2)
    assert ceaf_rme([gold[1]] * 2, [gold[1]] * 2)["Target"] == Counts(2, 0, 0)
