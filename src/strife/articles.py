"""Article records: the TOML files under `corpus/articles/` from which texts, zones and sources come.

A record holds its zones (headline, body, caption, boilerplate) in reading order; the text of the document is
the zones joined by a blank line, so that zone offsets follow and are never written by hand.
"""

import datetime
import tomllib
from pathlib import Path

import msgspec

from strife.model import Document, Source, Zone
from strife.refusal import Refusal

KINDS = ("conflict", "near miss")  # a near miss has no conflict event of its own
ZONE_LABELS = ("headline", "body", "caption", "boilerplate")
_JOIN = "\n\n"


class _ZoneRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    text: str


class _SourceRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    publisher: str
    title: str
    url: str
    date: datetime.date | None = None


class _Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    doc_id: str
    published: datetime.date
    language: str
    style: str
    country: str
    conflict: str
    event: str
    written_by: str
    zones: tuple[_ZoneRecord, ...]
    sources: tuple[_SourceRecord, ...]
    kind: str = KINDS[0]


class ArticleError(Refusal, ValueError):
    """An article record cannot be used; the message names the file and the fault."""


def read_article(path: Path) -> Document:
    """The unannotated document of one record. Raises ArticleError."""
    try:
        article = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Article)
    except OSError as error:
        raise ArticleError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ArticleError(f"{path}: {error}") from error
    if article.doc_id != path.stem:
        raise ArticleError(f"{path}: doc_id is {article.doc_id!r}, expected the file's name {path.stem!r}")
    if len({source.publisher for source in article.sources}) < 2:
        raise ArticleError(f"{path}: fewer than two publishers under [[sources]]; name at least two")
    if article.kind not in KINDS:
        raise ArticleError(f"{path}: kind is {article.kind!r}, expected {' or '.join(map(repr, KINDS))}")
    if not article.zones:
        raise ArticleError(f"{path}: no [[zones]]; give at least one")
    zones, parts, position = [], [], 0
    for zone in article.zones:
        if zone.label not in ZONE_LABELS or not zone.text.strip() or zone.text != zone.text.strip():
            raise ArticleError(f"{path}: zone {zone.label!r} is unknown, empty, or has blanks at an edge")
        zones.append(Zone(position, position + len(zone.text), zone.label))
        parts.append(zone.text)
        position += len(zone.text) + len(_JOIN)
    return Document(
        doc_id=article.doc_id,
        text=_JOIN.join(parts),
        zones=tuple(zones),
        published=article.published.isoformat(),
        sources=tuple(
            Source(s.publisher, s.url, s.title, s.date.isoformat() if s.date else None) for s in article.sources
        ),
        meta={
            key: getattr(article, key)
            for key in ("conflict", "country", "event", "kind", "language", "style", "written_by")
        },
    )


def read_articles(folder: Path) -> dict[str, Document]:
    """Every record under a folder, by doc_id, sorted. Raises ArticleError."""
    return {document.doc_id: document for document in map(read_article, sorted(folder.glob("*.toml")))}
