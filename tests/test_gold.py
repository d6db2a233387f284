"""Gold documents: what stops them, what is joined, which chains follow."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.chains import entity_chains, event_chains
from strife.gold import GoldError, gold_documents
from strife.labelstudio.tasks import results, task
from strife.model import Chain, Document, Entity, Event, Relation, Source, Trigger, Zone
from strife.ontology import Ontology
from strife.stream import InputError


class Desk:
    """A folder with exports: who annotated what, and what was decided."""

    def __init__(self, folder: Path, ontology: Ontology) -> None:
        self.folder = folder
        self.ontology = ontology

    def export(self, name: str, *annotated: tuple[Document, int], **more: Any) -> Path:
        tasks = [
            {
                "id": number,
                **task(document),
                "annotations": [
                    {"id": number, "completed_by": who, "result": results(document, self.ontology), **more}
                ],
            }
            for number, (document, who) in enumerate(annotated, 1)
        ]
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return path

    def gold(
        self, *adjudicated: Document, articles: list[Document], passes: list[Path] | None = None
    ) -> list[Document]:
        decided = self.export("adjudicated", *((document, 9) for document in adjudicated))
        return gold_documents({a.doc_id: a for a in articles}, passes or [], [decided], self.ontology)


@pytest.fixture
def desk(tmp_path: Path, ontology: Ontology) -> Desk:
    return Desk(tmp_path, ontology)


def bare(document: Document) -> Document:
    return Document(document.doc_id, document.text)


def test_gold_joins_article_and_annotation(desk: Desk, raid: Document) -> None:
    article = msgspec.structs.replace(
        bare(raid),
        zones=(Zone(0, len(raid.text), "body"),),
        sources=(Source("A", "https://a.example/1"), Source("B", "https://b.example/1")),
        published="2020-02-01",
        meta={"event": "raid"},
    )
    passes = [desk.export("b", (raid, 12)), desk.export("a", (raid, 7))]
    (gold,) = desk.gold(raid, articles=[article], passes=passes)
    assert (gold.zones, gold.sources, gold.published) == (article.zones, article.sources, "2020-02-01")
    assert gold.meta == {"event": "raid", "adjudicator": "9"}
    assert gold.annotators == ("12", "7")
    assert gold.entities == raid.entities
    assert [set(event.arguments) for event in gold.events] == [set(event.arguments) for event in raid.events]
    assert set(gold.provenance.values()) == {"agreed"}


def test_defaults_are_made_explicit_and_given_values_stay(desk: Desk, raid: Document) -> None:
    denied = msgspec.structs.replace(raid.events[0], attributes={"act": "deny"})
    (gold,) = desk.gold(msgspec.structs.replace(raid, events=(denied, raid.events[1])), articles=[bare(raid)])
    common = {"realis": "actual", "polarity": "positive", "certainty": "asserted"}
    assert gold.events[0].attributes == {**common, "act": "deny"}
    assert gold.events[1].attributes == {
        **common,
        "incident": 1,
        "people_min": 2,
        "people_max": 2,
        "extent": "total",
        "victim_status": "unknown",
    }
    assert gold.entities[5].attributes == {"timex": "2020-01-31"}


def test_gold_is_sorted_by_doc_id(desk: Desk, raid: Document) -> None:
    other = msgspec.structs.replace(raid, doc_id="alpha")
    assert [d.doc_id for d in desk.gold(raid, other, articles=[bare(raid), bare(other)])] == ["alpha", "raid"]


def test_text_that_differs_in_the_adjudication_is_refused(desk: Desk, raid: Document) -> None:
    changed = msgspec.structs.replace(bare(raid), text=raid.text.replace(" on Friday", "\u00a0on Friday"))
    with pytest.raises(GoldError, match="raid: the text in the exports differs from the article record"):
        desk.gold(raid, articles=[changed])


def test_text_that_differs_in_a_pass_is_refused(desk: Desk, raid: Document) -> None:
    longer = msgspec.structs.replace(raid, text=raid.text + "\r\n")
    with pytest.raises(GoldError, match=r"adjudicated\.json.*the text of raid differs from that in another export"):
        desk.gold(raid, articles=[bare(raid)], passes=[desk.export("pass", (longer, 1))])


def test_article_without_adjudication_is_refused(desk: Desk, raid: Document) -> None:
    other = msgspec.structs.replace(raid, doc_id="forgotten")
    with pytest.raises(GoldError, match=r"^forgotten: nobody has annotated it"):
        desk.gold(raid, articles=[bare(raid), bare(other)])


def test_two_adjudications_are_refused(desk: Desk, raid: Document) -> None:
    with pytest.raises(GoldError, match=r"^raid: 2 curated annotations differ \(by 9\); keep one"):
        desk.gold(
            raid, msgspec.structs.replace(raid, relations=(Relation("m4", "m2", "same_as"),)), articles=[bare(raid)]
        )


def test_skipped_adjudication_does_not_count(desk: Desk, raid: Document, ontology: Ontology) -> None:
    skipped = desk.export("skipped", (raid, 9), was_cancelled=True)
    with pytest.raises(GoldError, match=r"^raid: nobody has annotated it"):
        gold_documents({"raid": bare(raid)}, [], [skipped], ontology)


def test_empty_adjudication_is_refused(desk: Desk, raid: Document) -> None:
    with pytest.raises(GoldError, match=r"^raid: the adjudicated annotation is empty"):
        desk.gold(bare(raid), articles=[bare(raid)])


def test_validation_error_is_refused_with_document_and_place(desk: Desk, raid: Document) -> None:
    wrong = msgspec.structs.replace(raid, entities=(Entity("m1", 0, 7, "ARM"), *raid.entities[1:]))
    with pytest.raises(GoldError, match=r"adjudicated\.json.*: SPN203 raid \[0:7\]"):
        desk.gold(wrong, articles=[bare(raid)])


def test_what_an_export_cannot_hold_is_refused(desk: Desk, raid: Document, ontology: Ontology) -> None:
    path = desk.export("odd", (raid, 9))
    path.write_text(path.read_text(encoding="utf-8").replace('"entity"', '"entities"'), encoding="utf-8")
    with pytest.raises(GoldError, match="LSE101 raid"):
        gold_documents({"raid": bare(raid)}, [], [path], ontology)


def test_warning_does_not_stop_gold(desk: Desk, raid: Document) -> None:
    cut = msgspec.structs.replace(raid, entities=(*raid.entities[:3], Entity("m4", 35, 43, "PER"), *raid.entities[4:]))
    (gold,) = desk.gold(cut, articles=[bare(raid)])
    assert gold.surface(gold.entities[3]) == "villager"


def test_error_in_a_pass_does_not_stop_gold(desk: Desk, raid: Document) -> None:
    wrong = msgspec.structs.replace(raid, entities=(Entity("m1", 0, 6, "NOPE"),), events=())
    (gold,) = desk.gold(raid, articles=[bare(raid)], passes=[desk.export("pass", (wrong, 1))])
    assert gold.annotators == ("1",)


def test_annotation_of_an_unknown_article_is_refused(desk: Desk, raid: Document) -> None:
    stray = msgspec.structs.replace(raid, doc_id="stray")
    with pytest.raises(GoldError, match="there is no article stray"):
        desk.gold(raid, stray, articles=[bare(raid)])


def test_all_faults_are_told_at_once(desk: Desk, raid: Document) -> None:
    documents = [msgspec.structs.replace(raid, doc_id=name) for name in "abc"]
    with pytest.raises(GoldError) as caught:
        desk.gold(documents[0], bare(documents[1]), articles=[bare(document) for document in documents])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["b", "c"]


def test_broken_task_is_refused(tmp_path: Path, raid: Document, ontology: Ontology) -> None:
    path = tmp_path / "broken.json"
    path.write_text('[{"id": 1, "data": {"doc_id": "raid"}, "annotations": []}]', encoding="utf-8")
    with pytest.raises(GoldError, match=r"broken\.json: DOC101"):
        gold_documents({"raid": bare(raid)}, [], [path], ontology)


def test_truncated_export_is_refused(desk: Desk, raid: Document, ontology: Ontology) -> None:
    path = desk.export("cut", (raid, 9))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="FIL004"):
        gold_documents({"raid": bare(raid)}, [], [path], ontology)


def mentioning(text: str, *mentions: tuple[str, str]) -> Document:
    """m1, m2, ... in the order given; each surface is looked for after the one before it."""
    entities, at = [], 0
    for number, (label, surface) in enumerate(mentions, 1):
        at = text.index(surface, at)
        entities.append(Entity(f"m{number}", at, at + len(surface), label))
        at += 1
    return Document("d", text, tuple(entities))


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("in Kabul, near Kabul", [("GPE", "Kabul"), ("GPE", "Kabul")], [("m1", "m2")]),
        ("in KABUL, near Kabul", [("GPE", "KABUL"), ("GPE", "Kabul")], [("m1", "m2")]),
        ("at Hauptstraße, at HAUPTSTRASSE", [("LOC", "Hauptstraße"), ("LOC", "HAUPTSTRASSE")], [("m1", "m2")]),
        (
            "by Abu\u00a0Sayyaf, by Abu  Sayyaf",
            [("ARM", "Abu\u00a0Sayyaf"), ("ARM", "Abu  Sayyaf")],
            [("m1", "m2")],
        ),
        ("\U0001f600 in Goma\r\n\U0001f600 in Goma", [("GPE", "Goma"), ("GPE", "Goma")], [("m1", "m2")]),
        ("in Kabul, near Kabul", [("GPE", "Kabul"), ("ORG", "Kabul")], []),
        ("in Kabul, near Kabuls", [("GPE", "Kabul"), ("GPE", "Kabuls")], []),
        ("saw rebels and rebels", [("ARM", "rebels"), ("ARM", "rebels")], []),
        ("In May and in May", [("TIME", "May"), ("TIME", "May")], []),
        ("killed Two and Two", [("NUM", "Two"), ("NUM", "Two")], []),
        ("fired 9K and the 300 and 300", [("EQP", "300"), ("EQP", "300")], []),
        # At a sentence's start a capital says nothing by itself ...
        ("Rebels fled. Rebels came.", [("ARM", "Rebels"), ("ARM", "Rebels")], []),
        ("The rebels fled. Rebels came.", [("ARM", "rebels"), ("ARM", "Rebels")], []),
        ('"Rebels fled," he said. "Rebels came."', [("ARM", "Rebels"), ("ARM", "Rebels")], []),
        # ... but a second capital does, and so does the same name elsewhere.
        ("US fled. US came.", [("GPE", "US"), ("GPE", "US")], [("m1", "m2")]),
        ("Taliban fled. The Taliban came.", [("ARM", "Taliban"), ("ARM", "Taliban")], [("m1", "m2")]),
        (
            "of Goma, of Kidal, of Goma, of Kidal",
            [("GPE", "Goma"), ("GPE", "Kidal"), ("GPE", "Goma"), ("GPE", "Kidal")],
            [("m1", "m3"), ("m2", "m4")],
        ),
        ("", [], []),
    ],
)
def test_chains_by_name(text: str, mentions: list[tuple[str, str]], expected: list[tuple[str, ...]]) -> None:
    chains = entity_chains(mentioning(text, *mentions))
    assert chains == [Chain(f"c{n}", "entity", members) for n, members in enumerate(expected, 1)]


def test_same_as_joins_mentions_and_the_chains_of_their_names() -> None:
    document = mentioning(
        "in Kabul, the capital, near Kabul, a city", *[("GPE", s) for s in ("Kabul", "capital", "Kabul", "city")]
    )
    joined = msgspec.structs.replace(
        document, relations=(Relation("m4", "m2", "same_as"), Relation("m2", "m3", "same_as"))
    )
    assert entity_chains(joined) == [Chain("c1", "entity", ("m1", "m2", "m3", "m4"))]


def test_only_same_as_joins() -> None:
    document = mentioning("in a town of a country", ("GPE", "town"), ("GPE", "country"))
    related = msgspec.structs.replace(
        document, relations=(Relation("m1", "m2", "located_in"), Relation("m1", "m2", None))
    )
    assert entity_chains(related) == []


def incident(number: int, label: str, value: int | None) -> Event:
    attributes = {} if value is None else {"incident": value}
    return Event(f"e{number}", label, Trigger(number, number + 1), (), attributes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("ATTACK", 1), ("ATTACK", 1)], [("e0", "e1")]),
        ([("STRIKE", 1), ("BOMBING", 1), ("CLASH", 1), ("ATTACK", 1)], [("e0", "e1", "e2", "e3")]),
        ([("ATTACK", 1), ("ATTACK", 2)], []),
        ([("ATTACK", 1), ("DEATH", 1)], []),
        ([("DEATH", 1), ("INJURY", 1)], []),
        ([("DEATH", 1), ("ATTACK", 1), ("DEATH", 1), ("STRIKE", 1)], [("e0", "e2"), ("e1", "e3")]),
        ([("ATTACK", 0), ("ATTACK", 0)], []),
        ([("STATEMENT", None), ("STATEMENT", None)], []),
        ([], []),
    ],
)
def test_chains_of_events(events: list[tuple[str, int | None]], expected: list[tuple[str, ...]]) -> None:
    document = Document("d", "x" * 9, (), tuple(incident(n, *event) for n, event in enumerate(events)))
    backwards = msgspec.structs.replace(document, events=document.events[::-1])
    wanted = [Chain(f"k{n}", "event", members) for n, members in enumerate(expected, 1)]
    assert event_chains(document) == event_chains(backwards) == wanted


WORDS = ("Goma", "goma", "Kidal", "KIDAL", "men", "Men", "7")


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(("GPE", "PER", "NUM"))), max_size=8), st.data())
def test_chains_are_disjoint_groups_of_one_label_in_text_order(
    words: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = " and ".join(word for word, _ in words)
    document = mentioning(text, *((label, word) for word, label in words))
    ids = [entity.id for entity in document.entities]
    alike = [(a.id, b.id) for a in document.entities for b in document.entities if a.label == b.label != "NUM"]
    arrows = data.draw(st.lists(st.sampled_from(alike), max_size=3)) if alike else []
    related = msgspec.structs.replace(document, relations=tuple(Relation(*ends, "same_as") for ends in arrows))
    chains = entity_chains(related)
    members = [member for chain in chains for member in chain.members]
    assert len(set(members)) == len(members)
    labels = {entity.id: entity.label for entity in document.entities}
    for chain in chains:
        assert len(chain.members) > 1
        assert list(chain.members) == sorted(chain.members, key=ids.index)
        assert len({labels[member] for member in chain.members}) == 1
        assert labels[chain.members[0]] != "NUM"
    for head, tail in arrows:
        assert head == tail or any({head, tail} <= set(chain.members) for chain in chains)
