"""The commands as a lead types them, against the running server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strife.labelstudio.server import Studio
from strife.model import Document, Entity
from strife.store import write_documents
from tests.conftest import ROOT


def strife(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO")}
    command = [sys.executable, "-m", "strife.cli", "label-studio", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=kept | environment)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with two texts, one of them with an annotation that is wrong."""
    (tmp_path / "annotation").mkdir()
    (tmp_path / "annotation" / "guidelines").symlink_to(ROOT / "annotation" / "guidelines")
    documents = [
        Document("a", "Rebels took Talmar."),
        Document("b", "Rebels left Talmar.", (Entity("m", 0, 7, "ARM"),)),
    ]
    write_documents(tmp_path / "some.jsonl", documents)
    return tmp_path


def test_from_push_to_flag(here: Path, studio: Studio, title: str) -> None:
    where = ("--project", title, "--data", str(studio.data))
    push = strife("push", "some.jsonl", *where, "--send", "annotations", cwd=here)
    assert (push.returncode, push.stderr) == (0, "")
    created, link = push.stdout.splitlines()
    assert created == f"{title}: 2 tasks created, 0 there already, 2 annotations"
    assert link.startswith(f"{studio.url}/projects/")
    again = strife("push", "some.jsonl", *where, "--send", "annotations", cwd=here)
    assert again.stdout.splitlines()[0] == f"{title}: 0 tasks created, 2 there already"

    pull = strife("pull", *where, "--out", "annotation/exports/one", cwd=here)
    assert pull.returncode == 1
    assert "SPN203" in pull.stdout
    assert f"  {link}?task=" in pull.stdout
    assert pull.stdout.splitlines()[-1] == (
        "annotation/exports/one: 2 tasks, 2 submitted, 0 skipped, 0 untouched, in 1 file"
    )
    assert (here / "annotation" / "exports" / "one" / "tasks.json").is_file()

    status = strife("status", *where, "--format", "json", cwd=here)
    (row,) = json.loads(status.stdout)["annotators"]
    assert (row["done"], row["empty"], row["errors"]) == (2, 1, 1)
    assert "@" not in strife("status", *where, cwd=here).stdout
    assert "admin@example.org" in strife("status", *where, "--names", cwd=here).stdout

    flag = strife("flag", *where, cwd=here)
    assert flag.returncode == 0
    assert flag.stdout.splitlines()[0] == f"{title}: 1 tasks to fix, 1 changed"
    assert "?tab=" in flag.stdout
    clear = strife("flag", *where, "--clear", cwd=here)
    assert clear.stdout.splitlines()[0] == f"{title}: 0 tasks to fix, 1 changed"


def test_address_and_token_from_the_environment_or_a_file(here: Path, studio: Studio, title: str) -> None:
    given = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    push = strife("push", "some.jsonl", "--project", title, cwd=here, **given)
    assert push.returncode == 0
    assert push.stdout.splitlines()[0].startswith("1 documents are annotated; --send")
    by_file = ("--server", studio.url, "--token-file", str(studio.data / "token"))
    assert strife("pull", "--project", title, *by_file, cwd=here).returncode == 0
    folder = here / "annotation" / "exports" / title.replace("_", "-").strip("-")
    assert (folder / "tasks.json").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pull", "--project", "No such project"), "no project is called 'No such project'"),
        (("push", "missing.jsonl", "--project", "Batch"), "FIL007 missing.jsonl"),
        (("push", "some.jsonl", "--project", "x"), "Label Studio takes 3 to 50"),
        (("push", "some.jsonl", "--project", "Batch", "--pre-annotate", "annotation"), "no trained baseline"),
        (("push", "some.jsonl", "--project", "Batch", "--guidelines", "missing.md"), "FIL007 missing.md"),
        (("status", "--project", "Batch", "--server", "http://127.0.0.1:1"), "nothing answers"),
        (("status", "--project", "Batch", "--token-file", "missing"), "no token can be read"),
        (("flag", "--project", "No such project"), "no project is called"),
        (("flag", "--project", "Batch", "--select", "XYZ"), "XYZ"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    words: tuple[str, ...], said: str, here: Path, studio: Studio
) -> None:
    done = strife(*words, "--data", str(studio.data), cwd=here)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert done.stderr.startswith("strife: ")
    assert "Traceback" not in done.stderr
    assert studio.token not in done.stderr + done.stdout


def test_no_server_is_told_with_what_to_do(here: Path) -> None:
    done = strife("status", "--project", "Batch", "--data", str(here), cwd=here)
    assert done.returncode == 2
    assert "no server runs with" in done.stderr
    done = strife("status", "--project", "Batch", "--data", str(here), "--server", "http://127.0.0.1:1", cwd=here)
    assert "no token: set LABEL_STUDIO_API_KEY" in done.stderr
