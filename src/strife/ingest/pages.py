"""The article in a web page, through trafilatura. This is the only file that imports it."""

from typing import Any, NamedTuple


class Page(NamedTuple):
    """What the extractor found; `text` is its own, not the page's source."""

    text: str
    title: str
    date: str | None  # ISO 8601
    publisher: str
    url: str


def article(html: bytes) -> Page | None:
    """The article of a page; None when the extractor finds none."""
    from trafilatura import bare_extraction

    found = bare_extraction(html, with_metadata=True, include_comments=False)
    if found is None:
        return None
    told: dict[str, Any] = found if isinstance(found, dict) else found.as_dict()
    if not (told["text"] or "").strip():
        return None
    publisher = told["sitename"] or told["hostname"] or ""
    return Page(told["text"], told["title"] or "", told["date"] or None, publisher, told["url"] or "")


def extractor() -> str:
    """The extractor and its version, for the record."""
    from importlib.metadata import version

    return f"trafilatura {version('trafilatura')}"
