"""Documents to Label Studio: tasks for import, and the result list of an annotation.

The inverse of the reading door: reading what these give returns the same mentions, events, arguments, relations
and attributes (chains, zones and sources have no place in a task and stay in the article record).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from strife.model import AttributeValue, Document, Entity
from strife.ontology import Ontology

_TYPE = {"choices": "choices", "number": "number", "textarea": "textarea"}
_KEY = {"choices": "choices", "number": "number", "textarea": "text"}


def task(document: Document) -> dict[str, Any]:
    """The task of a document: its text and what an annotator has to know."""
    data = {"doc_id": document.doc_id, "text": document.text}
    if document.published:
        data["published"] = document.published
    return {"data": data}


def results(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    """The result list: regions with their attributes in text order, then the arrows."""
    names = ontology.label_studio
    found: list[dict[str, Any]] = []
    for item in sorted(document.items, key=lambda item: (item.span, item.id)):
        control = names.entity_control if isinstance(item, Entity) else names.trigger_control
        start, end = item.span
        place = {"start": start, "end": end, "text": document.text[start:end]}
        found.append(_result(item.id, control, "labels", {**place, "labels": [item.label]}))
        found += _attributes(item.id, item.attributes, place, ontology)
    for name, value in document.attributes.items():
        found += _attributes(f"document-{name}", {name: value}, {}, ontology)
    for event in sorted(document.events, key=lambda event: (event.span, event.id)):
        for argument in event.arguments:
            if argument.target is not None:
                found.append(_arrow(event.id, argument.target, argument.role))
    found += [_arrow(relation.head, relation.tail, relation.label) for relation in document.relations]
    return found


def _attributes(
    item: str, attributes: Mapping[str, AttributeValue], place: dict[str, Any], ontology: Ontology
) -> Iterator[dict[str, Any]]:
    for name, value in attributes.items():
        control = ontology.attributes[name].control
        many = [value] if not isinstance(value, tuple) else list(value)
        answer = value if control == "number" else many
        yield _result(item, name, _TYPE[control], {**place, _KEY[control]: answer})


def _result(item: str, control: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": item, "from_name": control, "to_name": "text", "type": kind, "origin": "manual", "value": value}


def _arrow(head: str, tail: str, label: str | None) -> dict[str, Any]:
    arrow: dict[str, Any] = {"type": "relation", "from_id": head, "to_id": tail, "direction": "right"}
    return arrow if label is None else {**arrow, "labels": [label]}
