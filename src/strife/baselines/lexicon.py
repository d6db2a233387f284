"""The lexicon baseline: strings seen in training keep the label they mostly had; no learning, no download.

Mentions are the longest known strings, triggers the known words. A filler gets the role that its label most often
had with the event's type in one sentence, if it had it at least half of the time. Attributes are classified.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from strife.baselines.attributes import Attributes, Choice
from strife.baselines.pieces import Labelled, Sentence, assemble, split
from strife.model import Document
from strife.ontology import Ontology

MOSTLY = 0.5


class Lexicon:
    """Strings (as tokens joined by blanks) to labels, and (event type, filler label) to roles."""

    name = "lexicon"

    def __init__(
        self, mentions: dict[str, str], triggers: dict[str, str], roles: dict[str, str], attributes: Attributes
    ) -> None:
        self.mentions = mentions
        self.triggers = triggers
        self.roles = roles
        self.attributes = attributes
        self.longest = max((key.count(" ") + 1 for key in mentions), default=0)

    @classmethod
    def fit(cls, documents: Sequence[Document], ontology: Ontology) -> Self:
        """Count strings, words and role fillers."""
        return cls(
            _lexicon(documents, [[(e.start, e.end, e.label) for e in d.entities] for d in documents], fold=False),
            _lexicon(documents, [[(*e.span, e.type) for e in d.events] for d in documents], fold=True),
            _roles(documents),
            Attributes.fit(documents, ontology),
        )

    def predict(self, document: Document) -> Document:
        """The document with what the lexicon knows."""
        mentions: list[Labelled] = []
        triggers: list[Labelled] = []
        arguments: list[tuple[int, str, bool, int]] = []
        sentences = split(document.text)
        for sentence in sentences:
            here = self._mentions(sentence)
            found = [
                (*span, self.triggers[word.casefold()])
                for word, span in zip(sentence.words, sentence.spans, strict=True)
                if word.casefold() in self.triggers
            ]
            fillers = [(m, False, len(mentions) + n) for n, m in enumerate(here)]
            fillers += [(t, True, len(triggers) + n) for n, t in enumerate(found)]
            for number, trigger in enumerate(found, len(triggers)):
                for filler, is_event, position in fillers:
                    role = self.roles.get(f"{trigger[2]} {filler[2]}")
                    if role and filler != trigger:
                        arguments.append((number, role, is_event, position))
            mentions += here
            triggers += found
        return self.attributes.filled(assemble(document, mentions, triggers, arguments), sentences)

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict; a lexicon knows or does not know, so there is no probability."""
        return self.predict(document), {}

    def _mentions(self, sentence: Sentence) -> list[Labelled]:
        found: list[Labelled] = []
        at = 0
        while at < len(sentence.words):
            for size in range(min(self.longest, len(sentence.words) - at), 0, -1):
                label = self.mentions.get(" ".join(sentence.words[at : at + size]))
                if label is not None:
                    found.append((sentence.spans[at][0], sentence.spans[at + size - 1][1], label))
                    at += size
                    break
            else:
                at += 1
        return found

    def files(self) -> dict[str, bytes]:
        """One JSON file."""
        table = {
            "name": self.name,
            "mentions": self.mentions,
            "triggers": self.triggers,
            "roles": self.roles,
            "attributes": self.attributes.choices,
        }
        return {"model.json": msgspec.json.format(msgspec.json.encode(table, order="sorted"), indent=0)}

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> Self:
        """The lexicon in its file."""
        table = msgspec.json.decode(files["model.json"], type=_Table)
        return cls(table.mentions, table.triggers, table.roles, Attributes(table.attributes))


class _Table(msgspec.Struct):
    """The file of a lexicon."""

    mentions: dict[str, str]
    triggers: dict[str, str]
    roles: dict[str, str]
    attributes: dict[str, Choice]


def _lexicon(documents: Sequence[Document], items: Sequence[Iterable[Labelled]], fold: bool) -> dict[str, str]:
    """Strings that carry one label at least half of the times that they occur."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    lines = []
    for document, labelled in zip(documents, items, strict=True):
        for sentence in split(document.text):
            begins = {start: n for n, (start, _) in enumerate(sentence.spans)}
            ends = {end: n + 1 for n, (_, end) in enumerate(sentence.spans)}
            words = [word.casefold() for word in sentence.words] if fold else sentence.words
            lines.append(words)
            for start, end, label in labelled:
                if start in begins and end in ends:
                    labels[" ".join(words[begins[start] : ends[end]])][label] += 1
    longest = max((key.count(" ") + 1 for key in labels), default=0)
    occurrences: Counter[str] = Counter()
    for words in lines:
        for size in range(1, longest + 1):
            strings = (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
            occurrences.update(string for string in strings if string in labels)
    best = {key: min(count.items(), key=lambda item: (-item[1], item[0])) for key, count in labels.items()}
    return {key: label for key, (label, times) in sorted(best.items()) if times >= MOSTLY * occurrences[key]}


def _roles(documents: Sequence[Document]) -> dict[str, str]:
    """The role that mostly holds between an event's type and a label in one sentence."""
    pairs: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        sentences = split(document.text)
        for event in document.events:
            roles = {argument.target: argument.role for argument in event.arguments}
            here = next((s.spans for s in sentences if s.spans[0][0] <= event.trigger.start < s.spans[-1][1]), [])
            for item in document.items:
                if item is not event and here and here[0][0] <= item.span[0] < here[-1][1]:
                    pairs[f"{event.type} {item.label}"][roles.get(item.id, "")] += 1
    best = {pair: min(count.items(), key=lambda item: (-item[1], item[0])) for pair, count in pairs.items()}
    return {
        pair: role for pair, (role, times) in sorted(best.items()) if role and times >= MOSTLY * pairs[pair].total()
    }
