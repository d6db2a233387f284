"""Documents on disk: canonical JSON Lines in and out, and files written whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

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
    with written_whole() as opened:
        for path, content in files.items():
            file = opened(path)
            file.write(content)
            _seal(file)


def _seal(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


@contextmanager
def written_whole() -> Iterator[Callable[[Path], BinaryIO]]:
    """As write_whole, for files that are written piece by piece: the block gets a function that opens one.

    They appear under their names when the block ends without an error, all of them, and otherwise none does.
    """
    ready: dict[Path, BinaryIO] = {}
    path = Path()

    def opened(target: Path) -> BinaryIO:
        nonlocal path
        path = target
        if target.is_dir():  # renaming would fail, but only after other files were renamed
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        ready[target] = file = cast(BinaryIO, os.fdopen(handle, "wb"))
        names[target] = name
        return file

    names: dict[Path, str] = {}
    try:
        yield opened
        for path, file in ready.items():
            if not file.closed:
                _seal(file)
            os.chmod(names[path], 0o644)
        for path, name in names.items():
            os.replace(name, path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); free space or choose another folder"
        ) from error
    finally:
        for target, file in ready.items():
            with suppress(OSError):  # a full disk makes closing fail, too
                file.close()
            Path(names[target]).unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder for writing; nobody else who asks gets it meanwhile. It is made if it is not there.

    Raises OutputError when another process holds it. The hold ends with the process, also with one that is killed.
    """
    try:
        import fcntl
    except ImportError:  # no Unix: there, two builds at once are not told apart
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(f"{folder}: another process writes here; wait for it, or choose another") from error
        yield
    finally:
        os.close(handle)


class OutputError(Refusal, OSError):
    """Output could not be written; nothing was changed."""
