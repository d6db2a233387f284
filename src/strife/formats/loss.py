"""What a format could not hold, or an importer had to leave behind."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from strife.refusal import Refusal


class Loss(NamedTuple):
    """One thing that did not come through: of which document and item, what it was, and why."""

    doc_id: str
    item: str
    lost: str
    why: str

    def __str__(self) -> str:
        return f"{self.doc_id} {self.item}: {self.lost}; {self.why}"


class FormatError(Refusal, ValueError):
    """A file or folder is not of the format asked for; the message names what was found, expected, and what to do."""


def summary(losses: Iterable[Loss]) -> str:
    """How often what was lost for which reason, one reason a line; "nothing lost" for none."""
    counts = Counter(loss.why for loss in losses)
    lines = [f"{times:>7}  {why}" for why, times in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    return "\n".join(lines) if lines else "nothing lost"


def report_lines(losses: Iterable[Loss]) -> bytes:
    """Each loss as a JSON object on its line."""
    return b"".join(msgspec.json.encode(loss._asdict()) + b"\n" for loss in losses)
