"""Metrics: what counts as one right item, and the counts that follow.

A metric is a name and a rule that turns a document into a set of keys over code-point offsets. Gold and predicted
keys are matched as sets within one document, so order and duplicates change nothing and no score exceeds 1.
The definitions are those of TextEE (Huang et al., Findings of ACL 2024); "+" (attached) also asks for the right
trigger:

    ent             (start, end, label)               ent_unlabelled  (start, end)
    tri_i           trigger span                      tri_c           trigger span, event type
    arg_i           event type, argument span         arg_c           arg_i and role
    arg_i+          trigger span and arg_i            arg_c+          trigger span and arg_c
    rel             spans of head and tail, label     rel+            rel and the labels of head and tail

An argument's span is that of the mention it points at, or the trigger of the event it points at.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from strife.model import Argument, Document, Entity, Event

Key = tuple[int | str, ...]
Span = tuple[int, int]


class Counts(msgspec.Struct, frozen=True):
    """True positives, false positives, false negatives. 0/0 is 0."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """tp / (tp + fp)."""
        return self.tp / (self.tp + self.fp) if self.tp else 0.0

    @property
    def recall(self) -> float:
        """tp / (tp + fn)."""
        return self.tp / (self.tp + self.fn) if self.tp else 0.0

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0


def _ent(document: Document) -> Iterator[Key]:
    return ((e.start, e.end, e.label) for e in document.entities)


def _tri(document: Document) -> Iterator[Key]:
    return ((e.trigger.start, e.trigger.end, e.type) for e in document.events)


def _arg(document: Document) -> Iterator[Key]:
    """(trigger start, trigger end, type, argument start, argument end, role)."""
    spans = spans_by_id(document)
    for event in document.events:
        for argument in event.arguments:
            start, end = argument_span(argument, spans)
            yield event.trigger.start, event.trigger.end, event.type, start, end, argument.role


def _rel(document: Document) -> Iterator[Key]:
    """(head start, head end, head label, tail start, tail end, tail label, label)."""
    items: dict[str, Entity | Event] = {item.id: item for item in document.items}
    spans = spans_by_id(document)
    for relation in document.relations:
        head, tail = items[relation.head], items[relation.tail]
        yield *spans[head.id], head.label, *spans[tail.id], tail.label, relation.label or ""


def spans_by_id(document: Document) -> dict[str, Span]:
    """The span of every mention and trigger."""
    return {item.id: item.span for item in document.items}


def argument_span(argument: Argument, spans: Mapping[str, Span]) -> Span:
    """Where an argument stands. Raises KeyError for an id that does not exist, or when it has neither id nor span."""
    if argument.target is not None:
        return spans[argument.target]
    if argument.start is None or argument.end is None:
        raise KeyError("neither entity_id nor event_id nor start and end")
    return argument.start, argument.end


# Each metric: the items it looks at, and the parts of an item's key that have to be right.
_PARTS: dict[str, tuple[Callable[[Document], Iterator[Key]], tuple[int, ...]]] = {
    "ent": (_ent, (0, 1, 2)),
    "ent_unlabelled": (_ent, (0, 1)),
    "tri_i": (_tri, (0, 1)),
    "tri_c": (_tri, (0, 1, 2)),
    "arg_i": (_arg, (2, 3, 4)),
    "arg_c": (_arg, (2, 3, 4, 5)),
    "arg_i+": (_arg, (0, 1, 2, 3, 4)),
    "arg_c+": (_arg, (0, 1, 2, 3, 4, 5)),
    "rel": (_rel, (0, 1, 3, 4, 6)),
    "rel+": (_rel, (0, 1, 2, 3, 4, 5, 6)),
}
METRICS: tuple[str, ...] = tuple(_PARTS)


def count(metric: str, gold: Document, predicted: Document) -> Counts:
    """The counts of one document. Raises KeyError for a metric that is not in METRICS."""
    wanted, given = keys(metric, gold), keys(metric, predicted)
    right = len(wanted & given)
    return Counts(right, len(given) - right, len(wanted) - right)


def keys(metric: str, document: Document) -> set[Key]:
    """What a document says, as the metric sees it."""
    items, parts = _PARTS[metric]
    return {tuple(key[part] for part in parts) for key in items(document)}
