"""Pull: what annotators have done, as a folder of files that are the same bytes until there is new work.

A batch is a folder: `tasks.json` (or one file an annotator, and the untouched tasks), and `batch.toml`, which says
what they hold. Nothing that a last pull has written is lost silently: a task that has gone from the server meanwhile
stops the pull, unless that is accepted.
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from strife.labelstudio import snapshot
from strife.labelstudio.client import Client, Project
from strife.labelstudio.snapshot import Read, Task, Writer
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.store import written_whole

WHOLE, UNTOUCHED, MANIFEST = "tasks.json", "untouched.json", "batch.toml"


class PullError(Refusal):
    """Nothing was written; the message says why and what to do."""


class Pulled(NamedTuple):
    """What was written: the folder, its files, how much they hold, and notes for the lead."""

    folder: Path
    files: tuple[Path, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...]


def batch_name(title: str) -> str:
    """The name of a project's folder, from its title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "batch"


def pull(
    client: Client, title: str, folder: Path, ontology: Ontology, by_annotator: bool = False, replace: bool = False
) -> Pulled:
    """Write the batch. `replace` accepts that tasks of the last pull have gone. Raises PullError and ServerError."""
    project = client.wanted_project(title)
    with _alone(folder):
        before = _manifest(folder)
        if before and before["project"] != project.id and not replace:
            found = f"project {before['project']} ({before['title']!r})"
            raise PullError(
                f"{folder} was pulled from {found}, and {title!r} is now project {project.id}; choose another folder, "
                "or give --replace"
            )
        reads = snapshot.take(client, project, client.people())
        return _write(reads, project, folder, ontology, _files(folder, before), by_annotator, replace)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock the folder against another pull, for as long as this process lives."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise PullError(f"{folder}: cannot be used ({error.strerror}); choose another folder") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise PullError(f"{folder}: another pull is writing here; wait for it") from error
    else:
        yield
    finally:
        os.close(handle)
        if not any(folder.iterdir()):  # nothing was written: leave nothing
            folder.rmdir()


def _manifest(folder: Path) -> dict[str, Any]:
    """What the last pull wrote; empty when there was none. Raises PullError for a folder that is not a batch."""
    path = folder / MANIFEST
    if not path.exists():
        strangers = sorted(one.name for one in folder.iterdir())
        if strangers:
            raise PullError(
                f"{folder} holds {', '.join(strangers[:4])} but no {MANIFEST}: not pulled; choose another folder"
            )
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {"project": int(table["project"]), "title": str(table["title"]), "files": dict(table["files"])}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PullError(f"{path}: no record of a pull ({error}); restore it, or choose another folder") from error


def _files(folder: Path, before: Mapping[str, Any]) -> list[Path]:
    return [folder / name for name in before.get("files", {}) if (folder / name).is_file()]


def _write(
    reads: Iterable[Read],
    project: Project,
    folder: Path,
    ontology: Ontology,
    old: list[Path],
    by_annotator: bool,
    replace: bool,
) -> Pulled:
    gone = _Gone(old)
    counts: Counter[str] = Counter()
    outputs: dict[str, Writer] = {}
    with written_whole() as opened:

        def output(name: str) -> Writer:
            if name not in outputs:
                outputs[name] = Writer(opened(folder / name))
            return outputs[name]

        for task, drafts in reads:
            gone.seen(task)
            _count(counts, task, drafts)
            for name, part in _parts(task, by_annotator):
                output(name).add(part)
        gone.check(replace)
        if not outputs:
            output(WHOLE)
        files = {name: (one.tasks, one.finish()) for name, one in sorted(outputs.items())}
        opened(folder / MANIFEST).write(_record(project, ontology, counts, files).encode())
    for path in old:
        if path.name not in outputs:  # of another way to split
            path.unlink(missing_ok=True)
    notes = gone.notes()
    if counts["drafts"]:
        notes = (*notes, f"{counts['drafts']} drafts are not submitted yet, and left out")
    return Pulled(folder, tuple(folder / name for name in files), counts, notes)


def _parts(task: Task, by_annotator: bool) -> Iterator[tuple[str, Task]]:
    """The files that a task goes into, and what of it goes there."""
    if not by_annotator:
        yield WHOLE, task
        return
    people = sorted({one.completed_by for one in task.annotations}, key=str)
    for person in people:
        theirs = [one for one in task.annotations if one.completed_by == person]
        yield f"annotator-{person}.json", snapshot.with_annotations(task, theirs)
    if not people:
        yield UNTOUCHED, task


def _count(counts: Counter[str], task: Task, drafts: int) -> None:
    counts["tasks"] += 1
    counts["submitted"] += sum(not one.was_cancelled for one in task.annotations)
    counts["skipped"] += sum(one.was_cancelled for one in task.annotations)
    counts["untouched"] += not task.annotations
    counts["predictions"] += len(task.predictions)
    counts["drafts"] += drafts


class _Gone:
    """What the last pull had, and this one has not (any more)."""

    def __init__(self, old: Iterable[Path]) -> None:
        self.tasks: dict[int, str] = {}
        self.annotations: dict[int, int] = {}  # the task of each
        for path in old:
            for task in snapshot.decoded(path):
                self.tasks[task.id] = task.doc_id
                self.annotations |= {one.id: task.id for one in task.annotations}

    def seen(self, task: Task) -> None:
        """The server still has this."""
        self.tasks.pop(task.id, None)
        for one in task.annotations:
            self.annotations.pop(one.id, None)

    def check(self, accepted: bool) -> None:
        """Raise PullError when tasks have gone and nobody has accepted that."""
        if self.tasks and not accepted:
            lost = sum(task in self.tasks for task in self.annotations.values())
            named = ", ".join(f"{doc_id} (task {number})" for number, doc_id in list(self.tasks.items())[:8])
            raise PullError(
                f"{len(self.tasks)} tasks of the last pull have been deleted on the server, with {lost} annotations: "
                f"{named}. Push them again, or give --replace to write the batch without them"
            )

    def notes(self) -> tuple[str, ...]:
        """What a lead should know."""
        tasks = (f"{len(self.tasks)} tasks of the last pull are gone",) if self.tasks else ()
        return tasks + ((f"{len(self.annotations)} annotations of the last pull are gone",) if self.annotations else ())


def _record(project: Project, ontology: Ontology, counts: Counter[str], files: Mapping[str, tuple[int, str]]) -> str:
    """The manifest of a batch, as TOML. Drafts are no part of it: they are not in the files."""
    lines = [
        "# Written by `strife label-studio pull`; do not edit.",
        f"project = {project.id}",
        f"title = {snapshot.quoted(project.title)}",
        f'ontology = "{ontology.name} {ontology.version}"',
        f"overlap = {project.overlap}",
        *(f"{name} = {counts[name]}" for name in ("tasks", "submitted", "skipped", "untouched", "predictions")),
        "",
        "[files]",
        *(f'"{name}" = {{ tasks = {tasks}, sha256 = "{digest}" }}' for name, (tasks, digest) in files.items()),
    ]
    return "\n".join([*lines, ""])
