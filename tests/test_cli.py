"""The command line: exit codes, what is printed, and one message for whatever cannot be used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from strife.cli import app
from strife.guidelines import type_tables
from strife.labelstudio.tasks import results, task
from strife.model import Document, Entity
from strife.ontology import PACKAGED, Ontology
from strife.ontology_views import checks, label_config, mappings
from strife.scoring.metrics import METRICS
from strife.store import read_documents, write_documents
from tests.conftest import ROOT

COMMANDS = (
    "validate",
    "ontology",
    "build",
    "train",
    "predict",
    "score",
    "compare",
    "errors",
    "submit",
    "leaderboard",
    "hub",
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result) -> str:
    """The one message with which the command line gave up."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("strife: ")
    assert result.stderr.count("strife: ") == 1
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of the project, whose waivers would be found and applied."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clean(tmp_path: Path, raid: Document) -> Path:
    path = tmp_path / "clean.jsonl"
    write_documents(path, [raid])
    return path


@pytest.fixture
def faulty(tmp_path: Path, raid: Document) -> Path:
    path = tmp_path / "faulty.jsonl"
    write_documents(path, [msgspec.structs.replace(raid, entities=(Entity("m1", 0, 7, "ARM"), *raid.entities[1:]))])
    return path


@pytest.fixture
def two(tmp_path: Path, raid: Document) -> Path:
    """Two tiny documents to learn from."""
    path = tmp_path / "two.jsonl"
    write_documents(path, [raid, msgspec.structs.replace(raid, doc_id="again")])
    return path


@pytest.fixture
def model(tmp_path: Path, two: Path) -> Path:
    folder = tmp_path / "model"
    assert run("train", "lexicon", two, "--out", folder).exit_code == 0
    return folder


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(command in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
    assert len(result.stdout.splitlines()) > 5


@pytest.mark.parametrize("arguments", [("nonsense",), ("validate",), ("score", "one"), ("validate", "--nonsense", "x")])
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "Usage" in result.stderr


def test_validate_clean_exits_0(clean: Path) -> None:
    result = run("validate", clean)
    assert (result.exit_code, result.stdout) == (0, "1 documents: 0 errors, 0 warnings\n")


def test_validate_errors_exits_1_and_says_where(faulty: Path) -> None:
    result = run("validate", faulty)
    assert result.exit_code == 1
    assert str(faulty) in result.stdout
    assert "SPN203" in result.stdout
    assert "[0:7]" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 documents: 1 errors, 0 warnings"


def test_validate_warnings_exit_0(tmp_path: Path, raid: Document) -> None:
    cut = msgspec.structs.replace(raid, entities=(*raid.entities[:3], Entity("m4", 35, 43, "PER"), *raid.entities[4:]))
    write_documents(tmp_path / "cut.jsonl", [cut])
    result = run("validate", tmp_path / "cut.jsonl")
    assert result.exit_code == 0
    assert "0 errors, 1 warnings" in result.stdout


def test_validate_prints_json(faulty: Path) -> None:
    result = run("validate", faulty, "--format", "json")
    table = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (table["documents"], table["errors"], table["warnings"]) == (1, 1, 0)
    assert [(f["code"], f["doc_id"], f["start"], f["end"]) for f in table["findings"]] == [("SPN203", "raid", 0, 7)]


def test_validate_counts_the_states_of_annotations(tmp_path: Path, raid: Document, ontology: Ontology) -> None:
    annotation = {"id": 1, "completed_by": 1, "result": results(raid, ontology)}
    skipped = {"id": 2, "completed_by": 2, "result": [], "was_cancelled": True}
    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"id": 1, **task(raid), "annotations": [annotation, skipped]}]), encoding="utf-8")
    result = run("validate", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "annotations: 1 skipped, 1 submitted"


def test_validate_takes_another_ontology(clean: Path) -> None:
    result = run("validate", clean, "--ontology", ROOT / "tests" / "data" / "sym.toml")
    assert result.exit_code == 1
    assert "unknown label ARM" in result.stdout


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.json", None, "FIL007"),
        ("empty.json", b"", "FIL001"),
        ("blank.jsonl", b" \r\n\n", "FIL001"),
        ("noise.json", b"\x00\x01\x02 noise", "FIL002"),
        ("cut.json", b'[{"id": 1, "data": {"text": "a"}, "annotations": [', "FIL004"),
        ("cut.jsonl", b'{"doc_id": "a", "text": "b"}\n{"doc_id"', "line 2"),
        ("shape.jsonl", b'{"doc_id": "a"}\n', "DOC101"),
        ("latin.jsonl", b'{"doc_id": "a", "text": "\xe9"}\n', "line 1"),
        ("cut.json.gz", b"\x1f\x8b\x08\x00abc", "FIL004"),
        ("deep.json", b"[" * 100_000, "FIL00"),
    ],
)
def test_validate_refuses_unusable_files(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    error = refused(run("validate", tmp_path / name))
    assert message in error
    assert name in error


def test_validate_refuses_a_folder_without_files(tmp_path: Path) -> None:
    assert "no file here" in refused(run("validate", tmp_path))


@pytest.mark.parametrize("content", [None, b"\xff", b"entity_types = 3", b"[entity_types.A]\nmay_contain = ['B']"])
def test_unusable_ontology_is_refused(content: bytes | None, clean: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    if content is not None:
        path.write_bytes(content)
    for arguments in (("validate", clean), ("ontology", "types"), ("train", "lexicon", clean, "--out", tmp_path / "m")):
        assert "other.toml" in refused(run(*arguments, "--ontology", path))


def test_ontology_views_print_what_the_library_gives(ontology: Ontology) -> None:
    assert run("ontology").stdout == run("ontology", "toml").stdout == PACKAGED.read_text(encoding="utf-8")
    assert run("ontology", "label-config").stdout == label_config(ontology)
    assert run("ontology", "types").stdout == type_tables(ontology)
    assert run("ontology", "mappings").stdout == mappings(ontology)
    assert run("ontology", "checks").stdout == checks(ontology) + "\n"
    features = json.loads(run("ontology", "features").stdout)
    assert features["entities"]["ner_tags"]["feature"]["names"][:3] == ["O", "B-PER", "I-PER"]


def test_ontology_view_of_another_ontology() -> None:
    sym = ROOT / "tests" / "data" / "sym.toml"
    assert run("ontology", "toml", "--ontology", sym).stdout == sym.read_text(encoding="utf-8")
    assert "ARMED_GROUP" in run("ontology", "label-config", "--ontology", sym).stdout


@pytest.mark.parametrize("name", ["lexicon", "linear"])
def test_train_predict_score_end_to_end(name: str, two: Path, tmp_path: Path) -> None:
    folder, predicted = tmp_path / name, tmp_path / "predicted.jsonl"
    trained = run("train", name, two, "--out", folder, "--validation", two)
    assert (trained.exit_code, trained.stdout) == (0, f"{folder}: {name} trained\n")
    made = run("predict", folder, two, "--out", predicted)
    assert (made.exit_code, made.stdout) == (0, f"{predicted}: 2 documents\n")
    assert [document.doc_id for document in read_documents(predicted)] == ["again", "raid"]
    scored = run("score", two, predicted, "--data", "tiny", "--split", "train", "--format", "json")
    table = json.loads(scored.stdout)
    assert scored.exit_code == 0
    assert table["scores"]["ent"]["f1"] == table["scores"]["tri_c"]["f1"] == 1.0
    assert "|data:tiny@" in table["signature"]
    assert "|split:train|" in table["signature"]


def test_score_prints_a_table_with_its_signature(clean: Path) -> None:
    result = run("score", clean, clean)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].split() == ["metric", "P", "R", "F1", "95", "%", "interval", "tp", "fp", "fn"]
    assert lines[1].split() == ["ent", *["100.0"] * 4, "to", "100.0", "6", "0", "0"]
    assert lines[-1].startswith("signature: dup:set|avg:micro|")


def test_score_prints_chosen_metrics_and_types(clean: Path) -> None:
    result = run("score", clean, clean, "--metric", "timex", "--metric", "ent", "--types", "--samples", "0")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:-1]] == [
        "ent",
        *("ARM", "GPE", "NUM", "PER", "TIME", "(macro)"),
        "timex",
    ]
    assert " to " not in result.stdout
    every = json.loads(run("score", clean, clean, "--metric", "all", "--format", "json").stdout)
    assert tuple(every["scores"]) == tuple(METRICS)
    assert "no metric nonsense; expected ent, " in refused(run("score", clean, clean, "--metric", "nonsense"))


def test_score_takes_the_declared_labels_from_an_ontology(clean: Path, tmp_path: Path, raid: Document) -> None:
    table = json.loads(run("score", clean, clean, "--ontology", PACKAGED, "--format", "json").stdout)
    assert "EQP" in table["scores"]["ent"]["types"]
    odd = msgspec.structs.replace(raid, entities=(Entity("m1", 0, 6, "ODD"),), events=())
    write_documents(tmp_path / "odd.jsonl", [odd])
    said = refused(run("score", clean, tmp_path / "odd.jsonl", "--ontology", PACKAGED))
    assert "prediction raid: label 'ODD' is not declared" in said


def test_score_places_quotes(clean: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    quotes = [{"text": "rebels", "label": "PER"}, {"text": "nobody", "label": "PER"}]
    answers.write_text(json.dumps({"doc_id": "raid", "entities": quotes}), encoding="utf-8")
    result = run("score", clean, answers, "--resolve")
    assert "resolver 1: 1 of 2 quotes (50.0 %) not found in the text" in result.stdout
    assert "|resolver:1|" in result.stdout
    assert "DOC101" in refused(run("score", clean, answers))


def test_score_names_missing_predictions_and_exits_0(two: Path, clean: Path) -> None:
    result = run("score", two, clean)
    assert result.exit_code == 0
    assert "not predicted, counted as missed: again" in result.stdout


def test_score_refuses_what_cannot_be_compared(two: Path, clean: Path, tmp_path: Path, raid: Document) -> None:
    assert "again: no such document in gold" in refused(run("score", clean, two))
    write_documents(tmp_path / "other.jsonl", [msgspec.structs.replace(raid, text=raid.text + "\u00a0")])
    assert "raid: its text differs" in refused(run("score", clean, tmp_path / "other.jsonl"))
    assert "missing.jsonl" in refused(run("score", clean, tmp_path / "missing.jsonl"))


def test_predict_prints_a_raw_text_readably(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    path.write_bytes("\U0001f600 Nothing here.\r\nPolice said that rebels killed two villagers in Talmar.".encode())
    result = run("predict", model, path)
    assert result.exit_code == 0
    *lines, statement, death = result.stdout.splitlines()
    assert lines == [
        "raw.txt: 5 entities, 2 events",
        "",
        "[ARM Police] said that [PER rebels] killed [NUM two] [PER villagers] in [GPE Talmar].",
    ]
    assert set(statement.removeprefix("  STATEMENT 'said' ").split("; ")) == {
        "content: killed (DEATH)",
        "speaker: Police",
    }
    assert set(death.removeprefix("  DEATH 'killed' ").split("; ")) == {
        "agent: rebels",
        "count: two",
        "place: Talmar",
        "agent: villagers",  # the lexicon knows labels, not words
    }


def test_predict_prints_documents_for_machines(model: Path, two: Path, tmp_path: Path) -> None:
    run("predict", model, two, "--out", tmp_path / "out.jsonl")
    result = run("predict", model, two, "--format", "json")
    assert (result.exit_code, result.stdout) == (0, (tmp_path / "out.jsonl").read_text(encoding="utf-8"))


def test_predict_prints_documents_readably_if_not_written(model: Path, two: Path) -> None:
    result = run("predict", model, two)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if ": 6 entities" in line] == [
        "again: 6 entities, 2 events",
        "raid: 6 entities, 2 events",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.txt", None, "FIL007"),
        ("empty.txt", b"", "FIL001"),
        ("blank.txt", b"\r\n \xc2\xa0", "FIL001"),
        ("latin.txt", b"caf\xe9", "FIL008"),
        ("missing.jsonl", None, "FIL007"),
        ("broken.jsonl", b"{", "FIL002"),
        ("export.json", b'[{"id": 1, "data": {"text": "a"}, "annotations": []}]', "DOC101"),
        ("settings.json", b'{\n "a": 1\n}', "FIL002"),
    ],
)
def test_predict_refuses_unusable_sources(
    name: str, content: bytes | None, message: str, model: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    error = refused(run("predict", model, tmp_path / name))
    assert message in error
    assert name in error


def test_predict_refuses_what_is_no_model(tmp_path: Path, clean: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "make one with `strife train`" in refused(run("predict", tmp_path / "empty", clean))
    assert "missing" in refused(run("predict", tmp_path / "missing", clean))


def test_train_refuses_unknown_names_and_documents_without_annotation(tmp_path: Path, clean: Path) -> None:
    assert "unknown baseline 'bert'" in refused(run("train", "bert", clean, "--out", tmp_path / "m"))
    write_documents(tmp_path / "bare.jsonl", [Document("bare", "a")])
    assert "nothing is annotated in bare" in refused(
        run("train", "lexicon", tmp_path / "bare.jsonl", "--out", tmp_path / "m")
    )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("name", ["lexicon", "linear"])
@pytest.mark.parametrize(
    ("entity", "said"),
    [(Entity("m", 0, 99, "PER"), "SPN201 bad [0:99]"), (Entity("m", 0, 6, "REBEL"), "ONT301 bad [0:6]")],
)
def test_train_refuses_documents_that_nobody_can_learn_from(
    tmp_path: Path, clean: Path, name: str, entity: Entity, said: str
) -> None:
    write_documents(tmp_path / "bad.jsonl", [Document("bad", "Rebels fled.", (entity,))])
    for arguments in ([tmp_path / "bad.jsonl"], [clean, "--validation", tmp_path / "bad.jsonl"]):
        assert said in refused(run("train", name, *arguments, "--out", tmp_path / "m"))
    assert not (tmp_path / "m").exists()


def test_output_that_cannot_be_written_is_refused(tmp_path: Path, clean: Path, model: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"mine")
    for arguments in (
        ("train", "lexicon", clean, "--out", taken),
        ("predict", model, clean, "--out", taken / "predicted.jsonl"),
        ("predict", model, clean, "--out", tmp_path),
    ):
        assert "cannot be written" in refused(run(*arguments))
    assert taken.read_bytes() == b"mine"


def test_build_prints_what_each_split_holds(tmp_path: Path) -> None:
    result = run("build", "--root", ROOT, "--out", tmp_path)
    manifest = json.loads((tmp_path / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"strife {manifest['version']}, ontology {manifest['ontology']}"
    assert [line.split()[0] for line in lines[1:]] == ["train", "validation", "test"]
    assert f"{manifest['counts']['test']['arguments']} arguments" in lines[3]


def test_build_refuses_a_truncated_export_and_leaves_the_dataset(tmp_path: Path) -> None:
    for folder in ("corpus", "annotation"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "README.md", tmp_path)
    export = next((tmp_path / "annotation" / "exports").glob("*.json"))
    export.write_bytes(export.read_bytes()[:-100])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    error = refused(run("build", "--root", tmp_path))
    assert "FIL004" in error
    assert export.name in error
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_build_refuses_a_folder_that_is_no_project(tmp_path: Path) -> None:
    assert "train.txt: missing" in refused(run("build", "--root", tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_real_process_writes_utf_8_and_exits_with_the_code(tmp_path: Path, faulty: Path, model: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("\U0001f600 Police said that rebels killed two in Talmar.", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    strife = [sys.executable, "-m", "strife.cli"]
    predicted = subprocess.run([*strife, "predict", str(model), str(raw)], capture_output=True, env=environment)
    assert predicted.returncode == 0
    assert "\U0001f600 [ARM Police] said" in predicted.stdout.decode("utf-8")
    assert subprocess.run([*strife, "validate", str(faulty)], capture_output=True).returncode == 1
    unusable = subprocess.run([*strife, "validate", str(tmp_path / "none")], capture_output=True, text=True)
    assert (unusable.returncode, unusable.stdout) == (2, "")
    assert unusable.stderr.startswith("strife: FIL007")


def test_closed_pipe_is_no_error(tmp_path: Path, model: Path) -> None:
    raw = tmp_path / "long.txt"
    raw.write_text("Police said that rebels killed two. " * 700, encoding="utf-8")  # more than a pipe holds
    with subprocess.Popen(
        [sys.executable, "-m", "strife.cli", "predict", str(model), str(raw)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["ontology"], ["validate", "faulty.jsonl", "--format", "json"]])
def test_output_to_a_full_disk_is_refused(tmp_path: Path, faulty: Path, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "strife.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("strife: the output cannot be written")
    assert len(done.stderr.splitlines()) == 1
