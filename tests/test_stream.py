"""Streaming: arrays and lines read piece by piece, cut anywhere, broken anywhere."""

import gzip
import json
import pickle
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strife.labelstudio.export import read_export
from strife.ontology import Ontology
from strife.stream import InputError, head, items_at, json_array, json_lines, json_runs, open_bytes

BOM = b"\xef\xbb\xbf"
TRICKY: list[dict[str, Any]] = [
    {"id": 1, "annotations": ['}, {"id": 2, "annotations": [', "]", "[{", '\\"}, {', "\\"], "data": {"a": "}\\"}},
    {"id": 2, "annotations": [{"id": 1, "annotations": 0}, {"id": 2, "annotations": 0}, {}], "data": {}},
    {},
    {
        "id": 3,
        "annotations": [[{}, {}], [{"b": {}}]],
        "data": {"💥": "e\u0301\u2028\xa0\r\n", "": [None, True, -1.5e-7]},
    },
]
WHOLE = json.dumps(TRICKY, ensure_ascii=False).encode()

strings = st.text(max_size=5) | st.sampled_from(
    [
        "}, {",
        '},{"id":1,"annotations":',
        "]",
        "[",
        "}",
        "{",
        "\\",
        '"',
        '\\"}, {"',
        "💥",
        "e\u0301",
        "\r\n",
        "\x00",
        "\u2028",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | strings
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3), max_leaves=6
)
tasks = st.builds(lambda key, rest: {"id": key, "annotations": rest, "data": rest}, st.integers(), values)
arrays = st.lists(tasks, max_size=5) | st.lists(st.dictionaries(strings, values, max_size=3), max_size=5)
layouts = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, 1, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n", " : ")]),
    }
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stream") / "file.json"


def read(path: Path, chunk: int, got: list[Any] | None = None) -> list[Any]:
    got = [] if got is None else got
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("strife.stream.CHUNK", chunk)
        for item in json_array(path):
            got.append(json.loads(item))  # one by one: what came before an error counts
    return got


@given(arrays, layouts, st.integers(1, 80))
def test_items_equal_those_of_json_loads(file: Path, items: list[Any], layout: dict[str, Any], chunk: int) -> None:
    text = json.dumps(items, **layout)
    file.write_bytes(text.encode())
    assert read(file, chunk) == json.loads(text)


@given(arrays, layouts, st.integers(1, 80), st.sampled_from([b"", BOM, b" \r\n", BOM + b"\t "]), st.booleans())
def test_a_run_can_be_read_again_by_its_place(
    file: Path, items: list[Any], layout: dict[str, Any], chunk: int, before: bytes, packed: bool
) -> None:
    content = before + json.dumps(items, **layout).encode() + b" \n"
    file.write_bytes(gzip.compress(content) if packed else content)
    count = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("strife.stream.CHUNK", chunk)
        for run in json_runs(file):
            assert run.number == count + 1
            assert items_at(file, run.offset, run.size) == run.items
            count += len(run.items)
    assert count == len(items)


def test_a_run_of_a_file_that_was_cut_since_is_refused(file: Path) -> None:
    file.write_bytes(WHOLE)
    (run,) = json_runs(file)
    file.write_bytes(WHOLE[:-40])
    with pytest.raises(InputError, match=r"^FIL004 "):
        items_at(file, run.offset, run.size)


def test_a_refusal_comes_whole_out_of_another_process() -> None:
    error = InputError("FIL004", Path("x.json"), "it breaks off", "a whole export", "export again")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code) == (InputError, str(error), "FIL004")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_chunk_may_end_at_any_byte(file: Path, indent: int | None) -> None:
    whole = json.dumps(TRICKY, indent=indent).encode()
    file.write_bytes(whole)
    for chunk in range(1, len(whole) + 2):
        assert read(file, chunk) == TRICKY, chunk


def test_items_are_the_bytes_of_the_file(file: Path) -> None:
    file.write_bytes(b'[ {"a" : 1.0} ,\n{"b": "\\u00e9"}\t]')
    assert list(json_array(file)) == [b'{"a" : 1.0}', b'{"b": "\\u00e9"}']


@pytest.mark.parametrize(
    "content",
    [
        BOM + WHOLE,
        b"\r\n\t " + WHOLE + b"\n\n",
        BOM + b"\n" + WHOLE,
        gzip.compress(WHOLE, mtime=0),
        gzip.compress(BOM + WHOLE, mtime=0),
        gzip.compress(WHOLE[:100], mtime=0) + gzip.compress(WHOLE[100:], mtime=0),
    ],
    ids=["bom", "blanks", "bom-blank", "gzip", "gzip-bom", "gzip-members"],
)
@pytest.mark.parametrize("chunk", [8, 1 << 20])
def test_wrappings_of_a_file(file: Path, content: bytes, chunk: int) -> None:
    file.write_bytes(content)
    assert read(file, chunk) == TRICKY


def test_blanks_before_the_array_may_be_many(file: Path) -> None:
    file.write_bytes(b" " * 5000 + WHOLE)
    assert head(file)[:1] == b"["
    assert read(file, 1000) == TRICKY


def test_an_empty_array_has_no_items(file: Path) -> None:
    file.write_bytes(b"[ ]")
    assert list(json_array(file)) == []


@pytest.mark.parametrize("whole", [WHOLE, BOM + WHOLE, gzip.compress(WHOLE, mtime=0)], ids=["plain", "bom", "gzip"])
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_truncated_at_any_byte_is_refused_after_right_items(file: Path, whole: bytes, chunk: int) -> None:
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        got: list[Any] = []
        with pytest.raises(InputError):
            read(file, chunk, got)
        assert got == TRICKY[: len(got)], size


@given(tasks, st.integers(1, 40), st.integers(min_value=0))
@example({"id": 1, "annotations": "}, {", "data": "}, {"}, 3, 0)
def test_cut_inside_the_last_item_yields_only_items_of_the_file(
    file: Path, last: dict[str, Any], chunk: int, cut: int
) -> None:
    items = [{"id": 0, "annotations": [], "data": {}}, last]
    whole = json.dumps(items).encode()
    file.write_bytes(whole[: len(whole) - 1 - cut % (len(whole) - 45)])
    got: list[Any] = []
    with pytest.raises(InputError):
        read(file, chunk, got)
    assert got == items[: len(got)]


def test_a_flipped_byte_of_gzip_is_refused_or_harmless(file: Path) -> None:
    packed = gzip.compress(WHOLE, mtime=0)
    refused = 0
    for place in range(len(packed)):
        file.write_bytes(packed[:place] + bytes([packed[place] ^ 0xFF]) + packed[place + 1 :])
        try:
            got = read(file, 1 << 20)
        except InputError:
            refused += 1
        else:
            assert got == TRICKY, place
    assert refused > len(packed) - 10  # of the ten bytes of the header some carry nothing


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FIL003"),
        (b"   \n", "FIL003"),
        (b'{"a": 1}', "FIL003"),
        (b"12", "FIL003"),
        (b"null", "FIL003"),
        (b"\x1f", "FIL003"),
        (b"\xff\xfe[\x00]\x00", "FIL003"),
        (b'[{"a": 1}', "FIL004"),
        (b'[{"a": 1},]', "FIL004"),
        (b'[{"a": 1}] [{"a": 1}]', "FIL004"),
        (b'[{"a": 1}] x', "FIL004"),
        (b'[{"a": 1} {"a": 2}]', "FIL004"),
        (b"[{'a': 1}]", "FIL004"),
        (b'[{"a": NaN}]', "FIL004"),
        (b'[{"a": Infinity}]', "FIL004"),
        (b'[{"a": 01}]', "FIL004"),
        (b'[{"a": "\n"}]', "FIL004"),
        (b'[{"a": "\\ud800"}]', "FIL004"),
        (b"[" * 100_000, "FIL004"),
        (b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "FIL004"),
        (b'[{"a": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]", "FIL004"),
        (b"\x1f\x8b", "FIL004"),
        (b"\x1f\x8bno gzip at all", "FIL004"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_is_no_whole_array_is_refused(file: Path, content: bytes, code: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(json_array(file))
    assert caught.value.code == code


def test_deep_nesting_between_good_items_is_refused(file: Path) -> None:
    file.write_bytes(b'[{"a": 1}, {"a": ' + b"[" * 5000 + b"]" * 5000 + b'}, {"a": 2}]')
    with pytest.raises(InputError, match="FIL004"):
        read(file, 64)


def test_a_refusal_names_file_finding_expectation_and_advice(file: Path) -> None:
    file.write_bytes(b'[{"a": 1}, {"a": 2}, {"a"')
    with pytest.raises(InputError) as caught:
        read(file, 8)
    message = str(caught.value)
    assert message.startswith(f"FIL004 {file}: after 2 whole tasks the JSON breaks off")
    assert message.endswith("; expected a whole export; export again")


@pytest.mark.parametrize("reader", ["json_array", "read_export"])
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, ontology: Ontology, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.setattr("strife.stream.CHUNK", 1 << 15)

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        regions = [
            {
                "id": f"r{n}",
                "from_name": "entity",
                "type": "labels",
                "value": {"start": n, "end": n + 2, "labels": ["PER"]},
            }
            for n in range(10)
        ]
        data = {"text": "Rebels fired. " * 50}
        with path.open("w", encoding="utf-8") as out:
            for number in range(count):
                task = {"id": number, "annotations": [{"id": number, "result": regions}], "data": data}
                out.write(("," if number else "[") + json.dumps(task))
            out.write("]")
        tracemalloc.start()
        try:
            found = sum(1 for _ in (json_array(path) if reader == "json_array" else read_export(path, ontology)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert found == count
        return peak

    peak(10)  # what is made once (patterns, decoders) is not held against the first file
    assert peak(1600) < 1.3 * peak(200)


def test_lines_have_their_numbers_and_no_line_ends(file: Path) -> None:
    file.write_bytes(BOM + b'{"a": 1}\r\n\n \t\n  {"b": "\xe2\x80\xa8\x0b\x0c\xc2\x85"}\n{"c": 3}')
    assert list(json_lines(file)) == [
        (1, b'{"a": 1}'),
        (4, b'{"b": "\xe2\x80\xa8\x0b\x0c\xc2\x85"}'),
        (5, b'{"c": 3}'),
    ]


def test_lines_of_gzip(file: Path) -> None:
    file.write_bytes(gzip.compress(b"a\nb\n"))
    assert list(json_lines(file)) == [(1, b"a"), (2, b"b")]


def test_lines_of_truncated_gzip_are_refused(file: Path) -> None:
    packed = gzip.compress(b"\n".join(b"%d" % n**9 for n in range(50)))
    for size in range(2, len(packed)):
        file.write_bytes(packed[:size])
        with pytest.raises(InputError, match="FIL004"):
            list(json_lines(file))


def test_head_is_what_follows_the_blanks(file: Path) -> None:
    file.write_bytes(BOM + b" \r\n\t{" + b"x" * 10_000)
    assert head(file, 9) == b"{xxxx"


@pytest.mark.parametrize("content", [b"", b" \n\t\r", BOM, BOM + b"\n", gzip.compress(b"", mtime=0)])
def test_head_of_an_empty_file_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"FIL001 .*the file is empty"):
        head(file)


def test_what_cannot_be_opened_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "regular").touch()
    for path in (tmp_path / "missing.json", tmp_path, tmp_path / "regular" / "below.json"):
        with pytest.raises(InputError, match=rf"FIL007 {re.escape(str(path))}: .*; expected a readable file; check"):
            open_bytes(path)
