"""CASIE (Satyapanich, Ferraro and Finin, AAAI 2020): one JSON file an article, with its text in `content`.

Offsets index `content` (not the files under source/). A filler is a mention with the index that the file gives it; its
type is the mention's label. Events of one hopper are one event.
"""

from pathlib import Path
from typing import Any

import msgspec

from strife.formats.loss import FormatError, Loss
from strife.formats.quotes import quoted
from strife.formats.records import found, whole
from strife.model import Argument, AttributeValue, Chain, Document, Entity, Event, Source, Trigger


class _Nugget(msgspec.Struct):
    startOffset: int
    endOffset: int
    text: str


class _Filler(_Nugget):
    index: str
    type: str
    role: dict[str, Any]
    external_reference: dict[str, Any] = {}


class _Event(msgspec.Struct):
    index: str
    type: str
    subtype: str
    realis: str
    nugget: _Nugget
    argument: list[_Filler] = []


class _Hopper(msgspec.Struct):
    index: int
    events: list[_Event]


class _Hoppers(msgspec.Struct):
    hopper: list[_Hopper] = []


class _Article(msgspec.Struct):
    sourcefile: str
    content: str
    info: dict[str, Any]
    cyberevent: _Hoppers


def read(folder: Path) -> tuple[list[Document], list[Loss]]:
    """Every article, its split (of the TextEE lists under splits/, if they are there) under meta, sorted by doc_id."""
    losses: list[Loss] = []
    splits = split_lists(folder)
    inside = "data/annotation/*.json" if (folder / "data" / "annotation").is_dir() else "*.json"
    documents = [_document(path, splits, losses) for path in found(folder, inside, "CASIE")]
    return sorted(documents, key=lambda document: document.doc_id), losses


def split_lists(folder: Path) -> dict[str, str]:
    """The split of each doc_id that the lists under splits/ name."""
    splits: dict[str, str] = {}
    for path in sorted(folder.glob("splits/*.txt")):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise FormatError(f"{path}: {error}; expected a list of file names in UTF-8; download it again") from error
        splits |= {line.split(".")[0].strip(): path.stem for line in lines}
    return splits


def _document(path: Path, splits: dict[str, str], losses: list[Loss]) -> Document:
    article = whole(path, _Article, "an annotated article of CASIE")
    doc_id, text = article.sourcefile.removesuffix(".txt"), article.content
    entities: dict[str, Entity] = {}
    events: list[Event] = []
    chains: list[Chain] = []
    for hopper in article.cyberevent.hopper:
        for record in hopper.events:
            arguments = [_argument(filler, record.index, text, entities, doc_id, losses) for filler in record.argument]
            for twice in {argument for argument in arguments if arguments.count(argument) > 1}:
                lost = f"{twice.role} {twice.entity_id} again"
                losses.append(Loss(doc_id, record.index, lost, "an event has the same argument once"))
            nugget = record.nugget
            kept = quoted(text, nugget.startOffset, nugget.endOffset, nugget.text)
            trigger = Trigger(nugget.startOffset, nugget.endOffset)
            attributes: dict[str, AttributeValue] = {"realis": record.realis, **kept}
            events.append(Event(record.index, record.subtype, trigger, tuple(dict.fromkeys(arguments)), attributes))
        members = sorted(hopper.events, key=lambda event: (event.nugget.startOffset, event.index))
        if len(members) > 1:
            chains.append(Chain(f"h{hopper.index}", "event", tuple(event.index for event in members)))
    title, url = str(article.info.get("title", "")), str(article.info.get("link", ""))
    meta = {"split": splits[doc_id]} if doc_id in splits else {}
    published = str(article.info.get("date", "")).replace("_", "-") or None
    source = Source(url.split("/")[2] if url.count("/") > 1 else "", url, title)
    return Document(
        doc_id,
        text,
        tuple(entities.values()),
        tuple(events),
        chains=tuple(chains),
        published=published,
        sources=(source,),
        meta=meta,
    )


def _argument(
    filler: _Filler, event: str, text: str, entities: dict[str, Entity], doc_id: str, losses: list[Loss]
) -> Argument:
    attributes: dict[str, AttributeValue] = {
        key: value for key, value in filler.external_reference.items() if isinstance(value, str)
    }
    attributes |= quoted(text, filler.startOffset, filler.endOffset, filler.text)
    mention = Entity(filler.index, filler.startOffset, filler.endOffset, filler.type, attributes)
    known = entities.setdefault(filler.index, mention)
    if (known.span, known.label) != (mention.span, mention.label):
        raise FormatError(f"{doc_id}: {filler.index} is two mentions; expected one an index; download it again")
    for key, value in filler.role.items():
        if key != "type":
            losses.append(Loss(doc_id, f"{event}.{filler.index}", f"{key} {value}", "a role has no attributes"))
    if not isinstance(filler.role.get("type"), str):
        found = f"{event}.{filler.index} has the role {filler.role}"
        raise FormatError(f"{doc_id}: {found}; expected one with a type; download it again")
    return Argument(filler.role["type"], filler.index)
