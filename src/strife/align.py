"""The best one-to-one pairing of two lists."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def best_pairs(weights: "NDArray[np.float64]") -> list[tuple[int, int]]:
    """Pair rows with columns, each at most once, so that the sum of the weights is largest; (row, column), by row.

    `weights` has shape (rows, columns) and no negative entry; pairs of weight 0 are left out. The sum does not depend
    on the order of rows and columns. Where several pairings reach it the choice among them does: sort both lists first.
    Solved exactly (Crouse, On implementing 2D rectangular assignment algorithms, 2016).
    """
    from scipy.optimize import linear_sum_assignment

    if 0 in weights.shape:
        return []
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if weights[row, column] > 0]
