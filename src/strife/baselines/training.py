"""Training of the perceptron: what its taggers, its classifiers and its lists learn from documents."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from strife.baselines.attributes import Attributes, Choice
from strife.baselines.columns import Columns, Known, Sight, about, around
from strife.baselines.incidents import everywhere, hinted, hints
from strife.baselines.logistic import Logistic
from strife.baselines.pieces import Labelled, Sentence, flat, split, tags
from strife.baselines.roles import allowed_roles, train_roles
from strife.baselines.tagger import Weights, train
from strife.baselines.topics import FOLDS, Topics, topics
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


class Learnt(NamedTuple):
    """What training gives: all but the settings."""

    weights: dict[str, Weights]  # of the taggers
    known: dict[str, Known]
    clusters: dict[str, list[str]]
    topic: Choice
    roles: Logistic
    allowed: dict[str, dict[str, list[str]]]  # by event type, by filler label: the roles that the ontology allows
    most: dict[str, int]  # by "type role": how often the role may be filled
    attributes: Attributes
    hints: list[str]  # of templates: words that stand near what fills them


def company(documents: Sequence[Document], unlabelled: Sequence[str], small: bool) -> dict[str, list[str]]:
    """Clusters of words, from these texts and raw ones; none without raw ones.

    But for templates, a line without capitals is taken as one sentence (not `small`): more company, which on re3d by
    sentences is worth 1.7 of F1.
    """
    from strife.baselines.clusters import clusters

    texts = itertools.chain((document.text for document in documents), unlabelled)
    return clusters(sentence.words for text in texts for sentence in split(text, small)) if unlabelled else {}


def learn(documents: Sequence[Document], ontology: Ontology, company: dict[str, list[str]], recipe: Recipe) -> Learnt:
    """Train everything on these documents. `company` are clusters of words."""
    cut = [split(document.text) for document in documents]
    mentions = [flat((e.start, e.end, e.label) for e in d.entities) for d in documents]
    triggers = [flat((*e.span, e.type) for e in d.events) for d in documents]
    eventful = any(triggers)
    words: list[str] = []
    if ontology.template_types:
        mentions = list(map(everywhere, documents))
        words = hints(cut, mentions)
    items = {"triggers": triggers, "mentions": mentions} if eventful else {"mentions": mentions}
    topic = topics(cut, [[e.type for e in d.events] or [t.type for t in d.templates] for d in documents])
    kept = recipe.empty_kept if eventful or words else 1.0
    weights = {}
    for which, annotated in items.items():
        near = triggers if eventful else [hinted(s, frozenset(words)) for s in cut] if words else None
        rows = _columns(which, cut, annotated, topic, near, bool(words))
        weights[which] = _train(rows, cut, annotated, Sight(company), recipe._replace(empty_kept=kept))
    allowed = allowed_roles(ontology, documents)
    most = {
        f"{kind} {role}": rule.max
        for kind, event in ontology.event_types.items()
        for role, rule in event.arguments.items()
        if rule.max is not None
    }
    return Learnt(
        weights,
        {which: Known.of(zip(cut, one, strict=True), fold=which == "triggers") for which, one in items.items()},
        company,
        topic.choice,
        train_roles(documents, allowed).halved(FAINT),
        allowed,
        most,
        Attributes.fit(documents, ontology),
        words,
    )


def quick(recipe: Recipe) -> Recipe:
    """With one seed: for templates, whose taggers are trained once more for each fold."""
    return recipe._replace(seeds=recipe.seeds[:1])


def _columns(
    which: str,
    cut: Sequence[list[Sentence]],
    items: Sequence[list[Labelled]],
    topic: Topics,
    near: Sequence[list[Labelled]] | None,
    templates: bool,
) -> list[list[Columns]]:
    """What a tagger sees of the training documents."""
    rows = []
    for number, (known, sentences) in enumerate(zip(_jackknifed(cut, items, which), cut, strict=True)):
        subject = topic.crossed[number]
        if which == "triggers":
            rows.append([trigger_columns(known, s, n, subject) for n, s in enumerate(sentences)])
        else:
            here = near[number] if near is not None else None
            told = subject if templates else ""
            rows.append([mention_columns(known, s, n, here, told) for n, s in enumerate(sentences)])
    return rows


def _jackknifed(cut: Sequence[list[Sentence]], items: Sequence[list[Labelled]], which: str) -> list[Known]:
    """For each document what the other folds know: with its own strings in it, training only looks up."""
    texts = list(zip(cut, items, strict=True))
    folds = [
        Known.of((one for n, one in enumerate(texts) if n % FOLDS != fold), fold=which == "triggers")
        for fold in range(FOLDS)
    ]
    return [folds[n % FOLDS] for n in range(len(texts))]


def trigger_columns(known: Known, sentence: Sentence, number: int, topic: str) -> Columns:
    """What the tagger of triggers sees of a sentence."""
    return known.columns(sentence.words) | about(sentence, number, topic)


def mention_columns(known: Known, sentence: Sentence, number: int, near: list[Labelled] | None, topic: str) -> Columns:
    """What the tagger of mentions sees: also what stands near and what the text is about, if they are given."""
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
