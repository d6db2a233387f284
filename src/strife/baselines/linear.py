"""The linear baseline: two CRF taggers (mentions, triggers) and a logistic classifier of roles.

Mentions are tagged flat (of overlapping ones the longest is learned). A role is chosen for every pair of a trigger
and a mention or other trigger in its sentence, among the roles that the ontology allows for the two types. Three
biases, on "no mention", "no trigger" and "no role", are set on the validation documents: they balance precision and
recall, which training on few documents leaves far apart.
"""

import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import msgspec

from strife.baselines.attributes import Attributes, Choice
from strife.baselines.features import Gazetteer, word_features
from strife.baselines.logistic import Logistic
from strife.baselines.pieces import Labelled, Sentence, assemble, flat, spans_of, split, tags, trimmed
from strife.baselines.roles import allowed_roles, pairs_of, ranked, train_roles
from strife.model import Document
from strife.ontology import Ontology
from strife.scoring.metrics import Counts, count

FOLDS = 5
CRF = {"c1": 0.1, "c2": 0.05, "max_iterations": 120, "feature.possible_transitions": True}
BIASES = (-3.0, -2.5, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5)
TUNED = {"mentions": "ent", "triggers": "tri_c", "roles": "arg_c+"}  # in this order: each builds on the one before


class Linear:
    """Taggers as CRFsuite models, roles as a weight matrix, and gazetteers of training mentions and triggers."""

    name = "linear"

    def __init__(
        self,
        taggers: dict[str, bytes],
        gazetteers: Sequence[Gazetteer],
        roles: Logistic,
        allowed: dict[str, dict[str, list[str]]],
        biases: dict[str, float],
        attributes: Attributes,
    ) -> None:
        self.crf = taggers
        self.gazetteers = tuple(gazetteers)
        self.roles = roles
        self.allowed = allowed  # by event type, by filler label: the roles that the ontology allows
        self.biases = biases
        self.attributes = attributes
        self._taggers = {name: _open(model) for name, model in taggers.items()}

    @classmethod
    def fit(cls, documents: Sequence[Document], validation: Sequence[Document], ontology: Ontology) -> Self:
        """Train the taggers and the role classifier, then set the biases."""
        mentions = [flat((e.start, e.end, e.label) for e in d.entities) for d in documents]
        triggers = [flat((*e.span, e.type) for e in d.events) for d in documents]
        gazetteers = _jackknifed(documents, mentions, triggers)
        cut = [split(document.text) for document in documents]
        taggers = {
            "mentions": _train_crf(cut, gazetteers, mentions),
            "triggers": _train_crf(cut, gazetteers, triggers),
        }
        allowed = allowed_roles(ontology, documents)
        roles = train_roles(documents, allowed)
        model = cls(
            taggers,
            _gazetteers(zip(documents, mentions, triggers, strict=True)),
            roles,
            allowed,
            dict.fromkeys(TUNED, 0.0),
            Attributes.fit(documents, ontology),
        )
        _tune(model, validation)
        return model

    def predict(self, document: Document) -> Document:
        """The document with predicted mentions, triggers and arguments."""
        sentences = split(document.text)
        return self._assembled(document, sentences, *(self._tag(w, sentences) for w in ("mentions", "triggers")))

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict, with the probability of each mention and event.

        That of several tokens is the least of theirs under the tagger (marginals, before the biases): an upper bound
        of what it gives to the whole span.
        """
        sentences = split(document.text)
        scores: dict[str, float] = {}
        mentions = self._tag("mentions", sentences, scores, "m")
        triggers = self._tag("triggers", sentences, scores, "e")
        return self._assembled(document, sentences, mentions, triggers), scores

    def _assembled(
        self,
        document: Document,
        sentences: Sequence[Sentence],
        mentions: Sequence[Labelled],
        triggers: Sequence[Labelled],
    ) -> Document:
        pairs = list(pairs_of(sentences, mentions, triggers, self.allowed))
        roles = ranked(self.roles, pairs, self.biases["roles"])
        arguments = [
            (pair.trigger, found[0][1], pair.is_event, pair.filler)
            for pair, found in zip(pairs, roles, strict=True)
            if found
        ]
        return self.attributes.filled(assemble(document, mentions, triggers, arguments), sentences)

    def _tag(
        self, which: str, sentences: Sequence[Sentence], scores: dict[str, float] | None = None, prefix: str = ""
    ) -> list[Labelled]:
        """The mentions or triggers of a text; their probabilities go into `scores`, under the ids they will have."""
        tagger = self._taggers[which]
        found: list[Labelled] = []
        for sentence in sentences:
            tagger.set(word_features(sentence.words, self.gazetteers))
            bio = _decode(tagger, len(sentence.words), self.biases[which])
            here = spans_of(sentence.spans, trimmed(sentence.words, bio))
            if scores is not None:
                sure = _probabilities(tagger, sentence, here)
                scores |= {f"{prefix}{n}": probability for n, probability in enumerate(sure, len(found) + 1)}
            found += here
        return found

    def files(self) -> dict[str, bytes]:
        """Two CRFsuite models, the weights as npz, and the rest as JSON."""
        import numpy

        weights = BytesIO()
        numpy.savez(weights, weights=self.roles.weights, intercepts=self.roles.intercepts)
        table = {
            "name": self.name,
            "roles": self.roles.names,
            "vocabulary": list(self.roles.vocabulary),
            "gazetteers": self.gazetteers,
            "allowed": self.allowed,
            "biases": self.biases,
            "attributes": self.attributes.choices,
        }
        models = {f"{name}.crfsuite": model for name, model in self.crf.items()}
        return {
            "model.json": json.dumps(table, ensure_ascii=False, indent=0).encode(),
            "roles.npz": weights.getvalue(),
            **models,
        }

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> Self:
        """The model in its files."""
        import numpy

        table = json.loads(files["model.json"])
        arrays = numpy.load(BytesIO(files["roles.npz"]), allow_pickle=False)
        vocabulary = {feature: n for n, feature in enumerate(table["vocabulary"])}
        if arrays["weights"].shape != (len(table["roles"]), len(vocabulary)):
            raise ValueError("roles.npz belongs to another model.json")
        roles = Logistic(tuple(table["roles"]), vocabulary, arrays["weights"], arrays["intercepts"])
        taggers = {name: files[f"{name}.crfsuite"] for name in ("mentions", "triggers")}
        attributes = Attributes(msgspec.convert(table["attributes"], dict[str, Choice]))
        gazetteers = [Gazetteer(*one) for one in table["gazetteers"]]
        return cls(taggers, gazetteers, roles, table["allowed"], table["biases"], attributes)


def _open(model: bytes) -> Any:
    import pycrfsuite

    if int.from_bytes(model[4:8], "little") != len(model):  # CRFsuite crashes the process on a cut file
        raise ValueError("a CRFsuite file is cut off or damaged")
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    return tagger


def _gazetteers(documents: Iterable[tuple[Document, list[Labelled], list[Labelled]]]) -> tuple[Gazetteer, ...]:
    known = list(documents)
    return (
        Gazetteer.of("mention", False, [(document, mentions) for document, mentions, _ in known]),
        Gazetteer.of("trigger", True, [(document, triggers) for document, _, triggers in known]),
    )


def _jackknifed(
    documents: Sequence[Document], mentions: Sequence[list[Labelled]], triggers: Sequence[list[Labelled]]
) -> list[tuple[Gazetteer, ...]]:
    """For each document the gazetteers of the other folds: with its own strings in them, training only looks up."""
    known = list(zip(documents, mentions, triggers, strict=True))
    folds = [_gazetteers(one for n, one in enumerate(known) if n % FOLDS != fold) for fold in range(FOLDS)]
    return [folds[n % FOLDS] for n in range(len(documents))]


def _train_crf(
    cut: Sequence[Sequence[Sentence]], gazetteers: Sequence[Sequence[Gazetteer]], items: Sequence[Sequence[Labelled]]
) -> bytes:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=CRF, verbose=False)
    for sentences, known, labelled in zip(cut, gazetteers, items, strict=True):
        for sentence in sentences:
            trainer.append(word_features(sentence.words, known), tags(sentence.spans, labelled))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        return path.read_bytes()


def _tune(model: Linear, validation: Sequence[Document]) -> None:
    """Set each bias to the value with the best F1 on validation; they stay 0 without validation documents."""
    if not validation:
        return
    for which, metric in TUNED.items():
        results = []
        for bias in BIASES:
            model.biases[which] = bias
            counts = (count(metric, document, model.predict(document)) for document in validation)
            results.append((sum(counts, Counts()).f1, -abs(bias), bias))
        model.biases[which] = max(results)[2]


def _probabilities(tagger: Any, sentence: Sentence, found: Sequence[Labelled]) -> Iterator[float]:
    """For each item of a sentence, the least marginal probability of the tags of its tokens."""
    known = set(tagger.labels())
    bio = tags(sentence.spans, found)
    for start, end, _ in found:
        touched = [n for n, (a, b) in enumerate(sentence.spans) if a < end and start < b]
        yield min(tagger.marginal(bio[n], n) if bio[n] in known else 0.0 for n in touched)


def _decode(tagger: Any, length: int, bias: float) -> list[str]:
    """The likeliest sequence; with a bias on O, the likeliest tag of each token under it."""
    if bias == 0:
        best: list[str] = tagger.tag()
        return best
    labels = tagger.labels()
    factor = math.exp(bias)

    def weight(label: str, at: int) -> float:
        probability: float = tagger.marginal(label, at)
        return probability * factor if label == "O" else probability

    return [max(labels, key=lambda label: weight(label, at)) for at in range(length)]
