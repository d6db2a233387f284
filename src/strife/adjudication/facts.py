"""A document as facts: what makes two annotators' items the same.

- Two mentions are the same when start, end and label are; two triggers when start, end and event type are.
- Two arguments are the same when event, role and filler are; two relations when head, label and tail are (a
  symmetric relation has no direction).
- Two attributes are the same when item, name and value are; one that was left alone has its default.
- `incident` numbers name groups. What counts is which triggers are in one group, not the number it was given: the
  value of the attribute here is the first trigger of the group that all annotators have.

Arguments, relations and attributes depend on their items: only who has the items can be asked about them.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from strife.model import AttributeValue, Document, Entity, Event
from strife.ontology import Ontology
from strife.refusal import Refusal

INCIDENT = "incident"
TOLD = 20  # of the reasons why something is refused


class AdjudicationError(Refusal, ValueError):
    """What was given cannot be adjudicated; each line of the message is one reason."""


def refuse(faults: Iterable[str]) -> None:
    """Raise AdjudicationError if there is any fault: the first of them, and how many more."""
    found = list(dict.fromkeys(faults))
    if found:
        more = [f"... and {len(found) - TOLD} more; `strife validate` lists them"] if len(found) > TOLD else []
        raise AdjudicationError("\n".join([*found[:TOLD], *more]))


class Item(NamedTuple):
    """A mention or a trigger: the half-open span [start, end) in code points, its label, and which of the two it is."""

    start: int
    end: int
    label: str
    is_event: bool = False

    def overlaps(self, other: "Item") -> bool:
        """Do the spans share a code point?"""
        return self.start < other.end and other.start < self.end


class Arrow(NamedTuple):
    """An argument (from its event) or a relation; an arrow without a label has the empty one."""

    head: Item
    label: str
    tail: Item


class Slot(NamedTuple):
    """An attribute of an item, or of the document (`item` is then DOCUMENT)."""

    item: Item
    name: str


DOCUMENT = Item(-1, -1, "document")  # before every item of the text
Value = AttributeValue | Item  # an Item: the trigger that stands for the incident


class Facts(NamedTuple):
    """What one annotation says. `values` holds no defaults; `forward` the symmetric relations drawn towards the later
    item, which else point to the earlier one."""

    items: frozenset[Item]
    arguments: frozenset[Arrow]
    relations: frozenset[Arrow]
    values: dict[Slot, Value]
    forward: frozenset[Arrow] = frozenset()


NOTHING = Facts(frozenset(), frozenset(), frozenset(), {})


def facts(document: Document, ontology: Ontology) -> Facts:
    """The facts of a document, incidents still by number.

    Raises AdjudicationError for a span outside the text, an arrow to nothing, and a filler that is a bare span.
    """
    items = {item.id: _item(item) for item in document.items}
    faults = [
        f"{item.id} [{item.span[0]}:{item.span[1]}] lies outside the text (0 to {len(document.text)})"
        for item in document.items
        if not 0 <= item.span[0] < item.span[1] <= len(document.text)
    ]
    arguments: set[Arrow] = set()
    relations: set[Arrow] = set()
    forward: set[Arrow] = set()
    for event in document.events:
        for argument in event.arguments:
            filler = items.get(argument.target or "")
            if filler is None:
                faults.append(f"{argument.role} of {event.id} points at nothing ({argument.target or 'a bare span'})")
            else:
                arguments.add(Arrow(items[event.id], argument.role, filler))
    for relation in document.relations:
        head, tail, label = items.get(relation.head), items.get(relation.tail), relation.label or ""
        if head is None or tail is None:
            faults.append(f"{label or 'a relation'} of {relation.head} and {relation.tail} points at nothing")
        elif label in ontology.relations and ontology.relations[label].symmetric and head < tail:
            relations.add(Arrow(tail, label, head))
            forward.add(Arrow(tail, label, head))
        else:
            relations.add(Arrow(head, label, tail))
    advice = "check it with `strife validate` and mend it"
    refuse(f"{document.doc_id}: {fault}; {advice}" for fault in faults)
    return Facts(
        frozenset(items.values()),
        frozenset(arguments),
        frozenset(relations),
        _values(document, items, ontology),
        frozenset(forward),
    )


def _item(item: Entity | Event) -> Item:
    return Item(*item.span, item.label, isinstance(item, Event))


def _values(document: Document, items: Mapping[str, Item], ontology: Ontology) -> dict[Slot, Value]:
    given = [(DOCUMENT, name, value) for name, value in document.attributes.items()]
    given += [(items[item.id], name, value) for item in document.items for name, value in item.attributes.items()]
    return {
        Slot(item, name): value
        for item, name, value in given
        if name not in ontology.attributes or value != ontology.attributes[name].default
    }


def anchored(given: Facts, common: Iterable[Item]) -> Facts:
    """The facts with incident numbers replaced by the first trigger of the group among `common` (else of all)."""
    shared = frozenset(common)
    first: dict[Value, Item] = {}
    numbered = sorted((slot.item, value) for slot, value in given.values.items() if _is_group(slot, value))
    for item, number in [*((i, n) for i, n in numbered if i in shared), *numbered]:
        first.setdefault(number, item)
    values = {slot: first[value] if _is_group(slot, value) else value for slot, value in given.values.items()}
    return given._replace(values=values)


def _is_group(slot: Slot, value: Value) -> bool:
    return slot.name == INCIDENT and isinstance(value, int) and value != 0


def common_items(versions: Iterable[Facts]) -> frozenset[Item]:
    """The items that all have."""
    every = [version.items for version in versions]
    return frozenset.intersection(*every) if every else frozenset()
