"""When two annotators agree on an event.

Two events may be paired when they have the same type and their triggers share a character. How well two events agree
is the F1 of their parts, the typed trigger and each argument being one part:

    parts(a, b) = 2 (1 + agreed arguments) / ((1 + arguments of a) + (1 + arguments of b))

Arguments agree when they have the same role and their fillers share a character, each with at most one of the other.
Events are paired one to one so that the sum of `parts` is largest; nothing depends on any order. It is the mapping of
templates by slots of MUC-4 (Chinchor 1992), with events that have a place in the text.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strife.agreement.pairing import IOU, Items, agreement, chosen, items, largest, meeting
from strife.agreement.units import EventUnit, Filler, Place, event_units
from strife.model import Document, Event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WHOLE = ("exact", "overlap", "iou", "parts")
ARGUMENTS = ("exact", "overlap", "iou", "character", "chain")
Agree = Callable[[Place, Place], bool]


def same(a: Place, b: Place) -> bool:
    """Is it the same span?"""
    return a == b


def meet(a: Place, b: Place) -> bool:
    """Do two spans share a character?"""
    return a[0] < b[1] and b[0] < a[1]


def close(a: Place, b: Place) -> bool:
    """Is the IoU of two spans at least `IOU`?"""
    return min(a[1], b[1]) - max(a[0], b[0]) >= IOU * (max(a[1], b[1]) - min(a[0], b[0]))


def in_chain(a: Filler, b: Filler) -> bool:
    """Does a filler share a character with any mention of the other's chain, as either annotator drew it?"""
    return any(meet(a.place, place) for place in b.chain) or any(meet(b.place, place) for place in a.chain)


def agreed(a: Sequence[Filler], b: Sequence[Filler], agree: Agree = meet) -> int:
    """How many arguments of two events agree: the same role, and fillers that agree, one to one."""
    import numpy as np

    if not a or not b:
        return 0
    possible = [[x.role == y.role and agree(x.place, y.place) for y in b] for x in a]
    return len(largest(np.array(possible, bool)))


def parts(a: EventUnit, b: EventUnit) -> float:
    """The share of the parts of two events that agree."""
    return 2 * (1 + agreed(a.arguments, b.arguments)) / (2 + len(a.arguments) + len(b.arguments))


def pair_events(a: Document, b: Document) -> list[tuple[Event, Event]]:
    """The events of two annotators' versions of a document that are paired, in the order of the triggers of `a`.

    Of events that say the same (type, trigger, arguments) the first stands for all.
    """
    of_a, of_b = event_units(a), event_units(b)
    events_a, events_b = list(of_a.values()), list(of_b.values())
    return [(events_a[i], events_b[j]) for i, j in pairs_of(list(of_a), list(of_b))]


def pairs_of(a: Sequence[EventUnit], b: Sequence[EventUnit]) -> list[tuple[int, int]]:
    """Indexes of the events that are paired, by the index in `a`."""
    return chosen(meeting(_triggers(a), _triggers(b)).overlap, lambda rest: _weights(a, b, rest))


def _triggers(events: Sequence[EventUnit]) -> Items:
    return items([e.label for e in events], [0] * len(events), [(e.start, e.end) for e in events])


def _weights(a: Sequence[EventUnit], b: Sequence[EventUnit], possible: "NDArray[np.bool_]") -> "NDArray[np.float64]":
    """What pairs are worth where events compete: several of one type with triggers that meet.

    Between pairings with an equal sum of parts the one with more exact agreement is taken, so that figures which ask
    for more than overlap do not hang on the order either. The weights are whole numbers, added without rounding.
    """
    import numpy as np

    weights = np.zeros(possible.shape)
    for i, j in zip(*possible.nonzero(), strict=True):
        x, y = a[i], b[j]
        exact, near = (agreed(x.arguments, y.arguments, how) + how(x.span[:2], y.span[:2]) for how in (same, close))
        whole = sum(_whole(x, y))
        weights[i, j] = round(parts(x, y) * 1e5) * 1e8 + whole * 1e6 + exact * 1e3 + near
    return weights


def _whole(a: EventUnit, b: EventUnit) -> tuple[bool, bool, bool]:
    """Do two events of one type agree wholly: exactly, by overlap, by IoU?"""
    if a.arguments == b.arguments and a.span == b.span:
        return True, True, True
    n = len(a.arguments)
    equal = n == len(b.arguments)
    exact, overlap, near = (
        equal and how(a.span[:2], b.span[:2]) and agreed(a.arguments, b.arguments, how) == n
        for how in (same, meet, close)
    )
    return exact, overlap, near


class Compared(NamedTuple):
    """Two annotators' events of one document.

    `events` has shape (len(WHOLE), event types, [agreed, events of a, events of b]); `arguments`, of the paired events
    only, (len(ARGUMENTS), roles, [agreed, arguments of a, of b]); `attached`, of all events, (roles, 3): what Arg-C+
    counts, exact trigger, type, filler and role.
    """

    pairs: list[tuple[int, int]]
    events: "NDArray[np.float64]"
    arguments: "NDArray[np.float64]"
    attached: "NDArray[np.float64]"


def compare(a: Sequence[EventUnit], b: Sequence[EventUnit], types: dict[str, int], roles: dict[str, int]) -> Compared:
    """Compare the events of two annotators; `types` and `roles` give the places on the axes."""
    import numpy as np

    pairs = pairs_of(a, b)
    events = np.zeros((len(WHOLE), len(types), 3))
    for side, column in ((a, 1), (b, 2)):
        for event in side:
            events[:, types[event.label], column] += 1
    for i, j in pairs:
        kind = types[a[i].label]
        events[:3, kind, 0] += _whole(a[i], b[j])
        events[3, kind, 0] += parts(a[i], b[j])
    return Compared(pairs, events, _arguments(a, b, pairs, roles), _attached(a, b, roles))


def _arguments(
    a: Sequence[EventUnit], b: Sequence[EventUnit], pairs: Sequence[tuple[int, int]], roles: dict[str, int]
) -> "NDArray[np.float64]":
    """Arguments of paired events; two can agree only within one pair and role."""
    of_a = [(number, filler) for number, (i, _) in enumerate(pairs) for filler in a[i].arguments]
    of_b = [(number, filler) for number, (_, j) in enumerate(pairs) for filler in b[j].arguments]
    one, other = (
        items([(n, f.role) for n, f in side], [roles[f.role] for _, f in side], [f.place for _, f in side])
        for side in (of_a, of_b)
    )
    return agreement(one, other, len(roles), lambda i, j: in_chain(of_a[i][1], of_b[j][1]))


def _attached(a: Sequence[EventUnit], b: Sequence[EventUnit], roles: dict[str, int]) -> "NDArray[np.float64]":
    import numpy as np

    counts = np.zeros((len(roles), 3))
    keys = [{(e.span, f.role, f.place) for e, f in _all(side)} for side in (a, b)]
    for column, some in enumerate((keys[0] & keys[1], *keys)):
        for _, role, _ in some:
            counts[roles[role], column] += 1
    return counts


def _all(events: Sequence[EventUnit]) -> list[tuple[EventUnit, Filler]]:
    return [(event, filler) for event in events for filler in event.arguments]
