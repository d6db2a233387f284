"""What `strife validate` does: choose rules, check files, apply waivers and baselines, mend what is safe to mend."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from strife.check import Checked, check_paths, read_split_lists
from strife.ontology import Ontology
from strife.store import write_whole
from strife.validate import ACROSS, BY_CODE, chosen
from strife.waivers import DEFAULT, baseline, read_waivers, waive, without_known

if TYPE_CHECKING:
    from strife.mend import Mended


class Options(NamedTuple):
    """What is checked, and what is accepted."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_document: bool = False
    splits: Path | None = None
    waivers: Path | None = None
    baseline: Path | None = None
    write_baseline: Path | None = None


NOTHING = Options()


def run(paths: Iterable[Path], ontology: Ontology, options: Options = NOTHING) -> Checked:
    """Check files and folders. Raises InputError, UnknownRule, OutputError."""
    codes = chosen(options.select, (*options.ignore, *ontology.policy.ignore)) - (
        ACROSS if options.per_document else frozenset()
    )
    split_of = read_split_lists(options.splits) if options.splits else None
    path = _waivers_file(options)
    waivers = read_waivers(path) if path is not None else ()
    asked = frozenset(waiver.document for waiver in waivers)
    report, states, doc_ids = check_paths(paths, ontology, codes, split_of, asked)
    if path is not None:
        # A waiver of a document or a rule that was not asked for waives nothing, and is no fault.
        told = [w for w in waivers if w.document in doc_ids and (w.code in codes or w.code not in BY_CODE)]
        report = waive(report, told, path)
        kept = tuple(finding for finding in report.findings if finding.code in codes)
        report = msgspec.structs.replace(report, findings=kept)
    if options.baseline is not None:
        report = without_known(report, options.baseline)
    if options.write_baseline is not None:
        write_whole({options.write_baseline: baseline(report)})
    return Checked(report, states, doc_ids)


def mend(
    paths: Iterable[Path], ontology: Ontology, options: Options = NOTHING, out: Path | None = None, write: bool = True
) -> "Mended":
    """Mend what is safe to mend, of the rules chosen, but for what is waived. Raises as `run` does."""
    from strife.mend import Chosen
    from strife.mend import mend as mend_files

    path = _waivers_file(options)
    fixes = Chosen(chosen(options.select, options.ignore), read_waivers(path) if path else ())
    return mend_files(paths, ontology, fixes, out, write)


def _waivers_file(options: Options) -> Path | None:
    return options.waivers or (DEFAULT if DEFAULT.is_file() else None)
