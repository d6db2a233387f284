"""An annotator at work: what is drawn with the mouse in a real browser is what comes back as a document."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strife import baselines
from strife.finding import Finding
from strife.labelstudio.client import Client
from strife.labelstudio.export import Version, read_export
from strife.labelstudio.interface import interface
from strife.labelstudio.predict import predictor
from strife.labelstudio.pull import pull
from strife.labelstudio.push import Setup, push_tasks
from strife.labelstudio.server import Studio
from strife.labelstudio.tasks import prediction, task
from strife.model import Argument, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.validate import check_document
from tests.label_studio.editor import LAPTOP, Editor, chromium, log_in
from tests.label_studio.people import Person

TEXT = (
    "Coach attacked 🚌💥 near Talmar\r\n\r\n"
    "On Friday 𝔤unmen from the Harbour Front ambushed a coach 🚌, and three passengers died.\r\n"
    "The Front denied the attack."
)
PUBLISHED = "2024-05-06"
FRIDAY = "2024-05-03"


def drawn() -> Document:
    """What the test draws, as a document; ids are the annotator's editor's own, so they are ours here."""

    def at(words: str, nth: int = 0) -> tuple[int, int]:
        start = -1
        for _ in range(nth + 1):
            start = TEXT.index(words, start + 1)
        return start, start + len(words)

    def argument(role: str, mention: str | None = None, event: str | None = None) -> Argument:
        return Argument(role, mention, event)

    return Document(
        doc_id="bus",
        text=TEXT,
        published=PUBLISHED,
        entities=(
            Entity("m1", *at("Talmar"), "GPE"),
            Entity("m2", *at("Friday"), "TIME", {"timex": FRIDAY}),
            Entity("m3", *at("𝔤unmen"), "PER"),
            Entity("m4", *at("Harbour Front"), "ARM"),
            Entity("m5", *at("coach"), "EQP"),
            Entity("m6", *at("three"), "NUM"),
            Entity("m7", *at("passengers"), "PER"),
            Entity("m8", *at("Front", 1), "ARM"),
        ),
        events=(
            Event(
                "e1",
                "ATTACK",
                Trigger(*at("ambushed")),
                (argument("agent", "m3"), argument("target", "m5"), argument("time", "m2")),
                {"incident": 1},
            ),
            Event(
                "e2",
                "DEATH",
                Trigger(*at("died")),
                (argument("count", "m6"), argument("victim", "m7")),
                {"incident": 1, "people_min": 3, "people_max": 3, "victim_status": "civilian"},
            ),
            Event(
                "e3",
                "CLAIM",
                Trigger(*at("denied")),
                (argument("speaker", "m8"), argument("content", None, "e4")),
                {"stance": "denies"},
            ),
            Event("e4", "ATTACK", Trigger(*at("attack", 1)), (), {"incident": 1, "certainty": "disputed"}),
        ),
        relations=(Relation("m3", "m4", "member_of"), Relation("m8", "m4", "same_as")),
    )


def told(document: Document) -> dict[str, object]:
    """All that was annotated, with spans in the place of ids."""
    place = {item.id: item.span for item in document.items}
    return {
        "text": (document.doc_id, document.text, document.published),
        "mentions": sorted((e.span, e.label, sorted(e.attributes.items())) for e in document.entities),
        "events": sorted(
            (
                *(e.span, e.type, sorted(e.attributes.items())),
                sorted((a.role, place[a.target or ""]) for a in e.arguments),
            )
            for e in document.events
        ),
        "relations": sorted((place[r.head], place[r.tail], r.label) for r in document.relations),
    }


@pytest.fixture(scope="module")
def editor(studio: Studio, anna: Person, ontology: Ontology) -> Iterator[Editor]:
    with chromium() as browser:
        page = browser.new_page(viewport=LAPTOP)  # type: ignore[arg-type]
        page.set_default_timeout(20_000)
        log_in(page, studio.url, anna.email, anna.password)
        yield Editor(page, ontology)


def opened(editor: Editor, studio: Studio, client: Client, title: str, given: list[dict[str, object]]) -> None:
    project = push_tasks(client, Setup(title, interface(editor.ontology), "<p>Read first.</p>"), given).project
    (stored,) = client.tasks(project)
    editor.open(f"{studio.url}/projects/{project.id}/data?task={stored.id}")


def pulled(client: Client, title: str, folder: Path, ontology: Ontology) -> tuple[Version, list[Finding]]:
    """The one annotation of a project, and what the validator says of it."""
    batch = pull(client, title, folder, ontology)
    versions = (version for file in batch.files for one in read_export(file, ontology) for version in one.versions)
    (version,) = (version for version in versions if version.state != "prediction")
    return version, [*version.findings, *check_document(version.document, ontology, version.origin)]


def test_what_an_annotator_draws_is_what_is_pulled(
    editor: Editor, studio: Studio, anna: Person, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    wanted = drawn()
    opened(editor, studio, anna.client, title, [task(wanted)])
    for label, words, nth in (
        *(("GPE", "Talmar", 0), ("TIME", "Friday", 0), ("PER", "𝔤unmen", 0), ("ARM", "Harbour Front", 0)),
        *(("EQP", "coach", 0), ("NUM", "three", 0), ("PER", "passengers", 0), ("ARM", "Front", 1)),
        *(("ATTACK", "ambushed", 0), ("DEATH", "died", 0), ("CLAIM", "denied", 0), ("ATTACK", "attack", 1)),
    ):
        editor.mark(label, words, nth)

    editor.select("TIME")
    assert editor.shown() == ["timex"]
    editor.write("timex", FRIDAY)
    editor.select("ATTACK", 0)
    assert editor.shown() == ["incident", "realis", "polarity", "certainty"]
    editor.number("incident", 1)
    editor.select("DEATH")
    editor.number("incident", 1)
    editor.number("people_min", 3)
    editor.number("people_max", 3)
    editor.choose("victim status", "civilian")
    editor.select("CLAIM")
    assert editor.shown() == ["realis", "polarity", "certainty", "stance"]
    editor.choose("stance", "denies")
    editor.select("ATTACK", 1)
    editor.number("incident", 1)
    editor.choose("certainty", "disputed")
    editor.select("PER", 0)
    assert editor.shown() == []

    editor.draw("agent", ("ATTACK", 0), ("PER", 0))
    assert editor.hint == '"from ATTACK: agent, target, instrument, place, time"'
    editor.draw("target", ("ATTACK", 0), ("EQP", 0))
    editor.draw("time", ("ATTACK", 0), ("TIME", 0))
    editor.draw("count", ("DEATH", 0), ("NUM", 0))
    editor.draw("victim", ("DEATH", 0), ("PER", 1))
    editor.draw("speaker", ("CLAIM", 0), ("ARM", 1))
    editor.draw("content", ("CLAIM", 0), ("ATTACK", 1))
    editor.draw("member_of", ("PER", 0), ("ARM", 0))
    assert editor.hint == '"from PER: member_of, same_as"'
    editor.draw("same_as", ("ARM", 1), ("ARM", 0))
    editor.submit()

    version, findings = pulled(anna.client, title, tmp_path, ontology)
    assert version.state == "submitted"
    assert told(version.document) == told(wanted)
    assert [finding.code for finding in findings if finding.severity == "error"] == []


def test_a_span_across_a_line_break_comes_back_as_selected_and_is_reported(
    editor: Editor, studio: Studio, anna: Person, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    opened(editor, studio, anna.client, title, [task(Document("bus", TEXT, published=PUBLISHED))])
    editor.mark("PER", "passengers died.\n\nThe Front")
    editor.mark("GPE", "Talmar")
    editor.submit()
    version, findings = pulled(anna.client, title, tmp_path, ontology)
    surfaces = {version.document.surface(entity) for entity in version.document.entities}
    assert surfaces == {"Talmar", "passengers died.\r\nThe Front"}
    assert [finding.code for finding in findings] == ["SPN209"]


def test_a_prediction_is_shown_and_can_be_accepted(
    editor: Editor, studio: Studio, anna: Person, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    wanted = drawn()
    given = {**task(wanted), "predictions": [prediction(wanted, ontology, "model 7", {"e1": 0.75})]}
    opened(editor, studio, anna.client, title, [given])
    said = editor.tab(1)
    assert "model 7" in said
    assert "75.00%" in said
    assert [editor.marks(label).count() for label in ("ATTACK", "DEATH", "PER")] == [2, 1, 2]
    assert editor.page.locator("button[name=submit]").count() == 0
    editor.tab(0)  # one's own annotation begins with it
    assert [editor.marks(label).count() for label in ("ATTACK", "DEATH", "PER")] == [2, 1, 2]
    assert editor.page.locator("button[name=submit]").count() == 1
    editor.select("DEATH")
    assert editor.page.locator('input[name="people_min"]').input_value() == "3"
    editor.submit()
    version, findings = pulled(anna.client, title, tmp_path, ontology)
    assert version.state == "submitted"
    assert told(version.document) == told(wanted)
    assert [finding.code for finding in findings if finding.severity == "error"] == []


def test_a_baselines_prediction_is_shown_with_its_attributes_and_can_be_accepted(
    editor: Editor,
    studio: Studio,
    anna: Person,
    title: str,
    gold: list[Document],
    model: Path,
    ontology: Ontology,
    tmp_path: Path,
) -> None:
    document = gold[4]
    wanted = baselines.load(model).predict(document)
    version, predict = predictor(model, ontology)
    setup = Setup(title, interface(ontology), "<p>Read first.</p>", model_version=version)
    project = push_tasks(anna.client, setup, [task(document)], predict).project
    (stored,) = anna.client.tasks(project)
    editor.open(f"{studio.url}/projects/{project.id}/data?task={stored.id}")
    assert version in editor.tab(1)
    editor.tab(0)  # one's own annotation begins with it
    for label in ("DEATH", "BOMBING", "STATEMENT"):
        events = sorted((event for event in wanted.events if event.type == label), key=lambda event: event.span)
        assert editor.marks(label).count() == len(events)
        editor.select(label)
        choices = {name: value for name, value in events[0].attributes.items() if isinstance(value, str)}
        assert choices
        assert editor.chosen() == choices
    editor.submit()
    found, findings = pulled(anna.client, title, tmp_path, ontology)
    assert found.state == "submitted"
    assert told(found.document) == told(wanted)
    assert "ONT302" not in {finding.code for finding in findings}


def test_what_is_to_be_mended_stands_beside_the_text_and_nothing_where_nothing_is(
    editor: Editor, studio: Studio, anna: Person, title: str
) -> None:
    given = task(drawn())
    given["data"]["findings"] = "one thing\nanother"
    opened(editor, studio, anna.client, title, [given])
    findings = editor.page.locator(".strife-findings h4")
    assert findings.inner_text() == "one thing\nanother"
    text, beside = editor.page.locator(".strife-text").bounding_box(), findings.bounding_box()
    assert text is not None
    assert beside is not None
    assert beside["x"] >= text["x"] + text["width"]
    assert editor.page.locator(".strife-about").inner_text().split() == ["published", PUBLISHED, "bus"]
    opened(editor, studio, anna.client, f"{title} none"[-50:], [task(drawn())])
    empty = editor.page.locator(".strife-findings").bounding_box()
    assert empty is None or empty["height"] == 0


def test_bars_and_attributes_stay_in_sight_while_a_long_text_scrolls_on_a_laptop(
    editor: Editor, studio: Studio, anna: Person, title: str
) -> None:
    text = "Gunmen ambushed a bus near Talmar, and three passengers died there on Friday.\n\n" * 30
    opened(editor, studio, anna.client, title, [task(Document("long", text, published=PUBLISHED))])
    editor.mark("ATTACK", "ambushed", 29)
    editor.select("ATTACK")
    for place in (".strife-family:visible", ".strife-attribute:visible"):
        boxes = [box.bounding_box() for box in editor.page.locator(place).all()]
        assert boxes
        for box in boxes:
            assert box is not None
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= LAPTOP["height"]
    bar = editor.page.locator(".strife-bar").bounding_box()
    assert bar is not None
    assert bar["height"] < 100  # three rows at most: the rest of the screen is for the text
