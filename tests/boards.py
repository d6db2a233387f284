"""A project with a board of invented systems, for the tests of the leaderboard: gold, spoilt to different degrees."""

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from strife.leaderboard.submission import FILE, Run, Submission, as_toml
from strife.model import Argument, Document, Entity, Event, Trigger, encode, text_hash
from strife.store import write_documents

LABELS = ("PER", "ARM", "ORG", "GPE", "TIME")


def spoilt(gold: Document, share: float, chance: random.Random) -> Document:
    """Gold with about this share of its items lost, moved, or called something else."""

    def wrong() -> bool:
        return chance.random() < share

    entities = []
    for entity in gold.entities:
        if wrong():
            kind = chance.choice(("missed", "boundary", "type"))
            if kind == "boundary" and entity.end - entity.start > 1:
                entities.append(msgspec.structs.replace(entity, end=entity.end - 1))
            elif kind == "type":
                entities.append(msgspec.structs.replace(entity, label=chance.choice(LABELS)))
        else:
            entities.append(entity)
    kept = {entity.id for entity in entities}
    events = []
    for event in gold.events:
        if not wrong():
            arguments = tuple(a for a in event.arguments if a.entity_id in kept and not wrong())
            events.append(msgspec.structs.replace(event, arguments=arguments))
    for number in range(round(share * 5)):
        start = chance.randrange(len(gold.text) - 4)
        entities.append(Entity(f"x{number}", start, start + 3, chance.choice(LABELS)))
    return Document(gold.doc_id, gold.text, tuple(entities), tuple(events))


def project(root: Path, gold: Sequence[Document]) -> Path:
    """A project of which every document is in test."""
    (root / "corpus" / "splits").mkdir(parents=True)
    texts = {document.doc_id: text_hash(document.text) for document in gold}
    manifest = {"name": "strife", "version": "0.1.0", "texts": texts}
    (root / "corpus" / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    (root / "corpus" / "splits" / "test.txt").write_text("\n".join(texts), encoding="utf-8")
    (root / "corpus" / "corpus.toml").write_text('name = "strife"\nversion = "0.1.0"\n[card]\n', encoding="utf-8")
    write_documents(root / "corpus" / "gold.jsonl", gold)
    return root


def submit(root: Path, system: str, runs: Iterable[Iterable[Document]], **said: object) -> Path:
    """Add a submission with one run for each list of documents."""
    folder = root / "benchmarks" / "submissions" / system
    folder.mkdir(parents=True)
    predicted = [list(documents) for documents in runs]
    names = (
        [Run("predictions.jsonl")]
        if len(predicted) == 1
        else [Run(f"seed-{n}.jsonl", n) for n in range(len(predicted))]
    )
    about = {
        "authors": ["A. Author"],
        "link": f"https://example.org/{system}",
        "description": "An invented system.",
        "training_data": ["strife-0.1.0 train"],
    }
    submission = Submission(system=system, dataset="strife-0.1.0", split="test", runs=names, **{**about, **said})  # type: ignore[arg-type]
    (folder / FILE).write_text(as_toml(submission), encoding="utf-8")
    for run, documents in zip(names, predicted, strict=True):
        (folder / run.predictions).write_bytes(b"".join(encode(document) + b"\n" for document in documents))
    return folder


def in_words(document: Document) -> dict[str, object]:
    """What a system says that quotes words and counts no characters."""
    return {
        "doc_id": document.doc_id,
        "entities": [{"id": e.id, "text": document.surface(e), "label": e.label} for e in document.entities],
        "events": [
            {
                "id": e.id,
                "type": e.type,
                "trigger": document.surface(e),
                "arguments": [{"role": a.role, "entity_id": a.entity_id, "event_id": a.event_id} for a in e.arguments],
            }
            for e in document.events
        ],
    }


def invented(number: int) -> list[Document]:
    """So many short documents, all different."""
    chance = random.Random(7)
    places = ("Talmar", "Ostrel", "Kelvane", "Brunmark")
    documents = []
    for n in range(number):
        place, people = chance.choice(places), chance.randrange(2, 90)
        text = f"Report {n} \U0001f600: rebels killed {people} villagers in {place} on Friday."
        text += " Police said that the raid went on."
        at = {
            word: text.index(word)
            for word in ("rebels", "killed", "villagers", place, "Friday", "Police", "said", "raid")
        }
        span = {word: (start, start + len(word)) for word, start in at.items()}
        entities = (
            Entity("m1", *span["rebels"], "ARM"),
            Entity("m2", *span["villagers"], "PER"),
            Entity("m3", *span[place], "GPE"),
            Entity("m4", *span["Friday"], "TIME"),
            Entity("m5", *span["Police"], "ORG"),
        )
        roles = (("agent", "m1"), ("victim", "m2"), ("place", "m3"), ("time", "m4"))
        events = (
            Event("e1", "DEATH", Trigger(*span["killed"]), tuple(Argument(role, target) for role, target in roles)),
            Event(
                "e2", "STATEMENT", Trigger(*span["said"]), (Argument("speaker", "m5"), Argument("content", None, "e3"))
            ),
            Event("e3", "ATTACK", Trigger(*span["raid"])),
        )
        documents.append(Document(f"report-{n:02}", text, entities, events))
    return documents
