"""Matching columns: against plain sets, packed and ranked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.scoring import join
from strife.scoring.join import Layout, common, distinct, distinct_rows, tally
from strife.scoring.metrics import METRICS

ARGUMENTS = [metric for metric in METRICS.values() if metric.items == "arguments"]
FIGURES = [metric for metric in METRICS.values() if metric.items == "figures"]

numbers = st.integers(0, 3)


def table(rows: list[dict[str, int]], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows], np.int32) for name in names}


@st.composite
def arguments(draw: st.DrawFn) -> list[dict[str, int]]:
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        start, trigger = draw(numbers), draw(numbers)
        row = {"doc": draw(numbers), "start": start, "end": start + 1 + draw(numbers), "type": 1 + draw(numbers)}
        row |= {"role": 1 + draw(numbers), "trigger_start": trigger, "trigger_end": trigger + 1 + draw(numbers)}
        rows.append(row)
    return rows


def by_sets(gold: list[dict[str, int]], predicted: list[dict[str, int]], metric: Any) -> list[list[int]]:
    found = []
    for doc in range(4):
        wanted, given_ = (
            {tuple(row[p] for p in metric.parts) for row in s if row["doc"] == doc} for s in (gold, predicted)
        )
        right = len(wanted & given_)
        found.append([right, len(given_) - right, len(wanted) - right])
    return found


@pytest.mark.parametrize("bits", [63, 5])
@settings(max_examples=50)
@given(arguments(), arguments())
def test_a_join_counts_what_sets_count(bits: int, gold: list[dict[str, int]], predicted: list[dict[str, int]]) -> None:
    names = ("doc", "start", "end", "type", "role", "trigger_start", "trigger_end")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(join, "BITS", bits)
        found = tally(table(gold, names), table(predicted, names), ARGUMENTS, 4, 5)
    assert list(found) == [metric.name for metric in ARGUMENTS]
    for metric in ARGUMENTS:
        assert found[metric.name].documents.tolist() == by_sets(gold, predicted, metric), metric.name
        assert found[metric.name].types.sum(axis=0).tolist() == found[metric.name].documents.sum(axis=0).tolist()


def test_types_are_counted_by_the_part_that_is_named() -> None:
    rows = [
        {"doc": 0, "start": 0, "end": 1, "type": kind, "role": role, "trigger_start": 0, "trigger_end": 1}
        for kind, role in ((1, 2), (1, 3), (4, 2))
    ]
    gold = table(rows, tuple(rows[0]))
    found = tally(gold, {name: column[:2] for name, column in gold.items()}, ARGUMENTS, 1, 5)
    assert found["arg_c+"].types.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert found["arg_i+"].types.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_an_event_without_a_figure_says_none() -> None:
    names = ("doc", "start", "end", "people_min", "people_max", "type")
    gold = dict(zip(names, np.array([[0, 0], [0, 5], [1, 6], [1, 2], [0, 3], [1, 1]], np.int32), strict=True))
    found = tally(gold, gold, FIGURES, 1, 2)
    assert {name: one.documents[0, 0] for name, one in found.items()} == {"people_min": 2, "people_max": 1, "people": 2}


def test_keys_too_wide_to_be_packed_are_ranked() -> None:
    start = np.array([0, 2**30, 2**30], np.int32)
    gold = {
        "doc": np.array([0, 2, 2], np.int32),
        "start": start,
        "end": np.array([2**30, 2**30 + 5, 2**30 + 5], np.int32),
    }
    gold["label"] = np.array([1, 1, 2], np.int32)
    predicted = {name: column[[2, 0]] for name, column in gold.items()}
    found = tally(gold, predicted, [METRICS["ent"], METRICS["ent_unlabelled"]], 3, 3)
    assert found["ent"].documents.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 1]]
    assert found["ent_unlabelled"].documents.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert found["ent"].types.tolist() == [[0, 0, 0], [1, 0, 1], [1, 0, 0]]


def test_negative_numbers_are_refused() -> None:
    one = {name: np.array([1], np.int32) for name in ("doc", "start", "end", "label")}
    with pytest.raises(ValueError, match="column end holds a number below 0"):
        tally(one, one | {"end": np.array([0], np.int32)}, [METRICS["ent"]], 2, 2)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=20), st.sampled_from([63, 3]))
def test_distinct_rows(rows: list[tuple[int, int, int]], bits: int) -> None:
    columns = [np.array([row[n] for row in rows], np.int32) for n in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(join, "BITS", bits)
        assert distinct_rows(columns).tolist() == [list(row) for row in sorted(set(rows))]


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=20), st.sets(st.sampled_from("bcd")))
def test_cutting_keys_is_packing_fewer_columns(rows: list[tuple[int, ...]], kept: set[str]) -> None:
    columns = {name: np.array([row[n] for row in rows], np.int32) for n, name in enumerate("abcd")}
    layout = Layout(tuple("abcd"), (2, 2, 2, 2))
    other = layout.only(["a", *kept])
    cut = layout.cut(layout.pack(list(columns.values())), other)
    assert cut.tolist() == other.pack([columns[name] for name in other.names]).tolist()


@given(st.sets(numbers), st.sets(numbers))
def test_common_is_the_intersection(first: set[int], second: set[int]) -> None:
    keys = [np.array(sorted(side), np.int64) for side in (first, second)]
    assert common(*keys).tolist() == sorted(first & second)
    assert distinct(np.sort(np.concatenate(keys))).tolist() == sorted(first | second)
