"""Adjudication: when annotators agree, what is asked, what stands, and that decisions hold."""

from collections.abc import Iterable, Mapping

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.adjudication.decide import majority_line
from strife.adjudication.facts import Item, anchored, facts
from strife.adjudication.log import Decision
from strife.adjudication.notation import write_place
from strife.adjudication.questions import Question
from strife.adjudication.run import UNANIMOUS, Outcome, Policy, settle_document
from strife.adjudication.settle import Decided
from strife.adjudication.sources import Batch
from strife.finding import Origin
from strife.labelstudio.export import Version
from strife.model import Argument, AttributeValue, Document, Entity, Event, Relation, Trigger
from strife.ontology import Ontology, load_ontology

ONTOLOGY = load_ontology()
TEXT = "Police said rebels killed two men and wounded four more near Talmar on Friday"
WORDS = TEXT.split()
STARTS = [sum(len(word) + 1 for word in WORDS[:n]) for n in range(len(WORDS))]


def span(first: int, last: int) -> tuple[int, int]:
    """The code points of the words from `first` to `last`."""
    return STARTS[first], STARTS[last] + len(WORDS[last])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any annotation of the text: valid in its references, otherwise as odd as it comes."""
    places = st.tuples(st.integers(0, len(WORDS) - 1), st.integers(0, 1)).map(
        lambda p: span(p[0], min(p[0] + p[1], len(WORDS) - 1))
    )
    mentions = draw(st.lists(st.tuples(places, st.sampled_from(["PER", "ARM", "NUM"])), unique=True, max_size=5))
    triggers = draw(st.lists(st.tuples(places, st.sampled_from(["DEATH", "STRIKE"])), unique=True, max_size=4))
    entities = tuple(
        Entity(f"m{n}", start, end, label, draw(st.sampled_from([{}, {"timex": "2020"}])))
        for n, ((start, end), label) in enumerate(mentions)
    )
    fillers = [(entity.id, None) for entity in entities] + [(None, f"e{n}") for n in range(len(triggers))]
    events = []
    for n, ((start, end), label) in enumerate(triggers):
        arrows = draw(st.lists(st.tuples(st.sampled_from(["agent", "victim"]), st.sampled_from(fillers)), max_size=3))
        attributes: dict[str, AttributeValue] = {}
        if (number := draw(st.integers(-1, 3))) >= 0:
            attributes["incident"] = number
        if realis := draw(st.sampled_from(["", "actual", "other"])):
            attributes["realis"] = realis
        arguments = tuple(Argument(role, *target) for role, target in arrows)
        events.append(Event(f"e{n}", label, Trigger(start, end), arguments, attributes))
    relations = ()
    if entities:
        ends = st.sampled_from([entity.id for entity in entities])
        arrow = st.builds(Relation, ends, ends, st.sampled_from(["member_of", "same_as", None]))
        relations = tuple(draw(st.lists(arrow, max_size=3)))
    return Document("d", TEXT, entities, tuple(events), relations)


def version(document: Document, who: str) -> Version:
    return Version(document, "submitted", False, Origin("curated.json", annotator=who), ())


def adjudicated(
    passes: Mapping[str, Document],
    *curated: Version,
    log: Iterable[Decision] = (),
    policy: Policy = UNANIMOUS,
    ontology: Ontology = ONTOLOGY,
) -> Outcome:
    (first, *_) = [*passes.values(), *(one.document for one in curated)]
    batch = Batch(Document(first.doc_id, first.text), dict(passes), list(curated))
    return settle_document(batch, {line.key: line for line in log}, ontology, policy)


def gold(outcome: Outcome) -> Document:
    assert outcome.document is not None, [write_place(q.place, TEXT) for q in outcome.case.settled.open]  # type: ignore[union-attr]
    return outcome.document


def open_questions(outcome: Outcome) -> list[Question]:
    return outcome.case.settled.open if outcome.case is not None else []


def said(document: Document) -> tuple[object, ...]:
    """What a document says, whatever its ids and incident numbers are."""
    found = facts(document, ONTOLOGY)
    return found.items, found.arguments, found.relations, anchored(found, found.items).values


def well_formed(document: Document) -> bool:
    ids = {item.id for item in document.items}
    targets = [argument.target for event in document.events for argument in event.arguments]
    ends = [end for relation in document.relations for end in (relation.head, relation.tail)]
    named = {key.split(" ")[0] for key in document.provenance}
    return len(ids) == len(document.items) and {*targets, *ends, *named} <= ids


@given(documents(), st.integers(2, 3))
def test_identical_annotators_give_the_document_back(document: Document, number: int) -> None:
    outcome = adjudicated({str(n): document for n in range(number)})
    assert said(gold(outcome)) == said(document)
    assert set(gold(outcome).provenance.values()) <= {"agreed"}
    assert outcome.lines == []


@given(st.lists(documents(), min_size=2, max_size=3), st.randoms())
def test_order_of_annotators_and_ids_changes_nothing(versions: list[Document], random: object) -> None:
    passes = {str(n): document for n, document in enumerate(versions)}
    other = {who: renamed(document, random) for who, document in reversed(passes.items())}
    one, two = adjudicated(passes), adjudicated(other)
    assert one.case is not None
    assert two.case is not None
    assert one.case.settled == two.case.settled
    assert one.document == two.document


def renamed(document: Document, random: object) -> Document:
    """The same with other ids, in another order."""
    names = {item.id: f"r{n}" for n, item in enumerate(reversed(document.items))}

    def argument(a: Argument) -> Argument:
        return Argument(a.role, names.get(a.entity_id or ""), names.get(a.event_id or ""))

    entities = [msgspec.structs.replace(e, id=names[e.id]) for e in document.entities]
    events = [
        msgspec.structs.replace(e, id=names[e.id], arguments=tuple(map(argument, e.arguments))) for e in document.events
    ]
    random.shuffle(entities)  # type: ignore[attr-defined]
    random.shuffle(events)  # type: ignore[attr-defined]
    relations = tuple(Relation(names[r.head], names[r.tail], r.label) for r in document.relations)
    return msgspec.structs.replace(document, entities=tuple(entities), events=tuple(events), relations=relations)


@settings(max_examples=300)
@given(st.lists(documents(), min_size=2, max_size=3), documents())
def test_a_curated_whole_is_gold_and_the_log_alone_gives_it_again(versions: list[Document], whole: Document) -> None:
    passes = {str(n): document for n, document in enumerate(versions)}
    first = adjudicated(passes, version(whole, "9"))
    assert said(gold(first)) == said(whole)
    assert well_formed(gold(first))
    again = adjudicated(passes, log=first.lines)
    assert gold(again).provenance == gold(first).provenance
    assert said(gold(again)) == said(whole)
    assert (again.lines, again.unused) == ([], [])
    both = adjudicated(passes, version(whole, "9"), log=first.lines)
    assert both.lines == first.lines


@settings(max_examples=200)
@given(st.lists(documents(), min_size=2, max_size=3), st.data())
def test_whatever_is_decided_nothing_is_asked_again(versions: list[Document], data: st.DataObject) -> None:
    passes = {str(n): document for n, document in enumerate(versions)}
    log: list[Decision] = []
    asked: set[str] = set()
    outcome = adjudicated(passes)
    while questions_now := open_questions(outcome):
        assert asked.isdisjoint(question.id for question in questions_now)
        for question in questions_now:
            asked.add(question.id)
            answer = data.draw(st.sampled_from(sorted(question.options, key=str)))
            line = majority_line(Document("d", TEXT), question, Decided(answer, "9"))
            log.append(msgspec.structs.replace(line, why="so"))
        outcome = adjudicated(passes, log=log)
    assert well_formed(gold(outcome))
    assert outcome.unused == []
    held = [facts(document, ONTOLOGY).items for document in versions]
    assert facts(gold(outcome), ONTOLOGY).items <= frozenset[Item]().union(*held)
    assert frozenset.intersection(*held) <= facts(gold(outcome), ONTOLOGY).items
