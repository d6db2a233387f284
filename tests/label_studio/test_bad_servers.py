"""Tokens, configurations and servers that are not as they should be."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from strife.check import check_paths
from strife.labelstudio.client import Client, ServerError, token_kind
from strife.labelstudio.interface import differences, interface
from strife.labelstudio.pull import pull
from strife.labelstudio.push import PushError, Setup, push_tasks
from strife.labelstudio.server import Studio
from strife.labelstudio.tasks import annotation, task
from strife.model import Document
from strife.ontology import Ontology


@contextmanager
def answering(answers: dict[str, tuple[int, str]]) -> Iterator[str]:
    """A server that says what it is told, by path; 404 otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            status, body = answers.get(self.path.partition("?")[0], (404, "<html>not found</html>"))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


GOOD = {"/api/version": (200, '{"release": "1.23.2"}'), "/api/current-user/whoami": (200, '{"id": 1}')}
TOKEN = "0" * 40


@pytest.mark.parametrize("release", ["1.22.0", "1.8.2", "0.9.1", "2.0.0", "2.1.0.dev1"])
def test_unsupported_version_is_named(release: str) -> None:
    with (
        answering({"/api/version": (200, json.dumps({"release": release}))}) as url,
        pytest.raises(ServerError, match=rf"Label Studio {release}; strife works with 1\.23 up to, but not, 2\.0"),
    ):
        Client(url, TOKEN)


@pytest.mark.parametrize("release", ["1.23.0", "1.23.2", "1.24.1+4.gabc", "1.100.0"])
def test_supported_versions(release: str) -> None:
    with answering(GOOD | {"/api/version": (200, json.dumps({"release": release}))}) as url, Client(url, TOKEN) as one:
        assert (one.version, one.me) == (release, 1)


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"release": null}', '{"release": "newest"}', ""])
@pytest.mark.parametrize("status", [200, 404, 502])
def test_something_else_answers(status: int, body: str) -> None:
    with (
        answering({"/api/version": (status, body)}) as url,
        pytest.raises(ServerError, match=r"no Label Studio|strife works with"),
    ):
        Client(url, TOKEN)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "<html>a proxy</html>"), (500, "{}"), (502, "bad gateway"), (403, '{"detail": "no"}'), (200, "{}")],
)
def test_half_broken_answers_are_refusals(status: int, body: str) -> None:
    with (
        answering(GOOD | {"/api/current-user/whoami": (status, body)}) as url,
        pytest.raises(ServerError),
    ):
        Client(url, TOKEN)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "<html>"), (500, '{"detail": "database is locked"}'), (200, "{}"), (200, '{"results": [{}]}'), (200, "[]")],
)
def test_half_broken_answers_later_on(status: int, body: str, ontology: Ontology, tmp_path: Path) -> None:
    with answering(GOOD | {"/api/projects/": (status, body), "/api/projects": (status, body)}) as url:
        with Client(url, TOKEN) as client, pytest.raises(ServerError):
            pull(client, "Batch", tmp_path / "batch", ontology)
        assert not (tmp_path / "batch").exists()


def test_nothing_answers() -> None:
    with answering({}) as url:
        pass
    with pytest.raises(ServerError, match=r"nothing answers .*`strife label-studio serve`"):
        Client(url, TOKEN)


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1", "http://", "http://[", "http://127.0.0.1:99999"])
def test_address_that_is_none(url: str) -> None:
    with pytest.raises(ServerError):
        Client(url, TOKEN)


def personal_token(admin: Client) -> str:
    """The admin's personal access token; a new one if there is one already."""
    import httpx

    with httpx.Client(base_url=admin.url, headers={"Authorization": f"Token {admin.token}"}) as http:
        answer = http.post("/api/token/")
        if answer.status_code == 409:
            pytest.fail("the token can be made only once a session")
        return str(answer.json()["token"])


def test_both_kinds_of_token_work_and_wrong_ones_are_told_apart(
    admin: Client, studio: Studio, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    import httpx

    personal = personal_token(admin)
    assert (token_kind(personal), token_kind(studio.token)) == ("personal", "legacy")
    with Client(studio.url, personal) as client:
        assert client.me == admin.me
        push_tasks(client, Setup(title, interface(ontology)), [task(Document("d", "Talmar fell."))])
        assert pull(client, title, tmp_path / "batch", ontology).counts["tasks"] == 1
    access = httpx.post(f"{studio.url}/api/token/refresh/", json={"refresh": personal}).json()["access"]
    with pytest.raises(ServerError, match="lives five minutes; give the personal access token"):
        Client(studio.url, access)
    with pytest.raises(ServerError, match="it is a personal access token: of another server"):
        Client(studio.url, personal[:-4] + "AAAA")
    with pytest.raises(ServerError, match="looks like a legacy token: of another server"):
        Client(studio.url, TOKEN)
    with pytest.raises(ServerError, match="neither a legacy token"):
        Client(studio.url, "letmein")
    admin._api.jwt_settings.update(api_token_ttl_days=100, legacy_api_tokens_enabled=False, api_tokens_enabled=True)
    try:
        with pytest.raises(ServerError, match="this is a legacy token, and the server takes none"):
            Client(studio.url, studio.token)
    finally:
        with Client(studio.url, personal) as client:
            client._api.jwt_settings.update(
                api_token_ttl_days=100, legacy_api_tokens_enabled=True, api_tokens_enabled=True
            )
    Client(studio.url, studio.token).close()


def test_labels_edited_by_hand(admin: Client, title: str, ontology: Ontology) -> None:
    wanted = interface(ontology)
    marked = task(document := Document("d", "Talmar fell.")) | {"annotations": [annotation(document, ontology)]}
    done = push_tasks(admin, Setup(title, wanted), [marked])
    edited = wanted.replace('<Label value="FAC"', '<Label value="SITE"')
    assert edited != wanted
    admin.change_project(done.project, label_config=edited)
    with pytest.raises(PushError, match="has entity: SITE, which the ontology has not; lacks entity: FAC"):
        push_tasks(admin, Setup(title, wanted), [marked])
    found = differences(admin.wanted_project(title).config, wanted)
    assert (found.foreign, found.lacking) == (("entity: SITE",), ("entity: FAC",))
    again = push_tasks(admin, Setup(title, wanted, overwrite=True), [marked])
    assert again.notes == (
        "labelling interface updated: it has entity: SITE, which the ontology has not; lacks entity: FAC",
    )
    assert push_tasks(admin, Setup(title, wanted), [marked]).notes == ()


def test_annotations_keep_labels_that_are_taken_away(
    admin: Client, title: str, ontology: Ontology, tmp_path: Path
) -> None:
    wanted = interface(ontology)
    pushed = push_tasks(admin, Setup(title, wanted), [task(Document("d", "Talmar fell."))])
    edited = wanted.replace('<Label value="FAC"', '<Label value="SITE"')
    admin.change_project(pushed.project, label_config=edited)
    (held,) = admin.tasks(pushed.project)
    region = {"from_name": "entity", "to_name": "text", "type": "labels", "id": "m"}
    value = {"start": 0, "end": 6, "text": "Talmar", "labels": ["SITE"]}
    admin.annotate(held.id, {"result": [region | {"value": value}]})
    push_tasks(admin, Setup(title, wanted, overwrite=True), [])  # the server would let any label go
    done = pull(admin, title, tmp_path / "batch", ontology)
    assert [f.code for f in check_paths(done.files, ontology).report.findings if f.quote == "Talmar"] == ["ONT301"]


def test_new_labels_of_the_ontology_are_added(admin: Client, title: str, ontology: Ontology) -> None:
    wanted = interface(ontology)
    start = wanted.index('<Label value="FAC"')
    older = wanted[:start] + wanted[wanted.index("/>", start) + 2 :]
    push_tasks(admin, Setup(title, older), [])
    done = push_tasks(admin, Setup(title, wanted), [])
    assert done.notes == ("labelling interface updated: it lacks entity: FAC",)


def test_tasks_that_others_put_in_are_left_alone(admin: Client, title: str, ontology: Ontology) -> None:
    setup = Setup(title, interface(ontology))
    done = push_tasks(admin, setup, [task(Document("d", "Talmar fell."))])
    admin.import_tasks(done.project, [{"data": {"text": "Somebody's own."}}])
    assert push_tasks(admin, setup, [task(Document("d", "Talmar fell."))]).notes == (
        "1 tasks have no doc_id: not pushed by strife, and left alone",
    )
    admin.import_tasks(done.project, [{"data": {"doc_id": "d", "text": "Talmar fell."}}])
    with pytest.raises(PushError, match="on the server twice: d"):
        push_tasks(admin, setup, [task(Document("d", "Talmar fell."))])


def test_two_projects_of_one_title(admin: Client, title: str, ontology: Ontology) -> None:
    for _ in range(2):
        admin.create_project(title, label_config=interface(ontology))
    with pytest.raises(ServerError, match="are all called"):
        push_tasks(admin, Setup(title, interface(ontology)), [])
