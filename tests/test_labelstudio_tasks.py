"""Documents to Label Studio and back: what goes in comes out."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.labelstudio.export import Version, read_export
from strife.labelstudio.tasks import results, task
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger, canonical
from strife.ontology import Ontology, load_ontology
from tests.conftest import ROOT

SYM = load_ontology(ROOT / "tests" / "data" / "sym.toml")
KEPT = ("doc_id", "text", "published", "entities", "events", "relations", "attributes")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tasks") / "export.json"


def there_and_back(document: Document, ontology: Ontology, path: Path) -> Version:
    whole = {"id": 1, **task(document), "annotations": [{"id": 1, "result": results(document, ontology)}]}
    path.write_text(json.dumps([whole]), encoding="utf-8")
    (read,) = read_export(path, ontology)
    (version,) = read.versions
    return version


def kept(document: Document) -> dict[str, Any]:
    return {name: getattr(canonical(document), name) for name in KEPT}


pieces = st.sampled_from(
    ["🚀", "👨\u200d👩", "e\u0301", "𝔘", "\r\n", "\r", "\xa0", "  ", "\t", "حلب", "\\n", "<b>", "\u2028"]
)
texts = st.lists(pieces | st.text(max_size=4), min_size=1, max_size=8).map("".join).filter(bool)
words = st.text(min_size=1, max_size=6)
several = st.lists(words, min_size=2, max_size=3).map(tuple)
answers = st.fixed_dictionaries(
    {},
    optional={
        "certainty": st.sampled_from(["asserted", "claimed", "denied"]),
        "normalized": st.text(max_size=6) | several,
        "count": st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(texts)
    ids = draw(st.lists(words, min_size=1, max_size=8, unique=True))
    entities: list[Entity] = []
    events: list[Event] = []
    for key in ids:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        attributes: dict[str, AttributeValue] = draw(answers)
        if draw(st.booleans()):
            entities.append(Entity(key, start, end, draw(st.sampled_from(list(SYM.entity_types))), attributes))
        else:
            kind = draw(st.sampled_from(list(SYM.event_types)))
            events.append(Event(key, kind, Trigger(start, end), (), attributes))
    labels = {item.id for item in events}
    for number, event in enumerate(events):
        fillers = draw(st.lists(st.tuples(words, st.sampled_from(ids)), max_size=3, unique=True))
        arguments = [Argument(role, None, key) if key in labels else Argument(role, key) for role, key in fillers]
        events[number] = msgspec.structs.replace(event, arguments=tuple(arguments))
    relations = []
    for head, tail, label in draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids), words), max_size=4)):
        relations.append(Relation(head, tail, None if head in labels else draw(st.sampled_from([None, label]))))
    return Document(
        draw(words), text, tuple(entities), tuple(events), tuple(relations), published=draw(st.none() | words)
    )


@given(documents())
def test_what_is_written_is_read_again(file: Path, document: Document) -> None:
    version = there_and_back(document, SYM, file)
    assert kept(version.document) == kept(document)
    assert version.findings == ()


def test_a_document_with_one_of_each(raid: Document, ontology: Ontology, tmp_path: Path) -> None:
    whole = msgspec.structs.replace(
        raid, relations=(Relation("m2", "m4", "same_as"), Relation("m4", "m5", None)), published="2020-02-01"
    )
    version = there_and_back(whole, ontology, tmp_path / "export.json")
    assert kept(version.document) == kept(whole)
    assert version.findings == ()


def test_attributes_of_the_document_are_read_again(tmp_path: Path) -> None:
    document = Document("d", "Rebels fled.", (Entity("m", 0, 6, "PERSON"),), attributes={"doc_type": "opinion"})
    version = there_and_back(document, SYM, tmp_path / "export.json")
    assert version.document.attributes == {"doc_type": "opinion"}
    assert version.document.entities == document.entities


def test_an_empty_document(tmp_path: Path) -> None:
    document = Document("d", "Rebels fled.")
    assert results(document, SYM) == []
    assert kept(there_and_back(document, SYM, tmp_path / "export.json").document) == kept(document)


@pytest.mark.parametrize(
    ("published", "data"),
    [
        (None, {"doc_id": "d", "text": "a\r\n💥"}),
        ("2020-01-31", {"doc_id": "d", "text": "a\r\n💥", "published": "2020-01-31"}),
    ],
)
def test_a_task_holds_what_an_annotator_has_to_know(published: str | None, data: dict[str, str]) -> None:
    document = Document("d", "a\r\n💥", (Entity("m", 0, 1, "PERSON"),), published=published, annotators=("anna",))
    assert task(document) == {"data": data}


def test_results_have_the_shape_of_the_server() -> None:
    document = Document(
        "d",
        "🚀 Rebels shelled Talmar.",
        (Entity("m", 2, 8, "ARMED_GROUP", {"normalized": ("a", "b")}), Entity("p", 17, 23, "LOCATION")),
        (Event("e", "Attack", Trigger(9, 16), (Argument("attacker", "m"),), {"certainty": "claimed", "count": 2}),),
        (Relation("m", "p", None),),
    )

    def result(key: str, control: str, kind: str, start: int, end: int, **value: Any) -> dict[str, Any]:
        place = {"start": start, "end": end, "text": document.text[start:end]}
        of_item = {"id": key, "from_name": control, "to_name": "text"}
        return {**of_item, "type": kind, "origin": "manual", "value": place | value}

    assert results(document, SYM) == [
        result("m", "entity", "labels", 2, 8, labels=["ARMED_GROUP"]),
        result("m", "normalized", "textarea", 2, 8, text=["a", "b"]),
        result("e", "trigger", "labels", 9, 16, labels=["Attack"]),
        result("e", "certainty", "choices", 9, 16, choices=["claimed"]),
        result("e", "count", "number", 9, 16, number=2),
        result("p", "entity", "labels", 17, 23, labels=["LOCATION"]),
        {"type": "relation", "from_id": "e", "to_id": "m", "direction": "right", "labels": ["attacker"]},
        {"type": "relation", "from_id": "m", "to_id": "p", "direction": "right"},
    ]


def test_results_do_not_depend_on_the_order_of_items(raid: Document, ontology: Ontology) -> None:
    turned = msgspec.structs.replace(raid, entities=raid.entities[::-1], events=raid.events[::-1])
    assert results(turned, ontology) == results(raid, ontology)


def test_regions_follow_the_names_of_the_controls() -> None:
    names = msgspec.structs.replace(SYM.label_studio, entity_control="ner", trigger_control="act")
    document = Document("d", "ab", (Entity("m", 0, 1, "PERSON"),), (Event("e", "Attack", Trigger(1, 2)),))
    found = results(document, msgspec.structs.replace(SYM, label_studio=names))
    assert [result["from_name"] for result in found] == ["ner", "act"]


def test_a_bare_span_as_argument_has_no_arrow() -> None:
    document = Document("d", "ab", (), (Event("e", "Attack", Trigger(0, 1), (Argument("time", start=1, end=2),)),))
    assert [result["type"] for result in results(document, SYM)] == ["labels"]
