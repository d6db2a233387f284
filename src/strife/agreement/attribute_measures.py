"""Agreement on attributes, of the items on which annotators agree: the same span with the same label.

The number of an incident only says which events belong together, so it is compared as that: for every two events, do
they belong to one incident or not? These answers are many, and stay out of the values over all attributes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from strife.agreement.coefficients import quotient
from strife.agreement.measure import Group, Measure, Read, Sums
from strife.agreement.unitizing import Span
from strife.agreement.units import INCIDENT, NO_VALUE, Units
from strife.ontology import Ontology

if TYPE_CHECKING:
    from strife.agreement.measure import Array

ONE, TWO = "one incident", "two incidents"


class Answers(NamedTuple):
    """What annotators said of one attribute of one thing, by the annotator's number."""

    attribute: str
    values: Mapping[int, str]


def answers(units: Mapping[int, Units]) -> Iterator[Answers]:
    """The answers of a document that at least two annotators gave."""
    given: dict[tuple[str, str, Span], dict[int, str]] = defaultdict(dict)
    together: dict[tuple[Span, Span], dict[int, str]] = defaultdict(dict)
    for who, one in units.items():
        numbers: list[tuple[Span, str]] = []
        for (kind, item), values in sorted(one.attributes.items()):
            for name, value in values.items():
                if name == INCIDENT:
                    numbers.append((item, value))
                else:
                    given[name, kind, item][who] = value
        for (item, a), (other, b) in combinations(numbers, 2):
            together[item, other][who] = ONE if a == b and a not in ("0", NO_VALUE) else TWO
    for (name, _, _), of in sorted(given.items()):
        if len(of) > 1:
            yield Answers(name, of)
    for _, of in sorted(together.items()):
        if len(of) > 1:
            yield Answers(INCIDENT, of)


def attribute_measures(documents: Sequence[Read], groups: Sequence[Group], ontology: Ontology) -> Iterator[Measure]:
    """Observed agreement of all attributes, and alpha of those whose values are a closed set."""
    import numpy as np

    by_document = [list(answers(doc.units)) for doc in documents]
    types = tuple(sorted({answer.attribute for some in by_document for answer in some}))
    number = {name: i for i, name in enumerate(types)}
    sums = np.zeros((len(documents), len(groups), len(types), 2))
    for d, some in enumerate(by_document):
        for g, group in enumerate(groups):
            for attribute, values in some:
                pairs = list(combinations([values[who] for who in group if who in values], 2))
                if g == 0 or len(pairs) == 1:
                    sums[d, g, number[attribute]] += sum(a == b for a, b in pairs), len(pairs)
    counted = [i for i, name in enumerate(types) if name != INCIDENT]
    whole = Sums(sums[:, :, counted].sum(2), _share, _pairs)
    yield Measure("attributes", "observed", whole, types, Sums(sums, _share, _pairs))
    yield _alpha(by_document, groups, ontology)


def _share(sums: "Array") -> "Array":
    return quotient(sums[..., 0], sums[..., 1])


def _pairs(sums: "Array") -> "Array":
    return sums[..., 1]


def _alpha(by_document: Sequence[Sequence[Answers]], groups: Sequence[Group], ontology: Ontology) -> Measure:
    """Nominal alpha; over several attributes 1 - sum of Do / sum of De, each counted by its values."""
    import numpy as np

    closed = {name for name, kind in ontology.attributes.items() if kind.control == "choices"} | {INCIDENT}
    kept = [[a for a in some if a.attribute in closed] for some in by_document]
    values = sorted({(a.attribute, value) for some in kept for a in some for value in a.values.values()})
    number = {value: i for i, value in enumerate(values)}
    types = tuple(dict.fromkeys(attribute for attribute, _ in values))
    member = np.zeros((len(values), len(types)))
    for i, (attribute, _) in enumerate(values):
        member[i, types.index(attribute)] = 1
    sums = _coincidences(kept, groups, number)

    def disagreement(s: "Array") -> "tuple[Array, Array]":
        same, n, squares = s[..., 0] @ member, s[..., 1] @ member, (s[..., 1] ** 2) @ member
        expected = np.divide(n * n - squares, n - 1, out=np.zeros_like(n), where=n > 1)
        return n - same, expected

    counted = [i for i, name in enumerate(types) if name != INCIDENT]

    def whole(s: "Array") -> "Array":
        seen, expected = disagreement(s)
        return 1 - quotient(seen[..., counted].sum(-1), expected[..., counted].sum(-1))

    def typed(s: "Array") -> "Array":
        return 1 - quotient(*disagreement(s))

    def size(s: "Array") -> "Array":
        given: Array = s[..., 1] @ member
        return given

    return Measure(
        "attributes",
        "alpha",
        Sums(sums, whole, lambda s: size(s)[..., counted].sum(-1)),
        types,
        Sums(sums, typed, size),
    )


def _coincidences(
    by_document: Sequence[Sequence[Answers]], groups: Sequence[Group], number: Mapping[tuple[str, str], int]
) -> "Array":
    """By attribute and value what `coefficients.alpha` needs; `number` gives the places on the axis of values."""
    import numpy as np

    sums = np.zeros((len(by_document), len(groups), len(number), 2))
    for d, some in enumerate(by_document):
        for g, group in enumerate(groups):
            found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
            for attribute, of in some:
                given = [of[who] for who in group if who in of]
                if (m := len(given)) < 2:
                    continue
                for value in set(given):
                    k = given.count(value)
                    both = found[attribute, value]
                    both[0] += k * (k - 1) / (m - 1)
                    both[1] += k
            for key, both in found.items():
                sums[d, g, number[key]] = both
    return sums
