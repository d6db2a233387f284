"""Near-duplicates among documents, with what is shared, so that a reader can judge."""

from collections.abc import Iterable, Iterator

from strife.model import Document
from strife.validate.across import CONTAINED, JACCARD, SHINGLE, trace
from strife.validate.across import near as pairs


def near(documents: Iterable[Document]) -> Iterator[str]:
    """A line for each pair of near-duplicates, and one that says what counts as one."""
    found = list(pairs([trace(document, None) for document in documents]))
    for pair in found:
        measure = f"Jaccard {pair.jaccard:.2f}, {pair.contained:.0%} of the shorter"
        names = f"{pair.first.doc_id} and {pair.second.doc_id}"
        yield f"near-duplicates: {names} share {pair.shared} runs of {SHINGLE} words ({measure})"
    if found:
        yield f"(a pair counts from Jaccard {JACCARD} or {CONTAINED:.0%} of the shorter text on; why: docs/formats.md)"
