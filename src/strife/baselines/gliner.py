"""GLiNER, zero-shot: weights that find whatever kinds of things they are told, here the names in the ontology.

Mentions and triggers are looked for apart, so that they may overlap, and sentence by sentence, so that no text is too
long. Offsets are those that GLiNER gives, code points of the sentence. Arguments are not predicted.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import msgspec

from strife.baselines.outside import CHECKPOINT, INDEX, OutsideError, as_json, best, readable, settings, weights_folder
from strife.baselines.pieces import Labelled, assemble, flat, split
from strife.model import Document
from strife.ontology import Ontology

CONFIG = "gliner_config.json"
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
TOKENIZERS = ("labels_tokenizer", "decoder_tokenizer")
AT_ONCE = 8  # sentences


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which score on something counts, unless validation documents tell."""

    threshold: float = 0.5


class Stored(msgspec.Struct, frozen=True):
    """What model.json says: for the names that the weights are told, the labels that they stand for."""

    name: str
    ontology: str
    mentions: dict[str, str]
    triggers: dict[str, str]
    thresholds: tuple[float, float]


class Gliner:
    """Weights of GLiNER, and what to look for."""

    name = "gliner"

    def __init__(self, stored: Stored, model: Any, folder: Path) -> None:
        self.stored, self.model, self.folder = stored, model, folder

    @classmethod
    def fit(
        cls, validation: Sequence[Document], ontology: Ontology, weights: Path | None, given: Mapping[str, str]
    ) -> Self:
        """Take weights as they are. Validation documents set thresholds. Raises OutsideError."""
        import gliner  # noqa: F401  (its absence is told before anything else)

        told = settings(Settings, given)
        folder = weights_folder(weights, CONFIG)
        mentions, triggers = spoken(ontology.entity_types), spoken(ontology.event_types)
        origin = f"{ontology.name} {ontology.version}"
        stored = Stored(cls.name, origin, mentions, triggers, (told.threshold, told.threshold))
        model = cls(stored, _load(folder), folder)
        return cls(msgspec.structs.replace(stored, thresholds=model._best(validation, told)), model.model, folder)

    def _best(self, validation: Sequence[Document], told: Settings) -> tuple[float, float]:
        least = THRESHOLDS[0]
        read = {d.doc_id: [list(self._read(d.text, names, least)) for names in self._names()] for d in validation}

        def of(which: int, metric: str) -> float:
            def predict(document: Document, threshold: float) -> Document:
                kept = [[one for one in found if one[3] >= threshold] for found in read[document.doc_id]]
                return _assembled(document, *kept)[0]

            return best(THRESHOLDS, validation, metric, predict, told.threshold)

        return of(0, "ent"), of(1, "tri_c")

    def _names(self) -> tuple[dict[str, str], dict[str, str]]:
        return self.stored.mentions, self.stored.triggers

    def predict(self, document: Document) -> Document:
        """The document with the mentions and triggers that the weights find."""
        return self.predict_scored(document)[0]

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict, with the score of each mention and trigger."""
        found = (
            self._read(document.text, names, threshold)
            for names, threshold in zip(self._names(), self.stored.thresholds, strict=True)
        )
        return _assembled(document, *map(list, found))

    def _read(self, text: str, names: Mapping[str, str], threshold: float) -> Iterator[tuple[int, int, str, float]]:
        """What is found from a threshold on: (start, end, label, score)."""
        if not names:
            return
        room = max(1, int(self.model.config.max_len) // 2)  # GLiNER's own words may be shorter than ours
        pieces = [
            (sentence.spans[a][0], sentence.spans[b - 1][1])
            for sentence in split(text)
            for a, b in pairwise([*range(0, len(sentence.spans), room), len(sentence.spans)])
        ]
        for first in range(0, len(pieces), AT_ONCE):
            batch = pieces[first : first + AT_ONCE]
            texts = [readable(text[start:end]) for start, end in batch]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers = self.model.inference(texts, list(names), threshold=threshold, flat_ner=True)
            for (start, _), answer in zip(batch, answers, strict=True):
                for one in answer:
                    yield start + one["start"], start + one["end"], names[one["label"]], float(one["score"])

    def files(self) -> dict[str, bytes]:
        """The weights as they were given, and model.json."""
        others = {p.name: p.read_bytes() for p in sorted(self.folder.iterdir()) if p.is_file() and _needed(p.name)}
        return {**others, "model.json": as_json(self.stored)}

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """The model in a folder. Raises OutsideError when GLiNER cannot read it."""
        import gliner  # noqa: F401

        stored = msgspec.json.decode((folder / "model.json").read_bytes(), type=Stored)
        return cls(stored, _load(weights_folder(folder, CONFIG)), folder)


def spoken(types: Mapping[str, Any]) -> dict[str, str]:
    """How a system that knows English is told the labels: by their names, else by the labels in lower case."""
    names: dict[str, str] = {}
    for label, one in types.items():
        name = one.name.lower() or label.replace("_", " ").replace(".", " ").replace("-", " ").lower()
        names[name if name not in names else f"{name} ({label})"] = label
    return names


def _needed(name: str) -> bool:
    return name != "model.json" and name.endswith((".json", ".safetensors", ".model", ".txt"))


def _assembled(
    document: Document, mentions: Sequence[tuple[int, int, str, float]], triggers: Sequence[tuple[int, int, str, float]]
) -> tuple[Document, dict[str, float]]:
    scores: dict[str, float] = {}
    parts: list[list[Labelled]] = []
    for prefix, found in (("m", mentions), ("e", triggers)):
        sure = {(start, end, label): score for start, end, label, score in found}
        items = flat(sure)
        scores |= {f"{prefix}{n}": min(1.0, max(0.0, sure[item])) for n, item in enumerate(items, 1)}
        parts.append(items)
    return assemble(document, parts[0], parts[1], ()), scores


def _load(folder: Path) -> Any:
    """The weights of a folder. GLiNER would take weights that lack parameters; here they are refused."""
    from gliner import GLiNER
    from safetensors import safe_open

    if any((folder / name).is_dir() for name in TOKENIZERS) or (folder / INDEX).is_file():
        raise OutsideError(f"{folder}: weights in several files or with several tokenizers; only {CHECKPOINT} is read")
    try:
        with warnings.catch_warnings(), safe_open(folder / CHECKPOINT, framework="pt") as file:
            warnings.simplefilter("ignore")
            model = GLiNER.from_pretrained(str(folder), local_files_only=True).eval()
            there = {*file.keys(), *(file.metadata() or {})}
        if absent := sorted(name for name in set(model.model.state_dict()) - there if not name.endswith("_ids")):
            raise ValueError(f"{len(absent)} parameters are not there, such as {absent[0]}")
        return model
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise OutsideError(
            f"{folder}: no weights that GLiNER can read ({reason}); expected a folder with {CONFIG} that holds the "
            "encoder's configuration, a tokenizer and all parameters; download it again"
        ) from error
