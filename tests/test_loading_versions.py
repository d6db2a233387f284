"""Loading as users do, in fresh processes with a fresh cache: here, with datasets 4.0, and with the newest version.

The other versions get virtual environments under build/loading, from the package registry, once.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

import pytest

from strife.build import build
from strife.loading import load
from strife.ontology import Ontology
from strife.release.manifest import read_manifest
from strife.release.removals import remove
from tests.conftest import ROOT
from tests.test_publish import VERSION, copied

pytestmark = pytest.mark.release
CHECK = Path(__file__).with_name("loading_check.py")
GONE = "ml-2023-11-14-kidal"
OTHERS = {"oldest": ("datasets==4.0.0", "pyarrow<24"), "newest": ("datasets",)}


@pytest.fixture(scope="module", params=["pinned", *OTHERS])
def python(request: pytest.FixtureRequest) -> str:
    """An interpreter with a version of `datasets`."""
    if request.param == "pinned":
        return sys.executable
    home = ROOT / "build" / "loading" / request.param
    interpreter = home / "bin" / "python"
    if not (home / "ready").is_file():
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        install = [str(interpreter), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*install, *OTHERS[request.param], "polars", "pandas"], check=True, capture_output=True)
        (home / "ready").touch()
    return str(interpreter)


def check(python: str, folder: Path, home: Path) -> dict[str, Any]:
    variables = os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    run = [python, "-W", "error::UserWarning", str(CHECK), str(folder)]
    done = subprocess.run(run, env=variables, capture_output=True, text=True, check=False, cwd=home.parent)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_way_of_loading_and_two_versions_one_after_the_other(
    python: str, tmp_path: Path, ontology: Ontology
) -> None:
    clone, home = copied(ROOT, tmp_path / "clone"), tmp_path / "hf"
    found = check(python, clone, home)
    manifest, _ = read_manifest(ROOT)
    assert found["configs"] == list(manifest.configs)
    for config, entry in manifest.configs.items():
        assert {split: found[f"{config}/{split}"] for split in entry.splits} == {
            split: one.rows for split, one in entry.splits.items()
        }
    first = load(ROOT, "train")[0]
    assert found["first"] == [first.doc_id, first.entities[0].label]
    # The same folder and the same cache hold the next version, then the old one again.
    keep = copied(clone, tmp_path / "old")
    about = clone / "corpus" / "corpus.toml"
    about.write_text(about.read_text("utf-8").replace(f'"{VERSION}"', '"99.0.0"'), encoding="utf-8")
    remove(clone, GONE, "error", "", datetime.date(2026, 1, 1))
    build(clone, clone, ontology)
    later = check(python, clone, home)
    assert later["train"] == [doc_id for doc_id in found["train"] if doc_id != GONE] != found["train"]
    shutil.rmtree(clone)
    copied(keep, clone)
    assert check(python, clone, home) == found


FAST = "import sys, strife; print(sum(len(d.events) for d in strife.load(sys.argv[1])))"
SLOW = """
import sys
from datasets import load_dataset
print(sum(len(row["events"]) for part in load_dataset(sys.argv[1]).values() for row in part))
"""


def test_loading_without_datasets_is_at_least_twice_as_fast(tmp_path: Path) -> None:
    """Start-up included, the cache of `datasets` warm; the best of five, taken in turn."""
    variables = os.environ | {"HF_HOME": str(tmp_path)}
    best: dict[str, float] = {}
    printed = set()
    for code in [SLOW, *([FAST, SLOW] * 5)]:
        begin = time.perf_counter()
        run = [sys.executable, "-c", code, str(ROOT)]
        printed.add(subprocess.run(run, env=variables, capture_output=True, text=True, check=True).stdout)
        best[code] = min(best.get(code, 1e9), time.perf_counter() - begin)
    assert len(printed) == 1
    print(f"load_dataset {best[SLOW]:.2f} s, strife.load {best[FAST]:.2f} s: {best[SLOW] / best[FAST]:.1f} times")
    assert best[SLOW] >= 2 * best[FAST]
