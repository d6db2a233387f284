"""What is done about disagreement, and how agreement is told: terminal, JSON, page, command line."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from strife.agreement import Agreement, agree, read_annotators
from strife.agreement.page import as_html
from strife.agreement.text import as_json, as_text
from strife.cli import app
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.scoring.score import score
from strife.store import write_documents
from tests.conftest import ROOT

#       0         1         2         3         4         5         6
#       0123456789012345678901234567890123456789012345678901234567890123456789
TEXT = "Rebel forces killed two villagers in Talmar, police said on Friday."


def version(label: str, *, end: int = 12, role: str = "agent", extra: bool = False, doc_id: str = "d") -> Document:
    entities = [Entity("m1", 0, end, label), Entity("m2", 24, 33, "PER"), Entity("m3", 37, 43, "GPE")]
    if extra:
        entities.append(Entity("m4", 60, 66, "TIME", {"timex": "2020-01-31"}))
    event = Event("e1", "DEATH", Trigger(13, 19), (Argument(role, "m1"), Argument("victim", "m2")), {"incident": 1})
    return Document(doc_id, TEXT, tuple(entities), (event,), (Relation("m1", "m3", "located_in"),))


@pytest.fixture
def two(ontology: Ontology) -> Agreement:
    a = [version("ARM", doc_id="d1"), version("ARM", extra=True, doc_id="d2")]
    b = [version("PER", doc_id="d1"), version("ARM", end=5, role="target", doc_id="d2")]
    return agree({"anna": a, "ben": b}, ontology, samples=50)


def test_confusion_of_types(two: Agreement) -> None:
    entities = two.confusions["entities"]
    assert (entities.rows, entities.columns) == ("anna", "ben")
    assert entities.labels == ("ARM", "GPE", "PER", "TIME")
    # "Rebel forces" is PER for ben in d1 and "Rebel", the same type, in d2; "Friday" has nobody but anna
    assert entities.counts == ((1, 0, 1, 0, 0), (0, 2, 0, 0, 0), (0, 0, 2, 0, 0), (0, 0, 0, 0, 1), (0, 0, 0, 0, 0))
    assert two.confusions["typed_triggers"].counts == ((2, 0), (0, 0))


def test_confusion_of_three_annotators_is_symmetric(ontology: Ontology) -> None:
    three = {"a": [version("ARM")], "b": [version("PER")], "c": [version("ARM", extra=True)]}
    counts = agree(three, ontology, samples=2).confusions["entities"].counts
    assert counts == tuple(zip(*counts, strict=True))
    assert counts[0] == (2, 0, 2, 0, 0)  # a and c agree, both ways; each is PER for b
    assert counts[3][-1] == 2


def test_what_is_worth_a_rule(two: Agreement) -> None:
    found = {(p.layer, p.question): p for p in two.patterns}
    confused = found["entities", "ARM or PER?"]
    assert (confused.count, confused.agreed, confused.words) == (1, 2, ())
    assert confused.gain == pytest.approx(2 / 13)  # one more agreed of 13 marks
    (example,) = confused.examples
    assert (example.doc_id, example.quote, example.after) == (
        "d1",
        "Rebel forces",
        " killed two villagers in Talmar, police",
    )
    assert example.said == {"anna": "ARM", "ben": "PER"}
    bounds = found["entities", "ARM: where does it begin and end?"]
    assert bounds.examples[0].said == {"anna": "ARM 'Rebel forces'", "ben": "ARM 'Rebel'"}
    alone = found["entities", "TIME: marked or not?"]
    assert alone.gain == pytest.approx(min(10 / 14, 8 / 12) - 8 / 13)
    assert alone.examples[0].said == {"anna": "TIME", "ben": "nothing"}
    assert ("arguments", "agent of DEATH: marked or not?") in found  # other words, so no question of role
    assert [p.gain for p in two.patterns] == sorted((p.gain for p in two.patterns), reverse=True)


AGENT, VICTIM = Argument("agent", "m1"), Argument("victim", "m2")


@pytest.mark.parametrize(
    ("change", "question"),
    [
        ({"arguments": (Argument("target", "m1"), VICTIM)}, "arguments: agent or target of DEATH?"),
        ({"arguments": (AGENT, Argument("victim", "m3"))}, "arguments: victim of DEATH: which of several?"),
        ({"arguments": (AGENT,)}, "arguments: victim of DEATH: marked or not?"),
        ({"attributes": {"incident": 1, "realis": "other"}}, "attributes: realis: actual or other?"),
        ({"type": "INJURY"}, "typed_triggers: DEATH or INJURY?"),
        ({"trigger": Trigger(13, 18)}, "typed_triggers: DEATH: where does it begin and end?"),
    ],
)
def test_kinds_of_disagreement_on_events(ontology: Ontology, change: dict[str, object], question: str) -> None:
    one = version("ARM")
    other = msgspec.structs.replace(one, events=(msgspec.structs.replace(one.events[0], **change),))
    assert questions(one, other, ontology) == [question]


@pytest.mark.parametrize(
    ("arrow", "question"),
    [
        (Relation("m3", "m1", "located_in"), "relations: located_in: from which to which?"),
        (Relation("m1", "m3", "member_of"), "relations: located_in or member_of?"),
    ],
)
def test_kinds_of_disagreement_on_relations(ontology: Ontology, arrow: Relation, question: str) -> None:
    one = version("ARM")
    assert questions(one, msgspec.structs.replace(one, relations=(arrow,)), ontology) == [question]


def questions(one: Document, other: Document, ontology: Ontology) -> list[str]:
    found = agree({"a": [one], "b": [other]}, ontology, samples=2).patterns
    assert all(p.count == 1 for p in found)
    return [f"{p.layer}: {p.question}" for p in found]


def test_an_annotator_who_drifts_is_found(ontology: Ontology) -> None:
    docs = [f"d{n}" for n in range(8)]
    same = [version("ARM", doc_id=doc_id) for doc_id in docs]
    other = [version("PER" if n % 4 else "ARM", extra=True, doc_id=doc_id) for n, doc_id in enumerate(docs)]
    drift = agree({"a": same, "b": same, "c": other}, ontology, samples=200).drift
    assert drift.undefined is None
    entities = drift.layers["entities"]
    assert {name: one.drifts for name, one in entities.items()} == {"a": False, "b": False, "c": True}
    assert entities["c"].among_others.value == 1
    assert entities["c"].with_others.value == pytest.approx(2 * (2 * 6 + 3 * 2) / (8 * (3 + 4)))
    assert entities["c"].difference.value == pytest.approx(entities["c"].with_others.value - 1)
    assert entities["c"].marks == pytest.approx(4 / 3)
    assert drift.layers["typed_triggers"]["c"].difference.value == 0


def test_with_two_annotators_it_cannot_be_told(two: Agreement) -> None:
    assert two.drift.layers == {}
    assert str(two.drift.undefined).startswith("it cannot be told with two annotators")
    assert "who drifts: it cannot be told with two annotators" in as_text(two)


def test_the_terminal_report(two: Agreement) -> None:
    text = as_text(two)
    assert "2 annotators, 2 shared documents" in text
    assert re.search(r"^entities +61\.5 \[\d", text, flags=re.MULTILINE)
    assert re.search(r"ARM or PER\?  1 times, agreed 2 times", text)
    assert "[Rebel forces] killed two villagers" in text
    assert text.endswith(f"signature: {two.signature}")


def test_what_is_undefined_is_said(ontology: Ontology) -> None:
    nothing = Document("d", TEXT)
    agreement = agree({"a": [nothing], "b": [nothing]}, ontology, samples=2)
    text = as_text(agreement)
    assert re.search(r"^entities +undefined +undefined", text, flags=re.MULTILINE)
    assert re.search(r"^undefined, nobody marked any: entities\.exact, ", text, flags=re.MULTILINE)
    assert re.search(r"^undefined, no variation: .*: entities\.cohen", text, flags=re.MULTILINE)
    table = json.loads(as_json(agreement))
    assert table["layers"]["events"]["parts"]["overall"] == {"value": None, "undefined": "nobody marked any"}
    assert "no disagreement" in text
    assert "undefined" in as_html(agreement, {"a": [nothing], "b": [nothing]}, ontology)


def test_json_is_the_agreement(two: Agreement) -> None:
    assert msgspec.convert(json.loads(as_json(two)), Agreement) == two


def test_control_characters_do_not_reach_the_terminal(ontology: Ontology) -> None:
    text = "\x1b[31mRebel\x07 forces fled."
    a, b = Document("d", text, (Entity("m", 0, 10, "PER"),)), Document("d", text, (Entity("m", 0, 10, "ARM"),))
    told = as_text(agree({"a\x1b": [a], "b": [b]}, ontology, samples=2))
    assert "\x1b" not in told
    assert "\x07" not in told


class Page(HTMLParser):
    """Collects addresses and text, and checks that tags are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag or tag in ("li", "p", "td", "tr"), tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_self_contained_and_escaped(ontology: Ontology) -> None:
    text = "<script>alert(1)</script> & rebels."
    a = {
        "<a>": [Document("<d>", text, (Entity("m", 0, 8, "PER"),))],
        "b": [Document("<d>", text, (Entity("m", 0, 9, "PER"),))],
    }
    html = as_html(agree(a, ontology, samples=2), a, ontology)
    page = Page(html)
    assert page.open == []
    assert page.addresses == ["data:,"]
    assert "<script" not in html
    assert "url(" not in html
    assert "<d>" in page.words
    assert "<script>" in "".join(page.words)


def test_the_page_shows_disagreements_side_by_side(ontology: Ontology) -> None:
    annotators = {"anna": [version("ARM", extra=True)], "ben": [version("ARM", end=5, role="target")]}
    html = as_html(agree(annotators, ontology, samples=2), annotators, ontology)
    (row,) = re.findall(r'<div class="row differs".*?\n</div>\n', html, flags=re.DOTALL)
    anna, ben = row.split('<span class="who">')[1:]
    assert '<span class="mark warn" data-label="ARM" title="ben: ARM &#x27;Rebel&#x27;">Rebel forces</span>' in anna
    assert '<span class="mark bad" data-label="TIME" title="ben: nothing">Friday</span>' in anna
    assert '<span class="mark" data-label="PER">villagers</span>' in anna
    assert '<span class="mark trigger" data-label="DEATH">killed</span>' in anna
    assert "<li>killed DEATH, agent: Rebel forces</li>" in anna
    assert "<li>killed DEATH, target: Rebel</li>" in ben
    assert "Friday</span>" not in ben


# ---------------------------------------------------------------- the corpus and the command line


@pytest.fixture(scope="module")
def corpus(ontology: Ontology) -> Agreement:
    return agree(read_annotators([ROOT / "annotation" / "exports"], ontology), ontology, samples=20)


def test_the_corpus_agrees_as_the_scorer_says(corpus: Agreement, ontology: Ontology) -> None:
    annotators = read_annotators([ROOT / "annotation" / "exports"], ontology)
    counts = score(*annotators.values()).counts
    for layer, metric in {
        "entities": "ent",
        "triggers": "tri_i",
        "typed_triggers": "tri_c",
        "arg_c+": "arg_c+",
    }.items():
        assert corpus.layers[layer]["exact"].overall.value == pytest.approx(counts[metric].f1), layer


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    write_documents(tmp_path / "anna.jsonl", [version("ARM", doc_id="d1"), version("ARM", doc_id="d2")])
    write_documents(tmp_path / "ben.jsonl", [version("PER", doc_id="d1"), version("ARM", doc_id="d2")])
    return [tmp_path / "anna.jsonl", tmp_path / "ben.jsonl"]


def test_the_command(files: list[Path], tmp_path: Path) -> None:
    code, text, _ = run("agree", *files, "--samples", "20")
    assert code == 0
    assert "ARM or PER?" in text
    code, text, _ = run("agree", *files, "--format", "json", "--samples", "20")
    assert (code, json.loads(text)["documents"]) == (0, ["d1", "d2"])
    out = tmp_path / "page.html"
    assert run("agree", *files, "--format", "html", "--out", out, "--samples", "20") == (0, "", "")
    first = out.read_bytes()
    assert first.startswith(b"<!doctype html>")
    assert run("agree", *files, "--format", "html", "--out", out, "--samples", "20")[0] == 0
    assert out.read_bytes() == first  # the same input, the same bytes


def test_the_command_refuses_with_one_message(files: list[Path], tmp_path: Path) -> None:
    code, text, error = run("agree", files[0])
    assert (code, text) == (2, "")
    assert error.startswith("strife: AGR102 one annotator only (anna)")
    code, _, error = run("agree", *files, "--format", "html", "--out", tmp_path)
    assert code == 2
    assert "Traceback" not in error
    assert run("agree", tmp_path / "nothing.jsonl")[0] == 2


def test_gamma_needs_its_extra(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pygamma_agreement", None)
    monkeypatch.setitem(sys.modules, "pyannote.core", None)
    code, _, error = run("agree", *files, "--gamma", "--samples", "2")
    assert code == 2
    assert "strife[gamma]" in error
