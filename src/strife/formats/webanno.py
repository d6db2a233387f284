"""WebAnno TSV 3.3, which INCEpTION imports and exports: a folder with DOC_ID.tsv for each document.

Layers are those of `xmi`: Mention, Event with slots for its arguments, Relation between mentions. A row is a token, or
a part of one where a span ends inside it; every annotation carries its number in brackets. Offsets are UTF-16 units.
The format has no text between sentences, so that a span over two sentences makes them one, and a span cannot begin or
end with blanks. After the format's description in INCEpTION's user guide.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.formats.values import parsed
from strife.formats.xmi import EVENT, LINK, MENTION, RELATION
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.segment import sentences, tokens

NAME = "WebAnno TSV"
HOLDS = frozenset({"events", "arguments", "event arguments", "item attributes", "relations"})
_HEAD = "#FORMAT=WebAnno TSV 3"
_SLOTS = f"ROLE_{EVENT}:arguments_{LINK}"
_NONE, _EMPTY = "_", "*"
_ESCAPED = re.compile(r"\\|\[|\]|\||_|->|;|\t|\n|\r|\*")
_NAMES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_LETTERS = {"t": "\t", "n": "\n", "r": "\r"}

Span = tuple[int, int]


class Unit(NamedTuple):
    """A row: its address (1-2, or 1-2.1 for a part of a token) and its span, in code points."""

    address: str
    span: Span


def escape(text: str) -> str:
    """The text with the characters that the format reserves behind a backslash."""
    return _ESCAPED.sub(lambda match: _NAMES.get(match[0], "\\" + match[0]), text)


def unescape(text: str) -> str:
    """The text that was escaped."""
    return re.sub(r"\\(.)", lambda match: _LETTERS.get(match[1], match[1]), text, flags=re.DOTALL)


def split(text: str, separator: str) -> list[str]:
    """The parts of a cell at a separator that is not escaped."""
    return re.findall(rf"(?:^|{re.escape(separator)})((?:\\.|[^\\{re.escape(separator)}])*)", text, flags=re.DOTALL)


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The files by name, and what they do not hold."""
    files: dict[str, bytes] = {}
    losses: list[Loss] = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        lines = _lines(document, losses)
        files[f"{quote(document.doc_id, safe=' ')}.tsv"] = "".join(f"{line}\n" for line in lines).encode()
    return files, losses


def _lines(document: Document, losses: list[Loss]) -> Iterator[str]:
    text = document.text
    mention_names = ["label", *sorted({name for entity in document.entities for name in entity.attributes})]
    event_names = ["label", *sorted({name for event in document.events for name in event.attributes})]
    yield f"{_HEAD}.3"
    yield f"#T_SP={MENTION}|{'|'.join(mention_names)}"
    yield f"#T_SP={EVENT}|{'|'.join(event_names)}|{_SLOTS}|uima.tcas.Annotation"
    yield f"#T_RL={RELATION}|label|BT_{MENTION}"
    yield ""
    spans = {item.id: _trimmed(document, item, losses) for item in document.items}
    parts = _sentences(text, [span for span in spans.values() if span])
    pieces = [tokens(text, *part) for part in parts]
    units = _units(pieces, [span for span in spans.values() if span])
    numbers = {item_id: n for n, item_id in enumerate((i for i, span in spans.items() if span), 1)}
    first = {item_id: _covered(units, spans[item_id])[0].address for item_id in numbers}
    cells = _cells(document, units, spans, numbers, first, mention_names, event_names, losses)
    wide = _offsets(text)
    reached = 0
    for number, (start, end) in enumerate(parts, 1):
        gap = text[reached:start]
        if gap != "\n" * len(gap):
            losses.append(Loss(document.doc_id, "document", repr(gap), f"{NAME} holds no text between sentences"))
        reached = end
        yield ""
        yield from (f"#Text={escape(line)}" for line in text[start:end].split("\n"))
        for unit in units:
            if unit.address.startswith(f"{number}-"):
                a, b = unit.span
                row = [unit.address, f"{wide[a]}-{wide[b]}", escape(text[a:b]), *cells[unit.address], ""]
                yield "\t".join(row)
    if text[reached:]:
        losses.append(Loss(document.doc_id, "document", repr(text[reached:]), f"{NAME} holds no text at the end"))


def _trimmed(document: Document, item: Entity | Event, losses: list[Loss]) -> Span | None:
    """The span without blanks at its edges, which have no row; None when nothing is left."""
    start, end = item.span
    surface = document.surface(item)
    span = start + len(surface) - len(surface.lstrip()), end - (len(surface) - len(surface.rstrip()))
    if span != (start, end):
        losses.append(
            Loss(document.doc_id, item.id, f"blanks at an edge of [{start}:{end}]", f"{NAME} has no row for blanks")
        )
    return span if span[0] < span[1] else None


def _sentences(text: str, spans: list[Span]) -> list[Span]:
    """The sentences, those that a span runs over as one."""
    parts: list[Span] = []
    crossing = sorted(spans)
    for start, end in sentences(text):
        if parts and any(a < parts[-1][1] and b > start for a, b in crossing):
            parts[-1] = parts[-1][0], end
        else:
            parts.append((start, end))
    return parts


def _units(pieces: list[list[Span]], spans: list[Span]) -> list[Unit]:
    """The rows: each token, and after it its parts that spans end in."""
    units: list[Unit] = []
    for number, sentence in enumerate(pieces, 1):
        for index, (start, end) in enumerate(sentence, 1):
            units.append(Unit(f"{number}-{index}", (start, end)))
            cuts = {(max(a, start), min(b, end)) for a, b in spans if a < end and b > start}
            inside = sorted(cuts - {(start, end)})
            units += [Unit(f"{number}-{index}.{n}", cut) for n, cut in enumerate(inside, 1)]
    return units


def _covered(units: list[Unit], span: Span | None) -> list[Unit]:
    """The rows of a span: whole tokens inside it, and its parts of tokens at the edges."""
    if span is None:
        return []
    found: list[Unit] = []
    token: Span = (0, 0)
    for unit in units:
        if "." not in unit.address:
            token = unit.span
            if span[0] <= token[0] and token[1] <= span[1]:
                found.append(unit)
        elif unit.span == (max(span[0], token[0]), min(span[1], token[1])):
            found.append(unit)
    return found


def _cells(
    document: Document,
    units: list[Unit],
    spans: dict[str, Span | None],
    numbers: dict[str, int],
    first: dict[str, str],
    mention_names: list[str],
    event_names: list[str],
    losses: list[Loss],
) -> dict[str, list[str]]:
    """The columns of each row after its words."""
    width = len(mention_names) + len(event_names) + 2
    stacks: dict[str, list[list[str]]] = defaultdict(lambda: [[] for _ in range(width + 2)])

    def place(item: Entity | Event, names: list[str], column: int) -> list[list[list[str]]]:
        """Put label and attributes into the rows of an item, and return those rows."""
        rows = [stacks[unit.address] for unit in _covered(units, spans[item.id])]
        for offset, name in enumerate(names):
            value = item.label if name == "label" else item.attributes.get(name)
            if isinstance(value, tuple):
                losses.append(Loss(document.doc_id, item.id, f"{name}={value}", f"{NAME} holds one value an attribute"))
                value = None
            shown = _EMPTY if value is None or value == "" else escape(str(value))
            for row in rows:
                row[column + offset].append(f"{shown}[{numbers[item.id]}]")
        return rows

    for entity in document.entities:
        if entity.id in numbers:
            place(entity, mention_names, 0)
    for event in document.events:
        if event.id not in numbers:
            continue
        fillers = [a for a in event.arguments if a.target in numbers]
        roles = ";".join(escape(a.role) for a in fillers) or _EMPTY
        targets = ";".join(f"{first[a.target or '']}[{numbers[a.target or '']}]" for a in fillers) or _EMPTY
        for row in place(event, event_names, len(mention_names)):
            row[width - 2].append(f"{roles}[{numbers[event.id]}]")
            row[width - 1].append(targets)
    mentions = {entity.id for entity in document.entities}
    for relation in document.relations:
        if relation.label is None:
            continue
        if {relation.head, relation.tail} <= mentions & set(numbers):
            row = stacks[first[relation.tail]]
            row[width].append(escape(relation.label))
            ends = f"{numbers[relation.head]}_{numbers[relation.tail]}"
            row[width + 1].append(f"{first[relation.head]}[{ends}]")
        else:
            what = f"{relation.label} {relation.tail}"
            losses.append(Loss(document.doc_id, relation.head, what, f"{NAME} holds relations between mentions"))
    empty = [_NONE] * (width + 2)
    return {
        unit.address: ["|".join(stack) or _NONE for stack in stacks[unit.address]] if unit.address in stacks else empty
        for unit in units
    }


def _offsets(text: str) -> list[int]:
    """By code point (and for the end), its place in UTF-16 units."""
    found = [0]
    for character in text:
        found.append(found[-1] + (2 if ord(character) > 0xFFFF else 1))
    return found


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a folder (or one file), sorted by doc_id; annotations of other layers are losses."""
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    losses: list[Loss] = []
    documents = []
    for file in files:
        try:
            content = file.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise FormatError(f"{file}: {error}; expected UTF-8 text; check the path") from error
        if not content.startswith(_HEAD):
            raise FormatError(f"{file}: no {_HEAD!r} at its head; expected WebAnno TSV 3; export it again")
        documents.append(_Reader(unquote(file.stem), ontology, losses).document(content))
    if not documents:
        raise FormatError(f"{path}: no .tsv files; expected WebAnno TSV 3; check the path")
    return sorted(documents, key=lambda document: document.doc_id), losses


class _Found(NamedTuple):
    """An annotation as its rows tell it, spans in UTF-16 units."""

    spans: list[Span]
    values: dict[str, str]
    slots: list[tuple[str, str]]  # role, number of the target


class _Reader:
    """Collects the annotations of one file by layer and number."""

    def __init__(self, doc_id: str, ontology: Ontology, losses: list[Loss]) -> None:
        self.doc_id, self.ontology, self.losses = doc_id, ontology, losses
        self.layers: list[tuple[str, list[str]]] = []
        self.found: dict[str, dict[str, _Found]] = {MENTION: {}, EVENT: {}}
        self.at: dict[tuple[str, str], list[str]] = {}  # numbers by layer and address
        self.arrows: list[tuple[str, str, str]] = []  # label, cell of the head, address of the tail
        self.waiting: list[str] = []  # lines of the sentence whose first token is to come
        self.text = ""

    def document(self, content: str) -> Document:
        """The document of a file. Raises FormatError."""
        number, line = 0, ""
        try:
            for number, line in enumerate(content.split("\n"), 1):  # noqa: B007  (named in the error below)
                self._line(line)
            return self._built()
        except (ValueError, IndexError, KeyError) as error:
            found = f"{self.doc_id}.tsv, line {number}: {line[:60]!r} ({error})"
            raise FormatError(f"{found}; expected WebAnno TSV 3; export it again") from error

    def _line(self, line: str) -> None:
        if line.startswith("#T_"):
            name, *features = line.partition("=")[2].split("|")
            self.layers.append((name, features))
        elif line.startswith("#Text="):
            self.waiting.append(unescape(line[6:]))
        elif line and line[0] != "#":
            address, offsets, _, *cells = line.split("\t")
            start, end = (int(edge) for edge in offsets.split("-"))
            if self.waiting:
                self.text += "\n" * (start - _offsets(self.text)[-1]) + "\n".join(self.waiting)
                self.waiting = []
            self._cells(address, (start, end), cells)

    def _cells(self, address: str, span: Span, cells: list[str]) -> None:
        column = 0
        for name, features in self.layers:
            width = max(len(features), 1)
            own = cells[column : column + width]
            column += width
            if name == RELATION and own[0] != _NONE:
                pairs = zip(split(own[0], "|"), split(own[-1], "|"), strict=True)
                self.arrows += [(unescape(label), cell, address) for label, cell in pairs]
            elif name in self.found and own[0] != _NONE:
                self._spans(name, features, own, address, span)
            elif own and own[0] != _NONE and name != RELATION:
                self.losses.append(Loss(self.doc_id, address, name, "a layer that documents do not have"))

    def _spans(self, name: str, features: list[str], own: list[str], address: str, span: Span) -> None:
        stacks = [split(cell, "|") for cell in own]
        for index in range(len(stacks[0])):
            match = re.search(r"\[(\d+)\]$", stacks[0][index])
            number = match[1] if match else f"{address}/{index}"
            one = self.found[name].setdefault(number, _Found([], {}, []))
            self.at.setdefault((name, address), []).append(number)
            fresh = not one.spans
            one.spans.append(span)
            for feature, stack in zip(features, stacks, strict=False):
                value = re.sub(r"\[\d+\]$", "", stack[index])
                if feature.startswith("ROLE_"):
                    targets = split(stacks[features.index(feature) + 1][index], ";")
                    if fresh and targets != [_EMPTY]:
                        roles = ["" if role == _EMPTY else unescape(role) for role in split(value, ";")]
                        one.slots.extend(zip(roles, targets, strict=True))
                elif value != _EMPTY and "." not in feature:
                    one.values[feature] = unescape(value)

    def _built(self) -> Document:
        narrow = {wide: place for place, wide in enumerate(_offsets(self.text))}
        ids = {(MENTION, n): f"m{i}" for i, n in enumerate(self.found[MENTION], 1)}
        ids |= {(EVENT, n): f"e{i}" for i, n in enumerate(self.found[EVENT], 1)}

        def place(one: _Found) -> Span:
            return narrow[min(a for a, _ in one.spans)], narrow[max(b for _, b in one.spans)]

        def attributes(one: _Found) -> dict[str, AttributeValue]:
            return {k: parsed(k, v, self.ontology) for k, v in one.values.items() if k != "label"}

        def target(cell: str) -> str:
            address, _, rest = cell.partition("[")
            number = rest.rstrip("]").split("_")[0].lstrip("0")  # 0: the row has one annotation only
            for layer in (MENTION, EVENT):
                if (layer, number) in ids:
                    return ids[layer, number]
                if not number and (layer, address) in self.at:
                    return ids[layer, self.at[layer, address][0]]
            raise ValueError(f"nothing stands at {cell}")

        def tail(cell: str, address: str) -> str:
            number = cell.partition("[")[2].rstrip("]").partition("_")[2].lstrip("0")
            return target(f"{address}[{number}]" if number else address)

        entities = [
            Entity(ids[MENTION, n], *place(one), one.values.get("label", ""), attributes(one))
            for n, one in self.found[MENTION].items()
        ]
        events = []
        for n, one in self.found[EVENT].items():
            fillers = [(role, target(cell)) for role, cell in one.slots]
            arguments = tuple(Argument(role, None, to) if to[0] == "e" else Argument(role, to) for role, to in fillers)
            label = one.values.get("label", "")
            events.append(Event(ids[EVENT, n], label, Trigger(*place(one)), arguments, attributes(one)))
        relations = [Relation(target(cell), tail(cell, address), label) for label, cell, address in self.arrows]
        return Document(self.doc_id, self.text, tuple(entities), tuple(events), tuple(relations))
