"""The pages for annotators: the types as Markdown from the ontology, and the manual as HTML inside Label Studio.

The committed copy (`annotation/guidelines/types.md`) is compared with `type_tables` in a test, so that it cannot drift.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from strife.ontology import ANY_EVENT, EntityType, EventType, NearMiss, Ontology, RelationType, RoleRule, RoleType
from strife.ontology_views import GENERATED

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_HOW = """In examples `[..]` marks the span that gets the label. Of roles and relations, `{..}` marks where the arrow
begins (trigger, head) and `[..]` where it ends (filler, tail). After "Not" stands what it is instead."""


def type_tables(ontology: Ontology) -> str:
    """The types, roles, relations and attributes for annotators, as Markdown."""
    lines = ["# Types, roles, relations, attributes", "", f"<!-- {GENERATED} -->", ""]
    lines += [f"Ontology `{ontology.name}` {ontology.version}. {_HOW}", ""]
    lines += ["## Entity types", ""]
    for label, entity in ontology.entity_types.items():
        lines += _page(label, entity.name, entity, "no mention")
        lines += [f"- **May hold** {', '.join(entity.may_contain) or 'nothing'}.", *_attributes_of(ontology, label), ""]
    lines += ["## Event types", ""]
    for label, event in ontology.event_types.items():
        lines += [*_page(label, event.name, event, "no trigger"), *_attributes_of(ontology, label), ""]
        if event.arguments:
            lines += ["| role | filled by | how often |", "|---|---|---|"]
            lines += [f"| {role} | {_named(rule.types)} | {_often(rule)} |" for role, rule in event.arguments.items()]
            lines.append("")
    lines += ["## Roles", "", "Drawn from the trigger to the filler.", ""]
    for role, described in ontology.roles.items():
        lines += [*_page(role, "", described, "no role"), *_takers(role, ontology.event_types), ""]
    lines += ["## Relations between entities", "", "Drawn from the head to the tail.", ""]
    for label, relation in ontology.relations.items():
        ends = f"- **From** {_named(relation.head)} **to** {_named(relation.tail)}"
        ends += ", of the same type." if relation.same_label else "."
        lines += [*_page(label, "", relation, "no relation"), ends, ""]
    return "\n".join([*lines, *_attributes(ontology), ""])


def _page(
    label: str, name: str, described: EntityType | EventType | RoleType | RelationType, without: str
) -> Iterator[str]:
    yield from (f"### {label}{f': {name.lower()}' if name else ''}", "", described.definition, "")
    if described.test:
        yield f"- **Test.** {described.test}"
    yield from (f"- **Example.** {example}" for example in described.examples)
    yield from (f"- **Not.** {_missed(miss, without)}" for miss in described.near_misses)


def _missed(miss: NearMiss, without: str) -> str:
    return f"{miss.text} ({miss.is_ or without}: {miss.why})"


def _attributes_of(ontology: Ontology, label: str) -> list[str]:
    names = ", ".join(ontology.attributes_of(label))
    return [f"- **Attributes** {names}."] if names else []


def _takers(role: str, events: Mapping[str, EventType]) -> Iterator[str]:
    """Which events take the role, grouped by what may fill it."""
    by_filler: dict[str, list[str]] = {}
    for label, event in events.items():
        if role in event.arguments:
            by_filler.setdefault(_named(event.arguments[role].types), []).append(label)
    for fillers, labels in by_filler.items():
        yield f"- **In** {', '.join(labels)}: {fillers}."


def _attributes(ontology: Ontology) -> Iterator[str]:
    yield from ("## Attributes", "", "| attribute | of | values | default | rule |", "|---|---|---|---|---|")
    for name, attribute in ontology.attributes.items():
        values = ", ".join(attribute.values) or {"number": "a whole number", "textarea": "text"}[attribute.control]
        default = "required" if attribute.required else "empty" if attribute.default is None else attribute.default
        yield f"| {name} | {', '.join(attribute.applies_to)} | {values} | {default} | {attribute.rule} |"


def _named(labels: tuple[str, ...]) -> str:
    return ", ".join("a trigger" if label == ANY_EVENT else label for label in labels) or "anything"


def _often(rule: RoleRule) -> str:
    most = "any number" if rule.max is None else f"at most {rule.max}"
    return f"required, {most}" if rule.required else most


_SHEET = (
    ".strife-manual{white-space:normal;font-size:14px;line-height:1.45}"
    ".strife-manual details{margin:2px 0 2px 4px}.strife-manual details details{margin-left:18px}"
    ".strife-manual summary{cursor:pointer;font-weight:600;padding:2px 0}"
    ".strife-manual p,.strife-manual ul,.strife-manual ol,.strife-manual table{margin:4px 0 8px 18px}"
    ".strife-manual ul{list-style:disc;padding-left:16px}.strife-manual ol{list-style:decimal;padding-left:18px}"
    ".strife-manual table{border-collapse:collapse}"
    ".strife-manual td,.strife-manual th{border:1px solid #8884;padding:1px 6px;text-align:left;vertical-align:top}"
    ".strife-manual code{font-family:monospace;background:#8882;padding:0 3px;border-radius:3px}"
)


def as_html(*pages: str) -> str:
    """Markdown pages as one piece of HTML for Label Studio's instruction dialog: chapters and types fold.

    The server takes away every id and what follows a bare link would have left it, so links inside the manual become
    plain words; the dialog shows line breaks of the source, so there are none.
    """
    parts = [f'<style>{_SHEET}</style><div class="strife-manual">']
    for page in pages:
        open_ = 0
        for depth, title, body in _chapters(re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)):
            stay = max(0, depth - 2)
            parts.append("</details>" * (open_ - stay))
            open_ = min(open_, stay)
            if depth > 1:
                parts.append(f"<details><summary>{_inline(title)}</summary>")
                open_ += 1
            elif title:
                parts.append(f"<h2>{_inline(title)}</h2>")
            parts.append(_html(body))
        parts.append("</details>" * open_)
    return "".join([*parts, "</div>"])


def _chapters(page: str) -> Iterator[tuple[int, str, str]]:
    """The depth (1 to 3), title and body of each chapter; what stands before the first has no title."""
    pieces = re.split(r"^(#{1,3}) +(.+)$", page, flags=re.MULTILINE)
    if pieces[0].strip():
        yield 1, "", pieces[0]
    for marks, title, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        yield len(marks), title, body


def _html(markdown: str) -> str:
    return _on_one_line(_markdown().render(markdown))


def _inline(markdown: str) -> str:
    return _on_one_line(_markdown().renderInline(markdown))


def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _on_one_line(html: str) -> str:
    html = re.sub(r'<a href="(?!https?:)[^"]*">(.*?)</a>', r"\1", html, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", " ", re.sub(r">\s*\n\s*<", "><", html)).strip()
