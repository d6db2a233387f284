"""What can be pushed: article records, documents, raw texts, batches; and guidelines as the page a project shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from strife.articles import read_article
from strife.guidelines import as_html
from strife.labelstudio import snapshot
from strife.labelstudio.pull import MANIFEST, WHOLE
from strife.labelstudio.tasks import annotation, prediction, task
from strife.model import Document
from strife.ontology import Ontology
from strife.reading import raw_text
from strife.store import read_documents
from strife.stream import InputError

Send = Literal["predictions", "annotations"]
_DOCUMENTS = (".jsonl", ".jsonl.gz")


def documents(source: Path) -> Iterator[Document]:
    """The documents of a file, or of the article records (.toml) and raw texts (.txt) in a folder, one at a time.

    Raises InputError and ArticleError.
    """
    if not source.is_dir():
        yield from _of_file(source)
        return
    found = sorted(path for path in source.iterdir() if path.suffix in (".toml", ".txt"))
    if not found:
        expected = "article records (.toml) or texts (.txt)"
        raise InputError("FIL001", source, "nothing to push in this folder", expected, "name another folder or a file")
    for path in found:
        yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Document]:
    if path.name.endswith(_DOCUMENTS):
        yield from read_documents(path)
    elif path.suffix == ".toml":
        yield read_article(path)
    else:
        yield raw_text(path)


class Tasks:
    """The tasks of a source, as often as one asks for them; `send` says how the documents' annotations go along."""

    def __init__(self, source: Path, ontology: Ontology, send: Send | None = None) -> None:
        self.source, self.ontology, self.send = source, ontology, send
        # Of a batch, predictions are named by annotator, and new annotations begin with nobody's.
        self.model_version = _stem(source) if send == "predictions" and _batch(source) is None else None
        self.notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if (batch := _batch(self.source)) is not None:
            yield from _of_batch(batch, self.send)
            return
        annotated = 0
        for document in documents(self.source):
            made = task(document)
            if document.items and self.send is None:
                annotated += 1
            elif self.send == "annotations":
                made["annotations"] = [annotation(document, self.ontology)]
            elif self.model_version is not None:
                made["predictions"] = [prediction(document, self.ontology, self.model_version)]
            yield made
        if annotated:
            self.notes = (f"{annotated} documents are annotated; --send predictions or annotations sends that, too",)


def _batch(source: Path) -> Path | None:
    """The export that is meant: a .json file, or that of a folder that a pull has written."""
    if source.name.endswith((".json", ".json.gz")):
        return source
    if not (source / MANIFEST).is_file():
        return None
    if not (source / WHOLE).is_file():
        found = "a batch with one file an annotator"
        raise InputError("FIL003", source, found, "one file", "name the file of the annotator that you mean")
    return source / WHOLE


def _of_batch(path: Path, send: Send | None) -> Iterator[dict[str, Any]]:
    """The tasks of an export, with what was submitted: as predictions named by annotator, or as it was.

    As annotations they become the token owner's, so those of several people in one task are refused.
    """
    for found in snapshot.decoded(path):
        made: dict[str, Any] = {"data": found.data}
        submitted = [one for one in found.annotations if not one.was_cancelled]
        if send == "predictions" and submitted:
            made["predictions"] = [
                {"model_version": f"annotator-{one.completed_by}", "result": one.result} for one in submitted
            ]
        elif send == "annotations":
            if len(submitted) > 1:
                who = ", ".join(str(one.completed_by) for one in submitted)
                do = "pull with --by-annotator, and push each file with that annotator's token"
                raise InputError("FIL003", path, f"{found.doc_id} is annotated by {who}", "one annotator", do)
            made["annotations"] = [{"result": one.result, "ground_truth": False} for one in submitted]
        yield made


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def instruction(guidelines: Path) -> str:
    """The guidelines (a Markdown file, or all in a folder, README first) as one page of HTML. Raises InputError."""
    pages = sorted(guidelines.glob("*.md"), key=lambda path: (path.name != "README.md", path.name))
    if not guidelines.is_dir():
        pages = [guidelines]
    if not pages:
        raise InputError("FIL001", guidelines, "no guidelines here", "Markdown files", "name another folder")
    try:
        texts = [path.read_text(encoding="utf-8") for path in pages]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("FIL007", guidelines, str(error), "UTF-8 Markdown", "check the file") from error
    return as_html(*texts)
