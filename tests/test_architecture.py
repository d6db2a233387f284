"""The import directions: who may know whom, and what `import strife` may cost."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import strife
from tests.conftest import ROOT

SRC = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((SRC / "strife").rglob("*.py"))
}
HEAVY = (
    "datasets",
    "polars",
    "sklearn",
    "scipy",
    "label_studio_sdk",
    "numpy",
    "pyarrow",
    "pandas",
    "pycrfsuite",
    "jinja2",
    "cassis",
    "spacy",
    "trafilatura",
    "ray",
    "torch",
    "transformers",
    "gliner",
    "httpx2",
)


def imported(path: Path, module: str) -> Iterator[str]:
    """The dotted names that a file imports anywhere, also inside functions."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str) -> str | None:
    """The module of the package that a dotted name lies in."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


NAMES = {module: set(imported(path, module)) for module, path in MODULES.items()}
GRAPH = {module: {found for name in names if (found := within(name))} - {module} for module, names in NAMES.items()}
TOPS = {module: {name.partition(".")[0] for name in names} for module, names in NAMES.items()}


def users(library: str) -> set[str]:
    return {module for module, tops in TOPS.items() if library in tops}


def test_graph_is_seen_at_all() -> None:
    # Without this, a reader that finds no import would let all tests below pass.
    assert "strife.model" in GRAPH["strife.scoring.score"]
    assert "strife.dataset" in GRAPH["strife.cli.corpus"]
    assert "strife.baselines.pieces" in GRAPH["strife.baselines.lexicon"]


@pytest.mark.parametrize("module", ["strife.model", "strife.ontology"])
def test_foundations_import_nothing_of_strife(module: str) -> None:
    assert GRAPH[module] == set()


def test_no_cycle() -> None:
    # The package itself only hands on names; nobody inside imports from it, so it is in no cycle either.
    order = list(TopologicalSorter(GRAPH).static_order())
    assert set(order) == set(MODULES)


def test_nobody_imports_the_command_line_or_the_package_itself() -> None:
    inside = [module for module in MODULES if module.startswith("strife.cli")]
    assert [module for module, used in GRAPH.items() if module not in inside and used & set(inside)] == []
    assert [module for module, used in GRAPH.items() if "strife" in used] == []


@pytest.mark.parametrize("library", ["datasets", "pyarrow"])
def test_dataset_libraries_stay_in_two_modules(library: str) -> None:
    assert users(library) == {"strife.dataset", "strife.dataset_reader"}


def test_polars_stays_where_the_released_files_are_read() -> None:
    assert users("polars") == {"strife.loading", "strife.release.tables"}


@pytest.mark.parametrize("library", ["sklearn", "pycrfsuite"])
def test_learning_libraries_stay_in_the_baselines(library: str) -> None:
    assert users(library) <= {module for module in MODULES if module.startswith("strife.baselines")}


HOMES = {
    "jinja2": "strife.pages",
    "huggingface_hub": "strife.release.publish",
    "scipy": "strife.align",
    "cassis": "strife.formats.xmi",
    "spacy": "strife.formats.docbin",
    "markdown_it": "strife.guidelines",
    "trafilatura": "strife.ingest.pages",
    "ray": "strife.archive.on_ray",
    "pygamma_agreement": "strife.agreement.gamma",
    "torch": "strife.baselines.transformer",
    "transformers": "strife.baselines.transformer",
    "tokenizers": "strife.baselines.transformer",
    "gliner": "strife.baselines.gliner",
    "httpx2": "strife.baselines.endpoint",
}


@pytest.mark.parametrize("library", HOMES)
def test_library_stays_in_its_module(library: str) -> None:
    sparse = {"strife.baselines.clusters", "strife.baselines.logistic"} if library == "scipy" else set()
    assert users(library) - sparse == {HOMES[library]}


def test_learning_libraries_are_used() -> None:
    assert users("sklearn") | users("pycrfsuite")


def test_typer_stays_in_the_command_line() -> None:
    assert users("typer")
    assert all(module.startswith("strife.cli") for module in users("typer") | users("click"))


CLIENT, SERVER = "strife.labelstudio.client", "strife.labelstudio.server"


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("label_studio_sdk", {CLIENT}),
        ("httpx", {CLIENT}),
        ("httpx2", {"strife.baselines.endpoint"}),
        ("requests", set()),
        ("http", set()),
        ("urllib.request", {SERVER}),  # is the server that we started healthy?
        ("socket", {SERVER}),  # is its port free?
    ],
)
def test_only_two_clients_talk_to_a_server(library: str, homes: set[str]) -> None:
    names = {module for module, found in NAMES.items() if any(f"{name}.".startswith(f"{library}.") for name in found)}
    assert names == homes


@pytest.mark.parametrize("library", ["pickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"])
def test_nothing_in_the_package_pickles(library: str) -> None:
    assert users(library) == set()


def test_nothing_in_the_package_imports_scripts_or_tests() -> None:
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert scripts
    assert [module for module, tops in TOPS.items() if tops & (scripts | {"scripts", "tests"})] == []


def loaded_by(statement: str) -> set[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import strife",
        "import strife.cli",
        "import strife.dataset, strife.baselines, strife.formats.convert, strife.ingest.read, strife.archive.run",
    ],
)
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert loaded_by(statement) & set(HEAVY) == set()


@pytest.mark.parametrize("statement", ["import strife", "import strife.cli", "import strife.validation"])
def test_import_loads_nothing_that_checking_has_no_use_for(statement: str) -> None:
    # These take longer to import than the corpus to check.
    unused = ("adjudication", "agreement", "baselines", "formats", "gold", "loading", "mend", "release", "scoring")
    loaded = {name.split(".")[1] for name in loaded_by(statement) if name.startswith("strife.")}
    assert loaded & set(unused) == set()


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(strife, name) is not None for name in strife.__all__)
    assert set(strife._LATER) <= set(strife.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = strife.nosuch


@pytest.mark.parametrize("module", MODULES)
def test_module_is_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 450
