"""Validation: documents against an ontology. Pure: it reads nothing, prints nothing, changes nothing."""

from collections.abc import Iterable, Iterator

from strife.finding import Finding, Origin, Report
from strife.model import Document
from strife.ontology import Ontology
from strife.validate.catalogue import BY_CODE, RULES
from strife.validate.draft import Draft
from strife.validate.form import item_ids, overlaps, spans
from strife.validate.sense import arguments, labels, relations

NOWHERE = Origin()

__all__ = ["BY_CODE", "RULES", "check_document", "validate"]


def check_document(document: Document, ontology: Ontology, origin: Origin = NOWHERE) -> Iterator[Finding]:
    """The findings of one document, in text order within a check."""
    for draft in _drafts(document, ontology, origin):
        yield draft.finding(document, origin)


def _drafts(document: Document, ontology: Ontology, origin: Origin) -> Iterator[Draft]:
    if origin.annotation is None and not (document.entities or document.events):
        # In Label Studio an annotation that was submitted empty is an answer; elsewhere it is an omission.
        yield Draft("DOC103", "nothing is annotated", "at least one mention or event", "annotate it or leave it out")
    yield from item_ids(document)
    yield from spans(document, ontology)
    yield from overlaps(document, ontology)
    yield from labels(document, ontology)
    yield from arguments(document, ontology)
    yield from relations(document, ontology)


def validate(documents: Iterable[Document], ontology: Ontology) -> Report:
    """Check documents that belong together: each by itself, and that no doc_id comes twice."""
    findings: list[Finding] = []
    seen: set[str] = set()
    count = 0
    for document in documents:
        count += 1
        if document.doc_id in seen:
            draft = Draft("DOC102", f"{document.doc_id} comes twice", "one document a doc_id", "rename or drop one")
            findings.append(draft.finding(document, NOWHERE))
        seen.add(document.doc_id)
        findings.extend(check_document(document, ontology))
    return Report(tuple(findings), count)
