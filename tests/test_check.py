"""Validation of files and folders: what is read, what is checked, what is refused."""

import contextlib
import gc
import gzip
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strife.check import check_paths, files, is_export, read_split_lists
from strife.finding import Origin
from strife.model import Document, Entity
from strife.ontology import Ontology, load_ontology
from strife.report import as_json
from strife.store import write_documents
from strife.stream import InputError
from tests.conftest import ROOT

Json = dict[str, Any]

# Rules that a few words without meaning can keep: what other rules say of them is tested elsewhere.
FORM = frozenset(["DOC101", "DOC102", "DOC103", "DOC104", "LSE101", "LSE102", "SPN201", "SPN202", "SPN203", "ONT301"])


@pytest.fixture(scope="module")
def sym() -> Ontology:
    return load_ontology(ROOT / "tests" / "data" / "sym.toml")


def mention(start: int, end: int, label: str = "PERSON") -> Json:
    value = {"start": start, "end": end, "labels": [label]}
    return {"id": "m", "from_name": "entity", "to_name": "text", "type": "labels", "value": value}


def task(*annotations: Json, number: int = 1, doc_id: str = "d", text: str = "Rebels fled.", **more: Any) -> Json:
    return {"id": number, "data": {"doc_id": doc_id, "text": text}, "annotations": list(annotations), **more}


def annotation(*results: Json, **more: Any) -> Json:
    return {"id": 1, "completed_by": 1, "result": list(results), **more}


def export(path: Path, *tasks: Json) -> Path:
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


GOOD = annotation(mention(0, 6))
BAD = annotation(mention(0, 7))  # a blank at its edge


# ---------------------------------------------------------------- real exports


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("easy_sym.JSON.json", {"submitted": 12, "skipped": 2, "draft": 2}),
        ("easy_sym.JSON.all_tasks.json", {"submitted": 12, "skipped": 2, "draft": 2, "unannotated": 2}),
        ("snapshot_sym.default.json", {"submitted": 12, "skipped": 2, "unannotated": 2}),
        ("snapshot_sym.full.json", {"submitted": 12, "skipped": 2, "draft": 2, "prediction": 6}),
    ],
)
def test_findings_of_real_exports(shared: Path, sym: Ontology, name: str, states: dict[str, int]) -> None:
    checked = check_paths([shared / "label-studio" / "exports" / name], sym)
    assert checked.states == states
    assert checked.report.documents == 12
    codes: dict[tuple[int | None, str], list[str]] = {}
    for finding in checked.report.findings:
        number = finding.origin.annotation if finding.origin else None
        codes.setdefault((number, finding.severity), []).append(finding.code)
    assert {number: sorted(found) for (number, severity), found in codes.items() if severity == "error"} == {
        9: ["SPN203"],
        11: ["ARG506", "ARG506"],
        13: ["ARG506", "ARG506"],
        17: ["ARG505", "LSE101", "ONT301", "ONT303", "SPN201", "SPN201"],
    }
    assert "SPN205" in codes[1, "warning"]  # "hers" in Kherson
    assert not {(9, "warning"), (17, "warning")} & set(codes)


def test_a_folder_of_real_exports_names_the_lossy_one(shared: Path, sym: Ontology) -> None:
    with pytest.raises(InputError, match=r"^FIL005 .*easy_sym\.JSON_MIN\.json: a JSON_MIN export, which loses"):
        check_paths([shared / "label-studio" / "exports"], sym)


# ---------------------------------------------------------------- what is checked


def test_only_submitted_annotations_are_checked(tmp_path: Path, sym: Ontology) -> None:
    path = export(
        tmp_path / "export.json",
        task(
            GOOD,
            annotation(mention(0, 7), id=2, was_cancelled=True),
            drafts=[annotation(mention(0, 7), id=3), 9],
            predictions=[annotation(mention(0, 7), id=4), 9],
        ),
        task(number=2, doc_id="e"),
        task(annotation(id=5), number=3, doc_id="f"),
    )
    checked = check_paths([path], sym, FORM)
    assert checked.states == {"submitted": 2, "skipped": 1, "draft": 1, "prediction": 1, "unannotated": 1}
    assert checked.report.findings == ()
    assert checked.report.documents == 2


def test_findings_of_every_submitted_annotation_say_where(tmp_path: Path, sym: Ontology) -> None:
    path = export(tmp_path / "export.json", task(BAD, annotation(mention(0, 6, "PRESON"), id=2, completed_by=2)))
    report = check_paths([path], sym, FORM).report
    assert [(finding.code, finding.origin) for finding in report.findings] == [
        ("SPN203", Origin(str(path), task=1, annotation=1, annotator="1")),
        ("ONT301", Origin(str(path), task=1, annotation=2, annotator="2")),
    ]
    assert report.findings[1].do == "did you mean PERSON?"
    assert report.errors == 2


def test_only_chosen_rules_are_reported(tmp_path: Path, sym: Ontology) -> None:
    ghost = mention(0, 6) | {"from_name": "nosuch", "id": "g"}
    path = export(tmp_path / "export.json", task(annotation(mention(0, 7, "NOPE"), ghost)))
    for codes in ({"SPN203"}, {"ONT301"}, {"LSE101"}, {"SPN203", "LSE101"}, set()):
        report = check_paths([path], sym, frozenset(codes)).report
        assert {finding.code for finding in report.findings} == codes


def test_a_stored_text_that_differs_is_a_warning_only(tmp_path: Path, sym: Ontology) -> None:
    one = mention(0, 6)
    one["value"]["text"] = "Soldiers"
    report = check_paths([export(tmp_path / "export.json", task(annotation(one)))], sym, FORM).report
    assert [(finding.code, finding.quote) for finding in report.findings] == [("SPN202", "Rebels")]
    assert (report.errors, report.warnings) == (0, 1)


def test_a_broken_task_is_an_error_and_the_others_are_checked(tmp_path: Path, sym: Ontology) -> None:
    broken = {"id": 2, "data": {"body": "no text"}, "annotations": [GOOD]}
    checked = check_paths([export(tmp_path / "export.json", task(GOOD), broken, task(BAD, number=3))], sym, FORM)
    assert [finding.code for finding in checked.report.findings] == ["DOC101", "SPN203"]
    assert checked.states == {"submitted": 2, "unreadable": 1}


def test_one_name_with_two_texts_is_an_error_once(tmp_path: Path, sym: Ontology) -> None:
    tasks = (task(GOOD), task(GOOD, number=2), task(GOOD, number=3, text="Rebels stayed."))
    report = check_paths([export(tmp_path / "export.json", *tasks)], sym, FORM).report
    assert [(finding.code, finding.origin and finding.origin.task) for finding in report.findings] == [("DOC104", 3)]


def test_two_files_may_not_give_two_texts_to_one_name(tmp_path: Path, sym: Ontology) -> None:
    first = export(tmp_path / "first.json", task(GOOD))
    second = export(tmp_path / "second.json", task(annotation(mention(0, 6), completed_by=2), text="Rebels stayed."))
    report = check_paths([first, second], sym, FORM).report
    assert [(finding.code, finding.origin and finding.origin.file) for finding in report.findings] == [
        ("DOC104", str(second))
    ]


def test_one_text_in_two_tasks_is_two_annotations(tmp_path: Path, sym: Ontology) -> None:
    checked = check_paths([export(tmp_path / "export.json", task(GOOD), task(GOOD, number=2))], sym)
    assert checked.report.findings == ()
    assert checked.states == {"submitted": 2}


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (annotation(mention(0, 6), id=2), [("LSE104", 2)]),
        (annotation(mention(0, 6), id=2, completed_by={"id": 1, "email": "anna@example.com"}), [("LSE104", 2)]),
        (annotation(mention(0, 6), id=2, completed_by=2), []),
        (annotation(mention(0, 6), id=2, was_cancelled=True), []),
    ],
)
def test_a_person_submits_a_task_once(
    tmp_path: Path, sym: Ontology, second: Json, found: list[tuple[str, int]]
) -> None:
    report = check_paths([export(tmp_path / "export.json", task(GOOD, second))], sym).report
    assert [(finding.code, finding.origin and finding.origin.annotation) for finding in report.findings] == found


def test_nobody_knows_whether_annotations_without_a_person_are_by_one(tmp_path: Path, sym: Ontology) -> None:
    nobody = [annotation(mention(0, 6), id=number, completed_by=None) for number in (1, 2)]
    assert check_paths([export(tmp_path / "export.json", task(*nobody))], sym).report.findings == ()


def test_documents_are_checked(tmp_path: Path, ontology: Ontology, raid: Document) -> None:
    path = tmp_path / "documents.jsonl"
    wrong = msgspec.structs.replace(raid, doc_id="wrong", entities=(*raid.entities, Entity("m9", 60, 99, "PER")))
    write_documents(path, [raid, wrong, Document("void", "Nothing here.")])
    checked = check_paths([path], ontology, FORM)
    assert [(finding.code, finding.doc_id, finding.origin) for finding in checked.report.findings] == [
        ("DOC103", "void", Origin(str(path), 2)),
        ("SPN201", "wrong", Origin(str(path), 3)),
    ]
    assert checked.states == {"document": 3}
    assert checked.report.documents == 3


def test_a_finding_names_the_line_of_the_file(tmp_path: Path, ontology: Ontology) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_bytes(b'\n\n{"doc_id":"a","text":"x"}\n')
    (finding,) = check_paths([path], ontology, FORM).report.findings
    assert finding.origin == Origin(str(path), line=3)


def test_a_document_that_comes_twice_is_an_error(tmp_path: Path, ontology: Ontology, raid: Document) -> None:
    path = tmp_path / "documents.jsonl"
    write_documents(path, [raid, raid, raid])
    report = check_paths([path], ontology, FORM).report
    assert [(finding.code, finding.found) for finding in report.findings] == [("DOC102", "raid comes twice")] * 2


def test_the_same_file_twice_is_checked_twice(tmp_path: Path, ontology: Ontology, raid: Document) -> None:
    path = tmp_path / "documents.jsonl"
    write_documents(path, [raid])
    checked = check_paths([path, path], ontology, FORM)
    assert checked.states == {"document": 2}
    assert checked.report.findings == ()


@pytest.mark.parametrize("content", [b'[{"id": 1, "data": {"text": "a"}, "annotations": []}]', b"no JSON"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(tmp_path: Path, sym: Ontology, content: bytes, enabled: bool) -> None:
    (tmp_path / "file.json").write_bytes(content)
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with contextlib.suppress(InputError):
            check_paths([tmp_path], sym)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_exports_and_documents_may_be_mixed(tmp_path: Path, sym: Ontology) -> None:
    export(tmp_path / "export.json", task(BAD))
    write_documents(tmp_path / "documents.jsonl", [Document("d", "Rebels fled.", (Entity("m", 0, 6, "PERSON"),))])
    checked = check_paths([tmp_path], sym)
    assert checked.states == Counter(submitted=1, document=1)
    assert [finding.code for finding in checked.report.findings] == ["SPN203"]


def test_no_paths_are_no_findings(sym: Ontology) -> None:
    checked = check_paths([], sym)
    assert (checked.report.findings, checked.report.documents, checked.states) == ((), 0, {})


def test_huge_numbers_are_findings_and_fit_a_report(tmp_path: Path, sym: Ontology) -> None:
    path = export(
        tmp_path / "export.json", task(annotation(mention(0, 10**30)), annotation(mention(-(10**30), 6), id=2))
    )
    report = check_paths([path], sym, FORM).report
    assert [(f["code"], f["start"], f["end"]) for f in json.loads(as_json(report))["findings"]] == [
        ("SPN201", 0, 10**30),
        ("SPN201", -(10**30), 6),
    ]


# ---------------------------------------------------------------- several processes


def several_processes(patch: pytest.MonkeyPatch) -> None:
    """Every export is large, and a run of tasks short."""
    patch.setattr("strife.check.LARGE", 0)
    patch.setattr("strife.stream.CHUNK", 300)
    patch.setattr("os.cpu_count", lambda: 2)


def test_several_processes_find_what_one_finds(tmp_path: Path, sym: Ontology, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [task(BAD if n % 3 else GOOD, number=n, doc_id=f"d{n % 20}") for n in range(40)]
    tasks[25] = {"id": 25, "data": {}, "annotations": []}
    path = export(tmp_path / "export.json", *tasks)
    alone = check_paths([path], sym, FORM, doc_ids=frozenset(["d3", "d99"]))
    several_processes(monkeypatch)
    assert check_paths([path], sym, FORM, doc_ids=frozenset(["d3", "d99"])) == alone
    assert {f.code for f in alone.report.findings} >= {"SPN203", "DOC101"}
    assert [f.doc_id for f in alone.report.findings if f.code == "DOC101"] == ["task-number-26"]
    assert alone.doc_ids == {"d3"}


def test_a_broken_end_is_refused_by_several_processes_too(
    tmp_path: Path, sym: Ontology, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "export.json", *[task(GOOD, number=n) for n in range(40)])
    path.write_bytes(path.read_bytes()[:-30])
    several_processes(monkeypatch)
    with pytest.raises(InputError, match=r"^FIL004 .*after 39 whole tasks"):
        check_paths([path], sym)


# ---------------------------------------------------------------- which files


def test_files_of_a_folder_are_those_with_known_endings_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "folder.json").mkdir()
    known = ["a.json", "a.jsonl", "b/c.json.gz", "b/d.jsonl.gz", "z.json"]
    for name in [*known, "a.csv", "b/notes.txt", "json", "c.json.bak", "folder.json/readme.md"]:
        (tmp_path / name).touch()
    assert list(files([tmp_path])) == [tmp_path / name for name in known]


def test_a_file_that_is_named_is_taken_whatever_its_ending(tmp_path: Path, sym: Ontology) -> None:
    path = export(tmp_path / "export 🚀.txt", task(BAD))
    assert list(files([path, tmp_path / "missing"])) == [path, tmp_path / "missing"]
    assert check_paths([path], sym).report.errors == 1


def test_hidden_files_and_settings_of_a_folder_are_passed_over(tmp_path: Path, sym: Ontology) -> None:
    for name, content in (
        (".venv/package.json", "no export"),
        (".hidden.json", "no export"),
        ("MANIFEST.json", '{\n "counts": {}\n}'),
        ("a.json", "[]"),
        ("b.json", '{"doc_id": "d", "text": ""}\n'),
        ("c.json", ""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert [path.name for path in files([tmp_path])] == ["a.json", "b.json", "c.json"]
    assert [path.name for path in files([tmp_path / ".venv"])] == ["package.json"]  # named, so not hidden
    with pytest.raises(InputError, match=r"FIL002 .*MANIFEST.json"):
        check_paths([tmp_path / "MANIFEST.json"], sym)


@pytest.mark.parametrize("content", ["notes.txt", ""])
def test_a_folder_without_files_is_refused(tmp_path: Path, sym: Ontology, content: str) -> None:
    if content:
        (tmp_path / content).touch()
    with pytest.raises(InputError, match=r"^FIL001 .*: no file here; expected files that end in \.json, .*; check the"):
        check_paths([tmp_path], sym)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[]", True),
        (b" \r\n[{}]", True),
        (b"\xef\xbb\xbf[", True),
        (gzip.compress(b"[", mtime=0), True),
        (b'{"doc_id":"a"}', False),
        (b"\xef\xbb\xbf\n{", False),
        (gzip.compress(b"{", mtime=0), False),
        (b"-DOCSTART-", True),
        (b"\x00", True),
    ],
)
def test_exports_and_documents_are_told_apart_by_what_they_hold(tmp_path: Path, content: bytes, expected: bool) -> None:
    (tmp_path / "file").write_bytes(content)
    assert is_export(tmp_path / "file") is expected


@pytest.mark.parametrize("name", ["export.json.gz", "export.json"])
def test_packed_exports_and_documents(tmp_path: Path, sym: Ontology, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(json.dumps([task(BAD)]).encode()))
    line = b'{"doc_id":"a","text":"Rebels","entities":[{"id":"m","start":0,"end":6,"label":"PERSON"}]}'
    (tmp_path / "documents.jsonl.gz").write_bytes(gzip.compress(line))
    checked = check_paths([tmp_path], sym)
    assert checked.states == {"submitted": 1, "document": 1}
    assert checked.report.errors == 1


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"^FIL001 .*: the file is empty"),
        (b"\n", r"^FIL001 .*: the file is empty"),
        (b"Rebels fled.", r"^FIL002 .*: no JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", r"^FIL002 .*: no JSON"),
        (b"PK\x03\x04", r"^FIL002 .*: no JSON"),
        (b"\xff\xfe[\x00", r"^FIL002 .*: no JSON"),
        (b"\x1f\x8b\x08broken", r"^FIL004 "),
        (b"NaN", r"^FIL002 .*: no JSON"),
        (b"12", r"^FIL002 .*: no JSON"),
        (b'"text"', r"^FIL002 .*: no JSON"),
        (b"[1]", r"^FIL003 .*: the first item is no task"),
        (b'[{"a": 1}]', r"^FIL003 .*: items with a; expected tasks"),
        (b'[{"data": {"text": "a"}, "annotations": []}', r"^FIL004 .*breaks off"),
        (b'[{"data": {"text": "\\udc00"}, "annotations": []}]', r"^FIL004 "),
        (b"[" * 100_000, r"^FIL004 "),
        (b"{}", r"^DOC101 .*: line 1: .*missing required field `doc_id`"),
        (b'{"id": 1, "title": "a project"}', r"^DOC101 .*: line 1: .*missing required field `doc_id`"),
        (b'{"doc_id": "a", "text": "x"', r"^FIL002 .*: line 1: "),
        (b'{"a":' * 100_000, r"^FIL002 .*: line 1: "),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("whole_folder", [False, True], ids=["file", "folder"])
def test_what_cannot_be_used_is_refused(
    tmp_path: Path, sym: Ontology, content: bytes, message: str, whole_folder: bool
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        check_paths([tmp_path if whole_folder else path], sym)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path, sym: Ontology) -> None:
    with pytest.raises(InputError, match=r"^FIL007 .*missing\.json: No such file"):
        check_paths([tmp_path / "missing.json"], sym)


# ---------------------------------------------------------------- lists of splits


def test_split_lists_name_the_split_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("# training\na\n  b  # odd\r\n\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("é 🚀", encoding="utf-8")
    (tmp_path / "notes.md").write_text("c", encoding="utf-8")
    assert read_split_lists(tmp_path) == {"a": "train", "b": "train", "é 🚀": "test"}


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe"])
def test_split_lists_without_names_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train.txt").write_bytes(content)
    with pytest.raises(InputError):
        read_split_lists(tmp_path)


def test_a_missing_folder_of_split_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^FIL001 .*missing: no list of doc_ids"):
        read_split_lists(tmp_path / "missing")


def test_the_whole_repository_is_checked_in_under_three_milliseconds_a_document() -> None:
    # Processor time, start-up included, because a busy machine takes longer by the clock.
    command = [sys.executable, "-m", "strife.cli", "validate", "annotation", "corpus/gold.jsonl"]
    before = os.times()
    done = subprocess.run([*command, "--splits", "corpus/splits"], cwd=ROOT, capture_output=True, text=True)
    after = os.times()
    assert done.returncode == 0, done.stdout
    took = after.children_user - before.children_user + after.children_system - before.children_system
    (documents,) = re.findall(r"^(\d+) documents:", done.stdout, flags=re.MULTILINE)
    assert int(documents) > 500
    assert 0 < took < 0.0028 * int(documents)  # a second for the 357 of corpus 0.3.0
