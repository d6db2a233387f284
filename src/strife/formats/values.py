"""Attribute values that a format stores as text."""

import re

from strife.ontology import Ontology


def parsed(name: str, text: str, ontology: Ontology) -> str | int | float:
    """A number where the ontology says that the attribute is one, else the text."""
    kind = ontology.attributes.get(name)
    if kind is not None and kind.control == "number" and re.fullmatch(r"-?\d+(\.\d+(e-?\d+)?)?", text):
        return float(text) if "." in text else int(text)
    return text
