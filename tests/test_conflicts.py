"""The conflict project: what the curator sees, and what comes of the answers."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.adjudication.facts import AdjudicationError
from strife.adjudication.log import Decision
from strife.adjudication.run import Adjudication, adjudicate
from strife.labelstudio.conflicts import NEITHER, conflict_config, conflict_task, read_curated
from strife.labelstudio.export import read_export
from strife.labelstudio.tasks import results, task
from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology
from tests.test_adjudication import ONTOLOGY, adjudicated, documents, gold, said, version, well_formed


def other(raid: Document) -> Document:
    """The raid as another annotator sees it: another NUM, no place, another filler, another attribute."""
    killed = raid.events[1]
    arguments = [a for a in killed.arguments if a.role not in ("place", "agent")]
    return msgspec.structs.replace(
        raid,
        entities=(*raid.entities[:2], Entity("m3", 31, 44, "PER"), *raid.entities[4:]),
        events=(
            raid.events[0],
            msgspec.structs.replace(
                killed,
                arguments=(
                    *(a for a in arguments if a.role not in ("count", "victim")),
                    Argument("victim", "m3"),
                    Argument("agent", "m1"),
                ),
                attributes={**killed.attributes, "victim_status": "civilian"},
            ),
        ),
    )


class Desk:
    """A folder where exports lie."""

    def __init__(self, folder: Path, ontology: Ontology) -> None:
        self.folder = folder
        self.ontology = ontology

    def export(self, name: str, tasks: list[dict[str, Any]]) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return path

    def passes(self, **by: Document) -> Path:
        annotations = [
            {"id": n, "completed_by": int(who[1:]), "result": results(document, self.ontology)}
            for n, (who, document) in enumerate(by.items())
        ]
        first = next(iter(by.values()))
        return self.export("passes", [{"id": 1, **task(first), "annotations": annotations}])

    def answers(self, found: Adjudication, *answered: dict[str, Any], by: int = 9, name: str = "answers") -> Path:
        """The export of the project: the curator began with what stands and answered.

        `answered`: for each task the picks by the number of a conflict, "why_N" reasons, "results" to add,
        and "without": the ids of what to delete.
        """
        tasks = []
        for number, (case, answer) in enumerate(zip(found.open, answered, strict=True), 1):
            made = conflict_task(case, self.ontology)
            agreed = made["predictions"][0]["result"]
            gone = answer.get("without", ())
            kept = [one for one in agreed if not {one.get("id"), one.get("from_id"), one.get("to_id")} & set(gone)]
            asked = [conflict["id"] for conflict in made["data"]["conflicts"]]
            forms = [form(name, value, asked) for name, value in answer.items() if name not in ("results", "without")]
            result = [*kept, *answer.get("results", ()), *forms]
            annotation = {"id": number, "completed_by": by, "result": result}
            tasks.append({"id": number, "data": made["data"], "annotations": [annotation], "predictions": [1, 2, 3]})
        return self.export(name, tasks)


def form(name: str, value: str, asked: list[str]) -> dict[str, Any]:
    why = name.startswith("why")
    content = {"text": [value]} if why else {"choices": [f"{asked[int(name[1:]) - 1]} {value}"]}
    control = name.replace("_", "-") if why else f"decision-{int(name[1:]) - 1}"
    kind = "textarea" if why else "choices"
    return {"id": name, "from_name": control, "to_name": "text", "type": kind, "value": content}


def region(ident: str, control: str, label: str, document: Document, start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": document.text[start:end], "labels": [label]}
    return {"id": ident, "from_name": control, "to_name": "text", "type": "labels", "value": value}


def arrow(head: str, tail: str, label: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": "right", "labels": [label]}


@pytest.fixture
def desk(tmp_path: Path, ontology: Ontology) -> Desk:
    return Desk(tmp_path, ontology)


def decisions(found: Adjudication) -> list[tuple[str, str, str]]:
    return [(d.layer, d.decision, d.why) for d in found.decisions]


def test_the_curator_sees_numbered_conflicts_with_options_in_text_order(desk: Desk, raid: Document) -> None:
    found = adjudicate([desk.passes(a2=raid, a3=other(raid))], desk.ontology)
    data = conflict_task(found.open[0], desk.ontology)["data"]
    shown = [(c["title"], [o["value"] for o in c["options"]]) for c in data["conflicts"]]
    neither = "neither: as I mark it in the text"
    assert shown == [
        (
            '1. sentence 1: agent of DEATH "killed"',
            ['annotator 2: PER "rebels"', 'annotator 3: ARM "Police"', neither],
        ),
        ('2. sentence 1: place of DEATH "killed"', ['annotator 2: GPE "Talmar"', "annotator 3: nothing", neither]),
        ('3. sentence 1: victim_status of DEATH "killed"', ["annotator 2: unknown", "annotator 3: civilian", neither]),
        (
            '4. sentence 1: mention "two villagers"',
            [
                'annotator 2: NUM "two" (count of DEATH "killed") + PER "villagers" (victim of DEATH "killed")',
                'annotator 3: PER "two villagers" (victim of DEATH "killed")',
                neither,
            ],
        ),
    ]
    assert data["conflicts"][0]["context"] == raid.text.replace("killed", "[killed]")


def test_the_task_begins_with_what_stands_and_shows_every_version(desk: Desk, raid: Document) -> None:
    found = adjudicate([desk.passes(a2=raid, a3=other(raid))], desk.ontology)
    made = conflict_task(found.open[0], desk.ontology)
    agreed, *versions = made["predictions"]
    assert [one["model_version"] for one in made["predictions"]] == ["agreed", "annotator 2", "annotator 3"]
    marked = [one["value"]["text"] for one in agreed["result"] if one.get("from_name") == "entity"]
    assert marked == ["Police", "rebels", "Talmar", "Friday"]
    marks = [(one["value"]["text"], one["value"]["labels"]) for one in agreed["result"] if one["type"] == "labels"][-2:]
    assert marks == [
        ("Friday", ["TIME"]),
        ("two villagers", ["conflict 4"]),
    ]
    assert [one["result"] for one in versions] == [results(d, desk.ontology) for d in (raid, other(raid))]


def test_the_configuration_asks_for_options_and_reasons_beside_the_annotators_own(ontology: Ontology) -> None:
    root = ET.fromstring(conflict_config(ontology))
    names = {control.get("name") for control in root.iter() if control.get("toName")}
    assert {"entity", "trigger", "conflict", "decision-{{idx}}", "why-{{idx}}", "why-rest"} <= names
    assert {label.get("value") for label in root.iter("Label")} == {*ontology.entity_types, *ontology.event_types}
    (repeater,) = root.iter("Repeater")
    assert repeater.get("on") == "$conflicts"
    shown = {text.get("name") for text in root.iter("Text")}
    assert {control.get("toName") for control in root.iter() if control.get("toName")} <= shown


def test_options_that_were_picked_are_gold_with_all_that_hangs_on_them(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    picks = {"c1": "0", "c2": "0", "c3": "1", "c4": "0", "why_0": "hangs on it"}
    found = adjudicate([passes], desk.ontology, [desk.answers(first, picks)])
    (document,) = found.gold
    status = {**raid.events[1].attributes, "victim_status": "civilian"}
    wanted = (raid.events[0], msgspec.structs.replace(raid.events[1], attributes=status))
    assert said(document) == said(msgspec.structs.replace(raid, events=wanted))
    assert document.meta == {"adjudicator": "9"}
    assert document.provenance["e2"] == "agreed"
    assert document.provenance["m3"] == document.provenance["e2 count m3"] == "curated 9"
    assert document.provenance["e2 victim_status"] == "curated 9"
    assert decisions(found)[0] == ("argument", 'PER 17:23 "rebels"', "hangs on it")
    assert [decision.why for decision in found.unexplained] == [""] * 3
    assert not found.finished


def test_a_conflict_without_answer_stays_open_and_the_others_are_kept(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    found = adjudicate([passes], desk.ontology, [desk.answers(first, {"c1": "0", "c2": "1", "c4": "1"})])
    assert found.gold == ()
    (case,) = found.open
    assert [question.place.name for question in case.settled.open] == ["victim_status"]
    assert len(found.decisions) == 3
    again = conflict_task(case, desk.ontology)
    assert len(again["data"]["conflicts"]) == 1
    later = adjudicate([passes], desk.ontology, [desk.answers(found, {"c1": "1"})], found.decisions)
    assert len(later.gold) == 1
    assert later.added == 1


@pytest.mark.parametrize("end", ["x", "conflict-4"])  # the mark of the conflict covers the region
def test_with_neither_the_text_says_what_is_right(desk: Desk, raid: Document, end: str) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    marked = {
        "c1": NEITHER,  # agent: nobody
        "c2": "0",
        "c3": "0",
        "c4": NEITHER,
        "why_3": "the group",
        "results": [region("x", "entity", "ARM", raid, 31, 44), arrow("e2", end, "victim")],
    }
    found = adjudicate([passes], desk.ontology, [desk.answers(first, marked)])
    (document,) = found.gold
    assert [(document.surface(e), e.label) for e in document.entities if e.start == 31] == [("two villagers", "ARM")]
    roles = {(a.role, a.target) for a in document.events[1].arguments}
    assert roles == {("victim", "m3"), ("place", "m4"), ("time", "m5")}
    assert ("entity", 'ARM 31:44 "two villagers"', "the group") in decisions(found)
    assert ("argument", 'ARM 31:44 "two villagers"', "the group") in decisions(found)
    assert ("argument", "-", "") in decisions(found)
    again = adjudicate([passes], desk.ontology, log=found.decisions)
    assert again.gold == found.gold
    assert (again.added, again.unused) == (0, ())


def test_what_all_agree_on_can_be_overruled_and_the_log_says_so(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    picks = {"c1": "0", "c2": "1", "c3": "0", "c4": "0", "why_rest": "not in this text", "without": ["m4"]}
    found = adjudicate([passes], desk.ontology, [desk.answers(first, picks)])
    (document,) = found.gold
    assert "Friday" not in [document.surface(entity) for entity in document.entities]
    assert "time" not in {argument.role for argument in document.events[1].arguments}
    (line,) = [d for d in found.decisions if d.place.startswith("58:64")]
    assert (line.options, line.decision, line.why) == ('2, 3: TIME 58:64 "Friday"', "-", "not in this text")


def test_answers_are_no_documents_for_anybody_else(desk: Desk, raid: Document) -> None:
    found = adjudicate([desk.passes(a2=raid, a3=other(raid))], desk.ontology)
    (answered,) = read_export(desk.answers(found, {"c1": "0"}), desk.ontology)
    assert [one.state for one in answered.versions] == ["curation"]


def test_an_answer_that_is_no_option_is_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    answers = desk.answers(adjudicate([passes], desk.ontology), {"c1": "7"})
    with pytest.raises(AdjudicationError, match=r"answers\.json.*the answer '7' to conflict 1 is no option of it"):
        adjudicate([passes], desk.ontology, [answers])


def test_an_answer_to_another_question_is_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    answers = desk.answers(first, {"c1": "0"})
    tasks = json.loads(answers.read_text(encoding="utf-8"))
    tasks[0]["data"]["conflicts"].reverse()
    answers.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(AdjudicationError, match="conflict 1 is not the one that was answered"):
        adjudicate([passes], desk.ontology, [answers])


def test_an_unknown_label_is_refused_with_its_place(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    answers = desk.answers(
        adjudicate([passes], desk.ontology), {"c4": NEITHER, "results": [region("x", "entity", "CREW", raid, 35, 44)]}
    )
    with pytest.raises(AdjudicationError, match=r"answers\.json.*ONT301 raid \[35:44\]"):
        adjudicate([passes], desk.ontology, [answers])


def test_a_pick_that_was_marked_with_more_is_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    marked = [region("x", "entity", "NUM", raid, 31, 34), arrow("e2", "x", "victim")]
    answers = desk.answers(adjudicate([passes], desk.ontology), {"c4": "0", "results": marked})
    with pytest.raises(AdjudicationError, match="NUM 'two' was picked as an option and marked in the text as well"):
        adjudicate([passes], desk.ontology, [answers])


def test_a_pick_that_was_marked_as_it_is_does_no_harm(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    picks = {"c1": "0", "c2": "1", "c3": "0", "c4": "0"}
    plain = adjudicate([passes], desk.ontology, [desk.answers(first, picks)])
    marked = {**picks, "results": [region("x", "entity", "NUM", raid, 31, 34)]}
    assert adjudicate([passes], desk.ontology, [desk.answers(first, marked)]).gold == plain.gold


def test_two_curators_who_agree_are_both_named(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    picks = {"c1": "0", "c2": "1", "c3": "0", "c4": "0"}
    both = [desk.answers(first, picks, by=who, name=f"by-{who}") for who in (9, 11)]
    found = adjudicate([passes], desk.ontology, both)
    assert {decision.by for decision in found.decisions} == {"11, 9"}
    assert found.gold[0].provenance["m3"] == "curated 11, 9"


def test_two_curators_who_disagree_are_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    both = [desk.answers(first, {"c2": pick}, by=9 + int(pick), name=f"by-{pick}") for pick in "01"]
    with pytest.raises(AdjudicationError, match=r'place.*: curator 9 says GPE 48:54 "Talmar", curator 10 says -'):
        adjudicate([passes], desk.ontology, both)


def test_answers_that_contradict_the_log_are_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    first = adjudicate([passes], desk.ontology)
    log = adjudicate([passes], desk.ontology, [desk.answers(first, {"c2": "0"})]).decisions
    with pytest.raises(AdjudicationError, match=r"the log says GPE.*says -; to decide again, delete the line"):
        adjudicate([passes], desk.ontology, [desk.answers(first, {"c2": "1"})], log)


def test_answers_without_the_annotations_are_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    answers = desk.answers(adjudicate([passes], desk.ontology), {"c2": "0"})
    with pytest.raises(AdjudicationError, match="raid: there are a curator's answers, but no annotations"):
        adjudicate([], desk.ontology, [answers])


def test_conflicts_that_strife_did_not_write_are_refused(desk: Desk, raid: Document) -> None:
    passes = desk.passes(a2=raid, a3=other(raid))
    answers = desk.answers(adjudicate([passes], desk.ontology), {"c2": "0"})
    answers.write_text(answers.read_text(encoding="utf-8").replace('"answers"', '"replies"'), encoding="utf-8")
    with pytest.raises(AdjudicationError, match="its conflicts cannot be read"):
        list(read_curated(answers, desk.ontology))


@settings(max_examples=40)
@given(st.lists(documents(), min_size=2, max_size=3), st.data())
def test_any_answers_settle_the_document(versions: list[Document], data: st.DataObject) -> None:
    passes = {str(n): document for n, document in enumerate(versions)}
    outcome = adjudicated(passes)
    assert outcome.case is not None
    if not outcome.case.settled.open:
        return
    made = conflict_task(outcome.case, ONTOLOGY)
    picks = [data.draw(st.integers(0, len(c["answers"]) - 1)) for c in made["data"]["conflicts"]]
    ids = [conflict["id"] for conflict in made["data"]["conflicts"]]
    forms = [form(f"c{number}", str(pick), ids) for number, pick in enumerate(picks, 1)]
    annotation = {"id": 1, "completed_by": 9, "result": [*made["predictions"][0]["result"], *forms]}
    with NamedTemporaryFile() as file:
        file.write(msgspec.json.encode([{"id": 1, "data": made["data"], "annotations": [annotation]}]))
        file.flush()
        (answers,) = read_curated(Path(file.name), ONTOLOGY)
    settled = adjudicated(passes, answers)  # type: ignore[arg-type]
    assert well_formed(gold(settled))
    log: list[Decision] = settled.lines
    again = adjudicated(passes, log=log)
    assert again.document == gold(settled)
    assert (again.lines, again.unused) == ([], [])


def test_a_curated_whole_annotation_still_counts(raid: Document) -> None:
    outcome = adjudicated({"2": raid, "3": other(raid)}, version(raid, "9"))
    assert said(gold(outcome)) == said(raid)


def test_incident_of_neither_is_that_of_the_same_number(desk: Desk) -> None:
    text = "Rebels hit Talmar. The strike killed two. A raid followed."
    hit, strike = Event("e1", "STRIKE", Trigger(7, 10)), Event("e2", "STRIKE", Trigger(23, 29))
    raid = Event("e3", "ATTACK", Trigger(44, 48))

    def numbered(*numbers: int) -> Document:
        events = [
            msgspec.structs.replace(event, attributes={"incident": n})
            for event, n in zip((hit, strike, raid), numbers, strict=True)
        ]
        return Document("three", text, (), tuple(events))

    passes = desk.passes(a2=numbered(1, 1, 2), a3=numbered(1, 2, 2))
    first = adjudicate([passes], desk.ontology)
    titles = [c["title"] for c in conflict_task(first.open[0], desk.ontology)["data"]["conflicts"]]
    assert titles == ['1. sentence 2: incident of STRIKE "strike"', '2. sentence 3: incident of ATTACK "raid"']
    number = {"id": "e2", "from_name": "incident", "to_name": "text", "type": "number"}
    same = {**number, "value": {"start": 23, "end": 29, "text": "strike", "number": 1}}
    found = adjudicate([passes], desk.ontology, [desk.answers(first, {"c1": NEITHER, "c2": "0", "results": [same]})])
    assert decisions(found)[0][:2] == ("attribute", 'with STRIKE 7:10 "hit"')
    assert [event.attributes["incident"] for event in found.gold[0].events] == [1, 1, 2]
