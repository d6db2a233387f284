"""Systems side by side: each with its interval and the spread of its seeds, every two tested against each other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from strife.refusal import Refusal
from strife.scoring.confidence import Comparison, Range, Spread, compare, intervals, spread
from strife.scoring.score import Scores
from strife.scoring.sources import score_files


class BoardError(Refusal, ValueError):
    """Systems that cannot be told apart."""


class Standing(msgspec.Struct, frozen=True):
    """One system under one metric: F1 over its seeds, and the interval of each seed."""

    system: str
    f1: Spread
    intervals: tuple[Range, ...]


class Board(msgspec.Struct, frozen=True):
    """All systems under one metric, best first, and all pairs of them."""

    metric: str
    signature: str
    systems: tuple[Standing, ...]
    pairs: tuple[Comparison, ...]


def named(arguments: Iterable[str]) -> dict[str, list[Path]]:
    """NAME=PATH arguments by name. Raises BoardError for another form, or fewer than two names."""
    found: dict[str, list[Path]] = {}
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not name or not equals or not path:
            raise BoardError(f"{argument!r} is not NAME=PREDICTIONS; give each system a name")
        found.setdefault(name, []).append(Path(path))
    if len(found) < 2:
        raise BoardError("one system cannot be compared; give at least two names")
    return found


def compared(
    gold: Path,
    systems: Mapping[str, Sequence[Path]],
    metrics: Sequence[str],
    data: str = "",
    split: str = "all",
    incidents: bool = False,
) -> tuple[Board, ...]:
    """Score the predictions of each system and compare; metrics that are 0/0 everywhere are left out."""
    scores = {
        name: [score_files(gold, path, metrics, data, split, incidents=incidents) for path in paths]
        for name, paths in systems.items()
    }
    every = [one for runs in scores.values() for one in runs]
    return tuple(board(scores, metric) for metric in metrics if any(one.counts[metric].defined for one in every))


def board(scores: Mapping[str, Sequence[Scores]], metric: str) -> Board:
    """Systems under one metric. Raises SignatureError where scores may not be ranked together."""
    pairs = compare(scores, metric)
    standings = []
    for name, runs in scores.items():
        bounds = tuple(intervals(one)[metric].f1 if one.counts[metric].defined else (0.0, 0.0) for one in runs)
        standings.append(Standing(name, spread([one.counts[metric].f1 for one in runs]), bounds))
    signature = next(str(one.signature.of(metric)) for runs in scores.values() for one in runs)
    standings.sort(key=lambda standing: (-standing.f1.mean, standing.system))
    return Board(metric, signature, tuple(standings), pairs)


def as_json(boards: Sequence[Board]) -> str:
    """Boards as a JSON array."""
    names = {"systems": Spread._fields, "pairs": Comparison._fields}
    table = msgspec.to_builtins(boards)
    for one in table:
        for standing in one["systems"]:
            standing["f1"] = dict(zip(names["systems"], standing["f1"], strict=True))
        one["pairs"] = [dict(zip(names["pairs"], pair, strict=True)) for pair in one["pairs"]]
    return json.dumps(table, ensure_ascii=False, indent=1)


def as_text(boards: Sequence[Board]) -> str:
    """A table of systems and a table of pairs for each metric, in percent."""
    return "\n\n".join(_board(one) for one in boards)


def _board(board: Board) -> str:
    width = max(len(standing.system) for standing in board.systems) + 2
    lines = [board.metric, f"  {'system':<{width}}{'F1':>7}  95 % interval, or spread of seeds"]
    for standing in board.systems:
        f1 = standing.f1
        if f1.n == 1:
            told = f"{100 * standing.intervals[0][0]:.1f} to {100 * standing.intervals[0][1]:.1f}"
        else:
            told = f"{f1.n} seeds, sd {100 * f1.sd:.1f}, {100 * f1.low:.1f} to {100 * f1.high:.1f}"
        lines.append(f"  {standing.system:<{width}}{100 * f1.mean:7.1f}  {told}")
    lines.append(f"  {'pair':<{2 * width}}{'delta':>7}{'p':>9}{'Holm':>9}")
    for pair in board.pairs:
        both = f"{pair.first:<{width}}{pair.second:<{width}}"
        lines.append(f"  {both}{100 * pair.delta:+7.1f}{pair.p:9.4f}{pair.adjusted:9.4f}")
    return "\n".join([*lines, f"  signature: {board.signature}"])
