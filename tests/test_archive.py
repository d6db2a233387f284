"""Archives: every row comes out once, whatever breaks, and a run goes on where it was."""

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from strife import baselines
from strife.archive.run import ArchiveError, Progress, run
from strife.archive.units import part, plan
from strife.dataset import parquet
from strife.model import Document, encode
from strife.ontology import Ontology
from strife.store import read_documents, write_documents, write_whole
from strife.stream import InputError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    gold = list(read_documents(Path(__file__).parents[1] / "corpus" / "gold.jsonl"))
    folder = tmp_path_factory.mktemp("model")
    write_whole(
        {folder / name: content for name, content in baselines.train("lexicon", gold, [], ontology).files().items()}
    )
    return folder


def texts(number: int) -> list[Document]:
    return [Document(f"d{n:03d}", f"Rebels \U0001f600 killed {n} soldiers near Talmar.\r\n") for n in range(number)]


def outcome(out: Path) -> list[str]:
    parts = sorted(p for p in out.glob("part-*.jsonl") if "rejected" not in p.name)
    return [document.doc_id for p in parts for document in read_documents(p)]


def test_what_comes_out_is_what_one_by_one_gives(model: Path, tmp_path: Path) -> None:
    documents = texts(23)
    write_documents(tmp_path / "in.jsonl", documents)
    told: list[Progress] = []
    done = run(model, tmp_path / "in.jsonl", tmp_path / "out", size=5, workers=2, tell=told.append)
    assert (done.documents, done.rejected, done.parts, done.before) == (23, 0, 5, 0)
    loaded = baselines.load(model)
    written = b"".join(part(tmp_path / "out", n).read_bytes() for n in range(5))
    assert written == b"".join(encode(loaded.predict(d)) + b"\n" for d in documents)
    assert told[-1].done == told[-1].total == 23
    assert "23 of 23 documents" in str(told[-1])


def test_a_run_goes_on_where_it_was(model: Path, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", texts(12))
    out = tmp_path / "out"
    run(model, tmp_path / "in.jsonl", out, size=4, workers=1)
    before = {n: part(out, n).read_bytes() for n in range(3)}
    part(out, 1).unlink()
    kept = part(out, 0).stat().st_mtime_ns
    again = run(model, tmp_path / "in.jsonl", out, size=4, workers=1)
    assert (again.documents, again.parts, again.before) == (4, 1, 2)
    assert {n: part(out, n).read_bytes() for n in range(3)} == before
    assert part(out, 0).stat().st_mtime_ns == kept


def test_shards_share_the_work(model: Path, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", texts(11))
    done = [run(model, tmp_path / "in.jsonl", tmp_path / "out", 2, (n, 3), workers=1) for n in (1, 2, 3)]
    assert [one.parts for one in done] == [2, 2, 2]
    assert outcome(tmp_path / "out") == [d.doc_id for d in texts(11)]


def test_a_folder_of_files_of_every_kind(model: Path, ontology: Ontology, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    documents = texts(9)
    (source / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n\n".join(encode(d) for d in documents[:3]))
    (source / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(encode(d) + b"\n" for d in documents[3:6])))
    (source / "c.parquet").write_bytes(parquet("documents", documents[6:], ontology)[0])
    run(model, source, tmp_path / "out", size=2, workers=1)
    assert outcome(tmp_path / "out") == [d.doc_id for d in documents]
    inputs = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert [(one["name"], one["rows"]) for one in inputs] == [("a.jsonl", 3), ("b.jsonl.gz", 3), ("c.parquet", 3)]


def test_rows_that_are_no_documents_are_named_and_the_run_goes_on(model: Path, tmp_path: Path) -> None:
    good = encode(texts(1)[0])
    (tmp_path / "in.jsonl").write_bytes(good + b'\n{"title": "x"}\n{broken\n' + good.replace(b"d000", b"d001") + b"\n")
    done = run(model, tmp_path / "in.jsonl", tmp_path / "out", size=10, workers=1)
    assert (done.documents, done.rejected) == (2, 2)
    lines = (tmp_path / "out" / "part-000000.rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["row"] for line in lines] == [2, 3]
    assert "no text" in json.loads(lines[0])["why"]


def test_a_folder_begun_with_another_model_or_input_is_refused(model: Path, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", texts(3))
    run(model, tmp_path / "in.jsonl", tmp_path / "out", size=2, workers=1)
    with pytest.raises(ArchiveError, match="another size, parts"):
        run(model, tmp_path / "in.jsonl", tmp_path / "out", size=1, workers=1)
    write_documents(tmp_path / "in.jsonl", [*texts(2), msgspec.structs.replace(texts(1)[0], doc_id="other")])
    with pytest.raises(ArchiveError, match="another inputs"):
        run(model, tmp_path / "in.jsonl", tmp_path / "out", size=2, workers=1)
    (tmp_path / "out" / "manifest.json").write_text("[", encoding="utf-8")
    with pytest.raises(ArchiveError, match="no manifest"):
        run(model, tmp_path / "in.jsonl", tmp_path / "out", size=2, workers=1)


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_input_is_refused(content: bytes, model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(content)
    with pytest.raises(InputError, match="FIL001"):
        run(model, tmp_path / "in.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_half_copied_gzip_is_refused(model: Path, tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(encode(d) + b"\n" for d in texts(200)))
    (tmp_path / "in.jsonl.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match="FIL004"):
        run(model, tmp_path / "in.jsonl.gz", tmp_path / "out")


def test_units_cover_every_row_once(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", texts(10))
    units, (file,) = plan(tmp_path / "in.jsonl", 3)
    covered = Counter(row for unit in units for row in range(unit.first, unit.first + unit.rows))
    assert covered == Counter(range(10))
    assert file["rows"] == 10
    assert units[0].offset == 0


def test_a_killed_run_loses_nothing(model: Path, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", texts(400))
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "strife.cli",
        "predict",
        model,
        tmp_path / "in.jsonl",
        "--out",
        out,
        "--parts",
        "1",
    ]
    process = subprocess.Popen([*map(str, command), "--workers", "1"], stderr=subprocess.PIPE)
    assert process.stderr is not None
    process.stderr.readline()  # the first part is written
    process.kill()
    process.communicate()
    broken = len(outcome(out))
    assert broken > 0
    done = run(model, tmp_path / "in.jsonl", out, size=1, workers=1)
    assert done.before == broken
    assert outcome(out) == [d.doc_id for d in texts(400)]
    assert not [name for name in os.listdir(out) if name.startswith(".") and not name.startswith(".part-")]
