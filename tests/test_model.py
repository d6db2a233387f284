"""The document: canonical bytes, what reading forgives, and what a span covers."""

import hashlib
import json
import random
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.model import (
    Argument,
    Chain,
    Document,
    Entity,
    Event,
    Relation,
    Source,
    Trigger,
    Zone,
    by_id,
    canonical,
    decode,
    encode,
    text_hash,
)

ALWAYS = ["doc_id", "text", "entities", "events", "relations"]

words = st.text(min_size=1, max_size=4)
offsets = st.integers(-3, 30)
values = st.one_of(st.integers(), st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False))
attributes = st.dictionaries(words, values | st.lists(st.text(max_size=3), max_size=2).map(tuple), max_size=3)
arguments = st.builds(Argument, words, st.none() | words, st.none() | words)
chains = st.builds(Chain, words, st.sampled_from(["entity", "event"]), st.lists(words, max_size=3).map(tuple))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    ids = iter(draw(st.lists(words, unique=True, min_size=8, max_size=8)))
    events = st.tuples(words, offsets, offsets, st.lists(arguments, max_size=3, unique=True), attributes)
    return Document(
        doc_id=draw(words),
        text=draw(st.text(max_size=20)),
        entities=tuple(
            Entity(next(ids), start, end, label, own)
            for start, end, label, own in draw(st.lists(st.tuples(offsets, offsets, words, attributes), max_size=4))
        ),
        events=tuple(
            Event(next(ids), label, Trigger(start, end), tuple(drawn), own)
            for label, start, end, drawn, own in draw(st.lists(events, max_size=3))
        ),
        relations=tuple(draw(st.lists(st.builds(Relation, words, words, words), max_size=3, unique=True))),
        chains=tuple(draw(st.lists(chains, max_size=2, unique_by=lambda chain: chain.id))),
        zones=tuple(draw(st.lists(st.builds(Zone, offsets, offsets, words), max_size=2))),
        attributes=draw(attributes),
        meta=draw(st.dictionaries(words, words, max_size=2)),
    )


@settings(deadline=None, max_examples=40)
@given(documents())
def test_round_trip(document: Document) -> None:
    assert decode(encode(document)) == canonical(document)


@settings(deadline=None, max_examples=40)
@given(documents(), st.randoms(use_true_random=False))
def test_any_order_of_items_gives_the_same_bytes(document: Document, chance: random.Random) -> None:
    def mixed(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(items, len(items)))

    events = tuple(msgspec.structs.replace(event, arguments=mixed(event.arguments)) for event in document.events)
    shuffled = msgspec.structs.replace(
        document,
        entities=mixed(document.entities),
        events=mixed(events),
        relations=mixed(document.relations),
        chains=mixed(document.chains),
        zones=mixed(document.zones),
        attributes=dict(mixed(tuple(document.attributes.items()))),
        meta=dict(mixed(tuple(document.meta.items()))),
    )
    assert encode(shuffled) == encode(document)


@settings(deadline=None, max_examples=40)
@given(documents())
def test_encoding_what_was_decoded_changes_no_byte(document: Document) -> None:
    line = encode(document)
    assert encode(decode(line)) == line


def test_the_smallest_document_has_its_five_keys() -> None:
    assert encode(Document("d", "")) == b'{"doc_id":"d","text":"","entities":[],"events":[],"relations":[]}'


def test_the_five_keys_come_first_and_only_what_is_given_follows(raid: Document) -> None:
    full = msgspec.structs.replace(raid, meta={"style": "news"}, chains=(Chain("c1", "entity", ("m1",)),))
    keys = list(json.loads(encode(full)))
    assert keys[:5] == ALWAYS
    assert set(keys[5:]) == {"chains", "meta", "published"}


def test_defaults_of_items_are_left_out() -> None:
    document = Document("d", "ab", (Entity("m", 0, 1, "PER"),), (Event("e", "DEATH", Trigger(1, 2)),))
    table = json.loads(encode(document))
    assert table["entities"] == [{"id": "m", "start": 0, "end": 1, "label": "PER"}]
    assert table["events"] == [{"id": "e", "type": "DEATH", "trigger": {"start": 1, "end": 2}}]


def test_items_stand_in_text_order() -> None:
    document = Document("d", "abcd", (Entity("m2", 2, 3, "A"), Entity("m1", 0, 4, "B"), Entity("m3", 0, 4, "A")))
    assert [entity["id"] for entity in json.loads(encode(document))["entities"]] == ["m3", "m1", "m2"]


def test_an_arrow_drawn_twice_is_stored_once() -> None:
    arrow, relation = Argument("agent", "m"), Relation("m", "n", "member_of")
    document = Document(
        "d",
        "abc",
        (Entity("m", 0, 1, "PER"), Entity("n", 1, 2, "ORG")),
        (Event("e", "CLASH", Trigger(2, 3), (arrow, arrow)),),
        (relation, relation),
    )
    read = decode(encode(document))
    assert read.events[0].arguments == (arrow,)
    assert read.relations == (relation,)


def test_a_relation_without_a_label_keeps_its_null() -> None:
    document = Document("d", "", relations=(Relation("a", "b", None),))
    assert b'{"head":"a","tail":"b","label":null}' in encode(document)
    assert decode(encode(document)).relations == (Relation("a", "b", None),)


def test_characters_are_written_as_themselves_on_one_line() -> None:
    line = encode(Document("d", "Zoë 😀\u2028\r\nend"))
    assert "Zoë 😀\u2028\\r\\nend".encode() in line
    assert b"\n" not in line


def test_thousands_of_mentions_in_reverse_give_the_same_bytes() -> None:
    mentions = [Entity(f"m{n}", n, n + 1, "PER") for n in range(5000)]
    document = Document("d", "a" * 5000, tuple(mentions))
    assert encode(msgspec.structs.replace(document, entities=tuple(reversed(mentions)))) == encode(document)


def test_unknown_keys_are_ignored_at_every_depth() -> None:
    line = json.dumps(
        {
            "doc_id": "d",
            "text": "ab",
            "new": {"x": 1},
            "entities": [{"id": "m", "start": 0, "end": 1, "label": "PER", "score": 0.5}],
            "events": [
                {
                    "id": "e",
                    "type": "CLASH",
                    "trigger": {"start": 1, "end": 2, "text": "b"},
                    "arguments": [{"role": "agent", "entity_id": "m", "score": 1}],
                }
            ],
            "relations": [{"head": "m", "tail": "m", "label": "same_as", "score": 1}],
            "sources": [{"publisher": "p", "url": "u", "seen": "2020-01-01"}],
        }
    )
    assert decode(line) == Document(
        "d",
        "ab",
        (Entity("m", 0, 1, "PER"),),
        (Event("e", "CLASH", Trigger(1, 2), (Argument("agent", "m"),)),),
        (Relation("m", "m", "same_as"),),
        sources=(Source("p", "u"),),
    )


def test_only_doc_id_and_text_are_needed() -> None:
    assert decode('{"text": "t", "doc_id": "d"}') == Document("d", "t")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"doc_id": "d"}', "missing required field `text`"),
        ('{"text": "t"}', "missing required field `doc_id`"),
        ('{"doc_id": "d", "text": "t", "entities": [{"id": "m", "start": "0"}]}', r"\$\.entities\[0\]\.start"),
        ('{"doc_id": "d", "text": "t", "entities": [{"id": "m", "start": 0.5}]}', r"\$\.entities\[0\]\.start"),
        ('{"doc_id": "d", "text": "t", "chains": [{"id": "c", "kind": "x", "members": []}]}', "Invalid enum value 'x'"),
        ('{"doc_id": "d", "text": "t", "attributes": {"a": null}}', r"\$\.attributes"),
        ("[]", "Expected `object`, got `array`"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(line: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        decode(line)


@pytest.mark.parametrize("line", ["", "{", '{"doc_id": "d", "text": "t"} x'])
def test_what_is_no_json_is_refused(line: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)


def test_an_argument_by_start_and_end_is_read_and_points_at_nothing() -> None:
    line = (
        '{"doc_id":"d","text":"abc","events":[{"id":"e","type":"CLASH","trigger":{"start":0,"end":1},'
        '"arguments":[{"role":"place","start":1,"end":3}]}]}'
    )
    (argument,) = decode(line).events[0].arguments
    assert (argument.start, argument.end, argument.target) == (1, 3, None)


@pytest.mark.parametrize(
    ("argument", "target"),
    [
        (Argument("agent", "m1"), "m1"),
        (Argument("content", None, "e2"), "e2"),
        (Argument("agent", "m1", "e2"), "m1"),
        (Argument("place", start=0, end=1), None),
    ],
)
def test_target_is_the_entity_else_the_event(argument: Argument, target: str | None) -> None:
    assert argument.target == target


@pytest.mark.parametrize(
    ("text", "start", "end", "surface"),
    [
        ("😀 Talmar fell", 2, 8, "Talmar"),
        ("𝕋almar", 0, 1, "𝕋"),
        ("👩‍🚒 fled", 0, 3, "👩‍🚒"),
        ("one\r\ntwo", 5, 8, "two"),
        ("one\r\ntwo", 3, 5, "\r\n"),
        ("Zoe\u0308 fled", 0, 4, "Zoe\u0308"),
        ("40\u00a0dead", 3, 7, "dead"),
        ("abc", 3, 3, ""),
    ],
)
def test_offsets_are_code_points_of_the_untouched_text(text: str, start: int, end: int, surface: str) -> None:
    entity, event = Entity("m", start, end, "PER"), Event("e", "DEATH", Trigger(start, end))
    document = decode(encode(Document("d", text, (entity,), (event,))))
    assert document.surface(document.entities[0]) == surface
    assert document.surface(document.events[0]) == surface


def test_nothing_is_normalised() -> None:
    text = unicodedata.normalize("NFD", "Zoë") + "\r\n\u00a0\ufeff"
    assert decode(encode(Document("d", text))).text == text


def test_items_are_mentions_then_events(raid: Document) -> None:
    assert [item.id for item in raid.items] == ["m1", "m2", "m3", "m4", "m5", "m6", "e1", "e2"]


def test_an_event_has_its_type_as_label_and_its_trigger_as_span(raid: Document) -> None:
    assert (raid.events[1].label, raid.events[1].span) == ("DEATH", (24, 30))


def test_a_document_cannot_be_changed(raid: Document) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        raid.text = ""  # type: ignore[misc]


def test_text_hash_is_the_sha256_of_the_utf8_text() -> None:
    assert text_hash("Zoë 😀\r\n") == hashlib.sha256("Zoë 😀\r\n".encode()).hexdigest()


def test_text_hash_tells_normal_forms_and_line_ends_apart() -> None:
    assert len({text_hash(text) for text in ("Zoë\n", "Zoe\u0308\n", "Zoë\r\n")}) == 3


def test_text_hash_tells_lone_surrogates_apart() -> None:
    assert text_hash("\ud800") != text_hash("\ud801")


def test_by_id_keeps_the_last_of_two() -> None:
    first, last = Document("d", "one"), Document("d", "two")
    assert by_id([first, Document("x", ""), last]) == {"d": last, "x": Document("x", "")}
