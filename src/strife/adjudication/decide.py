"""Decisions and the questions they answer: lines of the log made, merged without contradiction, and applied."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from strife.adjudication.amend import Amendment
from strife.adjudication.facts import Facts, Item, refuse
from strife.adjudication.log import WHOLE, Decision
from strife.adjudication.notation import (
    ITEMS,
    Answer,
    NotationError,
    Place,
    identify,
    read,
    read_place,
    slot,
    write,
    write_place,
)
from strife.adjudication.questions import Question
from strife.adjudication.settle import MAJORITY, SINGLE, Decided, arrow, majority
from strife.model import Document
from strife.ontology import Ontology

NOBODY = "nobody"
_QUOTED = re.compile(r'(\d+:\d+) "(?:[^"\\]|\\.)*"')


def line_of(bare: Document, change: Amendment, asked: Mapping[str, Question], by: str, why: str) -> Decision:
    """The line of the log for a curator's decision; who gave which option is taken from the questions."""
    key = identify(bare.doc_id, change.place, change.options)
    question = asked.get(key)
    options: dict[Answer, tuple[str, ...]] = question.options if question is not None else {}
    if not options:
        options = dict.fromkeys(change.options, ("all",))
    return _line(bare, key, change.place, options, change.answer, by, why)


def majority_line(bare: Document, question: Question, decided: Decided) -> Decision:
    """The line of the log for what a majority decided."""
    why = "the answer of more than half"
    return _line(bare, question.id, question.place, question.options, decided.answer, decided.how, why)


def _line(
    bare: Document,
    key: str,
    place: Place,
    options: Mapping[Answer, tuple[str, ...]],
    answer: Answer,
    by: str,
    why: str,
) -> Decision:
    return Decision(
        bare.doc_id,
        key,
        place.layer,
        write_place(place, bare.text),
        options_text(place, options, bare.text),
        write(place, answer, bare.text),
        by,
        why,
    )


def options_text(place: Place, options: Mapping[Answer, tuple[str, ...]], text: str) -> str:
    """Who gave which answer, as one line."""
    given = (f"{', '.join(names)}: {write(place, answer, text)}" for answer, names in options.items())
    return " | ".join(given) or NOBODY


def single_line(bare: Document, who: str) -> Decision:
    """The line of the log that takes a document as its only annotator did it."""
    return Decision(bare.doc_id, WHOLE, WHOLE, "", f"{who}: all", who, SINGLE + who, "the only annotator")


def joined(lines: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """The new lines of several curators by key; the same decision by two has both names.

    Raises AdjudicationError where two curators decided differently.
    """
    found: dict[tuple[str, str], Decision] = {}
    faults = []
    for line in lines:
        other = found.setdefault(line.key, line)
        if other is line:
            continue
        if other.decision != line.decision:
            faults.append(_contradiction(line, f"curator {other.by}", other, f"curator {line.by}", "delete one"))
        elif line.by not in other.by.split(", "):
            by = ", ".join(sorted([*other.by.split(", "), line.by]))
            found[line.key] = msgspec.structs.replace(other, by=by, why=other.why or line.why)
    refuse(faults)
    return found


def recorded(log: Mapping[tuple[str, str], Decision], new: Mapping[tuple[str, str], Decision]) -> list[Decision]:
    """The new lines as they are to stand in the log: what it says already stays, a curator overrules a majority.

    Raises AdjudicationError where a curator contradicts the log.
    """
    lines, faults = [], []
    for key, line in new.items():
        old = log.get(key)
        if old is None or (old.by.startswith(MAJORITY) and not _same(old, line)):
            lines.append(line)
        elif not _same(old, line):
            advice = "to decide again, delete the line from the log"
            faults.append(_contradiction(line, "the log", old, f"the export of curator {line.by}", advice))
        else:
            lines.append(msgspec.structs.replace(old, options=line.options, why=old.why or line.why))
    refuse(faults)
    return lines


def _same(one: Decision, other: Decision) -> bool:
    """Do they decide the same? The words beside spans may be left out in a log that was edited by hand."""
    return _QUOTED.sub(r"\1", one.decision) == _QUOTED.sub(r"\1", other.decision)


def _contradiction(line: Decision, first: str, one: Decision, second: str, advice: str) -> str:
    where = f"{line.document}: {line.layer} {line.place} ({line.id})"
    return f"{where}: {first} says {one.decision}, {second} says {line.decision}; {advice}"


class Applied(NamedTuple):
    """Decisions by question id, additions by place, and the lines that fit nothing any more."""

    decided: dict[str, Decided]
    additions: list[tuple[Place, Decided]]
    unused: list[Decision]


def applied(
    lines: Iterable[Decision],
    bare: Document,
    asked: Mapping[str, Question],
    versions: Iterable[Facts],
    ontology: Ontology,
) -> Applied:
    """What the lines about a document decide. A majority counts only as long as it is one.

    Raises AdjudicationError for a line that cannot be read.
    """
    result = Applied({}, [], [])
    present = list(versions)
    faults = []
    for line in lines:
        if line.layer == WHOLE:
            if len(present) > 1:
                result.unused.append(line)
            continue
        question = asked.get(line.id)
        try:
            place = question.place if question is not None else read_place(line.layer, line.place, ontology)
            answer = read(place, line.decision, ontology)
        except NotationError as error:
            faults.append(f"{line.document}: the log's decision {line.id} cannot be read: {error}; mend or delete it")
            continue
        if question is not None:
            if line.by.startswith(MAJORITY) and majority(question) != Decided(answer, line.how):
                result.unused.append(line)
            else:
                result.decided[line.id] = Decided(answer, line.how)
            continue
        fresh = _unheld(place, answer, present) if identify(bare.doc_id, place, ()) == line.id else frozenset()
        if fresh:
            result.additions.append((place, Decided(fresh, line.how)))
        else:
            result.unused.append(line)
    refuse(faults)
    return result


def _unheld(place: Place, answer: Answer, versions: list[Facts]) -> Answer:
    """The part of an answer that no annotator has."""
    if place.layer == "attribute":
        return frozenset() if any(slot(place) in version.values for version in versions) else answer
    fresh: set[Item] | set[object] = set()
    for atom in answer:
        if place.layer in ITEMS:
            held = any(atom in version.items for version in versions)
        else:
            drawn = arrow(place, atom)
            held = any(drawn in version.arguments or drawn in version.relations for version in versions)
        if not held:
            fresh.add(atom)
    return frozenset(fresh)
