"""Parquet files of documents and of other rows, read a batch at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from strife.dataset import from_rows
from strife.loading import NEEDED
from strife.model import Document
from strife.stream import InputError


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
