"""Files to documents: raw text (.txt), web pages (.html, .htm), JSON Lines (.jsonl, also gzip'd)."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from strife.ingest.near import near
from strife.ingest.pages import article, extractor
from strife.ingest.rows import made, row_document
from strife.model import Document, Source
from strife.store import documents_as_bytes, write_whole
from strife.stream import InputError, head, json_lines, open_bytes

SUFFIXES = (".txt", ".html", ".htm", ".jsonl", ".jsonl.gz")


def ingest(paths: Iterable[Path], out: Path, encoding: str = "utf-8") -> str:
    """Write a document for each text, and return in words what was found; texts are never altered.

    Raises InputError for what cannot be read, naming file and line; nothing is written then.
    """
    documents = list(_all(paths, encoding))
    seen: dict[str, str] = {}
    for document in documents:
        origin = document.meta["file"]
        if document.doc_id in seen:
            found = f"the doc_id {document.doc_id} also comes from {seen[document.doc_id]}"
            raise InputError("DOC102", origin, found, "one document a doc_id", "rename one file or row")
        seen[document.doc_id] = origin
    write_whole({out: documents_as_bytes(documents)})
    return "\n".join([f"{out}: {len(documents)} documents", *_sums(documents), *near(documents)])


def _sums(documents: list[Document]) -> Iterator[str]:
    labels = ("headline", "body", "caption", "boilerplate")
    for label in labels:
        held = [d for d in documents if any(zone.label == label for zone in d.zones)]
        size = sum(zone.end - zone.start for d in held for zone in d.zones if zone.label == label)
        yield f"{size:>9} code points of {label} in {len(held)}"
    for name, number in (
        ("date", sum(d.published is None for d in documents)),
        ("source", sum(not d.sources for d in documents)),
    ):
        if number:
            yield f"{number:>9} without a {name}"


def _all(paths: Iterable[Path], encoding: str) -> Iterator[Document]:
    for path in paths:
        found = sorted(p for p in path.rglob("*") if p.name.endswith(SUFFIXES)) if path.is_dir() else [path]
        if not found:
            raise InputError(
                "FIL001", path, "no file here", f"files that end in {', '.join(SUFFIXES)}", "check the path"
            )
        for file in found:
            yield from _file(file, encoding)


def _file(path: Path, encoding: str) -> Iterator[Document]:
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        head(path)
        for number, line in json_lines(path):
            yield row_document(line, path, number)
    elif path.suffix in (".html", ".htm"):
        yield _page(path)
    else:
        yield made(path.stem, _decoded(path, encoding), {"file": path.name})


def _decoded(path: Path, encoding: str) -> str:
    content = _content(path)
    try:
        text = content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError as error:
        raise InputError("FIL008", path, f"no encoding {encoding!r}", "the name of one", "see --encoding") from error
    except UnicodeDecodeError as error:
        found = f"no {encoding} at byte {error.start} ({content[error.start : error.start + 8]!r})"
        raise InputError("FIL008", path, found, f"{encoding} text", "name its encoding with --encoding") from error
    if not text.strip():
        raise InputError("FIL001", path, "the file is empty", "a text", "check the path")
    return text


def _content(path: Path) -> bytes:
    with open_bytes(path) as stream:
        return stream.read()


def _page(path: Path) -> Document:
    content = _content(path)
    page = article(content)
    if page is None:
        raise InputError(
            "FIL003", path, "no article in the page", "a page with an article", "save it again, or as text"
        )
    meta = {"file": path.name, "extractor": extractor(), "page_sha256": hashlib.sha256(content).hexdigest()}
    meta |= {"title": page.title} if page.title else {}
    sources = (Source(page.publisher, page.url, page.title),) if page.url or page.publisher else ()
    return made(path.stem, page.text, meta, page.date, sources)
