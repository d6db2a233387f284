"""CoNLL-2003: a token a line with three columns before its BIO tag, a blank line after each sentence.

The second column is empty; the third, on the line that begins a document, holds its doc_id. A text read from it is its
tokens with blanks between, a sentence a line.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.model import Document, Entity
from strife.ontology import Ontology
from strife.segment import sentences, tokens

NAME = "CoNLL-2003"
HOLDS: frozenset[str] = frozenset()
FILE = "documents.conll"
_START = "-DOCSTART-"


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The one file, and what it does not hold: all but mentions that lie apart and on whole tokens."""
    losses: list[Loss] = []
    lines: list[str] = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        losses.append(Loss(document.doc_id, "document", "blanks between tokens", f"{NAME} holds no text"))
        lines += _lines(document, losses)
    return {FILE: "".join(f"{line}\n" for line in lines).encode()}, losses


def _lines(document: Document, losses: list[Loss]) -> Iterator[str]:
    text = document.text
    sentence_tokens = [tokens(text, *sentence) for sentence in sentences(text)]
    tags = _tags(document, sentence_tokens, losses)
    yield f"{_START} -X- {quote(document.doc_id, safe='')} O"
    yield ""
    for pieces in sentence_tokens:
        yield from (f"{text[start:end]} -X- _ {tags.get(start, 'O')}" for start, end in pieces)
        yield ""


def _tags(document: Document, sentence_tokens: list[list[tuple[int, int]]], losses: list[Loss]) -> dict[int, str]:
    """The tags by the start of their token; the longest of overlapping mentions stays, then the first."""
    starts, ends = {}, {}
    for number, pieces in enumerate(sentence_tokens):
        for index, (start, end) in enumerate(pieces):
            starts[start], ends[end] = (number, index), (number, index)
    found: dict[int, str] = {}
    for mention in sorted(document.entities, key=lambda m: (m.start - m.end, m.start, m.label, m.id)):
        first, last = starts.get(mention.start), ends.get(mention.end)
        what = f"{mention.label} {document.surface(mention)!r}"
        if first is None or last is None or first[0] != last[0]:
            why = f"{NAME} holds mentions of whole tokens in one sentence"
            losses.append(Loss(document.doc_id, mention.id, what, why))
            continue
        covered = sentence_tokens[first[0]][first[1] : last[1] + 1]
        if any(start in found for start, _ in covered):
            why = f"{NAME} holds no mention that overlaps another"
            losses.append(Loss(document.doc_id, mention.id, what, why))
            continue
        for number, (start, _) in enumerate(covered):
            found[start] = f"{'I' if number else 'B'}-{mention.label}"
    return found


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a file (or of FILE in a folder); each sentence becomes a line of the text."""
    file = path / FILE if path.is_dir() else path
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{file}: {error}; expected UTF-8 text, a token a line; check the path") from error
    documents: list[tuple[str, list[list[tuple[str, str]]]]] = []
    for number, line in enumerate(content.split("\n"), 1):
        columns = line.strip().split(" ") if " " in line.strip() else line.strip().split("\t")
        if columns[0] == _START:
            name = unquote(columns[2]) if len(columns) > 3 and columns[2] not in ("-X-", "O", "_") else ""
            documents.append((name or f"document-{len(documents) + 1}", [[]]))
            continue
        if not documents:
            documents.append((file.stem, [[]]))
        if not columns[0]:
            documents[-1][1].append([])
        elif len(columns) < 2 or not (columns[-1] == "O" or columns[-1][:2] in ("B-", "I-")):
            raise FormatError(f"{file}, line {number}: {line!r}; expected a token and its BIO tag; mend the line")
        else:
            documents[-1][1][-1].append((columns[0], columns[-1]))
    found = [_document(doc_id, [s for s in parts if s]) for doc_id, parts in documents]
    if not any(document.text for document in found):
        raise FormatError(f"{file}: no token; expected a token a line; check the path")
    return sorted((d for d in found if d.text), key=lambda document: document.doc_id), []


def _document(doc_id: str, parts: list[list[tuple[str, str]]]) -> Document:
    text = ""
    mentions: list[tuple[int, int, str]] = []
    for sentence in parts:
        text += "\n" if text else ""
        before = "O"
        for number, (token, tag) in enumerate(sentence):
            text += " " if number else ""
            start = len(text)
            text += token
            if tag[0] == "I" and before[1:] == tag[1:]:
                mentions[-1] = (mentions[-1][0], len(text), tag[2:])
            elif tag != "O":
                mentions.append((start, len(text), tag[2:]))
            before = tag
    return Document(doc_id, text, tuple(Entity(f"m{n}", *mention) for n, mention in enumerate(mentions, 1)))
