"""What marks fillers of templates, as MUC-4 has them: all occurrences of their strings, and the words near them.

Training texts mark only the first occurrence of a string, so every one is taken to be meant.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from strife.baselines.pieces import Labelled, Sentence, flat
from strife.model import Document

HINTS = 200
LEAST = 5  # sentences that a hint occurs in


def everywhere(document: Document) -> list[Labelled]:
    """The mentions of a document with every other occurrence of their strings, without overlap."""
    found: set[Labelled] = set()
    for string, label in {(document.surface(entity), entity.label) for entity in document.entities}:
        for match in re.finditer(rf"(?<!\w){re.escape(string)}(?!\w)", document.text):
            found.add((*match.span(), label))
    return flat([*found, *((e.start, e.end, e.label) for e in document.entities)])


def hints(cut: Iterable[list[Sentence]], items: Iterable[list[Labelled]]) -> list[str]:
    """The words that most tell sentences with mentions from others (Dunning's log-likelihood, 1993), sorted."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    sizes: Counter[bool] = Counter()
    for sentences, labelled in zip(cut, items, strict=True):
        for sentence in sentences:
            begin, end = sentence.spans[0][0], sentence.spans[-1][1]
            here = [item for item in labelled if begin <= item[0] < end]
            outside = {
                word.casefold()
                for word, (a, b) in zip(*sentence, strict=True)
                if word[0].isalpha() and all(b <= item[0] or item[1] <= a for item in here)
            }
            counts[bool(here)].update(outside)
            sizes[bool(here)] += 1
    share = sizes[True] / max(1, sizes.total())

    def told(word: str) -> float:
        inside, outside = counts[True][word], counts[False][word]
        expected = (inside + outside) * share
        return inside * math.log(inside / expected) if inside > expected else 0.0

    frequent = [word for word, n in counts[True].items() if n >= LEAST]
    return sorted(sorted(frequent, key=lambda word: (-told(word), word))[:HINTS])


def hinted(sentences: Sequence[Sentence], words: frozenset[str]) -> list[Labelled]:
    """The tokens that are hints, each with itself as its label."""
    return [
        (*span, folded)
        for sentence in sentences
        for word, span in zip(*sentence, strict=True)
        if (folded := word.casefold()) in words
    ]
