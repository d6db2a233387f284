"""BIO tags as seqeval reads them, for comparison with figures that were made so.

Documents that have no tags of their own get them as the `entities` config does: sentence by sentence, a token belongs
to the mention that it touches, and of nested mentions the longest stays.
"""

from collections.abc import Iterator, Sequence

import msgspec

from strife.dataset import bio_tags, flatten
from strife.model import Document
from strife.segment import sentences, tokens

Chunk = tuple[int, int, str]


class Tagged(Document, frozen=True):
    """A document with tokens [start, end) and perhaps a BIO tag for each, as one sequence."""

    tokens: tuple[tuple[int, int], ...] = ()
    tags: tuple[str, ...] = ()


def conll(tags: Sequence[str]) -> Iterator[Chunk]:
    """The chunks [first, after last) of a sequence as conlleval and seqeval's default mode read them.

    I-X goes on after B-X or I-X and begins a chunk anywhere else: what is not valid is repaired.
    """
    begin, before, label = 0, "O", ""
    for number, tag in enumerate([*tags, "O"]):
        prefix, _, named = tag.partition("-")
        if prefix in ("I", "E") and before in ("B", "I") and named == label:
            before = prefix
            continue
        if before != "O":
            yield begin, number, label
        begin, before, label = number, prefix, named


def iob2(tags: Sequence[str]) -> Iterator[Chunk]:
    """The chunks of a sequence in seqeval's strict mode with IOB2: only B-X begins one, any other I- is dropped."""
    begin, open_label = 0, None
    for number, tag in enumerate([*tags, "O"]):
        prefix, _, named = tag.partition("-")
        if prefix == "I" and named == open_label:
            continue
        if open_label is not None:
            yield begin, number, open_label
        begin, open_label = number, named if prefix == "B" else None


SCHEMES = {"bio": (conll, "BIESO"), "bio_strict": (iob2, "BIO")}


def chunks(metric: str, document: Document) -> Iterator[Chunk]:
    """The labelled chunks of a document, in numbers of tokens. Raises ValueError for tags that cannot be read so."""
    read, prefixes = SCHEMES[metric]
    for first, tags in sequences(document):
        if wrong := [tag for tag in tags if (tag != "O" and tag[1:2] != "-") or tag[:1] not in prefixes]:
            raise ValueError(f"tag {wrong[0]!r} is none of {', '.join(prefixes)}")
        for start, end, label in read(tags):
            yield first + start, first + end, label


def sequences(document: Document) -> Iterator[tuple[int, Sequence[str]]]:
    """Each sequence of tags with the number of its first token."""
    given = document.tokens if isinstance(document, Tagged) else ()
    if isinstance(document, Tagged) and document.tags:
        if len(document.tags) != len(given):
            raise ValueError(f"{len(document.tags)} tags for {len(given)} tokens")
        yield 0, document.tags
        return
    ordered = tuple(sorted(document.entities, key=lambda entity: (entity.start, entity.end, entity.label)))
    flat = flatten(msgspec.structs.replace(document, entities=ordered))  # of equal spans the same one in any order
    number = 0
    for pieces in [list(given)] if given else [tokens(document.text, *s) for s in sentences(document.text)]:
        yield number, bio_tags(pieces, flat)
        number += len(pieces)
