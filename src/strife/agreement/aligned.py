"""Where two annotators differ: marks put beside each other, whatever their labels.

Two spans may be put together when their IoU is at least one half, or when they have the same label and share a
character. Together go those that make the sum of IoUs largest, equal labels first.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from strife.agreement.events import in_chain, pairs_of
from strife.agreement.pairing import chosen, items, meeting
from strife.agreement.unitizing import Span
from strife.agreement.units import INCIDENT, Arrow, EventUnit, Filler, Place, Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["agreed", "type", "bounds", "one only", "role", "filler", "direction", "value"]


class Difference(NamedTuple):
    """What two annotators say at one place: a label (None: nothing) and a span each; equal ones are agreed on.

    At least one of the two is given. `about` is the type of event whose roles the labels are, and `triggers` where the
    two put its trigger; or the attribute whose values the labels are. `ends` are head and tail of a relation.
    """

    kind: Kind
    a: Span | None
    b: Span | None
    about: str = ""
    triggers: tuple[Place, ...] = ()
    ends: tuple[Place, ...] = ()

    @property
    def labels(self) -> tuple[str | None, str | None]:
        """What each of the two calls it."""
        return self.a and self.a.label, self.b and self.b.label

    @property
    def place(self) -> tuple[int, int]:
        """Where it is: the span that covers both."""
        spans = [span for span in (self.a, self.b) if span is not None]
        return min(s.start for s in spans), max(s.end for s in spans)


def of_spans(a: Sequence[Span], b: Sequence[Span]) -> list[Difference]:
    """Every span of both, alone or with the one it belongs to, in text order."""
    paired = _together(a, b)
    found = [Difference(_kind(a[i], b[j]), a[i], b[j]) for i, j in paired]
    rows, columns = {i for i, _ in paired}, {j for _, j in paired}
    found += [Difference("one only", span, None) for i, span in enumerate(a) if i not in rows]
    found += [Difference("one only", None, span) for j, span in enumerate(b) if j not in columns]
    return sorted(found, key=lambda d: (d.place, d.kind, str(d.labels)))


def _kind(a: Span, b: Span) -> Kind:
    return "agreed" if a == b else "bounds" if a.label == b.label else "type"


def _together(a: Sequence[Span], b: Sequence[Span]) -> list[tuple[int, int]]:
    import numpy as np

    if not a or not b:
        return []
    place_a, place_b = ([(s.start, s.end) for s in side] for side in (a, b))
    met = meeting(items([0] * len(a), [0] * len(a), place_a), items([0] * len(b), [0] * len(b), place_b))
    same = np.array([[x.label == y.label for y in b] for x in a], bool)
    return chosen(met.iou | (met.overlap & same), lambda rest: _weights(a, b, rest, same))


def _weights(
    a: Sequence[Span], b: Sequence[Span], possible: "NDArray[np.bool_]", same: "NDArray[np.bool_]"
) -> "NDArray[np.float64]":
    """IoU first, then equal labels, then labels early in the alphabet; whole numbers, so nothing is rounded."""
    import numpy as np

    rank = {label: r for r, label in enumerate(sorted({s.label for s in (*a, *b)}, reverse=True))}
    weights = np.zeros(possible.shape)
    for i, j in zip(*possible.nonzero(), strict=True):
        x, y = a[i], b[j]
        iou = (min(x.end, y.end) - max(x.start, y.start)) / (max(x.end, y.end) - min(x.start, y.start))
        weights[i, j] = round(iou * 1e5) * 1e8 + same[i, j] * 1e5 + rank[x.label] + rank[y.label]
    return weights


def of_arguments(a: Sequence[EventUnit], b: Sequence[EventUnit]) -> Iterator[Difference]:
    """The arguments of paired events: agreed, in another role, with another filler, or given by one only."""
    for i, j in pairs_of(a, b):
        left, right = list(a[i].arguments), list(b[j].arguments)
        event = a[i].label, (a[i].span[:2], b[j].span[:2])
        for kind, fits in _ARGUMENT_STEPS:
            for x in list(left):
                y = next((y for y in right if fits(x, y)), None)
                if y is not None:
                    left.remove(x)
                    right.remove(y)
                    yield Difference(kind, _span(x), _span(y), *event)
        yield from (Difference("one only", _span(x), None, *event) for x in left)
        yield from (Difference("one only", None, _span(y), *event) for y in right)


def _same_role(x: Filler, y: Filler) -> bool:
    return x.role == y.role


# In this order, so that what agrees is not used up by what nearly does.
_ARGUMENT_STEPS: tuple[tuple[Kind, Callable[[Filler, Filler], bool]], ...] = (
    ("agreed", lambda x, y: _same_role(x, y) and x.place == y.place),
    ("role", lambda x, y: x.place == y.place),
    ("bounds", lambda x, y: _same_role(x, y) and x.start < y.end and y.start < x.end),
    ("filler", lambda x, y: _same_role(x, y) and in_chain(x, y)),
    ("filler", _same_role),
)


def _span(filler: Filler) -> Span:
    return Span(filler.start, filler.end, filler.role)


def of_arrows(a: Sequence[Arrow], b: Sequence[Arrow]) -> Iterator[Difference]:
    """Relations: agreed, with another label between the same two, or drawn by one only. The span covers both ends."""
    left, right = list(a), list(b)
    steps: tuple[tuple[Kind, Callable[[Arrow, Arrow], bool]], ...] = (
        ("agreed", lambda x, y: x == y),
        ("direction", lambda x, y: (x.label, x.head, x.tail) == (y.label, y.tail, y.head)),
        ("type", lambda x, y: {x.head, x.tail} == {y.head, y.tail}),
    )
    for kind, fits in steps:
        for x in list(left):
            y = next((y for y in right if fits(x, y)), None)
            if y is not None:
                left.remove(x)
                right.remove(y)
                yield Difference(kind, _reach(x), _reach(y), ends=(x.head, x.tail))
    yield from (Difference("one only", _reach(x), None, ends=(x.head, x.tail)) for x in left)
    yield from (Difference("one only", None, _reach(y), ends=(y.head, y.tail)) for y in right)


def _reach(arrow: Arrow) -> Span:
    return Span(min(arrow.head[0], arrow.tail[0]), max(arrow.head[1], arrow.tail[1]), arrow.label)


def of_attributes(a: Units, b: Units) -> Iterator[Difference]:
    """The values of the items on which both agree; the numbers of incidents are left out, since they are only names."""
    for key in sorted(a.attributes.keys() & b.attributes.keys()):
        item = key[1]
        for name, value in sorted(a.attributes[key].items()):
            if name != INCIDENT and name in b.attributes[key]:
                other = b.attributes[key][name]
                kind: Kind = "agreed" if value == other else "value"
                yield Difference(kind, item._replace(label=value), item._replace(label=other), name)
