"""From quotes to offsets."""

import json
from pathlib import Path

import pytest

from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.scoring.metrics import METRICS, Counts
from strife.scoring.resolve import (
    VERSION,
    Answer,
    QuotedArgument,
    QuotedEntity,
    QuotedEvent,
    occurrences,
    read_answers,
    resolve,
)
from strife.scoring.score import score
from strife.scoring.signature import parse
from strife.stream import InputError

TEXT = "Rebels struck Talmar. The “army” of Talmar struck\n back on Friday; Talmarians fled."


def surfaces(quote: str, text: str = TEXT) -> list[tuple[int, str]]:
    return [(start, text[start:end]) for start, end in occurrences(text, quote)]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Talmar", [(14, "Talmar"), (36, "Talmar")]),  # and not the beginning of Talmarians
        ("marian", [(70, "marian")]),  # inside a word, because nowhere else
        ("talmar", [(14, "Talmar"), (36, "Talmar")]),
        ("struck back", [(43, "struck\n back")]),
        ('"army"', [(27, "army")]),
        ("'army' of Talmar", [(27, "army” of Talmar")]),
        ("Friday.", [(59, "Friday")]),
        ("Monday", []),
        ("", []),
        ("...", []),
        ("a.b", []),
    ],
)
def test_where_a_quote_stands(quote: str, found: list[tuple[int, str]]) -> None:
    assert surfaces(quote) == found


def test_dashes_quotes_and_code_points() -> None:
    assert surfaces("ceasefire - line", "\U0001f600 the Ceasefire – line") == [(6, "Ceasefire – line")]
    assert surfaces("O'Neill", "O’Neill spoke") == [(0, "O’Neill")]


def answered(answer: Answer) -> Document:
    (document,) = resolve([answer], {"d": TEXT}).documents
    return document


def test_mentions_and_triggers_take_their_turns() -> None:
    entities = (QuotedEntity("Talmar", "GPE"), QuotedEntity("Talmar", "GPE", "town"), QuotedEntity("Talmar", "ORG"))
    events = (QuotedEvent("STRIKE", "struck"), QuotedEvent("STRIKE", "struck"), QuotedEvent("CLASH", "struck"))
    document = answered(Answer("d", entities, events))
    assert document.entities == (
        Entity("m1", 14, 20, "GPE"),
        Entity("town", 36, 42, "GPE"),
        Entity("m3", 14, 20, "ORG"),
    )
    assert [event.trigger for event in document.events] == [Trigger(7, 13), Trigger(43, 49), Trigger(7, 13)]


def test_arguments_stand_nearest_to_their_trigger() -> None:
    arguments = (QuotedArgument("place", "Talmar"), QuotedArgument("agent", entity_id="m1"))
    events = (QuotedEvent("STRIKE", "struck", arguments), QuotedEvent("STRIKE", "struck", arguments))
    document = answered(Answer("d", (QuotedEntity("Rebels", "ARM"),), events))
    assert document.events[0].arguments == (Argument("place", None, None, 14, 20), Argument("agent", "m1"))
    assert document.events[1].arguments[0] == Argument("place", None, None, 36, 42)


def test_what_cannot_be_placed_counts_as_false_positive() -> None:
    gold = Document("d", TEXT, (Entity("g", 14, 20, "GPE"),), (Event("e", "STRIKE", Trigger(7, 13)),))
    entities = (QuotedEntity("Talmar", "GPE"), QuotedEntity("Atlantis", "GPE"), QuotedEntity("Atlantis", "GPE"))
    arguments = (QuotedArgument("place", "Atlantis"), QuotedArgument("agent", "Rebels"))
    events = (QuotedEvent("STRIKE", "struck", arguments), QuotedEvent("STRIKE", "bombed", arguments[1:]))
    resolution = resolve([Answer("d", entities, events)], {"d": TEXT})
    scores = score([gold], resolution.documents, METRICS, resolution=resolution)
    assert scores.counts["ent"] == Counts(1, 2, 0)
    assert scores.counts["ent_partial_unlabelled"] == Counts(1, 2, 0)
    assert scores.counts["tri_c"] == Counts(1, 1, 0)
    assert scores.counts["arg_c+"] == Counts(0, 3, 0)
    assert (resolution.quotes, len(resolution.lost), resolution.rate) == (8, 4, 0.5)
    assert [(lost.kind, lost.quote) for lost in resolution.lost] == [
        ("entity", "Atlantis"),
        ("entity", "Atlantis"),
        ("trigger", "bombed"),
        ("argument", "Atlantis"),
    ]
    assert parse(str(scores.signature)).resolver == VERSION


def test_more_mentions_than_occurrences_cannot_all_be_placed() -> None:
    resolution = resolve([Answer("d", (QuotedEntity("Friday", "TIME"),) * 3)], {"d": TEXT})
    assert [lost.quote for lost in resolution.lost] == ["Friday", "Friday"]
    assert len({entity.span for entity in resolution.documents[0].entities}) == 3


def test_relations_name_ids_or_texts() -> None:
    entities = (QuotedEntity("Rebels", "ARM", "r"), QuotedEntity("Talmar", "GPE"))
    relations = (Relation("r", "Talmar", "in"), Relation("army", "m2", "in"), Relation("Atlantis", "army", "in"))
    document = answered(Answer("d", entities, relations=relations))
    spans = {entity.id: entity for entity in document.entities}
    ends = [(spans[r.head].span, spans[r.tail].span) for r in document.relations]
    assert ends[:2] == [((0, 6), (14, 20)), ((27, 31), (14, 20))]
    assert ends[2][0][0] >= len(TEXT)
    assert [entity.label for entity in document.entities] == ["ARM", "GPE", "", ""]


def test_an_unknown_document_is_left_for_scoring_to_refuse() -> None:
    resolution = resolve([Answer("nowhere", (QuotedEntity("x", "A"),))], {"d": TEXT})
    assert (resolution.documents[0].doc_id, resolution.documents[0].text) == ("nowhere", "")


def test_no_quotes_at_all() -> None:
    assert resolve([Answer("d")], {"d": TEXT}).rate == 0.0


def test_answers_are_read_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    event = {"type": "T", "trigger": {"text": "struck"}, "arguments": [{"role": "r", "text": "Talmar"}]}
    rows = [{"doc_id": "d", "entities": [{"text": "Talmar", "label": "GPE"}], "events": [event]}, {"doc_id": "e"}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first, second = read_answers(path)
    assert first.events[0].quote == "struck"
    assert second == Answer("e")
    path.write_text('{"doc_id": "d"}\n{"doc_id": "e", "entities": [{"label": "GPE"}]}', encoding="utf-8")
    with pytest.raises(InputError, match=r"DOC101 .*line 2: .*missing required field `text`"):
        list(read_answers(path))
