"""Self-contained HTML pages: one file, no request to anywhere, light and dark.

A page is a Jinja template beside this module that extends `page.html`; every value is escaped unless it is `Markup`.
"""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markupsafe import Markup


class Mark(NamedTuple):
    """A span [start, end) to be marked in a text.

    `label` is shown beside it, `kind` is its CSS class or classes, `title` is shown when pointed at.
    """

    start: int
    end: int
    label: str
    kind: str = ""
    title: str = ""


def render(template: str, **values: Any) -> str:
    """The page of a template in this folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("strife", "pages")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals["marked"] = marked
    return environment.get_template(template).render(**values)


def marked(text: str, marks: Iterable[Mark], start: int = 0, end: int | None = None) -> "Markup":
    """The text [start, end) as HTML with every mark; marks may nest, cross, share a span or reach outside.

    Where two cross, the one that began later is closed and opened again, without repeating its label.
    """
    from markupsafe import Markup

    end = len(text) if end is None else end
    inside = [m._replace(start=max(m.start, start), end=min(m.end, end)) for m in marks]
    waiting = sorted((m for m in inside if m.start < m.end), key=lambda m: (-m.start, m.end, m.label, m.kind))
    parts: list[str] = []
    stack: list[Mark] = []
    at = start
    while waiting or stack:
        begins = waiting[-1].start if waiting else end + 1
        ends = min((m.end for m in stack), default=end + 1)
        position = min(begins, ends)
        parts.append(escape(text[at:position]))
        at = position
        if ends <= begins:
            first = next(i for i, m in enumerate(stack) if m.end == position)
            parts.append("</span>" * (len(stack) - first))
            still = [m for m in stack[first:] if m.end > position]
            stack[first:] = still
            parts += [_opening(m, again=True) for m in still]
        else:
            mark = waiting.pop()
            stack.append(mark)
            parts.append(_opening(mark, again=False))
    return Markup("".join([*parts, escape(text[at:end])]))


def _opening(mark: Mark, again: bool) -> str:
    kind = escape(f"mark {mark.kind}".strip())
    label = "" if again else f' data-label="{escape(mark.label)}"'
    title = f' title="{escape(mark.title)}"' if mark.title else ""
    return f'<span class="{kind}"{label}{title}>'
