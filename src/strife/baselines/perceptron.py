"""The perceptron baseline: structured perceptrons for triggers and mentions, and joint decoding of events.

Triggers are tagged first; the tagger of mentions sees them. Both taggers are asked twice: for what they would say by
themselves, and, with a lower bar, for candidates. Every trigger chooses among the roles that the ontology allows it
with each candidate; a candidate that neither tagger would have named by itself stays if it fills a role, and a
candidate trigger if the roles that are filled make up for what it lacks. Mentions are tagged flat (of overlapping ones
the longest is learnt).
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple, Self

import msgspec

from strife.baselines.attributes import Attributes, Choice
from strife.baselines.columns import Known, Sight
from strife.baselines.fillers import Filler, Fillers
from strife.baselines.fillers import learn as learn_fillers
from strife.baselines.incidents import hinted
from strife.baselines.logistic import Logistic
from strife.baselines.pieces import Labelled, Sentence, assemble, flat, spans_of, split, tags
from strife.baselines.roles import pairs_of, ranked
from strife.baselines.strings import BARS, HEAT, History, Told
from strife.baselines.tagger import Tagger, Weights
from strife.baselines.topics import NO_TOPIC, distinct
from strife.baselines.training import (
    RECIPE,
    Learnt,
    Recipe,
    company,
    learn,
    mention_columns,
    quick,
    trigger_columns,
)
from strife.baselines.tuning import Settings, tune
from strife.model import Document, Template
from strife.ontology import Ontology


class Read(NamedTuple):
    """A text as the taggers score it."""

    sentences: list[Sentence]
    lengths: list[int]
    topic: str
    triggers: Any  # float32 [tokens, tags]; None where there are no events


class Perceptron:
    """Two taggers, the role classifier, and what they know of training."""

    name = "perceptron"

    def __init__(self, learnt: Learnt, settings: Settings, fillers: Fillers | None = None) -> None:
        self.learnt = learnt
        self.settings = settings
        self.fillers = fillers  # of templates
        self.hints = frozenset(learnt.hints)
        sight = Sight(learnt.clusters)
        self.taggers = {which: Tagger(one, sight.features) for which, one in learnt.weights.items()}

    @classmethod
    def fit(
        cls,
        documents: Sequence[Document],
        validation: Sequence[Document],
        ontology: Ontology,
        unlabelled: Sequence[str] = (),
        recipe: Recipe = RECIPE,
    ) -> "Perceptron":
        """Train everything, then choose the settings. `unlabelled` are texts that clusters are learnt from, too.

        What fills templates sets its threshold on the training documents, by cross-fitting.
        """
        known = company(documents, unlabelled, small=bool(ontology.template_types))

        def fitted(others: Sequence[Document], recipe: Recipe, settings: Settings) -> Perceptron:
            return cls(learn(others, ontology, known, recipe), settings)

        if ontology.template_types:  # the tagger has to be like those of the folds
            model = fitted(documents, quick(recipe), Settings())
            roles = tuple(sorted(set(itertools.chain.from_iterable(ontology.template_types.values()))))
            told = learn_fillers(
                documents, roles, lambda others: fitted(others, quick(recipe), model.settings).told, known, model.hints
            )
            return cls(model.learnt, model.settings, told)
        model = fitted(documents, recipe, Settings())
        tune([(model, document) for document in validation], model.settings)
        return model

    def predict(self, document: Document) -> Document:
        """The document with predicted mentions, triggers, arguments and attributes."""
        return self.decode(document, self.read(document))

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict, with the probability of each mention and event: the least of its tokens' (marginals)."""
        read = self.read(document)
        found = self.decode(document, read)
        triggers = [(*event.span, event.type) for event in found.events]
        scores: dict[str, float] = {}
        if self.fillers and "triggers" not in self.taggers:
            chances = {(*span, one.role): one.chance for one in self._filled(document, read)[0] for span in one.spans}
            return found, {entity.id: chances[*entity.span, entity.label] for entity in found.entities}
        for which, items in (("triggers", found.events), ("mentions", found.entities)):
            if which in self.taggers and read.sentences:
                raw = read.triggers if which == "triggers" else self._mention_scores(read, triggers)
                sure = self.taggers[which].marginals(raw, read.lengths, self.settings.heat)
                spans = [span for sentence in read.sentences for span in sentence.spans]
                number = {tag: n for n, tag in enumerate(self.learnt.weights[which].tags)}
                for item in items:
                    labelled = (*item.span, item.label)
                    bio = tags(spans, [labelled])
                    touched = [n for n, tag in enumerate(bio) if tag != "O"]
                    scores[item.id] = min(float(sure[n, number[bio[n]]]) if bio[n] in number else 0.0 for n in touched)
        return found, scores

    def read(self, document: Document) -> Read:
        """The sentences of a text, with the scores of triggers."""
        sentences = split(document.text)
        lengths = [len(sentence.words) for sentence in sentences]
        told = ("triggers" in self.taggers or self.hints) and sentences
        topic = self.learnt.topic.best("", distinct(sentences)) if told else NO_TOPIC
        if "triggers" not in self.taggers or not sentences:
            return Read(sentences, lengths, topic, None)
        known = self.learnt.known["triggers"]
        columns = [trigger_columns(known, sentence, n, topic) for n, sentence in enumerate(sentences)]
        return Read(sentences, lengths, topic, self.taggers["triggers"].scores(columns))

    def decode(self, document: Document, read: Read, triggers: list[Labelled] | None = None) -> Document:
        """The document with what the settings make of the scores; with gold triggers if they are given."""
        if not read.sentences:
            return assemble(document, [], [], [])
        fillers, templates = self._filled(document, read)
        if self.fillers and "triggers" not in self.taggers:
            mentions = flat((*span, one.role) for one in fillers for span in one.spans)
            return msgspec.structs.replace(assemble(document, mentions, [], []), templates=templates)
        given = triggers is not None
        sure = triggers if triggers is not None else self._triggers(read, self.settings.triggers)
        maybe = sure if given else _more(sure, self._triggers(read, self.settings.maybe_triggers))
        scores = self._mention_scores(read, maybe)
        mentions = self._tagged("mentions", read, scores, self.settings.mentions)
        candidates = mentions
        if "triggers" in self.taggers and self.settings.maybe_mentions != self.settings.mentions:
            wider = self._tagged("mentions", read, scores, self.settings.maybe_mentions)
            candidates = sorted([*wider, *_apart(mentions, wider)])
        arguments, worth = self._arguments(read, candidates, maybe)
        firm = set(sure)
        stays = [given or t in firm or worth.get(n, 0.0) > self.settings.worth for n, t in enumerate(maybe)]
        arguments = [a for a in arguments if stays[a[0]] and (not a[2] or stays[a[3]])]
        filling, sober = {filler for _, _, is_event, filler in arguments if not is_event}, set(mentions)
        keeps = [n in filling or mention in sober for n, mention in enumerate(candidates)]
        event_at, mention_at = _renumbered(stays), _renumbered(keeps)
        found = assemble(
            document,
            list(itertools.compress(candidates, keeps)),
            list(itertools.compress(maybe, stays)),
            [(event_at[t], role, e, event_at[f] if e else mention_at[f]) for t, role, e, f in arguments],
        )
        return msgspec.structs.replace(self.learnt.attributes.filled(found, read.sentences), templates=templates)

    def told(self, document: Document, read: Read | None = None) -> Told:
        """What the tagger of mentions says of a text, for what fills templates."""
        read = read or self.read(document)
        if not read.sentences:
            return Told([], None, (), [])
        scores, tagger = (
            self._mention_scores(read, self._triggers(read, self.settings.triggers)),
            self.taggers["mentions"],
        )
        chances = tagger.marginals(scores, read.lengths, HEAT)
        tagged = [self._tagged("mentions", read, scores, bar) for bar in BARS]
        return Told(read.sentences, chances, tagger.weights.tags, tagged)

    def _filled(self, document: Document, read: Read) -> tuple[list[Filler], tuple[Template, ...]]:
        if self.fillers is None or not read.sentences:
            return [], ()
        return self.fillers.found(document.text, self.told(document, read), self.learnt.clusters, self.hints)

    def _triggers(self, read: Read, bias: float) -> list[Labelled]:
        return self._tagged("triggers", read, read.triggers, bias) if "triggers" in self.taggers else []

    def _tagged(self, which: str, read: Read, scores: Any, bias: float) -> list[Labelled]:
        bio = self.taggers[which].best(scores, read.lengths, bias)
        found: list[Labelled] = []
        at = 0
        for sentence, length in zip(read.sentences, read.lengths, strict=True):
            found += spans_of(sentence.spans, bio[at : at + length])
            at += length
        return found

    def _mention_scores(self, read: Read, triggers: list[Labelled]) -> Any:
        near = triggers if "triggers" in self.taggers else None
        topic = read.topic if self.hints else ""
        if self.hints and near is None:
            near = hinted(read.sentences, self.hints)
        known = self.learnt.known["mentions"]
        columns = [mention_columns(known, sentence, n, near, topic) for n, sentence in enumerate(read.sentences)]
        return self.taggers["mentions"].scores(columns)

    def _arguments(
        self, read: Read, candidates: list[Labelled], triggers: list[Labelled]
    ) -> tuple[list[tuple[int, str, bool, int]], dict[int, float]]:
        """The best roles that may stand together (trigger, role, is the filler an event, filler), and their worth.

        Each filler has one role of a trigger; where more want a role than it may have, the best get it.
        """
        pairs = list(pairs_of(read.sentences, candidates, triggers, self.learnt.allowed))
        wanted = [
            (-score, pair.trigger, role, pair.is_event, pair.filler)
            for pair, found in zip(pairs, ranked(self.learnt.roles, pairs, self.settings.roles), strict=True)
            for score, role in found
        ]
        taken: set[tuple[int, bool, int]] = set()
        often: Counter[tuple[int, str]] = Counter()
        arguments, worth = [], dict.fromkeys(range(len(triggers)), 0.0)
        for score, trigger, role, is_event, filler in sorted(wanted):
            room = self.learnt.most.get(f"{triggers[trigger][2]} {role}")
            if (trigger, is_event, filler) not in taken and (room is None or often[trigger, role] < room):
                taken.add((trigger, is_event, filler))
                often[trigger, role] += 1
                arguments.append((trigger, role, is_event, filler))
                worth[trigger] -= score
        return sorted(arguments), worth

    def files(self) -> dict[str, bytes]:
        """The weights as arrays of half precision, and the rest as JSON."""
        import numpy as np

        classifiers = {"roles": self.learnt.roles}
        if self.fillers:
            classifiers |= {"gate": self.fillers.gate, "choice": self.fillers.choice}
        arrays: dict[str, Any] = {}
        for which, one in classifiers.items():
            arrays |= {f"{which}_weights": one.weights.astype(np.float16), f"{which}_intercepts": one.intercepts}
            arrays[f"{which}_features"] = _packed(one.vocabulary)
        for which, weights in self.learnt.weights.items():
            arrays |= {f"{which}_emission": weights.emission.astype(np.float16), f"{which}_after": weights.transition}
            arrays[f"{which}_features"] = _packed(weights.features)
        packed = BytesIO()
        np.savez_compressed(packed, **dict(sorted(arrays.items())))
        table = _Table(
            self.name,
            {which: w.tags for which, w in self.learnt.weights.items()},
            {which: (known.fold, known.strings, known.words) for which, known in self.learnt.known.items()},
            self.learnt.clusters,
            self.learnt.topic,
            self.learnt.roles.names,
            self.learnt.allowed,
            self.learnt.most,
            self.learnt.attributes.choices,
            self.learnt.hints,
            self.settings,
            _Fillers(
                self.fillers.roles,
                self.fillers.gate.names,
                self.fillers.choice.names,
                self.fillers.history,
                self.fillers.aliases,
                self.fillers.threshold,
            )
            if self.fillers
            else None,
        )
        return {"model.json": msgspec.json.encode(table, order="sorted"), "weights.npz": packed.getvalue()}

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> Self:
        """The model in its files. Raises ValueError for arrays that belong to another model.json."""
        import numpy as np

        table = msgspec.json.decode(files["model.json"], type=_Table)
        arrays = np.load(BytesIO(files["weights.npz"]), allow_pickle=False)
        weights = {}
        for which, names in table.taggers.items():
            features = _unpacked(arrays[f"{which}_features"])
            emission = arrays[f"{which}_emission"].astype(np.float32)
            after = arrays[f"{which}_after"].astype(np.float32)
            if emission.shape != (len(features), len(names)) or after.shape != (len(names) + 1, len(names)):
                raise ValueError("weights.npz belongs to another model.json")
            weights[which] = Weights(names, features, emission, after)
        roles = _classifier(arrays, "roles", table.roles)
        known = {which: Known.stored(*one) for which, one in table.known.items()}
        learnt = Learnt(
            weights,
            known,
            table.clusters,
            table.topic,
            roles,
            table.allowed,
            table.most,
            Attributes(table.attributes),
            table.hints,
        )
        if table.fillers is None:
            return cls(learnt, table.settings)
        told = table.fillers
        gate, choice = _classifier(arrays, "gate", told.gate), _classifier(arrays, "choice", told.choice)
        fillers = Fillers(told.roles, gate, choice, told.history, told.aliases, told.threshold)
        return cls(learnt, table.settings, fillers)


def _classifier(arrays: Any, which: str, names: tuple[str, ...]) -> Logistic:
    import numpy as np

    features = _unpacked(arrays[f"{which}_features"])
    weights, intercepts = arrays[f"{which}_weights"].astype(np.float32), arrays[f"{which}_intercepts"]
    if weights.shape != (len(names), len(features)) or intercepts.shape != (len(names),):
        raise ValueError("weights.npz belongs to another model.json")
    return Logistic(names, features, weights, intercepts)


class _Fillers(msgspec.Struct):
    """Of model.json: what fills templates, but for weights."""

    roles: tuple[str, ...]
    gate: tuple[str, ...]
    choice: tuple[str, ...]
    history: History
    aliases: dict[str, list[str]]
    threshold: float


class _Table(msgspec.Struct):
    """The file model.json."""

    name: str
    taggers: dict[str, tuple[str, ...]]  # tags
    known: dict[str, tuple[bool, dict[str, str], dict[str, str]]]
    clusters: dict[str, list[str]]
    topic: Choice
    roles: tuple[str, ...]
    allowed: dict[str, dict[str, list[str]]]
    most: dict[str, int]
    attributes: dict[str, Choice]
    hints: list[str]
    settings: Settings
    fillers: _Fillers | None = None


def _packed(features: dict[str, int]) -> Any:
    """Features, none of which holds a line break, as bytes that can be compressed with the weights."""
    import numpy as np

    return np.frombuffer("\n".join(features).encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(content: Any) -> dict[str, int]:
    """The features by position. Raises ValueError for an array that is none of bytes."""
    text = content.astype("u1", casting="safe").tobytes().decode("utf-8", "surrogatepass")
    return {name: n for n, name in enumerate(text.split("\n"))} if text else {}


def _more(sure: list[Labelled], wider: list[Labelled]) -> list[Labelled]:
    """The sure ones, and those of the wider that touch none of them."""
    return sorted([*sure, *_apart(wider, sure)])


def _apart(items: list[Labelled], others: list[Labelled]) -> list[Labelled]:
    """The items that overlap none of the others; both without overlap, in text order."""
    found, at = [], 0
    for item in items:
        while at < len(others) and others[at][1] <= item[0]:
            at += 1
        if at == len(others) or item[1] <= others[at][0]:
            found.append(item)
    return found


def _renumbered(kept: list[bool]) -> list[int]:
    """Where each stands among those that are kept."""
    return [n - 1 for n in itertools.accumulate(map(int, kept))]
