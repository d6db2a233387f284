"""Shared by all tests: where things lie, and small documents to start from."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology, load_ontology

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
SHARED = ROOT.parent / "shared"

# The same examples in every run, and no deadline that a busy machine could miss.
settings.register_profile("strife", derandomize=True, deadline=None)
settings.load_profile("strife")


def script(name: str) -> ModuleType:
    """A script of scripts/ as a module; scripts import each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        return importlib.import_module(name)


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of the Hugging Face libraries go to a folder of this run, and nothing is fetched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
        yield


@pytest.fixture(scope="session")
def ontology() -> Ontology:
    return load_ontology()


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("shared/ is not beside the project: its exports, corpora and oracles are needed here")
    return SHARED


@pytest.fixture
def raid() -> Document:
    """A document with one of each: mentions, events, an argument that is an event, a relation."""
    text = "Police said that rebels killed two villagers in Talmar on Friday."
    return Document(
        doc_id="raid",
        text=text,
        published="2020-02-01",
        entities=(
            Entity("m1", 0, 6, "ARM"),
            Entity("m2", 17, 23, "PER"),
            Entity("m3", 31, 34, "NUM"),
            Entity("m4", 35, 44, "PER"),
            Entity("m5", 48, 54, "GPE"),
            Entity("m6", 58, 64, "TIME", {"timex": "2020-01-31"}),
        ),
        events=(
            Event("e1", "STATEMENT", Trigger(7, 11), (Argument("speaker", "m1"), Argument("content", None, "e2"))),
            Event(
                "e2",
                "DEATH",
                Trigger(24, 30),
                (
                    Argument("agent", "m2"),
                    Argument("count", "m3"),
                    Argument("victim", "m4"),
                    Argument("place", "m5"),
                    Argument("time", "m6"),
                ),
                {"incident": 1, "people_min": 2, "people_max": 2},
            ),
        ),
    )
