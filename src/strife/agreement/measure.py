"""A measure: the sums it is computed from, document by document, and the formula over them.

A measure keeps its sums in an array (documents, groups, ...); group 0 is all annotators, the others are their pairs.
Everything that is told later (over all documents, by type, by pair, by document, with intervals) is a formula over
sums of these rows.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from strife.agreement import coefficients
from strife.agreement.annotators import Shared
from strife.agreement.units import Place, Units, units_of
from strife.ontology import Ontology
from strife.segment import tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Formula = Callable[[Array], Array]

Group = tuple[int, ...]
Side = TypeVar("Side")


class Sums(NamedTuple):
    """Sums in an array (documents, groups, ...) and what they mean.

    `formula` turns sums with the same last axes into values, `size` into how much these rest on: spans, tokens,
    characters, answers.
    """

    array: "Array"
    formula: "Formula"
    size: "Formula"


class Measure(NamedTuple):
    """One measure of one layer: `whole` gives one value, `typed` one for each of `types`.

    With `of_pairs` the value of all annotators is the mean of their pairs' values.
    """

    layer: str
    name: str
    whole: Sums
    types: tuple[str, ...] = ()
    typed: Sums | None = None
    of_pairs: bool = False


class Read(NamedTuple):
    """A shared document with its tokens, and the units of each who submitted it, by the annotator's number."""

    doc_id: str
    text: str
    tokens: Sequence[Place]
    units: dict[int, Units]


def read_units(shared: Sequence[Shared], names: Sequence[str], ontology: Ontology) -> list[Read]:
    """The units of all versions of the shared documents; `names` gives annotators their numbers."""
    number = {name: i for i, name in enumerate(names)}
    return [
        Read(
            doc.doc_id,
            doc.text,
            tokens(doc.text),
            {number[who]: units_of(version, ontology) for who, version in doc.versions.items()},
        )
        for doc in shared
    ]


def groups_of(annotators: int) -> list[tuple[int, ...]]:
    """All annotators, then each pair of them."""
    return [tuple(range(annotators)), *combinations(range(annotators), 2)]


def by_pair(
    sides: Sequence[Mapping[int, Side]],
    groups: Sequence[Group],
    compare: Callable[[Side, Side], "Array"],
    shape: tuple[int, ...],
) -> "Array":
    """Sums (documents, groups, *shape) of a comparison of two annotators; group 0 is the sum of the pairs."""
    import numpy as np

    sums = np.zeros((len(sides), len(groups), *shape))
    for d, of in enumerate(sides):
        for g, group in enumerate(groups[1:], 1):
            if of.keys() >= set(group):
                sums[d, g] = compare(of[group[0]], of[group[1]])
    sums[:, 0] = sums[:, 1:].sum(1)
    return sums


def f1_measure(layer: str, name: str, typed: "Array", types: tuple[str, ...]) -> Measure:
    """A measure of sums (documents, groups, types, [agreed, marked by a, marked by b])."""

    def marked(s: "Array") -> "Array":
        return s[..., 1] + s[..., 2]

    whole = Sums(typed.sum(2), coefficients.f1, marked)
    return Measure(layer, name, whole, types, Sums(typed, coefficients.f1, marked))
