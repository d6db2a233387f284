"""The notation of answers and the table of decisions."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.adjudication.facts import DOCUMENT, INCIDENT, Arrow, Item
from strife.adjudication.log import COLUMNS, Decision, log_bytes, read_log, read_logs
from strife.adjudication.notation import NotationError, Place, identify, read, read_place, write, write_place
from strife.ontology import Ontology, load_ontology
from strife.stream import InputError

ONTOLOGY = load_ontology()
TEXT = 'He said "no" + one -x-> two\tand\nmore \U0001f680 words, and then some'

offsets = st.integers(0, len(TEXT))
items = st.builds(
    lambda start, end, label: Item(min(start, end), max(start, end), label, label in ONTOLOGY.event_types),
    offsets,
    offsets,
    st.sampled_from(["PER", "NUM", "DEATH", "STRIKE", "Armed Group"]),
)
arrows = st.builds(Arrow, items, st.sampled_from(["", "same_as", "works for"]), items)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.one_of(texts, st.lists(texts, min_size=2, max_size=3).map(tuple))


@given(st.sampled_from(["entity", "trigger", "argument"]), st.frozensets(items, max_size=3), st.booleans())
def test_items_are_read_back(layer: str, answer: frozenset[Item], quoted: bool) -> None:
    place = Place(layer, Item(0, 5, "DEATH", True), "agent")
    assert read(place, write(place, answer, TEXT if quoted else None), ONTOLOGY) == answer


@given(st.frozensets(arrows, max_size=3), st.booleans())
def test_relations_are_read_back(answer: frozenset[Arrow], quoted: bool) -> None:
    place = Place("relation", Item(0, 5, "PER"), "same_as")
    assert read(place, write(place, answer, TEXT if quoted else None), ONTOLOGY) == answer


@given(values)
def test_values_are_read_back(value: str | tuple[str, ...]) -> None:
    place = Place("attribute", Item(0, 5, "TIME"), "timex")
    written = write(place, frozenset({value}), TEXT)
    assert "\t" not in written
    assert "\n" not in written
    assert read(place, written, ONTOLOGY) == {value}


@given(st.integers(-3, 300) | items)
def test_incidents_are_read_back(value: int | Item) -> None:
    value = value._replace(label="DEATH", is_event=True) if isinstance(value, Item) else value
    place = Place("attribute", Item(0, 5, "DEATH", True), INCIDENT)
    assert read(place, write(place, frozenset({value}), TEXT), ONTOLOGY) == {value}


@given(items, st.sampled_from(["entity", "trigger", "argument", "relation", "attribute"]), st.booleans())
def test_places_are_read_back(item: Item, layer: str, quoted: bool) -> None:
    plain = item._replace(label="", is_event=layer == "trigger")
    name = "" if layer in ("entity", "trigger") else "role"
    place = Place(layer, plain if layer in ("entity", "trigger") else item, name)
    assert read_place(layer, write_place(place, TEXT if quoted else None), ONTOLOGY) == place


def test_the_notation_is_readable(ontology: Ontology) -> None:
    text = "Rebels killed two men."
    rebels, men, killed = Item(0, 6, "PER"), Item(18, 21, "PER"), Item(7, 13, "DEATH", True)
    relation = Place("relation", men, "same_as")
    assert write_place(relation, text) == 'PER 18:21 "men" same_as'
    assert write(relation, frozenset({Arrow(men, "same_as", rebels)}), text) == (
        'PER 18:21 "men" -same_as-> PER 0:6 "Rebels"'
    )
    incident = Place("attribute", killed, INCIDENT)
    assert write(incident, frozenset({killed}), text) == "own"
    assert write(incident, frozenset({killed._replace(start=1)}), text) == 'with DEATH 1:13 "ebels killed"'
    assert write(incident, frozenset(), text) == "-"
    assert write(Place("attribute", killed, "realis"), frozenset({"other"}), text) == "other"
    assert write_place(Place("attribute", DOCUMENT, "style")) == "document style"
    assert read_place("attribute", "document style", ontology) == Place("attribute", DOCUMENT, "style")


@pytest.mark.parametrize(
    ("layer", "written"),
    [
        ("entity", "yes"),
        ("entity", "PER 1 5"),
        ("entity", 'PER 1:5 "open'),
        ("entity", "PER 1:5 -same_as-> PER 7:9"),
        ("relation", "PER 1:5"),
    ],
)
def test_what_is_no_answer_is_refused(layer: str, written: str, ontology: Ontology) -> None:
    with pytest.raises(NotationError):
        read(Place(layer, Item(0, 5, "PER"), ""), written, ontology)


@pytest.mark.parametrize("written", ["with nobody", "four", '"open'])
def test_what_is_no_value_is_refused(written: str, ontology: Ontology) -> None:
    with pytest.raises(NotationError):
        read(Place("attribute", Item(0, 5, "DEATH", True), INCIDENT), written, ontology)


@pytest.mark.parametrize(("layer", "written"), [("entity", "PER 1:2"), ("argument", "DEATH 1:2"), ("mention", "1:2")])
def test_what_is_no_place_is_refused(layer: str, written: str, ontology: Ontology) -> None:
    with pytest.raises(NotationError):
        read_place(layer, written, ontology)


def test_the_id_depends_on_document_place_and_options_alone() -> None:
    place = Place("entity", Item(3, 9, ""))
    one, two = frozenset({Item(3, 9, "PER")}), frozenset[Item]()
    same = identify("d", place, [one, two])
    assert len(same) == 8
    assert identify("d", place, [two, one]) == same
    assert identify("d", place, [one]) != same
    assert identify("e", place, [one, two]) != same
    assert identify("d", place._replace(layer="trigger"), [one, two]) != same


def line(**more: str) -> Decision:
    fields = {
        "document": "d",
        "id": "0a1b2c3d",
        "layer": "entity",
        "place": '3:9 "said \\"no\\""',
        "options": "2: PER 3:9 | 3: -",
        "decision": "PER 3:9",
        "by": "9",
        "why": "section 3",
    }
    return Decision(**{**fields, **more})


def test_the_log_is_read_back_and_sorted_by_text(tmp_path: Path) -> None:
    lines = [
        line(id="2", place="30:35"),
        line(id="1", place="4:9"),
        line(id="3", document="c"),
        line(id="0", layer="document", place=""),
    ]
    path = tmp_path / "decisions.tsv"
    path.write_bytes(log_bytes(lines))
    assert [(d.document, d.id) for d in read_log(path)] == [("c", "3"), ("d", "0"), ("d", "1"), ("d", "2")]
    assert log_bytes(read_log(path)) == log_bytes(reversed(lines)) == path.read_bytes()
    assert path.read_text(encoding="utf-8").splitlines()[0].split("\t") == list(COLUMNS)


def test_a_log_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.tsv") == []


def test_reasons_by_hand_stay_one_line(tmp_path: Path) -> None:
    path = tmp_path / "decisions.tsv"
    path.write_bytes(log_bytes([line(why=" one\ttab\r\nand a break ")]))
    assert read_log(path)[0].why == "one tab and a break"


def test_the_log_survives_a_spreadsheet_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "decisions.tsv"
    saved = b"\xef\xbb\xbf" + log_bytes([line()]).replace(b"\n", b"\r\n")
    path.write_bytes(saved)
    assert read_log(path) == [line()]
    quoted = line().place.replace('"', '""')
    path.write_bytes(saved.replace(line().place.encode(), f'"{quoted}"'.encode()))
    assert read_log(path) == [line()]


@pytest.mark.parametrize("decision", ['""', '"a"', r'"a\"b"', r'"a\"\"b"', 'PER 1:2 "x"', '["a", ""]'])
def test_quotes_of_values_stay(tmp_path: Path, decision: str) -> None:
    path = tmp_path / "decisions.tsv"
    path.write_bytes(log_bytes([line(decision=decision)]))
    assert read_log(path)[0].decision == decision


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("doc_id\tsentence\n", "the columns doc_id, sentence; expected document, id, layer"),
        ("", "the columns ; expected"),
        ("\t".join(COLUMNS) + "\nd\t1\n", "line 2: 2 columns"),
        ("\t".join(COLUMNS) + "\nd\t1\tmention\t1:2\t\t-\t9\t\n", "line 2: the layer 'mention'"),
        ("\t".join(COLUMNS) + 2 * "\nd\t1\tentity\t1:2\t\t-\t9\t", r"line 3: a second decision on 1 of d \(line 2 has"),
    ],
)
def test_another_table_is_refused_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "decisions.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_log(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "decisions.tsv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="FIL008"):
        read_log(path)


def test_one_question_in_two_logs_is_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    for path in paths:
        path.write_bytes(log_bytes([line()]))
    with pytest.raises(InputError, match=r"b\.tsv: 0a1b2c3d of d is decided in .*a\.tsv as well"):
        read_logs(paths)
