"""A logistic classifier of rows of features that are there or not, as arrays that can be stored."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Logistic(NamedTuple):
    """Weights (names by features) and one intercept a name; without features, the name that is always right."""

    names: tuple[str, ...]
    vocabulary: dict[str, int]
    weights: Any  # numpy float32 [names, features]
    intercepts: Any  # numpy float32 [names]

    def scores(self, features: Iterable[str], even: bool = False) -> list[float]:
        """The score of each name; `even` as in training."""
        columns = [self.vocabulary[feature] for feature in features if feature in self.vocabulary]
        share = len(columns) ** -0.5 if even and columns else 1.0
        found: list[float] = (self.weights[:, columns].sum(axis=1) * share + self.intercepts).tolist()
        return found

    def chances(self, features: Iterable[str], even: bool = False) -> dict[str, float]:
        """The probability of each name."""
        scores = self.scores(features, even)
        top = max(scores)
        shares = [math.exp(one - top) for one in scores]
        return {name: one / sum(shares) for name, one in zip(self.names, shares, strict=True)}

    def halved(self, faint: float) -> "Logistic":
        """At the precision in which weights are stored, without features that say next to nothing."""
        import numpy as np

        weights = self.weights.astype(np.float16).astype(np.float32)
        kept = np.flatnonzero(np.abs(weights).max(axis=0, initial=0) >= faint)
        names = list(self.vocabulary)
        return self._replace(vocabulary={names[row]: n for n, row in enumerate(kept)}, weights=weights[:, kept])


def logistic(
    rows: Sequence[Sequence[str]],
    labels: Sequence[str],
    strength: float = 1.0,
    least: int = 2,
    even: bool = False,
) -> Logistic:
    """The classifier of rows of features, those of fewer than `least` rows left out.

    `strength` is the inverse of the regularisation; `even` rows weigh the same, however many features they have.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    times = Counter(feature for row in rows for feature in row)
    vocabulary = {feature: n for n, feature in enumerate(sorted(f for f, n in times.items() if n >= least))}
    if len(set(labels)) < 2 or not vocabulary:
        names = tuple(sorted(set(labels)))
        return Logistic(names, {}, np.zeros((len(names), 0), np.float32), np.zeros(len(names), np.float32))
    columns = [[vocabulary[f] for f in row if f in vocabulary] for row in rows]
    starts = np.cumsum([0, *map(len, columns)])
    places = np.array([c for row in columns for c in row], dtype=np.int32)
    lengths = np.maximum(1, [len(row) for row in columns])
    values = np.repeat(lengths**-0.5 if even else np.ones(len(columns)), [len(row) for row in columns])
    matrix = csr_matrix((values, places, starts), shape=(len(rows), len(vocabulary)))
    model = LogisticRegression(C=strength, max_iter=500).fit(matrix, labels)
    weights, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row of weights stands for both classes
        weights, intercepts = weights / 2, intercepts / 2
        weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
    return Logistic(
        tuple(map(str, model.classes_)), vocabulary, weights.astype(np.float32), intercepts.astype(np.float32)
    )
