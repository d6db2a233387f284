"""Raw texts in, and documents as a person reads them."""

from pathlib import Path

import msgspec
import pytest

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.reading import as_text, raw_text
from strife.stream import InputError


def test_a_document_as_text(raid: Document) -> None:
    assert as_text(raid) == "\n".join(
        [
            "raid: 6 entities, 2 events",
            "",
            "[ARM Police] said that [PER rebels] killed [NUM two] [PER villagers] in [GPE Talmar] on [TIME Friday].",
            "  STATEMENT 'said' speaker: Police; content: killed (DEATH)",
            "  DEATH 'killed' agent: rebels; count: two; victim: villagers; place: Talmar; time: Friday; "
            "incident=1; people_min=2; people_max=2",
        ]
    )


@pytest.mark.parametrize(
    ("text", "mentions", "line"),
    [
        ("Talmar Army fled", [(0, 11, "ARM"), (0, 6, "GPE")], "[ARM [GPE Talmar] Army] fled"),
        ("Army of Talmar", [(8, 14, "GPE"), (0, 14, "ARM")], "[ARM Army of [GPE Talmar]]"),
        ("a b c", [(0, 5, "X"), (2, 5, "Y"), (2, 3, "Z")], "[X a [Y [Z b] c]]"),
        ("Talmar", [(0, 6, "GPE"), (0, 6, "ARM")], "[ARM [GPE Talmar]]"),
        ("ab", [(0, 1, "X"), (1, 2, "Y")], "[X a][Y b]"),
        ("😀 𝕋almar fell 😀", [(2, 8, "GPE"), (14, 15, "X")], "😀 [GPE 𝕋almar] fell [X 😀]"),
        ("Zoe\u0308 fled", [(0, 4, "PER")], "[PER Zoe\u0308] fled"),
    ],
)
def test_mentions_stand_in_brackets(text: str, mentions: list[tuple[int, int, str]], line: str) -> None:
    entities = tuple(Entity(f"m{n}", *mention) for n, mention in enumerate(mentions))
    assert as_text(Document("d", text, entities)).split("\n")[2:] == [line]


def test_offsets_after_astral_characters_and_crlf_are_right() -> None:
    document = Document(
        "d",
        "😀😀.\r\nRebels fled Talmar.",
        (Entity("m1", 5, 11, "PER"), Entity("m2", 17, 23, "GPE")),
        (Event("e1", "MOVEMENT", Trigger(12, 16), (Argument("mover", "m1"), Argument("origin", "m2"))),),
    )
    assert as_text(document) == "\n".join(
        [
            "d: 2 entities, 1 events",
            "",
            "[PER Rebels] fled [GPE Talmar].",
            "  MOVEMENT 'fled' mover: Rebels; origin: Talmar",
        ]
    )


def test_sentences_without_annotation_are_left_out(raid: Document) -> None:
    longer = msgspec.structs.replace(raid, text=raid.text + " Nobody came.\nThe end.")
    assert as_text(longer) == as_text(raid)


def test_every_sentence_with_something_is_shown_in_order() -> None:
    document = Document(
        "d",
        "Rebels fled. Nobody came. Talmar fell.",
        (Entity("m1", 0, 6, "PER"),),
        (Event("e1", "TERRITORY", Trigger(33, 37)),),
    )
    assert as_text(document) == ("d: 1 entities, 1 events\n\n[PER Rebels] fled.\n\nTalmar fell.\n  TERRITORY 'fell'")


def test_an_event_without_arguments_has_no_blank_at_the_end() -> None:
    document = Document("d", "Talmar fell", events=(Event("e", "TERRITORY", Trigger(7, 11)),))
    assert as_text(document).split("\n")[-1] == "  TERRITORY 'fell'"


def test_an_argument_by_start_and_end_shows_its_words() -> None:
    event = Event("e", "TERRITORY", Trigger(7, 11), (Argument("place", start=0, end=6),))
    assert as_text(Document("d", "Talmar fell", events=(event,))).split("\n")[-1] == "  TERRITORY 'fell' place: Talmar"


def test_an_argument_that_points_at_nothing_shows_a_question_mark() -> None:
    event = Event("e", "TERRITORY", Trigger(7, 11), (Argument("place", "gone"),))
    assert as_text(Document("d", "Talmar fell", events=(event,))).split("\n")[-1] == "  TERRITORY 'fell' place: ?"


@pytest.mark.parametrize("text", ["", "Nothing is marked here."])
def test_a_document_without_annotation_is_its_heading(text: str) -> None:
    assert as_text(Document("d", text)) == "d: 0 entities, 0 events"


def test_raw_text_keeps_every_character_and_is_named_by_its_file(tmp_path: Path) -> None:
    text = " One\r\ntwo\rthree\n\tZoe\u0308 \u00a0😀\r\n"
    path = tmp_path / "news.txt"
    path.write_bytes(text.encode("utf-8"))
    assert raw_text(path) == Document("news.txt", text)


def test_raw_text_drops_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(b"\xef\xbb\xbfTalmar fell.")
    assert raw_text(path).text == "Talmar fell."


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n", "\u00a0\u2003".encode(), b"\xef\xbb\xbf"])
def test_raw_text_refuses_a_file_without_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"FIL001 .*news\.txt: the file is empty") as caught:
        raw_text(path)
    assert caught.value.code == "FIL001"


@pytest.mark.parametrize("content", [b"caf\xe9 in Talmar", "Talmar".encode("utf-16"), b"\xed\xa0\x80 lone surrogate"])
def test_raw_text_refuses_what_is_not_utf8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"FIL008 .*news\.txt: no UTF-8 .*convert it first") as caught:
        raw_text(path)
    assert caught.value.code == "FIL008"


def test_raw_text_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"FIL007 .*news\.txt: No such file.*check the path") as caught:
        raw_text(tmp_path / "news.txt")
    assert caught.value.code == "FIL007"


def test_raw_text_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"FIL007 .*Is a directory"):
        raw_text(tmp_path)
