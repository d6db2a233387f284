"""What a push plans, without a server: which tasks are new, which differ, which are refused."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest

from strife.labelstudio.client import Stored
from strife.labelstudio.push import Held, Plan, PushError, held_tasks, plan


def task(doc_id: Any, text: Any = "Rebels took Talmar.", **data: str) -> dict[str, Any]:
    return {"data": {"doc_id": doc_id, "text": text, **data}}


def stored(number: int, data: Mapping[str, Any]) -> Stored:
    return Stored(number, dict(data), frozenset(), frozenset())


def held(**texts: str) -> dict[str, Held]:
    tasks = (stored(n, task(doc_id, text, style="news")["data"]) for n, (doc_id, text) in enumerate(texts.items(), 1))
    return held_tasks(tasks)[0]


def test_new_tasks_are_missing_and_others_are_left_alone() -> None:
    total, planned = plan([task("a", "x"), task("b", "y")], held(a="x"))
    assert (total, planned) == (2, Plan(frozenset({"b"}), frozenset()))


def test_other_metadata_is_stale_and_the_servers_own_is_not() -> None:
    tasks = [task("a", "x", style="digest"), task("b", "y", style="news"), task("c", "z")]
    total, planned = plan(tasks, held(a="x", b="y", c="z"))
    assert (total, planned) == (3, Plan(frozenset(), frozenset({"a"})))


def test_findings_are_no_metadata() -> None:
    assert plan([task("a", "x", findings="old")], held(a="x"))[1].stale == frozenset()


def test_changed_text_is_refused_with_all_others_that_cannot_be_pushed() -> None:
    tasks = [task("a", "other"), task("b"), task("b"), task("", "x"), task("c", " "), task(None), task("d", "fine")]
    with pytest.raises(PushError) as error:
        plan(tasks, held(a="x"))
    lines = str(error.value).splitlines()
    assert lines[0] == "nothing was pushed:"
    assert lines[1].startswith("a: the text differs from the one of task 1, whose annotations point into it")
    assert lines[2:] == [
        "b comes twice; doc_ids have to differ",
        "number 4 ('') has no doc_id or no text",
        "number 5 ('c') has no doc_id or no text",
        "number 6 (None) has no doc_id or no text",
    ]


def test_texts_are_compared_to_the_last_code_point() -> None:
    for text in ("x\r\n", "x\n", "x ", "e\u0301", "\u00e9"):
        others = [other for other in ("x\r\n", "x\n", "x ", "e\u0301", "\u00e9") if other != text]
        for other in others:
            with pytest.raises(PushError, match="the text differs"):
                plan([task("a", other)], held(a=text))


def test_what_the_server_holds() -> None:
    known, loose = held_tasks([stored(1, {"doc_id": "a", "text": "x", "style": "news"}), stored(2, {"text": "y"})])
    assert known.keys() == {"a"}
    assert known["a"].has_text("x")
    assert not known["a"].has_text("y")
    assert known["a"].has({"style": "news", "doc_id": "a", "findings": "some"})
    assert not known["a"].has({"style": "news", "published": "2024-05-06"})
    assert not known["a"].has({"style": "digest"})
    assert loose == 1


def test_what_is_kept_of_a_task_does_not_grow_with_it() -> None:
    def kept(length: int) -> int:
        tracemalloc.start()
        try:
            tasks = (stored(n, {"doc_id": str(n), "text": "x" * length, "style": "y" * length}) for n in range(1000))
            known = held_tasks(tasks)
            return tracemalloc.get_traced_memory()[0] // len(known[0])
        finally:
            tracemalloc.stop()

    assert kept(10_000) < kept(10) + 50
    assert kept(10_000) < 600  # bytes a task


def test_doc_id_twice_on_the_server_is_refused() -> None:
    with pytest.raises(PushError, match=r"on the server twice: a \(tasks 3, 7\)"):
        held_tasks([stored(3, {"doc_id": "a", "text": "x"}), stored(7, {"doc_id": "a", "text": "x"})])
