"""The labelling interface of a project: the ontology's configuration, with a place for what is to be mended.

The server hands a configuration back in its own spelling, and a person may have edited it: what counts is which
labels, relations and answers it offers.
"""

import xml.etree.ElementTree as ET
from typing import NamedTuple

from strife.ontology import Ontology
from strife.ontology_views import label_config
from strife.refusal import Refusal

FINDINGS = "findings"  # the task data that says what is to be mended; shown, never annotated
_PART = f'<Header value="${FINDINGS}" size="5"/>'  # without a name: it marks nothing, and takes no room when empty


class Differences(NamedTuple):
    """What a configuration offers that another does not, and the other way round: "entity: PER", sorted."""

    foreign: tuple[str, ...]
    lacking: tuple[str, ...]


class InterfaceError(Refusal):
    """A labelling configuration cannot be used; the message says what differs and what to do."""


def interface(ontology: Ontology) -> str:
    """The configuration for a project: the ontology's, which shows a task's findings beside the text."""
    return label_config(ontology)


def shows_findings(config: str) -> bool:
    """Is there a place for findings?"""
    return f"${FINDINGS}" in config


def with_findings(config: str) -> str:
    """The configuration with a place for findings above everything else."""
    at = config.index(">", config.index("<View")) + 1
    return f"{config[:at]}{_PART}{config[at:]}"


def offers(config: str) -> frozenset[str]:
    """What can be chosen: "control: value" for each label, answer and relation, "control" for each control."""
    try:
        root = ET.fromstring(config)
    except ET.ParseError as error:
        raise InterfaceError(f"the project's labelling configuration is no XML ({error}); push it anew") from error
    found = set()
    for control in root.iter():
        name = "relations" if control.tag == "Relations" else control.get("name")
        if name is None or name == FINDINGS or control.tag == "Text":
            continue
        found.add(name)
        found |= {f"{name}: {one.get('value')}" for one in control.iter() if one.tag in ("Label", "Choice", "Relation")}
    return frozenset(found)


def differences(config: str, wanted: str) -> Differences:
    """How what a project offers differs from what is wanted."""
    has, wants = offers(config), offers(wanted)
    return Differences(tuple(sorted(has - wants)), tuple(sorted(wants - has)))


def told(found: Differences) -> str:
    """The differences in a line."""
    parts = []
    if found.foreign:
        parts.append(f"has {', '.join(found.foreign)}, which the ontology has not")
    if found.lacking:
        parts.append(f"lacks {', '.join(found.lacking)}")
    return "; ".join(parts)


def same(config: str, wanted: str) -> bool:
    """Are two configurations one, spelling and comments apart?"""
    try:
        return ET.canonicalize(config, strip_text=True) == ET.canonicalize(wanted, strip_text=True)
    except ET.ParseError:
        return False
