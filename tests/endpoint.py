"""An endpoint on the loopback interface that answers as it is told, and keeps what it was asked."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request: its path, the key it brought, its JSON, and the text in it."""

    path: str
    key: str | None
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The text that it is about."""
        return str(self.body["messages"][-1]["content"])


class Said(NamedTuple):
    """A response; `drip` sends it byte by byte, so many seconds apart, and `wait` waits before it begins."""

    status: int
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    drip: float = 0.0


Behaviour = Callable[[Asked, int], Said]  # the request, and how often this text was asked about before


def completion(content: str | None, finish: str = "stop", refusal: str | None = None) -> Said:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return Said(200, json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode())


def answer(entities: list[tuple[str, str]], events: list[tuple[str, str, list[tuple[str, str]]]] | None = None) -> Said:
    """Entities (text, label), events (type, trigger, arguments (role, text))."""
    said = {
        "entities": [{"text": text, "label": label} for text, label in entities],
        "events": [
            {"type": kind, "trigger": trigger, "arguments": [{"role": r, "text": t} for r, t in arguments]}
            for kind, trigger, arguments in events or []
        ],
    }
    return completion(json.dumps(said))


class Endpoint(ThreadingHTTPServer):
    """The server and its state."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """What a user gives."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, self.headers.get("Authorization"), body)
        before = sum(one.text == asked.text for one in self.server.asked)
        self.server.asked.append(asked)
        said = self.server.behaviour(asked, before)
        time.sleep(said.wait)
        with suppress(OSError):  # the other side may have given up
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.content)))
            self.end_headers()
            if not said.drip:
                self.wfile.write(said.content)
            for n in range(len(said.content) if said.drip else 0):
                self.wfile.write(said.content[n : n + 1])
                self.wfile.flush()
                time.sleep(said.drip)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def served(behaviour: Behaviour) -> Iterator[Endpoint]:
    """An endpoint that behaves so, as long as the block lasts."""
    import threading

    server = Endpoint(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
