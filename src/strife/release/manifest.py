"""The manifest of a dataset: what every file and every row of it must be.

`corpus/MANIFEST.json` holds the sha256 of each file and, for each config and split, a hash of the content: over the
columns and the rows as canonical JSON, so that it is equal whatever version of pyarrow wrote the bytes.
`corpus/ROWS.tsv` holds a short hash of every row, by which `strife verify` says which one differs. The manifest is
sealed with a hash of itself, so that an edit by hand is seen.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from strife.refusal import Refusal

MANIFEST = "corpus/MANIFEST.json"
ROWS = "corpus/ROWS.tsv"
GOLD = "corpus/gold.jsonl"
_SHORT = 8  # hexadecimal digits of a row's hash: to find a row, not to trust it


class ManifestError(Refusal, ValueError):
    """A folder has no manifest that can be used."""


class SplitEntry(msgspec.Struct, frozen=True):
    """One Parquet file: where, how many rows and bytes, the hash of its bytes and of its content."""

    file: str
    rows: int
    bytes: int
    sha256: str
    content_sha256: str


class ConfigEntry(msgspec.Struct, frozen=True):
    """One config: the hash of the content of its splits, and the splits."""

    content_sha256: str
    splits: dict[str, SplitEntry]


class Manifest(msgspec.Struct, frozen=True):
    """What a dataset holds. `files` are the others that belong to it, `inputs` what it was built from."""

    name: str
    version: str
    ontology: str
    configs: dict[str, ConfigEntry]
    files: dict[str, str]
    inputs: dict[str, str]
    made_with: dict[str, str]
    seal: str
    texts: dict[str, str] = {}
    waivers: tuple[dict[str, str], ...] = ()
    removals: tuple[dict[str, str], ...] = ()


def read_manifest(folder: Path) -> tuple[Manifest, bool]:
    """The manifest of a dataset, and whether its seal holds. Raises ManifestError."""
    path = folder / MANIFEST
    try:
        table = json.loads(path.read_bytes())
        manifest = msgspec.convert(table, Manifest)
    except FileNotFoundError as error:
        do = "name the folder of a clone or of a downloaded copy"
        raise ManifestError(f"{path}: missing; expected the manifest that `strife build` writes; {do}") from error
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); check its rights") from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(
            f"{path}: no manifest ({error}); expected what `strife build` writes; get it again"
        ) from error
    return manifest, sealed(table)["seal"] == manifest.seal


def sealed(table: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the hash of all else in it as its last entry."""
    rest = {name: value for name, value in table.items() if name != "seal"}
    return rest | {"seal": sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode())}


def sha256(content: bytes) -> str:
    """The hash of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def content_hash(columns: Any, rows: Iterable[Mapping[str, Any]]) -> str:
    """The hash of the content of a split: its columns and its rows, labels as names, whatever wrote them."""
    content = json.dumps([columns, list(rows)], sort_keys=True, ensure_ascii=False, default=str)
    return sha256(content.encode())


def row_hash(row: Mapping[str, Any]) -> str:
    """A short hash of a row, labels as names."""
    return sha256(json.dumps(row, sort_keys=True, ensure_ascii=False, default=str).encode())[:_SHORT]


RowSums = dict[tuple[str, str], list[tuple[str, str]]]
"""By config and split, (doc_id, hash) of every row in order."""


def write_row_sums(sums: RowSums) -> bytes:
    """The rows' hashes as a table: config, split, doc_id, the hashes of its rows in order."""
    lines = ["config\tsplit\tdoc_id\trows"]
    for (config, split), rows in sums.items():
        of: dict[str, list[str]] = {}
        for doc_id, digest in rows:
            of.setdefault(doc_id, []).append(digest)
        lines += [f"{config}\t{split}\t{doc_id}\t{' '.join(digests)}" for doc_id, digests in of.items()]
    return ("\n".join(lines) + "\n").encode()


def read_row_sums(path: Path) -> RowSums:
    """The inverse of write_row_sums. Raises ManifestError."""
    sums: RowSums = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            config, split, doc_id, digests = line.split("\t")
            sums.setdefault((config, split), []).extend((doc_id, digest) for digest in digests.split())
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: cannot be used ({error}); expected config, split, doc_id, rows") from error
    return sums
