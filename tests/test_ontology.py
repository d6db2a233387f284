"""The ontology: what the packaged one holds, and which files are refused with what words."""

from pathlib import Path

import pytest

from strife.ontology import PACKAGED, Ontology, OntologyError, Policy, RoleType, load_ontology
from tests.conftest import ROOT

ENTITY_TYPES = ["PER", "ARM", "ORG", "GPE", "LOC", "FAC", "EQP", "NUM", "TIME"]
EVENT_TYPES = [
    *["STRIKE", "BOMBING", "CLASH", "ATTACK", "DEATH"],
    *["INJURY", "DAMAGE", "DETENTION", "RELEASE", "OPERATION"],
    *["TERRITORY", "MOVEMENT", "AGREEMENT", "CLAIM", "STATEMENT"],
]
ROLES = [
    *["agent", "target", "victim", "instrument", "place", "time", "count"],
    *["mover", "origin", "destination", "loser", "speaker", "content"],
]
OF_EVERY_EVENT = {"realis", "polarity", "certainty"}

SMALL = """
name = "small"
version = "1"

[roles]
agent = "who acts"

[entity_types.PER]
may_contain = ["ORG"]

[entity_types.ORG]

[event_types.RAID.arguments]
agent = { types = ["PER", "@EVENT"] }

[relations.member_of]
head = ["PER"]
tail = ["ORG"]

[attributes.mood]
applies_to = ["RAID"]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_the_packaged_labels_in_their_order(ontology: Ontology) -> None:
    # The orders fix ClassLabel ids of published data: appending is allowed, inserting is not.
    assert list(ontology.entity_types)[:9] == ENTITY_TYPES
    assert list(ontology.event_types)[:15] == EVENT_TYPES
    assert list(ontology.role_names)[:13] == ROLES


def test_the_packaged_ontology_has_9_entity_types_15_event_types_13_roles(ontology: Ontology) -> None:
    assert (len(ontology.entity_types), len(ontology.event_types), len(ontology.roles)) == (9, 15, 13)


def test_without_a_path_the_packaged_file_is_read(ontology: Ontology) -> None:
    assert load_ontology(str(PACKAGED)) == ontology


def test_the_packaged_policy_is_the_strict_one(ontology: Ontology) -> None:
    assert ontology.policy == Policy("listed", False, False, False, False)


def test_every_packaged_role_is_taken_by_some_event(ontology: Ontology) -> None:
    assert {role for event in ontology.event_types.values() for role in event.arguments} == set(ontology.roles)


def test_a_role_may_be_a_plain_string_or_a_table(small: Path) -> None:
    roles = load_ontology(small).roles
    assert roles == {"agent": RoleType(definition="who acts")}
    table = '[roles.agent]\ndefinition = "who acts"\nexamples = ["[He] {shot}."]\n'
    table += 'near_misses = [{ text = "[It] {rained}.", why = "weather" }]'
    small.write_text(SMALL.replace('[roles]\nagent = "who acts"', table), encoding="utf-8")
    agent = load_ontology(small).roles["agent"]
    assert (agent.definition, agent.examples, agent.near_misses[0].why) == ("who acts", ("[He] {shot}.",), "weather")


def test_packaged_texts_name_only_labels_that_exist(ontology: Ontology) -> None:
    kinds = {**ontology.entity_types, **ontology.event_types}
    named = {kind.nearest for kind in kinds.values()}
    named |= {miss.is_ for kind in kinds.values() for miss in kind.near_misses if miss.is_}
    assert named <= set(kinds)


def test_packaged_defaults_are_among_the_values(ontology: Ontology) -> None:
    chosen = {name: kind for name, kind in ontology.attributes.items() if kind.control == "choices"}
    assert chosen
    assert all(kind.default in kind.values for kind in chosen.values())


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("PER", set()),
        ("TIME", {"timex"}),
        ("STRIKE", OF_EVERY_EVENT | {"incident", "strike_kind"}),
        ("DEATH", OF_EVERY_EVENT | {"incident", "people_min", "people_max", "extent", "victim_status"}),
        ("CLAIM", OF_EVERY_EVENT | {"stance"}),
        ("STATEMENT", OF_EVERY_EVENT | {"act"}),
        ("EVENT", OF_EVERY_EVENT),
        ("NO_SUCH", set()),
    ],
)
def test_attributes_of(ontology: Ontology, label: str, names: set[str]) -> None:
    assert set(ontology.attributes_of(label)) == names


def test_attributes_of_come_in_the_order_of_the_file(ontology: Ontology) -> None:
    assert list(ontology.attributes_of("STRIKE")) == ["realis", "polarity", "certainty", "incident", "strike_kind"]


@pytest.mark.parametrize(
    ("role", "labels"), [("count", {"NUM"}), ("victim", {"PER", "ARM"}), ("content", {"@EVENT"}), ("no_such", set())]
)
def test_fillers_of_a_role_are_those_of_any_event(ontology: Ontology, role: str, labels: set[str]) -> None:
    assert ontology.fillers_of(role) == labels


def test_required_attributes_by_label(ontology: Ontology) -> None:
    bare = {"CLAIM", "STATEMENT"}
    expected = {label: ("incident",) if label not in bare else () for label in EVENT_TYPES}
    expected |= {label: ("timex",) if label == "TIME" else () for label in ENTITY_TYPES}
    assert ontology.required == expected


@pytest.mark.parametrize(
    ("event", "roles"), [("STATEMENT", {"content", "time"}), ("DEATH", {"count", "time"}), ("CLASH", {"time"})]
)
def test_bounded_roles_are_those_required_or_limited(ontology: Ontology, event: str, roles: set[str]) -> None:
    assert set(ontology.event_types[event].bounded) == roles


def test_words_that_never_are_a_trigger_are_single_and_lower_case(ontology: Ontology) -> None:
    # They are compared with the casefolded trigger.
    assert {"war", "violence", "talks"} <= set(ontology.never_triggers)
    assert all(word.isalpha() and word == word.casefold() for word in ontology.never_triggers)


def test_an_attribute_that_applies_to_nothing_named_applies_to_everything() -> None:
    lax = load_ontology(ROOT / "tests" / "data" / "sym.toml")
    anything = {"certainty", "normalized", "count"}
    assert set(lax.attributes_of("PERSON")) == set(lax.attributes_of("Attack")) == anything
    assert set(lax.attributes_of("DOCUMENT")) == anything | {"doc_type"}


def test_role_names_without_declared_roles_are_those_of_the_events() -> None:
    lax = load_ontology(ROOT / "tests" / "data" / "sym.toml")
    assert lax.role_names == ("attacker", "target", "place", "time", "killed")


def test_a_name_and_a_version_are_enough_and_everything_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('name = "o"\nversion = "1"\n', encoding="utf-8")
    lax = load_ontology(path)
    assert lax == Ontology("o", "1", policy=Policy("any", True, True, True, True))
    assert (lax.never_triggers, lax.scope) == ((), "")


def test_the_small_ontology_of_these_tests_loads(small: Path) -> None:
    assert load_ontology(small).name == "small"


def test_keys_may_be_any_unicode(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('name = "o"\nversion = "1"\n[entity_types."Ämter 😀"]\n', encoding="utf-8")
    assert list(load_ontology(path).entity_types) == ["Ämter 😀"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "1"', 'version = "1"\ncolour = "red"', "unknown field `colour`"),
        ("may_contain =", "may_hold =", "unknown field `may_hold`"),
        ('types = ["PER",', 'type = ["PER",', "unknown field `type`"),
        ('tail = ["ORG"]', 'tail = ["ORG"]\n[policy]\nnested = "any"', "unknown field `nested`"),
        ('tail = ["ORG"]', 'tail = ["ORG"]\n[policy]\nnesting = "some"', "Invalid enum value 'some'"),
        ('name = "small"', "", "missing required field `name`"),
        ('version = "1"', "version = 1", r"Expected `str`, got `int` - at `\$\.version`"),
        ('may_contain = ["ORG"]', 'may_contain = ["OGR"]', r"entity_types\.PER\.may_contain .*unknown type 'OGR'"),
        ('may_contain = ["ORG"]', 'may_contain = ["RAID"]', r"entity_types\.PER\.may_contain .*unknown type 'RAID'"),
        ('["PER", "@EVENT"]', '["PRE"]', r"event_types\.RAID\.arguments\.agent .*unknown type 'PRE'"),
        ('head = ["PER"]', 'head = ["PRE"]', r"relations\.member_of .*unknown type 'PRE'"),
        ('tail = ["ORG"]', 'tail = ["@EVENT"]', r"relations\.member_of .*unknown type '@EVENT'"),
        ('applies_to = ["RAID"]', 'applies_to = ["RIAD"]', r"attributes\.mood .*unknown type 'RIAD'"),
        ('agent = "who acts"', 'victim = "who dies"', r"event_types\.RAID\.arguments .*undeclared role 'agent'"),
        ("[event_types.RAID.arguments]", "[event_types.PER.arguments]", "PER is both an entity type and an event type"),
        ('agent = "who acts"', 'agent = { defnition = "who acts" }', "unknown field `defnition`"),
        ('agent = "who acts"', "agent = 1", r"Expected `object`, got `int` - at `\$\.roles"),
        ("[event_types.RAID.arguments]", '[event_types.RAID]\ncolour = "red"\n[event_types.RAID.arguments]', "'red'"),
        (
            "[entity_types.ORG]",
            '[entity_types.ORG]\nnear_misses = [{ text = "[x]", is = "OGR", why = "y" }]',
            r"ORG\.near_misses names the unknown type 'OGR'",
        ),
        (
            'agent = "who acts"',
            'agent = { near_misses = [{ text = "{x} [y]", is = "PER", why = "z" }] }',
            r"agent\.near_misses names the unknown type 'PER'",
        ),
        ('name = "small"', "name = small", "Invalid value"),
        ("[roles]", "[roles", r"line 5"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_fault(small: Path, old: str, new: str, message: str) -> None:
    assert SMALL.count(old) == 1
    small.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(OntologyError, match=message) as caught:
        load_ontology(small)
    assert str(caught.value).startswith(f"{small}: ")


def test_all_faults_are_named_at_once(small: Path) -> None:
    small.write_text(SMALL.replace('["ORG"]', '["X1"]').replace('["RAID"]', '["X2"]'), encoding="utf-8")
    with pytest.raises(OntologyError) as caught:
        load_ontology(small)
    assert str(caught.value) == (
        f"{small}: entity_types.PER.may_contain names the unknown type 'X1'; "
        "relations.member_of names the unknown type 'X1'; attributes.mood names the unknown type 'X2'"
    )


@pytest.mark.parametrize("group", ["EVENT", "DOCUMENT", "ORG"])
def test_an_attribute_may_apply_to_groups_and_labels(small: Path, group: str) -> None:
    small.write_text(SMALL.replace('applies_to = ["RAID"]', f'applies_to = ["{group}"]'), encoding="utf-8")
    assert "mood" in load_ontology(small).attributes_of("RAID" if group == "EVENT" else group)


def test_a_pattern_that_is_no_regular_expression_is_refused(small: Path) -> None:
    # Otherwise it breaks in the middle of the first validation that meets a value.
    small.write_text(SMALL + "pattern = '('\n", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"attributes\.mood"):
        load_ontology(small)


def test_choices_without_values_are_refused(small: Path) -> None:
    # Otherwise the tables for annotators cannot be printed and the labelling configuration has nothing to choose.
    small.write_text(SMALL + 'control = "choices"\n', encoding="utf-8")
    with pytest.raises(OntologyError, match=r"attributes\.mood"):
        load_ontology(small)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(OntologyError, match=r"none\.toml: cannot be read \(No such file"):
        load_ontology(path)


def test_a_folder_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="cannot be read") as caught:
        load_ontology(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_name(small: Path) -> None:
    small.write_bytes(SMALL.replace("small", "kl\u00e4n").encode("latin-1"))
    with pytest.raises(OntologyError, match=r"small\.toml: .*utf-8"):
        load_ontology(small)
