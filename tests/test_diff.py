"""Comparison of versions: every kind of change is seen, counted under its type, and asks for the right step."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from strife.cli import app
from strife.loading import load
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Trigger, Zone
from strife.release import diff_report
from strife.release.bump import VersionError, check_step, judge, next_versions, numbers
from strife.release.diff import Change, Diff, diff
from strife.release.sides import Side, SideError, read_side
from tests.conftest import ROOT

COLUMNS: dict[str, Any] = {
    "documents": {
        "doc_id": {"_type": "Value", "dtype": "string"},
        "label": {"_type": "List", "feature": {"_type": "ClassLabel", "names": ["A", "B"]}},
    }
}


def side(*documents: tuple[str, Document], columns: Any = COLUMNS, removals: tuple[str, ...] = ()) -> Side:
    splits = dict.fromkeys(columns, ("train", "test"))
    return Side("x", "1.2.3", {d.doc_id: (s, d) for s, d in documents}, columns, splits, frozenset(removals))


def changes(old: Document, new: Document, split: str = "test") -> list[Change]:
    return list(diff(side((split, old)), side((split, new))).changes)


def told(found: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.layer, change.kind, change.type) for change in found]


def replace(document: Document, **fields: Any) -> Document:
    return msgspec.structs.replace(document, **fields)


def test_nothing_changed(raid: Document) -> None:
    found = diff(side(("test", raid)), side(("test", raid)))
    assert found.changes == ()
    verdict = judge(found)
    assert (verdict.level, verdict.test, verdict.reasons) == ("patch", "same", ("no change",))
    assert "no change" in diff_report.as_text(found, verdict)


def test_new_ids_are_no_change(raid: Document) -> None:
    new = {item.id: f"x{item.id}" for item in raid.items}
    renamed = replace(
        raid,
        entities=tuple(replace_id(entity, new) for entity in raid.entities),
        events=tuple(
            msgspec.structs.replace(
                event,
                id=new[event.id],
                arguments=tuple(
                    Argument(a.role, new.get(a.entity_id or ""), new.get(a.event_id or "")) for a in event.arguments
                ),
            )
            for event in raid.events
        ),
    )
    assert changes(raid, renamed) == []


def replace_id(entity: Entity, new: dict[str, str]) -> Entity:
    return msgspec.structs.replace(entity, id=new[entity.id])


def test_mentions(raid: Document) -> None:
    rest = raid.entities[1:]
    assert told(changes(raid, replace(raid, entities=(Entity("m1", 0, 6, "ORG"), *rest)))) == [
        ("mention", "relabelled", "ORG")
    ]
    (moved,) = changes(raid, replace(raid, entities=(Entity("m1", 0, 5, "ARM"), *rest)))
    assert (moved.kind, moved.quote, moved.detail) == ("moved", "Polic", "was [0:6]")
    (added,) = changes(raid, replace(raid, entities=(*raid.entities, Entity("m9", 62, 64, "TIME"))))
    assert (added.kind, added.start, added.end, added.quote) == ("added", 62, 64, "ay")
    assert told(changes(replace(raid, entities=(*raid.entities, Entity("m9", 62, 64, "TIME"))), raid)) == [
        ("mention", "removed", "TIME")
    ]


def test_mention_that_moves_far_is_removed_and_added(raid: Document) -> None:
    free = replace(raid, entities=(*raid.entities, Entity("m9", 7, 11, "PER")))
    far = replace(raid, entities=(*raid.entities, Entity("m9", 12, 16, "PER")))
    assert told(changes(free, far)) == [("mention", "removed", "PER"), ("mention", "added", "PER")]


def test_the_larger_overlap_is_the_one_that_moved() -> None:
    text = "0123456789"
    old = Document("d", text, entities=(Entity("a", 0, 6, "X"),))
    new = Document("d", text, entities=(Entity("b", 5, 9, "X"), Entity("c", 1, 6, "X")))
    assert told(changes(old, new)) == [("mention", "moved", "X"), ("mention", "added", "X")]
    assert (changes(old, new)[0].start, changes(old, new)[1].start) == (1, 5)


def test_events_arguments_attributes(raid: Document) -> None:
    statement, death = raid.events
    attack = msgspec.structs.replace(death, type="ATTACK")
    assert told(changes(raid, replace(raid, events=(statement, attack)))) == [("event", "relabelled", "ATTACK")]
    fewer = msgspec.structs.replace(death, arguments=death.arguments[1:], attributes={"incident": 2, "people_min": 2})
    assert told(changes(raid, replace(raid, events=(statement, fewer)))) == [
        ("attribute", "changed", "incident"),
        ("attribute", "changed", "people_max"),
        ("argument", "removed", "DEATH.agent"),
    ]
    (gone,) = [c for c in changes(raid, replace(raid, events=(statement, fewer))) if c.layer == "argument"]
    assert (gone.quote, gone.detail) == ("rebels", "of DEATH [24:30]")


def test_argument_of_a_moved_filler_is_the_same(raid: Document) -> None:
    entities = tuple(Entity("m2", 18, 23, "PER") if e.id == "m2" else e for e in raid.entities)
    assert told(changes(raid, replace(raid, entities=entities))) == [("mention", "moved", "PER")]


def test_relations_chains_zones_metadata(raid: Document) -> None:
    more = replace(
        raid,
        relations=(Relation("m2", "m1", "member_of"),),
        chains=(Chain("c1", "entity", ("m1", "m2")),),
        zones=(Zone(0, 65, "body"),),
        published="2020-02-02",
        meta={"country": "IQ"},
    )
    expected = [
        ("metadata", "changed", "published"),
        ("metadata", "changed", "country"),
        ("zone", "added", "body"),
        ("relation", "added", "member_of"),
        ("chain", "added", "entity"),
    ]
    assert told(changes(raid, more)) == expected
    assert [kind.replace("added", "removed") for _, kind, _ in expected] == [c.kind for c in changes(more, raid)]
    assert told(changes(more, replace(more, chains=(Chain("other", "entity", ("m2", "m1")),)))) == []


def test_changed_text_is_said_with_its_place_and_spans_are_left(raid: Document) -> None:
    (text,) = changes(raid, replace(raid, text=raid.text.replace("rebels", "Rebels"), entities=()))
    assert (text.layer, text.detail) == ("text", "65 to 65 code points, first difference at 17; spans not compared")
    (text,) = changes(raid, replace(raid, text=raid.text + "!"))
    assert "first difference at 65" in text.detail


@pytest.mark.parametrize(
    ("names", "kind", "detail", "level"),
    [
        (["A", "B", "C"], "added", "with C", "minor"),
        (["B", "A"], "changed", "another order", "major"),
        (["A"], "changed", "without B", "major"),
        (["A", "C"], "changed", "without B; with C", "major"),
    ],
)
def test_label_lists(names: list[str], kind: str, detail: str, level: str, raid: Document) -> None:
    columns = {"documents": COLUMNS["documents"] | {"label": {"_type": "List", "feature": label(names)}}}
    found = diff(side(("train", raid)), side(("train", raid), columns=columns))
    (change,) = found.changes
    assert (change.layer, change.kind, change.type, change.detail) == ("columns", kind, "documents.label", detail)
    assert judge(found).level == level


def label(names: list[str]) -> dict[str, Any]:
    return {"_type": "ClassLabel", "names": names}


def test_columns_configs_and_splits(raid: Document) -> None:
    text = {"_type": "Value", "dtype": "string"}
    fewer = {"documents": {"doc_id": text, "label": text}, "new": {"a": text}}
    found = diff(side(("train", raid)), side(("train", raid), columns=fewer))
    assert told(list(found.changes)) == [("columns", "changed", "documents.label"), ("columns", "added", "config new")]
    new = side(("train", raid))
    assert told(list(diff(new._replace(splits={"documents": ("train",)}), new).changes)) == [
        ("columns", "added", "split test of documents")
    ]
    found = diff(side(("train", raid), columns=fewer), side(("train", raid)))
    assert judge(found).level == "major"
    assert "config new removed" in judge(found).reasons


def many(number: int) -> Document:
    """A document of test with so many mentions."""
    return Document(
        "many", "ab" * number, entities=tuple(Entity(f"m{n}", 2 * n, 2 * n + 2, "A") for n in range(number))
    )


def relabelled(document: Document, number: int) -> Document:
    entities = tuple(
        msgspec.structs.replace(entity, label="B") if n < number else entity
        for n, entity in enumerate(document.entities)
    )
    return replace(document, entities=entities)


@pytest.mark.parametrize(
    ("split", "wrong", "level", "test"),
    [("test", 9, "patch", "rescore"), ("test", 10, "major", "rescore"), ("train", 500, "patch", "same")],
)
def test_corrections(split: str, wrong: int, level: str, test: str) -> None:
    old = many(1000)
    verdict = judge(diff(side((split, old)), side((split, relabelled(old, wrong)))))
    assert (verdict.level, verdict.test) == (level, test)
    if split == "test":
        assert verdict.test_detail == f"{wrong} of 1000 spans of test are touched ({wrong / 1000:.1%})"


def test_steps_of_documents(raid: Document) -> None:
    other = replace(raid, doc_id="other")
    one, two = side(("train", raid)), side(("train", raid), ("train", other))
    assert judge(diff(one, two)).level == "minor"
    assert judge(diff(two, one)).level == "major"
    assert judge(diff(two, one._replace(removals=frozenset({"other"})))).level == "patch"
    test = side(("train", raid), ("test", other))
    assert (judge(diff(one, test)).level, judge(diff(one, test)).test) == ("major", "changed")
    taken = judge(diff(test, one._replace(removals=frozenset({"other"}))))
    assert (taken.level, taken.test) == ("patch", "changed")
    moved = judge(diff(two, test))
    assert (moved.level, moved.reasons) == ("major", ("other moved to test from train",))
    changed = judge(diff(one, side(("train", replace(raid, text=raid.text + " ")))))
    assert (changed.level, changed.test) == ("major", "same")


def test_steps_of_versions() -> None:
    assert next_versions("1.2.3") == {"patch": "1.2.4", "minor": "1.3.0", "major": "2.0.0"}
    assert next_versions("0.2.3") == {"patch": "0.2.4", "minor": "0.3.0", "major": "0.3.0"}
    patch, minor, major = (judge(Diff(side(), side(), found)) for found in ((), (added("train"),), (added("test"),)))
    for version in ("1.2.4", "1.3.0", "2.0.0"):
        check_step("1.2.3", version, patch)
    for verdict, version in ((minor, "1.2.4"), (major, "1.3.0"), (patch, "1.2.3"), (patch, "1.2.5"), (major, "3.0.0")):
        with pytest.raises(VersionError, match=f"{version} does not follow 1.2.3; expected .*2.0.0"):
            check_step("1.2.3", version, verdict)
    with pytest.raises(VersionError, match="- d added to test"):
        check_step("1.2.3", "1.3.0", major)
    for version in ("0.3.0", "1.0.0"):
        check_step("0.2.3", version, major)
    with pytest.raises(VersionError, match=r"0\.2\.4 does not follow 0\.2\.3; expected 0\.3\.0 \(major\)"):
        check_step("0.2.3", "0.2.4", major)


def added(split: str) -> Change:
    return Change("document", "added", split, split, "d")


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "v1.2.3", "1.2.3-rc.1", "1.02.3", "", "1.2.3\n", "١.2.3"])
def test_what_load_dataset_takes_for_no_version_is_refused(version: str) -> None:
    with pytest.raises(VersionError, match="three numbers"):
        numbers(version)


SPANS = st.tuples(st.integers(0, 20), st.integers(1, 6), st.sampled_from("AB"))


@given(st.sets(SPANS, max_size=6), st.sets(SPANS, max_size=6))
def test_counts_add_up(olds: set[tuple[int, int, str]], news: set[tuple[int, int, str]]) -> None:
    def made(spans: set[tuple[int, int, str]]) -> Document:
        entities = tuple(Entity(f"m{n}", a, a + b, label) for n, (a, b, label) in enumerate(sorted(spans)))
        return Document("d", "x" * 30, entities=entities)

    found = changes(made(olds), made(news))
    kinds = [change.kind for change in found]
    assert len(olds) - kinds.count("removed") + kinds.count("added") == len(news)
    assert (found == []) == (olds == news)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the dataset, tagged, and a second commit without one."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "corpus", root / "corpus")
    shutil.copy(ROOT / "README.md", root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "data")
    git(root, "tag", "corpus-0.1.0")
    return root


def git(root: Path, *arguments: str) -> str:
    person = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(root), *person, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", ["corpus-0.1.0", "0.1.0", "v0.1.0", "HEAD"])
def test_tags_and_commits_are_read(name: str, repository: Path) -> None:
    found = read_side(name, repository)
    assert [d for _, d in found.documents.values()] == load(ROOT)[:0] + [
        d for _, d in read_side(str(ROOT), ROOT).documents.values()
    ]
    assert found.splits["documents"] == ("test", "train", "validation")


@pytest.mark.parametrize("name", ["0.9.0", "no/such", "--help"])
def test_unknown_revision_is_refused(name: str, repository: Path) -> None:
    with pytest.raises(SideError, match="neither a folder nor a revision"):
        read_side(name, repository)


def test_folder_or_revision_without_dataset_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(SideError, match="no dataset"):
        read_side(str(tmp_path), repository)
    with pytest.raises(SideError, match="nor a revision"):
        read_side("HEAD", tmp_path)


def test_command_tells_a_tag_from_a_folder(repository: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    result = run(app, ["diff", "0.1.0", str(ROOT), "--root", str(repository), "--format", "json"])
    assert result.exit_code == 0, result.output
    table = json.loads(result.stdout)
    assert table["old"] == {"name": "corpus-0.1.0", "version": read_side(str(ROOT), ROOT).version}
    assert table["test"]["scores"] in ("same", "rescore", "changed")
    result = run(app, ["diff", "9.9.9", str(ROOT), "--root", str(repository)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_reports_hold_the_same(raid: Document) -> None:
    entities = (Entity("m1", 0, 6, "ORG"), *raid.entities[1:])
    found = diff(side(("test", raid)), side(("test", replace(raid, entities=entities))))
    verdict = judge(found)
    text, markdown = diff_report.as_text(found, verdict), diff_report.as_markdown(found, verdict)
    assert 'mention relabelled: ORG [0:6] "Police": was ARM' in text
    assert "smallest legal step: major, 2.0.0" in text
    assert "| mention ORG |  |  |  | 1 |  |" in markdown
    assert "scores on test are comparable once stored predictions are scored again: 1 of 8 spans" in markdown
    assert json.loads(diff_report.as_json(found, verdict))["changes"] == [dict(found.changes[0]._asdict())]
    assert diff_report.summary(found) == ["mention: 1 relabelled"]


def test_event_trigger_that_moves(raid: Document) -> None:
    events = (
        raid.events[0],
        Event("e2", "DEATH", Trigger(24, 29), raid.events[1].arguments, raid.events[1].attributes),
    )
    assert told(changes(raid, replace(raid, events=events))) == [("event", "moved", "DEATH")]
