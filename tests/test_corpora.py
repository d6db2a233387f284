"""Published corpora through the same door: what is read, what is left behind, and their known faults, no other."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from strife.formats import casie, muc, re3d, wikievents
from strife.formats.corpora import READERS, import_corpus
from strife.formats.loss import FormatError
from strife.model import Document, Template, encode
from strife.ontology import IMPORTED, load_ontology
from strife.store import read_documents
from strife.validate import validate


def faults(documents: list[Document], corpus: str) -> dict[str, int]:
    return dict(Counter(finding.code for finding in validate(documents, load_ontology(corpus)).findings))


def test_re3d_keeps_every_mention_and_relation(shared: Path) -> None:
    documents, losses = re3d.read(shared / "corpora" / "re3d")
    assert len(documents) == 98
    assert sum(len(document.entities) for document in documents) == 4838
    assert sum(len(document.relations) for document in documents) == 1430
    kinds = Counter(loss.why for loss in losses)
    assert kinds["a relation has no score"] == 1430
    assert not any(why.startswith("no mention") for why in kinds)


def test_re3d_keeps_what_flat_formats_lose(shared: Path) -> None:
    nested = crossing = same = 0
    for document in re3d.read(shared / "corpora" / "re3d")[0]:
        for one, other in combinations(document.entities, 2):
            (a, b), (c, d) = sorted((one.span, other.span), key=lambda span: (span[0], -span[1]))
            if (a, b) == (c, d):
                same += 1
            elif d <= b:
                nested += 1
            elif c < b:
                crossing += 1
    assert (nested, crossing, same) == (1107, 65, 135)


def test_re3d_has_its_known_faults_and_no_other(shared: Path) -> None:
    documents, _ = re3d.read(shared / "corpora" / "re3d")
    # 5 stored strings that differ, 8 mentions of a type that its schema does not have, 7 blanks at an edge
    assert faults(documents, "re3d") == {"SPN202": 5, "ONT301": 8, "SPN203": 7}


def test_wikievents(shared: Path) -> None:
    documents, losses = wikievents.read(shared / "corpora" / "wikievents")
    assert len(documents) == 20
    assert sum(len(document.entities) for document in documents) == 2256
    assert sum(len(document.events) for document in documents) == 345
    assert sum(len(event.arguments) for document in documents for event in document.events) == 428
    assert {loss.why for loss in losses} == {"a chain has no most informative mention"}
    assert faults(documents, "wikievents") == {"ONT301": 5}  # event types that its schema does not have


def test_casie(shared: Path) -> None:
    documents, losses = casie.read(shared / "corpora" / "casie")
    assert len(documents) == 851
    assert Counter(document.meta.get("split") for document in documents) == {"train": 701, "dev": 149, None: 1}
    assert sum(len(document.events) for document in documents) == 7217
    assert sum(len(event.arguments) for document in documents for event in document.events) == 19159
    assert {loss.why for loss in losses} == {"a role has no attributes", "an event has the same argument once"}
    # stored strings that differ, one trigger past the end, one unknown realis, one text under two names
    assert faults(documents, "casie") == {"SPN202": 999, "SPN201": 1, "ONT302": 1, "COR903": 1}


def as_published(template: Template) -> dict[str, Any]:
    roles = {role: [list(filler) for filler in fillers] for role, fillers in template.roles.items()}
    return {"incident_type": template.type, **roles}


def without_offsets(role: str, value: Any) -> Any:
    return value if role == "incident_type" else [[string for string, _ in filler] for filler in value]


def test_muc4_keeps_templates_and_alternatives(shared: Path) -> None:
    folder = shared / "corpora" / "muc4_gtt"
    documents, losses = muc.read_corpus(folder)
    assert Counter(document.meta["split"] for document in documents) == {"train": 1300, "dev": 200}
    assert sum(len(document.templates) for document in documents) == 1114 + 191
    assert losses == []
    by_id = {document.doc_id: document for document in documents}
    for path in (path for path in folder.rglob("*.json") if path.stem in ("train", "dev")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert [as_published(one) for one in by_id[row["docid"]].templates] == [
                {role: without_offsets(role, value) for role, value in template.items() if value}
                for template in row["templates"]
            ]
    assert faults(documents, "muc4") == {"ONT301": 1}  # "bombing / attack", in dev


@pytest.mark.parametrize("corpus", READERS)
def test_an_import_is_written_whole_and_says_what_it_left(corpus: str, shared: Path, tmp_path: Path) -> None:
    out, lost = tmp_path / "out.jsonl", tmp_path / "lost.jsonl"
    folder = shared / "corpora" / {"muc4": "muc4_gtt"}.get(corpus, corpus)
    said = import_corpus(corpus, folder, out, lost)
    documents = list(read_documents(out))
    assert f"{len(documents)} documents" in said
    assert [encode(d) for d in documents] == [encode(d) for d in READERS[corpus](folder)[0]]
    assert len(lost.read_bytes().splitlines()) == len(READERS[corpus](folder)[1])


def test_every_importer_has_its_ontology() -> None:
    assert set(IMPORTED) == set(READERS)
    for corpus in READERS:
        assert load_ontology(corpus).name == corpus


@pytest.mark.parametrize("corpus", READERS)
def test_a_folder_without_the_corpus_is_refused(corpus: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="check the path"):
        import_corpus(corpus, tmp_path, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("content", ["", "{", '{"_id": "a"}\n', "\xff"])
def test_a_half_downloaded_corpus_is_refused(content: str, tmp_path: Path) -> None:
    folder = tmp_path / "BBC"
    folder.mkdir()
    (folder / "documents.json").write_bytes(content.encode("latin-1"))
    (folder / "entities.json").write_text("", encoding="utf-8")
    (folder / "relations.json").write_text("", encoding="utf-8")
    with pytest.raises(FormatError, match=r"documents\.json"):
        re3d.read(tmp_path)


def test_mentions_without_their_document_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "BBC"
    folder.mkdir()
    text = '{"_id": "a", "text": "Talmar", "sourceName": "S", "sourceUrl": "u"}\n'
    lost = '{"_id": "x", "documentId": "b", "begin": 0, "end": 1, "type": "Location", "value": "T", "confidence": 1}\n'
    arrow = '{"_id": "r", "documentId": "a", "sourceBegin": 0, "sourceEnd": 1, "targetBegin": 0, "targetEnd": 1, '
    (folder / "documents.json").write_text(text, encoding="utf-8")
    (folder / "entities.json").write_text(lost, encoding="utf-8")
    (folder / "relations.json").write_text(arrow + '"type": "Likes", "confidence": 1}\n', encoding="utf-8")
    with pytest.raises(FormatError, match="no text for b"):
        re3d.read(tmp_path)
