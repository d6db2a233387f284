"""Findings that are accepted: waivers with a reason, and baseline files of findings that were there before."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from strife.finding import Finding, Origin, Report
from strife.model import Document
from strife.stream import InputError
from strife.validate.draft import Draft

DEFAULT = Path("annotation") / "waivers.toml"


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that is right as it is: its code, document, quoted span (empty: the whole document) and why."""

    code: str
    document: str
    reason: str
    span: str = ""

    def covers(self, finding: Finding) -> bool:
        """Does the waiver name this finding?"""
        return (finding.code, finding.doc_id) == (self.code, self.document) and self.names(finding.quote or "")

    def names(self, quote: str) -> bool:
        """Does the waiver name these words? Of a long quote only the beginning is shown, and may be written."""
        return (
            self.span in ("", quote)
            or (quote.endswith("…") and self.span.startswith(quote[:-1]))
            or (self.span.endswith("…") and quote.startswith(self.span[:-1]))
        )


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The [[waivers]] of a TOML file. Raises InputError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        waivers = msgspec.convert(table.get("waivers", []), tuple[Waiver, ...])
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        expected = "[[waivers]] with code, document, reason and, if wished, span"
        raise InputError("FIL003", path, str(error), expected, "mend it") from error
    bare = [waiver.code for waiver in waivers if not waiver.reason.strip()]
    if bare:
        raise InputError("FIL003", path, f"a waiver of {bare[0]} without a reason", "a reason", "say why")
    return waivers


def waive(report: Report, waivers: Iterable[Waiver], path: Path) -> Report:
    """The report with waived findings set apart; a waiver that covers none is a finding (WVR001).

    Waivers of provenance (PRV) are not called idle: exports, which share the file with gold, do not carry the sources.
    """
    kept: list[Finding] = []
    waived: list[Finding] = []
    waivers = tuple(waivers)
    used: set[Waiver] = set()
    for finding in report.findings:
        covering = [waiver for waiver in waivers if waiver.covers(finding)]
        used.update(covering)
        (waived if covering else kept).append(finding)
    for waiver in waivers:
        if waiver not in used and not waiver.code.startswith("PRV"):
            found = f"a waiver of {waiver.code} {waiver.span!r} that waives nothing"
            draft = Draft("WVR001", found, "a finding that it covers", "delete it")
            kept.append(draft.finding(Document(waiver.document, ""), Origin(str(path))))
    return msgspec.structs.replace(report, findings=tuple(kept), waived=(*report.waived, *waived))


def baseline(report: Report) -> bytes:
    """The findings of a report as a baseline file: fingerprints with how often, code, document and words."""
    times = Counter(finding.fingerprint for finding in report.findings)
    entries = {
        f.fingerprint: {"times": times[f.fingerprint], "code": f.code, "document": f.doc_id, "quote": f.quote}
        for f in report.findings
    }
    table = {"about": "findings that were there before; written by `strife validate --write-baseline`"}
    content = {**table, "findings": dict(sorted(entries.items()))}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def without_known(report: Report, path: Path) -> Report:
    """The report with the findings of a baseline file set apart, each as often as it was there. Raises InputError."""
    try:
        table = json.loads(path.read_bytes())
        left = Counter({name: int(entry["times"]) for name, entry in table["findings"].items()})
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        do = "write it again with --write-baseline"
        raise InputError("FIL003", path, f"no baseline ({error!r})", "a file of --write-baseline", do) from error
    kept, known = [], []
    for finding in report.findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            known.append(finding)
        else:
            kept.append(finding)
    return msgspec.structs.replace(report, findings=tuple(kept), known=(*report.known, *known))
