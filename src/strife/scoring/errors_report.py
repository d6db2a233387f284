"""Errors for people and for machines: terminal, JSON, and one self-contained page."""

import json
from collections.abc import Iterable
from typing import Any

from strife.quote import quoted, shortened
from strife.report import one_line
from strife.scoring.errors import METRIC_OF, Analysis, DocumentErrors, Error, Item, Layer
from strife.scoring.metrics import Counts

_NAMES: dict[Layer, str] = {"entity": "entities", "trigger": "triggers", "argument": "arguments"}


def as_json(analysis: Analysis) -> str:
    """One JSON object: signature, scores, classes, confusions, documents (worst first), and every error."""
    table: dict[str, Any] = {
        "signature": str(analysis.scores.signature),
        "scores": {metric: _figures(counts) for metric, counts in analysis.scores.counts.items()},
        "missing": list(analysis.scores.missing),
        "classes": {layer: analysis.classes(layer) for layer in METRIC_OF},
        "follows": {"argument": analysis.following("argument")},
        "confusion": {
            layer: [{"gold": g, "predicted": p, "count": n} for (g, p), n in _ordered(analysis.confusion(layer))]
            for layer in ("entity", "trigger")
        },
        "documents": [_document(one) for one in analysis.worst()],
        "errors": [_error(one, error) for one in analysis.documents for error in one.errors],
    }
    return json.dumps(table, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace").decode()


def _figures(c: Counts) -> dict[str, float]:
    return {"precision": c.precision, "recall": c.recall, "f1": c.f1, "tp": c.tp, "fp": c.fp, "fn": c.fn}


def _ordered(
    cells: dict[tuple[str | None, str | None], int],
) -> list[tuple[tuple[str | None, str | None], int]]:
    return sorted(cells.items(), key=lambda cell: [(label is None, label or "") for label in cell[0]])


def _document(one: DocumentErrors) -> dict[str, Any]:
    layers: dict[str, Any] = {}
    for layer in METRIC_OF:
        layers[layer] = _figures(one.counts(layer))
    return {"doc_id": one.gold.doc_id, "errors": len(one.errors), **layers}


def _error(one: DocumentErrors, error: Error) -> dict[str, Any]:
    sides = {"gold": _side(one, error.gold), "predicted": _side(one, error.predicted)}
    return {
        "doc_id": one.gold.doc_id,
        "layer": error.layer,
        "kind": error.kind,
        **({"follows": error.follows} if error.layer == "argument" else {}),
        **sides,
        **quoted(one.gold.text, *error.span)._asdict(),
    }


def _side(one: DocumentErrors, item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    side: dict[str, Any] = {"start": item.start, "end": item.end, "label": item.label}
    side["text"] = one.words(*item.span)
    if item.event is not None:
        start, end, event_type = item.event
        side["event"] = {"start": start, "end": end, "type": event_type, "text": one.words(start, end)}
    return side


def as_text(analysis: Analysis, examples: int = 3) -> str:
    """For a terminal: classes, confusions, the worst documents, and so many examples of each class."""
    lines: list[str] = []
    for layer in METRIC_OF:
        lines += _classes(analysis, layer)
    for layer in ("entity", "trigger"):
        lines += _confusion(analysis, layer)
    worst = analysis.worst()[:10]
    if worst:
        lines += ["", f"{'worst documents':<40}{'errors':>8}{'Ent':>7}{'Tri-C':>7}{'Arg-C+':>8}"]
    for one in worst:
        f1 = "".join(
            f"{100 * one.counts(layer).f1:{width}.1f}" for layer, width in zip(METRIC_OF, (7, 7, 8), strict=True)
        )
        lines.append(f"{one_line(one.gold.doc_id):<40}{len(one.errors):>8}{f1}")
    lines += _examples(analysis, examples)
    if analysis.scores.missing:
        lines += ["", f"not predicted, all missed: {', '.join(map(one_line, analysis.scores.missing))}"]
    return "\n".join([*lines, "", f"signature: {analysis.scores.signature}"])


def _classes(analysis: Analysis, layer: Layer) -> list[str]:
    c = analysis.scores.counts[METRIC_OF[layer]]
    lines = [f"{_NAMES[layer]}: {c.tp} right, {c.fp} false positives, {c.fn} false negatives, F1 {100 * c.f1:.1f}"]
    following = analysis.following(layer)
    for kind, number in analysis.classes(layer).items():
        note = f"  ({following[kind]} with their event)" if following[kind] else ""
        lines.append(f"{number:>7}  {kind}{note}")
    return lines


def confusion_table(analysis: Analysis, layer: Layer) -> tuple[list[str], list[str], list[list[int]]]:
    """Row labels (gold, then `spurious`), column labels (predicted, then `missed`), and the counts between them."""
    cells = analysis.confusion(layer)
    labels = sorted({label for pair in cells for label in pair if label is not None})
    rows: list[str | None] = [*labels, None]
    counts = [[cells.get((gold, predicted), 0) for predicted in rows] for gold in rows]
    return [*labels, "spurious"], [*labels, "missed"], counts


def _confusion(analysis: Analysis, layer: Layer) -> list[str]:
    rows, columns, counts = confusion_table(analysis, layer)
    if len(rows) == 1:
        return []
    short = [*_shortened(columns[:-1]), "missed"]
    left = max(map(len, map(one_line, rows)))
    widths = [max(len(name), *(len(str(row[n])) for row in counts)) + 2 for n, name in enumerate(short)]
    head = "".join(f"{name:>{width}}" for name, width in zip(short, widths, strict=True))
    lines = ["", f"{_NAMES[layer]}: gold by row, predicted by column", f"{'':{left}}{head}"]
    for name, row in zip(rows, counts, strict=True):
        numbers = "".join(f"{number or '.':>{width}}" for number, width in zip(row, widths, strict=True))
        lines.append(f"{one_line(name):<{left}}{numbers}")
    return lines


def _shortened(labels: list[str]) -> list[str]:
    """The labels cut to as few characters, at least four, as still tell them apart."""
    labels = [one_line(label) for label in labels]
    longest = max(map(len, labels), default=0)
    size = next((n for n in range(4, longest) if len({label[:n] for label in labels}) == len(labels)), longest)
    return [label[:size] for label in labels]


def _examples(analysis: Analysis, examples: int) -> list[str]:
    lines: list[str] = []
    for layer in METRIC_OF:
        for kind, number in analysis.classes(layer).items():
            found = [
                (one, error)
                for one in analysis.documents
                for error in one.errors
                if (error.layer, error.kind) == (layer, kind)
            ]
            step = max(1, len(found) // examples) if examples else len(found) + 1  # from all over the documents
            chosen = found[::step][:examples]
            if chosen:
                lines += ["", f"{_NAMES[layer]}, {kind}: {len(chosen)} of {number}"]
            for one, error in chosen:
                lines += _example(one, error)
    return lines


def _example(one: DocumentErrors, error: Error) -> Iterable[str]:
    sides = [f"{name} {_told(one, item)}" for name, item in error.sides]
    place = quoted(one.gold.text, *error.span)
    yield f"  {one_line(one.gold.doc_id)} [{error.span[0]}:{error.span[1]}] {', '.join(sides)}"
    yield f"      {one_line(place.before)}[{one_line(place.quote)}]{one_line(place.after)}"


def _told(one: DocumentErrors, item: Item) -> str:
    words = one_line(shortened(one.words(*item.span)))
    if item.event is None:
        return f'{one_line(item.label)} "{words}"'
    return f'{one_line(item.label)} "{words}" of {one_line(item.event[2])} "{one_line(one.words(*item.event[:2]))}"'
