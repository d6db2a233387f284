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


def predictor(folder: Path, ontology: Ontology) -> tuple[str, Predict]:
    """The model version of a trained baseline (its name, and a hash of its files), and what predicts with it.

    Raises ModelError when the folder holds no trained baseline.
    """
    model = baselines.load(folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    version = f"{model.name}-{digest[:8]}"

    def predict(data: Mapping[str, Any]) -> dict[str, Any]:
        document = Document(data["doc_id"], data["text"], published=data.get("published"))
        found, scores = model.predict_scored(document)
        return prediction(found, ontology, version, scores)

    return version, predict
