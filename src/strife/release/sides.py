"""The two sides of a comparison: a dataset in a folder, or as it was at a tag or commit of the repository."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from strife.loading import document, read_rows
from strife.model import Document
from strife.refusal import Refusal
from strife.release.manifest import MANIFEST
from strife.release.standoff import STANDOFF, bare_document

TAG = "corpus-"  # before the version in the name of a tag: the package has versions of its own


class SideError(Refusal, ValueError):
    """What was named is neither a dataset nor a revision that holds one."""


class Side(NamedTuple):
    """A dataset: its documents with their splits, the columns of each config, and which documents were taken out.

    Documents of the config `standoff` are under the same name as their split, and have no text.
    """

    name: str
    version: str
    documents: dict[str, tuple[str, Document]]
    columns: dict[str, dict[str, Any]]
    splits: dict[str, tuple[str, ...]]
    removals: frozenset[str]


def read_side(spec: str, root: Path) -> Side:
    """The dataset in a folder, or at a tag (`corpus-0.1.0`, or `0.1.0`) or commit of the repository at `root`.

    Raises SideError, InputError.
    """
    if Path(spec).is_dir():
        return _read(Path(spec), spec)
    with checked_out(spec, root) as (name, folder):
        return _read(folder, name)


@contextmanager
def checked_out(revision: str, root: Path) -> Iterator[tuple[str, Path]]:
    """(name of the revision, a folder with what the dataset was there). Raises SideError."""
    names = [revision, f"{TAG}{revision}", f"{TAG}{revision.removeprefix('v')}"]
    found = next((name for name in names if git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")), None)
    if found is None:
        expected = "a folder, a tag such as corpus-0.1.0, or a commit"
        raise SideError(f"{revision}: neither a folder nor a revision of {root.resolve()}; expected {expected}")
    archive = git(root, "archive", "--format=tar", found, "corpus", "README.md")
    if archive is None:
        raise SideError(f"{revision}: holds no corpus/ and README.md; expected a revision with the dataset")
    with TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
        yield found, Path(folder)


def git(root: Path, *arguments: str) -> bytes | None:
    """What git prints about the repository at `root`; None when it fails. Raises SideError without git."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise SideError("git is not installed; it is needed to read revisions; install it") from error
    return done.stdout if done.returncode == 0 else None


def _read(folder: Path, name: str) -> Side:
    try:
        table = json.loads((folder / MANIFEST).read_bytes())
        version, removals = str(table["version"]), table.get("removals", [])
        taken = frozenset(str(one["doc_id"]) for one in removals)
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = f"a dataset that `strife build` wrote, with {MANIFEST}"
        raise SideError(f"{name}: no dataset ({type(error).__name__}); expected {expected}") from error
    documents: dict[str, tuple[str, Document]] = {}
    columns: dict[str, dict[str, Any]] = {}
    splits: dict[str, tuple[str, ...]] = {}
    for config in sorted(path.name for path in (folder / "corpus").iterdir() if any(path.glob("*-*.parquet"))):
        files = sorted((folder / "corpus" / config).glob("*-*.parquet"))
        splits[config] = tuple(dict.fromkeys(path.name.partition("-")[0] for path in files))
        for path in files:
            columns[config], rows = read_rows(path)
            split = path.name.partition("-")[0]
            if config == "documents":
                documents.update((row["doc_id"], (split, document(row))) for row in rows)
            elif config == STANDOFF:
                documents.update((row["doc_id"], (f"{STANDOFF} {split}", bare_document(row))) for row in rows)
    if "documents" not in columns:
        raise SideError(f"{name}: no Parquet under corpus/documents; expected a dataset that `strife build` wrote")
    return Side(name, version, documents, columns, splits, taken)
