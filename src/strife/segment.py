"""Tokens and sentences as offsets: what token-based views and the baselines see of a text.

Both are rules without state, so that the same text always gives the same pieces. Spans are (start, end),
half-open code points; nothing is altered, and every character that is not blank lies in exactly one token.
"""

import re

# U.S., 1,200.5, 3rd, words; any other visible character alone. Hyphens and apostrophes split ("Ostmark-led",
# "Talmar's"), because annotated spans end there.
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:st|nd|rd|th)\b|\d+(?:[.,:]\d+)*|\w+|\S")

_TITLES = "mr mrs ms dr prof gen lt col capt maj sgt cmdr adm rep sen gov st vs jr sr mt ft approx"
_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec"
_ABBREVIATIONS = frozenset(f"{_TITLES} {_MONTHS}".split())
_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?([^\W_]))")
_LINE = re.compile(r"[^\r\n]+")


def tokens(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The tokens of text[start:end], as offsets into `text`."""
    return [match.span() for match in _TOKEN.finditer(text, start, len(text) if end is None else end)]


def sentences(text: str, small: bool = True) -> list[tuple[int, int]]:
    """The sentences of a text without blanks at their edges; a line break always ends one.

    A small letter begins a sentence only in a line that has no capitals, and only if `small` ones may.
    """
    found: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        begin, cased = line.start(), not small or any(map(str.isupper, line[0]))
        for stop in _STOP.finditer(text, line.start(), line.end()):
            if not ((cased and stop[1].islower()) or _is_abbreviation(text, begin, stop)):
                found.append((begin, stop.end()))
                begin = stop.end()
        found.append((begin, line.end()))
    return [trimmed for span in found if (trimmed := _trim(text, *span))]


def _is_abbreviation(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Does the full stop belong to a title, an initial, a month, or "No." before a number?"""
    word = re.search(r"(?<!\w)([^\W\d_]+)$", text[begin : stop.start()])
    if not stop[0].startswith(".") or word is None:
        return False
    lower = word[1].lower()
    return len(lower) == 1 or lower in _ABBREVIATIONS or (lower == "no" and stop[1].isdigit())


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
