"""The committed corpus: what is committed is what the sources give, and holds what it promises."""

import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from strife.adjudication.log import log_bytes, read_log, read_logs
from strife.adjudication.run import adjudicate
from strife.articles import read_articles
from strife.build import build, read_splits
from strife.check import check_paths
from strife.dataset import CONFIGS, SPLITS
from strife.labelstudio.export import read_export
from strife.loading import read_rows, split_files
from strife.model import Document, encode, text_hash
from strife.ontology import Ontology
from strife.release.refill import refill
from strife.store import read_documents
from strife.validate import validate
from tests.conftest import ROOT

CORPUS = ROOT / "corpus"
ANNOTATION = ROOT / "annotation"
COMMITTED = sorted(path for folder in (CORPUS, ANNOTATION) for path in folder.rglob("*") if path.is_file())
ADDRESS = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    out = tmp_path_factory.mktemp("fresh")
    build(ROOT, out, ontology)
    return out


@pytest.fixture(scope="module")
def gold() -> list[Document]:
    return list(read_documents(CORPUS / "gold.jsonl"))


def pinned_pyarrow() -> bool:
    """Is the pyarrow here the one that wrote the committed files? Only then are bytes comparable."""
    import pyarrow

    lock = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^pyarrow==(\S+)", lock, re.MULTILINE)
    return pinned is not None and pinned[1] == pyarrow.__version__


def manifest(root: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((root / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    return table


def test_committed_gold_is_what_the_sources_give(fresh: Path) -> None:
    assert (CORPUS / "gold.jsonl").read_bytes() == (fresh / "corpus" / "gold.jsonl").read_bytes()


def test_committed_gold_is_canonical(gold: list[Document]) -> None:
    assert (CORPUS / "gold.jsonl").read_bytes() == b"".join(encode(document) + b"\n" for document in gold)
    assert [document.doc_id for document in gold] == sorted(document.doc_id for document in gold)


@pytest.mark.parametrize("config", CONFIGS)
def test_committed_parquet_is_what_the_sources_give(config: str, fresh: Path) -> None:
    assert manifest(ROOT)["configs"][config]["content_sha256"] == manifest(fresh)["configs"][config]["content_sha256"]
    assert {path.name for path in (CORPUS / config).iterdir()} == {
        path.name for path in (fresh / "corpus" / config).iterdir()
    }
    if pinned_pyarrow():
        for path in (fresh / "corpus" / config).iterdir():
            assert (CORPUS / config / path.name).read_bytes() == path.read_bytes()


def test_committed_manifest_is_what_the_sources_give(fresh: Path) -> None:
    if pinned_pyarrow():
        assert (CORPUS / "MANIFEST.json").read_bytes() == (fresh / "corpus" / "MANIFEST.json").read_bytes()
    for part in ("about", "name", "version", "ontology", "counts", "texts"):
        assert manifest(ROOT)[part] == manifest(fresh)[part]


@pytest.mark.parametrize(
    "name", ["croissant.json", "CITATION.cff", "corpus/ROWS.tsv", "corpus/card.md", "DATASHEET.md"]
)
def test_what_goes_with_the_data_is_what_the_sources_give(name: str, fresh: Path) -> None:
    if name != "croissant.json" or pinned_pyarrow():
        assert (ROOT / name).read_bytes() == (fresh / name).read_bytes()


def test_committed_readme_head_is_what_the_sources_give(fresh: Path) -> None:
    committed, built = ((root / "README.md").read_text(encoding="utf-8") for root in (ROOT, fresh))
    if pinned_pyarrow():
        assert committed == built
    heads = [yaml.safe_load(text.split("\n---\n")[0]) for text in (committed, built)]
    assert heads[0]["configs"] == heads[1]["configs"]
    assert [one["features"] for one in heads[0]["dataset_info"]] == [
        one["features"] for one in heads[1]["dataset_info"]
    ]


def test_gold_texts_are_those_of_the_articles(gold: list[Document]) -> None:
    articles = read_articles(CORPUS / "articles")
    assert {d.doc_id: text_hash(d.text) for d in gold} == {d.doc_id: text_hash(d.text) for d in articles.values()}


def test_corpus_is_large_enough(gold: list[Document]) -> None:
    assert len(gold) >= 16
    assert sum(len(document.events) for document in gold) >= 150
    assert sum(len(event.arguments) for document in gold for event in document.events) >= 250
    assert len({document.meta["conflict"] for document in gold}) >= 8


def test_gold_has_no_validation_error(gold: list[Document], ontology: Ontology) -> None:
    assert [str(finding) for finding in validate(gold, ontology).findings if finding.severity == "error"] == []


def test_exports_have_no_validation_error(ontology: Ontology) -> None:
    report = check_paths([ANNOTATION / "exports"], ontology).report
    assert [str(finding) for finding in report.findings if finding.severity == "error"] == []


def test_no_span_has_blank_edges(gold: list[Document]) -> None:
    surfaces = [(document.doc_id, document.surface(item)) for document in gold for item in document.items]
    assert [one for one in surfaces if one[1] != one[1].strip() or not one[1]] == []


def test_every_attribute_with_a_default_is_explicit(gold: list[Document], ontology: Ontology) -> None:
    for document in gold:
        for item in document.items:
            defaults = {name for name, kind in ontology.attributes_of(item.label).items() if kind.default is not None}
            assert defaults <= item.attributes.keys(), (document.doc_id, item.id)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_no_committed_file_holds_an_address(path: Path) -> None:
    # The bytes of Parquet are packed, and packed bytes look like an address now and then.
    content = msgspec.json.encode(read_rows(path)) if path.suffix == ".parquet" else path.read_bytes()
    assert ADDRESS.findall(content) == []


def test_splits_hold_every_article_once(gold: list[Document]) -> None:
    splits = read_splits(CORPUS / "splits", read_articles(CORPUS / "articles"))
    members = [doc_id for split in SPLITS for doc_id in splits[split]]
    assert sorted(members) == [document.doc_id for document in gold]
    assert all(splits[split] for split in SPLITS)


def test_no_event_is_in_two_splits(gold: list[Document]) -> None:
    splits = read_splits(CORPUS / "splits", read_articles(CORPUS / "articles"))
    home = {doc_id: split for split, members in splits.items() for doc_id in members}
    where = defaultdict(set)
    for document in gold:
        where[document.meta["event"]].add(home[document.doc_id])
    assert {event: found for event, found in where.items() if len(found) > 1} == {}


def annotators(ontology: Ontology) -> dict[str, list[str]]:
    found = defaultdict(list)
    for path in sorted((ANNOTATION / "exports").rglob("*.json")):
        for task in read_export(path, ontology):
            for version in task.versions:
                assert version.state == "submitted"
                found[version.document.doc_id] += version.document.annotators
    return found


def test_two_annotate_each_document_and_another_adjudicates(gold: list[Document], ontology: Ontology) -> None:
    passes = annotators(ontology)
    assert sorted(passes) == [document.doc_id for document in gold]
    deciders = defaultdict(set)
    for decision in read_logs(sorted((ANNOTATION / "adjudication").glob("*.tsv"))):
        deciders[decision.document].add(decision.by)
    for document in gold:
        assert len(passes[document.doc_id]) == len(set(passes[document.doc_id])) == 2
        assert deciders[document.doc_id].isdisjoint(passes[document.doc_id])
        assert sorted(passes[document.doc_id]) == list(document.annotators)


def test_every_batch_has_exports_and_decisions() -> None:
    batches = {path.name.split(".")[0] for path in (ANNOTATION / "exports").iterdir()}
    assert batches
    assert {path.name.split(".")[0] for path in (ANNOTATION / "adjudication").glob("*.tsv")} == batches


@pytest.mark.parametrize("path", sorted((ANNOTATION / "adjudication").glob("*.tsv")), ids=lambda path: path.name)
def test_every_decision_is_about_a_document_and_says_why(path: Path, gold: list[Document]) -> None:
    decisions = read_log(path)
    assert path.read_bytes() == log_bytes(decisions)
    assert {decision.document for decision in decisions} <= {document.doc_id for document in gold}
    assert [decision.id for decision in decisions if not (decision.by and decision.why)] == []


def test_adjudicating_again_asks_nothing_and_changes_nothing(gold: list[Document], ontology: Ontology) -> None:
    log = read_logs(sorted((ANNOTATION / "adjudication").glob("*.tsv")))
    found = adjudicate(sorted((ANNOTATION / "exports").rglob("*.json")), ontology, (), log)
    assert found.finished
    assert (found.added, found.unused) == (0, ())
    assert [d.provenance for d in found.gold] == [d.provenance for d in gold]
    assert all({item.id for item in d.items} <= d.provenance.keys() for d in gold)


def test_no_event_and_no_near_duplicate_is_in_two_splits(ontology: Ontology, gold: list[Document]) -> None:
    split_of = {doc_id: split for split, ids in read_splits(CORPUS / "splits", articles()).items() for doc_id in ids}
    assert set(split_of) == {document.doc_id for document in gold}
    assert validate(gold, ontology, select=["COR"], split_of=split_of).findings == ()
    # The guard is awake: a copy of a document in another split is found three times over.
    twice = [*gold, msgspec.structs.replace(gold[0], doc_id="copy")]
    other = next(split for split in SPLITS if split != split_of[gold[0].doc_id])
    codes = {f.code for f in validate(twice, ontology, select=["COR"], split_of=split_of | {"copy": other}).findings}
    assert codes == {"COR901", "COR902", "COR903"}


def articles() -> dict[str, Document]:
    return read_articles(CORPUS / "articles")


SEED = "iq-2021-01-25-makhoul-news"
# Of what its mentions and triggers cover, in text order, one a line: the words themselves are not ours to write down.
SURFACES = "d7f578df80bb95a1c3fce5d409e78d0e341b38ce8d7599b000ad4f1f56f8f48b"


def test_stand_off_annotation_has_no_word_of_its_text_and_is_refilled_from_a_copy(
    shared: Path, tmp_path: Path, ontology: Ontology
) -> None:
    copy = shared / "seed-article.txt"
    text = copy.read_bytes().decode("utf-8")
    (document,) = refill(ROOT, [copy], tmp_path / "refilled.jsonl")
    assert (document.doc_id, document.text) == (SEED, text)
    surfaces = [document.surface(item) for item in sorted(document.items, key=lambda item: (item.span, item.id))]
    assert len(surfaces) == 161
    assert hashlib.sha256("\n".join(surfaces).encode()).hexdigest() == SURFACES
    assert validate([document], ontology, ignore=["PRV"]).findings == ()
    # Neither the sources nor what was built of them, nor anything else, holds a run of its words.
    runs = {" ".join(words) for line in text.splitlines() for words in windows(line.split(), 6)}
    built = (CORPUS / name for name in ("ROWS.tsv", "MANIFEST.json", "card.md"))
    for path in [*(CORPUS / "standoff").iterdir(), *built]:
        content = path.read_bytes().decode("utf-8", "replace")
        assert not [run for run in runs if run in content], path
    surface = max(surfaces, key=len).encode()
    assert [path for path in (CORPUS / "standoff").iterdir() if surface in path.read_bytes()] == []
    # It is no near-duplicate of a document in another split.
    split_of = {doc_id: split for split, ids in read_splits(CORPUS / "splits", articles()).items() for doc_id in ids}
    everything = [*read_documents(CORPUS / "gold.jsonl"), document]
    assert validate(everything, ontology, select=["COR"], split_of=split_of | {SEED: "train"}).findings == ()


def windows(words: list[str], size: int) -> list[list[str]]:
    return [words[start : start + size] for start in range(len(words) - size + 1)]


def test_stand_off_document_is_in_its_config_only(gold: list[Document]) -> None:
    assert SEED not in {document.doc_id for document in gold}
    ((split, path),) = split_files(ROOT, "standoff")
    _, (row,) = read_rows(path)
    assert (split, row["doc_id"], len(row["entities"]), len(row["events"])) == ("train", SEED, 114, 47)
    assert "not adjudicated" in row["annotation"]
