"""What a language model is told of an ontology: instructions in words, and the JSON Schema of an answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from strife.ontology import ANY_EVENT, EntityType, EventType, Ontology

_TASK = """\
You annotate a text. Answer with JSON: `entities`, each with its `text` and `label`, and `events`, each with its `type`,
its `trigger` and its `arguments`, each with `role` and `text`.
- Quote the text to the letter, with its capitals and typing errors; never explain, translate or shorten.
- List entities in the order of the text, and one again each time that it is mentioned again.
- The trigger of an event is the word that names it, mostly a single one.
- An argument quotes an entity that you listed, or the trigger of another event.
- What is none of the types below is not listed. Empty lists are a good answer.
"""


def instructions(ontology: Ontology) -> str:
    """The task and every type with its definition, its test, and the roles of events."""
    blocks = [_TASK]
    if ontology.scope:
        blocks.append(f"Scope: {' '.join(ontology.scope.split())}\n")
    blocks.append("Entity labels:\n" + _types(ontology.entity_types))
    events = _types(ontology.event_types, {kind: _roles(event) for kind, event in ontology.event_types.items()})
    blocks.append("Event types:\n" + events)
    if roles := "".join(f"- {name}: {role.definition}\n" for name, role in ontology.roles.items() if role.definition):
        blocks.append("Roles:\n" + roles)
    if ontology.never_triggers:
        blocks.append(f"Never triggers: {', '.join(ontology.never_triggers)}\n")
    return "\n".join(blocks)


def _types(types: Mapping[str, EntityType] | Mapping[str, EventType], more: Mapping[str, str] | None = None) -> str:
    lines = []
    for label, one in types.items():
        told = " ".join(part for part in (one.name and f"{one.name}.", one.definition, one.test) if part)
        lines.append(f"- {label}: {told}".rstrip(": ") + (f" {more[label]}" if more and more[label] else "") + "\n")
    return "".join(lines) or "(none)\n"


def _roles(event: EventType) -> str:
    if not event.arguments:
        return ""
    roles = ", ".join(f"{role} ({_fillers(rule.types)})" for role, rule in event.arguments.items())
    return f"Roles: {roles}."


def _fillers(types: Iterable[str]) -> str:
    return ", ".join("an event" if one == ANY_EVENT else one for one in types) or "anything"


def schema(ontology: Ontology) -> dict[str, Any]:
    """The JSON Schema of an answer, within what endpoints take as strict: all keys required, no others."""
    entity = _record(text={"type": "string"}, label={"type": "string", "enum": list(ontology.entity_types)})
    events = [
        _record(type=_one_of([kind]), trigger={"type": "string"}, arguments=_arguments(list(event.arguments)))
        for kind, event in ontology.event_types.items()
    ]
    return _record(
        entities={"type": "array", "items": entity} if ontology.entity_types else _nothing(),
        events={"type": "array", "items": {"anyOf": events}} if events else _nothing(),
    )


def _arguments(roles: list[str]) -> dict[str, Any]:
    return {"type": "array", "items": _record(role=_one_of(roles), text={"type": "string"})} if roles else _nothing()


def _nothing() -> dict[str, Any]:
    return {"type": "array", "items": _record()}


def _one_of(values: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": values}


def _record(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
