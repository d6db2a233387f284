"""Gamma: agreement on where units are and what they are at once (Mathet, Widlöcher and Métivier, The unified and
holistic method gamma for inter-annotator agreement measure and alignment, Computational Linguistics 41, 2015).

Computed by pygamma-agreement, which comes with the extra `gamma`; nothing else here imports it. Two units differ by
((|Δstart| + |Δend|) / (length + length))² for their places (equation 3) and by 1 for other types; a unit that stands
alone costs 1. Units of all annotators are aligned so that the disorder, the mean cost, is lowest; gamma is 1 - observed
/ expected disorder, the latter from random texts like the one at hand.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from strife.agreement.coefficients import quotient
from strife.agreement.measure import Measure, Read, Sums
from strife.agreement.span_measures import spans_of
from strife.agreement.unitizing import Span

if TYPE_CHECKING:
    from strife.agreement.measure import Array

GAMMA_LAYERS = ("entities", "typed_triggers")
RANDOM_TEXTS = 30  # the number that Mathet et al. start with


class Disorder(NamedTuple):
    """The disorder of the best alignment of units, and the mean one of random texts."""

    observed: float
    expected: float


def disorder(units: Mapping[str, Sequence[Span]], seed: int, position_only: bool = False, samples: int = 0) -> Disorder:
    """The disorder of the units of each annotator; `samples` random texts give the expected one (0: NaN)."""
    import numpy as np
    from pyannote.core import Segment
    from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum, PositionalSporadicDissimilarity

    continuum = Continuum()
    for annotator, some in units.items():
        continuum.add_annotator(annotator)
        for span in some:
            continuum.add(annotator, Segment(span.start, span.end), span.label)
    kind = PositionalSporadicDissimilarity if position_only else CombinedCategoricalDissimilarity
    with _quietly(seed):
        if not samples:
            return Disorder(float(continuum.get_best_alignment(kind(delta_empty=1.0)).disorder), np.nan)
        found = continuum.compute_gamma(kind(delta_empty=1.0), n_samples=samples)
        return Disorder(float(found.observed_disorder), float(found.expected_disorder))


@contextmanager
def _quietly(seed: int) -> Iterator[None]:
    """The library draws from numpy's global state and warns of solvers that it does not find."""
    import numpy as np

    state: Any = np.random.get_state()
    np.random.seed(seed % 2**32)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        np.random.set_state(state)


def gamma_measures(documents: Sequence[Read], seed: int) -> Iterator[Measure]:
    """Gamma of all annotators, not by pair or type; documents are weighed by their units per annotator."""
    import numpy as np

    for layer in GAMMA_LAYERS:
        sums = np.zeros((len(documents), 1, 3))
        for d, doc in enumerate(documents):
            units = {str(who): spans_of(one, layer) for who, one in doc.units.items()}
            if marked := sum(map(len, units.values())):
                weight = marked / len(units)
                sums[d, 0] = *(weight * part for part in disorder(units, seed, samples=RANDOM_TEXTS)), marked
        yield Measure(layer, "gamma", Sums(sums, _gamma, lambda s: s[..., 2]))


def _gamma(sums: "Array") -> "Array":
    return 1 - quotient(sums[..., 0], sums[..., 1])
