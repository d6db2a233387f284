"""The plots of the datasheet: types, lengths, countries and years, agreement, the learning curve."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from strife.datasheet import SectionError, section
from strife.model import Document
from strife.ontology import Ontology
from strife.release.measured import LEARNING, Learned, points, read_learning
from strife.release.quotas import MENTIONS, WORDS
from strife.release.svg import CLASSES, Picture, stacked, steps

FOLDER = "corpus/plots"
DATASHEET = "DATASHEET.md"
WIDTH = 760
BIN = 25  # words
ROW = 15  # pixels
_WORD = re.compile(r"\w+")
_GATE = re.compile(
    r"^\| (?P<gate>[a-z_]+\.[a-z_]+)(?: (?P<type>\w+))? \| (?P<least>\d\.\d+) \| (?P<value>\d\.\d+)"
    r"(?: \[(?P<low>\d\.\d+), (?P<high>\d\.\d+)\])? \| (?P<state>\w+) \|$",
    re.MULTILINE,
)
BySplit = Mapping[str, Sequence[Document]]


def plots(root: Path, by_split: BySplit, ontology: Ontology) -> dict[str, bytes]:
    """Every plot by its place: of gold, of the datasheet's section on agreement, and of LEARNING.tsv, if there."""
    found = {"types": types(by_split, ontology), "lengths": lengths(by_split), "places": places(by_split)}
    if values := agreement(root):
        found["agreement"] = agreement_plot(values)
    if rows := read_learning(root / LEARNING):
        found["learning"] = learning(rows)
    return {f"{FOLDER}/{name}.svg": content for name, content in found.items()}


def types(by_split: BySplit, ontology: Ontology) -> bytes:
    """Mentions and events by type, stacked by split, with what is needed."""
    picture = Picture(WIDTH)
    counts = {split: Counter(item.label for d in some for item in d.items) for split, some in by_split.items()}
    picture.legend(110, 24, by_split)
    y = 56.0
    for title, names, needed in (
        ("Mentions", ontology.entity_types, MENTIONS["entity"]),
        ("Events", ontology.event_types, MENTIONS["event"]),
    ):
        rows = {name: [counts[split][name] for split in by_split] for name in names}
        y = stacked(picture, y, title, rows, needed, list(by_split)) + 34
    return picture.drawn(y - 22, "Types", "Mentions and events of each type, by split; the tables have the numbers.")


def lengths(by_split: BySplit) -> bytes:
    """Articles by their number of words, stacked by split."""
    picture = Picture(WIDTH)
    sizes = {split: Counter(len(_WORD.findall(d.text)) // BIN for d in some) for split, some in by_split.items()}
    every = sorted(set().union(*sizes.values())) or [WORDS[0] // BIN]
    first, last = min(every[0], WORDS[0] // BIN), max(every[-1], WORDS[1] // BIN - 1)
    heights = [sum(count[n] for count in sizes.values()) for n in range(first, last + 1)]
    ticks = steps(max(heights), 4)
    left, top, bottom = 60, 60, 240
    wide = (WIDTH - left - 24) / (last - first + 1)
    tall = (bottom - top) / ticks[-1]
    picture.text(14, 24, "Words an article", "head")
    picture.legend(200, 24, by_split)
    for tick in ticks:
        at = bottom - tall * tick
        picture.line([(left, at), (WIDTH - 24, at)], "grid")
        picture.text(left - 8, at + 4, str(tick), "faint end")
    for number, size in enumerate(range(first, last + 1)):
        x, y = left + wide * number, float(bottom)
        for kind, (split, count) in zip(CLASSES, sizes.items(), strict=False):
            y -= tall * count[size]
            if count[size]:
                told = f"{size * BIN} to {size * BIN + BIN - 1} words, {split}: {count[size]}"
                picture.rect(x + 1, y, wide - 2, tall * count[size], kind, told)
    for size in range(first, last + 2):
        if size * BIN % 50 == 0:
            picture.text(left + wide * (size - first), bottom + 16, str(size * BIN), "faint middle")
    return picture.drawn(bottom + 30, "Lengths", f"How many articles have so many words, in steps of {BIN}.")


def places(by_split: BySplit) -> bytes:
    """A dot an article: its country and its day of publication; above, the articles of each year."""
    picture = Picture(WIDTH)
    dots = [
        (document.meta.get("country", ""), datetime.date.fromisoformat(document.published), kind, document.doc_id)
        for kind, some in zip(CLASSES, by_split.values(), strict=False)
        for document in some
        if document.published
    ]
    countries = Counter(country for country, *_ in dots)
    order = sorted(countries, key=lambda country: (-countries[country], country))
    years = Counter(day.year for _, day, *_ in dots)
    first, last = min(years, default=2000), max(years, default=2000)
    left, right, top, row = 52, 44, 116, 15
    wide = (WIDTH - left - right) / (last - first + 1)
    bottom = top + row * len(order)
    picture.text(14, 24, "Countries and days of publication", "head")
    picture.legend(300, 24, by_split)
    tall = 48 / max(years.values(), default=1)
    for year in range(first, last + 2):
        x = left + wide * (year - first)
        picture.line([(x, 96), (x, bottom)], "grid")
        if year <= last:
            if years[year]:
                picture.rect(
                    x + 2, 96 - tall * years[year], wide - 4, tall * years[year], "a dim", f"{year}: {years[year]}"
                )
                picture.text(x + wide / 2, 92 - tall * years[year], str(years[year]), "faint middle")
            short = str(year) if wide > 34 else f"{year % 100:02d}"
            picture.text(x + wide / 2, bottom + 16, short, "faint middle")
            picture.text(x + wide / 2, 110, short, "faint middle")
    for number, country in enumerate(order):
        y = top + row * number + row / 2
        picture.line([(left, y), (WIDTH - right, y)], "grid")
        picture.text(left - 8, y + 4, country, "end")
        picture.text(WIDTH - right + 8, y + 4, str(countries[country]), "faint")
    for country, day, kind, doc_id in dots:
        start = datetime.date(day.year, 1, 1)
        x = left + wide * (day.year - first + (day - start).days / 366)
        picture.dot(x, top + row * order.index(country) + row / 2, 4.5, kind, doc_id)
    told = f"{len(dots)} articles on {len(order)} countries, {first} to {last}."
    return picture.drawn(bottom + 30, "Countries and years", told)


class Reached(NamedTuple):
    """One value of agreement: of a gate, whole or of one type, with its interval and the least that is needed."""

    gate: str
    type: str
    least: float
    value: float
    low: float
    high: float


def agreement(root: Path) -> list[Reached]:
    """What the datasheet's section `agreement` says; nothing without one."""
    try:
        page = section((root / DATASHEET).read_text(encoding="utf-8"), "agreement")
    except (OSError, SectionError):
        return []
    return [
        Reached(
            found["gate"],
            found["type"] or "",
            float(found["least"]),
            float(found["value"]),
            float(found["low"] or found["value"]),
            float(found["high"] or found["value"]),
        )
        for found in _GATE.finditer(page)
    ]


def agreement_plot(values: Sequence[Reached]) -> bytes:
    """A row a value: the dot is what was reached, the bar its interval, the stroke what is needed."""
    picture = Picture(WIDTH)
    left, right, row = 230, 50, 17
    scale = WIDTH - left - right
    picture.text(14, 24, "Agreement of the two passes, both by models", "head")
    picture.text(14, 42, "dot: value, bar: 95 % interval, stroke: least that is needed", "faint")
    y = 62.0
    groups: dict[str, list[Reached]] = {}
    for one in values:
        groups.setdefault(f"{one.gate}, by type" if one.type else "whole layers", []).append(one)
    for title, some in groups.items():
        picture.text(14, y + 12, title, "head")
        top = y + 20
        bottom = top + row * len(some)
        for tenth in range(0, 11, 2):
            x = left + scale * tenth / 10
            picture.line([(x, top), (x, bottom)], "grid")
            picture.text(x, bottom + 14, f"{tenth / 10:.1f}", "faint middle")
        for number, one in enumerate(some):
            middle = top + row * number + row / 2
            kind = "a" if one.value >= one.least else "b"
            picture.text(left - 10, middle + 4, one.type or one.gate, "end")
            picture.line([(left + scale * one.low, middle), (left + scale * one.high, middle)], f"bar {kind}")
            at = left + scale * one.least
            picture.line([(at, middle - 6), (at, middle + 6)], "least")
            picture.dot(left + scale * one.value, middle, 4, kind, f"{one.gate} {one.type}: {one.value:.3f}")
            picture.text(WIDTH - right + 8, middle + 4, f"{one.value:.2f}", "faint")
        y = bottom + 26
    return picture.drawn(y, "Agreement", "What was reached, with its interval, and the least that is needed.")


def learning(rows: Sequence[Learned]) -> bytes:
    """F1 on test by the number of documents trained on: a line a baseline and metric, a dot a run."""
    picture = Picture(WIDTH)
    left, right, top, bottom = 60, 150, 60, 320
    most = max(row.documents for row in rows)
    highest = 10 * (1 + int(10 * max(max(row.test_ent, row.test_tri_c, row.high) for row in rows)))
    ticks = range(0, highest + 1, 10)

    def at(documents: float, f1: float) -> tuple[float, float]:
        return left + (WIDTH - left - right) * documents / most, bottom - (bottom - top) * 100 * f1 / highest

    picture.text(14, 24, "F1 on test by documents trained on", "head")
    picture.text(14, 42, "whole line: entities, dashed: triggers (Tri-C), dot: a run, bar: 95 % interval", "faint")
    for tick in ticks:
        y = at(0, tick / 100)[1]
        picture.line([(left, y), (WIDTH - right, y)], "grid")
        picture.text(left - 8, y + 4, str(tick), "faint end")
    for documents in sorted({row.documents for row in rows}):
        picture.text(at(documents, 0)[0], bottom + 16, str(documents), "faint middle")
    labels: list[tuple[float, str]] = []
    for kind, system in zip(CLASSES, dict.fromkeys(row.system for row in rows), strict=False):
        by_share = points(rows, system)
        for name, more in (("test_tri_c", "dashed"), ("test_ent", "")):
            means = [at(some[0].documents, fmean(getattr(row, name) for row in some)) for some in by_share.values()]
            picture.line(means, f"line {kind} {more}".rstrip())
            for row in (row for some in by_share.values() for row in some):
                value = getattr(row, name)
                told = f"{system}, {row.documents} documents, seed {row.seed}: {100 * value:.1f}"
                picture.dot(*at(row.documents, value), 3, kind, told)
            labels.append((means[-1][1] + 4, f"{system}, {'entities' if name == 'test_ent' else 'triggers'}"))
        full = by_share[max(by_share)][0]
        picture.line([at(full.documents, full.low), at(full.documents, full.high)], f"bar {kind}")
    y = -1.0 * ROW
    for height, label in sorted(labels):
        y = max(height, y + ROW)  # so that none lies on another
        picture.text(WIDTH - right + 12, y, label)
    return picture.drawn(bottom + 30, "Learning curve", "F1 of the baselines on test by documents trained on.")
