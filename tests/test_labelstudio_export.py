"""The Label Studio door: what real exports hold, and every shape again in small exports written here."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strife.finding import Origin
from strife.labelstudio.export import Task, Version, read_export
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger, encode
from strife.ontology import AttributeType, EntityType, Ontology, load_ontology
from strife.stream import InputError
from strife.validate import check_document
from tests.conftest import ROOT

JSON_EXPORTS = (
    "easy_sym.JSON.json",
    "easy_sym.JSON.all_tasks.json",
    "snapshot_sym.default.json",
    "snapshot_sym.full.json",
)
TEXT = "Rebels shelled Talmar on Friday."

Json = dict[str, Any]
ReadOne = Callable[..., Version]


@pytest.fixture(scope="module")
def sym() -> Ontology:
    return load_ontology(ROOT / "tests" / "data" / "sym.toml")


@pytest.fixture
def read(tmp_path: Path, sym: Ontology) -> Callable[..., list[Task]]:
    """Read tasks from an export that holds them."""

    def run(*tasks: Json, ontology: Ontology = sym) -> list[Task]:
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return list(read_export(path, ontology))

    return run


@pytest.fixture
def read_one(read: Callable[..., list[Task]]) -> ReadOne:
    """Read one submitted annotation with these results."""

    def run(*results: Json, text: str = TEXT, **more: Any) -> Version:
        (task,) = read(task_of(annotation(*results), text=text), **more)
        (version,) = task.versions
        return version

    return run


def task_of(*annotations: Json, text: str = TEXT, **more: Any) -> Json:
    return {"id": 7, "data": {"text": text}, "annotations": list(annotations), **more}


def annotation(*results: Json, **more: Any) -> Json:
    return {"id": 70, "completed_by": 3, "result": list(results), "was_cancelled": False, **more}


def region(key: str, start: Any, end: Any, *labels: str, control: str = "entity", **value: Any) -> Json:
    place = {"start": start, "end": end, **value}
    return {
        "id": key,
        "from_name": control,
        "to_name": "text",
        "type": "labels",
        "value": {**place, "labels": list(labels)},
    }


def answer(key: str, control: str, kind: str, value: Json) -> Json:
    return {"id": key, "from_name": control, "to_name": "text", "type": kind, "value": value}


def arrow(head: str, tail: str, direction: str | None = "right", labels: list[str] | None = None) -> Json:
    found: Json = {"type": "relation", "from_id": head, "to_id": tail}
    if direction is not None:
        found["direction"] = direction
    return found if labels is None else {**found, "labels": labels}


MENTION = region("m", 0, 6, "ARMED_GROUP")
PLACE = region("p", 15, 21, "LOCATION")
SHELLED = region("e", 7, 14, "Attack", control="trigger")
OTHER = region("f", 25, 31, "Bombing", control="trigger")


# ---------------------------------------------------------------- real exports


def real(shared: Path, name: str, ontology: Ontology) -> dict[tuple[str, int | None], Version]:
    tasks = read_export(shared / "label-studio" / "exports" / name, ontology)
    return {(version.state, version.origin.annotation): version for task in tasks for version in task.versions}


@pytest.fixture(scope="module")
def full(shared: Path, sym: Ontology) -> dict[tuple[str, int | None], Version]:
    return real(shared, "snapshot_sym.full.json", sym)


@pytest.mark.parametrize("name", JSON_EXPORTS)
def test_every_json_export_gives_the_same_documents(
    shared: Path, sym: Ontology, full: dict[tuple[str, int | None], Version], name: str
) -> None:
    versions = real(shared, name, sym)
    annotations = {key for key in full if key[0] in ("submitted", "skipped")}
    assert {number for _, number in annotations} == {1, 2, 3, 4, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19}
    assert annotations <= set(versions) <= set(full)
    for key, version in versions.items():
        assert encode(version.document) == encode(full[key].document), key
        assert [str(finding) for finding in version.findings] == [str(finding) for finding in full[key].findings], key
        assert version.ground_truth == full[key].ground_truth, key
        assert version.origin.annotator == full[key].origin.annotator, key


@pytest.mark.parametrize(
    ("name", "tasks", "drafts", "predictions"),
    [
        ("easy_sym.JSON.json", 7, {1, 11}, set()),
        ("easy_sym.JSON.all_tasks.json", 9, {1, 11}, set()),
        ("snapshot_sym.default.json", 9, set(), set()),
        ("snapshot_sym.full.json", 9, {1, 11}, {1, 2, 3, 4, 5, 6}),
    ],
)
def test_drafts_and_predictions_are_read_where_they_are_whole(
    shared: Path, sym: Ontology, name: str, tasks: int, drafts: set[int], predictions: set[int]
) -> None:
    versions = real(shared, name, sym)
    assert {number for state, number in versions if state == "draft"} == drafts
    assert {number for state, number in versions if state == "prediction"} == predictions
    assert len(list(read_export(shared / "label-studio" / "exports" / name, sym))) == tasks


@pytest.mark.parametrize(
    ("number", "surfaces"),
    [
        (1, "🚀|Kherson|hers|family|حلب|re\u0301sume\u0301|attack|𝔘nit 𝟟|Bakhmut"),
        (
            2,
            "First|line.\r\nSecond|militants|attacked|Mosul|Third   line\xa0killed|12 civilians|Kirkuk|trailing",
        ),
        (3, "Army|killed|script|Gaza|A<B|Rafah"),
        (4, "airstrike|Monday|ISIS militants|Salah al-Din Governorate|Samer Yusuf|32 civilians"),
        (9, "army|killed|Ahmed Ali|the Islamic State of Iraq|Iraq|Mosul|A bombing "),
    ],
)
def test_spans_marked_with_a_mouse_cover_what_was_marked(
    full: dict[tuple[str, int | None], Version], number: int, surfaces: str
) -> None:
    version = full["submitted", number]
    items = sorted(version.document.items, key=lambda item: item.span)
    assert [version.document.surface(item) for item in items] == surfaces.split("|")
    assert version.findings == ()  # what the editor did to value.text is no mismatch


def test_rich_annotation(full: dict[tuple[str, int | None], Version]) -> None:
    document = full["submitted", 11].document
    labels = {item.id: item.label for item in document.items}
    surfaces = {item.id: document.surface(item) for item in document.items}
    assert (labels["J403rAw49j"], labels["J403rAw49j~2"]) == ("CASUALTIES", "ARMED_GROUP")
    assert surfaces["J403rAw49j"] == surfaces["J403rAw49j~2"] == "7 ISIS militants"
    assert document.attributes == {"doc_type": "news report"}
    assert {item.id: item.attributes for item in document.items if item.attributes} == {
        "efB0hoO8Kz": {"certainty": "asserted", "count": 1, "normalized": ("air strike", "strike:air")},
        "J403rAw49j": {"count": 7},
        "J403rAw49j~2": {"count": 7},
        "8SGNRd5X3Z": {"certainty": "claimed"},
    }
    assert {event.id: [(one.role, one.target) for one in event.arguments] for event in document.events} == {
        "efB0hoO8Kz": [
            ("attacker", "ujPeIxdGcB"),
            ("target", "DtYSpKH4Us"),
            ("place", "OxJednRBuL"),
            ("time", "_c2sjht0lL"),
        ],
        "khdXipz3fC": [("killed", "J403rAw49j"), ("target", "J403rAw49j")],
        "looFLqaAxK": [],
        "8SGNRd5X3Z": [("place", "zzgOdenkvd")],
    }
    assert document.relations == (
        Relation("zzgOdenkvd", "8SGNRd5X3Z", "place"),  # the other half of "bi"
        Relation("ajgxb3Njqw", "8SGNRd5X3Z", "killed"),  # "left"
        Relation("khdXipz3fC", "looFLqaAxK", None),
        Relation("khdXipz3fC", "khdXipz3fC", None),
    )
    assert full["submitted", 13].ground_truth
    assert not full["submitted", 11].ground_truth


def test_each_fault_of_the_invalid_annotation_is_found_once(
    full: dict[tuple[str, int | None], Version], sym: Ontology
) -> None:
    version = full["submitted", 17]
    found = [*version.findings, *check_document(version.document, sym, version.origin)]
    places = sorted((finding.code, finding.item or "", finding.start, finding.end) for finding in found)
    assert places == [
        ("ARG505", "HDDh5m_7bD", 88, 95),
        ("LSE101", "badname001", 4, 8),
        ("ONT301", "badlabel01", 0, 3),
        ("ONT303", "HDDh5m_7bD", 88, 95),
        ("SPN201", "badspan001", 100, 9999),
        ("SPN201", "emptyspan1", 5, 5),
    ]
    words = {"ARG505": "nowhere000", "LSE101": "'nosuch'", "ONT301": "NOT_IN_CONFIG", "ONT303": "no_such_role"}
    assert all(words.get(finding.code, "the ") in finding.found for finding in found)
    assert {finding.origin and finding.origin.annotation for finding in found} == {17}


def test_skipped_empty_and_skipped_with_a_region(full: dict[tuple[str, int | None], Version]) -> None:
    assert full["skipped", 14].document.items == ()
    assert [item.label for item in full["skipped", 15].document.items] == ["LOCATION"]
    assert full["submitted", 16].document.items == ()
    assert full["submitted", 16].findings == ()


@pytest.mark.parametrize("name", JSON_EXPORTS)
def test_no_address_of_an_annotator_leaves_a_real_export(shared: Path, sym: Ontology, name: str) -> None:
    path = shared / "label-studio" / "exports" / name
    tasks = list(read_export(path, sym))
    assert "example.com" not in repr(tasks)
    people = {version.document.annotators for task in tasks for version in task.versions}
    assert people <= {("1",), ("2",), ("3",), ("4",), ()}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("easy_sym.JSON_MIN.json", r"^FIL005 .* a JSON_MIN export, which loses .*relations.*; export as JSON, or take"),
        ("easy_sym.CSV.csv", r"^FIL005 .* a CSV or TSV export, which loses .*relations.*; export as JSON, or take"),
        ("easy_sym.CONLL2003.conll", r"^FIL005 .* a CONLL2003 export, which loses .*relations.*; export as JSON, or"),
        ("label_config_sym.xml", r"^FIL002 .*: no JSON; expected a JSON array of tasks; export as JSON"),
        ("project_sym.api.json", r"^FIL003 .*: one JSON object; expected a JSON array of tasks; export as JSON"),
    ],
)
def test_other_real_files_are_refused_with_what_to_take(shared: Path, sym: Ontology, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(read_export(shared / "label-studio" / "exports" / name, sym))


# ---------------------------------------------------------------- regions


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Rebels 🚀 fired 💥💥 at Kherson.", "Kherson"),
        ("👨\u200d👩\u200d👧 fled", "fled"),
        ("Cafe\u0301 re\u0301sume\u0301 attack", "re\u0301sume\u0301"),
        ("قصف مدينة حلب اليوم", "حلب"),
        ("𝔘nit 𝟟 shelled", "𝔘nit 𝟟"),
        ("  \tOne.\r\n\r\nTwo\rthree\n", "Two"),
        ("a line.\r\nSecond", "line.\r\nSecond"),
        ("Third   line\xa0killed", "line\xa0killed"),
        ("<b>5 &amp; 6</b>", "&amp; 6"),
        ("\ufeffZero\x00byte", "byte"),
    ],
)
def test_offsets_are_code_points_of_the_untouched_text(read_one: ReadOne, text: str, surface: str) -> None:
    start = text.index(surface)
    document = read_one(region("m", start, start + len(surface), "PERSON"), text=text).document
    assert document.text == text
    assert document.surface(document.entities[0]) == surface


def test_a_control_decides_what_a_region_is(read_one: ReadOne) -> None:
    document = read_one(SHELLED, MENTION).document
    assert document.entities == (Entity("m", 0, 6, "ARMED_GROUP"),)
    assert document.events == (Event("e", "Attack", Trigger(7, 14)),)


def test_controls_may_have_other_names(read_one: ReadOne, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(
        'name = "x"\nversion = "1"\n[label_studio]\nentity_control = "ner"\ntrigger_control = "act"\n', encoding="utf-8"
    )
    results = (region("m", 0, 6, "X", control="ner"), region("e", 7, 14, "Y", control="act"))
    version = read_one(*results, ontology=load_ontology(file))
    assert [item.label for item in version.document.items] == ["X", "Y"]
    assert version.findings == ()


def test_each_label_of_a_region_is_an_item(read_one: ReadOne) -> None:
    document = read_one(region("m", 0, 6, "PERSON", "ARMED_GROUP", "WEAPON")).document
    assert document.entities == (
        Entity("m", 0, 6, "PERSON"),
        Entity("m~2", 0, 6, "ARMED_GROUP"),
        Entity("m~3", 0, 6, "WEAPON"),
    )


def test_a_region_may_be_mention_and_trigger(read_one: ReadOne) -> None:
    document = read_one(
        region("x", 7, 14, "WEAPON"),
        region("x", 7, 14, "Attack", control="trigger"),
        MENTION,
        arrow("x", "m", labels=["attacker"]),
        arrow("m", "x", labels=["place"]),
    ).document
    assert [(item.id, item.label) for item in document.items] == [
        ("x", "WEAPON"),
        ("m", "ARMED_GROUP"),
        ("x~2", "Attack"),
    ]
    assert document.events[0].arguments == (Argument("attacker", "m"),)  # an arrow starts at the trigger
    assert document.relations == (Relation("m", "x", "place"),)  # and ends at the mention


def test_regions_without_ids_do_not_collide(read_one: ReadOne) -> None:
    anonymous = [{key: value for key, value in one.items() if key != "id"} for one in (MENTION, PLACE)]
    document = read_one(*anonymous).document
    assert len({entity.id for entity in document.entities}) == 2


def test_unknown_labels_reach_the_document(read_one: ReadOne) -> None:
    version = read_one(region("m", 0, 6, "NOPE"))
    assert version.document.entities == (Entity("m", 0, 6, "NOPE"),)
    assert version.findings == ()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 99), (5, 5), (6, 2), (-3, 2), (0, 10**30), (10**30, 10**31), (0, 1e300), (0.0, 6.0)]
)
def test_whole_numbers_out_of_range_reach_the_document(read_one: ReadOne, start: float, end: float) -> None:
    version = read_one(region("m", start, end, "PERSON"))
    assert version.document.entities[0].span == (start, end)
    assert version.findings == ()


@pytest.mark.parametrize(
    ("start", "end"), [(None, 3), (0, None), ("0", "3"), (0.5, 3), (True, 3), (0, [3]), (0, {}), (1e-300, 3)]
)
def test_offsets_that_are_no_whole_numbers_are_a_finding(read_one: ReadOne, start: Any, end: Any) -> None:
    version = read_one(region("m", start, end, "PERSON"), PLACE)
    assert [finding.code for finding in version.findings] == ["LSE102"]
    assert "region m has the offsets" in version.findings[0].found
    assert [entity.id for entity in version.document.entities] == ["p"]


def test_a_region_from_an_unknown_control_is_a_finding_with_its_place(read_one: ReadOne) -> None:
    version = read_one(region("m", 0, 6, "PERSON", control="nosuch"))
    (finding,) = version.findings
    assert (finding.code, finding.item, finding.start, finding.end, finding.quote) == ("LSE101", "m", 0, 6, "Rebels")
    assert version.document.items == ()


@pytest.mark.parametrize("labels", [{"labels": []}, {"labels": None}, {}])
def test_a_region_without_a_label_is_not_lost_in_silence(read_one: ReadOne, sym: Ontology, labels: Json) -> None:
    unlabelled = {**MENTION, "value": {"start": 0, "end": 6, **labels}}
    version = read_one(unlabelled)
    assert len([*version.findings, *check_document(version.document, sym, version.origin)]) == 1


# ---------------------------------------------------------------- value.text


@pytest.mark.parametrize(
    ("surface", "stored"),
    [
        ("line.\r\nSecond", "line.\\n\\nSecond"),
        ("one\rtwo", "one\\ntwo"),
        ("one\ntwo", "one\\ntwo"),
        ("Third   line\xa0killed", "Third line\xa0killed"),
        ("a \t b", "a b"),
        ("bombing ", "bombing"),
        ("bombing ", "bombing "),
        ("line.\r\nSecond", "line.\r\nSecond"),
        ("𝔘nit 𝟟", "𝔘nit 𝟟"),
        ("a\\nb", "a\\nb"),
    ],
)
def test_the_rewriting_of_the_editor_is_no_mismatch(read_one: ReadOne, surface: str, stored: str) -> None:
    version = read_one(region("m", 2, 2 + len(surface), "PERSON", text=stored), text=f"x {surface} y")
    assert version.findings == ()
    assert version.document.surface(version.document.entities[0]) == surface


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (TEXT, "rebels"),
        (TEXT, "Rebel"),
        (TEXT, ""),
        ("Re\u0301bels", "Rébels"),
        ("a b c d", "a\xa0b c"),
        ("one\ntwo", "one two"),
    ],
)
def test_another_stored_text_is_a_warning_and_the_offsets_stand(read_one: ReadOne, text: str, stored: str) -> None:
    version = read_one(region("m", 0, 6, "PERSON", "ARMED_GROUP", text=stored), text=text)
    (finding,) = version.findings
    assert (finding.code, finding.severity, finding.start, finding.end) == ("SPN202", "warning", 0, 6)
    assert (finding.quote, finding.found) == (text[:6], f"the stored text is {stored!r}")
    assert {entity.span for entity in version.document.entities} == {(0, 6)}


@pytest.mark.parametrize("stored", [None, ["Rebels", "no"], 5])
def test_a_stored_text_that_is_no_string_is_not_compared(read_one: ReadOne, stored: object) -> None:
    assert read_one(region("m", 0, 6, "PERSON", text=stored)).findings == ()


def test_the_text_of_a_span_out_of_range_is_not_compared(read_one: ReadOne) -> None:
    assert read_one(region("m", 3, 999, "PERSON", text="x")).findings == ()


# ---------------------------------------------------------------- attributes


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (answer("m", "certainty", "choices", {"start": 0, "end": 6, "choices": ["claimed"]}), "claimed"),
        (
            answer("m", "certainty", "choices", {"start": 0, "end": 6, "choices": ["claimed", "denied"]}),
            ("claimed", "denied"),
        ),
        (answer("m", "count", "number", {"start": 0, "end": 6, "text": "Rebels", "number": 3}), 3),
        (answer("m", "count", "number", {"start": 0, "end": 6, "number": 0}), 0),
        (answer("m", "count", "number", {"start": 0, "end": 6, "number": -2.5}), -2.5),
        (answer("m", "normalized", "textarea", {"start": 0, "end": 6, "text": ["reb\u0301el 🚀"]}), "reb\u0301el 🚀"),
        (answer("m", "normalized", "textarea", {"start": 0, "end": 6, "text": ["a", "b", "a"]}), ("a", "b", "a")),
        (answer("m", "normalized", "textarea", {"start": 0, "end": 6, "text": "one"}), "one"),
        (answer("m", "normalized", "textarea", {"text": ["no place given"]}), "no place given"),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_answers_on_a_region(read_one: ReadOne, result: Json, expected: AttributeValue, first: bool) -> None:
    version = read_one(*((result, MENTION) if first else (MENTION, result)))
    (name,) = version.document.entities[0].attributes
    assert name == result["from_name"]
    assert version.document.entities[0].attributes[name] == expected
    assert version.document.attributes == {}
    assert version.findings == ()


def test_attributes_of_a_trigger(read_one: ReadOne) -> None:
    document = read_one(SHELLED, answer("e", "count", "number", {"start": 7, "end": 14, "number": 2})).document
    assert document.events[0].attributes == {"count": 2}


def test_an_answer_about_the_document(read_one: ReadOne) -> None:
    version = read_one(MENTION, answer("d", "doc_type", "choices", {"choices": ["opinion"]}))
    assert version.document.attributes == {"doc_type": "opinion"}
    assert version.document.entities[0].attributes == {}
    assert version.findings == ()


def test_an_answer_goes_to_the_labels_that_take_it(read_one: ReadOne) -> None:
    ontology = Ontology(
        "x",
        "1",
        entity_types={"A": EntityType(), "B": EntityType()},
        attributes={"b": AttributeType(("B",)), "none": AttributeType(("DOCUMENT",))},
    )
    results = [answer("m", name, "textarea", {"start": 0, "end": 6, "text": ["v"]}) for name in ("b", "none")]
    document = read_one(region("m", 0, 6, "A", "B"), *results, ontology=ontology).document
    assert [entity.attributes for entity in document.entities] == [{"none": "v"}, {"b": "v"}]


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (answer("m", "nosuch", "choices", {"start": 0, "end": 6, "choices": ["x"]}), "LSE101"),
        (answer("d", "nosuch", "choices", {"choices": ["x"]}), "LSE101"),
        (answer("lost", "count", "number", {"start": 0, "end": 6, "number": 1}), "LSE102"),
    ],
)
def test_an_answer_that_has_no_place_is_a_finding(read_one: ReadOne, result: Json, code: str) -> None:
    version = read_one(MENTION, result)
    assert [finding.code for finding in version.findings] == [code]
    assert version.document.attributes == version.document.entities[0].attributes == {}


# ---------------------------------------------------------------- arrows

ATTACKER = Argument("attacker", "m")


@pytest.mark.parametrize(
    ("drawn", "arguments", "relations"),
    [
        (arrow("e", "m", labels=["attacker"]), (ATTACKER,), ()),
        (arrow("e", "m", None, ["attacker"]), (ATTACKER,), ()),
        (arrow("m", "e", "left", ["attacker"]), (ATTACKER,), ()),
        (arrow("e", "m", labels=["attacker", "time"]), (ATTACKER, Argument("time", "m")), ()),
        (arrow("m", "e", labels=["attacker"]), (), (Relation("m", "e", "attacker"),)),
        (arrow("e", "m", "left", ["attacker"]), (), (Relation("m", "e", "attacker"),)),
        (arrow("e", "m", "bi", ["attacker"]), (ATTACKER,), (Relation("m", "e", "attacker"),)),
        (arrow("e", "m"), (), (Relation("e", "m", None),)),
        (arrow("e", "m", labels=[]), (), (Relation("e", "m", None),)),
        (arrow("e", "m", "left"), (), (Relation("m", "e", None),)),
        (arrow("e", "m", "bi"), (), (Relation("e", "m", None), Relation("m", "e", None))),
        (arrow("m", "p", labels=["same"]), (), (Relation("m", "p", "same"),)),
        (arrow("m", "p", labels=["a", "b"]), (), (Relation("m", "p", "a"), Relation("m", "p", "b"))),
        (arrow("m", "p", "left", ["a", "b"]), (), (Relation("p", "m", "a"), Relation("p", "m", "b"))),
        (arrow("m", "p", "bi", ["same"]), (), (Relation("m", "p", "same"), Relation("p", "m", "same"))),
        (arrow("m", "m", "bi", ["same"]), (), (Relation("m", "m", "same"),)),
        (arrow("e", "e"), (), (Relation("e", "e", None),)),
        (arrow("e", "e", "bi", ["time"]), (Argument("time", None, "e"),), ()),
        (arrow("e", "e", "left", ["time"]), (Argument("time", None, "e"),), ()),
        (arrow("e", "f", labels=["time"]), (Argument("time", None, "f"),), ()),
        (arrow("e", "gone", labels=["time"]), (Argument("time", "gone"),), ()),
        (arrow("gone", "e", labels=["time"]), (), (Relation("gone", "e", "time"),)),
        (arrow("m", "gone"), (), (Relation("m", "gone", None),)),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_arrows(
    read_one: ReadOne, drawn: Json, arguments: tuple[Argument, ...], relations: tuple[Relation, ...], first: bool
) -> None:
    regions = (MENTION, PLACE, SHELLED, OTHER)
    version = read_one(*((drawn, *regions) if first else (*regions, drawn)))
    assert version.document.events[0].arguments == arguments
    assert version.document.events[1].arguments == ()
    assert version.document.relations == relations
    assert version.findings == ()


def test_an_arrow_between_two_triggers_runs_both_ways(read_one: ReadOne) -> None:
    document = read_one(SHELLED, OTHER, arrow("e", "f", "bi", ["time"])).document
    assert [event.arguments for event in document.events] == [
        (Argument("time", None, "f"),),
        (Argument("time", None, "e"),),
    ]


def test_an_arrow_to_a_region_with_two_labels_means_its_first(read_one: ReadOne) -> None:
    document = read_one(region("m", 0, 6, "PERSON", "WEAPON"), SHELLED, arrow("e", "m", labels=["attacker"])).document
    assert document.events[0].arguments == (ATTACKER,)


def test_arrows_and_answers_twice_stay_twice_or_count_once(read_one: ReadOne) -> None:
    count = answer("m", "count", "number", {"start": 0, "end": 6, "number": 3})
    drawn = arrow("e", "m", labels=["attacker"])
    document = read_one(MENTION, SHELLED, count, count, drawn, drawn).document
    assert document.entities[0].attributes == {"count": 3}
    assert document.events[0].arguments == (ATTACKER, ATTACKER)  # for the validator to see


# ---------------------------------------------------------------- tasks, states, people


def test_states_of_versions(read: Callable[..., list[Task]]) -> None:
    (task,) = read(
        task_of(
            annotation(MENTION, id=1),
            annotation(id=2, was_cancelled=True),
            annotation(MENTION, id=3, was_cancelled=True),
            annotation(id=4),
            annotation(id=5, ground_truth=True),
            drafts=[{"id": 6, "result": [PLACE], "user": 3}],
            predictions=[{"id": 7, "result": [PLACE], "model_version": "m1", "score": 0.5}],
        )
    )
    rows = [(v.origin.annotation, v.state, len(v.document.items), v.ground_truth) for v in task.versions]
    assert rows == [
        (1, "submitted", 1, False),
        (2, "skipped", 0, False),
        (3, "skipped", 1, False),
        (4, "submitted", 0, False),
        (5, "submitted", 0, True),
        (6, "draft", 1, False),
        (7, "prediction", 1, False),
    ]
    assert task.document.items == ()
    assert task.findings == ()


@pytest.mark.parametrize("others", [{"drafts": [1, 11], "predictions": [2]}, {"drafts": None, "predictions": []}, {}])
def test_drafts_and_predictions_as_ids_are_passed_over(read: Callable[..., list[Task]], others: Json) -> None:
    (task,) = read(task_of(annotation(MENTION), **others))
    assert [version.state for version in task.versions] == ["submitted"]
    assert task.findings == task.versions[0].findings == ()


@pytest.mark.parametrize("result", [None, []])
def test_an_annotation_without_results_is_empty(read: Callable[..., list[Task]], result: object) -> None:
    (task,) = read(task_of({"id": 1, "result": result, "completed_by": 1}))
    assert task.versions[0].document == Document("task-7", TEXT, annotators=("1",))


def test_several_annotators_keep_their_versions_apart(read: Callable[..., list[Task]]) -> None:
    (task,) = read(
        task_of(annotation(MENTION, id=1, completed_by=1), annotation({**PLACE, "id": "m"}, id=2, completed_by=2))
    )
    rows = [(v.document.annotators, v.document.entities[0].label, v.origin.annotator) for v in task.versions]
    assert rows == [(("1",), "ARMED_GROUP", "1"), (("2",), "LOCATION", "2")]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"completed_by": 5}, ("5",)),
        ({"completed_by": {"id": 5, "email": "anna@example.com", "first_name": "Anna"}}, ("5",)),
        ({"completed_by": None}, ()),
        ({"completed_by": None, "user": "anna@example.com", "created_username": "Anna anna@example.com, 5"}, ()),
        ({"completed_by": None, "user": {"id": 5, "email": "anna@example.com"}}, ("5",)),
        ({"completed_by": None, "user": 5}, ("5",)),
        ({"completed_by": 0}, ("0",)),
    ],
)
@pytest.mark.parametrize("place", ["annotations", "drafts"])
def test_people_are_known_by_number_only(
    read: Callable[..., list[Task]], person: Json, expected: tuple[str, ...], place: str
) -> None:
    whole = task_of(updated_by=[{"email": "anna@example.com"}], comment_authors=["anna@example.com"])
    (task,) = read({**whole, place: [annotation(MENTION, **person)]})
    assert task.versions[0].document.annotators == expected
    assert task.versions[0].origin.annotator == (expected[0] if expected else None)
    assert "anna" not in repr(task).lower()


def test_an_address_is_not_quoted_when_a_task_is_broken(read: Callable[..., list[Task]]) -> None:
    (task,) = read(task_of(annotation(completed_by={"email": "anna@example.com"})))
    assert [finding.code for finding in task.findings] == ["DOC101"]
    assert "anna" not in repr(task).lower()


def test_a_prediction_is_known_by_its_model(read: Callable[..., list[Task]]) -> None:
    (task,) = read(task_of(predictions=[{"id": 1, "result": [MENTION], "model_version": "m1"}]))
    assert task.versions[0].origin.annotator == "m1"
    assert task.versions[0].document.annotators == ()


def test_the_origin_names_file_project_task_annotation_and_annotator(
    read: Callable[..., list[Task]], tmp_path: Path
) -> None:
    (task,) = read(task_of(annotation(), project=2))
    path = str(tmp_path / "export.json")
    assert task.versions[0].origin == Origin(path, project=2, task=7, annotation=70, annotator="3")


@pytest.mark.parametrize(
    ("data", "doc_id", "published"),
    [
        ({"doc_id": "a", "published": "2020-01-31"}, "a", "2020-01-31"),
        ({}, "task-7", None),
        ({"doc_id": ""}, "task-7", None),
        ({"doc_id": 5, "published": 2020}, "task-7", None),
        ({"doc_id": None, "published": None, "meta_src": {"a": [1]}}, "task-7", None),
    ],
)
def test_names_and_dates_of_documents(
    read: Callable[..., list[Task]], data: Json, doc_id: str, published: str | None
) -> None:
    (task,) = read({**task_of(annotation()), "data": {"text": TEXT, **data}})
    expected = Document(doc_id, TEXT, published=published)
    assert task.document == expected
    assert (task.versions[0].document.doc_id, task.versions[0].document.published) == (doc_id, published)


def test_an_empty_text_is_a_text(read: Callable[..., list[Task]]) -> None:
    (task,) = read(task_of(annotation(), text=""))
    assert (task.document.text, task.findings) == ("", ())


def test_a_packed_export_and_one_with_a_byte_order_mark(tmp_path: Path, sym: Ontology) -> None:
    content = json.dumps([task_of(annotation(MENTION))], indent=1).encode()
    path = tmp_path / "export"
    results = []
    for form in (content, gzip.compress(content), b"\xef\xbb\xbf" + content):
        path.write_bytes(form)
        results.append(list(read_export(path, sym)))
    assert results[0][0].versions[0].document.entities == (Entity("m", 0, 6, "ARMED_GROUP"),)
    assert results[0] == results[1] == results[2]


def test_an_export_without_tasks_has_none(read: Callable[..., list[Task]]) -> None:
    assert read() == []


# ---------------------------------------------------------------- bad input

GOOD = json.dumps(task_of(annotation(MENTION))).encode()


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (b"{}", "missing required field `data`"),
        (b'{"data": {"text": "a"}}', "missing required field `annotations`"),
        (b'{"annotations": [], "data": {"body": "a"}}', "missing required field `text`"),
        (b'{"annotations": [], "data": {"text": null}}', "missing required field `text`"),
        (b'{"annotations": [], "data": {"text": ["a"]}}', "missing required field `text`"),
        (b'{"annotations": [], "data": []}', "Expected `object`"),
        (b'{"annotations": {}, "data": {"text": "a"}}', "Expected `array`"),
        (b'{"annotations": [5], "data": {"text": "a"}}', "Expected `object`"),
        (b'{"annotations": [{"result": [5]}], "data": {"text": "a"}}', "Expected `object`"),
        (b'{"annotations": [{"result": [{"id": "a"}]}], "data": {"text": "a"}}', "missing required field `type`"),
        (b'{"annotations": [], "data": {"text": "a\xe9b"}}', "can't decode byte 0xe9"),
        (b'{"annotations": [], "data": {"text": "a", "n": 1e999}}', "Number out of range"),
        (b'{"annotations": [], "data": {"text": "a", "n": ' + b"1" * 5000 + b"}}", "Integer value out of range"),
        (b'{"annotations": [], "data": {"text": "a"}, "id": 1.5}', "Expected `int | null`"),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_a_broken_task_is_one_finding_and_the_others_are_read(
    tmp_path: Path, sym: Ontology, item: bytes, found: str
) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(b"[" + GOOD + b", " + item + b",\n" + GOOD + b"]")
    first, broken, last = read_export(path, sym)
    assert first.versions == last.versions
    assert len(first.versions[0].document.entities) == 1
    assert [(finding.code, finding.severity) for finding in broken.findings] == [("DOC101", "error")]
    assert broken.findings[0].found.startswith("item 2 is no task: ")
    assert found in broken.findings[0].found
    assert broken.versions == ()


def test_nesting_of_any_depth_is_read_or_refused(tmp_path: Path, sym: Ontology) -> None:
    path = tmp_path / "export.json"
    codes = {"read": 0, "refused": 0}
    for depth in (10, *range(850, 1020), 100_000):  # near the limit splitting, peeking and decoding give up one by one
        path.write_bytes(b'[{"annotations": [], "data": {"text": "a", "n": ' + b"[" * depth + b"]" * depth + b"}}]")
        try:
            (task,) = read_export(path, sym)
        except InputError:
            codes["refused"] += 1
        else:
            codes["read" if task.document.text == "a" else "refused"] += 1
            assert task.document.text == "a" or task.findings[0].code == "DOC101"
    assert min(codes.values()) > 0


def test_of_a_key_given_twice_the_last_one_counts(tmp_path: Path, sym: Ontology) -> None:
    path = tmp_path / "export.json"
    path.write_text(
        '[{"id": 1, "annotations": [{"result": []}], "data": {"text": "a", "text": "b"}, "id": 2, "annotations": []}]',
        encoding="utf-8",
    )
    (task,) = read_export(path, sym)
    assert (task.document.doc_id, task.document.text, task.versions) == ("task-2", "b", ())


def test_an_export_truncated_at_any_byte_is_refused(tmp_path: Path, sym: Ontology) -> None:
    path = tmp_path / "export.json"
    whole = b"[" + GOOD + b", " + GOOD + b"]"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            list(read_export(path, sym))


def test_a_truncated_export_gives_its_whole_tasks_first(
    tmp_path: Path, sym: Ontology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strife.stream.CHUNK", 64)
    path = tmp_path / "export.json"
    path.write_bytes(b"[" + GOOD + b", " + GOOD + b", " + GOOD[:-9])
    tasks = read_export(path, sym)
    assert next(tasks) == next(tasks)
    with pytest.raises(InputError, match=r"^FIL004 .*: after 2 whole tasks the JSON breaks off"):
        next(tasks)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"^FIL001 .*: the file is empty"),
        (b" \r\n", r"^FIL001 .*: the file is empty"),
        (b"Rebels shelled Talmar.", r"^FIL002 .*: no JSON; expected a JSON array of tasks; export as JSON"),
        (b"<View/>", r"^FIL002 .*: no JSON"),
        (b"null", r"^FIL002 .*: no JSON"),
        (b"\x00\x01\xff\xfe", r"^FIL002 .*: no JSON"),
        ("[]".encode("utf-16"), r"^FIL002 .*: no JSON"),
        (b'{"id": 1, "data": {}, "annotations": []}', r"^FIL003 .*: one JSON object"),
        (b"[1, 2]", r"^FIL003 .*: the first item is no task"),
        (b'["a"]', r"^FIL003 .*: the first item is no task"),
        (b"[[]]", r"^FIL003 .*: the first item is no task"),
        (b'[{"text": "a", "label": 1}]', r"^FIL003 .*: items with label, text; expected tasks with data"),
        (b'[{"\xe9": "a"}]', r"^FIL003 .*: the first item is no task"),
        (b'[{"data": {"text": "a\\ud800b"}, "annotations": []}]', r"^FIL004 "),
        (b'[{"data": {"text": "a"}, "annotations": NaN}]', r"^FIL004 "),
        (b'[{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b', "annotations": []}]', r"^FIL004 "),
        (
            b'[{"id": 1, "text": "a", "annotator": 1, "annotation_id": 1, "lead_time": 1}]',
            r"^FIL005 .*: a JSON_MIN export, which loses region ids, relations, .*; export as JSON, or take a snap",
        ),
        (b'[{"id": 1, "text": "a", "annotation_id": 1}]', r"^FIL005 .*: a JSON_MIN export"),
        (
            b"-DOCSTART- -X- O\nRebels -X- _ B-ARM\n",
            r"^FIL005 .*: a CONLL2003 export, which loses ids, relations, .*; export as JSON, or take a snap",
        ),
        (
            b'"annotation_id","annotator","text"\n1,"1","a"\n',
            r"^FIL005 .*: a CSV or TSV export, which loses region ids, relations, .*; export as JSON, or take a snap",
        ),
        (b"\xef\xbb\xbfid\tannotation_id\ttext\r\n1\t2\ta", r"^FIL005 .*: a CSV or TSV export"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_other_files_are_refused_with_what_was_found(
    tmp_path: Path, sym: Ontology, content: bytes, message: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_export(path, sym))


def test_a_text_that_speaks_of_annotation_ids_is_no_csv_export(read: Callable[..., list[Task]]) -> None:
    (task,) = read(task_of(annotation(), text="annotation_id,annotator\n-DOCSTART- -X- O"))
    assert task.versions[0].state == "submitted"


def test_a_missing_export_is_refused(tmp_path: Path, sym: Ontology) -> None:
    with pytest.raises(InputError, match=r"^FIL007 .*missing\.json: No such file"):
        list(read_export(tmp_path / "missing.json", sym))
