"""Checks of where a document comes from: sources, contact data in the text, names of annotators, incident numbers."""

import re
from collections.abc import Iterator

from strife.validate.draft import Context, Draft

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TELEPHONE = re.compile(r"\+\d[\d ()/-]{7,}\d")
INCIDENT = "incident"


def provenance(context: Context) -> Iterator[Draft]:
    """Sources too few, without address or too young; contact data; annotators by name."""
    document, text = context.document, context.text
    publishers = {source.publisher for source in document.sources}
    if document.sources and len(publishers) < 2:
        yield Draft("DOC107", f"one publisher, {publishers.pop()}", "at least two", "find another, or drop the facts")
    for source in document.sources:
        if not source.url.startswith(("http://", "https://")):
            yield Draft("PRV953", f"{source.publisher}: {source.url or 'no url'}", "a web address", "add it")
        if source.date and document.published and source.date > document.published:
            found = f"{source.publisher} of {source.date}, published {document.published}"
            yield Draft("PRV954", found, "a source that was out by then", "check what it brought, or the date")
    contact = ("@" in text and _ADDRESS.search(text)) or ("+" in text and _TELEPHONE.search(text))
    if contact:
        yield Draft("PRV951", f"contact data at {contact.start()}", "none", "take it out of the text")
    for annotator in document.annotators:
        if "@" in annotator or " " in annotator.strip():
            yield Draft("PRV952", "an annotator by name or address", "a number or a pseudonym", "rename")


def incidents(context: Context) -> Iterator[Draft]:
    """Incident numbers with gaps."""
    if INCIDENT not in context.ontology.attributes:
        return
    numbers = {event.attributes.get(INCIDENT) for event in context.document.events}
    used = {int(n) for n in numbers if isinstance(n, int | float) and n % 1 == 0 and 0 < n < 10**6}
    missing = [n for n in range(1, max(used, default=0) + 1) if n not in used]
    if missing:
        listed = ", ".join(map(str, missing[:5]))
        found = f"no incident {listed}, but {max(used)}"
        yield Draft("CON804", found, f"1 to {len(used)}", "number them again, or find the missing event")
