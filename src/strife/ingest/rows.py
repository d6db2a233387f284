"""Rows of other collections, and strife's own documents, as documents."""

import datetime
from pathlib import Path
from typing import Any

import msgspec

from strife.ingest.zones import published, zones
from strife.model import Document, Source, decode
from strife.stream import InputError

# The names under which rows of other collections hold the same thing, the first that is there counts.
TEXT = ("text", "content", "body", "article", "maintext")
ID = ("doc_id", "id", "_id", "article_id")
DATE = ("published", "date", "date_publish", "publish_date", "date_published")
PUBLISHER = ("publisher", "source", "outlet", "source_domain", "sitename")
URL = ("url", "link", "source_url")
TITLE = ("title", "headline")


def row_document(row: bytes | dict[str, Any], path: Path, number: int) -> Document:
    """The document in a row, the `number`th (from 1) of a file: one of strife's as it is, another with its zones.

    Raises InputError, naming file and line, for what is no JSON object or has no text.
    """
    if isinstance(row, bytes):
        try:
            if isinstance(document := _own(row), Document):
                return document
            row = msgspec.json.decode(row, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            found = f"line {number}: {error}"
            raise InputError("FIL002", path, found, "one JSON object a line", "mend the line") from error
    return _mapped(row, path, number)


def _own(line: bytes) -> Document | None:
    try:
        return decode(line)
    except msgspec.ValidationError:
        return None


def _mapped(row: dict[str, Any], path: Path, number: int) -> Document:
    def of(names: tuple[str, ...]) -> str:
        return next((str(row[name]) for name in names if row.get(name) not in (None, "")), "")

    text = of(TEXT)
    if not text.strip():
        found = f"line {number}: no text (keys {', '.join(sorted(row)[:8])})"
        raise InputError("FIL003", path, found, f"a text under {', '.join(TEXT)}", "rename the field")
    meta = {"file": f"{path.name}:{number}"} | ({"title": of(TITLE)} if of(TITLE) else {})
    sources = (Source(of(PUBLISHER), of(URL), of(TITLE)),) if of(PUBLISHER) or of(URL) else ()
    return made(of(ID) or f"{path.name.split('.')[0]}-{number}", text, meta, _iso(of(DATE)[:10]), sources)


def _iso(date: str) -> str | None:
    try:
        return datetime.date.fromisoformat(date).isoformat() if date else None
    except ValueError:
        return None


def made(
    doc_id: str, text: str, meta: dict[str, str], date: str | None = None, sources: tuple[Source, ...] = ()
) -> Document:
    """A document with its zones, and its date from the masthead if none is given."""
    return Document(doc_id, text, zones=zones(text), published=date or published(text), sources=sources, meta=meta)
