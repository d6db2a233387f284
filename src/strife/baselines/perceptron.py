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
from strife.baselines.columns import Columns, Known, Sight, about, around
from strife.baselines.incidents import aliases_in, everywhere, hinted, hints, template
from strife.baselines.pieces import Labelled, Sentence, assemble, flat, spans_of, split, tags
from strife.baselines.roles import Roles, allowed_roles, pairs_of, train_roles
from strife.baselines.tagger import Tagger, Weights, train
from strife.baselines.topics import FOLDS, NO_TOPIC, distinct, topics
from strife.baselines.tuning import Settings, tune
from strife.model import Document
from strife.ontology import Ontology

FAINT = 0.02  # a weight of a role that decides nothing


class Recipe(NamedTuple):
    """How the taggers are trained; `without` names columns that they do not see, for ablations."""

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    epochs: int = 12
    dropped: float = 0.2  # of the features of each token, at each step
    empty_kept: float = 0.4  # of the sentences in which nothing is annotated, in texts with events or templates
    without: tuple[str, ...] = ()


RECIPE = Recipe()


class Read(NamedTuple):
    """A text as the taggers score it."""

    sentences: list[Sentence]
    lengths: list[int]
    topic: str
    triggers: Any  # float32 [tokens, tags]; None where there are no events


class Perceptron:
    """Two taggers, the role classifier, and what they know of training."""

    name = "perceptron"

    def __init__(
        self,
        weights: dict[str, Weights],
        known: dict[str, Known],
        clusters: dict[str, list[str]],
        topic: Choice,
        roles: Roles,
        allowed: dict[str, dict[str, list[str]]],
        most: dict[str, int],
        attributes: Attributes,
        hints: Sequence[str],
        aliases: dict[str, list[str]],
        settings: Settings,
    ) -> None:
        self.weights = weights
        self.known = known
        self.clusters = clusters
        self.topic = topic
        self.roles = roles
        self.allowed = allowed  # by event type, by filler label: the roles that the ontology allows
        self.most = most  # by "type role": how often the role may be filled
        self.attributes = attributes
        self.hints = frozenset(hints)  # of templates: words that stand near what fills them
        self.aliases = aliases  # of templates: strings that named the same filler
        self.settings = settings
        sight = Sight(clusters)
        self.taggers = {which: Tagger(one, sight.features) for which, one in weights.items()}

    @classmethod
    def fit(
        cls,
        documents: Sequence[Document],
        validation: Sequence[Document],
        ontology: Ontology,
        unlabelled: Sequence[str] = (),
        recipe: Recipe = RECIPE,
    ) -> Self:
        """Train everything, then choose the settings. `unlabelled` are texts that clusters are learnt from, too."""
        from strife.baselines.clusters import clusters

        cut = [split(document.text) for document in documents]
        mentions = [flat((e.start, e.end, e.label) for e in d.entities) for d in documents]
        triggers = [flat((*e.span, e.type) for e in d.events) for d in documents]
        raw = itertools.chain.from_iterable([*cut, *map(split, unlabelled)])
        company = clusters(sentence.words for sentence in raw) if unlabelled else {}
        eventful = any(triggers)
        words: list[str] = []
        if ontology.template_types:
            mentions = list(map(everywhere, documents))
            words = hints(cut, mentions)
        items = {"triggers": triggers, "mentions": mentions} if eventful else {"mentions": mentions}
        known = {w: Known.of(zip(cut, i, strict=True), fold=w == "triggers") for w, i in items.items()}
        topic = topics(cut, [[e.type for e in d.events] or [t.type for t in d.templates] for d in documents])
        weights = {}
        for which, annotated in items.items():
            rows = []
            for number, (one, sentences) in enumerate(zip(_jackknifed(cut, annotated, which), cut, strict=True)):
                if which == "triggers":
                    subject = topic.crossed[number]
                    rows.append([_trigger_columns(one, s, n, subject) for n, s in enumerate(sentences)])
                else:
                    near = triggers[number] if eventful else hinted(sentences, frozenset(words)) if words else None
                    subject = topic.crossed[number] if words else ""
                    rows.append([_mention_columns(one, s, n, near, subject) for n, s in enumerate(sentences)])
            kept = recipe.empty_kept if eventful or words else 1.0
            weights[which] = _train(rows, cut, annotated, Sight(company), recipe._replace(empty_kept=kept))
        allowed = allowed_roles(ontology, documents)
        most = {
            f"{kind} {role}": rule.max
            for kind, event in ontology.event_types.items()
            for role, rule in event.arguments.items()
            if rule.max is not None
        }
        roles = _halved(train_roles(documents, allowed))
        attributes = Attributes.fit(documents, ontology)
        model = cls(
            weights,
            known,
            company,
            topic.choice,
            roles,
            allowed,
            most,
            attributes,
            words,
            aliases_in(documents),
            Settings(),
        )
        tune(model, validation, "ceaf_ree" if words else "ent")
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
        for which, items in (("triggers", found.events), ("mentions", found.entities)):
            if which in self.taggers and read.sentences:
                raw = read.triggers if which == "triggers" else self._mention_scores(read, triggers)
                sure = self.taggers[which].marginals(raw, read.lengths, self.settings.heat)
                spans = [span for sentence in read.sentences for span in sentence.spans]
                number = {tag: n for n, tag in enumerate(self.weights[which].tags)}
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
        topic = self.topic.best("", distinct(sentences)) if told else NO_TOPIC
        if "triggers" not in self.taggers or not sentences:
            return Read(sentences, lengths, topic, None)
        known = self.known["triggers"]
        columns = [_trigger_columns(known, sentence, n, topic) for n, sentence in enumerate(sentences)]
        return Read(sentences, lengths, topic, self.taggers["triggers"].scores(columns))

    def decode(self, document: Document, read: Read, triggers: list[Labelled] | None = None) -> Document:
        """The document with what the settings make of the scores; with gold triggers if they are given."""
        if not read.sentences or (self.hints and read.topic == NO_TOPIC):
            return assemble(document, [], [], [])
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
        found = self.attributes.filled(
            assemble(
                document,
                list(itertools.compress(candidates, keeps)),
                list(itertools.compress(maybe, stays)),
                [(event_at[t], role, e, event_at[f] if e else mention_at[f]) for t, role, e, f in arguments],
            ),
            read.sentences,
        )
        return template(found, read.topic, self.aliases) if self.hints else found

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
        topic = ""
        if self.hints:
            near, topic = hinted(read.sentences, self.hints), read.topic
        known = self.known["mentions"]
        columns = [_mention_columns(known, sentence, n, near, topic) for n, sentence in enumerate(read.sentences)]
        return self.taggers["mentions"].scores(columns)

    def _arguments(
        self, read: Read, candidates: list[Labelled], triggers: list[Labelled]
    ) -> tuple[list[tuple[int, str, bool, int]], dict[int, float]]:
        """The best roles that may stand together (trigger, role, is the filler an event, filler), and their worth.

        Each filler has one role of a trigger; where more want a role than it may have, the best get it.
        """
        pairs = list(pairs_of(read.sentences, candidates, triggers, self.allowed))
        wanted = [
            (-score, pair.trigger, role, pair.is_event, pair.filler)
            for pair, found in zip(pairs, self.roles.scores(pairs, self.settings.roles), strict=True)
            for score, role in found
        ]
        taken: set[tuple[int, bool, int]] = set()
        often: Counter[tuple[int, str]] = Counter()
        arguments, worth = [], dict.fromkeys(range(len(triggers)), 0.0)
        for score, trigger, role, is_event, filler in sorted(wanted):
            room = self.most.get(f"{triggers[trigger][2]} {role}")
            if (trigger, is_event, filler) not in taken and (room is None or often[trigger, role] < room):
                taken.add((trigger, is_event, filler))
                often[trigger, role] += 1
                arguments.append((trigger, role, is_event, filler))
                worth[trigger] -= score
        return sorted(arguments), worth

    def files(self) -> dict[str, bytes]:
        """The weights as arrays of half precision, and the rest as JSON."""
        import numpy as np

        arrays = {"roles": self.roles.weights.astype(np.float16), "intercepts": self.roles.intercepts}
        arrays["roles_features"] = _packed(self.roles.vocabulary)
        for which, weights in self.weights.items():
            arrays |= {f"{which}_emission": weights.emission.astype(np.float16), f"{which}_after": weights.transition}
            arrays[f"{which}_features"] = _packed(weights.features)
        packed = BytesIO()
        np.savez_compressed(packed, **dict(sorted(arrays.items())))
        table = _Table(
            self.name,
            {which: w.tags for which, w in self.weights.items()},
            {which: (known.fold, known.strings, known.words) for which, known in self.known.items()},
            self.clusters,
            self.topic,
            self.roles.names,
            self.allowed,
            self.most,
            self.attributes.choices,
            sorted(self.hints),
            self.aliases,
            self.settings,
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
        vocabulary = _unpacked(arrays["roles_features"])
        if arrays["roles"].shape != (len(table.roles), len(vocabulary)) or len(arrays["intercepts"]) != len(
            table.roles
        ):
            raise ValueError("weights.npz belongs to another model.json")
        roles = Roles(table.roles, vocabulary, arrays["roles"].astype(np.float32), arrays["intercepts"])
        known = {which: Known.stored(*one) for which, one in table.known.items()}
        attributes = Attributes(table.attributes)
        return cls(
            weights,
            known,
            table.clusters,
            table.topic,
            roles,
            table.allowed,
            table.most,
            attributes,
            table.hints,
            table.aliases,
            table.settings,
        )


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
    aliases: dict[str, list[str]]
    settings: Settings


def _packed(features: dict[str, int]) -> Any:
    """Features, none of which holds a line break, as bytes that can be compressed with the weights."""
    import numpy as np

    return np.frombuffer("\n".join(features).encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(content: Any) -> dict[str, int]:
    """The features by position. Raises ValueError for an array that is none of bytes."""
    text = content.astype("u1", casting="safe").tobytes().decode("utf-8", "surrogatepass")
    return {name: n for n, name in enumerate(text.split("\n"))} if text else {}


def _jackknifed(cut: Sequence[list[Sentence]], items: Sequence[list[Labelled]], which: str) -> list[Known]:
    """For each document what the other folds know: with its own strings in it, training only looks up."""
    texts = list(zip(cut, items, strict=True))
    folds = [
        Known.of((one for n, one in enumerate(texts) if n % FOLDS != fold), fold=which == "triggers")
        for fold in range(FOLDS)
    ]
    return [folds[n % FOLDS] for n in range(len(texts))]


def _trigger_columns(known: Known, sentence: Sentence, number: int, topic: str) -> Columns:
    return known.columns(sentence.words) | about(sentence, number, topic)


def _mention_columns(known: Known, sentence: Sentence, number: int, near: list[Labelled] | None, topic: str) -> Columns:
    """With what stands near, and with what the text is about, where there are triggers or templates."""
    columns = known.columns(sentence.words)
    if near is not None:
        columns |= around(sentence, near)
    if topic:
        columns |= about(sentence, number, topic)
    return columns


def _train(
    rows: Sequence[list[Columns]],
    cut: Sequence[list[Sentence]],
    items: Sequence[list[Labelled]],
    sight: Sight,
    recipe: Recipe,
) -> Weights:
    """The weights of one tagger, at the precision in which they are stored."""
    import numpy as np

    chance = np.random.default_rng(1)
    sentences, gold = [], []
    for columns, pieces, labelled in zip(rows, cut, items, strict=True):
        for one, sentence in zip(columns, pieces, strict=True):
            bio = tags(sentence.spans, labelled)
            if any(tag != "O" for tag in bio) or chance.random() < recipe.empty_kept:
                sentences.append({name: values for name, values in one.items() if name not in recipe.without})
                gold.append(bio)
    found = train(sentences, gold, sight.features, recipe.epochs, recipe.seeds, recipe.dropped)
    return found._replace(emission=found.emission.astype(np.float16).astype(np.float32))


def _halved(roles: Roles) -> Roles:
    """The weights at the precision in which they are stored, without features that say next to nothing."""
    import numpy as np

    weights = roles.weights.astype(np.float16).astype(np.float32)
    kept = np.flatnonzero(np.abs(weights).max(axis=0, initial=0) >= FAINT)
    names = list(roles.vocabulary)
    return roles._replace(vocabulary={names[row]: n for n, row in enumerate(kept)}, weights=weights[:, kept])


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
