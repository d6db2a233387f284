"""A comparison for people (text, Markdown) and for programs (JSON)."""

import json
from collections import Counter
from collections.abc import Sequence

from strife.release.bump import Verdict, next_versions
from strife.release.diff import Change, Diff

_KINDS = ("added", "removed", "moved", "relabelled", "changed")
_TEST = {
    "same": "remain comparable",
    "rescore": "are comparable once stored predictions are scored again",
    "changed": "are not comparable: predict and score again",
}


def as_text(diff: Diff, verdict: Verdict) -> str:
    """Every change by document, the counts by type, and the verdict."""
    lines = [f"{diff.old.name} ({diff.old.version}) to {diff.new.name} ({diff.new.version})"]
    home = ""
    for change in diff.changes:
        if change.doc_id != home:
            home = change.doc_id
            lines += ["", f"{change.split}: {home}"]
        lines.append(f"  {change}")
    lines += ["", *_table(diff.changes)] if diff.changes else ["", "no change"]
    return "\n".join([*lines, "", *_verdict(diff, verdict)])


def _table(changes: Sequence[Change]) -> list[str]:
    counts = Counter((change.layer, change.type, change.kind) for change in changes)
    rows = sorted({key[:2] for key in counts}, key=lambda row: (_layer(changes, row[0]), row[1]))
    width = max(len(f"{layer} {type}") for layer, type in rows)
    lines = [" " * width + "".join(f"{kind:>12}" for kind in _KINDS)]
    for layer, type in rows:
        cells = "".join(f"{counts[layer, type, kind] or '':>12}" for kind in _KINDS)
        lines.append(f"{f'{layer} {type}':<{width}}{cells}".rstrip())
    return lines


def _layer(changes: Sequence[Change], layer: str) -> int:
    return next(number for number, change in enumerate(changes) if change.layer == layer)


def _verdict(diff: Diff, verdict: Verdict) -> list[str]:
    return [
        f"smallest legal step: {verdict.level}{_to(diff, verdict)}",
        *(f"- {reason}" for reason in verdict.reasons),
        f"scores on test {verdict_on_test(verdict)}",
    ]


def _to(diff: Diff, verdict: Verdict) -> str:
    try:
        return f", {next_versions(diff.old.version)[verdict.level]}"
    except ValueError:  # a side that is no release
        return ""


def as_markdown(diff: Diff, verdict: Verdict) -> str:
    """The counts and the verdict, for a changelog or a review."""
    counts = Counter((change.layer, change.type, change.kind) for change in diff.changes)
    rows = sorted({key[:2] for key in counts}, key=lambda row: (_layer(diff.changes, row[0]), row[1]))
    table = [f"| | {' | '.join(_KINDS)} |", "|---" * (len(_KINDS) + 1) + "|"]
    for layer, type in rows:
        table.append(f"| {layer} {type} | {' | '.join(str(counts[layer, type, kind] or '') for kind in _KINDS)} |")
    head = f"**{diff.old.version} to {diff.new.version}**"
    return "\n".join([head, "", *(table if rows else ["No change."]), "", *_bullets(diff, verdict)]) + "\n"


def _bullets(diff: Diff, verdict: Verdict) -> list[str]:
    step, *rest = _verdict(diff, verdict)
    return [f"- {step}", *(f"  {one}" for one in rest[:-1]), f"- {rest[-1]}"]


def verdict_on_test(verdict: Verdict) -> str:
    """What became of scores on test, as the end of a sentence that begins with them."""
    return f"{_TEST[verdict.test]}: {verdict.test_detail}"


def summary(diff: Diff) -> list[str]:
    """The changes in a few lines, for the changelog: documents by split, spans and the rest by layer."""
    lines = []
    for change in diff.changes:
        if change.layer == "columns":
            lines.append(f"{change.type} {change.kind}" + (f" ({change.detail})" if change.detail else ""))
    documents = Counter((change.split, change.kind) for change in diff.changes if change.layer == "document")
    lines += [f"{number} documents {kind}: {split}" for (split, kind), number in sorted(documents.items())]
    others = Counter(
        (change.layer, change.kind) for change in diff.changes if change.layer not in ("columns", "document")
    )
    for layer in dict.fromkeys(layer for layer, _ in others):
        kinds = ", ".join(f"{others[layer, kind]} {kind}" for kind in _KINDS if others[layer, kind])
        lines.append(f"{layer}: {kinds}")
    return lines


def as_json(diff: Diff, verdict: Verdict) -> str:
    """Everything, as one JSON object."""
    table = {
        "old": {"name": diff.old.name, "version": diff.old.version},
        "new": {"name": diff.new.name, "version": diff.new.version},
        "step": verdict.level,
        "reasons": verdict.reasons,
        "test": {"scores": verdict.test, "detail": verdict.test_detail},
        "changes": [change._asdict() for change in diff.changes],
    }
    return json.dumps(table, ensure_ascii=False, indent=1)
