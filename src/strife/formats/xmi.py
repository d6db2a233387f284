"""UIMA CAS XMI as INCEpTION reads and writes it: a folder with TypeSystem.xml and DOC_ID.xmi for each document.

Layers: webanno.custom.Mention (label), webanno.custom.Event (label, arguments as slots with a role), and
webanno.custom.Relation between mentions; attributes are features of their layer. Offsets in the files are UTF-16 units,
as Java counts; dkpro-cassis converts them. This is the only file that imports it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from strife.formats.holds import unheld
from strife.formats.loss import FormatError, Loss
from strife.formats.values import parsed
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology
from strife.segment import sentences, tokens

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

NAME = "UIMA CAS XMI"
HOLDS = frozenset({"events", "arguments", "event arguments", "item attributes", "relations"})
TYPES = "TypeSystem.xml"
MENTION, EVENT, RELATION = "webanno.custom.Mention", "webanno.custom.Event", "webanno.custom.Relation"
LINK = "webanno.custom.EventArgumentsLink"
_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api"
SENTENCE, TOKEN = f"{_DKPRO}.segmentation.type.Sentence", f"{_DKPRO}.segmentation.type.Token"
ABOUT = f"{_DKPRO}.metadata.type.DocumentMetaData"
_STRING = "uima.cas.String"


def write(documents: Iterable[Document], ontology: Ontology) -> tuple[dict[str, bytes], list[Loss]]:
    """The files by name, and what they do not hold. Raises FormatError for characters that XML cannot hold."""
    documents = list(documents)
    types = _types(documents)
    files = {TYPES: types.to_xml().encode()}
    losses: list[Loss] = []
    for document in documents:
        losses += unheld(document, NAME, HOLDS)
        try:
            files[f"{quote(document.doc_id, safe=' ')}.xmi"] = _cas(document, types, losses).to_xmi().encode()
        except ValueError as error:
            found = f"{document.doc_id}: {error}"
            raise FormatError(f"{found}; expected no control characters (rule DOC105); mend the text") from error
    return files, losses


def _types(documents: list[Document]) -> "TypeSystem":
    """The layers, with a feature for each attribute in use."""
    from cassis import TypeSystem

    types = TypeSystem()
    annotation = "uima.tcas.Annotation"
    for name in (SENTENCE, TOKEN):
        types.create_type(name, annotation)
    about = types.create_type(ABOUT, "uima.tcas.DocumentAnnotation")
    for feature in ("documentId", "documentTitle"):
        types.create_feature(about, feature, _STRING)
    mention, event, relation = (types.create_type(name, annotation) for name in (MENTION, EVENT, RELATION))
    link = types.create_type(LINK, "uima.cas.TOP")
    types.create_feature(link, "role", _STRING)
    types.create_feature(link, "target", annotation)
    types.create_feature(event, "arguments", "uima.cas.FSArray", elementType=LINK)
    for end in ("Governor", "Dependent"):
        types.create_feature(relation, end, MENTION)
    entities = {name for document in documents for entity in document.entities for name in entity.attributes}
    events = {name for document in documents for one in document.events for name in one.attributes}
    for layer, names in ((mention, entities), (event, events), (relation, set())):
        for name in ("label", *sorted(names)):
            types.create_feature(layer, name, _STRING)
    return types


def _cas(document: Document, types: "TypeSystem", losses: list[Loss]) -> "Cas":
    from cassis import Cas

    cas = Cas(typesystem=types)
    cas.sofa_string = document.text
    cas.sofa_mime = "text/plain"
    length = len(document.text)
    title = document.doc_id
    cas.add(types.get_type(ABOUT)(begin=0, end=length, documentId=document.doc_id, documentTitle=title, language="x"))
    for start, end in sentences(document.text):
        cas.add(types.get_type(SENTENCE)(begin=start, end=end))
    for start, end in tokens(document.text):
        cas.add(types.get_type(TOKEN)(begin=start, end=end))
    made: dict[str, Any] = {}
    for item in document.items:
        layer = types.get_type(MENTION if isinstance(item, Entity) else EVENT)
        start, end = item.span
        made[item.id] = layer(begin=start, end=end, label=item.label, **_features(document, item, losses))
        cas.add(made[item.id])
    link, array = types.get_type(LINK), types.get_type("uima.cas.FSArray")
    for event in document.events:
        links = [link(role=a.role, target=made[a.target]) for a in event.arguments if a.target in made]
        made[event.id].arguments = array(elements=links)
    for relation in document.relations:
        head, tail = made[relation.head], made[relation.tail]
        if relation.label is not None and {head.type.name, tail.type.name} == {MENTION}:
            ends = {"Governor": head, "Dependent": tail}
            layer = types.get_type(RELATION)
            cas.add(layer(begin=tail.begin, end=tail.end, label=relation.label, **ends))
        elif relation.label is not None:
            what = f"{relation.label} {relation.tail}"
            losses.append(Loss(document.doc_id, relation.head, what, f"{NAME} holds relations between mentions"))
    return cas


def _features(document: Document, item: Entity | Event, losses: list[Loss]) -> dict[str, str]:
    found = {}
    for name, value in item.attributes.items():
        if isinstance(value, tuple):
            losses.append(Loss(document.doc_id, item.id, f"{name}={value}", f"{NAME} holds one value an attribute"))
        else:
            found[name] = str(value)
    return found


def read(path: Path, ontology: Ontology) -> tuple[list[Document], list[Loss]]:
    """The documents of a folder, sorted by doc_id; annotations of other layers are losses."""
    from cassis import load_cas_from_xmi, load_typesystem

    files = sorted(path.glob("*.xmi"))
    if not files or not (path / TYPES).is_file():
        raise FormatError(f"{path}: no .xmi or no {TYPES} in it; expected both; export the project as UIMA CAS XMI")
    losses: list[Loss] = []
    documents = []
    for file in files:
        try:
            with (path / TYPES).open("rb") as stream:
                types = load_typesystem(stream)
            with file.open("rb") as stream:
                cas = load_cas_from_xmi(stream, typesystem=types)
        except Exception as error:  # lxml's and cassis's own errors have no common base
            raise FormatError(f"{file}: {error}; expected UIMA CAS XMI; export it again") from error
        documents.append(_document(unquote(file.stem), cas, ontology, losses))
    return sorted(documents, key=lambda document: document.doc_id), losses


def _document(doc_id: str, cas: "Cas", ontology: Ontology, losses: list[Loss]) -> Document:
    known = {MENTION, EVENT, RELATION, LINK, SENTENCE, TOKEN}
    layers: dict[str, list[Any]] = {name: [] for name in known}
    for annotation in cas.select_all_annotations():
        name = annotation.type.name
        if name == ABOUT:
            doc_id = annotation.documentId or doc_id
        elif name in known:
            layers[name].append(annotation)
        else:
            losses.append(Loss(doc_id, str(annotation.xmiID), name, "a layer that documents do not have"))
    ids = {id(a): f"m{number}" for number, a in enumerate(layers[MENTION], 1)}
    ids |= {id(a): f"e{number}" for number, a in enumerate(layers[EVENT], 1)}

    def argument(link: Any) -> Argument:
        target = ids[id(link.target)]
        is_event = target[0] == "e"
        return Argument(link.role or "", None if is_event else target, target if is_event else None)

    events = []
    for one in layers[EVENT]:
        slots = one.arguments.elements if one.arguments is not None else []
        trigger = Trigger(one.begin, one.end)
        arguments = tuple(argument(link) for link in slots if link.target is not None)
        events.append(Event(ids[id(one)], one.label or "", trigger, arguments, _attributes(one, ontology)))
    return Document(
        doc_id,
        cas.sofa_string or "",
        tuple(Entity(ids[id(a)], a.begin, a.end, a.label or "", _attributes(a, ontology)) for a in layers[MENTION]),
        tuple(events),
        tuple(Relation(ids[id(r.Governor)], ids[id(r.Dependent)], r.label) for r in layers[RELATION]),
    )


def _attributes(annotation: Any, ontology: Ontology) -> dict[str, AttributeValue]:
    skip = {"label", "begin", "end", "sofa", "arguments"}
    names = [feature.name for feature in annotation.type.all_features if feature.name not in skip]
    return {name: parsed(name, value, ontology) for name in names if (value := getattr(annotation, name)) is not None}
