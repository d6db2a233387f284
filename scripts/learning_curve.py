"""Would more text help? Train the baselines on 10 to 100 % of train and score them: writes corpus/LEARNING.tsv.

    python scripts/learning_curve.py [--dataset FOLDER] [--seeds 3] [--system lexicon]

For each seed the documents of train are put in an order of its own, and the first 10, 25, 50, 75 and 100 % of them
(rounded up) are trained on; validation tunes thresholds as ever, and validation and test are scored. What is 100 % is
the same for every seed and is done once. Rows of systems that are not asked for stay as they are, and nothing is done
when the table has all that is asked for, of the same documents.
"""

import argparse
import hashlib
import math
import multiprocessing
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from strife import baselines
from strife.dataset import SPLITS
from strife.loading import load
from strife.model import Document, encode
from strife.ontology import load_ontology
from strife.refusal import Refusal
from strife.release.measured import LEARNING, Learned, read_learning, write_learning
from strife.scoring.confidence import intervals
from strife.scoring.score import Scores, score
from strife.scoring.sources import name
from strife.store import write_whole

ROOT = Path(__file__).parents[1]
SHARES = (10, 25, 50, 75, 100)
METRICS = ("ent", "tri_c")


class Point(NamedTuple):
    """One training: of a system on the documents numbered so, under a share and a seed."""

    system: str
    share: int
    seed: int
    documents: tuple[int, ...]


def points(systems: Iterable[str], number: int, seeds: int) -> Iterator[Point]:
    """Every training on `number` documents; within a seed a larger share holds the smaller one."""
    for system in systems:
        for seed in range(seeds):
            order = random.Random(seed).sample(range(number), number)
            for share in SHARES:
                if share < 100 or seed == 0:
                    yield Point(system, share, seed, tuple(sorted(order[: math.ceil(number * share / 100)])))


def identity(folder: Path) -> str:
    """Name and version of the dataset, and a hash of its documents and their splits."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for document in load(folder, split):
            digest.update(split.encode() + encode(document))
    return f"{name(folder)}@{digest.hexdigest()[:8]}"


def measured(point: Point, folder: Path, data: str) -> Learned:
    """Train and score."""
    train, validation, test = (load(folder, split) for split in SPLITS)
    model = baselines.train(point.system, [train[n] for n in point.documents], validation, load_ontology())
    tuned, last = (_scored(documents, model) for documents in (validation, test))
    low, high = intervals(last)["ent"].f1
    return Learned(
        data=data,
        system=point.system,
        share=point.share,
        documents=len(point.documents),
        seed=point.seed,
        validation_ent=round(tuned.counts["ent"].f1, 4),
        validation_tri_c=round(tuned.counts["tri_c"].f1, 4),
        test_ent=round(last.counts["ent"].f1, 4),
        test_tri_c=round(last.counts["tri_c"].f1, 4),
        low=round(low, 4),
        high=round(high, 4),
    )


def _scored(documents: Sequence[Document], model: baselines.Baseline) -> Scores:
    return score(documents, [model.predict(document) for document in documents], METRICS)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT, help="the folder of the dataset")
    parser.add_argument("--out", type=Path, help="the table; corpus/LEARNING.tsv of the dataset if not given")
    parser.add_argument("--system", action="append", choices=baselines.NAMES, help="only this; may be given often")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    systems = options.system or list(baselines.NAMES)
    out = options.out or options.dataset / LEARNING
    every = list(points(systems, len(load(options.dataset, "train")), options.seeds))
    every.sort(key=lambda point: -len(point.documents))  # the longest first
    data, before = identity(options.dataset), read_learning(out)
    if {one[:3] for one in every} == {(row.system, row.share, row.seed) for row in before if row.data == data}:
        print(f"{out}: is of {data}; nothing to do")
        return
    work = partial(measured, folder=options.dataset, data=data)
    spawn = multiprocessing.get_context("spawn")  # polars has threads, which do not live through a fork
    with ProcessPoolExecutor(options.jobs, mp_context=spawn) as pool:
        rows = [row for row in before if row.system not in systems]
        for row in pool.map(work, every):
            rows.append(row)
            print(f"{row.system}, {row.documents} documents: ent {100 * row.test_ent:.1f} on test", flush=True)
    rows.sort(key=lambda row: (baselines.NAMES.index(row.system), row.share, row.seed))
    write_whole({out: write_learning(rows)})


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"{Path(__file__).name}: {error}")
