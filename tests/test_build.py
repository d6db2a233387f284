"""The build: from a project to a dataset that `load_dataset` opens, and what is refused before anything changes."""

import hashlib
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

from strife.articles import ArticleError, read_articles
from strife.build import build, read_splits, readme_body
from strife.dataset import CONFIGS, SPLITS, rows
from strife.dataset_reader import from_row, load_documents
from strife.gold import GoldError
from strife.labelstudio.tasks import results, task
from strife.model import Document, encode
from strife.ontology import Ontology
from strife.store import OutputError, alone, read_documents
from strife.stream import InputError
from tests.conftest import ROOT

CHANGED = "th-2019-11-05-yala-checkpoint"
FEW = {
    "train": [CHANGED],
    "validation": ["ng-2020-12-11-kankara"],
    "test": ["cd-2025-01-27-goma"],
}


def copy(target: Path) -> Path:
    for folder in ("corpus", "annotation"):
        shutil.copytree(ROOT / folder, target / folder)
    for page in ("README.md", "DATASHEET.md"):
        shutil.copy(ROOT / page, target)
    return target


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the committed project."""
    return copy(tmp_path / "project")


@pytest.fixture
def small(project: Path) -> Path:
    """The same with three of its articles and without what was built."""
    for built in (*CONFIGS, "standoff", "gold.jsonl", "MANIFEST.json"):
        path = project / "corpus" / built
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    kept = [doc_id for members in FEW.values() for doc_id in members]
    for article in (project / "corpus" / "articles").iterdir():
        if article.stem not in kept:
            article.unlink()
    for split, members in FEW.items():
        (project / "corpus" / "splits" / f"{split}.txt").write_text("\n".join(members), encoding="utf-8")
    for export in (project / "annotation").rglob("*.json"):
        edit(export, lambda tasks: [task for task in tasks if task["data"]["doc_id"] in kept])
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    out = tmp_path_factory.mktemp("built")
    build(ROOT, out, ontology)
    return out


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def gold(root: Path) -> dict[str, Document]:
    return {document.doc_id: document for document in read_documents(root / "corpus" / "gold.jsonl")}


def test_manifest_describes_every_file(built: Path) -> None:
    manifest = json.loads((built / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    named = set()
    for config in manifest["configs"].values():
        for entry in config["splits"].values():
            content = (built / entry["file"]).read_bytes()
            assert entry["sha256"] == hashlib.sha256(content).hexdigest()
            assert entry["bytes"] == len(content)
            named.add(entry["file"])
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == digest
        named.add(name)
    pages = {"README.md", "DATASHEET.md", "corpus/card.md"}
    assert named | {"corpus/MANIFEST.json"} | pages == set(snapshot(built))


def test_manifest_counts_what_gold_holds(built: Path) -> None:
    manifest = json.loads((built / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    splits = read_splits(ROOT / "corpus" / "splits", read_articles(ROOT / "corpus" / "articles"))
    documents = gold(built)
    assert manifest["texts"] == {d.doc_id: hashlib.sha256(d.text.encode()).hexdigest() for d in documents.values()}
    for split, members in splits.items():
        counts = manifest["counts"][split]
        inside = [documents[doc_id] for doc_id in members]
        assert counts["documents"] == len(inside)
        assert counts["entities"] == sum(len(d.entities) for d in inside) == sum(counts["entity_types"].values())
        assert counts["events"] == sum(len(d.events) for d in inside) == sum(counts["event_types"].values())
        assert counts["arguments"] == sum(len(event.arguments) for d in inside for event in d.events)
        assert counts["relations"] == sum(len(d.relations) for d in inside)


def test_building_twice_and_in_place_gives_the_same_bytes(project: Path, built: Path, ontology: Ontology) -> None:
    build(project, project, ontology)
    again = snapshot(project)
    assert {name: again[name] for name in snapshot(built)} == snapshot(built)


def test_readme_body_stays_under_its_new_head(small: Path, ontology: Ontology) -> None:
    body = "\n# Ä title\n\n---\n\nA rule above is no end of the head.\n"
    (small / "README.md").write_text(f"---\nold: head\n---\n{body}", encoding="utf-8")
    build(small, small, ontology)
    assert readme_body(small) == body
    assert "old: head" not in (small / "README.md").read_text(encoding="utf-8")


def test_readme_without_head_is_all_body(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Title\n\n---\n\nText\n", encoding="utf-8")
    assert readme_body(tmp_path) == "# Title\n\n---\n\nText\n"


def test_default_config_is_the_gold_documents(built: Path) -> None:
    from datasets import load_dataset

    data = load_dataset(str(built))
    documents = gold(built)
    assert set(data) == set(SPLITS)
    for split in SPLITS:
        for row in data[split]:
            document = documents.pop(row["doc_id"])
            assert encode(from_row(row, data[split].features)) == encode(document)
    assert not documents


@pytest.mark.parametrize("config", ["entities", "events", "relations"])
def test_config_holds_the_rows_of_gold(config: str, built: Path, ontology: Ontology) -> None:
    from datasets import load_dataset

    data = load_dataset(str(built), config)
    documents = gold(built)
    splits = read_splits(ROOT / "corpus" / "splits", read_articles(ROOT / "corpus" / "articles"))
    for split, members in splits.items():
        kinds = data[split].features
        expected = [row for doc_id in sorted(members) for row in rows(config, documents[doc_id], ontology)]
        assert list(data[split]) == [kinds.encode_example(row) for row in expected]


FRESH = """
import sys
from pathlib import Path
from strife.dataset_reader import load_documents
from strife.model import encode
for document in load_documents(Path(sys.argv[1]), "train"):
    sys.stdout.buffer.write(encode(document) + b"\\n")
"""


def build_with_equal_sizes(root: Path, ontology: Ontology) -> None:
    """Build; then file sizes, by which a changed dataset mostly is another one for the cache, tell nothing."""
    build(root, root, ontology)
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"\b(num_bytes|\w+_size): \d+", r"\1: 1", text), encoding="utf-8")


@pytest.mark.release
def test_changed_annotation_is_not_hidden_by_the_cache(project: Path, ontology: Ontology) -> None:
    import datasets

    build_with_equal_sizes(project, ontology)
    before = {document.doc_id: document for document in load_documents(project, "train")}

    def relabel(tasks: Any) -> Any:
        task = next(task for task in tasks if task["data"]["doc_id"] == CHANGED)
        results = task["annotations"][0]["result"]
        region = next(one for one in results if one.get("value", {}).get("labels") == ["NUM"])
        region["value"]["labels"] = ["EQP"]
        task["annotations"][0]["result"] = [one for one in results if one.get("to_id") != region["id"]]
        return tasks

    for path in (project / "annotation" / "adjudication").rglob("*.json"):
        if CHANGED in path.read_text(encoding="utf-8"):
            edit(path, relabel)
    build_with_equal_sizes(project, ontology)
    # The cache is the one that holds the old rows, and the process has nothing in memory.
    surroundings = {**os.environ, "HF_HOME": str(datasets.config.HF_CACHE_HOME), "HF_HUB_OFFLINE": "1"}
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH, str(project)], env=surroundings, capture_output=True, check=True
    ).stdout
    documents = gold(project)
    assert documents[CHANGED] != before[CHANGED]
    assert fresh == b"".join(encode(documents[doc_id]) + b"\n" for doc_id in before)


@pytest.mark.release
def test_two_builds_at_once_do_not_mix(project: Path, ontology: Ontology) -> None:
    before = snapshot(project)
    with alone(project), pytest.raises(OutputError, match="another process writes here"):
        build(project, project, ontology)
    assert snapshot(project) == before
    build(project, project, ontology)


NO_SPACE = """
import resource, signal, sys
from pathlib import Path
from strife.build import build
from strife.ontology import load_ontology
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # some files fit, the larger ones break off midway
try:
    build(Path(sys.argv[1]), Path(sys.argv[1]), load_ontology())
except OSError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.release
def test_write_that_breaks_off_midway_leaves_the_old_dataset_whole(project: Path) -> None:
    export = next((project / "annotation" / "exports").glob("*.json"))
    export.write_bytes(export.read_bytes() + b"\n")  # another input, so another manifest
    before = snapshot(project)
    done = subprocess.run([sys.executable, "-c", NO_SPACE, str(project)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OutputError"), done.stdout
    assert "cannot be written (File too large)" in done.stdout
    assert snapshot(project) == before


def splits_of(root: Path) -> dict[str, list[str]]:
    return read_splits(root / "corpus" / "splits", read_articles(root / "corpus" / "articles"))


def test_splits_are_read_in_file_order_with_comments_and_blank_lines(small: Path) -> None:
    path = small / "corpus" / "splits" / "train.txt"
    path.write_bytes(b"# head\r\n\r\n  " + CHANGED.encode() + b"  # why\r\n")
    assert splits_of(small) == FEW


@pytest.mark.parametrize(
    ("split", "content", "message"),
    [
        ("test", [*FEW["test"], CHANGED], r"test\.txt: th-2019-11-05-yala-checkpoint is already in train"),
        ("train", [CHANGED] * 2, r"train\.txt: th-2019-11-05-yala-checkpoint is already in train"),
        ("test", [], "cd-2025-01-27-goma is in no split"),
        ("validation", [*FEW["validation"], "nowhere"], r"validation\.txt: there is no article nowhere"),
        ("train", None, r"train\.txt: missing"),
    ],
)
def test_faulty_splits_are_refused(split: str, content: list[str] | None, message: str, small: Path) -> None:
    path = small / "corpus" / "splits" / f"{split}.txt"
    if content is None:
        path.unlink()
    else:
        path.write_text("\n".join(content), encoding="utf-8")
    with pytest.raises(GoldError, match=message):
        splits_of(small)


def test_event_in_two_splits_is_refused(small: Path) -> None:
    article = small / "corpus" / "articles" / f"{FEW['test'][0]}.toml"
    text = article.read_text(encoding="utf-8")
    article.write_text(text.replace('event = "cd-2025-01-27-goma"', 'event = "ng-2020-12-11-kankara"'), "utf-8")
    with pytest.raises(GoldError, match="the event ng-2020-12-11-kankara of cd-2025-01-27-goma is also in validation"):
        splits_of(small)


def test_two_articles_on_one_event_may_share_a_split(small: Path) -> None:
    first = small / "corpus" / "articles" / f"{FEW['test'][0]}.toml"
    text = first.read_text(encoding="utf-8").replace('doc_id = "cd-2025-01-27-goma"', 'doc_id = "second"')
    first.with_name("second.toml").write_text(text, encoding="utf-8")
    path = small / "corpus" / "splits" / "test.txt"
    path.write_text("second\ncd-2025-01-27-goma\n", encoding="utf-8")
    assert splits_of(small)["test"] == ["second", "cd-2025-01-27-goma"]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("corpus/corpus.toml", None),
        ("corpus/corpus.toml", b"name ="),
        ("corpus/corpus.toml", b'name = "strife"\nversion = "1"\n'),
        ("corpus/corpus.toml", b'[card]\nlicense = "cc-by-4.0"\n'),
        ("README.md", None),
        ("README.md", b"---\nconfigs: []\n"),
        ("README.md", b"\xff\xfe"),
        ("corpus/splits/train.txt", b"\xff\xfe"),
    ],
    ids=[
        "no corpus.toml",
        "corpus.toml is no TOML",
        "corpus.toml without card",
        "corpus.toml without name",
        "no README",
        "README with an open head",
        "README is no UTF-8",
        "split is no UTF-8",
    ],
)
def test_unusable_project_file_is_refused_by_name(
    file: str, content: bytes | None, small: Path, ontology: Ontology
) -> None:
    path = small / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises((ArticleError, GoldError, InputError), match=path.name):
        build(small, small / "out", ontology)


@pytest.mark.parametrize("taken", ["out", "out/corpus/relations"])
def test_file_in_the_place_of_an_output_folder_is_refused(taken: str, small: Path, ontology: Ontology) -> None:
    path = small / taken
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")
    before = snapshot(small)
    with pytest.raises(OutputError, match="cannot be written"):
        build(small, small / "out", ontology)
    assert snapshot(small) == before


@pytest.mark.release
def test_folder_in_the_place_of_an_output_file_is_refused(project: Path, ontology: Ontology) -> None:
    # Of all files the README is renamed last: nothing may have been replaced by then.
    out = project / "out"
    shutil.copytree(project / "corpus", out / "corpus")
    (out / "corpus" / "gold.jsonl").write_bytes(b"old")
    (out / "README.md").mkdir()
    before = snapshot(out)
    with pytest.raises(OutputError, match=r"README\.md"):
        build(project, out, ontology)
    assert snapshot(out) == before


@pytest.mark.parametrize("folder", ["exports", "adjudication"])
def test_project_without_exports_is_refused(folder: str, small: Path, ontology: Ontology) -> None:
    shutil.rmtree(small / "annotation" / folder)
    (small / "annotation" / folder).mkdir()
    with pytest.raises(InputError, match=folder):
        build(small, small, ontology)


@pytest.mark.release
def test_the_log_of_decisions_alone_gives_the_same_gold(project: Path, built: Path, ontology: Ontology) -> None:
    for path in (project / "annotation" / "adjudication").glob("*.json"):
        path.unlink()
    build(project, project, ontology)
    assert (project / "corpus" / "gold.jsonl").read_bytes() == (built / "corpus" / "gold.jsonl").read_bytes()


@pytest.mark.release
def test_a_curators_export_alone_gives_the_same_gold(project: Path, built: Path, ontology: Ontology) -> None:
    for path in (project / "annotation" / "adjudication").glob("*.tsv"):
        path.unlink()
    tasks = []
    for number, document in enumerate(read_documents(built / "corpus" / "gold.jsonl"), 1):
        annotation = {"id": number, "completed_by": 4, "result": results(document, ontology)}
        tasks.append({"id": number, **task(document), "annotations": [annotation]})
    (project / "annotation" / "adjudication" / "whole.json").write_text(json.dumps(tasks), encoding="utf-8")
    build(project, project, ontology)
    again, before = (read_documents(root / "corpus" / "gold.jsonl") for root in (project, built))
    for document, gold in zip(again, before, strict=True):
        assert (document.items, document.relations) == (gold.items, gold.relations)


@pytest.mark.parametrize("folder", ["exports", "adjudication"])
def test_truncated_export_leaves_the_old_dataset(folder: str, project: Path, ontology: Ontology) -> None:
    export = next((project / "annotation" / "exports").rglob("*.json"))
    (project / "annotation" / folder / export.name).write_bytes(export.read_bytes()[:-100])
    before = snapshot(project)
    with pytest.raises(InputError, match="FIL004"):
        build(project, project, ontology)
    assert snapshot(project) == before
