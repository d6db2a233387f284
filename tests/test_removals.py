"""Taking a document out: it is gone from everything, the rest is as it was, and it cannot come back unseen."""

import datetime
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strife.build import build
from strife.cli import app
from strife.gold import GoldError
from strife.loading import load
from strife.model import Document, encode
from strife.ontology import Ontology
from strife.release.bump import judge
from strife.release.diff import diff
from strife.release.removals import RemovalError, read_removals, remove
from strife.release.sides import read_side
from strife.release.verify import verify
from strife.store import OutputError, alone
from tests.conftest import ROOT
from tests.test_build import snapshot

pytestmark = pytest.mark.release

GONE = "iq-2021-01-21-tayaran-square"  # in train, and named in two waivers
DAY = datetime.date(2026, 1, 2)


def copied(target: Path) -> Path:
    for folder in ("corpus", "annotation", "benchmarks"):
        shutil.copytree(ROOT / folder, target / folder)
    for page in ("README.md", "DATASHEET.md"):
        shutil.copy(ROOT / page, target)
    return target


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied(tmp_path / "project")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    """A project without the document, built again; nobody changes it."""
    project = copied(tmp_path_factory.mktemp("removed") / "project")
    result = CliRunner().invoke(
        app,
        ["remove", GONE, "--reason", "rights", "--note", 'asked "so"', "--date", "2026-01-02", "--root", str(project)],
    )
    assert result.exit_code == 0, result.output
    assert f"changed {project / 'corpus' / 'articles' / GONE}.toml" in result.stdout
    assert "now `strife release` a patch" in result.stdout
    build(project, project, ontology)
    return project


@pytest.fixture
def removed(once: Path, tmp_path: Path) -> Path:
    shutil.copytree(once, tmp_path / "removed")
    return tmp_path / "removed"


def test_document_is_gone_from_everything_but_the_list(removed: Path) -> None:
    named = {
        path.relative_to(removed).as_posix()
        for path in removed.rglob("*")
        if path.is_file() and GONE.encode() in path.read_bytes()
    }
    pages = {"corpus/REMOVALS.toml", "corpus/MANIFEST.json", "DATASHEET.md", "corpus/card.md"}
    assert named - {"corpus/standoff/first.json"} == pages  # there the name is that of an event
    words = b"Bab al-Sharqi"
    assert [p for p in (ROOT / "corpus").rglob("*.toml") if words in p.read_bytes()]  # the text has these
    assert [p for p in removed.rglob("*") if p.is_file() and words in p.read_bytes()] == []
    assert GONE not in {document.doc_id for document in load(removed)}
    assert verify(removed).problems == ()


def test_the_rest_keeps_its_ids_and_splits(removed: Path) -> None:
    def rest(root: Path) -> dict[str, tuple[str, bytes]]:
        return {d.doc_id: (s, encode(d)) for s in ("train", "validation", "test") for d in load(root, s)}

    before = rest(ROOT)
    before.pop(GONE)
    assert rest(removed) == before
    for path in sorted((removed / "annotation").rglob("*.json")):
        old = json.loads((ROOT / path.relative_to(removed)).read_text(encoding="utf-8"))
        assert json.loads(path.read_text(encoding="utf-8")) == [t for t in old if t["data"]["doc_id"] != GONE]


def test_removal_is_on_record_and_a_patch(removed: Path) -> None:
    (removal,) = read_removals(removed)
    assert (removal.doc_id, removal.date, removal.reason, removal.note) == (GONE, DAY, "rights", 'asked "so"')
    manifest = json.loads((removed / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    assert manifest["removals"] == [{"doc_id": GONE, "date": "2026-01-02", "reason": "rights", "note": 'asked "so"'}]
    assert f"- {GONE}, 2026-01-02: rights" in (removed / "DATASHEET.md").read_text(encoding="utf-8")
    found = diff(read_side(str(ROOT), ROOT), read_side(str(removed), ROOT))
    gone = [change for change in found.changes if change.layer == "document" and change.doc_id == GONE]
    assert [(change.kind, change.detail) for change in gone] == [("removed", "on the removal list")]
    assert not [reason for reason in judge(found).reasons if GONE in reason]


def test_removed_document_cannot_come_back(removed: Path, ontology: Ontology) -> None:
    article = f"corpus/articles/{GONE}.toml"
    shutil.copy(ROOT / article, removed / article)
    before = snapshot(removed)
    with pytest.raises(GoldError, match=f"{GONE} is in no split"):
        build(removed, removed, ontology)
    for folder in ("corpus/splits", "annotation"):
        shutil.rmtree(removed / folder)
        shutil.copytree(ROOT / folder, removed / folder)
    with pytest.raises(RemovalError, match=f"{GONE}: on the removal list"):
        build(removed, removed, ontology)
    assert (removed / "corpus" / "MANIFEST.json").read_bytes() == before["corpus/MANIFEST.json"]


def test_second_removal_is_appended(removed: Path) -> None:
    done = remove(removed, "ml-2023-11-14-kidal", "safety", "line\nbreak", DAY)
    assert [one.doc_id for one in read_removals(removed)] == [GONE, "ml-2023-11-14-kidal"]
    assert done.removal.note == "line\nbreak"
    assert read_removals(removed)[1].note == "line break"


@pytest.mark.parametrize(
    ("doc_id", "message"),
    [("iq-2021-01-21-tayaran", f"is it {GONE}?"), ("zz", "check its name"), ("", "check its name")],
)
def test_unknown_document_is_refused(doc_id: str, message: str, project: Path) -> None:
    before = snapshot(project)
    result = CliRunner().invoke(app, ["remove", doc_id, "--reason", "error", "--root", str(project)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert snapshot(project) == before


def test_twice_wrong_day_and_held_folder_are_refused(project: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["remove", GONE, "--reason", "error", "--date", "soon", "--root", str(project)]).exit_code == 2
    assert run(app, ["remove", GONE, "--reason", "boredom", "--root", str(project)]).exit_code == 2
    with alone(project), pytest.raises(OutputError, match="another process"):
        remove(project, GONE, "error", "", DAY)
    assert (project / "corpus" / "articles" / f"{GONE}.toml").is_file()
    remove(project, GONE, "error", "", DAY)
    with pytest.raises(RemovalError, match="on the list already"):
        remove(project, GONE, "error", "", DAY)


@pytest.mark.parametrize(
    "content", ["[[removals]]\n", "x =", '[[removals]]\ndoc_id="a"\ndate=2026-01-01\nreason="x"\n']
)
def test_unusable_list_is_refused(content: str, project: Path, ontology: Ontology) -> None:
    (project / "corpus" / "REMOVALS.toml").write_text(content, encoding="utf-8")
    with pytest.raises(RemovalError, match=r"REMOVALS\.toml"):
        build(project, project / "out", ontology)


def test_documents_of_this_test_exist() -> None:
    assert {GONE, "ml-2023-11-14-kidal"} <= {d.doc_id for d in load(ROOT, "train") if isinstance(d, Document)}
