"""The rules of versions: what a change asks for, and whether scores on test remain comparable (docs/releases.md)."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from strife.model import Document
from strife.refusal import Refusal
from strife.release.diff import Change, Diff

Level = Literal["patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
FIRST = "1.0.0"  # follows every version before it
CORRECTED = 0.01  # share of the spans of test that a patch may correct
_ANNOTATION = ("mention", "event", "argument", "attribute", "relation", "chain")


class VersionError(Refusal, ValueError):
    """The version is no legal successor of the one before."""


class Verdict(NamedTuple):
    """The smallest legal step with the reasons for it, and what became of test."""

    level: Level
    reasons: tuple[str, ...]
    test: Literal["same", "rescore", "changed"]
    test_detail: str


def judge(diff: Diff) -> Verdict:
    """What the changes ask for."""
    test, detail, share = _test(diff)
    found = [(level, reason) for change in diff.changes for level, reason in _asks(change)]
    if test == "rescore" and share >= CORRECTED:
        found.append(("major", f"{detail}: {CORRECTED:.0%} of the spans of test or more"))
    level: Level = max((level for level, _ in found), key=LEVELS.index, default="patch")
    reasons = tuple(dict.fromkeys(reason for one, reason in found if one == level))
    less = "annotation or metadata only" if diff.changes else "no change"
    return Verdict(level, reasons or (less,), test, detail)


def _asks(change: Change) -> Iterator[tuple[Level, str]]:
    """What one change asks for, if more than a patch, and why."""
    match change.layer, change.kind:
        case "columns", "added":
            yield "minor", f"{change.type} added"
        case "columns", _:
            yield "major", f"{change.type} {change.kind}" + (f" ({change.detail})" if change.detail else "")
        case "text", _:
            yield "major", f"text of {change.doc_id} changed, so its offsets are others"
        case "document", "moved":
            yield "major", f"{change.doc_id} moved to {change.split} {change.detail}"
        case "document", "added" if change.split == "test":
            yield "major", f"{change.doc_id} added to test"
        case "document", "added":
            yield "minor", f"documents added to {change.split}"
        case "document", "removed" if not change.detail:
            yield "major", f"{change.doc_id} removed from {change.split} without being on the removal list"


def _test(diff: Diff) -> tuple[Literal["same", "rescore", "changed"], str, float]:
    """What became of test: whether scores remain comparable, the words for it, and the share of spans touched."""
    old, new = (_split(side.documents, "test") for side in (diff.old, diff.new))
    if old.keys() != new.keys() or any(old[id].text != new[id].text for id in old):
        return "changed", "the documents or texts of test are others", 1.0
    touched = {
        (change.doc_id, change.start, change.end, change.detail if change.layer == "argument" else "")
        for change in diff.changes
        if change.split == "test" and change.layer in ("mention", "event", "argument", "attribute")
    }
    corrected = any(change.split == "test" and change.layer in _ANNOTATION for change in diff.changes)
    total = sum(len(document.items) for document in old.values())
    share = len(touched) / total if total else 0.0
    if not corrected:
        return "same", f"all {total} spans of test are as they were", 0.0
    return "rescore", f"{len(touched)} of {total} spans of test are touched ({share:.1%})", share


def _split(documents: dict[str, tuple[str, Document]], split: str) -> dict[str, Document]:
    return {doc_id: document for doc_id, (home, document) in documents.items() if home == split}


def numbers(version: str) -> tuple[int, int, int]:
    """The three numbers of a version. Raises VersionError."""
    match = re.fullmatch(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", version)
    if match is None:
        raise VersionError(
            f"{version!r} is no version; expected three numbers as in 1.2.0; load_dataset takes no other"
        )
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def next_versions(version: str) -> dict[Level, str]:
    """The successors of a version, by their level. Before 1.0.0 a major change is a minor step."""
    major, minor, patch = numbers(version)
    next_minor = f"{major}.{minor + 1}.0"
    return {
        "patch": f"{major}.{minor}.{patch + 1}",
        "minor": next_minor,
        "major": f"{major + 1}.0.0" if major else next_minor,
    }


def check_step(old: str, new: str, verdict: Verdict) -> None:
    """Raise VersionError unless `new` follows `old` by one step that is at least as large as the changes ask for."""
    numbers(new)
    legal = {name: one for name, one in next_versions(old).items() if LEVELS.index(name) >= LEVELS.index(verdict.level)}
    if new not in legal.values() and (numbers(old)[0] or new != FIRST):
        reasons = "\n".join(f"- {reason}" for reason in verdict.reasons)
        expected = " or ".join(f"{one} ({name})" for name, one in legal.items())
        raise VersionError(f"{new} does not follow {old}; expected {expected}, because of\n{reasons}")
