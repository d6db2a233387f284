"""The things of a document: each chain of mentions, or a mention alone, as one, with its best name and its places."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from strife.chains import entity_chains, named
from strife.model import Document, Entity

PRONOUNS = frozenset(
    (
        *("he", "she", "it", "they", "we", "him", "her", "them", "us", "his", "hers", "its", "their", "theirs", "our"),
        *("ours", "himself", "herself", "itself", "themselves", "i", "me", "my", "you", "your"),
    )
)
LOCATED_IN = "located_in"
_SUFFIX = 3  # letters that make an adjective of a place's name: Verania, Veranian


class Things:
    """The things of one document; a thing goes by the id of its first mention."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mentions = {entity.id: entity for entity in document.entities}
        self._names = {entity.id for entity in named(document)}

    @cached_property
    def _home(self) -> dict[str, str]:
        """The thing of each mention: chains as the document has them, joined with those that follow from its arrows."""
        parent = {id: id for id in self.mentions}

        def root(id: str) -> str:
            while parent[id] != id:
                id = parent[id]
            return id

        own = (chain for chain in self.document.chains if chain.kind == "entity")
        for chain in (*entity_chains(self.document), *own):
            first, *rest = [id for id in chain.members if id in parent] or [""]
            for id in rest:
                parent[root(id)] = root(first)
        found: dict[str, str] = {}
        first_of: dict[str, str] = {}
        for entity in sorted(self.mentions.values(), key=lambda e: (e.start, e.end, e.id)):
            found[entity.id] = first_of.setdefault(root(entity.id), entity.id)
        return found

    @cached_property
    def members(self) -> dict[str, list[Entity]]:
        """The mentions of each thing, in text order."""
        groups: dict[str, list[Entity]] = defaultdict(list)
        for id, thing in self._home.items():
            groups[thing].append(self.mentions[id])
        return groups

    def of(self, mention: str | None) -> str | None:
        """The thing that a mention is of; None for an id that is no mention's."""
        return self._home.get(mention or "")

    def place(self, mention: str | None) -> tuple[int, int]:
        """Where a mention stands; what is no mention, before all."""
        entity = self.mentions.get(mention or "")
        return entity.span if entity else (-1, -1)

    def label(self, thing: str) -> str:
        """The label of its first mention."""
        return self.mentions[thing].label

    def forms(self, thing: str) -> tuple[str, ...]:
        """The words that name it, the best first, pronouns left out if there are others.

        Best is the longest name, of equally long ones the first; a place's name before one that only adds some letters
        to it. Without a name it is the first description.
        """
        surfaces = {" ".join(self.document.surface(e).split()): e.id for e in reversed(self.members[thing])}
        order = list(reversed(surfaces))
        names = [form for form in order if surfaces[form] in self._names]
        others = [form for form in order if form not in names]
        plain = [form for form in others if form.casefold() not in PRONOUNS]
        best = sorted(names, key=lambda form: (self._derived(form, names, thing), -len(form)))
        return tuple([form for form in (*best, *plain) if form] or others)

    def _derived(self, form: str, names: Sequence[str], thing: str) -> bool:
        """Is it the name of a place with a suffix?"""
        return self.label(thing) == "GPE" and any(
            form != other and form.startswith(other[:-1]) and -1 < len(form) - len(other) <= _SUFFIX
            for other in names
            if len(other) > _SUFFIX and " " not in form[len(other) - 1 :]
        )

    @cached_property
    def _inside(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.document.relations:
            head, tail = self.of(relation.head), self.of(relation.tail)
            if relation.label == LOCATED_IN and head and tail and head != tail and tail not in found[head]:
                found[head].append(tail)
        return found

    def within(self, thing: str) -> list[str]:
        """The things it lies in, by located_in, the nearest first; arrows in a circle end where they began."""
        found: list[str] = []
        pending = [thing]
        while pending:
            inner = sorted(self._inside.get(pending.pop(0), ()), key=lambda one: self.mentions[one].span)
            fresh = [one for one in inner if one not in found and one != thing]
            found += fresh
            pending += fresh
        return found
