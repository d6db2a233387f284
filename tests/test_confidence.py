"""Intervals, tests and spread: against exact enumeration and figures from the literature."""

import itertools
import time
from collections.abc import Sequence

import numpy as np
import pytest

from strife.model import Document, Entity, Event, Trigger
from strife.scoring.confidence import compare, holm, intervals, paired, spread
from strife.scoring.score import Scores, score
from strife.scoring.signature import SignatureError

CHANCE = np.random.default_rng(7)


def documents(found: Sequence[int], wrong: Sequence[int] = ()) -> list[Document]:
    """Documents of ten mentions each, of which so many are found, and so many more that are not in gold."""
    wrong = wrong or [0] * len(found)
    return [
        Document(
            f"d{n:03}",
            "x" * 40,
            tuple(Entity(f"m{k}", k, k + 1, "A") for k in range(right))
            + tuple(Entity(f"w{k}", 20 + k, 21 + k, "A") for k in range(more)),
        )
        for n, (right, more) in enumerate(zip(found, wrong, strict=True))
    ]


def scored(found: Sequence[int], wrong: Sequence[int] = ()) -> Scores:
    return score(documents([10] * len(found)), documents(found, wrong), ["ent"])


def test_the_interval_is_that_of_resampled_documents() -> None:
    found = CHANCE.integers(3, 10, 60).tolist()
    scores = scored(found)
    bounds = intervals(scores)["ent"]
    draws = np.random.default_rng(3).integers(0, 60, (4000, 60))
    tp = np.array(found)[draws].sum(axis=1)
    f1 = np.quantile(2 * tp / (tp + 600), (0.025, 0.975))
    assert bounds.f1 == pytest.approx(tuple(f1), abs=0.01)
    assert bounds.f1[0] < scores.counts["ent"].f1 < bounds.f1[1]
    assert bounds.precision == (1.0, 1.0)
    assert intervals(scores) == intervals(scores)
    assert intervals(scores, seed=1) != intervals(scores)


def test_the_interval_has_its_level() -> None:
    """Of 60 intervals of samples from a known population about 57 hold its value."""
    held = 0
    for _ in range(60):
        found = CHANCE.integers(0, 11, 80)
        low, high = intervals(scored(found.tolist()), samples=400)["ent"].recall
        held += low <= 0.5 <= high
    assert 52 <= held <= 60


def test_nothing_to_score_has_no_interval() -> None:
    assert intervals(score([], [], ["ent"])) == {}
    assert "ent" not in intervals(score([Document("d", "x")], [], ["ent"]))


def exact(first: Scores, second: Scores) -> float:
    """The p of all exchanges."""

    def f1(rows: np.ndarray) -> float:
        tp, fp, fn = rows.sum(axis=0)
        return float(2 * tp / (2 * tp + fp + fn))

    a, b = first.table["ent"], second.table["ent"]
    wanted = abs(f1(a) - f1(b))
    differ = [
        abs(f1(np.where(np.array(swap)[:, None], b, a)) - f1(np.where(np.array(swap)[:, None], a, b)))
        for swap in itertools.product((False, True), repeat=len(a))
    ]
    return float(np.mean([one >= wanted - 1e-12 for one in differ]))


@pytest.mark.parametrize("seed", range(4))
def test_the_test_agrees_with_all_exchanges(seed: int) -> None:
    chance = np.random.default_rng(seed)
    first = scored(chance.integers(2, 9, 10).tolist(), chance.integers(0, 5, 10).tolist())
    second = scored(chance.integers(4, 11, 10).tolist(), chance.integers(0, 5, 10).tolist())
    assert paired(first, second, "ent") == pytest.approx(exact(first, second), abs=0.015)
    assert paired(first, second, "ent") == paired(second, first, "ent")


def test_p_of_the_same_and_of_very_different_systems() -> None:
    same, none = scored([5] * 30), scored([0] * 30)
    assert paired(same, same, "ent") == 1.0
    assert paired(same, none, "ent") == 1 / 10_001
    assert paired(same, none, "ent", trials=99) == 1 / 100


def test_under_the_null_small_ps_are_rare() -> None:
    ps = []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        ps.append(paired(*(scored(chance.integers(0, 11, 25).tolist()) for _ in "ab"), "ent", trials=500))
    assert sum(p <= 0.1 for p in ps) <= 9
    assert 0.35 < np.mean(ps) < 0.65


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_systems_are_compared_pairwise_and_adjusted() -> None:
    chance = np.random.default_rng(5)
    base = chance.integers(3, 8, 40)
    systems = {
        "a": [scored((base + 2).tolist())],
        "b": [scored(base.tolist())],
        "c": [scored((base + chance.integers(-1, 2, 40)).tolist())],
    }
    pairs = compare(systems, "ent")
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair.adjusted for pair in pairs] == holm([pair.p for pair in pairs])
    assert pairs[0].delta == pytest.approx(systems["a"][0].counts["ent"].f1 - systems["b"][0].counts["ent"].f1)
    assert pairs[0].adjusted < 0.001
    assert pairs[2].p > 0.1
    assert pairs[0].p == paired(systems["a"][0], systems["b"][0], "ent")


def test_seeds_are_one_system() -> None:
    runs = [scored([5, 6, 7] * 5), scored([7, 6, 5] * 5)]
    (pair,) = compare({"seeds": runs, "one": [scored([6] * 15)]}, "ent")
    assert pair.delta == pytest.approx(0.0)
    assert pair.p == 1.0
    told = spread([0.5, 0.7, 0.6])
    assert told == pytest.approx((3, 0.6, 0.1, 0.5, 0.7))
    assert spread([0.5]) == (1, 0.5, 0.0, 0.5, 0.5)
    with pytest.raises(ValueError, match="no value"):
        spread([])


def test_scores_of_other_gold_may_not_be_compared() -> None:
    other = score(documents([9] * 3), documents([5] * 3), ["ent"])
    with pytest.raises(SignatureError, match="differ in data"):
        compare({"a": [scored([5] * 3)], "b": [other]}, "ent")


def test_one_system_has_no_pair() -> None:
    assert compare({"a": [scored([5])]}, "ent") == ()


def test_five_hundred_documents_take_less_than_two_seconds() -> None:
    gold, first, second = (
        [
            Document(
                f"d{n}", "x" * 90, tuple(Entity(f"m{k}", k, k + 1 + (k % m == 0), "A") for k in range(40)), events(m)
            )
            for n in range(500)
        ]
        for m in (40, 3, 4)
    )
    one, two = score(gold, first), score(gold, second)
    begin = time.process_time()
    intervals(one)
    for metric in ("ent", "tri_c"):
        compare({"one": [one], "two": [two]}, metric)
    assert time.process_time() - begin < 2


def events(step: int) -> tuple[Event, ...]:
    return tuple(Event(f"e{k}", f"T{k % step}", Trigger(50 + k, 51 + k)) for k in range(10))
