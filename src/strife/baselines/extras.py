"""The baselines that need more than this package: weights, or an endpoint. Each library is loaded when it is used.

They stand behind the interface of the others. `transformer` learns from documents; `gliner` and `llm` are told the
ontology and learn nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from strife.model import Document
from strife.ontology import Ontology

if TYPE_CHECKING:
    from strife.baselines.endpoint import Llm
    from strife.baselines.gliner import Gliner
    from strife.baselines.transformer import Transformer

NAMES = ("transformer", "gliner", "llm")
ZERO_SHOT = frozenset({"gliner", "llm"})


def train(
    name: str,
    documents: Sequence[Document],
    validation: Sequence[Document],
    ontology: Ontology,
    weights: Path | None,
    given: Mapping[str, str],
) -> "Transformer | Gliner | Llm":
    """Make one of NAMES from weights or for an endpoint. Raises OutsideError."""
    if name == "transformer":
        from strife.baselines.transformer import Transformer

        return Transformer.fit(documents, validation, ontology, weights, given)
    if name == "gliner":
        from strife.baselines.gliner import Gliner

        return Gliner.fit(validation, ontology, weights, given)
    from strife.baselines.endpoint import Llm

    return Llm.fit(ontology, given)


def load(name: str, folder: Path) -> "Transformer | Gliner | Llm":
    """Load one of NAMES from its folder. Raises OutsideError, or what baselines.load makes a ModelError of."""
    if name == "transformer":
        from strife.baselines.transformer import Transformer

        return Transformer.from_folder(folder)
    if name == "gliner":
        from strife.baselines.gliner import Gliner

        return Gliner.from_folder(folder)
    from strife.baselines.endpoint import Llm

    return Llm.from_folder(folder)
