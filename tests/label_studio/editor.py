"""Label Studio's editor as an annotator uses it: with the mouse and the keys of the labels, in headless Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from strife.ontology import Ontology
from strife.ontology_views import hotkeys

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

LAPTOP = {"width": 1366, "height": 768}
_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Where the n-th occurrence of a text begins and ends on the screen; it may run over several nodes and lines.
_PLACE = """([wanted, nth]) => {
  const nodes = [], walker = document.createTreeWalker(
    document.querySelector('.strife-text .lsf-htx-richtext'), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  let text = '';
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeName === 'BR') text += '\\n';
    if (node.nodeType !== Node.TEXT_NODE) continue;
    nodes.push([text.length, node]);
    text += node.data;
  }
  let at = -1;
  for (let n = 0; n <= nth; n++) at = text.indexOf(wanted, at + 1);
  if (at < 0) return null;
  const side = position => {
    const [start, node] = nodes.filter(([start, node]) => start <= position && position < start + node.data.length)[0];
    const range = document.createRange();
    range.setStart(node, position - start);
    range.setEnd(node, position - start + 1);
    return range;
  };
  const [first, last] = [side(at), side(at + wanted.length - 1)];
  first.startContainer.parentElement.scrollIntoView({block: 'center'});
  const [a, b] = [first.getBoundingClientRect(), last.getBoundingClientRect()];
  return [a.left + 1, a.top + a.height / 2, b.right - 1, b.top + b.height / 2];
}"""


@contextmanager
def chromium() -> "Iterator[Browser]":
    """The machine's own Chromium; without one the test is skipped."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine: it is needed to annotate as a person does")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS.split())
        yield browser
        browser.close()


def log_in(page: "Page", url: str, email: str, password: str) -> None:
    """Log in through the form."""
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


class Editor:
    """One task open in the editor."""

    def __init__(self, page: "Page", ontology: Ontology) -> None:
        self.page = page
        self.ontology = ontology
        self.keys = hotkeys(ontology)
        self.hint = ""

    def open(self, address: str) -> None:
        """Open a task and wait until its text is there."""
        self.page.goto(address)
        self.page.locator(".strife-text .lsf-richtext__line").first.wait_for()
        close = self.page.locator(".ant-modal-close")
        if close.count() and close.first.is_visible():  # the instruction, when it is shown by itself
            close.first.click()

    def marks(self, label: str) -> "Locator":
        """The regions of a label, in text order."""
        return self.page.locator(f'.strife-text .htx-highlight[data-label$=":{label}"]')

    def take(self, label: str) -> None:
        """Press the key of a label until the label is taken up: the editor hears no key until it is ready."""
        name = self.page.locator(".lsf-label__text").get_by_text(label, exact=True)
        taken = self.page.locator(".strife-bar .lsf-label_selected", has=name)
        self.page.keyboard.press("Escape")
        for _ in range(40):
            if taken.count():
                return
            self.page.keyboard.press(self.keys[label])
            self.page.wait_for_timeout(250)
        raise AssertionError(f"the key {self.keys[label]} does not take up {label}")

    def mark(self, label: str, words: str, nth: int = 0) -> None:
        """Press the key of a label and drag over words, written as they are shown (a line break is two BRs)."""
        before = self.marks(label).count()
        self.take(label)
        place = self.page.evaluate(_PLACE, [words, nth])
        assert place is not None, f"{words!r} is not in the text"
        left, top, right, bottom = place
        self.page.mouse.move(left, top)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, (top + bottom) / 2)
        self.page.mouse.move(right, bottom)
        self.page.mouse.up()
        self.page.wait_for_function(
            "([selector, before]) => document.querySelectorAll(selector).length > before",
            arg=[f'.htx-highlight[data-label$=":{label}"]', before],
        )
        self.page.keyboard.press("Escape")

    def select(self, label: str, nth: int = 0) -> None:
        """Click on a region, so that its attributes are shown."""
        self.page.keyboard.press("Escape")
        for _ in range(10):  # the editor passes over the first click after words were marked a second time
            self.marks(label).nth(nth).click()
            self.page.wait_for_timeout(500)
            if self.page.locator(".strife-help").is_hidden():
                return
        raise AssertionError(f"a click does not select {label}")

    def draw(self, role: str, head: tuple[str, int], tail: tuple[str, int]) -> None:
        """Draw an arrow between two regions (label, nth) and name it in the panel of relations."""
        arrows = self.page.locator(".lsf-relations__item")
        self.select(*head)
        self.page.keyboard.press("Alt+r")
        self.marks(tail[0]).nth(tail[1]).click()
        self.page.locator("#Relations-draggable").click()
        arrow = arrows.last
        arrow.scroll_into_view_if_needed()
        arrow.hover()
        arrow.locator('[aria-label="Show Relation Labels"]').click()
        self.hint = arrow.locator(".lsf-relation-meta").evaluate("e => getComputedStyle(e, '::before').content")
        arrow.locator('[data-testid="select-trigger"]').click()
        self.page.locator(f'[data-testid="select-option-{role}"]').click()
        self.page.keyboard.press("Escape")

    def shown(self) -> list[str]:
        """The headings of the attributes that are to be seen."""
        titles = self.page.locator(".strife-attribute:visible .strife-title")
        return [title.split(" ·")[0].strip(" *") for title in titles.all_inner_texts()]

    def number(self, name: str, value: int) -> None:
        """Type a number."""
        self.page.locator(f'input[name="{name}"]').fill(str(value))

    def choose(self, name: str, value: str) -> None:
        """Click a choice of the attribute with this heading."""
        title = self.page.locator(".strife-title", has_text=name)
        choice = self.page.locator("label", has=self.page.locator(f'input[name="{value}"]'))
        self.page.locator(".strife-attribute:visible", has=title).locator(choice).click()

    def chosen(self) -> dict[str, str]:
        """The choices that are ticked, by the heading of the attribute."""
        found = {}
        for box in self.page.locator(".strife-attribute:visible").all():
            ticked = box.locator("input:checked")
            if ticked.count():
                heading = box.locator(".strife-title").inner_text().split(" ·")[0].strip(" *")
                found[heading.replace(" ", "_")] = str(ticked.get_attribute("name"))
        return found

    def write(self, name: str, text: str) -> None:
        """Write into the field of an attribute, and press Enter."""
        self.page.locator(f'.strife-attribute [name="{name}"]').fill(text)
        self.page.keyboard.press("Enter")
        self.page.locator(".strife-attribute:visible").get_by_text(text, exact=True).wait_for()

    def tab(self, nth: int) -> str:
        """Show the nth annotation or prediction of the task, one's own first; returns what its tab says."""
        self.page.locator(".lsf-annotation-button").nth(nth).click()
        selected = self.page.locator(".lsf-annotation-button").nth(nth)
        self.page.locator(".lsf-annotation-button_selected").and_(selected).wait_for()
        return selected.inner_text()

    def submit(self) -> None:
        """Submit, and wait until the server has it."""
        with self.page.expect_response(lambda r: r.request.method == "POST" and "/annotations" in r.url) as answer:
            self.page.locator("button[name=submit]").click()
        assert answer.value.ok
