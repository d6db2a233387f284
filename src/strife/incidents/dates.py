"""The days that a normalised time covers (the manual's section 10)."""

import datetime
import re
from calendar import monthrange

Period = tuple[datetime.date, datetime.date]

_SEASONS = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}  # the month in which it begins


def period(timex: str) -> Period | None:
    """The first and the last day of a timex; None for a length, a repetition, and what is not on the calendar."""
    try:
        return _period(timex)
    except (ValueError, OverflowError):
        return None


def _period(timex: str) -> Period | None:
    value = re.sub(r"(?<=\d)T.*$", "", timex)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        day = datetime.date.fromisoformat(value)
        return day, day
    if match := re.fullmatch(r"(\d{4})-(\d\d)", value):
        return _months(int(match[1]), int(match[2]), 1)
    if match := re.fullmatch(r"(\d{4})-W(\d\d)(?:-([1-7]))?", value):
        first = datetime.date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        return first, first + datetime.timedelta(0 if match[3] else 6)
    if match := re.fullmatch(r"(\d{4})-(SP|SU|FA|WI)", value):
        return _months(int(match[1]), _SEASONS[match[2]], 3)
    if re.fullmatch(r"\d{3,4}", value):  # a year, or a decade without its last digit
        years = 10 ** (4 - len(value))
        return datetime.date(int(value) * years, 1, 1), datetime.date(int(value) * years + years - 1, 12, 31)
    return None


def _months(year: int, month: int, number: int) -> Period:
    last = year * 12 + month - 1 + number - 1
    end_year, end_month = last // 12, last % 12 + 1
    return datetime.date(year, month, 1), datetime.date(end_year, end_month, monthrange(end_year, end_month)[1])
