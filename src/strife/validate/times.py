"""Normalised times: dates that no calendar has, weekdays and years that differ from the words, events in the future."""

import datetime
import re
from collections.abc import Iterator

from strife.model import Document, Entity
from strife.validate.draft import Context, Draft

TIMEX = "timex"
_DAY = re.compile(r"^(\d{4}|XXXX)-(\d{2}|XX)(?:-(\d{2}|XX))?(?=$|T)")
_CLOCK = re.compile(r"(?<!^P)(?<=[\dX])T(\d{2})(?::(\d{2}))?$")
_WEEK = re.compile(r"^(\d{4})-W(\d{2})(?:-([1-7]))?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NIGHT_TO = re.compile(r"\bnight (?:to|before)\b")  # "the night to Sunday": a night has the day on which it begins
_YEAR = re.compile(r"\b(1[89]\d{2}|20\d{2})\b")


def times(context: Context) -> Iterator[Draft]:
    """Findings on normalised times; none for an ontology without the attribute timex."""
    document, ontology = context.document, context.ontology
    if TIMEX not in ontology.attributes:
        return
    dates: dict[str, datetime.date] = {}
    timed = [entity for entity in document.entities if TIMEX in entity.attributes]
    for entity in timed:
        timex = str(entity.attributes[TIMEX])
        try:
            date = day_of(timex)
        except ValueError as error:
            yield Draft("TIM701", f"timex {timex} ({error})", "a date on the calendar", "give it again", entity)
            continue
        yield from _words(document, entity, timex, date)
        if date is not None:
            dates[entity.id] = date
    if timed and document.published is None:
        yield Draft("DOC106", "no publication date", "published: an ISO date", "add it to the record")
    if dates:
        yield from _future(document, dates)


def day_of(timex: str) -> datetime.date | None:
    """The day that a timex names, or None when it names none. Raises ValueError for an impossible one."""
    if match := _CLOCK.search(timex):
        hour, minute = int(match[1]), int(match[2] or 0)
        if hour > 24 or minute > 59 or (hour == 24 and minute):
            raise ValueError("no such time of day")
    if match := _DAY.match(timex):
        year, month, day = match.groups()
        # An unknown year may be a leap year; an unknown month may have 31 days.
        date = datetime.date(
            2000 if year == "XXXX" else int(year),
            1 if month == "XX" else int(month),
            1 if day in (None, "XX") else int(day),
        )
        return None if day is None or "XX" in (year[:2], month, day) else date
    if match := _WEEK.match(timex):
        date = datetime.date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        return date if match[3] else None
    return None


def _words(document: Document, entity: Entity, timex: str, date: datetime.date | None) -> Iterator[Draft]:
    words = document.surface(entity).casefold()
    named = [day for day in _WEEKDAYS if day in words]
    wanted = named[0] if len(named) == 1 else ""
    if wanted and _NIGHT_TO.search(words):
        wanted = _WEEKDAYS[_WEEKDAYS.index(wanted) - 1]
    if date is not None and wanted and _WEEKDAYS[date.weekday()] != wanted:
        found = f"timex {timex}, a {_WEEKDAYS[date.weekday()].title()}"
        yield Draft("TIM702", found, f"a {wanted.title()}", "count again from the publication date", entity)
    years = set(_YEAR.findall(words))
    if years and re.match(r"\d{4}", timex) and timex[:4] not in years:
        yield Draft("TIM704", f"timex {timex}", f"the year {' or '.join(sorted(years))}", "give it again", entity)


def _future(document: Document, dates: dict[str, datetime.date]) -> Iterator[Draft]:
    try:
        published = datetime.date.fromisoformat(document.published or "")
    except ValueError:
        return
    for event in document.events:
        if event.attributes.get("realis", "actual") != "actual":
            continue
        for argument in event.arguments:
            date = dates.get(argument.entity_id or "") if argument.role == "time" else None
            if date is not None and date > published:
                found = f"an actual event on {date}, after publication on {published}"
                yield Draft("TIM703", found, "an earlier date, or realis other", "mend the date or the realis", event)
