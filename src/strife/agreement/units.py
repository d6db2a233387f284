"""What one annotator's document says, as units that can be compared: duplicates, order and ids are gone.

Offsets are half-open code points. An argument is where its filler stands: the mention it points at, or the trigger of
the event it points at.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from strife.agreement.unitizing import Span
from strife.chains import entity_chains
from strife.model import AttributeValue, Document, Entity, Event
from strife.ontology import Ontology
from strife.scoring.metrics import argument_span, spans_by_id

Place = tuple[int, int]
UNNAMED = "(no label)"
NO_VALUE = "(none)"
INCIDENT = "incident"  # the attribute whose values only say which events belong together


class Filler(NamedTuple):
    """What fills a role: where it stands, and where the mentions of its chain stand (nothing if it is in none)."""

    role: str
    start: int
    end: int
    chain: tuple[Place, ...] = ()

    @property
    def place(self) -> Place:
        """(start, end)."""
        return self.start, self.end


class EventUnit(NamedTuple):
    """An event by what it says: trigger, type, and its arguments in order."""

    start: int
    end: int
    label: str
    arguments: tuple[Filler, ...] = ()

    @property
    def span(self) -> Span:
        """The trigger with the type."""
        return Span(self.start, self.end, self.label)


class Arrow(NamedTuple):
    """A relation: its label, and where head and tail stand. Those of a symmetric label stand in text order."""

    label: str
    head: Place
    tail: Place


class Units(NamedTuple):
    """All units of a document, each kind sorted and without duplicates.

    `attributes` gives each item (its span with label, as an entity or an event) the values that count: what the
    annotator chose, else the ontology's default. An item that stands twice in a document has the values of the first.
    """

    entities: tuple[Span, ...]
    events: tuple[EventUnit, ...]
    arrows: tuple[Arrow, ...]
    attributes: Mapping[tuple[str, Span], Mapping[str, str]]

    @property
    def triggers(self) -> tuple[Span, ...]:
        """Triggers with their types."""
        return tuple(dict.fromkeys(event.span for event in self.events))


def units_of(document: Document, ontology: Ontology) -> Units:
    """The units of a document. References and offsets must be sound."""
    spans = spans_by_id(document)
    symmetric = {label for label, relation in ontology.relations.items() if relation.symmetric}
    arrows = set()
    for relation in document.relations:
        head, tail = spans[relation.head], spans[relation.tail]
        if relation.label in symmetric and tail < head:
            head, tail = tail, head
        arrows.add(Arrow(relation.label or UNNAMED, head, tail))
    return Units(
        tuple(sorted({Span(e.start, e.end, e.label) for e in document.entities})),
        tuple(event_units(document)),
        tuple(sorted(arrows)),
        _attributes(document, ontology),
    )


def event_units(document: Document) -> dict[EventUnit, Event]:
    """The events of a document by what they say, in order; of those that say the same, the first."""
    spans = spans_by_id(document)
    chain_of = _chains(document, spans)
    found: dict[EventUnit, Event] = {}
    for event in document.events:
        chains: dict[tuple[str, Place], set[Place]] = defaultdict(set)
        for argument in event.arguments:
            chains[argument.role, argument_span(argument, spans)].update(chain_of.get(argument.entity_id or "", ()))
        fillers = sorted(Filler(role, *place, tuple(sorted(chain))) for (role, place), chain in chains.items())
        found.setdefault(EventUnit(*event.span, event.type, tuple(fillers)), event)
    return dict(sorted(found.items(), key=lambda entry: entry[0]))


def _chains(document: Document, spans: Mapping[str, Place]) -> dict[str, tuple[Place, ...]]:
    """By mention, where the other mentions of its chain stand: of the chains it has, else of those its names make."""
    chains = [chain for chain in document.chains if chain.kind == "entity"] or entity_chains(document)
    found: dict[str, tuple[Place, ...]] = {}
    for chain in chains:
        places = tuple(sorted({spans[member] for member in chain.members if member in spans}))
        found.update(dict.fromkeys(chain.members, places))
    return found


def _attributes(document: Document, ontology: Ontology) -> dict[tuple[str, Span], dict[str, str]]:
    found: dict[tuple[str, Span], dict[str, str]] = {}
    for item in sorted(document.items, key=lambda item: (item.span, item.label, _sortable(item))):
        kind = "entity" if isinstance(item, Entity) else "event"
        values = {
            name: _as_text(item.attributes.get(name, known.default))
            for name, known in ontology.attributes_of(item.label).items()
        }
        if values:
            found.setdefault((kind, Span(*item.span, item.label)), values)
    return found


def _sortable(item: Entity | Event) -> list[tuple[str, str]]:
    return sorted((name, _as_text(value)) for name, value in item.attributes.items())


def _as_text(value: AttributeValue | None) -> str:
    if value is None:
        return NO_VALUE
    if isinstance(value, tuple):
        return " + ".join(sorted(value))
    if isinstance(value, float) and value.is_integer():  # 3 and 3.0 are one number
        return str(int(value))
    return str(value)
