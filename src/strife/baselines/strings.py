"""Strings that may fill a role of a text's template, and the features by which that is judged."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, Self

from strife.baselines.pieces import Labelled, Sentence, Span
from strife.model import Document
from strife.scoring.templates import normalised

ARTICLES = frozenset({"a", "an", "the"})
BARS = (0.0, -5.0, -10.0, -16.0, -24.0, -34.0, -50.0)  # biases on "no mention", with which a text is tagged
HEAT = 6.0  # of the marginals
LEAST = -6.0  # log odds of a role below which a string is no candidate for it, if it was not tagged as one
WINDOW = 3  # words on each side
_ODDS = (-9, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 5)


class Told(NamedTuple):
    """What the tagger of mentions says of a text: marginals, and the mentions under each of BARS."""

    sentences: list[Sentence]
    chances: Any  # float32 [tokens, tags]
    tags: tuple[str, ...]
    tagged: list[list[Labelled]]


class Candidate(NamedTuple):
    """A string without article, with all its occurrences."""

    words: tuple[str, ...]  # in small letters
    key: str  # as strings are compared
    places: list[int]  # first tokens
    bars: dict[str, int]  # by role, the first of BARS under which it is tagged
    odds: dict[str, list[float]]  # by role, the log odds of each occurrence, the highest first


class History(NamedTuple):
    """How many training texts have a string, or a last word, in a role; and how many the word at all."""

    strings: dict[str, dict[str, int]]
    heads: dict[str, dict[str, int]]
    texts: dict[str, int]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Self:
        """What these documents say."""
        strings: dict[str, Counter[str]] = defaultdict(Counter)
        heads: dict[str, Counter[str]] = defaultdict(Counter)
        texts: Counter[str] = Counter()
        for document in documents:
            texts.update(set(normalised(document.text).split()))
            filled = {
                (role, normalised(string))
                for template in document.templates
                for role, fillers in template.roles.items()
                for filler in fillers
                for string in filler
            }
            for role, string in filled:
                strings[string][role] += 1
                heads[string.rpartition(" ")[2]][role] += 1
        return cls(_plain(strings), _plain(heads), {head: texts[head] for head in sorted(heads)})


def _plain(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(count.items())) for name, count in sorted(counts.items())}


class Page(NamedTuple):
    """A text and its words one after the other, in small letters; by token its offsets and its sentence."""

    text: str
    words: list[str]
    spans: list[Span]
    sentence: list[int]
    bounds: list[Span]  # of sentences, in tokens

    @classmethod
    def of(cls, text: str, sentences: Sequence[Sentence]) -> Self:
        """The text with its sentences."""
        ends = list(accumulate((len(one.words) for one in sentences), initial=0))
        return cls(
            text,
            [word.casefold() for one in sentences for word in one.words],
            [span for one in sentences for span in one.spans],
            [number for number, one in enumerate(sentences) for _ in one.words],
            list(pairwise(ends)),
        )

    def string(self, first: int, size: int) -> str:
        """So many tokens from the first on, as the text has them."""
        return self.text[self.spans[first][0] : self.spans[first + size - 1][1]]


def candidates(page: Page, told: Told, roles: Sequence[str]) -> list[Candidate]:
    """The strings that are tagged under any of the bars, in the order in which they are met."""
    first = {start: n for n, (start, _) in enumerate(page.spans)}
    last = {end: n + 1 for n, (_, end) in enumerate(page.spans)}
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for level, tagged in enumerate(told.tagged):
        for start, end, role in tagged:
            words = _trimmed(page.words[first[start] : last[end]])
            if any(word[0].isalnum() for word in words):
                found.setdefault(words, {}).setdefault(role, level)
    columns = {role: [n for n, tag in enumerate(told.tags) if tag[2:] == role] for role in roles}
    chances = {role: told.chances[:, of].sum(axis=1).tolist() for role, of in columns.items()}
    where: dict[str, list[int]] = defaultdict(list)
    for n, word in enumerate(page.words):
        where[word].append(n)
    return [
        Candidate(words, key, places, bars, {role: _odds(chances[role], places, len(words)) for role in roles})
        for words, bars in found.items()
        if (places := _places(page, words, where[words[0]])) and (key := normalised(page.string(places[0], len(words))))
    ]


def _trimmed(words: Sequence[str]) -> tuple[str, ...]:
    """Without articles in front and punctuation but quotation marks behind."""
    first, last = 0, len(words)
    while first < last - 1 and words[first] in ARTICLES:
        first += 1
    while last > first + 1 and not words[last - 1][0].isalnum() and words[last - 1] != '"':
        last -= 1
    return tuple(words[first:last])


def _places(page: Page, words: tuple[str, ...], starts: Sequence[int]) -> list[int]:
    size = len(words)
    return [
        n
        for n in starts
        if tuple(page.words[n : n + size]) == words and page.sentence[n] == page.sentence[n + size - 1]
    ]


def _odds(chances: Sequence[float], places: Sequence[int], size: int) -> list[float]:
    """Of each occurrence the log odds of its least likely token, the highest first."""
    return sorted((log_odds(min(chances[n : n + size])) for n in places), reverse=True)


def log_odds(chance: float, least: float = 1e-5) -> float:
    """The logarithm of the odds, which end where `least` is."""
    return math.log(max(chance, least) / max(1 - chance, least))


def features(
    page: Page,
    strings: Sequence[Candidate],
    roles: Sequence[str],
    gate: Mapping[str, float],
    none: str,
    history: History,
    clusters: Mapping[str, Sequence[str]],
    hints: frozenset[str],
) -> Iterator[tuple[Candidate, str, list[str]]]:
    """Each string with each role that it may fill, and what there is to be said for and against it.

    `gate` is the probability of each type of template, and of `none`; `hints` are words that stand near fillers.
    """
    best = {role: sorted((one.odds[role][0] for one in strings), reverse=True) for role in roles}
    text, kinds = _of_text(best, gate, none)
    for one in strings:
        shared, words = [*text, *_of_place(page, one)], [*_of_words(one, clusters), *_near(page, one, hints)]
        for role in roles:
            if role in one.bars or one.odds[role][0] >= LEAST:
                told = [*shared, *_of_odds(one, role, best[role]), *_of_others(one, role, strings)]
                told += _of_history(one, role, history)
                yield one, role, [*told, *(f"{role} {feature}" for feature in [*told, *words, *kinds])]


def _steps(name: str, value: float, edges: Sequence[float]) -> list[str]:
    """A number as the edges that it exceeds."""
    return [f"{name}>{edge}" for edge in edges if value > edge] or [f"{name}<"]


def _of_text(best: Mapping[str, list[float]], gate: Mapping[str, float], none: str) -> tuple[list[str], list[str]]:
    """What the text is about, and how much the tagger finds in it."""
    every = [odds for of_role in best.values() for odds in of_role]
    relevant = log_odds(1 - gate.get(none, 0.0), 1e-4)
    found = _steps("rel", relevant, (-4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4))
    found += _steps("most", max(every, default=-9.0), (-3, -2, -1, 0, 1, 2, 3, 4))
    found += _steps("sum", sum(1 / (1 + math.exp(-odds)) for odds in every), (0.1, 0.3, 0.6, 1, 1.5, 2, 3, 4, 6))
    kind, chance = max(((k, c) for k, c in gate.items() if k != none), key=lambda i: (i[1], i[0]), default=("", 0.0))
    return found, [f"kind={kind}", *_steps(f"k{kind}", chance, (0.2, 0.4, 0.6, 0.8))]


def _of_place(page: Page, one: Candidate) -> list[str]:
    at = one.places[0]
    found = [f"occ={min(len(one.places), 5)}", f"len={min(len(one.words), 6)}", f"sent={min(page.sentence[at], 7)}"]
    return found + _steps("pos", at / len(page.words), (0.05, 0.1, 0.2, 0.4, 0.7))


def _of_words(one: Candidate, clusters: Mapping[str, Sequence[str]]) -> list[str]:
    head = one.words[-1]
    found = [f"head={head}", f"first={one.words[0]}", f"str={one.key}"]
    return found + [f"w={word}" for word in dict.fromkeys(one.words)] + [f"hc={c}" for c in clusters.get(head, ())]


def _near(page: Page, one: Candidate, hints: frozenset[str]) -> list[str]:
    """The words around the occurrences, and the hints in their sentences."""
    found: dict[str, None] = {}
    for at in one.places:
        begin, end = page.bounds[page.sentence[at]]
        after = at + len(one.words)
        before, behind = page.words[max(begin, at - WINDOW) : at], page.words[after : min(end, after + WINDOW)]
        found |= dict.fromkeys([*(f"L{word}" for word in before), *(f"R{word}" for word in behind)])
        found |= dict.fromkeys([*(f"L1{word}" for word in before[-1:]), *(f"R1{word}" for word in behind[:1])])
        here = (*range(begin, at), *range(after, end))
        found |= dict.fromkeys(f"H{page.words[n]}" for n in here if page.words[n] in hints)
    return list(found)


def _of_odds(one: Candidate, role: str, best: Sequence[float]) -> list[str]:
    """What the tagger says, also beside what it says of other strings and of other roles."""
    odds = one.odds[role]
    other = max((odds[0] for of, odds in one.odds.items() if of != role), default=-9.0)
    found = _steps("max", odds[0], _ODDS) + _steps("mean", sum(odds) / len(odds), _ODDS)
    found += _steps("two", odds[1] if len(odds) > 1 else -9, _ODDS[2:])
    found += _steps("all", math.log(sum(map(math.exp, odds))), _ODDS)
    found += [f"bar={one.bars.get(role, 9)}", f"rank={min(sum(o > odds[0] for o in best), 6)}"]
    found += _steps("other", odds[0] - other, (-5, -3, -2, -1, 0, 1, 2, 3, 5))
    return found + _steps("behind", odds[0] - best[0], (-6, -4, -3, -2, -1, -0.5, -0.01))


def _of_others(one: Candidate, role: str, strings: Sequence[Candidate]) -> list[str]:
    """Whether a string in which it lies, or that lies in it, does nearly as well."""
    rivals = [r.words for r in strings if len(r.words) != len(one.words) and r.odds[role][0] >= one.odds[role][0] - 2]
    bigger = any(len(r) > len(one.words) and contains(r, one.words) for r in rivals)
    smaller = any(len(r) < len(one.words) and contains(one.words, r) for r in rivals)
    quoted = '"' in one.words
    return [f"bigger={bigger}", f"smaller={smaller}", f"quoted={quoted}"]


def _of_history(one: Candidate, role: str, history: History) -> list[str]:
    head = one.words[-1]
    times = history.heads.get(head, {}).get(role, 0)
    found = [f"hist={min(history.strings.get(one.key, {}).get(role, 0), 3)}", f"heads={min(times, 4)}"]
    return found + _steps("share", times / (1 + history.texts.get(head, 0)), (0.02, 0.05, 0.1, 0.2, 0.4))


def contains(longer: Sequence[str], words: Sequence[str]) -> bool:
    """Do the words stand one after the other among the longer?"""
    size = len(words)
    return any(longer[n : n + size] == words for n in range(len(longer) - size + 1))
