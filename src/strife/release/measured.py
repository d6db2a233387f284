"""What was measured once and stands in a data file, and the sections of the datasheet that quote it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple, TypeVar, get_type_hints

from strife.adjudication.log import Decision, read_log
from strife.release.tables import markdown
from strife.stream import InputError

COPYING = "corpus/COPYING.tsv"
LEARNING = "corpus/LEARNING.tsv"
LIMIT = 8  # words that an article may share with what it was written from
HALF_WIDTH = 0.03  # of the interval of entity F1 on test, at most
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


class Learned(NamedTuple):
    """One training of a baseline on a share (percent) of train, and its F1; the interval is that of `test_ent`."""

    data: str
    system: str
    share: int
    documents: int
    seed: int
    validation_ent: float
    validation_tri_c: float
    test_ent: float
    test_tri_c: float
    low: float
    high: float


def read_learning(path: Path) -> list[Learned]:
    """The rows of LEARNING.tsv; none if there is no such file. Raises InputError."""
    return read_rows(path, Learned)


def write_learning(rows: Iterable[Learned]) -> bytes:
    """The bytes of LEARNING.tsv."""
    return write_rows(rows, Learned)


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
    logs = sorted((root / "annotation" / "adjudication").rglob("*.tsv"))
    return {
        "copying": _copying(list(read_copying(root).values())),
        "learning": _learning(read_learning(root / LEARNING)),
        "decisions": decisions([one for path in logs for one in read_log(path)]),
    }


def decisions(found: Sequence[Decision]) -> str:
    """Whose reading each decision of the adjudicators followed; the first pass is that with the lower number."""
    sides = [0, 0]
    both = 0
    for one in found:
        options = dict(option.split(": ", 1) for option in one.options.split(" | ") if ": " in option)
        named = {who: answer for names, answer in options.items() for who in names.split(", ")}
        order = sorted(named, key=lambda who: (len(who), who))
        both += len(options) <= 1
        for number, who in enumerate(order[:2]):
            sides[number] += len(options) > 1 and named[who] == one.decision
    first, second = sides
    documents = len({one.document for one in found})
    return (
        f"Decisions of the adjudicators: {len(found)}, in {documents} documents; {first} for the first pass, "
        f"{second} for the second, {len(found) - first - second - both} for neither, {both} against what both had."
    )


def points(rows: Iterable[Learned], system: str) -> dict[int, list[Learned]]:
    """The trainings of a system by share, ascending."""
    found: dict[int, list[Learned]] = {}
    for row in sorted(rows, key=lambda row: (row.share, row.seed)):
        if row.system == system:
            found.setdefault(row.share, []).append(row)
    return found


def _learning(rows: Sequence[Learned]) -> str:
    if not rows:
        return _NOT_YET
    lines = []
    table = []
    for system in dict.fromkeys(row.system for row in rows):
        by_share = points(rows, system)
        for share, some in by_share.items():
            cells = [_spread(some, name) for name in ("validation_ent", "test_ent", "validation_tri_c", "test_tri_c")]
            table.append([system, f"{share} %", some[0].documents, len(some), *cells])
        *_, before, last = by_share if len(by_share) > 1 else (0, *by_share)
        full = by_share[last][0]
        gain = 100 * (full.test_ent - (fmean(row.test_ent for row in by_share[before]) if before else 0.0))
        half = 100 * (full.high - full.low) / 2
        lines.append(
            f"{system}: from {before} to {last} % of train entity F1 on test changes by {gain:+.1f} points. With all "
            f"of train it is {100 * full.test_ent:.1f}, 95 % interval {100 * full.low:.1f} to {100 * full.high:.1f}, "
            f"half of it {half:.1f} points (aim: below {100 * HALF_WIDTH:g})."
        )
    head = ["baseline", "of train", "documents", "runs", "entity F1, validation", "entity F1, test"]
    head += ["trigger F1, validation", "trigger F1, test"]
    data = ", ".join(f"`{name}`" for name in dict.fromkeys(row.data for row in rows))
    told = f"Mean of the runs, in brackets the least and the greatest. Data, by the hash of all documents: {data}."
    return "\n\n".join([markdown(head, table), told, *lines])


def _spread(rows: Sequence[Learned], name: str) -> str:
    values = [100 * getattr(row, name) for row in rows]
    bounds = f" ({min(values):.1f} to {max(values):.1f})" if len(values) > 1 else ""
    return f"{fmean(values):.1f}{bounds}"


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
