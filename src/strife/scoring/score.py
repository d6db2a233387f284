"""Scores: predictions against gold, with the signature without which a score says nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from strife.model import Document
from strife.ontology import Ontology
from strife.scoring import bio
from strife.scoring.columns import Codes, Columns, Vocabulary, aligned, columns
from strife.scoring.faults import ScoreError, between, faults, refuse
from strife.scoring.fingerprint import fingerprint
from strife.scoring.metrics import DEFAULT, METRICS, Counts, Metric
from strife.scoring.resolve import Resolution
from strife.scoring.signature import Signature, signature
from strife.scoring.tallies import as_counts, tallies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Labels", "ScoreError", "Scores", "declared", "score"]


class Average(NamedTuple):
    """The mean of precision, recall and F1 over types; of no type 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Labels:
    """The declared labels of a project; a macro average runs over them, and no other may come."""

    entities: tuple[str, ...]
    events: tuple[str, ...]
    roles: tuple[str, ...]
    relations: tuple[str, ...]

    def of(self, items: str, column: str) -> tuple[str, ...] | None:
        """The labels that a column may hold; None for the roles of templates, which are not declared."""
        if items in ("relations", "templates"):
            return self.relations if items == "relations" else None
        return {"label": self.entities, "type": self.events, "role": self.roles}[column]


def declared(ontology: Ontology) -> Labels:
    """The labels that an ontology declares."""
    return Labels(
        tuple(ontology.entity_types), tuple(ontology.event_types), tuple(ontology.role_names), tuple(ontology.relations)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Counts by metric, under one signature; gold documents that were not predicted count as missed.

    `counts` are micro: over all documents and types. `types` are by metric and type, for metrics that have a table of
    types: those that gold or prediction has, and all that were declared. `table` is by metric, shape (documents, 3):
    tp, fp, fn of each document, in the order of `doc_ids`, which ascend.
    """

    signature: Signature
    counts: dict[str, Counts]
    types: dict[str, dict[str, Counts]]
    doc_ids: tuple[str, ...]
    table: "dict[str, NDArray[np.float64]]"
    missing: tuple[str, ...]
    resolution: Resolution | None = None

    def macro(self, metric: str) -> Average:
        """The unweighted mean over types. Raises KeyError for a metric without a table of types."""
        return _mean([(counts, 1) for counts in self.types[metric].values()])

    def weighted(self, metric: str) -> Average:
        """The mean over types, each as often as gold has it. Raises KeyError for a metric without a table of types."""
        return _mean([(counts, counts.tp + counts.fn) for counts in self.types[metric].values()])


def _mean(rows: Sequence[tuple[Counts, float]]) -> Average:
    total = sum(weight for _, weight in rows)
    if not total:
        return Average(0.0, 0.0, 0.0)
    parts = [(weight * c.precision, weight * c.recall, weight * c.f1) for c, weight in rows]
    return Average(*(sum(column) / total for column in zip(*parts, strict=True)))


def score(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    metrics: Iterable[str] = DEFAULT,
    data: str = "",
    split: str = "all",
    labels: Labels | None = None,
    resolution: Resolution | None = None,
) -> Scores:
    """Score predictions on every gold document.

    Documents are read once, in batches. `data` names the dataset; without it the hash of gold stands alone.
    `resolution` is what placed the predictions if they came without offsets. Raises KeyError for an unknown metric,
    SignatureError for a name that cannot stand in a signature, and ScoreError for unknown or repeated documents,
    another text, offsets outside the text, references to nothing, and labels that are not among the declared.
    """
    chosen = [METRICS[name] for name in dict.fromkeys(metrics)]
    vocabulary = Vocabulary()
    schemes = {m.name: partial(bio.chunks, m.name) for m in chosen if m.name in bio.SCHEMES}
    beyond = resolution is not None
    ours = columns(gold, vocabulary, schemes, partial(faults, "gold", rows=schemes.values()))
    fault = partial(faults, "prediction", rows=schemes.values(), beyond=beyond)
    theirs = columns(predicted, vocabulary, schemes, fault, beyond)
    refuse([*ours.faults, *theirs.faults, *between(ours, theirs), *(_undeclared(ours, theirs, vocabulary, labels))])
    missing = tuple(sorted(set(ours.doc_ids) - set(theirs.doc_ids)))
    ours = aligned(ours, sorted(ours.doc_ids))
    theirs = aligned(theirs, ours.doc_ids)
    counted = tallies(chosen, ours, theirs, vocabulary)
    digest = fingerprint(ours, vocabulary)
    version = resolution.version if resolution else 0
    return Scores(
        signature(f"{data}@{digest}" if data else digest, split, len(ours.doc_ids), len(missing), version),
        {name: as_counts(one.documents.sum(axis=0)) for name, one in counted.items()},
        {metric.name: _typed(metric, counted[metric.name].types, labels) for metric in chosen if metric.types},
        tuple(ours.doc_ids),
        {name: one.documents for name, one in counted.items()},
        missing,
        resolution,
    )


def _typed(metric: Metric, types: dict[str, Counts], labels: Labels | None) -> dict[str, Counts]:
    """The table of types: what was declared, in that order, or what occurs, ascending."""
    declared = labels.of(metric.items, metric.types) if labels else None
    return {name: types.get(name, Counts()) for name in (sorted(types) if declared is None else declared)}


def _undeclared(ours: Columns, theirs: Columns, vocabulary: Vocabulary, labels: Labels | None) -> Iterator[str]:
    """Labels that are not among the declared, with the document that has each first."""
    for side, one in (("gold", ours), ("prediction", theirs)) if labels else ():
        for items, column in (("entities", "label"), ("events", "type"), ("arguments", "role"), ("relations", "label")):
            cells, codes = one.tables[items][column], vocabulary.of(items, column) or Codes()
            allowed = labels.of(items, column) if labels else None
            for name, code in codes.items():
                if name is not None and name not in (allowed or ()) and (cells == code).any():
                    document = one.doc_ids[one.tables[items]["doc"][(cells == code).argmax()]]
                    expected = ", ".join(allowed or ())
                    yield f"{side} {document}: {column} {name!r} is not declared; expected one of {expected}"
