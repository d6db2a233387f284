"""Scores: predictions against gold, with the signature without which a score says nothing."""

import hashlib
import json
from collections.abc import Iterable, Sequence

import msgspec

from strife.model import Document, encode
from strife.refusal import Refusal
from strife.scoring.metrics import METRICS, Counts, argument_span, count, spans_by_id


class Signature(msgspec.Struct, frozen=True):
    """All that can change a score. `coverage` is the share of gold documents that were predicted."""

    data: str
    split: str
    documents: int
    coverage: float

    def __str__(self) -> str:
        from importlib.metadata import version  # slow to import

        return (
            f"match:exact|span:codepoint|dup:set|avg:micro|zd:0|docs:{self.documents}|cov:{self.coverage:.3f}"
            f"|data:{self.data}|split:{self.split}|v:{version('strife')}"
        )


class Scores(msgspec.Struct, frozen=True):
    """Counts by metric, under one signature; gold documents that were not predicted count as missed."""

    signature: Signature
    counts: dict[str, Counts]
    missing: tuple[str, ...]

    def as_table(self) -> dict[str, object]:
        """The result as plain values: `signature`, `scores` by metric, `missing`."""
        scores = {
            name: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "tp": c.tp, "fp": c.fp, "fn": c.fn}
            for name, c in self.counts.items()
        }
        return {"signature": str(self.signature), "scores": scores, "missing": list(self.missing)}

    def as_json(self) -> str:
        """The result as one JSON object."""
        return json.dumps(self.as_table(), ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """A table of percentages, the documents that were missed, and the signature."""
        lines = [f"{'metric':<15}{'P':>7}{'R':>7}{'F1':>7}{'tp':>7}{'fp':>7}{'fn':>7}"]
        for name, c in self.counts.items():
            percent = "".join(f"{100 * part:7.1f}" for part in (c.precision, c.recall, c.f1))
            lines.append(f"{name:<15}{percent}{c.tp:7}{c.fp:7}{c.fn:7}")
        if self.missing:
            lines.append(f"not predicted, counted as missed: {', '.join(self.missing)}")
        return "\n".join([*lines, f"signature: {self.signature}"])


class ScoreError(Refusal, ValueError):
    """Gold or prediction cannot be scored; each line of the message is one reason and names the document."""


def score(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    metrics: Iterable[str] = METRICS,
    data: str = "",
    split: str = "all",
) -> Scores:
    """Score predictions on every gold document.

    `data` names the dataset; without it the hash of the gold documents stands alone. Raises ScoreError for unknown
    or repeated documents, another text, offsets outside the text, and references to nothing.
    """
    faults = [*_faults("gold", gold), *_faults("prediction", predicted)]
    texts = {document.doc_id: document.text for document in gold}
    for document in predicted:
        if document.doc_id not in texts:
            faults.append(f"prediction {document.doc_id}: no such document in gold; remove it")
        elif document.text != texts[document.doc_id]:
            faults.append(f"prediction {document.doc_id}: its text differs from gold's; predict on the gold text")
    if faults:
        raise ScoreError("\n".join(faults))
    given = {document.doc_id: document for document in predicted}
    pairs = [(document, given.get(document.doc_id, Document(document.doc_id, document.text))) for document in gold]
    counts = {name: sum((count(name, *pair) for pair in pairs), Counts()) for name in metrics}
    missing = tuple(sorted(set(texts) - set(given)))
    coverage = 1 - len(missing) / len(texts) if texts else 1.0
    name = f"{data}@{_hash(gold)}" if data else _hash(gold)
    return Scores(Signature(name, split, len(gold), coverage), counts, missing)


def _faults(side: str, documents: Sequence[Document]) -> list[str]:
    faults: list[str] = []
    seen: set[str] = set()
    for document in documents:
        where = f"{side} {document.doc_id}"
        if document.doc_id in seen:
            faults.append(f"{where}: comes twice; keep one")
        seen.add(document.doc_id)
        spans = spans_by_id(document)
        if len(spans) < len(document.entities) + len(document.events):
            faults.append(f"{where}: an id is used twice; give each mention and event its own")
        named = [(item, span) for item, span in spans.items()]
        for event in document.events:
            for argument in event.arguments:
                try:
                    named.append((f"{event.id}.{argument.role}", argument_span(argument, spans)))
                except KeyError as error:
                    faults.append(f"{where}: {argument.role} of {event.id} points at nothing ({error.args[0]})")
        for relation in document.relations:
            missing = [end for end in (relation.head, relation.tail) if end not in spans]
            faults += [f"{where}: relation {relation.label} points at nothing ({end})" for end in missing]
        for item, (start, end) in named:
            if not 0 <= start < end <= len(document.text):
                faults.append(f"{where}: {item} [{start}:{end}] lies outside the text (0 to {len(document.text)})")
    return faults


def _hash(documents: Sequence[Document]) -> str:
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda document: document.doc_id):
        digest.update(encode(document) + b"\n")
    return digest.hexdigest()[:8]
