"""What cannot be scored, told one fault a line, each naming the side, the document and the item."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from strife.model import Argument, Document, Event
from strife.refusal import Refusal
from strife.scoring.columns import Columns, Extra
from strife.scoring.metrics import LEAST, MOST, TIMEX, spans_by_id

SHOWN = 50


class ScoreError(Refusal, ValueError):
    """Gold or prediction cannot be scored; each line of the message is one reason and names the document."""


def refuse(faults: Sequence[str]) -> None:
    """Raise ScoreError if there is a fault."""
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise ScoreError("\n".join([*faults[:SHOWN], *more]))


def faults(side: str, documents: Sequence[Document], rows: Iterable[Extra] = (), beyond: bool = False) -> list[str]:
    """What is wrong inside documents of one side ("gold" or "prediction").

    `rows` are functions that may refuse a document with ValueError; `beyond` allows offsets after the text.
    """
    return [
        f"{side} {document.doc_id}: {fault}"
        for document in documents
        for fault in (*_document(document, beyond), *_refused(document, rows))
    ]


def _refused(document: Document, rows: Iterable[Extra]) -> Iterator[str]:
    for function in rows:
        try:
            list(function(document))
        except ValueError as error:
            yield str(error)


def _document(document: Document, beyond: bool) -> Iterator[str]:
    spans = spans_by_id(document)
    if len(spans) < len(document.items):
        seen: set[str] = set()
        twice = next(item.id for item in document.items if item.id in seen or seen.add(item.id))  # type: ignore[func-returns-value]
        yield f"the id {twice} is used twice; give each mention and event its own"
    for item in document.items:
        yield from _span(item.id, *item.span, document, beyond)
        for name in (LEAST, MOST, TIMEX):
            value = item.attributes.get(name)
            if isinstance(value, float) and not math.isfinite(value):
                yield f"{name} of {item.id} is {value}; give a number, or leave it out"
    for event in document.events:
        for argument in event.arguments:
            yield from _argument(event, argument, spans, document, beyond)
    for relation in document.relations:
        for end in (relation.head, relation.tail):
            if end not in spans:
                yield f"relation {relation.label} points at nothing ({end}); give the id of a mention or event"
    for number, template in enumerate(document.templates, 1):
        for role, fillers in template.roles.items():
            if not all(fillers):
                yield f"template {number} ({template.type}): a filler of {role} has no text; leave it out"


def _argument(
    event: Event, argument: Argument, spans: dict[str, tuple[int, int]], document: Document, beyond: bool
) -> Iterator[str]:
    if argument.target is not None:
        if argument.target not in spans:
            yield f"{argument.role} of {event.id} points at nothing ({argument.target}); give the id of an item"
    elif argument.start is None or argument.end is None:
        yield f"{argument.role} of {event.id} points at nothing; give entity_id, event_id, or start and end"
    else:
        yield from _span(f"{argument.role} of {event.id}", argument.start, argument.end, document, beyond)


def _span(what: str, start: object, end: object, document: Document, beyond: bool) -> Iterator[str]:
    numbers = [bound for bound in (start, end) if isinstance(bound, int)]
    if len(numbers) < 2:
        yield f"{what} [{start}:{end}]: offsets have to be whole numbers; count code points from 0"
        return
    first, last = numbers
    if not 0 <= first < last or (last > len(document.text) and not beyond):
        yield f"{what} [{start}:{end}] lies outside the text (0 to {len(document.text)}) or is empty; mend the offsets"


def between(gold: Columns, predicted: Columns) -> Iterator[str]:
    """What is wrong between the two sides: repeated and unknown documents, another text, other tokens."""
    for side, ids in (("gold", gold.doc_ids), ("prediction", predicted.doc_ids)):
        yield from (f"{side} {doc_id}: comes {n} times; keep one" for doc_id, n in Counter(ids).items() if n > 1)
    known = {doc_id: n for n, doc_id in enumerate(gold.doc_ids)}
    for doc_id, text, tokens in zip(predicted.doc_ids, predicted.texts, predicted.tokens, strict=True):
        if (place := known.get(doc_id)) is None:
            yield f"prediction {doc_id}: no such document in gold; remove it"
        elif text != gold.texts[place]:
            where = _where(text, gold.texts[place])
            yield f"prediction {doc_id}: its text differs from gold's {where}; predict on the gold text"
        elif tokens != gold.tokens[place]:
            yield f"prediction {doc_id}: its tokens differ from gold's; give the same ones, or none on both sides"


def _where(text: str, gold: str) -> str:
    place = next((n for n, (a, b) in enumerate(zip(text, gold, strict=False)) if a != b), min(len(text), len(gold)))
    return f"at {place} ({text[place : place + 12]!r}, gold {gold[place : place + 12]!r})"
