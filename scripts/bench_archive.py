"""Time `strife predict --parts` on two processes against one, and on a long archive against a short one.

    python scripts/bench_archive.py                                    the linear baseline; 5,000 and 100,000 articles
    python scripts/bench_archive.py --model lexicon --rounds 5

The articles: a few sentences of the corpus's own gold documents, drawn anew for each, so that words and lengths are
those of reports. Every run is a process of its own into a folder of its own, start-up included; runs that are compared
stand alternately in one run. Processor time is that of all processes. Peak memory is summed over the processes (shared
pages counted once), looked at twice a second, as Linux tells it.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench_validate import kilobytes, session
from strife import baselines
from strife.model import Document, encode
from strife.ontology import load_ontology
from strife.segment import sentences
from strife.store import read_documents, write_whole

GOLD = Path(__file__).parents[1] / "corpus" / "gold.jsonl"
PART = 500  # documents


class Cost(NamedTuple):
    """What a run took: seconds by the clock, seconds of all processors, the most memory in megabytes.

    `others`: how many processors other work on the machine kept busy meanwhile.
    """

    clock: float
    processor: float
    megabytes: float
    others: float


def write_articles(path: Path, number: int, gold: list[Document]) -> float:
    """Generated articles, the same for the same number; tells how many code points one has on average."""
    known = [document.text[a:b] for document in gold for a, b in sentences(document.text)]
    length = 0
    with path.open("wb") as file:
        for n in range(number):
            chance = random.Random(n)
            text = " ".join(chance.choices(known, k=chance.randint(3, 7)))
            length += len(text)
            file.write(encode(Document(f"a{n:07}", text)) + b"\n")
    return length / number


def cost(model: Path, articles: Path, workers: int, folder: Path) -> Cost:
    """One run into a folder that is deleted then."""
    out = folder / "out"
    command = [sys.executable, "-m", "strife.cli", "predict", model, articles, "--out", out, "--parts", PART]
    command += ["--workers", workers]
    begin, busy, peak = time.perf_counter(), busy_seconds(), 0
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, sum(map(kilobytes, session(process.pid))))
        time.sleep(0.5 if time.perf_counter() - begin > 5 else 0.05)
    clock = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        sys.exit(f"{command} failed")
    shutil.rmtree(out)
    processor = ended[2].ru_utime + ended[2].ru_stime
    return Cost(clock, processor, peak / 1024, max(0.0, busy_seconds() - busy - processor) / clock)


def busy_seconds() -> float:
    """Seconds that the processors of this machine have worked since it started, as Linux tells it."""
    words = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)[1:9]
    user, nice, system, _, _, interrupts, soft, stolen = map(int, words)
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=baselines.NAMES, default="linear")
    parser.add_argument("--short", type=int, default=5_000)
    parser.add_argument("--long", type=int, default=100_000, help="0: leave it out")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    gold = list(read_documents(GOLD))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, short, long = folder / "model", folder / "short.jsonl", folder / "long.jsonl"
        trained = baselines.train(options.model, gold, [], load_ontology())
        write_whole({model / file: content for file, content in trained.files().items()})
        length = write_articles(short, options.short, gold)
        print(f"{options.model}; articles of {length:.0f} code points, {PART} a part", flush=True)
        pairs = []
        for _ in range(options.rounds):
            one, two = (cost(model, short, workers, folder) for workers in (1, 2))
            pairs.append((one, two))
            tell(options.short, 1, one)
            tell(options.short, 2, two)
        ratios = [one.clock / two.clock for one, two in pairs]
        alone = min(pairs, key=lambda pair: max(pair[1].others, pair[0].others - 1))
        told = f"{median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"2 processes: {told}; {alone[0].clock / alone[1].clock:.2f} where others did least", flush=True)
        if options.long:
            write_articles(long, options.long, gold)
            before = cost(model, short, 2, folder)
            much = cost(model, long, 2, folder)
            after = cost(model, short, 2, folder)
            tell(options.short, 2, before)
            tell(options.long, 2, much)
            tell(options.short, 2, after)
            times = options.long / options.short
            clock = much.clock / times / ((before.clock + after.clock) / 2)
            processor = much.processor / times / ((before.processor + after.processor) / 2)
            print(f"an article of the long archive costs {clock:.2f} times as much by the clock, {processor:.2f} by")
            print(f"processor time; memory {much.megabytes:.0f} MB against {before.megabytes:.0f} and ", end="")
            print(f"{after.megabytes:.0f} MB", flush=True)


def tell(articles: int, workers: int, run: Cost) -> None:
    """One line on a run."""
    print(
        f"{articles} articles, {workers} process{'es' if workers > 1 else ''}: {run.clock:.1f} s, "
        f"{articles / run.clock:.0f} articles a second, {1e6 * run.processor / articles:.0f} us of processor time "
        f"each, {run.megabytes:.0f} MB; others kept {run.others:.2f} processors busy",
        flush=True,
    )


if __name__ == "__main__":
    main()
