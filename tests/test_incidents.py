"""Incident records: the manual's own report, each rule, any document, and hostile ones."""

import datetime
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import strife
from strife.cli import app
from strife.incidents.dates import period
from strife.incidents.derive import incidents
from strife.incidents.record import Incident, When
from strife.incidents.template import with_templates
from strife.model import Argument, AttributeValue, Chain, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.scoring.score import score
from strife.store import read_documents, write_documents
from strife.stream import InputError
from strife.validate import check_document
from tests.conftest import ROOT
from tests.marking import Annotator

PAGE = (ROOT / "docs" / "incidents.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "annotation" / "guidelines" / "README.md").read_text(encoding="utf-8")


def worked_example() -> Document:
    """The report in section 12 of the manual, by its three tables."""
    section = MANUAL[MANUAL.index("## 12.") : MANUAL.index("## 13.")]
    text = "\n".join(line.removeprefix(">").strip() for line in section.splitlines() if line.startswith(">"))
    text = re.sub(r"(?<=\w)\n(?=\w)", " ", text)
    report = Annotator(text, "manual-12")
    tables = [re.findall(r"^\| (.*)\|$", part, re.MULTILINE)[1:] for part in section.split("\n\n")]
    mentions, triggers, arrows = (
        [[cell.strip() for cell in row.split("|")] for row in table] for table in tables if len(table) > 5
    )
    last = 0
    for number, (words, label, why) in enumerate(mentions):
        timex = {"timex": found[1]} if (found := re.search(r"timex (\S+)", why)) else {}
        match = re.compile(rf"(?<!\w){words}(?!\w)").search(text, last)
        assert match, words
        last = match.start()
        report.entities[f"m{number}"] = Entity(f"m{number}", *match.span(), label, timex)
    for number, (word, kind, told) in enumerate(triggers):
        pairs = dict(re.findall(r"(\w+) (\S+?)(?:,|$)", told))
        given = {name: int(value) if value.isdigit() else value for name, value in pairs.items()}
        report.trigger(f"e{number}", kind, word, **given)
    ids: dict[str, list[str]] = {}
    for item in sorted((*report.entities.values(), *report.events.values()), key=lambda one: one.span):
        ids.setdefault(text[slice(*item.span)], []).append(item.id)
    for head, label, tail, _ in arrows:
        second = (head, tail) in {("died", "two"), ("market", "Lam")}
        report.link(ids[head][-1 if head == "Lam" else 0], label, ids[tail][-1 if second else 0])
    return report.document()


def test_the_manuals_report(ontology: Ontology) -> None:
    document = worked_example()
    dated = msgspec.structs.replace(document, published="2024-05-06")
    assert [str(finding) for finding in check_document(dated, ontology)] == []
    blast, arrest, search = incidents(document)
    words = {item.id: document.surface(item) for item in document.items}
    assert (blast.type, blast.types) == ("BOMBING", ("BOMBING", "DEATH", "ATTACK"))
    assert (blast.realis, blast.polarity, blast.certainty) == ("actual", "positive", "asserted")
    assert (blast.date.start, blast.date.end) == ("2024-05-05", "2024-05-05")
    assert [words[id] for id in (*blast.date.entity_ids, *blast.date.event_ids)] == ["Sunday", "exploded"]
    (market,) = blast.places
    assert (market.name, [larger.name for larger in market.within]) == ("Lam market", ["Lam", "Talmar Province"])
    assert [words[id] for id in market.entity_ids] == ["Lam market", "market"]
    assert [words[id] for id in market.event_ids] == ["Blast", "exploded"]
    assert (blast.attackers, blast.targets) == ((), ())
    assert [filler.name for filler in (*blast.instruments, *blast.victims)] == ["bomb", "shopkeepers"]
    (killed,) = blast.killed
    assert (killed.source, killed.people_min, killed.people_max) == ("text", 2, 2)
    assert [words[id] for id in killed.event_ids] == ["kills", "died"]
    assert (blast.wounded, blast.claimed_by) == ((), ())
    (front,) = blast.denied_by
    assert (front.name, [words[id] for id in front.event_ids]) == ("Harbour Front", ["denied"])
    assert (arrest.type, [one.name for one in arrest.parties]) == ("DETENTION", ["Police"])
    assert [words[id] for one in arrest.parties for id in one.entity_ids] == ["they"]
    assert (search.type, search.realis, [one.name for one in search.targets]) == ("OPERATION", "other", ["port"])


def test_the_page_shows_the_manuals_report() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    assert msgspec.json.decode(shown, type=Incident) == incidents(worked_example())[0]
    assert list(json.loads(shown)) == list(Incident.__struct_fields__)


def test_the_python_of_the_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == len(strife.load(ROOT, "validation", config="incidents"))


def test_the_page_names_every_field() -> None:
    assert all(f"`{name}`" in PAGE for name in Incident.__struct_fields__)


def killings(*said: tuple[str | None, str, dict[str, AttributeValue]], links: str = "") -> Document:
    """A document with one DEATH of incident 1 for each (speaker, victims, attributes)."""
    text = "".join(f"The {who or 'text'} said{n} died{n} {victims}{n}. " for n, (who, victims, _) in enumerate(said))
    report = Annotator(text)
    for n, (who, victims, attributes) in enumerate(said):
        report.trigger(f"d{n}", "DEATH", f"died{n}", **{"incident": 1, **attributes})
        if victims:
            report.mention(f"v{n}", "PER", f"{victims}{n}")
            report.link(f"d{n}", "victim", f"v{n}")
        if who:
            report.mention(f"s{n}", "ARM", who, sum(one[0] == who for one in said[:n]))
            report.trigger(f"t{n}", "STATEMENT", f"said{n}")
            report.link(f"t{n}", "speaker", f"s{n}")
            report.link(f"t{n}", "content", f"d{n}")
    for link in links.split():
        head, label, tail = link.split(">")
        report.link(head, label, tail)
    return report.document()


def killed(document: Document) -> list[tuple[str, int, int | None]]:
    (record,) = incidents(document)
    return [(one.source, one.people_min, one.people_max) for one in record.killed]


def people(least: int, most: int | None = None, **more: AttributeValue) -> dict[str, AttributeValue]:
    return {"people_min": least, **({"people_max": most} if most is not None else {}), **more}


def test_each_source_has_its_own_figure() -> None:
    document = killings(("Police", "", people(3, 3)), (None, "", people(4, 4)), ("Rebels", "", people(7)))
    assert killed(document) == [("Police", 3, 3), ("text", 4, 4), ("Rebels", 7, None)]
    (record,) = incidents(document)
    assert [(one.source_ids, one.statement_ids, one.event_ids) for one in record.killed] == [
        (("s0",), ("t0",), ("d0",)),
        ((), (), ("d1",)),
        (("s2",), ("t2",), ("d2",)),
    ]


def test_figures_of_one_source_give_a_range_and_are_not_added() -> None:
    assert killed(killings(("Police", "", people(3, 3)), ("Police", "", people(5, 6)))) == [("Police", 3, 6)]
    assert killed(killings(("Police", "", people(3, 3)), ("Police", "", people(5)))) == [("Police", 3, None)]


def test_civilians_and_the_armed_are_added_and_a_part_is_not() -> None:
    soldiers, children = people(2, 2, victim_status="armed"), people(3, 4, victim_status="civilian")
    assert killed(killings((None, "soldiers", soldiers), (None, "children", children))) == [("text", 5, 6)]
    part = people(3, 4, victim_status="civilian", extent="part")
    assert killed(killings((None, "soldiers", soldiers), (None, "children", part))) == [("text", 2, 2)]
    # the same people again, and a figure of all of them
    again = killings((None, "soldiers", soldiers), (None, "troops", soldiers), links="v1>same_as>v0")
    assert killed(again) == [("text", 2, 2)]
    everybody = people(9, 9, victim_status="mixed")
    three = killings((None, "soldiers", soldiers), (None, "children", children), (None, "people", everybody))
    assert killed(three) == [("text", 9, 9)]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (people(0, 0, polarity="negative"), [("text", 0, 0)]),
        (people(7, 7, polarity="negative"), []),
        (people(7, 7, realis="other"), []),
        ({}, []),
        ({"people_max": 7}, [("text", 0, 7)]),
        (people(9, 2), [("text", 2, 9)]),
        ({"people_min": -4, "people_max": float("nan")}, []),
        ({"people_min": "many", "people_max": 10**30}, []),
    ],
)
def test_what_is_no_figure_or_a_strange_one(
    attributes: dict[str, AttributeValue], expected: list[tuple[str, int, int | None]]
) -> None:
    assert killed(killings((None, "", attributes))) == expected


def test_a_figure_is_that_of_the_innermost_speaker_and_nobodys_if_it_is_denied() -> None:
    report = Annotator("Ministers said the army reported that nine died.")
    for id, words in (("m", "Ministers"), ("a", "army")):
        report.mention(id, "ARM", words)
    report.trigger("said", "STATEMENT", "said")
    report.trigger("reported", "STATEMENT", "reported")
    report.trigger("died", "DEATH", "died", incident=1, people_min=9, people_max=9)
    report.link("said", "speaker", "m")
    report.link("said", "content", "reported")
    report.link("reported", "speaker", "a")
    report.link("reported", "content", "died")
    assert killed(report.document()) == [("army", 9, 9)]
    report.events["reported"] = msgspec.structs.replace(report.events["reported"], attributes={"act": "deny"})
    assert killed(report.document()) == []


def test_claims_and_denials() -> None:
    report = Annotator("The Front claimed the raid, the Guard denied it, the Cell may claim it, nobody claimed2 it.")
    report.trigger("raid", "ATTACK", "raid", incident=1)
    for n, (who, verb, attributes) in enumerate(
        (
            ("Front", "claimed", {}),
            ("Guard", "denied", {"stance": "denies"}),
            ("Cell", "claim", {"realis": "other"}),
            ("nobody", "claimed2", {"polarity": "negative"}),
        )
    ):
        report.mention(f"m{n}", "ARM", who)
        report.trigger(f"c{n}", "CLAIM", verb, **attributes)
        report.link(f"c{n}", "speaker", f"m{n}")
        report.link(f"c{n}", "content", "raid")
    (record,) = incidents(report.document())
    assert [(one.name, one.event_ids) for one in record.claimed_by] == [("Front", ("c0",))]
    assert [(one.name, one.event_ids) for one in record.denied_by] == [("Guard", ("c1",))]
    assert record.attackers == ()


def test_places_the_smallest_and_those_around_it() -> None:
    report = Annotator("A raid on the post at Lam in Talmar, Verania. Shelling hit Lam and Sarn.")
    for id, label, words in (
        ("p", "FAC", "post"),
        ("l", "GPE", "Lam"),
        ("t", "GPE", "Talmar"),
        ("v", "GPE", "Verania"),
    ):
        report.mention(id, label, words)
    report.mention("l2", "GPE", "Lam", 1)
    report.mention("s", "GPE", "Sarn")
    report.trigger("raid", "ATTACK", "raid", incident=1)
    report.trigger("hit", "STRIKE", "Shelling", incident=2)
    report.link("raid", "target", "p")
    for inner, outer in (("p", "l"), ("l", "t"), ("t", "v")):
        report.link(inner, "located_in", outer)
    report.link("hit", "place", "t", "l2", "s")
    raid, shelling = incidents(report.document())
    # without a place of its own the raid happened where its target lies
    assert [(one.name, [larger.name for larger in one.within]) for one in raid.places] == [
        ("Lam", ["Talmar", "Verania"])
    ]
    assert [one.name for one in shelling.places] == ["Lam", "Sarn"]


def test_the_date_is_the_most_exact_one_told() -> None:
    report = Annotator("A raid in May. The raid2 on 4 May. Deaths from 4 to 5 May. A raid3 lasted two days.")
    report.mention("may", "TIME", "May", timex="2024-05")
    report.mention("day", "TIME", "4 May", timex="2024-05-04TNI")
    report.mention("from", "TIME", "4 to", timex="2024-05-04")
    report.mention("to", "TIME", "5 May", timex="2024-05-05")
    report.mention("long", "TIME", "two days", timex="P2D")
    for id, kind, words, times in (
        ("a", "ATTACK", "raid", ["may"]),
        ("b", "ATTACK", "raid2", ["day"]),
        ("c", "DEATH", "Deaths", ["to", "from"]),
    ):
        report.trigger(id, kind, words, incident=1)
        report.link(id, "time", *times)
    report.trigger("d", "ATTACK", "raid3", incident=2)
    report.link("d", "time", "long")
    first, second = incidents(report.document())
    assert first.date == When("2024-05-04TNI", "2024-05-04", "2024-05-04", ("day",), ("b",))
    assert second.date == When()
    del report.events["b"]
    first, _ = incidents(report.document())
    assert first.date == When("2024-05-04/2024-05-05", "2024-05-04", "2024-05-05", ("from", "to"), ("c",))


@pytest.mark.parametrize(
    ("timex", "expected"),
    [
        ("2024-05-05", "2024-05-05 2024-05-05"),
        ("2024-05-05T09:30", "2024-05-05 2024-05-05"),
        ("2024-02", "2024-02-01 2024-02-29"),
        ("2024-W09", "2024-02-26 2024-03-03"),
        ("2024-W09-2", "2024-02-27 2024-02-27"),
        ("2024-WI", "2024-12-01 2025-02-28"),
        ("2024-SU", "2024-06-01 2024-08-31"),
        ("2023", "2023-01-01 2023-12-31"),
        ("199", "1990-01-01 1999-12-31"),
        ("XXXX-05-04", None),
        ("P2D", None),
        ("XXXX-WXX-5", None),
        ("2024-02-30", None),
        ("2024-13", None),
        ("0000", None),
        ("9999-WI", None),
        ("", None),
    ],
)
def test_the_days_of_a_timex(timex: str, expected: str | None) -> None:
    days = period(timex)
    assert (None if days is None else " ".join(map(datetime.date.isoformat, days))) == expected


def test_a_planned_incident_and_one_that_did_not_happen() -> None:
    report = Annotator("They will attack. No raid happened, nor was the attack2 real; bombers bombed a shelter.")
    report.trigger("a", "ATTACK", "attack", incident=1, realis="other")
    report.trigger("b", "ATTACK", "raid", incident=2, polarity="negative")
    report.trigger("c", "ATTACK", "attack2", incident=3, polarity="negative")
    report.trigger("d", "STRIKE", "bombed", incident=3, certainty="alleged")
    planned, negated, real = incidents(report.document())
    assert (planned.realis, planned.polarity) == ("other", "positive")
    assert (negated.realis, negated.polarity) == ("actual", "negative")
    assert (real.polarity, real.type, real.types, real.certainty) == (
        "positive",
        "STRIKE",
        ("ATTACK", "STRIKE"),
        "alleged",
    )


def test_arrows_in_a_circle_to_nowhere_and_chains_of_nothing() -> None:
    report = Annotator("Lam lies in Sarn and Sarn in Lam. A raid at Lam killed two, said1 said2.")
    for id, words, again in (("l", "Lam", 0), ("s", "Sarn", 0), ("s2", "Sarn", 1), ("l2", "Lam", 1), ("l3", "Lam", 2)):
        report.mention(id, "GPE", words, again)
    report.trigger("raid", "ATTACK", "raid", incident=1)
    report.trigger("killed", "DEATH", "killed", incident=1, people_min=2)
    report.trigger("x", "STATEMENT", "said1")
    report.trigger("y", "STATEMENT", "said2")
    report.link("raid", "place", "l3", "nobody")
    report.link("l", "located_in", "s")
    report.link("s2", "located_in", "l2")
    report.link("l", "same_as", "l")
    report.link("l", "same_as", "l2")
    report.link("l2", "same_as", "l")
    report.link("s", "same_as", "nothing")
    report.link("x", "content", "y", "x", "killed")
    report.link("y", "content", "x", "killed")
    report.link("x", "speaker", "nobody")
    document = msgspec.structs.replace(
        report.document(),
        chains=(Chain("c", "entity", ("ghost", "l")), Chain("e", "entity", ()), Chain("k", "event", ("raid", "zz"))),
    )
    (record,) = incidents(document)
    assert [(one.name, [larger.name for larger in one.within]) for one in record.places] == [("Lam", ["Sarn"])]
    assert [(one.source, one.statement_ids) for one in record.killed] == [("unnamed", ("x", "y"))]
    with_templates(document)


def test_no_incident_without_a_number() -> None:
    report = Annotator("raid raid2 raid3 raid4 raid5")
    for id, number in (("raid", 0), ("raid2", -1), ("raid3", 1.5), ("raid4", "1"), ("raid5", float("nan"))):
        report.trigger(id, "ATTACK", id, incident=number)
    assert incidents(report.document()) == ()
    report.trigger("e", "OF_ANOTHER_ONTOLOGY", "raid", incident=2.0, realis="never", certainty="unsure")
    (record,) = incidents(report.document())
    assert (record.incident, record.type, record.certainty) == (2, "OF_ANOTHER_ONTOLOGY", "unsure")


@pytest.mark.parametrize(
    ("forms", "label", "best"),
    [
        (("the group", "HF", "Harbour Front", "it"), "ARM", "Harbour Front"),
        (("Veranian", "Verania"), "GPE", "Verania"),
        (("Ukrainian", "Ukraine"), "GPE", "Ukraine"),
        (("Lam", "Lam district"), "GPE", "Lam district"),
        (("they", "gunmen"), "PER", "gunmen"),
        (("they",), "PER", "they"),
    ],
)
def test_the_best_name(forms: tuple[str, ...], label: str, best: str) -> None:
    report = Annotator("x " + " x ".join(f"{form} killed{n}" for n, form in enumerate(forms)))
    for n, form in enumerate(forms):
        report.mention(f"m{n}", label, form)
        report.trigger(f"e{n}", "ATTACK", f"killed{n}", incident=1)
        report.link(f"e{n}", "agent", f"m{n}")
        if n:
            report.link(f"m{n}", "same_as", "m0")
    (record,) = incidents(report.document())
    (attacker,) = record.attackers
    assert (attacker.name, len(attacker.entity_ids)) == (best, len(forms))


ids = st.sampled_from([f"m{n}" for n in range(5)] + [f"e{n}" for n in range(6)] + ["nobody"])
KINDS = ("ATTACK", "STRIKE", "DEATH", "INJURY", "CLAIM", "STATEMENT", "MOVEMENT")


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Documents with any arrows, numbers and chains, also such that no validator would pass."""
    text = "Lam Lam they Talmar soldiers raid hit died said claimed fled 4"
    spans = [match.span() for match in re.finditer(r"\w+", text)]
    labels = st.sampled_from(["GPE", "PER", "TIME", "FAC"])
    timex = st.sampled_from(["2024-05-04", "2024", "P2D", "", "XXXX"])
    mentions = [
        Entity(f"m{n}", *spans[n], draw(labels), {"timex": draw(timex)} if draw(st.booleans()) else {})
        for n in range(5)
    ]
    values = {
        "incident": st.sampled_from([0, 1, 2, 1.0, "1"]),
        "realis": st.sampled_from(["actual", "other", "generic"]),
        "polarity": st.sampled_from(["positive", "negative"]),
        "people_min": st.integers(-1, 9),
        "people_max": st.integers(-1, 9),
        "victim_status": st.sampled_from(["armed", "civilian", "mixed", "unknown"]),
        "extent": st.sampled_from(["part", "total"]),
        "act": st.sampled_from(["report", "deny"]),
        "stance": st.sampled_from(["claims", "denies"]),
    }
    roles = st.sampled_from(["agent", "victim", "place", "time", "target", "speaker", "content"])
    argument = st.builds(
        lambda role, id: Argument(role, *((None, id) if id.startswith("e") else (id, None))), roles, ids
    )
    events = [
        Event(
            f"e{n}",
            draw(st.sampled_from(KINDS)),
            Trigger(*spans[5 + n]),
            tuple(draw(st.lists(argument, max_size=4))),
            draw(st.fixed_dictionaries({}, optional=values)),
        )
        for n in range(6)
    ]
    relation = st.builds(Relation, ids, ids, st.sampled_from(["same_as", "located_in", None]))
    chain = st.builds(Chain, st.just("c"), st.just("entity"), st.lists(ids, max_size=3).map(tuple))
    return Document(
        "d",
        text,
        tuple(mentions),
        tuple(events),
        tuple(draw(st.lists(relation, max_size=5))),
        tuple(draw(st.lists(chain, max_size=2))),
    )


def referred(value: object, name: str = "") -> list[str]:
    """All ids in a record."""
    if isinstance(value, dict):
        return [id for key, one in value.items() for id in referred(one, key)]
    if isinstance(value, list | tuple):
        return [id for one in value for id in referred(one, name)]
    return [str(value)] if name.endswith("_ids") and not isinstance(value, tuple) else []


@settings(max_examples=150)
@given(documents(), st.randoms())
def test_any_document(document: Document, random: Callable[..., object]) -> None:
    records = incidents(document)
    there = {item.id for item in document.items}
    for record in records:
        table = msgspec.to_builtins(record)
        assert set(referred(table)) <= there
        assert record.event_ids
        assert record.type in record.types
        assert msgspec.convert(table, Incident) == record
        for one in (*record.killed, *record.wounded):
            assert one.people_min >= 0
            assert one.people_max is None or one.people_min <= one.people_max
    assert [record.incident for record in records] == sorted({record.incident for record in records})
    shuffled = msgspec.structs.replace(
        document,
        entities=document.entities[::-1],
        events=document.events[::-1],
        relations=document.relations[::-1],
        chains=document.chains[::-1],
    )
    assert incidents(shuffled) == records


def test_the_corpus_is_scored_against_itself_and_less_than_itself() -> None:
    gold = list(map(with_templates, read_documents(ROOT / "corpus" / "gold.jsonl")))
    whole = score(gold, gold, ["ceaf_ree", "ceaf_rme"])
    assert all(whole.counts[name].f1 == 1 for name in ("ceaf_ree", "ceaf_rme"))
    assert {"attacker", "killed", "claimed_by", "place", "date"} <= whole.types["ceaf_rme"].keys()
    fewer = [
        msgspec.structs.replace(
            document,
            events=tuple(
                msgspec.structs.replace(event, attributes=event.attributes | {"realis": "other"})
                if event.type == "DEATH"
                else event
                for event in document.events
            ),
        )
        for document in gold
    ]
    less = score(gold, map(with_templates, fewer), ["ceaf_rme"])
    assert less.types["ceaf_rme"]["killed"].tp == 0 < less.types["ceaf_rme"]["attacker"].tp
    assert less.counts["ceaf_rme"].fn > 0


def test_the_command_scores_incidents(tmp_path: Path) -> None:
    plain, records = tmp_path / "gold.jsonl", tmp_path / "records.jsonl"
    write_documents(plain, [worked_example()])
    write_documents(records, [with_templates(worked_example())])
    told = [
        CliRunner().invoke(app, ["score", str(gold), str(gold), "--samples", "0", *options]).stdout
        for gold, options in ((plain, ["--incidents"]), (records, ["--metric", "ceaf_ree", "--metric", "ceaf_rme"]))
    ]
    assert told[0] == told[1]
    assert re.search(r"^ceaf_ree +100\.0 .* 13 +0 +0$", told[0], re.MULTILINE), told[0]
    assert "ent " not in told[0]
    run = ["compare", str(plain), f"a={plain}", f"b={records}", "--incidents"]
    assert "ceaf_rme" in CliRunner().invoke(app, run).stdout


def test_load_gives_the_records_that_the_documents_give() -> None:
    for split in ("train", "validation", "test"):
        records = strife.load(ROOT, split, config="incidents")
        assert records == [one for document in strife.load(ROOT, split) for one in incidents(document)]
        assert records
    with pytest.raises(InputError, match="config 'events' asked for; expected documents or incidents"):
        strife.load(ROOT, config="events")  # type: ignore[call-overload]
