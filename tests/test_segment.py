"""Tokens and sentences: nothing visible is lost, and the borders that newswire makes hard."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.segment import sentences, tokens

# Pieces that make borders, among any other characters.
marks = st.sampled_from(
    ["U.S.", "Gen. ", "Vask", " said", ". ", "...", "…", "! ", "?”", "“", "’s", '"', "(", ")", "1,200.5"]
)
blanks = st.sampled_from(["\r\n", "\n", "\r", "\t", "\u00a0", "\u2028", "\x0b", "\x85", "\ufeff", "\u200b"])
letters = st.sampled_from(["e\u0301", "😀", "𝕋", "٣", "ß", "_", "-"]) | st.text(max_size=3)
texts = st.lists(marks | blanks | letters, max_size=25).map("".join)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in tokens(text)]


@settings(deadline=None)
@given(texts)
def test_every_visible_character_lies_in_exactly_one_token(text: str) -> None:
    covered = [position for start, end in tokens(text) for position in range(start, end)]
    assert covered == [position for position, character in enumerate(text) if not character.isspace()]


@settings(deadline=None)
@given(texts)
def test_every_token_lies_inside_one_sentence(text: str) -> None:
    assert [token for sentence in sentences(text) for token in tokens(text, *sentence)] == tokens(text)


@settings(deadline=None)
@given(texts)
def test_sentences_are_apart_in_order_and_have_no_blank_at_an_edge(text: str) -> None:
    found = sentences(text)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert all(piece and piece == piece.strip() for piece in split(text))


@settings(deadline=None)
@given(texts)
def test_no_sentence_holds_a_line_break(text: str) -> None:
    assert not [piece for piece in split(text) if "\n" in piece or "\r" in piece]


@settings(deadline=None)
@given(texts)
def test_the_same_text_gives_the_same_pieces(text: str) -> None:
    assert (sentences(text), tokens(text)) == (sentences(text), tokens(text))


@settings(deadline=None)
@given(texts, texts)
def test_a_line_break_keeps_the_lines_apart(first: str, second: str) -> None:
    assert split(f"{first}\n{second}") == split(first) + split(second)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Troops left. Rebels came.", ["Troops left.", "Rebels came."]),
        ("Did they leave? Yes! Two did.", ["Did they leave?", "Yes!", "Two did."]),
        ("Gen. Vask and Dr. Sarn spoke. Troops left.", ["Gen. Vask and Dr. Sarn spoke.", "Troops left."]),
        ("Ward No. 5 fell on 5 Jan. 2020 at dawn.", ["Ward No. 5 fell on 5 Jan. 2020 at dawn."]),
        ("J. R. Vask came. He left.", ["J. R. Vask came.", "He left."]),
        ("É. Sarn came. He left.", ["É. Sarn came.", "He left."]),
        ("The U.S. Army left. It ran.", ["The U.S. Army left.", "It ran."]),
        ("At 11 a.m. on Friday it fell.", ["At 11 a.m. on Friday it fell."]),
        ("It cost 3.5 million. 12 died.", ["It cost 3.5 million.", "12 died."]),
        ("It fell at 10.30. Nobody came.", ["It fell at 10.30.", "Nobody came."]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ('"Go!" he said.', ['"Go!" he said.']),
        ("He said “Go.” Then ‘Stay.’ Fine.", ["He said “Go.”", "Then ‘Stay.’", "Fine."]),
        ("They left. “Go,” he said.", ["They left.", "“Go,” he said."]),
        ("(All had died.) Two fled.", ["(All had died.)", "Two fled."]),
        ("It fell [Friday.] (Two fled.)", ["It fell [Friday.]", "(Two fled.)"]),
        ("He waited... Then he ran.", ["He waited...", "Then he ran."]),
        ("He waited… “Then” he ran.", ["He waited…", "“Then” he ran."]),
        ("He waited... and ran.", ["He waited... and ran."]),
        ("gen. vask spoke. he left the u.s. army.", ["gen. vask spoke.", "he left the u.s. army."]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ("Headline\n\nBody one. Body two", ["Headline", "Body one.", "Body two"]),
        ("one\r\ntwo\rthree", ["one", "two", "three"]),
        ("It fell.\u00a0Nobody came.", ["It fell.", "Nobody came."]),
        ("It fell. Élan came.", ["It fell.", "Élan came."]),
        ("It fell.Nobody came.", ["It fell.Nobody came."]),
        ("😀 fell. 𝕋almar fell.", ["😀 fell.", "𝕋almar fell."]),
        ("  Talmar.  ", ["Talmar."]),
        ("", []),
        (" \r\n\t\u00a0\n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two died.", ["Two", "died", "."]),
        ("the U.S. Army", ["the", "U.S.", "Army"]),
        ("at 11 a.m.", ["at", "11", "a.m."]),
        ("1,200.5 at 10:30, then", ["1,200.5", "at", "10:30", ",", "then"]),
        ("in 2020.", ["in", "2020", "."]),
        ("the 3rd wave", ["the", "3rd", "wave"]),
        ("Ostmark-led", ["Ostmark", "-", "led"]),
        ("Talmar's", ["Talmar", "'", "s"]),
        ("Talmar’s", ["Talmar", "’", "s"]),
        ("“Go…”", ["“", "Go", "…", "”"]),
        ("40\u00a0dead", ["40", "dead"]),
        ("Zoë 😀😀", ["Zoë", "😀", "😀"]),
        ("٣٢ قتيلا", ["٣٢", "قتيلا"]),
        ("one\r\ntwo", ["one", "two"]),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_tokens_of_a_part_have_offsets_into_the_whole_text() -> None:
    assert tokens("😀 Talmar fell.", 2, 13) == [(2, 8), (9, 13)]


def test_tokens_from_a_start_go_to_the_end() -> None:
    assert tokens("Talmar fell.", 7) == [(7, 11), (11, 12)]


def test_a_long_text_gives_every_sentence() -> None:
    assert len(sentences("Gen. Vask said so. " * 5000)) == 5000
