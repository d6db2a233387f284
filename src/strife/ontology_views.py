"""What is generated from the ontology: the Label Studio configuration, the mappings to other schemes, the checks.

The committed copy (`annotation/label_config.xml`) is compared with `label_config` in a test, so that it cannot drift.
The pages for annotators are made in `guidelines`.
"""

import colorsys
import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import product
from pathlib import Path

from strife.ontology import ANY_EVENT, EVENT_GROUP, AttributeType, EntityType, EventType, Ontology, RoleRule

GENERATED = "Generated from the ontology by `strife ontology`; do not edit."
SCHEMES = ("ACE", "PLOVER", "ACLED", "MUC4")
HELP = """Mark: press the key of a label, select the words.
Role: select the trigger, press Alt+R, click the filler; then, in the panel Relations, point at the arrow, press … and
 choose the role.
Attributes: select a mark, they appear here; after a date press Enter.
Backspace: delete a mark. Ctrl+Z: undo.
Ctrl+Enter: submit.""".replace("\n ", " ")
_STYLE = Path(__file__).with_name("label_config.css")
_TAKEN = {"u"}  # Label Studio's own: unselect
_DIGITS = "123456789"


def label_config(ontology: Ontology) -> str:
    """The labelling configuration: two label bars, the text, and beside it what the selected region may have.

    Attributes sit in Views that show them only for the labels that have them: Number and TextArea do not evaluate
    `visibleWhen` themselves. Headers show the task data `doc_id`, `published` and `findings`, without asking for them.
    """
    root = ET.Element("View", className="strife")
    root.append(ET.Comment(f" {GENERATED} "))
    _add(root, "Style").text = _style(ontology)
    bar = _add(root, "View", className="strife-bar")
    about = _add(bar, "View", className="strife-about")
    _say(about, "published $published")
    _say(about, "$doc_id")
    _labels(bar, ontology.label_studio.entity_control, ontology.entity_types, ontology)
    _labels(bar, ontology.label_studio.trigger_control, ontology.event_types, ontology)
    relations = _add(root, "Relations", choice="single")
    for name in (*ontology.role_names, *ontology.relations):
        _add(relations, "Relation", value=name)
    desk = _add(root, "View", className="strife-desk")
    _add(_add(desk, "View", className="strife-text"), "Text", name="text", value="$text", granularity="symbol")
    side = _add(desk, "View", className="strife-side")
    _say(_add(side, "View", className="strife-findings"), "$findings")
    _attributes(side, ontology)
    _arrows(side, ontology)
    _say(_add(side, "View", className="strife-help", visibleWhen="no-region-selected"), HELP)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def hotkeys(ontology: Ontology) -> dict[str, str]:
    """The key of each label: digits for entity types; for event types a letter of the label, the first that is free."""
    found = dict(zip(ontology.entity_types, _DIGITS, strict=False))
    for label in (*ontology.entity_types, *ontology.event_types):
        used = _TAKEN | set(found.values())
        free = [c for c in label.lower() + string.ascii_lowercase if c in string.ascii_lowercase and c not in used]
        if label not in found and free:
            found[label] = free[0]
    return found


def _families(types: Mapping[str, EntityType] | Mapping[str, EventType]) -> list[tuple[str, list[str]]]:
    """The labels by family, families in order of their first label."""
    found: dict[str, list[str]] = {}
    for label, kind in types.items():
        found.setdefault(kind.family, []).append(label)
    return list(found.items())


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _say(view: ET.Element, text: str) -> None:
    _add(view, "Header", value=text, size="5")  # the style sheet makes it small


def _style(ontology: Ontology) -> str:
    """The style sheet, with triggers in bold, and in the panel of relations what each arrow may be."""
    style = [_STYLE.read_text(encoding="utf-8")]
    if ontology.event_types:
        triggers = [f".htx-highlight[data-label$={_quoted(f':{label}')}]" for label in ontology.event_types]
        style.append(f"{_any(triggers)} {{ font-weight: 600; box-shadow: inset 0 -2px 0 currentColor; }}\n")
    names = (*ontology.role_names, *ontology.relations)
    if names:
        options = _any([f"[data-testid={_quoted(f'select-option-{name}')}]" for name in names])
        style.append(f"{options} {{ padding: 0 !important; font-size: 13px; line-height: 16px; }}\n")
        style.append(f'[data-slot="command-list"]:has({options}) {{ max-height: 460px; }}\n')
    # Label Studio offers every role for every arrow, so say which are right; in its panel only the colour of an
    # arrow's start tells the label.
    shades = colours(ontology)
    for label, colour in shades.items():
        if list(shades.values()).count(colour) == 1:
            rgb = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
            start = f'.lsf-relations__content:has(.lsf-detailed-region:first-child [style*="rgb({rgb})"])'
            told = f"from {label}: {', '.join(arrows_from(label, ontology)) or 'nothing'}"
            style.append(f"{start} + .lsf-relation-meta::before {{ content: {_quoted(told)}; }}\n")
    return "\n" + "".join(style)


def _any(selectors: Iterable[str]) -> str:
    return f":is({', '.join(selectors)})"


def _quoted(text: str) -> str:
    """A string in CSS; what Label Studio would turn into an HTML entity is escaped."""
    return '"' + re.sub(r'[<>&"\\\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def arrows_from(label: str, ontology: Ontology) -> dict[str, str]:
    """The roles and relations that may be drawn from a label, and in words to what."""
    event = ontology.event_types.get(label)
    roles = {} if event is None else {role: _fillers(rule) for role, rule in event.arguments.items()}
    return roles | {
        name: label if kind.same_label else " ".join(kind.tail) or "any"
        for name, kind in ontology.relations.items()
        if not kind.head or label in kind.head
    }


def _fillers(rule: RoleRule) -> str:
    fillers = " ".join("a trigger" if label == ANY_EVENT else label for label in rule.types) or "any"
    often = [*(["required"] if rule.required else []), *([f"at most {rule.max}"] if rule.max is not None else [])]
    return f"{fillers} ({', '.join(often)})" if often else fillers


def colours(ontology: Ontology) -> dict[str, str]:
    """The colour of each label, #rrggbb: its own, else one of as many hues as there are labels of its kind."""
    found = {}
    for types, light in ((ontology.entity_types, 0.45), (ontology.event_types, 0.38)):
        for number, (label, kind) in enumerate(types.items()):
            parts = colorsys.hls_to_rgb(number / len(types), light, 0.65)
            found[label] = kind.colour or "#" + "".join(f"{round(255 * part):02x}" for part in parts)
    return found


def _labels(
    bar: ET.Element, control: str, types: Mapping[str, EntityType] | Mapping[str, EventType], ontology: Ontology
) -> None:
    keys, shades = hotkeys(ontology), colours(ontology)
    labels = _add(bar, "Labels", name=control, toName="text", choice="single", showInline="true")
    for family, members in _families(types):
        view = _add(labels, "View", className="strife-family")
        if family:
            _say(view, family)
        for label in members:
            more = {"hotkey": keys[label]} if label in keys else {}
            if hint := ". ".join(part for part in (types[label].name, types[label].test) if part):
                more["hint"] = hint
            _add(view, "Label", value=label, background=shades[label], **more)


def _attributes(side: ET.Element, ontology: Ontology) -> None:
    keys = (f"{held}+{key}" for held, key in product(_HELD, string.ascii_lowercase + string.digits))
    for name, attribute in sorted(ontology.attributes.items(), key=lambda item: not item[1].required):
        kind = "strife-attribute strife-number" if attribute.control == "number" else "strife-attribute"
        view = _add(side, "View", className=kind, **_when(attribute.applies_to, ontology))
        heading = f"{name.replace('_', ' ')}{' *' if attribute.required else ''}"
        if attribute.default is not None:
            heading += f" · default {str(attribute.default).replace('_', ' ')}"
        _say(_add(view, "View", className="strife-title"), heading)
        region = {} if attribute.applies_to == ("DOCUMENT",) else {"perRegion": "true"}
        _control(view, name, attribute, region, keys)


# Label Studio gives every control without a key a free letter, also those that are not shown. A slip of the finger
# would then give a region an attribute that nobody sees; so they get keys that nobody presses.
_HELD = ("ctrl+alt+shift", "alt+shift", "ctrl+alt")


def _control(
    view: ET.Element, name: str, attribute: AttributeType, region: Mapping[str, str], keys: Iterator[str]
) -> None:
    named = {"name": name, "toName": "text", **region}
    if attribute.control == "choices":
        choices = _add(view, "Choices", **named, choice="single-radio", showInline="true")
        hint = {"hint": attribute.rule} if attribute.rule else {}
        for value in attribute.values:
            readable = {"html": escape(value.replace("_", " "))} if "_" in value else {}
            _add(choices, "Choice", value=value, **readable, **hint, **_next(keys))
    elif attribute.control == "number":
        minimum = {"min": str(attribute.minimum)} if attribute.minimum is not None else {}
        _add(view, "Number", **named, **minimum, **_next(keys))
    else:
        _add(view, "TextArea", **named, editable="true", maxSubmissions="1", rows="1")
        if attribute.rule:
            _say(_add(view, "View", className="strife-rule"), attribute.rule)


def _next(keys: Iterator[str]) -> dict[str, str]:
    key = next(keys, None)
    return {} if key is None else {"hotkey": key}


def _when(labels: Iterable[str], ontology: Ontology) -> dict[str, str]:
    """When a View is shown: always for the document's, else for a selected region, of these labels (none: of any)."""
    wanted = set(labels)
    if wanted == {"DOCUMENT"}:
        return {}
    if EVENT_GROUP in wanted:
        wanted |= set(ontology.event_types)
    entities, events = ([t for t in types if t in wanted] for types in (ontology.entity_types, ontology.event_types))
    when = {"visibleWhen": "region-selected"}
    if bool(entities) != bool(events):
        names = ontology.label_studio
        when["whenTagName"] = names.entity_control if entities else names.trigger_control
    if wanted and (entities or len(events) < len(ontology.event_types)):
        when["whenLabelValue"] = ",".join([*entities, *events])
    return when


def _arrows(side: ET.Element, ontology: Ontology) -> None:
    """What may be drawn from the selected region."""
    for label in (*ontology.event_types, *ontology.entity_types):
        if lines := [f"{name}: {to}" for name, to in arrows_from(label, ontology).items()]:
            view = _add(side, "View", className="strife-roles", **_when([label], ontology))
            _say(view, "\n".join([f"Arrows from {label} (Alt+R)", *lines]))


def mappings(ontology: Ontology) -> str:
    """How types compare with other schemes, as Markdown (orientation, not a conversion)."""
    lines = [f"| type | {' | '.join(SCHEMES)} |", "|---" * (len(SCHEMES) + 1) + "|"]
    for label, kind in [*ontology.entity_types.items(), *ontology.event_types.items()]:
        cells = ["; ".join(kind.maps.get(scheme, ())) for scheme in SCHEMES]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def checks(ontology: Ontology) -> str:
    """What the validator demands because of this ontology: the code of a rule and one demand a line."""
    return "\n".join(f"{code}  {demand}" for code, demand in (*_of_form(ontology), *_of_labels(ontology)))


def _of_form(ontology: Ontology) -> Iterator[tuple[str, str]]:
    policy = ontology.policy
    if not policy.crossing:
        yield "SPN206", "mentions do not cross"
    same = "" if not policy.same_span else " with one label"
    yield "SPN207", f"two mentions{same} do not share a span"
    yield "EVT404", f"two events{same} do not share a trigger"
    if policy.nesting == "listed":
        for label, entity in ontology.entity_types.items():
            yield "SPN208", f"inside {label}: {', '.join(entity.may_contain) or 'nothing'}"
        yield "SPN212", "inside a trigger: nothing"
    if not policy.line_breaks:
        yield "SPN209", "a span holds no line break"
    if not policy.unlabelled_relations:
        yield "REL552", "a relation has a label"
    if ontology.never_triggers:
        yield "EVT405", f"no trigger: {', '.join(ontology.never_triggers)}"


def _of_labels(ontology: Ontology) -> Iterator[tuple[str, str]]:
    yield "ONT301", f"entity types: {', '.join(ontology.entity_types) or 'none'}"
    yield "ONT301", f"event types: {', '.join(ontology.event_types) or 'none'}"
    yield "ONT303", f"roles and relations: {', '.join((*ontology.role_names, *ontology.relations)) or 'none'}"
    for label, event in ontology.event_types.items():
        yield "ARG501", f"{label} takes {', '.join(event.arguments) or 'no role'}"
        for role, rule in event.arguments.items():
            if rule.types:
                yield "ARG502", f"{label}.{role}: {', '.join(rule.types)}"
            if rule.required:
                yield "ARG503", f"{label}.{role}: at least one"
            if rule.max is not None:
                yield "ARG504", f"{label}.{role}: at most {rule.max}"
    for label, relation in ontology.relations.items():
        ends = f"from {', '.join(relation.head) or 'anything'} to {', '.join(relation.tail) or 'anything'}"
        yield "REL551", f"{label} {ends}{' of the same label' if relation.same_label else ''}"
        if not relation.symmetric:
            yield "REL553", f"{label} runs one way"
    for name, attribute in ontology.attributes.items():
        of = ", ".join(attribute.applies_to) or "anything"
        limits = [", ".join(attribute.values)] if attribute.values else []
        limits += ["a whole number"] if attribute.control == "number" else []
        limits += [f"at least {attribute.minimum}"] if attribute.minimum is not None else []
        limits += [f"matches {attribute.pattern}"] if attribute.pattern else []
        yield "ONT302", f"{name} of {of}: {'; '.join(limits) or 'any text'}"
        if attribute.required:
            yield "ONT304", f"{of} has {name}"
