"""What both baselines share: a document as sentences of tokens, and predictions put back into one."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from strife.model import Argument, Document, Entity, Event, Trigger
from strife.segment import sentences, tokens

Span = tuple[int, int]
Labelled = tuple[int, int, str]


class Sentence(NamedTuple):
    """The tokens of a sentence, as words and as spans of the document's text."""

    words: list[str]
    spans: list[Span]


LONGEST = 200  # tokens; what is longer (a table, a text without full stops) is cut, so that cost stays linear


def split(text: str, small: bool = True) -> list[Sentence]:
    """The sentences of a text, those of more than LONGEST tokens in several pieces; `small` as in strife.segment."""
    found = []
    for start, end in sentences(text, small):
        whole = tokens(text, start, end)
        for first in range(0, len(whole), LONGEST):
            spans = whole[first : first + LONGEST]
            found.append(Sentence([text[a:b] for a, b in spans], spans))
    return found


def flat(items: Iterable[Labelled]) -> list[Labelled]:
    """Items without overlap, in text order: the longest wins, then the one that begins first."""
    kept: list[Labelled] = []
    for start, end, label in sorted(set(items), key=lambda i: (i[0] - i[1], i[0], i[2])):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end, label))
    return sorted(kept)


def tags(spans: Sequence[Span], items: Sequence[Labelled]) -> list[str]:
    """The BIO tags of tokens under items without overlap."""
    found = ["O"] * len(spans)
    for start, end, label in items:
        touched = [n for n, (a, b) in enumerate(spans) if a < end and start < b]
        for n in touched:
            found[n] = f"{'B' if n == touched[0] else 'I'}-{label}"
    return found


def spans_of(spans: Sequence[Span], bio: Sequence[str]) -> list[Labelled]:
    """The items that BIO tags stand for; an I- that continues nothing begins an item."""
    found: list[Labelled] = []
    before = "O"
    for (start, end), tag in zip(spans, bio, strict=True):
        if tag != "O":
            if tag[0] == "I" and before != "O" and before[2:] == tag[2:]:
                found[-1] = (found[-1][0], end, tag[2:])
            else:
                found.append((start, end, tag[2:]))
        before = tag
    return found


def trimmed(words: Sequence[str], bio: Sequence[str]) -> list[str]:
    """BIO tags without punctuation at the edges of items: annotated spans never have any there."""
    found = list(bio)
    for n in range(len(found)):
        if found[n] != "O" and not words[n][0].isalnum():
            if found[n][0] == "B" and n + 1 < len(found) and found[n + 1] == f"I{found[n][1:]}":
                found[n + 1] = found[n]
                found[n] = "O"
            elif found[n][0] == "B":
                found[n] = "O"
    for n in reversed(range(len(found))):
        if found[n] != "O" and not words[n][0].isalnum() and not (n + 1 < len(found) and found[n + 1][0] == "I"):
            found[n] = "O"
    return found


def assemble(
    document: Document,
    mentions: Sequence[Labelled],
    triggers: Sequence[Labelled],
    arguments: Iterable[tuple[int, str, bool, int]],
) -> Document:
    """The document with predictions; an argument is (trigger, role, is the filler an event, filler), by position."""
    roles: dict[int, list[Argument]] = {}
    for event, role, is_event, filler in arguments:
        target = f"{'e' if is_event else 'm'}{filler + 1}"
        argument = Argument(role, None if is_event else target, target if is_event else None)
        roles.setdefault(event, []).append(argument)
    return msgspec.structs.replace(
        document,
        entities=tuple(Entity(f"m{n}", *mention) for n, mention in enumerate(mentions, 1)),
        events=tuple(
            Event(f"e{n + 1}", label, Trigger(start, end), tuple(roles.get(n, ())))
            for n, (start, end, label) in enumerate(triggers)
        ),
        relations=(),
        chains=(),
        templates=(),
        attributes={},
        annotators=(),
        provenance={},
    )
