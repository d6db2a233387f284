"""Answers as text: one line that a person reads and the log reads back.

    NUM 412:419 "12 more"                                     an item: label, span, the words there
    PER 35:44 "fighters" -same_as-> ARM 1:9 "the Front"       a relation
    alleged    2    "free text"                               a value
    with DEATH 24:30 "killed"                                 the incident of that trigger; `own`: a new one
    -                                                         nothing; several things are joined by ` + `

Spans say what is meant, words are for the reader.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from strife.adjudication.facts import DOCUMENT, INCIDENT, Arrow, Item, Slot, Value
from strife.ontology import Ontology

LAYERS = ("entity", "trigger", "argument", "relation", "attribute")
ITEMS = ("entity", "trigger")
NOTHING = "-"
OWN = "own"
_ITEM = r'([^"]+?) (-?\d+):(-?\d+)(?: "(?:[^"\\]|\\.)*")?'
_ANSWER = re.compile(rf'{_ITEM}(?: -([^">]*)-> {_ITEM})?(?: \+ |$)')
_PLAIN = re.compile(r"[\w.:][\w.:+-]*")

Answer = frozenset[Any]  # of items (in the layers entity, trigger, argument), of arrows (relation), or of one value


class Place(NamedTuple):
    """Where a question is asked.

    For mentions and triggers `item` is the span that covers what is in question, without a label; for arguments the
    event (`name`: the role); for relations the later of the two items (`name`: the label); for attributes the item.
    """

    layer: str
    item: Item
    name: str = ""


def write_item(item: Item, text: str | None = None) -> str:
    """LABEL START:END, with the words there when the text is given."""
    if item == DOCUMENT:
        return "document"
    label = f"{item.label} " if item.label else ""
    quote = f" {json.dumps(text[item.start : item.end], ensure_ascii=False)}" if text is not None else ""
    return f"{label}{item.start}:{item.end}{quote}"


def write_place(place: Place, text: str | None = None) -> str:
    """The item, then the role, label (a dash when there is none) or attribute."""
    item = write_item(place.item, text)
    return item if place.layer in ITEMS else f"{item} {place.name or NOTHING}"


def write(place: Place, answer: Answer, text: str | None = None) -> str:
    """An answer as one line, its parts in text order."""
    if place.layer == "attribute":
        parts = [_write_value(place, value, text) for value in answer]
    else:
        parts = [_write_atom(atom, text) for atom in sorted(answer)]
    return " + ".join(parts) or NOTHING


def _write_atom(atom: Item | Arrow, text: str | None) -> str:
    if isinstance(atom, Item):
        return write_item(atom, text)
    return f"{write_item(atom.head, text)} -{atom.label}-> {write_item(atom.tail, text)}"


def _write_value(place: Place, value: Value, text: str | None) -> str:
    if isinstance(value, Item):
        return OWN if value == place.item else f"with {write_item(value, text)}"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


class NotationError(ValueError):
    """What stands there is no answer."""


def read_place(layer: str, written: str, ontology: Ontology) -> Place:
    """The place in what `write_place` gave. Raises NotationError."""
    if layer == "attribute" and written.startswith("document "):
        return Place(layer, DOCUMENT, written.removeprefix("document "))
    labelled = layer not in ITEMS
    pattern = rf"{_ITEM} (\S.*)" if labelled else r'()(-?\d+):(-?\d+)(?: "(?:[^"\\]|\\.)*")?'
    match = re.fullmatch(pattern, written)
    if match is None or layer not in LAYERS:
        raise NotationError(f"{written!r} is no place of the layer {layer!r}")
    is_event = layer == "trigger" or match[1] in ontology.event_types
    name = match[4] if labelled and match[4] != NOTHING else ""
    return Place(layer, Item(int(match[2]), int(match[3]), match[1], is_event), name)


def read(place: Place, written: str, ontology: Ontology) -> Answer:
    """The answer in what `write` gave, with or without the words. Raises NotationError."""
    if written == NOTHING:
        return frozenset()
    if place.layer == "attribute":
        return frozenset({_read_value(place, written, ontology)})
    atoms: list[Item | Arrow] = []
    at = 0
    while at < len(written):
        match = _ANSWER.match(written, at)
        if match is None:
            raise NotationError(f"{written[at:]!r} is no item; expected LABEL START:END")
        label, start, end, arrow, *tail = match.groups()
        item = _item(label, start, end, ontology)
        atoms.append(item if arrow is None else Arrow(item, arrow, _item(tail[0], tail[1], tail[2], ontology)))
        at = match.end()
    expected: type[Item] | type[Arrow] = Arrow if place.layer == "relation" else Item
    if not all(isinstance(atom, expected) for atom in atoms):
        raise NotationError(f"{written!r} does not belong to the layer {place.layer!r}")
    return frozenset(atoms)


def _item(label: str, start: str, end: str, ontology: Ontology) -> Item:
    return Item(int(start), int(end), label, label in ontology.event_types)


def _read_value(place: Place, written: str, ontology: Ontology) -> Value:
    if place.name == INCIDENT and written == OWN:
        return place.item
    if place.name == INCIDENT and written.startswith("with "):
        match = re.fullmatch(_ITEM, written.removeprefix("with "))
        if match is None:
            raise NotationError(f"{written!r} names no trigger; expected with LABEL START:END")
        return _item(match[1], match[2], match[3], ontology)
    kind = ontology.attributes.get(place.name)
    if written[:1] in '"[{' or (kind is not None and kind.control == "number"):
        try:
            value = json.loads(written)
        except ValueError as error:
            raise NotationError(f"{written!r} is no value of {place.name} ({error})") from error
        return tuple(map(str, value)) if isinstance(value, list) else value
    return written


def identify(doc_id: str, place: Place, options: Iterable[Answer]) -> str:
    """The id of a question: eight hexadecimal digits of what is asked, so that it is new when the options are."""
    parts = [doc_id, place.layer, write_place(place), *sorted(write(place, option) for option in options)]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def slot(place: Place) -> Slot:
    """The attribute that a place of the layer `attribute` is about."""
    return Slot(place.item, place.name)
