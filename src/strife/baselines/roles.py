"""Roles: which mention or other trigger of a sentence fills which role of an event. A logistic classifier of pairs."""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from strife.baselines.features import pair_features
from strife.baselines.logistic import Logistic, logistic
from strife.baselines.pieces import Labelled, Sentence, split
from strife.model import Document
from strife.ontology import ANY_EVENT, Ontology

NO_ROLE = ""


class Pair(NamedTuple):
    """A trigger and something in its sentence that may fill one of its roles, by position in the document."""

    trigger: int
    filler: int
    is_event: bool
    features: list[str]
    allowed: tuple[str, ...]


def ranked(roles: Logistic, pairs: Sequence[Pair], bias: float) -> list[list[tuple[float, str]]]:
    """For each pair, the allowed roles that score higher than none, with how much, the best first."""
    position = {name: n for n, name in enumerate(roles.names)}
    none = position[NO_ROLE]
    found = []
    for pair in pairs:
        scores = roles.scores(pair.features)
        above = [(scores[position[role]] - scores[none] - bias, role) for role in pair.allowed if role in position]
        found.append(sorted((one for one in above if one[0] > 0), key=lambda one: (-one[0], one[1])))
    return found


def allowed_roles(ontology: Ontology, documents: Iterable[Document]) -> dict[str, dict[str, list[str]]]:
    """By event type and filler label, the roles that the ontology allows (where it allows all: the documents)."""
    labels = [*ontology.entity_types, *ontology.event_types]
    seen = set(_filled(documents))
    table: dict[str, dict[str, list[str]]] = {}
    for kind, event in ontology.event_types.items():
        for label, (role, rule) in itertools.product(labels, event.arguments.items()):
            is_event = label in ontology.event_types
            listed = label in rule.types or (is_event and ANY_EVENT in rule.types)
            if listed or (not rule.types and (kind, role, label) in seen):
                table.setdefault(kind, {}).setdefault(label, []).append(role)
    return table


def _filled(documents: Iterable[Document]) -> Iterator[tuple[str, str, str]]:
    """Event types with a role and the label of what fills it."""
    for document in documents:
        labels = {item.id: item.label for item in document.items}
        for event in document.events:
            yield from ((event.type, a.role, labels[a.target]) for a in event.arguments if a.target is not None)


def pairs_of(
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


def train_roles(documents: Sequence[Document], allowed: dict[str, dict[str, list[str]]]) -> Logistic:
    """The classifier of the pairs of gold mentions and triggers."""
    rows, labels = [], []
    for document in documents:
        entities = sorted(document.entities, key=lambda e: (e.span, e.label, e.id))
        events = sorted(document.events, key=lambda e: (e.span, e.type, e.id))
        gold = {(event.id, a.target): a.role for event in events for a in event.arguments}
        mentions = [(*e.span, e.label) for e in entities]
        triggers = [(*e.span, e.type) for e in events]
        for pair in pairs_of(split(document.text), mentions, triggers, allowed):
            filler = (events if pair.is_event else entities)[pair.filler]
            rows.append(pair.features)
            labels.append(gold.get((events[pair.trigger].id, filler.id), NO_ROLE))
    if NO_ROLE not in labels:  # has to be a choice even if every training pair has a role
        rows, labels = [*rows, []], [*labels, NO_ROLE]
    return logistic(rows, labels)
