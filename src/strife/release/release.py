"""A release: everything that belongs to a version, made from what is committed, or nothing.

What is written depends on the committed files, the version, and the pinned libraries (requirements/dev.lock) alone: no
clock, no order of files, no hash seed. The day of the release is that of the commit it is made from.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from strife.build import Built, adjudication_files, compute, write_built
from strife.dataset import made_with
from strife.finding import Finding
from strife.gates import hold
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.release.bump import Verdict, check_step, judge, numbers
from strife.release.diff import Diff, diff
from strife.release.diff_report import summary, verdict_on_test
from strife.release.sides import TAG, Side, checked_out, git, read_side
from strife.store import alone
from strife.validate import validate
from strife.validation import Options
from strife.validation import run as check
from strife.waivers import DEFAULT, read_waivers

CHANGELOG = "CHANGELOG.md"
LOCK = "requirements/dev.lock"
_SOURCES = ("corpus", "annotation")
_PAGES = ("README.md", "DATASHEET.md", CHANGELOG)
_SHOWN = 20  # findings


class ReleaseError(Refusal, ValueError):
    """A release cannot be made of this; nothing was written."""


class Released(NamedTuple):
    """What was made: the manifest, the comparison with the version before, and the files written."""

    manifest: dict[str, Any]
    difference: Diff
    verdict: Verdict
    files: tuple[str, ...]
    gates: int


def release(root: Path, version: str, ontology: Ontology, since: str | None = None) -> Released:
    """Make version `version` of the dataset of the project at `root`, in place.

    `since` is the version before (a tag or a commit); if not given, the newest tag `corpus-X.Y.Z` below the commit at
    hand, or that commit itself when there is none. Raises ReleaseError for a tree that is not clean or a version that
    is there already, VersionError for a wrong step, GateError for a missed gate, and what `compute` raises.
    """
    numbers(version)
    _check_libraries(root)
    with alone(root), TemporaryDirectory() as folder:
        before = _clean(root, version, since)
        stage = _staged(root, Path(folder))
        about = stage / "corpus" / "corpus.toml"
        about.write_text(_with_version(about, version, _day(root)), encoding="utf-8")
        _check_exports(stage, ontology)
        gates = hold(stage, ontology)
        built = compute(stage, ontology)
        _check_gold(built, stage, ontology)
        write_built(stage, built.files)
        with checked_out(before, root) as (name, old):
            found = diff(read_side(str(old), root)._replace(name=name), _side(stage, version))
        verdict = judge(found)
        check_step(found.old.version, version, verdict)
        output = built.files | {"corpus/corpus.toml": about.read_bytes()}
        output[CHANGELOG] = _changelog(stage / CHANGELOG, version, found, verdict).encode()
        last = output.pop("README.md")
        write_built(root, output | {"README.md": last})
    return Released(built.manifest, found, verdict, tuple(sorted(built.files)), gates)


def _staged(root: Path, stage: Path) -> Path:
    """A copy of what a release is made from and of what it changes: nothing is tried on the tree itself."""
    try:
        for name in _SOURCES:
            shutil.copytree(root / name, stage / name)
        for name in _PAGES:
            shutil.copy(root / name, stage)
    except (OSError, shutil.Error) as error:
        expected = f"{', '.join(f'{name}/' for name in _SOURCES)}, {', '.join(_PAGES)}"
        raise ReleaseError(f"{root.resolve()}: cannot be copied ({error}); expected {expected}") from error
    return stage


def _check_libraries(root: Path) -> None:
    """The libraries that decide about the bytes have to be those of the lock file."""
    lock = root / LOCK
    if not lock.is_file():
        return
    pinned = dict(re.findall(r"(?m)^([a-z-]+)==([^\s;]+)", lock.read_text(encoding="utf-8")))
    other = [
        f"{name} {here}, expected {pinned[name]}"
        for name, here in made_with().items()
        if name in pinned and pinned[name] != here
    ]
    if other:
        do = f"install {LOCK}; other versions write other bytes"
        raise ReleaseError(f"{'; '.join(other)}; {do}")


def _side(stage: Path, version: str) -> Side:
    return read_side(str(stage), stage)._replace(name=version)


def _clean(root: Path, version: str, since: str | None) -> str:
    """The revision of the version before, if the tree is clean and the version is not there yet."""
    status = git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    if status is None:
        raise ReleaseError(f"{root.resolve()}: no git repository; a release is made from what is committed")
    if status:
        lines = status.decode("utf-8", "replace").splitlines()
        some = "\n".join(lines[:_SHOWN])
        raise ReleaseError(f"{len(lines)} files are not as committed; commit or remove them first:\n{some}")
    if git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{TAG}{version}"):
        raise ReleaseError(f"the tag {TAG}{version} exists; a version is released once, and a tag is never moved")
    if since is not None:
        return since
    tags = git(root, "tag", "--list", f"{TAG}[0-9]*", "--merged", "HEAD") or b""
    versions = [tag.removeprefix(TAG) for tag in tags.decode().split()]
    known = [one for one in versions if re.fullmatch(r"\d+\.\d+\.\d+", one)]
    return TAG + max(known, key=numbers) if known else "HEAD"


def _day(root: Path) -> str:
    day = (git(root, "log", "-1", "--format=%cs") or b"").decode().strip()
    if not day:
        raise ReleaseError(f"{root.resolve()}: no commit yet; a release is made from what is committed")
    return day


def _with_version(path: Path, version: str, day: str) -> str:
    """corpus.toml with another version and day of release, all else untouched."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'(?m)^released = "[^"]*"\n', "", text)
    new, times = re.subn(r'(?m)^version = "[^"\n]*"$', f'version = "{version}"\nreleased = "{day}"', text)
    if times != 1:
        raise ReleaseError(f"{path.name}: {times} lines 'version = \"...\"'; expected one")
    return new


def _check_exports(stage: Path, ontology: Ontology) -> None:
    waivers = stage / DEFAULT
    options = Options(waivers=waivers if waivers.is_file() else None)
    curated, _ = adjudication_files(stage / "annotation" / "adjudication")
    _refuse_errors(check([stage / "annotation" / "exports", *curated], ontology, options).report.findings, stage)


def _check_gold(built: Built, stage: Path, ontology: Ontology) -> None:
    """Every rule on the documents that go out, those on splits too."""
    split_of = {document.doc_id: split for split, some in built.by_split.items() for document in some}
    documents = [document for some in built.by_split.values() for document in some]
    findings = validate(documents, ontology, split_of=split_of).findings
    path = stage / DEFAULT
    waivers = read_waivers(path) if path.is_file() else ()
    _refuse_errors([one for one in findings if not any(waiver.covers(one) for waiver in waivers)], stage)


def _refuse_errors(findings: Iterable[Finding], stage: Path) -> None:
    errors = [str(finding).replace(f"{stage}/", "") for finding in findings if finding.severity == "error"]
    if errors:
        more = f"\n… and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise ReleaseError(f"{len(errors)} validation errors; mend them first:\n" + "\n".join(errors[:_SHOWN]) + more)


def _changelog(path: Path, version: str, found: Diff, verdict: Verdict) -> str:
    """The changelog with an entry for the version: what stood under "Corpus, next", and what changed."""
    text = path.read_text(encoding="utf-8")
    lines = [f"- {line}." for line in summary(found)] or ["- No change of the data."]
    lines.append(f"- Since {found.old.version}, scores on test {verdict_on_test(verdict)}.")
    head, next_, rest = text.partition("## Corpus, next\n")
    if next_:
        notes, following, later = rest.partition("\n## ")
        entry = f"## Corpus {version}\n\n" + "\n".join([*filter(None, [notes.strip("\n")]), *lines]) + "\n"
        return head + entry + (following + later if following else "")
    entry = f"## Corpus {version}\n\n" + "\n".join(lines) + "\n"
    place = re.search(r"(?m)^## Corpus ", text)
    at = place.start() if place else len(text)
    return text[:at] + entry + ("\n" if place else "") + text[at:]
