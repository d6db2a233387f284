"""Reports for people and for machines: terminal, JSON, JSON Lines, SARIF 2.1.0, GitHub annotations."""

import json
from collections import Counter
from typing import Any

import msgspec

from strife.finding import Finding, Report, Rule

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RED, _YELLOW, _BOLD, _DIM, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def as_text(report: Report, colour: bool = False, server: str | None = None) -> str:
    """For a terminal: findings grouped by where they were read, quoted in their line; sums by rule and annotator."""

    def paint(text: str, code: str) -> str:
        return f"{code}{text}{_PLAIN}" if colour and text else text

    lines: list[str] = []
    place = None
    for finding in report.findings:
        where = one_line(f"{finding.origin or 'document'}, {finding.doc_id}")
        if where != place:
            place = where
            link = finding.origin.link(server) if finding.origin and server else None
            lines += ["", paint(where, _BOLD) + (f"  {link}" if link else "")]
        severity = paint(f"{finding.severity:<7}", _RED if finding.severity == "error" else _YELLOW)
        at = f"[{finding.start}:{finding.end}] " if finding.start is not None else ""
        lines.append(f"  {severity} {paint(finding.code, _BOLD)} {at}{one_line(finding.found)}")
        if finding.quote is not None:
            quote = paint(f"[{one_line(finding.quote)}]", _RED if finding.severity == "error" else _YELLOW)
            lines.append(f"          {one_line(finding.before)}{quote}{one_line(finding.after)}")
        lines.append(paint(f"          expected {one_line(f'{finding.expected}; {finding.do}')}", _DIM))
    return "\n".join([*lines, "", *_sums(report)]).lstrip("\n")


def one_line(text: str | None) -> str:
    """The text with its line breaks and control characters shown as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text or "")


def _sums(report: Report) -> list[str]:
    by_rule = Counter((finding.code, finding.severity) for finding in report.findings)
    lines = [f"{times:>6}  {code} {severity}" for (code, severity), times in sorted(by_rule.items())]
    who = Counter(
        finding.origin.annotator for finding in report.findings if finding.origin and finding.origin.annotator
    )
    if len(who) > 1 or (who and len(report.findings) > 1):
        lines += [f"{times:>6}  by annotator {one_line(name)}" for name, times in sorted(who.items(), key=str)]
    covered = [f"{len(some)} {name}" for some, name in ((report.waived, "waived"), (report.known, "known")) if some]
    total = f"{report.documents} documents: {report.errors} errors, {report.warnings} warnings"
    return [*lines, ", ".join([total, *covered])]


def as_json(report: Report, server: str | None = None) -> str:
    """One JSON object: counts and findings."""
    table = {
        "documents": report.documents,
        "errors": report.errors,
        "warnings": report.warnings,
        "waived": len(report.waived),
        "known": len(report.known),
        "findings": [_plain(finding, server) for finding in report.findings],
    }
    return _writable(json.dumps(table, ensure_ascii=False, indent=1))


def as_json_lines(report: Report, server: str | None = None) -> str:
    """One finding a line."""
    return _writable("\n".join(json.dumps(_plain(finding, server), ensure_ascii=False) for finding in report.findings))


def _writable(text: str) -> str:
    """The text as UTF-8 can hold it: a file name that is no Unicode is shown by escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(finding: Finding, server: str | None) -> dict[str, Any]:
    table: dict[str, Any] = msgspec.to_builtins(finding)
    link = finding.origin.link(server) if finding.origin and server else None
    return {**table, "fingerprint": finding.fingerprint, **({"link": link} if link else {})}


def as_sarif(report: Report, rules: tuple[Rule, ...], server: str | None = None) -> str:
    """SARIF 2.1.0 (OASIS). Offsets are those of the text, not of the file, so they stand under properties."""
    used = {finding.code for finding in report.findings}
    described = [rule for rule in rules if rule.code in used]
    index = {rule.code: n for n, rule in enumerate(described)}
    driver = {
        "name": "strife",
        "version": _version(),
        "rules": [
            {
                "id": rule.code,
                "name": rule.slug,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in described
        ],
    }
    results = [_sarif_result(finding, index[finding.code], server) for finding in report.findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    table = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return _writable(json.dumps(table, ensure_ascii=False, indent=1))


def _version() -> str:
    from importlib.metadata import version  # slow to import

    return version("strife")


def _sarif_result(finding: Finding, rule: int, server: str | None) -> dict[str, Any]:
    origin = finding.origin
    file = origin.file if origin else ""
    line = (origin.line if origin else None) or 1
    logical = {"name": finding.doc_id, "fullyQualifiedName": str(origin or finding.doc_id), "kind": "object"}
    physical = {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}}
    location = {"logicalLocations": [logical], **({"physicalLocation": physical} if file else {})}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": str(finding)},
        "locations": [location],
        "partialFingerprints": {"strife/v1": finding.fingerprint},
        "properties": _plain(finding, server),
    }


def _uri(file: str) -> str:
    from urllib.parse import quote

    return quote(file.replace("\\", "/"), errors="surrogateescape")


def as_github(report: Report) -> str:
    """Workflow commands that GitHub shows as annotations of a pull request."""

    def escape(text: str, extra: str = "") -> str:
        for character in "%\r\n" + extra:
            text = text.replace(character, f"%{ord(character):02X}")
        return text

    lines = []
    for finding in report.findings:
        origin = finding.origin
        file = f"file={escape(origin.file, ':,')},line={origin.line or 1}," if origin and origin.file else ""
        lines.append(f"::{finding.severity} {file}title={finding.code}::{escape(str(finding))}")
    return _writable("\n".join(lines))
