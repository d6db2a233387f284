"""What a check yields: a finding before it knows its document."""

from typing import NamedTuple

from strife.finding import Finding, Origin
from strife.model import Document, Entity, Event
from strife.validate.catalogue import BY_CODE


class Draft(NamedTuple):
    """A broken rule: what was found, what was expected, what to do, and the item it is about."""

    code: str
    found: str
    expected: str
    do: str
    item: Entity | Event | None = None

    def finding(self, document: Document, origin: Origin) -> Finding:
        """The finding, with place and quoted text (at most 60 characters of it)."""
        start = end = quote = None
        if self.item is not None:
            start, end = self.item.span
            quote = document.text[max(start, 0) : max(end, 0)]
            quote = quote if len(quote) <= 60 else quote[:59] + "…"
        return Finding(
            code=self.code,
            severity=BY_CODE[self.code].severity,
            doc_id=document.doc_id,
            found=self.found,
            expected=self.expected,
            do=self.do,
            item=self.item.id if self.item is not None else None,
            start=start,
            end=end,
            quote=quote,
            origin=origin,
        )
