"""What is read: by document, the annotators' versions and what curators made of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from strife.adjudication.facts import refuse
from strife.check import is_export
from strife.finding import Finding, Origin
from strife.labelstudio.conflicts import Answers, read_curated
from strife.labelstudio.export import Task, Version, read_export
from strife.model import Document
from strife.ontology import Ontology
from strife.store import numbered_documents
from strife.validate import ALL, check_document

# Beside answers lies only the part of a document that was settled or marked: it may lack what is required.
OF_PARTS = frozenset({"ONT301", "ONT302", "ONT303", "SPN201"})


class Batch(NamedTuple):
    """All that was said about one document: by annotators, by name; and by curators."""

    bare: Document
    passes: dict[str, Document]
    curated: list[Version | Answers]


def read_batches(
    exports: Iterable[Path], curated: Iterable[Path], ontology: Ontology, annotators: Iterable[str] = ()
) -> dict[str, Batch]:
    """What was submitted, by doc_id; of `annotators` only, if any are named.

    Raises InputError for files that cannot be used, AdjudicationError for one doc_id with two texts, two annotations of
    a document by one annotator, and what no document can hold.
    """
    wanted = frozenset(annotators)
    batches: dict[str, Batch] = {}
    faults: list[str] = []
    seen: set[str] = set()
    for path in exports:
        for found in _submitted(path, ontology):
            faults += _errors(found.findings)
            if isinstance(found, Task):
                continue
            who = found.origin.annotator
            seen.add(str(who))
            if wanted and who not in wanted:
                continue
            batch = _batch(batches, found, faults)
            if who is None or who in batch.passes:
                what = "nobody is named as its annotator" if who is None else f"annotator {who} has two of"
                faults.append(f"{found.origin}: {what} {batch.bare.doc_id}; keep one annotation of a person")
            else:
                batch.passes[who] = found.document
    faults += [f"no annotation is by {who}; there are {', '.join(sorted(seen))}" for who in sorted(wanted - seen)]
    for path in curated:
        for one in read_curated(path, ontology):
            faults += _errors(one.findings)
            if not isinstance(one, Task):
                codes = ALL - {"DOC103"} if isinstance(one, Version) else OF_PARTS
                faults += _errors(check_document(one.document, ontology, one.origin, codes))
                _batch(batches, one, faults).curated.append(one)
    refuse(faults)
    return batches


def _submitted(path: Path, ontology: Ontology) -> Iterator[Version | Task]:
    """The submitted annotations of an export, and its tasks that cannot be read; or the documents of a file, whose
    annotator is the one named in a document, else the file."""
    if is_export(path):
        for task in read_export(path, ontology):
            if task.findings:
                yield task
            yield from (version for version in task.versions if version.state == "submitted")
        return
    for line, document in numbered_documents(path):
        who = document.annotators[0] if len(document.annotators) == 1 else path.name.partition(".")[0]
        yield Version(document, "submitted", False, Origin(str(path), line, annotator=who), ())


def _errors(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.origin}: {finding}" for finding in findings if finding.severity == "error"]


def _batch(batches: dict[str, Batch], found: Version | Answers, faults: list[str]) -> Batch:
    """The batch of a document, which is begun if need be."""
    document = found.document
    bare = Document(document.doc_id, document.text, published=document.published)
    batch = batches.setdefault(document.doc_id, Batch(bare, {}, []))
    if batch.bare.text != document.text:
        advice = "export the same tasks from both projects, or rename one document"
        faults.append(f"{found.origin}: the text of {document.doc_id} differs from that in another export; {advice}")
    return batch
