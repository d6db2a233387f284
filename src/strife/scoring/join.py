"""Matching columns: the keys of gold and prediction as sorted whole numbers, joined.

A key packs the columns that have to agree into one 64-bit number, the document first, so that a coarser metric's keys are a
finer one's, shifted. Sorting is by merging (`kind="stable"`), which is quick because rows come document by document.
`numpy.unique` and `isin` are avoided: for plain integers they hash, which takes many times as long.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strife.scoring.metrics import LEAST, MOST, Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.int64]
    Table = dict[str, NDArray[np.int32]]

BITS = 63


class Tally(NamedTuple):
    """tp, fp, fn: of each document, shape (documents, 3), and of each type code, shape (codes, 3)."""

    documents: "NDArray[np.float64]"
    types: "NDArray[np.float64]"


class Joined(NamedTuple):
    """The distinct keys of gold and of the prediction, ascending, and how to read a document and a type from keys."""

    gold: "Keys"
    predicted: "Keys"
    document: "Callable[[Keys], Keys]"
    type: "Callable[[Keys], Keys]"


def tally(
    gold: "Table", predicted: "Table", metrics: Sequence[Metric], documents: int, codes: int = 0
) -> dict[str, Tally]:
    """Count metrics that match sets of rows of one table.

    Columns hold whole numbers of at least 0; documents are below `documents`, the codes of types below `codes`.
    """
    found: dict[str, Tally] = {}
    for finest in sorted(metrics, key=lambda metric: -len(metric.parts)):
        group = [m for m in metrics if m.name not in found and finest.parts[: len(m.parts)] == m.parts]
        if finest in group:
            sides = _given(gold, finest), _given(predicted, finest)
            for metric, joined in zip(group, _joined(*sides, finest, group), strict=True):
                found[metric.name] = _counted(joined, documents, codes if metric.types else 0)
    return {metric.name: found[metric.name] for metric in metrics}


def _counted(joined: Joined, documents: int, codes: int) -> Tally:
    import numpy as np

    counts = []
    sides = (common(joined.gold, joined.predicted), joined.predicted, joined.gold)
    for read, size in ((joined.document, documents), (joined.type, codes)):
        right, given, wanted = (np.bincount(read(keys), minlength=size) if size else np.zeros(0) for keys in sides)
        counts.append(np.stack([right, given - right, wanted - right], axis=1).astype(np.float64))
    return Tally(*counts)


def _given(table: "Table", metric: Metric) -> "Table":
    """The rows that say what the metric asks for: an event without a figure says none (code 0)."""
    bounds = [table[part] > 0 for part in metric.parts if part in (LEAST, MOST)]
    if not bounds:
        return table
    rows = bounds[0] | bounds[-1]
    return {name: column[rows] for name, column in table.items()}


def _joined(gold: "Table", predicted: "Table", finest: Metric, group: Sequence[Metric]) -> list[Joined]:
    """The keys of each metric of a group whose parts begin those of the finest."""
    names = ("doc", *finest.parts)
    columns = {name: (value(gold, name), value(predicted, name)) for name in names}
    if least := [name for name in names if min(int(column.min(initial=0)) for column in columns[name]) < 0]:
        raise ValueError(f"column {least[0]} holds a negative number (or an end before its start)")
    widths = [max(int(column.max(initial=0)) for column in columns[name]).bit_length() for name in names]
    if sum(widths) > BITS:
        return [_ranked([columns[name] for name in ("doc", *metric.parts)], metric) for metric in group]
    keys = [distinct(_packed([columns[name][side] for name in names], widths)) for side in (0, 1)]
    found = []
    for metric in group:
        used = len(metric.parts) + 1
        cut = sum(widths[used:])
        gold_keys, predicted_keys = (distinct(key >> cut) if cut else key for key in keys)
        low = sum(widths[names.index(metric.types) + 1 : used]) if metric.types else 0
        width = widths[names.index(metric.types)] if metric.types else 0
        found.append(Joined(gold_keys, predicted_keys, _field(sum(widths[1:used]), widths[0]), _field(low, width)))
    return found


def _packed(columns: "Sequence[NDArray[np.int32]]", widths: Sequence[int]) -> "Keys":
    """Each row as one number, the first column highest, ascending."""
    key = columns[0].astype("int64")
    for column, width in zip(columns[1:], widths[1:], strict=True):
        key <<= width
        key |= column
    key.sort(kind="stable")
    return key


def distinct_rows(columns: "Sequence[NDArray[np.int32]]") -> "Keys":
    """The different rows of columns of numbers of at least 0, ascending, as one array (rows, columns)."""
    import numpy as np

    widths = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(widths) > BITS:
        rows = np.stack(columns, axis=1).astype(np.int64)[np.lexsort(columns[::-1])]
        return rows[np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])[: len(rows)]]
    keys = distinct(_packed(columns, widths))
    lows = [sum(widths[place + 1 :]) for place in range(len(widths))]
    return np.stack([_field(low, width)(keys) for low, width in zip(lows, widths, strict=True)], axis=1)


def _field(low: int, width: int) -> "Callable[[Keys], Keys]":
    return lambda keys: (keys >> low) & ((1 << width) - 1)


def _ranked(columns: "Sequence[tuple[Keys, Keys]]", metric: Metric) -> Joined:
    """Keys of columns too wide to be packed: the rank of a row among the different rows of both sides."""
    import numpy as np

    both = [np.concatenate(pair) for pair in columns]
    order = np.lexsort(both[::-1])
    ordered = [column[order] for column in both]
    fresh = np.zeros(len(order), bool)
    for column in ordered:
        fresh[1:] |= column[1:] != column[:-1]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(fresh)
    gold, predicted = np.split(rank, [len(columns[0][0])])
    reads = []
    for place in (0, metric.parts.index(metric.types) + 1 if metric.types else 0):
        read = np.zeros(len(order), np.int64)
        read[rank] = both[place]
        reads.append(read.__getitem__)
    return Joined(distinct(np.sort(gold)), distinct(np.sort(predicted)), *reads)


def value(table: "Table", name: str) -> "NDArray[np.int32]":
    """A column; of an end its distance from the start, which says the same in fewer bits."""
    if name.endswith("end"):
        return table[name] - table[f"{name[:-3]}start"]
    return table[name]


def distinct(keys: "Keys") -> "Keys":
    """Ascending keys without repetitions."""
    import numpy as np

    fresh = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return keys if fresh.all() else keys[fresh]


def common(first: "Keys", second: "Keys") -> "Keys":
    """The keys that are in both, each given ascending and without repetitions."""
    import numpy as np

    both = np.concatenate([first, second])
    both.sort(kind="stable")  # two ascending runs: one merge
    return both[1:][both[1:] == both[:-1]]
