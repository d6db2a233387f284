"""The linear baseline: two CRF taggers (mentions, triggers) and a logistic classifier of roles.

Mentions are tagged flat (of overlapping ones the longest is learned). A role is chosen for every pair of a trigger
and a mention or other trigger in its sentence, among the roles that the ontology allows for the two types. Three
biases, on "no mention", "no trigger" and "no role", are set on the validation documents: they balance precision and
recall, which training on few documents leaves far apart.
"""

import itertools
import json
import math
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from strife.baselines.attributes import Attributes, Choice
from strife.baselines.features import Gazetteer, pair_features, word_features
from strife.baselines.pieces import Labelled, Sentence, assemble, flat, spans_of, split, tags, trimmed
from strife.model import Document
from strife.ontology import ANY_EVENT, Ontology
from strife.scoring.metrics import Counts, count

NO_ROLE = ""
FOLDS = 5
CRF = {"c1": 0.1, "c2": 0.05, "max_iterations": 120, "feature.possible_transitions": True}
BIASES = (-3.0, -2.5, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5)
TUNED = {"mentions": "ent", "triggers": "tri_c", "roles": "arg_c+"}  # in this order: each builds on the one before


class Pair(NamedTuple):
    """A trigger and something in its sentence that may fill one of its roles, by position in the document."""

    trigger: int
    filler: int
    is_event: bool
    features: list[str]
    allowed: tuple[str, ...]


class Roles(NamedTuple):
    """The role classifier: weights (roles by features) and one intercept a role."""

    names: tuple[str, ...]
    vocabulary: dict[str, int]
    weights: Any  # numpy float32 [roles, features]
    intercepts: Any  # numpy float32 [roles]


class Linear:
    """Taggers as CRFsuite models, roles as a weight matrix, and gazetteers of training mentions and triggers."""

    name = "linear"

    def __init__(
        self,
        taggers: dict[str, bytes],
        gazetteers: Sequence[Gazetteer],
        roles: Roles,
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
        allowed = _allowed(ontology)
        roles = _train_roles(documents, allowed)
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
        pairs = list(_pairs(sentences, mentions, triggers, self.allowed))
        arguments = [
            (pair.trigger, role, pair.is_event, pair.filler)
            for pair, role in zip(pairs, self._choose(pairs), strict=True)
            if role != NO_ROLE
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

    def _choose(self, pairs: Sequence[Pair]) -> list[str]:
        """The best allowed role of each pair, or none."""
        import numpy

        names, vocabulary, weights, intercepts = self.roles
        position = {name: n for n, name in enumerate(names)}
        chosen = []
        for pair in pairs:
            columns = [vocabulary[feature] for feature in pair.features if feature in vocabulary]
            scores = weights[:, columns].sum(axis=1) + intercepts
            scores[position[NO_ROLE]] += self.biases["roles"]
            options = [position[role] for role in (NO_ROLE, *pair.allowed) if role in position]
            chosen.append(names[options[int(numpy.argmax(scores[options]))]])
        return chosen

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
        roles = Roles(tuple(table["roles"]), vocabulary, arrays["weights"], arrays["intercepts"])
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


def _allowed(ontology: Ontology) -> dict[str, dict[str, list[str]]]:
    """By event type and filler label, the roles that the ontology allows."""
    labels = [*ontology.entity_types, *ontology.event_types]
    table: dict[str, dict[str, list[str]]] = {}
    for kind, event in ontology.event_types.items():
        for label, (role, rule) in itertools.product(labels, event.arguments.items()):
            is_event = label in ontology.event_types
            if not rule.types or label in rule.types or (is_event and ANY_EVENT in rule.types):
                table.setdefault(kind, {}).setdefault(label, []).append(role)
    return table


def _pairs(
    sentences: Sequence[Sentence],
    mentions: Sequence[Labelled],
    triggers: Sequence[Labelled],
    allowed: dict[str, dict[str, list[str]]],
) -> Iterator[Pair]:
    """Every trigger with every mention and other trigger of its sentence that the ontology lets fill a role."""
    for sentence in sentences:
        begin, end = sentence.spans[0][0], sentence.spans[-1][1]
        here = [(n, triggers[n]) for n in _beginning(triggers, begin, end)]
        fillers = [(n, mentions[n], False) for n in _beginning(mentions, begin, end)]
        fillers += [(n, t, True) for n, t in here]
        for (number, trigger), (position, filler, is_event) in itertools.product(here, fillers):
            roles = allowed.get(trigger[2], {}).get(filler[2], [])
            if roles and filler != trigger:
                features = pair_features(sentence, trigger, filler, [f for _, f, _ in fillers])
                yield Pair(number, position, is_event, features, tuple(roles))


def _beginning(items: Sequence[Labelled], begin: int, end: int) -> range:
    """The positions of the items (in text order) that begin in [begin, end)."""
    return range(bisect_left(items, (begin, -1, "")), bisect_left(items, (end, -1, "")))


def _train_roles(documents: Sequence[Document], allowed: dict[str, dict[str, list[str]]]) -> Roles:
    import numpy
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows, labels = [], []
    for document in documents:
        entities = sorted(document.entities, key=lambda e: (e.span, e.label, e.id))
        events = sorted(document.events, key=lambda e: (e.span, e.type, e.id))
        gold = {(event.id, a.target): a.role for event in events for a in event.arguments}
        mentions = [(*e.span, e.label) for e in entities]
        triggers = [(*e.span, e.type) for e in events]
        for pair in _pairs(split(document.text), mentions, triggers, allowed):
            filler = (events if pair.is_event else entities)[pair.filler]
            rows.append(pair.features)
            labels.append(gold.get((events[pair.trigger].id, filler.id), NO_ROLE))
    if NO_ROLE not in labels:  # has to be a choice even if every training pair has a role
        rows, labels = [*rows, []], [*labels, NO_ROLE]
    vocabulary = {feature: n for n, feature in enumerate(sorted(_frequent(rows)))}
    if len(set(labels)) < 2 or not vocabulary:
        return Roles((NO_ROLE,), {}, numpy.zeros((1, 0), numpy.float32), numpy.zeros(1, numpy.float32))
    columns = [[vocabulary[f] for f in row if f in vocabulary] for row in rows]
    starts = numpy.cumsum([0, *map(len, columns)])
    flat_columns = numpy.array([c for row in columns for c in row], dtype=numpy.int32)
    matrix = csr_matrix((numpy.ones(len(flat_columns)), flat_columns, starts), shape=(len(rows), len(vocabulary)))
    model = LogisticRegression(C=1.0, max_iter=500).fit(matrix, labels)
    weights, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row of weights stands for both classes
        weights, intercepts = numpy.vstack([-weights, weights]), numpy.concatenate([-intercepts, intercepts])
    return Roles(
        tuple(map(str, model.classes_)), vocabulary, weights.astype(numpy.float32), intercepts.astype(numpy.float32)
    )


def _frequent(rows: Iterable[list[str]]) -> list[str]:
    """Features that occur more than once: the rest can only be learned by heart."""
    times = Counter(feature for row in rows for feature in row)
    return [feature for feature, n in times.items() if n > 1]


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
