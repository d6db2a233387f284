"""MUC-4 templates as JSON Lines in the shape of GTT (Du, Rush and Cardie, NAACL 2021): docid, doctext, templates.

A template has an `incident_type` and, by role, its fillers; a filler is a list of [string, offset], any of which names
it. The offsets are those of the first occurrence of a string, not of an annotated place. Each string becomes a mention
with its role as label, the strings of one filler a chain; templates keep types, fillers and alternatives as they are.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.formats.records import found, lines
from strife.model import Chain, Document, Entity, Template
from strife.ontology import Ontology

NAME = "MUC-4"
HOLDS = frozenset({"templates"})
FILE = "documents.json"
TYPE = "incident_type"

Filler = list[tuple[str, int]]


class _Record(msgspec.Struct):
    docid: str
    doctext: str
    templates: list[dict[str, Any]]


def read_corpus(folder: Path) -> tuple[list[Document], list[Loss]]:
    """Every document of train, dev and test, whichever are there, its split under meta, sorted by doc_id."""
    losses: list[Loss] = []
    documents: list[Document] = []
    names = [path for path in sorted(folder.glob("**/*.json")) if path.stem in ("train", "dev", "test")]
    for path in names or found(folder, "train.json", "MUC-4 as GTT has it"):
        documents += [_document(record, path.stem) for record in lines(path, _Record, "documents of MUC-4")]
    return sorted(documents, key=lambda document: document.doc_id), losses


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a file (or of FILE in a folder)."""
    file = path / FILE if path.is_dir() else path
    documents = [_document(record, None) for record in lines(file, _Record, "documents of MUC-4")]
    return sorted(documents, key=lambda document: document.doc_id), []


def _document(record: _Record, split: str | None) -> Document:
    text = record.doctext
    mentions: dict[tuple[int, int, str], str] = {}
    chains: dict[tuple[str, ...], None] = {}
    templates = []
    for number, table in enumerate(record.templates, 1):
        try:
            fillers: dict[str, list[Filler]] = msgspec.convert(
                {role: value for role, value in table.items() if role != TYPE}, dict[str, list[Filler]]
            )
            kind = msgspec.convert(table.get(TYPE), str)
        except msgspec.ValidationError as error:
            raise FormatError(f"{record.docid}: template {number}: {error}; expected MUC-4 in GTT's shape") from error
        roles = {}
        for role, filled in fillers.items():
            for filler in filled:
                members = [mentions.setdefault(_span(text, *one, role), f"m{len(mentions) + 1}") for one in filler]
                if len(set(members)) > 1:
                    chains.setdefault(tuple(dict.fromkeys(members)))
            if filled:
                roles[role] = tuple(tuple(string for string, _ in filler) for filler in filled)
        templates.append(Template(kind, roles))
    return Document(
        record.docid,
        text,
        tuple(Entity(name, *place) for place, name in mentions.items()),
        chains=tuple(Chain(f"c{n}", "entity", members) for n, members in enumerate(chains, 1)),
        meta={"split": split} if split else {},
        templates=tuple(templates),
    )


def _span(text: str, string: str, start: int, role: str) -> tuple[int, int, str]:
    end = start + len(string)
    if text[start:end] != string:
        raise FormatError(f"{string!r} is not at {start} of the text ({text[start:end]!r}); download it again")
    return start, end, role


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file, and what it does not hold: everything but text and templates."""
    losses: list[Loss] = []
    rows = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        roles = dict.fromkeys(role for template in document.templates for role in template.roles)
        templates = []
        for template in document.templates:
            fillers = {role: [_placed(document, one, losses) for one in template.roles.get(role, ())] for role in roles}
            templates.append({TYPE: template.type, **fillers})
        row = {"docid": document.doc_id, "doctext": document.text, "templates": templates}
        rows.append(msgspec.json.encode(row) + b"\n")
    return {FILE: b"".join(rows)}, losses


def _placed(document: Document, filler: tuple[str, ...], losses: list[Loss]) -> list[tuple[str, int]]:
    placed = [(string, document.text.find(string)) for string in filler]
    for string, start in placed:
        if start < 0:
            losses.append(Loss(document.doc_id, "template", repr(string), f"{NAME} holds strings of the text"))
    return [one for one in placed if one[1] >= 0]
