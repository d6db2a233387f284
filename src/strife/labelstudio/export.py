"""The Label Studio door: JSON exports as the server really writes them, to documents.

Read are the easy JSON export and snapshots, streamed task by task. Every annotation, draft and prediction of a
task becomes a version of its document. The server checks nothing, so whatever a document can hold (labels that
nobody knows, spans past the end, arrows to nowhere) comes through for the validator to judge; what a document
cannot hold becomes a finding here. Offsets need no conversion: `<Text>` stores code points, half-open.

What other formats lose, and every shape handled here, was seen on Label Studio 1.23.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from strife.finding import Finding, Origin
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.stream import InputError, head, json_array
from strife.validate.draft import Draft

Item = Entity | Event
State = Literal["submitted", "skipped", "draft", "prediction", "curation"]


class _Value(msgspec.Struct, gc=False):
    """What a result says; untyped, because the server stores anything."""

    start: Any = None
    end: Any = None
    text: Any = None
    labels: Any = None
    choices: Any = None
    number: Any = None
    rating: Any = None
    taxonomy: Any = None
    datetime: Any = None


class _Result(msgspec.Struct, gc=False):
    """One item of a result list: a region, an attribute of a region or of the text, or a relation."""

    type: str
    id: str | None = None
    from_name: str | None = None
    value: _Value | None = None
    from_id: str | None = None
    to_id: str | None = None
    direction: str | None = None
    labels: list[str] | None = None


class _Person(msgspec.Struct, gc=False):
    id: int


class _Version(msgspec.Struct, gc=False):
    """An annotation, a draft or a prediction."""

    result: list[_Result] | None = None
    id: int | None = None
    completed_by: int | _Person | None = None
    user: int | str | _Person | None = None
    was_cancelled: bool = False
    ground_truth: bool = False
    model_version: str | None = None


class _Task(msgspec.Struct, gc=False):
    data: dict[str, Any]
    annotations: list[_Version]
    id: int | None = None
    drafts: list[int | _Version] | None = None
    predictions: list[int | _Version] | None = None
    project: int | None = None


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
        yield read_task(raw, path, number, ontology)


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


def is_task(raw: bytes) -> bool:
    """Is this a task with a text, of the shape that can be read?"""
    try:
        return isinstance(_DECODE(raw).data.get("text"), str)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def doc_id_of(data: Mapping[str, Any], task: object) -> str:
    """The doc_id of a task: what its data say, or its number."""
    doc_id = data.get("doc_id")
    return doc_id if isinstance(doc_id, str) and doc_id else f"task-{task}"


def read_task(raw: bytes, path: Path, number: int, ontology: Ontology) -> Task:
    """The task in one item of an export, the `number`th (from 1)."""
    try:
        task = _DECODE(raw)
        text = task.data.get("text")
        if not isinstance(text, str):
            raise msgspec.ValidationError("Object missing required field `text` - at `$.data`")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        document = Document(f"task-number-{number}", "")
        draft = Draft("DOC101", f"item {number} is no task: {error}", "a task as exported", "export again")
        return Task(document, (), (draft.finding(document, Origin(str(path))),))
    published = task.data.get("published")
    document = Document(
        doc_id=doc_id_of(task.data, task.id),
        text=text,
        published=published if isinstance(published, str) else None,
    )
    # A task that asks about conflicts is answered, not annotated: its regions are no document by themselves.
    answered: State = "curation" if "conflicts" in task.data else "submitted"
    versions = [
        _version(document, version, "skipped" if version.was_cancelled else answered, task, path, ontology)
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
    origin = Origin(str(path), None, task.project, task.id, version.id, who or version.model_version)
    builder = _Builder(document, ontology)
    annotated = builder.build(version.result or [])
    if who:
        annotated = msgspec.structs.replace(annotated, annotators=(who,))
    findings = tuple(draft.finding(annotated, origin) for draft in builder.drafts)
    return Version(annotated, state, version.ground_truth, origin, findings)


class _Builder:
    """Collects the items of one result list, then the answers about them and the arrows between them.

    Until the document is handed over, answers are put into the items' own attribute dicts.
    """

    def __init__(self, document: Document, ontology: Ontology) -> None:
        self.document = document
        self.ontology = ontology
        self.regions: dict[str, list[Item]] = {}  # by region id, in order
        self.arguments: dict[str, list[Argument]] = {}  # by event id
        self.relations: list[Relation] = []
        self.drafts: list[Draft] = []

    def build(self, results: list[_Result]) -> Document:
        """The document with what the results mark."""
        of_document: dict[str, AttributeValue] = {}
        answers, arrows = self._mark(results)
        for result in answers:
            self._answer(result, of_document)
        regions = self.regions
        for result in arrows:
            heads, tails = regions.get(result.from_id or ""), regions.get(result.to_id or "")
            named = result.labels
            # What nearly every arrow is: to the right, with one label, between regions of one item each.
            if (
                heads
                and tails
                and named
                and len(heads) == len(tails) == len(named) == 1
                and result.direction == "right"
            ):
                self._draw(heads[0], heads[0].id, tails[0], tails[0].id, named[0])
            else:
                self._arrow(result)
        items = [item for region in regions.values() for item in region]
        return msgspec.structs.replace(
            self.document,
            entities=tuple([item for item in items if type(item) is Entity]),
            events=tuple(
                msgspec.structs.replace(item, arguments=tuple(self.arguments.get(item.id, ())))
                for item in items
                if type(item) is Event
            ),
            relations=tuple(self.relations),
            attributes=of_document,
        )

    def _mark(self, results: list[_Result]) -> tuple[list[_Result], list[_Result]]:
        """Collect the regions; the other results are answers and arrows."""
        answers: list[_Result] = []
        arrows: list[_Result] = []
        text, regions = self.document.text, self.regions
        events_from = self.ontology.label_studio.trigger_control
        controls = (self.ontology.label_studio.entity_control, events_from)
        for number, result in enumerate(results):
            value = result.value
            if value is None or type(value.labels) is not list:
                (arrows if result.type == "relation" else answers).append(result)
                continue
            name, start, end, labels = result.id, value.start, value.end, value.labels
            # What nearly every region is: one label, from a known control, at offsets that give the stored text.
            if (
                name is not None
                and name not in regions
                and type(start) is int
                and type(end) is int
                and len(labels) == 1
                and result.from_name in controls
                and value.text == text[start:end]
            ):
                label = str(labels[0])
                is_event = result.from_name == events_from
                item = Event(name, label, Trigger(start, end)) if is_event else Entity(name, start, end, label)
                regions[name] = [item]
            else:
                self._region(result, value, name if name is not None else f"region-{number}")
        return answers, arrows

    def _region(self, result: _Result, value: _Value, name: str) -> None:
        start, end = value.start, value.end
        if type(start) is not int or type(end) is not int:
            start, end = _offset(start), _offset(end)
        names = self.ontology.label_studio
        is_event = result.from_name == names.trigger_control
        if not is_event and result.from_name != names.entity_control:
            expected = f"{names.entity_control} or {names.trigger_control}"
            found = f"region {name} comes from the control {result.from_name!r}"
            ghost = Entity(name, start, end, "") if start is not None and end is not None else None
            self.drafts.append(Draft("LSE101", found, expected, "delete it and mark the words again", ghost))
            return
        if start is None or end is None:
            found = f"region {name} has the offsets {value.start!r} to {value.end!r}"
            self.drafts.append(Draft("LSE102", found, "two whole numbers", "delete it and mark the words again"))
            return
        region = self.regions.setdefault(name, [])
        for label in value.labels or ("",):  # no label: an unknown one, for the validator to judge
            item_id = f"{name}~{len(region) + 1}" if region else name
            trigger = Trigger(start, end)
            region.append(Event(item_id, str(label), trigger) if is_event else Entity(item_id, start, end, str(label)))
        stored = value.text
        if type(stored) is str and stored != self.document.text[start:end]:
            self._compare(stored, region[-1])

    def _compare(self, stored: str, item: Item) -> None:
        """value.text never outranks the offsets; it is compared after Label Studio's own rewriting."""
        start, end = item.span
        if not 0 <= start <= end <= len(self.document.text):
            return  # SPN201 has it
        surface = self.document.text[start:end]
        if _rewritten(stored) != _rewritten(surface):
            found = f"the stored text is {stored[:60]!r}"
            self.drafts.append(Draft("SPN202", found, repr(surface[:60]), "check the span in the editor", item))

    def _answer(self, result: _Result, of_document: dict[str, AttributeValue]) -> None:
        name = result.from_name
        if name is None or name not in self.ontology.attributes:
            found = f"an answer comes from the control {name!r}"
            expected = f"one of {', '.join(self.ontology.attributes) or 'none'}"
            self.drafts.append(Draft("LSE101", found, expected, "delete it, or add the control to the ontology"))
            return
        value = _value_of(result)
        region = self.regions.get(result.id or "", [])
        if not region and (result.value is None or result.value.start is None):
            of_document[name] = value
            return
        if not region:
            found = f"{name} is set on a region without a label"
            self.drafts.append(Draft("LSE102", found, "a labelled region", "label the region or delete it"))
            return
        fitting = len(region) > 1 and [item for item in region if name in self.ontology.attributes_of(item.label)]
        for item in fitting or region[:1]:
            item.attributes[name] = value

    def _symmetric(self, labels: list[str] | None) -> bool:
        """Do the labels mean the same in both directions, so that one arrow says all?"""
        kinds = [self.ontology.relations.get(label) for label in labels or ()]
        return bool(kinds) and all(kind is not None and kind.symmetric for kind in kinds)

    def _arrow(self, result: _Result) -> None:
        """Draw the arrow of a relation result: an argument when it starts at a trigger and has a label.

        "left" means that the arrow runs from to_id to from_id; "bi" stands for two arrows.
        """
        begin, finish, direction = result.from_id or "", result.to_id or "", result.direction
        if direction not in (None, "right", "left", "bi"):
            found = f"a relation runs {direction!r}"
            self.drafts.append(Draft("LSE103", found, "right, left or bi", "delete it and draw it again"))
        if direction == "left":
            begin, finish = finish, begin
        self._draw_all(begin, finish, result.labels)
        if direction == "bi" and begin != finish and not self._symmetric(result.labels):
            self._draw_all(finish, begin, result.labels)

    def _draw_all(self, begin: str, finish: str, labels: list[str] | None) -> None:
        head, tail = _pick(self.regions.get(begin), Event), _pick(self.regions.get(finish), Entity)
        begin, finish = head.id if head is not None else begin, tail.id if tail is not None else finish
        for label in labels or (None,):
            self._draw(head, begin, tail, finish, label)

    def _draw(self, head: Item | None, begin: str, tail: Item | None, finish: str, label: str | None) -> None:
        """One arrow between two ids; the items are None where an id names nothing."""
        if type(head) is Event and label is not None:
            of_event = type(tail) is Event
            argument = Argument(label, None if of_event else finish, finish if of_event else None)
            self.arguments.setdefault(begin, []).append(argument)
        else:
            self.relations.append(Relation(begin, finish, label))


def _pick(region: list[Item] | None, preferred: type[Entity] | type[Event]) -> Item | None:
    """The item of a region that an arrow means: a head is rather an event, a tail rather a mention."""
    if not region:
        return None
    return next((item for item in region if isinstance(item, preferred)), region[0]) if len(region) > 1 else region[0]


def _offset(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():  # also nan and infinities
        return None
    return int(value)


def _value_of(result: _Result) -> AttributeValue:
    """The value of an attribute: a number, a string, or several strings."""
    value = getattr(result.value, "text" if result.type == "textarea" else result.type, None)
    if isinstance(value, list):
        answers = tuple(str(one) for one in value)
        return answers[0] if len(answers) == 1 else answers
    return value if isinstance(value, str | int | float) else str(value)


def _rewritten(text: str) -> str:
    """Text as the editor stores it: each line break as backslash and n, runs of blanks as one."""
    return re.sub(r"[ \t]+", " ", re.sub(r"[\r\n]", r"\\n", text)).strip()
