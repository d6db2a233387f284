"""A place in a text, quoted in its line."""

from typing import NamedTuple

SHOWN = 60  # code points of a quote
BESIDE = 40  # code points shown on each side of it


class Quote(NamedTuple):
    """The words at a place, what stands beside them in their line, and the number of that line (from 1)."""

    before: str
    quote: str
    after: str
    line: int


def quoted(text: str, start: int, end: int) -> Quote:
    """What stands at [start, end), cut at the borders of the text, with what is left out shown as an ellipsis."""
    low, high = min(max(start, 0), len(text)), min(max(end, 0), len(text))
    quote = text[low:high]
    begin = max(text.rfind("\n", 0, low), text.rfind("\r", 0, low)) + 1
    stops = [stop for stop in (text.find("\n", high), text.find("\r", high)) if stop >= 0]
    finish = min(stops, default=len(text))
    return Quote(
        ("…" if low - begin > BESIDE else "") + text[max(begin, low - BESIDE) : low],
        shortened(quote),
        text[high : min(finish, high + BESIDE)] + ("…" if finish - high > BESIDE else ""),
        text.count("\n", 0, low) + 1,
    )


def shortened(quote: str) -> str:
    """A quote, cut where it is long."""
    return quote if len(quote) <= SHOWN else quote[: SHOWN - 1] + "…"
