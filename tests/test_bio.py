"""BIO tags: read as seqeval reads them (its numbers are among the oracles of test_score.py), and made of mentions."""

import pytest

from strife.model import Document, Entity
from strife.scoring.bio import Tagged, chunks, conll, iob2
from strife.scoring.score import ScoreError, score


@pytest.mark.parametrize(
    ("tags", "repaired", "strict"),
    [
        ("O B-A I-A O", [(1, 3, "A")], [(1, 3, "A")]),
        ("I-A I-A", [(0, 2, "A")], []),
        ("B-A I-B I-B", [(0, 1, "A"), (1, 3, "B")], [(0, 1, "A")]),
        ("B-A B-A", [(0, 1, "A"), (1, 2, "A")], [(0, 1, "A"), (1, 2, "A")]),
        ("B-A O I-A", [(0, 1, "A"), (2, 3, "A")], [(0, 1, "A")]),
        ("B-A-x I-A-y", [(0, 1, "A-x"), (1, 2, "A-y")], [(0, 1, "A-x")]),
        ("", [], []),
    ],
)
def test_sequences(tags: str, repaired: list[tuple[int, int, str]], strict: list[tuple[int, int, str]]) -> None:
    assert list(conll(tags.split())) == repaired
    assert list(iob2(tags.split())) == strict


def test_ends_and_singles_of_other_schemes() -> None:
    assert list(conll(["B-A", "I-A", "E-A", "S-A", "E-A", "I-A"])) == [
        (0, 3, "A"),
        (3, 4, "A"),
        (4, 5, "A"),
        (5, 6, "A"),
    ]


def test_mentions_become_tags_sentence_by_sentence() -> None:
    text = "Rebels took Talmar. The army of Talmar fled."
    entities = (
        Entity("a", 0, 6, "ARM"),
        Entity("b", 24, 38, "ORG"),
        Entity("c", 32, 38, "GPE"),
        Entity("d", 12, 23, "GPE"),
    )
    document = Document("d", text, entities)
    assert list(chunks("bio", document)) == list(chunks("bio_strict", document))
    assert list(chunks("bio", document)) == [(0, 1, "ARM"), (2, 4, "GPE"), (4, 5, "GPE"), (5, 8, "ORG")]


def test_given_tokens_are_one_sequence() -> None:
    document = Tagged("d", "aa bb. cc", (Entity("m", 3, 9, "X"),), tokens=((0, 2), (3, 6), (7, 9)))
    assert list(chunks("bio", document)) == [(1, 3, "X")]


@pytest.mark.parametrize(
    ("tags", "metric", "message"),
    [
        (("B-X",), "bio", "1 tags for 2 tokens"),
        (("B-X", "X"), "bio", "tag 'X' is none of B, I, E, S, O"),
        (("B-X", "E-X"), "bio_strict", "tag 'E-X' is none of B, I, O"),
    ],
)
def test_tags_that_cannot_be_read_are_refused(tags: tuple[str, ...], metric: str, message: str) -> None:
    document = Tagged("d7", "aa bb", tokens=((0, 2), (3, 5)), tags=tags)
    with pytest.raises(ScoreError, match=f"gold d7: {message}"):
        score([document], [document], [metric])
