"""Gold documents: what adjudication gives joined with the article records, and the chains that follow from it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from strife.adjudication.facts import AdjudicationError
from strife.adjudication.log import read_logs
from strife.adjudication.run import Adjudication, adjudicate
from strife.chains import entity_chains, event_chains
from strife.model import Document, Entity, Event
from strife.ontology import Ontology
from strife.refusal import Refusal

Item = TypeVar("Item", Entity, Event)


class GoldError(Refusal, ValueError):
    """The gold documents cannot be built; each line of the message is one reason."""


def gold_documents(
    articles: dict[str, Document],
    passes: Iterable[Path],
    curated: Iterable[Path],
    ontology: Ontology,
    logs: Iterable[Path] = (),
) -> list[Document]:
    """One document per article, sorted by doc_id, annotated as adjudicated.

    `passes` are the exports of the independent annotators, `curated` those of curators, `logs` the tables of decisions.
    Raises GoldError for a text that differs from its record, an article that nobody annotated, that has nothing in it
    or open conflicts, for contradictory decisions, and for validation errors.
    """
    try:
        found = adjudicate(passes, ontology, curated, read_logs(logs))
    except AdjudicationError as error:
        raise GoldError(str(error)) from error
    done = {document.doc_id: document for document in found.gold}
    missing = _missing(found)
    faults = [f"{finding.origin}: {finding}" for finding in found.findings]
    faults += [f"there is no article {doc_id}" for doc_id in sorted({*done, *missing} - articles.keys())]
    gold = []
    for doc_id, article in sorted(articles.items()):
        document = done.get(doc_id)
        if document is None:
            faults.append(f"{doc_id}: {missing.get(doc_id, 'nobody has annotated it; do, or take the article out')}")
        elif document.text != article.text:
            faults.append(f"{doc_id}: the text in the exports differs from the article record; offsets would be wrong")
        elif not (document.entities or document.events):
            faults.append(f"{doc_id}: the adjudicated annotation is empty; annotate it or take the article out")
        else:
            gold.append(_merge(article, document, ontology))
    if faults:
        raise GoldError("\n".join(faults))
    return gold


def _missing(found: Adjudication) -> dict[str, str]:
    """Why documents are not gold."""
    reasons = {finding.doc_id: "validation errors; mend them" for finding in found.findings}
    for case in found.open:
        reasons[case.bare.doc_id] = f"{len(case.settled.open)} conflicts are open; decide them with `strife adjudicate`"
    for doc_id, who in found.waiting.items():
        reasons[doc_id] = f"only annotator {who} has done it; a second is needed, or `strife adjudicate --single`"
    return reasons


def _merge(article: Document, annotated: Document, ontology: Ontology) -> Document:
    """The article with the annotation; attributes that an annotator left alone get their defaults."""

    def explicit(item: Item) -> Item:
        kinds = ontology.attributes_of(item.label)
        defaults = {name: kind.default for name, kind in kinds.items() if kind.default is not None}
        return msgspec.structs.replace(item, attributes=defaults | item.attributes)

    return msgspec.structs.replace(
        article,
        entities=tuple(map(explicit, annotated.entities)),
        events=tuple(map(explicit, annotated.events)),
        relations=annotated.relations,
        chains=(*entity_chains(annotated), *event_chains(annotated)),
        annotators=annotated.annotators,
        meta=article.meta | annotated.meta,
        provenance=annotated.provenance,
    )
