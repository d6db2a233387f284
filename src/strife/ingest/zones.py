"""Zones of a text as scraped: which lines are headline, body, caption, and which are boilerplate.

Rules on lines, in order, each for a thing that was seen in scraped news: paths of a site's menu, a headline that comes
twice, bylines and datelines of a masthead, captions with their agency, links and comment forms at the end. Nothing is
changed; a line that no rule claims is body.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from strife.model import Zone

HEADLINE, BODY, CAPTION, BOILERPLATE = "headline", "body", "caption", "boilerplate"
LONGEST_HEADLINE = 200  # code points
LONGEST_FURNITURE = 80

_PATH = re.compile(r"\s(?:/|»|›|>|\|)\s")
_HOME = re.compile(r"^(?:home|news|front page|main|world)\b", re.IGNORECASE)
_STOP = re.compile(r"[.!?…:]['\"”’)\]]*$")
_CAPTION_START = re.compile(r"^(?:photo|image|picture|caption|file photo|file|video)\b\s*[:.–-]", re.IGNORECASE)
# (Reuters), [AFP via Getty Images], /AP: one to six words with a capital, at the end of a line
_CREDIT = re.compile(r"(?:[(\[](?:(?:via|of|and|for)\s|[\w.’'&/-]+\s?){1,6}[)\]]|\s/\s?[A-Z][\w.]+)$")
_BYLINE = re.compile(
    r"^(?:by\s+[A-Z]|written by|reported by|reporting by|edited by|published|updated|last updated|posted|"
    r"\d+ (?:min|minutes|hours|days) ago|\d+ min(?:ute)? read)",
    re.IGNORECASE,
)
_END = re.compile(
    r"^(?:leave a (?:reply|comment)|comments?(?: \(\d+\))?|related (?:articles|stories|posts|news)|you may also like|"
    r"your email address will not be published.*|post a comment|more from .*|read next)\W*$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"^(?:source link|source:.*|share(?: this)?.*|tweet|print|e-?mail|advertisement|subscribe.*|sign up.*|read more.*|"
    r"follow us.*|copyright.*|©.*|all rights reserved.*|tags?:.*|listen to .*|skip to .*)$",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES = (
    re.compile(r"\b(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b"),
    re.compile(rf"\b(?P<d>\d\d?)(?:st|nd|rd|th)?\s+(?P<n>{_MONTH}),?\s+(?P<y>(?:19|20)\d\d)\b", re.IGNORECASE),
    re.compile(rf"\b(?P<n>{_MONTH})\s+(?P<d>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d\d)\b", re.IGNORECASE),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Line(NamedTuple):
    """A line that is not blank: where it stands without the blanks at its edges, and its words."""

    start: int
    end: int
    text: str


def zones(text: str) -> tuple[Zone, ...]:
    """The zones of a text in order: every line with words lies in exactly one, neighbours of a kind are joined."""
    lines = _lines(text)
    labels = _labels(lines)
    found: list[Zone] = []
    for line, label in zip(lines, labels, strict=True):
        if found and label == found[-1].label != HEADLINE:
            found[-1] = Zone(found[-1].start, line.end, label)
        else:
            found.append(Zone(line.start, line.end, label))
    return tuple(found)


def published(text: str) -> str | None:
    """The date in the masthead (the lines before the body) as ISO 8601; None when there is none or several."""
    dates: set[str] = set()
    for zone in zones(text):
        if zone.label == BODY:
            break
        dates.update(date for date in _dates(text[zone.start : zone.end]))
    return dates.pop() if len(dates) == 1 else None


def _lines(text: str) -> list[Line]:
    found = []
    for match in re.finditer(r"[^\r\n]+", text):
        words = match[0].strip()
        if words:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            found.append(Line(start, start + len(words), words))
    return found


def _labels(lines: Sequence[Line]) -> list[str]:
    labels: list[str] = []
    title: str | None = None
    in_head, ended = True, False
    for number, line in enumerate(lines):
        after = lines[number + 1].text if number + 1 < len(lines) else None
        ended = ended or (not in_head and bool(_END.match(line.text)))
        if ended or _is_furniture(line.text, in_head, title, after):
            labels.append(BOILERPLATE)
        elif _is_caption(line.text):
            labels.append(CAPTION)
        elif _is_headline(line.text, in_head and title is None, after):
            labels.append(HEADLINE)
            title = title or line.text
        else:
            labels.append(BODY)
            in_head = False
    return labels


def _is_furniture(text: str, in_head: bool, title: str | None, after: str | None) -> bool:
    """A site's path, a headline that comes again, a byline, a date by itself, a link."""
    parts = _PATH.split(text)
    if in_head and len(parts) > 1 and (_HOME.match(parts[0]) or (len(parts) > 2 and parts[-1] == after)):
        return True
    if text == title:
        return True
    short = len(text) <= LONGEST_FURNITURE
    if in_head and short and (_BYLINE.match(text) or _is_date(text)):
        return True
    return short and bool(_FURNITURE.match(text))


def _is_date(text: str) -> bool:
    """A date with at most three words beside it: a weekday, a time, a place."""
    rest = text
    for pattern in _DATES:
        rest = pattern.sub(" ", rest)
    return rest != text and len(rest.split()) <= 3


def _is_caption(text: str) -> bool:
    if _CAPTION_START.match(text):
        return True
    credit = _CREDIT.search(text)
    if credit is None or not credit.start():
        return False
    words = re.findall(r"\w+", credit[0])
    names = sum(word[0].isupper() for word in words)
    return names * 2 > len(words) and not _STOP.search(text[: credit.start()].rstrip())


def _is_headline(text: str, first: bool, after: str | None) -> bool:
    """The first line without a full stop, or a short line of words without one between paragraphs."""
    if _STOP.search(text) or after is None:
        return False
    return len(text) <= LONGEST_HEADLINE if first else len(text) <= LONGEST_FURNITURE and text[0].isupper()


def _dates(text: str) -> list[str]:
    found = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = int(parts["m"]) if parts.get("m") else _MONTHS.index(parts["n"][:3].lower()) + 1
            if 1 <= month <= 12 and 1 <= int(parts["d"]) <= 31:
                found.append(f"{parts['y']}-{month:02d}-{int(parts['d']):02d}")
    return found
