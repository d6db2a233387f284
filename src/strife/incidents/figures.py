"""Casualty figures by source: whose words a figure stands in, and what comes of several figures of one source."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from strife.incidents.record import Figure
from strife.incidents.things import Things
from strife.model import Event

TEXT, UNNAMED = "text", "unnamed"  # the text itself; somebody who is not named
_WORDS = ("STATEMENT", "CLAIM")
_PARTS = ("civilian", "armed")  # victim_status of a part of the people; else all of them are meant

Range = tuple[int, int | None]


class Voice(NamedTuple):
    """Who says something: a thing (or TEXT, UNNAMED), its mentions, and the STATEMENT or CLAIM it says it in."""

    who: str
    mentions: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


def is_denial(event: Event) -> bool:
    """Do these words say that it is not so?"""
    said = event.attributes.get
    return "deny" in (said("act"),) or said("stance") == "denies" or said("polarity") == "negative"


class Voices:
    """Who says what, by the innermost STATEMENT or CLAIM that has an event as its content."""

    def __init__(self, events: Iterable[Event], things: Things) -> None:
        self._things = things
        self.holders: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            if event.type in _WORDS:
                for argument in event.arguments:
                    if argument.role == "content" and argument.event_id and argument.event_id != event.id:
                        self.holders[argument.event_id].append(event)

    def of(self, event: Event) -> Iterator[Voice]:
        """The voices that say an event: none if it is only denied, the text itself if nobody is reported to say it."""
        holders = self.holders.get(event.id, [])
        if not holders:
            yield Voice(TEXT)
        for holder in holders:
            if is_denial(holder) or holder.attributes.get("realis", "actual") != "actual":
                continue
            speakers: dict[str, list[str]] = defaultdict(list)
            for argument in holder.arguments:
                if argument.role == "speaker" and (thing := self._things.of(argument.entity_id)):
                    speakers[thing].append(argument.entity_id or "")
            for thing, mentions in speakers.items():
                yield Voice(thing, tuple(mentions), (holder.id,))
            if not speakers:
                yield Voice(UNNAMED, (), (holder.id,))


def figures(events: Sequence[Event], voices: Voices, things: Things) -> tuple[Figure, ...]:
    """What each source says in these DEATH or INJURY events of one incident, in the order of the text."""
    by_source: dict[str, list[tuple[Event, Voice]]] = {}
    for event in events:
        if counted(event):
            for voice in voices.of(event):
                by_source.setdefault(voice.who, []).append((event, voice))
    found = []
    for who, said in by_source.items():
        least, most = _total([event for event, _ in said], things)
        found.append(
            Figure(
                source=who if who in (TEXT, UNNAMED) else things.forms(who)[0],
                source_ids=_ids(id for _, voice in said for id in voice.mentions),
                statement_ids=_ids(id for _, voice in said for id in voice.statements),
                people_min=least,
                people_max=most,
                event_ids=_ids(event.id for event, _ in said),
            )
        )
    return tuple(found)


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def counted(event: Event) -> bool:
    """Is it a figure of people who really died or were hurt, and no part of another one? "Nobody" is 0."""
    said = event.attributes.get
    bounds = range_of(event)
    if bounds is None or said("extent") == "part" or said("realis", "actual") != "actual":
        return False
    return said("polarity", "positive") == "positive" or bounds == (0, 0)


def range_of(event: Event) -> Range | None:
    """people_min and people_max; None without a figure. Only an upper bound means from 0; bounds the wrong way turn."""
    least, most = (_whole(event.attributes.get(name)) for name in ("people_min", "people_max"))
    if least is None and most is None:
        return None
    if least is not None and most is not None and least > most:
        return most, least
    return least or 0, most


def _whole(value: object) -> int | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if number and 0 <= value < 2**31 else None  # type: ignore[call-overload, operator]


def _total(said: Sequence[Event], things: Things) -> Range:
    """What one source says in all.

    Figures of all the people (no victims, or of unknown or mixed status): from the least lower to the greatest upper
    bound. If there are none: the figures of civilians and of the armed, first hulled in the same way over those whose
    victims are of one chain, then added.
    """
    whole = [event for event in said if not _people(event, things)]
    if whole:
        return _hull(whole)
    groups: list[tuple[set[str], list[Event]]] = []
    for event in said:
        people = set(_people(event, things))
        same = [group for group in groups if group[0] & people]
        groups = [group for group in groups if not group[0] & people]
        groups.append((people.union(*(g[0] for g in same)), [*(e for g in same for e in g[1]), event]))
    ranges = [_hull(some) for _, some in groups]
    return sum(least for least, _ in ranges), _sum(most for _, most in ranges)


def _people(event: Event, things: Things) -> list[str]:
    """The victims of a figure that is of a part of the people."""
    if event.attributes.get("victim_status") not in _PARTS:
        return []
    return [thing for a in event.arguments if a.role == "victim" and (thing := things.of(a.entity_id))]


def _hull(events: Iterable[Event]) -> Range:
    ranges = [bounds for event in events if (bounds := range_of(event)) is not None]
    tops = [most for _, most in ranges]
    return min(least for least, _ in ranges), None if None in tops else max(most for most in tops if most is not None)


def _sum(tops: Iterable[int | None]) -> int | None:
    values = list(tops)
    return None if None in values else sum(value for value in values if value is not None)
