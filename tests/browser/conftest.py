"""Chromium for the tests of pages: marked `browser`, left out of the default run, run by `make browser-test`."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from strife.leaderboard.board import Ranking, ranking
from strife.leaderboard.check import board_of
from strife.leaderboard.write import write
from strife.model import Document
from strife.ontology import Ontology
from tests.boards import invented, project, spoilt, submit

LAPTOP, PHONE = (1280, 900), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def ranked(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Ranking:
    """A board of four invented systems."""
    root = project(tmp_path_factory.mktemp("site") / "project", gold := invented(12))

    def guesses(share: float, seed: str = "") -> list[Document]:
        return [spoilt(document, share, random.Random(f"{seed}{share}{document.doc_id}")) for document in gold]

    submit(root, "good", [guesses(0.1)], parameters=7, authors=["B. Second"])
    submit(root, "a-long-name-of-a-system-that-does-not-fit", [guesses(0.3)], parameters=340_000_000)
    submit(root, "seeds", [guesses(0.4), guesses(0.5), guesses(0.6)], training_data=["nothing at all"])
    submit(root, "nothing", [[Document(d.doc_id, d.text) for d in gold]], parameters=0)
    return ranking(root, board_of(root), ontology, root / "benchmarks" / "submissions")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, ranked: Ranking) -> Path:
    """What is written of the board."""
    folder = tmp_path_factory.mktemp("benchmarks")
    write(folder, ranked, private=False)
    return folder


@pytest.fixture
def show(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a file as a page; whatever it asks another place for, or says in the console, fails the test."""
    contexts, faults = [], []

    def opened(path: Path, size: tuple[int, int] = LAPTOP, scheme: str = "light", scripts: bool = True) -> Any:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
