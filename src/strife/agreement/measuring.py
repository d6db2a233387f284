"""Agreement of two or more annotators: everything that is measured, under one signature."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations

import msgspec

from strife.agreement.annotators import Shared, shared_documents
from strife.agreement.attribute_measures import attribute_measures
from strife.agreement.drift import WATCHED, Drift, drift
from strife.agreement.event_measures import event_measures, relation_measures
from strife.agreement.gamma import gamma_measures
from strife.agreement.guidance import Confusion, Pattern, guidance
from strife.agreement.measure import Measure, Read, groups_of, read_units
from strife.agreement.pairing import IOU
from strife.agreement.span_measures import SPAN_LAYERS, span_measures
from strife.agreement.unitizing import flat
from strife.agreement.units import Units
from strife.agreement.values import Draw, Result, result
from strife.bootstrap import LEVEL, SEED
from strife.model import Document, encode
from strife.ontology import Ontology, load_ontology

SAMPLES = 1000
LAYERS = (*SPAN_LAYERS, "arguments", "arg_c+", "events", "relations", "attributes")


class Annotator(msgspec.Struct, frozen=True):
    """An annotator and what they marked in the shared documents."""

    name: str
    documents: int
    entities: int
    events: int
    arguments: int
    relations: int


class Agreement(msgspec.Struct, frozen=True):
    """What annotators agree on, and what to do where they do not, under one signature.

    `layers` holds the figures by layer and measure, `confusions` the types that are taken for each other by layer,
    `patterns` the kinds of disagreement with the most to gain first, `drift` the annotators who go another way than the
    others. `notes` say what a reader has to know: who marked nothing, which documents were left out.
    """

    signature: str
    annotators: tuple[Annotator, ...]
    documents: tuple[str, ...]
    layers: dict[str, dict[str, Result]]
    confusions: dict[str, Confusion]
    patterns: tuple[Pattern, ...]
    drift: Drift
    notes: tuple[str, ...] = ()


def agree(
    annotators: Mapping[str, Iterable[Document]],
    ontology: Ontology | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = SEED,
    gamma: bool = False,
) -> Agreement:
    """Measure the agreement of annotators, given by name with the documents they submitted.

    Compared are the documents that at least two of them submitted; a document that some did not submit counts for the
    others. `samples` draws of documents make the intervals; `gamma` needs the extra of that name and takes about a
    second a document. Raises AgreementError when agreement would mean nothing.
    """
    import numpy as np

    ontology = ontology or load_ontology()
    submitted = {name: list(documents) for name, documents in annotators.items()}
    shared = shared_documents(submitted, ontology)
    names = sorted({who for doc in shared for who in doc.versions})
    documents = read_units(shared, names, ontology)
    pairs = [", ".join(pair) for pair in combinations(names, 2)]
    present = np.array([[i in doc.units for i in range(len(names))] for doc in documents], bool)
    together = np.stack([present[:, i] & present[:, j] for i, j in combinations(range(len(names)), 2)], 1)
    layers: dict[str, dict[str, Result]] = {layer: {} for layer in LAYERS}
    watched: dict[str, Measure] = {}
    draw = Draw(samples, seed)
    doc_ids = [doc.doc_id for doc in documents]
    measures = _measures(documents, len(names), ontology)
    for measure in chain(measures, gamma_measures(documents, seed) if gamma else ()):
        layers[measure.layer][measure.name] = result(measure, doc_ids, pairs, together, draw)
        if WATCHED.get(measure.layer) == measure.name:
            watched[measure.layer] = measure
    confusions, patterns = guidance(documents, names)
    return Agreement(
        _signature(shared, len(names), ontology, draw),
        tuple(_annotator(name, [d.units[i] for d in documents if i in d.units]) for i, name in enumerate(names)),
        tuple(doc_ids),
        layers,
        confusions,
        patterns,
        drift(watched, names, draw),
        tuple(_notes(submitted, documents, names)),
    )


def _measures(documents: Sequence[Read], annotators: int, ontology: Ontology) -> Iterator[Measure]:
    groups = groups_of(annotators)
    for layer in SPAN_LAYERS:
        yield from span_measures(layer, documents, groups)
    yield from event_measures(documents, groups)
    yield from relation_measures(documents, groups)
    yield from attribute_measures(documents, groups, ontology)


def _annotator(name: str, units: Sequence[Units]) -> Annotator:
    return Annotator(
        name,
        len(units),
        sum(len(one.entities) for one in units),
        sum(len(one.events) for one in units),
        sum(len(event.arguments) for one in units for event in one.events),
        sum(len(one.arrows) for one in units),
    )


def _signature(shared: Sequence[Shared], annotators: int, ontology: Ontology, draw: Draw) -> str:
    """All that can change a figure; who is called what cannot."""
    from importlib.metadata import version  # slow to import

    digest = hashlib.sha256()
    for doc in shared:
        versions = (msgspec.structs.replace(one, annotators=()) for one in doc.versions.values())
        for line in sorted(encode(one) for one in versions):
            digest.update(line + b"\n")
    return (
        f"agree|span:codepoint|dup:set|pairing:optimal|iou:{IOU}|avg:micro|annotators:{annotators}|docs:{len(shared)}"
        f"|boot:{draw.samples}@{draw.seed}|level:{LEVEL}|data:{digest.hexdigest()[:8]}"
        f"|ontology:{ontology.name}-{ontology.version}|v:{version('strife')}"
    )


def _notes(
    submitted: Mapping[str, Sequence[Document]], documents: Sequence[Read], names: Sequence[str]
) -> Iterator[str]:
    """What a reader of the figures has to know."""
    known = {doc.doc_id for doc in documents}
    left_out = {document.doc_id for some in submitted.values() for document in some} - known
    if left_out:
        yield f"left out, submitted by one annotator only: {_few(left_out)}"
    for name in sorted(set(submitted) - set(names)):
        yield f"annotator {name} shares no document with another and is left out"
    for i, name in enumerate(names):
        empty = {
            doc.doc_id for doc in documents if i in doc.units and not (doc.units[i].entities or doc.units[i].events)
        }
        if empty:
            of = sum(i in doc.units for doc in documents)
            yield f"annotator {name} marked nothing in {len(empty)} of {of} documents: {_few(empty)}"
    if len(documents) == 1:
        yield "one document: no intervals"
    hidden = sum(len(one.entities) - len(flat(one.entities)) for doc in documents for one in doc.units.values())
    if hidden:
        seen = "of overlapping marks kappa and alpha over tokens, and uα, see only the longest"
        yield f"{hidden} mentions lie in or across a longer one: {seen}"


def _few(doc_ids: set[str]) -> str:
    first = sorted(doc_ids)[:5]
    return f"{', '.join(first)}{f' and {len(doc_ids) - 5} more' if len(doc_ids) > 5 else ''}"
