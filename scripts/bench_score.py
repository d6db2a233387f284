"""Time scoring against seqeval, nervaluate and plain sets on generated data, alternated in one run.

    python -m venv build/peers && build/peers/bin/pip install seqeval==1.2.2 nervaluate==1.2.1
    python scripts/bench_score.py --peers build/peers/bin/python --spans 1000000 --events 200000 --rounds 3

Spans: 50 a document, 10 types, 200 tokens, no nesting (so that BIO holds them), prediction F1 about .85. Events: 10 a
document, 15 types, 3 arguments each given by offsets, 13 roles. Every run is a process of its own that makes its data,
then is timed on scoring alone; `objects` counts from documents that are there, `jsonl` from files. The plain scorer is
Python's sets over TextEE's keys. All scorers have to find the same numbers. Without --peers only strife and plain sets
run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[np.int32]]
Documents = list[Any]

PER_DOC, SLOT, WORD = 50, 4, 6  # spans a document, tokens for each, code points a token with its blank
TYPES, EVENTS, EVENT_TYPES, ROLES, ARGUMENTS = 10, 10, 15, 13, 3
TEXT = ("w" * (WORD - 1) + " ") * (PER_DOC * SLOT)


def span_columns(spans: int) -> tuple[Columns, Columns]:
    """Gold and predicted mentions: columns doc, first, last (tokens), label."""
    chance = np.random.default_rng(1)
    number = np.arange(spans, dtype=np.int32)
    first = (number % PER_DOC) * SLOT
    gold = {"doc": number // PER_DOC, "first": first, "last": first + chance.integers(0, 2, spans, dtype=np.int32)}
    gold["label"] = chance.integers(0, TYPES, spans, dtype=np.int32)
    what = chance.random(spans)
    predicted = dict(gold)
    predicted["label"] = np.where(what < 0.06, (gold["label"] + 1) % TYPES, gold["label"]).astype(np.int32)
    predicted["last"] = (gold["last"] + ((what >= 0.06) & (what < 0.12))).astype(np.int32)
    kept = what < 0.95
    return gold, {name: column[kept] for name, column in predicted.items()}


def by_document(table: Columns, documents: int) -> Iterator[list[tuple[int, int, int]]]:
    """(first, last, label) of the mentions of each document."""
    bounds = np.searchsorted(table["doc"], np.arange(documents + 1))
    rows = list(zip(*(table[name].tolist() for name in ("first", "last", "label")), strict=True))
    return (rows[begin:end] for begin, end in pairwise(bounds))


def offsets(table: Columns) -> Columns:
    """Mentions as columns doc, start, end (code points), label (from 1: 0 is for none)."""
    start, end = table["first"] * WORD, table["last"] * WORD + WORD - 1
    return {"doc": table["doc"], "start": start, "end": end, "label": table["label"] + 1}


def spans_from_columns(spans: int, _: Path) -> Callable[[], list[float]]:
    """Strife, mentions from columns, with the table of types."""
    from strife.scoring.join import tally
    from strife.scoring.metrics import METRICS

    gold, predicted = map(offsets, span_columns(spans))
    documents = spans // PER_DOC

    def run() -> list[float]:
        found = tally(gold, predicted, [METRICS["ent"]], documents, TYPES + 1)["ent"]
        return [float(one) for one in found.documents.sum(axis=0)]

    return run


def spans_from_jsonl(spans: int, folder: Path) -> Callable[[], list[float]]:
    """Strife, mentions from JSON Lines on disk: reading, checking, hashing and scoring."""
    from strife.scoring.sources import score_files

    gold, predicted = (folder / f"{side}-{spans}.jsonl" for side in ("gold", "predicted"))
    if not predicted.exists():
        for path, table in zip((gold, predicted), span_columns(spans), strict=True):
            write_documents(path, by_document(table, spans // PER_DOC))

    def run() -> list[float]:
        counts = score_files(gold, predicted, ("ent",)).counts["ent"]
        return [counts.tp, counts.fp, counts.fn]

    return run


def write_documents(path: Path, documents: Iterable[list[tuple[int, int, int]]]) -> None:
    """Documents as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for number, rows in enumerate(documents):
            entities = [
                {"id": f"m{n}", "start": a * WORD, "end": b * WORD + WORD - 1, "label": f"T{label}"}
                for n, (a, b, label) in enumerate(rows)
            ]
            row = {"doc_id": f"d{number:07}", "text": TEXT, "entities": entities, "events": [], "relations": []}
            file.write(json.dumps(row) + "\n")


def spans_seqeval(spans: int, _: Path) -> Callable[[], list[float]]:
    """The default report of seqeval, from lists of tags."""
    from seqeval.metrics import classification_report

    sides = []
    for table in span_columns(spans):
        side = []
        for rows in by_document(table, spans // PER_DOC):
            tags = ["O"] * (PER_DOC * SLOT)
            for first, last, label in rows:
                tags[first : last + 1] = [f"B-T{label}", *[f"I-T{label}"] * (last - first)]
            side.append(tags)
        sides.append(side)
    size = len(span_columns(spans)[1]["doc"])

    def run() -> list[float]:
        micro = classification_report(*sides, output_dict=True)["micro avg"]
        right = round(micro["recall"] * spans)
        return [right, size - right, spans - right]

    return run


def spans_nervaluate(spans: int, _: Path) -> Callable[[], list[float]]:
    """All four modes of nervaluate, from lists of dictionaries."""
    from nervaluate.evaluator import Evaluator

    gold, predicted = (
        [[{"label": f"T{c}", "start": a, "end": b} for a, b, c in rows] for rows in by_document(side, spans // PER_DOC)]
        for side in span_columns(spans)
    )

    def run() -> list[float]:
        found = Evaluator(gold, predicted, tags=[f"T{n}" for n in range(TYPES)], loader="dict").evaluate()
        strict = found["overall"]["strict"]
        return [strict.correct, strict.actual - strict.correct, strict.possible - strict.correct]

    return run


def event_columns(events: int) -> tuple[dict[str, Columns], dict[str, Columns]]:
    """Gold and predicted tables of events and arguments, with offsets in code points."""
    chance = np.random.default_rng(2)
    owner = np.repeat(np.arange(events, dtype=np.int32), ARGUMENTS)

    def integers(below: int, size: int) -> NDArray[np.int32]:
        return chance.integers(0, below, size, dtype=np.int32)

    start, kind = integers(len(TEXT) - 40, events), integers(EVENT_TYPES, events) + 1
    own, length = integers(len(TEXT) - 40, events * ARGUMENTS), integers(30, events * ARGUMENTS) + 1
    role = integers(ROLES, events * ARGUMENTS) + 1
    sides = []
    for wrong in (0.0, 0.1):
        moved = start + (chance.random(events) < wrong)
        type_ = np.where(chance.random(events) < wrong, kind % EVENT_TYPES + 1, kind).astype(np.int32)
        table = {"doc": np.arange(events, dtype=np.int32) // EVENTS, "start": moved.astype(np.int32), "type": type_}
        table["end"] = table["start"] + 6
        longer = (chance.random(len(own)) < wrong).astype(np.int32)
        roles = np.where(chance.random(len(own)) < wrong, role % ROLES + 1, role).astype(np.int32)
        arguments = {"doc": table["doc"][owner], "start": own, "end": own + length + longer, "role": roles}
        arguments |= {"type": type_[owner], "trigger_start": table["start"][owner], "trigger_end": table["end"][owner]}
        sides.append({"events": table, "arguments": arguments})
    return sides[0], sides[1]


SIX = ("tri_i", "tri_c", "arg_i", "arg_c", "arg_i+", "arg_c+")


def events_from_columns(events: int, _: Path) -> Callable[[], list[float]]:
    """Strife, the six event metrics from columns, with their tables of types."""
    from strife.scoring.join import Tally, tally
    from strife.scoring.metrics import METRICS

    gold, predicted = event_columns(events)

    def run() -> list[float]:
        found: dict[str, Tally] = {}
        for items in ("events", "arguments"):
            metrics = [METRICS[name] for name in SIX if METRICS[name].items == items]
            found |= tally(gold[items], predicted[items], metrics, events // EVENTS, EVENT_TYPES + 1)
        return [float(one) for name in SIX for one in found[name].documents.sum(axis=0)]

    return run


def event_documents(events: int) -> tuple[Documents, Documents]:
    """The same events as documents."""
    from strife.model import Argument, Document, Event, Trigger

    sides = []
    for side in event_columns(events):
        columns = [side["arguments"][name].tolist() for name in ("role", "start", "end")]
        arguments = [Argument(f"r{role}", None, None, a, b) for role, a, b in zip(*columns, strict=True)]
        columns = [side["events"][name].tolist() for name in ("type", "start", "end")]
        made = [
            Event(f"e{n}", f"T{kind}", Trigger(a, b), tuple(arguments[n * ARGUMENTS : (n + 1) * ARGUMENTS]))
            for n, (kind, a, b) in enumerate(zip(*columns, strict=True))
        ]
        sides.append(
            [
                Document(f"d{n:07}", TEXT, (), tuple(made[n * EVENTS : (n + 1) * EVENTS]))
                for n in range(events // EVENTS)
            ]
        )
    return sides[0], sides[1]


def events_from_objects(events: int, _: Path) -> Callable[[], list[float]]:
    """Strife, the six event metrics from documents: checking, hashing and scoring."""
    from strife.scoring.score import score

    gold, predicted = event_documents(events)

    def run() -> list[float]:
        counts = score(gold, predicted, SIX).counts
        return [part for name in SIX for part in (counts[name].tp, counts[name].fp, counts[name].fn)]

    return run


def events_plain_sets(events: int, _: Path) -> Callable[[], list[float]]:
    """Plain Python sets over TextEE's keys, from the same documents."""
    sides = event_documents(events)

    def run() -> list[float]:
        gold, predicted = map(plain_keys, sides)
        found: list[float] = []
        for wanted, given in zip(gold, predicted, strict=True):
            right = len(wanted & given)
            found += [right, len(given) - right, len(wanted) - right]
        return found

    return run


def plain_keys(documents: Documents) -> list[set[tuple[object, ...]]]:
    """The keys of the six metrics, in the order of SIX."""
    tri_i, tri_c, arg_i, arg_c, arg_i_plus, arg_c_plus = found = [set[tuple[object, ...]]() for _ in SIX]
    for document in documents:
        doc_id = document.doc_id
        for event in document.events:
            start, end, kind = event.trigger.start, event.trigger.end, event.type
            tri_i.add((doc_id, start, end))
            tri_c.add((doc_id, start, end, kind))
            for argument in event.arguments:
                first, last, role = argument.start, argument.end, argument.role
                arg_i.add((doc_id, kind, first, last))
                arg_c.add((doc_id, kind, first, last, role))
                arg_i_plus.add((doc_id, start, end, kind, first, last))
                arg_c_plus.add((doc_id, start, end, kind, first, last, role))
    return found


WORKERS = {
    worker.__name__: worker
    for worker in (
        spans_from_columns,
        spans_from_jsonl,
        spans_seqeval,
        spans_nervaluate,
        events_from_columns,
        events_from_objects,
        events_plain_sets,
    )
}
PEERS = ("spans_seqeval", "spans_nervaluate")
RATIOS = (
    ("spans_seqeval", "spans_from_columns", 150),
    ("spans_nervaluate", "spans_from_columns", 100),
    ("spans_seqeval", "spans_from_jsonl", 15),
    ("events_plain_sets", "events_from_columns", 40),
    ("events_plain_sets", "events_from_objects", 4),
)


def work(name: str, size: int, folder: Path) -> None:
    """One run in this process: print its seconds, its numbers, and its memory before and at its peak."""
    import resource

    run = WORKERS[name](size, folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "found": found, "before": before, "peak": peak}))


def measured(python: str, name: str, size: int, folder: Path) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [python, __file__, "--work", name, "--spans", str(size), "--keep", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "ignore"}, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", help="the Python of an environment with seqeval and nervaluate")
    parser.add_argument("--only", nargs="*", choices=WORKERS, help="only these")
    parser.add_argument("--keep", type=Path, help="write generated files here and keep them")
    parser.add_argument("--work", choices=WORKERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.spans, options.keep)
        return
    names = [name for name in WORKERS if name in (options.only or WORKERS) and (options.peers or name not in PEERS)]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for _ in range(options.rounds):
            agreed: dict[str, list[float]] = {}
            for name in names:
                size = options.spans if name.startswith("spans") else options.events
                run = measured(options.peers if name in PEERS else sys.executable, name, size, folder)
                seconds[name].append(run["seconds"])
                told = (
                    f"{run['seconds']:9.3f} s, memory {run['before']:5.0f} MB before, {run['peak']:5.0f} MB at the peak"
                )
                print(f"{name:<20} {size:>9} {told}", flush=True)
                if agreed.setdefault(name.partition("_")[0], run["found"]) != run["found"]:
                    sys.exit(f"{name} finds {run['found']}, others {agreed[name.partition('_')[0]]}")
    for slow, fast, wanted in RATIOS:
        if slow in seconds and fast in seconds:
            ratios = [a / b for a, b in zip(seconds[slow], seconds[fast], strict=True)]
            told = f"{min(ratios):.0f} to {max(ratios):.0f}, median {statistics.median(ratios):.1f} (wanted {wanted})"
            print(f"{fast} is faster than {slow} by {told}")


if __name__ == "__main__":
    main()
