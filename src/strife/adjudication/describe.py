"""Questions and answers in words, for the curator: no offsets, but sentences and what comes along with an option."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from strife.adjudication.facts import DOCUMENT, INCIDENT, Arrow, Facts, Item, Value
from strife.adjudication.notation import ITEMS, Answer, Place
from strife.ontology import Ontology
from strife.segment import sentences

MORE = 6  # of what comes along with an option, so many are named


class Reader:
    """Says of one text what stands in it."""

    def __init__(self, text: str, versions: Mapping[str, Facts], ontology: Ontology) -> None:
        self.text = text
        self.versions = versions
        self.ontology = ontology
        self.sentences = sentences(text)
        self.starts = [start for start, _ in self.sentences]

    def sentence(self, item: Item) -> int:
        """The number of the sentence, from 1, in which an item begins."""
        return max(bisect_right(self.starts, item.start), 1)

    def item(self, item: Item, here: int | None = None) -> str:
        """LABEL "words", with the sentence when it is another than `here`."""
        where = self.sentence(item)
        words = f'{item.label} "{self.text[item.start : item.end]}"'.lstrip()
        return words if here in (None, where) else f"{words} (sentence {where})"

    def title(self, place: Place) -> str:
        """What is asked."""
        if place.item == DOCUMENT:
            return f"{place.name} of the document"
        where = f"sentence {self.sentence(place.item)}"
        if place.layer in ITEMS:
            return f"{where}: {'mention' if place.layer == 'entity' else 'event'} {self.item(place.item)}"
        name = place.name or "relation without a label"
        return f"{where}: {name} of {self.item(place.item)}"

    def context(self, place: Place) -> str:
        """The sentence, with brackets around the place."""
        if place.item == DOCUMENT or not self.sentences:
            return ""
        start, end = self.sentences[self.sentence(place.item) - 1]
        end = max(end, place.item.end)
        before, after = self.text[start : place.item.start], self.text[place.item.end : end]
        return f"{before}[{self.text[place.item.start : place.item.end]}]{after}"

    def answer(self, place: Place, answer: Answer, who: str) -> str:
        """An option: what it is and, for mentions and triggers, what `who` drew and set on it."""
        here = self.sentence(place.item) if place.item != DOCUMENT else None
        parts: list[str] = []
        if place.layer == "attribute":
            parts = [self.value(place, value, here) for value in answer]
        elif place.layer in ITEMS:
            for item in sorted(answer):
                along = list(self._along(item, self.versions[who], here))
                more = [*along[:MORE], "..."] if len(along) > MORE else along
                parts.append(self.item(item, here) + (f" ({'; '.join(more)})" if more else ""))
        else:
            parts = [self._end(place, atom, here) for atom in sorted(answer)]
        kind = self.ontology.attributes.get(place.name) if place.layer == "attribute" else None
        return " + ".join(parts) or ("nothing" if kind is None or kind.default is None else str(kind.default))

    def value(self, place: Place, value: Value, here: int | None) -> str:
        """A value of an attribute."""
        if isinstance(value, Item):
            return "an incident of its own" if value == place.item else f"the incident of {self.item(value, here)}"
        return "no one incident (0)" if place.name == INCIDENT and value == 0 else str(value)

    def _end(self, place: Place, atom: Item | Arrow, here: int | None) -> str:
        """The other end of an arrow."""
        if isinstance(atom, Item):
            return self.item(atom, here)
        if atom.head == place.item:
            return f"to {self.item(atom.tail, here)}"
        return f"from {self.item(atom.head, here)}"

    def _along(self, item: Item, version: Facts, here: int | None) -> Iterator[str]:
        for slot, value in sorted(version.values.items(), key=lambda pair: pair[0]):
            if slot.item == item:
                yield f"{slot.name}: {self.value(Place('attribute', item, slot.name), value, here)}"
        for arrow in sorted(version.arguments | version.relations):
            if arrow.head == item:
                yield f"{arrow.label}: {self.item(arrow.tail, here)}"
            elif arrow.tail == item:
                yield f"{arrow.label} of {self.item(arrow.head, here)}"
