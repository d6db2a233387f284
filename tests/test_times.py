"""Normalised times: the day that a timex names, and times that contradict the words or the calendar."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology, load_ontology
from strife.validate import validate
from strife.validate.times import day_of
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("timex", "day"),
    [
        ("2020-01-31", "2020-01-31"),
        ("2020-02-29", "2020-02-29"),
        ("2020-01-31T10", "2020-01-31"),
        ("2020-01-31T23:59", "2020-01-31"),
        ("2020-01-31T24:00", "2020-01-31"),
        ("2020-01-31TMO", "2020-01-31"),
        ("2020-W05-5", "2020-01-31"),
        ("2020-W53-5", "2021-01-01"),
        ("2020-W05-5TNI", "2020-01-31"),
    ],
)
def test_a_timex_of_one_day_is_that_day(timex: str, day: str) -> None:
    assert day_of(timex) == datetime.date.fromisoformat(day)


@pytest.mark.parametrize(
    "timex",
    [
        *["202", "2020", "2020-01", "2020-W05", "2020-SU", "2020-XX", "XXXX", "XXXX-01-31", "XXXX-W05-5"],
        *["XXXX-XX-XXTMO", "P3D", "PT2H", "", "Friday", "31-01-2020"],
    ],
)
def test_a_timex_of_no_one_day_is_none(timex: str) -> None:
    assert day_of(timex) is None


@pytest.mark.parametrize(
    "timex",
    [
        *["2020-02-31", "2019-02-29", "2020-04-31", "2020-13-01", "2020-00-01", "2020-01-00", "2020-13", "2020-00"],
        *["0000-01-01", "2020-W54", "2021-W53", "2020-W00", "2020-W54-1", "2020-01-31T25", "2020-01-31T10:60"],
    ],
)
def test_an_impossible_timex_is_refused(timex: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        day_of(timex)


@given(st.dates())
def test_any_date_is_its_day_also_by_week(day: datetime.date) -> None:
    assert day_of(day.isoformat()) == day
    year, week, weekday = day.isocalendar()
    if 1 <= year <= 9999:
        assert day_of(f"{year:04}-W{week:02}-{weekday}") == day


# ---------------------------------------------------------------- findings


def codes(ontology: Ontology, words: str, timex: str, published: str | None = "2020-02-01") -> list[str]:
    entity = Entity("m", 0, len(words), "TIME", {"timex": timex})
    return [f.code for f in validate([Document("d", words, (entity,), published=published)], ontology).findings]


@pytest.mark.parametrize(
    ("words", "timex", "found"),
    [
        ("Friday", "2020-01-31", []),
        ("FRIDAY evening", "2020-01-31TEV", []),
        ("Friday", "2020-01-30", ["TIM702"]),
        ("Friday", "2020-W05-4", ["TIM702"]),
        ("night to Friday", "2020-01-30TNI", []),
        ("night before Monday", "2020-01-26TNI", []),
        ("night to Friday", "2020-01-31TNI", ["TIM702"]),
        ("fortnight to Friday", "2020-01-30", ["TIM702"]),
        ("Friday", "2020-01", []),
        ("Friday", "XXXX-W05-4", []),
        ("Friday and Saturday", "2020-01-30", []),
        ("4 May 2016", "2016-05-04", []),
        ("4 May 2016", "2015-05-04", ["TIM704"]),
        ("2016", "2015", ["TIM704"]),
        ("2016 or 2017", "2017", []),
        ("1916", "1915", ["TIM704"]),
        ("2016", "XXXX", []),
        ("2016", "201", []),
        ("20160", "2015", []),
        ("Friday, 4 May 2016", "2015-05-04", ["TIM702", "TIM704"]),
        ("31 February", "2020-02-31", ["TIM701"]),
        ("Friday", "2020-02-31", ["TIM701"]),
    ],
)
def test_words_and_timex_are_compared(ontology: Ontology, words: str, timex: str, found: list[str]) -> None:
    assert codes(ontology, words, timex) == found


@pytest.mark.parametrize(("published", "found"), [(None, ["DOC106"]), ("2020-02-01", [])])
def test_times_need_a_publication_date(ontology: Ontology, published: str | None, found: list[str]) -> None:
    assert codes(ontology, "Friday", "2020-01-31", published) == found


def test_a_document_without_times_needs_no_publication_date(ontology: Ontology) -> None:
    assert validate([Document("d", "Talmar fell", (Entity("m", 0, 6, "GPE"),))], ontology).findings == ()


@pytest.mark.parametrize(
    ("timex", "published", "realis", "found"),
    [
        ("2020-02-03", "2020-02-01", {}, ["TIM703"]),
        ("2020-02-03", "2020-02-01", {"realis": "actual"}, ["TIM703"]),
        ("2020-02-03", "2020-02-01", {"realis": "other"}, []),
        ("2020-02-01", "2020-02-01", {}, []),
        ("2020-03", "2020-02-01", {}, []),
        ("2020-02-03", "1 February 2020", {}, []),
        ("2020-02-03", "", {}, []),
    ],
)
def test_what_has_happened_is_not_in_the_future(
    ontology: Ontology, timex: str, published: str, realis: dict[str, str | int], found: list[str]
) -> None:
    event = Event("e", "STRIKE", Trigger(7, 13), (Argument("time", "m"),), {"incident": 1, **realis})
    document = Document("d", "Lately shells", (Entity("m", 0, 6, "TIME", {"timex": timex}),), (event,))
    dated = Document(document.doc_id, document.text, document.entities, document.events, published=published)
    assert [f.code for f in validate([dated], ontology).findings] == found


def test_an_ontology_without_timex_has_no_times() -> None:
    lax = load_ontology(ROOT / "tests" / "data" / "sym.toml")
    document = Document("d", "Friday", (Entity("m", 0, 6, "DATE", {"normalized": "2020-02-31"}),))
    assert validate([document], lax).findings == ()
