"""What is generated from the ontology: the Label Studio configuration, the type tables, the mappings, the checks.

The committed copies (`annotation/label_config.xml`, `annotation/guidelines/types.md`) are compared with these
functions in a test, so that they cannot drift.
"""

import colorsys
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from strife.ontology import EVENT_GROUP, AttributeType, Ontology, RoleRule

GENERATED = "Generated from the ontology by `strife ontology`; do not edit."
SCHEMES = ("ACE", "PLOVER", "ACLED", "MUC4")
_HOTKEYS_ENTITY = "123456789"
_HOTKEYS_EVENT = "qwertyuasdfghjzxcvbn"


def label_config(ontology: Ontology) -> str:
    """The labelling configuration: two label sets, the roles as relations, attributes per region.

    Attributes sit in Views that show them only for the labels that have them: Number and TextArea
    do not evaluate `visibleWhen` themselves.
    """
    entity, trigger = ontology.label_studio.entity_control, ontology.label_studio.trigger_control
    lines = [f"<View><!-- {GENERATED} -->"]
    lines += _labels(entity, list(ontology.entity_types), _HOTKEYS_ENTITY, hues=(0.0, 1.0), light=0.78)
    lines += _labels(trigger, list(ontology.event_types), _HOTKEYS_EVENT, hues=(0.0, 1.0), light=0.42)
    lines.append("  <Relations>")
    lines += [f"    <Relation value={quoteattr(name)}/>" for name in (*ontology.role_names, *ontology.relations)]
    lines += ["  </Relations>", '  <Text name="text" value="$text" granularity="symbol"/>']
    for name, attribute in ontology.attributes.items():
        if attribute.applies_to == ("DOCUMENT",):
            lines += _control(name, attribute, per_region=False)
            continue
        on_entity = attribute.applies_to and set(attribute.applies_to) <= set(ontology.entity_types)
        when = 'visibleWhen="region-selected"'
        if attribute.applies_to:
            when += f' whenTagName="{entity if on_entity else trigger}"'
        if attribute.applies_to and attribute.applies_to != (EVENT_GROUP,):
            when += f" whenLabelValue={quoteattr(','.join(attribute.applies_to))}"
        lines += [f"  <View {when}>", f'    <Header value="{name}" size="6"/>']
        lines += ["  " + line for line in _control(name, attribute, per_region=True)]
        lines.append("  </View>")
    return "\n".join([*lines, "</View>", ""])


def _labels(name: str, labels: list[str], keys: str, hues: tuple[float, float], light: float) -> list[str]:
    lines = [f'  <Labels name="{name}" toName="text" choice="single" showInline="true">']
    for index, label in enumerate(labels):
        hue = hues[0] + (hues[1] - hues[0]) * index / max(len(labels), 1)
        red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, light, 0.65))
        hotkey = f' hotkey="{keys[index]}"' if index < len(keys) else ""
        lines.append(f'    <Label value={quoteattr(label)} background="#{red:02x}{green:02x}{blue:02x}"{hotkey}/>')
    return [*lines, "  </Labels>"]


def _control(name: str, attribute: AttributeType, per_region: bool) -> list[str]:
    region = ' perRegion="true"' if per_region else ""
    if attribute.control == "choices":
        lines = [f'  <Choices name="{name}" toName="text"{region} choice="single" showInline="true">']
        lines += [f"    <Choice value={quoteattr(value)}/>" for value in attribute.values]
        return [*lines, "  </Choices>"]
    if attribute.control == "number":
        minimum = f' min="{attribute.minimum}"' if attribute.minimum is not None else ""
        return [f'  <Number name="{name}" toName="text"{region}{minimum}/>']
    return [f'  <TextArea name="{name}" toName="text"{region} editable="true" maxSubmissions="1" rows="1"/>']


def type_tables(ontology: Ontology) -> str:
    """The types for annotators, as Markdown."""
    lines = ["# Types", "", f"<!-- {GENERATED} -->", "", f"Ontology `{ontology.name}` {ontology.version}.", ""]
    lines += ["## Entity types", ""]
    for label, entity in ontology.entity_types.items():
        lines += _type_page(label, entity.name, entity.definition, entity.test, entity.nearest)
        lines += [f"- example: {example}" for example in entity.examples]
        lines += [f"- not: {miss.text} - {miss.is_ or 'no mention'}: {miss.why}" for miss in entity.near_misses]
        lines += [f"- may hold: {', '.join(entity.may_contain) or 'nothing'}"]
        lines += [*_attribute_line(ontology, label), ""]
    lines += ["## Event types", ""]
    for label, event in ontology.event_types.items():
        lines += _type_page(label, event.name, event.definition, event.test, event.nearest)
        lines += [f"- example: {example}" for example in event.examples]
        lines += [f"- not: {miss.text} - {miss.is_ or 'no trigger'}: {miss.why}" for miss in event.near_misses]
        lines += _attribute_line(ontology, label)
        lines += ["", "| role | filled by | how often |", "|---|---|---|"]
        lines += [f"| {role} | {', '.join(rule.types)} | {_often(rule)} |" for role, rule in event.arguments.items()]
        lines.append("")
    lines += ["## Roles", "", "| role | meaning |", "|---|---|"]
    lines += [f"| {role} | {meaning} |" for role, meaning in ontology.roles.items()]
    lines += ["", "## Relations between entities", "", "| relation | from | to | meaning |", "|---|---|---|---|"]
    for label, relation in ontology.relations.items():
        arrow = f"{', '.join(relation.head)} | {', '.join(relation.tail)}"
        lines.append(f"| {label} | {arrow} | {relation.definition} |")
    lines += ["", "## Attributes", "", "| attribute | of | values | default | rule |", "|---|---|---|---|---|"]
    for name, attribute in ontology.attributes.items():
        values = ", ".join(attribute.values) or {"number": "a whole number", "textarea": "text"}[attribute.control]
        default = "required" if attribute.required else "empty" if attribute.default is None else attribute.default
        lines.append(f"| {name} | {', '.join(attribute.applies_to)} | {values} | {default} | {attribute.rule} |")
    return "\n".join([*lines, ""])


def _type_page(label: str, name: str, definition: str, test: str, nearest: str) -> list[str]:
    return [f"### {label}", "", f"**{name}.** {definition}", "", f"- test: {test}", f"- nearest type: {nearest}"]


def _attribute_line(ontology: Ontology, label: str) -> list[str]:
    names = ", ".join(ontology.attributes_of(label))
    return [f"- attributes: {names}"] if names else []


def _often(rule: RoleRule) -> str:
    most = "any number" if rule.max is None else f"at most {rule.max}"
    return f"required, {most}" if rule.required else most


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
