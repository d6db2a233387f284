"""Bootstrap intervals over documents.

A figure that is a function of sums over documents is resampled through its sums: no document is counted again.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20240229
LEVEL = 0.95
_CELLS = 1 << 22  # draws held at a time; the draws are the same for any number


def resampled(sums: "NDArray[np.float64]", samples: int, seed: int = SEED) -> "NDArray[np.float64]":
    """The sums over `samples` draws of as many documents as there are, with replacement.

    `sums` has shape (documents, ...), one document a row; the result has shape (samples, ...). The same number of
    documents, samples and seed give the same draws, so figures from separate calls can be compared draw by draw.
    """
    import numpy as np

    documents = sums.shape[0]
    if documents == 0:
        return np.zeros((samples, *sums.shape[1:]))
    flat = sums.reshape(documents, -1)
    if 0 < documents * samples <= _CELLS:
        return (_kept(documents, samples, seed) @ flat).reshape(samples, *sums.shape[1:])
    parts = [draws @ flat for draws in _draws(documents, samples, seed)]
    return np.concatenate([np.zeros((0, flat.shape[1])), *parts]).reshape(samples, *sums.shape[1:])


def _draws(documents: int, samples: int, seed: int) -> "Iterator[NDArray[np.float64]]":
    """How often each document is drawn in each sample, some samples at a time."""
    import numpy as np

    chance, share = np.random.default_rng(seed), np.full(documents, 1 / documents)
    batch = max(1, _CELLS // documents)
    for begin in range(0, samples, batch):
        yield chance.multinomial(documents, share, size=min(batch, samples - begin)).astype(np.float64)


@lru_cache(maxsize=1)
def _kept(documents: int, samples: int, seed: int) -> "NDArray[np.float64]":
    """The draws of all samples at once; kept, since one report resamples many figures."""
    (draws,) = _draws(documents, samples, seed)
    return draws


def interval(values: "NDArray[np.float64]", level: float = LEVEL) -> tuple[float, float] | None:
    """The percentile interval of resampled values (Efron and Tibshirani, 1993, chapter 13); NaN is left out.

    None when no value is defined.
    """
    import numpy as np

    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return None
    low, high = np.quantile(defined, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)
