"""Units of an archive: some documents of one file, which become one part file.

A unit depends on nothing but itself, so any process that can reach the files may work on it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from strife.baselines import Baseline
from strife.dataset_reader import parquet_rows, read_rows
from strife.ingest.rows import row_document
from strife.model import Document
from strife.store import documents_as_bytes, write_whole
from strife.stream import InputError, open_bytes

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


class Unit(NamedTuple):
    """Some documents of one file: `rows` rows from the row `first` on, at the byte `offset` if that can be sought."""

    number: int
    file: str
    first: int
    rows: int
    offset: int | None


class Done(NamedTuple):
    """What became of a unit."""

    number: int
    documents: int
    rejected: int


def part(out: Path, number: int) -> Path:
    """The file of a part."""
    return out / f"part-{number:06d}.jsonl"


def plan(source: Path, size: int) -> tuple[list[Unit], list[dict[str, Any]]]:
    """The units of the input, and its files with hash and number of rows. One pass; nothing is kept of the texts."""
    files = sorted(p for p in source.rglob("*") if p.name.endswith(SUFFIXES)) if source.is_dir() else [source]
    units: list[Unit] = []
    inputs: list[dict[str, Any]] = []
    for file in files:
        starts, rows, digest = _cut(file, size)
        for index, (first, offset) in enumerate(starts):
            last = starts[index + 1][0] if index + 1 < len(starts) else rows
            units.append(Unit(len(units), str(file.resolve()), first, last - first, offset))
        inputs.append({"name": file.name, "rows": rows, "sha256": digest})
    if not units:
        raise InputError("FIL001", source, "no row here", f"files that end in {', '.join(SUFFIXES)}", "check the path")
    return units, inputs


def _cut(file: Path, size: int) -> tuple[list[tuple[int, int | None]], int, str]:
    """Where units begin (row, byte), the number of rows, the sha256 of the (unpacked) file."""
    if file.name.endswith(".parquet"):
        rows = parquet_rows(file)
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return [(first, None) for first in range(0, rows, size)], rows, digest
    hash_ = hashlib.sha256()
    starts: list[tuple[int, int | None]] = []
    rows, offset = 0, 0
    packed = file.name.endswith(".gz")
    with open_bytes(file) as stream:
        base = 0 if packed else stream.tell()  # a byte order mark is skipped
        for line in _lines(stream, file):
            hash_.update(line)
            if line.strip():
                if rows % size == 0:
                    starts.append((rows, None if packed else base + offset))
                rows += 1
            offset += len(line)
    return starts, rows, hash_.hexdigest()


def _lines(stream: Any, file: Path) -> Iterator[bytes]:
    try:
        yield from stream
    except (OSError, EOFError) as error:
        raise InputError("FIL004", file, str(error), "a whole file", "copy it again") from error


def work(unit: Unit, model: Baseline, out: Path) -> Done:
    """Predict the documents of a unit and write its part."""
    found: list[Document] = []
    rejected: list[bytes] = []
    for row, document in _documents(unit):
        if isinstance(document, Document):
            found.append(model.predict(document))
        else:
            rejected.append(json.dumps({"file": Path(unit.file).name, "row": row, "why": document}).encode() + b"\n")
    path = part(out, unit.number)
    if rejected:
        write_whole({path.with_suffix(".rejected.jsonl"): b"".join(rejected)})
    write_whole({path: documents_as_bytes(found)})  # last: a part that is there is done
    return Done(unit.number, len(found), len(rejected))


def _documents(unit: Unit) -> Iterator[tuple[int, Document | str]]:
    """Each row of a unit with its number from 1: a document, or why it is none."""
    file = Path(unit.file)
    for index, line in enumerate(_rows(unit, file), unit.first + 1):
        try:
            yield index, row_document(line, file, index)
        except InputError as error:
            yield index, str(error)


def _rows(unit: Unit, file: Path) -> Iterator[bytes | dict[str, Any]]:
    if file.name.endswith(".parquet"):
        yield from read_rows(file, unit.first, unit.rows)
        return
    with open_bytes(file) as stream:
        if unit.offset is not None:
            stream.seek(unit.offset)
        lines = (line for line in stream if line.strip())
        for index, line in enumerate(lines, unit.first if unit.offset is not None else 0):
            if index >= unit.first + unit.rows:
                return
            if index >= unit.first:
                yield line
