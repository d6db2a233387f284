"""What was measured once and stands in a data file, and the sections of the datasheet that quote it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar, get_type_hints

from strife.stream import InputError

COPYING = "corpus/COPYING.tsv"
LIMIT = 8  # words that an article may share with what it was written from
_NOT_YET = "Not measured yet."

Row = TypeVar("Row", bound=NamedTuple)


class Copied(NamedTuple):
    """How many words in a row an article shares, names and figures aside: with its fact sheet, with opened texts."""

    doc_id: str
    text: str  # the first digits of the text's sha256
    words: int
    sheet: int
    sheet_run: str
    opened: int  # texts of sources that could be opened
    source: int
    source_run: str


def read_copying(root: Path) -> dict[str, Copied]:
    """The rows of COPYING.tsv by article; none if there is no such file. Raises InputError."""
    return {row.doc_id: row for row in read_rows(root / COPYING, Copied)}


def write_copying(rows: Iterable[Copied]) -> bytes:
    """The bytes of COPYING.tsv."""
    return write_rows(rows, Copied)


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a table with the fields of `kind` as its header; none if there is no file. Raises InputError."""
    if not path.is_file():
        return []
    types = list(get_type_hints(kind).values())
    expected = "\t".join(kind._fields)
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if head != expected:
            raise ValueError(f"the header is {head!r}")
        cells = [line.split("\t") for line in lines]
        return [kind(*(of(cell) for of, cell in zip(types, row, strict=True))) for row in cells]
    except (OSError, ValueError) as error:
        raise InputError("FIL003", path, str(error), f"a table with {expected!r}", "measure it again") from error


def write_rows(rows: Iterable[Row], kind: type[Row]) -> bytes:
    """The bytes of such a table."""
    lines = ["\t".join(kind._fields), *("\t".join(map(str, row)) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def sections(root: Path) -> dict[str, str]:
    """The generated sections of the datasheet that quote data files."""
    return {"copying": _copying(list(read_copying(root).values()))}


def _copying(rows: Sequence[Copied]) -> str:
    if not rows:
        return _NOT_YET
    opened = [row for row in rows if row.opened]
    told = (
        f"Longest run of words that an article shares with its fact sheet, names, titles and figures aside "
        f"({len(rows)} articles): median {median(row.sheet for row in rows):g}, most {max(row.sheet for row in rows)}; "
        f"{sum(row.sheet > LIMIT for row in rows)} articles share more than {LIMIT}."
    )
    if opened:
        told += (
            f" Texts of sources that the checkers could open: {sum(row.opened for row in opened)}, for {len(opened)} "
            f"articles; longest run shared with one: {max(row.source for row in opened)}."
        )
    else:
        told += " No text of a source was compared."
    return f"{told} Each article's run stands in `{COPYING}`."
