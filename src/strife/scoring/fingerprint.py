"""The hash of a gold standard: over what is scored and nothing else, so that every format of it gives the same.

sha256 over these parts, each ended by a newline. First a JSON array with [doc_id, sha256 of the UTF-8 text, templates]
for each document, by ascending id. Then for each table of `columns.TABLES` a JSON array of its name and, by column, the
names that stand there, numbers before texts, ascending; and its distinct rows, ascending, as 64-bit little-endian
numbers. A document stands there as its place from 0, a name as its place from 1 (0: not given), a span as start and
length.
"""

import hashlib
from typing import TYPE_CHECKING

import msgspec

from strife.model import Document, canonical, text_hash
from strife.scoring.columns import TABLES, Codes, Columns, Vocabulary
from strife.scoring.join import distinct_rows, value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHOWN = 8
_ENCODER = msgspec.json.Encoder(order="deterministic")


def fingerprint(gold: Columns, vocabulary: Vocabulary) -> str:
    """The first eight digits of the hash of gold whose documents are numbered by ascending id."""
    documents = [
        (doc_id, text_hash(text), canonical(Document(doc_id, "", templates=templates)).templates if templates else ())
        for doc_id, text, templates in zip(gold.doc_ids, gold.texts, gold.templates, strict=True)
    ]
    digest = hashlib.sha256(_ENCODER.encode(documents) + b"\n")
    for items, columns in TABLES.items():
        names: dict[str, list[int | str]] = {}
        cells = []
        for column in columns:
            cell = value(gold.tables[items], column)
            if (codes := vocabulary.of(items, column)) is not None:
                cell, names[column] = _renumbered(cell, codes)
            cells.append(cell)
        digest.update(_ENCODER.encode([items, names]) + b"\n")
        digest.update(distinct_rows(cells).astype("<i8").tobytes() + b"\n")
    return digest.hexdigest()[:SHOWN]


def _renumbered(cells: "NDArray[np.int32]", codes: Codes) -> "tuple[NDArray[np.int32], list[int | str]]":
    """Codes by the order of their names, and the names in use."""
    import numpy as np

    used = np.bincount(cells, minlength=len(codes)) > 0
    names = sorted(
        (name for name, code in codes.items() if code and used[code]), key=lambda name: (isinstance(name, str), name)
    )
    places = np.zeros(len(codes), np.int32)
    places[[codes[name] for name in names]] = np.arange(1, len(names) + 1)
    return places[cells], names
