"""Casualty figures: counts of no event or of two, and figures that do not follow from the words."""

import re
from collections.abc import Iterator

from strife.model import AttributeValue, Document, Entity, Event
from strife.validate.draft import Context, Draft, shown

COUNT, LEAST, MOST = "count", "people_min", "people_max"
NEAR = 80  # code points in which a bound may stand apart from its number
Range = tuple[int | None, int | None]

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: n for n, word in enumerate(f"{_SMALL} seventeen eighteen nineteen".split())}
_WORDS |= {word: 10 * n for n, word in enumerate(f"{_TENS}".split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_VAGUE = {"dozens": 24, "scores": 40, "hundreds": 200, "thousands": 2000, "tens of thousands": 20000}
_FIXED = {"a couple": 2, "couple": 2, "half a dozen": 6, "a dozen": 12, "dozen": 12}
_NONE = ("no", "none", "no one", "nobody")
_ABOUT = re.compile(r"^(about|some|nearly|almost|around|approximately|roughly|exactly|only|another|all|just|the)\s+")
_BOUNDS = (  # the words, before or after the number, and what they make of it
    (re.compile(r"^(?:at least|no fewer than|no less than|not less than|a minimum of) (.+)$"), lambda n: (n, None)),
    (re.compile(r"^(.+?),? or more$"), lambda n: (n, None)),
    (re.compile(r"^(?:more than|over|above) (.+)$"), lambda n: (n + 1, None)),
    (re.compile(r"^(?:up to|as many as|at most|no more than) (.+)$"), lambda n: (1, n)),
    (re.compile(r"^(?:fewer than|less than|under) (.+)$"), lambda n: (1, n - 1)),
)
_AFTER = re.compile(r"(?:\s+[\w'’-]+){0,3}?,?\s+or more\b", re.IGNORECASE)  # "12 people or more": the mark ends at 12
_BEFORE = re.compile(r"\bexceed(?:s|ed|ing)?\s+$", re.IGNORECASE)
_BETWEEN = re.compile(r"^(?:between (.+) and (.+)|(?:from )?(.+) to (.+)|(.+)[-–](.+))$")


def figures(context: Context) -> Iterator[Draft]:
    """Findings on counts and figures; none for an ontology without the role count and the people attributes."""
    document, ontology = context.document, context.ontology
    if COUNT not in ontology.role_names or LEAST not in ontology.attributes:
        return
    labels = ontology.fillers_of(COUNT)
    counted: dict[str | None, list[Event]] = {}
    for event in document.events:
        for argument in event.arguments:
            if argument.role == COUNT:
                counted.setdefault(argument.entity_id, []).append(event)
    told: dict[int, str] = {}  # by identity of the event, because an id may be used twice
    for entity in [e for e in document.entities if e.label in labels or e.id in counted]:
        events = counted.get(entity.id, ())
        surface = document.surface(entity)
        types = sorted({event.type for event in events if LEAST in ontology.attributes_of(event.type)})
        if not events:
            found = f"{entity.label} {shown(surface)} is the count of no event"
            yield Draft("CAS601", found, "an event that points at it", "draw the arrow or delete it", entity)
        elif len(types) > 1:
            do = "a total of both has no figure: delete it, or draw it from one"
            yield Draft(
                "CAS606", f"{shown(surface)} is the count of {' and of '.join(types)}", "one of them", do, entity
            )
        else:
            told.update(dict.fromkeys(map(id, events), _in_context(document, entity)))
    for event in document.events:
        if LEAST in ontology.attributes_of(event.type):
            yield from _figure(event, told.get(id(event)))


def _figure(event: Event, count: str | None) -> Iterator[Draft]:
    least, most = (_number(event.attributes.get(name)) for name in (LEAST, MOST))
    said = f"{LEAST} {'empty' if least is None else least}, {MOST} {'empty' if most is None else most}"
    negative = event.attributes.get("polarity") == "negative"
    if least is not None and most is not None and least > most:
        yield Draft("CAS603", said, f"{LEAST} <= {MOST}", "give both again", event)
    elif most is not None and least is None:
        yield Draft("CAS605", said, f"{LEAST} too", "give it: 1 for 'up to'", event)
    elif most == 0 and not negative:
        yield Draft("CAS604", f"{said}, polarity positive", "polarity negative", "set the polarity", event)
    elif negative and least:
        yield Draft("CAS604", f"{said}, polarity negative", "0 to 0, or no figure", "mend figure or polarity", event)
    elif count is not None and (told := count_range(count)) is not None and told != (least, most):
        low, high = ("empty" if n is None else n for n in told)
        expected = f"{LEAST} {low}, {MOST} {high}, from {shown(count)}"
        yield Draft("CAS602", said, expected, "see the manual, section 9", event)


def _in_context(document: Document, count: Entity) -> str:
    """The words of a count, with a bound that stands apart from them."""
    surface = document.surface(count)
    if _AFTER.match(document.text[count.end : count.end + NEAR]):  # a slice, because an offset may be any number
        return f"{surface} or more"
    if _BEFORE.search(document.text[max(0, count.start - NEAR) : count.start]):
        return f"more than {surface}"
    return surface


def _number(value: AttributeValue | None) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 1e15 else None


def count_range(words: str) -> Range | None:
    """What a count says, as (least, most) with None for "no bound"; None when the words are beyond the table.

    The table is section 9 of the annotator's manual.
    """
    text = " ".join(words.casefold().split())
    if text in _NONE:
        return 0, 0
    if text in _VAGUE:
        return _VAGUE[text], None
    for pattern, bound in _BOUNDS:
        if match := pattern.match(text):
            number = count_number(match[1])
            told = bound(number) if number is not None else None
            return None if told is not None and told[1] is not None and told[1] < told[0] else told
    text = _ABOUT.sub("", text)
    exact = count_number(text)
    if exact is not None:
        return exact, exact
    if match := _BETWEEN.match(text):
        low, high = (count_number(bound) for bound in match.groups() if bound)
        if low is not None and high is not None and low <= high:
            return low, high
    return None


def count_number(words: str) -> int | None:
    """The whole number that digits or English number words stand for, if they do."""
    text = _ABOUT.sub("", words.strip().removesuffix(" more"))
    if text in _FIXED:
        return _FIXED[text]
    if re.fullmatch(r"\d{1,3}(?:,\d{3}){1,4}|\d{1,12}", text):
        return int(text.replace(",", ""))
    total = part = 0
    for n, word in enumerate(text.replace("-", " ").split()):
        if word in _WORDS and (part % 100 == 0 or (part % 10 == 0 and part % 100 > 10 and _WORDS[word] < 10)):
            part += _WORDS[word]
        elif word in ("a", "an") and n == 0 and text != word:
            part = 1
        elif word == "hundred" and part:
            part *= _SCALES[word]
        elif word in _SCALES and part:
            total, part = total + part * _SCALES[word], 0
        elif word != "and" or not (total or part):
            return None
    return total + part if text.strip("- ") else None
