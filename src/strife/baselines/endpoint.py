"""A language model behind an OpenAI-compatible endpoint, told the ontology and asked for JSON of a given schema.

The model quotes; where a quote stands is found by the rules of `strife.scoring.resolve`. What it makes up (quotes that
are not in the text, labels and roles that the ontology does not have) is left out and named in the document's
`meta["left_out"]`. What goes wrong on the way is tried again, later each time; then the document has no prediction
(NoPrediction) and the run goes on. A key comes from an environment variable and goes nowhere but to the endpoint.
"""

import email.utils
import json
import os
import random
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from strife.baselines.outside import LEFT_OUT, NoPrediction, OutsideError, as_json, settings
from strife.baselines.pieces import Labelled, Span, assemble
from strife.baselines.prompt import instructions, schema
from strife.model import Document
from strife.ontology import ANY_EVENT, Ontology
from strife.scoring.resolve import Answer, QuotedEntity, QuotedEvent, resolve
from strife.segment import sentences

LARGEST = 1 << 24  # bytes of an answer
PATIENCE = 120.0  # seconds: the longest wait that an endpoint may ask for
FINAL = frozenset({400, 413, 422})  # this text, not the endpoint
PASSING = frozenset({408, 409, 425, 429})  # and all from 500 on


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The endpoint (as http://localhost:8000/v1), and how to ask it.

    `key` names the environment variable with the key; `pause` seconds pass before the second attempt, twice as many
    before the next; a text of more than `longest` code points is asked about in pieces; `body` goes into each request.
    """

    url: str
    model: str
    key: str = "STRIFE_LLM_KEY"
    seconds: float = 120.0
    attempts: int = 5
    pause: float = 1.0
    longest: int = 12_000
    temperature: float | None = 0.0
    body: dict[str, Any] = {}

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise ValueError(f"url={self.url}: expected http(s)://host/v1, without a name or a password in it")
        if self.attempts < 1 or self.seconds <= 0 or self.longest < 1:
            raise ValueError("attempts, seconds and longest are more than 0")


class Known(msgspec.Struct, frozen=True):
    """What an answer may say: labels of mentions; types of events, their roles, and what may fill these (none: all)."""

    mentions: tuple[str, ...]
    events: dict[str, dict[str, tuple[str, ...]]]


class Stored(msgspec.Struct, frozen=True):
    """What model.json says."""

    name: str
    ontology: str
    settings: Settings
    known: Known


class _Reply(msgspec.Struct, frozen=True):
    """What the schema asks for."""

    entities: tuple[QuotedEntity, ...]
    events: tuple[QuotedEvent, ...]


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: tuple[_Choice, ...]


class _Again(Exception):
    """Worth another attempt, after so many seconds if the endpoint said when; `down`: it is not the text's fault."""

    def __init__(self, why: str, after: float | None = None, down: bool = False) -> None:
        super().__init__(why)
        self.after, self.down = after, down


class Found(NamedTuple):
    """What a text was found to hold, and what was left out."""

    mentions: list[Labelled]
    triggers: list[Labelled]
    arguments: list[tuple[int, str, bool, int]]  # as assemble takes them
    left_out: list[str]


class Llm:
    """An endpoint, what it is told, and the form in which it answers."""

    name = "llm"

    def __init__(self, stored: Stored, prompt: str, form: dict[str, Any]) -> None:
        import httpx2

        self.stored, self.prompt, self.form = stored, prompt, form
        self._key = os.environ.get(stored.settings.key, "").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise OutsideError(f"${stored.settings.key} holds no key (odd characters); set it to the endpoint's key")
        self._client = httpx2.Client(timeout=stored.settings.seconds)
        weakref.finalize(self, self._client.close)
        self._down = False  # the last text failed after all its attempts, and not by its own fault

    @classmethod
    def fit(cls, ontology: Ontology, given: Mapping[str, str]) -> Self:
        """Nothing is learned, and nothing sent: the ontology becomes instructions and a schema. Raises OutsideError."""
        events = {
            kind: {role: rule.types for role, rule in event.arguments.items()}
            for kind, event in ontology.event_types.items()
        }
        told = settings(Settings, given)
        known = Known(tuple(ontology.entity_types), events)
        stored = Stored(cls.name, f"{ontology.name} {ontology.version}", told, known)
        return cls(stored, instructions(ontology), schema(ontology))

    def files(self) -> dict[str, bytes]:
        """Settings, instructions and schema; no key."""
        prompt = self.prompt.encode()
        return {"model.json": as_json(self.stored), "prompt.txt": prompt, "schema.json": as_json(self.form)}

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """The model in a folder."""
        import httpx2  # noqa: F401

        stored = msgspec.json.decode((folder / "model.json").read_bytes(), type=Stored)
        form = json.loads((folder / "schema.json").read_bytes())
        return cls(stored, (folder / "prompt.txt").read_text(encoding="utf-8"), form)

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict; answers have no probabilities."""
        return self.predict(document), {}

    def predict(self, document: Document) -> Document:
        """The document with what the model says of it; what it made up is named in `meta["left_out"]`, line by line.

        Raises NoPrediction when there is no usable answer after all attempts, OutsideError when the endpoint does not
        take requests of this kind at all (the wrong key, no such model).
        """
        found = Found([], [], [], [])
        for start, end in pieces(document.text, self.stored.settings.longest):
            text = document.text[start:end]
            one = placed(self._ask(document.doc_id, text), text, self.stored.known)
            mentions, triggers = len(found.mentions), len(found.triggers)
            found.mentions.extend((a + start, b + start, label) for a, b, label in one.mentions)
            found.triggers.extend((a + start, b + start, label) for a, b, label in one.triggers)
            for event, role, is_event, filler in one.arguments:
                offset = triggers if is_event else mentions
                found.arguments.append((event + triggers, role, is_event, filler + offset))
            found.left_out.extend(one.left_out)
        predicted = assemble(document, found.mentions, found.triggers, found.arguments)
        meta = {name: value for name, value in document.meta.items() if name != LEFT_OUT}
        return msgspec.structs.replace(
            predicted, meta=meta | ({LEFT_OUT: "\n".join(found.left_out)} if found.left_out else {})
        )

    def _ask(self, doc_id: str, text: str) -> _Reply:
        """The model's answer on a text, tried again with ever longer pauses.

        While the endpoint is down, each further document gets one attempt: they are named and can be tried again later.
        """
        told = self.stored.settings
        attempts = 1 if self._down else told.attempts
        last = _Again("")
        for attempt in range(1, attempts + 1):
            try:
                reply = self._once(doc_id, text)
            except _Again as again:
                last = again
                if attempt < attempts:
                    wait = told.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
                    time.sleep(min(PATIENCE, wait if again.after is None else again.after))
                continue
            self._down = False
            return reply
        self._down = last.down
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        raise NoPrediction(f"{doc_id}: no usable answer in {tries} ({last}); run it again when the endpoint is well")

    def _once(self, doc_id: str, text: str) -> _Reply:
        """One request. Raises _Again, NoPrediction or OutsideError."""
        status, headers, content = self._post(json.dumps(self._request(text)).encode())
        if status == 200:
            return _reply(content)
        said = self._hidden(_excerpt(content))
        if status in PASSING or status >= 500:
            raise _Again(f"{status} {said}", _seconds(headers.get("retry-after", "")), down=True)
        if status in FINAL:
            raise NoPrediction(f"{doc_id}: the endpoint does not take this request ({status} {said})")
        key = f"the key in ${self.stored.settings.key}" if self._key else f"that ${self.stored.settings.key} is set"
        raise OutsideError(
            f"{self.stored.settings.url}: the endpoint answers {status} {said}; check {key}, the url and the model"
        )

    def _request(self, text: str) -> dict[str, Any]:
        told = self.stored.settings
        form = {"type": "json_schema", "json_schema": {"name": "annotation", "strict": True, "schema": self.form}}
        messages = [{"role": "system", "content": self.prompt}, {"role": "user", "content": text}]
        body: dict[str, Any] = {"model": told.model, "messages": messages, "response_format": form}
        if told.temperature is not None:
            body["temperature"] = told.temperature
        return body | told.body

    def _post(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and content; the whole of it within the time that one request may take."""
        import httpx2

        told = self.stored.settings
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        until = time.monotonic() + told.seconds
        content = bytearray()
        try:
            address = f"{told.url.rstrip('/')}/chat/completions"
            with self._client.stream("POST", address, content=body, headers=headers) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > LARGEST:
                        raise _Again(f"an answer of more than {LARGEST} bytes")
                    if time.monotonic() > until:
                        raise _Again(f"no whole answer within {told.seconds:g} s", down=True)
                return response.status_code, response.headers, bytes(content)
        except httpx2.TimeoutException as error:
            raise _Again(f"no answer within {told.seconds:g} s", down=True) from error
        except httpx2.RequestError as error:
            raise _Again(self._hidden(f"{type(error).__name__}: {error}"), down=True) from error
        except httpx2.InvalidURL as error:
            raise OutsideError(f"{told.url}: no address ({error}); train again with another url") from error

    def _hidden(self, said: str) -> str:
        """Some servers quote the key in what they say."""
        return said.replace(self._key, "***") if self._key else said


def pieces(text: str, longest: int) -> Iterator[Span]:
    """A text in pieces of whole sentences, each of at most `longest` code points (a longer sentence is cut)."""
    begin = end = 0
    for start, stop in sentences(text):
        if end > begin and stop - begin > longest:
            yield begin, end
            begin = end
        if begin == end:
            begin = start
        while stop - begin > longest:
            yield begin, begin + longest
            begin += longest
        end = stop
    if end > begin:
        yield begin, end


def placed(reply: _Reply, text: str, known: Known) -> Found:
    """An answer with offsets into the text; what the model made up is left out and named."""
    left_out = [f"entity {e.text!r}: no label {e.label!r}" for e in reply.entities if e.label not in known.mentions]
    left_out += [f"event {e.quote!r}: no type {e.type!r}" for e in reply.events if e.type not in known.events]
    events = [e for e in reply.events if e.type in known.events]
    answer = Answer("", tuple(e for e in reply.entities if e.label in known.mentions), tuple(events))
    resolution = resolve([answer], {"": text})
    left_out += [f"{lost.kind} {lost.quote!r}: not in the text, or not so often" for lost in resolution.lost]
    (document,) = resolution.documents
    mentions = sorted({(*e.span, e.label) for e in document.entities if e.end <= len(text)})
    merged: dict[Labelled, set[tuple[str, Span]]] = {}
    for event in document.events:
        if event.trigger.end <= len(text):
            spans = {(a.role, (a.start or 0, a.end or 0)) for a in event.arguments}
            merged.setdefault((*event.span, event.type), set()).update(spans)
    triggers = sorted(merged)
    arguments = []
    for number, trigger in enumerate(triggers):
        for role, span in sorted(merged[trigger]):
            if span[1] > len(text):
                continue  # named already
            filler = _filler(span, known.events[trigger[2]].get(role), mentions, triggers, number)
            if filler is None:
                quote = text[span[0] : span[1]]
                left_out.append(f"argument {quote!r}: nothing there that may be the {role!r} of {trigger[2]}")
            else:
                arguments.append((number, role, *filler))
    return Found(mentions, triggers, arguments, left_out)


def _filler(
    span: Span, types: tuple[str, ...] | None, mentions: list[Labelled], triggers: list[Labelled], event: int
) -> tuple[bool, int] | None:
    """The mention or other event at a span that may fill a role with these types: the same span, else one around."""
    if types is None:
        return None
    options = [(m[:2] != span, False, n) for n, m in enumerate(mentions) if not types or m[2] in types]
    if not types or ANY_EVENT in types:
        options += [(t[:2] != span, True, n) for n, t in enumerate(triggers) if n != event]
    else:
        options += [(t[:2] != span, True, n) for n, t in enumerate(triggers) if n != event and t[2] in types]
    near = [
        (apart, is_event, n)
        for apart, is_event, n in options
        if (item := (triggers if is_event else mentions)[n])[0] <= span[0] and span[1] <= item[1]
    ]
    return min(near)[1:] if near else None


def _reply(content: bytes) -> _Reply:
    """What the model said. Raises _Again when that is no JSON of the schema's shape."""
    try:
        choice = msgspec.json.decode(content, type=_Completion).choices[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        raise _Again(f"no chat completion: {_excerpt(content)!r} ({error})") from error
    said = (choice.message.content or "").rpartition("</think>")[2]
    if choice.message.refusal or not said.strip():
        raise _Again(f"the model says nothing ({choice.message.refusal or 'an empty answer'})")
    try:
        return msgspec.json.decode(said[said.index("{") : said.rindex("}") + 1], type=_Reply)
    except (ValueError, RecursionError) as error:
        cut = "cut off by the token limit; see max_tokens" if choice.finish_reason == "length" else str(error)
        raise _Again(f"the answer is not of the schema: {_excerpt(said.encode())!r} ({cut})") from error


def _excerpt(content: bytes) -> str:
    """The beginning of what a server said, on one line."""
    return " ".join(content[:400].decode("utf-8", "replace").split())[:160]


def _seconds(retry_after: str) -> float | None:
    """How long to wait, from the header: a number of seconds or a date."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
