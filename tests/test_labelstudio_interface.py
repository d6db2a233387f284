"""Comparing labelling configurations, and the place for findings in them."""

import xml.etree.ElementTree as ET

import pytest

from strife.labelstudio.interface import (
    Differences,
    InterfaceError,
    differences,
    interface,
    offers,
    same,
    shows_findings,
    told,
    with_findings,
)
from strife.ontology import Ontology
from strife.ontology_views import label_config

SMALL = (
    '<View><Labels name="entity" toName="text"><Label value="PER"/></Labels><Text name="text" value="$text"/></View>'
)


def test_what_a_configuration_offers() -> None:
    config = """<View><!-- a note -->
      <Labels name="entity" toName="text"><Label value="PER"/></Labels>
      <Relations><Relation value="agent"/></Relations>
      <Text name="text" value="$text"/>
      <Choices name="realis" toName="text" perRegion="true"><Choice value="actual"/></Choices>
      <Number name="incident" toName="text"/>
    </View>"""
    expected = {"entity", "entity: PER", "relations", "relations: agent", "realis", "realis: actual", "incident"}
    assert offers(config) == expected


def test_all_of_the_ontology_is_offered(ontology: Ontology) -> None:
    offered = offers(interface(ontology))
    for name, labels in (
        ("entity", ontology.entity_types),
        ("trigger", ontology.event_types),
        ("relations", ontology.relations),
        ("relations", ontology.role_names),
    ):
        assert {f"{name}: {label}" for label in labels} <= offered
    assert set(ontology.attributes) <= offered


def test_spelling_comments_and_order_of_attributes_do_not_count(ontology: Ontology) -> None:
    config = interface(ontology)
    assert same(config, config.rstrip("\n").replace("  <", "<"))
    assert same('<View><Text name="a" value="$a"/></View>', '<View><!-- x --><Text value="$a" name="a"></Text></View>')
    assert not same(config, config.replace('hotkey="1"', 'hotkey="0"'))
    assert not same("<View", "<View/>")


def test_edited_labels_are_told() -> None:
    edited = SMALL.replace('"PER"', '"PERSON"')
    found = differences(edited, SMALL)
    assert found == Differences(("entity: PERSON",), ("entity: PER",))
    assert told(found) == "has entity: PERSON, which the ontology has not; lacks entity: PER"
    assert told(differences(SMALL, SMALL)) == ""


def test_presentation_is_no_difference(ontology: Ontology) -> None:
    plain = label_config(ontology)
    assert differences(plain, interface(ontology)) == Differences((), ())
    assert differences(plain.replace('hotkey="1"', ""), plain) == Differences((), ())


def test_configuration_that_is_no_xml_is_refused() -> None:
    with pytest.raises(InterfaceError, match="no XML"):
        offers("<View>")


def test_place_for_findings_is_there_or_is_made(ontology: Ontology) -> None:
    assert shows_findings(interface(ontology))
    assert not shows_findings(SMALL)
    config = with_findings(SMALL)
    assert shows_findings(config)
    assert differences(config, SMALL) == Differences((), ())
    root = ET.fromstring(config)
    root.remove(root[0])
    assert same(ET.tostring(root, encoding="unicode"), SMALL)


def test_root_with_attributes_keeps_them() -> None:
    config = with_findings(SMALL.replace("<View>", '<View className="page" style="padding: 1em">'))
    root = ET.fromstring(config)
    assert root.attrib == {"className": "page", "style": "padding: 1em"}
    assert [child.tag for child in root] == ["Header", "Labels", "Text"]
