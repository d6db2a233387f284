"""Where documents to be scored come from: JSON Lines, Parquet, or a dataset and a split of it."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from strife.dataset_reader import load_documents, read_parquet
from strife.incidents.template import with_templates
from strife.model import Document
from strife.scoring.bio import Tagged
from strife.scoring.metrics import DEFAULT
from strife.scoring.resolve import read_answers
from strife.scoring.resolve import resolve as placed
from strife.scoring.score import Labels, Scores, score
from strife.scoring.signature import check_names
from strife.stream import InputError, head, json_lines

_DECODER = msgspec.json.Decoder(Tagged)
_DOC_ID = re.compile(rb'"doc_id"\s*:\s*"([^"\\]*)"')
_NO_NUMBER = re.compile(rb"[:\[,]\s*(NaN|-?Infinity)\s*[,\]}]")


def read(source: Path, split: str = "all") -> Iterator[Document]:
    """The documents of a file (JSON Lines, also gzip'd, or `.parquet`) or of a split of the dataset in a folder.

    Raises InputError, naming the line and the document.
    """
    if source.is_dir():
        return iter(load_documents(source, split))
    return iter(read_parquet(source)) if source.suffix == ".parquet" else _json_documents(source)


def name(source: Path) -> str:
    """Name and version of the dataset in a folder, from its manifest; empty for anything else."""
    try:
        manifest = json.loads((source / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
        return f"{manifest['name']}-{manifest['version']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def score_files(
    gold: Path,
    predicted: Path,
    metrics: Iterable[str] = DEFAULT,
    data: str = "",
    split: str = "all",
    labels: Labels | None = None,
    resolve: bool = False,
    incidents: bool = False,
) -> Scores:
    """Score what lies in files or datasets, a batch of documents at a time; with `resolve`, answers without offsets.

    With `incidents` the incident records of both sides take the place of their templates.
    """
    data, resolution = data or name(gold), None
    check_names(data or "unnamed", split)  # before anything is read
    if resolve:
        texts = {document.doc_id: document.text for document in read(gold, split)}
        resolution = placed(read_answers(predicted), texts)
    given: Iterable[Document] = resolution.documents if resolution else read(predicted, split)
    wanted: Iterable[Document] = read(gold, split)
    if incidents:
        wanted, given = map(with_templates, wanted), map(with_templates, given)
    return score(wanted, given, metrics, data, split, labels, resolution)


def _json_documents(path: Path) -> Iterator[Document]:
    head(path)
    for number, line in json_lines(path):
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _refusal(path, number, line, error) from error


def _refusal(path: Path, number: int, line: bytes, error: Exception) -> InputError:
    named = _DOC_ID.search(line)
    where = f"line {number}" + (f" ({named[1].decode('utf-8', 'replace')})" if named else "")
    if isinstance(error, msgspec.ValidationError):
        expected = 'one document a line, {"doc_id", "text", "entities", "events", ...}'
        do = "mend the line; `--resolve` is for mentions that are quoted and have no offsets"
        return InputError("DOC101", path, f"{where}: {error}", expected, do)
    if odd := _NO_NUMBER.search(line):
        found = f"{where}: {odd[1].decode()} is no number in JSON"
        return InputError("FIL002", path, found, "a number", "give one, or leave the key out")
    return InputError("FIL002", path, f"{where}: {error}", "one JSON object a line", "mend the line")
