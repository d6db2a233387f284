"""Findings: what is wrong, where, what was expected, and what to do about it.

A rule is a permanent code with a severity and a title; a finding is one place where it does not hold.
Nothing here prints: a report is a value, rendered as text or JSON by whoever shows it.
"""

import json
from collections import Counter
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]


class Rule(msgspec.Struct, frozen=True):
    """One thing that has to hold. `code` is three letters and three digits and never changes its meaning."""

    code: str
    slug: str
    severity: Severity
    title: str


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a document was read: the file, and in a Label Studio export the task, annotation and annotator."""

    file: str = ""
    task: int | None = None
    annotation: int | None = None
    annotator: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        for name in ("task", "annotation", "annotator"):
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{name} {value}")
        return " ".join(part for part in parts if part)


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One broken rule at one place. Offsets are half-open code points; `quote` is the text there."""

    code: str
    severity: Severity
    doc_id: str
    found: str
    expected: str
    do: str
    item: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    origin: Origin = Origin()

    def __str__(self) -> str:
        place = f" [{self.start}:{self.end}]" if self.start is not None else ""
        quote = f" {json.dumps(self.quote, ensure_ascii=False)}" if self.quote is not None else ""
        return f"{self.code} {self.doc_id}{place}{quote}: {self.found}; expected {self.expected}; {self.do}"


class Report(msgspec.Struct, frozen=True):
    """Everything found in a set of documents."""

    findings: tuple[Finding, ...]
    documents: int

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    def as_text(self) -> str:
        """The findings, grouped by where they were read, and a summary by rule."""
        lines: list[str] = []
        origin: Origin | None = None
        for finding in self.findings:
            if finding.origin != origin:
                origin = finding.origin
                lines.append(f"{origin}".strip() or "documents")
            lines.append(f"  {finding.severity:<7} {finding}")
        counts = Counter((finding.code, finding.severity) for finding in self.findings)
        lines += [f"{number:>6} {code} {severity}" for (code, severity), number in sorted(counts.items())]
        lines.append(f"{self.documents} documents: {self.errors} errors, {self.warnings} warnings")
        return "\n".join(lines)

    def as_json(self) -> str:
        """The report as one JSON object."""
        table = {
            "documents": self.documents,
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": msgspec.to_builtins(self.findings),
        }
        return json.dumps(table, ensure_ascii=False, indent=1)
