"""From questions and decisions to gold: what stands, why, and what is still open.

A decision is about the options it was made on. What all agree on stands by itself unless a decision says otherwise;
an arrow stands only with both its ends, an attribute only with its item, so gold never points at nothing.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from strife.adjudication.facts import DOCUMENT, INCIDENT, Arrow, Facts, Item, Slot, Value
from strife.adjudication.notation import ITEMS, Answer, Place, slot
from strife.adjudication.questions import Question
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger

AGREED = "agreed"
CURATED = "curated "
MAJORITY = "majority "
SINGLE = "single "


class Decided(NamedTuple):
    """An answer, and how it was reached: "agreed", "majority 2/3", "curated 4", "single 2"."""

    answer: Answer
    how: str


class Settled(NamedTuple):
    """What stands, each with how it was decided; the questions that are open, and the ids of all that matter."""

    items: dict[Item, str]
    arguments: dict[Arrow, str]
    relations: dict[Arrow, str]
    values: dict[Slot, tuple[Value, str]]
    open: list[Question]
    live: set[str]


class Case(NamedTuple):
    """One document with its annotations by annotator, as documents and as facts, and what stands of them."""

    bare: Document
    passes: dict[str, Document]
    versions: dict[str, Facts]
    settled: Settled


def majority(question: Question) -> Decided | None:
    """The answer of more than half of those who could answer, if there is one."""
    for answer, names in question.options.items():
        if 2 * len(names) > len(question.votes):
            return Decided(answer, f"{MAJORITY}{len(names)}/{len(question.votes)}")
    return None


def settle(
    questions: Iterable[Question],
    decisions: Mapping[str, Decided],
    additions: Iterable[tuple[Place, Decided]] = (),
    agreed: str = AGREED,
) -> Settled:
    """Gold as far as it goes. `decisions` by question id; `additions` are what no annotator has; `agreed` names how
    that stands on which all agree.

    An arrow or attribute is open only where its items stand or are open themselves, so all can be asked at once.
    """
    asked = list(questions)
    result = Settled({}, {}, {}, {}, [], set())
    possible: set[Item] = set()
    for question in asked:
        if question.place.layer not in ITEMS:
            continue
        decided = decisions.get(question.id)
        if question.contested:
            result.live.add(question.id)
        if decided is None and question.contested:
            result.open.append(question)
            possible.update(*question.options)
        else:
            answer = decided.answer if decided is not None else next(iter(question.options))
            how = decided.how if decided is not None else agreed
            result.items.update(dict.fromkeys(answer, how))
    more = list(additions)
    for place, decided in more:
        if place.layer in ITEMS:
            result.items.update(dict.fromkeys(decided.answer, decided.how))
    alive = result.items.keys() | possible | {DOCUMENT}
    for question in asked:
        if question.place.layer in ITEMS or question.place.item not in alive:
            continue
        decided = decisions.get(question.id)
        live = {_alive(question.place, answer, alive) for answer in question.options}
        if len(live) > 1:
            result.live.add(question.id)
            if decided is None:
                result.open.append(question)
                continue
        answer = decided.answer if decided is not None else next(iter(live))
        alike = agreed if question.everyone else None
        _put(result, question.place, answer, decided.how if decided is not None else alike, agreed)
    for place, decided in more:
        _put(result, place, decided.answer, decided.how, agreed)
    return result


def arrow(place: Place, atom: Item | Arrow) -> Arrow:
    """The arrow that stands for a part of an answer."""
    return atom if isinstance(atom, Arrow) else Arrow(place.item, place.name, atom)


def _alive(place: Place, answer: Answer, alive: Iterable[Item]) -> Answer:
    """The part of an answer whose ends stand or may still stand."""
    if place.layer == "attribute":
        return answer
    arrows = ((atom, arrow(place, atom)) for atom in answer)
    return frozenset(atom for atom, a in arrows if a.head in alive and a.tail in alive)


def _put(result: Settled, place: Place, answer: Answer, how: str | None, agreed: str) -> None:
    """Add arrows or a value whose items stand. What came along with an item was decided as the item was (how: None)."""
    items = result.items
    if place.layer == "attribute" and (place.item in items or place.item == DOCUMENT):
        for value in answer:
            result.values[slot(place)] = (value, how or items.get(place.item, agreed))
    elif place.layer in ("argument", "relation"):
        target = result.arguments if place.layer == "argument" else result.relations
        for atom in answer:
            found = arrow(place, atom)
            if found.head in items and found.tail in items:
                ways = (items[found.head], items[found.tail])
                target[found] = how or next((way for way in ways if way != agreed), agreed)


def as_facts(settled: Settled) -> Facts:
    """What stands, without how."""
    values = {slot: value for slot, (value, _) in settled.values.items()}
    return Facts(frozenset(settled.items), frozenset(settled.arguments), frozenset(settled.relations), values)


def gold(bare: Document, settled: Settled, versions: Iterable[Facts]) -> Document:
    """The document with what stands. Ids are m1, m2, ... and e1, e2, ... in text order; `provenance` says of every
    item, argument and relation how it was decided, and of an attribute where that differs from its item.

    Incidents are numbered from 1 in order of appearance. A symmetric relation points as all who drew it drew it,
    else from the later to the earlier item.
    """
    entities = sorted(item for item in settled.items if not item.is_event)
    events = sorted(item for item in settled.items if item.is_event)
    ids = {item: f"m{n}" for n, item in enumerate(entities, 1)} | {item: f"e{n}" for n, item in enumerate(events, 1)}
    attributes = _attributes(settled, events)
    arguments: dict[Item, list[Argument]] = {event: [] for event in events}
    provenance = {ids[item]: how for item, how in settled.items.items()}
    for a, how in sorted(settled.arguments.items()):
        target = ids[a.tail]
        arguments[a.head].append(Argument(a.label, *((None, target) if a.tail.is_event else (target, None))))
        provenance[f"{ids[a.head]} {a.label} {target}"] = how
    relations = []
    drawn = list(versions)
    for a, how in sorted(settled.relations.items()):
        having = [version for version in drawn if a in version.relations]
        forward = bool(having) and all(a in version.forward for version in having)
        head, tail = (a.tail, a.head) if forward else (a.head, a.tail)
        relations.append(Relation(ids[head], ids[tail], a.label or None))
        provenance[f"{ids[head]} {a.label} {ids[tail]}"] = how
    for (item, name), (_, how) in settled.values.items():
        if item == DOCUMENT or how != settled.items[item]:
            provenance[name if item == DOCUMENT else f"{ids[item]} {name}"] = how
    return msgspec.structs.replace(
        bare,
        entities=tuple(Entity(ids[i], i.start, i.end, i.label, attributes.get(i, {})) for i in entities),
        events=tuple(
            Event(ids[i], i.label, Trigger(i.start, i.end), tuple(arguments[i]), attributes.get(i, {})) for i in events
        ),
        relations=tuple(relations),
        attributes=attributes.get(DOCUMENT, {}),
        provenance=provenance,
    )


def _attributes(settled: Settled, events: list[Item]) -> dict[Item, dict[str, AttributeValue]]:
    """Attributes by item, incidents as numbers."""
    groups = {s.item: value for s, (value, _) in settled.values.items() if s.name == INCIDENT}
    numbers = incident_numbers(events, groups)
    found: dict[Item, dict[str, AttributeValue]] = {}
    for (item, name), (value, _) in sorted(settled.values.items(), key=lambda pair: pair[0]):
        found.setdefault(item, {})[name] = numbers[item] if isinstance(value, Item) else value
    return found


def incident_numbers(events: Iterable[Item], groups: Mapping[Item, Value]) -> dict[Item, int]:
    """A number from 1, in order of appearance, for each trigger whose incident is its own or another trigger's."""
    parent: dict[Item, Item] = {}

    def root(item: Item) -> Item:
        while parent.setdefault(item, item) != item:
            item = parent[item]
        return item

    for event, value in groups.items():
        if isinstance(value, Item):
            parent[root(event)] = root(value)
    numbers: dict[Item, int] = {}
    found: dict[Item, int] = {}
    for event in sorted(events):
        if isinstance(groups.get(event), Item):
            found[event] = numbers.setdefault(root(event), len(numbers) + 1)
    return found
