"""What is generated from the ontology: the committed copies, and a configuration that Label Studio understands."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.ontology import Ontology, load_ontology
from strife.ontology_views import SCHEMES, arrows_from, checks, colours, hotkeys, label_config, mappings
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
    return [label.get("value") for label in config.findall(f".//Labels[@name='{control}']//Label")]


def view_of(config: ElementTree.Element, attribute: str) -> ElementTree.Element:
    (view,) = (view for view in config.iter("View") if view.find(f"*[@name='{attribute}']") is not None)
    return view


def shown(config: ElementTree.Element, label: str) -> list[str]:
    """What is said beside the text when a region with the label is selected, and only then."""
    views = (view for view in config.iter("View") if view.get("whenLabelValue") == label)
    return [header.get("value") or "" for view in views for header in view.findall("Header")]


def test_the_committed_copy_is_what_is_generated(ontology: Ontology) -> None:
    assert (ROOT / "annotation/label_config.xml").read_bytes().decode("utf-8") == label_config(ontology)


def test_every_label_is_in_the_control_of_its_kind(config: ElementTree.Element, ontology: Ontology) -> None:
    assert labels_of(config, "entity") == list(ontology.entity_types)
    assert sorted(map(str, labels_of(config, "trigger"))) == sorted(ontology.event_types)


def test_event_types_of_a_family_stand_together_under_its_name(config: ElementTree.Element, ontology: Ontology) -> None:
    families = config.findall(".//Labels[@name='trigger']/View")
    names = [str(view.find("Header").get("value")) for view in families]  # type: ignore[union-attr]
    assert len(set(names)) == len(names) > 3
    for name, view in zip(names, families, strict=True):
        members = [label for label, event in ontology.event_types.items() if event.family == name]
        assert [label.get("value") for label in view.findall("Label")] == members


def test_every_role_and_relation_can_be_drawn_one_an_arrow(config: ElementTree.Element, ontology: Ontology) -> None:
    (relations,) = config.findall("Relations")
    assert relations.get("choice") == "single"
    assert [one.get("value") for one in relations] == [*ontology.role_names, *ontology.relations]


def test_beside_a_selected_trigger_stands_what_may_be_drawn_from_it(
    config: ElementTree.Element, ontology: Ontology
) -> None:
    for label, event in ontology.event_types.items():
        (said,) = (text for text in shown(config, label) if text.startswith("Arrows from"))
        assert [line.partition(":")[0] for line in said.splitlines()[1:]] == list(event.arguments)
    (said,) = (text for text in shown(config, "STATEMENT") if text.startswith("Arrows from"))
    assert said.splitlines()[1:3] == ["speaker: PER ARM ORG GPE", "content: a trigger (required)"]
    (said,) = shown(config, "PER")
    assert said.splitlines()[1:] == ["member_of: ARM ORG GPE", "same_as: PER"]


def test_no_arrow_may_be_drawn_from_what_is_the_head_of_nothing(ontology: Ontology) -> None:
    assert arrows_from("NUM", ontology) == {}
    assert list(arrows_from("RELEASE", ontology)) == list(ontology.event_types["RELEASE"].arguments)


def test_the_task_says_what_the_annotator_needs_to_know(config: ElementTree.Element) -> None:
    texts = [header for header in config.iter("Header") if "$" in (header.get("value") or "")]
    assert [header.get("value") for header in texts] == ["published $published", "$doc_id", "$findings"]
    # A named tag would make the server refuse tasks without the key.
    assert [header.get("name") for header in texts] == [None] * 3


def test_the_style_sheet_holds_nothing_that_label_studio_would_turn_into_an_entity(ontology: Ontology) -> None:
    (style,) = ElementTree.fromstring(label_config(ontology)).findall("Style")
    assert not set("<>&") & set(style.text or "")


def test_odd_labels_are_escaped_in_the_style_sheet(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text("""name = "o"\nversion = "1"\n[event_types.'a"<b>\\']\n""", encoding="utf-8")
    (style,) = ElementTree.fromstring(label_config(load_ontology(path))).findall("Style")
    assert r'[data-label$=":a\22 \3c b\3e \5c "]' in (style.text or "")


def test_a_colour_that_two_labels_share_tells_nothing_about_an_arrow(tmp_path: Path) -> None:
    text = 'name = "o"\nversion = "1"\n[event_types.A]\ncolour = "#010203"\n[event_types.B]\ncolour = "#%s"\n'
    path = tmp_path / "o.toml"
    for second, told in (("010204", True), ("010203", False)):
        path.write_text(text % second, encoding="utf-8")
        assert ("from A: nothing" in label_config(load_ontology(path))) is told


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
    assert "u" not in keys  # Label Studio's own: unselect


def test_a_hotkey_is_a_digit_or_a_letter_of_the_label(ontology: Ontology) -> None:
    keys = hotkeys(ontology)
    assert [keys[label] for label in ontology.entity_types] == list("123456789")
    assert all(keys[label] in label.lower() for label in ontology.event_types)


def test_what_is_no_label_has_a_key_that_nobody_presses(config: ElementTree.Element) -> None:
    # Without a key of its own Label Studio gives it a letter, and a slip would set an attribute nobody sees.
    others = [element for element in config.iter() if element.tag in ("Choice", "Number")]
    keys = [str(other.get("hotkey")) for other in others]
    assert len(set(keys)) == len(keys) > 30
    assert all(key.startswith(("ctrl+alt+shift+", "alt+shift+", "ctrl+alt+")) for key in keys)


def test_colours_are_unique_and_well_formed(config: ElementTree.Element) -> None:
    found = [label.get("background") or "" for label in config.iter("Label")]
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in found)
    assert len(set(found)) == len(found)


def test_labels_without_a_colour_get_different_ones(lax: Ontology) -> None:
    assert len(set(colours(lax).values())) == len(lax.entity_types) + len(lax.event_types)


def test_every_control_points_at_the_text_and_no_name_comes_twice(config: ElementTree.Element) -> None:
    controls = [element for element in config.iter() if element.get("toName")]
    assert {control.get("toName") for control in controls} == {"text"}
    names = [element.get("name") for element in config.iter() if element.get("name")]
    assert len(set(names)) == len(names)


def test_the_text_is_untouched_and_selected_by_characters(config: ElementTree.Element) -> None:
    (text,) = config.iter("Text")
    assert text.attrib == {"name": "text", "value": "$text", "granularity": "symbol"}


def test_a_minimum_is_passed_on(config: ElementTree.Element) -> None:
    assert {number.get("name"): number.get("min") for number in config.iter("Number")} == {
        "incident": "0",
        "people_min": "0",
        "people_max": "0",
    }


def test_an_attribute_of_the_document_is_shown_always_and_once_per_text(lax: Ontology) -> None:
    config = ElementTree.fromstring(label_config(lax))
    (control,) = config.findall(".//Choices[@name='doc_type']")
    assert control.get("perRegion") is None
    assert view_of(config, "doc_type").get("visibleWhen") is None


def test_an_attribute_of_some_mentions_and_some_triggers_is_shown_for_both(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text(
        'name = "o"\nversion = "1"\n[entity_types.A]\n[entity_types.B]\n[event_types.X]\n[event_types.Y]\n'
        '[attributes.some]\napplies_to = ["B", "X"]\n[attributes.more]\napplies_to = ["A", "EVENT"]\n',
        encoding="utf-8",
    )
    config = ElementTree.fromstring(label_config(load_ontology(path)))
    for name, labels in (("some", "B,X"), ("more", "A,X,Y")):
        view = view_of(config, name)
        assert (view.get("whenTagName"), view.get("whenLabelValue")) == (None, labels)


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
