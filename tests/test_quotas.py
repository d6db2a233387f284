"""Quotas: each hard thing by its rule, on a text that has it and on one that nearly has."""

from collections.abc import Callable

import msgspec
import pytest

import strife
from strife.model import Document, Zone
from strife.ontology import Ontology
from strife.release import quotas
from strife.release.quotas import HARD_THINGS, sections
from tests.conftest import ROOT
from tests.marking import Annotator

RULES = {thing.holds.__name__: thing.holds for thing in HARD_THINGS}


def figures(*said: tuple[str, int], most: bool = True) -> Document:
    report = Annotator(" ".join(f"The {who} said{n} {number} died{n}." for n, (who, number) in enumerate(said)))
    for n, (who, number) in enumerate(said):
        report.mention(f"m{n}", "ARM", who, sum(one[0] == who for one in said[:n]))
        report.trigger(f"s{n}", "STATEMENT", f"said{n}")
        report.trigger(f"d{n}", "DEATH", f"died{n}", incident=1, people_min=number)
        if most:
            attributes = report.events[f"d{n}"].attributes | {"people_max": number}
            report.events[f"d{n}"] = msgspec.structs.replace(report.events[f"d{n}"], attributes=attributes)
        report.link(f"s{n}", "speaker", f"m{n}")
        report.link(f"s{n}", "content", f"d{n}")
    return report.document()


def names(first: str, second: str, label: str) -> Document:
    report = Annotator(f"Here {first} met {second}.")
    report.mention("a", label, first)
    report.mention("b", label, second)
    report.link("b", "same_as", "a")
    return report.document()


def dated(words: str, timex: str, kind: str = "ATTACK", **attributes: str) -> Document:
    report = Annotator(f"A raid came on {words}.")
    report.mention("t", "TIME", words, timex=timex)
    report.trigger("e", kind, "raid", **attributes)
    report.link("e", "time", "t")
    return msgspec.structs.replace(report.document(), published="2024-03-06")


def said(inner: str) -> Document:
    report = Annotator("Police said the Front claimed the raid.")
    for id, kind, word in (("s", "STATEMENT", "said"), ("c", "CLAIM", "claimed"), ("r", "ATTACK", "raid")):
        report.trigger(id, kind, word)
    report.link("s", "content", inner)
    return report.document()


def zoned(headline: int, caption: int, label: str = "caption") -> Document:
    report = Annotator("Raid1\n\nA raid2 came.\n\nThe raid3.")
    for id, word, incident in (("a", "Raid1", headline), ("b", "raid2", 1), ("c", "raid3", caption)):
        report.trigger(id, "ATTACK", word, incident=incident)
    zones = (Zone(0, 5, "headline"), Zone(7, 20, "body"), Zone(22, 32, label))
    return msgspec.structs.replace(report.document(), zones=zones)


def within(second: str) -> Document:
    report = Annotator("Lam airport was shelled.")
    report.mention("a", "FAC", "Lam airport")
    report.mention("b", "GPE", second)
    return report.document()


CASES = [
    ("conflicting_figures", figures(("army", 3), ("ministry", 4)), figures(("army", 3), ("ministry", 3))),
    ("conflicting_figures", figures(("army", 3), ("ministry", 4)), figures(("Army", 3), ("Army", 4))),
    (
        "conflicting_figures",
        figures(("army", 3), ("ministry", 4)),
        figures(("army", 3), ("ministry", 4), most=False),  # at least 3, at least 4
    ),
    ("responsibility", said("c"), dated("Monday", "2024-03-04")),
    ("aliases", names("Harbour Front", "HF", "ARM"), names("Verania", "Veranian", "GPE")),
    ("aliases", names("Harbour Front", "HF", "ARM"), names("Harbour Front", "group", "ARM")),
    ("relative_dates", dated("Monday", "2024-03-04"), dated("4 March", "2024-03-04")),
    ("relative_dates", dated("last year", "2023"), dated("2023", "2023")),
    ("relative_dates", dated("two days earlier", "2024-03-04"), dated("two days", "P2D")),
    ("other_years", dated("2019", "2019"), dated("January", "2024-01")),
    ("other_years", dated("2019", "2019"), dated("2019", "2019", realis="other")),
    ("other_years", dated("2019", "2019"), dated("2019", "2019", "STATEMENT")),
    ("unreal", dated("2019", "2019", realis="other"), dated("2019", "2019", realis="generic")),
    ("unreal", dated("2019", "2019", polarity="negative"), dated("2019", "2019")),
    ("nested", within("Lam"), within("shelled")),
    ("attribution_chains", said("c"), said("r")),
    ("repeated", zoned(1, 1), zoned(1, 2)),
    ("repeated", zoned(1, 1), zoned(0, 1)),
    ("repeated", zoned(1, 1), zoned(1, 1, "boilerplate")),
]


@pytest.mark.parametrize(("rule", "has", "has_not"), CASES)
def test_each_rule(rule: str, has: Document, has_not: Document) -> None:
    assert RULES[rule](has)
    assert not RULES[rule](has_not)


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} == RULES.keys()


def test_the_datasheet_counts_with_these_rules(ontology: Ontology) -> None:
    told = sections({split: strife.load(ROOT, split) for split in ("train", "validation", "test")}, ontology)
    page = (ROOT / "DATASHEET.md").read_text(encoding="utf-8")
    for name, section in told.items():
        assert f"<!-- begin generated: {name} -->\n\n{section}\n\n<!-- end generated: {name} -->" in page


def test_a_near_miss_that_tells_of_something_recent_is_named(ontology: Ontology) -> None:
    def near(document: Document, doc_id: str) -> Document:
        return msgspec.structs.replace(document, doc_id=doc_id, meta={"kind": "near miss"})

    documents = [near(dated("Monday", "2024-03-04"), "new"), near(dated("2019", "2019"), "old"), figures(("army", 3))]
    told = sections({"train": documents, "test": []}, ontology)["quotas"]
    assert "| near misses (one article in 12) | 1 | 2 |" in told
    assert "Of these, 1 tell of an actual event that its time puts into the 30 days before publication (new)." in told
    assert "DEATH in test" in told
    assert "| types that every split has | 24 | 0 |" in told
    few: Callable[[Document], bool] = quotas.is_near_miss
    assert not few(figures(("army", 3)))
