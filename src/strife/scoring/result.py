"""Results: scores as plain values, in files and as text. Every format that was ever written is read for ever.

version 1 (no key `format`): system, signature, scores by metric with precision, recall, f1, tp, fp, fn; missing.
version 2: adds to each metric its own signature, whether it is defined, intervals, types and macro averages; resolver.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from strife.refusal import Refusal
from strife.scoring.confidence import SAMPLES, Range, intervals
from strife.scoring.metrics import Counts
from strife.scoring.score import Scores
from strife.scoring.signature import Signature, parse
from strife.stream import open_bytes

FORMAT = 2


class ResultError(Refusal, ValueError):
    """A result file that cannot be read."""


class Row(msgspec.Struct, frozen=True):
    """Counts with their ratios."""

    precision: float
    recall: float
    f1: float
    tp: int | float
    fp: int | float
    fn: int | float


class Bounds(msgspec.Struct, frozen=True):
    """95 % intervals."""

    precision: Range
    recall: Range
    f1: Range


class Macro(msgspec.Struct, frozen=True):
    """Means over types, under a signature of their own."""

    signature: str
    precision: float
    recall: float
    f1: float


class Figures(Row, frozen=True):
    """All that is said of one metric; what an earlier format did not hold is None or empty."""

    defined: bool = True
    signature: str = ""
    interval: Bounds | None = None
    macro: Macro | None = None
    types: dict[str, Row] = {}


class LostQuote(msgspec.Struct, frozen=True):
    """A quote that could not be placed."""

    doc_id: str
    kind: str
    quote: str


class Resolver(msgspec.Struct, frozen=True):
    """What became of predictions without offsets."""

    version: int
    quotes: int
    unresolved: int
    rate: float
    lost: tuple[LostQuote, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """The scores of one system. `signature` holds what all metrics share."""

    signature: str
    scores: dict[str, Figures]
    missing: tuple[str, ...] = ()
    system: str = ""
    resolver: Resolver | None = None

    def signature_of(self, metric: str) -> Signature:
        """The signature of a metric's micro average, also in results that give only the common one."""
        return parse(self.scores[metric].signature or self.signature).of(metric)


def result(scores: Scores, system: str = "", samples: int = SAMPLES) -> Result:
    """The result of scores, with bootstrap intervals from `samples` samples (none for 0)."""
    bounds = intervals(scores, samples) if samples else {}
    figures = {}
    for metric, counts in scores.counts.items():
        types = scores.types.get(metric, {})
        macro = None
        if types:
            macro = Macro(str(scores.signature.of(metric).macro(types)), *scores.macro(metric))
        figures[metric] = Figures(
            **msgspec.structs.asdict(_row(counts)),
            defined=counts.defined,
            signature=str(scores.signature.of(metric)),
            interval=Bounds(*bounds[metric]) if metric in bounds else None,
            macro=macro,
            types={name: _row(one) for name, one in types.items()},
        )
    resolver = None
    if (resolution := scores.resolution) is not None:
        lost = tuple(LostQuote(one.doc_id, one.kind, one.quote) for one in resolution.lost)
        resolver = Resolver(resolution.version, resolution.quotes, len(lost), resolution.rate, lost)
    return Result(str(scores.signature), figures, scores.missing, system, resolver)


def _row(counts: Counts) -> Row:
    return Row(counts.precision, counts.recall, counts.f1, counts.tp, counts.fp, counts.fn)


def as_json(result: Result) -> str:
    """The result as one JSON object, in the newest format."""
    table = msgspec.to_builtins(result)
    head = {"format": FORMAT, **({"system": result.system} if result.system else {})}
    return json.dumps({**head, **{k: v for k, v in table.items() if k != "system"}}, ensure_ascii=False, indent=1)


def read_result(path: Path) -> Result:
    """The result in a file of any version. Raises ResultError for one that is none, InputError for no file."""
    with open_bytes(path) as file:
        content = file.read()
    try:
        table = msgspec.json.decode(content, type=dict[str, Any])
        version = table.get("format", 1)
        if version not in _READERS:
            raise ResultError(
                f"{path}: format {version!r}; this strife reads {', '.join(map(str, _READERS))}; install a newer one"
            )
        found = _READERS[version](table)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultError(f"{path}: {error}; expected what `strife score --format json` writes; score again") from error
    parse(found.signature)
    return found


def _read_1(table: Mapping[str, Any]) -> Result:
    found = msgspec.convert(table, Result)
    scores = {
        metric: msgspec.structs.replace(row, defined=bool(row.tp or row.fp or row.fn))
        for metric, row in found.scores.items()
    }
    return msgspec.structs.replace(found, scores=scores)


def _read_2(table: Mapping[str, Any]) -> Result:
    return msgspec.convert(table, Result)


_READERS: dict[object, Callable[[Mapping[str, Any]], Result]] = {1: _read_1, 2: _read_2}


def as_text(result: Result, types: bool = False) -> str:
    """A table in percent, with the intervals of F1, what was missed or not placed, and the signature."""
    width = max(map(len, result.scores), default=0) + 1
    lines = [f"{'metric':<{width}}{'P':>7}{'R':>7}{'F1':>7}  {'95 % interval':<15}{'tp':>8}{'fp':>8}{'fn':>8}"]
    for metric, row in result.scores.items():
        if row.defined:
            lines.append(f"{metric:<{width}}{_cells(row, row.interval)}")
            lines += [f"  {name:<{width - 2}}{_cells(one)}" for name, one in row.types.items() if types]
            if types and (macro := row.macro):
                figures = "".join(f"{100 * one:7.1f}" for one in (macro.precision, macro.recall, macro.f1))
                lines.append(f"  {'(macro)':<{width - 2}}{figures}")
    if empty := [metric for metric, row in result.scores.items() if not row.defined]:
        lines.append(f"nothing in gold and nothing predicted (0/0 is 0): {', '.join(empty)}")
    if result.missing:
        lines.append(f"not predicted, counted as missed: {', '.join(result.missing)}")
    if (resolver := result.resolver) is not None:
        share = f"{resolver.unresolved} of {resolver.quotes} quotes ({100 * resolver.rate:.1f} %)"
        lines.append(f"resolver {resolver.version}: {share} not found in the text, counted as false positives")
        lines += [f"  {one.doc_id}: {one.kind} {one.quote!r}" for one in resolver.lost]
    return "\n".join([*lines, f"signature: {result.signature}"])


def _cells(row: Row, bounds: Bounds | None = None) -> str:
    percent = "".join(f"{100 * part:7.1f}" for part in (row.precision, row.recall, row.f1))
    between = f"{100 * bounds.f1[0]:.1f} to {100 * bounds.f1[1]:.1f}" if bounds else ""
    return f"{percent}  {between:<15}" + "".join(
        f"{part:8.0f}" if float(part).is_integer() else f"{part:8.1f}" for part in (row.tp, row.fp, row.fn)
    )
