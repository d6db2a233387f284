"""A clone or a downloaded copy against its manifest: which file differs, and which row of it."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import msgspec

from strife.loading import POINTER, read_rows
from strife.model import encode
from strife.release.manifest import (
    GOLD,
    MANIFEST,
    ROWS,
    Manifest,
    ManifestError,
    RowSums,
    SplitEntry,
    content_hash,
    read_manifest,
    read_row_sums,
    row_hash,
    sha256,
)
from strife.store import read_documents
from strife.stream import InputError

_SHOWN = 10  # rows of one file that are named one by one


class Problem(NamedTuple):
    """What is wrong with a file, and what to do; `row` counts from 1 and is None where no row can be named."""

    file: str
    found: str
    do: str
    row: int | None = None
    doc_id: str | None = None

    def __str__(self) -> str:
        row = f", row {self.row} ({self.doc_id})" if self.row is not None else ""
        return f"{self.file}{row}: {self.found}; {self.do}"


class Verified(NamedTuple):
    """What was compared with the manifest, and what is wrong."""

    manifest: Manifest
    files: int
    rows: int
    problems: tuple[Problem, ...]

    def as_text(self) -> str:
        """A line for each problem, and the verdict."""
        name = f"{self.manifest.name} {self.manifest.version}"
        verdict = f"{len(self.problems)} problems" if self.problems else "all as released"
        return "\n".join([*map(str, self.problems), f"{name}: {self.files} files, {self.rows} rows: {verdict}"])

    def as_json(self) -> str:
        """The same as one JSON object."""
        table = {
            "name": self.manifest.name,
            "version": self.manifest.version,
            "files": self.files,
            "rows": self.rows,
            "problems": [problem._asdict() for problem in self.problems],
        }
        return msgspec.json.format(msgspec.json.encode(table), indent=1).decode()


def verify(folder: Path) -> Verified:
    """Compare a dataset with its manifest. Raises ManifestError when there is none that can be read."""
    manifest, whole = read_manifest(folder)
    problems = [] if whole else [_edited(manifest)]
    problems += _other_files(folder, manifest)
    spoilt = {problem.file for problem in problems}
    try:
        sums = {} if ROWS in spoilt else read_row_sums(folder / ROWS)
    except ManifestError:
        sums = {}
    if GOLD in spoilt and (folder / GOLD).is_file():
        problems = [problem for problem in problems if problem.file != GOLD] + _gold_rows(folder, sums)
    files, rows = len(manifest.files), 0
    for config, entry in manifest.configs.items():
        for split, one in entry.splits.items():
            files += 1
            rows += one.rows
            problems += _parquet(folder, one, sums.get((config, split), []))
    known = {one.file for entry in manifest.configs.values() for one in entry.splits.values()}
    return Verified(manifest, files, rows, (*problems, *_strangers(folder, known), *_readme(folder, manifest)))


def _edited(manifest: Manifest) -> Problem:
    found = f"changed after it was written (its seal is {manifest.seal[:8]}…)"
    return Problem(MANIFEST, found, "do not trust it; get the release again")


def _other_files(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    for name, digest in manifest.files.items():
        if (problem := _bytes(folder / name, name, digest)) is not None:
            yield problem


def _bytes(path: Path, name: str, digest: str) -> Problem | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        missing = "missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        return Problem(name, missing, "get it again")
    if content.startswith(POINTER):
        return Problem(name, "a Git LFS pointer, not the data", "run `git lfs pull`, or download again")
    if sha256(content) != digest:
        return Problem(name, f"sha256 {sha256(content)[:8]}…, expected {digest[:8]}…", "get it again")
    return None


def _parquet(folder: Path, entry: SplitEntry, expected: list[tuple[str, str]]) -> list[Problem]:
    path = folder / entry.file
    problem = _bytes(path, entry.file, entry.sha256)
    if problem is None or not problem.found.startswith("sha256"):
        return [] if problem is None else [problem]
    try:
        columns, rows = read_rows(path)
    except InputError:
        size = path.stat().st_size
        broken = f"no Parquet file, or one that is broken ({size} bytes, expected {entry.bytes})"
        return [Problem(entry.file, broken, "get it again")]
    if content_hash(columns, rows) == entry.content_sha256:
        same = "other bytes, but the same columns and rows: written by another version of pyarrow"
        return [Problem(entry.file, same, "harmless for reading; for the released bytes get it again")]
    found = [(str(row["doc_id"]), row_hash(row)) for row in rows]
    if not expected:
        return [problem]
    different = list(_rows(entry.file, expected, found))
    return different or [Problem(entry.file, "the rows are as released, but the columns differ", "get it again")]


def _gold_rows(folder: Path, sums: RowSums) -> list[Problem]:
    try:
        found = [(document.doc_id, sha256(encode(document))[:8]) for document in read_documents(folder / GOLD)]
    except InputError as error:
        return [Problem(GOLD, str(error), "get it again")]
    different = list(_rows(GOLD, sums.get(("gold", "all"), []), found))
    return different or [Problem(GOLD, "the documents are as released, but not its bytes", "get it again")]


def _rows(file: str, expected: list[tuple[str, str]], found: list[tuple[str, str]]) -> Iterator[Problem]:
    """The rows that differ, are missing or are too many; of many, the first ones and how many more."""
    do = "get it again"
    problems = []
    for kind, a, b, c, d in SequenceMatcher(None, expected, found, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(b - a, d - c)
        problems += [
            Problem(file, "differs from the released row", do, c + n + 1, found[c + n][0]) for n in range(both)
        ]
        problems += [
            Problem(file, f"{number} rows of {doc_id} are missing before this place", do, d + 1, doc_id)
            for doc_id, number in Counter(doc_id for doc_id, _ in expected[a + both : b]).items()
        ]
        problems += [Problem(file, "is not in the release", do, n + 1, found[n][0]) for n in range(c + both, d)]
    yield from problems[:_SHOWN]
    if len(problems) > _SHOWN:
        documents = {problem.doc_id for problem in problems[_SHOWN:]}
        yield Problem(file, f"{len(problems) - _SHOWN} more rows differ, of {len(documents)} documents", do)


def _strangers(folder: Path, known: set[str]) -> Iterator[Problem]:
    """Files that `load_dataset` or `strife.load` would read, though the manifest does not know them."""
    for path in sorted((folder / "corpus").glob("*/*-*.parquet")):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            yield Problem(name, "is not in the manifest, but load_dataset reads it", "delete it")


def _readme(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """The README's YAML decides what `load_dataset` takes from its cache, so it has to name this content."""
    path = folder / "README.md"
    try:
        head = path.read_text(encoding="utf-8").split("\n---\n")[0]
    except (OSError, UnicodeDecodeError):
        yield Problem("README.md", "missing, or no UTF-8; load_dataset needs its YAML", "get it again")
        return
    said = re.findall(r"^- config_name: (\S+)\n  version: (\S+)\n  description: sha256:(\S+)$", head, re.MULTILINE)
    found = {config: (version, digest) for config, version, digest in said}
    for config, entry in manifest.configs.items():
        if found.get(config) != (manifest.version, entry.content_sha256):
            told = "another version or content hash" if config in found else "nothing"
            do = "get it again; with this one load_dataset may serve old rows from its cache"
            yield Problem("README.md", f"its YAML says {told} of config {config}", do)
