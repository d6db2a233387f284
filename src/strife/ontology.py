"""The ontology: which labels exist, which roles an event takes, what may fill them, what may nest.

An ontology is a TOML file. strife's own (`ontology.toml` beside this module) is the default everywhere;
a project with other labels passes its own file. Only `[entity_types.X]`, `[event_types.X.arguments]`,
`[relations.X]` and `[attributes.X]` are needed; what only annotators see (texts, families, colours) is optional.

In the sentences for annotators `[..]` marks the span that gets the label. In those of roles and relations `{..}` marks
the trigger or head that the arrow comes from, `[..]` its filler or tail.
"""

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

PACKAGED = Path(__file__).with_name("ontology.toml")
IMPORTED = ("casie", "muc4", "re3d", "wikievents")  # corpora whose ontologies come with the package

ANY_EVENT = "@EVENT"  # as a filler: another event; in `applies_to`: every event type
EVENT_GROUP = "EVENT"
_COLOUR = re.compile("#[0-9a-f]{6}")


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen value that refuses unknown keys, so that a misspelt option is an error."""


class NearMiss(_Value, frozen=True):
    """A sentence that looks like an example and is not: `is_` names the right label, role or relation (None: none)."""

    text: str
    why: str
    is_: str | None = msgspec.field(default=None, name="is")


class _Described(_Value, frozen=True):
    definition: str = ""
    test: str = ""
    examples: tuple[str, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


class _Type(_Described, frozen=True):
    name: str = ""
    nearest: str = ""
    family: str = ""  # types of one family stand together where annotators choose
    colour: str = ""  # #rrggbb; none: one is made up
    maps: dict[str, tuple[str, ...]] = {}


class EntityType(_Type, frozen=True):
    """A kind of entity mention and the labels that may lie inside it."""

    may_contain: tuple[str, ...] = ()


class RoleType(_Described, frozen=True):
    """A role, whatever the event. A plain string in the file is its definition."""


class RoleRule(_Value, frozen=True):
    """What may fill a role of one event type, and how often."""

    types: tuple[str, ...] = ()  # empty: anything
    required: bool = False
    max: int | None = None


class EventType(_Type, frozen=True, dict=True):
    """A kind of event and its roles."""

    arguments: dict[str, RoleRule] = {}

    @cached_property
    def bounded(self) -> tuple[str, ...]:
        """The roles that are required or may be filled only so often."""
        return tuple(role for role, rule in self.arguments.items() if rule.required or rule.max is not None)


class RelationType(_Described, frozen=True):
    """A relation between two entity mentions (empty `head` or `tail`: any label)."""

    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    symmetric: bool = False
    same_label: bool = False


class AttributeType(_Value, frozen=True):
    """An attribute of a mention, an event or (applies_to DOCUMENT) of the document."""

    applies_to: tuple[str, ...] = ()  # empty: anything
    control: Literal["choices", "number", "textarea"] = "textarea"
    values: tuple[str, ...] = ()
    default: str | int | None = None
    required: bool = False
    minimum: int | None = None
    whole: bool = True  # of numbers: no fractions
    pattern: str | None = None
    rule: str = ""


class Policy(_Value, frozen=True):
    """What spans and relations may do."""

    nesting: Literal["listed", "any"] = "any"
    crossing: bool = True
    same_span: bool = True
    line_breaks: bool = True
    unlabelled_relations: bool = True
    ignore: tuple[str, ...] = ()  # validation rules, or beginnings of their codes, that do not apply to the project


class LabelStudioNames(_Value, frozen=True):
    """Names of the controls of the labelling configuration that hold labels."""

    entity_control: str = "entity"
    trigger_control: str = "trigger"


class Ontology(_Value, frozen=True, dict=True):
    """All that may be annotated. Orders are the file's: they fix ClassLabel ids, so append, never insert."""

    name: str
    version: str
    entity_types: dict[str, EntityType] = {}
    event_types: dict[str, EventType] = {}
    roles: dict[str, RoleType] = {}
    relations: dict[str, RelationType] = {}
    attributes: dict[str, AttributeType] = {}
    template_types: dict[str, tuple[str, ...]] = {}  # the roles of each
    policy: Policy = Policy()
    label_studio: LabelStudioNames = LabelStudioNames()
    scope: str = ""
    never_triggers: tuple[str, ...] = ()

    @cached_property
    def role_names(self) -> tuple[str, ...]:
        """Every role, declared ones first, in the file's order."""
        used = (role for event in self.event_types.values() for role in event.arguments)
        return tuple(dict.fromkeys([*self.roles, *used]))

    def fillers_of(self, role: str) -> frozenset[str]:
        """The labels that may fill a role of any event."""
        return self._fillers.get(role, frozenset())

    @cached_property
    def _fillers(self) -> dict[str, frozenset[str]]:
        rules = [(role, rule) for event in self.event_types.values() for role, rule in event.arguments.items()]
        return {
            role: frozenset(label for name, rule in rules if name == role for label in rule.types)
            for role in self.role_names
        }

    def attributes_of(self, label: str) -> dict[str, AttributeType]:
        """The attributes that a mention or event with this label may have."""
        known = self._attributes_by_label.get(label)
        return known if known is not None else self._attributes(label)

    @cached_property
    def _attributes_by_label(self) -> dict[str, dict[str, AttributeType]]:
        return {label: self._attributes(label) for label in (*self.entity_types, *self.event_types)}

    @cached_property
    def required(self) -> dict[str, tuple[str, ...]]:
        """By label, the attributes that a mention or event with it must have."""
        return {
            label: tuple(name for name, attribute in known.items() if attribute.required)
            for label, known in self._attributes_by_label.items()
        }

    @cached_property
    def inside(self) -> dict[str, frozenset[str]]:
        """By label, the labels that may lie inside a mention with it."""
        every = frozenset(self.entity_types)
        listed = self.policy.nesting == "listed"
        return {label: frozenset(t.may_contain) if listed else every for label, t in self.entity_types.items()}

    @cached_property
    def plain(self) -> frozenset[str]:
        """The labels that need no attribute."""
        return frozenset(label for label, names in self.required.items() if not names)

    def _attributes(self, label: str) -> dict[str, AttributeType]:
        groups = {label, EVENT_GROUP} if label in self.event_types else {label}
        return {
            name: attribute
            for name, attribute in self.attributes.items()
            if not attribute.applies_to or groups & set(attribute.applies_to)
        }


class OntologyError(ValueError):
    """The ontology file cannot be used; the message says why."""


def load_ontology(path: str | Path | None = None) -> Ontology:
    """Return the ontology in a TOML file, or strife's own when no path is given.

    The name of a corpus that strife imports ("re3d") stands for the ontology that comes with the package.

    Raises OntologyError for a file that is missing, is no TOML, or names unknown keys or labels.
    """
    file = Path(path) if path is not None else PACKAGED
    if str(path) in IMPORTED and not file.exists():
        file = PACKAGED.parent / "formats" / "ontologies" / f"{path}.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        ontology = msgspec.convert(_spelt_out(table), Ontology)
    except OSError as error:
        raise OntologyError(f"{file}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise OntologyError(f"{file}: {error}") from error
    faults = _faults(ontology)
    if faults:
        raise OntologyError(f"{file}: " + "; ".join(faults))
    return ontology


def _spelt_out(table: dict[str, Any]) -> dict[str, Any]:
    roles = table.get("roles")
    if not isinstance(roles, dict):
        return table
    return {**table, "roles": {name: {"definition": r} if isinstance(r, str) else r for name, r in roles.items()}}


def _faults(ontology: Ontology) -> list[str]:
    """Labels that are used but not declared: a misspelt filler would silently forbid everything."""
    entities, events = set(ontology.entity_types), set(ontology.event_types)
    fillers = entities | events | {ANY_EVENT}
    faults = [f"{label} is both an entity type and an event type" for label in sorted(entities & events)]
    for label, entity in ontology.entity_types.items():
        faults += _unknown(f"entity_types.{label}.may_contain", entity.may_contain, entities)
    for label, event in ontology.event_types.items():
        for role, rule in event.arguments.items():
            faults += _unknown(f"event_types.{label}.arguments.{role}", rule.types, fillers)
            if ontology.roles and role not in ontology.roles:
                faults.append(f"event_types.{label}.arguments names the undeclared role {role!r}")
    for label, relation in ontology.relations.items():
        faults += _unknown(f"relations.{label}", relation.head + relation.tail, entities | events)
    for name, attribute in ontology.attributes.items():
        if attribute.control == "choices" and not attribute.values:
            faults.append(f"attributes.{name} has no values to choose from")
        try:
            re.compile(attribute.pattern or "")
        except re.error as error:
            faults.append(f"attributes.{name}.pattern is no regular expression ({error})")
        faults += _unknown(f"attributes.{name}", attribute.applies_to, entities | events | {EVENT_GROUP, "DOCUMENT"})
    return faults + _faults_for_annotators(ontology)


def _faults_for_annotators(ontology: Ontology) -> list[str]:
    """Near misses that name nothing, colours that are none."""
    types: dict[str, _Type] = {**ontology.entity_types, **ontology.event_types}
    arrows: dict[str, _Described] = {**ontology.roles, **ontology.relations}
    faults = []
    for kind, known in ((types, set(types)), (arrows, {*ontology.role_names, *ontology.relations})):
        for label, described in kind.items():
            right = tuple(miss.is_ for miss in described.near_misses if miss.is_)
            faults += _unknown(f"{label}.near_misses", right, known)
    for label, shown in types.items():
        if shown.colour and not _COLOUR.fullmatch(shown.colour):
            faults.append(f"{label}.colour is {shown.colour!r}, not of the form #1a2b3c")
    return faults


def _unknown(where: str, used: tuple[str, ...], known: set[str]) -> list[str]:
    return [f"{where} names the unknown type {label!r}" for label in used if label not in known]
