"""How far a score can be trusted: intervals, and tests between systems, over documents.

The document is the unit, because what stands in one text is not independent; sums over documents are resampled, and the
ratio is formed of the sums. Everything is drawn from a fixed seed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from strife.bootstrap import LEVEL, SEED, interval, resampled
from strife.scoring.score import Scores
from strife.scoring.signature import require_comparable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SAMPLES = 2000
TRIALS = 10_000
_BATCH = 500
_TIE = 1e-12  # two fractions that are equal may differ by rounding; the larger p is the honest one

Range = tuple[float, float]


class Interval(NamedTuple):
    """Percentile intervals of precision, recall and F1."""

    precision: Range
    recall: Range
    f1: Range


class Comparison(NamedTuple):
    """Two systems: F1 of the first less that of the second, p of the test, and p adjusted for all pairs (Holm)."""

    first: str
    second: str
    delta: float
    p: float
    adjusted: float


class Spread(NamedTuple):
    """Several seeds of one system: number, mean, standard deviation (n - 1; 0 for one), least and largest value."""

    n: int
    mean: float
    sd: float
    low: float
    high: float


def intervals(scores: Scores, samples: int = SAMPLES, seed: int = SEED, level: float = LEVEL) -> dict[str, Interval]:
    """The bootstrap interval of every metric that is defined; 0/0 in a sample is 0, as in the score."""
    import numpy as np

    names = [name for name, counts in scores.counts.items() if counts.defined]
    if not names:
        return {}
    sums = resampled(np.stack([scores.table[name] for name in names], axis=1), samples, seed)
    tp, fp, fn = np.moveaxis(sums, 2, 0)
    ratios = (_ratio(tp, tp + fp), _ratio(tp, tp + fn), _ratio(2 * tp, 2 * tp + fp + fn))
    found = {}
    for number, name in enumerate(names):
        bounds = [interval(ratio[:, number], level) for ratio in ratios]
        found[name] = Interval(*(bound or (0.0, 0.0) for bound in bounds))
    return found


def _ratio(above: "Array", below: "Array") -> "Array":
    import numpy as np

    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def paired(first: Scores, second: Scores, metric: str, trials: int = TRIALS, seed: int = SEED) -> float:
    """The p that two systems have the same F1: two-sided approximate randomization over documents.

    In each trial the outputs of the two are exchanged in about half of the documents; p = (k + 1) / (trials + 1), where
    k trials differ at least as much as the systems do (Noreen, 1989; Riezler and Maxwell, 2005).
    """
    return compare({"first": [first], "second": [second]}, metric, trials, seed)[0].p


def compare(
    systems: Mapping[str, Sequence[Scores]], metric: str, trials: int = TRIALS, seed: int = SEED
) -> tuple[Comparison, ...]:
    """Test every two systems, and adjust for their number. Raises SignatureError where scores may not be compared.

    A system is the scores of its seeds: their mean counts in each document are compared.
    """
    import numpy as np

    every = [scores for runs in systems.values() for scores in runs]
    require_comparable(scores.signature.of(metric) for scores in every)
    means = {name: np.mean([_parts(scores.table[metric]) for scores in runs], axis=0) for name, runs in systems.items()}
    pairs = list(combinations(systems, 2))
    if not pairs:
        return ()
    first = np.stack([means[name] for name, _ in pairs], axis=1)
    second = np.stack([means[name] for _, name in pairs], axis=1)
    totals = first.sum(axis=0), second.sum(axis=0)
    deltas = _f1(totals[0]) - _f1(totals[1])
    beyond = np.zeros(len(pairs))
    for exchanged in _exchanged(second - first, trials, seed):
        beyond += (np.abs(_f1(totals[0] + exchanged) - _f1(totals[1] - exchanged)) >= np.abs(deltas) - _TIE).sum(axis=0)
    ps = [float(p) for p in (beyond + 1) / (trials + 1)]
    rows = zip(pairs, deltas, ps, holm(ps), strict=True)
    return tuple(Comparison(*pair, float(delta), p, adjusted) for pair, delta, p, adjusted in rows)


def _parts(table: "Array") -> "Array":
    """2 tp and 2 tp + fp + fn of each document: what F1 is the ratio of."""
    import numpy as np

    return np.stack([2 * table[:, 0], 2 * table[:, 0] + table[:, 1] + table[:, 2]], axis=1)


def _f1(parts: "Array") -> "Array":
    return _ratio(parts[..., 0], parts[..., 1])


def _exchanged(difference: "Array", trials: int, seed: int) -> "Iterator[Array]":
    """Trial by trial what an exchange adds to the first system, in batches of shape (trials, pairs, 2)."""
    import numpy as np

    documents = len(difference)
    chance = np.random.default_rng(seed)
    flat = difference.reshape(documents, -1)
    for begin in range(0, trials, _BATCH):
        size = min(_BATCH, trials - begin)
        swaps = chance.integers(0, 2, (size, documents), dtype=np.int8).astype(np.float64)
        yield (swaps @ flat).reshape(size, *difference.shape[1:])


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for their number (Holm, 1979), in the order in which they are given."""
    adjusted = [0.0] * len(ps)
    reached = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        reached = max(reached, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = reached
    return adjusted


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of the same figure of several seeds. Raises ValueError for none."""
    if not values:
        raise ValueError("no value to take the mean of")
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    sd = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
    return Spread(len(values), mean, sd, min(values), max(values))
