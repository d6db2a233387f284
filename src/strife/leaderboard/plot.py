"""A plot of F1 with intervals as inline SVG: no library, no script, colours by the page's style."""

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, LEFT, RIGHT, TOP, ROW = 360, 118, 14, 8, 26
LONGEST = 15  # characters of a name


def plot(table: Mapping[str, Any], metric: str) -> "Markup":
    """One metric: a row a system, the best first; the dot is F1, the line its interval, the ticks its seeds."""
    from markupsafe import Markup

    rows = sorted(table["systems"], key=lambda one: (one["places"][metric]["position"], one["system"]))
    figures = [one["scores"][metric] for one in rows]
    bounds = [bound for one in figures for bound in (one["interval"] or [one["f1"]])]
    low, high = math.floor(10 * min(bounds)) / 10, math.ceil(10 * max(bounds)) / 10
    high = max(high, low + 0.1)

    def x(value: float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low):.1f}"

    bottom = TOP + ROW * len(rows)
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {bottom + 24}" role="img" '
        'aria-label="F1 with 95 % intervals; the table has the numbers">'
    ]
    steps = round(10 * (high - low))
    for step in range(0, steps + 1, 2 if steps > 5 else 1):
        at = x(low + step / 10)
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{bottom + 16}">{100 * low + 10 * step:.0f}</text>')
    for number, (one, figure) in enumerate(zip(rows, figures, strict=True)):
        y = TOP + ROW * number + ROW / 2
        name = one["system"] if len(one["system"]) <= LONGEST else one["system"][: LONGEST - 1] + "…"
        parts.append(
            f'<g data-system="{escape(one["system"])}"><text class="name" x="{LEFT - 10}" y="{y + 4}">{escape(name)}'
        )
        parts.append(f"<title>{escape(one['system'])}</title></text>")
        if figure["interval"]:
            start, end = map(x, figure["interval"])
            parts.append(f'<line class="interval" x1="{start}" x2="{end}" y1="{y}" y2="{y}"/>')
        if len(one["seeds"]) > 1:
            for seed in figure["seeds"]["f1"]:
                parts.append(f'<line class="seed" x1="{x(seed)}" x2="{x(seed)}" y1="{y - 6}" y2="{y + 6}"/>')
        parts.append(f'<circle cx="{x(figure["f1"])}" cy="{y}" r="4"/></g>')
    return Markup("".join([*parts, "</svg>"]))
