"""strife: an annotated corpus and benchmark for armed-conflict reporting, with the toolchain that makes it."""

from importlib import import_module
from typing import TYPE_CHECKING

from strife.finding import Finding, Report
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone, decode, encode
from strife.ontology import Ontology, load_ontology
from strife.store import read_documents, write_documents
from strife.validate import validate

if TYPE_CHECKING:
    from strife.agreement import Agreement, agree, pair_events, read_annotators
    from strife.loading import load
    from strife.scoring.metrics import METRICS, Counts
    from strife.scoring.score import Scores, score

# Imported when first asked for: checking a corpus takes less time than importing these.
_LATER = {
    **dict.fromkeys(("Agreement", "agree", "pair_events", "read_annotators"), "strife.agreement"),
    "load": "strife.loading",
    **dict.fromkeys(("METRICS", "Counts"), "strife.scoring.metrics"),
    **dict.fromkeys(("Scores", "score"), "strife.scoring.score"),
}

__all__ = [
    "METRICS",
    "Agreement",
    "Argument",
    "Chain",
    "Counts",
    "Document",
    "Entity",
    "Event",
    "Finding",
    "Ontology",
    "Relation",
    "Report",
    "Scores",
    "Source",
    "Trigger",
    "Zone",
    "agree",
    "decode",
    "encode",
    "load",
    "load_ontology",
    "pair_events",
    "read_annotators",
    "read_documents",
    "score",
    "validate",
    "write_documents",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module 'strife' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
