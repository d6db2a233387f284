"""Attributes with choices (realis, polarity, extent, ...): one small classifier for each, shared by all baselines.

Each is an averaged perceptron with a margin (Collins, 2002; Krauth and Mezard, 1987) over the label, the item's words
and the words around it in its sentence. Numbers and free texts (incident, people_min, timex) are not predicted.
"""

import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self

import msgspec

from strife.baselines.pieces import Sentence, split
from strife.model import AttributeValue, Document, Entity, Event
from strife.ontology import Ontology

NONE = ""  # the attribute is not given
ROUNDS, MARGIN = 10, 2.0
_NEAR, _WINDOW = 2, 8  # tokens on each side: told apart by place, and taken together
Item = Entity | Event


class Choice(NamedTuple):
    """One attribute: by label the values seen with it, most frequent first, and the weights of features by value."""

    seen: dict[str, list[str]]
    weights: dict[str, dict[str, float]]

    def best(self, label: str, features: Iterable[str]) -> str:
        """The value with the highest score among those seen with the label; the most frequent of equals."""
        scores = self.scores(label, features)
        return max(scores, key=scores.__getitem__)

    def scores(self, label: str, features: Iterable[str]) -> dict[str, float]:
        """The score of each value seen with the label, most frequent first."""
        scores = dict.fromkeys(self.seen[label], 0.0)
        if len(scores) > 1:
            for feature in features:
                for value, weight in self.weights.get(feature, {}).items():
                    if value in scores:
                        scores[value] += weight
        return scores


class Attributes:
    """What fills the attributes of predicted mentions and events."""

    def __init__(self, choices: dict[str, Choice]) -> None:
        self.choices = choices
        self._by_label: dict[str, list[str]] = defaultdict(list)
        for name, choice in choices.items():
            for label in choice.seen:
                self._by_label[label].append(name)

    @classmethod
    def fit(cls, documents: Sequence[Document], ontology: Ontology) -> Self:
        """One classifier for each attribute with choices that a training item has a value of."""
        examples: dict[str, list[tuple[str, list[str], str]]] = defaultdict(list)
        for document in documents:
            sentences = split(document.text)
            for item in document.items:
                features = list(_features(item, sentences))
                for name, attribute in ontology.attributes_of(item.label).items():
                    value = item.attributes.get(name, NONE)
                    if attribute.control == "choices" and isinstance(value, str):
                        examples[name].append((item.label, features, value))
        given = {name: rows for name, rows in examples.items() if any(value != NONE for _, _, value in rows)}
        return cls({name: learnt(rows) for name, rows in sorted(given.items())})

    def filled(self, document: Document, sentences: Sequence[Sentence]) -> Document:
        """The document with a value for each attribute of each item that training gave one."""
        if not self.choices:
            return document
        return msgspec.structs.replace(
            document,
            entities=tuple(self._filled(entity, sentences) for entity in document.entities),
            events=tuple(self._filled(event, sentences) for event in document.events),
        )

    def _filled(self, item: Item, sentences: Sequence[Sentence]) -> Item:
        names = self._by_label.get(item.label)
        if not names:
            return item
        features = list(_features(item, sentences))
        found = {name: self.choices[name].best(item.label, features) for name in names}
        given: dict[str, AttributeValue] = {name: value for name, value in found.items() if value != NONE}
        return msgspec.structs.replace(item, attributes=given)


def _features(item: Item, sentences: Sequence[Sentence]) -> Iterator[str]:
    """The label, the item's words, and the words around it."""
    yield item.label
    number = bisect_right(sentences, item.span[0], key=lambda sentence: sentence.spans[0][0]) - 1
    if number < 0:
        return
    sentence = sentences[number]
    first = max(0, bisect_right(sentence.spans, item.span[0], key=lambda span: span[0]) - 1)
    after = max(first + 1, bisect_right(sentence.spans, item.span[1] - 1, key=lambda span: span[0]))
    words = [word.casefold() for word in sentence.words[max(0, first - _WINDOW) : after + _WINDOW]]
    first, after = min(first, _WINDOW), min(first, _WINDOW) + after - first
    for word in words[first:after]:
        yield f"is {word}"
        yield f"{item.label} is {word}"
    for side, near in (("before", words[:first][::-1]), ("after", words[after:])):
        for distance, word in enumerate(near):
            yield f"{side} {word}"
            if distance < _NEAR:
                yield f"{side} {distance} {word}"


def learnt(rows: list[tuple[str, list[str], str]]) -> Choice:
    """The classifier of rows: a label, features, the value. Only the values seen with a label are told apart."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for label, _, value in rows:
        counts[label][value] += 1
    seen = {label: sorted(c, key=lambda value: (-c[value], value)) for label, c in sorted(counts.items())}
    choice = Choice(seen, defaultdict(lambda: defaultdict(float)))
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    order, chance, step = [row for row in rows if len(seen[row[0]]) > 1], random.Random(1), 1
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for label, features, value in order:
            scores = choice.scores(label, features)
            reached = scores.pop(value)
            rival = max(scores, key=scores.__getitem__)
            if reached - scores[rival] <= MARGIN:
                for feature in features:
                    for name, change in ((value, 1.0), (rival, -1.0)):
                        choice.weights[feature][name] += change
                        sums[feature][name] += change * step
            step += 1
    averaged = {
        feature: {value: round(w - sums[feature][value] / step, 3) for value, w in sorted(weights.items())}
        for feature, weights in sorted(choice.weights.items())
    }
    return Choice(seen, averaged)
