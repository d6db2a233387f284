"""Where annotators agree and where they do not: every place of a document as a question with their answers.

What one thing depends on is asked first, and about what depends on it only those are asked who have all of it: an
argument is judged by the annotators who have its event and its filler. So a mention that one annotator alone marked
brings its own attributes and arrows along, and is one question.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from strife.adjudication.facts import DOCUMENT, Arrow, Facts, Item, Slot
from strife.adjudication.notation import Answer, Place, identify
from strife.ontology import Ontology


class Question(NamedTuple):
    """One place and what each annotator who could answer says there.

    `everyone`: could all annotators of the document answer?
    """

    id: str
    place: Place
    votes: dict[str, Answer]
    everyone: bool

    @property
    def options(self) -> dict[Answer, tuple[str, ...]]:
        """The different answers with who gave them, in the order of the annotators."""
        found: dict[Answer, list[str]] = {}
        for who, answer in sorted(self.votes.items()):
            found.setdefault(answer, []).append(who)
        return {answer: tuple(names) for answer, names in found.items()}

    @property
    def contested(self) -> bool:
        """Do they disagree?"""
        return len(set(self.votes.values())) > 1


Voters = Mapping[Item, frozenset[str]]


def questions(doc_id: str, versions: Mapping[str, Facts], ontology: Ontology) -> list[Question]:
    """Every place where at least one annotator has something, those that others depend on first."""
    everyone = frozenset(versions)
    holders: dict[Item, set[str]] = defaultdict(set)
    for who, version in versions.items():
        for item in version.items:
            holders[item].add(who)
    held: dict[Item, frozenset[str]] = {item: frozenset(names) for item, names in holders.items()}
    arguments = {who: version.arguments for who, version in versions.items()}
    relations = {who: version.relations for who, version in versions.items()}
    found = [
        *_about_items(held, everyone, ontology),
        *_about_arrows("argument", arguments, held),
        *_about_arrows("relation", relations, held),
        *_about_values(versions, held, everyone),
    ]
    return [
        Question(identify(doc_id, place, set(votes.values())), place, votes, votes.keys() == everyone)
        for place, votes in found
    ]


Asked = tuple[Place, dict[str, Answer]]


def _about_items(held: Voters, everyone: frozenset[str], ontology: Ontology) -> Iterator[Asked]:
    """One question for each item that all have, and for each group of rivals among the others."""
    agreed = [[item] for item, names in held.items() if names == everyone]
    contested = sorted(item for item, names in held.items() if names != everyone)
    for group in sorted([*agreed, *rivals(contested, ontology)]):
        is_event = group[0].is_event
        cover = Item(min(item.start for item in group), max(item.end for item in group), "", is_event)
        place = Place("trigger" if is_event else "entity", cover)
        yield place, {who: frozenset(item for item in group if who in held[item]) for who in everyone}


def rivals(items: Iterable[Item], ontology: Ontology) -> list[list[Item]]:
    """The items in groups, so that two that could hardly both be right are in one: overlapping triggers, and
    overlapping mentions of one label, of one span, or that may not lie in each other."""
    groups: list[list[Item]] = []
    for item in sorted(items):
        touched = [group for group in groups if any(are_rivals(item, other, ontology) for other in group)]
        groups = [group for group in groups if group not in touched]
        groups.append(sorted([item, *(other for group in touched for other in group)]))
    return groups


def are_rivals(one: Item, other: Item, ontology: Ontology) -> bool:
    """Could the two hardly both be right?"""
    if one.is_event != other.is_event or not one.overlaps(other):
        return False
    if one.is_event or one.label == other.label or (one.start, one.end) == (other.start, other.end):
        return True
    outer, inner = sorted((one, other), key=lambda item: item.start - item.end)
    if not (outer.start <= inner.start and inner.end <= outer.end):
        return not ontology.policy.crossing
    kind = ontology.entity_types.get(outer.label)
    return ontology.policy.nesting == "listed" and kind is not None and inner.label not in kind.may_contain


def arrow_place(layer: str, arrow: Arrow) -> Place:
    """Where an arrow is asked about: its event and role, or the later of its two items and its label."""
    return Place(layer, arrow.head if layer == "argument" else max(arrow.head, arrow.tail), arrow.label)


def _about_arrows(layer: str, drawn: Mapping[str, frozenset[Arrow]], held: Voters) -> Iterator[Asked]:
    """One question for each arrow that all who could have drawn, and for each place one about the others."""
    supporters: dict[Arrow, set[str]] = defaultdict(set)
    for who, arrows in drawn.items():
        for arrow in arrows:
            supporters[arrow].add(who)
    contested: dict[Place, list[Arrow]] = defaultdict(list)
    for arrow in sorted(supporters):
        place = arrow_place(layer, arrow)
        voters = held[arrow.head] & held[arrow.tail]
        if voters == supporters[arrow]:
            yield place, dict.fromkeys(sorted(voters), frozenset({atom(layer, arrow)}))
        else:
            contested[place].append(arrow)
    for place, several in contested.items():
        asked = frozenset[str]().union(*(held[arrow.head] & held[arrow.tail] for arrow in several))
        yield place, {who: frozenset(atom(layer, a) for a in several if who in supporters[a]) for who in sorted(asked)}


def atom(layer: str, arrow: Arrow) -> Item | Arrow:
    """What an answer holds for an arrow: the filler of an argument, the whole of a relation."""
    return arrow.tail if layer == "argument" else arrow


def _about_values(versions: Mapping[str, Facts], held: Voters, everyone: frozenset[str]) -> Iterator[Asked]:
    slots: set[Slot] = set()
    for version in versions.values():
        slots.update(version.values)
    for slot in sorted(slots):
        voters = everyone if slot.item == DOCUMENT else held[slot.item]
        votes = {}
        for who in sorted(voters):
            value = versions[who].values.get(slot)
            votes[who] = frozenset() if value is None else frozenset({value})
        yield Place("attribute", slot.item, slot.name), votes
