"""Gold documents: an adjudicated export joined with the article records, and the chains that follow from it.

Chains of mentions: equal names with one label are one chain (case and blanks folded), and `same_as` joins the
rest. Chains of events: triggers with one incident number and one type, the attack family counting as one type.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from strife.labelstudio.export import Version, read_export
from strife.model import Chain, Document, Entity, Event
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.segment import sentences
from strife.validate import check_document

ATTACK_FAMILY = frozenset({"STRIKE", "BOMBING", "CLASH", "ATTACK"})
UNCHAINED = frozenset({"NUM", "TIME"})
SAME_AS = "same_as"


Item = TypeVar("Item", Entity, Event)


class GoldError(Refusal, ValueError):
    """The gold documents cannot be built; each line of the message is one reason."""


def gold_documents(
    articles: dict[str, Document], passes: Iterable[Path], adjudicated: Iterable[Path], ontology: Ontology
) -> list[Document]:
    """One document per article, sorted by doc_id, annotated as adjudicated.

    `passes` are the exports of the independent annotators; who annotated what is taken from them.
    Raises GoldError for a text that differs from its record, an article without exactly one adjudicated
    annotation or without any annotation in it, and for validation errors.
    """
    faults: list[str] = []
    annotators: dict[str, set[str]] = defaultdict(set)
    for version in _submitted(passes, ontology):
        annotators[version.document.doc_id].update(version.document.annotators)
        faults += _text_faults(version, articles)
    chosen: dict[str, list[Version]] = defaultdict(list)
    for version in _submitted(adjudicated, ontology):
        chosen[version.document.doc_id].append(version)
        faults += _text_faults(version, articles)
        found = [*version.findings, *check_document(version.document, ontology, version.origin)]
        faults += [f"{finding.origin}: {finding}" for finding in found if finding.severity == "error"]
    gold = []
    for doc_id, article in sorted(articles.items()):
        versions = chosen.get(doc_id, [])
        if len(versions) != 1:
            faults.append(f"{doc_id}: {len(versions)} adjudicated annotations; expected one; adjudicate it")
        elif not (versions[0].document.entities or versions[0].document.events):
            faults.append(f"{doc_id}: the adjudicated annotation is empty; annotate it or take the article out")
        else:
            gold.append(_merge(article, versions[0].document, sorted(annotators[doc_id]), ontology))
    if faults:
        raise GoldError("\n".join(faults))
    return gold


def _submitted(paths: Iterable[Path], ontology: Ontology) -> Iterator[Version]:
    for path in paths:
        for task in read_export(path, ontology):
            if task.findings:
                raise GoldError("\n".join(f"{finding.origin}: {finding}" for finding in task.findings))
            yield from (version for version in task.versions if version.state == "submitted")


def _text_faults(version: Version, articles: dict[str, Document]) -> list[str]:
    doc_id = version.document.doc_id
    if doc_id not in articles:
        return [f"{version.origin}: there is no article {doc_id}"]
    if articles[doc_id].text != version.document.text:
        return [f"{version.origin}: the text of {doc_id} differs from its article record; offsets would be wrong"]
    return []


def _merge(article: Document, annotated: Document, annotators: list[str], ontology: Ontology) -> Document:
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
        annotators=tuple(annotators),
        meta=article.meta | {"adjudicator": ", ".join(annotated.annotators)},
    )


def entity_chains(document: Document) -> list[Chain]:
    """Chains of at least two mentions of one thing, members in text order."""
    parent = {entity.id: entity.id for entity in document.entities}

    def root(item: str) -> str:
        while parent[item] != item:
            item = parent[item]
        return item

    names: dict[tuple[str, str], str] = {}
    for entity in _names(document):
        key = entity.label, _folded(document.surface(entity))
        parent[root(entity.id)] = root(names.setdefault(key, entity.id))
    for relation in document.relations:
        if relation.label == SAME_AS and relation.head in parent and relation.tail in parent:
            parent[root(relation.head)] = root(relation.tail)
    groups: dict[str, list[str]] = defaultdict(list)
    for entity in sorted(document.entities, key=lambda e: (e.start, e.end)):
        groups[root(entity.id)].append(entity.id)
    chains = [tuple(members) for members in groups.values() if len(members) > 1]
    return [Chain(f"c{number}", "entity", members) for number, members in enumerate(chains, 1)]


def _names(document: Document) -> list[Entity]:
    """The mentions that are names: a capital inside, or at a sentence's start the form of another name."""
    openings = {end - len(document.text[start:end].lstrip("\"'“‘([")) for start, end in sentences(document.text)}
    candidates = [entity for entity in document.entities if entity.label not in UNCHAINED]
    sure = {
        (entity.label, _folded(surface))
        for entity in candidates
        if re.search(r"[^\W\d_]", surface := document.surface(entity))
        and any(c.isupper() for c in (surface[1:] if entity.start in openings else surface))
    }
    return [entity for entity in candidates if (entity.label, _folded(document.surface(entity))) in sure]


def _folded(surface: str) -> str:
    return " ".join(surface.split()).casefold()


def event_chains(document: Document) -> list[Chain]:
    """Chains of at least two triggers of one event, members in text order."""
    groups: dict[tuple[object, str], list[Event]] = defaultdict(list)
    for event in sorted(document.events, key=lambda e: (e.trigger.start, e.trigger.end)):
        incident = event.attributes.get("incident")
        if incident:
            family = "attack" if event.type in ATTACK_FAMILY else event.type
            groups[incident, family].append(event)
    chains = [tuple(event.id for event in events) for events in groups.values() if len(events) > 1]
    return [Chain(f"k{number}", "event", members) for number, members in enumerate(chains, 1)]
