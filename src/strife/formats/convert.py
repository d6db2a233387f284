"""Documents between formats: which there are, and the one function that goes from one to another."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import msgspec

from strife.formats import bio, brat, docbin, label_studio, muc, parquet, textee, webanno, xmi
from strife.formats.loss import FormatError, Loss, report_lines, summary
from strife.model import Document
from strife.ontology import Ontology
from strife.store import documents_as_bytes, read_documents, write_whole
from strife.stream import json_lines

# By its name on the command line, the module that reads and writes a format.
FORMATS: dict[str, ModuleType] = {
    "brat": brat,
    "conll": bio,
    "label-studio": label_studio,
    "muc": muc,
    "parquet": parquet,
    "spacy": docbin,
    "textee": textee,
    "webanno": webanno,
    "xmi": xmi,
}
STRIFE = "strife"


def read(name: str, path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a format, and what of it a document does not hold. Raises FormatError, InputError."""
    if name == STRIFE:
        _not_of_another(path)
        return list(read_documents(path)), []
    documents, losses = FORMATS[name].read(path, ontology)
    return documents, losses


def _not_of_another(path: Path) -> None:
    """Some formats have a doc_id and a text under the same names as ours; their annotation would be passed over."""
    _, line = next(json_lines(path), (0, b"{}"))
    try:
        keys = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # read_documents says what is wrong
    if foreign := sorted({"entity_mentions", "event_mentions"} & keys):
        found = f"rows with {', '.join(foreign)}, which documents of strife do not have"
        raise FormatError(f"{path}: {found}; expected documents; name the format with --from (textee?)")


def write(name: str, documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The files of a format by name, and what they do not hold."""
    if name == STRIFE:
        return {"documents.jsonl": documents_as_bytes(documents)}, []
    files, losses = FORMATS[name].write(documents, ontology)
    return files, losses


def convert(source: Path, before: str, out: Path, after: str, ontology: Ontology, losses: Path | None = None) -> str:
    """Convert, and return what was lost on the way in words.

    A format of one file is written to `out`, unless that is a folder; one of many goes into the folder `out`.
    Raises FormatError and InputError for unusable input, OutputError when it cannot be written.
    """
    documents, unread = read(before, source, ontology)
    files, unwritten = write(after, documents, ontology)
    if len({document.doc_id for document in documents}) < len(documents):
        raise FormatError(f"{source}: a doc_id comes twice; expected one document a doc_id; rename one")
    single = len(files) == 1 and not out.is_dir()
    output = {out if single else out / name: content for name, content in files.items()}
    if losses is not None:
        output[losses] = report_lines([*unread, *unwritten])
    write_whole(output)
    told = [f"{out}: {len(documents)} documents"]
    for side, lost in ((f"{before} to documents", unread), (f"documents to {after}", unwritten)):
        if STRIFE not in side.split(" to "):
            told.append(f"{side}:\n{summary(lost)}")
    return "\n".join(told)
