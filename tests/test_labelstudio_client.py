"""What is said of tokens, and what the client makes of servers that are none."""

import base64
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strife.cli import app
from strife.labelstudio.client import refused_token, token_kind


def jwt(**payload: str) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, payload)]
    return ".".join([*parts, "signature"])


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("0123456789abcdef0123456789abcdef01234567", "legacy"),
        ("0123456789ABCDEF0123456789abcdef01234567", "odd"),
        ("0123456789abcdef", "odd"),
        ("", "odd"),
        (jwt(token_type="refresh"), "personal"),
        (jwt(token_type="refresh", user="x" * 7), "personal"),
        (jwt(token_type="access"), "access"),
        (jwt(token_type="other"), "odd"),
        ("a.b.c", "odd"),
        ("a.WzFd.c", "odd"),  # [1]
        ("\u0131.\u0131.\u0131", "odd"),
    ],
)
def test_kind_of_a_token_by_its_looks(token: str, kind: str) -> None:
    assert token_kind(token) == kind


@pytest.mark.parametrize(
    ("token", "reason", "said"),
    [
        ("0" * 40, "Invalid token.", "looks like a legacy token: of another server"),
        (
            "0" * 40,
            "legacy token authentication has been disabled for this organization",
            "use a personal access token",
        ),
        (
            jwt(token_type="refresh"),
            "Token is invalid",
            "personal access token: of another server, expired, or revoked",
        ),
        (jwt(token_type="access"), "", "give the personal access token it was made from"),
        ("hello", "Invalid token.", "neither a legacy token"),
    ],
)
def test_refused_token_is_explained_and_not_shown(token: str, reason: str, said: str) -> None:
    message = refused_token(token, reason)
    assert said in message
    assert token not in message
    assert "Account & Settings" in message


def test_missing_library_is_told_with_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "label_studio_sdk", None)
    monkeypatch.setitem(sys.modules, "httpx", None)
    where = ["--project", "Batch", "--server", "http://127.0.0.1:1", "--data", str(tmp_path)]
    done = CliRunner().invoke(app, ["label-studio", "status", *where], env={"LABEL_STUDIO_API_KEY": "0" * 40})
    assert done.exit_code == 2
    assert "pip install 'strife[label-studio]'" in done.output
