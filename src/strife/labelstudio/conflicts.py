"""The conflict project: what annotators disagree about, as Label Studio tasks for a curator, and the answers read back.

Beside the text stands a list of numbered conflicts, each with the annotators' options, "neither", and a line for why.
The curator's annotation begins as the part that stands (the prediction "agreed"), with the words of contested mentions
and triggers marked by the numbers of their conflicts; each annotator's version is another prediction. Whoever picks an
option marks nothing: it is put into gold with all that hangs on it. With "neither" the curator marks what is right.

A task carries all that is needed to read its answers: the questions, their options, and what stood at the beginning.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from strife.adjudication.amend import Amendment, amendments
from strife.adjudication.describe import Reader
from strife.adjudication.facts import AdjudicationError, Arrow, Facts, Item, Slot, anchored, facts, refuse
from strife.adjudication.notation import ITEMS, NotationError, read, read_place, write, write_place
from strife.adjudication.questions import Question
from strife.adjudication.settle import Case, arrow, gold
from strife.finding import Finding, Origin
from strife.labelstudio.export import Task, Version, read_task, refuse_lossy
from strife.labelstudio.tasks import results, task
from strife.model import Document
from strife.ontology import Ontology
from strife.ontology_views import label_config
from strife.stream import json_array

AGREED = "agreed"
NEITHER = "neither"
MARK, DECISION, WHY = "conflict", "decision-", "why-"
REST = "rest"  # why- of what was changed beside the conflicts

_LEFT = "flex: 3; position: sticky; top: 0; max-height: calc(100vh - 9em); overflow-y: auto"
_BOX = "border: 1px solid #8888; border-radius: 4px; padding: 0.2em 0.6em; margin-bottom: 0.6em"


def conflict_config(ontology: Ontology) -> str:
    """The labelling configuration of a conflict project: the annotators', and beside it the conflicts."""
    left = ET.fromstring(label_config(ontology))
    text = next(left.iter("Text"))
    text.set("showLabels", "true")
    shown = text.get("name", "text")
    left.set("style", _LEFT)
    hidden = ET.SubElement(left, "View", style="display: none")
    ET.SubElement(hidden, "Labels", name=MARK, toName=shown, value="$marks")
    root = ET.Element("View", style="display: flex; gap: 1em; align-items: flex-start")
    root.append(left)
    right = ET.SubElement(root, "View", style="flex: 2")
    repeater = ET.SubElement(right, "Repeater", on="$conflicts", indexFlag="{{idx}}")
    box = ET.SubElement(repeater, "View", style=_BOX)
    ET.SubElement(box, "Header", value="$conflicts[{{idx}}].title", size="5")
    ET.SubElement(box, "Text", name="where-{{idx}}", value="$conflicts[{{idx}}].context")
    options = {"value": "$conflicts[{{idx}}].options", "choice": "single-radio", "showInline": "false"}
    ET.SubElement(box, "Choices", {"name": DECISION + "{{idx}}", "toName": shown, **options})
    reason = {"toName": shown, "rows": "1", "maxSubmissions": "1", "editable": "true"}
    ET.SubElement(box, "TextArea", {"name": WHY + "{{idx}}", "placeholder": "why", **reason})
    other = "why, for what you changed beside the conflicts"
    ET.SubElement(right, "TextArea", {"name": WHY + REST, "placeholder": other, **reason})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def conflict_task(case: Case, ontology: Ontology) -> dict[str, Any]:
    """The task of a document with open questions, with its predictions."""
    bare = case.bare
    reader = Reader(bare.text, case.versions, ontology)
    asked = sorted(case.settled.open, key=lambda question: (question.place.item[:2], question.place))
    conflicts: list[dict[str, Any]] = []
    numbers: dict[tuple[int, int], list[str]] = {}
    for number, question in enumerate(asked, 1):
        place = question.place
        if place.layer in ITEMS:  # all else hangs on a mark that stands, which a second one would cover
            numbers.setdefault(place.item[:2], []).append(str(number))
        options = [
            {"value": f"{_who(names)}: {reader.answer(place, answer, names[0])}", "alias": f"{question.id} {index}"}
            for index, (answer, names) in enumerate(question.options.items())
        ]
        options.append({"value": "neither: as I mark it in the text", "alias": f"{question.id} {NEITHER}"})
        conflicts.append(
            {
                "id": question.id,
                "title": f"{number}. {reader.title(place)}",
                "context": reader.context(place),
                "layer": place.layer,
                "place": write_place(place),
                "answers": [write(place, answer) for answer in question.options],
                "options": options,
            }
        )
    labels = {span: f"{MARK} {' '.join(found)}" for span, found in numbers.items()}
    start = results(gold(bare, case.settled, case.versions.values()), ontology)
    data = task(bare)["data"] | {
        "conflicts": conflicts,
        "marks": [{"value": label, "background": "#d00000"} for label in labels.values()],
        "start": start,
    }
    marks = [_mark(span, label, bare.text) for span, label in labels.items()]
    predictions = [{"model_version": AGREED, "result": [*start, *marks]}]
    for who, document in sorted(case.passes.items()):
        predictions.append({"model_version": f"annotator {who}", "result": results(document, ontology)})
    return {"data": data, "predictions": predictions}


def _who(names: tuple[str, ...]) -> str:
    return f"annotator{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _mark(span: tuple[int, int], label: str, text: str) -> dict[str, Any]:
    value = {"start": span[0], "end": span[1], "text": text[span[0] : span[1]], "labels": [label]}
    return {"id": label.replace(" ", "-"), "from_name": MARK, "to_name": "text", "type": "labels", "value": value}


class _Asked(msgspec.Struct):
    """A conflict as it stands in the data of a task."""

    id: str
    layer: str
    place: str
    answers: list[str]


class _Form(msgspec.Struct):
    conflicts: list[_Asked]
    start: list[dict[str, Any]]


class Answers(NamedTuple):
    """A curator's answers about one document: the regions as they are and as they were at the beginning, and by the
    number of a conflict (from 0) what was picked (the id of the conflict and the number of an option) and why."""

    document: Document
    start: Document
    origin: Origin
    findings: tuple[Finding, ...]
    asked: tuple[_Asked, ...]
    picked: dict[int, str]
    why: dict[str, str]


def read_curated(path: Path, ontology: Ontology) -> Iterator[Version | Answers | Task]:
    """What curators submitted: answers to conflicts, or whole annotations; a Task only where one cannot be read.

    Raises InputError for a file that is no export, AdjudicationError for conflicts that strife did not write.
    """
    refuse_lossy(path)
    for number, raw in enumerate(json_array(path), 1):
        task = read_task(raw, path, number, ontology)
        if task.findings:
            yield task
            continue
        table: dict[str, Any] = msgspec.json.decode(raw)
        if "conflicts" not in table["data"]:
            yield from (version for version in task.versions if version.state == "submitted")
            continue
        for annotation in table["annotations"]:
            if not annotation.get("was_cancelled"):
                yield _answers(table, annotation, path, number, ontology)


def _answers(table: dict[str, Any], annotation: dict[str, Any], path: Path, number: int, ontology: Ontology) -> Answers:
    data = dict(table["data"])
    try:
        form = msgspec.convert({name: data.pop(name, None) for name in ("conflicts", "start")}, _Form)
    except msgspec.ValidationError as error:
        advice = "export the project that `strife adjudicate` made"
        raise AdjudicationError(f"{path}, item {number}: its conflicts cannot be read ({error}); {advice}") from error

    def version(of: dict[str, Any]) -> Version:
        content = {**table, "data": data, "annotations": [of], "drafts": [], "predictions": []}
        return read_task(msgspec.json.encode(content), path, number, ontology).versions[0]

    marked = []
    picked: dict[int, str] = {}
    why: dict[str, str] = {}
    for result in annotation.get("result") or []:
        name = str(result.get("from_name") or "")
        value = result.get("value") or {}
        if name.startswith(DECISION):
            picked[int(name.removeprefix(DECISION))] = "".join(value.get("choices") or [])
        elif name.startswith(WHY):
            why[name.removeprefix(WHY)] = " ".join(" ".join(value.get("text") or []).split())
        elif name != MARK:
            marked.append(result)
    now = version({**annotation, "result": _drawn(marked, annotation)})
    start = version({**annotation, "result": form.start}).document
    return Answers(now.document, start, now.origin, now.findings, tuple(form.conflicts), picked, why)


def _drawn(marked: list[dict[str, Any]], annotation: dict[str, Any]) -> list[dict[str, Any]]:
    """The regions and arrows; an arrow drawn to the mark of a conflict goes to the region that shares its words."""
    regions: dict[tuple[Any, Any], set[str]] = {}
    marks: dict[str, tuple[Any, Any]] = {}
    for result in annotation.get("result") or []:
        if result.get("type") == "labels":
            span = (result["value"].get("start"), result["value"].get("end"))
            if result.get("from_name") == MARK:
                marks[result["id"]] = span
            else:
                regions.setdefault(span, set()).add(result["id"])
    meant = {mark: next(iter(regions[span])) for mark, span in marks.items() if len(regions.get(span, ())) == 1}
    ends = ("from_id", "to_id")
    return [one | {end: meant.get(one[end], one[end]) for end in ends if end in one} for one in marked]


def answered(answers: Answers, ontology: Ontology) -> list[tuple[Amendment, str]]:
    """The decisions in a curator's answers, each with why. A conflict that was not answered gives none.

    Raises AdjudicationError for an answer that is no option, and for an option that was picked while its words were
    marked in the text in another way.
    """
    found: list[tuple[Amendment, str]] = []
    takers: dict[str, Question] = {}
    chosen: set[Item | Arrow | Slot] = set()
    faults: list[str] = []
    for number, asked in enumerate(answers.asked):
        if number not in answers.picked:
            continue
        ident, _, pick = answers.picked[number].partition(" ")
        question = _question(asked, answers, ontology)
        options = list(question.votes.values())
        if ident != asked.id:
            advice = "export the project as it was answered, and make a new one for each round"
            faults.append(f"{answers.origin}: conflict {number + 1} is not the one that was answered; {advice}")
        elif pick == NEITHER:
            takers[str(number)] = question
        elif pick.isdecimal() and int(pick) < len(options):
            answer = options[int(pick)]
            found.append((Amendment(question.place, frozenset(options), answer), answers.why.get(str(number), "")))
            chosen |= _parts(question, answer)
        else:
            faults.append(f"{answers.origin}: the answer {pick!r} to conflict {number + 1} is no option of it")
    before, after = facts(answers.start, ontology), facts(answers.document, ontology)
    both = before.items & after.items
    before, after = anchored(before, both), anchored(after, both)
    after, double = _without(after, chosen, before)
    for item in double:
        words = f"{item.label} {answers.document.text[item.start : item.end]!r}"
        advice = 'pick "neither" to have it as marked, or delete the region'
        faults.append(f"{answers.origin}: {words} was picked as an option and marked in the text as well; {advice}")
    refuse(faults)
    return found + _marked(before, after, takers, answers.why)


def _question(asked: _Asked, answers: Answers, ontology: Ontology) -> Question:
    """The question as it was asked; the votes are by number, since who gave which is of no account here."""
    try:
        place = read_place(asked.layer, asked.place, ontology)
        votes = {f"{n:04}": read(place, answer, ontology) for n, answer in enumerate(asked.answers)}
    except NotationError as error:
        raise AdjudicationError(f"{answers.origin}: conflict {asked.id} cannot be read: {error}") from error
    return Question(asked.id, place, votes, True)


def _parts(question: Question, answer: Iterable[Any]) -> set[Item | Arrow | Slot]:
    place = question.place
    if place.layer == "attribute":
        return {Slot(place.item, place.name)}
    return set(answer) if place.layer in ITEMS else {arrow(place, atom) for atom in answer}


def _without(after: Facts, chosen: set[Item | Arrow | Slot], before: Facts) -> tuple[Facts, list[Item]]:
    """What was marked, less what was picked as an option as well; and the picked items that were marked with more."""
    again = {item for item in after.items - before.items if item in chosen}
    arrows = after.arguments | after.relations
    slots = after.values.keys()
    double = [
        item for item in sorted(again) if any(item in a for a in arrows) or any(slot.item == item for slot in slots)
    ]
    kept = after._replace(
        items=after.items - again,
        arguments=after.arguments - (chosen - before.arguments),
        relations=after.relations - (chosen - before.relations),
        values={slot: value for slot, value in after.values.items() if slot not in chosen or slot in before.values},
    )
    return kept, double


def _marked(
    before: Facts, after: Facts, takers: dict[str, Question], why: dict[str, str]
) -> list[tuple[Amendment, str]]:
    """What was marked in the text: the answers of conflicts with "neither", what hangs on them, and the rest."""
    changes = amendments(before, after, takers.values())
    reasons: dict[Item, str] = {}
    found: list[tuple[Amendment, str]] = []
    for number, question in takers.items():
        options = frozenset(question.votes.values())
        change = next((c for c in changes if (c.place, c.options) == (question.place, options)), None)
        reason = why.get(number, "")
        found.append((change or Amendment(question.place, options, frozenset()), reason))
        if change is not None:
            changes.remove(change)
            reasons |= {item: reason for item in change.answer if isinstance(item, Item)}
    for change in changes:
        ends = [end for atom in change.answer for end in (atom if isinstance(atom, Arrow) else (atom,))]
        reason = next((reasons[item] for item in (change.place.item, *ends) if item in reasons), why.get(REST, ""))
        found.append((change, reason))
    return found
