"""A snapshot without what changes by itself and what names a person: the same work, the same bytes.

Kept is what was decided: the tasks' data, each annotation with its author's number on the server, predictions whole.
Left out are counters, moments of change, ages ("15 minutes"), user objects and unfinished drafts; an address of a user
that somebody typed into an answer is replaced. What is to be mended (`flag`) is no part of the work, and left out too.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple

import msgspec

from strife.labelstudio.client import Client, Project
from strife.labelstudio.interface import FINDINGS
from strife.stream import InputError, json_array


class Annotation(msgspec.Struct, omit_defaults=True):
    """What somebody submitted or skipped; `completed_by` is a number on the server."""

    id: int
    completed_by: int | None
    result: list[dict[str, Any]]  # written even if empty: "read, nothing here"
    was_cancelled: bool = False
    ground_truth: bool = False
    created_at: str | None = None
    lead_time: float | None = None  # seconds
    parent_prediction: int | None = None
    parent_annotation: int | None = None


class Prediction(msgspec.Struct, omit_defaults=True):
    """What a model or a batch of adjudication says."""

    id: int
    result: list[dict[str, Any]]
    model_version: str | None = None
    score: float | None = None


class Task(msgspec.Struct, omit_defaults=True):
    """A task of a snapshot; `drafts` are ids when read and empty when written."""

    id: int
    project: int
    data: dict[str, Any]
    annotations: list[Annotation]
    predictions: list[Prediction] = msgspec.field(default_factory=list)
    drafts: list[Any] = msgspec.field(default_factory=list)
    meta: dict[str, Any] | None = None

    @property
    def doc_id(self) -> str:
        """The document's id, or the task's number where nobody gave one."""
        found = self.data.get("doc_id")
        return found if isinstance(found, str) and found else f"task-{self.id}"


class Read(NamedTuple):
    """A task as kept, and how many unfinished drafts it had."""

    task: Task
    drafts: int


_DECODE = msgspec.json.Decoder(Task).decode
_ENCODE = msgspec.json.Encoder(order="deterministic").encode
_RESULTS = msgspec.json.Decoder(list[dict[str, Any]]).decode


def read(path: Path, people: Mapping[int, str]) -> Iterator[Read]:
    """The tasks of a snapshot file, one at a time, as they are kept; `people` are addresses by user."""
    for task in decoded(path):
        yield Read(kept(task, people), len(task.drafts))


def decoded(path: Path) -> Iterator[Task]:
    """The tasks of a snapshot or a batch, one at a time. Raises InputError."""
    for number, raw in enumerate(json_array(path), 1):
        try:
            yield _DECODE(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            found, expected = f"item {number} is no task ({error})", "a snapshot as Label Studio 1.23 makes it"
            raise InputError("FIL003", path, found, expected, "pull it again") from error


def kept(task: Task, people: Mapping[int, str]) -> Task:
    """The task without what changes by itself or names a person; annotations and predictions in the order of ids."""
    return msgspec.structs.replace(
        task,
        data={name: value for name, value in task.data.items() if name != FINDINGS},
        annotations=[
            msgspec.structs.replace(one, result=_nameless(one.result, people))
            for one in sorted(task.annotations, key=lambda one: one.id)
        ],
        predictions=sorted(task.predictions, key=lambda one: one.id),
        drafts=[],
        meta=task.meta or None,
    )


def _nameless(result: list[dict[str, Any]], people: Mapping[int, str]) -> list[dict[str, Any]]:
    """The result list without addresses of users in it."""
    packed = _ENCODE(result)
    found = {person: address for person, address in people.items() if address and address.encode() in packed}
    if not found:
        return result
    for person, address in found.items():
        packed = packed.replace(address.encode(), f"annotator-{person}".encode())
    return _RESULTS(packed)


def with_annotations(task: Task, annotations: list[Annotation]) -> Task:
    """The task with these annotations only."""
    return msgspec.structs.replace(task, annotations=annotations)


def quoted(text: str) -> str:
    """A string as TOML (and JSON) write it."""
    return msgspec.json.encode(text).decode()


class Writer:
    """Writes tasks into an open file as an array, one a line, keys in a fixed order, and keeps count."""

    def __init__(self, file: BinaryIO) -> None:
        self.tasks = 0
        self._file, self._hash = file, hashlib.sha256()
        self._write(b"[\n")

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._hash.update(content)

    def add(self, task: Task) -> None:
        """Write a task."""
        self._write((b",\n" if self.tasks else b"") + _ENCODE(task))
        self.tasks += 1

    def finish(self) -> str:
        """Close the array; the sha256 of the whole file."""
        self._write(b"\n]\n")
        return self._hash.hexdigest()


def take(client: Client, project: Project, people: Mapping[int, str]) -> Iterator[Read]:
    """All tasks of a project as they are now, through a file that is gone afterwards."""
    with TemporaryDirectory(prefix="strife-") as folder:
        path = Path(folder) / "snapshot.json"
        client.snapshot(project, path)
        yield from read(path, people)
