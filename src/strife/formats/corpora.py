"""The corpora that can be imported, each by its module and checked with the ontology of its name."""

import hashlib
import json
from collections import Counter
from pathlib import Path

from strife.formats import casie, muc, re3d, wikievents
from strife.formats.loss import FormatError, report_lines, summary
from strife.store import documents_as_bytes, write_whole

READERS = {"re3d": re3d.read, "wikievents": wikievents.read, "casie": casie.read, "muc4": muc.read_corpus}


def import_corpus(corpus: str, folder: Path, out: Path, losses: Path | None = None) -> str:
    """Write the documents of a corpus, and what was left behind if asked; return what was read, in words.

    Raises FormatError when the folder does not hold the corpus whole, OutputError when it cannot be written.
    """
    documents, lost = READERS[corpus](folder)
    twice = sorted(doc_id for doc_id, times in Counter(d.doc_id for d in documents).items() if times > 1)
    if twice:
        raise FormatError(
            f"{folder}: {len(twice)} texts come twice ({twice[0]}); expected each once; download it again"
        )
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


def unlike_published(corpus: str, folder: Path) -> list[str]:
    """What differs from the files that docs/formats.md speaks of: half a download looks whole, and so does a version.

    The hashes stand in known.json. Of CASIE, which is a file an article, the articles are looked for that its lists of
    splits name.
    """
    if corpus == "casie":
        annotation = folder / "data" / "annotation"
        there = {path.stem for path in (annotation if annotation.is_dir() else folder).glob("*.json")}
        absent = sorted(doc_id for doc_id in casie.split_lists(folder) if doc_id and doc_id not in there)
        return [f"{len(absent)} articles that splits/ names are not there ({absent[0]})"] if absent else []
    known: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("known.json").read_bytes())
    found = []
    for name, digest in known[corpus].items():
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob(f"**/{name}"))]
        if not hashes:
            found.append(f"{name} is not there")
        elif digest not in hashes:
            found.append(f"{name} has another content")
    return found
