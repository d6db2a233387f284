"""A real server for this folder's tests: started once, stopped at the end. `make label-studio-test` runs them."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from strife import baselines
from strife.labelstudio import server
from strife.labelstudio.client import Client
from strife.model import Document
from strife.ontology import Ontology
from strife.store import read_documents, write_whole
from tests.conftest import ROOT
from tests.label_studio.people import Person, sign_up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the server, so the default run leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("label_studio")
            # The SDK refreshes personal tokens with a method that pydantic would see gone.
            item.add_marker(pytest.mark.filterwarnings("ignore::DeprecationWarning:label_studio_sdk"))


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Studio]:
    """The running server: address, admin's token, data folder."""
    with server.serving(tmp_path_factory.mktemp("studio"), say=print) as running:
        yield running


@pytest.fixture(scope="session")
def blank(studio: server.Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for another server, with its database made already, which takes most of a first start."""
    folder = tmp_path_factory.mktemp("blank")
    for name in ("token", "password"):
        shutil.copy(studio.data / name, folder)
    database = "label_studio.sqlite3"
    with (
        closing(sqlite3.connect(studio.data / database)) as source,
        closing(sqlite3.connect(folder / database)) as copy,
    ):
        source.backup(copy)
    return folder


@pytest.fixture(scope="session")
def admin(studio: server.Studio) -> Iterator[Client]:
    """A connection as the admin."""
    with Client(studio.url, studio.token) as client:
        yield client


@pytest.fixture(scope="session")
def anna(studio: server.Studio) -> Iterator[Person]:
    """An annotator with an account of her own."""
    person = sign_up(studio, "anna")
    with person.client:
        yield person


@pytest.fixture(scope="session")
def ben(studio: server.Studio) -> Iterator[Person]:
    """Another one."""
    person = sign_up(studio, "ben")
    with person.client:
        yield person


@pytest.fixture(scope="session")
def gold() -> list[Document]:
    """The first batch of the corpus: what tests expect of a document does not change as the corpus grows."""
    tasks = json.loads((ROOT / "annotation" / "exports" / "batch-001.json").read_text(encoding="utf-8"))
    first = {task["data"]["doc_id"] for task in tasks}
    return [document for document in read_documents(ROOT / "corpus" / "gold.jsonl") if document.doc_id in first]


@pytest.fixture(scope="session")
def model(gold: list[Document], ontology: Ontology, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained baseline."""
    folder = tmp_path_factory.mktemp("model")
    trained = baselines.train("linear", gold[:3], [], ontology)
    write_whole({folder / name: content for name, content in trained.files().items()})
    return folder


@pytest.fixture
def title(request: pytest.FixtureRequest) -> str:
    """A project of this test's own."""
    name: str = request.node.name
    return name.removeprefix("test_")[:50]
