"""Checks against the ontology: labels, attributes, roles, fillers, relations."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from strife.model import AttributeValue, Document, Entity, Event
from strife.ontology import ANY_EVENT, AttributeType, Ontology, RoleRule
from strife.validate.draft import Draft


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, if one is near."""
    by_fold = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return f"did you mean {by_fold[near[0]]}?" if near else "choose one of the ontology's"


def labels(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Labels that the ontology does not have, and attributes that do not fit."""
    for entity in document.entities:
        yield from _label(entity, entity.label, ontology.entity_types, "an entity type", ontology)
    for event in document.events:
        yield from _label(event, event.type, ontology.event_types, "an event type", ontology)
    for name, value in document.attributes.items():
        yield from _value(None, "DOCUMENT", name, value, ontology.attributes.get(name))


def _label(item: Entity | Event, label: str, known: Iterable[str], kind: str, ontology: Ontology) -> Iterator[Draft]:
    if label not in known:
        yield Draft("ONT301", f"unknown label {label}", f"{kind} of {ontology.name}", did_you_mean(label, known), item)
        return
    allowed = ontology.attributes_of(label)
    for name, value in item.attributes.items():
        if name in ontology.attributes and name not in allowed:
            found, expected = f"{label} has no attribute {name}", f"one of {', '.join(allowed) or 'none'}"
            yield Draft("ONT302", found, expected, "delete the value, or mend the label", item)
        else:
            yield from _value(item, label, name, value, ontology.attributes.get(name))
    for name, attribute in allowed.items():
        if attribute.required and name not in item.attributes:
            yield Draft("ONT304", f"{label} without {name}", f"a value for {name}", attribute.rule or "give it", item)


def _value(
    item: Entity | Event | None, label: str, name: str, value: AttributeValue, attribute: AttributeType | None
) -> Iterator[Draft]:
    if attribute is None:
        yield Draft("ONT302", f"unknown attribute {name}", f"an attribute of {label}", "delete it", item)
        return
    for one in value if isinstance(value, tuple) else (value,):
        if attribute.control == "choices" and attribute.values and one not in attribute.values:
            expected = f"one of {', '.join(attribute.values)}"
        elif attribute.control == "number" and not isinstance(one, int | float):
            expected = "a number"
        elif attribute.minimum is not None and isinstance(one, int | float) and not one >= attribute.minimum:
            expected = f"at least {attribute.minimum}"
        elif attribute.pattern and not re.search(attribute.pattern, str(one)):
            expected = "the documented form"
        else:
            continue
        yield Draft("ONT302", f"{name} is {one!r}", expected, attribute.rule or "choose a valid value", item)


def arguments(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Roles an event may not take, fillers that may not fill them, roles missing or filled too often."""
    items: dict[str, Entity | Event] = {item.id: item for item in document.items}
    for event in document.events:
        kind = ontology.event_types.get(event.type)
        if kind is None:
            continue
        filled: Counter[str] = Counter()
        for argument in event.arguments:
            target = items.get(argument.target or "")
            if argument.target is not None and target is None:
                continue  # ARG505 has it
            filled[argument.role] += 1
            rule = kind.arguments.get(argument.role)
            if rule is None:
                yield _bad_role(event, argument.role, ontology)
            elif target is not None and not _may_fill(target, rule, ontology):
                found = f"{argument.role} is filled by {target.label} {document.surface(target)!r}"
                expected = f"{event.type}.{argument.role}: {', '.join(rule.types)}"
                yield Draft("ARG502", found, expected, "redraw it or relabel the filler", event)
        for role, rule in kind.arguments.items():
            if rule.required and not filled[role]:
                yield Draft("ARG503", f"{event.type} without {role}", f"at least one {role}", "draw it", event)
            if rule.max is not None and filled[role] > rule.max:
                found = f"{filled[role]} fillers of {role}"
                yield Draft("ARG504", found, f"at most {rule.max}", "keep the nearest", event)
        for argument, times in Counter(event.arguments).items():
            if times > 1 or argument.target == event.id:
                found = f"{argument.role} is stored twice" if times > 1 else f"{argument.role} points at its own event"
                yield Draft("ARG507", found, "one arrow between two things", "delete it", event)


def _bad_role(event: Event, role: str, ontology: Ontology) -> Draft:
    takes = ontology.event_types[event.type].arguments
    if role in ontology.role_names or role in ontology.relations:
        found, expected = f"{event.type} takes no {role}", f"one of {', '.join(takes)}"
        return Draft("ARG501", found, expected, "delete it or change the type", event)
    expected = f"a role of {event.type}"
    return Draft("ONT303", f"unknown role {role}", expected, did_you_mean(role, takes), event)


def _may_fill(filler: Entity | Event, rule: RoleRule, ontology: Ontology) -> bool:
    label = filler.label
    if not rule.types or label in rule.types:
        return True
    if isinstance(filler, Event):
        return ANY_EVENT in rule.types or label not in ontology.event_types
    return label not in ontology.entity_types  # ONT301 has it


def relations(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Relations without a label, unknown, between types they may not join, reversed, or stored twice."""
    items: dict[str, Entity | Event] = {item.id: item for item in document.items}
    for relation, times in Counter(document.relations).items():
        head, tail = items.get(relation.head), items.get(relation.tail)
        if head is None or tail is None:
            continue  # ARG505 has it
        if times > 1 or (relation.head == relation.tail and relation.label is not None):
            found = "it is stored twice" if times > 1 else f"{relation.label} joins a thing to itself"
            yield Draft("ARG507", found, "one arrow between two things", "delete it", head)
        if relation.label is None:
            if not ontology.policy.unlabelled_relations:
                found = f"an unnamed relation to {document.surface(tail)!r}"
                yield Draft("REL552", found, "a role or relation", "name it or delete it", head)
            continue
        kind = ontology.relations.get(relation.label)
        if kind is None:
            yield from _not_a_relation(head, tail, relation.label, ontology)
            continue
        ends_fit = (not kind.head or head.label in kind.head) and (not kind.tail or tail.label in kind.tail)
        if not ends_fit or (kind.same_label and head.label != tail.label):
            found = f"{relation.label} from {head.label} to {tail.label} {document.surface(tail)!r}"
            expected = f"from {', '.join(kind.head)} to {', '.join(kind.tail)}"
            expected += " with the same label" if kind.same_label else ""
            yield Draft("REL551", found, expected, "redraw it or relabel an end", head)


def _not_a_relation(head: Entity | Event, tail: Entity | Event, label: str, ontology: Ontology) -> Iterator[Draft]:
    if label not in ontology.role_names:
        known = (*ontology.role_names, *ontology.relations)
        yield Draft("ONT303", f"unknown relation {label}", "a role or relation", did_you_mean(label, known), head)
        return
    event_type = ontology.event_types.get(tail.label)
    rule = event_type.arguments.get(label) if event_type else None
    if rule is not None and _may_fill(head, rule, ontology):
        found, do = f"{label} runs from the filler to its trigger", "turn it round"
    else:
        found, do = f"the role {label} starts at {head.label}, which is no event", "draw it from a trigger"
    yield Draft("ARG506", found, "an arrow from the trigger to its filler", do, head)
