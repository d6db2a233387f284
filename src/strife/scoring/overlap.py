"""Partial credit: spans that agree count 1, spans that overlap count a half, each used once, by the best pairing.

The half is MUC's (Chinchor and Sundheim, MUC-5 evaluation metrics, 1993). The pairing is optimal, so the credit is the
same for every order of the spans; a scorer that takes the first overlap it meets finds less, or depends on the order.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from strife.align import best_pairs
from strife.scoring.join import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.int32]]

HALF = 0.5
Span = tuple[int, int]


def tally(gold: "Table", predicted: "Table", labelled: bool, documents: int, codes: int) -> Tally:
    """Count spans with partial credit; of one label only when `labelled`.

    Equal spans are paired first: wherever a pairing does not, exchanging partners loses nothing.
    """
    import numpy as np

    names = ("doc", "label", "start", "end") if labelled else ("doc", "start", "end")
    groups: defaultdict[tuple[int, ...], tuple[set[Span], set[Span]]] = defaultdict(lambda: (set(), set()))
    for side, table in enumerate((gold, predicted)):
        for row in zip(*(table[name].tolist() for name in names), strict=True):
            groups[row[:-2]][side].add(row[-2:])
    counts = Tally(np.zeros((documents, 3)), np.zeros((codes, 3)))
    for group, (wanted, given) in groups.items():
        right = credit(wanted, given)
        row = (right, len(given) - right, len(wanted) - right)
        counts.documents[group[0]] += row
        if labelled:
            counts.types[group[1]] += row
    return counts


def credit(gold: set[Span], predicted: set[Span]) -> float:
    """The largest sum of credits of a one-to-one pairing of two sets of spans."""
    same = gold & predicted
    return len(same) + sum(HALF * pairs for pairs in _overlapping(gold - same, predicted - same))


def _overlapping(gold: set[Span], predicted: set[Span]) -> Iterator[int]:
    """How many spans can be paired with one that they overlap, for each stretch of text that no span leaves."""
    import numpy as np

    cluster: tuple[list[Span], list[Span]] = ([], [])
    reach = -1
    ordered = sorted([(span, 0) for span in gold] + [(span, 1) for span in predicted])
    for span, side in [*ordered, ((1 << 62, 1 << 62), 0)]:
        if span[0] >= reach:
            if all(cluster):
                overlaps = [[a[0] < b[1] and b[0] < a[1] for b in cluster[1]] for a in cluster[0]]
                yield len(best_pairs(np.array(overlaps, np.float64))) if len(overlaps) * len(overlaps[0]) > 1 else 1
            cluster = ([], [])
        cluster[side].append(span)
        reach = max(reach, span[1])
