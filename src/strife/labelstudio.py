"""The Label Studio door: JSON exports as the server really writes them, to documents.

Read are the easy JSON export and snapshots, streamed task by task. Every annotation, draft and prediction of a
task becomes a version of its document. The server checks nothing, so whatever a document can hold (labels that
nobody knows, spans past the end, arrows to nowhere) comes through for the validator to judge; what a document
cannot hold becomes a finding here. Offsets need no conversion: `<Text>` stores code points, half-open.

What other formats lose, and every shape handled here, was seen on Label Studio 1.23.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from strife.finding import Finding, Origin
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.stream import InputError, head, json_array
from strife.validate.draft import Draft

State = Literal["submitted", "skipped", "draft", "prediction"]


class _Result(msgspec.Struct):
    """One item of a result list: a region, an attribute of a region or of the text, or a relation."""

    type: str
    id: str | None = None
    from_name: str | None = None
    value: dict[str, Any] = {}
    from_id: str | None = None
    to_id: str | None = None
    direction: str | None = None
    labels: list[str] | None = None


class _Person(msgspec.Struct):
    id: int


class _Version(msgspec.Struct):
    """An annotation, a draft or a prediction."""

    result: list[_Result] | None = None
    id: int | None = None
    completed_by: int | _Person | None = None
    user: int | str | _Person | None = None
    was_cancelled: bool = False
    ground_truth: bool = False
    model_version: str | None = None


class _Task(msgspec.Struct):
    data: dict[str, Any]
    annotations: list[_Version]
    id: int | None = None
    drafts: list[int | _Version] | None = None
    predictions: list[int | _Version] | None = None


class Version(NamedTuple):
    """One annotator's or model's reading of a task, and what could not be put into the document."""

    document: Document
    state: State
    ground_truth: bool
    origin: Origin
    findings: tuple[Finding, ...]


class Task(NamedTuple):
    """A task: its text as a document without annotation, and its versions (only those exported whole)."""

    document: Document
    versions: tuple[Version, ...]
    findings: tuple[Finding, ...]


_DECODE = msgspec.json.Decoder(_Task).decode


def read_export(path: Path, ontology: Ontology) -> Iterator[Task]:
    """The tasks of an export, one after the other. Raises InputError for a file that is no such export."""
    refuse_lossy(path)
    for number, raw in enumerate(json_array(path), 1):
        yield _task(raw, path, number, ontology)


def refuse_lossy(path: Path) -> None:
    """Raise InputError for the formats that lose annotations, naming what is lost and what to take."""
    start = head(path)
    take = "export as JSON, or take a snapshot"
    for sign, name, loss in (
        (rb"-DOCSTART-", "CONLL2003", "ids, relations, attributes, all but one label set, exact bounds"),
        (
            rb"[^\n{\[]*\bannotation_id\b",
            "CSV or TSV",
            "region ids, relations, skipped annotations, places of attributes",
        ),
    ):
        if re.match(sign, start):
            raise InputError("FIL005", path, f"a {name} export, which loses {loss}", "a JSON export", take)
    if start[:1] != b"[":
        looks = "one JSON object" if start[:1] == b"{" else "no JSON"
        code = "FIL003" if start[:1] == b"{" else "FIL002"
        raise InputError(code, path, looks, "a JSON array of tasks", take)
    first = next(json_array(path), b"{}")
    try:
        keys = set(msgspec.json.decode(first, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("FIL003", path, f"the first item is no task ({error})", "an array of tasks", take) from error
    if "annotation_id" in keys or ("annotator" in keys and "annotations" not in keys):
        loss = "region ids, relations, skipped annotations, places of attributes"
        raise InputError("FIL005", path, f"a JSON_MIN export, which loses {loss}", "a JSON export", take)
    if first != b"{}" and not {"data", "annotations"} & keys:
        raise InputError(
            "FIL003", path, f"items with {', '.join(sorted(keys)[:6])}", "tasks with data, annotations", take
        )


def _task(raw: bytes, path: Path, number: int, ontology: Ontology) -> Task:
    try:
        task = _DECODE(raw)
        text = task.data.get("text")
        if not isinstance(text, str):
            raise msgspec.ValidationError("Object missing required field `text` - at `$.data`")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        document = Document(f"task-number-{number}", "")
        draft = Draft("DOC101", f"item {number} is no task: {error}", "a task as exported", "export again")
        return Task(document, (), (draft.finding(document, Origin(str(path))),))
    doc_id = task.data.get("doc_id")
    published = task.data.get("published")
    document = Document(
        doc_id=doc_id if isinstance(doc_id, str) and doc_id else f"task-{task.id}",
        text=text,
        published=published if isinstance(published, str) else None,
    )
    versions = [
        _version(document, version, "skipped" if version.was_cancelled else "submitted", task, path, ontology)
        for version in task.annotations
    ]
    for state, others in (("draft", task.drafts), ("prediction", task.predictions)):
        # In some exports these are ids: there is nothing to read, and nothing is lost that was decided.
        versions += [
            _version(document, other, state, task, path, ontology)  # type: ignore[arg-type]
            for other in others or ()
            if isinstance(other, _Version)
        ]
    return Task(document, tuple(versions), ())


def _version(
    document: Document, version: _Version, state: State, task: _Task, path: Path, ontology: Ontology
) -> Version:
    person = version.completed_by if version.completed_by is not None else version.user
    who = str(person.id) if isinstance(person, _Person) else str(person) if isinstance(person, int) else None
    origin = Origin(str(path), task.id, version.id, who or version.model_version)
    builder = _Builder(document, ontology)
    annotated = builder.build(version.result or [])
    if who:
        annotated = msgspec.structs.replace(annotated, annotators=(who,))
    findings = tuple(draft.finding(annotated, origin) for draft in builder.drafts)
    return Version(annotated, state, version.ground_truth, origin, findings)


class _Builder:
    """Collects the items of one result list, then draws the arrows between them."""

    def __init__(self, document: Document, ontology: Ontology) -> None:
        self.document = document
        self.ontology = ontology
        self.items: dict[str, list[Entity | Event]] = {}  # by region id, in order
        self.attributes: dict[str, dict[str, AttributeValue]] = {}  # by item id
        self.arguments: dict[str, list[Argument]] = {}  # by event id
        self.drafts: list[Draft] = []

    def build(self, results: list[_Result]) -> Document:
        """The document with what the results mark."""
        document_attributes: dict[str, AttributeValue] = {}
        relations: list[Relation] = []
        for number, result in enumerate(results):
            if isinstance(result.value.get("labels"), list):
                self._region(result, number)
        for result in results:
            if result.type == "relation":
                relations += self._arrow(result)
            elif not isinstance(result.value.get("labels"), list):
                self._attribute(result, document_attributes)
        items = [item for region in self.items.values() for item in region]
        return msgspec.structs.replace(
            self.document,
            entities=tuple(
                msgspec.structs.replace(item, attributes=self.attributes.get(item.id, {}))
                for item in items
                if isinstance(item, Entity)
            ),
            events=tuple(
                msgspec.structs.replace(
                    item,
                    arguments=tuple(self.arguments.get(item.id, ())),
                    attributes=self.attributes.get(item.id, {}),
                )
                for item in items
                if isinstance(item, Event)
            ),
            relations=tuple(relations),
            attributes=document_attributes,
        )

    def _region(self, result: _Result, number: int) -> None:
        start, end = (_offset(result.value.get(name)) for name in ("start", "end"))
        region = self.items.setdefault(result.id if result.id is not None else f"region-{number}", [])
        names = self.ontology.label_studio
        if result.from_name not in (names.entity_control, names.trigger_control):
            expected = f"{names.entity_control} or {names.trigger_control}"
            found = f"region {result.id} comes from the control {result.from_name!r}"
            ghost = Entity(str(result.id), start, end, "") if start is not None and end is not None else None
            self.drafts.append(Draft("LSE101", found, expected, "delete it and mark the words again", ghost))
            return
        if start is None or end is None:
            found = f"region {result.id} has the offsets {result.value.get('start')!r} to {result.value.get('end')!r}"
            self.drafts.append(Draft("LSE102", found, "two whole numbers", "delete it and mark the words again"))
            return
        for label in result.value["labels"]:
            name = result.id if result.id is not None else f"region-{number}"
            item_id = f"{name}~{len(region) + 1}" if region else name
            if result.from_name == names.entity_control:
                region.append(Entity(item_id, start, end, str(label)))
            else:
                region.append(Event(item_id, str(label), Trigger(start, end)))
        stored = result.value.get("text")
        if region and isinstance(stored, str):
            self._compare(stored, start, end, region[-1])

    def _compare(self, stored: str, start: int, end: int, item: Entity | Event) -> None:
        """value.text never outranks the offsets; it is compared after Label Studio's own rewriting."""
        if not 0 <= start <= end <= len(self.document.text):
            return  # SPN201 has it
        surface = self.document.text[start:end]
        if stored != surface and _rewritten(stored) != _rewritten(surface):
            found = f"the stored text is {stored[:60]!r}"
            self.drafts.append(Draft("SPN202", found, repr(surface[:60]), "check the span in the editor", item))

    def _attribute(self, result: _Result, of_document: dict[str, AttributeValue]) -> None:
        name = result.from_name
        if name is None or name not in self.ontology.attributes:
            found = f"an answer comes from the control {name!r}"
            expected = f"one of {', '.join(self.ontology.attributes) or 'none'}"
            self.drafts.append(Draft("LSE101", found, expected, "delete it, or add the control to the ontology"))
            return
        value = _answer(result)
        region = self.items.get(result.id or "", [])
        if not region and "start" not in result.value:
            of_document[name] = value
            return
        if not region:
            found = f"{name} is set on a region without a label"
            self.drafts.append(Draft("LSE102", found, "a labelled region", "label the region or delete it"))
            return
        fitting = [item for item in region if name in self.ontology.attributes_of(item.label)]
        for item in fitting or region[:1]:
            self.attributes.setdefault(item.id, {})[name] = value

    def _arrow(self, result: _Result) -> list[Relation]:
        """The arrow of a relation result: an argument when it starts at a trigger and has a label.

        "left" means that the arrow runs from to_id to from_id; "bi" stands for two arrows.
        """
        ends = [(result.from_id or "", result.to_id or "")]
        if result.direction == "left":
            ends = [(result.to_id or "", result.from_id or "")]
        elif result.direction == "bi" and result.from_id != result.to_id:
            ends.append((result.to_id or "", result.from_id or ""))
        relations: list[Relation] = []
        for head_region, tail_region in ends:
            head_item = _pick(self.items.get(head_region, []), Event)
            tail_item = _pick(self.items.get(tail_region, []), Entity)
            tail = tail_item.id if tail_item is not None else tail_region
            for label in result.labels or (None,):
                if isinstance(head_item, Event) and label is not None:
                    of_event = isinstance(tail_item, Event)
                    argument = Argument(label, None if of_event else tail, tail if of_event else None)
                    self.arguments.setdefault(head_item.id, []).append(argument)
                else:
                    relations.append(Relation(head_item.id if head_item else head_region, tail, label))
        return relations


def _pick(region: list[Entity | Event], preferred: type) -> Entity | Event | None:
    """The item of a region that an arrow means: a head is rather an event, a tail rather a mention."""
    return next((item for item in region if isinstance(item, preferred)), region[0] if region else None)


def _offset(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():  # also nan and infinities
        return None
    return int(value)


def _answer(result: _Result) -> AttributeValue:
    """The value of an attribute: a number, a string, or several strings."""
    key = "text" if result.type == "textarea" else result.type
    value = result.value.get(key)
    if isinstance(value, list):
        answers = tuple(str(one) for one in value)
        return answers[0] if len(answers) == 1 else answers
    return value if isinstance(value, str | int | float) else str(value)


def _rewritten(text: str) -> str:
    """Text as the editor stores it: each line break as backslash and n, runs of blanks as one."""
    return re.sub(r"[ \t]+", " ", re.sub(r"[\r\n]", r"\\n", text)).strip()
