"""The work on a server as it is now: who has done what, and what is wrong with it."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from strife.check import Checked
from strife.labelstudio import snapshot
from strife.labelstudio.client import Client, Project
from strife.labelstudio.snapshot import Annotation, Read
from strife.ontology import Ontology
from strife.store import written_whole
from strife.validation import Options, run

NOTHING = Options()


class Tally(msgspec.Struct):
    """What one annotator has done: numbers of annotations, and seconds."""

    done: int = 0
    skipped: int = 0
    empty: int = 0  # of those done: submitted without anything in it
    seconds: list[float] = msgspec.field(default_factory=list)  # per annotation, where the editor measured it

    def add(self, annotation: Annotation) -> None:
        """Count one annotation."""
        if annotation.was_cancelled:
            self.skipped += 1
        else:
            self.done += 1
            self.empty += not annotation.result
        if annotation.lead_time is not None:
            self.seconds.append(annotation.lead_time)


class Survey(NamedTuple):
    """A project's work: tasks with as many annotations as wanted (`complete`), with some, with none; who did what."""

    project: Project
    tasks: int
    complete: int
    begun: int
    drafts: int
    annotators: dict[int | None, Tally]
    checked: Checked


def survey(client: Client, title: str, ontology: Ontology, options: Options = NOTHING) -> Survey:
    """Take a snapshot and check it. Raises ServerError and InputError."""
    project = client.wanted_project(title)
    with TemporaryDirectory(prefix="strife-") as folder:
        path = Path(folder) / "tasks.json"
        counts = _counted(snapshot.take(client, project, {}), project, path)
        return Survey(project, *counts, run([path], ontology, options))


def _counted(reads: Iterable[Read], project: Project, path: Path) -> tuple[int, int, int, int, dict[int | None, Tally]]:
    """Count the work (the fields of a Survey, in order), and write it where it can be checked."""
    tasks = complete = begun = drafts = 0
    annotators: dict[int | None, Tally] = {}
    with written_whole() as opened:
        writer = snapshot.Writer(opened(path))
        for task, unfinished in reads:
            tasks += 1
            drafts += unfinished
            submitted = len({one.completed_by for one in task.annotations if not one.was_cancelled})
            complete += submitted >= project.overlap
            begun += 0 < submitted < project.overlap
            for one in task.annotations:
                annotators.setdefault(one.completed_by, Tally()).add(one)
            writer.add(task)
        writer.finish()
    return tasks, complete, begun, drafts, annotators
