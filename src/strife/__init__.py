"""strife: an annotated corpus and benchmark for armed-conflict reporting, with the toolchain that makes it."""

from strife.agreement import Agreement, agree, pair_events, read_annotators
from strife.finding import Finding, Report
from strife.loading import load
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone, decode, encode
from strife.ontology import Ontology, load_ontology
from strife.scoring.metrics import METRICS, Counts
from strife.scoring.score import Scores, score
from strife.store import read_documents, write_documents
from strife.validate import validate

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
