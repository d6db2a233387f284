"""Measures of events, their arguments, and relations."""

from collections.abc import Iterator, Sequence

from strife.agreement import events as ev
from strife.agreement.measure import Group, Measure, Read, by_pair, f1_measure
from strife.agreement.pairing import MODES, agreement, items


def event_measures(documents: Sequence[Read], groups: Sequence[Group]) -> Iterator[Measure]:
    """The layers events, arguments (of paired events) and arg_c+ (exact, of all events)."""
    import numpy as np

    events = [event for doc in documents for one in doc.units.values() for event in one.events]
    types = tuple(sorted({event.label for event in events}))
    roles = tuple(sorted({filler.role for event in events for filler in event.arguments}))
    type_number, role_number = ({name: i for i, name in enumerate(some)} for some in (types, roles))
    shape = (len(documents), len(groups))
    whole = np.zeros((*shape, len(ev.WHOLE), len(types), 3))
    arguments = np.zeros((*shape, len(ev.ARGUMENTS), len(roles), 3))
    attached = np.zeros((*shape, len(roles), 3))
    for d, doc in enumerate(documents):
        for g, (i, j) in enumerate(groups[1:], 1):
            if doc.units.keys() >= {i, j}:
                found = ev.compare(doc.units[i].events, doc.units[j].events, type_number, role_number)
                whole[d, g], arguments[d, g], attached[d, g] = found.events, found.arguments, found.attached
    for sums in (whole, arguments, attached):
        sums[:, 0] = sums[:, 1:].sum(1)
    for i, mode in enumerate(ev.ARGUMENTS):
        yield f1_measure("arguments", mode, arguments[:, :, i], roles)
    yield f1_measure("arg_c+", "exact", attached, roles)
    for i, mode in enumerate(ev.WHOLE):
        yield f1_measure("events", mode, whole[:, :, i], types)


def relation_measures(documents: Sequence[Read], groups: Sequence[Group]) -> Iterator[Measure]:
    """The layer relations; a relation agrees when its label, its head and its tail do."""
    arrows = [{who: one.arrows for who, one in doc.units.items()} for doc in documents]
    types = tuple(sorted({arrow.label for doc in arrows for some in doc.values() for arrow in some}))
    number = {label: i for i, label in enumerate(types)}
    sides = [
        {
            who: items(
                [arrow.label for arrow in some], [number[a.label] for a in some], [(a.head, a.tail) for a in some], 2
            )
            for who, some in doc.items()
        }
        for doc in arrows
    ]
    sums = by_pair(sides, groups, lambda a, b: agreement(a, b, len(types)), (len(MODES), len(types), 3))
    for i, mode in enumerate(MODES[:3]):  # characters say nothing about arrows
        yield f1_measure("relations", mode, sums[:, :, i], types)
