"""The page of agreement in Chromium: laptop and phone, light and dark, without scripts and without a network."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strife.agreement import agree, read_annotators
from strife.agreement.page import as_html
from strife.model import Document
from strife.ontology import Ontology
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

SIZES = {"laptop": (1280, 900), "phone": (390, 844)}
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    """The corpus, with a third annotator who leaves out every fourth mention."""
    annotators = read_annotators([ROOT / "annotation" / "exports"], ontology)
    annotators["third"] = [sparing(document) for document in annotators["2"]]
    path = tmp_path_factory.mktemp("agreement") / "page.html"
    path.write_text(as_html(agree(annotators, ontology, samples=50), annotators, ontology), encoding="utf-8")
    return path


def sparing(document: Document) -> Document:
    kept = tuple(e for n, e in enumerate(document.entities) if n % 4)
    gone = {e.id for e in document.entities} - {e.id for e in kept}
    events = tuple(
        msgspec.structs.replace(event, arguments=tuple(a for a in event.arguments if a.entity_id not in gone))
        for event in document.events
    )
    relations = tuple(r for r in document.relations if not {r.head, r.tail} & gone)
    return msgspec.structs.replace(document, entities=kept, events=events, relations=relations)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Open]:
    """Opens the page; a request to anywhere or an error in the console fails the test."""
    faults: list[str] = []
    contexts = []

    def show(size: str, scheme: str) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url))
        page.goto(page_file.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_the_width(opened: Open, size: str, scheme: str) -> None:
    page = opened(size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.locator("#all").check()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def test_annotators_stand_beside_each_other_and_on_a_phone_below(opened: Open) -> None:
    for size, beside in (("laptop", True), ("phone", False)):
        row = opened(size, "light").locator("details[open] .row.differs").first
        boxes = [cell.bounding_box() for cell in row.locator(":scope > div").all()]
        assert len(boxes) == 3
        tops, lefts = ({round(box[side]) for box in boxes} for side in ("y", "x"))
        assert (len(tops), len(lefts)) == ((1, 3) if beside else (3, 1))


def test_agreed_sentences_are_shown_when_asked_for(opened: Open) -> None:
    page = opened("laptop", "light")
    agreed = page.locator("details[open] .same-row")
    assert agreed.count() > 0
    assert not agreed.first.is_visible()
    page.get_by_label("show sentences without disagreement").check()
    assert agreed.first.is_visible()


def test_what_others_say_is_told_where_it_is_pointed_at(opened: Open) -> None:
    mark = opened("laptop", "light").locator("details[open] .row.differs .mark.bad").first
    assert "third: nothing" in mark.get_attribute("title")
    assert mark.evaluate("one => getComputedStyle(one, '::before').content").strip('"') == mark.get_attribute(
        "data-label"
    )


def test_figures_can_be_opened(opened: Open) -> None:
    page = opened("laptop", "light")
    summary = page.get_by_text("By type: entities")
    row = page.locator("details", has=summary).get_by_role("row", name="LOC")
    assert not row.is_visible()
    summary.click()
    assert row.is_visible()
    assert page.get_by_text("drifts", exact=True).first.is_visible()
