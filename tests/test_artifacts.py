"""What goes with the data: Croissant that the reference library validates and reads, the citation, tables, the card."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from strife.dataset import CONFIGS, SPLITS
from strife.loading import load, read_rows, split_files
from strife.release.artifacts import CARD, CITATION, CROISSANT, DATASHEET, REPO
from strife.release.manifest import read_manifest
from strife.release.tables import tables
from tests.conftest import ROOT

# Fields of lists within lists are left out; labels are numbers; text comes as bytes.
READ = """
import json, logging, sys, warnings
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")
import mlcroissant
def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {name.rsplit("/", 1)[-1]: plain(one) for name, one in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, (int, str)) else str(value)[:10]
dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
issues = dataset.metadata.ctx.issues
found = {one.id: [plain(row) for row in dataset.records(one.id)] for one in dataset.metadata.record_sets}
print(json.dumps({"errors": sorted(issues.errors), "version": dataset.metadata.version, "records": found}))
"""


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    """The committed Croissant file as mlcroissant reads it, with the records of every set."""
    run = [sys.executable, "-c", READ, str(ROOT / CROISSANT)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table: dict[str, Any] = json.loads(done.stdout)
    return table


@pytest.mark.release
def test_croissant_is_valid_and_names_every_file(read: dict[str, Any]) -> None:
    manifest, _ = read_manifest(ROOT)
    assert (read["errors"], read["version"]) == ([], manifest.version)
    files = {one["contentUrl"]: one["sha256"] for one in json.loads((ROOT / CROISSANT).read_bytes())["distribution"]}
    assert files == {one.file: one.sha256 for entry in manifest.configs.values() for one in entry.splits.values()}


@pytest.mark.release
def test_croissant_gives_the_rows_of_every_config_and_split(read: dict[str, Any]) -> None:
    import polars

    manifest, _ = read_manifest(ROOT)
    for config, entry in manifest.configs.items():
        for split, one in entry.splits.items():
            rows = json.loads(json.dumps(polars.read_parquet(ROOT / one.file).to_dicts(), default=str))
            found = read["records"][f"{config}/{split}"]
            assert len(found) == len(rows)
            for a, b in zip(found, rows, strict=True):
                assert a == {name: without_lists(value) for name, value in b.items()}


def without_lists(value: Any) -> Any:
    """A value as Croissant can tell it: structs flat, and within a struct no lists."""
    if isinstance(value, list):
        return [without_lists(one) for one in value]
    if isinstance(value, dict):
        flat: dict[str, Any] = {}
        for name, one in value.items():
            if isinstance(one, dict):
                flat |= {f"{name}_{inner}": leaf for inner, leaf in one.items()}
            elif not isinstance(one, list):
                flat[name] = one
        return flat
    return value


def test_citation_is_of_this_version() -> None:
    manifest, _ = read_manifest(ROOT)
    table = yaml.safe_load((ROOT / CITATION).read_text(encoding="utf-8"))
    assert (table["cff-version"], table["type"], table["version"]) == ("1.2.0", "dataset", manifest.version)
    assert table["authors"] == [{"name": "strife contributors"}]
    assert {"message", "title", "license", "abstract", "keywords"} <= table.keys()


def test_tables_count_what_the_documents_hold() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in (ROOT / "corpus").rglob("*.parquet")}
    made = tables(files, SPLITS)
    by_split = {split: load(ROOT, split) for split in SPLITS}
    numbers = [sum(len(d.entities) for d in by_split[split]) for split in SPLITS]
    assert f"| entity mentions | {' | '.join(map(str, [*numbers, sum(numbers)]))} |" in made["composition"]
    counts = {split: Counter(event.type for d in by_split[split] for event in d.events) for split in SPLITS}
    for label in {label for one in counts.values() for label in one}:
        numbers = [counts[split][label] for split in SPLITS]
        assert f"| {label} | {' | '.join(map(str, [*numbers, sum(numbers)]))} |" in made["types"]
    roles = {s: Counter(a.role for d in by_split[s] for e in d.events for a in e.arguments) for s in SPLITS}
    numbers = [roles[split]["victim"] for split in SPLITS]
    assert f"| victim | {' | '.join(map(str, [*numbers, sum(numbers)]))} |" in made["types"]
    longest = max(len(d.text) for some in by_split.values() for d in some)
    assert f"| {longest} |" in next(line for line in made["texts"].splitlines() if ", most" in line)


@pytest.mark.parametrize("page", [DATASHEET, CARD])
def test_pages_hold_their_tables(page: str) -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in (ROOT / "corpus").rglob("*.parquet")}
    made = tables(files, SPLITS)
    text = (ROOT / page).read_text(encoding="utf-8")
    for section in ("composition", "types"):
        assert made[section] in text


def test_card_has_the_sections_of_the_hubs_template() -> None:
    from importlib.resources import files

    template = (files("huggingface_hub") / "templates" / "datasetcard_template.md").read_text(encoding="utf-8")
    wanted = {line.split(" [")[0].rstrip() for line in template.splitlines() if line.startswith("##")}
    card = (ROOT / CARD).read_text(encoding="utf-8")
    found = {line.rstrip() for line in card.splitlines() if line.startswith("#")}
    # "More Information" is optional there and would say nothing here.
    assert wanted - found == {"## More Information"}


@pytest.mark.parametrize("number", [0, 1])
def test_snippets_of_the_card_run(number: int, tmp_path: Path) -> None:
    card = (ROOT / CARD).read_text(encoding="utf-8")
    code = card.split("```python\n")[number + 1].split("```")[0].replace(REPO, str(ROOT))
    # What the Hub would give is the folder itself here; `tests/hub` runs the snippets as they stand.
    code = code.replace(
        "from huggingface_hub import snapshot_download", "snapshot_download = lambda folder, **_: folder"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    validation = load(ROOT, "validation")
    lines = done.stdout.splitlines()
    if number == 0:
        assert len(lines) == sum(len(document.entities) for document in validation) + 1
    else:
        assert [line.split()[0] for line in lines] == [document.doc_id for document in validation]


def test_every_config_has_its_rows() -> None:
    for config in CONFIGS:
        assert [split for split, _ in split_files(ROOT, config)] == list(SPLITS)
        assert all(read_rows(path)[1] for _, path in split_files(ROOT, config))
