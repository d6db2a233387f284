"""Turn an annotator's notes into a document, and an article into numbered sentences to take notes on.

A model that annotates cannot use a mouse, and counts characters badly; it names a span by sentence, quote and
occurrence instead. One item a line:

    S 3                                       sentence 3 begins
    m1 GPE "Talmar"                           the first "Talmar" of the sentence
    m2 GPE "Talmar" 2                         the second
    e1 DEATH "killed" incident=1 people_min=4
    e1 victim m3                              a role: from an event to a mention or an event
    m5 member_of m1                           a relation: from a mention to a mention

Ids are unique in the document. Blank lines and lines that begin with # are skipped.

    python scripts/annotation_notes.py sheet corpus/articles/X.toml > X.txt
    python scripts/annotation_notes.py check corpus/articles/X.toml X.notes
    python scripts/annotation_notes.py documents corpus/articles pass-a/ pass-a.jsonl

The last makes one file of documents of a folder of notes (DOC_ID.notes), for `strife label-studio push` with
`--send annotations` and the token of the account that the pass has on the server.
"""

import re
import sys
from pathlib import Path

from strife.articles import read_article
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology
from strife.segment import sentences
from strife.store import write_documents

_ITEM = re.compile(r'^(\w+) ([A-Z]+) "(.+)"(?: (\d+))?((?: \w+=\S+)*)$')
_ARROW = re.compile(r"^(\w+) ([a-z_]+) (\w+)$")


def sheet(document: Document) -> str:
    """The text, one numbered sentence a line, under its zones."""
    lines = [f"doc_id: {document.doc_id}", f"published: {document.published}"]
    zone = None
    for number, (start, end) in enumerate(sentences(document.text), 1):
        here = next(z.label for z in document.zones if z.start <= start < z.end)
        if here != zone:
            lines.append(f"[{here}]")
            zone = here
        lines.append(f"{number}| {document.text[start:end]}")
    return "\n".join(lines)


def read_notes(document: Document, notes: str, ontology: Ontology) -> tuple[Document, list[str]]:
    """The document with the notes' annotation, and what could not be placed, one message a line."""
    spans = sentences(document.text)
    entities: dict[str, Entity] = {}
    events: dict[str, Event] = {}
    arrows: list[tuple[int, str, str, str]] = []
    faults: list[str] = []
    here = (0, 0)
    for number, line in enumerate(notes.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if match := re.fullmatch(r"S (\d+)", line):
            index = int(match[1])
            here = spans[index - 1] if 1 <= index <= len(spans) else (0, 0)
            if here == (0, 0):
                faults.append(f"line {number}: there is no sentence {index} (1 to {len(spans)})")
        elif match := _ITEM.match(line):
            item, label, quote, occurrence, rest = match.groups()
            found = [m.start() for m in re.finditer(re.escape(quote), document.text[here[0] : here[1]])]
            nth = int(occurrence or 1)
            if not 1 <= nth <= len(found):
                faults.append(
                    f"line {number}: {quote!r} occurs {len(found)} times in the sentence, wanted number {nth}"
                )
                continue
            if item in entities or item in events:
                faults.append(f"line {number}: the id {item} is used twice")
                continue
            start = here[0] + found[nth - 1]
            attributes, bad = _attributes(rest, ontology)
            faults += [f"line {number}: {fault}" for fault in bad]
            if label in ontology.event_types:
                events[item] = Event(item, label, Trigger(start, start + len(quote)), (), attributes)
            elif label in ontology.entity_types:
                entities[item] = Entity(item, start, start + len(quote), label, attributes)
            else:
                faults.append(f"line {number}: unknown type {label}")
        elif match := _ARROW.match(line):
            arrows.append((number, match[1], match[2], match[3]))
        else:
            faults.append(f"line {number}: not understood: {line}")
    return _with_arrows(document, entities, events, arrows, faults), faults


def _attributes(rest: str, ontology: Ontology) -> tuple[dict[str, AttributeValue], list[str]]:
    values: dict[str, AttributeValue] = {}
    faults = []
    for pair in rest.split():
        name, value = pair.split("=", 1)
        attribute = ontology.attributes.get(name)
        if attribute is None or (attribute.values and value not in attribute.values):
            faults.append(f"{pair}: unknown attribute or value")
        elif attribute.control == "number" and not value.isdigit():
            faults.append(f"{pair}: not a number")
        elif value != attribute.default:  # a default is left out, as an annotator would leave it
            values[name] = int(value) if attribute.control == "number" else value
    return values, faults


def _with_arrows(
    document: Document,
    entities: dict[str, Entity],
    events: dict[str, Event],
    arrows: list[tuple[int, str, str, str]],
    faults: list[str],
) -> Document:
    arguments: dict[str, list[Argument]] = {event: [] for event in events}
    relations: list[Relation] = []
    for number, head, label, tail in arrows:
        missing = [end for end in (head, tail) if end not in entities and end not in events]
        if missing:
            faults.append(f"line {number}: no item has the id {missing[0]}")
        elif head in events:
            is_event = tail in events
            arguments[head].append(Argument(label, None if is_event else tail, tail if is_event else None))
        else:
            relations.append(Relation(head, tail, label))
    return Document(
        **{
            **{name: getattr(document, name) for name in document.__struct_fields__},
            "entities": tuple(entities.values()),
            "events": tuple(
                Event(e.id, e.type, e.trigger, tuple(arguments[e.id]), e.attributes) for e in events.values()
            ),
            "relations": tuple(relations),
        }
    )


def write_pass(articles: Path, notes: Path, out: Path) -> None:
    """Documents of all notes in a folder; exits, naming each fault, when something could not be placed."""
    ontology = load_ontology()
    documents, faults = [], []
    for path in sorted(notes.glob("*.notes")):
        article = read_article(articles / f"{path.stem}.toml")
        annotated, found = read_notes(article, path.read_text(encoding="utf-8"), ontology)
        documents.append(annotated)
        faults += [f"{path}: {fault}" for fault in found]
    if faults or not documents:
        sys.exit("\n".join(faults) or f"{notes}: no DOC_ID.notes here")
    write_documents(out, documents)
    print(f"{out}: {len(documents)} documents")


def main() -> None:
    """Run from the command line."""
    command, article, *rest = sys.argv[1:]
    if command == "documents":
        write_pass(Path(article), Path(rest[0]), Path(rest[1]))
        return
    document = read_article(Path(article))
    if command == "sheet":
        print(sheet(document))
        return
    from strife.validate import validate

    ontology = load_ontology()
    annotated, faults = read_notes(document, Path(rest[0]).read_text(encoding="utf-8"), ontology)
    report = validate([annotated], ontology)
    print("\n".join([*faults, *(str(finding) for finding in report.findings)]) or "ok")
    sys.exit(bool(faults or report.errors))


if __name__ == "__main__":
    main()
