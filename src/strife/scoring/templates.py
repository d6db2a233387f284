"""Templates: CEAF-REE and CEAF-RME, by optimal one-to-one assignment.

Strings are compared as GRIT (Du, Rush and Cardie, EACL 2021) normalises them: lower case, no ASCII punctuation, no
articles, single blanks. A filler is the set of its strings.
"""

import re
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

from strife.align import best_pairs
from strife.model import Template
from strife.scoring.metrics import Counts

T = TypeVar("T")
Filler = frozenset[str]
ByRole = dict[str, list[Filler]]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


@lru_cache(maxsize=1 << 16)
def normalised(mention: str) -> str:
    """A mention as it is compared."""
    return " ".join(_ARTICLES.sub(" ", mention.lower().translate(_PUNCTUATION)).split())


def ceaf_ree(gold: Sequence[Template], predicted: Sequence[Template]) -> dict[str, Counts]:
    """Counts of fillers by role, whatever template they stand in.

    A predicted filler may be paired with a gold one when all its strings are among that one's (phi_strict of GRIT). A
    filler that several templates share counts once.
    """
    wanted, given = _union(gold), _union(predicted)
    found = {}
    for role in sorted(wanted.keys() | given.keys()):
        ours, theirs = wanted[role], given[role]
        found[role] = _counts(_paired(ours, theirs, lambda a, b: float(b <= a)), len(ours), len(theirs))
    return found


def ceaf_rme(gold: Sequence[Template], predicted: Sequence[Template]) -> dict[str, Counts]:
    """Counts of strings by role: templates of one type are paired, and within them fillers, so that most strings agree.

    phi_3 of Chen et al., Iterative Document-level Information Extraction (EACL 2023). A gold type "attack / bombing"
    agrees with either. A filler or template that is given again counts again, and can be right again only if the other
    side repeats it, too: otherwise a copy might be paired with something that is like it, and raise the score.
    """
    sizes = [_strings(map(_fillers, side)) for side in (gold, predicted)]
    ours, theirs = _usable(gold, predicted, _content), _usable(predicted, gold, _content)
    gold, predicted = (sorted(side, key=_content) for side in (ours, theirs))  # of equal pairings always the same
    wanted, given = ([_fillers(template) for template in side] for side in (gold, predicted))
    weights = [
        [
            float(sum(_shared(ours, theirs).values())) if _same_type(a, b) else 0.0
            for b, theirs in zip(predicted, given, strict=True)
        ]
        for a, ours in zip(gold, wanted, strict=True)
    ]
    right: defaultdict[str, float] = defaultdict(float)
    for row, column in _best(weights):
        for role, shared in _shared(wanted[row], given[column]).items():
            right[role] += shared
    return {
        role: _counts(right[role], sizes[0].get(role, 0), sizes[1].get(role, 0))
        for role in sorted(sizes[0].keys() | sizes[1].keys())
    }


def _content(template: Template) -> str:
    """What makes two templates the same."""
    fillers = _fillers(template)
    return repr((template.type, [(role, sorted(map(sorted, fillers[role]))) for role in sorted(fillers)]))


def _usable(items: Iterable[T], others: Iterable[T], content: Callable[[T], Hashable]) -> list[T]:
    """The items without repetitions that the other side does not have."""
    allowed = Counter(map(content, others))
    seen: Counter[Hashable] = Counter()
    kept = []
    for item in items:
        if seen[content(item)] < max(1, allowed[content(item)]):
            kept.append(item)
        seen[content(item)] += 1
    return kept


def _same_type(gold: Template, predicted: Template) -> bool:
    return predicted.type in (gold.type, *(part.strip() for part in gold.type.split("/")))


def _fillers(template: Template) -> ByRole:
    return {role: [frozenset(map(normalised, f)) for f in fillers] for role, fillers in template.roles.items()}


def _union(templates: Iterable[Template]) -> defaultdict[str, set[Filler]]:
    found: defaultdict[str, set[Filler]] = defaultdict(set)
    for template in templates:
        for role, fillers in _fillers(template).items():
            found[role].update(fillers)
    return found


def _shared(gold: ByRole, predicted: ByRole) -> dict[str, float]:
    """How many strings agree, by role, when fillers are paired so that most do."""
    roles = gold.keys() & predicted.keys()
    return {role: _paired(gold[role], predicted[role], lambda a, b: float(len(a & b))) for role in sorted(roles)}


def _strings(templates: Iterable[ByRole]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for template in templates:
        for role, fillers in template.items():
            found[role] += sum(map(len, fillers))
    return found


def _paired(gold: Collection[Filler], predicted: Collection[Filler], worth: Callable[[Filler, Filler], float]) -> float:
    ours, theirs = _usable(gold, predicted, frozenset), _usable(predicted, gold, frozenset)
    ours, theirs = (sorted(side, key=sorted) for side in (ours, theirs))
    weights = [[worth(a, b) for b in theirs] for a in ours]
    return sum(weights[row][column] for row, column in _best(weights))


def _best(weights: list[list[float]]) -> list[tuple[int, int]]:
    import numpy as np

    if not weights or not weights[0] or not any(map(any, weights)):
        return []
    return best_pairs(np.array(weights))


def _counts(right: float, wanted: int, given: int) -> Counts:
    return Counts(int(right), int(given - right), int(wanted - right))
