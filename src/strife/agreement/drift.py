"""Which annotator goes another way than the others.

Each annotator's agreement with the others is held against the agreement of the others among themselves, on the same
draws of documents. With two annotators nobody can say which of them it is.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec

from strife.agreement.measure import Measure
from strife.agreement.values import Draw, Value
from strife.bootstrap import interval, resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WATCHED = {"entities": "exact", "typed_triggers": "exact", "arguments": "exact", "events": "parts"}
TWO = "it cannot be told with two annotators: agreement is mutual; have a third annotate some of the documents"


class Deviation(msgspec.Struct, frozen=True):
    """An annotator against the others, in one layer.

    `with_others` is the mean F1 with each of them, `among_others` theirs without this annotator; `difference` is the
    first less the second, and the annotator `drifts` where its whole interval lies below 0. `marks` is how many marks
    the annotator makes for each that the others make on average in the same documents.
    """

    with_others: Value
    among_others: Value
    difference: Value
    drifts: bool
    marks: float | None


class Drift(msgspec.Struct, frozen=True):
    """Deviations by layer and annotator; `undefined` says why there are none."""

    layers: dict[str, dict[str, Deviation]] = {}
    undefined: str | None = None


def drift(measures: Mapping[str, Measure], names: Sequence[str], draw: Draw) -> Drift:
    """The deviation of every annotator; `measures` are those `WATCHED`, by layer."""
    if len(names) < 3:
        return Drift(undefined=TWO)
    layers = {
        layer: {name: _deviation(measure, i, len(names), draw) for i, name in enumerate(names)}
        for layer, measure in measures.items()
    }
    return Drift(layers)


def _deviation(measure: Measure, who: int, annotators: int, draw: Draw) -> Deviation:
    import numpy as np

    pairs = list(combinations(range(annotators), 2))
    sums, formula, size = measure.whole
    of_pairs = sums[:, 1:]
    mine = [p for p, pair in enumerate(pairs) if who in pair]
    others = [p for p in range(len(pairs)) if p not in mine]
    parts = np.stack([of_pairs[:, some].sum(1) for some in (mine, others)], 1)
    points, drawn = formula(parts.sum(0)), formula(resampled(parts, *draw))
    held = int((size(parts).min(1) > 0).sum())
    with_others, among_others = (_valued(points[i], drawn[:, i], held) for i in (0, 1))
    difference = _valued(points[0] - points[1], drawn[:, 0] - drawn[:, 1], held)
    own = sum(of_pairs[:, p, 1 if pairs[p][0] == who else 2].sum() for p in mine)
    theirs = sum(of_pairs[:, p, 2 if pairs[p][0] == who else 1].sum() for p in mine)
    drifts = difference.high is not None and difference.high < 0
    return Deviation(with_others, among_others, difference, drifts, float(own / theirs) if theirs else None)


def _valued(point: float, draws: "NDArray[np.float64]", documents: int) -> Value:
    if point != point:
        return Value(None, undefined="too few marks in common documents")
    low, high = (interval(draws) if documents > 1 else None) or (None, None)
    return Value(float(point), low, high, documents=documents)
