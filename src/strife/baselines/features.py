"""Features of the linear baseline: of a word in its sentence, and of a trigger with a possible filler."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

from strife.baselines.pieces import Labelled, Sentence, split
from strife.model import Document

_RUNS = re.compile(r"(.)\1+")
_SHAPES = str.maketrans({**dict.fromkeys("0123456789", "d")})
_NEAR = 5  # words between trigger and filler that are spelled out as a path


class Gazetteer(NamedTuple):
    """Strings of training items (tokens joined by blanks) with their most frequent label."""

    name: str
    fold: bool  # are strings compared without regard to case?
    entries: dict[str, str]

    @classmethod
    def of(cls, name: str, fold: bool, pairs: Iterable[tuple[Document, list[Labelled]]]) -> Self:
        """The gazetteer of these documents' items."""
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for document, mentions in pairs:
            for sentence in split(document.text):
                for start, end, label in mentions:
                    words = [w for w, (a, b) in zip(*sentence, strict=True) if start <= a and b <= end]
                    if words:
                        labels[" ".join(w.casefold() if fold else w for w in words)][label] += 1
        return cls(
            name, fold, {key: min(c.items(), key=lambda i: (-i[1], i[0]))[0] for key, c in sorted(labels.items())}
        )

    def marks(self, words: Sequence[str]) -> list[list[str]]:
        """For each word, what the longest known string from its left to its right says."""
        marks: list[list[str]] = [[] for _ in words]
        words = [word.casefold() for word in words] if self.fold else words
        longest = max((key.count(" ") + 1 for key in self.entries), default=0)
        at = 0
        while at < len(words):
            for size in range(min(longest, len(words) - at), 0, -1):
                label = self.entries.get(" ".join(words[at : at + size]))
                if label is not None:
                    marks[at].append(f"{self.name}=B-{label}")
                    for inside in range(at + 1, at + size):
                        marks[inside].append(f"{self.name}=I-{label}")
                    at += size
                    break
            else:
                at += 1
        return marks


@lru_cache(maxsize=1 << 16)
def _alone(word: str) -> tuple[str, ...]:
    """Features of a word by itself."""
    lower = word.casefold()
    found = [f"w={lower}", f"shape={shape(word)}"]
    found += [f"pre{n}={lower[:n]}" for n in (2, 3, 4) if len(lower) > n]
    found += [f"suf{n}={lower[-n:]}" for n in (2, 3, 4) if len(lower) > n]
    if word[:1].isupper():
        found.append("upper" if word.isupper() and len(word) > 1 else "title")
    if word.isdigit():
        found.append(f"digits={len(word)}")
    return tuple(found)


def shape(word: str) -> str:
    """Capitals as X, small letters as x, digits as d, with runs drawn together."""
    drawn = "".join("X" if c.isupper() else "x" if c.isalpha() else c for c in word.translate(_SHAPES))
    return _RUNS.sub(r"\1\1", drawn)


def word_features(words: Sequence[str], gazetteers: Sequence[Gazetteer]) -> list[list[str]]:
    """The features of each word: itself, two neighbours on each side, what the gazetteers know."""
    alone = [_alone(word) for word in words]
    known = [gazetteer.marks(words) for gazetteer in gazetteers]
    marks = [[mark for one in known for mark in one[at]] for at in range(len(words))]
    rows = []
    for at in range(len(words)):
        row = ["bias", *alone[at], *marks[at]]
        for offset in (-2, -1, 1, 2):
            if 0 <= at + offset < len(words):
                row += [f"{offset}:{feature}" for feature in alone[at + offset][:2]]
                row += [f"{offset}:{mark}" for mark in marks[at + offset]]
            else:
                row.append(f"{offset}:edge")
        rows.append(row)
    return rows


def pair_features(sentence: Sentence, trigger: Labelled, filler: Labelled, others: Sequence[Labelled]) -> list[str]:
    """Features of a trigger with a possible filler: types, words, order, distance, what stands between."""
    starts = [start for start, _ in sentence.spans]
    t, f = bisect_left(starts, trigger[0]), bisect_left(starts, filler[0])
    f_end = bisect_left(starts, filler[1])
    left, right = (f_end, t) if f < t else (t + 1, f)
    between = [word.casefold() for word in sentence.words[left:right]]
    side = "before" if f < t else "after"
    far = min(len(between), 12) // (1 if len(between) < 4 else 3)
    types = f"{trigger[2]}>{filler[2]}"
    word = sentence.words[t].casefold() if t < len(sentence.words) else ""
    head = sentence.words[min(f_end, len(sentence.words)) - 1].casefold()
    inside = [o for o in others if min(trigger[1], filler[1]) <= o[0] < max(trigger[0], filler[0])]
    same = sum(o[2] == filler[2] for o in inside)
    before_filler = sentence.words[f - 1].casefold() if f else "^"
    after_filler = sentence.words[f_end].casefold() if f_end < len(sentence.words) else "$"
    after_trigger = sentence.words[t + 1].casefold() if t + 1 < len(sentence.words) else "$"
    before_trigger = sentence.words[t - 1].casefold() if t else "^"
    found = [
        f"types={types}",
        f"types={types} {side}",
        f"types={types} {side} {far}",
        f"word={word} {filler[2]} {side}",
        f"head={head} {trigger[2]}",
        f"prep={before_filler} {types}",
        f"prep={before_filler} {side}",
        f"next={after_filler} {side}",
        f"trigger+1={after_trigger} {types} {side}",
        f"trigger-1={before_trigger} {types} {side}",
        f"same={min(same, 3)} {types} {side}",
        f"inside={min(len(inside), 4)} {side}",
        f"far={far} {side} {filler[2]}",
    ]
    if len(between) <= _NEAR:
        found.append(f"path={side} {' '.join(between)} {filler[2]}")
        found.append(f"path={side} {' '.join(between)}")
    found += [f"between={token} {side}" for token in dict.fromkeys(between)]
    return found
