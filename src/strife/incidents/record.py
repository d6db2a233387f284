"""The incident record: one incident of one document, each field with the ids of what says so."""

import msgspec


class _Value(msgspec.Struct, frozen=True):
    """A frozen value; every field is written, so that a row always has the same columns."""


class Filler(_Value, frozen=True):
    """One thing that fills a field: its best name, the mentions that fill it, and the events that they fill it in."""

    name: str
    label: str
    entity_ids: tuple[str, ...]
    event_ids: tuple[str, ...]
    certainty: str | None = None  # the surest of those events


class Larger(_Value, frozen=True):
    """A place that another lies in."""

    name: str
    label: str
    entity_ids: tuple[str, ...]


class Place(_Value, frozen=True):
    """Where it happened: the smallest place told, and those that it lies in, from small to large."""

    name: str
    label: str
    entity_ids: tuple[str, ...]
    event_ids: tuple[str, ...]
    within: tuple[Larger, ...] = ()


class Figure(_Value, frozen=True):
    """How many people, by one source. No `people_max`: at least so many.

    `source_ids` are the mentions of the source, `statement_ids` what it says it in; both are empty for the text itself.
    """

    source: str
    source_ids: tuple[str, ...]
    statement_ids: tuple[str, ...]
    people_min: int
    people_max: int | None
    event_ids: tuple[str, ...]


class When(_Value, frozen=True):
    """The date: the most exact time told, its first and last day (ISO 8601), and the mentions and events it is from."""

    timex: str | None = None
    start: str | None = None
    end: str | None = None
    entity_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()


class Incident(_Value, frozen=True):
    """What a document says of one incident."""

    doc_id: str
    incident: int
    type: str
    types: tuple[str, ...]
    realis: str
    polarity: str
    certainty: str
    date: When
    places: tuple[Place, ...]
    attackers: tuple[Filler, ...]
    parties: tuple[Filler, ...]
    targets: tuple[Filler, ...]
    victims: tuple[Filler, ...]
    instruments: tuple[Filler, ...]
    movers: tuple[Filler, ...]
    origins: tuple[Filler, ...]
    destinations: tuple[Filler, ...]
    losers: tuple[Filler, ...]
    killed: tuple[Figure, ...]
    wounded: tuple[Figure, ...]
    claimed_by: tuple[Filler, ...]
    denied_by: tuple[Filler, ...]
    event_ids: tuple[str, ...]
