"""Time validation against label_studio_sdk.converter to CONLL2003 on one generated export, alternated in one run.

    python scripts/bench_validate.py --tasks 5000 --rounds 3 --growth 20

The export: 300 words, 40 spans (35 mentions, 5 of them nested, and 5 triggers) and 15 relations a task, valid under
strife's ontology. Each run is a process of its own, start-up included. Peak memory is that of a run by itself, summed
over its processes (shared pages counted once), as Linux tells it. `--growth` also checks an export so many times as
long with the rules on single documents, and one four times as long with all rules; start-up is taken off before times
are compared. Needs the extra `label-studio` for the converter; without it only strife is timed.
"""

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

from strife.labelstudio.tasks import results
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology
from strife.ontology_views import label_config

WORDS, SENTENCE, MENTIONS, TRIGGERS, RELATIONS = 300, 20, 30, 5, 15
SYLLABLES = ("ka", "tor", "mel", "in", "dra", "sol", "ve", "ner", "ash", "lim", "ro", "pet")


def generated_document(number: int) -> Document:
    """One document, the same for the same number."""
    chance = random.Random(number)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(WORDS)]
    for n in range(19, WORDS, SENTENCE):
        words[n] += "."
        words[n - 19] = words[n - 19].title()
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    text = " ".join(words)
    return Document(f"task-{number}", text, *_annotation(chance, words, starts))


def generated_task(number: int, ontology: Ontology) -> dict[str, object]:
    """The task of a document, with a submitted annotation."""
    document = generated_document(number)
    annotation = {
        "id": number,
        "completed_by": 1 + number % 3,
        "result": results(document, ontology),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
        "lead_time": 100.5,
        "unique_id": f"{number:032x}",
    }
    data = {"doc_id": document.doc_id, "text": document.text}
    return {"id": number, "annotations": [annotation], "drafts": [], "predictions": [], "data": data, "meta": {}}


def _annotation(
    chance: random.Random, words: list[str], starts: list[int]
) -> tuple[tuple[Entity, ...], tuple[Event, ...], tuple[Relation, ...]]:
    """Mentions of two words, one in six with another inside; triggers with arguments; located_in relations."""
    usable = [n for n in range(0, WORDS - 2, 4) if not words[n].endswith(".") and not words[n + 1].endswith(".")]
    places = sorted(chance.sample(usable, MENTIONS + TRIGGERS))
    triggers = set(chance.sample(places, TRIGGERS))
    entities: list[Entity] = []
    events: list[Event] = []
    for n in places:
        start, end = starts[n], starts[n + 1] + len(words[n + 1])
        if n in triggers:
            trigger = Trigger(start, start + len(words[n]))
            events.append(Event(f"e{n}", "CLASH", trigger, (), {"incident": len(events) + 1}))
            continue
        entities.append(Entity(f"m{n}", start, end, chance.choice(("FAC", "ORG", "ARM"))))
        if len(entities) % 7 == 6:  # each sixth, since the one inside counts too
            entities.append(Entity(f"n{n}", start, start + len(words[n]), "GPE"))
    drawn = []
    for event in events:
        number = int(event.id[1:]) // SENTENCE
        near = [e for e in entities if e.label != "GPE" and int(e.id[1:]) // SENTENCE == number]
        arguments = tuple(Argument("place" if e.label == "FAC" else "agent", e.id) for e in near)
        drawn.append(Event(event.id, event.type, event.trigger, arguments, event.attributes))
    sites = [e for e in entities if e.label == "FAC"]
    towns = [e for e in entities if e.label == "GPE"]
    pairs = [(site, town) for site in sites for town in towns]
    missing = max(0, RELATIONS - sum(len(event.arguments) for event in drawn))
    relations = [Relation(a.id, b.id, "located_in") for a, b in chance.sample(pairs, min(missing, len(pairs)))]
    return tuple(entities), tuple(drawn), tuple(relations)


def write_export(path: Path, tasks: int, ontology: Ontology) -> None:
    """A generated export of so many tasks."""
    with path.open("w", encoding="utf-8") as file, ProcessPoolExecutor() as pool:
        for number, line in enumerate(pool.map(_line, range(1, tasks + 1), [ontology] * tasks, chunksize=100), 1):
            file.write(("[" if number == 1 else ",\n") + line)
        file.write("]")


def _line(number: int, ontology: Ontology) -> str:
    return json.dumps(generated_task(number, ontology))


CONVERT = """
import sys
from label_studio_sdk.converter import Converter
Converter(config=sys.argv[2], project_dir=None).convert(sys.argv[1], sys.argv[3], "CONLL2003", is_dir=False)
"""


class Seconds(NamedTuple):
    """How long a process took: by the clock, and of all processors."""

    clock: float
    processor: float


def seconds_of(command: list[str]) -> Seconds:
    """How long a process takes, its children included."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[:4]} failed")
    return Seconds(time.perf_counter() - begin, used.ru_utime + used.ru_stime)


def megabytes_of(command: list[str]) -> float:
    """The most memory that a process and its children hold together, looked at 50 times a second."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(kilobytes, session(process.pid))))
        time.sleep(0.02)
    return peak / 1024


def session(leader: int) -> list[Path]:
    """The processes that a session leader started, and itself."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == leader:
                found.append(folder)
        except ProcessLookupError:
            continue
    return found


def kilobytes(folder: Path) -> int:
    """The proportional set size of a process: pages that several share are divided among them."""
    try:
        lines = (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0  # it has ended
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def validation(export: Path, *options: str) -> list[str]:
    """The command that validates an export."""
    return [sys.executable, "-m", "strife.cli", "validate", str(export), *options]


def compare(commands: dict[str, list[str]], rounds: int) -> None:
    """Time the commands in turn, then tell each one's times, its memory, and how often it fits into the last one's."""
    times: dict[str, list[Seconds]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds_of(command))
    *_, last = times.values()
    for name, command in commands.items():
        listed = ", ".join(f"{one.clock:.2f}" for one in times[name])
        clock = median(slow.clock / fast.clock for slow, fast in zip(last, times[name], strict=True))
        processor = median(slow.processor / fast.processor for slow, fast in zip(last, times[name], strict=True))
        ratios = f"{clock:.1f} times as fast by the clock, {processor:.1f} by processor time"
        print(f"{name:<13} {listed} s; {megabytes_of(command):.0f} MB; {ratios}", flush=True)


def growth(short: Path, tasks: int, times: int, rounds: int, options: tuple[str, ...], folder: Path) -> None:
    """How processor time (other work on the machine changes it least) and memory grow with the length of an export."""
    ontology = load_ontology()
    one, long = folder / "one.json", folder / "long.json"
    write_export(one, 1, ontology)
    write_export(long, times * tasks, ontology)
    start = median(seconds_of(validation(one, *options)).processor for _ in range(3))
    ratios = []
    for _ in range(rounds):
        less, more = (seconds_of(validation(export, *options)).processor - start for export in (short, long))
        ratios.append(more / less / times)
    memory = " and ".join(f"{megabytes_of(validation(export, *options)):.0f} MB" for export in (short, long))
    listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(
        f"{' '.join(options) or 'all rules'}: {times} times as long, processor time a task {listed}-fold, {memory}",
        flush=True,
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", type=int, default=0, metavar="TIMES", help="also an export so many times as long")
    options = parser.parse_args()
    ontology = load_ontology()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export, config = folder / "export.json", folder / "config.xml"
        write_export(export, options.tasks, ontology)
        config.write_text(label_config(ontology), encoding="utf-8")
        commands = {"per document": validation(export, "--per-document"), "all rules": validation(export)}
        if importlib.util.find_spec("label_studio_sdk"):
            converted = [str(export), str(config), str(folder / "conll")]
            commands["converter"] = [sys.executable, "-c", CONVERT, *converted]
        print(f"{options.tasks} tasks, {export.stat().st_size / 1e6:.1f} MB", flush=True)
        compare(commands, options.rounds)
        if options.growth:
            growth(export, options.tasks, options.growth, options.rounds, ("--per-document",), folder)
            growth(export, options.tasks, min(options.growth, 4), options.rounds, (), folder)


if __name__ == "__main__":
    main()
