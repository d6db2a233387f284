"""The leaderboard and its systems' pages in a browser: sort, filter, drill down; phone, dark mode, keyboard."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strife.leaderboard.board import Ranking
from strife.scoring.errors_page import SIGNS
from strife.segment import sentences
from tests.browser.conftest import LAPTOP, PHONE
from tests.conftest import ROOT

Show = Callable[..., Any]
LONG = "a-long-name-of-a-system-that-does-not-fit"
# The relative luminance and contrast of WCAG 2.2, for every visible piece of text over the nearest ground under it.
CONTRASTS = """() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const numbers = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const colour = numbers(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    if (![...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !one.checkVisibility()) continue;
    if (one.closest("svg, script, style, noscript, [disabled], .none")) continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(`${one.tagName}.${one.className} ${one.textContent.trim()}`);
  }
  return poor;
}"""

# What a drawn document shows: the text of its sentences on both sides, each mark with its text, each chip. A sentence
# that stands once stands for both; a mark that crosses another is drawn in pieces.
DRAWN = """(panel) => {
  const found = { gold: [], predicted: [], marks: { gold: [], predicted: [] }, chips: [] };
  for (const sentence of panel.querySelectorAll(".sentence")) {
    const texts = [...sentence.querySelectorAll(".text")];
    for (const side of ["gold", "predicted"]) {
      const text = texts.length === 1 ? texts[0] : texts.find((one) => one.dataset.side === side);
      found[side].push(text.textContent);
      for (const mark of text.querySelectorAll(".mark")) {
        const last = found.marks[side].at(-1);
        if (mark.dataset.label) found.marks[side].push([mark.dataset.label, mark.textContent]);
        else last[1] += mark.textContent;
      }
    }
    for (const chip of sentence.querySelectorAll(".chip")) found.chips.push(chip.textContent.trim());
  }
  return found;
}"""


def systems(page: Any) -> list[str]:
    return list(page.locator(".board tbody:visible").evaluate_all("all => all.map(one => one.dataset.system)"))


def table(site: Path) -> dict[str, Any]:
    found = json.loads((site / "leaderboard.json").read_text("utf-8"))
    return {one["system"]: one for one in found["systems"]}


def by_f1(site: Path, metric: str) -> list[str]:
    return sorted(table(site), key=lambda name: -table(site)[name]["scores"][metric]["f1"])


def test_columns_sort_there_and_back(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html")
    assert systems(page) == by_f1(site, "arg_c+")
    for metric, name in (("ent", "Entities"), ("tri_c", "Triggers"), ("arg_c+", "Arguments")):
        page.get_by_role("button", name=name, exact=True).click()
        head = page.get_by_role("columnheader", name=name)
        order = [by_f1(site, metric), by_f1(site, metric)[::-1]]
        assert (head.get_attribute("aria-sort"), systems(page)) == ("descending", order[0])
        page.get_by_role("button", name=name, exact=True).click()
        assert (head.get_attribute("aria-sort"), systems(page)) == ("ascending", order[1])
        assert page.locator("th[aria-sort]").count() == 1
    page.get_by_role("button", name="System", exact=True).click()
    assert systems(page) == sorted(table(site))


def test_what_is_not_stated_sorts_last_both_ways(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html")
    button = page.get_by_role("button", name="Parameters", exact=True)
    button.click()
    assert systems(page) == ["nothing", "good", LONG, "seeds"]
    button.click()
    assert systems(page) == [LONG, "good", "nothing", "seeds"]


@pytest.mark.parametrize(
    ("words", "left"),
    [("good", {"good"}), ("SECOND b.", {"good"}), ("nothing", {"nothing", "seeds"}), ("xyz", set()), ("", None)],
)
def test_filter_leaves_what_has_the_words(words: str, left: set[str] | None, site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html")
    page.get_by_role("searchbox").fill(words)
    left = set(table(site)) if left is None else left
    assert set(systems(page)) == left
    assert page.get_by_role("status").inner_text() == f"{len(left)} of 4 systems"
    bright = page.locator(".plot g:not(.off)").evaluate_all("all => all.map(one => one.dataset.system)")
    assert set(bright) == left
    page.get_by_role("button", name="System", exact=True).click()  # sorting keeps the filter
    assert set(systems(page)) == left


def test_drill_down_shows_each_type(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html")
    more = page.locator("#more-seeds")
    assert not more.is_visible()
    page.get_by_role("button", name="details of seeds").click()
    assert more.is_visible()
    said = table(site)["seeds"]
    assert f"sd {100 * said['scores']['ent']['seeds']['sd']:.1f}" in more.inner_text()
    for metric in ("ent", "tri_c", "arg_c+"):
        for name, counts in said["scores"][metric]["types"].items():
            row = more.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True)).first
            numbers = row.inner_text().split()
            assert numbers[0] == name
            assert numbers[1:] == [f"{100 * counts['f1']:.1f}", f"{counts['tp'] + counts['fn']:g}"]
    page.get_by_role("button", name="System", exact=True).click()
    assert more.evaluate("row => row.previousElementSibling.textContent").split()[0] == "seeds"
    page.get_by_role("button", name="details of seeds").click()
    assert not more.is_visible()


def test_keyboard_alone_sorts_opens_and_follows(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html")
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "System"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert systems(page) == sorted(table(site))
    toggle = page.get_by_role("button", name="details of good", exact=True)
    toggle.focus()
    page.keyboard.press("Space")
    assert page.locator("#more-good").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/systems/good.html")
    page.get_by_role("link", name="strife leaderboard").click()
    page.wait_for_url("**/index.html")


def test_a_class_leaves_its_sentences_and_marks_its_errors(site: Path, show: Show) -> None:
    page = show(site / "site" / "systems" / "seeds.html")
    button = page.locator(".class[data-layer=entity][data-kind=missed]")
    number = int(button.locator(".count").inner_text())
    assert number > 0
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    hits = page.locator(".mark.hit[data-label]")
    assert hits.count() == number  # a missed mention is marked once, on gold's side
    assert all(label.startswith("−\u00a0") for label in hits.evaluate_all("all => all.map(one => one.dataset.label)"))
    for sentence in page.locator(".sentence:visible").all():
        assert sentence.locator(".hit").count() > 0
    documents = page.locator(".document:visible").count()
    assert page.get_by_role("status").inner_text().startswith(f"missed: {number} in {documents} of 12 documents")
    page.get_by_role("button", name="show all").click()
    assert page.locator(".hit").count() == 0
    assert page.locator(".document:visible").count() == 12
    assert page.locator(".document[open]").count() == 1


def test_classes_of_arguments_are_marked_at_their_events(site: Path, show: Show) -> None:
    page = show(site / "site" / "systems" / "seeds.html")
    button = page.locator(".class[data-layer=argument][data-kind=missed]")
    button.click()
    assert page.locator(".chip.hit").count() == int(button.locator(".count").inner_text()) > 0
    assert page.locator(".mark.hit").count() == 0


def test_a_cell_leaves_what_was_taken_for_what(site: Path, show: Show) -> None:
    page = show(site / "site" / "systems" / "seeds.html")
    cell = page.locator(".cell:not([data-gold='']):not([data-predicted=''])").first
    gold, predicted = cell.get_attribute("data-gold"), cell.get_attribute("data-predicted")
    number = int(cell.inner_text())
    cell.click()
    for side, label in (("gold", gold), ("predicted", predicted)):
        labels = page.locator(f"[data-side={side}] .mark.hit[data-label]").evaluate_all(
            "all => all.map(x => x.dataset.label)"
        )
        assert [one.split("\u00a0")[1] for one in labels] == [label] * number
    assert page.get_by_role("status").inner_text().startswith(f"{gold} taken for {predicted}: {number} in")
    cell.click()  # once more: all again
    assert page.locator("body.filtered").count() == 0


def test_every_mark_and_chip_is_drawn_where_it_belongs(ranked: Ranking, site: Path, show: Show) -> None:
    for entry in ranked.entries:
        page = show(site / "site" / "systems" / f"{entry.submission.system}.html")
        panels = page.locator(".document")
        worst = entry.errors.worst()
        assert panels.count() == len(worst)
        for number, one in enumerate(worst):
            panel = panels.nth(number)
            if panel.get_attribute("open") is None:
                panel.locator("summary").click()
            panel.locator(".sentence").first.wait_for()
            drawn = panel.evaluate(DRAWN)
            assert drawn["gold"] == drawn["predicted"] == [one.gold.text[a:b] for a, b in sentences(one.gold.text)]
            spans = [layer for layer in ("entity", "trigger") if layer in one.right]
            right = [(i.label, one.words(*i.span)) for layer in spans for i in one.right[layer]]
            wrong = {
                side: [
                    (f"{SIGNS[e.kind]}\u00a0{i.label}", one.words(*i.span))
                    for e in one.errors
                    if e.layer != "argument"
                    for name, i in e.sides
                    if name == side
                ]
                for side in ("gold", "predicted")
            }
            for side in ("gold", "predicted"):
                assert sorted(map(tuple, drawn["marks"][side])) == sorted([*right, *wrong[side]])
            chips = [f"✓ {i.label} {one.words(*i.span)}" for i in one.right["argument"]]
            chips += [
                f"{SIGNS[e.kind]} {e.sides[0][1].label} {one.words(*e.sides[0][1].span)}"
                for e in one.errors
                if e.layer == "argument"
            ]
            assert sorted(text.partition(" → ")[0] for text in drawn["chips"]) == sorted(chips)
        page.close()


def test_gold_and_prediction_stand_side_by_side_and_layers_can_go(site: Path, show: Show) -> None:
    page = show(site / "site" / "systems" / "seeds.html")
    first = page.locator(".document[open] .pair:not(.one)").first
    gold, predicted = (first.locator(f"[data-side={side}]") for side in ("gold", "predicted"))
    assert gold.inner_text() == predicted.inner_text() != ""
    assert gold.bounding_box()["y"] == predicted.bounding_box()["y"]
    label = "one => getComputedStyle(one, '::before').display"
    mark = page.locator(".document[open] .mark.entity").first
    assert mark.evaluate(label) == "inline"
    page.get_by_label("entities", exact=True).uncheck()
    assert mark.evaluate(label) == "none"
    assert page.locator(".events:visible").count() > 0
    page.get_by_label("events", exact=True).uncheck()
    assert page.locator(".events:visible").count() == 0
    fine = page.locator(".document[open] .sentence.fine")
    wrong = page.locator(".document[open] .sentence:not(.fine)").count()
    page.get_by_label("errors only").check()
    assert page.locator(".document[open] .sentence:visible").count() == wrong
    assert fine.count() == 0 or not fine.first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", ["index.html", "systems/seeds.html", "systems/nothing.html", f"systems/{LONG}.html"])
def test_pages_fit_and_can_be_read(name: str, size: tuple[int, int], scheme: str, site: Path, show: Show) -> None:
    page = show(site / "site" / name, size, scheme)
    if name == "index.html":
        page.get_by_role("button", name="details of seeds").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")
    assert page.evaluate(CONTRASTS) == []


def test_the_board_needs_no_scrolling_sideways_on_a_phone(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html", PHONE)
    inside = page.locator(".scroll").first
    assert inside.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_without_scripts_the_figures_can_be_read(site: Path, show: Show) -> None:
    page = show(site / "site" / "index.html", scripts=False)
    assert page.locator("#more-seeds").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    page = show(site / "site" / "systems" / "seeds.html", scripts=False)
    assert page.locator(".heat").first.is_visible()
    assert page.locator("noscript p").is_visible()


def test_the_committed_pages_open_from_a_folder(show: Show) -> None:
    pages = sorted((ROOT / "benchmarks" / "site").rglob("*.html"))
    assert len(pages) > 1
    for path in pages:
        page = show(path, PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert page.evaluate(CONTRASTS) == []
