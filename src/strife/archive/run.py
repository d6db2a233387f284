"""Predictions over archives of any length: in parts, resumable, on all processors, memory flat.

The input is cut into units of so many documents. A unit becomes one part file, written whole; a part that is there is
done, so a run that was broken off goes on where it was. The manifest names model and input by their hashes, and a
folder begun with others is refused. Shards of one run (1/4, 2/4, ...) may work in one folder at the same time.
"""

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from strife.archive.units import Done, Unit, left, plan, work
from strife.baselines import Baseline, load
from strife.refusal import Refusal
from strife.store import write_whole

SIZE = 1000  # documents of a part
MANIFEST = "manifest.json"
AHEAD = 2  # units that wait for each worker


class ArchiveError(Refusal, ValueError):
    """A run cannot begin or go on; the message says why and what to do. Finished parts stay."""


class Progress(NamedTuple):
    """How far a run is: documents of this run, seconds since it began."""

    done: int
    total: int
    seconds: float

    def __str__(self) -> str:
        rate = self.done / self.seconds if self.seconds else 0.0
        left = (self.total - self.done) / rate if rate else 0.0
        return f"{self.done} of {self.total} documents, {rate:.0f} a second, {left / 60:.1f} minutes left"


class Summary(NamedTuple):
    """What a run did; `before` parts were there already, `left_out` counts the lines of meta.left_out in documents."""

    documents: int
    rejected: int
    parts: int
    before: int
    left_out: int = 0


Engine = Callable[[Sequence[Unit], Path, Path, int], Iterator[Done]]


def run(
    model: Path,
    source: Path,
    out: Path,
    size: int = SIZE,
    shard: tuple[int, int] = (1, 1),
    workers: int | None = None,
    engine: str = "local",
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Summary:
    """Predict every document of a file or folder into part files under `out`.

    A row that is no document, or that the model has no prediction for, is named in part-N.rejected.jsonl and the run
    goes on; a later run tries the latter again. Raises ArchiveError for a folder that was begun with another model,
    input or size, and when a worker dies; ModelError and InputError for those.
    """
    load(model)  # refuse what is no model before anything is written
    units, inputs = plan(source, size)
    _claim(out, {"model_sha256": _model_hash(model), "size": size, "parts": len(units), "inputs": inputs})
    number, of = shard
    own = [unit for unit in units if unit.number % of == number - 1]
    rows = {unit.number: left(unit, out) for unit in own}
    waiting = [unit for unit in own if rows[unit.number]]
    total, done, rejected, left_out = sum(rows.values()), 0, 0, 0
    begun = time.monotonic()
    count = workers or multiprocessing.cpu_count()
    for one in ENGINES[engine](waiting, model, out, count) if waiting else ():
        done, rejected = done + one.documents + one.rejected, rejected + one.rejected
        left_out += one.left_out
        tell(Progress(done, total, time.monotonic() - begun))
    return Summary(done - rejected, rejected, len(waiting), len(own) - len(waiting), left_out)


def _model_hash(model: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in model.iterdir() if p.is_file()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _claim(out: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest, or make sure that the folder was begun with the same."""
    file = out / MANIFEST
    content = (json.dumps(manifest, indent=1) + "\n").encode()
    if file.is_file():
        try:
            before = json.loads(file.read_bytes())
        except ValueError as error:
            raise ArchiveError(f"{file}: no manifest ({error}); choose another folder or delete this one") from error
        other = [key for key, value in manifest.items() if not isinstance(before, dict) or before.get(key) != value]
        if other:
            raise ArchiveError(
                f"{out}: begun with another {', '.join(other)}; expected the same; choose another folder or delete it"
            )
    else:
        write_whole({file: content})


_model: Baseline  # of a worker process


def _start(folder: Path) -> None:
    global _model
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is loaded: one processor for each process
    _model = load(folder)


def _work(unit: Unit, out: Path) -> Done:
    return work(unit, _model, out)


def _local(units: Sequence[Unit], model: Path, out: Path, workers: int) -> Iterator[Done]:
    """Units on processes of this machine, in the order in which they end."""
    if workers == 1:
        loaded = load(model)
        yield from (work(unit, loaded, out) for unit in units)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(units)), context, _start, (model,)) as pool:
        rest = iter(units)
        running: set[Future[Done]] = set()
        try:
            while True:
                for unit in _some(rest, workers * (AHEAD + 1) - len(running)):
                    running.add(pool.submit(_work, unit, out))
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ended)
        except BrokenProcessPool as error:
            raise ArchiveError("a worker died; finished parts are kept; run the same command again") from error


def _some(units: Iterator[Unit], number: int) -> Iterable[Unit]:
    for _ in range(number):
        unit = next(units, None)
        if unit is None:
            return
        yield unit


def _ray(units: Sequence[Unit], model: Path, out: Path, workers: int) -> Iterator[Done]:
    """Units as rows of Ray Data; a unit whose worker dies runs again elsewhere, and writes the same part."""
    from strife.archive.on_ray import on_ray

    return on_ray(units, model.resolve(), out.resolve(), workers)


ENGINES: dict[str, Engine] = {"local": _local, "ray": _ray}
