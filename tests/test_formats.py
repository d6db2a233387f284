"""Other formats: what a format can hold survives a round trip, and what it cannot is told item by item."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from strife.formats import brat, convert, re3d
from strife.formats.convert import FORMATS
from strife.formats.holds import PARTS
from strife.formats.loss import FormatError, Loss
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Source, Template, Trigger, Zone, encode
from strife.ontology import Ontology, load_ontology
from strife.segment import sentences, tokens
from strife.store import write_documents
from strife.stream import InputError

ONTOLOGY = load_ontology()
PIECES = ["Talmar", "U.S.", "e\u0301tat", "\U0001f600", "\u0645\u062f\u064a\u0646\u0629", "3,000", "a-b", "\U00010400x"]
ODD = ["’s", ".", "“", "<b>", "\t", "\r\n", "\n\n", "\u00a0", "\u2028"]
WORDS = st.sampled_from(PIECES + ODD)
TEXTS = st.lists(WORDS, min_size=2, max_size=14).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any text with mentions and events at any offsets: nested, crossing, on one span, with one of all else."""
    text = draw(TEXTS)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 9))
    span = places.map(lambda place: (place[0], min(place[0] + place[1], len(text))))
    names = draw(st.lists(st.tuples(span, st.sampled_from(["PER", "ARM", "GPE", "TIME"])), max_size=6))
    kinds = draw(st.lists(st.tuples(span, st.sampled_from(["DEATH", "STRIKE", "STATEMENT"])), max_size=4))
    entities = tuple(
        Entity(f"m{n}", *place, label, {"timex": "2020-01-31"} if label == "TIME" else {})
        for n, (place, label) in enumerate(names)
    )
    ids = [entity.id for entity in entities]
    events = []
    for n, (place, kind) in enumerate(kinds):
        pairs = st.tuples(st.sampled_from(["agent", "victim"]), st.sampled_from(ids or ["none"]))
        fillers = draw(st.lists(pairs, max_size=3)) if ids else []
        arguments = [Argument(role, target) for role, target in dict.fromkeys(fillers)]
        if n:
            arguments.append(Argument("content", None, f"e{n - 1}"))
        attributes: dict[str, Any] = {"people_min": n} if kind == "DEATH" else {}
        events.append(Event(f"e{n}", kind, Trigger(*place), tuple(arguments), attributes))
    relations = [Relation(ids[0], ids[-1], draw(st.sampled_from(["same_as", None])))] if len(ids) > 1 else []
    chains = [Chain("c1", "entity", (ids[0], ids[-1]))] if len(ids) > 1 else []
    return Document(
        "doc/1 ü",
        text,
        entities,
        tuple(events),
        tuple(relations),
        tuple(chains),
        zones=(Zone(0, 1, "body"),),
        published="2020-02-01",
        sources=(Source("A", "https://example.org/a"),),
        annotators=("1",),
        meta={"country": "XX"},
    )


def contents(document: Document, holds: frozenset[str]) -> Counter[Any]:
    """What a document says in the parts held, without ids."""
    key = {item.id: (type(item).__name__, item.span, item.label) for item in document.items}
    said: Counter[Any] = Counter()

    def attributes(item: Entity | Event) -> tuple[Any, ...]:
        return tuple(sorted(item.attributes.items())) if "item attributes" in holds else ()

    said.update(("mention", key[e.id], attributes(e)) for e in document.entities)
    for event in document.events if "events" in holds else ():
        arguments = Counter(
            (a.role, key[a.target or ""])
            for a in event.arguments
            if ("arguments" if a.entity_id is not None else "event arguments") in holds
        )
        said["event", key[event.id], attributes(event), frozenset(arguments.items())] += 1
    for relation in document.relations:
        if ("relations" if relation.label is not None else "unlabelled relations") in holds:
            said["relation", key[relation.head], key[relation.tail], relation.label] += 1
    if "chains" in holds:
        said.update(("chain", c.kind, tuple(key[m] for m in c.members)) for c in document.chains)
    for part in ("zones", "published", "sources", "annotators", "meta"):
        if part in holds:
            said[part, str(getattr(document, part))] += 1
    return said


def round_trip(name: str, document: Document, folder: Path) -> tuple[Document, list[Loss]]:
    files, losses = convert.write(name, [document], ONTOLOGY)
    for old in folder.iterdir():
        old.unlink()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    (back,), unread = convert.read(name, folder, ONTOLOGY)
    assert unread == []
    return back, losses


@pytest.mark.parametrize("name", ["brat", "label-studio", "parquet", "xmi"])
@given(document=documents())
@settings(max_examples=60)
def test_what_is_held_survives(name: str, tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    holds = FORMATS[name].HOLDS
    back, losses = round_trip(name, document, tmp_path_factory.mktemp("format"))
    assume(not any(loss.why.endswith("at an edge") for loss in losses))
    assert back.text == document.text
    assert back.doc_id == document.doc_id
    assert contents(filled(back, document, name), holds) == contents(filled(document, document, name), holds)


def filled(document: Document, original: Document, name: str) -> Document:
    """Parquet has a column for each attribute, and so the defaults; compared is what the original says."""
    if name != "parquet":
        return document
    said = {key for item in original.items for key in item.attributes}

    def own(item: Any) -> Any:
        kept = {key: value for key, value in item.attributes.items() if key in said and value is not None}
        return msgspec.structs.replace(item, attributes={k: v for k, v in kept.items() if k != "people_min"})

    return msgspec.structs.replace(
        document, entities=tuple(map(own, document.entities)), events=tuple(map(own, document.events))
    )


@given(document=documents())
@settings(max_examples=60)
def test_textee_keeps_all_that_lies_on_tokens(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    back, losses = round_trip("textee", document, tmp_path_factory.mktemp("textee"))
    lost = {loss.item for loss in losses if loss.why.endswith("spans of whole tokens")}
    pieces = tokens(document.text)
    starts, ends = {start for start, _ in pieces}, {end for _, end in pieces}
    assert lost == {item.id for item in document.items if item.span[0] not in starts or item.span[1] not in ends}
    assert back.text == document.text
    assert {(e.id, e.span, e.label) for e in back.entities} == {
        (e.id, e.span, e.label) for e in document.entities if e.id not in lost
    }
    told = {(loss.item, loss.lost) for loss in losses}
    for event in document.events:
        kept = next((e for e in back.events if e.id == event.id), None)
        assert (kept is None) == (event.id in lost)
        for argument in event.arguments if kept else ():
            assert argument in kept.arguments or (event.id, f"{argument.role} {argument.target}") in told


@given(document=documents())
@settings(max_examples=60)
def test_conll_keeps_mentions_apart_on_tokens(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    if not any(tokens(document.text, *sentence) for sentence in sentences(document.text)):
        return
    back, losses = round_trip("conll", document, tmp_path_factory.mktemp("conll"))
    lost = {loss.item for loss in losses}
    kept = sorted((e for e in document.entities if loss_free(e, losses)), key=lambda e: e.start)
    assert all(a.end <= b.start for a, b in pairwise(kept))
    words = [[document.text[a:b] for a, b in tokens(document.text, *e.span)] for e in kept]
    assert [(back.surface(e).split(), e.label) for e in back.entities] == [
        (w, e.label) for w, e in zip(words, kept, strict=True)
    ]
    assert {event.id for event in document.events} <= lost


def test_docbin_keeps_all(tmp_path: Path) -> None:
    pytest.importorskip("spacy", reason="spaCy is an optional extra")
    for document in documents_of_all_kinds():
        back, losses = round_trip("spacy", document, tmp_path)
        assert losses == []
        assert encode(back) == encode(document)


def documents_of_all_kinds() -> list[Document]:
    """Thirty of the random documents, the same in every run."""
    drawn: list[Document] = []

    @given(document=documents())
    @settings(max_examples=30, database=None)
    def collect(document: Document) -> None:
        drawn.append(document)

    collect()
    return drawn


def test_docbin_of_another_project(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is an optional extra")
    doc = spacy.blank("en")("Rebels shot two men.")
    doc.ents = [spacy.tokens.Span(doc, 0, 1, label="ARM")]
    (tmp_path / "d.spacy").write_bytes(spacy.tokens.DocBin(docs=[doc]).to_bytes())
    (document,), _ = convert.read("spacy", tmp_path / "d.spacy", ONTOLOGY)
    assert document == Document("d-1", "Rebels shot two men.", (Entity("m1", 0, 6, "ARM"),))
    with pytest.raises(FormatError, match="DocBin"):
        convert.read("spacy", tmp_path / "none.spacy", ONTOLOGY)


@given(document=documents())
@settings(max_examples=80)
def test_webanno_keeps_all_but_blanks(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    assume(document.text.strip())
    back, losses = round_trip("webanno", document, tmp_path_factory.mktemp("webanno"))
    gaps = [loss for loss in losses if loss.why.startswith("WebAnno TSV holds no text")]
    assert back.text.split() == document.text.split()
    assert back.text == document.text or gaps
    trimmed = {loss.item for loss in losses if loss.why.endswith("no row for blanks")}
    gone = {item.id for item in document.items if not document.surface(item).strip()}
    assert {item.id for item in document.items if document.surface(item) != document.surface(item).strip()} == trimmed
    kept = without(document, gone)
    assert contents(back, FORMATS["webanno"].HOLDS) == contents(kept, FORMATS["webanno"].HOLDS)


def without(document: Document, gone: set[str]) -> Document:
    """The document without some items and what points at them, and spans without blanks at their edges."""

    def span(item: Entity | Event) -> tuple[int, int]:
        surface = document.surface(item)
        return item.span[0] + len(surface) - len(surface.lstrip()), item.span[1] - len(surface) + len(surface.rstrip())

    entities = [Entity(e.id, *span(e), e.label, e.attributes) for e in document.entities if e.id not in gone]
    events = [
        Event(e.id, e.type, Trigger(*span(e)), tuple(a for a in e.arguments if a.target not in gone), e.attributes)
        for e in document.events
        if e.id not in gone
    ]
    relations = [r for r in document.relations if not {r.head, r.tail} & gone]
    return msgspec.structs.replace(document, entities=tuple(entities), events=tuple(events), relations=tuple(relations))


SLOTS = "ROLE_webanno.custom.Event:arguments_webanno.custom.EventArgumentsLink|webanno.custom.Mention"


def test_webanno_as_its_manual_shows_it(ontology: Ontology, tmp_path: Path) -> None:
    lines = [
        "#FORMAT=WebAnno TSV 3.3",
        "#T_SP=webanno.custom.Mention|label",
        f"#T_SP=webanno.custom.Event|label|{SLOTS}",
        "#T_SP=custom.Other|",
        "#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Mention",
        "",
        "",
        "#Text=😀 Rebels \\[x\\]",
        "1-1\t0-2\t😀\t_\t_\t_\t_\t*\t_\t_\t",
        "1-2\t3-9\tRebels\tARM\t_\t_\t_\t_\tmember\\_of\t2-2[1_0]\t",
        "1-3\t10-13\t\\[x\\]\t_\t_\t_\t_\t_\t_\t_\t",
        "",
        "#Text=shot two men",
        "2-1\t14-18\tshot\t_\tDEATH[3]|INJURY[4]\tagent;victim[3]|*[4]\t1-2;2-2[1]|*\t_\t_\t_\t",
        "2-2\t19-22\ttwo\tPER[1]\t_\t_\t_\t_\t_\t_\t",
        "2-2.1\t19-21\ttw\tNUM\t_\t_\t_\t_\t_\t_\t",
        "2-3\t23-26\tmen\tPER[1]\t_\t_\t_\t_\t_\t_\t",
    ]
    (tmp_path / "d.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (document,), losses = convert.read("webanno", tmp_path, ontology)
    assert document.text == "😀 Rebels [x]\nshot two men"
    assert [(document.surface(e), e.label) for e in document.entities] == [
        ("Rebels", "ARM"),
        ("two men", "PER"),
        ("tw", "NUM"),
    ]
    death, injury = document.events
    assert (document.surface(death), death.type, injury.type) == ("shot", "DEATH", "INJURY")
    assert death.arguments == (Argument("agent", "m1"), Argument("victim", "m2"))
    assert injury.arguments == ()
    assert document.relations == (Relation("m2", "m1", "member_of"),)
    assert [loss.lost for loss in losses] == ["custom.Other"]


def loss_free(mention: Entity, losses: list[Loss]) -> bool:
    return not any(loss.item == mention.id and ("overlaps" in loss.why or "tokens" in loss.why) for loss in losses)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "spacy"])
def test_every_item_of_a_part_that_is_not_held_is_told(name: str, ontology: Ontology, raid: Document) -> None:
    document = msgspec.structs.replace(
        raid,
        chains=(Chain("c1", "entity", ("m2", "m4")),),
        zones=(Zone(0, 5, "body"), Zone(5, 9, "caption")),
        sources=(Source("A", "https://example.org/a"), Source("B", "https://example.org/b")),
        annotators=("1", "2"),
        meta={"country": "XX"},
        attributes={"doc_type": "news"},
        relations=(Relation("m2", "m4", "same_as"), Relation("m2", "m5", None)),
        templates=(Template("attack", {"Victim": (("two villagers", "villagers"),)}),),
    )
    numbers = {
        "events": 2,
        "arguments": 6,
        "event arguments": 1,
        "span arguments": 0,
        "item attributes": 4,
        "document attributes": 1,
        "relations": 1,
        "unlabelled relations": 1,
        "chains": 1,
        "zones": 2,
        "published": 1,
        "sources": 2,
        "annotators": 2,
        "meta": 1,
        "templates": 1,
    }
    assert set(numbers) == set(PARTS)
    if "events" not in FORMATS[name].HOLDS:
        numbers |= {"arguments": 0, "event arguments": 0, "item attributes": 1}
    if name == "label-studio":
        document = msgspec.structs.replace(document, attributes={})
    _, losses = convert.write(name, [document], ontology)
    told = Counter(loss.why.partition(" holds no ")[2] for loss in losses)
    for part, number in numbers.items():
        assert told[part] == (0 if part in FORMATS[name].HOLDS else number), part


def test_re3d_survives_brat_whole(shared: Path, tmp_path: Path) -> None:
    ontology = load_ontology("re3d")
    originals, _ = re3d.read(shared / "corpora" / "re3d")
    files, _ = brat.write(originals, ontology)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    back, unread = brat.read(tmp_path, ontology)
    assert unread == []
    for before, after in zip(originals, back, strict=True):
        assert contents(after, brat.HOLDS) == contents(before, brat.HOLDS)


def test_brat_as_others_write_it(ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(b"Rebels shot two\nvillagers near Talmar.")
    lines = [
        "T1\tARM 0 6\tRebels",
        "T2\tDEATH 7 11\tshot",
        "T3\tPER 12 15;16 25\ttwo villagers",
        "T4\tGPE 31 37\tTalmer",
        "T5\tPER 0 6;16 25\tRebels villagers",
        "E1\tDEATH:T2 agent:T1 victim:T3 victim2:T4",
        "A1\tpeople_min E1 2",
        "M1\tpolarity E1 negative",
        "#1\tAnnotatorNotes T1\twho?",
        "*\tEquiv T1 T3 T4",
    ]
    (tmp_path / "d.ann").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (document,), losses = brat.read(tmp_path, ontology)
    assert [(e.id, e.span, e.label) for e in document.entities] == [
        ("T1", (0, 6), "ARM"),
        ("T3", (12, 25), "PER"),
        ("T4", (31, 37), "GPE"),
        ("T5", (0, 25), "PER"),
    ]
    assert document.entities[2].attributes == {"quote": "Talmer"}
    (event,) = document.events
    assert event.span == (7, 11)
    assert [(a.role, a.target) for a in event.arguments] == [("agent", "T1"), ("victim", "T3"), ("victim", "T4")]
    assert event.attributes == {"people_min": 2, "polarity": "negative"}
    assert document.chains == (Chain("c1", "entity", ("T1", "T3", "T4")),)
    assert {loss.item for loss in losses} == {"T5", "#1"}


def test_xmi_refuses_what_xml_cannot_hold(ontology: Ontology) -> None:
    with pytest.raises(FormatError, match=r"d: .*DOC105"):
        convert.write("xmi", [Document("d", "a\x01b")], ontology)


def test_muc_templates_come_back(ontology: Ontology, tmp_path: Path) -> None:
    roles = {"Victim": (("two villagers", "villagers"), ("a guard",)), "Weapon": (("a knife",),)}
    templates = (Template("attack", roles), Template("bombing / attack"))
    document = Document("d", "a guard and two villagers died by a knife", templates=templates)
    back, losses = round_trip("muc", document, tmp_path)
    assert losses == []
    assert back.templates == templates
    assert [(back.surface(e), e.label) for e in back.entities] == [
        ("two villagers", "Victim"),
        ("villagers", "Victim"),
        ("a guard", "Victim"),
        ("a knife", "Weapon"),
    ]
    assert back.chains == (Chain("c1", "entity", ("m1", "m2")),)
    strange = Document("d", "nothing", templates=(Template("attack", {"Victim": (("two men",),)}),))
    assert [loss.lost for loss in convert.write("muc", [strange], ontology)[1]] == ["'two men'"]


def test_brat_tells_of_line_breaks_at_an_edge(ontology: Ontology, tmp_path: Path) -> None:
    files, losses = brat.write([Document("d", "Talmar\nfell", (Entity("m1", 0, 7, "GPE"),))], ontology)
    assert files["d.ann"] == b"T1\tGPE 0 6\tTalmar\n"
    assert [(loss.item, loss.why) for loss in losses] == [("m1", "a span in brat has no line break at an edge")]


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("brat", "d.ann", b"T1\tPER x 6\tRebels\n"),
        ("brat", "d.ann", b"E1\tDEATH:T9\n"),
        ("brat", "d.ann", b"\xff"),
        ("conll", "documents.conll", b"Talmar GPE\n"),
        ("conll", "documents.conll", b"\n\n"),
        ("textee", "documents.json", b'{"doc_id": "d", "tokens": ["a"], "text": "b"}\n'),
        ("textee", "documents.json", b'{"doc_id": "d"}\n'),
        ("label-studio", "tasks.json", b"[{]"),
        ("parquet", "documents.parquet", b"PAR1"),
        ("xmi", "d.xmi", b"<a/>"),
        ("muc", "documents.json", b'{"docid": "d", "doctext": "a", "templates": [{"Victim": []}]}'),
        (
            "muc",
            "documents.json",
            b'{"docid": "d", "doctext": "a", "templates": [{"incident_type": "x", "V": [[["b", 0]]]}]}',
        ),
        ("webanno", "d.tsv", b"1-1\t0-1\tx\n"),
        ("webanno", "d.tsv", b"#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Mention|label\n\n\n#Text=a\n1-1\tx\ta\n"),
    ],
)
def test_broken_input_is_refused(name: str, file: str, content: bytes, ontology: Ontology, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("Rebels", encoding="utf-8")
    (tmp_path / file).write_bytes(content)
    with pytest.raises((FormatError, InputError)):
        convert.read(name, tmp_path, ontology)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
def test_a_folder_without_the_format_is_refused(name: str, ontology: Ontology, tmp_path: Path) -> None:
    if name == "spacy":
        pytest.importorskip("spacy", reason="spaCy is an optional extra")
    with pytest.raises((FormatError, InputError)):
        convert.read(name, tmp_path, ontology)


def test_convert_writes_one_file_or_a_folder(raid: Document, ontology: Ontology, tmp_path: Path) -> None:
    source, lost = tmp_path / "in.jsonl", tmp_path / "lost.jsonl"
    write_documents(source, [raid])
    said = convert.convert(source, "strife", tmp_path / "out.conll", "conll", ontology, lost)
    assert (tmp_path / "out.conll").read_text(encoding="utf-8").startswith("-DOCSTART-")
    assert "CoNLL-2003 holds no events" in said
    assert json.loads(lost.read_text(encoding="utf-8").splitlines()[0])["doc_id"] == "raid"
    convert.convert(source, "strife", tmp_path / "folder", "brat", ontology)
    assert sorted(p.name for p in (tmp_path / "folder").iterdir()) == ["raid.ann", "raid.txt"]
