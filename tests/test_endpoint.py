"""A language model behind an endpoint: asked in the ontology's terms, believed only where the text says so.

Whatever the endpoint does, the run goes on, the document is named, and nothing is lost or doubled.
"""

import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import msgspec
import pytest
from typer.testing import CliRunner

from strife import baselines
from strife.archive.run import run
from strife.archive.units import part
from strife.baselines.endpoint import pieces
from strife.baselines.outside import LEFT_OUT, NoPrediction, OutsideError
from strife.cli import app
from strife.model import Argument, Document, Event, Trigger, decode
from strife.ontology import IMPORTED, Ontology, load_ontology
from strife.store import read_documents, write_documents, write_whole
from tests.endpoint import Asked, Behaviour, Endpoint, Said, answer, completion, served

KEY = "sk-secret-0123456789"
TEXT = "\U0001f600 Police said\r\nthat rebels killed two villagers in Talmar \U0001f4a5. Rebels fled."
GOOD = answer(
    [("Police", "ARM"), ("rebels", "PER"), ("two", "NUM"), ("villagers", "PER"), ("Talmar", "GPE"), ("Rebels", "PER")],
    [
        ("DEATH", "killed", [("agent", "rebels"), ("victim", "villagers"), ("place", "Talmar"), ("count", "two")]),
        ("STATEMENT", "said", [("speaker", "Police"), ("content", "killed")]),
    ],
)


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIFE_LLM_KEY", raising=False)


def made(endpoint: Endpoint | str, ontology: Ontology, **given: str) -> Any:
    url = endpoint if isinstance(endpoint, str) else endpoint.url
    told = {"url": url, "model": "some-model", "pause": "0", "seconds": "5", **given}
    return baselines.train("llm", [], [], ontology, settings=told)


def always(said: Said) -> Behaviour:
    return lambda asked, before: said


def surfaces(document: Document) -> set[tuple[str, str]]:
    return {(document.surface(item), item.label) for item in document.items}


def test_quotes_become_offsets_and_arguments_point_at_what_was_found(ontology: Ontology) -> None:
    with served(always(GOOD)) as endpoint:
        found = made(endpoint, ontology).predict(Document("d", TEXT))
    assert [(e.id, found.surface(e), e.label) for e in found.entities] == [
        ("m1", "Police", "ARM"),
        ("m2", "rebels", "PER"),
        ("m3", "two", "NUM"),
        ("m4", "villagers", "PER"),
        ("m5", "Talmar", "GPE"),
        ("m6", "Rebels", "PER"),
    ]
    assert [(e.type, found.surface(e), {(a.role, a.target) for a in e.arguments}) for e in found.events] == [
        ("STATEMENT", "said", {("speaker", "m1"), ("content", "e2")}),
        ("DEATH", "killed", {("agent", "m2"), ("victim", "m4"), ("place", "m5"), ("count", "m3")}),
    ]
    assert LEFT_OUT not in found.meta


def test_what_the_model_makes_up_is_left_out_and_named(ontology: Ontology) -> None:
    said = answer(
        [("Police", "ARM"), ("General Vask", "PER"), ("rebels", "REBEL"), ("Talmar", "GPE"), ("Talmar", "GPE")],
        [
            (
                "DEATH",
                "killed",
                [("agent", "Police"), ("victim", "three men"), ("boss", "Police"), ("count", "Talmar")],
            ),
            ("DEATH", "slaughtered", [("agent", "Police")]),
            ("COUP", "fled", []),
            ("STATEMENT", "said", [("speaker", "villagers")]),
        ],
    )
    with served(always(said)) as endpoint:
        document = Document("d", TEXT, meta={"file": "x", LEFT_OUT: "of an earlier run"})
        found = made(endpoint, ontology).predict(document)
    assert surfaces(found) == {("Police", "ARM"), ("Talmar", "GPE"), ("killed", "DEATH"), ("said", "STATEMENT")}
    assert {(e.type, a.role) for e in found.events for a in e.arguments} == {("DEATH", "agent")}
    assert found.meta["file"] == "x"
    assert sorted(found.meta[LEFT_OUT].splitlines()) == [
        "argument 'Police': nothing there that may be the 'boss' of DEATH",
        "argument 'Talmar': nothing there that may be the 'count' of DEATH",
        "argument 'three men': not in the text, or not so often",
        "argument 'villagers': nothing there that may be the 'speaker' of STATEMENT",
        "entity 'General Vask': not in the text, or not so often",
        "entity 'Talmar': not in the text, or not so often",
        "entity 'rebels': no label 'REBEL'",
        "event 'fled': no type 'COUP'",
        "trigger 'slaughtered': not in the text, or not so often",
    ]


def test_the_request_is_what_an_openai_compatible_endpoint_takes(
    ontology: Ontology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIFE_LLM_KEY", f"{KEY}\n")
    with served(always(GOOD)) as endpoint:
        made(endpoint, ontology, body='{"max_tokens": 9}', temperature="null").predict(Document("d", TEXT))
    (asked,) = endpoint.asked
    assert (asked.path, asked.key) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert asked.text == TEXT
    assert sorted(asked.body) == ["max_tokens", "messages", "model", "response_format"]
    form = asked.body["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    for label in (*ontology.entity_types, *ontology.event_types, *ontology.role_names):
        assert label in asked.body["messages"][0]["content"]


@pytest.mark.parametrize("name", [None, *IMPORTED])
def test_the_schema_takes_what_the_ontology_allows_and_nothing_else(name: str | None) -> None:
    ontology = load_ontology(name)
    form = json.loads(made("http://127.0.0.1:9/v1", ontology).files()["schema.json"])
    jsonschema.Draft202012Validator.check_schema(form)
    takes = jsonschema.Draft202012Validator(form).is_valid
    assert takes({"entities": [], "events": []})
    assert not takes({"entities": []})
    for label in ontology.entity_types:
        assert takes({"entities": [{"text": "x", "label": label}], "events": []})
    assert not takes({"entities": [{"text": "x", "label": "NONE"}], "events": []})
    for kind, event in list(ontology.event_types.items())[:2]:
        for role in ontology.role_names:
            one = {"type": kind, "trigger": "x", "arguments": [{"role": role, "text": "y"}]}
            assert takes({"entities": [], "events": [one]}) == (role in event.arguments)
    if ontology.event_types:
        options = form["properties"]["events"]["items"]["anyOf"]
        assert [one["properties"]["type"]["enum"] for one in options] == [[kind] for kind in ontology.event_types]

    def objects(part: Any) -> list[dict[str, Any]]:
        inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        own = [part] if isinstance(part, dict) and part.get("type") == "object" else []
        return own + [found for one in inside for found in objects(one)]

    for one in objects(form):  # what endpoints call strict
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])


def test_a_stored_endpoint_asks_the_same_and_holds_no_key(
    ontology: Ontology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_KEY", KEY)
    with served(always(GOOD)) as endpoint:
        model = made(endpoint, ontology, key="OTHER_KEY")
        write_whole({tmp_path / name: content for name, content in model.files().items()})
        loaded = baselines.load(tmp_path)
        assert loaded.predict(Document("d", TEXT)) == model.predict(Document("d", TEXT))
        assert loaded.predict_scored(Document("d", TEXT))[1] == {}
    first, second, _ = endpoint.asked
    assert first == second
    assert first.key == f"Bearer {KEY}"
    assert loaded.files() == model.files()
    assert sorted(model.files()) == ["model.json", "prompt.txt", "schema.json"]
    assert not any(KEY.encode() in content for content in model.files().values())


BAD = {
    "429": Said(429, b'{"error": {"message": "slow down"}}', (("Retry-After", "0"),)),
    "429 until a date": Said(429, b"{}", (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),)),
    "500": Said(500, b"<html>oops</html>"),
    "503 with odd bytes": Said(503, b"\xff\xfe\x00"),
    "no JSON": Said(200, b"<html>"),
    "another JSON": Said(200, b'{"choices": []}'),
    "a list": Said(200, b"[]"),
    "no content": completion(None),
    "a refusal": completion("{}", refusal="I cannot"),
    "prose": completion("There are no entities."),
    "broken JSON": completion('{"entities": [{"text": "Pol'),
    "cut off": completion('{"entities": [{"text": "Pol"}', finish="length"),
    "another schema": completion('{"persons": ["Police"]}'),
    "wrong types": completion('{"entities": [{"text": 1, "label": null}], "events": []}'),
    "deep": completion("[" * 50_000 + "{}"),
    "half an answer": Said(200, GOOD.content, (("Content-Length", "999999"), ("Connection", "close"))),
}


@pytest.mark.parametrize("name", BAD)
def test_what_goes_wrong_once_is_tried_again(name: str, ontology: Ontology) -> None:
    with served(lambda asked, before: BAD[name] if before == 0 else GOOD) as endpoint:
        found = made(endpoint, ontology, seconds="1").predict(Document("d", TEXT))
    assert len(found.entities) == 6
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{json.loads(GOOD.content)['choices'][0]['message']['content']}\n```",
        "<think>What is {this}?</think>" + json.loads(GOOD.content)["choices"][0]["message"]["content"],
    ],
    ids=["fenced", "after thinking"],
)
def test_json_within_what_models_put_around_it_is_read(content: str, ontology: Ontology) -> None:
    with served(always(completion(content))) as endpoint:
        assert len(made(endpoint, ontology).predict(Document("d", TEXT)).entities) == 6
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "slow", [Said(200, GOOD.content, wait=0.6), Said(200, GOOD.content, drip=0.05)], ids=["silent", "dripping"]
)
def test_an_endpoint_that_times_out(slow: Said, ontology: Ontology) -> None:
    with served(always(slow)) as endpoint:
        model = made(endpoint, ontology, seconds="0.2", attempts="2")
        begun = time.monotonic()
        with pytest.raises(NoPrediction, match=r"d: no usable answer in 2 attempts \(no (whole )?answer within 0.2 s"):
            model.predict(Document("d", TEXT))
        assert time.monotonic() - begun < 2
    assert len(endpoint.asked) == 2


def test_pauses_grow_and_a_wait_that_is_asked_for_is_kept(ontology: Ontology, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    clock = SimpleNamespace(sleep=waits.append, monotonic=time.monotonic)
    monkeypatch.setattr("strife.baselines.endpoint.time", clock)
    asks = Said(429, b"", (("Retry-After", "7"),))
    behave: Behaviour = lambda asked, before: asks if before == 1 else BAD["500"]  # noqa: E731
    with served(behave) as endpoint, pytest.raises(NoPrediction, match="in 4 attempts"):
        made(endpoint, ontology, pause="1", attempts="4").predict(Document("d", TEXT))
    first, second, third = waits
    assert 0.75 <= first <= 1.25
    assert second == 7
    assert 3 <= third <= 5


def test_while_an_endpoint_is_down_each_further_document_is_tried_once(ontology: Ontology) -> None:
    state = {"down": True}
    with served(lambda asked, before: BAD["500"] if state["down"] else GOOD) as endpoint:
        model = made(endpoint, ontology, attempts="3")
        for doc_id in "abc":
            with pytest.raises(NoPrediction, match=f"^{doc_id}: "):
                model.predict(Document(doc_id, f"{TEXT} {doc_id}"))
        assert len(endpoint.asked) == 3 + 1 + 1
        state["down"] = False
        assert model.predict(Document("d", TEXT)).entities
        state["down"] = True
        with pytest.raises(NoPrediction, match="in 3 attempts"):
            model.predict(Document("e", TEXT + "e"))


def test_an_endpoint_that_is_not_there(ontology: Ontology) -> None:
    with served(always(GOOD)) as endpoint:
        model = made(endpoint, ontology, attempts="2")
    with pytest.raises(NoPrediction, match="ConnectError"):
        model.predict(Document("d", TEXT))


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_an_endpoint_that_will_never_answer_stops_the_run_and_the_key_is_not_told(
    status: int, ontology: Ontology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIFE_LLM_KEY", KEY)
    said = Said(status, f'{{"error": "Incorrect API key {KEY}"}}'.encode())
    told = rf"answers {status} .*\*\*\*.*STRIFE_LLM_KEY"
    with served(always(said)) as endpoint, pytest.raises(OutsideError, match=told) as caught:
        made(endpoint, ontology).predict(Document("d", TEXT))
    assert KEY not in str(caught.value)
    assert len(endpoint.asked) == 1


def test_a_text_that_is_not_taken_is_named_at_once(ontology: Ontology) -> None:
    told = r"d: the endpoint does not take this request \(400 .*maximum context"
    said = Said(400, b'{"error": "maximum context length"}')
    with served(always(said)) as endpoint, pytest.raises(NoPrediction, match=told):
        made(endpoint, ontology).predict(Document("d", TEXT))
    assert len(endpoint.asked) == 1


def test_a_long_text_is_asked_about_in_pieces(ontology: Ontology) -> None:
    text = "\r\n".join([TEXT] * 3)
    with served(always(GOOD)) as endpoint:
        found = made(endpoint, ontology, longest=str(len(TEXT))).predict(Document("d", text))
    assert len(endpoint.asked) == 3
    assert len(found.entities) == 18
    assert surfaces(found) == surfaces(made_offline(ontology, Document("d", TEXT)))
    for event in found.events:
        for argument in event.arguments:
            (item,) = (one for one in found.items if one.id == argument.target)
            assert abs(item.span[0] - event.span[0]) < len(TEXT)


def made_offline(ontology: Ontology, document: Document) -> Document:
    with served(always(GOOD)) as endpoint:
        return decode(json.dumps(msgspec.to_builtins(made(endpoint, ontology).predict(document))))


@pytest.mark.parametrize("longest", [1, 7, 20, 60, 1000])
def test_pieces_hold_every_word_once(longest: int) -> None:
    text = TEXT + "\n" + "x" * 50 + ". \r\n" + TEXT
    spans = list(pieces(text, longest))
    assert all(0 < end - start <= longest for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert list(pieces(" \r\n", longest)) == []


def test_a_text_without_words_is_not_asked_about(ontology: Ontology) -> None:
    with served(always(GOOD)) as endpoint:
        assert made(endpoint, ontology).predict(Document("d", " \r\n")).items == ()
    assert endpoint.asked == []


# ---------------------------------------------------------------- runs


def documents(number: int = 6) -> list[Document]:
    return [Document(f"d{n}", f"{TEXT} Number {n}.") for n in range(number)]


def number(asked: Asked) -> int:
    return int(asked.text.rsplit(" ", 1)[1].rstrip("."))


@pytest.fixture
def stored(ontology: Ontology, tmp_path: Path) -> Callable[..., Path]:
    def make(endpoint: Endpoint, **given: str) -> Path:
        files = made(endpoint, ontology, attempts="2", **given).files()
        write_whole({tmp_path / "model" / name: content for name, content in files.items()})
        return tmp_path / "model"

    return make


def outcome(out: Path, parts: int) -> list[Document]:
    files = [part(out, n) for n in range(parts)]
    return [document for file in files if file.stat().st_size for document in read_documents(file)]


def test_an_archive_goes_on_names_what_failed_and_a_second_run_tries_only_that(
    stored: Callable[..., Path], tmp_path: Path
) -> None:
    state = {"bad": {1, 2, 3, 5}}
    kinds = (BAD["429"], BAD["500"], BAD["prose"], Said(400, b"too long"))
    with served(lambda asked, before: kinds[number(asked) % 4] if number(asked) in state["bad"] else GOOD) as endpoint:
        model = stored(endpoint)
        lines = [json.dumps({"doc_id": d.doc_id, "text": d.text}).encode() + b"\n" for d in documents()]
        source, out = tmp_path / "in.jsonl", tmp_path / "out"
        source.write_bytes(b"".join([*lines[:3], b"{broken\n", *lines[3:]]))
        first = run(model, source, out, 2, workers=1)
        assert (first.documents, first.rejected, first.parts) == (2, 5, 4)
        named = [json.loads(line) for f in sorted(out.glob("*.rejected.jsonl")) for line in f.read_bytes().splitlines()]
        assert [(one["row"], one.get("doc_id")) for one in named] == [
            (2, "d1"),
            (3, "d2"),
            (4, None),
            (5, "d3"),
            (7, "d5"),
        ]
        assert ["again" in one for one in named] == [True, True, False, True, True]
        assert all("no usable answer" in one["why"] or "400" in one["why"] for one in named if "again" in one)
        state["bad"], before = {3}, len(endpoint.asked)
        second = run(model, source, out, 2, workers=2)
        assert (second.documents, second.rejected, second.parts, second.before) == (3, 1, 4, 0)
        assert {number(one) for one in endpoint.asked[before:]} == {1, 2, 3, 5}
        state["bad"] = set()
        third = run(model, source, out, 2, workers=1)
        assert (third.documents, third.rejected, third.parts, third.before) == (1, 0, 1, 3)
        whole = run(model, source, tmp_path / "whole", 2, workers=1)
        assert (whole.documents, whole.rejected) == (6, 1)
        assert {p.name: p.read_bytes() for p in out.iterdir()} == {
            p.name: p.read_bytes() for p in (tmp_path / "whole").iterdir()
        }
        asked = len(endpoint.asked)
        last = run(model, source, out, 2, workers=1)
        assert (last.documents, last.parts, last.before, len(endpoint.asked)) == (0, 0, 4, asked)


def test_a_run_that_broke_between_part_and_names_loses_and_doubles_nothing(
    stored: Callable[..., Path], tmp_path: Path
) -> None:
    state = {"bad": True}
    with served(lambda asked, before: BAD["500"] if state["bad"] and number(asked) == 1 else GOOD) as endpoint:
        model, source, out = stored(endpoint), tmp_path / "in.jsonl", tmp_path / "out"
        write_documents(source, documents(3))
        run(model, source, out, 3, workers=1)
        state["bad"] = False
        named = out / "part-000000.rejected.jsonl"
        before = named.read_bytes()
        run(model, source, out, 3, workers=1)
        good = part(out, 0).read_bytes()
        for stale, content in ((before, good), (b"", b"".join(good.splitlines(keepends=True)[:2]))):
            named.write_bytes(stale)
            part(out, 0).write_bytes(content)
            run(model, source, out, 3, workers=1)
            assert part(out, 0).read_bytes() == good
            assert not named.exists()


def test_a_wrong_key_stops_an_archive_and_the_right_one_goes_on(
    stored: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behave(asked: Asked, before: int) -> Said:
        return GOOD if asked.key == f"Bearer {KEY}" else Said(401, b'{"error": "no"}')

    with served(behave) as endpoint:
        model, source, out = stored(endpoint), tmp_path / "in.jsonl", tmp_path / "out"
        write_documents(source, documents())
        words = ["predict", model, source, "--out", out, "--parts", "2", "--workers", "1"]
        done = CliRunner().invoke(app, list(map(str, words)))
        assert done.exit_code == 2
        assert "answers 401" in done.output
        assert "STRIFE_LLM_KEY is set" in done.output
        monkeypatch.setenv("STRIFE_LLM_KEY", KEY)
        done = CliRunner().invoke(app, list(map(str, words)))
        assert done.exit_code == 0, done.output
        assert len(outcome(out, 3)) == 6
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_one_command_makes_it_another_predicts_and_names_what_failed(tmp_path: Path) -> None:
    made_up = answer([("Police", "ARM"), ("General Vask", "PER")])
    said = {0: GOOD, 1: BAD["prose"], 2: made_up}
    with served(lambda asked, before: said[number(asked)]) as endpoint:
        settings = [f"url={endpoint.url}", "model=m", "pause=0", "attempts=2"]
        words = ["train", "llm", "--out", str(tmp_path / "m"), *(w for one in settings for w in ("--set", one))]
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, endpoint.asked) == (0, [])
        write_documents(tmp_path / "in.jsonl", documents(3))
        words = ["predict", tmp_path / "m", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl"]
        done = CliRunner().invoke(app, list(map(str, words)))
        assert done.exit_code == 1
        assert [d.doc_id for d in read_documents(tmp_path / "out.jsonl")] == ["d0", "d2"]
        assert "no prediction for d1: no usable answer in 2 attempts" in done.output
        assert "left out of d2: entity 'General Vask': not in the text" in done.output
        words = ["predict", tmp_path / "m", tmp_path / "in.jsonl", "--out", tmp_path / "parts", "--parts", "9"]
        done = CliRunner().invoke(app, list(map(str, [*words, "--workers", "1"])))
        assert done.exit_code == 1
        assert "1 things that the model made up were left out; see meta.left_out" in done.output
        assert "1 rows have no prediction" in done.output


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "missing required field `url`"),
        ({"url": "http://x/v1"}, "missing required field `model`"),
        ({"url": "localhost:8000", "model": "m"}, "url=localhost:8000: expected http"),
        ({"url": "http://me:secret@x/v1", "model": "m"}, "without a name or a password"),
        ({"url": "http://x/v1", "model": "m", "attempts": "0"}, "more than 0"),
        ({"url": "http://x/v1", "model": "m", "api_key": "x"}, "unknown field `api_key`"),
        ({"url": "http://x/v1", "model": "m", "body": "{"}, "--set"),
    ],
)
def test_settings(given: dict[str, str], said: str, ontology: Ontology) -> None:
    with pytest.raises(OutsideError, match="known settings: url, model, key=STRIFE_LLM_KEY") as caught:
        baselines.train("llm", [], [], ontology, settings=given)
    assert said in str(caught.value)


def test_a_key_that_is_none(ontology: Ontology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIFE_LLM_KEY", "sk-\u201cx\u201d")
    with pytest.raises(OutsideError, match="STRIFE_LLM_KEY holds no key") as caught:
        made("http://127.0.0.1:9/v1", ontology)
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize("changed", [{"model.json": b"{}"}, {"schema.json": b""}, {"prompt.txt": b"\xff"}])
def test_a_folder_that_is_broken(changed: dict[str, bytes], ontology: Ontology, tmp_path: Path) -> None:
    files = made("http://127.0.0.1:9/v1", ontology).files()
    if "model.json" in changed:
        changed = {"model.json": b'{"name": "llm"}'}
    write_whole({tmp_path / name: content for name, content in (files | changed).items()})
    with pytest.raises(baselines.ModelError, match="no trained baseline"):
        baselines.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [("transformer", "transformers", "transformers"), ("gliner", "gliner", "gliner"), ("llm", "httpx2", "llm")],
)
def test_an_extra_that_is_missing_is_named(
    name: str, library: str, extra: str, raid: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    write_documents(tmp_path / "train.jsonl", [raid])
    words = ["train", name, str(tmp_path / "train.jsonl"), "--out", str(tmp_path / "m")]
    done = CliRunner().invoke(app, [*words, "--set", "url=http://127.0.0.1:9/v1", "--set", "model=m"])
    assert done.exit_code == 2
    assert done.output.strip() == f"strife: {library} is not installed; pip install 'strife[{extra}]'"
    assert not (tmp_path / "m").exists()
    (tmp_path / "model.json").write_text(json.dumps({"name": name}), encoding="utf-8")
    done = CliRunner().invoke(app, ["predict", str(tmp_path), str(tmp_path / "train.jsonl")])
    assert done.exit_code == 2
    assert f"is not installed; pip install 'strife[{extra}]'" in done.output


@pytest.mark.parametrize("name", baselines.NAMES)
def test_weights_are_not_silently_ignored(name: str, raid: Document, ontology: Ontology, tmp_path: Path) -> None:
    with pytest.raises(baselines.ModelError, match="takes no weights and no settings"):
        baselines.train(name, [raid], [], ontology, weights=tmp_path)


def test_an_argument_goes_to_the_mention_around_it(ontology: Ontology) -> None:
    said = answer([("two villagers", "PER")], [("DEATH", "killed", [("victim", "villagers")])])
    with served(always(said)) as endpoint:
        found = made(endpoint, ontology).predict(Document("d", TEXT))
    at = TEXT.index("killed")
    assert found.events == (Event("e1", "DEATH", Trigger(at, at + 6), (Argument("victim", "m1"),)),)
