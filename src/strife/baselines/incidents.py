"""Templates from mentions: what a MUC-4 text says of its incident, for the perceptron.

A text has one template or none; its type is that of the text (a classifier of its words). A filler is a set of mentions
of one role of which one string contains the other, or that filled a role together in training ("fmln"); it is named by
its most frequent string. Training texts mark only the first occurrence of a string, so every one is taken to be meant.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from strife.baselines.pieces import Labelled, Sentence, flat
from strife.model import Document, Template

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


def template(document: Document, kind: str, aliases: dict[str, list[str]]) -> Document:
    """The document with a template of this type that its mentions fill."""
    strings: dict[str, Counter[str]] = defaultdict(Counter)
    for entity in document.entities:
        strings[entity.label][document.surface(entity)] += 1
    roles: dict[str, tuple[tuple[str, ...], ...]] = {}
    for role, count in sorted(strings.items()):
        groups: list[list[str]] = []
        for string in sorted(count, key=lambda one: (-len(one), one)):
            others = aliases.get(string, [])
            group = next((one for one in groups if _contains(one[0], string) or set(others) & set(one)), None)
            if group is None:
                groups.append([string])
            else:
                group.append(string)
        best = [min(group, key=lambda one: (-count[one], -len(one), one)) for group in groups]
        roles[role] = tuple((string,) for string in best)
    return msgspec.structs.replace(document, templates=(Template(kind, roles),))


def aliases_in(documents: Iterable[Document]) -> dict[str, list[str]]:
    """By string, the others that named the same filler of a template."""
    found: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for one in document.templates:
            for filler in (filler for fillers in one.roles.values() for filler in fillers):
                for string in filler:
                    found[string].update(set(filler) - {string})
    return {string: sorted(others) for string, others in sorted(found.items()) if others}


def _contains(longer: str, string: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(string)}(?!\w)", longer) is not None
