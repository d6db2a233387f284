"""Metrics: what counts as one right item, and the counts that follow.

A metric is a value whose name is its one spelling: in code, on the command line, in result files and tables. Most are
set metrics: a rule turns a document into a set of keys over code-point offsets, and gold and predicted keys are matched
as sets within one document, so order and duplicates change nothing and no score exceeds 1. docs/scoring.md has all
definitions with their sources. An argument's span is that of the mention it points at, or the trigger of the event it
points at, or its own.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from strife.model import Argument, AttributeValue, Document, Entity, Event
from strife.refusal import Refusal

Key = tuple[int | str | None, ...]
Span = tuple[int, int]
Row = dict[str, int | str | None]

LEAST, MOST, TIMEX = "people_min", "people_max", "timex"


class Counts(msgspec.Struct, frozen=True):
    """True positives, false positives, false negatives. 0/0 is 0. Whole numbers but for partial credit."""

    tp: float = 0
    fp: float = 0
    fn: float = 0

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

    @property
    def defined(self) -> bool:
        """Whether there was anything to find or anything found; if not, all is 0/0."""
        return bool(self.tp or self.fp or self.fn)


class Metric(msgspec.Struct, frozen=True):
    """What is compared, how, and by which part of it the table of types is made.

    `parts` are the columns of `items` that have to agree; `types` is one of them, or "" where there is no table.
    `match` and `unit` go into the signature: how items are matched, and in what their places are told.
    """

    name: str
    title: str
    items: str
    parts: tuple[str, ...]
    types: str = ""
    match: str = "exact"
    unit: str = "codepoint"


_TRIGGER = ("trigger_start", "trigger_end")
_ENDS = ("head_start", "head_end", "tail_start", "tail_end")
_ALL = (
    Metric("ent", "entity", "entities", ("start", "end", "label"), "label"),
    Metric("ent_unlabelled", "entity, any label", "entities", ("start", "end")),
    Metric("tri_i", "Tri-I", "events", ("start", "end")),
    Metric("tri_c", "Tri-C", "events", ("start", "end", "type"), "type"),
    Metric("arg_i", "Arg-I", "arguments", ("start", "end", "type"), "type"),
    Metric("arg_c", "Arg-C", "arguments", ("start", "end", "type", "role"), "role"),
    Metric("arg_i+", "Arg-I+", "arguments", ("start", "end", "type", *_TRIGGER), "type"),
    Metric("arg_c+", "Arg-C+", "arguments", ("start", "end", "type", *_TRIGGER, "role"), "role"),
    Metric("rel", "Rel", "relations", (*_ENDS, "label"), "label"),
    Metric("rel+", "Rel+", "relations", (*_ENDS, "label", "head_label", "tail_label"), "label"),
    Metric("ceaf_ree", "CEAF-REE", "templates", (), "role", "ceaf-strict", "string"),
    Metric("ceaf_rme", "CEAF-RME", "templates", (), "role", "ceaf-phi3", "string"),
    Metric("ent_partial", "entity, part", "entities", ("start", "end", "label"), "label", "overlap"),
    Metric("ent_partial_unlabelled", "entity, part, any label", "entities", ("start", "end"), "", "overlap"),
    Metric(LEAST, "people, least", "figures", ("start", "end", LEAST, "type"), "type"),
    Metric(MOST, "people, most", "figures", ("start", "end", MOST, "type"), "type"),
    Metric("people", "people, range", "figures", ("start", "end", LEAST, MOST, "type"), "type"),
    Metric(TIMEX, "time", "times", ("start", "end", TIMEX)),
    Metric("bio", "BIO", "bio", ("start", "end", "label"), "label", "conll", "token"),
    Metric("bio_strict", "BIO, strict IOB2", "bio_strict", ("start", "end", "label"), "label", "iob2", "token"),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
DEFAULT: tuple[str, ...] = tuple(METRICS)[:12]
TEMPLATES: tuple[str, ...] = ("ceaf_ree", "ceaf_rme")
HEADLINE: tuple[str, ...] = ("ent", "tri_c", "arg_c+")


class MetricError(Refusal, KeyError):
    """A metric that does not exist."""

    def __str__(self) -> str:
        return str(self.args[0])


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """The metrics with these names (`all`: every one), in the order of METRICS. Raises MetricError for another name."""
    wanted = set(names)
    if unknown := sorted(wanted - {*METRICS, "all"}):
        raise MetricError(f"no metric {', '.join(unknown)}; expected {', '.join(METRICS)}, or all")
    return tuple(name for name in METRICS if name in wanted or "all" in wanted)


def count(metric: str, gold: Document, predicted: Document) -> Counts:
    """The counts of one document, for a metric that matches sets. Raises KeyError for another."""
    wanted, given = keys(metric, gold), keys(metric, predicted)
    right = len(wanted & given)
    return Counts(right, len(given) - right, len(wanted) - right)


def keys(metric: str, document: Document) -> set[Key]:
    """What a document says, as a set metric sees it: for each item, the parts that have to agree."""
    chosen = METRICS[metric]
    rows = _ROWS[chosen.items]
    if chosen.match != "exact":
        raise KeyError(metric)
    return {tuple(row[part] for part in chosen.parts) for row in rows(document) if _given(chosen, row)}


def _given(metric: Metric, row: Mapping[str, int | str | None]) -> bool:
    """Whether a row says what the metric asks for; an event without a figure says none."""
    values = [row[part] for part in metric.parts if part in (LEAST, MOST)]
    return not values or any(value is not None for value in values)


def _entities(document: Document) -> Iterator[Row]:
    return ({"start": e.start, "end": e.end, "label": e.label} for e in document.entities)


def _events(document: Document) -> Iterator[Row]:
    return ({"start": e.trigger.start, "end": e.trigger.end, "type": e.type} for e in document.events)


def _arguments(document: Document) -> Iterator[Row]:
    spans = spans_by_id(document)
    for event in document.events:
        trigger: Row = {"trigger_start": event.trigger.start, "trigger_end": event.trigger.end, "type": event.type}
        for argument in event.arguments:
            start, end = argument_span(argument, spans)
            yield {**trigger, "start": start, "end": end, "role": argument.role}


def _relations(document: Document) -> Iterator[Row]:
    items: dict[str, Entity | Event] = {item.id: item for item in document.items}
    for relation in document.relations:
        row: Row = {"label": relation.label or ""}
        for name, item in (("head", items[relation.head]), ("tail", items[relation.tail])):
            row |= {f"{name}_start": item.span[0], f"{name}_end": item.span[1], f"{name}_label": item.label}
        yield row


def _figures(document: Document) -> Iterator[Row]:
    for event in document.events:
        least, most = (as_told(event.attributes.get(name)) for name in (LEAST, MOST))
        yield {"start": event.trigger.start, "end": event.trigger.end, "type": event.type, LEAST: least, MOST: most}


def _times(document: Document) -> Iterator[Row]:
    return (
        {"start": e.start, "end": e.end, TIMEX: as_told(e.attributes[TIMEX])}
        for e in document.entities
        if e.attributes.get(TIMEX) is not None
    )


_ROWS = {
    "entities": _entities,
    "events": _events,
    "arguments": _arguments,
    "relations": _relations,
    "figures": _figures,
    "times": _times,
}


def as_told(value: AttributeValue | None) -> int | str | None:
    """A normalised value in the form that is compared: 2 and 2.0 are one number, which is not the text "2".

    Raises ValueError for NaN and infinity.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no value")
        return int(value) if value.is_integer() else repr(value)
    if isinstance(value, int) or value is None:
        return value
    return f"'{value}'"


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
