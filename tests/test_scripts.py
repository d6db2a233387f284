"""The maintainers' scripts: annotation notes to documents, and the benchmark run."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from strife.articles import read_article
from strife.baselines import NAMES
from strife.check import check_paths
from strife.labelstudio.export import read_export
from strife.leaderboard.check import board_of, check
from strife.leaderboard.submission import read_submission
from strife.model import Argument, Document, Relation, Zone
from strife.ontology import Ontology
from strife.store import read_documents
from tests.conftest import ROOT, SCRIPTS, script

TEXT = "Rebels took Talmar.\n\nOn Friday \U0001f600 rebels near Talmar, Talmar said, killed two.\n\nTalmar (file)."


@pytest.fixture(scope="module")
def notes() -> ModuleType:
    return script("annotation_notes")


@pytest.fixture
def article() -> Document:
    zones = (Zone(0, 19, "headline"), Zone(21, 77, "body"), Zone(79, 93, "caption"))
    return Document("d", TEXT, zones=zones, published="2020-02-01")


def surfaces(document: Document) -> dict[str, tuple[str, int, str]]:
    return {item.id: (item.label, item.span[0], document.surface(item)) for item in document.items}


def test_notes_become_a_document(notes: ModuleType, article: Document, ontology: Ontology) -> None:
    text = """
    # what happened
    S 2
    m1 TIME "Friday" timex=2020-01-31
    m2 PER "rebels"
    m3 NUM "two"
    e1 DEATH "killed" incident=1 people_min=2 realis=other
    e1 agent m2
    e1 count m3

    S 1
    m4 GPE "Talmar"
    m2 member_of m4
    """
    document, faults = notes.read_notes(article, text, ontology)
    assert faults == []
    assert surfaces(document) == {
        "m1": ("TIME", 24, "Friday"),
        "m2": ("PER", 33, "rebels"),
        "m3": ("NUM", TEXT.index("two"), "two"),
        "m4": ("GPE", 12, "Talmar"),
        "e1": ("DEATH", TEXT.index("killed"), "killed"),
    }
    assert document.events[0].arguments == (Argument("agent", "m2"), Argument("count", "m3"))
    assert document.events[0].attributes == {"incident": 1, "people_min": 2, "realis": "other"}
    assert document.entities[0].attributes == {"timex": "2020-01-31"}
    assert document.relations == (Relation("m2", "m4", "member_of"),)
    assert (document.doc_id, document.text, document.zones) == (article.doc_id, article.text, article.zones)


@pytest.mark.parametrize(("occurrence", "nth"), [("", 0), (" 1", 0), (" 2", 1)])
def test_occurrence_is_counted_in_the_sentence(
    occurrence: str, nth: int, notes: ModuleType, article: Document, ontology: Ontology
) -> None:
    document, faults = notes.read_notes(article, f'S 2\nm1 GPE "Talmar"{occurrence}', ontology)
    first = TEXT.index("Talmar", 20)
    assert faults == []
    assert document.entities[0].start == (first, TEXT.index("Talmar", first + 1))[nth]


def test_argument_may_be_an_event_and_may_come_before_it(
    notes: ModuleType, article: Document, ontology: Ontology
) -> None:
    text = 'S 2\ne1 STATEMENT "said"\ne1 content e2\ne2 DEATH "killed" incident=1'
    document, faults = notes.read_notes(article, text, ontology)
    assert faults == []
    assert document.events[0].arguments == (Argument("content", None, "e2"),)


def test_default_is_left_out(notes: ModuleType, article: Document, ontology: Ontology) -> None:
    document, faults = notes.read_notes(article, 'S 2\ne1 DEATH "killed" incident=0 realis=actual', ontology)
    assert faults == []
    assert document.events[0].attributes == {"incident": 0}


def test_quote_is_no_pattern(notes: ModuleType, article: Document, ontology: Ontology) -> None:
    document, faults = notes.read_notes(article, 'S 3\nm1 GPE "Talmar (file)"\nm2 GPE "T.lmar"', ontology)
    assert surfaces(document) == {"m1": ("GPE", 79, "Talmar (file)")}
    assert faults == ["line 3: 'T.lmar' occurs 0 times in the sentence, wanted number 1"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('S 1\nm1 GPE "Kabul"', "line 2: 'Kabul' occurs 0 times in the sentence, wanted number 1"),
        ('S 2\nm1 GPE "Talmar" 3', "line 2: 'Talmar' occurs 2 times in the sentence, wanted number 3"),
        ('S 2\nm1 GPE "Talmar" 0', "line 2: 'Talmar' occurs 2 times in the sentence, wanted number 0"),
        ('m1 GPE "Talmar"', "line 1: 'Talmar' occurs 0 times in the sentence, wanted number 1"),
        ("S 4", "line 1: there is no sentence 4 (1 to 3)"),
        ("S 0", "line 1: there is no sentence 0 (1 to 3)"),
        ('S 1\nm1 TOWN "Talmar"', "line 2: unknown type TOWN"),
        ('S 2\ne1 DEATH "killed" colour=red', "line 2: colour=red: unknown attribute or value"),
        ('S 2\ne1 DEATH "killed" realis=maybe', "line 2: realis=maybe: unknown attribute or value"),
        ('S 2\ne1 DEATH "killed" incident=one', "line 2: incident=one: not a number"),
        ('S 1\nm1 GPE "Talmar"\nm1 ARM "Rebels"', "line 3: the id m1 is used twice"),
        ('S 1\nm1 GPE "Talmar"\nm1 ATTACK "took"', "line 3: the id m1 is used twice"),
        ('S 1\ne1 ATTACK "took"\ne1 agent m9', "line 3: no item has the id m9"),
        ("m8 member_of m9", "line 1: no item has the id m8"),
        ("m1: Talmar is a town", "line 1: not understood: m1: Talmar is a town"),
        ('S 1\nm1 GPE "Talmar', 'line 2: not understood: m1 GPE "Talmar'),
    ],
)
def test_fault_in_notes_is_told_with_its_line(
    text: str, fault: str, notes: ModuleType, article: Document, ontology: Ontology
) -> None:
    assert notes.read_notes(article, text, ontology)[1] == [fault]


def test_faults_leave_the_rest(notes: ModuleType, article: Document, ontology: Ontology) -> None:
    text = 'S 1\nm1 GPE "Talmar"\nm1 ARM "Rebels"\nm2 ARM "Rebels"\nm2 same_as m7\n?'
    document, faults = notes.read_notes(article, text, ontology)
    assert surfaces(document) == {"m1": ("GPE", 12, "Talmar"), "m2": ("ARM", 0, "Rebels")}
    assert document.relations == ()
    assert sorted(fault.split(":")[0] for fault in faults) == ["line 3", "line 5", "line 6"]


def test_empty_notes_give_a_bare_document(notes: ModuleType, article: Document, ontology: Ontology) -> None:
    assert notes.read_notes(article, "\r\n\n# nothing\n", ontology) == (article, [])


def test_sheet_numbers_the_sentences_under_their_zones(notes: ModuleType, article: Document) -> None:
    assert notes.sheet(article) == "\n".join(
        [
            "doc_id: d",
            "published: 2020-02-01",
            "[headline]",
            "1| Rebels took Talmar.",
            "[body]",
            "2| On Friday \U0001f600 rebels near Talmar, Talmar said, killed two.",
            "[caption]",
            "3| Talmar (file).",
        ]
    )


def test_sheet_and_check_from_the_command_line(notes: ModuleType, tmp_path: Path) -> None:
    record = next(iter(sorted((ROOT / "corpus" / "articles").glob("*.toml"))))
    (tmp_path / "x.notes").write_text('S 1\nm1 GPE "nowhere to be found"\n', encoding="utf-8")
    run = [sys.executable, str(SCRIPTS / "annotation_notes.py")]
    sheet = subprocess.run([*run, "sheet", str(record)], capture_output=True, text=True, encoding="utf-8")
    assert (sheet.returncode, sheet.stdout) == (0, notes.sheet(read_article(record)) + "\n")
    check = subprocess.run([*run, "check", str(record), str(tmp_path / "x.notes")], capture_output=True, text=True)
    assert check.returncode == 1
    assert "line 2: 'nowhere to be found' occurs 0 times" in check.stdout


def test_notes_of_a_pass_become_one_file_of_documents(tmp_path: Path) -> None:
    articles = ROOT / "corpus" / "articles"
    record = next(iter(sorted(articles.glob("*.toml"))))
    notes, out = tmp_path / f"{record.stem}.notes", tmp_path / "pass.jsonl"
    run = [sys.executable, str(SCRIPTS / "annotation_notes.py"), "documents", str(articles), str(tmp_path), str(out)]
    empty = subprocess.run(run, capture_output=True, text=True)
    assert (empty.returncode, "no DOC_ID.notes here" in empty.stderr) == (1, True)
    notes.write_text('S 1\nm1 GPE "nowhere to be found"\n', encoding="utf-8")
    wrong = subprocess.run(run, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert f"{notes}: line 2: 'nowhere to be found'" in wrong.stderr
    assert not out.exists()
    article = read_article(record)
    word = article.text.split()[0]
    notes.write_text(f'S 1\nm1 GPE "{word}"\n', encoding="utf-8")
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (document,) = read_documents(out)
    assert document.doc_id == record.stem
    assert [document.surface(entity) for entity in document.entities] == [word]


@pytest.mark.parametrize(
    "systems", [("lexicon",), pytest.param(tuple(NAMES), marks=pytest.mark.release)], ids=["quick", "all"]
)
def test_benchmark_script_gives_the_committed_submissions(
    systems: tuple[str, ...], tmp_path: Path, ontology: Ontology
) -> None:
    run = [sys.executable, str(SCRIPTS / "run_baselines.py"), "--out", str(tmp_path), "--systems", *systems]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    board = board_of(ROOT)
    folders = sorted((tmp_path / "submissions").iterdir())
    assert [folder.name for folder in folders] == sorted(systems)
    for folder in folders:
        assert check(folder, board, ROOT, ontology).findings == ()
        committed = ROOT / "benchmarks" / "submissions" / folder.name
        assert read_submission(folder) == read_submission(committed)
        made, expected = (list(read_documents(one / "predictions.jsonl")) for one in (folder, committed))
        assert made == expected
        assert f"{folder.name}: " in done.stdout
    assert done.stdout.count(f"|docs:{len(board.texts)}|cov:1.000|data:{board.dataset}@") == len(systems)


def test_the_scoring_benchmark_runs_and_all_scorers_agree() -> None:
    run = [sys.executable, str(SCRIPTS / "bench_score.py"), "--spans", "500", "--events", "100", "--rounds", "1"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "events_from_columns is faster than events_plain_sets by" in done.stdout


def test_leakage_is_measured_as_the_page_says() -> None:
    run = [sys.executable, str(SCRIPTS / "measure_leakage.py"), str(ROOT / "corpus" / "gold.jsonl")]
    first, second = (subprocess.run(run, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second
    shares = {line.split(" | ")[0]: line.split(" | ")[1:] for line in first.splitlines() if line.startswith("| ")}
    unrelated = next(cells for name, cells in shares.items() if name.startswith("| pairs with that Jaccard"))
    assert unrelated[1] == "0"  # at 0.2
    for edit in ("16% of words replaced", "cut to a half", "sentences in another order"):
        assert next(name for name in shares if edit in name).endswith("(rule: 100%)"), edit


def test_the_baseline_script_refuses_a_folder_without_a_dataset(tmp_path: Path) -> None:
    run = [sys.executable, str(SCRIPTS / "run_baselines.py"), "--dataset", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 1
    assert "MANIFEST.json: missing; make the dataset with `strife build`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return script("bench_validate")


def test_the_export_of_the_speed_benchmark_is_as_large_as_it_says(
    bench: ModuleType, tmp_path: Path, ontology: Ontology
) -> None:
    path = tmp_path / "export.json"
    bench.write_export(path, 3, ontology)
    checked = check_paths([path], ontology)
    assert [str(finding) for finding in checked.report.findings] == []
    documents = [version.document for task in read_export(path, ontology) for version in task.versions]
    assert [len(document.text.split()) for document in documents] == [300] * 3
    assert [len(document.items) for document in documents] == [40] * 3
    arrows = [len(d.relations) + sum(len(event.arguments) for event in d.events) for d in documents]
    assert arrows == [15] * 3


def test_the_speed_benchmark_tells_times_and_memory(tmp_path: Path) -> None:
    run = [sys.executable, str(SCRIPTS / "bench_validate.py"), "--tasks", "3", "--rounds", "1"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head == "3 tasks, 0.0 MB"
    assert [row[:13].strip() for row in rows][:2] == ["per document", "all rules"]
    assert all(re.search(r"\d\.\d\d s; [1-9]\d* MB; \d+\.\d times as fast by the clock", row) for row in rows)


def test_the_archive_benchmark_tells_ratios_and_memory() -> None:
    run = [sys.executable, str(SCRIPTS / "bench_archive.py"), "--model", "lexicon", "--rounds", "1"]
    done = subprocess.run([*run, "--short", "6", "--long", "12"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"12 articles, 2 processes: [\d.]+ s, .* articles a second, .* processor time each", done.stdout)
    assert re.search(r"2 processes: [\d.]+ times as fast", done.stdout)
    assert re.search(r"memory [1-9]\d* MB against [1-9]\d* and [1-9]\d* MB", done.stdout)
