"""A conflict through a real server and a real browser: two annotators, a curator, gold."""

import shutil
from pathlib import Path

import msgspec
from click.testing import Result
from typer.testing import CliRunner

from strife.adjudication.log import read_log
from strife.cli import app
from strife.labelstudio.client import Client
from strife.labelstudio.interface import interface
from strife.labelstudio.pull import pull
from strife.labelstudio.push import Setup, push_tasks
from strife.labelstudio.server import ADMIN, Studio
from strife.labelstudio.tasks import annotation, task
from strife.model import Argument, Document, Entity
from strife.ontology import Ontology
from strife.store import read_documents
from tests.label_studio.editor import Editor, chromium, log_in
from tests.label_studio.people import Person

WIDE = {"width": 1600, "height": 1000}
PATIENCE = 60_000  # milliseconds that the editor may take on a busy machine


def other(raid: Document) -> Document:
    """The raid without the number, with another agent, and with a place for the villagers."""
    killed = raid.events[1]
    kept = tuple(argument for argument in killed.arguments if argument.role not in ("count", "agent", "victim"))
    villagers = Entity("m4", 35, 44, "GPE")
    return msgspec.structs.replace(
        raid,
        entities=(*raid.entities[:2], villagers, *raid.entities[4:]),
        events=(raid.events[0], msgspec.structs.replace(killed, arguments=(*kept, Argument("agent", "m1")))),
    )


def strife(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def submit(person: Client, project: str, documents: list[Document], ontology: Ontology) -> None:
    """A person's annotations, as the editor sends them."""
    ids = {one.data["doc_id"]: one.id for one in person.tasks(person.wanted_project(project))}
    for document in documents:
        person.annotate(ids[document.doc_id], annotation(document, ontology))


def test_what_annotators_disagree_on_is_decided_in_the_browser(
    studio: Studio,
    admin: Client,
    anna: Person,
    ben: Person,
    title: str,
    raid: Document,
    ontology: Ontology,
    tmp_path: Path,
) -> None:
    quiet = msgspec.structs.replace(raid, doc_id="quiet")
    push_tasks(admin, Setup(title, interface(ontology)), [task(raid), task(quiet)])
    submit(anna.client, title, [raid, quiet], ontology)
    submit(ben.client, title, [other(raid), quiet], ontology)
    passes, out = tmp_path / "passes", tmp_path / "out"
    pull(admin, title, passes, ontology)
    server = ("--server", studio.url, "--token-file", studio.data / "token")
    first = strife("adjudicate", passes, "--out", out, *server, "--push", "raid conflicts")
    assert first.exit_code == 1, first.output
    assert "2 documents: 1 gold, 1 with 3 open conflicts" in first.stdout
    (link,) = [line for line in first.stdout.splitlines() if line.startswith(studio.url)]
    again = strife("adjudicate", passes, "--out", out, *server, "--push", "raid conflicts")
    assert again.exit_code == 2
    assert "there is a project 'raid conflicts' already" in again.stderr

    (conflict,) = admin.tasks(admin.wanted_project("raid conflicts"))
    names = {address: number for number, address in admin.people().items()}
    who = [names[anna.email], names[ben.email]]
    assert conflict.model_versions == {"agreed", *(f"annotator {number}" for number in who)}
    answer(studio, link, conflict.id, [f"annotator {number}" for number in who], ontology)

    pull(admin, "raid conflicts", tmp_path / "answers", ontology)
    done = strife("adjudicate", passes, "--curated", tmp_path / "answers", "--out", out)
    assert done.exit_code == 0, done.output
    gold = {document.doc_id: document for document in read_documents(out / "gold.jsonl")}
    curator = str(admin.me)
    decisions = read_log(out / "decisions.tsv")
    assert [(one.layer, one.decision, one.why, one.by) for one in decisions] == [
        ("argument", 'PER 17:23 "rebels"', "the rebels killed", curator),
        ("argument", 'ARM 35:44 "villagers"', "they were a militia", curator),
        ("entity", "-", "not counted here", curator),
        ("entity", 'ARM 35:44 "villagers"', "they were a militia", curator),
    ]
    labels = {gold["raid"].surface(entity): entity.label for entity in gold["raid"].entities}
    assert labels == {"Police": "ARM", "rebels": "PER", "villagers": "ARM", "Talmar": "GPE", "Friday": "TIME"}
    roles = {argument.role: argument.target for argument in gold["raid"].events[1].arguments}
    assert roles == {"agent": "m2", "victim": "m3", "place": "m4", "time": "m5"}
    assert gold["raid"].provenance["e2 agent m2"] == gold["raid"].provenance["m3"] == f"curated {curator}"
    assert gold["raid"].meta == {"adjudicator": curator}
    assert set(gold["quiet"].provenance.values()) == {"agreed"}
    shutil.rmtree(tmp_path / "answers")
    assert strife("adjudicate", passes, "--out", out).exit_code == 0  # the log is enough

    change(ben.client, title, other(raid), ontology, place="LOC")
    pull(admin, title, passes, ontology)
    changed = strife("adjudicate", passes, "--out", out)
    assert changed.exit_code == 1, changed.output
    assert (
        "1 with 1 open conflicts\n  raid: 1 entity" in changed.stdout
    )  # the place; what was decided is not asked again
    assert read_log(out / "decisions.tsv") == decisions
    change(ben.client, title, other(raid), ontology, place="GPE")
    pull(admin, title, passes, ontology)
    assert strife("adjudicate", passes, "--out", out).exit_code == 0
    assert {document.doc_id: document for document in read_documents(out / "gold.jsonl")} == gold


def change(person: Client, project: str, document: Document, ontology: Ontology, place: str) -> None:
    """A person opens the annotation again, and gives the place another label."""
    entities = [e if e.id != "m5" else msgspec.structs.replace(e, label=place) for e in document.entities]
    result = annotation(msgspec.structs.replace(document, entities=tuple(entities)), ontology)["result"]
    held = person.tasks(person.wanted_project(project))
    (number,) = [one.id for one in held if one.data["doc_id"] == document.doc_id]
    (mine,) = [one for one in person._api.annotations.list(number) if one.completed_by == person.me]
    person._api.annotations.update(mine.id or 0, result=result)


def answer(studio: Studio, link: str, number: int, versions: list[str], ontology: Ontology) -> None:
    """Be the curator: look at the versions, pick two options, mark a third answer in the text, say why, submit."""
    with chromium() as browser:
        page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        log_in(page, studio.url, ADMIN, (studio.data / "password").read_text(encoding="utf-8").strip())
        editor = Editor(page, ontology)
        editor.open(f"{link}?task={number}")
        tabs = {editor.tab(nth).splitlines()[0]: editor.marks("NUM").count() for nth in (1, 2, 3)}
        assert tabs == {"agreed": 0, versions[0]: 1, versions[1]: 0}
        editor.open(f"{link}?labeling=1")
        page.get_by_text('agent of DEATH "killed"').wait_for()
        editor.mark("ARM", "villagers")
        editor.draw("victim", ("DEATH", 0), ("ARM", 1))
        for option, why in (
            ('PER "rebels"', "the rebels killed"),
            ("nothing", "not counted here"),
            ("neither", "they were a militia"),
        ):
            # "neither" stands at each conflict; the last is that of the villagers
            page.locator(".ant-radio-wrapper", has_text=option).last.click()
            box = page.get_by_placeholder("why", exact=True).first
            box.fill(why)
            box.press("Enter")
            page.get_by_text(why, exact=True).wait_for()
        page.get_by_role("button", name="Submit").first.click()
        page.get_by_role("button", name="Update").or_(page.get_by_text("No more")).first.wait_for()
