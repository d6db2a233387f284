"""An averaged structured perceptron that tags tokens in BIO (Collins, EMNLP 2002), for whole documents at once.

A token is seen through columns (its word, what a gazetteer says of it, ...). A value of a column has features
by offset: those it gives to its own token, to the one before, to the one after. The score of a tag at a token is
the sum of the weights of all features that reach it, so for each value and offset the sum is taken once, kept, and
gathered by numpy from then on; nothing is done token by token but looking up values.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strife.baselines.columns import EDGE, OFFSETS, Columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int32]

OUTSIDE = "O"
REACH = 2  # the largest offset
NEVER = -1e6
_KEPT = 1 << 16  # values of a column whose sums are kept

Seen = Callable[[str, str], dict[int, list[str]]]  # column and value to features by offset


class Weights(NamedTuple):
    """What is learnt: of features [features, tags], of a tag after another [tags + 1, tags], the last for starts."""

    tags: tuple[str, ...]
    features: dict[str, int]
    emission: "Floats"
    transition: "Floats"


class Tagger:
    """Weights, and sums of them by value."""

    def __init__(self, weights: Weights, seen: Seen) -> None:
        self.weights = weights
        self._seen = seen
        self._kept: dict[str, _Sums] = {}
        self._begin, self._next = _possible(weights.tags, weights.transition)

    def scores(self, sentences: Sequence[Columns]) -> "Floats":
        """The scores of each tag for each token of the sentences together: [tokens, tags]."""
        import numpy as np

        places = _places([len(sentence["word"]) for sentence in sentences])
        found = np.zeros((len(places), len(self.weights.tags)), np.float32)
        for column in sentences[0] if sentences else ():
            kept = self._kept.get(column)
            if kept is None:
                kept = self._kept[column] = _Sums(self.weights, self._seen, column)
            values = kept.positions(_strung(sentences, column))
            for offset, sums in kept.sums.items():
                found += sums[values[places + offset]]
        return found

    def best(self, scores: "Floats", lengths: Sequence[int], bias: float = 0.0) -> list[str]:
        """The best tags of all tokens (Viterbi), with a bias on O. `lengths` are those of the sentences."""
        if bias:
            scores = scores.copy()
            scores[:, 0] += bias
        path = viterbi(scores, lengths, self._begin, self._next)
        return [self.weights.tags[tag] for tag in path.tolist()]

    def marginals(self, scores: "Floats", lengths: Sequence[int], heat: float) -> "Floats":
        """The probability of each tag at each token [tokens, tags], as of a CRF with the scores divided by `heat`."""
        import numpy as np

        begin, following = (np.exp(one.astype(np.float64) / heat) for one in (self._begin, self._next))
        found, at = np.empty_like(scores), 0
        for length in lengths:
            here = scores[at : at + length].astype(np.float64) / heat  # float32 would run out of small numbers
            here = np.exp(here - here.max(axis=1, keepdims=True))
            ahead, behind = here.copy(), np.ones_like(here)
            ahead[0] *= begin
            for n in range(1, length):
                ahead[n] *= ahead[n - 1] @ following
                ahead[n] /= ahead[n].sum()
            for n in range(length - 2, -1, -1):
                behind[n] = following @ (here[n + 1] * behind[n + 1])
                behind[n] /= behind[n].sum()
            both = ahead * behind
            found[at : at + length] = both / both.sum(axis=1, keepdims=True)
            at += length
        return found


class _Sums:
    """The sums of weights of each value of one column, by offset; filled as values are met."""

    def __init__(self, weights: Weights, seen: Seen, column: str) -> None:
        import numpy as np

        self._weights, self._seen, self._column = weights, seen, column
        self._known: dict[str, int] = {}
        self._used = 1  # the first row is that of all values without weights
        self.sums = {offset: np.zeros((1 << 8, len(weights.tags)), np.float32) for offset in OFFSETS[column]}

    def positions(self, values: list[str]) -> "Integers":
        """The rows of values in the sums."""
        import numpy as np

        known = self._known
        try:
            return np.fromiter(map(known.__getitem__, values), np.int32, len(values))
        except KeyError:
            if len(known) + len(values) > _KEPT:
                known.clear()
                self._used = 1
            for value in dict.fromkeys(values):
                if value not in known:
                    known[value] = self._row(value)
        return np.fromiter(map(known.__getitem__, values), np.int32, len(values))

    def _row(self, value: str) -> int:
        import numpy as np

        features, emission = self._weights.features, self._weights.emission
        by_offset = self._seen(self._column, value).items()
        rows = {
            offset: found for offset, names in by_offset if (found := [features[n] for n in names if n in features])
        }
        if not any(rows.values()):
            return 0
        row, self._used = self._used, self._used + 1
        if row == len(next(iter(self.sums.values()))):
            self.sums = {o: np.concatenate([s, np.zeros_like(s)]) for o, s in self.sums.items()}
        for offset, sums in self.sums.items():
            sums[row] = emission[rows[offset]].sum(axis=0) if rows.get(offset) else 0.0
        return row


def _strung(sentences: Sequence[Columns], column: str) -> list[str]:
    """The values of all tokens, with REACH edges before, between and after the sentences."""
    edges = [EDGE] * REACH
    values = [*edges]
    for sentence in sentences:
        values += sentence[column]
        values += edges
    return values


def _places(lengths: Sequence[int]) -> "Integers":
    """Where the tokens stand among the strung values."""
    import numpy as np

    gaps = np.repeat(np.arange(1, len(lengths) + 1) * REACH, lengths)
    return (np.arange(sum(lengths)) + gaps).astype(np.int32)


def _possible(tags: Sequence[str], transition: "Floats") -> tuple["Floats", "Floats"]:
    """The weights of beginnings [tags] and successions [tags, tags], NEVER where BIO forbids them."""
    import numpy as np

    inside = np.array([tag[0] == "I" for tag in tags])
    same = np.array([[a[1:] == b[1:] and a[0] in "BI" for b in tags] for a in tags]).reshape(len(tags), len(tags))
    begin = np.where(inside, NEVER, transition[-1]).astype(np.float32)
    return begin, np.where(inside[None, :] & ~same, NEVER, transition[:-1]).astype(np.float32)


def viterbi(scores: "Floats", lengths: Sequence[int], begin: "Floats", following: "Floats") -> "Integers":
    """The best tag of each token; all sentences are walked through side by side, the longest first."""
    import numpy as np

    if not len(scores):
        return np.zeros(0, np.int32)
    sizes = np.asarray(lengths)
    order = np.argsort(-sizes, kind="stable")
    starts = (np.cumsum(sizes) - sizes)[order]
    sizes = sizes[order]
    active = [int(np.searchsorted(-sizes, -step, side="left")) for step in range(int(sizes[0]))]
    reached = scores[starts[: active[0]]] + begin
    back = []
    ends = reached.copy()
    columns = np.ascontiguousarray(following.T)  # [tag, tag before]
    for step, alive in enumerate(active[1:], 1):
        ways = reached[:alive, None, :] + columns[None, :, :]
        chosen = ways.argmax(axis=2)
        reached = np.take_along_axis(ways, chosen[:, :, None], axis=2)[:, :, 0] + scores[starts[:alive] + step]
        ends[:alive] = reached
        back.append(chosen)
    path = np.zeros(len(scores), np.int32)
    tag = ends.argmax(axis=1)
    for step in range(len(active) - 1, -1, -1):
        path[starts[: active[step]] + step] = tag[: active[step]]
        if step:
            rows = np.arange(active[step])
            tag[: active[step]] = back[step - 1][rows, tag[: active[step]]]
    return path


def train(
    sentences: Sequence[Columns],
    gold: Sequence[Sequence[str]],
    seen: Seen,
    epochs: int,
    seeds: Sequence[int],
    dropped: float = 0.0,
) -> Weights:
    """Weights averaged over all steps of all seeds, which shuffle the sentences. `gold` are BIO tags."""
    import numpy as np

    tags = (OUTSIDE, *sorted({tag for one in gold for tag in one} - {OUTSIDE}))
    if not sentences:
        return Weights(tags, {}, np.zeros((0, len(tags)), np.float32), np.zeros((len(tags) + 1, len(tags)), np.float32))
    lengths = [len(one) for one in gold]
    vocabulary, rows = _encoded(sentences, lengths, seen)
    number = {tag: n for n, tag in enumerate(tags)}
    wanted = np.array([number[tag] for one in gold for tag in one], np.int32)
    ends = np.cumsum(lengths)
    bounds = list(zip((ends - lengths).tolist(), ends.tolist(), strict=True))
    emission = np.zeros((len(vocabulary) + 1, len(tags)), np.float32)
    transition = np.zeros((len(tags) + 1, len(tags)), np.float32)
    for seed in seeds:
        one, two = _one_seed(rows, wanted, bounds, tags, emission.shape, epochs, seed, dropped)
        emission += one / len(seeds)
        transition += two / len(seeds)
    used = np.flatnonzero(np.abs(emission[:-1]).max(axis=1) > 0)
    names = list(vocabulary)
    return Weights(tags, {names[row]: n for n, row in enumerate(used)}, emission[used], transition)


def _encoded(sentences: Sequence[Columns], lengths: Sequence[int], seen: Seen) -> tuple[dict[str, int], "Integers"]:
    """The features, and their rows for each token [tokens, at most so many], filled up with one past the last."""
    import numpy as np

    places = _places(lengths)
    parts = []
    for column in sentences[0]:
        strung = _strung(sentences, column)
        values = list(dict.fromkeys(strung))
        position = {value: n for n, value in enumerate(values)}
        at = np.fromiter(map(position.__getitem__, strung), np.int32, len(strung))
        parts.append((column, at, [seen(column, value) for value in values]))
    names = (name for *_, values in parts for value in values for found in value.values() for name in found)
    vocabulary = {name: n for n, name in enumerate(dict.fromkeys(names))}
    found = []
    for column, at, features in parts:
        for offset in OFFSETS[column]:
            lists = [[vocabulary[name] for name in one.get(offset, ())] for one in features]
            width = max(map(len, lists))
            if width:
                filled = np.array([row + [len(vocabulary)] * (width - len(row)) for row in lists], np.int32)
                found.append(filled[at[places + offset]])
    return vocabulary, np.concatenate(found, axis=1)


def _one_seed(
    rows: "Integers",
    wanted: "Integers",
    bounds: list[tuple[int, int]],
    tags: Sequence[str],
    shape: tuple[int, int],
    epochs: int,
    seed: int,
    dropped: float,
) -> tuple["Floats", "Floats"]:
    """Emission and transition weights, averaged over all steps; an update's share is what of the steps follows it."""
    import numpy as np

    emission, later = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    size = len(tags)
    transition, later_transition = np.zeros((size + 1, size), np.float32), np.zeros((size + 1, size), np.float32)
    chance = np.random.default_rng(seed)
    possible, total, step = _possible(tags, transition), len(bounds) * epochs, 0
    for _ in range(epochs):
        for sentence in chance.permutation(len(bounds)).tolist():
            start, end = bounds[sentence]
            here = rows[start:end]
            if dropped:
                here = np.where(chance.random(here.shape, np.float32) < dropped, shape[0] - 1, here)
            gold = wanted[start:end]
            path = _walk(emission[here].sum(axis=1), *possible)
            wrong = np.flatnonzero(path != gold)
            if len(wrong):
                rest = np.float32(1 - step / total)
                for n in wrong.tolist():
                    ids = here[n]
                    emission[ids, gold[n]] += 1
                    emission[ids, path[n]] -= 1
                    later[ids, gold[n]] += rest
                    later[ids, path[n]] -= rest
                for sign, way in ((1, gold), (-1, path)):
                    before = np.concatenate([[size], way[:-1]])
                    np.add.at(transition, (before, way), sign)
                    np.add.at(later_transition, (before, way), sign * rest)
                emission[-1] = 0  # the row that fills up
                possible = _possible(tags, transition)
            step += 1
    later[-1] = 0
    return later, later_transition


def _walk(scores: "Floats", begin: "Floats", following: "Floats") -> "Integers":
    """Viterbi for one sentence."""
    import numpy as np

    reached = scores[0] + begin
    back = []
    for row in scores[1:]:
        ways = reached[:, None] + following
        chosen = ways.argmax(axis=0)
        reached = ways.max(axis=0) + row
        back.append(chosen)
    tag = int(reached.argmax())
    path = [tag]
    for chosen in reversed(back):
        tag = int(chosen[tag])
        path.append(tag)
    return np.array(path[::-1], np.int32)
