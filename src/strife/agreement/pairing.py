"""Which spans of two annotators agree: exactly, by overlap, by IoU, character by character.

A span of one annotator agrees with at most one of the other. Where several pairings are possible the largest is taken,
so the count does not depend on any order.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strife.align import best_pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IOU = 0.5
MODES = ("exact", "overlap", "iou", "character")


class Items(NamedTuple):
    """Things of one annotator to be compared, without duplicates.

    Two of them can agree only when their keys are equal. `types` is the place of each on the axis of types, `spans`
    has shape (items, parts, 2): one part for a mention, two for a relation.
    """

    keys: Sequence[Hashable]
    types: Sequence[int]
    spans: "NDArray[np.int64]"


def items(keys: Sequence[Hashable], types: Sequence[int], spans: Sequence[object], parts: int = 1) -> Items:
    """Items of spans given as (start, end), or one such pair a part."""
    import numpy as np

    return Items(keys, types, np.array(spans, np.int64).reshape(len(keys), parts, 2))


class Meeting(NamedTuple):
    """For each two items with one key: are all parts the same, do all meet, is the IoU of all at least `IOU`?"""

    exact: "NDArray[np.bool_]"
    overlap: "NDArray[np.bool_]"
    iou: "NDArray[np.bool_]"


def meeting(a: Items, b: Items) -> Meeting:
    """Arrays of shape (items of a, items of b)."""
    import numpy as np

    number: dict[Hashable, int] = {}
    keys_a, keys_b = (np.array([number.setdefault(k, len(number)) for k in side.keys], int) for side in (a, b))
    same = keys_a[:, None] == keys_b[None, :]
    starts_a, ends_a = a.spans[:, None, :, 0], a.spans[:, None, :, 1]
    starts_b, ends_b = b.spans[None, :, :, 0], b.spans[None, :, :, 1]
    shared = np.minimum(ends_a, ends_b) - np.maximum(starts_a, starts_b)
    both = np.maximum(ends_a, ends_b) - np.minimum(starts_a, starts_b)  # the union, where anything is shared
    return Meeting(
        same & ((starts_a == starts_b) & (ends_a == ends_b)).all(-1),
        same & (shared > 0).all(-1),
        same & (shared >= IOU * both).all(-1),
    )


def largest(possible: "NDArray[np.bool_]") -> list[tuple[int, int]]:
    """The most pairs (row, column) of those possible, each row and column in at most one."""
    return chosen(possible, lambda rest: rest.astype(float))


def chosen(
    possible: "NDArray[np.bool_]", weights: Callable[["NDArray[np.bool_]"], "NDArray[np.float64]"]
) -> list[tuple[int, int]]:
    """Of the pairs (row, column) that are possible those with the largest sum of weights, by row.

    A pair whose row and column have no other needs no weight; `weights` is asked for those of the others only, with the
    possible pairs that are left.
    """
    rows, columns = (side.tolist() for side in possible.nonzero())
    if len(set(rows)) == len(rows) and len(set(columns)) == len(columns):
        return list(zip(rows, columns, strict=True))
    alone = possible & (possible.sum(1)[:, None] == 1) & (possible.sum(0)[None, :] == 1)
    rows, columns = (side.tolist() for side in alone.nonzero())
    return sorted([*zip(rows, columns, strict=True), *best_pairs(weights(possible & ~alone))])


def agreement(a: Items, b: Items, types: int, also: Callable[[int, int], bool] | None = None) -> "NDArray[np.float64]":
    """Shape (modes, types, [agreed, marked by a, marked by b]), the modes those of `MODES`.

    With `also` there is a fifth mode: by overlap, or where `also(i, j)` says that two items with one key agree.
    Character by character only the first part of each item counts, and a character once a key.
    """
    import numpy as np

    modes = len(MODES) + (also is not None)
    counts = np.zeros((modes, types, 3))
    counts[:, :, 1] = np.bincount(np.array(a.types, int), minlength=types)
    counts[:, :, 2] = np.bincount(np.array(b.types, int), minlength=types)
    met = meeting(a, b)
    possible = [met.exact, met.overlap, met.iou]
    if also is not None:
        possible.append(_or(met.overlap, a, b, also))
    for mode, which in zip((0, 1, 2, 4), possible, strict=False):
        for i, _ in largest(which):
            counts[mode, a.types[i], 0] += 1
    counts[3] = _characters(a, b, types)
    return counts


def _or(met: "NDArray[np.bool_]", a: Items, b: Items, also: Callable[[int, int], bool]) -> "NDArray[np.bool_]":
    found = met.copy()
    for i, key in enumerate(a.keys):
        for j, other in enumerate(b.keys):
            if key == other and not met[i, j] and also(i, j):
                found[i, j] = True
    return found


def _characters(a: Items, b: Items, types: int) -> "NDArray[np.float64]":
    import numpy as np

    counts = np.zeros((types, 3))
    marked_a, marked_b = _marked(a), _marked(b)
    for key, (kind, positions) in marked_a.items():
        counts[kind, 1] += len(positions)
        counts[kind, 0] += len(positions & marked_b[key][1]) if key in marked_b else 0
    for kind, positions in marked_b.values():
        counts[kind, 2] += len(positions)
    return counts


def _marked(some: Items) -> dict[Hashable, tuple[int, set[int]]]:
    """By key, its type and the positions that are marked with it."""
    found: dict[Hashable, tuple[int, set[int]]] = {}
    for key, kind, (start, end) in zip(some.keys, some.types, some.spans[:, 0].tolist(), strict=True):
        found.setdefault(key, (kind, set()))[1].update(range(start, end))
    return found
