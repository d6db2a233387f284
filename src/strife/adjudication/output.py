"""What an adjudication leaves: gold documents, the conflict project, and a summary for the terminal."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from strife.adjudication.log import Decision
from strife.adjudication.run import Adjudication
from strife.labelstudio.conflicts import AGREED, conflict_config, conflict_task
from strife.model import encode
from strife.ontology import Ontology
from strife.report import one_line

if TYPE_CHECKING:
    from strife.labelstudio.client import Client

GOLD, TASKS, CONFIG = "gold.jsonl", "conflicts.json", "conflicts.xml"
SHOWN = 5


def output_files(found: Adjudication, ontology: Ontology) -> dict[str, bytes]:
    """By name: the gold documents, and the tasks and the labelling configuration of the conflict project."""
    tasks = [conflict_task(case, ontology) for case in found.open]
    return {
        GOLD: b"".join(encode(document) + b"\n" for document in found.gold),
        TASKS: (json.dumps(tasks, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"),
        CONFIG: conflict_config(ontology).encode(),
    }


def push_conflicts(client: "Client", title: str, found: Adjudication, ontology: Ontology) -> str:
    """Make a project of the open conflicts on a Label Studio server and return its address.

    Raises PushError for a title that is taken: each round has a project of its own, so that answers stay with what was
    asked; and ServerError.
    """
    from strife.labelstudio.push import PushError, Setup, push_tasks

    if client.project(title) is not None:
        raise PushError(f"there is a project {title!r} already; choose another title for each round of conflicts")
    setup = Setup(title, conflict_config(ontology), overlap=1, model_version=AGREED)
    done = push_tasks(client, setup, [conflict_task(case, ontology) for case in found.open])
    return client.link(done.project)


def summary(found: Adjudication, log: Path, out: Path, link: str | None = None) -> str:
    """What is gold, what is open, what to do next."""
    conflicts = sum(len(case.settled.open) for case in found.open)
    wrong = {finding.doc_id for finding in found.findings}
    parts = [
        (len(found.gold), "gold"),
        (len(found.open), f"with {conflicts} open conflicts"),
        (len(found.waiting), "done by one annotator only"),
        (len(wrong), "with errors"),
    ]
    total = sum(number for number, _ in parts)
    lines = [f"{total} documents: " + ", ".join(f"{number} {what}" for number, what in parts if number)]
    for case in found.open:
        layers = Counter(question.place.layer for question in case.settled.open)
        lines.append(f"  {case.bare.doc_id}: " + ", ".join(f"{n} {layer}" for layer, n in layers.items()))
    for doc_id, who in found.waiting.items():
        lines.append(f"  {doc_id}: only annotator {who}; a second is needed, or --single")
    lines += [f"  {one_line(str(finding))}" for finding in found.findings]
    lines.append(f"decisions: {len(found.decisions)} in {log}, {found.added} new or changed")
    lines += _listed(found.unused, "fit no question any more; they stay in the log")
    lines += _listed(found.unexplained, "do not say why; write it into the last column")
    if link is not None:
        lines += ["next: let a curator answer, pull the project, and run this again with --curated", link]
    elif found.open:
        lines.append(
            f"next: make a project with {out / CONFIG}, import {out / TASKS}, let a curator answer, "
            "and run this again with --curated EXPORT"
        )
    return "\n".join(lines)


def _listed(decisions: tuple[Decision, ...], what: str) -> list[str]:
    """How many, and the first of them."""
    if not decisions:
        return []
    more = [f"  ... and {len(decisions) - SHOWN} more"] if len(decisions) > SHOWN else []
    shown = [f"  {one_line(f'{d.document}: {d.layer} {d.place} ({d.id})')}" for d in decisions[:SHOWN]]
    return [f"{len(decisions)} decisions {what}:", *shown, *more]
