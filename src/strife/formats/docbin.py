"""spaCy's DocBin: one file of Docs, for training pipelines and reading into notebooks.

Mentions are the span group "mentions", triggers the group "triggers"; `ents` holds the mentions that lie apart (the
longest stay). Tokens are cut wherever a span begins or ends, so that no span is lost. All that spaCy has no place for
travels in `user_data["strife"]` as the document's JSON. A DocBin without it gives its span groups, or else its ents, as
mentions.
This is the only file that imports spacy.
"""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from strife.dataset import flatten
from strife.formats.holds import PARTS
from strife.formats.loss import FormatError, Loss
from strife.model import Document, Entity, decode, encode
from strife.ontology import Ontology
from strife.segment import sentences, tokens

if TYPE_CHECKING:
    from spacy.tokens import Doc

NAME = "DocBin"
HOLDS = frozenset(PARTS)
FILE = "documents.spacy"
MENTIONS, TRIGGERS, REST = "mentions", "triggers", "strife"


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file; nothing is lost. Raises FormatError for an empty span, which is no span to spaCy."""
    import spacy
    from spacy.tokens import DocBin

    vocab = spacy.blank("xx").vocab
    bin_ = DocBin(store_user_data=True)
    for document in documents:
        bin_.add(_doc(document, vocab))
    return {FILE: bin_.to_bytes()}, []


def _doc(document: Document, vocab: Any) -> "Doc":
    from spacy.tokens import Doc, Span

    text = document.text
    edges = {0, len(text), *(edge for span in tokens(text) for edge in span)}
    for item in document.items:
        start, end = item.span
        if not 0 <= start < end <= len(text):
            raise FormatError(
                f"{document.doc_id}: {item.id} has the span [{start}:{end}]; expected a span inside the text"
            )
        edges |= {start, end}
    cuts = sorted(edges)
    index = {edge: number for number, edge in enumerate(cuts)}
    begins = {start for start, _ in sentences(text)} | {0}
    words = [text[a:b] for a, b in pairwise(cuts)]
    doc = Doc(vocab, words=words, spaces=[False] * len(words), sent_starts=[start in begins for start in cuts[:-1]])

    def span(item: Any) -> Any:
        return Span(doc, index[item.span[0]], index[item.span[1]], label=item.label)

    doc.spans[MENTIONS] = [span(entity) for entity in document.entities]
    doc.spans[TRIGGERS] = [span(event) for event in document.events]
    doc.ents = [span(entity) for entity in flatten(document)]
    doc.user_data[REST] = encode(msgspec.structs.replace(document, text="")).decode()
    return doc


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a file (or of FILE in a folder)."""
    import spacy
    from spacy.tokens import DocBin

    file = path / FILE if path.is_dir() else path
    try:
        docs = list(DocBin().from_bytes(file.read_bytes()).get_docs(spacy.blank("xx").vocab))
    except Exception as error:  # msgpack's, zlib's and spaCy's own errors have no common base
        raise FormatError(
            f"{file}: {type(error).__name__}: {error}; expected a DocBin of spaCy; check the path"
        ) from error
    found = [_document(doc, f"{file.stem}-{number}") for number, doc in enumerate(docs, 1)]
    return sorted(found, key=lambda document: document.doc_id), []


def _document(doc: "Doc", doc_id: str) -> Document:
    rest = doc.user_data.get(REST)
    if isinstance(rest, str):
        return msgspec.structs.replace(decode(rest), text=doc.text)
    spans = [span for group in doc.spans.values() for span in group] or list(doc.ents)
    mentions = [Entity(f"m{n}", s.start_char, s.end_char, s.label_) for n, s in enumerate(spans, 1)]
    return Document(doc_id, doc.text, tuple(mentions))
