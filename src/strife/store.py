"""Documents on disk: canonical JSON Lines in and out, and files written whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from strife.model import Document, decode, encode
from strife.refusal import Refusal
from strife.stream import InputError, head, json_lines


def read_documents(path: Path) -> Iterator[Document]:
    """The documents of a JSON Lines file (gzip'd or not), one at a time.

    Raises InputError, naming the line, for an empty file, a line that is not JSON, or one of another shape.
    """
    return (document for _, document in numbered_documents(path))


def numbered_documents(path: Path) -> Iterator[tuple[int, Document]]:
    """As read_documents, each with the number of its line."""
    head(path)
    for number, line in json_lines(path):
        try:
            yield number, decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            shape = isinstance(error, msgspec.ValidationError)
            found = f"line {number}: {error}"
            expected = 'one document a line, {"doc_id", "text", "entities", "events", ...}'
            raise InputError("DOC101" if shape else "FIL002", path, found, expected, "mend the line") from error


def write_documents(path: Path, documents: Iterable[Document]) -> None:
    """Write documents as canonical JSON Lines, sorted by doc_id."""
    write_whole({path: documents_as_bytes(documents)})


def documents_as_bytes(documents: Iterable[Document]) -> bytes:
    """Documents as canonical JSON Lines, sorted by doc_id."""
    return b"".join(encode(d) + b"\n" for d in sorted(documents, key=lambda document: document.doc_id))


def write_whole(files: dict[Path, bytes]) -> None:
    """Write files so that each is there whole or as it was: all to temporary names first, then renamed.

    Raises OutputError when a folder cannot be written or the disk is full; nothing has changed then.
    """
    ready: list[tuple[str, Path]] = []
    path = Path()
    try:
        for path, content in files.items():
            if path.is_dir():  # renaming would fail, but only after other files were renamed
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            ready.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
        for name, path in ready:
            os.replace(name, path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); free space or choose another folder"
        ) from error
    finally:
        for name, _ in ready:
            Path(name).unlink(missing_ok=True)


class OutputError(Refusal, OSError):
    """Output could not be written; nothing was changed."""
