"""Drawing in SVG: a picture with its title, in light and dark alike; no library, no script."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

_STYLE = """
svg { --ground: #ffffff; --ink: #1b2230; --faint: #5c6675; --line: #d9dde4; }
svg { --a: #2f6fb5; --b: #d08f1a; --c: #2e9468; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #14171d; --ink: #e5e8ee; --faint: #9aa5b4; --line: #343b47; }
  svg { --a: #7db4f0; --b: #f0c36a; --c: #6fd3a0; }
}
.ground { fill: var(--ground); }
text { fill: var(--ink); font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
.head { font-size: 14px; font-weight: 650; }
.faint { fill: var(--faint); font-size: 11px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: var(--line); }
.needed { stroke: var(--ink); stroke-dasharray: 3 3; }
.least { stroke: var(--ink); stroke-width: 1.5; }
.halo { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
.a { fill: var(--a); } .b { fill: var(--b); } .c { fill: var(--c); }
.line { fill: none; stroke-width: 2; } .dashed { stroke-dasharray: 6 4; }
.line.a, .bar.a { stroke: var(--a); } .line.b, .bar.b { stroke: var(--b); } .line.c, .bar.c { stroke: var(--c); }
.line.a, .line.b, .line.c { fill: none; }
.bar { stroke-width: 3; opacity: .5; }
.dim { opacity: .45; }
""".strip()
CLASSES = ("a", "b", "c")


class Picture:
    """A picture that is drawn into, from the top left in pixels."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        """Words at a place; `kind` are classes of the style."""
        self._parts.append(f'<text{_class(kind)} x="{_n(x)}" y="{_n(y)}">{escape(words)}</text>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str, title: str = "") -> None:
        """A filled rectangle; `title` is shown where the pointer rests on it."""
        box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self._parts.append(_titled("rect", f"{_class(kind)} {box}", title))

    def dot(self, x: float, y: float, radius: float, kind: str, title: str = "") -> None:
        """A filled circle."""
        self._parts.append(_titled("circle", f'{_class(kind)} cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"', title))

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(f'<polyline{_class(kind)} points="{path}"/>')

    def legend(self, x: float, y: float, names: Iterable[str]) -> None:
        """A row of names, each with its colour."""
        for kind, name in zip(CLASSES, names, strict=False):
            self.rect(x, y - 9, 10, 10, kind)
            self.text(x + 15, y, name)
            x += 30 + 7 * len(name)

    def drawn(self, height: float, title: str, description: str) -> bytes:
        """The file. `description` says in words what is to be seen."""
        size = f'width="{self.width}" height="{_n(height)}" viewBox="0 0 {self.width} {_n(height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">'
        about = f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(description)}</desc>'
        ground = f'<rect class="ground" width="{self.width}" height="{_n(height)}" rx="6"/>'
        body = "\n".join([head, about, f"<style>\n{_STYLE}\n</style>", ground, *self._parts, "</svg>"])
        return f"{body}\n".encode()


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _titled(tag: str, attributes: str, title: str) -> str:
    start = f"<{tag}{attributes}" if attributes.startswith(" ") else f"<{tag} {attributes}"
    return f"{start}><title>{escape(title)}</title></{tag}>" if title else f"{start}/>"


def steps(most: float, number: int = 5) -> list[int]:
    """Round numbers from 0 to `most` or a little more, about so many."""
    raw = max(most, 1) / number
    power = 10 ** math.floor(math.log10(raw))
    step = max(1, round(next(power * m for m in (1, 2, 5, 10) if power * m >= raw)))
    return list(range(0, math.ceil(max(most, 1) / step) * step + 1, step))


def stacked(
    picture: Picture, y: float, title: str, rows: Mapping[str, Sequence[int]], needed: int, names: Sequence[str]
) -> float:
    """Horizontal bars, one a row, a part for each of `names`, and a line at what is needed; returns where they end."""
    left, right, height = 110, 56, 19
    ticks = steps(max([needed, *(sum(counts) for counts in rows.values())]))
    scale = (picture.width - left - right) / ticks[-1]
    bottom = y + 12 + height * len(rows)
    picture.text(14, y, title, "head")
    for tick in ticks:
        at = left + scale * tick
        picture.line([(at, y + 8), (at, bottom)], "grid")
        picture.text(at, bottom + 14, str(tick), "faint middle")
    for number, (name, counts) in enumerate(rows.items()):
        x, top = float(left), y + 12 + height * number
        picture.text(left - 8, top + 12, name, "end")
        for kind, part, count in zip(CLASSES, names, counts, strict=False):
            if count:
                picture.rect(x, top + 2, scale * count, height - 5, kind, f"{name}, {part}: {count}")
            x += scale * count
    at = left + scale * needed
    picture.line([(at, y + 4), (at, bottom)], "needed")
    picture.text(at + 4, y + 4, f"needed: {needed}", "faint")
    for number, counts in enumerate(rows.values()):
        picture.text(left + scale * sum(counts) + 5, y + 24 + height * number, str(sum(counts)), "faint halo")
    return bottom + 14
