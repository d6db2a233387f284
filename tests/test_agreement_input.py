"""Annotators and their documents: where they are read from, and what is refused, with a reason to act on."""

import json
from pathlib import Path

import msgspec
import pytest

from strife.agreement import AgreementError, agree, read_annotators
from strife.labelstudio.tasks import results
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.store import write_documents
from tests.conftest import ROOT

TEXT = "Rebels took Talmar."


def document(*entities: Entity, doc_id: str = "d", text: str = TEXT) -> Document:
    return Document(doc_id, text, entities)


def export(path: Path, ontology: Ontology, *annotations: dict[str, object]) -> Path:
    """An export of one task."""
    path.write_text(
        json.dumps([{"id": 1, "data": {"doc_id": "d", "text": TEXT}, "annotations": list(annotations)}]),
        encoding="utf-8",
    )
    return path


def annotation(ontology: Ontology, who: int | None, some: Document, **more: object) -> dict[str, object]:
    return {"id": 5, "completed_by": who, "result": results(some, ontology), **more}


def test_annotators_of_an_export_are_its_users(tmp_path: Path, ontology: Ontology) -> None:
    one = document(Entity("m", 0, 6, "PER"))
    path = export(
        tmp_path / "e.json",
        ontology,
        annotation(ontology, 4, one),
        annotation(ontology, 2, document()),
        annotation(ontology, 9, one, was_cancelled=True),
    )
    found = read_annotators([path], ontology)
    assert {who: len(some) for who, some in found.items()} == {"2": 1, "4": 1}  # who skipped it did not submit it
    assert found["4"][0].entities == one.entities


def test_annotators_of_document_files(tmp_path: Path, ontology: Ontology) -> None:
    write_documents(tmp_path / "anna.jsonl", [document()])
    write_documents(tmp_path / "x.jsonl", [msgspec.structs.replace(document(), annotators=("7",))])
    write_documents(tmp_path / "gold.v1.jsonl", [msgspec.structs.replace(document(), annotators=("1", "2"))])
    assert sorted(read_annotators([tmp_path], ontology)) == ["7", "anna", "gold"]


def test_the_corpus_is_read(ontology: Ontology) -> None:
    found = read_annotators([ROOT / "annotation" / "exports"], ontology)
    articles = len(list((ROOT / "corpus" / "articles").iterdir()))
    assert {who: len(some) for who, some in found.items()} == {"2": articles, "3": articles}


def test_an_annotation_without_a_user_is_refused(tmp_path: Path, ontology: Ontology) -> None:
    path = export(tmp_path / "e.json", ontology, annotation(ontology, None, document()))
    with pytest.raises(AgreementError, match=r"AGR101 .*task 1, annotation 5, d: no user completed this annotation"):
        read_annotators([path], ontology)


def refusal(annotators: dict[str, list[Document]], ontology: Ontology) -> str:
    with pytest.raises(AgreementError) as caught:
        agree(annotators, ontology)
    return str(caught.value)


def test_one_annotator_only(ontology: Ontology) -> None:
    message = "AGR102 one annotator only (a); expected two or more; give the other's export as well"
    assert refusal({"a": [document()]}, ontology) == message
    assert refusal({}, ontology).startswith("AGR102 one annotator only (nobody)")


def test_two_versions_by_one_annotator(ontology: Ontology) -> None:
    twice = [document(), document(Entity("m", 0, 6, "PER"))]
    assert refusal({"a": twice, "b": [document()]}, ontology).startswith(
        "AGR103 d: annotator a submitted two different annotations; expected one"
    )
    # the same one twice is only read twice
    assert agree({"a": [document(), document()], "b": [document()]}, ontology, samples=2).documents == ("d",)


def test_no_shared_document(ontology: Ontology) -> None:
    message = refusal({"a": [document()], "b": [document(doc_id="other")]}, ontology)
    assert message.startswith("AGR104 no document was submitted by two annotators (a has 1: d; b has 1: other)")


def test_different_texts_under_one_id(ontology: Ontology) -> None:
    message = refusal({"a": [document()], "b": [document(text="Rebels took Tálmar.")]}, ontology)
    assert message.startswith("AGR105 d [13]: the texts differ ('almar.' for a, 'álmar.' for b)")
    message = refusal({"a": [document()], "b": [document(text=TEXT + " Yes.")]}, ontology)
    assert "AGR105 d [19]: the texts differ ('' for a, ' Yes.' for b)" in message


def test_references_to_nothing(ontology: Ontology) -> None:
    event = Event("e1", "DEATH", Trigger(7, 11), (Argument("victim", "m9"), Argument("agent")))
    wrong = Document("d", TEXT, (), (event,), (Relation("m1", "e1", "same_as"),))
    lines = refusal({"a": [document()], "b": [wrong]}, ontology).splitlines()
    found = [line.removeprefix("AGR106 d, annotator b: ").partition(", which is nothing")[0] for line in lines]
    assert found == [
        "victim of e1 points at m9",
        "agent of e1 points at neither entity_id nor event_id nor start and end",
        "relation same_as points at m1",
    ]


@pytest.mark.parametrize("span", [(5, 99), (-1, 4), (6, 6), (9, 7)])
def test_spans_outside_the_text(ontology: Ontology, span: tuple[int, int]) -> None:
    message = refusal({"a": [document()], "b": [document(Entity("m1", *span, "PER"))]}, ontology)
    assert message.startswith(f"AGR107 d, annotator b: m1 [{span[0]}:{span[1]}]; expected a span in the text (0 to 19)")


def test_different_versions_of_the_ontology(ontology: Ontology) -> None:
    def made(version: str) -> list[Document]:
        return [msgspec.structs.replace(document(), meta={"ontology": version})]

    message = refusal({"a": made("conflict-core 1.0.0"), "b": made("conflict-core 0.9.0")}, ontology)
    assert message.startswith("AGR108 annotated under conflict-core 0.9.0 (b); conflict-core 1.0.0 (a)")
    assert refusal({"a": made("x 2"), "b": made("x 2")}, ontology).startswith("AGR108 annotated under x 2 (a, b)")
    same = {"a": made("conflict-core 1.0.0"), "b": made("conflict-core 1.0.0")}
    assert agree(same, ontology, samples=2).documents == ("d",)


def test_labels_of_another_ontology(ontology: Ontology) -> None:
    other = [document(Entity("m", 0, 6, "FIGHTER"), Entity("n", 0, 6, "PER"))]
    message = refusal({"a": [document()], "b": other}, ontology)
    assert message.startswith("AGR109 annotator b uses 'FIGHTER'; expected labels of conflict-core 1.0.0")
    assert "--ontology" in message


def test_many_faults_are_not_all_told(ontology: Ontology) -> None:
    wrong = [document(Entity("m", 0, 99, "PER"), doc_id=f"d{n}") for n in range(40)]
    lines = refusal({"a": wrong, "b": wrong}, ontology).splitlines()
    assert len(lines) == 13
    assert lines[-1] == "and 68 more like these"


def test_faults_of_documents_that_are_not_compared_do_not_matter(ontology: Ontology) -> None:
    alone = document(Entity("m", 0, 99, "FIGHTER"), doc_id="alone")
    agreement = agree({"a": [document(), alone], "b": [document()]}, ontology, samples=2)
    assert agreement.documents == ("d",)
    assert "left out, submitted by one annotator only: alone" in agreement.notes
