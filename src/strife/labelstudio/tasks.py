"""Documents to Label Studio: tasks for import, the result list of an annotation, predictions.

The inverse of the reading door: reading what these give returns the same mentions, events, arguments, relations
and attributes (chains, zones and bare spans have no place in a task; zones stay in the article record).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from strife.model import AttributeValue, Document, Entity, Source
from strife.ontology import Ontology
from strife.refusal import Refusal

_TYPE = {"choices": "choices", "number": "number", "textarea": "textarea"}
_KEY = {"choices": "choices", "number": "number", "textarea": "text"}


class TaskError(Refusal, ValueError):
    """A document cannot become a task; the message says why."""


def task(document: Document) -> dict[str, Any]:
    """The task of a document: its text and what an annotator has to know, all of it text."""
    data = dict(document.meta) | {"doc_id": document.doc_id, "text": document.text}
    if document.published:
        data["published"] = document.published
    if document.sources:
        data["sources"] = "\n".join(map(_cited, document.sources))
    return {"data": data}


def _cited(source: Source) -> str:
    return ", ".join(part for part in (source.publisher, source.date, source.title, source.url) if part)


def annotation(document: Document, ontology: Ontology) -> dict[str, Any]:
    """The annotation of a document, as submitted by whoever imports it."""
    # Said outright: what is imported without it becomes ground truth.
    return {"result": results(document, ontology), "ground_truth": False}


def prediction(
    document: Document, ontology: Ontology, model_version: str, scores: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The annotation of a document as a prediction, under the name of the system that made it.

    `scores` are probabilities by id of mention or event; the prediction's own score is their mean (None without any).
    """
    found = results(document, ontology)
    known = scores or {}
    for result in found:
        if result["type"] == "labels" and result["id"] in known:  # of an attribute, nobody has said how sure it is
            result["score"] = known[result["id"]]
    mean = {"score": sum(known.values()) / len(known)} if known else {}
    return {"model_version": model_version, **mean, "result": found}


def results(document: Document, ontology: Ontology) -> list[dict[str, Any]]:
    """The result list: regions with their attributes in text order, then the arrows.

    Raises TaskError for an attribute that the ontology has not, since nobody knows which control would show it.
    """
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
        if name not in ontology.attributes:
            raise TaskError(f"{item} has the attribute {name!r}, which the ontology has not; take it out or declare it")
        control = ontology.attributes[name].control
        many = [value] if not isinstance(value, tuple) else list(value)
        answer = value if control == "number" else many
        yield _result(item, name, _TYPE[control], {**place, _KEY[control]: answer})


def _result(item: str, control: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": item, "from_name": control, "to_name": "text", "type": kind, "origin": "manual", "value": value}


def _arrow(head: str, tail: str, label: str | None) -> dict[str, Any]:
    arrow: dict[str, Any] = {"type": "relation", "from_id": head, "to_id": tail, "direction": "right"}
    return arrow if label is None else {**arrow, "labels": [label]}
