"""Incident records as templates, by which they are scored (`ceaf_ree`, `ceaf_rme`; docs/incidents.md)."""

from collections.abc import Iterable, Sequence

import msgspec

from strife.incidents.derive import incidents
from strife.incidents.figures import TEXT, UNNAMED
from strife.incidents.record import Figure, Filler, Incident, Larger, Place
from strife.incidents.things import Things
from strife.model import Document, Template

Fillers = tuple[tuple[str, ...], ...]


def with_templates(document: Document) -> Document:
    """The document with its incident records as templates, in place of those it had."""
    things = Things(document)
    found = tuple(template(record, things) for record in incidents(document))
    return msgspec.structs.replace(document, templates=found)


def template(record: Incident, things: Things) -> Template:
    """A record as a template: a filler is a thing, by all forms of its name and descriptions, pronouns left out."""
    roles: dict[str, Fillers] = {
        "attacker": _named(record.attackers, things),
        "party": _named(record.parties, things),
        "target": _named(record.targets, things),
        "victim": _named(record.victims, things),
        "instrument": _named(record.instruments, things),
        "mover": _named(record.movers, things),
        "origin": _named(record.origins, things),
        "destination": _named(record.destinations, things),
        "loser": _named(record.losers, things),
        "place": _named(record.places, things),
        "place_within": _named([one for place in record.places for one in place.within], things),
        "date": ((f"{record.date.start} to {record.date.end}",),) if record.date.start else (),
        "killed": tuple(_figure(one, things) for one in record.killed),
        "wounded": tuple(_figure(one, things) for one in record.wounded),
        "claimed_by": _named(record.claimed_by, things),
        "denied_by": _named(record.denied_by, things),
        "standing": tuple((value,) for value in (record.realis, record.polarity) if value not in _USUAL),
    }
    return Template(record.type, {role: fillers for role, fillers in roles.items() if fillers})


_USUAL = ("actual", "positive")


def _named(fillers: Iterable[Filler | Place | Larger], things: Things) -> Fillers:
    return tuple(dict.fromkeys(_forms(one.entity_ids, things) for one in fillers))


def _forms(mentions: Sequence[str], things: Things) -> tuple[str, ...]:
    return things.forms(things.of(mentions[0]) or "")


def _figure(one: Figure, things: Things) -> tuple[str, ...]:
    """Source and range, once for each form of the source's name."""
    most = "or more" if one.people_max is None else f"to {one.people_max}"
    sources = (one.source,) if one.source in (TEXT, UNNAMED) and not one.source_ids else _forms(one.source_ids, things)
    return tuple(f"{source}: {one.people_min} {most}" for source in sources)
