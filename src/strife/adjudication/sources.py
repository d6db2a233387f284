"""What is read: by document, the annotators' versions and what curators made of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from strife.adjudication.facts import AdjudicationError
from strife.finding import Finding
from strife.labelstudio.conflicts import Answers, read_curated
from strife.labelstudio.export import Task, Version, read_export
from strife.model import Document
from strife.ontology import Ontology
from strife.validate import ALL, check_document

OF_PARTS = frozenset({"ONT301", "ONT302", "ONT303", "SPN201"})


class Batch(NamedTuple):
    """All that was said about one document: by annotators, by name; and by curators."""

    bare: Document
    passes: dict[str, Document]
    curated: list[Version | Answers]


def read_batches(
    exports: Iterable[Path], curated: Iterable[Path], ontology: Ontology, annotators: Iterable[str] = ()
) -> dict[str, Batch]:
    """The submitted annotations of exports, by doc_id; of `annotators` only, if any are named.

    Raises InputError for files that are no exports, AdjudicationError for one doc_id with two texts, two annotations of
    a document by one annotator, and what no document can hold.
    """
    wanted = frozenset(annotators)
    batches: dict[str, Batch] = {}
    faults: list[str] = []
    seen: set[str] = set()
    for path in exports:
        for task in read_export(path, ontology):
            faults += _of_task(task)
            for version in task.versions:
                who = version.origin.annotator
                if version.state != "submitted":
                    continue
                seen.add(str(who))
                if wanted and who not in wanted:
                    continue
                batch = _batch(batches, version, faults)
                faults += [f"{f.origin}: {f}" for f in version.findings if f.severity == "error"]
                if who is None or who in batch.passes:
                    found = "nobody is named as its annotator" if who is None else f"annotator {who} has two of"
                    faults.append(f"{version.origin}: {found} {batch.bare.doc_id}; keep one annotation of a person")
                else:
                    batch.passes[who] = version.document
    faults += [f"no annotation is by {who}; there are {', '.join(sorted(seen))}" for who in sorted(wanted - seen)]
    for path in curated:
        for one in read_curated(path, ontology):
            if isinstance(one, Task):
                faults += _of_task(one)
                continue
            batch = _batch(batches, one, faults)
            faults += [f"{f.origin}: {f}" for f in _wrong(one, ontology)]
            batch.curated.append(one)
    if faults:
        raise AdjudicationError("\n".join(dict.fromkeys(faults)))
    return batches


def _of_task(task: Task) -> list[str]:
    return [f"{finding.origin}: {finding}" for finding in task.findings]


def _batch(batches: dict[str, Batch], found: Version | Answers, faults: list[str]) -> Batch:
    """The batch of a document, which is begun if need be."""
    document = found.document
    bare = Document(document.doc_id, document.text, published=document.published)
    batch = batches.setdefault(document.doc_id, Batch(bare, {}, []))
    if batch.bare.text != document.text:
        advice = "export the same tasks from both projects, or rename one document"
        faults.append(f"{found.origin}: the text of {document.doc_id} differs from that in another export; {advice}")
    return batch


def _wrong(found: Version | Answers, ontology: Ontology) -> list[Finding]:
    """The errors in what a curator left; beside a form lies only a part of the document, which may lack things."""
    codes = ALL - {"DOC103"} if isinstance(found, Version) else OF_PARTS
    findings = [*found.findings, *check_document(found.document, ontology, found.origin, codes)]
    return [finding for finding in findings if finding.severity == "error"]
