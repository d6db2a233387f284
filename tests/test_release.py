"""A release: the same bytes in other surroundings, and everything that it refuses, on copies of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from strife.build import build
from strife.cli import app
from strife.gates import FILE
from strife.ontology import Ontology
from strife.release.bump import next_versions
from strife.release.release import Released, ReleaseError, release
from strife.release.sides import read_side
from strife.release.verify import verify
from strife.store import OutputError, alone
from tests.conftest import ROOT
from tests.test_build import snapshot
from tests.test_diff import git

LEFT = "sd-2025-01-11-wad-madani"  # put into no split at first, so that a release can add it
VERSION = re.search(r'(?m)^version = "(.+)"$', (ROOT / "corpus" / "corpus.toml").read_text("utf-8"))


assert VERSION is not None
STEPS = next_versions(VERSION[1])
MAJOR, MINOR, PATCH = STEPS["major"], STEPS["minor"], STEPS["patch"]


def commit(root: Path, message: str = "change") -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what a release is made from."""
    root = tmp_path_factory.mktemp("origin") / "project"
    for folder in ("corpus", "annotation", "requirements"):
        shutil.copytree(ROOT / folder, root / folder)
    for page in ("README.md", "DATASHEET.md", "CHANGELOG.md", "CITATION.cff", "croissant.json"):
        shutil.copy(ROOT / page, root)
    git(root, "init", "-q")
    commit(root)
    return root


@pytest.fixture
def project(origin: Path, tmp_path: Path) -> Path:
    shutil.copytree(origin, tmp_path / "project")
    return tmp_path / "project"


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def files(root: Path) -> dict[str, bytes]:
    return {name: content for name, content in snapshot(root).items() if not name.startswith(".git/")}


def refused(root: Path, version: str, message: str, *options: str) -> None:
    before = files(root)
    result = CliRunner().invoke(app, ["release", version, "--root", str(root), *options])
    assert result.exit_code == 2, result.output
    assert re.search(message, result.stderr), result.stderr
    assert files(root) == before


def drop_relation(root: Path, doc_id: str) -> None:
    """Take a relation on which both annotators of a document agree out of their annotations: a correction."""
    path = root / "annotation" / "exports" / "batch-001.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    (task,) = (task for task in tasks if task["data"]["doc_id"] == doc_id)
    found: list[dict[Any, Any]] = []
    for annotation in task["annotations"]:
        spans = {r["id"]: (r["value"]["start"], r["value"]["end"]) for r in annotation["result"] if "value" in r}
        located = [r for r in annotation["result"] if r["type"] == "relation" and r["labels"] == ["located_in"]]
        found.append({(spans[r["from_id"]], spans[r["to_id"]]): r for r in located})
    agreed = min(set.intersection(*map(set, found)))
    for annotation, of_span in zip(task["annotations"], found, strict=True):
        annotation["result"].remove(of_span[agreed])
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="module")
def corrected(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a correction in train, committed, and not yet released."""
    root = tmp_path_factory.mktemp("corrected") / "project"
    shutil.copytree(origin, root)
    drop_relation(root, LEFT)
    edit(
        root / "CHANGELOG.md",
        lambda text: re.sub(
            r"(?s)(## Corpus, next\n.*?\n)?## Corpus (?=\d)",
            "## Corpus, next\n\n- A note.\n\n## Corpus ",
            text,
            count=1,
        ),
    )
    commit(root)
    return root


@pytest.fixture(scope="module")
def released(corrected: Path, ontology: Ontology, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Released]:
    root = tmp_path_factory.mktemp("released") / "project"
    shutil.copytree(corrected, root)
    return root, release(root, PATCH, ontology)


@pytest.mark.release
def test_patch_is_whole(released: tuple[Path, Released], ontology: Ontology) -> None:
    root, made = released
    verified = verify(root)
    assert (verified.manifest.version, verified.problems) == (PATCH, ())
    assert (made.verdict.level, made.verdict.test) == ("patch", "same")
    assert [(c.layer, c.kind, c.type) for c in made.difference.changes] == [("relation", "removed", "located_in")]
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    entry = changelog[changelog.index(f"## Corpus {PATCH}\n") :].split("\n## ")[0]
    assert "- A note.\n- relation: 1 removed.\n- Since " in entry
    assert "## Corpus, next" not in changelog
    assert changelog.count("\n## Corpus ") == (ROOT / "CHANGELOG.md").read_text("utf-8").count("\n## Corpus ") + 1
    for page in ("DATASHEET.md", "corpus/card.md", "CITATION.cff", "croissant.json", "README.md"):
        assert PATCH in (root / page).read_text(encoding="utf-8"), page
    assert f"v{PATCH}" in (root / "corpus" / "card.md").read_text(encoding="utf-8")
    # What a release wrote is what a build of it gives.
    build(root, root.parent / "again", ontology)
    again = files(root.parent / "again")
    assert {name: files(root)[name] for name in again} == again


SURROUNDINGS = {
    "PYTHONHASHSEED": "77",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
}


@pytest.mark.release
def test_fresh_process_elsewhere_gives_the_same_bytes(
    corrected: Path, released: tuple[Path, Released], tmp_path: Path
) -> None:
    root = tmp_path / "another name"
    shutil.copytree(corrected, root)
    run = [sys.executable, "-m", "strife.cli", "release", PATCH, "--root", str(root)]
    done = subprocess.run(run, env=os.environ | SURROUNDINGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert files(root) == files(released[0])


@pytest.mark.release
def test_order_of_the_input_does_not_matter(
    corrected: Path, released: tuple[Path, Released], tmp_path: Path, ontology: Ontology
) -> None:
    root = tmp_path / "project"
    shutil.copytree(corrected, root)
    for path in (root / "annotation").rglob("*.json"):
        tasks = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(tasks[::-1], ensure_ascii=False), encoding="utf-8")
    for path in (root / "corpus" / "splits").glob("*.txt"):
        path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[::-1]), encoding="utf-8")
    build(root, root, ontology)
    made, expected = files(root), files(released[0])
    # The version is another, so text that names it is: the data are the same, to the byte.
    parquet = [name for name in expected if name.endswith((".parquet", ".jsonl", ".tsv"))]
    assert len(parquet) >= 14
    for name in parquet:
        assert made[name] == expected[name], name


def test_dirty_tree_is_refused(project: Path) -> None:
    (project / "corpus" / "stray.txt").write_text("mine", encoding="utf-8")
    refused(project, PATCH, r"1 files are not as committed.*\n\?\? corpus/stray.txt")


@pytest.mark.release
def test_folder_without_repository_or_commit_is_refused(project: Path) -> None:
    shutil.rmtree(project / ".git")
    refused(project, PATCH, "no git repository")
    git(project, "init", "-q")
    (project / ".gitignore").write_text("*\n", encoding="utf-8")
    refused(project, PATCH, "no commit yet")


def test_project_without_its_pages_is_refused(project: Path) -> None:
    (project / "CHANGELOG.md").unlink()
    commit(project)
    refused(project, PATCH, r"CHANGELOG\.md.*expected corpus/, annotation/, README\.md")


@pytest.mark.release
@pytest.mark.parametrize("version", ["1", "v1.0.0", "1.0.0-rc.1", "9.0.0"])
def test_wrong_version_is_refused(version: str, project: Path) -> None:
    refused(project, version, "expected")


def test_version_that_is_there_is_refused(project: Path) -> None:
    git(project, "tag", f"corpus-{PATCH}")
    refused(project, PATCH, f"the tag corpus-{PATCH} exists")


@pytest.mark.release
def test_step_that_is_too_small_is_refused_and_the_newest_tag_counts(project: Path, ontology: Ontology) -> None:
    git(project, "tag", "corpus-0.0.9")
    git(project, "tag", "corpus-0.0.10")
    git(project, "tag", "corpus-next")
    for split, rest in (("train", "\n"), ("validation", f"\n{LEFT}\n")):
        edit(
            project / "corpus" / "splits" / f"{split}.txt", lambda text, rest=rest: text.replace(f"{LEFT}\n", "") + rest
        )
    commit(project)
    refused(
        project, PATCH, f"{PATCH} does not follow .*expected {MAJOR} .major.*\n- {LEFT} moved to validation from train"
    )
    made = release(project, MAJOR, ontology)
    assert made.difference.old.name == "corpus-0.0.10"
    assert made.verdict.level == "major"


def test_validation_error_is_refused(project: Path) -> None:
    edit(next((project / "annotation" / "exports").glob("*.json")), lambda text: text.replace('"GPE"', '"XYZ"', 1))
    commit(project)
    refused(project, PATCH, r"\d validation errors; mend them first:\nONT301 .*XYZ")


@pytest.mark.release
def test_leak_between_splits_is_refused(project: Path, ontology: Ontology) -> None:
    """A near-duplicate under another event: a copy with a few words changed, put into another split."""
    articles = project / "corpus" / "articles"
    copy = (articles / f"{LEFT}.toml").read_text(encoding="utf-8").replace(LEFT, "zz-copy").replace(" the ", " teh ")
    (articles / "zz-copy.toml").write_text(copy, encoding="utf-8")
    edit(project / "corpus" / "splits" / "test.txt", lambda text: text + "zz-copy\n")
    path = project / "annotation" / "exports" / "batch-001.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    twin: Any = json.loads(json.dumps(next(t for t in tasks if t["data"]["doc_id"] == LEFT)))
    twin["id"], twin["data"]["doc_id"] = 999, "zz-copy"
    twin["data"]["text"] = twin["data"]["text"].replace(" the ", " teh ")
    one, other = twin["annotations"]
    other["result"] = one["result"]  # its annotators agree, so nothing has to be decided
    path.write_text(json.dumps([*tasks, twin], ensure_ascii=False), encoding="utf-8")
    commit(project)
    refused(project, MAJOR, "COR901 zz-copy.*runs of 3 words are shared")


def write_gates(project: Path, content: str) -> None:
    (project / FILE).write_text(content, encoding="utf-8")
    commit(project)


@pytest.mark.release
def test_missed_gate_is_refused_unless_waived_with_a_reason(project: Path, ontology: Ontology) -> None:
    gates = '[gates]\n"entities.exact" = 0.5\n"relations.exact" = 0.99\n'
    write_gates(project, gates)
    refused(project, PATCH, r"gate relations\.exact: 0\.\d{3}.*expected 0\.990 or more; annotate again, or waive it")
    write_gates(project, gates + '[waivers]\n"relations.exact" = "a first batch"\n')
    release(project, PATCH, ontology)
    manifest = json.loads((project / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    assert manifest["waivers"] == [{"gate": "relations.exact", "reason": "a first batch"}]
    assert "- relations.exact: a first batch" in (project / "DATASHEET.md").read_text(encoding="utf-8")
    commit(project)
    write_gates(project, '[gates]\n"entities.exact" = 0.5\n[waivers]\n"entities.exact" = "why"\n')
    following = ".".join([*PATCH.split(".")[:2], str(int(PATCH.split(".")[2]) + 1)])
    refused(project, following, "the waiver of entities.exact waives nothing")


@pytest.mark.release
def test_other_libraries_than_the_pinned_are_refused(project: Path) -> None:
    edit(project / "requirements" / "dev.lock", lambda text: re.sub(r"(?m)^pyarrow==\S+", "pyarrow==1.0.0", text))
    commit(project)
    refused(project, PATCH, r"pyarrow .*, expected 1\.0\.0; install requirements/dev.lock")


def test_two_releases_at_once_and_a_broken_corpus_file_are_refused(project: Path, ontology: Ontology) -> None:
    with alone(project), pytest.raises(OutputError, match="another process"):
        release(project, PATCH, ontology)
    edit(project / "corpus" / "corpus.toml", lambda text: text.replace("version =", "version  ="))
    commit(project)
    with pytest.raises(ReleaseError, match="0 lines 'version"):
        release(project, PATCH, ontology)


def test_release_of_the_version_before_is_read_by_its_tag(released: tuple[Path, Released]) -> None:
    root, _ = released
    old = read_side("HEAD", root)
    assert old.version != PATCH
    assert old.documents.keys() == read_side(str(root), root).documents.keys()
