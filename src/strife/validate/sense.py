"""Checks against the ontology: labels, attributes, roles, fillers, relations."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from strife.model import AttributeValue, Document, Entity, Event
from strife.ontology import ANY_EVENT, AttributeType, EventType, Ontology, RelationType, RoleRule
from strife.validate.draft import Context, Draft, shown

# A sentence may end here. All begins with one class of characters, because that is searched for four times as fast.
_BREAK = re.compile(r"[.!?…\r\n](?:(?<=[\r\n])|[\"'”’)\]]*\s+[\"'“‘(\[]?[^\W_a-z])")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, if one is near."""
    by_fold = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return f"did you mean {by_fold[near[0]]}?" if near else "choose one of the ontology's"


def labels(context: Context) -> Iterator[Draft]:
    """Labels that the ontology does not have, and attributes that do not fit."""
    ontology = context.ontology
    required, plain = ontology.required, ontology.plain
    for known, kind, items in (
        (ontology.entity_types, "an entity type", context.document.entities),
        (ontology.event_types, "an event type", context.document.events),
    ):
        for item in items:
            label = item.label
            if label in plain and label in known and not item.attributes:
                continue  # nearly every mention
            if label not in known:
                expected = f"{kind} of {ontology.name}"
                yield Draft("ONT301", f"unknown label {label}", expected, did_you_mean(label, known), item)
                continue
            if item.attributes:
                yield from _attributes(item, label, ontology)
            for name in required[label]:
                if name not in item.attributes:
                    do = ontology.attributes[name].rule or "give it"
                    yield Draft("ONT304", f"{label} without {name}", f"a value for {name}", do, item)
    for name, value in context.document.attributes.items():
        yield from _value(None, "DOCUMENT", name, value, ontology.attributes_of("DOCUMENT").get(name))
    if ontology.template_types:
        yield from _templates(context.document, ontology)


def _templates(document: Document, ontology: Ontology) -> Iterator[Draft]:
    """Types and roles of templates that the ontology does not have."""
    known = ontology.template_types
    for template in document.templates:
        if template.type not in known:
            expected = f"a template type of {ontology.name}"
            yield Draft("ONT301", f"unknown template {template.type!r}", expected, did_you_mean(template.type, known))
            continue
        for role in template.roles:
            if role not in known[template.type]:
                expected = f"a role of {template.type}"
                yield Draft("ONT303", f"unknown role {role}", expected, did_you_mean(role, known[template.type]))


def _attributes(item: Entity | Event, label: str, ontology: Ontology) -> Iterator[Draft]:
    allowed = ontology.attributes_of(label)
    for name, value in item.attributes.items():
        if name in ontology.attributes and name not in allowed:
            found, expected = f"{label} has no attribute {name}", f"one of {', '.join(allowed) or 'none'}"
            yield Draft("ONT302", found, expected, "delete the value, or mend the label", item)
        else:
            yield from _value(item, label, name, value, ontology.attributes.get(name))


def _value(
    item: Entity | Event | None, label: str, name: str, value: AttributeValue, attribute: AttributeType | None
) -> Iterator[Draft]:
    if attribute is None:
        yield Draft("ONT302", f"unknown attribute {name}", f"an attribute of {label}", "delete it", item)
        return
    for one in value if isinstance(value, tuple) else (value,):
        if attribute.control == "choices" and attribute.values and one not in attribute.values:
            expected = f"one of {', '.join(attribute.values)}"
        elif attribute.control == "number" and not _is_number(one, attribute.whole):
            expected = "a whole number" if attribute.whole else "a number"
        elif attribute.minimum is not None and isinstance(one, int | float) and not one >= attribute.minimum:
            expected = f"at least {attribute.minimum}"
        elif attribute.pattern and not re.search(attribute.pattern, str(one)):
            expected = "the documented form"
        else:
            continue
        yield Draft("ONT302", f"{name} is {one!r}", expected, attribute.rule or "choose a valid value", item)


def _is_number(value: object, whole: bool) -> bool:
    return isinstance(value, int | float) and (value % 1 == 0 if whole else value == value)


def triggers(context: Context) -> Iterator[Draft]:
    """Triggers of several words, and words that never are one."""
    never = context.ontology.never_triggers
    for event in context.events:
        surface = context.text[event.trigger.start : event.trigger.end]
        if not surface.isalnum() and len(words := surface.split()) > 1:
            yield Draft("EVT403", f"{len(words)} words", "one word", "select the word that names the act", event)
        elif surface.casefold() in never:
            yield Draft("EVT405", f"{shown(surface)} as a trigger", "a word that names an event", "delete it", event)


def arguments(context: Context) -> Iterator[Draft]:
    """Arrows to nothing; roles an event may not take, fillers that may not fill them, roles missing or too often."""
    ontology, items = context.ontology, context.items
    for event in context.document.events:
        kind = ontology.event_types.get(event.type)
        filled: dict[str, int] = {}
        for argument in event.arguments:
            role, name = argument.role, argument.entity_id if argument.entity_id is not None else argument.event_id
            target = items.get(name) if name is not None else None
            if target is None and name is not None:
                found = f"{role} points at {name}, which does not exist"
                yield Draft("ARG505", found, "the id of a mention or an event", "redraw or delete it", event)
                continue
            filled[role] = filled.get(role, 0) + 1
            if target is not None and _break_between(context.text, event.trigger.start, target.span[0]):
                yield from _far(event, role, target, context)
            rule = kind.arguments.get(role) if kind is not None else None
            if rule is None:
                if kind is not None:
                    yield _bad_role(event, role, ontology)
            elif target is not None and target.label not in rule.types:
                yield from _filler(event, role, target, rule, context)
        if kind is not None:
            yield from _how_often(event, filled, kind)
        if event.arguments:
            yield from _same_arrows(event)
    yield from _cycles(context)


def _filler(event: Event, role: str, target: Entity | Event, rule: RoleRule, context: Context) -> Iterator[Draft]:
    if not may_fill(target.label, isinstance(target, Event), rule, context.ontology):
        found = f"{role} is filled by {target.label} {shown(context.document.surface(target))}"
        expected = f"{event.type}.{role}: {', '.join(rule.types)}"
        yield Draft("ARG502", found, expected, "redraw it or relabel the filler", event)


def _how_often(event: Event, filled: dict[str, int], kind: EventType) -> Iterator[Draft]:
    for role in kind.bounded:
        rule, times = kind.arguments[role], filled.get(role, 0)
        if rule.required and not times:
            yield Draft("ARG503", f"{event.type} without {role}", f"at least one {role}", "draw it", event)
        if rule.max is not None and times > rule.max:
            yield Draft("ARG504", f"{times} fillers of {role}", f"at most {rule.max}", "keep the nearest", event)


def _same_arrows(event: Event) -> Iterator[Draft]:
    different = set(event.arguments)
    if len(different) < len(event.arguments):
        for argument, times in Counter(event.arguments).items():
            if times > 1:
                found = f"{argument.role} is stored twice"
                yield Draft("ARG507", found, "one arrow between two things", "delete it", event)
    for argument in different:
        if argument.event_id == event.id:
            yield Draft("ARG507", "an arrow to its own event", "an arrow between two things", "delete it", event)
            return


def _break_between(text: str, here: int, there: int) -> bool:
    """May a sentence end between two places, the first letter after them included?"""
    first, last = (here, there) if here < there else (there, here)
    return first >= 0 and last <= len(text) and _BREAK.search(text, first, last + 1) is not None


def _far(event: Event, role: str, filler: Entity | Event, context: Context) -> Iterator[Draft]:
    """A filler in another sentence."""
    sentence, other = context.sentence_of(event.trigger.start), context.sentence_of(filler.span[0])
    if sentence != other and -1 not in (sentence, other):
        found = f"{role} {shown(context.document.surface(filler))} stands in sentence {other + 1}"
        expected = f"sentence {sentence + 1}, where the trigger is"
        yield Draft("ARG508", found, expected, "delete it, or waive it in a long quotation", event)


def _cycles(context: Context) -> Iterator[Draft]:
    """Events that contain each other, each cycle once."""
    inner = {
        event.id: [a.event_id for a in event.arguments if a.event_id is not None and a.event_id != event.id]
        for event in context.document.events
    }
    inner = {event: contents for event, contents in inner.items() if contents}
    done: set[str] = set()
    for begin in inner:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(begin, 0)]
        while stack:
            event, depth = stack.pop()
            del path[depth:]
            if event in path:
                found = " contains ".join([*path[path.index(event) :], event])
                item = context.items[event]
                yield Draft("ARG509", found, "an end", "delete the arrow that points back", item)
                done.update(path)
            elif event not in done:
                path.append(event)
                stack += [(content, depth + 1) for content in inner.get(event, ())]
        done.update(path)
        done.add(begin)


def _bad_role(event: Event, role: str, ontology: Ontology) -> Draft:
    takes = ontology.event_types[event.type].arguments
    if role in ontology.role_names or role in ontology.relations:
        found, expected = f"{event.type} takes no {role}", f"one of {', '.join(takes)}"
        return Draft("ARG501", found, expected, "delete it or change the type", event)
    expected = f"a role of {event.type}"
    return Draft("ONT303", f"unknown role {role}", expected, did_you_mean(role, takes), event)


def may_fill(label: str, is_event: bool, rule: RoleRule, ontology: Ontology) -> bool:
    """May an item with this label fill the role? An unknown label may: ONT301 has it."""
    if not rule.types or label in rule.types:
        return True
    if is_event:
        return ANY_EVENT in rule.types or label not in ontology.event_types
    return label not in ontology.entity_types


def relations(context: Context) -> Iterator[Draft]:
    """Relations and chains to nothing; relations unlabelled, unknown, between wrong types, both ways, or twice."""
    ontology, items = context.ontology, context.items
    seen: set[tuple[str, str, str | None]] = set()
    for relation in context.document.relations:
        head, tail = items.get(relation.head), items.get(relation.tail)
        if head is None or tail is None:
            for end in dict.fromkeys((relation.head, relation.tail)):
                if end not in items:
                    found = f"relation {relation.label} points at {end}, which does not exist"
                    yield Draft("ARG505", found, "the id of a mention or an event", "redraw or delete it", head or tail)
            continue
        kind = ontology.relations.get(relation.label or "")
        key, back = (relation.head, relation.tail, relation.label), (relation.tail, relation.head, relation.label)
        if key in seen or (kind is not None and kind.symmetric and back in seen):
            found = f"{relation.label or 'the arrow'} is stored twice"
            yield Draft("ARG507", found, "one arrow between two things", "delete it", head)
            continue
        seen.add(key)
        if relation.label is None:
            if not ontology.policy.unlabelled_relations:
                found = f"an unnamed relation to {shown(context.document.surface(tail))}"
                yield Draft("REL552", found, "a role or relation", "name it or delete it", head)
        elif head is tail:
            found = f"{relation.label} joins a thing to itself"
            yield Draft("ARG507", found, "one arrow between two things", "delete it", head)
        elif kind is None:
            yield from _not_a_relation(head, tail, relation.label, ontology)
        else:
            if back in seen:
                found = f"{relation.label} runs both ways"
                yield Draft("REL553", found, "one direction", "delete the wrong one", head)
            yield from _ends(head, tail, relation.label, kind, context)
    yield from _chains(context)


def _ends(
    head: Entity | Event, tail: Entity | Event, label: str, kind: RelationType, context: Context
) -> Iterator[Draft]:
    fit = (not kind.head or head.label in kind.head) and (not kind.tail or tail.label in kind.tail)
    if not fit or (kind.same_label and head.label != tail.label):
        found = f"{label} from {head.label} to {tail.label} {shown(context.document.surface(tail))}"
        expected = f"from {', '.join(kind.head) or 'anything'} to {', '.join(kind.tail) or 'anything'}"
        expected += " with the same label" if kind.same_label else ""
        yield Draft("REL551", found, expected, "redraw it or relabel an end", head)


def _chains(context: Context) -> Iterator[Draft]:
    for chain in context.document.chains:
        members = [context.items.get(member) for member in chain.members]
        for member, item in zip(chain.members, members, strict=True):
            if item is None:
                found = f"chain {chain.id} holds {member}, which does not exist"
                yield Draft("ARG505", found, "the id of a mention or an event", "take it out")
        labels = sorted({item.label for item in members if item is not None})
        if chain.kind == "entity" and len(labels) > 1:
            found = f"chain {chain.id} holds {', '.join(labels)}"
            yield Draft("CON803", found, "one label", "mend a label, or part the chain", members[0])


def _not_a_relation(head: Entity | Event, tail: Entity | Event, label: str, ontology: Ontology) -> Iterator[Draft]:
    if label not in ontology.role_names:
        known = (*ontology.role_names, *ontology.relations)
        yield Draft("ONT303", f"unknown relation {label}", "a role or relation", did_you_mean(label, known), head)
        return
    event_type = ontology.event_types.get(tail.label)
    rule = event_type.arguments.get(label) if event_type else None
    if rule is not None and may_fill(head.label, isinstance(head, Event), rule, ontology):
        found, do = f"{label} runs from the filler to its trigger", "turn it round"
    else:
        found, do = f"the role {label} starts at {head.label}, which is no event", "draw it from a trigger"
    yield Draft("ARG506", found, "an arrow from the trigger to its filler", do, head)
