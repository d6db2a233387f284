"""What a curator changed, as decisions: the difference between what was there and what the curator left.

A difference at a place that is in question answers it; any other difference is a decision against what all agree on,
or an addition of what no annotator has.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from strife.adjudication.facts import DOCUMENT, Arrow, Facts, Item, Slot
from strife.adjudication.notation import ITEMS, Answer, Place
from strife.adjudication.questions import Question, arrow_place, atom
from strife.adjudication.settle import Decided, as_facts, settle


class Amendment(NamedTuple):
    """A decision of a curator: where, on which options (none: nobody had anything), and what it is."""

    place: Place
    options: frozenset[Answer]
    answer: Answer


def decisions_of(curated: Facts, questions: Iterable[Question]) -> list[Amendment]:
    """The decisions in a curator's whole annotation of a document: an answer to every question, and what else changed.

    `curated` has its incidents anchored as the annotators' have.
    """
    asked = list(questions)
    contested = [question for question in asked if question.contested]
    answers = {question.id: Decided(_chosen(question, curated), "") for question in contested}
    standing = settle(asked, answers)
    changes = {(a.place, a.options): a for a in amendments(as_facts(standing), curated, contested)}
    found = []
    for question in contested:
        options = frozenset(question.options)
        change = changes.pop((question.place, options), None)
        more: Answer = change.answer if change is not None else frozenset()
        answer = answers[question.id].answer | more
        found.append(Amendment(question.place, options, answer))
    return [*found, *changes.values()]


def _chosen(question: Question, curated: Facts) -> Answer:
    """The part of what was in question that the curator has."""
    place = question.place
    if place.layer == "attribute":
        return _value(curated, Slot(place.item, place.name))
    every = frozenset(one for answer in question.options for one in answer)
    if place.layer in ITEMS:
        return every & curated.items
    drawn = curated.arguments if place.layer == "argument" else curated.relations
    return every & {atom(place.layer, arrow) for arrow in drawn if arrow_place(place.layer, arrow) == place}


def _value(found: Facts, slot: Slot) -> Answer:
    return frozenset({found.values[slot]}) if slot in found.values else frozenset()


def amendments(before: Facts, after: Facts, takers: Iterable[Question]) -> list[Amendment]:
    """The differences between two states of one document.

    What was added at the place of one of `takers` (questions that are answered by it) is its answer; else it replaces
    what was removed at that place; else it is an addition.
    """
    asked = list(takers)
    return [
        *_items(before, after, [q for q in asked if q.place.layer in ITEMS]),
        *_arrows("argument", before.arguments, after.arguments, after.items, asked),
        *_arrows("relation", before.relations, after.relations, after.items, asked),
        *_values(before, after, asked),
    ]


def _items(before: Facts, after: Facts, takers: list[Question]) -> Iterator[Amendment]:
    homes: list[tuple[Item, Amendment]] = []
    found: dict[Amendment, set[Item]] = {}  # by the decision as it is without what was added
    for taker in takers:
        homes.append((taker.place.item, Amendment(taker.place, frozenset(taker.options), frozenset())))
    for item in sorted(before.items - after.items):
        homes.append((item, Amendment(_place_of(item), frozenset({frozenset({item})}), frozenset())))
        found[homes[-1][1]] = set()
    for item in sorted(after.items - before.items):
        fresh = Amendment(_place_of(item), frozenset(), frozenset())
        near = (home for place, home in homes if place.is_event == item.is_event and place.overlaps(item))
        found.setdefault(next(near, fresh), set()).add(item)
    for change, answer in found.items():
        yield change._replace(answer=frozenset(answer))


def _place_of(item: Item) -> Place:
    layer = "trigger" if item.is_event else "entity"
    return Place(layer, item._replace(label=""))


def _arrows(
    layer: str, before: frozenset[Arrow], after: frozenset[Arrow], items: frozenset[Item], takers: list[Question]
) -> Iterator[Amendment]:
    """Arrows whose items went are not told: they went with them."""
    options = {taker.place: frozenset(taker.options) for taker in takers if taker.place.layer == layer}
    removed: dict[Place, list[Arrow]] = {}
    for arrow in sorted(before - after):
        if arrow.head in items and arrow.tail in items:
            removed.setdefault(arrow_place(layer, arrow), []).append(arrow)
    added: dict[Place, list[Arrow]] = {}
    for arrow in sorted(after - before):
        added.setdefault(arrow_place(layer, arrow), []).append(arrow)
    for place in sorted({*removed, *added}):
        new: Answer = frozenset(atom(layer, arrow) for arrow in added.get(place, ()))
        if new and place in options:
            yield Amendment(place, options[place], new)
            new = frozenset()
        for arrow in removed.get(place, ()):
            gone: Answer = frozenset({atom(layer, arrow)})
            yield Amendment(place, frozenset({gone}), new)
            new = frozenset()
        if new:
            yield Amendment(place, frozenset(), new)


def _values(before: Facts, after: Facts, takers: list[Question]) -> Iterator[Amendment]:
    options: Mapping[Place, frozenset[Answer]] = {
        taker.place: frozenset(taker.options) for taker in takers if taker.place.layer == "attribute"
    }
    for slot in sorted(before.values.keys() | after.values.keys()):
        old, new = _value(before, slot), _value(after, slot)
        if old == new or (slot.item not in after.items and slot.item != DOCUMENT):
            continue
        place = Place("attribute", slot.item, slot.name)
        had = options.get(place, frozenset({old}) if old else frozenset())
        yield Amendment(place, had, new)
