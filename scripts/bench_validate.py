"""Time validation against label_studio_sdk.converter to CONLL2003 on one generated export, alternated in one run.

    python scripts/bench_validate.py --tasks 5000 --rounds 3

The export: 300 words, 40 spans (35 mentions, 5 of them nested, and 5 triggers) and 15 relations a task, valid under
strife's ontology. Each run is a process of its own, start-up included; peak memory is the operating system's.
Needs the extra `label-studio` for the converter; without it only strife is timed.
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
from pathlib import Path

from strife.labelstudio.tasks import results
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology
from strife.ontology_views import label_config

WORDS, SENTENCE, MENTIONS, TRIGGERS, RELATIONS = 300, 20, 31, 5, 15
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
        if len(entities) % 7 == 0:
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
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, tasks + 1):
            file.write("[" if number == 1 else ",\n")
            json.dump(generated_task(number, ontology), file)
        file.write("]")


CONVERT = """
import sys
from label_studio_sdk.converter import Converter
Converter(config=sys.argv[2], project_dir=None).convert(sys.argv[1], sys.argv[3], "CONLL2003", is_dir=False)
"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command[:4]} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write the export here and keep it")
    options = parser.parse_args()
    ontology = load_ontology()
    with tempfile.TemporaryDirectory() as folder:
        export = options.keep or Path(folder) / "export.json"
        if not export.exists():
            write_export(export, options.tasks, ontology)
        config = Path(folder) / "config.xml"
        config.write_text(label_config(ontology), encoding="utf-8")
        strife = [sys.executable, "-m", "strife.cli", "validate", str(export)]
        commands = {"strife, per document": [*strife, "--per-document"], "strife, all rules": strife}
        if importlib.util.find_spec("label_studio_sdk"):
            out = str(Path(folder) / "conll")
            commands["converter to CONLL2003"] = [sys.executable, "-c", CONVERT, str(export), str(config), out]
        print(f"{options.tasks} tasks, {export.stat().st_size / 1e6:.1f} MB")
        for _ in range(options.rounds):
            for name, command in commands.items():
                seconds, megabytes = run(command)
                print(f"{name:<25} {seconds:7.2f} s {megabytes:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
