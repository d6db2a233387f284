"""Push: make or update a project and give it tasks, each once, however often it is pushed and wherever it broke off.

A task is known by its doc_id. What the server holds is asked first, with the texts: a task that is there is left
alone, one whose text differs is refused, since its annotations would point into another text.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from strife.labelstudio.client import Client, Project, Stored
from strife.labelstudio.interface import FINDINGS, differences, same, told
from strife.refusal import Refusal

Task = Mapping[str, Any]  # {"data": {"doc_id", "text", ...}, "predictions": [...], "annotations": [...]}
Predict = Callable[[Mapping[str, Any]], dict[str, Any]]  # the data of a task to a prediction

BATCH_TASKS, BATCH_CHARACTERS = 50, 1 << 20
OVERLAP = 2  # annotators a task, in a new project
HASH = 16  # bytes


class PushError(Refusal):
    """Nothing was pushed, or not all; the message says what stands in the way and what to do."""


class Setup(NamedTuple):
    """What a project is to be. None leaves what an existing project has."""

    title: str
    config: str
    instruction: str | None = None
    overlap: int | None = None
    model_version: str | None = None  # whose predictions new annotations begin with
    overwrite: bool = False  # the project's labels even if they have been edited


class Held(NamedTuple):
    """What is kept of a task on the server, as little as does: there may be very many."""

    id: int
    text: bytes  # its hash
    metadata: bytes  # the hashes of what else is in its data
    model_versions: frozenset[str]
    annotators: frozenset[int]

    def has_text(self, text: str) -> bool:
        """Is this its text?"""
        return self.text == _hash(text)

    def has(self, data: Mapping[str, Any]) -> bool:
        """Are these metadata, perhaps among others, in its data?"""
        known = {self.metadata[at : at + HASH] for at in range(0, len(self.metadata), HASH)}
        return known.issuperset(_hashes(data))


def _hash(value: object) -> bytes:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=HASH).digest()


def _hashes(data: Mapping[str, Any]) -> Iterator[bytes]:
    return (_hash(item) for item in _metadata(data).items())


class Plan(NamedTuple):
    """Which documents have to be created, and which tasks need other metadata."""

    missing: frozenset[str]
    stale: frozenset[str]


class Pushed(NamedTuple):
    """The project, and what was done: tasks created, there before, with new metadata; predictions and annotations."""

    project: Project
    created: int
    there: int
    updated: int
    predictions: int
    annotations: int
    notes: tuple[str, ...]


def push_tasks(
    client: Client,
    setup: Setup,
    tasks: Iterable[Task],
    predict: Predict | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Pushed:
    """Bring a project to what `setup` says and tasks to what `tasks` says. Raises PushError and ServerError.

    `tasks` is gone through twice, so give a list or something else that can be: each has in "data" a "doc_id" and a
    "text"; "predictions" and "annotations" are sent along. A task that is there already gets the predictions of the
    model versions that it has not, and the annotations if the token's owner has none there. `predict` is asked, task
    by task, for a prediction of `setup.model_version` where it is wanted.
    """
    project, notes = _prepare(client, setup)
    held, loose = held_tasks(client.tasks(project))
    if loose:
        notes = (*notes, f"{loose} tasks have no doc_id: not pushed by strife, and left alone")
    total, planned = plan(tasks, held)
    sender = _Sender(client, project, setup, predict)
    try:
        for task in tasks:
            known = held.get(task["data"]["doc_id"])
            if known is None:
                sender.create(task)
            else:
                sender.complete(task, known, task["data"]["doc_id"] in planned.stale)
            progress(sender.finished, total)
        sender.flush()
        progress(sender.finished, total)
    except Refusal as error:
        found = f"{error}\n{sender.finished} of {total} tasks are done"
        raise PushError(f"{found}; the same command goes on from there") from error
    predicted = sender.predictions or any(setup.model_version in known.model_versions for known in held.values())
    if setup.model_version and predicted and project.model_version != setup.model_version:
        project = client.change_project(project, model_version=setup.model_version, show_collab_predictions=True)
    _verify(client, project, planned)
    there = total - sender.created
    return Pushed(project, sender.created, there, sender.updated, sender.predictions, sender.annotations, notes)


def _prepare(client: Client, setup: Setup) -> tuple[Project, tuple[str, ...]]:
    """The project with the wanted configuration, instruction and overlap."""
    if not 3 <= len(setup.title) <= 50:
        raise PushError(f"the title {setup.title!r} has {len(setup.title)} characters; Label Studio takes 3 to 50")
    project = client.project(setup.title)
    shown = {} if setup.instruction is None else {"expert_instruction": setup.instruction, "show_instruction": True}
    if project is None:
        overlap = setup.overlap or OVERLAP
        made = client.create_project(
            setup.title, label_config=setup.config, maximum_annotations=overlap, enable_empty_annotation=True, **shown
        )
        return made, ()
    changed: dict[str, Any] = shown
    notes: tuple[str, ...] = ()
    if not same(project.config, setup.config):
        found = differences(project.config, setup.config)
        if found.foreign and not setup.overwrite:
            raise PushError(
                f"the labels of {project.title!r} were edited: it {told(found)}. Put them into the ontology, or push "
                "with --overwrite-config to go back to the ontology's; annotations keep theirs, and a pull names them"
            )
        changed = {**changed, "label_config": setup.config}
        notes = (f"labelling interface updated: it {told(found) or 'looked otherwise'}",)
    if setup.overlap is not None and setup.overlap != project.overlap:
        changed = {**changed, "maximum_annotations": setup.overlap}
        notes = (*notes, f"overlap {project.overlap} -> {setup.overlap}")
    return (client.change_project(project, **changed) if changed else project), notes


def held_tasks(stored: Iterable[Stored]) -> tuple[dict[str, Held], int]:
    """What the server holds by doc_id, and how many tasks have none. Raises PushError when a doc_id comes twice."""
    held: dict[str, Held] = {}
    twice: list[str] = []
    loose = 0
    versions: dict[frozenset[str], frozenset[str]] = {}  # most tasks share them
    people: dict[frozenset[int], frozenset[int]] = {}
    for task in stored:
        doc_id = task.data.get("doc_id")
        if not isinstance(doc_id, str) or not doc_id:
            loose += 1
            continue
        if doc_id in held:
            twice.append(f"{doc_id} (tasks {held[doc_id].id}, {task.id})")
        held[doc_id] = Held(
            task.id,
            _hash(task.data.get("text", "")),
            b"".join(sorted(_hashes(task.data))),
            versions.setdefault(task.model_versions, task.model_versions),
            people.setdefault(task.annotators, task.annotators),
        )
    if twice:
        raise PushError(f"on the server twice: {', '.join(twice[:8])}; delete one of each, the one without annotations")
    return held, loose


def plan(tasks: Iterable[Task], held: Mapping[str, Held]) -> tuple[int, Plan]:
    """How many tasks there are, and what has to be done. Raises PushError, naming each task that cannot be pushed."""
    seen: set[str] = set()
    missing: set[str] = set()
    stale: set[str] = set()
    faults: list[str] = []
    total = 0
    for total, task in enumerate(tasks, 1):
        data = task["data"]
        doc_id, text = data.get("doc_id"), data.get("text")
        if not (isinstance(doc_id, str) and doc_id and isinstance(text, str) and text.strip()):
            faults.append(f"number {total} ({doc_id!r}) has no doc_id or no text")
        elif doc_id in seen:
            faults.append(f"{doc_id} comes twice; doc_ids have to differ")
        elif doc_id not in held:
            missing.add(doc_id)
        elif not held[doc_id].has_text(text):
            faults.append(
                f"{doc_id}: the text differs from the one of task {held[doc_id].id}, whose annotations point into it; "
                "push it under another doc_id or into another project, or delete the task"
            )
        elif not held[doc_id].has(data):
            stale.add(doc_id)
        seen.add(str(doc_id))
    if faults:
        raise PushError("nothing was pushed:\n" + "\n".join(faults))
    return total, Plan(frozenset(missing), frozenset(stale))


def _metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ("doc_id", "text", FINDINGS)}


class _Sender:
    """Sends tasks in batches, and counts."""

    def __init__(self, client: Client, project: Project, setup: Setup, predict: Predict | None) -> None:
        self.client, self.project, self.predict = client, project, predict
        self.model_version = setup.model_version
        self.waiting: list[dict[str, Any]] = []
        self.characters = 0
        self.finished = self.created = self.updated = self.predictions = self.annotations = 0

    def create(self, task: Task) -> None:
        """A task that the server has not yet."""
        whole = {**task, "data": {FINDINGS: "", **task["data"]}}
        if self.predict is not None:
            whole["predictions"] = [*whole.get("predictions", ()), self.predict(task["data"])]
        self.waiting.append(whole)
        self.characters += len(task["data"]["text"])
        if len(self.waiting) >= BATCH_TASKS or self.characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        if not self.waiting:
            return
        counted = self.client.import_tasks(self.project, self.waiting)
        if counted != len(self.waiting):
            raise PushError(f"{self.client.url}: {len(self.waiting)} tasks were sent, the server counts {counted}")
        self.created += counted
        self.finished += counted
        self.predictions += sum(len(task.get("predictions", ())) for task in self.waiting)
        self.annotations += sum(len(task.get("annotations", ())) for task in self.waiting)
        self.waiting, self.characters = [], 0

    def complete(self, task: Task, held: Held, stale: bool) -> None:
        """What a task that is there lacks: metadata, predictions, our annotations."""
        if stale:
            data = self.client.data(held.id)
            self.updated += data is not None and self.client.set_data(held.id, data | _metadata(task["data"]))
        wanted = [p for p in task.get("predictions", ()) if p["model_version"] not in held.model_versions]
        if self.predict is not None and self.model_version not in held.model_versions:
            wanted.append(self.predict(task["data"]))
        for prediction in wanted:
            self.client.predict(held.id, prediction)
        self.predictions += len(wanted)
        if self.client.me not in held.annotators:
            for annotation in task.get("annotations", ()):
                self.client.annotate(held.id, annotation)
                self.annotations += 1
        self.finished += 1


def _verify(client: Client, project: Project, planned: Plan) -> None:
    """Ask the server once more: is every new document there, and none twice? Another push may have run beside."""
    if planned.missing:
        held, _ = held_tasks(client.tasks(project, work=False))
        lost = sorted(planned.missing - held.keys())
        if lost:
            raise PushError(f"the server took {', '.join(lost[:8])} and has lost them; run the same command again")
