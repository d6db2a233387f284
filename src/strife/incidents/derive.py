"""From an annotated document to its incident records; any will do, also a prediction with arrows to nowhere."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import filterfalse

from strife.chains import ATTACK_FAMILY
from strife.incidents.dates import Period, period
from strife.incidents.figures import Voices, figures, is_denial
from strife.incidents.record import Filler, Incident, Larger, Place, When
from strife.incidents.things import Things
from strife.model import Document, Event

# The type of an incident is the first of these that a trigger of it has; other types come after them.
RANK = (
    *ATTACK_FAMILY,
    *("OPERATION", "DETENTION", "RELEASE", "TERRITORY", "AGREEMENT", "MOVEMENT", "DEATH", "INJURY", "DAMAGE"),
)
HOSTILE = frozenset((*ATTACK_FAMILY, "OPERATION", "DEATH", "INJURY", "DAMAGE"))  # their agent attacks
STANDINGS = (
    ("actual", "positive"),
    ("other", "positive"),
    ("actual", "negative"),
    ("other", "negative"),
    ("generic", "positive"),
    ("generic", "negative"),
)
CERTAINTY = ("asserted", "alleged", "disputed")


def incidents(document: Document) -> tuple[Incident, ...]:
    """The incident records of a document, by number. Triggers of incident 0 (several, or a pattern) are in none."""
    groups: dict[int, list[Event]] = defaultdict(list)
    for event in sorted(document.events, key=lambda e: (e.trigger.start, e.trigger.end, e.id)):
        number = event.attributes.get("incident")
        if isinstance(number, int | float) and 0 < number < 2**31 and number == int(number):
            groups[int(number)].append(event)
    things = Things(document)
    voices = Voices(document.events, things)
    return tuple(_incident(document, number, groups[number], things, voices) for number in sorted(groups))


def _incident(document: Document, number: int, events: list[Event], things: Things, voices: Voices) -> Incident:
    realis, polarity, telling = _standing(events)
    claimed, denied = _responsibility(document, {event.id for event in events}, things)

    def filled(role: str) -> tuple[Filler, ...]:
        return _fillers(telling, role, things)

    return Incident(
        doc_id=document.doc_id,
        incident=number,
        type=min((event.type for event in telling), key=_rank),
        types=tuple(dict.fromkeys(event.type for event in events)),
        realis=realis,
        polarity=polarity,
        certainty=_certainty(telling),
        date=_date(telling, things),
        places=_places(telling, things),
        attackers=_fillers(filter(_hostile, telling), "agent", things),
        parties=_fillers(filterfalse(_hostile, telling), "agent", things),
        targets=filled("target"),
        victims=filled("victim"),
        instruments=filled("instrument"),
        movers=filled("mover"),
        origins=filled("origin"),
        destinations=filled("destination"),
        losers=filled("loser"),
        killed=figures([event for event in events if event.type == "DEATH"], voices, things),
        wounded=figures([event for event in events if event.type == "INJURY"], voices, things),
        claimed_by=_fillers(claimed, "speaker", things),
        denied_by=_fillers(denied, "speaker", things),
        event_ids=tuple(event.id for event in events),
    )


def _hostile(event: Event) -> bool:
    """Is its agent an attacker? Of a DETENTION only if it is no arrest."""
    taken = event.type == "DETENTION" and event.attributes.get("custody", "arrest") != "arrest"
    return taken or event.type in HOSTILE


def _rank(type: str) -> int:
    return RANK.index(type) if type in RANK else len(RANK)


def _standing(events: Sequence[Event]) -> tuple[str, str, list[Event]]:
    """Whether an incident happened, by the first of STANDINGS that a trigger has, and the triggers that have it."""
    for realis, polarity in STANDINGS:
        found = [
            event
            for event in events
            if event.attributes.get("realis", "actual") == realis
            and event.attributes.get("polarity", "positive") == polarity
        ]
        if found:
            return realis, polarity, found
    return *STANDINGS[0], list(events)  # values that the ontology does not have


def _certainty(events: Iterable[Event]) -> str:
    """Disputed if any trigger is, else asserted if any is, else alleged."""
    said = {str(event.attributes.get("certainty", "asserted")) for event in events}
    return "disputed" if "disputed" in said else min(said, key=_certain)


def _certain(value: str) -> int:
    return CERTAINTY.index(value) if value in CERTAINTY else len(CERTAINTY)


def _fillers(events: Iterable[Event], role: str, things: Things) -> tuple[Filler, ...]:
    """What fills a role, each thing once, in the order of the text."""
    found: dict[str, list[tuple[str, Event]]] = {}
    for event in events:
        for argument in sorted(event.arguments, key=lambda a: things.place(a.entity_id)):
            thing = things.of(argument.entity_id) if argument.role == role else None
            if thing is not None:
                found.setdefault(thing, []).append((argument.entity_id or "", event))
    return tuple(
        Filler(
            name=things.forms(thing)[0],
            label=things.label(thing),
            entity_ids=tuple(dict.fromkeys(id for id, _ in uses)),
            event_ids=tuple(dict.fromkeys(event.id for _, event in uses)),
            certainty=min((str(e.attributes.get("certainty", "asserted")) for _, e in uses), key=_certain),
        )
        for thing, uses in found.items()
    )


def _responsibility(document: Document, ours: set[str], things: Things) -> tuple[list[Event], list[Event]]:
    """The CLAIM events about an incident that accept and that deny responsibility, in text order."""
    about = [
        event
        for event in sorted(document.events, key=lambda e: (e.trigger.start, e.trigger.end, e.id))
        if event.type == "CLAIM"
        and event.attributes.get("realis", "actual") == "actual"
        and any(argument.role == "content" and argument.event_id in ours for argument in event.arguments)
    ]
    positive = [event for event in about if event.attributes.get("polarity", "positive") == "positive"]
    return (
        [event for event in positive if not is_denial(event)],
        [event for event in positive if event.attributes.get("stance") == "denies"],
    )


def _places(events: Sequence[Event], things: Things) -> tuple[Place, ...]:
    """The smallest places: fillers of `place` that no other filler lies in. Without any, where the targets lie."""
    found = {things.of(one.entity_ids[0]) or "": one for one in _fillers(events, "place", things)}
    if not found:
        for target in _fillers(events, "target", things):
            for outer in things.within(things.of(target.entity_ids[0]) or "")[:1]:
                mentions = tuple(entity.id for entity in things.members[outer])
                found.setdefault(outer, Filler("", "", mentions, target.event_ids))
    around = {outer for thing in found for outer in things.within(thing) if thing not in things.within(outer)}
    return tuple(
        Place(
            name=things.forms(thing)[0],
            label=things.label(thing),
            entity_ids=one.entity_ids,
            event_ids=one.event_ids,
            within=tuple(_larger(outer, things) for outer in things.within(thing)),
        )
        for thing, one in found.items()
        if thing not in around
    )


def _larger(thing: str, things: Things) -> Larger:
    return Larger(things.forms(thing)[0], things.label(thing), tuple(entity.id for entity in things.members[thing]))


def _date(events: Sequence[Event], things: Things) -> When:
    """The most exact time of one trigger, of equally exact ones that of the foremost type and then the first; the two
    times of one trigger are a span from the first day to the last."""
    found: list[tuple[int, int, int, When]] = []
    for number, event in enumerate(events):
        times: list[tuple[Period, str, str]] = []
        for argument in event.arguments:
            entity = things.mentions.get(argument.entity_id or "")
            if argument.role == "time" and entity is not None:
                timex = str(entity.attributes.get("timex", ""))
                if (days := period(timex)) is not None:
                    times.append((days, timex, entity.id))
        if times:
            times.sort()
            start, end = min(days[0] for days, _, _ in times), max(days[1] for days, _, _ in times)
            when = When(
                timex="/".join(timex for _, timex, _ in times),
                start=start.isoformat(),
                end=end.isoformat(),
                entity_ids=tuple(id for _, _, id in times),
                event_ids=(event.id,),
            )
            found.append(((end - start).days, _rank(event.type), number, when))
    return min(found, key=lambda one: one[:3])[3] if found else When()
