"""Documents that are taken out for good: the list of them, and taking one out of everything that is committed."""

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

from strife.refusal import Refusal
from strife.store import alone, write_whole
from strife.stream import json_array, json_lines

LIST = Path("corpus") / "REMOVALS.toml"
Reason = Literal["rights", "privacy", "safety", "error"]
REASONS: tuple[Reason, ...] = get_args(Reason)
_HEAD = """# Documents that were taken out and stay out: `strife remove` writes this list, `strife build` keeps to it.
# reason: rights (the owner of a text or source objects), privacy, safety, error. No personal data in note.
"""


class RemovalError(Refusal, ValueError):
    """A document cannot be taken out, or the list of removals cannot be used."""


class Removal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that was taken out, when and why."""

    doc_id: str
    date: datetime.date
    reason: Reason
    note: str = ""

    def as_table(self) -> dict[str, str]:
        """As it stands in the manifest."""
        note = {"note": self.note} if self.note else {}
        return {"doc_id": self.doc_id, "date": self.date.isoformat(), "reason": self.reason, **note}


class Removed(NamedTuple):
    """What taking a document out changed, and where its name still stands."""

    removal: Removal
    changed: tuple[Path, ...]
    still_named: tuple[Path, ...]


def read_removals(root: Path) -> tuple[Removal, ...]:
    """The removals of a project, by doc_id; none when there is no list. Raises RemovalError."""
    path = root / LIST
    if not path.is_file():
        return ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found = msgspec.convert(table.get("removals", []), tuple[Removal, ...])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        expected = "[[removals]] with doc_id, date, reason and, if wished, note"
        raise RemovalError(f"{path}: {error}; expected {expected}; mend it") from error
    return tuple(sorted(found, key=lambda one: one.doc_id))


def remove(root: Path, doc_id: str, reason: Reason, note: str, date: datetime.date) -> Removed:
    """Take a document out of articles, splits, exports, decisions, waivers, stand-off and stored predictions.

    The list of removals says so. What `strife build` generates follows with the next release; every other document,
    and every id in it, stays as it is. Raises RemovalError, OutputError; nothing has changed then.
    """
    article = root / "corpus" / "articles" / f"{doc_id}.toml"
    if any(one.doc_id == doc_id for one in read_removals(root)):
        raise RemovalError(f"{doc_id} is on the list already ({LIST})")
    with alone(root):
        known = {path.stem for path in article.parent.glob("*.toml")} | set(_owned(root))
        if doc_id not in known:
            near = get_close_matches(doc_id, sorted(known), 1)
            raise RemovalError(
                f"there is no document {doc_id!r}; " + (f"is it {near[0]}?" if near else "check its name")
            )
        articles = [article] if article.is_file() else []
        output = {path: content for path, content in _without(root, doc_id) if content is not None}
        removal = Removal(doc_id, date, reason, note)
        written = root / LIST
        before = written.read_text(encoding="utf-8") if written.is_file() else _HEAD
        output[written] = (before.rstrip("\n") + "\n" + _entry(removal)).encode()
        write_whole(output)
        article.unlink(missing_ok=True)
    changed = (*(path for path in output if path != written), *articles, written)
    return Removed(removal, changed, tuple(_still_named(root, doc_id)))


def _owned(root: Path) -> Iterator[str]:
    """The doc_ids of stand-off documents."""
    for path in sorted((root / "corpus" / "standoff").glob("*.json")):
        yield from (msgspec.json.decode(raw, type=_Task).data.doc_id for raw in json_array(path))


def _entry(removal: Removal) -> str:
    lines = ["", "[[removals]]", f'doc_id = "{removal.doc_id}"', f"date = {removal.date.isoformat()}"]
    lines.append(f'reason = "{removal.reason}"')
    if removal.note:
        escaped = removal.note.replace("\\", "\\\\").replace('"', '\\"')
        lines.append('note = "' + re.sub(r"[\x00-\x1f\x7f]", " ", escaped) + '"')
    return "\n".join(lines) + "\n"


def _without(root: Path, doc_id: str) -> Iterator[tuple[Path, bytes | None]]:
    """(file, its content without the document) for every file that holds something of it."""
    for path in sorted((root / "corpus" / "splits").glob("*.txt")):
        lines = path.read_bytes().splitlines(keepends=True)
        yield _if_less(path, lines, (line for line in lines if line.split(b"#")[0].strip() != doc_id.encode()))
    for path in sorted([*(root / "annotation").rglob("*.json"), *(root / "corpus" / "standoff").glob("*.json")]):
        tasks = list(json_array(path))
        kept = [raw for raw in tasks if msgspec.json.decode(raw, type=_Task).data.doc_id != doc_id]
        end = b"\n" if path.read_bytes().endswith(b"\n") else b""
        yield path, (b"[" + b", ".join(kept) + b"]" + end) if len(kept) < len(tasks) else None
    copying = root / "corpus" / "COPYING.tsv"
    for path in [*sorted((root / "annotation").rglob("*.tsv")), *([copying] if copying.is_file() else [])]:
        lines = path.read_bytes().splitlines(keepends=True)
        yield _if_less(path, lines, (line for line in lines if line.split(b"\t")[0] != doc_id.encode()))
    for path in sorted((root / "benchmarks").rglob("*.jsonl")):
        found = [(line, msgspec.json.decode(line, type=_Named).doc_id) for _, line in json_lines(path)]
        kept = [line for line, name in found if name != doc_id]
        yield path, b"".join(line + b"\n" for line in kept) if len(kept) < len(found) else None
    waivers = root / "annotation" / "waivers.toml"
    if waivers.is_file():
        parts = re.split(rb"(?m)^(?=\[\[waivers\]\])", waivers.read_bytes())
        named = re.compile(rb'(?m)^document = "%s"' % re.escape(doc_id.encode()))
        yield _if_less(waivers, parts, (part for part in parts if not named.search(part)))


class _Named(msgspec.Struct):
    doc_id: str = ""


class _Task(msgspec.Struct):
    data: _Named


def _if_less(path: Path, parts: list[bytes], kept: Iterable[bytes]) -> tuple[Path, bytes | None]:
    rest = list(kept)
    return path, b"".join(rest) if len(rest) < len(parts) else None


def _still_named(root: Path, doc_id: str) -> Iterator[Path]:
    """Text files of the project that still name the document, apart from the list and from what is generated."""
    for folder in ("annotation", "corpus/articles", "corpus/splits", "docs", "benchmarks"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and doc_id.encode() in path.read_bytes():
                yield path
