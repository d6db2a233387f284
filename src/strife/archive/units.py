"""Units of an archive: some documents of one file, which become one part file.

A unit depends on nothing but itself, so any process that can reach the files may work on it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from strife.baselines import Baseline
from strife.baselines.outside import LEFT_OUT, NoPrediction
from strife.dataset_reader import parquet_rows, read_rows
from strife.ingest.rows import row_document
from strife.model import Document, decode
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
    """What became of a unit: documents that were predicted, rows that were not, what was left out of the former."""

    number: int
    documents: int
    rejected: int
    left_out: int = 0


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


def left(unit: Unit, out: Path) -> int:
    """How many rows of a unit are to be done: all, or none when its part is there, or those to be tried again."""
    return unit.rows if (before := _before(unit, out)) is None else len(before.again)


class _Before(NamedTuple):
    """An earlier run's part: its documents, its rejected lines, and the rows to be tried again."""

    documents: bytes
    rejected: list[bytes]
    again: set[int]


def _before(unit: Unit, out: Path) -> _Before | None:
    """What an earlier run left of a unit; None when it is to be done from the beginning.

    Part and rejected rows are two files. When together they are not the unit's rows, a run was broken off between the
    two, and which rows were tried again is not known.
    """
    path = part(out, unit.number)
    if not path.is_file():
        return None
    rejected = _named(path)
    if not rejected.is_file():
        return _Before(b"", [], set())
    lines, documents = rejected.read_bytes().splitlines(keepends=True), path.read_bytes()
    again = {row["row"] for row in map(json.loads, lines) if row.get("again")}
    return _Before(documents, lines, again) if documents.count(b"\n") + len(lines) == unit.rows else None


def _named(path: Path) -> Path:
    return path.with_suffix(".rejected.jsonl")


def work(unit: Unit, model: Baseline, out: Path) -> Done:
    """Predict the documents of a unit, or those that an earlier run names to be tried again, and write its part."""
    before = _before(unit, out)
    found: list[Document] = []
    rejected: dict[int, bytes] = {}
    for row, document in _documents(unit):
        if before is not None and row not in before.again:
            continue
        said: dict[str, Any] = {"file": Path(unit.file).name, "row": row}
        if isinstance(document, str):
            rejected[row] = json.dumps({**said, "why": document}).encode() + b"\n"
            continue
        try:
            found.append(model.predict(document))
        except NoPrediction as error:
            said |= {"doc_id": document.doc_id, "why": str(error), "again": True}
            rejected[row] = json.dumps(said).encode() + b"\n"
    path = part(out, unit.number)
    failed, left_out = len(rejected), sum(len(d.meta.get(LEFT_OUT, "").splitlines()) for d in found)
    content = documents_as_bytes(found)
    if before is not None:
        content = documents_as_bytes([*map(decode, before.documents.splitlines()), *found])
        old = {json.loads(line)["row"]: line for line in before.rejected}
        rejected = dict(
            sorted(({row: line for row, line in old.items() if row not in before.again} | rejected).items())
        )
    if rejected:
        write_whole({_named(path): b"".join(rejected.values())})
    write_whole({path: content})  # last: a part that is there is done
    if not rejected:
        _named(path).unlink(missing_ok=True)
    return Done(unit.number, len(found), failed, left_out)


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
