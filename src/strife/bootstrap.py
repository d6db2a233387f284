"""Bootstrap intervals over documents.

A figure that is a function of sums over documents is resampled through its sums: no document is counted again.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20240229
LEVEL = 0.95


def resampled(sums: "NDArray[np.float64]", samples: int, seed: int = SEED) -> "NDArray[np.float64]":
    """The sums over `samples` draws of as many documents as there are, with replacement.

    `sums` has shape (documents, ...), one document a row; the result has shape (samples, ...). The same number of
    documents, samples and seed give the same draws, so figures from separate calls can be compared draw by draw.
    """
    import numpy as np

    documents = sums.shape[0]
    if documents == 0:
        return np.zeros((samples, *sums.shape[1:]))
    return (_draws(documents, samples, seed) @ sums.reshape(documents, -1)).reshape(samples, *sums.shape[1:])


@lru_cache(maxsize=1)
def _draws(documents: int, samples: int, seed: int) -> "NDArray[np.float64]":
    """How often each document is drawn in each sample; kept, since one report resamples many figures."""
    import numpy as np

    draws = np.random.default_rng(seed).multinomial(documents, np.full(documents, 1 / documents), size=samples)
    return draws.astype(np.float64)


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
