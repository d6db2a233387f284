"""Decide conflicts in plain text, as a model does that adjudicates without a browser.

    python scripts/adjudication_notes.py questions EXPORTS LOG.tsv [DOC_ID ...]
    python scripts/adjudication_notes.py decide EXPORTS LOG.tsv ANSWERS --by 4

The first prints the open questions of a batch with their numbered options; the second reads answers, one a line, cells
parted by tabs, writes the decisions into the log and says what is still open:

    QUESTION_ID   1                      why
    QUESTION_ID   = NUM 412:414 "12"     why      neither option, but this; `= -`: nothing
    !   DOC_ID   LAYER   PLACE   ANSWER  why      what both annotators had is overruled

Answers and places are written as the log writes them (docs/adjudication.md). Faulty lines are named, exit code 1.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from strife.adjudication.amend import Amendment
from strife.adjudication.decide import line_of
from strife.adjudication.describe import Reader
from strife.adjudication.facts import anchored, common_items, facts
from strife.adjudication.log import Decision, log_bytes, read_log
from strife.adjudication.notation import NotationError, read, read_place, write
from strife.adjudication.questions import Question, questions
from strife.adjudication.run import Adjudication, adjudicate
from strife.adjudication.settle import Case
from strife.adjudication.sources import Batch, read_batches
from strife.check import files
from strife.ontology import Ontology, load_ontology
from strife.refusal import Refusal
from strife.store import write_whole


def sheet(found: Adjudication, wanted: Iterable[str], ontology: Ontology) -> Iterator[str]:
    """The open questions, document by document in text order, each with its sentence and its numbered options."""
    chosen = set(wanted)
    for case in found.open:
        if chosen and case.bare.doc_id not in chosen:
            continue
        reader = Reader(case.bare.text, case.versions, ontology)
        yield f"\n== {case.bare.doc_id}, published {case.bare.published}"
        for question in sorted(case.settled.open, key=lambda one: (one.place.item[:2], one.place)):
            yield f"\n| {' '.join(reader.context(question.place).split())}"
            yield f"{question.id} {question.place.layer}: {reader.title(question.place)}"
            for number, (answer, who) in enumerate(question.options.items()):
                told = reader.answer(question.place, answer, who[0])
                shown = write(question.place, answer, case.bare.text)
                yield f"    {number} (annotator {', '.join(who)}): {told}   [{shown}]"


def answered(line: str, asked: dict[str, list[tuple[Case, Question]]], by: str, ontology: Ontology) -> list[Decision]:
    """The decisions of a line about open questions. Raises ValueError for one that is not understood."""
    ident, choice, why = line.split("\t")
    if ident not in asked:
        raise ValueError(f"there is no open question {ident}")
    decisions = []
    for case, question in asked[ident]:
        options = list(question.options)
        if choice.isdecimal() and int(choice) < len(options):
            answer = options[int(choice)]
        elif choice.startswith("="):
            answer = read(question.place, choice[1:].strip(), ontology)
        else:
            raise ValueError(f"{choice!r} is none of the options 0 to {len(options) - 1}")
        change = Amendment(question.place, frozenset(question.votes.values()), answer)
        decisions.append(line_of(case.bare, change, {question.id: question}, by, why))
    return decisions


def overruled(line: str, batches: dict[str, Batch], by: str, ontology: Ontology) -> Decision:
    """The decision of a line that begins with `!`. Raises ValueError for one that is not understood."""
    _, doc_id, layer, where, answer, why = line.split("\t")
    if doc_id not in batches:
        raise ValueError(f"there is no document {doc_id}")
    batch = batches[doc_id]
    raw = {who: facts(document, ontology) for who, document in batch.passes.items()}
    both = common_items(raw.values())
    versions = {who: anchored(one, both) for who, one in raw.items()}
    place = read_place(layer, where, ontology)
    same = (question for question in questions(doc_id, versions, ontology) if question.place == place)
    options = next((frozenset(question.votes.values()) for question in same), frozenset())
    return line_of(batch.bare, Amendment(place, options, read(place, answer, ontology)), {}, by, why)


def decide(exports: list[Path], log: Path, answers: Path, by: str, ontology: Ontology) -> list[str]:
    """Write the decisions into the log and return what was wrong, one message a line of the answers."""
    lines = {decision.key: decision for decision in read_log(log)}
    asked: dict[str, list[tuple[Case, Question]]] = {}
    for case in adjudicate(exports, ontology, log=lines.values()).open:
        for question in case.settled.open:
            asked.setdefault(question.id, []).append((case, question))
    batches = read_batches(exports, [], ontology)
    faults = []
    for number, line in enumerate(answers.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            made = (
                [overruled(line, batches, by, ontology)]
                if line.startswith("!")
                else answered(line, asked, by, ontology)
            )
        except (ValueError, NotationError) as error:
            faults.append(f"{answers}, line {number}: {error}")
            continue
        lines |= {decision.key: decision for decision in made}
    idle = {decision.key for decision in adjudicate(exports, ontology, log=lines.values()).unused}
    write_whole({log: log_bytes(decision for key, decision in lines.items() if key not in idle)})
    return faults


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("questions", "decide"))
    parser.add_argument("exports", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("rest", nargs="*", help="doc_ids, or the file of answers")
    parser.add_argument("--by", default="", help="the adjudicator's number")
    options = parser.parse_args()
    ontology = load_ontology()
    exports = list(files([options.exports]))
    faults: list[str] = []
    if options.command == "decide":
        if not options.by or len(options.rest) != 1:
            parser.error("decide needs one file of answers, and --by")
        faults = decide(exports, options.log, Path(options.rest[0]), options.by, ontology)
    found = adjudicate(exports, ontology, log=read_log(options.log))
    if options.command == "questions":
        print("\n".join(sheet(found, options.rest, ontology)))
    left = sum(len(case.settled.open) for case in found.open)
    print("\n".join([*faults, *map(str, found.findings), f"{len(found.gold)} documents gold, {left} questions open"]))
    sys.exit(bool(faults or found.findings))


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"{Path(__file__).name}: {error}")
