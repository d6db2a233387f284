"""Validation: documents against an ontology. Pure: it reads nothing, prints nothing, changes nothing.

    from strife import load_ontology, read_documents, validate
    report = validate(read_documents(Path("documents.jsonl")), load_ontology("my-ontology.toml"))
    for finding in report.findings: ...

Checks run form before sense: what a broken span or a dangling arrow makes meaningless is not judged further.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from strife.finding import Finding, Origin, Report
from strife.model import Document
from strife.ontology import Ontology
from strife.validate import across
from strife.validate.across import Trace, trace
from strife.validate.catalogue import BY_CODE, LEVELS, RULES, UnknownRule, chosen
from strife.validate.draft import Context, Draft
from strife.validate.figures import figures
from strife.validate.form import overlaps, record, spans
from strife.validate.provenance import incidents, provenance
from strife.validate.sense import arguments, labels, relations, triggers
from strife.validate.times import times

__all__ = [
    "ACROSS",
    "BY_CODE",
    "LEVELS",
    "RULES",
    "Trace",
    "UnknownRule",
    "check_across",
    "check_document",
    "chosen",
    "trace",
    "validate",
]

CHECKS: tuple[Callable[[Context], Iterator[Draft]], ...] = (
    record,
    spans,
    overlaps,
    labels,
    triggers,
    arguments,
    relations,
    figures,
    times,
    incidents,
    provenance,
)
ACROSS = frozenset({"CON801", "CON802", "COR901", "COR902", "COR903", "DOC102", "DOC104"})  # need all documents
ALL = frozenset(BY_CODE)


def check_document(
    document: Document, ontology: Ontology, origin: Origin | None = None, codes: frozenset[str] = ALL
) -> Iterator[Finding]:
    """The findings of one document by itself."""
    if not (document.entities or document.events) and (origin is None or origin.annotation is None):
        # In Label Studio an annotation that was submitted empty is an answer; elsewhere it is an omission.
        draft = Draft("DOC103", "nothing is annotated", "at least one mention or event", "annotate it or leave it out")
        if draft.code in codes:
            yield draft.finding(document, origin)
    context = Context(document, ontology)
    for check in CHECKS:
        for draft in check(context):
            if draft.code in codes:
                yield draft.finding(document, origin)


def check_across(
    checked: list[Trace],
    ontology: Ontology,
    codes: frozenset[str] = ALL,
    split_of: Mapping[str, str] | None = None,
) -> Iterator[Finding]:
    """The findings that need all documents of a set, of which traces are enough; `split_of` gives their splits."""
    found = [across.texts(checked), across.splits(checked, split_of or {})]
    if codes & {"CON801", "CON802"}:
        found.append(across.names(checked, ontology))
    for drafts in found:
        for one, draft in drafts:
            if draft.code in codes:
                yield draft.finding(one.document, one.origin)


def validate(
    documents: Iterable[Document],
    ontology: Ontology,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    split_of: Mapping[str, str] | None = None,
) -> Report:
    """Check documents that belong together, each by itself and against each other.

    `select` and `ignore` are codes or their beginnings; `split_of` (doc_id to split) turns on the rules on splits.
    Raises UnknownRule for a code that no rule has.
    """
    codes = chosen(select, (*ignore, *ontology.policy.ignore))
    findings: list[Finding] = []
    checked: list[Trace] = []
    seen: set[str] = set()
    for document in documents:
        if document.doc_id in seen and "DOC102" in codes:
            draft = Draft("DOC102", f"{document.doc_id} comes twice", "one document a doc_id", "rename or drop one")
            findings.append(draft.finding(document, None))
        seen.add(document.doc_id)
        checked.append(trace(document, None))
        findings.extend(check_document(document, ontology, None, codes))
    findings.extend(check_across(checked, ontology, codes, split_of))
    return Report(tuple(findings), len(checked))
