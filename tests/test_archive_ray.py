"""Ray as the engine: the same rows come out, also when a worker is killed midway. Needs the extra `ray`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strife import baselines
from strife.archive.run import run
from strife.model import Document
from strife.ontology import Ontology
from strife.store import read_documents, write_documents, write_whole

pytest.importorskip("ray", reason="ray is an optional extra")
pytestmark = pytest.mark.ray


def killed_once() -> bool:
    """Kill one busy actor of this machine's Ray, if there is one."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    workers = [line.split()[0] for line in listed.splitlines() if "ray::" in line and "MapWorker" in line]
    if workers:
        os.kill(int(workers[0]), signal.SIGKILL)
    return bool(workers)


def test_a_killed_worker_loses_and_doubles_nothing(ontology: Ontology, tmp_path: Path) -> None:
    gold = list(read_documents(Path(__file__).parents[1] / "corpus" / "gold.jsonl"))
    model = baselines.train("linear", gold, [], ontology)
    write_whole({tmp_path / "model" / name: content for name, content in model.files().items()})
    documents = [Document(f"d{n:04d}", gold[n % 16].text) for n in range(240)]
    write_documents(tmp_path / "in.jsonl", documents)
    command = ["predict", tmp_path / "model", tmp_path / "in.jsonl", "--out", tmp_path / "ray", "--parts", "8"]
    process = subprocess.Popen(
        [sys.executable, "-m", "strife.cli", *map(str, command), "--engine", "ray", "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "ray").glob("part-*.jsonl")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.2)
    assert killed_once()
    assert process.wait(timeout=240) == 0
    run(tmp_path / "model", tmp_path / "in.jsonl", tmp_path / "local", size=8, workers=1)
    for path in sorted((tmp_path / "local").glob("part-*.jsonl")):
        assert (tmp_path / "ray" / path.name).read_bytes() == path.read_bytes()
    assert len(list((tmp_path / "ray").glob("part-*.jsonl"))) == 30
