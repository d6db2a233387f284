"""Findings: what is wrong, where, what was expected, and what to do about it.

A rule is a permanent code with a severity and a page; a finding is one place where it does not hold. Nothing here
prints or reads: a report is a value, rendered by `strife.report`.
"""

import hashlib
import re
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that has to hold. `code` is three letters and three digits and never changes its meaning."""

    code: str
    slug: str
    level: int
    severity: Severity
    title: str
    why: str
    wrong: str
    right: str
    fix: Literal["none", "safe"] = "none"


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a document was read: the file (and line), and in an export the project, task, annotation, annotator."""

    file: str = ""
    line: int | None = None
    project: int | None = None
    task: int | None = None
    annotation: int | None = None
    annotator: str | None = None

    def __str__(self) -> str:
        named = ((name, getattr(self, name)) for name in ("line", "task", "annotation", "annotator"))
        return ", ".join([self.file or "document", *(f"{name} {value}" for name, value in named if value is not None)])

    def link(self, server: str) -> str | None:
        """The address of the task in the editor of a Label Studio server, when the export names its project."""
        if self.project is None or self.task is None:
            return None
        chosen = f"&annotation={self.annotation}" if self.annotation is not None else ""
        return f"{server.rstrip('/')}/projects/{self.project}/data?task={self.task}{chosen}"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One broken rule at one place.

    Offsets are half-open code points; `quote` is the text there, `before` and `after` what stands beside it in its
    line, `line` the number of that line in the text (from 1). All are None where a finding has no place.
    """

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
    before: str | None = None
    after: str | None = None
    line: int | None = None
    origin: Origin | None = None

    def __str__(self) -> str:
        place = f" [{self.start}:{self.end}]" if self.start is not None else ""
        quote = f' "{self.quote}"' if self.quote is not None else ""
        return f"{self.code} {self.doc_id}{place}{quote}: {self.found}; expected {self.expected}; {self.do}"

    @property
    def fingerprint(self) -> str:
        """Names the finding across edits elsewhere in the text: rule, document, annotator, words and what was found.

        Numbers in what was found are left out: some are positions, which move.
        """
        annotator = self.origin.annotator if self.origin else None
        parts = (self.code, self.doc_id, annotator or "", self.quote or "", re.sub(r"\d+", "#", self.found))
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Report(msgspec.Struct, frozen=True):
    """Everything found in a set of documents.

    `findings` are those that count; `waived` and `known` were found too, but a waiver or a baseline file covers them.
    """

    findings: tuple[Finding, ...]
    documents: int
    waived: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors
