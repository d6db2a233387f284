"""Agreement coefficients as functions of sums.

Every coefficient here is a function of sums over documents, so that a bootstrap over documents adds up rows instead of
counting again: arrays have any number of leading axes (documents, draws, groups of annotators) and the axes named in
the docstring last. Where a coefficient is not defined the result is NaN: 0/0 is never turned into a 0 or a 1.

`cohen_kappa`, `fleiss_kappa` and `nominal_alpha` take plain units instead: one sequence of values a unit, one value an
annotator, None where an annotator gave none.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Unit = Sequence[Hashable]


def quotient(above: "Array", below: "Array") -> "Array":
    """above / below, and NaN where below is not positive."""
    import numpy as np

    above, below = np.broadcast_arrays(above, below)
    result: Array = np.full(below.shape, np.nan)
    np.divide(above, below, out=result, where=below > 1e-12)
    return result


def f1(sums: "Array") -> "Array":
    """F1 of sums (..., [agreed, marked by a, marked by b]): 2 agreed / (a + b), the same in both directions.

    Where nothing says how many spans might have been marked, this is the limit of kappa as the number of unmarked
    things grows (Hripcsak and Rothschild, Agreement, the F-measure, and reliability in information retrieval, 2005).
    """
    return quotient(2 * sums[..., 0], sums[..., 1] + sums[..., 2])


def cohen(sums: "Array") -> "Array":
    """Cohen's kappa of sums (..., labels, [both gave it, a gave it, b gave it]).

    (Po - Pe) / (1 - Pe) with Pe from each annotator's own margin (Cohen, A coefficient of agreement for nominal
    scales, 1960).
    """
    both, a, b = sums[..., 0], sums[..., 1], sums[..., 2]
    n = a.sum(-1)
    expected = quotient((a * b).sum(-1), n * n)
    return quotient(quotient(both.sum(-1), n) - expected, 1 - expected)


def cohen_by_label(sums: "Array") -> "Array":
    """Cohen's kappa of each label against all others; the shape of `cohen`, one value a label."""
    both, a, b = sums[..., 0], sums[..., 1], sums[..., 2]
    n = a.sum(-1, keepdims=True)
    expected = quotient(a * b + (n - a) * (n - b), n * n)
    return quotient(quotient(n - a - b + 2 * both, n) - expected, 1 - expected)


def fleiss(sums: "Array") -> "Array":
    """Fleiss' kappa of sums (..., labels, [pairs of annotators that agree on it, share of annotators that gave it]).

    A unit with m annotators, k of whom gave the label, adds k(k - 1) / m(m - 1) and k / m; where every unit has the
    same m this is Fleiss, Measuring nominal scale agreement among many raters, 1971. For two annotators it is Scott's
    pi (1955).
    """
    agreed, share = sums[..., 0], sums[..., 1]
    n = share.sum(-1)
    expected = quotient((share * share).sum(-1), n * n)
    return quotient(quotient(agreed.sum(-1), n) - expected, 1 - expected)


def fleiss_by_label(sums: "Array") -> "Array":
    """Fleiss' kappa of each label against all others (Fleiss 1971, equation 15)."""
    agreed, share = sums[..., 0], sums[..., 1]
    n = share.sum(-1, keepdims=True)
    return 1 - quotient((share - agreed) * n, share * (n - share))


def alpha(sums: "Array") -> "Array":
    """Krippendorff's nominal alpha of sums (..., labels, [coincidences with itself, values]).

    A unit with m values, k of them the label, adds k(k - 1) / (m - 1) and k; units with one value are left out.
    1 - Do / De (Krippendorff, Computing Krippendorff's alpha-reliability, 2011).
    """
    same, values = sums[..., 0], sums[..., 1]
    n = values.sum(-1)
    return 1 - quotient((n - same.sum(-1)) * (n - 1), n * n - (values * values).sum(-1))


def alpha_by_label(sums: "Array") -> "Array":
    """Nominal alpha of each label against all others (Krippendorff, Content Analysis, 2019, section 12.3)."""
    same, values = sums[..., 0], sums[..., 1]
    n = values.sum(-1, keepdims=True)
    return 1 - quotient((values - same) * (n - 1), values * (n - values))


def light(of_pairs: "Array") -> "Array":
    """The mean of the pairs' kappas (..., pairs) that are defined (Light, Measures of response agreement, 1971)."""
    import numpy as np

    defined = ~np.isnan(of_pairs)
    return quotient(np.where(defined, of_pairs, 0.0).sum(-1), defined.sum(-1))


def cohen_kappa(units: Iterable[Unit]) -> float | None:
    """Cohen's kappa of units of two values; None when it is not defined (no unit, or all values equal)."""
    import numpy as np

    pairs = [tuple(unit) for unit in units if None not in unit]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("Cohen's kappa is for two annotators: every unit needs two values")
    labels = list(dict.fromkeys(value for pair in pairs for value in pair))
    sums = [
        [sum(a == label == b for a, b in pairs), sum(a == label for a, _ in pairs), sum(b == label for _, b in pairs)]
        for label in labels
    ]
    return _number(cohen(np.array(sums, float).reshape(-1, 3)))


def fleiss_kappa(units: Iterable[Unit]) -> float | None:
    """Fleiss' kappa of units of two or more values; None when it is not defined."""
    import numpy as np

    rows = []
    labels: dict[Hashable, None] = {}
    for counts, m in _counted(units):
        labels.update(dict.fromkeys(counts))
        rows.append({label: (k * (k - 1) / (m * (m - 1)), k / m) for label, k in counts.items()})
    sums = [[sum(row.get(label, (0.0, 0.0))[part] for row in rows) for part in (0, 1)] for label in labels]
    return _number(fleiss(np.array(sums, float).reshape(-1, 2)))


def nominal_alpha(units: Iterable[Unit]) -> float | None:
    """Krippendorff's nominal alpha of units with any number of values; None when it is not defined."""
    import numpy as np

    return _number(alpha(np.array(list(coincidences(units).values()), float).reshape(-1, 2)))


def coincidences(units: Iterable[Unit]) -> dict[Hashable, tuple[float, float]]:
    """By label what `alpha` needs: its coincidences with itself, and how many values of paired units are the label."""
    sums: dict[Hashable, tuple[float, float]] = {}
    for counts, m in _counted(units):
        for label, k in counts.items():
            same, values = sums.get(label, (0.0, 0.0))
            sums[label] = same + k * (k - 1) / (m - 1), values + k
    return sums


def _counted(units: Iterable[Unit]) -> Iterable[tuple[Counter[Hashable], int]]:
    """How often each unit has each label, and how many values it has, if at least two."""
    for unit in units:
        counts = Counter(value for value in unit if value is not None)
        if (m := counts.total()) > 1:
            yield counts, m


def _number(value: "Array") -> float | None:
    return None if value != value else float(value)
