"""Chains: which mentions are of one thing, and which triggers of one event.

Equal names with one label are one chain (case and blanks folded), and `same_as` joins the rest. Triggers with one
incident number and one type are one event, the attack family counting as one type.
"""

import re
from collections import defaultdict

from strife.model import Chain, Document, Entity, Event
from strife.segment import sentences

ATTACK_FAMILY = ("STRIKE", "BOMBING", "CLASH", "ATTACK")  # the first that fits, says the manual
UNCHAINED = frozenset({"NUM", "TIME"})
SAME_AS = "same_as"


def entity_chains(document: Document) -> list[Chain]:
    """Chains of at least two mentions of one thing, members in text order."""
    parent = {entity.id: entity.id for entity in document.entities}

    def root(item: str) -> str:
        while parent[item] != item:
            item = parent[item]
        return item

    names: dict[tuple[str, str], str] = {}
    for entity in named(document):
        key = entity.label, _folded(document.surface(entity))
        parent[root(entity.id)] = root(names.setdefault(key, entity.id))
    for relation in document.relations:
        if relation.label == SAME_AS and relation.head in parent and relation.tail in parent:
            parent[root(relation.head)] = root(relation.tail)
    groups: dict[str, list[str]] = defaultdict(list)
    for entity in sorted(document.entities, key=lambda e: (e.start, e.end)):
        groups[root(entity.id)].append(entity.id)
    chains = [tuple(members) for members in groups.values() if len(members) > 1]
    return [Chain(f"c{number}", "entity", members) for number, members in enumerate(chains, 1)]


def named(document: Document) -> list[Entity]:
    """The mentions that are names: a capital inside, or at a sentence's start the form of another name."""
    openings = {end - len(document.text[start:end].lstrip("\"'“‘([")) for start, end in sentences(document.text)}
    candidates = [entity for entity in document.entities if entity.label not in UNCHAINED]
    sure = {
        (entity.label, _folded(surface))
        for entity in candidates
        if re.search(r"[^\W\d_]", surface := document.surface(entity))
        and any(c.isupper() for c in (surface[1:] if entity.start in openings else surface))
    }
    return [entity for entity in candidates if (entity.label, _folded(document.surface(entity))) in sure]


def _folded(surface: str) -> str:
    return " ".join(surface.split()).casefold()


def event_chains(document: Document) -> list[Chain]:
    """Chains of at least two triggers of one event, members in text order."""
    groups: dict[tuple[object, str], list[Event]] = defaultdict(list)
    for event in sorted(document.events, key=lambda e: (e.trigger.start, e.trigger.end)):
        incident = event.attributes.get("incident")
        if incident:
            family = "attack" if event.type in ATTACK_FAMILY else event.type
            groups[incident, family].append(event)
    chains = [tuple(event.id for event in events) for events in groups.values() if len(events) > 1]
    return [Chain(f"k{number}", "event", members) for number, members in enumerate(chains, 1)]
