"""What a text is about: a classifier of its words, for the perceptron's taggers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from strife.baselines.attributes import Choice, learnt
from strife.baselines.pieces import Sentence

FOLDS = 5
NO_TOPIC = "-"


class Topics(NamedTuple):
    """What tells the topic of a text, and the topics of the training texts, each told by the other folds."""

    choice: Choice
    crossed: list[str]


def topics(cut: Sequence[list[Sentence]], types: Sequence[list[str]]) -> Topics:
    """The topic of a text is its most frequent type of event or template."""
    counts = map(Counter, types)
    main = [min(c.items(), key=lambda item: (-item[1], item[0]))[0] if c else NO_TOPIC for c in counts]
    rows = [("", list(distinct(sentences)), topic) for sentences, topic in zip(cut, main, strict=True)]
    folds = [learnt([row for n, row in enumerate(rows) if n % FOLDS != fold]) for fold in range(FOLDS)]
    crossed = [
        folds[n % FOLDS].best("", row[1]) if "" in folds[n % FOLDS].seen else NO_TOPIC for n, row in enumerate(rows)
    ]
    return Topics(learnt(rows), crossed)


def distinct(sentences: Sequence[Sentence]) -> Iterator[str]:
    """The words of a text, each once."""
    return iter(dict.fromkeys(word.casefold() for sentence in sentences for word in sentence.words))
