"""Documents on disk: canonical bytes in and out, and files written whole or not at all."""

import errno
import gzip
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Argument, Document, Entity, Event, Relation, Source, Trigger, canonical
from strife.store import OutputError, read_documents, write_documents, write_whole
from strife.stream import InputError

A_LINE = b'{"doc_id":"a","text":"x","entities":[],"events":[],"relations":[]}\n'
B_LINE = A_LINE.replace(b'"a"', b'"b"')


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "documents.jsonl"


# ---------------------------------------------------------------- bytes


def test_the_bytes_of_a_document(file: Path) -> None:
    document = Document(
        "d",
        "🚀 e\u0301\r\n\xa0\u2028",
        (Entity("m", 2, 4, "PER", {"b": 1.5, "a": ("x", "y")}),),
        (Event("e", "DEATH", Trigger(0, 1), (Argument("victim", "m"), Argument("count", None, None, 2, 3))),),
        (Relation("m", "e", None),),
        published="2020-01-31",
        sources=(Source("Coast Daily", "https://example.org/1"),),
    )
    write_documents(file, [document])
    assert file.read_bytes().decode() == (
        '{"doc_id":"d","text":"🚀 e\u0301\\r\\n\xa0\u2028",'
        '"entities":[{"id":"m","start":2,"end":4,"label":"PER","attributes":{"a":["x","y"],"b":1.5}}],'
        '"events":[{"id":"e","type":"DEATH","trigger":{"start":0,"end":1},'
        '"arguments":[{"role":"count","start":2,"end":3},{"role":"victim","entity_id":"m"}]}],'
        '"relations":[{"head":"m","tail":"e","label":null}],'
        '"published":"2020-01-31",'
        '"sources":[{"publisher":"Coast Daily","url":"https://example.org/1"}]}\n'
    )


def test_documents_are_sorted_by_name(file: Path) -> None:
    write_documents(file, [Document(name, "x") for name in ("b", "é", "a", "B", "a2")])
    assert [document.doc_id for document in read_documents(file)] == ["B", "a", "a2", "b", "é"]


def test_no_documents_are_an_empty_file(file: Path) -> None:
    write_documents(file, iter(()))
    assert file.read_bytes() == b""


names = st.text(max_size=4)
spans = st.tuples(st.integers(0, 9), st.integers(0, 9))
attributes = st.dictionaries(
    names,
    names | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.tuples(names, names),
    max_size=3,
)
entities = st.builds(
    lambda key, span, label, of: Entity(key, span[0], span[1], label, of), names, spans, names, attributes
)
arguments = st.builds(Argument, names, names) | st.builds(Argument, names, st.none(), names)
events = st.builds(
    lambda key, label, span, fillers, of: Event(key, label, Trigger(*span), tuple(fillers), of),
    names,
    names,
    spans,
    st.lists(arguments, max_size=3),
    attributes,
)
relations = st.builds(Relation, names, names, st.none() | names)
documents = st.builds(
    lambda text, mentions, triggers, arrows, of: Document(
        "d", text, tuple(mentions), tuple(triggers), tuple(arrows), attributes=of
    ),
    st.text(),
    st.lists(entities, max_size=4, unique_by=lambda item: item.id),
    st.lists(events, max_size=3, unique_by=lambda item: item.id),
    st.lists(relations, max_size=4),
    attributes,
)


@given(documents, st.randoms(use_true_random=False))
def test_the_same_document_gives_the_same_bytes(file: Path, document: Document, chance: random.Random) -> None:
    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    def turned(mapping: dict[str, Any]) -> dict[str, Any]:
        return dict(shuffled(tuple(mapping.items())))

    other = msgspec.structs.replace(
        document,
        entities=shuffled(
            tuple(msgspec.structs.replace(one, attributes=turned(one.attributes)) for one in document.entities)
        ),
        events=shuffled(
            tuple(msgspec.structs.replace(one, arguments=shuffled(one.arguments)) for one in document.events)
        ),
        relations=shuffled(document.relations * 2),
        attributes=turned(document.attributes),
    )
    write_documents(file, [document, Document("c", "x")])
    first = file.read_bytes()
    write_documents(file, [Document("c", "x"), other])
    assert file.read_bytes() == first
    (_, read) = read_documents(file)
    assert read == canonical(document)
    write_documents(file, read_documents(file))
    assert file.read_bytes() == first


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "content",
    [
        A_LINE + B_LINE,
        A_LINE + B_LINE[:-1],
        b"\xef\xbb\xbf" + A_LINE + B_LINE,
        b"\n \t\n" + A_LINE.replace(b"\n", b"\r\n") + b"\r\n" + B_LINE,
        gzip.compress(A_LINE + B_LINE, mtime=0),
        gzip.compress(A_LINE, mtime=0) + gzip.compress(B_LINE, mtime=0),
        A_LINE.replace(b"{", b'{"unknown":{"deep":[1]},', 1) + B_LINE,
        A_LINE.replace(b"{", b'{"text":"first","doc_id":"z",', 1) + B_LINE,
        b'{"text":"x","doc_id":"\\u0061"}\n{"doc_id":"b","text":"x"}',
    ],
    ids=["plain", "no-end", "bom", "blank-lines", "gzip", "gzip-members", "unknown-key", "key-twice", "defaults"],
)
def test_forms_of_a_document_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert list(read_documents(file)) == [Document("a", "x"), Document("b", "x")]


def test_line_separators_inside_a_text_end_no_line(file: Path) -> None:
    file.write_text('{"doc_id":"a","text":"1\u20282\x853\u2029"}\n', encoding="utf-8")
    (document,) = read_documents(file)
    assert document.text == "1\u20282\x853\u2029"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"doc_id":"a"}', "DOC101"),
        (b'{"doc_id":"a","text":null}', "DOC101"),
        (b'{"doc_id":1,"text":"x"}', "DOC101"),
        (b'{"doc_id":"a","text":"x","entities":{}}', "DOC101"),
        (b'{"doc_id":"a","text":"x","entities":[{"id":"m","start":0.5,"end":1,"label":"PER"}]}', "DOC101"),
        (b'{"doc_id":"a","text":"x","entities":[{"id":"m","start":"0","end":1,"label":"PER"}]}', "DOC101"),
        (b'{"doc_id":"a","text":"x","attributes":{"n":1e999}}', "DOC101"),
        (b'{"doc_id":"a","text":"x","attributes":{"n":' + b"1" * 5000 + b"}}", "DOC101"),
        (b"[]", "DOC101"),
        (b"null", "DOC101"),
        (b"{", "FIL002"),
        (b"no JSON", "FIL002"),
        (b'{"doc_id":"a","text":"x"} {}', "FIL002"),
        (b'{"doc_id":"a","text":"x","attributes":{"n":NaN}}', "FIL002"),
        (b'{"doc_id":"a","text":"\\ud800"}', "FIL002"),
        (b'{"doc_id":"a","text":"\xe9"}', "FIL002"),
        (b'{"doc_id":"a","text":"\xed\xa0\x80"}', "FIL002"),
        (b'{"doc_id":"a","text":"x","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "FIL002"),
        (b"\x00\x01\x02", "FIL002"),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_a_bad_line_is_named_after_the_documents_before_it(file: Path, line: bytes, code: str) -> None:
    file.write_bytes(A_LINE + b"\n" + line + b"\n" + B_LINE)
    found = read_documents(file)
    assert next(found) == Document("a", "x")
    with pytest.raises(InputError, match=rf"^{code} .*: line 3: .*; expected one document a line, .*; mend the line$"):
        next(found)


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"^FIL001 .*: the file is empty"):
        list(read_documents(file))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InputError, match=r"^FIL007 "):
            list(read_documents(path))


def test_truncated_documents_are_refused_or_fewer(file: Path) -> None:
    whole = A_LINE + B_LINE
    for size in range(1, len(whole) - 1):
        file.write_bytes(whole[:size])
        if size in (len(A_LINE) - 1, len(A_LINE)):  # at the end of a line nothing shows that there was more
            assert list(read_documents(file)) == [Document("a", "x")]
        else:
            with pytest.raises(InputError, match="FIL002"):
                list(read_documents(file))


def test_huge_numbers_survive(file: Path) -> None:
    document = Document("a", "x", (Entity("m", 0, 2**70, "PER", {"n": -(10**30), "f": 1e300}),))
    write_documents(file, [document])
    assert list(read_documents(file)) == [document]


# ---------------------------------------------------------------- writing whole


@pytest.fixture
def old(tmp_path: Path) -> dict[Path, bytes]:
    """Two files that are there already; what they are to become."""
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"old " + name.encode())
    return {tmp_path / "one": b"new", tmp_path / "two": b"new"}


def test_files_are_written_and_folders_made(tmp_path: Path) -> None:
    files = {tmp_path / "a" / "b" / "one": b"1\r\n", tmp_path / "two 💥": b""}
    write_whole(files)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_old_files_are_replaced(old: dict[Path, bytes], tmp_path: Path) -> None:
    write_whole(old)
    write_whole(old)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_files_can_be_read_by_all(tmp_path: Path) -> None:
    write_whole({tmp_path / "one": b""})
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o644


def full_at(call: int) -> Any:
    """A system call that finds the disk full the n-th time."""
    left = iter(range(1, 100))

    def fail(*_: object) -> None:
        if next(left) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fail


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("name", ["fsync", "chmod"])
def test_a_full_disk_leaves_everything_as_it_was(
    old: dict[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"strife.store.os.{name}", full_at(call))
        with pytest.raises(OutputError, match=r"(one|two): cannot be written \(No space left on device\); free space"):
            write_whole(old)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"old one", "two": b"old two"}


def test_a_failing_first_rename_leaves_everything_as_it_was(
    old: dict[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("strife.store.os.replace", full_at(1))
        with pytest.raises(OutputError, match="one: cannot be written"):
            write_whole(old)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"old one", "two": b"old two"}


def test_a_failing_later_rename_leaves_whole_files_only(
    old: dict[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace
    fail = full_at(2)

    def replace(source: str, target: Path) -> None:
        fail()
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("strife.store.os.replace", replace)
        with pytest.raises(OutputError, match="two: cannot be written"):
            write_whole(old)
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
    assert (tmp_path / "two").read_bytes() == b"old two"
    assert (tmp_path / "one").read_bytes() in (b"old one", b"new")


def test_an_interruption_leaves_everything_as_it_was(
    old: dict[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("strife.store.os.fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_whole(old)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"old one", "two": b"old two"}


@pytest.mark.parametrize("below", ["", "below", "far/below"], ids=["a-folder", "below-a-file", "far-below-a-file"])
def test_a_place_that_cannot_be_written_is_refused_by_name(old: dict[Path, bytes], tmp_path: Path, below: str) -> None:
    target = tmp_path / "two" / below if below else tmp_path / "folder"
    if not below:
        target.mkdir()
    before = {path: path.read_bytes() for path in old}
    with pytest.raises(OutputError, match=rf"{target.name}: cannot be written \(.*\); free space or choose another"):
        write_whole({tmp_path / "one": b"new", target: b"new"})
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_documents_that_fail_midway_leave_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_bytes(A_LINE)

    def broken() -> Iterator[Document]:
        yield Document("b", "x")
        raise InputError("FIL004", "other", "it breaks off", "a whole file", "copy it again")

    with pytest.raises(InputError):
        write_documents(path, broken())
    assert path.read_bytes() == A_LINE
    assert list(tmp_path.iterdir()) == [path]
