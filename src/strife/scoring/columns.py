"""Documents as columns: what scoring compares, as arrays of numbers.

A table has one array a column, all of one length: `doc` (the number of the document), offsets, and codes for labels,
types, roles and values. Documents are read a batch at a time and dropped, so memory holds the columns and not the
objects.
"""

import gc
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from strife.model import Argument, Document, Entity, Event, Template
from strife.scoring.metrics import LEAST, MOST, TIMEX, as_told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.int32]
    Table = dict[str, Column]

Span = tuple[int, int]
Extra = Callable[[Document], Iterable[tuple[int, int, str]]]
Item = TypeVar("Item", Entity, Event)

BATCH = 64  # documents: few enough that the objects of a batch stay in the cache of a processor
TABLES = {
    "entities": ("doc", "start", "end", "label"),
    "events": ("doc", "start", "end", "type"),
    "arguments": ("doc", "start", "end", "type", "role", "trigger_start", "trigger_end"),
    "relations": ("doc", "head_start", "head_end", "tail_start", "tail_end", "label", "head_label", "tail_label"),
    "figures": ("doc", "start", "end", LEAST, MOST, "type"),
    "times": ("doc", "start", "end", TIMEX),
}


class Codes(dict[Any, int]):
    """Numbers for names, in the order in which they first come; 0 is None."""

    def __init__(self) -> None:
        super().__init__({None: 0})

    def __missing__(self, name: Any) -> int:
        return self.setdefault(name, len(self))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes that gold and prediction share; labels of mentions and types of events are one set."""

    labels: Codes = field(default_factory=Codes)
    roles: Codes = field(default_factory=Codes)
    arrows: Codes = field(default_factory=Codes)
    values: Codes = field(default_factory=Codes)

    def of(self, items: str, column: str) -> Codes | None:
        """The codes of a column; None for a column of offsets or documents."""
        if items == "relations" and column == "label":
            return self.arrows
        if column in ("label", "type", "head_label", "tail_label"):
            return self.labels
        return self.roles if column == "role" else self.values if column in (LEAST, MOST, TIMEX) else None


@dataclass(frozen=True, slots=True)
class Columns:
    """The tables of one side; ids, texts, tokens (if given) and templates, a document each; and what was wrong."""

    doc_ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tokens: list[tuple[Span, ...]] = field(default_factory=list)
    templates: list[tuple[Template, ...]] = field(default_factory=list)
    tables: "dict[str, Table]" = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def columns(
    documents: Iterable[Document],
    vocabulary: Vocabulary,
    extra: Mapping[str, Extra],
    faults: Callable[[Sequence[Document]], list[str]],
    beyond: bool = False,
) -> Columns:
    """The columns of documents, numbered in the order in which they come.

    `extra` adds tables of (start, end, label), made by a function of the document. `faults` is asked about a batch in
    which something is wrong: an offset outside the text (which `beyond` allows), an id that comes twice or is nowhere,
    no number where one is needed. Such a batch adds its faults and nothing else.
    """
    import numpy as np

    side = Columns()
    batches: list[dict[str, Table]] = []
    with _no_collection():
        stream = iter(documents)
        while batch := list(islice(stream, BATCH)):
            if (tables := _batch(batch, len(side.doc_ids), vocabulary, extra, beyond)) is not None:
                batches.append(tables)
            elif found := faults(batch):
                side.faults.extend(found)
            else:
                raise AssertionError("a batch that has no columns has a fault")
            side.doc_ids.extend(document.doc_id for document in batch)
            side.texts.extend(document.text for document in batch)
            side.tokens.extend(getattr(document, "tokens", ()) for document in batch)
            side.templates.extend(document.templates for document in batch)
    shape = {**TABLES, **dict.fromkeys(extra, TABLES["entities"])}
    for items, names in shape.items():
        parts = [tables[items] for tables in batches]
        side.tables[items] = {
            name: np.concatenate([part[name] for part in parts]) if parts else np.zeros(0, np.int32) for name in names
        }
    return side


def aligned(side: Columns, doc_ids: Sequence[str]) -> Columns:
    """The same columns with documents numbered as in `doc_ids`, which are different and hold all of the side's."""
    import numpy as np

    place = {doc_id: number for number, doc_id in enumerate(doc_ids)}
    places = np.array([place[doc_id] for doc_id in side.doc_ids], np.int32)
    found = Columns(list(doc_ids), [""] * len(place), [()] * len(place), [()] * len(place))
    for number, text, tokens, templates in zip(places, side.texts, side.tokens, side.templates, strict=True):
        found.texts[number], found.tokens[number], found.templates[number] = text, tokens, templates
    for items, table in side.tables.items():
        found.tables[items] = table | {"doc": places[table["doc"]]}
    return found


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector of cycles: documents hold none, and looking for them takes longer than the work."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _batch(
    documents: Sequence[Document], first: int, vocabulary: Vocabulary, extra: Mapping[str, Extra], beyond: bool
) -> "dict[str, Table] | None":
    """The tables of a batch whose first document has the number `first`; None if something is wrong in it."""
    if not all(all(fillers) for d in documents for t in d.templates for fillers in t.roles.values()):
        return None  # a filler without a string
    try:
        tables = _tables(documents, first, vocabulary)
        if tables is None or not _inside(documents, first, tables, beyond):
            return None
        return tables | {name: _extra(documents, first, rows, vocabulary) for name, rows in extra.items()}
    except (TypeError, ValueError, KeyError, OverflowError, AttributeError):  # no number, no such id
        return None


def _tables(documents: Sequence[Document], first: int, vocabulary: Vocabulary) -> "dict[str, Table] | None":
    import numpy as np

    entities = list(chain.from_iterable(document.entities for document in documents))
    events = list(chain.from_iterable(document.events for document in documents))
    numbers = np.arange(first, first + len(documents), dtype=np.int32)
    entity_doc = np.repeat(numbers, [len(document.entities) for document in documents])
    event_doc = np.repeat(numbers, [len(document.events) for document in documents])
    label = vocabulary.labels.__getitem__
    entity = {
        "doc": entity_doc,
        **_numbers(entities, start="start", end="end"),
        "label": _coded(entities, "label", label),
    }
    event = {
        "doc": event_doc,
        **_numbers(events, start="trigger.start", end="trigger.end"),
        "type": _coded(events, "type", label),
    }
    joined = [np.concatenate([entity[a], event[b]]) for a, b in (("start", "start"), ("end", "end"), ("label", "type"))]
    found = {"entities": entity, "events": event}
    if _repeats_an_id(documents):
        return None
    rows = _rows(documents, len(entities)) if any(map(_points, documents)) else [{}] * len(documents)
    found["arguments"] = _arguments(documents, rows, event, joined[0], joined[1], vocabulary)
    found["relations"] = _relations(documents, rows, numbers, joined, vocabulary)
    value = vocabulary.values
    figured = [
        (n, value[as_told(e.attributes.get(LEAST))], value[as_told(e.attributes.get(MOST))])
        for n, e in _with_attributes(events)
        if LEAST in e.attributes or MOST in e.attributes
    ]
    timed = [(n, value[as_told(e.attributes[TIMEX])]) for n, e in _with_attributes(entities) if TIMEX in e.attributes]
    found["figures"] = _valued(event, figured, (LEAST, MOST))
    found["times"] = _valued(entity, timed, (TIMEX,))
    return found


def _with_attributes(items: Sequence[Item]) -> list[tuple[int, Item]]:
    attributes = map(attrgetter("attributes"), items)
    return [(n, items[n]) for n, given in enumerate(attributes) if given]


def _points(document: Document) -> bool:
    """Whether something in a document points at an id."""
    return bool(document.relations) or any(a.target is not None for e in document.events for a in e.arguments)


def _repeats_an_id(documents: Sequence[Document]) -> bool:
    for document in documents:
        ids = [item.id for item in document.entities]
        ids += [item.id for item in document.events]
        if len(set(ids)) < len(ids):
            return True
    return False


def _numbers(items: Sequence[object], **paths: str) -> "Table":
    """A column for each path; `array` refuses what is no whole number, and numpy would cut it off."""
    import numpy as np

    return {name: np.array(array("i", map(attrgetter(path), items)), np.int32) for name, path in paths.items()}


def _coded(items: Sequence[object], path: str, code: Callable[[Any], int]) -> "Column":
    import numpy as np

    return np.fromiter(map(code, map(attrgetter(path), items)), np.int32, len(items))


def _valued(table: "Table", found: Sequence[tuple[int, ...]], names: tuple[str, ...]) -> "Table":
    """The rows of a table for which values were found, with these; a row comes as its number and its values."""
    import numpy as np

    cells = np.array(found, np.int32).reshape(len(found), 1 + len(names))
    return {name: column[cells[:, 0]] for name, column in table.items()} | {
        name: cells[:, n] for n, name in enumerate(names, 1)
    }


def _rows(documents: Sequence[Document], entities: int) -> list[dict[str, int]]:
    """For each document the row of every id; the rows of events come after all `entities` of the batch."""
    found = []
    entity, event = 0, entities
    for document in documents:
        rows = {item.id: n for n, item in enumerate(document.entities, entity)}
        rows |= {item.id: n for n, item in enumerate(document.events, event)}
        entity, event = entity + len(document.entities), event + len(document.events)
        found.append(rows)
    return found


def _arguments(
    documents: Sequence[Document],
    rows: Sequence[dict[str, int]],
    events: "Table",
    starts: "Column",
    ends: "Column",
    vocabulary: Vocabulary,
) -> "Table":
    import numpy as np

    owned = [event.arguments for document in documents for event in document.events]
    arguments: list[Argument] = list(chain.from_iterable(owned))
    event = np.repeat(np.arange(len(owned)), [len(own) for own in owned])
    ids = [a.entity_id if a.entity_id is not None else a.event_id for a in arguments]
    bare = ids.count(None)
    if bare < len(ids):
        per_document = [sum(len(event.arguments) for event in document.events) for document in documents]
        known = chain.from_iterable(map(repeat, rows, per_document))
        target = np.fromiter(
            (-1 if one is None else row[one] for row, one in zip(known, ids, strict=True)), np.int64, len(ids)
        )
        start, end = starts[target], ends[target]
        if bare:
            places = np.flatnonzero(target < 0)
            without = [arguments[place] for place in places]
            for column, own in zip((start, end), _numbers(without, start="start", end="end").values(), strict=True):
                column[places] = own
    else:
        start, end = _numbers(arguments, start="start", end="end").values()
    return {
        "doc": events["doc"][event],
        "start": start,
        "end": end,
        "type": events["type"][event],
        "role": _coded(arguments, "role", vocabulary.roles.__getitem__),
        "trigger_start": events["start"][event],
        "trigger_end": events["end"][event],
    }


def _relations(
    documents: Sequence[Document],
    rows: Sequence[dict[str, int]],
    numbers: "Column",
    joined: "Sequence[Column]",
    vocabulary: Vocabulary,
) -> "Table":
    import numpy as np

    drawn = [
        (number, known[relation.head], known[relation.tail], vocabulary.arrows[relation.label or ""])
        for number, document, known in zip(numbers, documents, rows, strict=True)
        for relation in document.relations
    ]
    cells = np.array(drawn, np.int32).reshape(len(drawn), 4)
    starts, ends, labels = joined
    table = {"doc": cells[:, 0], "label": cells[:, 3]}
    for name, row in (("head", cells[:, 1]), ("tail", cells[:, 2])):
        table |= {f"{name}_start": starts[row], f"{name}_end": ends[row], f"{name}_label": labels[row]}
    return table


def _inside(documents: Sequence[Document], first: int, tables: "dict[str, Table]", beyond: bool) -> bool:
    """Whether every span is inside its text, or `beyond` its end if that is allowed, and not empty."""
    import numpy as np

    lengths = np.fromiter((len(document.text) for document in documents), np.int32, len(documents))
    for items in ("entities", "events", "arguments"):
        table = tables[items]
        start, end = table["start"], table["end"]
        if ((start < 0) | (start >= end)).any() or (not beyond and (end > lengths[table["doc"] - first]).any()):
            return False
    return True


def _extra(documents: Sequence[Document], first: int, rows: Extra, vocabulary: Vocabulary) -> "Table":
    import numpy as np

    found = [
        (number, start, end, vocabulary.labels[label])
        for number, document in enumerate(documents, first)
        for start, end, label in rows(document)
    ]
    cells = np.array(found, np.int32).reshape(len(found), 4)
    return {name: cells[:, n] for n, name in enumerate(TABLES["entities"])}
