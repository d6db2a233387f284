"""Settings of the perceptron: what is not learnt but set on validation documents, one value after the other."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from strife.model import Document
from strife.scoring.metrics import Counts, count

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

    def read(self, document: Document) -> Any:
        """What does not depend on the settings."""
        ...

    def decode(self, document: Document, read: Any) -> Document:
        """The document with predictions."""
        ...


def tune(pairs: Sequence[tuple[Decoder, Document]], settings: Settings) -> None:
    """Set one after the other to the value with the best F1 on documents; without any they stay as they are.

    Each document stands with the model that reads it, which has not seen it; all models have these very settings.
    """
    if not pairs:
        return
    events = any(document.events for _, document in pairs)
    read = [(model, document, model.read(document)) for model, document in pairs]

    def tried(names: tuple[str, ...], by: str, values: Sequence[float]) -> None:
        results = []
        for value in values:
            for name in names:
                setattr(settings, name, value)
            counts = (count(by, document, model.decode(document, one)) for model, document, one in read)
            results.append((sum(counts, Counts()).f1, -abs(value), value))
        for name in names:
            setattr(settings, name, max(results)[2])

    if events:
        tried(("triggers", "maybe_triggers"), "tri_c", BIASES)
    tried(("mentions", "maybe_mentions"), "ent", BIASES)
    if events:
        tried(("roles",), "arg_c+", ROLE_BIASES)
        tried(("maybe_mentions",), "arg_c+", [settings.mentions + bias for bias in (0, -2, -4, -6, -8, -12)])
        tried(("maybe_triggers",), "arg_c+", [settings.triggers + bias for bias in (0, -2, -4, -6)])
        tried(("worth",), "arg_c+", (1.0, 2.0, 4.0, 8.0, 1000.0))
        tried(("roles",), "arg_c+", ROLE_BIASES)
