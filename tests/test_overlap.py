"""Partial credit: against all pairings."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from strife.scoring.overlap import credit, tally

Span = tuple[int, int]
spans = st.sets(st.tuples(st.integers(0, 8), st.integers(1, 4)).map(lambda s: (s[0], s[0] + s[1])), max_size=4)


def worth(a: Span, b: Span) -> float:
    return 1.0 if a == b else 0.5 if a[0] < b[1] and b[0] < a[1] else 0.0


@given(spans, spans)
def test_no_pairing_gives_more(gold: set[Span], predicted: set[Span]) -> None:
    few, many = sorted((gold, predicted), key=len)
    best = max(sum(worth(a, b) for a, b in zip(few, order, strict=False)) for order in itertools.permutations(many))
    assert credit(gold, predicted) == best


def test_a_mention_is_used_once_and_touching_is_no_overlap() -> None:
    assert credit({(0, 10)}, {(0, 4), (5, 10)}) == 0.5
    assert credit({(0, 4)}, {(4, 8)}) == 0
    assert credit({(0, 10), (2, 4)}, {(2, 4), (3, 12)}) == 1.5


def test_labels_keep_spans_apart() -> None:
    gold = {
        "doc": np.array([0, 0, 1]),
        "label": np.array([1, 2, 1]),
        "start": np.array([0, 5, 0]),
        "end": np.array([3, 8, 3]),
    }
    predicted = gold | {"label": np.array([1, 1, 2]), "end": np.array([4, 8, 3])}
    labelled, free = (tally(gold, predicted, by_label, 2, 3) for by_label in (True, False))
    assert labelled.documents.tolist() == [[0.5, 1.5, 1.5], [0, 1, 1]]
    assert labelled.types.tolist() == [[0, 0, 0], [0.5, 1.5, 1.5], [0, 1, 1]]
    assert free.documents.tolist() == [[1.5, 0.5, 0.5], [1, 0, 0]]
