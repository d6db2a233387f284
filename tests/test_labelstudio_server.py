"""The server's surroundings, with a stand-in for the server: secrets, settings, what stands in the way of a start."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strife.labelstudio import server
from strife.labelstudio.server import LOCK, VERSION, StudioError

if not sys.platform.startswith("linux"):
    pytest.skip("looks at processes through /proc", allow_module_level=True)

FAKE = """#!{python}
import http.server, os, sys, time
if "{behaviour}" == "dies":
    sys.exit("no such table: users")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"status": "UP"}}')
    def log_message(self, *parts):
        pass
if os.fork() == 0:
    time.sleep(600)  # a child that must not outlive the server
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Health).serve_forever()
"""


def install(behaviour: str) -> None:
    """A "server" in place of the real one."""
    program = server.environment() / "bin" / "label-studio"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(FAKE.format(python=sys.executable, behaviour=behaviour))
    program.chmod(0o755)
    (server.environment() / "ready").touch()


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder for an installed server that answers as healthy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    install("serves")
    return tmp_path / "data"


def alive(group: int) -> list[int]:
    """The processes of a group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


def are_gone(group: int) -> bool:
    end = time.monotonic() + 10
    while alive(group) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(group)


def test_lock_names_the_version_and_hashes_everything() -> None:
    content = LOCK.read_text(encoding="utf-8")
    pins = [line for line in content.splitlines() if not line.startswith(" ")]
    hashes = [line for line in content.splitlines() if line.startswith(" ")]
    assert any(line.startswith(f"label-studio=={VERSION} ") for line in pins)
    assert all(re.fullmatch(r"[a-z0-9._-]+==\S+( ; .+)? \\", line) for line in pins)
    assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes)
    assert "://" not in content


def test_secrets_are_made_once_and_are_the_owners_alone(data: Path) -> None:
    kept = []
    for _ in range(2):
        with server.serving(data) as studio:
            assert (studio.token, studio.url) == (server.token(data), server.address(data))
            kept.append([(data / name).read_text() for name in ("token", "password")])
    assert server.address(data) is None
    assert kept[0] == kept[1]
    assert re.fullmatch(r"[0-9a-f]{40}\n", kept[0][0])
    assert len(kept[0][1]) > 12
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in ("token", "password")} == {0o600}


def test_server_knows_what_it_needs_and_nothing_else(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_NAME", "/elsewhere")
    monkeypatch.setenv("LABEL_STUDIO_HOST", "http://elsewhere")
    monkeypatch.setenv("POSTGRE_HOST", "db")
    with server.serving(data) as studio:
        process = Path(f"/proc/{studio.process.pid}")
        environment = (process / "environ").read_bytes().decode()
        command = (process / "cmdline").read_bytes().decode()
    told = dict(line.split("=", 1) for line in environment.split("\0") if line)
    assert told["COLLECT_ANALYTICS"] == told["LATEST_VERSION_CHECK"] == "false"
    assert told["SENTRY_DSN"] == told["FRONTEND_SENTRY_DSN"] == ""
    assert told["https_proxy"] == told["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert told["LABEL_STUDIO_USER_TOKEN"] == studio.token
    assert told["POSTGRE_HOST"] == "db"
    assert "elsewhere" not in environment
    assert studio.token not in command
    assert "--internal-host\x00127.0.0.1" in command


def test_stop_leaves_no_process(data: Path) -> None:
    with server.serving(data) as studio:
        assert len(alive(studio.process.pid)) == 2
    assert are_gone(studio.process.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_command_stops_cleanly_on_signals(number: signal.Signals, data: Path) -> None:
    command = [sys.executable, "-m", "strife.cli", "label-studio", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serve:
        assert serve.stdout is not None
        lines = [serve.stdout.readline() for _ in range(4)]
        assert re.fullmatch(rf"Label Studio {VERSION} at http://127\.0\.0\.1:\d+\n", lines[0])
        assert str(data / "password") in lines[1]
        assert str(data / "token") in lines[2]
        group = json.loads((data / "server.json").read_text())["pid"]
        assert len(alive(group)) == 2
        serve.send_signal(number)
        _, errors = serve.communicate(timeout=20)
    assert serve.returncode == 0
    assert are_gone(group)
    assert errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors


def test_killed_command_leaves_a_server_that_the_next_one_names(data: Path) -> None:
    command = [sys.executable, "-m", "strife.cli", "label-studio", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serve:
        assert serve.stdout is not None
        serve.stdout.readline()
        serve.kill()
    group = json.loads((data / "server.json").read_text())["pid"]
    try:
        with pytest.raises(StudioError, match=f"in use by another server .* end process {group}"), server.serving(data):
            pass
    finally:
        os.killpg(group, signal.SIGKILL)
    assert are_gone(group)
    with server.serving(data):
        pass


def test_second_server_on_the_same_data_is_refused(data: Path) -> None:
    with server.serving(data) as first:
        again = server.serving(data)
        with pytest.raises(StudioError, match=f"in use by another server at {first.url}: end process"), again:
            pass
        assert server.address(data) == first.url


@contextmanager
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_port_that_is_taken_is_refused(data: Path) -> None:
    with taken() as port, pytest.raises(StudioError, match=f"port {port} is taken"), server.serving(data, port):
        pass


def test_server_that_dies_shows_the_end_of_its_log(data: Path) -> None:
    install("dies")
    with pytest.raises(StudioError, match=r"stopped while starting:\nno such table: users"), server.serving(data):
        pass
    assert server.address(data) is None


def test_server_that_never_answers_is_ended(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_SECONDS", 0.0)
    with pytest.raises(StudioError, match="does not answer"), server.serving(data):
        pass


def test_data_folder_that_cannot_be_used_is_refused(data: Path) -> None:
    data.write_text("x")
    with pytest.raises(StudioError, match="choose another --data"), server.serving(data / "below"):
        pass


def test_installation_that_fails_says_why_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(StudioError, match=r"failed:\nno room\n.*package registry"):
            server.install(said.append)
    assert len(said) == 2
    assert not (server.environment() / "ready").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"url": "x"})])
def test_record_of_a_running_server_that_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(content)
    assert server.address(tmp_path) is None


def test_folders_follow_the_users_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert server.default_data() == Path("/data/strife/label-studio")
    assert str(server.environment()).startswith(f"/cache/strife/label-studio-{VERSION}-")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert server.default_data() == Path.home() / ".local/share/strife/label-studio"
