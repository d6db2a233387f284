"""Stand-off: no word of the text is released, the same text refills it, and another one is refused with the place."""

import datetime
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from strife.build import build
from strife.chains import entity_chains, event_chains
from strife.cli import app
from strife.loading import read_rows
from strife.model import Argument, Document, Entity, Event, Relation, Trigger, Zone, encode
from strife.ontology import Ontology
from strife.release.refill import RefillError, refill
from strife.release.removals import remove
from strife.release.standoff import BLOCK, StandoffError, block_hashes, read_standoff, stripped
from strife.release.verify import verify
from strife.store import read_documents, write_documents
from tests.conftest import ROOT

pytestmark = pytest.mark.release

PADDING = "".join(f" Nothing happened on day {n} in Wadirum, says line {n}.\n" for n in range(30))
PLACE = "corpus/standoff/train-00000-of-00001.parquet"
ABOUT = {
    "split": "train",
    "source": "a report",
    "licence": "its owner's",
    "annotation": "one pass",
    "language": "en",
}


def owned_document() -> Document:
    """An annotated document whose text others own: some blocks long, with characters outside the basic plane."""
    text = "Gunmen killed two villagers in Talmar on Friday. They fled." + PADDING + "\U0001f600 end"
    document = Document(
        doc_id="owned",
        text=text,
        published="2020-02-01",
        entities=(
            Entity("m1", 0, 6, "PER"),
            Entity("m2", 14, 17, "NUM"),
            Entity("m3", 18, 27, "PER"),
            Entity("m4", 31, 37, "GPE"),
            Entity("m5", 41, 47, "TIME", {"timex": "2020-01-31"}),
            Entity("m6", 49, 53, "PER"),
        ),
        events=(
            Event("e1", "DEATH", Trigger(7, 13), (Argument("agent", "m1"), Argument("count", "m2")), {"incident": 1}),
            Event("e2", "MOVEMENT", Trigger(54, 58), (Argument("mover", "m6"),), {"incident": 2}),
        ),
        relations=(Relation("m6", "m1", "same_as"),),
        zones=(Zone(0, 59, "body"),),
    )
    return msgspec.structs.replace(document, chains=(*entity_chains(document), *event_chains(document)))


@pytest.fixture
def owned() -> Document:
    return owned_document()


def project_in(root: Path, ontology: Ontology) -> Path:
    for folder in ("corpus", "annotation"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copy(ROOT / "README.md", root)
    write(root, [stripped(owned_document(), ABOUT, ontology, 5)])
    return root


@pytest.fixture
def project(tmp_path: Path, ontology: Ontology) -> Path:
    return project_in(tmp_path / "project", ontology)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    """A dataset with the stand-off document; nobody changes it."""
    root = project_in(tmp_path_factory.mktemp("released") / "project", ontology)
    build(root, root, ontology)
    return root


def write(root: Path, tasks: list[dict[str, Any]]) -> None:
    folder = root / "corpus" / "standoff"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")


def copy_of(text: str, folder: Path, name: str = "mine.txt") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder / name


def test_release_has_no_word_of_the_text(released: Path) -> None:
    path = released / "corpus" / "standoff" / "train-00000-of-00001.parquet"
    columns, (row,) = read_rows(path)
    assert '"text":' not in json.dumps(columns)
    for file in released.rglob("*"):
        assert file.is_dir() or b"Wadirum" not in file.read_bytes(), file
    words = ("Gunmen", "killed", "villagers", "happened")
    assert not [word for word in words if word in json.dumps(row, default=str)]
    assert verify(released).problems == ()


def test_default_config_has_no_stand_off_document(released: Path) -> None:
    assert "owned" not in {document.doc_id for document in read_documents(released / "corpus" / "gold.jsonl")}
    head = (released / "README.md").read_text(encoding="utf-8").split("\n---\n")[0]
    assert head.count("default: true") == 1
    assert "path: corpus/standoff/train-*.parquet" in head


def test_config_is_loaded_by_name(released: Path) -> None:
    from datasets import load_dataset

    data = load_dataset(str(released), "standoff")
    assert list(data) == ["train"]
    (row,) = data["train"]
    assert (row["doc_id"], row["entities"][0]["start"], row["entities"][0]["end"]) == ("owned", 0, 6)
    assert data["train"].features["entities"].feature["label"].int2str(row["entities"][0]["label"]) == "PER"


def test_the_same_text_refills_it(released: Path, owned: Document, tmp_path: Path, ontology: Ontology) -> None:
    mine = copy_of(owned.text, tmp_path / "texts")
    copy_of("another text", tmp_path / "texts", "other.txt")
    result = CliRunner().invoke(
        app, ["refill", str(released), "--texts", str(tmp_path / "texts"), "--out", str(tmp_path / "out.jsonl")]
    )
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "owned: 6 mentions, 2 events")
    (document,) = read_documents(tmp_path / "out.jsonl")
    assert document.text == owned.text
    explicit = {"realis": "actual", "polarity": "positive", "certainty": "asserted"}
    for event, before in zip(document.events, owned.events, strict=True):
        assert event.attributes.items() >= (explicit | before.attributes).items()
        assert set(event.arguments) == set(before.arguments)
    assert document.entities == owned.entities
    assert document.chains == owned.chains
    assert refill(released, [mine], tmp_path / "again.jsonl") == [document]


EDITS: list[tuple[Callable[[str], str], str]] = [
    (lambda t: t.replace("day 20", "day 21"), r"first difference lies in \[1024:1152\], from line 19, "),
    (lambda t: t[:1000], r"found 1000 code points, expected 1\d\d\d code points with sha256"),
    (lambda t: t[: 5 * BLOCK], "all before the end as it should be; get the whole text"),
    (lambda t: t + " More.", "first difference"),
    (lambda t: "x" + t, r"\[0:128\], from line 1, \"xGunmen kill"),
    (lambda t: t.replace("\n", "\r\n"), r"differs only by Windows line ends \(CRLF\)"),
    (lambda t: "\ufeff" + t, "differs only by a byte order mark"),
    (lambda t: t + "\n", "differs only by blank space at its end"),
    (lambda t: "", r"\[0:0\]"),
]


@pytest.mark.parametrize(("edit", "message"), EDITS)
@pytest.mark.parametrize("name", ["mine.txt", "owned.txt"])
def test_another_text_is_refused_with_the_place(
    edit: Callable[[str], str], message: str, name: str, released: Path, owned: Document, tmp_path: Path
) -> None:
    mine = copy_of(edit(owned.text), tmp_path / "texts", name)
    with pytest.raises(RefillError, match=message) as caught:
        refill(released, [mine], tmp_path / "out.jsonl")
    assert str(caught.value).startswith(f"owned: {mine} is another text")
    assert not (tmp_path / "out.jsonl").exists()


def test_missing_text_is_said_with_what_to_look_for(released: Path, tmp_path: Path) -> None:
    texts = [copy_of("one", tmp_path, "one.txt"), copy_of("two", tmp_path, "two.txt")]
    result = CliRunner().invoke(app, ["refill", str(released), *(f"--texts={t}" for t in texts)])
    assert result.exit_code == 2
    assert "owned: none of 2 texts has its hash" in result.stderr
    assert "get it (a report), or name your copy owned.txt" in result.stderr


def test_dataset_without_stand_off_or_unreadable_texts_are_refused(released: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    run = CliRunner().invoke
    for folder, text in ((released, tmp_path / "bad.txt"), (released, tmp_path / "none.txt"), (tmp_path, tmp_path)):
        result = run(app, ["refill", str(folder), "--texts", str(text), "--out", str(tmp_path / "o.jsonl")])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output


@given(st.text(max_size=3 * BLOCK), st.integers(0, 3 * BLOCK), st.characters())
def test_one_changed_code_point_changes_one_block(text: str, place: int, other: str) -> None:
    if place >= len(text) or text[place] == other:
        return
    changed = text[:place] + other + text[place + 1 :]
    found = [n for n, (a, b) in enumerate(zip(block_hashes(text), block_hashes(changed), strict=True)) if a != b]
    assert found == [min(place // BLOCK, max(0, len(text) // BLOCK - 1))]


def task(owned: Document, ontology: Ontology) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(stripped(owned, ABOUT, ontology, 5)))
    return made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["data"].update(text="Gunmen"), "no stand-off task"),
        (lambda t: t["data"].pop("licence"), "licence"),
        (lambda t: t.pop("data"), "no stand-off task"),
        (lambda t: t["annotations"][0]["result"][0]["value"].update(text="Gunmen"), "is a word of the text"),
        (lambda t: t["annotations"][0]["result"][0]["value"].update(end=10**6), "lies outside the text"),
        (lambda t: t["data"].update(chains=[{"id": "c9", "kind": "entity", "members": ["m99"]}]), "m99"),
        (lambda t: t["annotations"].append(t["annotations"][0]), "2 submitted annotations; expected one"),
        (lambda t: t["data"].update(split="dev"), "none of train, validation, test"),
        (
            lambda t: t["data"].update(events=["iq-2021-01-21-tayaran-square"], split="test"),
            "put it there, not into test",
        ),
        (lambda t: t["data"].update(events=["nowhere"]), "no article is about the event nowhere"),
        (lambda t: t["data"].update(doc_id="cd-2025-01-27-goma"), "is a document already"),
    ],
)
def test_faulty_stand_off_is_refused(
    change: Callable[[dict[str, Any]], object], message: str, project: Path, owned: Document, ontology: Ontology
) -> None:
    broken = task(owned, ontology)
    change(broken)
    write(project, [broken])
    with pytest.raises(StandoffError, match=message):
        build(project, project / "out", ontology)


def test_what_is_stripped_is_read_back(owned: Document, ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path, [task(owned, ontology)])
    (one,) = read_standoff(tmp_path / "corpus" / "standoff", ontology)
    assert encode(msgspec.structs.replace(one.document, text=owned.text, annotators=())) == encode(owned)


def test_stand_off_document_is_taken_out_like_any_other(
    released: Path, tmp_path: Path, ontology: Ontology, owned: Document
) -> None:
    root = tmp_path / "project"
    shutil.copytree(released, root)
    other = msgspec.structs.replace(owned, doc_id="another")
    write(root, [task(owned, ontology), task(other, ontology)])
    remove(root, "owned", "rights", "", datetime.date(2026, 1, 1))
    build(root, root, ontology)
    assert [row["doc_id"] for row in read_rows(root / PLACE)[1]] == ["another"]
    remove(root, "another", "rights", "", datetime.date(2026, 1, 1))
    build(root, root, ontology)
    assert not (root / PLACE).exists()
    assert verify(root).problems == ()
    assert "standoff" not in (root / "README.md").read_text(encoding="utf-8").split("\n---\n")[0]


def test_script_makes_the_export_without_a_word(owned: Document, tmp_path: Path, ontology: Ontology) -> None:
    write_documents(tmp_path / "annotated.jsonl", [msgspec.structs.replace(owned, chains=())])
    about = "\n".join(["[owned]", *(f'{name} = "{value}"' for name, value in ABOUT.items())])
    (tmp_path / "about.toml").write_text(about, encoding="utf-8")
    run = [sys.executable, str(ROOT / "scripts" / "standoff_export.py"), "annotated.jsonl", "about.toml"]
    done = subprocess.run([*run, "--annotator", "5"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [task(owned, ontology)]
    assert not [word for word in ("Gunmen", "killed", "Wadirum") if word in done.stdout]
