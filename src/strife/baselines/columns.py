"""What the perceptron's taggers see of a sentence: columns with a value for each token, and the features of a value.

word     the word: itself, shape, affixes, clusters; of neighbours less
string   whether it lies in a string that was annotated in training, as what, and how reliably
token    the tag that the word had in training, and how often
pair     the word with the one before (triggers)
text     the word with what the text is about
topic    the word with the type of the nearest trigger
near     the type, side and distance of the nearest trigger
place    the number of the sentence
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

from strife.baselines.features import shape
from strife.baselines.pieces import Labelled, Sentence, tags

EDGE = ""  # the value that stands before and after each sentence
OFFSETS = {
    "word": (-2, -1, 0, 1, 2),
    "string": (-1, 0, 1),
    "token": (-1, 0, 1),
    "pair": (0, 1),
    "text": (0,),
    "topic": (0,),
    "near": (0,),
    "place": (0,),
}
LAST_PLACE = 6
_RELIABLE, _LIKELY = 0.8, 0.4
_FREQUENT = 2

Columns = dict[str, list[str]]


class Known(NamedTuple):
    """What training says of strings (tokens joined by blanks) and of words in small letters."""

    fold: bool  # are strings compared without regard to case?
    strings: dict[str, str]
    words: dict[str, str]
    starts: dict[str, list[int]]  # by first word, how long strings with it are, the longest first

    @classmethod
    def of(cls, texts: Iterable[tuple[list[Sentence], list[Labelled]]], fold: bool) -> Self:
        """What these sentences and their items say."""
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        uses: dict[str, Counter[str]] = defaultdict(Counter)
        lines = []
        for sentences, items in texts:
            for sentence in sentences:
                words = _folded(sentence.words, fold)
                lines.append(words)
                first = {start: n for n, (start, _) in enumerate(sentence.spans)}
                last = {end: n + 1 for n, (_, end) in enumerate(sentence.spans)}
                here = _within(items, sentence)
                for start, end, label in here:
                    if start in first and end in last:
                        labels[" ".join(words[first[start] : last[end]])][label] += 1
                for word, tag in zip(sentence.words, tags(sentence.spans, here), strict=True):
                    uses[word.casefold()][tag] += 1
        starts = _starts(labels)
        times = Counter(string for words in lines for string in _strings(words, starts) if string in labels)
        strings = {string: _told(count, times[string]) for string, count in sorted(labels.items())}
        return cls(fold, strings, {word: _use(count) for word, count in sorted(uses.items())}, starts)

    @classmethod
    def stored(cls, fold: bool, strings: dict[str, str], words: dict[str, str]) -> Self:
        """The same from what is worth storing."""
        return cls(fold, strings, words, _starts(strings))

    def columns(self, words: Sequence[str]) -> Columns:
        """The columns word, string and token of a sentence."""
        return {
            "word": list(words),
            "string": self._marks(_folded(words, self.fold)),
            "token": [self.words.get(word.casefold(), "?") for word in words],
        }

    def _marks(self, words: Sequence[str]) -> list[str]:
        marks = [EDGE] * len(words)
        reached = 0
        for at, word in enumerate(words):
            if at < reached or word not in self.starts:
                continue
            for size in self.starts[word]:
                told = self.strings.get(" ".join(words[at : at + size])) if at + size <= len(words) else None
                if told is not None:
                    reached = at + size
                    marks[at:reached] = [f"B-{told}", *[f"I-{told}"] * (size - 1)]
                    break
        return marks


def _folded(words: Sequence[str], fold: bool) -> list[str]:
    return [word.casefold() for word in words] if fold else list(words)


def _within(items: list[Labelled], sentence: Sentence) -> list[Labelled]:
    """The items (in text order, without overlap) that begin in the sentence."""
    begin, end = sentence.spans[0][0], sentence.spans[-1][1]
    return items[bisect_left(items, (begin, -1, "")) : bisect_left(items, (end, -1, ""))]


def _starts(strings: Iterable[str]) -> dict[str, list[int]]:
    sizes = defaultdict(set)
    for string in strings:
        sizes[string.split(" ", 1)[0]].add(string.count(" ") + 1)
    return {word: sorted(found, reverse=True) for word, found in sizes.items()}


def _strings(words: Sequence[str], starts: Mapping[str, list[int]]) -> Iterable[str]:
    for at, word in enumerate(words):
        for size in starts.get(word, ()):
            if at + size <= len(words):
                yield " ".join(words[at : at + size])


def _told(count: Counter[str], times: int) -> str:
    """The label a string mostly has, with how often it has it and whether that is known from more than one place."""
    label, n = min(count.items(), key=lambda item: (-item[1], item[0]))
    share = n / max(1, times)
    grade = "h" if share >= _RELIABLE else "m" if share >= _LIKELY else "l"
    return f"{label}:{grade}{'+' if n > 1 else ''}"


def _use(count: Counter[str]) -> str:
    """The tag that a word mostly has where it has any, with how often it has one."""
    total, more = count.total(), "+" if count.total() > _FREQUENT else ""
    inside = {tag: n for tag, n in count.items() if tag != "O"}
    if not inside:
        return f"O{more}"
    return f"{min(inside, key=lambda tag: (-inside[tag], tag))}:{min(3, 4 * sum(inside.values()) // total)}{more}"


def around(sentence: Sentence, triggers: list[Labelled]) -> Columns:
    """The columns near and topic of a sentence, from the triggers (in text order) in it."""
    here = _within(triggers, sentence)
    starts = [start for start, _ in sentence.spans]
    places = [(bisect_left(starts, a), bisect_left(starts, b), label) for a, b, label in here]
    near, topic = [], []
    for at, word in enumerate(sentence.words):
        best = min(
            ((max(first - at, at - last + 1, 0), at >= first, label) for first, last, label in places), default=None
        )
        if best is None:
            near.append(EDGE)
            topic.append(f"- {word.casefold()}")
            continue
        far, after, label = best
        distance = 0 if far == 0 else far.bit_length()
        near.append(f"{label} {'>' if after else '<'}{distance}")
        topic.append(f"{label} {word.casefold()}")
    return {"near": near, "topic": topic}


def about(sentence: Sentence, number: int, topic: str) -> Columns:
    """The columns pair, text and place of the sentence with this number in a text about `topic`."""
    words = [word.casefold() for word in sentence.words]
    return {
        "pair": [f"{before} {word}" for before, word in zip(["^", *words], words, strict=False)],
        "text": [f"{topic} {word}" for word in words],
        "place": [str(min(number, LAST_PLACE))] * len(words),
    }


class Sight:
    """The features of values."""

    def __init__(self, clusters: Mapping[str, list[str]]) -> None:
        self.clusters = clusters

    def features(self, column: str, value: str) -> dict[int, list[str]]:
        """By offset, the features that a value gives to the token at minus that offset."""
        if column == "word":
            return self._word(value)
        if value == EDGE:
            return {}
        if column in ("string", "token"):
            told = dict.fromkeys((value, value.partition(":")[0]))
            return {offset: [f"{column}{offset}={one}" for one in told] for offset in OFFSETS[column]}
        if column == "near":
            label, _, where = value.partition(" ")
            return {0: [f"near={value}", f"near={where}", f"near={label} {where[0]}"]}
        if column in ("text", "topic"):
            topic, _, word = value.partition(" ")
            clusters = [f"{column}={topic} {cluster}" for cluster in self.clusters.get(word, ())]
            return {0: [f"{column}={value}", f"{column}={topic}", *clusters]}
        return {offset: [f"{column}{offset}={value}"] for offset in OFFSETS[column]}

    def _word(self, word: str) -> dict[int, list[str]]:
        if word == EDGE:
            return {offset: [f"{offset}:edge"] for offset in (-2, -1, 1, 2)}
        lower, clusters = word.casefold(), self.clusters.get(word.casefold(), [])
        same = [f"w={lower}", f"shape={shape(word)}", *clusters]
        alone = ["bias", *same]
        alone += [f"pre{n}={lower[:n]}" for n in (1, 2, 3, 4) if len(lower) >= n]
        alone += [f"suf{n}={lower[-n:]}" for n in (1, 2, 3, 4) if len(lower) >= n]
        far = [f"w={lower}", *clusters]
        return {
            -2: [f"-2:{feature}" for feature in far],
            -1: [f"-1:{feature}" for feature in same],
            0: alone,
            1: [f"1:{feature}" for feature in same],
            2: [f"2:{feature}" for feature in far],
        }
