"""Label Studio tasks with one annotation each, as its JSON import and export have them."""

import json
from collections.abc import Iterable
from pathlib import Path

from strife.formats.holds import unheld
from strife.formats.loss import Loss
from strife.labelstudio.export import read_export
from strife.labelstudio.tasks import results, task
from strife.model import Document
from strife.ontology import Ontology

NAME = "a Label Studio task"
HOLDS = frozenset(
    {
        "events",
        "arguments",
        "event arguments",
        "item attributes",
        "document attributes",
        "relations",
        "unlabelled relations",
        "published",
    }
)
FILE = "tasks.json"


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file, ready for import, and what it does not hold."""
    losses: list[Loss] = []
    tasks = []
    for number, document in enumerate(documents, 1):
        losses += unheld(document, NAME, HOLDS)
        tasks.append({"id": number, **task(document), "annotations": [{"result": results(document, ontology)}]})
    return {FILE: (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()}, losses


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """A document for each task, from its first submitted annotation; other versions and faults are losses."""
    file = path / FILE if path.is_dir() else path
    losses: list[Loss] = []
    documents = []
    for item in read_export(file, ontology):
        submitted = [version for version in item.versions if version.state == "submitted"]
        documents.append(submitted[0].document if submitted else item.document)
        findings = [*item.findings, *(submitted[0].findings if submitted else ())]
        losses += [
            Loss(item.document.doc_id, f.item or "document", f.found, f"{f.code}: {f.expected}") for f in findings
        ]
        for version in item.versions:
            if version is not (submitted[0] if submitted else None):
                what = f"{version.state} {version.origin.annotation}"
                losses.append(Loss(item.document.doc_id, "document", what, "a document is one version of a task"))
    return sorted(documents, key=lambda document: document.doc_id), losses
