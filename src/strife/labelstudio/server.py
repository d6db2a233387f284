"""A Label Studio server of one's own: installed once, started on the loopback interface, stopped without a trace.

The server lives in an environment of its own, because it pins versions that bite with everybody else's. What is
installed stands in `server.lock` beside this module, with hashes. Nothing but `pip install` reaches another machine:
usage statistics, error reports and version checks are off, and what else the server fetches for its pages meets a
proxy that nobody listens at.
"""

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from strife.refusal import Refusal

VERSION = "1.23.2"
LOCK = Path(__file__).with_name("server.lock")
ADMIN = "admin@example.org"
START_SECONDS = 300  # the first start creates the database: 50 s on an idle machine, more on a busy one
STOP_SECONDS = 10
LOG = "label-studio.log"
_RUNNING = "server.json"


class StudioError(Refusal):
    """The server cannot be installed or started; the message says why and what to do."""


class Studio(NamedTuple):
    """A running server, and what its data folder holds to reach it."""

    url: str
    token: str
    data: Path
    process: subprocess.Popen[bytes]


def default_data() -> Path:
    """Where the server's data lies unless another folder is named."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "strife" / "label-studio"


def environment() -> Path:
    """The folder of the server's own environment; another lock gives another folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "strife" / f"label-studio-{VERSION}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]}"


def install(say: Callable[[str], None]) -> Path:
    """Install the server unless it is there; the program's path. Raises StudioError."""
    folder = environment()
    program = folder / "bin" / "label-studio"
    ready = folder / "ready"
    if ready.exists():
        return program
    say(f"installing Label Studio {VERSION} into {folder} (once; about 1 GB, some minutes)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.parent / f".{folder.name}.lock"):
        if ready.exists():  # somebody else has been at it
            return program
        python = folder / "bin" / "python"
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        _run([*pip, "--require-hashes", "-r", str(LOCK)])
        ready.touch()
    return program


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process is in here."""
    import fcntl

    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise StudioError(f"{' '.join(command[:4])} failed:\n{last}\nCheck that the package registry can be reached.")


@contextmanager
def serving(data: Path, port: int = 0, say: Callable[[str], None] = lambda line: None) -> Iterator[Studio]:
    """A healthy server on 127.0.0.1 for as long as the block runs. Port 0: any free one. Raises StudioError."""
    program = install(say)
    _prepare(data)
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    if not _is_free(port):
        raise StudioError(f"port {port} is taken (by another server?); stop that or choose another --port")
    log = data / LOG
    with _single(data) as lock:
        say(f"starting Label Studio {VERSION} with {data} (the first start takes a minute)")
        process = _start(program, data, port, log, lock)
        try:
            _wait(process, url, log)
            (data / _RUNNING).write_text(json.dumps({"url": url, "pid": process.pid}), encoding="utf-8")
            yield Studio(url, _secret(data, "token"), data, process)
        finally:
            (data / _RUNNING).unlink(missing_ok=True)
            _stop(process)


def address(data: Path) -> str | None:
    """The address of the server that runs with this data folder; None when none does."""
    running = _running(data)
    return str(running["url"]) if running else None


def _running(data: Path) -> dict[str, Any] | None:
    try:
        table = json.loads((data / _RUNNING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) and {"url", "pid"} <= table.keys() else None


def token(data: Path) -> str | None:
    """The admin's token, as `serve` keeps it in the data folder; None when there is none."""
    path = data / "token"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


@contextmanager
def _single(data: Path) -> Iterator[int]:
    """Two servers on one SQLite file would destroy each other's work.

    The lock (its handle is given) is handed on to the server: it holds even if we are killed and the server is not.
    """
    import fcntl

    handle = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        running = _running(data)
        known = f" at {running['url']}: end process {running['pid']}, or use it" if running else ""
        raise StudioError(f"{data} is in use by another server{known}") from error
    else:
        yield handle
    finally:
        os.close(handle)


def _prepare(data: Path) -> None:
    """The data folder with a password and a token that only its owner can read."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        for name, secret in (("token", secrets.token_hex(20)), ("password", secrets.token_urlsafe(12))):
            if not (data / name).exists():
                handle = os.open(data / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(secret + "\n")
    except OSError as error:
        raise StudioError(f"{data}: cannot be used for data ({error.strerror}); choose another --data") from error


def _secret(data: Path, name: str) -> str:
    return (data / name).read_text(encoding="utf-8").strip()


def settings(data: Path) -> dict[str, str]:
    """What the server is told by its environment; secrets go this way, since `ps` shows command lines."""
    nowhere = "http://127.0.0.1:9"  # the discard port: refuses at once
    return {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data.absolute()),
        "LABEL_STUDIO_USERNAME": ADMIN,
        "LABEL_STUDIO_PASSWORD": _secret(data, "password"),
        "LABEL_STUDIO_USER_TOKEN": _secret(data, "token"),
        "COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": "false",
        "FEATURE_FLAGS_OFFLINE": "true",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _start(program: Path, data: Path, port: int, log: Path, lock: int) -> subprocess.Popen[bytes]:
    command = [str(program), "start", "--init", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    command += ["--data-dir", str(data), "--enable-legacy-api-token", "--log-level", "WARNING"]
    # Of the surroundings only what any program needs, and another database: a stray HOST would change the server.
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "DJANGO_DB")
    kept = {name: text for name, text in os.environ.items() if name in wanted or name.startswith("POSTGRE_")}
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=kept | settings(data),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            start_new_session=True,  # a group of its own: Ctrl-C reaches it through us, and nothing of it is left
        )


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until the server answers. Raises StudioError with the end of its log when it does not."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if _is_healthy(url):
            return
        if process.poll() is not None:
            raise StudioError(f"Label Studio stopped while starting:\n{_tail(log)}\nThe whole log: {log}")
        time.sleep(0.5)
    raise StudioError(f"Label Studio does not answer at {url} after {START_SECONDS} s:\n{_tail(log)}\nLog: {log}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])


def _is_healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=5) as answer:
            return b"UP" in answer.read(100)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group, and wait until it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end:
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
