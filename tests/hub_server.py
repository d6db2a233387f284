"""A server on the loopback interface that speaks as much of the Hub's HTTP API as publishing and loading need.

Datasets only. Repositories, commits and tags are values in memory; a commit's id is a hash of what it holds and of its
parent. `large` makes uploads take the way of large files. `breaks` maps a step ("commit", "tag", "upload") to what
befalls its next request: "before" (no answer, nothing done), "after" (done, but no answer), or a status to answer.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_good"


class Commit(NamedTuple):
    """What a repository held, and what came before."""

    sha: str
    parent: str | None
    message: str
    files: dict[str, bytes]


class Repository:
    """The commits of main, newest last, and the tags."""

    def __init__(self) -> None:
        self.commits = [made(None, "initial commit", {".gitattributes": b"*.parquet filter=lfs\n"})]
        self.tags: dict[str, str] = {}
        self.large: set[str] = set()  # sha256 of files in large file storage

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, tag or id names."""
        if revision == "main":
            return self.commits[-1]
        sha = self.tags.get(revision, revision)
        return next((commit for commit in self.commits if commit.sha == sha), None)


def made(parent: str | None, message: str, files: dict[str, bytes]) -> Commit:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    sha = hashlib.sha1(json.dumps([parent, message, digests], sort_keys=True).encode()).hexdigest()
    return Commit(sha, parent, message, files)


class Hub(ThreadingHTTPServer):
    """The server and its state."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.storage: dict[str, bytes] = {}
        self.large = False
        self.breaks: dict[str, str | int] = {}
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no matter."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A running server."""
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self.answer_to("GET")

    def do_HEAD(self) -> None:
        self.answer_to("HEAD")

    def do_POST(self) -> None:
        self.answer_to("POST")

    def do_PUT(self) -> None:
        self.answer_to("PUT")

    def answer_to(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.server.requests.append(f"{method} {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = path.split("/")
        if method == "PUT" and parts[0] == "storage":
            self.step("upload", lambda: self.stored(parts[1], body))
        elif path == "api/validate-yaml":
            self.send(200, {"errors": [], "warnings": []})
        elif path == "api/repos/create":
            self.step("create", lambda: self.created(json.loads(body)))
        elif path.endswith(".git/info/lfs/objects/batch"):
            self.batch(json.loads(body))
        elif parts[:2] == ["api", "datasets"] and len(parts) >= 4:
            self.repository(method, "/".join(parts[2:4]), parts[4:], body)
        elif parts[0] == "datasets" and len(parts) > 5 and parts[3] == "resolve":
            self.resolve(method, "/".join(parts[1:3]), parts[4], "/".join(parts[5:]))
        else:
            self.send(404, {"error": "Not found"})

    def step(self, name: str, work: Any) -> None:
        """Do the work of a step, unless the token is wrong or the step is to break."""
        how = self.server.breaks.pop(name, None)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" and name != "upload":
            self.send(401, {"error": "Invalid credentials"}, {"X-Error-Message": "Invalid credentials"})
        elif how == "before":
            self.drop()
        elif isinstance(how, int):
            self.send(how, {"error": "so it was told"})
        else:
            status, answer = work()
            self.drop() if how == "after" else self.send(status, answer)

    def drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)

    def send(self, status: int, answer: Any = None, headers: dict[str, str] | None = None) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def missing(self, what: str) -> None:
        self.send(404, {"error": what}, {"X-Error-Code": what, "X-Error-Message": what})

    def created(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked.get('organization') or 'someone'}/{asked['name']}"
        self.server.repositories.setdefault(name, Repository())
        return 200, {"url": f"{self.server.url}/datasets/{name}", "name": name}

    def repository(self, method: str, name: str, rest: list[str], body: bytes) -> None:
        repository = self.server.repositories.get(name)
        if repository is None:
            self.missing("RepoNotFound")
            return
        if rest[:1] == ["refs"]:
            self.send(200, refs(repository))
            return
        what, revision = (rest[0], rest[1] if len(rest) > 1 else "main") if rest else ("revision", "main")
        commit = repository.find(revision)
        if commit is None:
            self.missing("RevisionNotFound")
        elif what == "revision":
            self.send(200, info(name, commit))
        elif what == "tree":
            self.tree(repository, commit, "/".join(rest[2:]))
        elif what == "paths-info":
            paths = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode()).get("paths", [])
            there = commit.files.keys() | folders(commit)
            self.send(200, [self.entry(repository, commit, path) for path in paths if path in there])
        elif what == "preupload":
            mode = "lfs" if self.server.large else "regular"
            files = json.loads(body)["files"]
            answer = [{"path": f["path"], "uploadMode": mode, "shouldIgnore": False} for f in files]
            self.send(200, {"files": answer})
        elif what == "commit":
            self.step("commit", lambda: self.committed(name, repository, body))
        elif what == "tag":
            self.step("tag", lambda: self.tagged(repository, commit, json.loads(body)["tag"]))
        else:
            self.send(404, {"error": "Not found"})

    def committed(self, name: str, repository: Repository, body: bytes) -> tuple[int, Any]:
        head, files, message = repository.commits[-1], dict(repository.commits[-1].files), ""
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
                if value.get("parentCommit", head.sha) != head.sha:
                    return 412, {"error": "A commit has happened since. Please refresh and try again."}
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.server.storage[value["oid"]]
                repository.large.add(value["oid"])
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        repository.commits.append(made(head.sha, message, files))
        sha = repository.commits[-1].sha
        return 200, {"commitUrl": f"{self.server.url}/datasets/{name}/commit/{sha}", "commitOid": sha}

    def tagged(self, repository: Repository, commit: Commit, tag: str) -> tuple[int, Any]:
        if tag in repository.tags:
            return 409, {"error": "Tag reference exists already"}
        repository.tags[tag] = commit.sha
        return 200, {}

    def batch(self, asked: dict[str, Any]) -> None:
        objects = []
        for one in asked["objects"]:
            there = one["oid"] in self.server.storage
            href = {"href": f"{self.server.url}/storage/{one['oid']}", "header": {}}
            objects.append(one if there else one | {"actions": {"upload": href}})
        self.send(200, {"transfer": "basic", "objects": objects})

    def stored(self, oid: str, body: bytes) -> tuple[int, Any]:
        assert hashlib.sha256(body).hexdigest() == oid
        self.server.storage[oid] = body
        return 200, {}

    def tree(self, repository: Repository, commit: Commit, inside: str) -> None:
        paths = [path for path in sorted(commit.files.keys() | folders(commit)) if within(path, inside)]
        if inside and not paths:
            self.missing("EntryNotFound")
            return
        if "recursive=true" not in self.path.lower():
            paths = [path for path in paths if path.rpartition("/")[0] == inside]
        self.send(200, [self.entry(repository, commit, path) for path in paths])

    def entry(self, repository: Repository, commit: Commit, path: str) -> dict[str, Any]:
        if path not in commit.files:
            return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}
        content = commit.files[path]
        digest = hashlib.sha256(content).hexdigest()
        large = {"lfs": {"oid": digest, "size": len(content), "pointerSize": 128}} if digest in repository.large else {}
        return {"type": "file", "path": path, "size": len(content), "oid": blob(content), **large}

    def resolve(self, method: str, name: str, revision: str, path: str) -> None:
        repository = self.server.repositories.get(name)
        commit = repository.find(revision) if repository else None
        if commit is None:
            self.missing("RepoNotFound" if repository is None else "RevisionNotFound")
        elif path not in commit.files:
            self.missing("EntryNotFound")
        else:
            content = commit.files[path]
            headers = {"ETag": f'"{blob(content)}"', "X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes"}
            headers["Content-Type"] = "application/octet-stream"
            asked = self.headers.get("Range", "")
            if asked.startswith("bytes=") and method == "GET":
                first, _, last = asked.removeprefix("bytes=").partition("-")
                start = int(first) if first else len(content) - int(last)
                end = min(int(last) if first and last else len(content) - 1, len(content) - 1)
                headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
                self.send(206, content[start : end + 1], headers)
            else:
                self.send(200, content, headers)


def folders(commit: Commit) -> set[str]:
    parts = (path.split("/")[:-1] for path in commit.files)
    return {"/".join(some[: n + 1]) for some in parts for n in range(len(some))}


def within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


def refs(repository: Repository) -> dict[str, Any]:
    def ref(kind: str, name: str, sha: str) -> dict[str, str]:
        return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha}

    return {
        "branches": [ref("heads", "main", repository.commits[-1].sha)],
        "tags": [ref("tags", name, sha) for name, sha in repository.tags.items()],
        "converts": [],
    }


def info(name: str, commit: Commit) -> dict[str, Any]:
    siblings = [{"rfilename": path} for path in sorted(commit.files)]
    date = "2026-01-01T00:00:00.000Z"
    table = {"_id": "0" * 24, "id": name, "author": name.split("/")[0], "sha": commit.sha, "lastModified": date}
    more = {
        "createdAt": date,
        "private": False,
        "gated": False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
    }
    return table | more | {"siblings": siblings}
