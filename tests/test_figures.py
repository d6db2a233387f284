"""Casualty figures: what the words of a count say, by the table of the annotator's manual."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology, load_ontology
from strife.validate import validate
from strife.validate.figures import count_number, count_range
from tests.conftest import ROOT

MANUAL = (ROOT / "annotation" / "guidelines" / "README.md").read_text(encoding="utf-8")
TABLE = [
    ("7", 7, 7),
    ("seven", 7, 7),
    ("about 7", 7, 7),
    ("some 7", 7, 7),
    ("nearly 7", 7, 7),
    ("at least 7", 7, None),
    ("7 or more", 7, None),
    ("more than 7", 8, None),
    ("over 7", 8, None),
    ("up to 7", 1, 7),
    ("as many as 7", 1, 7),
    ("fewer than 7", 1, 6),
    ("7 to 9", 7, 9),
    ("between 7 and 9", 7, 9),
    ("a couple", 2, 2),
    ("half a dozen", 6, 6),
    ("a dozen", 12, 12),
    ("dozens", 24, None),
    ("scores", 40, None),
    ("hundreds", 200, None),
    ("thousands", 2000, None),
    ("tens of thousands", 20000, None),
    ("no one", 0, 0),
    ("none", 0, 0),
    ("no", 0, 0),  # of "no casualties": the count is the number word alone
]
WITHOUT_NUMBER = {"a soldier", "the mayor", "one named person", "listed persons", "soldiers", "several"} | {
    "many (no number)",
    "no casualties (and polarity negative)",
    "the killing",
    "one total of dead and wounded together",
    '"four women and two children"',
}


@pytest.mark.parametrize(("words", "least", "most"), TABLE)
def test_the_table_of_the_manual(words: str, least: int, most: int | None) -> None:
    assert count_range(words) == (least, most)


def test_these_tests_hold_the_whole_table_of_the_manual() -> None:
    section = MANUAL.split("## 9. ")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", section, flags=re.MULTILINE)[1:]
    assert {words for row in rows for words in row.split("; ")} - WITHOUT_NUMBER == {w for w, *_ in TABLE} - {"no"}


@pytest.mark.parametrize("words", sorted(WITHOUT_NUMBER))
def test_words_that_hold_no_number_are_not_judged(words: str) -> None:
    assert count_range(words) is None


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ("At Least Seven", 7, None),
        ("  at \u00a0least\r\n7 ", 7, None),
        ("at least a dozen", 12, None),
        ("no fewer than 7", 7, None),
        ("seven, or more", 7, None),
        ("above 7", 8, None),
        ("no more than 7", 1, 7),
        ("under 7", 1, 6),
        ("less than a hundred", 1, 99),
        ("more than 1,000", 1001, None),
        ("from seven to nine", 7, 9),
        ("7-9", 7, 9),
        ("7\u20139", 7, 9),
        ("two-three", 2, 3),
        ("between seven and nine", 7, 9),
        ("between twenty-five and thirty", 25, 30),
        ("exactly 7", 7, 7),
        ("only seven", 7, 7),
        ("another seven", 7, 7),
        ("seven more", 7, 7),
        ("7 to 7", 7, 7),
        ("nobody", 0, 0),
    ],
)
def test_other_ways_to_say_a_row_of_the_table(words: str, least: int, most: int | None) -> None:
    assert count_range(words) == (least, most)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        *[("zero", 0), ("one", 1), ("nineteen", 19), ("twenty", 20), ("ninety-nine", 99), ("twenty five", 25)],
        *[("a hundred", 100), ("one hundred and five", 105), ("two hundred twelve", 212)],
        *[("a thousand", 1000), ("twelve hundred", 1200), ("three thousand four hundred and fifty-six", 3456)],
        *[("two hundred thousand", 200_000), ("one million two hundred thousand and one", 1_200_001)],
        *[
            ("７", 7),
            ("٧", 7),
            ("0", 0),
            ("007", 7),
            ("1,200", 1200),
            ("1,234,567", 1_234_567),
            ("123456789012", 123_456_789_012),
        ],
    ],
)
def test_number_words_and_digits(words: str, number: int) -> None:
    assert count_number(words) == number
    assert count_range(words) == (number, number)


@pytest.mark.parametrize(
    "words",
    [
        *["", " ", "-", "a", "an", "and", "hundred", "thousand", "and seven", "dozen hundred", "sevn", "7th", "7.5"],
        *["12,34", "1,2345", "1.200", "-7", "1234567890123", "9 to 7", "at least", "at least many", "up to dozens"],
        *[
            "½",
            "7 and 9",
            "seven and nine",
            "😀",
            "7 people",
            "one two",
            "twenty eleven",
            "ten five",
            "a five",
            "between",
            "between 7",
        ],
    ],
)
def test_what_is_beyond_the_table_is_not_judged(words: str) -> None:
    assert count_range(words) is None


@given(st.integers(0, 10**12 - 1))
def test_any_whole_number_in_digits_is_itself(number: int) -> None:
    assert count_range(str(number)) == count_range(f"{number:,}") == (number, number)


@given(st.text(max_size=30))
def test_any_words_give_a_range_or_none(words: str) -> None:
    told = count_range(words)
    assert told is None or (told[0] is not None and told[0] >= 0)


# ---------------------------------------------------------------- findings


def judged(ontology: Ontology, words: str, **attributes: int | str) -> list[tuple[str, str, str]]:
    text = f"Shells killed {words} there."
    count = Entity("m1", 14, 14 + len(words), "NUM")
    event = Event("e1", "DEATH", Trigger(7, 13), (Argument("count", "m1"),), {"incident": 1, **attributes})
    found = validate([Document("d", text, (count,), (event,))], ontology).findings
    return [(finding.code, finding.found, finding.expected) for finding in found]


def test_a_figure_that_differs_says_both(ontology: Ontology) -> None:
    assert judged(ontology, "at least 12", people_min=12, people_max=12) == [
        ("CAS602", "people_min 12, people_max 12", "people_min 12, people_max empty, from 'at least 12'")
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", " people or more", "people_min 12, people_max empty, from '12 or more'"),
        ("", " of the people, or more, of", "people_min 12, people_max empty, from '12 or more'"),
        ("", " people of the city or more", "people_min 12, people_max 12, from '12'"),
        ("", " or morese", "people_min 12, people_max 12, from '12'"),
        ("exceeded ", "", "people_min 13, people_max empty, from 'more than 12'"),
        ("Exceeding\n", " or more", "people_min 12, people_max empty, from '12 or more'"),
        ("exceedingly ", "", "people_min 12, people_max 12, from '12'"),
    ],
)
def test_a_bound_may_stand_apart_from_the_number(ontology: Ontology, before: str, after: str, expected: str) -> None:
    start = len(f"The dead: {before}")
    count = Entity("m1", start, start + 2, "NUM")
    event = Event("e1", "DEATH", Trigger(4, 8), (Argument("count", "m1"),), {"incident": 1, "people_min": 1})
    document = Document("d", f"The dead: {before}12{after}.", (count,), (event,))
    found = [finding for finding in validate([document], ontology).findings if finding.code == "CAS602"]
    assert [finding.expected for finding in found] == [expected]


@pytest.mark.parametrize(
    ("attributes", "codes"),
    [
        ({"people_min": 12, "people_max": 12}, []),
        ({}, ["CAS602"]),
        ({"people_min": 12}, ["CAS602"]),
        ({"people_max": 12}, ["CAS605"]),
        ({"people_min": 12, "people_max": 0}, ["CAS603"]),
        ({"people_min": 0, "people_max": 0}, ["CAS604"]),
        ({"people_min": 12, "people_max": 12, "polarity": "negative"}, ["CAS604"]),
        ({"people_min": 0, "people_max": 0, "polarity": "negative"}, ["CAS602"]),
    ],
)
def test_a_figure_raises_one_finding_at_most(
    ontology: Ontology, attributes: dict[str, int | str], codes: list[str]
) -> None:
    assert [code for code, *_ in judged(ontology, "12", **attributes)] == codes


@pytest.mark.parametrize(
    ("other", "attributes", "found"),
    [
        ("INJURY", {}, ["CAS606 m"]),
        ("INJURY", {"people_min": 3}, ["CAS606 m"]),
        ("DEATH", {}, ["CAS602 d", "CAS602 o"]),  # two deaths told with one number: each has it
        ("DEATH", {"people_min": 12, "people_max": 12}, ["CAS602 d"]),
        ("RELEASE", {}, ["CAS602 d"]),  # has no figure
    ],
)
def test_a_count_of_two_events(ontology: Ontology, other: str, attributes: dict[str, int], found: list[str]) -> None:
    arguments = (Argument("count", "m"),)
    events = (
        Event("d", "DEATH", Trigger(3, 9), arguments, {"incident": 1}),
        Event("o", other, Trigger(13, 20), arguments, {"incident": 1, **attributes}),
    )
    document = Document("d", "12 killed or wounded.", (Entity("m", 0, 2, "NUM"),), events)
    assert [f"{f.code} {f.item}" for f in validate([document], ontology).findings] == found


def test_a_count_beyond_the_table_is_left_to_the_annotator(ontology: Ontology) -> None:
    assert judged(ontology, "several", people_min=2) == []


def test_an_ontology_without_counts_has_no_figures() -> None:
    lax = load_ontology(ROOT / "tests" / "data" / "sym.toml")
    document = Document("d", "12 died", (Entity("m", 0, 2, "CASUALTIES"),))
    assert validate([document], lax, select=["CAS"]).findings == ()
