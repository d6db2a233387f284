"""The optimal pairing."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from strife.align import best_pairs

matrices = st.integers(0, 4).flatmap(
    lambda rows: st.integers(0, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 5), min_size=columns, max_size=columns), min_size=rows, max_size=rows
        ).map(lambda table: np.array(table, dtype=float).reshape(rows, columns))
    )
)


@given(matrices)
def test_no_pairing_has_a_larger_sum(weights: np.ndarray) -> None:
    rows, columns = weights.shape
    wide = weights if rows <= columns else weights.T
    best = max(
        (
            sum(wide[i, j] for i, j in enumerate(order))
            for order in itertools.permutations(range(max(weights.shape)), len(wide))
        ),
        default=0,
    )
    pairs = best_pairs(weights)
    assert sum(weights[pair] for pair in pairs) == best
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(weights[pair] > 0 for pair in pairs)


def test_greed_would_lose() -> None:
    assert best_pairs(np.array([[3.0, 2.0], [2.0, 0.0]])) == [(0, 1), (1, 0)]
