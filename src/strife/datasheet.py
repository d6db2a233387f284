"""Generated sections of a Markdown page: what stands between two markers is written by code, the rest by people.

<!-- begin generated: NAME -->
...
<!-- end generated: NAME -->
"""

import re

from strife.refusal import Refusal


class SectionError(Refusal, ValueError):
    """The page has not exactly one section of this name, or its markers do not pair."""


def with_section(page: str, name: str, content: str) -> str:
    """The page with `content` between the markers of section `name`; all else stays as it is, to the byte.

    A blank line stands around the content, as Markdown tables need. Raises SectionError.
    """
    start, end = _bounds(page, name)
    body = content.strip("\n")
    if "<!-- begin generated:" in body or "<!-- end generated:" in body:
        raise SectionError(f"section {name!r}: the content holds a marker itself; leave it out")
    return f"{page[:start]}\n\n{body}\n\n{page[end:]}" if body else f"{page[:start]}\n{page[end:]}"


def section(page: str, name: str) -> str:
    """What stands between the markers of section `name`, without the blank lines around it. Raises SectionError."""
    start, end = _bounds(page, name)
    return page[start:end].strip("\n")


def sections(page: str) -> list[str]:
    """The names of the sections of a page, in order."""
    return re.findall(r"^<!-- begin generated: (.+?) -->$", page, flags=re.MULTILINE)


def _bounds(page: str, name: str) -> tuple[int, int]:
    """Where the content begins (after the begin marker) and ends (at the end marker)."""
    begins = [m.end() for m in re.finditer(rf"^<!-- begin generated: {re.escape(name)} -->$", page, re.MULTILINE)]
    ends = [m.start() for m in re.finditer(rf"^<!-- end generated: {re.escape(name)} -->$", page, re.MULTILINE)]
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise SectionError(
            f"section {name!r}: found {len(begins)} begin and {len(ends)} end markers; "
            f"expected one line '<!-- begin generated: {name} -->' and below it one '<!-- end generated: {name} -->'"
        )
    if "<!-- begin generated:" in page[begins[0] : ends[0]]:
        raise SectionError(f"section {name!r}: another section begins inside it; expected sections side by side")
    return begins[0], ends[0]
