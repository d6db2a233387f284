"""What annotators are told, and what a lead sees: findings by task, tables by annotator."""

import json
from collections import Counter
from typing import Any

from strife.check import Checked
from strife.finding import Finding, Origin, Report
from strife.labelstudio.client import Project
from strife.labelstudio.flag import by_task
from strife.labelstudio.snapshot import Annotation
from strife.labelstudio.status import as_json, as_text
from strife.labelstudio.survey import Survey, Tally

PROJECT = Project(2, "Batch", "", "", 2, "")


def finding(
    task: int | None, annotation: int | None, start: int | None = None, code: str = "SPN203", who: str = "3"
) -> Finding:
    origin = Origin("tasks.json", None, 2, task, annotation, who)
    placed = {
        "start": start,
        "end": (start or 0) + 7,
        "quote": "killed ",
        "before": "that rebels ",
        "after": "two\u2028.",
    }
    words: dict[str, Any] = placed if start is not None else {}
    return Finding(code, "error", "d", "a blank", "'killed'", "mend it", origin=origin, **words)


def test_findings_stand_under_their_annotation_in_the_order_of_the_text() -> None:
    told = by_task([finding(1, 6, 30), finding(1, 5), finding(1, 5, 9), finding(2, None, code="DOC101")], {"3": "AN"})
    quoted = "\u2022 that rebels [killed ]two\\u2028.: a blank; expected 'killed'; mend it (SPN203, error)"
    bare = "\u2022 a blank; expected 'killed'; mend it (SPN203, error)"
    assert told == {
        1: "\n".join(["Annotation 5 by AN", quoted, bare, "Annotation 6 by AN", quoted]),
        2: f"This task\n{bare.replace('SPN203', 'DOC101')}",
    }


def test_findings_without_a_task_are_nobodys() -> None:
    assert by_task([finding(None, None)], {}) == {}


def survey() -> Survey:
    anna, ben = Tally(), Tally()
    anna.add(Annotation(1, 3, [{}], lead_time=60.0))
    anna.add(Annotation(2, 3, [], lead_time=180.0))
    anna.add(Annotation(3, 3, [{}], was_cancelled=True, lead_time=30.0))
    ben.add(Annotation(4, 11, [{}]))
    report = Report((finding(1, 1, 9), finding(1, 1, 9, who="11")), 3)
    return Survey(PROJECT, 5, 1, 2, 4, {11: ben, 3: anna}, Checked(report, Counter()))


def test_status_as_a_table() -> None:
    text = as_text(survey())
    assert text.splitlines() == [
        "Batch: 5 tasks, 1 with 2 annotators, 2 begun, 2 untouched; 4 drafts",
        "annotator  done  skipped  empty  hours  minutes each  errors  warnings",
        "        3     2        1      1    0.1           1.0       1         0",
        "       11     1        0      0      -             -       1         0",
    ]
    assert as_text(survey(), {3: "anna@example.org"}).splitlines()[2].endswith("anna@example.org")
    assert "@" not in text


def test_status_for_machines() -> None:
    table = json.loads(as_json(survey()))
    assert table["complete"] == 1
    assert [row["annotator"] for row in table["annotators"]] == [3, 11]
    assert table["annotators"][0]["minutes each"] == 1.0
    assert table["annotators"][1]["hours"] is None


def test_status_before_anybody_has_begun() -> None:
    assert "nobody has submitted or skipped anything yet" in as_text(survey()._replace(annotators={}))
