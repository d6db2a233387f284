"""Publishing and loading against a server of the Hub's HTTP API: what is shown, what is done, what is refused."""

import datetime
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strife.build import build
from strife.loading import load
from strife.ontology import Ontology
from strife.release.manifest import read_manifest
from strife.release.removals import remove
from strife.release.verify import verify
from tests.conftest import ROOT
from tests.hub_server import TOKEN, Hub, Repository, made, serving

pytestmark = pytest.mark.release
REPO = "someone/strife"
VERSION = read_manifest(ROOT)[0].version
NEXT = "99.0.0"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the committed dataset."""
    return copied(ROOT, tmp_path_factory.mktemp("released"))


def copied(source: Path, target: Path) -> Path:
    for folder in ("corpus", "annotation"):
        shutil.copytree(source / folder, target / folder)
    for page in ("README.md", "DATASHEET.md", "CHANGELOG.md", "CITATION.cff", "croissant.json"):
        shutil.copy(source / page, target)
    return target


@pytest.fixture(scope="module")
def changed(released: Path, tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Path:
    """Another version, with one document less."""
    root = copied(released, tmp_path_factory.mktemp("changed"))
    about = root / "corpus" / "corpus.toml"
    about.write_text(about.read_text("utf-8").replace(f'"{VERSION}"', f'"{NEXT}"'), encoding="utf-8")
    remove(root, "ml-2023-11-14-kidal", "error", "", datetime.date(2026, 1, 1))
    build(root, root, ontology)
    return root


class Home:
    """A user's surroundings: an own cache, the server's address, a token."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        self.variables |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "HF_TOKEN": TOKEN}
        self.variables |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1"}
        self.variables |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        self.folder = folder

    def run(self, *words: str, token: str | None = None) -> "subprocess.CompletedProcess[str]":
        variables = self.variables | ({"HF_TOKEN": token} if token is not None else {})
        return subprocess.run(words, capture_output=True, text=True, check=False, env=variables, cwd=self.folder)

    def strife(self, *words: str, token: str | None = None) -> "subprocess.CompletedProcess[str]":
        return self.run(sys.executable, "-m", "strife.cli", *words, token=token)

    def python(self, code: str) -> list[str]:
        done = self.run(sys.executable, "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def home(hub: Hub, tmp_path: Path) -> Home:
    return Home(hub, tmp_path)


def publish(home: Home, root: Path, *options: str, token: str | None = None) -> str:
    done = home.strife("publish", REPO, "--root", str(root), *options, token=token)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(home: Home, root: Path, message: str, *options: str, token: str | None = None) -> None:
    done = home.strife("publish", REPO, "--root", str(root), *options, token=token)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert re.search(message, done.stderr), done.stderr


def posted(hub: Hub) -> list[str]:
    return [request for request in hub.requests if request.startswith(("POST", "PUT")) and "validate" not in request]


@pytest.mark.parametrize("large", [False, True])
def test_publish_and_load_from_first_to_last(
    large: bool, hub: Hub, home: Home, released: Path, changed: Path, tmp_path: Path
) -> None:
    hub.large = large
    # The dry run shows everything and does nothing.
    shown = publish(home, released)
    assert f"create the dataset repository {REPO}\n" in shown
    assert "add corpus/documents/train-00000-of-00001.parquet\n" in shown
    assert f"tag v{VERSION}\nnothing was changed; --push does it" in shown
    assert (hub.repositories, posted(hub)) == ({}, [])
    refused(home, released, "--create makes it", "--push")
    # One commit, one tag.
    assert publish(home, released, "--push", "--create").endswith("published\n")
    repository = hub.repositories[REPO]
    first = repository.commits[-1]
    assert [commit.message for commit in repository.commits] == ["initial commit", f"strife {VERSION}"]
    assert repository.tags == {f"v{VERSION}": first.sha}
    assert bool(repository.large) == large
    # The same again does nothing.
    del hub.requests[:]
    assert "nothing to do" in publish(home, released, "--push")
    assert posted(hub) == []
    # The next version: only what changed, and the old tag stays.
    shown = publish(home, changed)
    assert "change corpus/documents/train-00000-of-00001.parquet" in shown
    assert "documents/test" not in shown
    publish(home, changed, "--push")
    assert len(repository.commits) == 3
    assert repository.tags == {f"v{VERSION}": first.sha, f"v{NEXT}": repository.commits[-1].sha}
    # Loaded by revision, in both orders, in one cache: never the rows of the other.
    code = f"""
from datasets import load_dataset
for version in ("{VERSION}", "{NEXT}", "{VERSION}"):
    data = load_dataset("{REPO}", revision=f"v{{version}}")
    print(data.num_rows)
print(len(list(load_dataset("{REPO}", "events", split="test", streaming=True, revision="v{VERSION}"))))
"""
    lines = home.python(code)
    counts = {split: len(load(released, split)) for split in ("train", "validation", "test")}
    fewer = counts | {"train": counts["train"] - 1}
    events = sum(len(document.events) for document in load(released, "test"))
    assert lines == [str(counts), str(fewer), str(counts), str(events)]
    # Downloaded, it is what was released.
    code = f"""
from huggingface_hub import snapshot_download
print(snapshot_download("{REPO}", repo_type="dataset", revision="v{VERSION}"))
"""
    (folder,) = home.python(code)
    assert verify(Path(folder)).problems == ()
    assert load(folder) == load(released)
    # The snippets of the card, as a reader would copy them.
    card = (Path(folder) / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    assert len(snippets) == 2
    for snippet in snippets:
        assert f'"{REPO}"' in snippet
        assert len(home.python(snippet)) >= counts["validation"]


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("step", ["commit", "tag"])
def test_broken_connection_is_told_and_the_next_try_finishes(
    step: str, how: str, hub: Hub, home: Home, released: Path
) -> None:
    hub.repositories[REPO] = Repository()
    hub.breaks[step] = how
    refused(home, released, "the connection broke .*run the same command again", "--push")
    publish(home, released, "--push")
    repository = hub.repositories[REPO]
    assert [commit.message for commit in repository.commits] == ["initial commit", f"strife {VERSION}"]
    assert repository.tags == {f"v{VERSION}": repository.commits[-1].sha}


def test_upload_that_fails_leaves_nothing_and_the_next_try_finishes(hub: Hub, home: Home, released: Path) -> None:
    hub.repositories[REPO] = Repository()
    hub.large, hub.breaks = True, {"upload": 400}
    done = home.strife("publish", REPO, "--root", str(released), "--push")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert len(hub.repositories[REPO].commits) == 1
    publish(home, released, "--push")
    assert len(hub.repositories[REPO].commits) == 2


def test_token_that_is_refused_is_told(hub: Hub, home: Home, released: Path) -> None:
    hub.repositories[REPO] = Repository()
    refused(home, released, r"the Hub refuses the token \(401\); .*; nothing was published", "--push", token="hf_bad")
    hub.breaks["commit"] = 403
    refused(home, released, r"refuses the token \(403\)", "--push")
    assert len(hub.repositories[REPO].commits) == 1


def test_tag_that_exists_is_never_moved(hub: Hub, home: Home, released: Path) -> None:
    repository = hub.repositories[REPO] = Repository()
    repository.commits.append(made(repository.commits[-1].sha, "by hand", {"README.md": b"mine"}))
    repository.tags[f"v{VERSION}"] = repository.commits[-1].sha
    before = dict(repository.tags)
    message = rf"the tag v{re.escape(VERSION)} exists and holds other files \(.*\); a tag is never moved"
    for options in ((), ("--push",)):
        refused(home, released, message, *options)
    assert (repository.tags, len(repository.commits)) == (before, 2)


def test_commit_of_somebody_else_in_between_is_told(hub: Hub, home: Home, released: Path) -> None:
    hub.repositories[REPO] = Repository()
    hub.breaks["commit"] = 412
    refused(home, released, r"somebody else pushed in between \(412\)", "--push")
    assert len(hub.repositories[REPO].commits) == 1


def test_only_what_a_release_owns_is_deleted(hub: Hub, home: Home, released: Path) -> None:
    repository = hub.repositories[REPO] = Repository()
    files = {"corpus/old/train-0.parquet": b"x", "notes.md": b"y", ".gitattributes": b"z", "LICENSE": b"other"}
    repository.commits.append(made(repository.commits[-1].sha, "by hand", files))
    shown = publish(home, released, "--push")
    assert "delete corpus/old/train-0.parquet" in shown
    assert "change LICENSE" in shown
    there = repository.commits[-1].files
    assert (there["notes.md"], there[".gitattributes"]) == (b"y", b"z")
    assert "corpus/old/train-0.parquet" not in there


def test_copy_that_differs_from_its_manifest_is_not_published(
    hub: Hub, home: Home, released: Path, tmp_path: Path
) -> None:
    root = copied(released, tmp_path / "edited")
    manifest = root / "corpus" / "MANIFEST.json"
    manifest.write_text(manifest.read_text("utf-8").replace(VERSION, "9.9.9"), encoding="utf-8")
    refused(home, root, r"differs from its manifest.*\n.*MANIFEST.json: changed after it was written", "--push")
    assert hub.requests == []


@pytest.mark.parametrize(
    ("repo", "variables", "message"),
    [
        ("no good name", {}, "no name of a repository"),
        (REPO, {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
        (REPO, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "the connection broke"),
    ],
)
def test_wrong_surroundings_are_told(
    repo: str, variables: dict[str, Any], message: str, home: Home, released: Path
) -> None:
    home.variables |= variables
    done = home.strife("publish", repo, "--root", str(released))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr
