"""The board: every submission scored again from its predictions, ranked, and compared with every other.

No number of a submission is trusted or even read. Systems are ranked by the F1 of each headline metric on its own. A
group holds the best system that is in no group before it, and those after it that are not significantly worse than that
one: two-sided paired approximate randomization over documents, adjusted for all pairs of the board (Holm), at 0.05.

The score of a system with several seeds is that of its mean counts in each document; its seeds are shown beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from strife.leaderboard.check import Board, BoardError, check
from strife.leaderboard.submission import FILE, Submission, read_submission
from strife.model import Document, text_hash
from strife.ontology import Ontology
from strife.scoring.confidence import Comparison, Interval, compare, intervals
from strife.scoring.errors import Analysis, analyse
from strife.scoring.metrics import DEFAULT, Counts
from strife.scoring.resolve import read_answers, resolve
from strife.scoring.score import Scores, score
from strife.scoring.signature import require_comparable
from strife.store import read_documents

HEADLINE = ("ent", "tri_c", "arg_c+")
LEVEL = 0.05


class Entry(NamedTuple):
    """A submission with the scores of its runs, their mean with its intervals, and the errors of its first run."""

    submission: Submission
    runs: tuple[Scores, ...]
    mean: Scores
    intervals: dict[str, Interval]
    errors: Analysis


class Place(NamedTuple):
    """Where a system stands in one metric: its position (equal scores share one) and its group, from A on."""

    position: int
    group: str


class Ranking(NamedTuple):
    """The board: its entries by name, and by headline metric the places and all comparisons."""

    board: Board
    entries: tuple[Entry, ...]
    places: dict[str, dict[str, Place]]
    comparisons: dict[str, tuple[Comparison, ...]]


def ranking(root: Path, board: Board, ontology: Ontology, submissions: Path, gold: Path | None = None) -> Ranking:
    """Score and rank every submission; `gold` is a private gold file, where the project's own has no labels.

    Raises BoardError for faulty submissions and for gold that is not that of the board, SignatureError for scores that
    may not be ranked together.
    """
    documents = gold_of(root, board, gold)
    folders = [path.parent for path in sorted(submissions.glob(f"*/{FILE}"))]
    faults = {folder: report for folder in folders if (report := check(folder, board, root, ontology)).errors}
    if faults:
        lines = [
            f"{folder}: {report.errors} faults, the first: {report.findings[0]}" for folder, report in faults.items()
        ]
        raise BoardError("\n".join([*lines, "mend them (`strife submit --check FOLDER` tells all) or take them out"]))
    if not folders:
        raise BoardError(f"{submissions}: no submission; expected folders with a {FILE}; see docs/leaderboard.md")
    return ranked(board, [entry(folder, documents, board) for folder in folders])


def gold_of(root: Path, board: Board, path: Path | None = None) -> list[Document]:
    """The gold documents of a board's split. Raises BoardError where one is missing or has another text."""
    path = path or root / "corpus" / "gold.jsonl"
    documents = [document for document in read_documents(path) if document.doc_id in board.texts]
    missing = sorted(set(board.texts) - {document.doc_id for document in documents})
    if missing:
        raise BoardError(f"{path}: no labels for {', '.join(missing)} of {board.split}; give the gold file with --gold")
    other = [document.doc_id for document in documents if text_hash(document.text) != board.texts[document.doc_id]]
    if other:
        raise BoardError(f"{path}: the text of {', '.join(other)} is not that of {board.dataset}; give its gold file")
    return documents


def entry(folder: Path, gold: Sequence[Document], board: Board) -> Entry:
    """Score one submission, run by run; quotes are placed by the resolver first."""
    submission = read_submission(folder)
    texts = {document.doc_id: document.text for document in gold}
    runs: list[Scores] = []
    errors: list[Analysis] = []
    for run in submission.runs:
        path = folder / run.predictions
        resolution = resolve(read_answers(path), texts) if submission.quotes else None
        given = resolution.documents if resolution else tuple(read_documents(path))
        runs.append(score(gold, given, DEFAULT, board.dataset, board.split, resolution=resolution))
        if not errors:
            errors.append(analyse(gold, given, board.dataset, board.split, resolution))
    mean = mean_of(runs)
    return Entry(submission, tuple(runs), mean, intervals(mean), errors[0])


def mean_of(runs: Sequence[Scores]) -> Scores:
    """The scores of mean counts: document by document, type by type."""
    import numpy as np

    if len(runs) == 1:
        return runs[0]
    require_comparable(run.signature for run in runs)
    first, number = runs[0], len(runs)

    def mean(counts: Iterable[Counts]) -> Counts:
        total = sum(counts, Counts())
        return Counts(total.tp / number, total.fp / number, total.fn / number)

    return replace(
        first,
        counts={metric: mean(run.counts[metric] for run in runs) for metric in first.counts},
        types={
            metric: {name: mean(run.types[metric].get(name, Counts()) for run in runs) for name in types}
            for metric, types in first.types.items()
        },
        table={metric: np.mean([run.table[metric] for run in runs], axis=0) for metric in first.table},
    )


def ranked(board: Board, entries: Sequence[Entry]) -> Ranking:
    """Rank entries by each headline metric. Raises SignatureError for scores that may not be ranked together."""
    require_comparable(run.signature for one in entries for run in one.runs)
    by_name = tuple(sorted(entries, key=lambda one: one.submission.system))
    comparisons, places = {}, {}
    for metric in HEADLINE:
        f1 = {one.submission.system: one.mean.counts[metric].f1 for one in by_name}
        comparisons[metric] = compare({one.submission.system: one.runs for one in by_name}, metric)
        places[metric] = grouped(f1, comparisons[metric])
    return Ranking(board, by_name, places, comparisons)


def grouped(f1: Mapping[str, float], comparisons: Iterable[Comparison]) -> dict[str, Place]:
    """The place of each system, best first; in a group nobody is significantly worse than its first."""
    worse = {frozenset((one.first, one.second)) for one in comparisons if one.adjusted < LEVEL}
    places: dict[str, Place] = {}
    leader, group = "", 0
    order = sorted(f1, key=lambda name: (-f1[name], name))
    for system in order:
        if not leader:
            leader = system
        elif frozenset((leader, system)) in worse:
            leader, group = system, group + 1
        places[system] = Place(1 + sum(f1[other] > f1[system] for other in order), letters(group))
    return places


def letters(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)
