"""A trained baseline's reading of a task, as Label Studio shows it before anybody has annotated."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strife import baselines
from strife.labelstudio.push import Predict
from strife.labelstudio.tasks import prediction
from strife.model import Document
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.validate import check_document

FOREIGN = frozenset({"ONT301", "ONT302", "ONT303"})  # labels, attributes and roles that a project does not offer


class PredictionError(Refusal):
    """A model predicts what the project does not offer; the message says what."""


def predictor(folder: Path, ontology: Ontology) -> tuple[str, Predict]:
    """The model version of a trained baseline (its name, and a hash of its files), and what predicts with it:
    mentions, triggers, arrows and attributes, as far as the system has them.

    Raises ModelError when the folder holds no trained baseline; what predicts raises PredictionError.
    """
    model = baselines.load(folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    version = f"{model.name}-{digest[:8]}"

    def predict(data: Mapping[str, Any]) -> dict[str, Any]:
        document = Document(data["doc_id"], data["text"], published=data.get("published"))
        found, scores = model.predict_scored(document)
        foreign = {f"{one.found} in {one.doc_id}": None for one in check_document(found, ontology, codes=FOREIGN)}
        if foreign:
            told = "; ".join([*foreign][:5])
            raise PredictionError(f"{folder}: made for another ontology ({told}); train it with {ontology.name}")
        return prediction(found, ontology, version, scores)

    return version, predict
