"""Mended files: safe fixes carried out on exports and document files, of the rules chosen, but for what is waived.

Raw files are never changed; a mended export is written as a new file that Label Studio imports (predictions given as
ids, which it cannot import, and drafts are left out).
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from strife.check import files, is_export
from strife.fix import Wanted, mend_document, mend_results
from strife.labelstudio.export import doc_id_of, is_task, refuse_lossy
from strife.model import encode
from strife.ontology import Ontology
from strife.report import one_line
from strife.store import OutputError, read_documents, write_whole
from strife.stream import json_array
from strife.validate import ALL
from strife.waivers import Waiver

MENDED = ".fixed"


class Chosen(NamedTuple):
    """What is to be mended: findings of these rules that are not waived."""

    codes: frozenset[str] = ALL
    waivers: tuple[Waiver, ...] = ()

    def of(self, doc_id: str) -> Wanted:
        """What is to be mended in one document."""
        waivers = [waiver for waiver in self.waivers if waiver.document == doc_id]

        def wanted(code: str, quote: str) -> bool:
            return code in self.codes and not any(w.code == code and w.names(quote) for w in waivers)

        return wanted


ALL_RULES = Chosen()


def mended_file(path: Path, ontology: Ontology, chosen: Chosen = ALL_RULES) -> tuple[bytes, list[str]]:
    """A file with safe fixes, and a note for each, with its place. Raises InputError for what cannot be used."""
    notes: list[str] = []
    if not is_export(path):
        lines = []
        for document in read_documents(path):
            mended, found = mend_document(document, ontology, chosen.of(document.doc_id))
            lines.append(encode(mended) + b"\n")
            notes += [f"{path}, {document.doc_id}: {note}" for note in found]
        return b"".join(lines), notes
    refuse_lossy(path)
    tasks = []
    for raw in json_array(path):
        task = _task(raw)
        if task is None:
            tasks.append(raw)
            continue
        wanted = chosen.of(doc_id_of(task["data"], task.get("id")))
        notes += [f"{path}, task {task.get('id')}, {note}" for note in _mend_task(task, ontology, wanted)]
        tasks.append(json.dumps(task, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    return b"[" + b",\n".join(tasks) + b"]\n", notes


def _task(raw: bytes) -> dict[str, Any] | None:
    """The task with all that it holds; None when it cannot be read (DOC101 has it) or written again as it was."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any]) if is_task(raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _mend_task(task: dict[str, Any], ontology: Ontology, wanted: Wanted) -> Iterator[str]:
    for annotation in task.get("annotations") or ():
        if isinstance(annotation, dict) and isinstance(annotation.get("result"), list):
            results = [r for r in annotation["result"] if isinstance(r, dict)]
            annotation["result"], found = mend_results(task["data"]["text"], results, ontology, wanted)
            yield from (f"annotation {annotation.get('id')}: {note}" for note in found)
    task.pop("drafts", None)
    predictions = task.get("predictions") or []
    task["predictions"] = [one for one in predictions if isinstance(one, dict)]


class Mended(NamedTuple):
    """What was mended, a note for each fix, and the files that were written."""

    notes: list[str]
    written: list[Path]

    def as_text(self) -> str:
        """One line a fix, then the files, then how many."""
        files = [f"written: {path}" for path in self.written]
        return "\n".join(map(one_line, [*self.notes, *files, f"{len(self.notes)} fixes"]))

    def as_json(self) -> str:
        """One object with `fixes` and `written`."""
        table = {"fixes": self.notes, "written": list(map(str, self.written))}
        return json.dumps(table, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace").decode()


def mend(paths: Iterable[Path], ontology: Ontology, chosen: Chosen, out: Path | None, write: bool) -> Mended:
    """Mend files, or only tell what would be mended.

    X.json becomes X.fixed.json, in `out` or beside it; a file without anything to mend gives none.
    """
    notes: list[str] = []
    output: dict[Path, bytes] = {}
    named = list(paths)
    for path in files(named):
        stem, suffix = os.path.splitext(path.name.removesuffix(".gz"))
        if stem.endswith(MENDED) and path not in named:
            continue  # mended before, found in a folder beside its original
        content, found = mended_file(path, ontology, chosen)
        notes += found
        if found:
            target = (out or path.parent) / f"{stem}{MENDED}{suffix}"
            if target in output:
                raise OutputError(f"{target}: two files would be written there; mend them one by one")
            output[target] = content
    if write:
        write_whole(output)
    return Mended(notes, list(output) if write else [])
