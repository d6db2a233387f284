"""What is generated from the ontology: the committed copies, and a configuration that Label Studio understands."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology, load_ontology
from strife.ontology_views import SCHEMES, checks, label_config, mappings, type_tables
from strife.validate import BY_CODE, validate
from tests.conftest import ROOT

SYM = ROOT / "tests" / "data" / "sym.toml"
CONTROLS = {"choices": "Choices", "number": "Number", "textarea": "TextArea"}


@pytest.fixture(scope="module")
def config(ontology: Ontology) -> ElementTree.Element:
    return ElementTree.fromstring(label_config(ontology))


@pytest.fixture(scope="module")
def lax() -> Ontology:
    return load_ontology(SYM)


def labels_of(config: ElementTree.Element, control: str) -> list[str | None]:
    return [label.get("value") for label in config.findall(f"Labels[@name='{control}']/Label")]


def view_of(config: ElementTree.Element, attribute: str) -> ElementTree.Element:
    (view,) = (view for view in config.findall("View") if view.find(f"*[@name='{attribute}']") is not None)
    return view


@pytest.mark.parametrize(
    ("file", "view"), [("annotation/label_config.xml", label_config), ("annotation/guidelines/types.md", type_tables)]
)
def test_the_committed_copy_is_what_is_generated(ontology: Ontology, file: str, view: object) -> None:
    assert (ROOT / file).read_bytes().decode("utf-8") == view(ontology)  # type: ignore[operator]


def test_every_label_is_in_the_control_of_its_kind(config: ElementTree.Element, ontology: Ontology) -> None:
    assert labels_of(config, "entity") == list(ontology.entity_types)
    assert labels_of(config, "trigger") == list(ontology.event_types)


def test_every_role_and_relation_can_be_drawn(config: ElementTree.Element, ontology: Ontology) -> None:
    drawn = [relation.get("value") for relation in config.findall("Relations/Relation")]
    assert drawn == [*ontology.role_names, *ontology.relations]


def test_every_attribute_has_one_control_of_its_kind(config: ElementTree.Element, ontology: Ontology) -> None:
    found = {e.get("name"): e.tag for e in config.iter() if e.tag in CONTROLS.values()}
    assert found == {name: CONTROLS[kind.control] for name, kind in ontology.attributes.items()}


def test_choices_offer_the_values_of_the_ontology(config: ElementTree.Element, ontology: Ontology) -> None:
    offered = {e.get("name"): tuple(c.get("value") for c in e.findall("Choice")) for e in config.iter("Choices")}
    chosen = {name: kind.values for name, kind in ontology.attributes.items() if kind.control == "choices"}
    assert offered == chosen


def test_every_attribute_lies_in_a_view_that_shows_it_for_a_selected_region(
    config: ElementTree.Element, ontology: Ontology
) -> None:
    for name in ontology.attributes:
        view = view_of(config, name)
        assert view.get("visibleWhen") == "region-selected", name
        assert view.find(f"*[@name='{name}']").get("perRegion") == "true", name  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("attribute", "control", "labels"),
    [
        ("realis", "trigger", None),
        ("strike_kind", "trigger", "STRIKE"),
        ("people_min", "trigger", "DEATH,INJURY"),
        ("timex", "entity", "TIME"),
    ],
)
def test_a_view_names_the_labels_that_have_the_attribute(
    config: ElementTree.Element, attribute: str, control: str, labels: str | None
) -> None:
    view = view_of(config, attribute)
    assert (view.get("whenTagName"), view.get("whenLabelValue")) == (control, labels)


@pytest.mark.parametrize("tag", ["Number", "TextArea"])
def test_number_and_textarea_carry_no_visible_when(config: ElementTree.Element, tag: str) -> None:
    # Label Studio ignores it there: the field would show for every region.
    controls = list(config.iter(tag))
    assert controls
    assert not [name for control in controls for name in control.keys() if "when" in name.lower()]  # noqa: SIM118


def test_hotkeys_are_unique_over_both_label_sets(config: ElementTree.Element) -> None:
    keys = [label.get("hotkey") for label in config.iter("Label")]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_colours_are_unique_and_well_formed(config: ElementTree.Element) -> None:
    colours = [label.get("background") or "" for label in config.iter("Label")]
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert len(set(colours)) == len(colours)


def test_every_control_points_at_the_text_and_no_name_comes_twice(config: ElementTree.Element) -> None:
    controls = [element for element in config.iter() if element.get("toName")]
    assert {control.get("toName") for control in controls} == {"text"}
    names = [element.get("name") for element in config.iter() if element.get("name")]
    assert len(set(names)) == len(names)


def test_the_text_is_untouched_and_selected_by_characters(config: ElementTree.Element) -> None:
    (text,) = config.findall("Text")
    assert text.attrib == {"name": "text", "value": "$text", "granularity": "symbol"}


def test_a_minimum_is_passed_on(config: ElementTree.Element) -> None:
    assert {number.get("name"): number.get("min") for number in config.iter("Number")} == {
        "incident": "0",
        "people_min": "0",
        "people_max": "0",
    }


def test_an_attribute_of_the_document_is_shown_always_and_once_per_text(lax: Ontology) -> None:
    config = ElementTree.fromstring(label_config(lax))
    (control,) = config.findall("Choices[@name='doc_type']")
    assert control.get("perRegion") is None


def test_an_attribute_of_anything_is_shown_for_mentions_and_triggers(lax: Ontology) -> None:
    view = view_of(ElementTree.fromstring(label_config(lax)), "certainty")
    assert (view.get("visibleWhen"), view.get("whenTagName"), view.get("whenLabelValue")) == (
        "region-selected",
        None,
        None,
    )


def test_the_names_of_the_controls_come_from_the_ontology(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text(
        'name = "o"\nversion = "1"\n[label_studio]\nentity_control = "ner"\ntrigger_control = "evt"\n'
        '[entity_types.PER]\n[event_types.RAID]\n[attributes.age]\napplies_to = ["PER"]\n',
        encoding="utf-8",
    )
    config = ElementTree.fromstring(label_config(load_ontology(path)))
    assert (labels_of(config, "ner"), labels_of(config, "evt")) == (["PER"], ["RAID"])
    assert view_of(config, "age").get("whenTagName") == "ner"


def test_labels_with_xml_characters_come_back_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text(
        """name = "o"\nversion = "1"\n[entity_types.'R&D "<1>" 😀']\n[relations.'a<b']\n"""
        """[attributes.kind]\napplies_to = ['R&D "<1>" 😀']\ncontrol = "choices"\nvalues = ["x&y"]\n""",
        encoding="utf-8",
    )
    config = ElementTree.fromstring(label_config(load_ontology(path)))
    assert labels_of(config, "entity") == ['R&D "<1>" 😀']
    assert view_of(config, "kind").get("whenLabelValue") == 'R&D "<1>" 😀'
    assert [e.get("value") for e in config.iter("Relation")] == ["a<b"]
    assert [e.get("value") for e in config.iter("Choice")] == ["x&y"]


def test_more_labels_than_keys_leave_the_rest_without_a_hotkey(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('name = "o"\nversion = "1"\n' + "".join(f"[event_types.E{n}]\n" for n in range(60)), "utf-8")
    keys = [e.get("hotkey") for e in ElementTree.fromstring(label_config(load_ontology(path))).iter("Label")]
    given = [key for key in keys if key]
    assert len(keys) == 60
    assert len(set(given)) == len(given) < 60
    assert keys[len(given) :] == [None] * (60 - len(given))


def rows(table: str, heading: str) -> list[list[str]]:
    section = table.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


def test_type_tables_have_a_page_for_every_label(ontology: Ontology) -> None:
    pages = re.findall(r"^### (\S+)$", type_tables(ontology), re.MULTILINE)
    assert pages == [*ontology.entity_types, *ontology.event_types]


@pytest.mark.parametrize(
    ("heading", "names"),
    [("Roles", "roles"), ("Relations between entities", "relations"), ("Attributes", "attributes")],
)
def test_type_tables_have_a_whole_row_for_every_name(ontology: Ontology, heading: str, names: str) -> None:
    head, _, *body = rows(type_tables(ontology), heading)
    assert [row[0] for row in body] == list(getattr(ontology, names))
    assert {len(row) for row in body} == {len(head)}


@pytest.mark.parametrize(
    "line",
    [
        "- may hold: ARM, ORG, GPE, LOC",
        "- may hold: nothing",
        "| count | NUM | at most 1 |",
        "| agent | PER, ARM, ORG, GPE | any number |",
        "| content | @EVENT | required, any number |",
        "- attributes: realis, polarity, certainty, incident, strike_kind",
        "- not: Children under [five] were among the dead. - no mention: an age",
        "- not: Workers went on [strike]. - no trigger: another sense",
    ],
)
def test_type_tables_say_what_the_ontology_says(ontology: Ontology, line: str) -> None:
    assert line in type_tables(ontology).splitlines()


def test_a_default_of_zero_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('name = "o"\nversion = "1"\n[attributes.n]\ncontrol = "number"\ndefault = 0\n', "utf-8")
    assert rows(type_tables(load_ontology(path)), "Attributes")[-1] == ["n", "", "a whole number", "0", ""]


def test_mappings_have_a_row_for_every_label(ontology: Ontology) -> None:
    head, _, *body = ([cell.strip() for cell in line.split("|")[1:-1]] for line in mappings(ontology).splitlines())
    assert head == ["type", *SCHEMES]
    assert [row[0] for row in body] == [*ontology.entity_types, *ontology.event_types]
    assert dict(zip(head, body[0], strict=True))["ACE"] == "PER"
    assert {len(row) for row in body} == {len(head)}


@pytest.mark.parametrize("file", [None, SYM])
def test_every_check_is_one_line_under_the_code_of_a_rule(file: Path | None) -> None:
    lines = [line.split("  ", 1) for line in checks(load_ontology(file)).splitlines()]
    assert lines
    assert all(code in BY_CODE and demand for code, demand in lines)
    assert len(set(map(tuple, lines))) == len(lines)


def test_the_validator_demands_of_fillers_what_the_checks_say(ontology: Ontology) -> None:
    lines = checks(ontology).splitlines()
    for kind, event_type in ontology.event_types.items():
        for role in ontology.role_names:
            said = [line.split(": ")[1] for line in lines if line.startswith(f"ARG502  {kind}.{role}: ")]
            assert bool(said) == (role in event_type.arguments)
            for label in ontology.entity_types if said else ():
                event = Event("e", kind, Trigger(0, 4), (Argument(role, "m"),))
                document = Document("d", "Fled Talmar", (Entity("m", 5, 11, label),), (event,))
                found = validate([document], ontology, select=["ARG502"]).findings
                assert bool(found) == (label not in said[0].split(", ")), (kind, role, label)


def test_the_validator_demands_of_nesting_what_the_checks_say(ontology: Ontology) -> None:
    lines = checks(ontology).splitlines()
    for outer in ontology.entity_types:
        (inside,) = (line.split(": ")[1].split(", ") for line in lines if line.startswith(f"SPN208  inside {outer}: "))
        for inner in ontology.entity_types:
            document = Document("d", "Talmar Army", (Entity("m", 0, 11, outer), Entity("n", 0, 6, inner)))
            found = validate([document], ontology, select=["SPN208"]).findings
            assert bool(found) == (inner not in inside), (outer, inner)


def test_a_lax_ontology_demands_less(lax: Ontology) -> None:
    demanded = {line[:6] for line in checks(lax).splitlines()}
    assert demanded == {"SPN207", "EVT404", "ONT301", "ONT303", "ARG501", "ONT302"}
    assert "SPN207  two mentions with one label do not share a span" in checks(lax)
