"""Stand-off: annotation of a text that others own, released without it.

A row of the config `standoff` has offsets, labels and attributes, the address of the text, a note on its licence, its
length and its hashes, and no word of it. The hashes of its blocks tell where a text of one's own differs. The sources
are Label Studio exports without `data.text` and `value.text`, under `corpus/standoff/`.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from strife.labelstudio.export import read_task
from strife.labelstudio.tasks import results
from strife.loading import given
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Trigger, Zone, text_hash
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.stream import json_array

STANDOFF = "standoff"
BLOCK = 128  # code points; long enough that nobody guesses a block from its hash
_DIGITS = 16  # of a block's hash
_HOLE = "\ufffc"  # stands for each code point that is not there


class StandoffError(Refusal, ValueError):
    """A stand-off export cannot be used; each line of the message is one reason."""


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `data` of a stand-off task: what stands for the text."""

    doc_id: str
    split: str
    text_sha256: str
    text_length: int
    block_length: int
    block_sha256: tuple[str, ...]
    source: str  # what the text is and where it comes from, in words
    licence: str
    annotation: str  # how the annotation came about
    language: str
    published: str | None = None
    url: str | None = None
    events: tuple[str, ...] = ()  # events of the real world that articles of the corpus are about too
    zones: tuple[Zone, ...] = ()
    chains: tuple[Chain, ...] = ()


class Standoff(NamedTuple):
    """A stand-off annotation: the document, its text holes, and what stands for the text."""

    document: Document
    about: About


def block_hashes(text: str, length: int = BLOCK) -> tuple[str, ...]:
    """A short hash of each block of so many code points; the last one takes the rest too, so that none is short."""
    number = max(1, len(text) // length)
    blocks = (text[n * length : (n + 1) * length if n + 1 < number else None] for n in range(number))
    return tuple(hashlib.sha256(block.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS] for block in blocks)


def stripped(document: Document, about: Mapping[str, Any], ontology: Ontology, annotator: int) -> dict[str, Any]:
    """The Label Studio task of an annotated document without a word of its text."""
    data = {
        "doc_id": document.doc_id,
        "published": document.published,
        "text_sha256": text_hash(document.text),
        "text_length": len(document.text),
        "block_length": BLOCK,
        "block_sha256": block_hashes(document.text),
        "zones": document.zones,
        "chains": document.chains,
        **about,
    }
    found = results(document, ontology)
    for result in found:
        result.get("value", {}).pop("text", None) if result["type"] != "textarea" else None
    bare = msgspec.to_builtins(msgspec.convert(data, About))
    return {"id": 1, "data": bare, "annotations": [{"id": 1, "completed_by": annotator, "result": found}]}


def read_standoff(folder: Path, ontology: Ontology) -> Iterator[Standoff]:
    """Every stand-off annotation of the exports in a folder. Raises StandoffError, InputError."""
    for path in sorted(folder.glob("*.json")):
        for number, raw in enumerate(json_array(path), 1):
            task = json.loads(raw)
            try:
                about = msgspec.convert(task["data"], About)
            except (msgspec.ValidationError, KeyError, TypeError) as error:
                raise StandoffError(f"{path}: item {number} is no stand-off task: {error}") from error
            task["data"] = {"doc_id": about.doc_id, "text": _HOLE * about.text_length, "published": about.published}
            read = read_task(json.dumps(task).encode(), path, number, ontology)
            chosen = [version for version in read.versions if version.state == "submitted"]
            faults = [str(finding) for finding in read.findings]
            faults += [str(finding) for version in chosen for finding in version.findings]
            if len(chosen) != 1:
                faults.append(f"{path}: {about.doc_id}: {len(chosen)} submitted annotations; expected one")
            else:
                faults += [f"{path}: {about.doc_id}: {fault}" for fault in _faults(chosen[0].document, about, task)]
            if faults:
                raise StandoffError("\n".join(faults))
            document = chosen[0].document
            yield Standoff(msgspec.structs.replace(document, zones=about.zones, chains=about.chains), about)


def _faults(document: Document, about: About, task: Mapping[str, Any]) -> Iterator[str]:
    """What must not be released: spans outside the text, arrows to nowhere, and any word of the text."""
    items = {item.id for item in document.items}
    for item in document.items:
        if not 0 <= item.span[0] < item.span[1] <= about.text_length:
            yield f"{item.id} [{item.span[0]}:{item.span[1]}] lies outside the text ({about.text_length} code points)"
    ends = [a.target for event in document.events for a in event.arguments]
    ends += [end for relation in document.relations for end in (relation.head, relation.tail)]
    ends += [member for chain in about.chains for member in chain.members]
    yield from (f"points at {end}, which is not there" for end in ends if end not in items)
    for result in task["annotations"][0]["result"]:
        if "text" in (result.get("value") or {}) and result["type"] != "textarea":
            yield f"{result.get('id')} has value.text, which is a word of the text; leave it out"


def standoff_row(one: Standoff, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the config `standoff`, from the row that the document would have in `documents`."""
    kept = ("doc_id", "published", "annotators", "zones", "entities", "events", "relations", "chains")
    bare = {name: without_text(row[name]) for name in kept}
    about = one.about
    return bare | {
        "language": about.language,
        "source": about.source,
        "url": about.url,
        "licence": about.licence,
        "annotation": about.annotation,
        "text_sha256": about.text_sha256,
        "text_length": about.text_length,
        "block_length": about.block_length,
        "block_sha256": list(about.block_sha256),
    }


def without_text(value: Any) -> Any:
    """A value, or the columns of one, without what is called `text` in it, however deep."""
    if isinstance(value, Mapping):
        return {name: without_text(one) for name, one in value.items() if name != "text"}
    return [without_text(one) for one in value] if isinstance(value, list) else value


def bare_document(row: Mapping[str, Any]) -> Document:
    """The document in a row of the config `standoff`, labels as names; its text is empty, its hash stands in `meta`."""
    return Document(
        doc_id=row["doc_id"],
        text="",
        entities=tuple(Entity(e["id"], e["start"], e["end"], e["label"], given(e)) for e in row["entities"]),
        events=tuple(
            Event(
                e["id"],
                e["type"],
                Trigger(e["trigger"]["start"], e["trigger"]["end"]),
                tuple(Argument(a["role"], a["entity_id"], a["event_id"]) for a in e["arguments"]),
                given(e),
            )
            for e in row["events"]
        ),
        relations=tuple(Relation(r["head"], r["tail"], r["label"]) for r in row["relations"]),
        chains=tuple(Chain(c["id"], c["kind"], tuple(c["members"])) for c in row["chains"]),
        zones=tuple(Zone(z["start"], z["end"], z["label"]) for z in row["zones"]),
        published=row["published"].isoformat() if row["published"] else None,
        annotators=tuple(row["annotators"]),
        meta={key: row[key] for key in ("language", "source", "text_sha256", "url") if row[key] is not None},
    )


def check_homes(
    found: Sequence[Standoff], splits: Mapping[str, str], events: Mapping[str, str], removed: Collection[str]
) -> list[str]:
    """What is wrong with the splits of stand-off documents, given those of articles by doc_id and by event."""
    faults = []
    seen: set[str] = set()
    for _, about in found:
        if about.doc_id in splits or about.doc_id in seen:
            faults.append(f"{about.doc_id}: is a document already; a stand-off document needs a doc_id of its own")
        seen.add(about.doc_id)
        if about.split not in ("train", "validation", "test"):
            faults.append(f"{about.doc_id}: the split {about.split!r} is none of train, validation, test")
        for event in about.events:
            home = events.get(event)
            if home is None and event in removed:
                continue
            if home is None:
                faults.append(f"{about.doc_id}: no article is about the event {event}; leave it out")
            elif home != about.split:
                faults.append(f"{about.doc_id}: its event {event} is in {home}; put it there, not into {about.split}")
    return faults
