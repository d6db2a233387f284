"""Settings of the perceptron: what is not learnt but set on validation documents, one value after the other."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from strife.model import Document
from strife.scoring.metrics import Counts, count
from strife.scoring.templates import ceaf_ree

BIASES = (-8.0, -6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
ROLE_BIASES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5)


class Settings(msgspec.Struct):
    """What validation sets: biases on "no trigger" and "no mention", for good and for candidates, and on "no role"."""

    triggers: float = 0.0
    mentions: float = 0.0
    maybe_triggers: float = 0.0
    maybe_mentions: float = 0.0
    roles: float = 0.0
    worth: float = 0.0  # what roles must add up to for a trigger that was only a candidate
    heat: float = 2.0


class Decoder(Protocol):
    """What can be tuned: reading is done once, decoding with every setting."""

    settings: Settings

    def read(self, document: Document) -> Any:
        """What does not depend on the settings."""
        ...

    def decode(self, document: Document, read: Any) -> Document:
        """The document with predictions."""
        ...


def _counted(metric: str, gold: Document, predicted: Document) -> Iterable[Counts]:
    if metric == "ceaf_ree":
        return ceaf_ree(gold.templates, predicted.templates).values()
    return [count(metric, gold, predicted)]


def tune(model: Decoder, validation: Sequence[Document], metric: str) -> None:
    """Set one after the other to the value with the best F1 on validation; without any they stay as they are.

    `metric` is the one by which mentions are judged: ent, or ceaf_ree.
    """
    if not validation:
        return
    events = any(document.events for document in validation)
    read = [(document, model.read(document)) for document in validation]

    def tried(names: tuple[str, ...], by: str, values: Sequence[float]) -> None:
        results = []
        for value in values:
            for name in names:
                setattr(model.settings, name, value)
            pairs = ((document, model.decode(document, one)) for document, one in read)
            counts = itertools.chain.from_iterable(_counted(by, *pair) for pair in pairs)
            results.append((sum(counts, Counts()).f1, -abs(value), value))
        for name in names:
            setattr(model.settings, name, max(results)[2])

    if events:
        tried(("triggers", "maybe_triggers"), "tri_c", BIASES)
    tried(("mentions", "maybe_mentions"), metric, BIASES)
    if events:
        settings = model.settings
        tried(("roles",), "arg_c+", ROLE_BIASES)
        tried(("maybe_mentions",), "arg_c+", [settings.mentions + bias for bias in (0, -2, -4, -6, -8, -12)])
        tried(("maybe_triggers",), "arg_c+", [settings.triggers + bias for bias in (0, -2, -4, -6)])
        tried(("worth",), "arg_c+", (1.0, 2.0, 4.0, 8.0, 1000.0))
        tried(("roles",), "arg_c+", ROLE_BIASES)
