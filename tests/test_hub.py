"""Files for the Hugging Face Hub, checked against their documented form and read back by the Hub's own library.

The schemas are ours, written from "Evaluation Results" (docs/hub/eval-results.md) and eval_results.yaml in
huggingface/hub-docs.
"""

from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResultEntry
from huggingface_hub._eval_results import eval_result_entries_to_yaml, parse_eval_result_entries
from jsonschema import Draft202012Validator

from strife.leaderboard.hub import TASKS, HubError, eval_results, eval_yaml
from strife.scoring.metrics import METRICS

TEXT = {"type": "string", "minLength": 1}
BENCHMARK = {
    "type": "object",
    "required": ["name", "description", "tasks"],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "description": TEXT,
        "evaluation_framework": {"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]*$"},
        "tasks": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id"],
                "additionalProperties": False,
                "properties": {"id": {"type": "string", "pattern": "^[a-z0-9_]+$"}, "config": TEXT, "split": TEXT},
            },
        },
    },
}
RESULTS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["dataset", "value"],
        "additionalProperties": False,
        "properties": {
            "dataset": {
                "type": "object",
                "required": ["id", "task_id"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "pattern": "^[^/\\s]+/[^/\\s]+$"},
                    "task_id": TEXT,
                    "revision": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
                },
            },
            "value": {"type": "number"},
            "verifyToken": TEXT,
            "date": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d"},
            "source": {
                "type": "object",
                "required": ["url"],
                "additionalProperties": False,
                "properties": {
                    "url": {"type": "string", "pattern": "^https://"},
                    "name": TEXT,
                    "user": TEXT,
                    "org": TEXT,
                },
            },
            "evaluation_framework": TEXT,
            "notes": TEXT,
        },
    },
}
FIGURES = {"ent": 0.455696, "tri_c": 1.0, "arg_c+": 0.0}
NOTES = {metric: f"metric:{metric}|v:1" for metric in FIGURES}
FULL = {"revision": "0" * 39 + "f", "date": "2026-11-22", "source": "https://example.org/runs"}


def valid(content: str, schema: dict[str, Any]) -> Any:
    table = yaml.safe_load(content)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(table)
    return table


@pytest.mark.parametrize("framework", ["strife", ""])
def test_eval_yaml_has_its_documented_form(framework: str) -> None:
    table = valid(eval_yaml("strife: reports", "test", framework), BENCHMARK)
    assert table["name"] == "strife: reports"
    assert table.get("evaluation_framework", "") == framework
    assert table["tasks"] == [{"id": task, "config": "documents", "split": "test"} for task in TASKS]
    assert "percent, higher is better" in table["description"]


def test_every_task_is_a_metric() -> None:
    assert all(metric in METRICS for metric, _ in TASKS.values())


@pytest.mark.parametrize("given", [{}, FULL])
def test_results_have_their_documented_form_and_are_what_the_hubs_library_writes(given: dict[str, str]) -> None:
    table = valid(eval_results(FIGURES, NOTES, "org/strife", **given), RESULTS)
    entries = parse_eval_result_entries(table)
    assert [(entry.task_id, entry.value, entry.notes) for entry in entries] == [
        ("ent", 45.57, NOTES["ent"]),
        ("tri_c", 100.0, NOTES["tri_c"]),
        ("arg_c_plus", 0.0, NOTES["arg_c+"]),
    ]
    assert all(isinstance(entry, EvalResultEntry) and entry.dataset_id == "org/strife" for entry in entries)
    assert {entry.dataset_revision for entry in entries} == {given.get("revision")}
    assert {entry.source_url for entry in entries} == {given.get("source")}
    assert eval_result_entries_to_yaml(entries) == table


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dataset_id": "strife"}, "dataset 'strife'"),
        ({"revision": "v1.0"}, "40 hexadecimal digits"),
        ({"date": "yesterday"}, "ISO 8601"),
        ({"source": "javascript:x"}, "https address"),
    ],
)
def test_what_the_hub_would_not_take_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(HubError, match=said):
        eval_results(FIGURES, NOTES, **{"dataset_id": "org/strife", **given})
