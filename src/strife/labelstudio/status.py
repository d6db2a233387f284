"""How far a project is, and how good: a survey as a table for people, or as JSON."""

import json
from collections import Counter
from collections.abc import Mapping
from statistics import median
from typing import Any

from strife.labelstudio.survey import Survey

_COLUMNS = ("annotator", "done", "skipped", "empty", "hours", "minutes each", "errors", "warnings")


def rows(found: Survey) -> list[dict[str, Any]]:
    """One row an annotator: what is done, how long it took (None where the editor measured nothing), findings."""
    findings = Counter((f.origin.annotator if f.origin else None, f.severity) for f in found.checked.report.findings)
    return [
        {
            "annotator": who,
            "done": tally.done,
            "skipped": tally.skipped,
            "empty": tally.empty,
            "hours": sum(tally.seconds) / 3600 if tally.seconds else None,
            "minutes each": median(tally.seconds) / 60 if tally.seconds else None,
            "errors": findings[str(who), "error"],
            "warnings": findings[str(who), "warning"],
        }
        for who, tally in sorted(found.annotators.items(), key=lambda item: (item[0] is None, item[0] or 0))
    ]


def as_text(found: Survey, people: Mapping[int, str] | None = None) -> str:
    """The table; `people` names the annotators by their addresses, otherwise they are numbers."""
    project = found.project
    waiting = found.tasks - found.complete - found.begun
    lines = [
        f"{project.title}: {found.tasks} tasks, {found.complete} with {project.overlap} annotators, "
        f"{found.begun} begun, {waiting} untouched; {found.drafts} drafts"
    ]
    table = [_COLUMNS, *(tuple(_cell(value) for value in row.values()) for row in rows(found))]
    widths = [max(len(row[column]) for row in table) for column in range(len(_COLUMNS))]
    for number, row in enumerate(table):
        name = (people or {}).get(int(row[0])) if number and row[0].isdigit() else None
        cells = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(cells + (f"  {name}" if name else ""))
    return "\n".join(lines) if len(table) > 1 else lines[0] + "\nnobody has submitted or skipped anything yet"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def as_json(found: Survey) -> str:
    """The same for machines."""
    table = {
        "project": found.project.title,
        "tasks": found.tasks,
        "overlap": found.project.overlap,
        "complete": found.complete,
        "begun": found.begun,
        "drafts": found.drafts,
        "annotators": rows(found),
    }
    return json.dumps(table, ensure_ascii=False, indent=1)
