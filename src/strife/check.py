"""Validation of files and folders: exports and document files, told apart by what they hold."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from strife.finding import Finding, Origin, Report
from strife.labelstudio import read_export
from strife.ontology import Ontology
from strife.store import read_documents
from strife.stream import InputError, head
from strife.validate import check_document
from strife.validate.draft import Draft

SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


class Checked(NamedTuple):
    """The report, and how many versions of each state the files held (only submitted ones are checked)."""

    report: Report
    states: Counter[str]


def check_paths(paths: Iterable[Path], ontology: Ontology) -> Checked:
    """Validate every file named or lying in a folder named. Raises InputError for what cannot be used."""
    findings: list[Finding] = []
    states: Counter[str] = Counter()
    for path in files(paths):
        for state, found in (_export if is_export(path) else _documents)(path, ontology):
            states[state] += 1
            findings.extend(found)
    return Checked(Report(tuple(findings), states["submitted"] + states["document"]), states)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those with a known ending in the folders named, in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
        if not found:
            raise InputError(
                "FIL001", path, "no file here", f"files that end in {', '.join(SUFFIXES)}", "check the path"
            )
        yield from found


def is_export(path: Path) -> bool:
    """Is the file to be read as a Label Studio export? Anything but JSON objects a line is."""
    return head(path)[:1] != b"{"


def _export(path: Path, ontology: Ontology) -> Iterator[tuple[str, list[Finding]]]:
    """Each version's state and findings; a task without any counts as "unannotated"."""
    texts: dict[str, str] = {}
    for task in read_export(path, ontology):
        document, found = task.document, list(task.findings)
        if texts.setdefault(document.doc_id, document.text) != document.text:
            draft = Draft("DOC102", f"{document.doc_id} has two texts", "one text a doc_id", "rename one")
            found.append(draft.finding(document, Origin(str(path))))
        if not task.versions:
            yield "unannotated", found
        for version in task.versions:
            if version.state == "submitted":
                found += [*version.findings, *check_document(version.document, ontology, version.origin)]
            yield version.state, found
            found = []


def _documents(path: Path, ontology: Ontology) -> Iterator[tuple[str, list[Finding]]]:
    seen: set[str] = set()
    origin = Origin(str(path))
    for document in read_documents(path):
        found = list(check_document(document, ontology, origin))
        if document.doc_id in seen:
            draft = Draft("DOC102", f"{document.doc_id} comes twice", "one document a doc_id", "rename or drop one")
            found.append(draft.finding(document, origin))
        seen.add(document.doc_id)
        yield "document", found
