"""Safe fixes: what is mended, what is left alone, and that nothing else changes."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.check import check_paths
from strife.fix import mend_document, mend_results, trimmed
from strife.labelstudio.export import read_export
from strife.labelstudio.tasks import results, task
from strife.mend import ALL_RULES, Chosen, Mended, mend, mended_file
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Trigger, canonical
from strife.ontology import Ontology, load_ontology
from strife.store import OutputError, read_documents, write_documents
from strife.validate import RULES, validate
from strife.waivers import Waiver
from tests.conftest import ROOT

Json = dict[str, Any]

OURS = load_ontology()
TEXT = "Rebels killed two villagers in Talmar."


@pytest.fixture(scope="module")
def sym() -> Ontology:
    return load_ontology(ROOT / "tests" / "data" / "sym.toml")


def codes(notes: list[str]) -> list[str]:
    return [note[:6] for note in notes]


# ---------------------------------------------------------------- edges of spans


@pytest.mark.parametrize(
    ("marked", "left"),
    [
        ("Rebels ", "Rebels"),
        ("\u00a0 Rebels\r\n", "Rebels"),
        ("Rebels,", "Rebels"),
        ("“Rebels”", "Rebels"),
        ('"Rebels," ', "Rebels"),
        ("… Rebels!?", "Rebels"),
        ("U.S.", "U.S."),
        ("the U.S.", "the U.S."),
        ("U.S.,", "U.S."),
        ('"U.S."', "U.S."),
        ("Rebels.", "Rebels"),
        ("Front (HF)", "Front (HF)"),
        ("(HF) Front", "(HF) Front"),
        ("(HF)(", "(HF)"),
        ("(HF", "HF"),
        ("HF)", "HF"),
        ("😀,", "😀"),
        ("e\u0301 ", "e\u0301"),
        ("$5-", "$5-"),
        ("x", "x"),
        (",", ","),
        (" ", " "),
        (' ". ', ' ". '),
    ],
)
def test_blanks_and_stray_punctuation_go_and_the_name_stays(marked: str, left: str) -> None:
    text = f"ab{marked}cd"
    start, end = trimmed(text, 2, 2 + len(marked))
    assert text[start:end] == left


@pytest.mark.parametrize("span", [(-1, 3), (2, 2), (3, 2), (0, 99), (50, 60), (-5, -2)])
def test_a_span_that_is_no_place_in_the_text_is_left_alone(span: tuple[int, int]) -> None:
    assert trimmed(" a, b ", *span) == span


@given(st.text(alphabet=" ,.()\"'“”ab\nU\u00a0😀", max_size=12), st.integers(-2, 12), st.integers(-2, 14))
def test_a_trimmed_span_lies_inside_and_lost_edge_characters_only(text: str, start: int, end: int) -> None:
    low, high = trimmed(text, start, end)
    assert trimmed(text, low, high) == (low, high)
    if (low, high) != (start, end):
        assert start <= low < high <= end
        assert not any(c.isalnum() for c in text[start:low] + text[high:end])


# ---------------------------------------------------------------- each fix, on a document and on an export


def killed(*arguments: Argument, span: tuple[int, int] = (7, 13), name: str = "e") -> Event:
    return Event(name, "DEATH", Trigger(*span), arguments)


REBELS, VILLAGERS, TALMAR = Entity("a", 0, 6, "PER"), Entity("v", 18, 27, "PER"), Entity("p", 31, 37, "GPE")


def document(*items: Entity | Event | Relation, text: str = TEXT) -> Document:
    return Document(
        "d",
        text,
        tuple(i for i in items if isinstance(i, Entity)),
        tuple(i for i in items if isinstance(i, Event)),
        tuple(i for i in items if isinstance(i, Relation)),
    )


def through_export(one: Document, folder: Path) -> tuple[Document, list[str]]:
    """The document after it was written as an export, mended, and read again."""
    found, notes = mend_results(one.text, results(one, OURS), OURS)
    path = folder / "export.json"
    path.write_text(json.dumps([{**task(one), "annotations": [{"result": found}]}]), encoding="utf-8")
    ((version,),) = (read.versions for read in read_export(path, OURS))
    return version.document, notes


def same(one: Document, other: Document) -> bool:
    """Do the two hold the same items and arrows, whatever their order?"""
    one, other = canonical(one), canonical(other)
    return (one.entities, one.events, one.relations) == (other.entities, other.events, other.relations)


AGENT = Argument("agent", "a")
CASES = {
    "blank": (document(Entity("a", 0, 7, "PER")), ["SPN203"], document(REBELS)),
    "comma": (
        document(Entity("a", 0, 7, "PER"), text="Rebels, then."),
        ["SPN204"],
        document(REBELS, text="Rebels, then."),
    ),
    "blank at a trigger": (document(killed(span=(6, 14))), ["SPN203"], document(killed())),
    "mention twice": (
        document(REBELS, Entity("a2", 0, 6, "PER"), killed(Argument("agent", "a2"))),
        ["SPN207"],
        document(REBELS, killed(AGENT)),
    ),
    "mention twice after its edge is mended": (
        document(REBELS, Entity("b", 0, 7, "PER"), killed(AGENT, Argument("agent", "b"))),
        ["SPN203", "SPN207", "ARG507"],
        document(REBELS, killed(AGENT)),
    ),
    "trigger twice": (
        document(REBELS, TALMAR, killed(AGENT), killed(AGENT, Argument("place", "p"), name="f")),
        ["EVT404", "ARG507"],
        document(REBELS, TALMAR, killed(AGENT, Argument("place", "p"))),
    ),
    "a repetition without answers": (
        document(Entity("t", 0, 6, "TIME", {"timex": "2020"}), Entity("u", 0, 6, "TIME")),
        ["SPN207"],
        document(Entity("t", 0, 6, "TIME", {"timex": "2020"})),
    ),
    "the same answers, one edge mended": (
        document(Entity("t", 0, 6, "TIME", {"timex": "2020"}), Entity("u", 0, 7, "TIME", {"timex": "2020"})),
        ["SPN203", "SPN207"],
        document(Entity("t", 0, 6, "TIME", {"timex": "2020"})),
    ),
    "argument twice": (document(REBELS, killed(AGENT, AGENT)), ["ARG507"], document(REBELS, killed(AGENT))),
    "relation twice": (
        document(VILLAGERS, TALMAR, *[Relation("v", "p", "member_of")] * 2),
        ["ARG507"],
        document(VILLAGERS, TALMAR, Relation("v", "p", "member_of")),
    ),
    "symmetric relation drawn once each way": (
        document(REBELS, VILLAGERS, Relation("a", "v", "same_as"), Relation("v", "a", "same_as")),
        ["ARG507"],
        document(REBELS, VILLAGERS, Relation("a", "v", "same_as")),
    ),
    "relation between a mention and its repetition": (
        document(REBELS, Entity("b", 0, 6, "PER"), Relation("a", "b", "same_as")),
        ["SPN207", "ARG507"],
        document(REBELS),
    ),
    "argument reversed": (
        document(REBELS, killed(), Relation("a", "e", "agent")),
        ["ARG506"],
        document(REBELS, killed(AGENT)),
    ),
    "argument reversed and as it should be": (
        document(REBELS, killed(AGENT), Relation("a", "e", "agent")),
        ["ARG506", "ARG507"],
        document(REBELS, killed(AGENT)),
    ),
    "relation reversed": (
        document(VILLAGERS, TALMAR, Relation("p", "v", "member_of")),
        ["REL551"],
        document(VILLAGERS, TALMAR, Relation("v", "p", "member_of")),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_safe_fix_on_a_document(case: str) -> None:
    before, expected, after = CASES[case]
    mended, notes = mend_document(before, OURS)
    assert codes(notes) == expected
    assert same(mended, after)
    assert mend_document(mended, OURS) == (mended, [])


@pytest.mark.parametrize("case", CASES)
def test_a_safe_fix_on_an_export(case: str, tmp_path: Path) -> None:
    before, expected, after = CASES[case]
    # Regions of an export come in the order of the text: which of two is called the repetition may differ.
    mended, notes = through_export(before, tmp_path)
    assert sorted(codes(notes)) == sorted(expected)
    names = {item.id for item in mended.items}
    assert names <= {item.id for item in before.items}
    assert sorted((i.label, i.span) for i in mended.items) == sorted((i.label, i.span) for i in after.items)
    if names == {item.id for item in after.items}:
        assert same(mended, after)


LEFT_ALONE = {
    "nothing wrong": document(REBELS, VILLAGERS, killed(AGENT, Argument("victim", "v"))),
    "nothing marked": document(),
    "an empty text": document(text=""),
    "only a blank": document(Entity("a", 6, 7, "PER")),
    "a span past the end": document(Entity("a", 30, 99, "PER")),
    "another label on the span": document(REBELS, Entity("b", 0, 6, "ARM")),
    "a mention and a trigger on one word": document(Entity("a", 7, 13, "PER"), killed()),
    "different answers": document(
        Entity("t", 0, 6, "TIME", {"timex": "2020"}), Entity("u", 0, 6, "TIME", {"timex": "2021"})
    ),
    "answers on the repetition only": document(Entity("t", 0, 6, "TIME"), Entity("u", 0, 6, "TIME", {"timex": "2020"})),
    "illegal both ways": document(REBELS, VILLAGERS, Relation("a", "v", "member_of")),
    "legal both ways": document(
        Entity("q", 0, 6, "GPE"), TALMAR, Relation("p", "q", "located_in"), Relation("q", "p", "same_as")
    ),
    "a role the type does not take": document(REBELS, killed(), Relation("a", "e", "speaker")),
    "a filler that may not fill it": document(TALMAR, killed(), Relation("p", "e", "victim")),
    "a filler with an unknown label": document(Entity("a", 0, 6, "PRESON"), killed(), Relation("a", "e", "agent")),
    "an unknown relation": document(REBELS, VILLAGERS, Relation("a", "v", "likes")),
    "an arrow to nothing": document(REBELS, killed(Argument("agent", "zz")), Relation("zz", "a", "member_of")),
    "two labels on one arrow": document(REBELS, killed(AGENT, Argument("target", "a"))),
    "an unnamed arrow": document(REBELS, VILLAGERS, Relation("v", "a", None)),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_a_person_has_to_decide_is_left_alone(case: str) -> None:
    one = LEFT_ALONE[case]
    assert mend_document(one, OURS) == (one, [])
    drawn = results(one, OURS)
    assert mend_results(one.text, drawn, OURS) == (drawn, [])


def test_ids_used_twice_are_left_alone() -> None:
    one = document(Entity("a", 0, 7, "PER"), Entity("a", 18, 27, "PER"), Entity("b", 18, 27, "PER"))
    assert mend_document(one, OURS) == (one, [])


def test_members_of_a_chain_follow_the_mention_that_stays() -> None:
    chained = msgspec.structs.replace(
        document(REBELS, Entity("b", 0, 6, "PER"), VILLAGERS), chains=(Chain("c", "entity", ("a", "b", "v")),)
    )
    assert mend_document(chained, OURS)[0].chains == (Chain("c", "entity", ("a", "v")),)


# ---------------------------------------------------------------- result lists


def region(name: str, begin: int, finish: int, label: str = "PER", **more: Any) -> Json:
    value = {"start": begin, "end": finish, "text": TEXT[begin:finish], "labels": [label], **more}
    control = "trigger" if label == "DEATH" else "entity"
    return {"id": name, "from_name": control, "to_name": "text", "type": "labels", "value": value}


def arrow(head: str, tail: str, *labels: str, direction: str = "right") -> Json:
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": list(labels)}


def test_the_stored_text_follows_the_span() -> None:
    (mended,), _ = mend_results(TEXT, [region("a", 0, 7)], OURS)
    assert mended["value"] == {"start": 0, "end": 6, "text": "Rebels", "labels": ["PER"]}


def test_answers_about_a_region_move_with_it_and_typed_words_stay() -> None:
    place = {"start": 0, "end": 7, "text": "Rebels "}
    choice = {"id": "a", "from_name": "realis", "type": "choices", "value": {**place, "choices": ["actual"]}}
    listed = {"id": "a", "from_name": "timex", "type": "textarea", "value": {**place, "text": ["2020 "]}}
    plain = {"id": "a", "from_name": "timex", "type": "textarea", "value": {**place, "text": "2020 "}}
    mended, _ = mend_results(TEXT, [region("a", 0, 7), choice, listed, plain], OURS)
    assert [one["value"] for one in mended[1:]] == [
        {"start": 0, "end": 6, "text": "Rebels", "choices": ["actual"]},
        {"start": 0, "end": 6, "text": ["2020 "]},
        {"start": 0, "end": 6, "text": "2020 "},
    ]


def test_an_arrow_drawn_left_is_the_same_as_one_drawn_right() -> None:
    marked = [region("a", 0, 6), region("e", 7, 13, "DEATH")]
    kept = arrow("e", "a", "agent")
    mended, notes = mend_results(TEXT, [*marked, kept, arrow("a", "e", "agent", direction="left")], OURS)
    assert mended == [*marked, kept]
    assert codes(notes) == ["ARG507"]


def test_an_arrow_drawn_left_that_is_right_so_is_left_alone() -> None:
    drawn = [region("a", 0, 6), region("e", 7, 13, "DEATH"), arrow("a", "e", "agent", direction="left")]
    assert mend_results(TEXT, drawn, OURS) == (drawn, [])


def test_a_reversed_arrow_drawn_left_runs_right_afterwards() -> None:
    drawn = [region("a", 0, 6), region("e", 7, 13, "DEATH"), arrow("e", "a", "agent", direction="left")]
    mended, _ = mend_results(TEXT, drawn, OURS)
    assert mended[-1] == arrow("e", "a", "agent")


@pytest.mark.parametrize(
    "odd",
    [
        arrow("a", "e", "agent", direction="bi"),
        arrow("a", "e", "agent", "target"),
        arrow("a", "e"),
        {**arrow("a", "e"), "labels": None},
    ],
)
def test_arrows_both_ways_or_with_several_labels_or_none_are_not_turned(odd: Json) -> None:
    drawn = [region("a", 0, 6), region("e", 7, 13, "DEATH"), odd]
    assert mend_results(TEXT, drawn, OURS) == (drawn, [])


@pytest.mark.parametrize(
    "odd",
    [
        region("a", 0, 7, start="0"),
        region("a", 0, 7, end=7.0),
        region("a", 0, 7, start=True),
        {**region("a", 0, 7), "from_name": "another"},
        {**region("a", 0, 7), "id": None},
        {"id": "a", "from_name": "timex", "type": "textarea", "value": None},
    ],
)
def test_regions_that_cannot_be_understood_are_left_alone(odd: Json) -> None:
    assert mend_results(TEXT, [odd], OURS) == ([odd], [])


def test_a_region_with_two_labels_of_two_controls_is_left_alone() -> None:
    drawn = [region("a", 0, 7), region("a", 0, 7, "DEATH")]
    assert mend_results(TEXT, drawn, OURS) == (drawn, [])


# ---------------------------------------------------------------- properties

WORDS = "Rebels, who (HF) “shot” U.S. men. Then é 😀 fled\n off."


@st.composite
def documents(draw: st.DrawFn) -> Document:
    spans = st.tuples(st.integers(0, len(WORDS) - 1), st.integers(1, 8)).map(
        lambda s: (s[0], min(s[0] + s[1], len(WORDS)))
    )
    few = st.sampled_from([(0, 6), (0, 7), (7, 11), (24, 28), (24, 29)]) | spans
    entities = tuple(
        Entity(f"m{n}", *span, label, {"timex": "2020"} if label == "TIME" and n % 2 else {})
        for n, (span, label) in enumerate(
            draw(st.lists(st.tuples(few, st.sampled_from(["PER", "ARM", "TIME", "GPE"])), max_size=6))
        )
    )
    names = [f"m{n}" for n in range(len(entities))]
    triggers = draw(st.lists(st.tuples(few, st.sampled_from(["DEATH", "STATEMENT"])), max_size=3))
    ids = st.sampled_from([*names, "zz"])
    events = tuple(
        Event(
            f"e{n}",
            label,
            Trigger(*span),
            tuple(Argument(role, target) for role, target in draw(st.lists(st.tuples(ROLES, ids), max_size=3))),
        )
        for n, (span, label) in enumerate(triggers)
    )
    tails = st.sampled_from([*names, *(e.id for e in events), "zz"])
    # An arrow from a trigger is an argument: as a relation only arrows from mentions are drawn.
    arrows = st.tuples(ids, tails, st.sampled_from([None, "agent", "member_of", "same_as", "located_in"]))
    relations = tuple(Relation(*one) for one in draw(st.lists(arrows, max_size=5)))
    return Document("d", WORDS, entities, events, relations)


ROLES = st.sampled_from(["agent", "victim", "time", "speaker"])


@given(documents())
def test_mending_a_document_twice_is_mending_it_once(one: Document) -> None:
    mended, _ = mend_document(one, OURS)
    assert mend_document(mended, OURS) == (mended, [])


SAFE = sorted(rule.code for rule in RULES if rule.fix == "safe")


@given(documents(), st.sets(st.sampled_from(SAFE)))
def test_only_rules_that_were_chosen_are_mended(one: Document, chosen: set[str]) -> None:
    wanted = Chosen(frozenset(chosen)).of(one.doc_id)
    mended, notes = mend_document(one, OURS, wanted)
    # An arrow between a mention and its repetition goes with the repetition, whatever was chosen.
    of_repetition = {"ARG507"} if {"SPN207", "EVT404"} & chosen else set()
    assert set(codes(notes)) <= chosen | of_repetition
    assert mend_document(mended, OURS, wanted) == (mended, [])


@given(documents())
def test_what_is_waived_is_not_mended(one: Document) -> None:
    found = [f for f in validate([one], OURS).findings if f.code in SAFE]
    waivers = [Waiver(f.code, f.doc_id, "as it should be", f.quote or "") for f in found]
    # Of an arrow to nothing the validator only says that (ARG505), also where it is stored twice.
    waivers.append(Waiver("ARG507", one.doc_id, "as it should be"))
    # Where an edge is left alone nothing can become a repetition, and so nothing is left to do.
    assert mend_document(one, OURS, Chosen(waivers=tuple(waivers)).of(one.doc_id)) == (one, [])


@given(documents())
def test_only_spans_that_a_note_names_move_and_only_by_edge_characters(one: Document) -> None:
    mended, notes = mend_document(one, OURS)
    before = {item.id: item for item in one.items}
    for item in mended.items:
        (start, end), (low, high) = before[item.id].span, item.span
        assert item.label == before[item.id].label
        assert item.attributes == before[item.id].attributes
        if (start, end) != (low, high):
            assert any(f"[{start}:{end}]" in note and f"[{low}:{high}]" in note for note in notes)
            assert start <= low < high <= end
            assert not any(c.isalnum() for c in WORDS[start:low] + WORDS[high:end])
    gone = sum(code in ("SPN207", "EVT404") for code in codes(notes))
    assert len(mended.items) == len(one.items) - gone
    assert (mended.doc_id, mended.text) == (one.doc_id, one.text)


# Two spans that come to lie on one another when blanks go were a fault before, under another name.
PAIRS = {"SPN206", "SPN207", "SPN208", "SPN212", "EVT404"}
# An arrow that is turned round, or that moves to the item that stays, may be one too many there, or contradict
# another that said the opposite of the repetition.
TURNED = {"ARG504", "REL553"}


@given(documents())
def test_no_rule_is_broken_more_often_than_before(one: Document) -> None:
    before = Counter(f.code for f in validate([one], OURS).findings if f.severity == "error")
    after = Counter(f.code for f in validate([mend_document(one, OURS)[0]], OURS).findings if f.severity == "error")
    assert {code: n for code, n in (after - before).items() if code not in PAIRS | TURNED} == {}


@given(documents())
def test_a_document_and_its_export_get_the_same_fixes(one: Document) -> None:
    # In an export regions stand in the order of the text, so the document is put into that order first.
    def in_order(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted(items, key=lambda item: (item.span, item.id)))

    one = msgspec.structs.replace(one, entities=in_order(one.entities), events=in_order(one.events))
    mended, notes = mend_document(one, OURS)
    found, export_notes = mend_results(one.text, results(one, OURS), OURS)
    assert Counter(notes) == Counter(export_notes)
    again = results(mended, OURS)
    assert sorted(json.dumps(r, sort_keys=True) for r in found) == sorted(json.dumps(r, sort_keys=True) for r in again)


odd = st.none() | st.integers(-2, 40) | st.floats() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2)
names = st.sampled_from(["a", "b", "c", "e"])
result_lists = st.lists(
    st.builds(
        lambda name, start, size, label: region(name, start, start + size, label),
        names,
        st.integers(-1, 39),
        st.integers(0, 9),
        st.sampled_from(["PER", "ARM", "GPE", "DEATH", "X"]),
    )
    | st.builds(
        lambda head, tail, labels, direction: arrow(head, tail, *labels, direction=direction),
        names,
        names,
        st.lists(st.sampled_from(["agent", "place", "member_of", "same_as"]), max_size=2),
        st.sampled_from(["right", "left", "bi", "up"]),
    )
    | st.builds(lambda name, key, value: {**region(name, 0, 7), key: value}, names, st.sampled_from(["type"]), odd)
    | st.builds(lambda name, key, value: region(name, 0, 7, **{key: value}), names, st.sampled_from(["end"]), odd)
    | st.builds(
        lambda name, value: {"id": name, "from_name": "timex", "type": "textarea", "value": {"text": value}}, names, odd
    ),
    max_size=8,
)


@given(result_lists)
def test_mending_a_result_list_twice_is_mending_it_once(drawn: list[Json]) -> None:
    before = json.dumps(drawn)
    mended, _ = mend_results(TEXT, drawn, OURS)
    assert json.dumps(drawn) == before  # the list that was given is not changed
    again, notes = mend_results(TEXT, mended, OURS)
    assert (json.dumps(again), notes) == (json.dumps(mended), [])


# ---------------------------------------------------------------- files


def exported(path: Path, *found: Json, **more: Any) -> Path:
    whole = {
        "id": 1,
        "project": 3,
        "data": {"doc_id": "d", "text": TEXT, "extra": [1, {"é": 2.5}]},
        "annotations": [
            {"id": 7, "completed_by": {"id": 2, "email": "a@b.c"}, "result": list(found), "lead_time": 0.1},
            {"id": 8, "was_cancelled": True, "result": []},
        ],
        "meta": {"big": 10**18, "none": None, "surrogate": "\ue000\u2028"},
        **more,
    }
    path.write_text(json.dumps([whole, {**whole, "id": 2, "annotations": []}]), encoding="utf-8")
    return path


FAULTY = region("a", 0, 7)


def test_a_mended_export_is_a_new_file_and_the_old_one_stays(tmp_path: Path) -> None:
    path = exported(tmp_path / "x.json", FAULTY)
    before = path.read_bytes()
    said = mend([tmp_path], OURS, ALL_RULES, None, write=True)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.fixed.json", "x.json"]
    (note,) = said.notes
    assert note.endswith("task 1, annotation 7: SPN203 [0:7] 'Rebels ' -> [0:6] 'Rebels'")
    assert said.as_text().splitlines() == [note, f"written: {tmp_path / 'x.fixed.json'}", "1 fixes"]
    assert json.loads(said.as_json()) == {"fixes": [note], "written": [str(tmp_path / "x.fixed.json")]}


def test_a_mended_export_keeps_everything_else_of_every_task(tmp_path: Path) -> None:
    path = exported(tmp_path / "x.json", FAULTY, region("v", 18, 27))
    mend([path], OURS, ALL_RULES, None, write=True)
    expected = json.loads(path.read_bytes())
    expected[0]["annotations"][0]["result"][0]["value"].update(end=6, text="Rebels")
    for one in expected:
        one["predictions"] = []
    assert json.loads((tmp_path / "x.fixed.json").read_bytes()) == expected


def test_a_mended_export_holds_predictions_as_objects_and_no_drafts(tmp_path: Path) -> None:
    whole = {"id": 5, "model_version": "m", "result": [FAULTY]}
    path = exported(tmp_path / "x.json", FAULTY, drafts=[3, {"id": 4, "result": []}], predictions=[9, whole])
    mend([path], OURS, ALL_RULES, None, write=True)
    tasks = json.loads((tmp_path / "x.fixed.json").read_bytes())
    assert [one["predictions"] for one in tasks] == [[whole], [whole]]
    assert not any("drafts" in one for one in tasks)


def test_a_mended_export_reads_as_an_export_without_what_was_mended(tmp_path: Path) -> None:
    path = exported(tmp_path / "x.json", FAULTY, region("b", 0, 6))
    mend([path], OURS, ALL_RULES, tmp_path / "out", write=True)
    checked = check_paths([tmp_path / "out" / "x.fixed.json"], OURS)
    assert checked.states == {"submitted": 1, "skipped": 1, "unannotated": 1}
    assert not {"SPN203", "SPN207"} & {f.code for f in checked.report.findings}
    assert mended_file(tmp_path / "out" / "x.fixed.json", OURS)[1] == []


def test_a_task_that_cannot_be_read_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = exported(tmp_path / "x.json", FAULTY)
    broken = b'{"id": 3, "data": {"text": 5},  "annotations": 7, "lead_time": 1e400}'
    path.write_bytes(path.read_bytes()[:-1] + b", " + broken + b"]")
    content, notes = mended_file(path, OURS)
    assert codes([note.rpartition(": ")[2] for note in notes]) == ["SPN203"]
    assert content.endswith(broken + b"]\n")


def test_nothing_to_mend_writes_no_file(tmp_path: Path) -> None:
    exported(tmp_path / "x.json", region("a", 0, 6))
    assert mend([tmp_path], OURS, ALL_RULES, None, write=True) == Mended([], [])
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_only_files_with_something_to_mend_give_new_ones(tmp_path: Path) -> None:
    exported(tmp_path / "x.json", region("a", 0, 6))
    exported(tmp_path / "y.json", FAULTY)
    mend([tmp_path], OURS, ALL_RULES, tmp_path / "out", write=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["y.fixed.json"]


def test_a_look_at_the_fixes_writes_nothing(tmp_path: Path) -> None:
    path = exported(tmp_path / "x.json", FAULTY)
    told = mend([path], OURS, ALL_RULES, tmp_path / "out", write=False)
    assert (len(told.notes), told.written) == (1, [])
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_second_run_over_the_folder_mends_the_original_only(tmp_path: Path) -> None:
    exported(tmp_path / "x.json", FAULTY)
    first = mend([tmp_path], OURS, ALL_RULES, None, write=True)
    content = (tmp_path / "x.fixed.json").read_bytes()
    assert mend([tmp_path], OURS, ALL_RULES, None, write=True) == first
    assert (tmp_path / "x.fixed.json").read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 2


def test_documents_are_mended_into_documents(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write_documents(path, [document(Entity("a", 0, 7, "PER"))])
    mend([path], OURS, ALL_RULES, None, write=True)
    assert list(read_documents(tmp_path / "x.fixed.jsonl")) == [document(REBELS)]


@pytest.mark.parametrize(("name", "mended"), [("x.json.gz", "x.fixed.json"), ("a.b.json", "a.b.fixed.json")])
def test_the_new_file_is_named_after_the_old_one(tmp_path: Path, name: str, mended: str) -> None:
    content = exported(tmp_path / "x.json", FAULTY).read_bytes()
    path = tmp_path / "in" / name
    path.parent.mkdir()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    mend([path], OURS, ALL_RULES, tmp_path / "out", write=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [mended]


def test_a_file_without_an_ending_keeps_its_name(tmp_path: Path) -> None:
    mend([exported(tmp_path / "export", FAULTY)], OURS, ALL_RULES, tmp_path / "out", write=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["export.fixed"]


def test_two_files_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        exported(tmp_path / folder / "x.json", FAULTY)
    with pytest.raises(OutputError, match=r"x\.fixed\.json: two files"):
        mend([tmp_path / "a", tmp_path / "b"], OURS, ALL_RULES, tmp_path / "out", write=True)
    assert not (tmp_path / "out").exists()


REAL = ["easy_sym.JSON.json", "easy_sym.JSON.all_tasks.json", "snapshot_sym.default.json", "snapshot_sym.full.json"]


@pytest.mark.parametrize("name", REAL)
def test_real_exports_get_three_fixes_and_then_none(shared: Path, tmp_path: Path, sym: Ontology, name: str) -> None:
    path = shared / "label-studio" / "exports" / name
    content, notes = mended_file(path, sym)
    assert sorted(codes([note.partition("annotation ")[2].partition(": ")[2] for note in notes])) == [
        "ARG506",
        "ARG506",
        "SPN203",
    ]
    mended = tmp_path / name
    mended.write_bytes(content)
    assert mended_file(mended, sym) == (content, [])
    before, after = (check_paths([one], sym).report for one in (path, mended))
    gone = Counter(f.code for f in before.findings) - Counter(f.code for f in after.findings)
    assert gone == {"SPN203": 1, "ARG506": 2}
    assert after.errors == before.errors - 3
