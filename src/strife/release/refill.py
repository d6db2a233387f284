"""Putting the text back into stand-off annotation from the user's own copy, if it is the same text."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from strife.loading import read_rows, split_files
from strife.model import Document, text_hash
from strife.refusal import Refusal
from strife.release.standoff import STANDOFF, bare_document, block_hashes
from strife.store import write_documents
from strife.stream import InputError

# What copies of a text often differ by; it is named, never mended: offsets point into the text as it was.
_HABITS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a byte order mark at its start", lambda text: text.removeprefix("\ufeff")),
    ("Windows line ends (CRLF)", lambda text: text.replace("\r\n", "\n")),
    ("blank space at its end", str.rstrip),
    ("a missing line end at its end", lambda text: text + "\n"),
    ("composed characters (NFC)", lambda text: unicodedata.normalize("NFD", text)),
    ("decomposed characters (NFD)", lambda text: unicodedata.normalize("NFC", text)),
)


class RefillError(Refusal, ValueError):
    """A text is missing or is another one; each line of the message is one document."""


def refill(folder: Path, texts: Sequence[Path], out: Path) -> list[Document]:
    """The stand-off documents of a dataset with their texts, written to `out` as JSON Lines.

    `texts` are UTF-8 files, or folders of them. A text is found by its hash; one that only has the name of a document
    (DOC_ID.txt), or is the only one for the only document, is compared with it. Raises RefillError, saying where a text
    differs; then nothing is written.
    """
    rows = [row for _, path in split_files(folder, STANDOFF) for row in read_rows(path)[1]]
    copies = {path: _text(path) for given in texts for path in _files(given)}
    by_hash = {text_hash(text): text for text in copies.values()}
    by_name = {path.stem: (path, text) for path, text in copies.items()}
    documents, faults = [], []
    for row in rows:
        if (text := by_hash.get(row["text_sha256"])) is not None:
            documents.append(msgspec.structs.replace(bare_document(row), text=text))
            continue
        named = by_name.get(row["doc_id"]) or (next(iter(copies.items())) if len(copies) == len(rows) == 1 else None)
        faults.append(_difference(row, *named) if named else _missing(row, copies))
    if faults:
        raise RefillError("\n".join(faults))
    write_documents(out, documents)
    return documents


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.rglob("*") if one.is_file() and one.suffix in (".txt", ""))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("FIL008", path, f"no UTF-8 ({error})", "UTF-8 text", "convert it first") from error


def _missing(row: Mapping[str, Any], copies: Mapping[Path, str]) -> str:
    return (
        f"{row['doc_id']}: none of {len(copies)} texts has its hash; expected {_expected(row)}; "
        f"get it ({row['url'] or row['source']}), or name your copy {row['doc_id']}.txt to see where it differs"
    )


def _expected(row: Mapping[str, Any]) -> str:
    return f"{row['text_length']} code points with sha256 {row['text_sha256']}"


def _difference(row: Mapping[str, Any], path: Path, text: str) -> str:
    """Where a text differs from the one that was annotated, and by what, if that is known."""
    start = f"{row['doc_id']}: {path} is another text"
    for habit, mend in _HABITS:
        if text_hash(mend(text)) == row["text_sha256"]:
            return f"{start}: it differs only by {habit}; expected the text without that; mend your copy"
    size = row["block_length"]
    found, expected = block_hashes(text, size), row["block_sha256"]
    number = next((n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
    if number is None:
        return (
            f"{start}: {len(text)} code points, expected {row['text_length']}, and all before the end as it should be; "
            "get the whole text"
        )
    first, last = number * size, (number + 1) * size if number + 1 < len(found) else len(text)
    line = text.count("\n", 0, first) + 1
    quote = text[first : first + 40].replace("\n", " ")
    return (
        f'{start}: the first difference lies in [{first}:{last}], from line {line}, "{quote}…"; '
        f"found {len(text)} code points, expected {_expected(row)}; compare it with the source"
    )
