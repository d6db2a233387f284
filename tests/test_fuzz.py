"""Broken, odd and huge files: validation gives a report or an InputError, and nothing else."""

import gzip
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strife.check import check_paths
from strife.finding import Report
from strife.labelstudio.tasks import results, task
from strife.mend import mended_file
from strife.model import Argument, Document, Entity, Event, Trigger, encode
from strife.ontology import Ontology, load_ontology
from strife.report import as_github, as_json, as_json_lines, as_sarif, as_text
from strife.store import write_documents
from strife.stream import InputError
from strife.validate import RULES, check_document
from strife.validate.figures import count_range
from strife.validation import Options, run
from tests.conftest import ROOT

Json = dict[str, Any]

MUTANTS = 10_000
MARK = "@raw@"
RAW = (  # what stands in a file in the place of a value
    *("null", "true", "0", "-1", "7", "0.5", "1e3", "NaN", "Infinity", "1e400", "-1e400", "9" * 30, "9" * 5000),
    *(
        '""',
        '"x"',
        r'"\ud800"',
        r'"\udcff\ud83d"',
        r'"\u0000\u001b[2J"',
        '"\\r\\n"',
        '"é\U0001f600"',
        '"' + "y" * 400 + '"',
    ),
    *("[]", "{}", "[[]]", "[[[1]],{}]", "[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000, '["PER", 3, null]'),
)
RAW_BYTES = (b"\xff", b"\x00", b"\xed\xa0\x80", b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\n", b"9")


def export_of(document: Document, ontology: Ontology) -> list[Json]:
    """An export of two tasks with all that the server writes: annotations, a draft, predictions as ids and objects."""
    drawn = results(document, ontology)
    drawn[-1]["direction"] = "left"
    person = {"id": 2, "email": "a@example.org"}
    one = {
        **task(document),
        "id": 1,
        "project": 3,
        "annotations": [
            {"id": 1, "completed_by": 1, "result": drawn, "was_cancelled": False, "ground_truth": False},
            {"id": 2, "completed_by": person, "result": drawn[:3], "was_cancelled": True, "lead_time": 3.5},
        ],
        "drafts": [{"id": 4, "user": "b@example.org", "result": drawn[:2]}],
        "predictions": [9, {"id": 10, "model_version": "m", "score": 0.5, "result": drawn[2:4]}],
    }
    return [one, {**one, "id": 2, "annotations": []}]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value stands: each path of keys and indexes but the empty one."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


def in_values(content: bytes, where: list[tuple[Any, ...]], rng: random.Random) -> bytes:
    """JSON with one to three of its values replaced, dropped or said twice."""
    table = json.loads(content)
    raw = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        *path, last = rng.choice(where)
        home = table
        try:
            for key in path:
                home = home[key]
            home[last]
        except (KeyError, IndexError, TypeError):
            continue  # it went with an earlier change
        if not isinstance(home, dict | list):
            continue
        chance = rng.random()
        if chance < 0.6:
            home[last] = MARK
            raw.append(rng.choice(RAW))
        elif chance < 0.8:
            del home[last]
        elif isinstance(home, dict):
            home[f"{MARK}{last}"] = rng.choice((home[last], None, 3, "x", []))  # the mark is cut off below
        else:
            home.insert(last, home[last])
    text = json.dumps(table, ensure_ascii=rng.random() < 0.5)
    for piece in raw:
        text = text.replace(f'"{MARK}"', piece, 1)
    return text.replace(MARK, "").encode("utf-8", "surrogatepass")


def in_bytes(content: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four of them changed, or a piece cut out or doubled."""
    mutant = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(mutant))
        other = min(len(mutant), at + rng.choice((1, 2, 10, 200)))
        match rng.randrange(5):
            case 0:
                mutant[at] ^= 1 << rng.randrange(8)
            case 1:
                mutant[at : at + rng.randrange(2)] = rng.choice(RAW_BYTES)
            case 2 if len(mutant) > 400:
                del mutant[at:other]
            case 3:
                mutant[at:at] = mutant[at:other]
            case _:
                del mutant[max(at, 200) :]
    return bytes(mutant)


def rendered(report: Report) -> list[bytes]:
    """The report in every format, as it would be written to a terminal or a file."""
    texts = (
        as_text(report, colour=True, server="http://x"),
        as_json(report, "http://x"),
        as_json_lines(report),
        as_sarif(report, RULES),
        as_github(report),
    )
    return [text.encode("utf-8") for text in texts]


def outcome(path: Path, content: bytes, ontology: Ontology) -> str:
    """What comes of a file: "report" or "refused" of checking, the same of mending. All else is raised."""
    path.write_bytes(content)
    try:
        rendered(check_paths([path], ontology).report)
        checked = "report"
    except InputError:
        checked = "refused"
    try:
        mended_file(path, ontology)
        mended = "mended"
    except InputError:
        mended = "refused"
    return f"{checked}, {mended}"


def survives(path: Path, mutants: Iterator[bytes], ontology: Ontology) -> dict[str, int]:
    seen: dict[str, int] = {}
    for number, content in enumerate(mutants):
        try:
            result = outcome(path, content, ontology)
        except Exception as error:
            error.add_note(f"mutant {number}: {content[:3000]!r}")
            raise
        seen[result] = seen.get(result, 0) + 1
    return seen


def mutants(content: bytes, number: int, seed: int) -> Iterator[bytes]:
    """Mutants of JSON, in turn by its values and by its bytes."""
    where = list(places(json.loads(content)))
    rng = random.Random(seed)
    for count in range(number):
        yield in_bytes(content, rng) if count % 2 else in_values(content, where, rng)


@pytest.fixture
def sym() -> Ontology:
    return load_ontology(ROOT / "tests" / "data" / "sym.toml")


def test_mutants_of_an_export_are_reported_or_refused(tmp_path: Path, ontology: Ontology, raid: Document) -> None:
    content = json.dumps(export_of(raid, ontology)).encode()
    path = tmp_path / "export.json"
    assert outcome(path, content, ontology) == "report, mended"
    seen = survives(path, mutants(content, MUTANTS // 2, 1), ontology)
    # Both come often: mutants that are all refused, or all read, would test one thing only.
    assert seen.pop("report, mended") > MUTANTS // 20
    assert seen.pop("refused, refused") > MUTANTS // 20
    assert seen == {}


def test_mutants_of_a_document_are_reported_or_refused(tmp_path: Path, ontology: Ontology, raid: Document) -> None:
    path = tmp_path / "documents.jsonl"
    assert outcome(path, encode(raid), ontology) == "report, mended"
    seen = survives(path, mutants(encode(raid), MUTANTS // 2, 2), ontology)
    assert seen.pop("report, mended") > MUTANTS // 20
    assert seen.pop("refused, refused") > MUTANTS // 20
    assert seen == {}


def test_mutants_of_a_real_export_are_reported_or_refused(shared: Path, tmp_path: Path, sym: Ontology) -> None:
    content = (shared / "label-studio" / "exports" / "easy_sym.JSON.json").read_bytes()
    seen = survives(tmp_path / "export.json", mutants(content, 500, 3), sym)
    assert seen.pop("report, mended") > 50
    assert seen.pop("refused, refused") > 50
    assert seen == {}


# ---------------------------------------------------------------- odd and huge


def spread(pieces: int, ontology: Ontology, doc_id: str = "d") -> Document:
    """A long document: five words and four spans a sentence, each second event with a filler in another sentence."""
    sentence = "Rebels killed two villagers in Talmar. "
    entities, events = [], []
    for n in range(pieces):
        at = n * len(sentence)
        entities += [Entity(f"a{n}", at, at + 6, "PER"), Entity(f"v{n}", at + 18, at + 27, "PER")]
        entities.append(Entity(f"p{n}", at + 31, at + 37, "GPE"))
        filled = (Argument("agent", f"a{n}"), Argument("victim", f"v{n}"), Argument("place", f"p{n - n % 2}"))
        events.append(Event(f"e{n}", "DEATH", Trigger(at + 7, at + 13), filled))
    return Document(doc_id, sentence * pieces, tuple(entities), tuple(events))


def least_time(document: Document, ontology: Ontology) -> float:
    times = []
    for _ in range(3):
        begin = time.process_time()
        sum(1 for _ in check_document(document, ontology))
        times.append(time.process_time() - begin)
    return min(times)


def test_time_grows_hardly_faster_than_the_number_of_spans(ontology: Ontology) -> None:
    small, double, large = (least_time(spread(n // 4, ontology), ontology) for n in (2_500, 5_000, 10_000))
    assert double <= 4 * small
    assert large <= 12 * small  # n squared would be 16 times


def test_nested_marks_on_one_place_take_no_time_beyond_their_findings(ontology: Ontology) -> None:
    text = "x " * 300
    nested = Document("d", text, tuple(Entity(f"m{n}", n, 599 - n - n % 2, "PER") for n in range(0, 300, 2)))
    begin = time.process_time()
    found = sum(finding.code in ("SPN206", "SPN208") for finding in check_document(nested, ontology))
    assert found == 150 * 149 / 2
    assert time.process_time() - begin < 5


def test_a_task_of_ten_megabytes_is_checked_whole(tmp_path: Path, ontology: Ontology) -> None:
    text = "Rebels fled. " * 800_000 + "Rebels "
    value = {"start": len(text) - 7, "end": len(text), "text": "Rebels ", "labels": ["PER"]}
    region = {"id": "m", "from_name": "entity", "to_name": "text", "type": "labels", "value": value}
    huge = {"id": 1, "data": {"doc_id": "d", "text": text}, "annotations": [{"id": 1, "result": [region]}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([huge, {**huge, "id": 2, "data": {"doc_id": "e", "text": "x"}}]), encoding="utf-8")
    assert path.stat().st_size > 10_000_000
    begin = time.process_time()
    report = run([path], ontology).report
    assert time.process_time() - begin < 10
    assert {finding.doc_id for finding in report.findings if finding.code == "SPN203"} == {"d"}
    assert {finding.doc_id for finding in report.findings if finding.code == "SPN201"} == {"e"}


def test_findings_about_a_text_of_one_word_stay_short(ontology: Ontology) -> None:
    spans = [Entity(f"m{n}", n, 1_000_000 - n, "GPE") for n in range(1, 501)]
    text = "x" * 500_000 + " " + "x" * 500_000
    document = Document("d", text, (*spans, Entity("e", 0, 500_001, "GPE"), Entity("c", 400_000, 999_999, "TIME")))
    begin = time.process_time()
    findings = list(check_document(document, ontology))
    assert time.process_time() - begin < 20
    assert {"SPN203", "SPN205", "SPN206", "SPN208"} <= {finding.code for finding in findings}
    assert max(len(str(finding)) for finding in findings) < 400


def blank_edged(number: int, doc_id: str, project: int, region: str = "m") -> Json:
    value = {"start": 0, "end": 7, "text": "Rebels ", "labels": ["PER"]}
    result = {"id": region, "from_name": "entity", "to_name": "text", "type": "labels", "value": value}
    data = {"doc_id": doc_id, "text": f"Rebels fled {doc_id}."}
    annotation = {"id": number, "completed_by": 1, "result": [result]}
    return {"id": number, "project": project, "data": data, "annotations": [annotation]}


def codes_by_task(path: Path, ontology: Ontology) -> list[tuple[str, str, int | None, int | None]]:
    report = run([path], ontology, Options(select=("SPN", "DOC", "LSE"))).report
    origins = [(f.code, f.doc_id, f.origin.project, f.origin.task) for f in report.findings if f.origin]
    assert len(origins) == len(report.findings)
    return origins


def test_region_ids_repeat_across_tasks_without_harm(tmp_path: Path, ontology: Ontology) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([blank_edged(1, "d", 3), blank_edged(2, "e", 3)]), encoding="utf-8")
    assert codes_by_task(path, ontology) == [("SPN203", "d", 3, 1), ("SPN203", "e", 3, 2)]


def test_two_projects_in_one_folder_keep_their_tasks_apart(tmp_path: Path, ontology: Ontology) -> None:
    (tmp_path / "a.json").write_text(json.dumps([blank_edged(1, "d", 3)]), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps([blank_edged(1, "e", 4)]), encoding="utf-8")
    assert codes_by_task(tmp_path, ontology) == [("SPN203", "d", 3, 1), ("SPN203", "e", 4, 1)]


def test_a_folder_holds_packed_exports_and_documents_at_any_depth(tmp_path: Path, ontology: Ontology) -> None:
    packed = gzip.compress(json.dumps([blank_edged(1, "d", 3)]).encode())
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.json.gz").write_bytes(packed)
    write_documents(tmp_path / "b.jsonl", [Document("e", "Rebels fled.", (Entity("m", 0, 7, "PER"),))])
    (tmp_path / "notes.txt").write_text("no export", encoding="utf-8")
    report = run([tmp_path], ontology, Options(select=("SPN",))).report
    assert [(f.code, f.doc_id) for f in report.findings] == [("SPN203", "e"), ("SPN203", "d")]


def test_gzip_that_breaks_off_is_refused(tmp_path: Path, ontology: Ontology) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(json.dumps([blank_edged(n, f"d{n}", 3) for n in range(99)]).encode())[:-20])
    with pytest.raises(InputError, match=r"^FIL004 "):
        run([path], ontology)


def test_an_arrow_between_spans_at_impossible_places_is_no_crash(ontology: Ontology) -> None:
    filled = (Argument("agent", "m"),)
    document = Document(
        "d", "He fled.\nNow.", (Entity("m", 10**30, 10**31, "PER"),), (Event("e", "DEATH", Trigger(3, 7), filled),)
    )
    assert "SPN201" in {finding.code for finding in check_document(document, ontology)}


def test_a_figure_of_thousands_of_digits_is_no_number() -> None:
    assert count_range("1" + ",000" * 3000) is None
    assert count_range("1,000,000") == (1_000_000, 1_000_000)
