"""Krippendorff's alphas for unitizing: how annotators cut a text into units, and what they call them.

Two families. `u_alpha` and its kin (Krippendorff, Mathet, Bouvry and Widlöcher, On the reliability of unitizing textual
continua: further developments, Quality & Quantity 50, 2016) compare the text position by position, with the gaps
between units as a value of their own. `alpha_u` (Krippendorff, On the reliability of unitizing continuous data,
Sociological Methodology 25, 1995, with the corrections of Content Analysis, 2004, chapter 11) compares the edges of
units, one category after the other.

Both want units of one annotator that do not overlap; `flat` sees to it. Offsets are half-open code points.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from strife.agreement.coefficients import quotient

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Span(NamedTuple):
    """A unit: text[start:end] with a label."""

    start: int
    end: int
    label: str


def flat(spans: Sequence[Span]) -> list[Span]:
    """The spans in text order, of any that overlap only the longest (then the first, then by label)."""
    ordered = sorted(set(spans))
    if all(span.end <= after.start for span, after in pairwise(ordered)):
        return ordered
    kept: list[Span] = []
    for span in sorted(ordered, key=lambda s: (s.start - s.end, s)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)


def squared_differences(a: Sequence[Span], b: Sequence[Span]) -> float:
    """The squared differences of two annotators' flat units of one category, counted both ways (1995, for Do).

    For two units that meet the squares of the distances of their edges, for a unit that meets none its squared length.
    """
    total = 0
    for units, others in ((a, b), (b, a)):
        ends = [other.end for other in others]
        for unit in units:
            at = first = bisect_right(ends, unit.start)
            while at < len(others) and others[at].start < unit.end:
                total += (unit.start - others[at].start) ** 2 + (unit.end - others[at].end) ** 2
                at += 1
            if at == first:
                total += 2 * (unit.end - unit.start) ** 2
    return float(total)


def expected_differences(raters: Sequence[Sequence[Span]], length: int) -> float:
    """What `squared_differences` of all pairs of annotators would add up to if chance had placed their units.

    Chance places the units of a text anywhere in that text (2004, the formula for De, times m(m - 1)length²).
    """
    m = len(raters)
    sizes = [unit.end - unit.start for units in raters for unit in units]
    if not sizes:
        return 0.0
    gaps = sorted(gap for units in raters for gap in _gaps(units, length))
    room = [0, *accumulate(reversed(gaps))]  # the sum of the longest gaps, by how many
    total = 0.0
    for size in sizes:
        fitting = len(gaps) - bisect_left(gaps, size)
        fits = room[fitting] - fitting * (size - 1)
        total += (len(sizes) - 1) / 3 * (2 * size**3 - 3 * size**2 + size) + size**2 * fits
    ways = m * length * (m * length - 1) - sum(size * (size - 1) for size in sizes)
    return 2 * length * m * (m - 1) * total / ways


def _gaps(units: Sequence[Span], length: int) -> Iterator[int]:
    """The lengths of what lies between flat units."""
    at = 0
    for unit in units:
        if unit.start > at:
            yield unit.start - at
        at = unit.end
    if length > at:
        yield length - at


def alpha_u(sums: "Array") -> "Array":
    """The alpha of 1995 of sums (..., [squared differences seen, expected])."""
    return 1 - quotient(sums[..., 0], sums[..., 1])


def u_alpha(sums: "Array") -> "Array":
    """uα of sums (..., labels with the gap first, [coincidences with itself, length, self-pairs]).

    1 - Do / De with e_ck = n n_c n_k / (n² - self-pairs) for c ≠ k (2016, equations 4 and 5; 2019, 33 and 34). The
    self-pairs of a unit are its length squared, those of a gap its length: a gap has no inner unity.
    """
    same, lengths, own = sums[..., 0], sums[..., 1], sums[..., 2]
    n = lengths.sum(-1)
    return 1 - quotient((n - same.sum(-1)) * (n * n - own.sum(-1)), n * (n * n - (lengths * lengths).sum(-1)))


def cu_alpha(sums: "Array") -> "Array":
    """cuα of the sums of `u_alpha` with only what two annotators both marked, and no gap (2016, equations 10 and 11).

    The length of a unit that is pairable is what the others' units cover of it, each other annotator counting
    1 / (m - 1); those lengths add up to the margins, and their squares are the self-pairs. On the example of
    Krippendorff (2019, figure 12.11) this gives the published .724.
    """
    return u_alpha(sums)


def ku_alpha(sums: "Array") -> "Array":
    """(k)uα of the sums of `cu_alpha`, one value a label: its coding alone (2016, equation 13b)."""
    same, lengths, own = sums[..., 0], sums[..., 1], sums[..., 2]
    n = lengths.sum(-1, keepdims=True)
    expected = lengths * n - own
    return 1 - quotient(expected * (lengths - same), lengths * lengths * (n - lengths))


class Cut(NamedTuple):
    """One annotator's units of a text, flat: `places` has shape (units, [start, end]), `labels` (units,)."""

    places: "Array"
    labels: "NDArray[np.int64]"


def cut(spans: Sequence[Span], index: Mapping[str, int]) -> Cut:
    """The cut that flat spans make; `index` gives each label its number."""
    import numpy as np

    places = np.array([(span.start, span.end) for span in spans], float).reshape(-1, 2)
    return Cut(places, np.array([index[span.label] for span in spans], np.int64))


class Crossing(NamedTuple):
    """Where the units of two annotators meet, in characters.

    `same` (labels,) is where both have units of one label, `both` where both have any; `of_a` and `of_b` give for each
    unit how much of it lies in units of the other.
    """

    same: "Array"
    both: float
    of_a: "Array"
    of_b: "Array"


def crossing(a: Cut, b: Cut, labels: int) -> Crossing:
    """The crossing of two cuts of one text."""
    import numpy as np

    shared = np.minimum(a.places[:, None, 1], b.places[None, :, 1]) - np.maximum(
        a.places[:, None, 0], b.places[None, :, 0]
    )
    np.maximum(shared, 0, out=shared)
    equal = (shared * (a.labels[:, None] == b.labels[None, :])).sum(1)
    same = np.bincount(a.labels, weights=equal, minlength=labels).astype(np.float64)
    return Crossing(same, float(shared.sum()), shared.sum(1), shared.sum(0))


Row = tuple[float, float, float]


def of_one_label(
    raters: Sequence[Sequence[Span]], shared: Mapping[tuple[int, int], int], length: int
) -> tuple[Row, Row]:
    """The sums of `u_alpha` for one text and one label, gap first: what `of_cuts` gives, without arrays.

    `shared` has `shared_length` of all pairs of annotators, by their places in `raters`.
    """
    m = len(raters)
    marked = [sum(unit.end - unit.start for unit in units) for units in raters]
    gaps = sum(length - marked[i] - marked[j] + both for (i, j), both in shared.items())
    unmarked = m * length - sum(marked)
    own = sum((unit.end - unit.start) ** 2 for units in raters for unit in units)
    return (2 * gaps / (m - 1), unmarked, unmarked), (2 * sum(shared.values()) / (m - 1), sum(marked), own)


def shared_length(a: Sequence[Span], b: Sequence[Span]) -> int:
    """How many characters lie in flat units of both."""
    total = i = j = 0
    while i < len(a) and j < len(b):
        total += max(0, min(a[i].end, b[j].end) - max(a[i].start, b[j].start))
        if a[i].end < b[j].end:
            i += 1
        else:
            j += 1
    return total


def of_cuts(
    cuts: Sequence[Cut], crossings: Mapping[tuple[int, int], Crossing], length: int, labels: int
) -> tuple["Array", "Array", "Array"]:
    """The sums of `u_alpha`, of |uα (the same with one label for all units) and of `cu_alpha` for one text.

    `crossings` has those of all pairs of cuts, by their places in `cuts`. Shapes (labels + 1, 3), (2, 3), (labels, 3).
    """
    import numpy as np

    m = len(cuts)
    whole, binary, coded = np.zeros((labels + 1, 3)), np.zeros((2, 3)), np.zeros((labels, 3))
    pairable = [np.zeros(len(one.labels)) for one in cuts]
    lengths = [one.places[:, 1] - one.places[:, 0] for one in cuts]
    for (i, j), met in crossings.items():
        gap = length - lengths[i].sum() - lengths[j].sum() + met.both
        whole[1:, 0] += 2 * met.same / (m - 1)
        whole[0, 0] += 2 * gap / (m - 1)
        binary[:, 0] += 2 * np.array([gap, met.both]) / (m - 1)
        pairable[i] += met.of_a / (m - 1)
        pairable[j] += met.of_b / (m - 1)
    for one, size, paired in zip(cuts, lengths, pairable, strict=True):
        whole[1:, 1] += np.bincount(one.labels, size, labels)
        whole[1:, 2] += np.bincount(one.labels, size**2, labels)
        coded[:, 1] += np.bincount(one.labels, paired, labels)
        coded[:, 2] += np.bincount(one.labels, paired**2, labels)
    whole[0, 1:] = m * length - whole[1:, 1].sum()
    coded[:, 0] = whole[1:, 0]
    binary[:, 1:] = whole[0, 1:], whole[1:, 1:].sum(0)
    return whole, binary, coded
