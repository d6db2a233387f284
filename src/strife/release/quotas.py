"""Quotas: how many articles hold each hard thing, and how far they range, counted in the gold documents.

Every count is over articles and by a rule that the datasheet prints beside it.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from strife.chains import SAME_AS, named
from strife.incidents.dates import period
from strife.incidents.derive import incidents
from strife.incidents.things import Things
from strife.model import Document, Entity, Event
from strife.ontology import Ontology
from strife.release.tables import markdown

ARTICLES, COUNTRIES, DECADES, HARD = 160, 40, 3, 20
NEAR_MISS = 12  # one article in so many
MENTIONS = {"entity": 200, "event": 50}
WORDS = (200, 500)
RECENT = 30  # days
_WORDS = ("STATEMENT", "CLAIM")
_MONTH = re.compile(
    r"(?i)\b(january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b)|\d{4}"
)
BySplit = Mapping[str, Sequence[Document]]


class Hard(NamedTuple):
    """A hard thing, the rule by which an article is counted, and the rule as code."""

    name: str
    rule: str
    holds: Callable[[Document], bool]


def conflicting_figures(document: Document) -> bool:
    """Two sources give one incident figures of dead, or of wounded, of which only one can be true."""
    return any(
        one.people_max is not None and one.people_max < other.people_min
        for record in incidents(document)
        for figures in (record.killed, record.wounded)
        for one in figures
        for other in figures
    )


def responsibility(document: Document) -> bool:
    """Somebody claims or denies responsibility, or nobody does."""
    return any(event.type == "CLAIM" for event in document.events)


def aliases(document: Document) -> bool:
    """Two names of one thing; of a GPE not, where it would mostly be the adjective."""
    names = {entity.id: entity for entity in named(document) if entity.label != "GPE"}
    return any(
        relation.label == SAME_AS and relation.head in names and relation.tail in names
        for relation in document.relations
    )


def relative_dates(document: Document) -> bool:
    """A time on the calendar, told by words without a month or a year."""
    return any(
        period(str(entity.attributes.get("timex", ""))) is not None and not _MONTH.search(document.surface(entity))
        for entity in document.entities
    )


def other_years(document: Document) -> bool:
    """An actual event whose time lies wholly before the year of publication."""
    times = {entity.id: period(str(entity.attributes.get("timex", ""))) for entity in document.entities}
    return any(
        (days := times.get(argument.entity_id or "")) is not None
        and document.published is not None
        and days[1].year < int(document.published[:4])
        for event in _happened(document)
        for argument in event.arguments
        if argument.role == "time"
    )


def _happened(document: Document) -> Iterable[Event]:
    """The events of the world that the text says happened."""
    return (
        event
        for event in document.events
        if event.type not in _WORDS
        and event.attributes.get("realis", "actual") == "actual"
        and event.attributes.get("polarity", "positive") == "positive"
    )


def unreal(document: Document) -> bool:
    """An event that is planned, threatened or asked for, or did not happen."""
    return any(
        event.attributes.get("realis") == "other" or event.attributes.get("polarity") == "negative"
        for event in document.events
    )


def nested(document: Document) -> bool:
    """A mention inside another."""
    last: Entity | None = None
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        if last is not None and entity.end <= last.end:
            return True
        last = entity
    return False


def attribution_chains(document: Document) -> bool:
    """Words about words: the content of a STATEMENT is a STATEMENT or a CLAIM."""
    said = {event.id for event in document.events if event.type in _WORDS}
    return any(
        event.type == "STATEMENT" and argument.role == "content" and argument.event_id in said
        for event in document.events
        for argument in event.arguments
    )


def repeated(document: Document) -> bool:
    """Headline and caption each name an incident or a thing that the body names too."""
    told: dict[str, set[object]] = {}
    things = Things(document)
    for item in document.items:
        zone = next((z.label for z in document.zones if z.start <= item.span[0] < z.end), "")
        of = item.attributes.get("incident") or None if isinstance(item, Event) else things.of(item.id)
        if of is not None:
            told.setdefault(zone, set()).add(of)
    body = told.get("body", set())
    return all(body & told.get(zone, set()) for zone in ("headline", "caption"))


HARD_THINGS = (
    Hard(
        "conflicting casualty figures",
        "an incident record with two sources whose figures of killed, or of wounded, exclude each other",
        conflicting_figures,
    ),
    Hard("claim or denial of responsibility", "a CLAIM", responsibility),
    Hard("aliases, spelling variants", "`same_as` between two names that are not GPE", aliases),
    Hard("relative dates", "a TIME on the calendar whose words hold no month and no year", relative_dates),
    Hard(
        "background events of other years",
        "an actual event with a time that ends before the year of publication",
        other_years,
    ),
    Hard("planned, threatened or negated events", "an event with realis other or polarity negative", unreal),
    Hard("nested mentions", "a mention inside another", nested),
    Hard("attribution chains", "a STATEMENT whose content is a STATEMENT or CLAIM", attribution_chains),
    Hard(
        "headline and caption that repeat the body",
        "a headline and a caption that each name an incident or a thing that the body names",
        repeated,
    ),
)


def is_near_miss(document: Document) -> bool:
    """Does its record say that it has no conflict event of its own?"""
    return document.meta.get("kind") == "near miss"


def has_recent(document: Document) -> bool:
    """Does an event of the world happen in the days before publication, by its time?"""
    times = {entity.id: period(str(entity.attributes.get("timex", ""))) for entity in document.entities}
    published = period(document.published or "")
    return published is not None and any(
        (days := times.get(argument.entity_id or "")) is not None and 0 <= (published[0] - days[1]).days <= RECENT
        for event in _happened(document)
        for argument in event.arguments
        if argument.role == "time"
    )


def sections(by_split: BySplit, ontology: Ontology) -> dict[str, str]:
    """The generated sections `quotas`, `range` and `hard`."""
    return {"quotas": _quotas(by_split, ontology), "range": _range(by_split), "hard": _hard(by_split)}


def _hard(by_split: BySplit) -> str:
    rows = []
    for name, rule, holds in HARD_THINGS:
        counts = [sum(map(holds, documents)) for documents in by_split.values()]
        rows.append([name, rule, HARD, sum(counts), *counts])
    return markdown(["", "counted is an article with", "needed", "reached", *by_split], rows)


def _quotas(by_split: BySplit, ontology: Ontology) -> str:
    every = [document for documents in by_split.values() for document in documents]
    near = [document for document in every if is_near_miss(document)]
    sizes = [len(re.findall(r"\w+", document.text)) for document in every]
    counts = {split: Counter(item.label for d in some for item in d.items) for split, some in by_split.items()}
    kinds = {"entity": list(ontology.entity_types), "event": list(ontology.event_types)}
    total = sum(counts.values(), Counter[str]())
    rows: list[list[object]] = [
        ["articles", ARTICLES, len(every)],
        ["countries", COUNTRIES, len({document.meta.get("country") for document in every})],
        ["decades of publication", DECADES, len({(document.published or "")[:3] for document in every})],
        [f"near misses (one article in {NEAR_MISS})", math.ceil(len(every) / NEAR_MISS), len(near)],
        [f"articles of {WORDS[0]} to {WORDS[1]} words", len(every), sum(WORDS[0] <= n <= WORDS[1] for n in sizes)],
    ]
    lines = []
    for kind, names in kinds.items():
        few = [f"{name} {total[name]}" for name in names if total[name] < MENTIONS[kind]]
        rows.append([f"{kind} types with {MENTIONS[kind]} mentions", len(names), len(names) - len(few)])
        lines += [f"Fewer than {MENTIONS[kind]} mentions: {', '.join(few)}."] if few else []
    types = [name for names in kinds.values() for name in names]
    lacking = [f"{name} in {split}" for split in by_split for name in types if not counts[split][name]]
    everywhere = sum(all(count[name] for count in counts.values()) for name in types)
    rows.append(["types that every split has", len(types), everywhere])
    lines += [f"Lacking: {', '.join(lacking)}."] if lacking else []
    recent = sorted(document.doc_id for document in near if has_recent(document))
    lines.append(
        'A near miss is an article whose record says `kind = "near miss"`: it has no conflict event of its own. '
        f"Of these, {len(recent)} tell of an actual event that its time puts into the {RECENT} days before publication"
        + (f" ({', '.join(recent)})." if recent else ".")
    )
    return "\n\n".join([markdown(["", "needed", "reached"], rows), *lines])


def _range(by_split: BySplit) -> str:
    columns: tuple[tuple[str, Callable[[Document], str]], ...] = (
        ("style", lambda document: document.meta.get("style", "")),
        ("decade", lambda document: f"{(document.published or '')[:3]}0s"),
    )
    parts = []
    for title, of in columns:
        counts = {split: Counter(map(of, documents)) for split, documents in by_split.items()}
        names = sorted(set().union(*counts.values()))
        rows = [[name, *(n := [counts[split][name] for split in by_split]), sum(n)] for name in names]
        parts.append(markdown([title, *by_split, "all"], rows))
    countries = Counter(d.meta.get("country", "") for documents in by_split.values() for d in documents)
    told = ", ".join(f"{name} {times}" for name, times in sorted(countries.items(), key=lambda c: (-c[1], c[0])))
    return "\n\n".join([*parts, f"Articles by country ({len(countries)}): {told}."])
