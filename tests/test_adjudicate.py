"""`strife adjudicate`: the command on files, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from strife.adjudication.log import read_log
from strife.adjudication.run import adjudicate
from strife.cli import app
from strife.labelstudio.tasks import results, task
from strife.model import Document, Entity
from strife.ontology import Ontology
from strife.store import read_documents, write_documents
from tests.conftest import ROOT

PASSES = ROOT / "annotation" / "exports" / "batch-001.json"
LOG = ROOT / "annotation" / "adjudication" / "batch-001.decisions.tsv"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["adjudicate", *map(str, arguments)])


def refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("strife: ")
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.fixture
def other(raid: Document) -> Document:
    """The raid without the number and its arrow."""
    killed = raid.events[1]
    arguments = tuple(argument for argument in killed.arguments if argument.role != "count")
    return msgspec.structs.replace(
        raid,
        entities=tuple(entity for entity in raid.entities if entity.id != "m3"),
        events=(raid.events[0], msgspec.structs.replace(killed, arguments=arguments)),
    )


class Desk:
    """A folder where exports are written."""

    def __init__(self, folder: Path, ontology: Ontology) -> None:
        self.folder = folder
        self.ontology = ontology

    def export(self, name: str, *annotated: tuple[Document, int], **more: Any) -> Path:
        tasks: dict[str, dict[str, Any]] = {}
        for number, (document, who) in enumerate(annotated, 1):
            made = tasks.setdefault(
                document.doc_id + document.text, {"id": number, **task(document), "annotations": []}
            )
            result = results(document, self.ontology)
            made["annotations"].append({"id": number, "completed_by": who, "result": result, **more})
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(list(tasks.values())), encoding="utf-8")
        return path


@pytest.fixture
def desk(tmp_path: Path, ontology: Ontology) -> Desk:
    return Desk(tmp_path, ontology)


def test_a_disagreement_leaves_conflicts_and_exit_1(desk: Desk, raid: Document, other: Document) -> None:
    out = desk.folder / "out"
    result = run(desk.export("passes", (raid, 2), (other, 3)), "--out", out)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == ["1 documents: 1 with 1 open conflicts", "  raid: 1 entity"]
    assert "--curated EXPORT" in result.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "conflicts.json",
        "conflicts.xml",
        "decisions.tsv",
        "gold.jsonl",
    ]
    assert (out / "gold.jsonl").read_bytes() == b""
    (made,) = json.loads((out / "conflicts.json").read_text(encoding="utf-8"))
    assert len(made["data"]["conflicts"]) == 1


def test_agreement_is_gold_and_exit_0(desk: Desk, raid: Document, ontology: Ontology) -> None:
    out = desk.folder / "out"
    result = run(desk.export("passes", (raid, 2), (raid, 3)), "--out", out)
    assert result.exit_code == 0, result.output
    (document,) = read_documents(out / "gold.jsonl")
    assert document.entities == raid.entities
    assert document.annotators == ("2", "3")
    assert json.loads((out / "conflicts.json").read_text(encoding="utf-8")) == []


def test_the_log_is_kept_and_only_written_when_it_changes(desk: Desk, raid: Document, other: Document) -> None:
    passes, log, out = desk.export("passes", (raid, 2), (other, 3)), desk.folder / "log.tsv", desk.folder / "out"
    whole = desk.export("whole", (raid, 9))
    first = run(passes, "--out", out, "--log", log, "--curated", whole)
    assert first.exit_code == 1
    assert "1 decisions do not say why" in first.stdout
    assert "raid: entity 31:34" in first.stdout
    log.write_text(log.read_text(encoding="utf-8").rstrip("\n") + "section 9\n", encoding="utf-8")
    written = log.stat()
    again = run(passes, "--out", out, "--log", log)
    assert again.exit_code == 0, again.output
    assert read_log(log)[0].why == "section 9"
    assert log.stat().st_mtime_ns == written.st_mtime_ns
    assert not (out / "decisions.tsv").exists()


def test_majority_and_single_have_to_be_asked_for(desk: Desk, raid: Document, other: Document) -> None:
    alone = msgspec.structs.replace(raid, doc_id="alone")
    passes = desk.export("passes", (raid, 2), (raid, 3), (other, 4), (alone, 2))
    out = desk.folder / "out"
    plain = run(passes, "--out", out)
    assert plain.exit_code == 1
    assert "alone: only annotator 2" in plain.stdout
    asked = run(passes, "--out", out, "--policy", "majority", "--single")
    assert asked.exit_code == 0, asked.output
    one, two = read_documents(out / "gold.jsonl")
    assert set(one.provenance.values()) == {"single 2"}
    assert (two.provenance["m3"], two.provenance["m1"]) == ("majority 2/3", "agreed")
    assert [(d.document, d.by) for d in read_log(out / "decisions.tsv")] == [
        ("alone", "single 2"),
        ("raid", "majority 2/3"),
    ]
    assert run(passes, "--out", out).exit_code == 0  # it stands in the log now


def test_only_the_annotators_named_count(desk: Desk, raid: Document, other: Document) -> None:
    passes = desk.export("passes", (raid, 2), (raid, 3), (other, 4))
    result = run(passes, "--out", desk.folder / "out", "--annotator", "2", "--annotator", "3")
    assert result.exit_code == 0, result.output
    message = refused(run(passes, "--out", desk.folder / "out", "--annotator", "7"))
    assert "no annotation is by 7; there are 2, 3, 4" in message


def test_documents_in_files_are_adjudicated_too(desk: Desk, raid: Document, other: Document) -> None:
    for name, document in (("anna", raid), ("ben", other)):
        write_documents(desk.folder / f"{name}.jsonl", [document])
    result = run(desk.folder / "anna.jsonl", desk.folder / "ben.jsonl", "--out", desk.folder / "out")
    assert result.exit_code == 1
    (made,) = json.loads((desk.folder / "out" / "conflicts.json").read_text(encoding="utf-8"))
    assert made["data"]["conflicts"][0]["options"][0]["value"].startswith("annotator anna: NUM")


def test_the_first_batch_gives_the_committed_gold(tmp_path: Path) -> None:
    result = run(PASSES, "--log", LOG, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "16 documents: 16 gold" in result.stdout
    committed = {d.doc_id: d for d in read_documents(ROOT / "corpus" / "gold.jsonl")}
    for document in read_documents(tmp_path / "gold.jsonl"):
        gold = committed[document.doc_id]
        assert [(e.id, e.span, e.label) for e in document.entities] == [(e.id, e.span, e.label) for e in gold.entities]
        assert [(e.id, e.span, e.arguments) for e in document.events] == [
            (e.id, e.span, e.arguments) for e in gold.events
        ]
        assert (document.relations, document.provenance) == (gold.relations, gold.provenance)


def test_one_annotator_only_is_told(desk: Desk, raid: Document) -> None:
    result = run(desk.export("passes", (raid, 2)), "--out", desk.folder / "out")
    assert result.exit_code == 1
    assert "raid: only annotator 2; a second is needed, or --single" in result.stdout


def test_two_texts_under_one_id_are_refused(desk: Desk, raid: Document) -> None:
    longer = msgspec.structs.replace(raid, text=raid.text + "\r\n")
    message = refused(run(desk.export("passes", (raid, 2), (longer, 3)), "--out", desk.folder / "out"))
    assert "passes.json, task 2, annotation 2, annotator 3: the text of raid differs" in message
    assert not (desk.folder / "out").exists()


def test_many_reasons_are_told_in_part(desk: Desk, raid: Document) -> None:
    far = [msgspec.structs.replace(raid, doc_id=f"d{n}", entities=(Entity("m1", 60, 99, "PER"),)) for n in range(30)]
    passes = desk.export("passes", *((document, who) for document in far for who in (2, 3)))
    message = refused(run(passes, "--out", desk.folder / "out"))
    assert len(message.splitlines()) == 21
    assert "more; `strife validate` lists them" in message


def test_one_annotator_twice_is_refused(desk: Desk, raid: Document, other: Document) -> None:
    message = refused(run(desk.export("passes", (raid, 2), (other, 2)), "--out", desk.folder / "out"))
    assert "annotator 2 has two of raid; keep one annotation of a person" in message


def test_a_curated_error_is_refused_with_its_place(desk: Desk, raid: Document, other: Document) -> None:
    wrong = msgspec.structs.replace(raid, entities=(*raid.entities, Entity("m9", 7, 11, "CREW")))
    passes, whole = desk.export("passes", (raid, 2), (other, 3)), desk.export("whole", (wrong, 9))
    assert "ONT301 raid [7:11]" in refused(run(passes, "--curated", whole, "--out", desk.folder / "out"))


def test_errors_of_what_all_agree_on_are_told_and_no_gold(desk: Desk, raid: Document) -> None:
    wrong = msgspec.structs.replace(raid, entities=(Entity("m1", 0, 7, "ARM"), *raid.entities[1:]))
    result = run(desk.export("passes", (wrong, 2), (wrong, 3)), "--out", desk.folder / "out")
    assert result.exit_code == 1
    assert "1 documents: 1 with errors" in result.stdout
    assert "SPN203 raid [0:7]" in result.stdout
    assert (desk.folder / "out" / "gold.jsonl").read_bytes() == b""


def test_a_text_where_all_find_nothing_is_gold(desk: Desk, raid: Document) -> None:
    empty = Document(raid.doc_id, raid.text)
    result = run(desk.export("passes", (empty, 2), (empty, 3)), "--out", desk.folder / "out")
    assert result.exit_code == 0, result.output


def test_skipped_and_unfinished_annotations_do_not_count(desk: Desk, raid: Document, other: Document) -> None:
    skipped = desk.export("skipped", (other, 3), was_cancelled=True)
    result = run(desk.export("passes", (raid, 2)), skipped, "--out", desk.folder / "out")
    assert "raid: only annotator 2" in result.stdout


def test_files_that_are_no_exports_are_refused(desk: Desk, raid: Document) -> None:
    passes, odd = desk.export("passes", (raid, 2), (raid, 3)), desk.folder / "odd.json"
    odd.write_text("", encoding="utf-8")
    assert "FIL001" in refused(run(odd, "--out", desk.folder / "out"))
    assert "FIL001" in refused(run(passes, "--curated", odd, "--out", desk.folder / "out"))
    assert "FIL007" in refused(run(desk.folder / "none.json", "--out", desk.folder / "out"))
    table = desk.folder / "log.tsv"
    table.write_text("a\tb\n", encoding="utf-8")
    assert "FIL003" in refused(run(passes, "--log", table, "--out", desk.folder / "out"))


def test_the_order_of_exports_changes_no_byte(desk: Desk, raid: Document, other: Document) -> None:
    alone = msgspec.structs.replace(other, doc_id="alpha")
    one = desk.export("one", (raid, 2), (alone, 2))
    two = desk.export("two", (alone, 3), (other, 3))
    for name, exports in (("a", (one, two)), ("b", (two, one))):
        run(*exports, "--out", desk.folder / name)
    first, second = (sorted((desk.folder / name).iterdir()) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_first_batch_asks_no_more_than_it_has_to(ontology: Ontology) -> None:
    # The adjudicator of the batch logged 193 decisions by hand, many of them that a number followed from another.
    found = adjudicate([PASSES], ontology)
    assert sum(len(case.settled.open) for case in found.open) == 179
