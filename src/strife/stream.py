"""Read JSON arrays and JSON Lines of any size piece by piece: memory holds one chunk, not the file.

Raises InputError for what cannot be read at all; the message says what was found, expected, and what to do.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec

from strife.refusal import Refusal

CHUNK = 1 << 20
_BLANK = b" \t\r\n"
_GUESSES = 32  # a bound on the cost of odd files; missing a border only means reading more before the next try
_BORDER = re.compile(rb"\}\s*,\s*(?=\{)")
_FIRST_KEYS = re.compile(rb'\{\s*("(?:[^"\\]|\\.)*")\s*:\s*(?:[-\w.]+|"(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*:')
_SPLIT = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (OSError, EOFError, zlib.error)  # the last two: gzip that breaks off or is broken


class InputError(Refusal, ValueError):
    """A file that cannot be used at all: a code, the file, what was found, expected, and what to do."""

    def __init__(self, code: str, path: Path | str, found: str, expected: str, do: str) -> None:
        self.code = code
        self._parts = (code, path, found, expected, do)
        super().__init__(f"{code} {path}: {found}; expected {expected}; {do}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:  # to come whole out of another process
        return type(self), self._parts


class Run(NamedTuple):
    """Whole items of a JSON array in a row: the number of the first (from 1), the items, their place in the file.

    `offset` and `size` count bytes of what `open_bytes` gives.
    """

    number: int
    items: list[msgspec.Raw]
    offset: int
    size: int


def is_packed(path: Path) -> bool:
    """Is the file gzip'd? Raises OSError."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> BinaryIO:
    """The file for reading, unpacked if it is gzip'd; a UTF-8 byte order mark is skipped."""
    try:
        stream = cast(BinaryIO, gzip.GzipFile(path)) if is_packed(path) else path.open("rb")
    except OSError as error:
        raise InputError("FIL007", path, _reason(error), "a readable file", "check the path and its rights") from error
    try:
        if _read(stream, 3, path) != b"\xef\xbb\xbf":
            stream.seek(0)
    except InputError:
        stream.close()
        raise
    return stream


def head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file that are not blank. Raises InputError when there are none."""
    with open_bytes(path) as stream:
        start = _first(stream, size, path)
    if not start:
        raise InputError("FIL001", path, "the file is empty", "a Label Studio export or documents", "export again")
    return start


def json_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, with their numbers from 1."""
    with open_bytes(path) as stream:
        number = 0
        while True:
            try:
                line = stream.readline()
            except _UNREADABLE as error:
                raise InputError("FIL004", path, _reason(error), "a whole file", "copy it again") from error
            if not line:
                return
            number += 1
            if line.strip(_BLANK):
                yield number, line.strip(_BLANK)


def json_array(path: Path) -> Iterator[bytes]:
    """The items of a JSON array of objects, as bytes, in order. Raises InputError."""
    for run in json_runs(path):
        yield from map(bytes, run.items)


def json_runs(path: Path) -> Iterator[Run]:
    """The items of a JSON array of objects in runs of about a chunk, in order. Raises InputError.

    A chunk is cut at a place that looks like a border between two items; the decoder then proves that what
    stands before the cut is a whole number of items (a cut inside a nested array or a string leaves
    brackets open and fails), so a wrong guess costs time and never a wrong item.
    """
    with open_bytes(path) as stream:
        buffer = bytearray(_first(stream, CHUNK, path))
        if buffer[:1] != b"[":
            raise InputError("FIL003", path, "no JSON array", "an array of tasks", "export again as JSON")
        del buffer[:1]
        typical = _typical_border(buffer)
        offset, size, number = stream.tell() - len(buffer), CHUNK, 1
        while more := _read(stream, size, path):
            buffer += more
            items, end, used = _whole_items(buffer, typical)
            if items:
                yield Run(number, items, offset, end)
            del buffer[:used]
            offset, number = offset + used, number + len(items)
            size = CHUNK if items else size * 2  # one huge item: read ever more of it
        items = _last_items(bytes(buffer), path, number - 1)
        if items:
            yield Run(number, items, offset, buffer.rindex(b"]"))


def items_at(path: Path, offset: int, size: int) -> list[msgspec.Raw]:
    """The items of a run, read again. Raises InputError when the file has changed since."""
    with open_bytes(path) as stream:
        stream.seek(offset)
        return _last_items(_read(stream, size, path) + b"]", path, 0)


def _typical_border(buffer: bytearray) -> re.Pattern[bytes]:
    """What a border looks like, judged by the first two keys of the first item."""
    keys = _FIRST_KEYS.match(buffer.lstrip(_BLANK)[:2000])
    if keys is None:
        return _BORDER
    first, second = (re.escape(key) for key in keys.groups())
    value = rb'(?:[-\w.]+|"(?:[^"\\]|\\.)*")'
    return re.compile(_BORDER.pattern + rb"(?=\{\s*" + first + rb"\s*:\s*" + value + rb"\s*,\s*" + second + rb")")


def _whole_items(buffer: bytearray, typical: re.Pattern[bytes]) -> tuple[list[msgspec.Raw], int, int]:
    """The items that lie whole in the buffer, and how many bytes they take, without and with the comma after them."""
    near = max(0, len(buffer) - (CHUNK >> 3))  # mostly the last border is near the end; then look everywhere
    for border, begin in dict.fromkeys(((typical, near), (typical, 0), (_BORDER, 0))):
        for match in list(border.finditer(buffer, begin))[: -_GUESSES - 1 : -1]:
            try:
                items = _SPLIT.decode(b"".join((b"[", memoryview(buffer)[: match.start() + 1], b"]")))
            except (msgspec.DecodeError, RecursionError):
                continue
            return items, match.start() + 1, match.end()
    return [], 0, 0


def _last_items(rest: bytes, path: Path, count: int) -> list[msgspec.Raw]:
    try:
        return _SPLIT.decode(b"[" + rest)
    except (msgspec.DecodeError, RecursionError) as error:
        found = f"after {count} whole tasks the JSON breaks off or is broken ({error})"
        raise InputError("FIL004", path, found, "a whole export", "export again") from error


def _first(stream: BinaryIO, size: int, path: Path) -> bytes:
    """The first bytes from the first that is not blank."""
    while piece := _read(stream, size, path):
        if start := piece.lstrip(_BLANK):
            return start
    return b""


def _read(stream: BinaryIO, size: int, path: Path) -> bytes:
    try:
        return stream.read(size)
    except _UNREADABLE as error:
        raise InputError("FIL004", path, _reason(error), "a whole file", "copy it again") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
