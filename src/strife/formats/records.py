"""Reading the JSON of other corpora: each fault names the file and the line."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from strife.formats.loss import FormatError
from strife.stream import InputError, head, json_lines, open_bytes

T = TypeVar("T")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines(path: Path, shape: type[T], expected: str) -> Iterator[T]:
    """The objects of a JSON Lines file, each of the shape given (other keys are ignored)."""
    decoder = msgspec.json.Decoder(shape)
    for number, line in _lines(path, expected):
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FormatError(f"{path}, line {number}: {error}; expected {expected}; download it again") from error


def _lines(path: Path, expected: str) -> Iterator[tuple[int, bytes]]:
    try:
        if head(path, 2) in _UTF16:
            raise FormatError(f"{path}: UTF-16; expected {expected} in UTF-8; convert it, or download it again")
        yield from json_lines(path)
    except InputError as error:
        raise FormatError(f"{path}: missing, empty or broken; expected {expected}; download it again") from error


def whole(path: Path, shape: type[T], expected: str) -> T:
    """The one JSON value of a file."""
    try:
        with open_bytes(path) as stream:
            content: Any = stream.read()
        return msgspec.json.decode(content, type=shape)
    except (InputError, msgspec.DecodeError, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise FormatError(f"{path}: {error}; expected {expected}; download it again") from error


def found(folder: Path, pattern: str, corpus: str) -> list[Path]:
    """The files under a folder that match, sorted. Raises FormatError when there is none."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise FormatError(f"{folder}: no {pattern} in it; expected the folder of {corpus}; check the path")
    return paths
