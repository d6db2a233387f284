"""Validation of files and folders: exports and document files, told apart by what they hold."""

import gc
import os
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from strife.finding import Finding, Origin, Report
from strife.labelstudio.export import read_task, refuse_lossy
from strife.model import Document
from strife.ontology import Ontology
from strife.store import numbered_documents
from strife.stream import InputError, head, is_packed, items_at, json_runs
from strife.validate import ACROSS, ALL, Trace, check_across, check_document, trace
from strife.validate.draft import Draft

LARGE = 16 << 20  # bytes of an export that is worth several processes
SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


class Checked(NamedTuple):
    """The report, how many versions of each state the files held, and which of the doc_ids asked for.

    Only submitted versions are checked.
    """

    report: Report
    states: Counter[str]
    doc_ids: frozenset[str] = frozenset()


class Part(NamedTuple):
    """What came of some of the input: findings, states, and traces of the documents if they are to be compared."""

    findings: list[Finding]
    states: Counter[str]
    doc_ids: set[str]
    kept: list[Trace]


class Asked(NamedTuple):
    """What is asked of every document: the rules chosen, and whether it is one of these doc_ids."""

    ontology: Ontology
    codes: frozenset[str]
    doc_ids: frozenset[str]


def check_paths(
    paths: Iterable[Path],
    ontology: Ontology,
    codes: frozenset[str] = ALL,
    split_of: Mapping[str, str] | None = None,
    doc_ids: frozenset[str] = frozenset(),
) -> Checked:
    """Validate every file named or lying in a folder named, and tell which of some doc_ids came.

    Texts are kept in memory only when a rule is chosen that compares documents (`validate.ACROSS`). Large exports are
    checked on all processors. Raises InputError for what cannot be used.
    """
    asked = Asked(ontology, codes, doc_ids)
    total = Part([], Counter(), set(), [])
    with _collector_off():
        for path in files(paths):
            for part in _parts(path, asked):
                total.findings.extend(part.findings)
                total.states.update(part.states)
                total.doc_ids.update(part.doc_ids)
                total.kept.extend(part.kept)
    findings = [*total.findings, *check_across(total.kept, ontology, codes, split_of)]
    findings.sort(key=lambda finding: (finding.origin is None, finding.origin.file if finding.origin else ""))
    report = Report(tuple(findings), total.states["submitted"] + total.states["document"])
    return Checked(report, total.states, frozenset(total.doc_ids))


@contextmanager
def _collector_off() -> Iterator[None]:
    """Nothing here is cyclic, and the garbage collector would walk through every span again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parts(path: Path, asked: Asked) -> Iterator[Part]:
    if not is_export(path):
        yield from _documents(path, asked)
        return
    refuse_lossy(path)
    processors = os.cpu_count() or 1
    if path.stat().st_size < LARGE or processors < 2 or is_packed(path):
        for run in json_runs(path):
            yield _check_tasks(map(bytes, run.items), path, run.number, asked)
        return
    with ProcessPoolExecutor(initializer=gc.disable) as pool:
        waiting: deque[Future[Part]] = deque()
        for run in json_runs(path):
            waiting.append(pool.submit(_check_run, path, run.offset, run.size, run.number, asked))
            if len(waiting) > 2 * processors:  # bounded, so that memory stays flat
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()


def _check_run(path: Path, offset: int, size: int, number: int, asked: Asked) -> Part:
    """Check a run of tasks that is read here again, which costs less than to be sent it."""
    return _check_tasks(map(bytes, items_at(path, offset, size)), path, number, asked)


def _check_tasks(tasks: Iterable[bytes], path: Path, first: int, asked: Asked) -> Part:
    """Check the submitted annotations of some tasks; a task without any version counts as "unannotated"."""
    part = Part([], Counter(), set(), [])
    for number, raw in enumerate(tasks, first):
        task = read_task(raw, path, number, asked.ontology)
        part.findings.extend(finding for finding in task.findings if finding.code in asked.codes)
        if not task.versions:
            part.states["unreadable" if task.findings else "unannotated"] += 1
        answered: set[str | None] = set()
        for version in task.versions:
            part.states[version.state] += 1
            if version.state != "submitted":
                continue
            findings = version.findings
            who = version.origin.annotator
            if who is not None and who in answered:
                found = f"annotator {who} has submitted this task before"
                draft = Draft("LSE104", found, "one annotation of a person", "delete one")
                findings = (*findings, draft.finding(version.document, version.origin))
            answered.add(who)
            _check_one(part, version.document, version.origin, findings, asked)
    return part


def _check_one(part: Part, document: Document, origin: Origin, findings: Iterable[Finding], asked: Asked) -> None:
    part.findings.extend(finding for finding in findings if finding.code in asked.codes)
    part.findings.extend(check_document(document, asked.ontology, origin, asked.codes))
    if document.doc_id in asked.doc_ids:
        part.doc_ids.add(document.doc_id)
    if asked.codes & ACROSS:
        part.kept.append(trace(document, origin))


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those with a known ending in the folders named, in order.

    In folders, what is hidden is passed over, and so are settings and manifests (one object over several lines).
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        seen = (p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
        found = sorted(p for p in seen if not (_is_hidden(p.relative_to(path)) or _is_settings(p)))
        if not found:
            raise InputError(
                "FIL001", path, "no file here", f"files that end in {', '.join(SUFFIXES)}", "check the path"
            )
        yield from found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_settings(path: Path) -> bool:
    """Is it neither an export, which is an array, nor documents, which are one object a line?"""
    try:
        return re.match(rb"\{[ \t]*[\r\n]", head(path)) is not None
    except InputError:
        return False  # to be refused when it is read


def is_export(path: Path) -> bool:
    """Is the file to be read as a Label Studio export? Anything but JSON objects a line is."""
    return head(path)[:1] != b"{"


def _documents(path: Path, asked: Asked) -> Iterator[Part]:
    seen: set[str] | None = set() if "DOC102" in asked.codes else None
    for line, document in numbered_documents(path):
        part = Part([], Counter(document=1), set(), [])
        origin = Origin(str(path), line)
        findings: tuple[Finding, ...] = ()
        if seen is not None:
            if document.doc_id in seen:
                draft = Draft("DOC102", f"{document.doc_id} comes twice", "one document a doc_id", "rename or drop one")
                findings = (draft.finding(document, origin),)
            seen.add(document.doc_id)
        _check_one(part, document, origin, findings, asked)
        yield part


def read_split_lists(folder: Path) -> dict[str, str]:
    """The split of each doc_id, from the lists in a folder (one doc_id a line, `#` begins a comment)."""
    split_of: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("FIL008", path, str(error), "UTF-8 text, one doc_id a line", "mend the list") from error
        for line in lines:
            if doc_id := line.split("#")[0].strip():
                split_of[doc_id] = path.stem
    if not split_of:
        raise InputError("FIL001", folder, "no list of doc_ids", "train.txt, test.txt, ...", "check the path")
    return split_of
