"""The log of decisions: a tab-separated table, one decision a line, in the order of documents and of their text.

    document  id  layer  place  options  decision  by  why

`id` names the question with its options (see `notation.identify`), so a decision is found again whatever the region
ids in an export are, and is not used for other options. `options` and the quoted words are for the reader; `id`,
`layer`, `place` and `decision` are read back. Lines of two branches merge like any text.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from strife.adjudication.notation import LAYERS
from strife.adjudication.settle import CURATED, MAJORITY, SINGLE
from strife.stream import InputError

COLUMNS = ("document", "id", "layer", "place", "options", "decision", "by", "why")
WHOLE = "document"  # the layer of a decision about a whole document


class Decision(msgspec.Struct, frozen=True):
    """One line of the log. `by` is a curator's id, several joined by a comma, "majority 2/3" or "single"."""

    document: str
    id: str
    layer: str
    place: str
    options: str
    decision: str
    by: str
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """(document, id)."""
        return self.document, self.id

    @property
    def how(self) -> str:
        """How gold that rests on this is said to be decided."""
        return self.by if self.by.startswith((MAJORITY, SINGLE)) else CURATED + self.by


def read_log(path: Path) -> list[Decision]:
    """The decisions in a file; none when it does not exist yet.

    Raises InputError, naming the line, for another table, a layer that is none, and two decisions on one question.
    """
    if not path.exists():
        return []
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("FIL008", path, f"no UTF-8 ({error})", "UTF-8 text", "convert it first") from error
    head = tuple(lines[0].rstrip("\r").split("\t"))
    if head != COLUMNS:
        found = f"the columns {', '.join(head)}"
        raise InputError("FIL003", path, found, ", ".join(COLUMNS), "write it with `strife adjudicate`")
    decisions: dict[tuple[str, str], tuple[int, Decision]] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = [_unquoted(cell) for cell in line.rstrip("\r").split("\t")]
        found = ""
        if len(cells) != len(COLUMNS):
            found = f"{len(cells)} columns"
        elif cells[2] not in (*LAYERS, WHOLE):
            found = f"the layer {cells[2]!r}"
        elif (key := (cells[0], cells[1])) in decisions:
            found = f"a second decision on {cells[1]} of {cells[0]} (line {decisions[key][0]} has one)"
        if found:
            expected = f"{len(COLUMNS)} columns, a known layer, one decision a question"
            raise InputError("FIL003", path, f"line {number}: {found}", expected, "mend or delete the line")
        decisions[key] = (number, Decision(*cells))
    return [decision for _, decision in decisions.values()]


def read_logs(paths: Iterable[Path]) -> list[Decision]:
    """The decisions in several files. Raises InputError as `read_log`, and for a question in two of them."""
    found: dict[tuple[str, str], tuple[Path, Decision]] = {}
    for path in paths:
        for decision in read_log(path):
            other = found.setdefault(decision.key, (path, decision))
            if other[1] is not decision:
                what = f"{decision.id} of {decision.document} is decided in {other[0]} as well"
                raise InputError("FIL003", path, what, "one decision a question", "delete one of the lines")
    return [decision for _, decision in found.values()]


def log_bytes(decisions: Iterable[Decision]) -> bytes:
    """The file with these decisions: by document, then in text order; the same decisions, the same bytes."""
    rows = [COLUMNS, *(msgspec.structs.astuple(decision) for decision in ordered(decisions))]
    return "".join("\t".join(map(_cell, row)) + "\n" for row in rows).encode("utf-8", "backslashreplace")


def ordered(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions by document, then in text order."""
    return sorted(decisions, key=_order)


def _order(decision: Decision) -> tuple[str, int, int, int, str]:
    start, end = map(int, match.groups()) if (match := re.search(r"(\d+):(\d+)", decision.place)) else (-1, -1)
    layer = LAYERS.index(decision.layer) if decision.layer in LAYERS else -1
    return decision.document, start, end, layer, decision.id


def _unquoted(cell: str) -> str:
    """The cell without the quotes that a spreadsheet puts around one with quotes, which it doubles."""
    inner = cell[1:-1]
    if cell[:1] == cell[-1:] == '"' and '"' in inner and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _cell(text: str) -> str:
    """No tab and no line break: reasons are written by hand."""
    return re.sub(r"[\t\r\n]+", " ", text).strip()
