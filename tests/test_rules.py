"""The rules as a catalogue, and one tiny file for each: it raises that rule and no other."""

import re
from pathlib import Path

import pytest

from strife.finding import Rule
from strife.ontology import Ontology
from strife.validate import BY_CODE, LEVELS, RULES, UnknownRule, chosen
from strife.validate.catalogue import page, pages
from strife.validation import Options, run
from tests.conftest import ROOT

INVALID = sorted((ROOT / "tests" / "data" / "invalid").iterdir())
VALID = sorted((ROOT / "tests" / "data" / "valid").glob("*.jsonl"))
ALL = set(BY_CODE)


def raised(path: Path, ontology: Ontology) -> set[str]:
    """The codes that a file raises; a folder may hold split lists and a waivers file."""
    waivers = path / "waivers.toml"
    options = Options(
        splits=path if path.is_dir() and any(path.glob("*.txt")) else None,
        waivers=waivers if waivers.is_file() else None,
    )
    return {finding.code for finding in run([path], ontology, options).report.findings}


@pytest.mark.parametrize("path", INVALID, ids=[path.name for path in INVALID])
def test_an_invalid_file_raises_its_rule_and_no_other(ontology: Ontology, path: Path) -> None:
    assert raised(path, ontology) == {path.name[:6]}


def test_every_rule_has_an_invalid_file() -> None:
    assert {path.name[:6] for path in INVALID} == ALL


@pytest.mark.parametrize("path", VALID, ids=[path.name for path in VALID])
def test_a_valid_file_raises_nothing(ontology: Ontology, path: Path) -> None:
    checked = run([path], ontology)
    assert checked.report.findings == ()
    assert checked.report.documents > 0


def test_the_valid_files_together_raise_nothing(ontology: Ontology) -> None:
    assert run(VALID, ontology).report.findings == ()


# ---------------------------------------------------------------- the catalogue


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.slug)
    assert rule.level in LEVELS
    assert all(text and text == text.strip() for text in (rule.title, rule.why, rule.wrong, rule.right))
    assert rule.wrong != rule.right


def test_codes_and_slugs_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.slug for rule in RULES}) == len(RULES) == len(BY_CODE)


def test_every_level_has_a_rule() -> None:
    assert {rule.level for rule in RULES} == set(LEVELS)


def test_rules_come_by_level() -> None:
    assert [rule.level for rule in RULES] == sorted(rule.level for rule in RULES)


def test_the_rules_that_are_mended_are_these() -> None:
    # --fix promises to move nothing else, so adding a rule here needs a fix that was proved safe.
    mended = {rule.code for rule in RULES if rule.fix == "safe"}
    assert mended == {"SPN203", "SPN204", "SPN207", "EVT404", "ARG506", "ARG507", "REL551"}


def test_the_documented_rules_are_the_rules() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == pages()


def test_a_page_says_title_level_why_wrong_right_and_who_mends() -> None:
    assert page(BY_CODE["SPN203"]) == (
        "### SPN203 boundary-blank\n\n"
        "**A span has no blank at an edge.** (error, level 2: span)\n\n"
        "Scores and agreement compare exact offsets; a blank that the mouse caught makes a right mention wrong.\n\n"
        "- wrong: [the bombing ]hit\n- right: the [bombing] hit\n\n"
        "`strife validate --fix` mends it.\n"
    )


def test_the_page_of_a_rule_that_is_not_mended_says_so() -> None:
    assert page(BY_CODE["SPN205"]).endswith("\n\nA person has to mend it.\n")


# ---------------------------------------------------------------- the choice


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ((), (), ALL),
        (("CAS603",), (), {"CAS603"}),
        (("CAS",), (), {f"CAS60{n}" for n in range(1, 7)}),
        (("CAS60", "TIM701"), (), {*(f"CAS60{n}" for n in range(1, 7)), "TIM701"}),
        (("CAS",), ("CAS602",), {"CAS601", "CAS603", "CAS604", "CAS605", "CAS606"}),
        (("REL", "REL551"), ("REL551", "REL552"), {"REL553"}),
        (("CAS602",), ("CAS",), set()),
        ((), ("CAS", "TIM"), {code for code in ALL if not code.startswith(("CAS", "TIM"))}),
    ],
)
def test_rules_are_chosen_by_the_beginnings_of_codes(
    select: tuple[str, ...], ignore: tuple[str, ...], codes: set[str]
) -> None:
    assert chosen(select, ignore) == codes


def test_rules_are_chosen_from_iterators_too() -> None:
    assert chosen(iter(["CAS"]), iter(["CAS601"])) == chosen(["CAS"], ["CAS601"])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("WVR002", r"did you mean WVR001\?"),
        ("CAS6021", r"did you mean CAS602\?"),
        ("spn", "see `strife rule`"),
        ("", "see `strife rule`"),
        ("boundary-blank", "see `strife rule`"),
        ("😀", "see `strife rule`"),
    ],
)
@pytest.mark.parametrize("option", ["select", "ignore"])
def test_a_word_with_which_no_code_begins_is_refused_with_a_hint(option: str, word: str, hint: str) -> None:
    with pytest.raises(UnknownRule, match=hint) as caught:
        chosen(**{option: [word]})
    assert str(caught.value).startswith(f"no rule begins with {word!r}; ")
