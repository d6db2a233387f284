"""Baselines: systems that any other has to beat, trained on documents and returning documents.

A baseline has a name, predicts one document at a time, and is stored as a folder of files from which loading runs no
code: JSON, arrays without pickle, and CRFsuite's own format (which its C library parses; its length is checked first).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

from strife.baselines import extras
from strife.model import Document
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.validate import check_document

NAMES = ("lexicon", "linear", "perceptron")
# What nobody can learn from: ids of two things, spans outside the text, unknown labels, arrows to nothing.
UNFIT = frozenset({"DOC108", "SPN201", "ONT301", "ARG505"})
_SHOWN = 5


class Baseline(Protocol):
    """A trained system."""

    name: str

    def predict(self, document: Document) -> Document:
        """The document's text with what the system finds in it (what was annotated before is not looked at)."""
        ...

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict, with a probability for each mention and event by id; none from a system that has none."""
        ...

    def files(self) -> dict[str, bytes]:
        """The model as files by name, to be written into one folder."""
        ...


class ModelError(Refusal, ValueError):
    """A model cannot be trained or loaded; the message says why and what to do."""


def train(
    name: str,
    documents: Sequence[Document],
    validation: Sequence[Document],
    ontology: Ontology,
    unlabelled: Sequence[str] = (),
    *,
    weights: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Baseline:
    """Train a baseline. `validation` sets thresholds and nothing else; the perceptron learns clusters of words from raw
    texts, too, if there are any in `unlabelled`; weights and settings are for the extras.

    Raises ModelError for an unknown name, and for documents that are not annotated or break one of the rules UNFIT.
    """
    if name not in (*NAMES, *extras.NAMES):
        raise ModelError(f"unknown baseline {name!r}; expected one of {', '.join((*NAMES, *extras.NAMES))}")
    if name not in extras.ZERO_SHOT:
        _refuse_unfit(documents, validation, ontology)
    if name in extras.NAMES:
        return extras.train(name, documents, validation, ontology, weights, settings or {})
    if weights or settings:
        raise ModelError(f"{name} takes no weights and no settings; they are for {', '.join(extras.NAMES)}")
    if name == "lexicon":
        from strife.baselines.lexicon import Lexicon

        return Lexicon.fit(documents, ontology)
    if name == "linear":
        from strife.baselines.linear import Linear

        return Linear.fit(documents, validation, ontology)
    from strife.baselines.perceptron import Perceptron

    return Perceptron.fit(documents, validation, ontology, unlabelled)


def _refuse_unfit(documents: Sequence[Document], validation: Sequence[Document], ontology: Ontology) -> None:
    bare = [document.doc_id for document in documents if not (document.entities or document.events)]
    if bare or not documents:
        raise ModelError(f"nothing is annotated in {', '.join(bare) or 'the training set'}; annotate or leave it out")
    unfit = [str(f) for d in (*documents, *validation) for f in check_document(d, ontology, codes=UNFIT)]
    if unfit:
        more = f"\n({len(unfit) - _SHOWN} more; see `strife validate`)" if len(unfit) > _SHOWN else ""
        raise ModelError("\n".join(unfit[:_SHOWN]) + more)


def load(folder: Path) -> Baseline:
    """Load a trained baseline from its folder. Raises ModelError when it is no such folder."""
    try:
        name = json.loads((folder / "model.json").read_bytes())["name"]
        if name in extras.NAMES:
            return extras.load(name, folder)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        if name == "lexicon":
            from strife.baselines.lexicon import Lexicon

            return Lexicon.from_files(files)
        if name == "linear":
            from strife.baselines.linear import Linear

            return Linear.from_files(files)
        if name == "perceptron":
            from strife.baselines.perceptron import Perceptron

            return Perceptron.from_files(files)
    except Refusal:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RecursionError, BadZipFile) as error:
        found = f"{type(error).__name__}: {error}"
        raise ModelError(f"{folder}: no trained baseline ({found}); make one with `strife train`") from error
    raise ModelError(f"{folder}: unknown baseline {name!r}; expected one of {', '.join(NAMES)}")
