"""Annotators and what they submitted: read from exports or document files, and checked before anything is counted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from strife.labelstudio.export import read_export
from strife.model import Document, canonical
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.scoring.metrics import argument_span, spans_by_id
from strife.store import read_documents
from strife.stream import InputError

SHOWN = 12  # faults in a message


class AgreementError(Refusal, ValueError):
    """Agreement cannot be measured; each line of the message is a reason: code, where, found, expected, what to do."""


class Shared(NamedTuple):
    """A document that at least two annotators submitted, each one's version by name."""

    doc_id: str
    text: str
    versions: dict[str, Document]


def read_annotators(paths: Iterable[Path], ontology: Ontology) -> dict[str, list[Document]]:
    """By annotator the documents they submitted, from exports, document files, or folders of them.

    In an export the annotator is the user who completed the annotation; skipped annotations, drafts and predictions are
    left out. In a document file it is the one name under `annotators`, else the name of the file without its endings.
    Raises InputError for a file that cannot be read, AgreementError for an annotation without a user.
    """
    from strife.check import files  # slow to import

    found: dict[str, list[Document]] = defaultdict(list)
    for path in files(paths):
        for who, document in _submitted(path, ontology):
            found[who].append(document)
    return dict(sorted(found.items()))


def _submitted(path: Path, ontology: Ontology) -> Iterator[tuple[str, Document]]:
    from strife.check import is_export

    if not is_export(path):
        stem = path.name.split(".")[0]
        for document in read_documents(path):
            yield document.annotators[0] if len(document.annotators) == 1 else stem, document
        return
    for number, task in enumerate(read_export(path, ontology), 1):
        if task.findings:
            found = f"item {number} is no task"
            raise InputError("DOC101", path, found, "a task as exported", "see `strife validate`")
        for version in task.versions:
            if version.state != "submitted":
                continue
            if not version.document.annotators:
                where = f"AGR101 {version.origin}, {version.document.doc_id}"
                raise AgreementError(f"{where}: no user completed this annotation; expected one; export it again")
            yield version.document.annotators[0], version.document


def shared_documents(annotators: Mapping[str, Iterable[Document]], ontology: Ontology) -> list[Shared]:
    """The documents that at least two annotators submitted, by doc_id.

    Raises AgreementError with every reason why agreement on them would mean nothing. What is wrong with documents that
    one annotator only submitted does not matter here.
    """
    if len(annotators) < 2:
        who = ", ".join(annotators) or "nobody"
        raise AgreementError(
            f"AGR102 one annotator only ({who}); expected two or more; give the other's export as well"
        )
    by_document: dict[str, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for who, documents in sorted(annotators.items()):
        for document in documents:
            by_document[document.doc_id][who].append(document)
    several = {doc_id: given for doc_id, given in sorted(by_document.items()) if len(given) > 1}
    shared = [
        Shared(doc_id, next(iter(given.values()))[0].text, {who: some[0] for who, some in given.items()})
        for doc_id, given in several.items()
    ]
    faults = [fault for doc_id, given in several.items() for fault in _repeated(doc_id, given)]
    for doc in shared:
        faults += _text_faults(doc.doc_id, doc.versions)
        for who, document in doc.versions.items():
            faults += _unsound(who, document)
    faults += _ontology_faults(shared, ontology)
    if not shared:
        had = "; ".join(f"{who} has {_some({d.doc_id for d in docs})}" for who, docs in sorted(annotators.items()))
        faults.append(
            f"AGR104 no document was submitted by two annotators ({had}); expected shared doc_ids; check them"
        )
    if faults:
        more = [f"and {len(faults) - SHOWN} more like these"] if len(faults) > SHOWN else []
        raise AgreementError("\n".join([*faults[:SHOWN], *more]))
    return shared


def _repeated(doc_id: str, given: Mapping[str, Sequence[Document]]) -> Iterator[str]:
    """Annotators who submitted a document twice, and not the same both times."""
    for who, (first, *others) in given.items():
        if any(canonical(other) != canonical(first) for other in others):
            found = f"annotator {who} submitted two different annotations"
            yield f"AGR103 {doc_id}: {found}; expected one; delete one of them"


def _some(doc_ids: set[str]) -> str:
    first = sorted(doc_ids)[:3]
    return f"{len(doc_ids)}: {', '.join(first)}{', ...' if len(doc_ids) > 3 else ''}"


def _text_faults(doc_id: str, versions: Mapping[str, Document]) -> Iterator[str]:
    (first, one), *others = versions.items()
    for who, other in others:
        if one.text != other.text:
            at = next((i for i, (x, y) in enumerate(zip(one.text, other.text, strict=False)) if x != y), None)
            at = min(len(one.text), len(other.text)) if at is None else at
            quotes = f"{one.text[at : at + 20]!r} for {first}, {other.text[at : at + 20]!r} for {who}"
            yield f"AGR105 {doc_id} [{at}]: the texts differ ({quotes}); expected one text; offsets mean nothing else"


def _unsound(who: str, document: Document) -> Iterator[str]:
    """Offsets outside the text and references to nothing."""
    where = f"{document.doc_id}, annotator {who}"
    spans = spans_by_id(document)
    size = len(document.text)
    marked: list[tuple[str, tuple[int, int]]] = [(item.id, item.span) for item in document.items]
    for event in document.events:
        for argument in event.arguments:
            try:
                marked.append((f"{argument.role} of {event.id}", argument_span(argument, spans)))
            except KeyError as error:
                found = f"{argument.role} of {event.id} points at {error.args[0]}"
                yield f"AGR106 {where}: {found}, which is nothing; expected an item of the document; draw it again"
    for relation in document.relations:
        for target in sorted({relation.head, relation.tail} - spans.keys()):
            found = f"relation {relation.label} points at {target}"
            yield f"AGR106 {where}: {found}, which is nothing; expected an item of the document; draw it again"
    for item, (begin, end) in marked:
        if not 0 <= begin < end <= size:
            yield f"AGR107 {where}: {item} [{begin}:{end}]; expected a span in the text (0 to {size}); mark it again"


def _ontology_faults(shared: Iterable[Shared], ontology: Ontology) -> Iterator[str]:
    """Annotations made under different ontologies, or another one than is given."""
    used: dict[str, set[str]] = defaultdict(set)
    unknown: dict[str, set[str]] = defaultdict(set)
    known = {*ontology.entity_types, *ontology.event_types}
    for doc in shared:
        for who, document in doc.versions.items():
            if made_with := document.meta.get("ontology"):
                used[made_with].add(who)
            unknown[who] |= {item.label for item in document.items} - known
    ours = f"{ontology.name} {ontology.version}"
    if len(used) > 1 or (used and ours not in used):
        found = "; ".join(f"{version} ({', '.join(sorted(who))})" for version, who in sorted(used.items()))
        yield f"AGR108 annotated under {found}; expected {ours} throughout; bring all to one version, or use --ontology"
    for who, labels in sorted(unknown.items()):
        if labels:
            found = f"uses {', '.join(repr(label) for label in sorted(labels)[:8])}"
            do = "if it is another version of the ontology, give it with --ontology; else mend the labels"
            yield f"AGR109 annotator {who} {found}; expected labels of {ours}; {do}"
