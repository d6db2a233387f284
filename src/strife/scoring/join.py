"""Matching columns: the keys of gold and prediction as sorted whole numbers, joined.

A key packs the columns that have to agree into one 64-bit number, the document first. A coarser metric's keys are cut
out of a finer one's, which leaves them nearly sorted. Sorting is by merging (`kind="stable"`): quick where rows come
document by document, quicker where they are nearly sorted. `numpy.unique` and `isin` are avoided: for plain integers
they hash, which takes many times as long.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strife.scoring.metrics import LEAST, MOST, Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.int64]
    Column = NDArray[np.int32]
    Table = dict[str, Column]

BITS = 63


class Tally(NamedTuple):
    """tp, fp, fn: of each document, shape (documents, 3), and of each type code, shape (codes, 3)."""

    documents: "NDArray[np.float64]"
    types: "NDArray[np.float64]"


class Joined(NamedTuple):
    """The distinct keys of gold and of the prediction, ascending; how many keys each document and each type has."""

    gold: "Keys"
    predicted: "Keys"
    by_document: "Callable[[Keys, int], Keys]"
    by_type: "Callable[[Keys, int], Keys]"


class Layout(NamedTuple):
    """Where in a key each column stands: names and widths in bits, the highest first."""

    names: tuple[str, ...]
    widths: tuple[int, ...]

    def low(self, name: str) -> int:
        """How many bits stand below a column."""
        return sum(self.widths[self.names.index(name) + 1 :])

    def pack(self, columns: "Sequence[Column]") -> "Keys":
        """The keys of rows, ascending and without repetitions."""
        key = columns[0].astype("int64")
        for column, width in zip(columns[1:], self.widths[1:], strict=True):
            key <<= width
            key |= column
        key.sort(kind="stable")
        return distinct(key)

    def part(self, keys: "Keys", name: str) -> "Keys":
        """A column of the rows of keys."""
        return (keys >> self.low(name)) & ((1 << self.widths[self.names.index(name)]) - 1)

    def only(self, names: Sequence[str]) -> "Layout":
        """The layout with only these columns."""
        kept = [(name, width) for name, width in zip(self.names, self.widths, strict=True) if name in names]
        return Layout(tuple(name for name, _ in kept), tuple(width for _, width in kept))

    def cut(self, keys: "Keys", other: "Layout") -> "Keys":
        """The keys that another layout, with some of the columns, gives the same rows."""
        first = next(
            (n for n, pair in enumerate(zip(self.names, other.names, strict=False)) if pair[0] != pair[1]), None
        )
        if first is None:
            cut = keys >> sum(self.widths[len(other.names) :])
            return distinct(cut) if len(other.names) < len(self.names) else keys
        cut = keys >> self.low(self.names[first - 1])  # the columns before the first that is left out
        for name, width in zip(other.names[first:], other.widths[first:], strict=True):
            cut <<= width
            cut |= self.part(keys, name)
        cut.sort(kind="stable")
        return distinct(cut)


def tally(
    gold: "Table", predicted: "Table", metrics: Sequence[Metric], documents: int, codes: int = 0
) -> dict[str, Tally]:
    """Count metrics that match sets of rows of one table.

    Columns hold whole numbers of at least 0; documents are below `documents`, the codes of types below `codes`. Raises
    ValueError for a negative number.
    """
    found: dict[str, Tally] = {}
    for finest in sorted(metrics, key=lambda metric: -len(metric.parts)):
        group = [metric for metric in metrics if metric.name not in found and _within(metric, finest)]
        if finest in group:
            sides = _given(gold, finest), _given(predicted, finest)
            for metric, joined in zip(group, _joined(*sides, finest, group), strict=True):
                found[metric.name] = _counted(joined, documents, codes if metric.types else 0)
    return {metric.name: found[metric.name] for metric in metrics}


def _within(metric: Metric, finest: Metric) -> bool:
    """Whether the keys of a metric can be cut out of those of a finer one, which have to be of the same rows."""
    same_rows = all((bound in metric.parts) == (bound in finest.parts) for bound in (LEAST, MOST))
    return same_rows and set(metric.parts) <= set(finest.parts)


def _counted(joined: Joined, documents: int, codes: int) -> Tally:
    import numpy as np

    sides = (common(joined.gold, joined.predicted), joined.predicted, joined.gold)
    counts = []
    for count, size in ((joined.by_document, documents), (joined.by_type, codes)):
        right, given, wanted = (count(keys, size) if size else np.zeros(0) for keys in sides)
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
    """The keys of each metric of a group whose parts are among those of the finest."""
    import numpy as np

    names = ("doc", *finest.parts)
    columns = {name: (value(gold, name), value(predicted, name)) for name in names}
    layout = Layout(names, tuple(_width(name, columns[name]) for name in names))
    if sum(layout.widths) > BITS:
        return [_ranked([columns[name] for name in ("doc", *metric.parts)], metric) for metric in group]
    keys = [layout.pack([columns[name][side] for name in names]) for side in (0, 1)]

    def joined(metric: Metric) -> Joined:
        own = layout.only(("doc", *metric.parts))

        def by_document(keys: "Keys", size: int) -> "Keys":
            return np.diff(np.searchsorted(keys, np.arange(size + 1, dtype=np.int64) << own.low("doc")))

        def by_type(keys: "Keys", size: int) -> "Keys":
            return np.bincount(own.part(keys, metric.types), minlength=size)

        return Joined(layout.cut(keys[0], own), layout.cut(keys[1], own), by_document, by_type)

    return [joined(metric) for metric in group]


def _width(name: str, sides: "tuple[Column, Column]") -> int:
    if min(int(column.min(initial=0)) for column in sides) < 0:
        raise ValueError(f"column {name} holds a number below 0, or an end before its start")
    return max(int(column.max(initial=0)) for column in sides).bit_length()


def _ranked(columns: "Sequence[tuple[Column, Column]]", metric: Metric) -> Joined:
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

    def by(place: int) -> "Callable[[Keys, int], Keys]":
        cells = np.zeros(len(order), np.int64)
        cells[rank] = both[place]
        return lambda keys, size: np.bincount(cells[keys], minlength=size)

    types = metric.parts.index(metric.types) + 1 if metric.types else 0
    return Joined(distinct(np.sort(gold)), distinct(np.sort(predicted)), by(0), by(types))


def distinct_rows(columns: "Sequence[Column]") -> "Keys":
    """The different rows of columns of numbers of at least 0, ascending, as one array (rows, columns)."""
    import numpy as np

    layout = Layout(tuple(map(str, range(len(columns)))), tuple(_width("", (column, column)) for column in columns))
    if sum(layout.widths) > BITS:
        rows = np.stack(columns, axis=1).astype(np.int64)[np.lexsort(columns[::-1])]
        fresh = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
        found: Keys = rows[fresh[: len(rows)]]
        return found
    keys = layout.pack(columns)
    return np.stack([layout.part(keys, name) for name in layout.names], axis=1)


def value(table: "Table", name: str) -> "Column":
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
    found: Keys = both[1:][both[1:] == both[:-1]]
    return found
