"""The annotators' pages: complete, well-formed, in step with the ontology, and readable inside Label Studio."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from strife.guidelines import as_html, type_tables
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology
from strife.segment import sentences
from strife.validate import check_document
from tests.conftest import ROOT

MANUAL = ROOT / "annotation" / "guidelines" / "README.md"
TYPES = ROOT / "annotation" / "guidelines" / "types.md"
ONTOLOGY = load_ontology()
KINDS = {**ONTOLOGY.entity_types, **ONTOLOGY.event_types}
ARROWS = {**ONTOLOGY.roles, **ONTOLOGY.relations}
SENTENCES = [
    pytest.param(label, text, id=f"{label}-{number}")
    for label, kind in {**KINDS, **ARROWS}.items()
    for number, text in enumerate([*kind.examples, *(miss.text for miss in kind.near_misses)])
]


class Marked(NamedTuple):
    """A sentence of the manual without its brackets: what they were around."""

    text: str
    square: list[tuple[int, int]]
    curly: list[tuple[int, int]]


def unmarked(sentence: str) -> Marked:
    text, open_ = "", []
    found: dict[str, list[tuple[int, int]]] = {"[": [], "{": []}
    for character in sentence:
        if character in "[{":
            open_.append((character, len(text)))
        elif character in "]}":
            kind, start = open_.pop()
            assert kind + character in ("[]", "{}"), sentence
            found[kind].append((start, len(text)))
        else:
            text += character
    assert not open_, sentence
    return Marked(text, found["["], found["{"])


@pytest.mark.parametrize("label", [*KINDS, *ARROWS])
def test_a_newcomer_finds_a_test_three_examples_and_two_near_misses_of_everything(label: str) -> None:
    kind = {**KINDS, **ARROWS}[label]
    assert kind.definition
    assert kind.test
    assert len(set(kind.examples)) >= 3
    assert len({miss.text for miss in kind.near_misses}) >= 2
    assert all(miss.why for miss in kind.near_misses)


@pytest.mark.parametrize(("label", "sentence"), SENTENCES)
def test_the_marks_in_a_sentence_are_where_the_manual_wants_them(label: str, sentence: str) -> None:
    # The validator judges the sentence as it would judge an annotator's work: edges, words, triggers.
    marked = unmarked(sentence)
    if label in ARROWS:
        assert len(marked.curly) == 1
        assert marked.square
    else:
        assert not marked.curly
        assert marked.square
    spans = {*marked.square, *marked.curly}
    entities = tuple(Entity(f"m{n}", *span, "PER") for n, span in enumerate(sorted(spans)))
    document = Document("d", marked.text, entities=entities)
    codes = frozenset({"SPN201", "SPN203", "SPN204", "SPN205", "SPN206", "SPN207", "SPN209", "SPN210"})
    assert [finding.found for finding in check_document(document, ONTOLOGY, codes=codes)] == []


@pytest.mark.parametrize("label", list(ONTOLOGY.event_types))
def test_an_example_of_a_trigger_is_a_word_that_may_be_one(label: str) -> None:
    for sentence in ONTOLOGY.event_types[label].examples:
        marked = unmarked(sentence)
        events = tuple(Event(f"e{n}", label, Trigger(*span)) for n, span in enumerate(marked.square))
        document = Document("d", marked.text, events=events)
        codes = frozenset({"EVT403", "EVT404", "EVT405"})
        assert list(check_document(document, ONTOLOGY, codes=codes)) == []


def test_no_sentence_is_an_example_and_a_near_miss_of_the_same_label() -> None:
    for label, kind in {**KINDS, **ARROWS}.items():
        assert not set(kind.examples) & {miss.text for miss in kind.near_misses}, label


def test_what_is_shown_as_an_example_of_one_type_is_no_example_of_another() -> None:
    owners: dict[str, str] = {}
    for label, kind in KINDS.items():
        for sentence in kind.examples:
            assert owners.setdefault(sentence, label) == label


def test_the_committed_copy_is_what_is_generated(ontology: Ontology) -> None:
    assert TYPES.read_bytes().decode("utf-8") == type_tables(ontology)


def rows(table: str, heading: str) -> list[list[str]]:
    section = table.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


def test_type_tables_have_a_page_for_everything_that_can_be_annotated(ontology: Ontology) -> None:
    pages = re.findall(r"^### ([^\s:]+)", type_tables(ontology), re.MULTILINE)
    assert pages == [*ontology.entity_types, *ontology.event_types, *ontology.roles, *ontology.relations]


def test_type_tables_have_a_whole_row_for_every_attribute(ontology: Ontology) -> None:
    head, _, *body = rows(type_tables(ontology), "Attributes")
    assert [row[0] for row in body] == list(ontology.attributes)
    assert {len(row) for row in body} == {len(head)}


@pytest.mark.parametrize(
    "line",
    [
        "- **May hold** ARM, ORG, GPE, LOC.",
        "- **May hold** nothing.",
        "| count | NUM | at most 1 |",
        "| agent | PER, ARM, ORG, GPE | any number |",
        "| content | a trigger | required, any number |",
        "- **Attributes** realis, polarity, certainty, incident, strike_kind.",
        "- **Not.** Children under [five] were among the dead. (no mention: an age)",
        "- **Not.** Workers went on [strike]. (no trigger: another sense)",
        "- **Not.** Jets {bombed} [Talmar]. (place: a GPE or LOC that is hit is place)",
        "- **In** DEATH, INJURY: PER, ARM.",
        "- **In** DETENTION, RELEASE: PER.",
        "- **From** PER **to** ARM, ORG, GPE.",
    ],
)
def test_type_tables_say_what_the_ontology_says(ontology: Ontology, line: str) -> None:
    assert line in type_tables(ontology).splitlines()


def test_a_default_of_zero_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('name = "o"\nversion = "1"\n[attributes.n]\ncontrol = "number"\ndefault = 0\n', "utf-8")
    assert rows(type_tables(load_ontology(path)), "Attributes")[-1] == ["n", "", "a whole number", "0", ""]


def report() -> tuple[str, str, list[list[list[str]]]]:
    """The whole report of the manual: publication date, text, and the rows of its three tables."""
    section = MANUAL.read_text("utf-8").split("## 12. ", 1)[1].split("\n## ", 1)[0]
    quoted = [line.removeprefix(">").strip() for line in section.splitlines() if line.startswith(">")]
    text = "\n\n".join(" ".join(part.split("\n")) for part in "\n".join(quoted).split("\n\n"))
    tables = [block.splitlines()[2:] for block in section.split("\n\n") if block.startswith("|")]
    cells = [[[cell.strip() for cell in row.strip("|").split("|")] for row in table] for table in tables]
    return re.findall(r"Published (\S+),", section)[0], text, cells


def annotated_report(ontology: Ontology) -> Document:
    """The document that the three tables describe."""
    published, text, (mentions, triggers, arrows) = report()

    def placed(rows: list[list[str]]) -> list[tuple[str, int, list[str]]]:
        found: list[tuple[str, int, list[str]]] = []
        for row in rows:
            after = found[-1][1] + (row[0] == found[-1][0]) if found else 0
            found.append((row[0], text.index(row[0], after), row))
        return found

    def attributes(told: str, label: str) -> dict[str, str | int]:
        pairs = re.findall(r"(\w+) (\S+?)(?:,|$)", told)
        kinds = ontology.attributes_of(label)
        return {n: int(v) if kinds[n].control == "number" else v for n, v in pairs if n in kinds}

    entities = [
        Entity(f"m{n}", at, at + len(words), row[1], attributes(row[2], row[1]))
        for n, (words, at, row) in enumerate(placed(mentions))
    ]
    events = [
        Event(f"e{n}", row[1], Trigger(at, at + len(words)), (), attributes(row[2], row[1]))
        for n, (words, at, row) in enumerate(placed(triggers))
    ]
    bare = Document("report", text, published=published, entities=tuple(entities), events=tuple(events))
    sentence = {i.id: n for n, (a, b) in enumerate(sentences(text)) for i in bare.items if a <= i.span[0] < b}
    arguments: dict[str, list[Argument]] = {event.id: [] for event in events}
    relations = []
    for head, name, tail, _ in arrows:
        ends = [
            (a, b)
            for a in bare.items
            for b in bare.items
            if (bare.surface(a), bare.surface(b)) == (head, tail) and a is not b
        ]
        near = [(a, b) for a, b in ends if sentence[a.id] == sentence[b.id]] or ends
        ((start, end),) = near
        if isinstance(start, Event):
            ids = (end.id, None) if isinstance(end, Entity) else (None, end.id)
            arguments[start.id].append(Argument(name, *ids))
        else:
            relations.append(Relation(start.id, end.id, name))
    told = tuple(msgspec.structs.replace(e, arguments=tuple(arguments[e.id])) for e in events)
    return msgspec.structs.replace(bare, events=told, relations=tuple(relations))


def test_the_whole_report_of_the_manual_passes_the_validator(ontology: Ontology) -> None:
    document = annotated_report(ontology)
    assert (len(document.entities), len(document.events), len(document.relations)) == (16, 9, 6)
    assert sum(len(event.arguments) for event in document.events) == 16
    findings = [f for f in check_document(document, ontology) if f.code != "DOC107"]  # it has no sources
    assert [f"{f.code} {f.quote}: {f.found}" for f in findings] == []


def test_every_description_and_pronoun_of_the_whole_report_fills_a_role(ontology: Ontology) -> None:
    document = annotated_report(ontology)
    filled = {argument.target for event in document.events for argument in event.arguments}
    loose = [document.surface(entity) for entity in document.entities if entity.id not in filled]
    assert loose == ["Lam", "Lam", "Talmar Province", "HF"]  # names


class Tags(HTMLParser):
    """Checks that tags close in order; keeps the titles of what folds and the links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr"):
            self.open.append(tag)
        if tag == "summary":
            self.titles.append("")
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["summary"]:
            self.titles[-1] += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_the_whole_manual_becomes_html_whose_chapters_fold() -> None:
    manual, types = MANUAL.read_text("utf-8"), TYPES.read_text("utf-8")
    tags = parsed(as_html(manual, types))
    titles = [line.lstrip("#").strip() for line in (manual + types).splitlines() if re.match("##+ ", line)]
    assert tags.titles == titles
    assert len(tags.titles) > 50


def test_the_html_is_small_enough_to_come_with_every_project() -> None:
    assert len(as_html(MANUAL.read_text("utf-8"), TYPES.read_text("utf-8")).encode()) < 120_000


def test_chapters_fold_inside_the_chapter_they_belong_to() -> None:
    html = as_html("# T\nfirst\n## A\na\n### A1\na1\n### A2\n## B\n# U\nu\n### deep\nd")
    body = html.partition('manual">')[2]
    assert body == (
        "<h2>T</h2><p>first</p><details><summary>A</summary><p>a</p><details><summary>A1</summary><p>a1</p></details>"
        "<details><summary>A2</summary></details></details><details><summary>B</summary></details>"
        "<h2>U</h2><p>u</p><details><summary>deep</summary><p>d</p></details></div>"
    )


def test_a_numbered_title_is_no_list_and_html_in_the_source_is_text() -> None:
    tags = parsed(html := as_html("## 1. Scope & <b>more</b>\n<!-- not shown -->\ntext\n"))
    assert tags.titles == ["1. Scope & <b>more</b>"]
    assert "not shown" not in html
    assert "<ol>" not in html


def test_links_between_pages_are_plain_words_and_links_out_stay() -> None:
    html = as_html("[types](types.md), [chapter](#1-scope), [out](https://example.org)")
    assert parsed(html).links == ["https://example.org"]
    assert "types, chapter, " in html


def test_no_line_break_of_the_source_is_left_for_the_dialog_to_show() -> None:
    assert "\n" not in as_html("a\nb\n\n- c\n  d\n\n| e |\n|---|\n| f |\n")
