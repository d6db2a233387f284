"""brat standoff: a folder with DOC_ID.txt and DOC_ID.ann for each document.

Mentions and triggers are T lines, events E, attributes A, relations R, chains the equivalences (*). Offsets are code
points. A span must not run over a line break, so one that does is written as fragments and joined again when read.
The second filler of a role gets a number (victim2), as brat itself does. Ids are brat's own: T1, E1.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.formats.values import parsed
from strife.model import Argument, AttributeValue, Chain, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.validate.form import QUOTE

NAME = "brat"
HOLDS = frozenset({"events", "arguments", "event arguments", "item attributes", "relations", "chains"})
FLAG = "yes"  # the value of an attribute that has none
_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SAFE = "!#$%&'()*+,./;<=>?@[]^_`{|}~-"  # all that does not end a name; brat's own are letters, digits, - and _


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The files by name, and what they do not hold."""
    files: dict[str, bytes] = {}
    losses: list[Loss] = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        name = quote(document.doc_id, safe=" ")
        files[f"{name}.txt"] = document.text.encode()
        files[f"{name}.ann"] = "".join(f"{line}\n" for line in _lines(document, losses)).encode()
    return files, losses


def _lines(document: Document, losses: list[Loss]) -> Iterator[str]:
    ids: dict[str, str] = {}
    for number, item in enumerate(document.items, 1):
        ids[item.id] = f"T{number}"
        fragments = _fragments(document.text, *item.span)
        if (fragments[0][0], fragments[-1][1]) != item.span:
            what = f"the edges of [{item.span[0]}:{item.span[1]}]"
            losses.append(Loss(document.doc_id, item.id, what, "a span in brat has no line break at an edge"))
        words = " ".join(_BREAK.sub(" ", document.text[a:b]) for a, b in fragments)
        yield f"T{number}\t{_name(item.label)} {';'.join(f'{a} {b}' for a, b in fragments)}\t{words}"
    triggers = {event.id: ids[event.id] for event in document.events}
    ids |= {event.id: f"E{number}" for number, event in enumerate(document.events, 1)}
    for event in document.events:
        filled: dict[str, int] = {}
        parts = [f"{_name(event.type)}:{triggers[event.id]}"]
        for argument in event.arguments:
            if argument.target in ids:
                filled[argument.role] = times = filled.get(argument.role, 0) + 1
                parts.append(f"{_name(argument.role)}{times if times > 1 else ''}:{ids[argument.target]}")
        yield f"{ids[event.id]}\t{' '.join(parts)}"
    number = 0
    for item in document.items:
        for name, value in item.attributes.items():
            for one in value if isinstance(value, tuple) else (value,):
                if _BREAK.search(str(one)) or not str(one).strip() or str(one) != str(one).strip():
                    why = "a value in brat has no line breaks and no blanks at its edges"
                    losses.append(Loss(document.doc_id, item.id, f"{name}={one!r}", why))
                    continue
                number += 1
                yield f"A{number}\t{_name(name)} {ids[item.id]} {one}"
    labelled = [relation for relation in document.relations if relation.label is not None]
    for number, relation in enumerate(labelled, 1):
        ends = f"Arg1:{ids[relation.head]} Arg2:{ids[relation.tail]}"
        yield f"R{number}\t{_name(relation.label or '')} {ends}"
    for chain in document.chains:
        yield f"*\tEquiv {' '.join(ids[member] for member in chain.members)}"


def _name(label: str) -> str:
    return quote(label, safe=_SAFE.replace("%", ""))


def _fragments(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a span on each line; a span of line breaks alone stays as it is."""
    edges = [start]
    for match in _BREAK.finditer(text, start, end):
        edges += [match.start(), match.end()]
    edges.append(end)
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b] or [(start, end)]


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a folder, sorted by doc_id, and what of the files a document does not hold."""
    losses: list[Loss] = []
    documents = []
    for ann in sorted(path.glob("*.ann")):
        text, lines = _read(ann.with_suffix(".txt")), _read(ann).removeprefix("\ufeff").split("\n")
        documents.append(_document(unquote(ann.stem), text, lines, ontology, losses))
    if not documents:
        raise FormatError(f"{path}: no .ann files; expected a folder with DOC.txt and DOC.ann; check the path")
    if bare := {one.stem for one in path.glob("*.txt")} - {one.stem for one in path.glob("*.ann")}:
        raise FormatError(f"{path}: {min(bare)}.txt has no .ann; expected both, an empty one for a text without marks")
    return sorted(documents, key=lambda document: document.doc_id), losses


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {error}; expected UTF-8 text; check the folder") from error


def _document(doc_id: str, text: str, lines: list[str], ontology: Ontology, losses: list[Loss]) -> Document:
    spans: dict[str, Entity] = {}
    events: dict[str, Event] = {}
    attributes: dict[str, dict[str, AttributeValue]] = {}
    relations: list[Relation] = []
    chains: list[Chain] = []
    number = 0
    try:
        for number, line in enumerate(lines, 1):  # noqa: B007  (named in the error below)
            if not line.strip():
                continue
            name, body, *rest = line.split("\t", 2)
            if name[0] == "T":
                spans[name] = _mention(name, body, rest[0] if rest else None, text, doc_id, losses)
            elif name[0] == "E":
                events[name] = _event(name, body)
            elif name[0] in "AM":
                key, item, *value = body.split(" ", 2)
                own = attributes.setdefault(item, {})
                own[unquote(key)] = _joined(
                    own.get(unquote(key)), parsed(unquote(key), value[0] if value else FLAG, ontology)
                )
            elif name[0] == "R":
                label, head, tail = body.split()
                relations.append(Relation(head.partition(":")[2], tail.partition(":")[2], unquote(label)))
            elif name[0] == "*":
                members = body.split()[1:]
                kind = "event" if members[0][0] == "E" else "entity"
                chains.append(Chain(f"c{len(chains) + 1}", kind, tuple(members)))  # type: ignore[arg-type]
            else:
                losses.append(Loss(doc_id, name, body, "a note or a normalisation has no place in a document"))
        triggers = {event.type.partition(":")[2] for event in events.values()}
        return Document(
            doc_id,
            text,
            tuple(_with(m, attributes.get(m.id)) for m in spans.values() if m.id not in triggers),
            tuple(_resolved(event, spans, attributes.get(event.id)) for event in events.values()),
            tuple(relations),
            tuple(chains),
        )
    except (ValueError, KeyError, IndexError) as error:
        raise FormatError(f"{doc_id}.ann, line {number}: {error}; expected brat standoff; mend the line") from error


def _mention(name: str, body: str, words: str | None, text: str, doc_id: str, losses: list[Loss]) -> Entity:
    label, offsets = body.split(" ", 1)
    edges = [int(edge) for edge in re.split("[ ;]", offsets)]
    start, end = edges[0], edges[-1]
    gaps = [text[a:b] for a, b in zip(edges[1:-1:2], edges[2::2], strict=True)]
    if any(_BREAK.sub("", gap).strip() for gap in gaps):
        losses.append(Loss(doc_id, name, f"the fragments {offsets}", "a span has no gaps"))
        words = None
    fits = words is None or _BREAK.sub(" ", text[start:end]).split() == words.split()
    return Entity(name, start, end, unquote(label), {} if fits else {QUOTE: words or ""})


def _event(name: str, body: str) -> Event:
    """The event with its trigger's id behind its type, until the triggers are known."""
    first, *rest = body.split()
    roles = [part.partition(":")[::2] for part in rest]
    given = {role for role, _ in roles}
    arguments = []
    for role, target in roles:
        base = role.rstrip("0123456789")
        role = base if base in given else role
        is_event = target[0] == "E"
        arguments.append(Argument(unquote(role), None if is_event else target, target if is_event else None))
    return Event(name, first, Trigger(0, 0), tuple(arguments))


def _resolved(event: Event, spans: dict[str, Entity], attributes: dict[str, AttributeValue] | None) -> Event:
    label, _, trigger = event.type.partition(":")
    place = spans[trigger]
    own = {**place.attributes, **(attributes or {})}
    return Event(event.id, unquote(label), Trigger(place.start, place.end), event.arguments, own)


def _with(mention: Entity, attributes: dict[str, AttributeValue] | None) -> Entity:
    own = {**mention.attributes, **(attributes or {})}
    return Entity(mention.id, mention.start, mention.end, mention.label, own)


def _joined(before: AttributeValue | None, value: str | int | float) -> AttributeValue:
    if before is None:
        return value
    return (*(before if isinstance(before, tuple) else (str(before),)), str(value))
