"""The dataset read back: documents through `load_dataset`, from Parquet files, and bare rows of them.

Beside `strife.dataset`, which writes it, the only file that imports datasets and pyarrow; inside functions, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strife.dataset import BLIND, LABELS
from strife.loading import NEEDED, decoder, document
from strife.model import Document
from strife.stream import InputError

if TYPE_CHECKING:
    from datasets import Features


def load_documents(root: Path, split: str, config: str = "documents") -> list[Document]:
    """The documents of one split ("all": of every split) of a built dataset, through `load_dataset` as any user would.

    Of the config `blind` they come without annotation, to be predicted. Raises InputError where there is no such
    dataset or split, or where its annotation is withheld.
    """
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    try:
        data = load_dataset(str(root.resolve()), config, split=split)
    except (ValueError, OSError, DatasetsError) as error:
        found = f"split {split!r}: {error}"
        expected = f"the folder of a dataset with a config `{config}` that has it"
        do = "check the path and the split; texts whose labels are withheld stand in the config `blind`"
        raise InputError("FIL003", root, found, expected, do) from error
    bare = dict.fromkeys(LABELS, ()) if config == BLIND else {}
    return list(from_rows(({**row, **bare} for row in data), data.features, root))


def read_parquet(path: Path) -> Iterator[Document]:
    """The documents of a Parquet file like those of the `documents` config; labels may be names or ClassLabel ids.

    Raises InputError for what is no such file, and where the annotation is withheld.
    """
    import pyarrow
    import pyarrow.parquet
    from datasets import Features

    expected = "a Parquet file with doc_id, text, entities, events and relations"
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            kinds = Features.from_arrow_schema(file.schema_arrow)
            if missing := [name for name in NEEDED if name not in kinds]:
                raise InputError("FIL003", path, f"no column {', '.join(missing)}", expected, "write it again")
            for batch in file.iter_batches(batch_size=1000):
                yield from from_rows(batch.to_pylist(), kinds, path)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise InputError("FIL003", path, str(error), expected, "check the path") from error


def parquet_rows(path: Path) -> int:
    """How many rows a Parquet file has. Raises InputError when it is none."""
    import pyarrow
    import pyarrow.parquet

    try:
        return int(pyarrow.parquet.read_metadata(path).num_rows)
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError("FIL003", path, str(error), "a Parquet file", "check the path") from error


def read_rows(path: Path, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file from `first` on, one batch of them in memory."""
    import pyarrow.parquet

    at = 0
    with pyarrow.parquet.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if at + size > first and at < first + count:
                for batch in file.iter_batches(batch_size=1000, row_groups=[group]):
                    for row in batch.to_pylist():
                        if first <= at < first + count:
                            yield row
                        at += 1
            else:
                at += size


def from_row(row: Mapping[str, Any], kinds: "Features", source: Path = Path()) -> Document:
    """The document in a row of the `documents` config, as `load_dataset` gives it. Raises as from_rows does."""
    return next(from_rows([row], kinds, source))


def from_rows(rows: Iterable[Mapping[str, Any]], kinds: "Features", source: Path = Path()) -> Iterator[Document]:
    """The documents in rows of the `documents` config.

    Raises InputError, naming `source`, where the annotation is withheld, or where columns are of another shape.
    """
    decode = decoder(kinds.to_dict()) or dict
    for row in rows:
        try:
            yield document(decode(row), source)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            found = f"{row['doc_id']}: {type(error).__name__}: {error}"
            raise InputError("DOC101", source, found, "the columns of `documents`", "write it again") from error
