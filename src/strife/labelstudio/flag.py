"""Flag: send findings back to the annotators where they work.

What is wrong with a task is put beside its text, and a tab lists the tasks in which something is. A later run brings
both up to date, so that what is mended disappears. The findings are no part of the work: push and pull pass them over.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from strife.finding import Finding
from strife.labelstudio.client import Client, Project, Tab
from strife.labelstudio.interface import FINDINGS, shows_findings, with_findings
from strife.report import one_line

TAB = "To fix"


class Flagged(NamedTuple):
    """The project, its tab, how many tasks have findings, how many were changed, and those gone meanwhile."""

    project: Project
    tab: Tab
    tasks: int
    changed: int
    gone: tuple[int, ...]


def flag(client: Client, project: Project, findings: Iterable[Finding]) -> Flagged:
    """Show findings to the annotators: those of a task in the task, and nothing in all others. Raises ServerError."""
    texts = by_task(findings, client.initials())
    changed, gone = 0, []
    columns: dict[str, None] = {}
    for task in client.tasks(project, work=False):
        columns |= dict.fromkeys(task.data)
        wanted = texts.get(task.id, "")
        if task.data.get(FINDINGS) == wanted:
            continue
        if client.set_data(task.id, {**task.data, FINDINGS: wanted}):
            changed += 1
        else:
            gone.append(task.id)
    if not shows_findings(project.config):
        project = client.change_project(project, label_config=with_findings(project.config))
    shown = ("id", "annotators", "data.doc_id", f"data.{FINDINGS}")
    tab = client.show_tab(project, TAB, FINDINGS, shown, {FINDINGS: None, **columns})
    return Flagged(project, tab, len(texts), changed, tuple(gone))


def by_task(findings: Iterable[Finding], initials: Mapping[str, str]) -> Mapping[int, str]:
    """What to show in each task, by its number: findings under the annotation they are in, in the order of the text.

    Annotators know themselves by their initials (by number), which the editor shows; no name is put into a task.
    """
    grouped: dict[int, dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        if finding.origin is not None and finding.origin.task is not None:
            grouped[finding.origin.task][finding.origin.annotation or 0].append(finding)
    return {task: "\n".join(_told(of_task, initials)) for task, of_task in grouped.items()}


def _told(of_task: Mapping[int, list[Finding]], initials: Mapping[str, str]) -> Iterable[str]:
    for annotation, findings in sorted(of_task.items()):
        who = (findings[0].origin.annotator if findings[0].origin else None) or ""
        by = f" by {initials[who]}" if who in initials else ""
        yield f"Annotation {annotation}{by}" if annotation else "This task"
        for finding in sorted(findings, key=lambda f: (f.start is None, f.start or 0, f.code)):
            found = one_line(f"{finding.found}; expected {finding.expected}; {finding.do}")
            yield f"\u2022 {_quoted(finding)}{found} ({finding.code}, {finding.severity})"


def _quoted(finding: Finding) -> str:
    """The words in their surroundings, since they may stand more than once in the text."""
    if finding.quote is None:
        return ""
    before, after = (one_line(text or "") for text in (finding.before, finding.after))
    return f"{before[-20:]}[{one_line(finding.quote)}]{after[:20]}: "
