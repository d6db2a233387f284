"""Values of measures with intervals: over all, by type, by pair of annotators, by document.

An interval is the percentile interval of a bootstrap over documents; it needs two documents that hold something. A
value that is not defined says why, and is never a number.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from strife.agreement.coefficients import light
from strife.agreement.measure import Measure, Sums
from strife.bootstrap import interval, resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from strife.agreement.measure import Array

NOTHING = "nobody marked any"
NO_VARIATION = "no variation: every value is the same (observed agreement 1)"
NOT_SHARED = "no document in common"


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value with its 95 % interval.

    `value` is None where the measure is not defined, and `undefined` says why; `low` and `high` are None where fewer
    than two documents hold anything. `size` is what the value rests on (marks of both annotators, tokens, characters,
    answers), `documents` how many documents hold some of it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    undefined: str | None = None
    size: int = 0
    documents: int = 0


class Result(msgspec.Struct, frozen=True):
    """One measure of one layer. The keys of `pairs` are two names with ", " between, those of `documents` doc_ids."""

    overall: Value
    types: dict[str, Value]
    pairs: dict[str, Value]
    documents: dict[str, Value]


class Draw(NamedTuple):
    """How intervals are drawn: the number of samples and the seed."""

    samples: int
    seed: int


def result(
    measure: Measure, doc_ids: Sequence[str], pairs: Sequence[str], together: "NDArray[np.bool_]", draw: Draw
) -> Result:
    """All values of a measure. `together` (documents, pairs) says which documents both of a pair submitted."""
    groups = _values(measure.whole, measure.of_pairs, draw)
    by_type: dict[str, Value] = {}
    if measure.typed is not None and measure.types:
        typed = measure.typed if measure.of_pairs else measure.typed._replace(array=measure.typed.array[:, :1])
        values = _values(typed, measure.of_pairs, draw)[0]
        by_type = {name: value for name, value in zip(measure.types, values, strict=True) if value.size}
    by_pair = {
        name: value if together[:, p].any() else Value(None, undefined=NOT_SHARED)
        for p, (name, value) in enumerate(zip(pairs, groups[1:], strict=False))
    }
    points, sizes = _filled(measure.whole, measure.whole.array, measure.of_pairs)
    by_document = {doc_id: _value(points[d, 0], None, sizes[d, 0], 1) for d, doc_id in enumerate(doc_ids)}
    return Result(groups[0], by_type, by_pair, by_document)


def _values(sums: Sums, of_pairs: bool, draw: Draw) -> "NDArray[np.object_]":
    """A `Value` for each value that the formula gives: shape (groups,) or (groups, types)."""
    import numpy as np

    points = _filled(sums, sums.array.sum(0)[None], of_pairs)[0][0]
    sizes = _filled(sums, sums.array, of_pairs)[1]
    drawn = _filled(sums, resampled(sums.array, *draw), of_pairs)[0]
    total, held = sizes.sum(0), (sizes > 0).sum(0)

    values = np.empty(points.shape, object)
    for at in np.ndindex(points.shape):
        bounds = interval(drawn.reshape(len(drawn), -1)[:, np.ravel_multi_index(at, points.shape)])
        values[at] = _value(points[at], bounds if held[at] > 1 else None, total[at], int(held[at]))
    return values


def _filled(sums: Sums, array: "Array", of_pairs: bool) -> tuple["Array", "Array"]:
    """Values and sizes (rows, groups, ...) of rows of sums; of a measure of pairs group 0 is made from the others."""
    import numpy as np

    values, sizes = sums.formula(array), sums.size(array)
    if of_pairs:
        values, sizes = np.array(values), np.array(sizes)
        values[:, 0] = light(np.moveaxis(values[:, 1:], 1, -1))
        sizes[:, 0] = sizes[:, 1:].sum(1)
    return values, sizes


def _value(value: float, bounds: tuple[float, float] | None, size: float, documents: int) -> Value:
    whole = round(float(size))
    if value != value:
        return Value(None, undefined=NO_VARIATION if size else NOTHING, size=whole, documents=documents if size else 0)
    low, high = bounds or (None, None)
    return Value(float(value), low, high, size=whole, documents=documents)
