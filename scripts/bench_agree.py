"""Time `strife agree` on generated exports of growing length: all measures but gamma, 1,000 bootstrap samples.

    python scripts/bench_agree.py --documents 50 200 800 --rounds 3

A document has 700 words, and of each of three annotators 40 spans (30 mentions, one in six inside another, and 10
triggers), with arguments, relations and attributes; each annotator leaves out, moves and renames some. Each run is a
process of its own, start-up and reading included; processor time and peak memory are the operating system's.
"""

import argparse
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

WORDS, MENTIONS, TRIGGERS, ANNOTATORS = 700, 25, 10, 3
SYLLABLES = ("ka", "tor", "mel", "in", "dra", "sol", "ve", "ner", "ash", "lim", "ro", "pet")
LABELS = ("PER", "ARM", "ORG", "GPE", "FAC")
TYPES = ("STRIKE", "CLASH", "ATTACK", "DEATH", "DETENTION")


def generated_document(number: int) -> Document:
    """What all annotators would say if they agreed; the same for the same number."""
    chance = random.Random(number)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(WORDS)]
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    places = sorted(chance.sample(range(0, WORDS - 4, 4), MENTIONS + TRIGGERS))
    for_triggers = set(chance.sample(places, TRIGGERS))
    entities: list[Entity] = []
    events: list[Event] = []
    for n in places:
        start, end = starts[n], starts[n + 1] + len(words[n + 1])
        if n in for_triggers:
            near = [Argument(role, e.id) for role, e in zip(("agent", "target", "place"), entities[-3:], strict=False)]
            kind = TYPES[n % len(TYPES)]
            trigger = Trigger(start, start + len(words[n]))
            events.append(Event(f"e{n}", kind, trigger, tuple(near), {"incident": 1 + n // 200}))
        else:
            entities.append(Entity(f"m{n}", start, end, chance.choice(LABELS)))
            if len(entities) % 6 == 0:
                entities.append(Entity(f"n{n}", start, start + len(words[n]), "GPE"))
    relations = [Relation(a.id, b.id, "located_in") for a, b in zip(entities[::3], entities[1::3], strict=False)]
    return Document(f"d{number}", " ".join(words), tuple(entities), tuple(events), tuple(relations))


def as_annotated(document: Document, who: int) -> Document:
    """The document as one annotator marks it."""
    chance = random.Random(f"{document.doc_id} {who}")
    kept = [e for e in document.entities if chance.random() > 0.08]
    entities = [
        Entity(
            e.id,
            e.start,
            e.end - (2 if chance.random() < 0.08 and e.end - e.start > 4 else 0),
            chance.choice(LABELS) if chance.random() < 0.06 else e.label,
        )
        for e in kept
    ]
    ids = {e.id for e in entities}
    events = [
        Event(
            e.id,
            chance.choice(TYPES) if chance.random() < 0.06 else e.type,
            e.trigger,
            tuple(a for a in e.arguments if a.entity_id in ids and chance.random() > 0.1),
            e.attributes | ({"certainty": "alleged"} if chance.random() < 0.2 else {}),
        )
        for e in document.events
        if chance.random() > 0.08
    ]
    relations = [r for r in document.relations if {r.head, r.tail} <= ids and chance.random() > 0.1]
    return Document(document.doc_id, document.text, tuple(entities), tuple(events), tuple(relations))


def write_export(path: Path, documents: int, ontology: Ontology) -> None:
    """A generated export of so many tasks with an annotation of each annotator."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, documents + 1):
            document = generated_document(number)
            annotations = [
                {"id": number * 10 + who, "completed_by": who, "result": results(as_annotated(document, who), ontology)}
                for who in range(1, ANNOTATORS + 1)
            ]
            data = {"doc_id": document.doc_id, "text": document.text}
            file.write("[" if number == 1 else ",\n")
            json.dump({"id": number, "data": data, "annotations": annotations}, file)
        file.write("]")


def run(command: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock and of processors, and peak megabytes, of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{command[:4]} failed")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--format", choices=("text", "json", "html"), default="json")
    options = parser.parse_args()
    ontology = load_ontology()
    with tempfile.TemporaryDirectory() as folder:
        exports = {number: Path(folder) / f"{number}.json" for number in options.documents}
        for number, export in exports.items():
            write_export(export, number, ontology)
        for _ in range(options.rounds):
            for number, export in exports.items():
                command = [sys.executable, "-m", "strife.cli", "agree", str(export), "--format", options.format]
                command += ["--samples", str(options.samples), "--out", f"{export}.out"]
                seconds, processor, megabytes = run(command)
                row = f"{number:>6} documents {seconds:7.2f} s {processor:7.2f} s of processors {megabytes:7.0f} MB"
                print(row, flush=True)


if __name__ == "__main__":
    main()
