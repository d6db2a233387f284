"""Validation of documents: what breaks a rule raises that rule alone, and findings say what to do.

The rules themselves, one file for each, figures, times and checks across documents have their own tests.
"""

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.finding import Finding, Origin
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone
from strife.ontology import Ontology, load_ontology
from strife.report import as_json
from strife.validate import BY_CODE, UnknownRule, check_document, validate
from strife.validation import Options, run
from tests.conftest import ROOT

SYM = load_ontology(ROOT / "tests" / "data" / "sym.toml")

TEXT = "Police said that rebels killed two villagers in Talmar on Friday."
ENTITIES = {
    "m1": Entity("m1", 0, 6, "ARM"),
    "m2": Entity("m2", 17, 23, "PER"),
    "m3": Entity("m3", 31, 34, "NUM"),
    "m4": Entity("m4", 35, 44, "PER"),
    "m5": Entity("m5", 48, 54, "GPE"),
    "m6": Entity("m6", 58, 64, "TIME", {"timex": "2020-01-31"}),
}
SPEAKER, CONTENT = Argument("speaker", "m1"), Argument("content", None, "e2")
SAID = Event("e1", "STATEMENT", Trigger(7, 11), (SPEAKER, CONTENT))
FIGURE = {"people_min": 2, "people_max": 2}
FILLERS = tuple(
    Argument(role, f"m{number}") for number, role in enumerate(["agent", "count", "victim", "place", "time"], 2)
)
KILLED = Event("e2", "DEATH", Trigger(24, 30), FILLERS, {"incident": 1, **FIGURE})


def entities(*changed: Entity) -> dict[str, object]:
    """The mentions of `raid`, with these in place of those with the same id, or added."""
    return {"entities": tuple({**ENTITIES, **{entity.id: entity for entity in changed}}.values())}


def said(*arguments: Argument, **changes: object) -> dict[str, object]:
    return {"events": (msgspec.structs.replace(SAID, arguments=arguments or SAID.arguments, **changes), KILLED)}


def killed(*more: Argument, **changes: object) -> dict[str, object]:
    return {"events": (SAID, msgspec.structs.replace(KILLED, **{"arguments": (*FILLERS, *more), **changes}))}


def relations(*drawn: tuple[str, str, str | None]) -> dict[str, object]:
    return {"relations": tuple(Relation(*one) for one in drawn)}


def changed(raid: Document, changes: dict[str, object]) -> Document:
    return msgspec.structs.replace(raid, **changes)


# Each raises its code once and no other.
BROKEN: list[tuple[str, str, dict[str, object]]] = [
    ("DOC103", "nothing", {"entities": (), "events": ()}),
    ("DOC103", "empty text", {"entities": (), "events": (), "text": ""}),
    ("DOC105", "control character", {"text": TEXT + "\u0007"}),
    ("DOC105", "byte order mark", {"text": TEXT + "\ufeff"}),
    ("DOC105", "replacement character", {"text": TEXT + "\ufffd"}),
    ("DOC105", "combining accent", {"text": TEXT + " Zoe\u0308"}),
    ("DOC106", "no date", {"published": None}),
    ("DOC109", "past the end", {"zones": (Zone(0, 99, "body"),)}),
    ("DOC109", "backwards", {"zones": (Zone(9, 4, "body"),)}),
    ("DOC109", "overlap", {"zones": (Zone(0, 9, "headline"), Zone(8, 65, "body"))}),
    ("DOC108", "two mentions", {"entities": (*ENTITIES.values(), Entity("m5", 45, 47, "LOC"))}),
    ("DOC108", "mention and event", {"entities": (*ENTITIES.values(), Entity("e1", 45, 47, "LOC"))}),
    ("SPN201", "past the end", entities(Entity("m7", 64, 66, "PER"))),
    ("SPN201", "far past the end", entities(Entity("m7", 10**20, 10**21, "PER"))),
    ("SPN201", "before the start", entities(Entity("m7", -1, 6, "PER"))),
    ("SPN201", "empty", entities(Entity("m7", 45, 45, "PER"))),
    ("SPN201", "backwards", entities(Entity("m7", 47, 45, "PER"))),
    ("SPN201", "trigger", said(trigger=Trigger(7, 99))),
    ("SPN203", "blank before", entities(Entity("m7", 44, 47, "LOC"))),
    ("SPN203", "blank after", entities(Entity("m7", 45, 48, "LOC"))),
    ("SPN203", "no-break space", {**entities(Entity("m7", 44, 47, "LOC")), "text": TEXT.replace(" in", "\u00a0in")}),
    ("SPN203", "trigger", said(trigger=Trigger(7, 12))),
    ("SPN204", "full stop", entities(Entity("m6", 58, 65, "TIME", {"timex": "2020-01-31"}))),
    ("SPN204", "quote mark", {**entities(Entity("m7", 44, 47, "LOC")), "text": TEXT.replace(" in", "“in")}),
    ("SPN205", "left out at the end", entities(Entity("m7", 12, 15, "LOC"))),
    ("SPN205", "left out at the start", entities(Entity("m7", 13, 16, "LOC"))),
    ("SPN205", "trigger", said(trigger=Trigger(7, 10))),
    ("SPN206", "crossing", entities(Entity("m5", 45, 54, "GPE"), Entity("m7", 48, 57, "LOC"))),
    ("SPN207", "same label", entities(Entity("m7", 48, 54, "GPE"))),
    ("SPN207", "other label", entities(Entity("m7", 48, 54, "LOC"))),
    ("SPN208", "in what may hold nothing", entities(Entity("m7", 45, 54, "TIME", {"timex": "2020"}))),
    ("SPN208", "in what may hold others", entities(Entity("m5", 48, 54, "FAC"), Entity("m7", 45, 54, "ORG"))),
    ("SPN209", "line feed", {**entities(Entity("m7", 66, 70, "LOC")), "text": f"{TEXT} s\nin"}),
    ("SPN209", "carriage return", {**entities(Entity("m7", 66, 70, "LOC")), "text": f"{TEXT} s\rin"}),
    ("SPN210", "13 tokens", {**entities(Entity("m7", 66, 91, "LOC")), "text": TEXT + " " + " ".join("abcdefghijklm")}),
    ("SPN211", "credit", {"zones": (Zone(0, 44, "body"), Zone(45, 54, "boilerplate"))}),
    ("SPN212", "same span", entities(Entity("m7", 24, 30, "EQP"))),
    ("ONT301", "mention", entities(Entity("m2", 17, 23, "REBEL"))),
    ("ONT301", "event", said(SPEAKER, CONTENT, type="SPEECH")),
    ("ONT302", "form", entities(Entity("m6", 58, 64, "TIME", {"timex": "Friday"}))),
    ("ONT302", "unknown", entities(Entity("m2", 17, 23, "PER", {"mood": "grim"}))),
    ("ONT302", "of another label", entities(Entity("m2", 17, 23, "PER", {"timex": "2020"}))),
    ("ONT302", "value", killed(attributes={**FIGURE, "incident": 1, "realis": "perhaps"})),
    ("ONT302", "one value of two", killed(attributes={**FIGURE, "incident": 1, "realis": ("actual", "perhaps")})),
    ("ONT302", "below the minimum", killed(attributes={**FIGURE, "incident": -1})),
    ("ONT302", "text for a number", killed(attributes={**FIGURE, "incident": "1"})),
    ("ONT302", "part of a number", killed(attributes={**FIGURE, "incident": 1.5})),
    ("ONT302", "no number", killed(attributes={**FIGURE, "incident": float("nan")})),
    ("ONT302", "unknown of the document", {"attributes": {"mood": "grim"}}),
    ("ONT302", "of events at the document", {"attributes": {"realis": "actual"}}),
    ("ONT303", "relation", relations(("m2", "m1", "memberof"))),
    ("ONT303", "role", killed(Argument("agnt", "m1"))),
    ("ONT304", "mention", entities(Entity("m6", 58, 64, "TIME"))),
    ("ONT304", "event", killed(attributes=FIGURE)),
    ("EVT403", "two words", said(trigger=Trigger(7, 16))),
    ("EVT405", "a state", {**said(trigger=Trigger(7, 10)), "text": TEXT.replace("said", "WAR,")}),
    ("EVT404", "other type", {"events": (SAID, KILLED, Event("e3", "ATTACK", Trigger(24, 30), (), {"incident": 1}))}),
    ("EVT404", "same type", {"events": (SAID, KILLED, Event("e3", "DEATH", Trigger(24, 30), (), {"incident": 1}))}),
    ("ARG501", "role of another type", said(SPEAKER, CONTENT, Argument("victim", "m4"))),
    ("ARG501", "relation as role", killed(Argument("located_in", "m5"))),
    ("ARG502", "mention", killed(Argument("place", "m2"))),
    ("ARG502", "event", said(SPEAKER, CONTENT, Argument("time", None, "e2"))),
    ("ARG502", "mention for an event", said(SPEAKER, CONTENT, Argument("content", "m2"))),
    ("ARG503", "missing", said(SPEAKER)),
    ("ARG504", "too many", {**entities(Entity("m7", 45, 47, "NUM")), **killed(Argument("count", "m7"))}),
    ("ARG505", "argument", killed(Argument("agent", "gone"))),
    ("ARG505", "relation", relations(("m2", "gone", "member_of"))),
    ("ARG505", "chain", {"chains": (Chain("c1", "entity", ("m2", "gone")),)}),
    ("ARG506", "from the filler", relations(("m2", "e2", "agent"))),
    ("ARG506", "between mentions", relations(("m2", "m5", "place"))),
    ("ARG507", "argument twice", killed(Argument("agent", "m2"))),
    ("ARG507", "argument to itself", said(SPEAKER, CONTENT, Argument("content", None, "e1"))),
    ("ARG507", "relation twice", relations(("m2", "m1", "member_of"), ("m2", "m1", "member_of"))),
    ("ARG507", "relation to itself", relations(("m2", "m2", "same_as"))),
    (
        "ARG509",
        "of two",
        {
            "events": (
                msgspec.structs.replace(SAID, arguments=(Argument("content", None, "e3"),)),
                KILLED,
                Event("e3", "STATEMENT", Trigger(12, 16), (Argument("content", None, "e1"),)),
            )
        },
    ),
    (
        "REL553",
        "both ways",
        {**entities(Entity("m7", 45, 47, "LOC")), **relations(("m5", "m7", "located_in"), ("m7", "m5", "located_in"))},
    ),
    ("CON803", "two labels", {"chains": (Chain("c1", "entity", ("m2", "m5")),)}),
    ("CON804", "no first", killed(attributes={**FIGURE, "incident": 2})),
    ("CAS601", "no arrow", killed(arguments=tuple(a for a in FILLERS if a.role != "count"))),
    ("REL551", "head", relations(("m5", "m1", "member_of"))),
    ("REL551", "tail", relations(("m2", "m4", "member_of"))),
    ("REL551", "unequal labels", relations(("m1", "m2", "same_as"))),
    ("REL551", "event", relations(("e1", "e2", "same_as"))),
    ("REL552", "unnamed", relations(("m2", "m1", None))),
    ("REL552", "unnamed to itself", relations(("m2", "m2", None))),
]


def codes(document: Document, ontology: Ontology) -> list[str]:
    return [finding.code for finding in validate([document], ontology).findings]


def test_raid_breaks_no_rule(raid: Document, ontology: Ontology) -> None:
    assert validate([raid], ontology).findings == ()


def test_the_pieces_of_these_tests_are_those_of_raid(raid: Document) -> None:
    assert raid == Document("raid", TEXT, tuple(ENTITIES.values()), (SAID, KILLED), published="2020-02-01")


@pytest.mark.parametrize(("code", "case", "changes"), BROKEN, ids=[f"{code}-{case}" for code, case, _ in BROKEN])
def test_a_rule_is_raised_once_and_alone(
    raid: Document, ontology: Ontology, code: str, case: str, changes: dict[str, object]
) -> None:
    report = validate([changed(raid, changes)], ontology)
    assert [(finding.code, finding.severity) for finding in report.findings] == [(code, BY_CODE[code].severity)]


def test_a_doc_id_that_comes_twice_is_raised_once_for_each_repeat(raid: Document, ontology: Ontology) -> None:
    other = msgspec.structs.replace(raid, doc_id="other", text=raid.text + " ")
    assert codes(raid, ontology) == []
    report = validate([raid, other, raid, raid], ontology)
    assert [(finding.code, finding.doc_id) for finding in report.findings] == [("DOC102", "raid")] * 2
    assert report.documents == 4


@pytest.mark.parametrize(
    "changes",
    [
        relations(("m2", "m1", "member_of")),
        relations(("m2", "m4", "same_as")),
        {"zones": (Zone(0, 11, "headline"), Zone(11, 65, "body"), Zone(65, 65, "caption"))},
        {"zones": (Zone(12, 65, "body"), Zone(0, 11, "headline"))},
        {**entities(Entity("m7", 66, 89, "LOC")), "text": TEXT + " " + " ".join("abcdefghijkl")},
        {"chains": (Chain("c1", "entity", ("m2", "m4")), Chain("c2", "event", ("e2",)))},
        killed(Argument("agent", "m1")),
        killed(Argument("place", start=48, end=54)),
        killed(attributes={**FIGURE, "incident": 0}),
        killed(attributes={**FIGURE, "incident": 1.0}),
        entities(Entity("m7", 45, 54, "FAC")),
        said(CONTENT),
    ],
)
def test_what_is_allowed_raises_nothing(raid: Document, ontology: Ontology, changes: dict[str, object]) -> None:
    assert codes(changed(raid, changes), ontology) == []


def test_a_finding_carries_place_quote_found_expected_and_what_to_do(raid: Document, ontology: Ontology) -> None:
    (finding,) = validate([changed(raid, killed(Argument("place", "m2")))], ontology).findings
    assert finding == Finding(
        code="ARG502",
        severity="error",
        doc_id="raid",
        found="place is filled by PER 'rebels'",
        expected="DEATH.place: GPE, LOC, FAC",
        do="redraw it or relabel the filler",
        item="e2",
        start=24,
        end=30,
        quote="killed",
        before="Police said that rebels ",
        after=" two villagers in Talmar on Friday.",
        line=1,
    )


@pytest.mark.parametrize(
    ("changes", "found", "expected"),
    [
        (entities(Entity("m7", 64, 99, "PER")), "the text has 65 code points", "0 <= start < end <= length"),
        (entities(Entity("m7", 44, 47, "LOC")), "a blank at an edge", "'in'"),
        (entities(Entity("m7", 12, 15, "LOC")), "the span cuts the word 'that'", "whole words"),
        (
            entities(Entity("m7", 45, 54, "TIME", {"timex": "2020"})),
            "GPE lies inside TIME 'in Talmar'",
            "inside TIME only nothing",
        ),
        (
            entities(Entity("m6", 58, 64, "TIME", {"timex": "Friday"})),
            "timex is 'Friday'",
            "the documented form",
        ),
        (killed(attributes={**FIGURE, "incident": -1}), "incident is -1", "at least 0"),
        (killed(attributes={**FIGURE, "incident": "1"}), "incident is '1'", "a whole number"),
        (
            killed(attributes={**FIGURE, "incident": 1, "realis": "perhaps"}),
            "realis is 'perhaps'",
            "one of actual, other, generic",
        ),
        (said(trigger=Trigger(7, 16)), "2 words", "one word"),
        (
            said(SPEAKER, CONTENT, Argument("victim", "m4")),
            "STATEMENT takes no victim",
            "one of speaker, content, time",
        ),
        (relations(("m5", "m1", "member_of")), "member_of from GPE to ARM 'Police'", "from PER to ARM, ORG, GPE"),
    ],
)
def test_a_finding_says_what_was_found_and_expected(
    raid: Document, ontology: Ontology, changes: dict[str, object], found: str, expected: str
) -> None:
    (finding,) = validate([changed(raid, changes)], ontology).findings
    assert (finding.found, finding.expected) == (found, expected)


@pytest.mark.parametrize(
    ("changes", "do"),
    [
        (entities(Entity("m5", 48, 54, "GEP")), "did you mean GPE?"),
        (entities(Entity("m5", 48, 54, "gpe")), "did you mean GPE?"),
        (entities(Entity("m5", 48, 54, "Q")), "choose one of the ontology's"),
        (entities(Entity("m5", 48, 54, "")), "choose one of the ontology's"),
        (said(type="STATMENT"), "did you mean STATEMENT?"),
        (killed(Argument("agnt", "m1")), "did you mean agent?"),
        (relations(("m2", "m1", "memberof")), "did you mean member_of?"),
        (relations(("m2", "e2", "agent")), "turn it round"),
        (
            relations(
                ("m5", "e2", "agent"),
            ),
            "turn it round",
        ),
        (relations(("m3", "e2", "agent")), "draw it from a trigger"),
    ],
)
def test_a_finding_says_what_to_do(raid: Document, ontology: Ontology, changes: dict[str, object], do: str) -> None:
    (finding,) = validate([changed(raid, changes)], ontology).findings
    assert finding.do == do


def test_offsets_and_quote_count_code_points(ontology: Ontology) -> None:
    document = Document("d", "😀\r\n𝕋almar fell.", (Entity("m", 2, 9, "GPE"),))
    (finding, *_) = validate([document], ontology).findings
    assert (finding.code, finding.start, finding.end, finding.quote) == ("SPN203", 2, 9, "\n𝕋almar")


@pytest.mark.parametrize(
    ("text", "start", "before", "quote", "after", "line"),
    [
        ("Talmar, ", 0, None, "Talmar,", " ", 1),
        ("One\nTwo Talmar, three\nfour", 8, "Two ", "Talmar,", " three", 2),
        ("One\r\nTwo\r\nTalmar,\r\nfour", 10, None, "Talmar,", None, 3),
        ("x" * 50 + " Talmar, " + "y" * 50, 51, "…" + "x" * 39 + " ", "Talmar,", " " + "y" * 39 + "…", 1),
        ("😀" * 40 + "Talmar," + "😀" * 40, 40, "😀" * 40, "Talmar,", "😀" * 40, 1),
    ],
)
def test_a_finding_shows_its_line(
    ontology: Ontology, text: str, start: int, before: str | None, quote: str, after: str | None, line: int
) -> None:
    document = Document("d", text, (Entity("m", start, start + 7, "GPE"),))
    (finding,) = validate([document], ontology).findings
    shown = (finding.before or None, finding.quote, finding.after or None, finding.line)
    assert (finding.code, *shown) == ("SPN204", before, quote, after, line)


def test_a_place_outside_the_text_is_shown_as_far_as_it_goes(ontology: Ontology) -> None:
    (finding,) = validate([Document("d", "In Talmar", (Entity("m", 3, 99, "GPE"),))], ontology).findings
    assert (finding.code, finding.start, finding.end, finding.quote) == ("SPN201", 3, 99, "Talmar")


def test_findings_about_a_document_have_no_place(ontology: Ontology) -> None:
    (finding,) = validate([Document("d", "Talmar")], ontology).findings
    assert (finding.start, finding.end, finding.quote, finding.line, finding.item) == (None,) * 5


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ((), (), {"SPN203", "EVT403"}),
        (("SPN",), (), {"SPN203"}),
        ((), ("SPN",), {"EVT403"}),
        (("SPN", "EVT403"), ("SPN203",), {"EVT403"}),
        (("ARG",), (), set()),
    ],
)
def test_only_chosen_rules_are_raised(
    raid: Document, ontology: Ontology, select: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]
) -> None:
    broken = changed(raid, {**entities(Entity("m7", 44, 47, "LOC")), **said(trigger=Trigger(7, 16))})
    report = validate([broken], ontology, select, ignore)
    assert {finding.code for finding in report.findings} == expected
    assert report.documents == 1


@pytest.mark.parametrize("code", ["DOC102", "DOC103"])
def test_rules_outside_the_checks_can_be_ignored(ontology: Ontology, code: str) -> None:
    report = validate([Document("d", "x")] * 2, ontology)
    assert {finding.code for finding in report.findings} == {"DOC102", "DOC103"}
    report = validate([Document("d", "x")] * 2, ontology, ignore=[code])
    assert {finding.code for finding in report.findings} == {"DOC102", "DOC103"} - {code}


def test_a_word_that_no_rule_begins_with_is_refused(raid: Document, ontology: Ontology) -> None:
    with pytest.raises(UnknownRule):
        validate([raid], ontology, select=["XYZ"])


@pytest.mark.parametrize(
    ("text", "filler", "codes_found"),
    [
        ("They fled. Talmar lay behind.", 11, ["ARG508"]),
        ("They fled. “Talmar lay behind.”", 12, ["ARG508"]),
        ("They fled\nTalmar lay behind.", 10, ["ARG508"]),
        ("They fled. The city of Talmar lay behind.", 23, ["ARG508"]),
        ("They fled to Gen. Talmar at once.", 18, []),
        ("They fled from Talmar.", 15, []),
        ("They fled... talmar lay behind.", 13, []),
    ],
)
def test_a_filler_in_another_sentence_is_found(
    ontology: Ontology, text: str, filler: int, codes_found: list[str]
) -> None:
    event = Event("e", "MOVEMENT", Trigger(5, 9), (Argument("origin", "m"),), {"incident": 1})
    assert codes(Document("d", text, (Entity("m", filler, filler + 6, "GPE"),), (event,)), ontology) == codes_found


@pytest.mark.parametrize(
    ("incidents", "missing"),
    [([1, 2, 3], None), ([1, 1, 0], None), ([0], None), ([2], "1"), ([1, 4], "2, 3"), ([9], "1, 2, 3, 4, 5")],
)
def test_gaps_of_incidents_are_named(ontology: Ontology, incidents: list[int], missing: str | None) -> None:
    events = tuple(
        Event(f"e{n}", "ATTACK", Trigger(2 * n, 2 * n + 1), (), {"incident": incident})
        for n, incident in enumerate(incidents)
    )
    found = [(f.code, f.found) for f in validate([Document("d", "a b c", (), events)], ontology).findings]
    assert found == ([("CON804", f"no incident {missing}, but {max(incidents)}")] if missing else [])


def test_a_cycle_is_found_once_and_named(ontology: Ontology) -> None:
    ring = {"e1": "e2", "e2": "e3", "e3": "e1", "e4": "e1"}
    events = tuple(
        Event(event, "STATEMENT", Trigger(2 * n, 2 * n + 1), (Argument("content", None, content),))
        for n, (event, content) in enumerate(ring.items())
    )
    (finding,) = validate([Document("d", "a b c d", (), events)], ontology).findings
    assert (finding.code, finding.item, finding.found) == ("ARG509", "e1", "e1 contains e2 contains e3 contains e1")


def test_a_long_line_of_reports_is_no_cycle(ontology: Ontology) -> None:
    size = 3000
    events = tuple(
        Event(f"e{n}", "STATEMENT", Trigger(2 * n, 2 * n + 1), (Argument("content", None, f"e{n + 1}"),))
        for n in range(size)
    )
    last = Event(f"e{size}", "ATTACK", Trigger(2 * size, 2 * size + 1), (), {"incident": 1})
    assert codes(Document("d", "a " * size + "a", (), (*events, last)), ontology) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to desk@coast.example now", True),
        ("Call +99 5555 123456 now", True),
        ("Call +99 (5555) 123-456 now", True),
        ("They met @ Talmar", False),
        ("Talmar + 20 others", False),
        ("In 2020 some 12,000,000 fled", False),
        ("Call 5555", False),
    ],
)
def test_contact_data_is_found(ontology: Ontology, text: str, found: bool) -> None:
    report = validate([Document("d", text)], ontology, select=["PRV951"])
    assert len(report.findings) == found


def test_a_long_quote_is_cut_to_60_characters(ontology: Ontology) -> None:
    document = Document("d", "a" * 100, (Entity("m", 0, 61, "PER"), Entity("n", 40, 100, "PER")))
    quotes = {f.item: f.quote for f in validate([document], ontology).findings if f.code == "SPN205"}
    assert quotes == {"m": "a" * 59 + "…", "n": "a" * 60}


def test_a_report_is_plain_values_as_json_with_counts(raid: Document, ontology: Ontology) -> None:
    broken = changed(raid, {**entities(Entity("m7", 44, 47, "LOC")), **said(trigger=Trigger(7, 16))})
    report = validate([raid, msgspec.structs.replace(broken, doc_id="b", text=raid.text + " ")], ontology)
    table = json.loads(as_json(report))
    assert (table["documents"], table["errors"], table["warnings"]) == (2, 1, 1)
    assert [(row["code"], row["doc_id"], row["quote"]) for row in table["findings"]] == [
        ("SPN203", "b", " in"),
        ("EVT403", "b", "said that"),
    ]


def test_an_empty_annotation_of_an_annotator_is_an_answer(ontology: Ontology) -> None:
    document = Document("d", "Nothing here.")
    assert [
        finding.code for finding in check_document(document, ontology, Origin("f.json", task=1, annotation=2))
    ] == []
    assert [finding.code for finding in check_document(document, ontology, Origin("f.jsonl"))] == ["DOC103"]


def test_findings_carry_the_origin_given(ontology: Ontology) -> None:
    origin = Origin("f.jsonl")
    (finding,) = check_document(Document("d", "x"), ontology, origin)
    assert finding.origin == origin


def test_no_documents_give_an_empty_report(ontology: Ontology) -> None:
    report = validate([], ontology)
    assert (report.findings, report.documents) == ((), 0)


def test_documents_may_come_from_an_iterator(raid: Document, ontology: Ontology) -> None:
    assert validate(iter([raid]), ontology).documents == 1


@pytest.mark.parametrize("word", ["U.S.", "a.m.", "Ph.D.", "Front (HF)", "(HF)", "É.U.", "Zoë", "C++", "5%"])
def test_punctuation_that_belongs_to_a_name_is_no_stray(ontology: Ontology, word: str) -> None:
    document = Document("d", f"In {word} today", (Entity("m", 3, 3 + len(word), "ORG"),))
    assert codes(document, ontology) == []


@pytest.mark.parametrize(
    ("word", "stray"),
    [
        ("Talmar.", "."),
        ("Talmar,", ","),
        ("“Talmar", "“"),
        ("Talmar’", "’"),
        ("'Talmar", "'"),
        ("(Talmar", "("),
        ("Talmar)", ")"),
        ("[Talmar]", "["),
        ("Talmar…", "…"),
        ("2020.", "."),
        (".", "."),
        ("Talmar!", "!"),
    ],
)
def test_stray_punctuation_is_named(ontology: Ontology, word: str, stray: str) -> None:
    document = Document("d", f"In {word} today", (Entity("m", 3, 3 + len(word), "ORG"),))
    (finding,) = validate([document], ontology).findings
    assert (finding.code, finding.found) == ("SPN204", f"{stray!r} at an edge")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("Ostmark-led", 0, 7), ("Talmar's", 0, 6), ("Talmar’s", 0, 6), ("😀Talmar😀", 1, 7), ("Zoë fled", 0, 3)],
)
def test_a_span_that_ends_at_a_hyphen_apostrophe_or_emoji_cuts_no_word(
    ontology: Ontology, text: str, start: int, end: int
) -> None:
    assert codes(Document("d", text, (Entity("m", start, end, "GPE"),)), ontology) == []


@pytest.mark.parametrize(
    "timex",
    ["2020-01-31", "2020", "201", "XXXX", "XXXX-W05-5", "2016-05-04TMO", "2016-05-04T10:30", "2020-SU", "P3D", "PT2H"],
)
def test_a_timex_in_the_documented_form(ontology: Ontology, timex: str) -> None:
    document = Document("d", "Lately", (Entity("m", 0, 6, "TIME", {"timex": timex}),), published="2020-02-01")
    assert codes(document, ontology) == []


@pytest.mark.parametrize(
    "timex", ["", "Friday", "2020-1-31", "31-01-2020", "2020-01-31 ", "P3", "20200131", "２０２０-AB"]
)
def test_a_timex_in_another_form_is_refused(ontology: Ontology, timex: str) -> None:
    document = Document("d", "Lately", (Entity("m", 0, 6, "TIME", {"timex": timex}),), published="2020-02-01")
    assert codes(document, ontology) == ["ONT302"]


@pytest.mark.parametrize(
    ("outer", "inner", "allowed"),
    [("ARM", "GPE", True), ("PER", "ARM", True), ("GPE", "GPE", True), ("GPE", "ARM", False), ("PER", "PER", False)],
)
def test_nesting_is_allowed_as_the_ontology_lists_it(ontology: Ontology, outer: str, inner: str, allowed: bool) -> None:
    document = Document("d", "Talmar Army", (Entity("m", 0, 11, outer), Entity("n", 0, 6, inner)))
    assert codes(document, ontology) == ([] if allowed else ["SPN208"])


def test_a_mention_is_checked_against_every_mention_around_it(ontology: Ontology) -> None:
    around = (Entity("a", 0, 18, "GPE"), Entity("b", 0, 11, "GPE"), Entity("c", 0, 6, "ARM"))
    report = validate([Document("d", "Talmar Army staff,", around)], ontology)
    assert [f.found for f in report.findings if f.code == "SPN208"] == [
        "ARM lies inside GPE 'Talmar Army staff,'",
        "ARM lies inside GPE 'Talmar Army'",
    ]


def test_a_trigger_may_lie_inside_a_mention(ontology: Ontology) -> None:
    event = Event("e", "INJURY", Trigger(0, 7), (), {"incident": 1})
    assert codes(Document("d", "wounded men", (Entity("m", 0, 11, "PER"),), (event,)), ontology) == []


def test_a_lax_ontology_allows_nested_crossing_and_shared_spans() -> None:
    document = Document(
        "d",
        "Rebels of Talmar\nArmy attacked on Friday",
        (
            Entity("m1", 0, 16, "ARMED_GROUP"),
            Entity("m2", 10, 16, "LOCATION"),
            Entity("m3", 10, 21, "ARMED_GROUP"),
            Entity("m4", 10, 21, "PERSON"),
            Entity("m5", 22, 30, "WEAPON"),
            Entity("m6", 34, 40, "DATE", {"normalized": "2020-01-31"}),
        ),
        (
            Event("e1", "Attack", Trigger(22, 30), (Argument("attacker", "m5"), Argument("time", "m6"))),
            Event("e2", "Bombing", Trigger(22, 30), (Argument("target", None, "e1"),), {"certainty": "claimed"}),
        ),
        (Relation("m1", "m2", None),),
        attributes={"doc_type": "opinion"},
    )
    assert codes(document, SYM) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entities": (Entity("m", 0, 6, "PERSON"), Entity("n", 0, 6, "PERSON"))}, "SPN207"),
        ({"events": (Event("e", "Attack", Trigger(7, 11)), Event("f", "Attack", Trigger(7, 11)))}, "EVT404"),
        ({"entities": (Entity("m", 0, 7, "PERSON"),)}, "SPN203"),
        ({"entities": (Entity("m", 0, 6, "PERSONS"),)}, "ONT301"),
        ({"entities": (Entity("m", 0, 6, "PERSON", {"certainty": "sure"}),)}, "ONT302"),
        ({"entities": (Entity("m", 0, 6, "PERSON", {"doc_type": "opinion"}),)}, "ONT302"),
        ({"entities": (Entity("m", 0, 6, "PERSON"),), "attributes": {"doc_type": "essay"}}, "ONT302"),
    ],
)
def test_a_lax_ontology_still_refuses(changes: dict[str, object], code: str) -> None:
    assert codes(msgspec.structs.replace(Document("d", "Rebels fled"), **changes), SYM) == [code]


def test_the_committed_gold_breaks_no_rule_but_what_is_waived(ontology: Ontology) -> None:
    gold, waivers = ROOT / "corpus" / "gold.jsonl", ROOT / "annotation" / "waivers.toml"
    report = run([gold], ontology, Options(waivers=waivers)).report
    assert report.documents > 0
    assert [str(finding) for finding in report.findings] == []


ids = st.sampled_from(["m1", "m2", "e1", "e2", "gone", "", "😀"])
labels = st.sampled_from(["PER", "ARM", "GPE", "TIME", "DEATH", "STATEMENT", "Attack", "PERSON", "GEP", "", "😀"])
roles = st.sampled_from(["agent", "content", "count", "attacker", "member_of", "same_as", "agnt", ""])
numbers = st.integers(-3, 20) | st.integers()
answers = numbers | st.floats() | st.text(max_size=4) | st.lists(st.text(max_size=3), max_size=3).map(tuple)
attributes = st.dictionaries(
    st.sampled_from(["timex", "incident", "realis", "certainty", "count", "doc_type", "mood"]),
    answers,
    max_size=3,
)
drawn = st.builds(Argument, roles, st.none() | ids, st.none() | ids, st.none() | numbers, st.none() | numbers)
documents = st.builds(
    Document,
    doc_id=st.sampled_from(["d", "e", ""]),
    text=st.text(alphabet="ab A.(“\r\n\u00a0\u0301😀", max_size=20) | st.text(max_size=20),
    entities=st.lists(st.builds(Entity, ids, numbers, numbers, labels, attributes), max_size=5).map(tuple),
    events=st.lists(
        st.builds(
            Event, ids, labels, st.builds(Trigger, numbers, numbers), st.lists(drawn, max_size=4).map(tuple), attributes
        ),
        max_size=4,
    ).map(tuple),
    relations=st.lists(st.builds(Relation, ids, ids, st.none() | roles), max_size=4).map(tuple),
    chains=st.lists(st.builds(Chain, ids, st.just("entity"), st.lists(ids, max_size=3).map(tuple)), max_size=2).map(
        tuple
    ),
    attributes=attributes,
    zones=st.lists(st.builds(Zone, numbers, numbers, st.sampled_from(["body", "boilerplate"])), max_size=3).map(tuple),
    published=st.none() | st.sampled_from(["2020-02-01", "2020", "", "soon"]),
    sources=st.lists(st.builds(Source, st.text(max_size=2), st.text(max_size=2)), max_size=2).map(tuple),
    annotators=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    meta=st.dictionaries(st.just("event"), st.text(max_size=1)),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(documents, max_size=2), st.booleans())
def test_any_document_gives_a_report(ontology: Ontology, found: list[Document], lax: bool) -> None:
    splits = {"d": "train", "e": "test"}
    report = validate(found, SYM if lax else ontology, split_of=splits)
    assert report.documents == len(found)
    texts = {document.text for document in found}
    for finding in report.findings:
        assert finding.severity == BY_CODE[finding.code].severity
        assert finding.found
        assert finding.expected
        assert finding.do
        assert finding.quote is None or any(finding.quote.removesuffix("…") in text for text in texts)
    assert len(json.loads(as_json(report))["findings"]) == report.errors + report.warnings


@settings(deadline=None, max_examples=25)
@given(documents, st.randoms(use_true_random=False))
def test_spans_are_judged_alike_in_any_order(ontology: Ontology, document: Document, chance: random.Random) -> None:
    unique = tuple({entity.span: entity for entity in document.entities}.values())
    one = msgspec.structs.replace(document, entities=unique)
    other = msgspec.structs.replace(document, entities=tuple(chance.sample(unique, len(unique))))
    of_spans = [
        sorted(
            (finding.code, finding.start, finding.end)
            for finding in validate([each], ontology).findings
            if finding.code.startswith("SPN") and finding.start is not None and finding.end is not None
        )
        for each in (one, other)
    ]
    assert of_spans[0] == of_spans[1]


@settings(deadline=None, max_examples=25)
@given(documents)
def test_offsets_inside_or_outside_the_text_are_told_apart(ontology: Ontology, document: Document) -> None:
    outside = [item.id or None for item in document.items if not 0 <= item.span[0] < item.span[1] <= len(document.text)]
    found = [finding.item for finding in validate([document], ontology).findings if finding.code == "SPN201"]
    assert found == outside
