"""The corpora that can be imported, each by its module and checked with the ontology of its name."""

from pathlib import Path

from strife.formats import casie, muc, re3d, wikievents
from strife.formats.loss import report_lines, summary
from strife.store import documents_as_bytes, write_whole

READERS = {"re3d": re3d.read, "wikievents": wikievents.read, "casie": casie.read, "muc4": muc.read_corpus}


def import_corpus(corpus: str, folder: Path, out: Path, losses: Path | None = None) -> str:
    """Write the documents of a corpus, and what was left behind if asked; return what was read, in words.

    Raises FormatError when the folder does not hold the corpus whole, OutputError when it cannot be written.
    """
    documents, lost = READERS[corpus](folder)
    files = {out: documents_as_bytes(documents)}
    if losses is not None:
        files[losses] = report_lines(lost)
    write_whole(files)
    mentions = sum(len(document.entities) for document in documents)
    events = sum(len(document.events) for document in documents)
    relations = sum(len(document.relations) for document in documents)
    held = f"{len(documents)} documents, {mentions} mentions, {events} events, {relations} relations"
    if templates := sum(len(document.templates) for document in documents):
        held += f", {templates} templates"
    check = f"strife validate {out} --ontology {corpus}"
    return f"{out}: {held}\nleft behind:\n{summary(lost)}\ncheck it: {check}"
