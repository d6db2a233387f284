"""Errors as a page: gold and prediction sentence by sentence, with what is right and wrong marked in the text.

The page holds the texts and their items as JSON; its script draws a document when it is opened, so that a page of
hundreds of documents stays small and opens at once.
"""

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from strife.pages import render
from strife.scoring.errors import METRIC_OF, Analysis, DocumentErrors, Item, Kind, Layer
from strife.scoring.errors_report import confusion_table
from strife.segment import sentences

if TYPE_CHECKING:
    from markupsafe import Markup

TITLES: dict[Layer, str] = {"entity": "Entities", "trigger": "Triggers", "argument": "Arguments"}
WORDS: dict[Kind, str] = {
    "boundary": "wrong boundary",
    "type": "wrong type",
    "boundary+type": "wrong boundary and type",
    "role": "wrong role",
    "boundary+role": "wrong boundary and role",
    "event_type": "wrong event type",
    "trigger": "on the wrong trigger",
    "missed": "missed",
    "spurious": "spurious",
}
# Beside colour, so that nothing is told by colour alone.
SIGNS: dict[Kind, str] = {
    "boundary": "≈",
    "type": "≠",
    "boundary+type": "≈≠",
    "role": "≠",
    "boundary+role": "≈≠",
    "event_type": "≠",
    "trigger": "⇢",
    "missed": "−",
    "spurious": "+",
}


class Shown(NamedTuple):
    """A document as the page lists it."""

    doc_id: str
    errors: int
    f1: dict[Layer, float]
    predicted: bool


def as_page(analysis: Analysis, title: str) -> str:
    """The page of one analysis."""
    return render("errors.html", title=title, **view(analysis))


def view(analysis: Analysis) -> dict[str, Any]:
    """What the template needs of an analysis."""
    missing = set(analysis.scores.missing)
    layers = []
    for layer, metric in METRIC_OF.items():
        classes, following = analysis.classes(layer), analysis.following(layer)
        rows = [(kind, WORDS[kind], SIGNS[kind], n, following[kind]) for kind, n in classes.items()]
        layers.append((layer, TITLES[layer], analysis.scores.counts[metric], rows, max(1, *classes.values())))
    confusions = [(layer, TITLES[layer], *confusion_table(analysis, layer)) for layer in ("entity", "trigger")]
    worst = analysis.worst()
    return {
        "signature": str(analysis.scores.signature),
        "layers": layers,
        "confusions": [one for one in confusions if len(one[2]) > 1],
        "documents": [_shown(one, one.gold.doc_id not in missing) for one in worst],
        "flawless": len(analysis.documents) - len(worst),
        "data": _embedded(data(worst)),
    }


def _shown(one: DocumentErrors, predicted: bool) -> Shown:
    f1 = {layer: one.counts(layer).f1 for layer in METRIC_OF}
    return Shown(one.gold.doc_id, len(one.errors), f1, predicted)


def data(documents: list[DocumentErrors]) -> dict[str, Any]:
    """What the page's script draws from; `errors.js` tells the shape by reading it.

    An item is [start, end, number of its label], with [start, end, number of the type] of its event for an argument. An
    error is [number of its layer, number of its class, gold item or 0, predicted item or 0].
    """
    labels: dict[str, int] = {}
    kinds = {kind: number for number, kind in enumerate(SIGNS)}
    layers = {layer: number for number, layer in enumerate(METRIC_OF)}

    def number(label: str) -> int:
        return labels.setdefault(label, len(labels))

    def item(one: Item | None) -> Any:
        if one is None:
            return 0
        event = [*one.event[:2], number(one.event[2])] if one.event else []
        return [one.start, one.end, number(one.label), *event]

    shown = [
        {
            "text": one.gold.text,
            "sentences": sentences(one.gold.text),
            "right": [[item(right) for right in one.right[layer]] for layer in METRIC_OF],
            "errors": [[layers[e.layer], kinds[e.kind], item(e.gold), item(e.predicted)] for e in one.errors],
            "unplaced": one.unplaced,
        }
        for one in documents
    ]
    names = [[kind, SIGNS[kind]] for kind in kinds]
    return {"layers": list(layers), "kinds": names, "labels": list(labels), "documents": shown}


def _embedded(table: dict[str, Any]) -> "Markup":
    """JSON that can stand in a script element of a UTF-8 page: no tag begins in it, no lone surrogate is left."""
    from markupsafe import Markup

    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Markup(re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text))
