"""Measures of mentions and triggers: F1 of spans, kappa and alpha over tokens, alpha for unitizing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from strife.agreement import coefficients as k
from strife.agreement import unitizing as u
from strife.agreement.measure import Group, Measure, Read, Sums, by_pair, f1_measure
from strife.agreement.pairing import MODES, Items, agreement, items
from strife.agreement.units import Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from strife.agreement.measure import Array, Formula

TRIGGER = "trigger"
SPAN_LAYERS = ("entities", "triggers", "typed_triggers")


def spans_of(units: Units, layer: str) -> list[u.Span]:
    """The spans of a layer; in `triggers` (identified) the type does not count."""
    if layer == "entities":
        return list(units.entities)
    if layer == "typed_triggers":
        return list(units.triggers)
    return sorted({u.Span(span.start, span.end, TRIGGER) for span in units.triggers})


def labels_of(documents: Sequence[Read], layer: str) -> tuple[str, ...]:
    """The labels that anybody used in a layer, sorted."""
    return tuple(sorted({s.label for doc in documents for one in doc.units.values() for s in spans_of(one, layer)}))


def span_measures(layer: str, documents: Sequence[Read], groups: Sequence[Group]) -> Iterator[Measure]:
    """The measures of one of `SPAN_LAYERS`."""
    types = labels_of(documents, layer)
    spans = [{who: spans_of(one, layer) for who, one in doc.units.items()} for doc in documents]
    yield from _f1_measures(layer, spans, groups, types)
    yield from _token_measures(layer, documents, spans, groups, types)
    yield from _unitizing_measures(layer, documents, spans, groups, types)


def _f1_measures(
    layer: str,
    spans: Sequence[Mapping[int, Sequence[u.Span]]],
    groups: Sequence[Group],
    types: tuple[str, ...],
) -> Iterator[Measure]:
    number = {label: i for i, label in enumerate(types)}

    def of(some: Sequence[u.Span]) -> Items:
        kinds = [number[s.label] for s in some]
        return items(kinds, kinds, [s[:2] for s in some])

    sides = [{who: of(some) for who, some in doc.items()} for doc in spans]
    sums = by_pair(sides, groups, lambda a, b: agreement(a, b, len(types)), (len(MODES), len(types), 3))
    for i, mode in enumerate(MODES):
        yield f1_measure(layer, mode, sums[:, :, i], types)


def _token_measures(
    layer: str,
    documents: Sequence[Read],
    spans: Sequence[Mapping[int, Sequence[u.Span]]],
    groups: Sequence[Group],
    types: tuple[str, ...],
) -> Iterator[Measure]:
    """Cohen, Fleiss and alpha over tokens. A token has the label of the longest span that meets it, else none."""
    import numpy as np

    number = {label: i for i, label in enumerate(types, 1)}
    cohen = np.zeros((len(documents), len(groups), len(types) + 1, 3))
    share = np.zeros((len(documents), len(groups), len(types) + 1, 2))
    values = np.zeros_like(share)
    for d, (doc, of) in enumerate(zip(documents, spans, strict=True)):
        places = np.array(doc.tokens, int).reshape(-1, 2)
        labels = {who: _token_labels(some, places, number) for who, some in of.items()}
        given = {who: np.bincount(some, minlength=len(number) + 1) for who, some in labels.items()}
        for g, here in _members(groups, labels):
            m = len(here)
            both = np.zeros(len(number) + 1)
            for i, j in combinations(here, 2):
                both += np.bincount(labels[i][labels[i] == labels[j]], minlength=len(number) + 1)
            total = sum(given[who] for who in here)
            share[d, g] = np.stack([2 * both / (m * (m - 1)), total / m], -1)
            values[d, g] = np.stack([2 * both / (m - 1), total], -1)
            if g:
                cohen[d, g] = np.stack([both, given[here[0]], given[here[1]]], -1)

    for name, sums, formula, by_label in (
        ("cohen", cohen, k.cohen, k.cohen_by_label),
        ("fleiss", share, k.fleiss, k.fleiss_by_label),
        ("alpha", values, k.alpha, k.alpha_by_label),
    ):
        whole = Sums(sums, formula, lambda s: s[..., 1].sum(-1))
        yield Measure(layer, name, whole, types, _labels_only(sums, by_label), of_pairs=name == "cohen")


def _labels_only(sums: "Array", by_label: "Formula") -> Sums:
    """By label, without the tokens that have none; the size is how often the label was given."""
    return Sums(sums, lambda s: by_label(s)[..., 1:], lambda s: s[..., 1:, 1:].sum(-1))


def _token_labels(
    spans: Sequence[u.Span], places: "NDArray[np.int64]", number: Mapping[str, int]
) -> "NDArray[np.int64]":
    import numpy as np

    labels = np.zeros(len(places), np.int64)
    for span in sorted(spans, key=lambda s: (s.start - s.end, s), reverse=True):  # the longest comes last and stays
        first = np.searchsorted(places[:, 1], span.start, side="right")
        last = np.searchsorted(places[:, 0], span.end, side="left")
        labels[first:last] = number[span.label]
    return labels


def _unitizing_measures(
    layer: str,
    documents: Sequence[Read],
    spans: Sequence[Mapping[int, Sequence[u.Span]]],
    groups: Sequence[Group],
    types: tuple[str, ...],
) -> Iterator[Measure]:
    """The alphas of 1995 and 2016; of the latter by type each type's units alone, the rest being gap."""
    import numpy as np

    n, shape = len(types), (len(documents), len(groups))
    edges, single = np.zeros((*shape, n, 3)), np.zeros((*shape, n, 2, 3))
    whole, binary, coded = np.zeros((*shape, n + 1, 3)), np.zeros((*shape, 2, 3)), np.zeros((*shape, n, 3))
    index = {label: i for i, label in enumerate(types)}
    for d, (doc, of) in enumerate(zip(documents, spans, strict=True)):
        length = len(doc.text)
        here = list(_members(groups, of))
        cuts = {who: u.cut(u.flat(some), index) for who, some in of.items()}
        for g, sums in _of_2016(cuts, here, length, n):
            whole[d, g], binary[d, g], coded[d, g] = sums
        for label in {span.label for some in of.values() for span in some}:
            only = {who: [span for span in some if span.label == label] for who, some in of.items()}
            units = {who: u.flat(some) for who, some in only.items()}
            for g, one, differences in _of_label(units, here, length):
                single[d, g, index[label]], edges[d, g, index[label]] = one, differences
    by_type = Sums(edges, u.alpha_u, _last)
    yield Measure(layer, "alpha_u", Sums(edges.sum(2), u.alpha_u, _last), types, by_type)
    yield Measure(layer, "u_alpha", Sums(whole, u.u_alpha, _marked), types, Sums(single, u.u_alpha, _marked))
    if layer != "triggers":  # with one label only, these say nothing new
        yield Measure(layer, "bu_alpha", Sums(binary, u.u_alpha, _marked))
        by_type = Sums(coded, u.ku_alpha, lambda s: s[..., 1])
        yield Measure(layer, "cu_alpha", Sums(coded, u.cu_alpha, lambda s: s[..., 1].sum(-1)), types, by_type)


def _members(groups: Sequence[Group], of: Mapping[int, object]) -> Iterator[tuple[int, Group]]:
    """The groups that can be compared in a document: of all annotators those who submitted it, of a pair both."""
    for g, group in enumerate(groups):
        here = tuple(who for who in group if who in of)
        if len(here) > 1 and (g == 0 or len(here) == len(group)):
            yield g, here


def _of_2016(
    cuts: Mapping[int, u.Cut], groups: Sequence[tuple[int, Group]], length: int, labels: int
) -> Iterator[tuple[int, tuple["Array", "Array", "Array"]]]:
    """By group the sums of uα, |uα and cuα; what two annotators have in common is looked up only once."""
    met = {(i, j): u.crossing(cuts[i], cuts[j], labels) for i, j in combinations(sorted(cuts), 2)}
    for g, here in groups:
        crossings = {(i, j): met[here[i], here[j]] for i, j in combinations(range(len(here)), 2)}
        yield g, u.of_cuts([cuts[who] for who in here], crossings, length, labels)


def _of_label(
    units: Mapping[int, Sequence[u.Span]], groups: Sequence[tuple[int, Group]], length: int
) -> Iterator[tuple[int, tuple[u.Row, u.Row], u.Row]]:
    """By group, of flat units of one label, the sums of uα and those of the alpha of 1995 with the number of units."""
    met, seen = {}, {}
    for i, j in combinations(sorted(units), 2):
        met[i, j] = u.shared_length(units[i], units[j])
        seen[i, j] = u.squared_differences(units[i], units[j])
    for g, here in groups:
        some = [units[who] for who in here]
        shared = {(i, j): met[here[i], here[j]] for i, j in combinations(range(len(here)), 2)}
        differences = sum(seen[pair] for pair in combinations(here, 2))
        marked = sum(map(len, some))
        yield g, u.of_one_label(some, shared, length), (differences, u.expected_differences(some, length), marked)


def _marked(s: "Array") -> "Array":
    """How many characters lie in units: all but the first label, which is the gap."""
    length: Array = s[..., 1:, 1].sum(-1)
    return length


def _last(s: "Array") -> "Array":
    return s[..., -1]
