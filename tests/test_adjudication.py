"""Adjudication: when annotators agree, what is asked, what stands, and that decisions hold."""

from collections.abc import Iterable, Mapping
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife.adjudication.decide import majority_line
from strife.adjudication.facts import AdjudicationError, Item, anchored, facts
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


@settings(max_examples=40)
@given(documents(), st.integers(2, 3))
def test_identical_annotators_give_the_document_back(document: Document, number: int) -> None:
    outcome = adjudicated({str(n): document for n in range(number)})
    assert said(gold(outcome)) == said(document)
    assert set(gold(outcome).provenance.values()) <= {"agreed"}
    assert outcome.lines == []


@settings(max_examples=40)
@given(st.lists(documents(), min_size=2, max_size=3), st.randoms())
def test_order_of_annotators_and_ids_changes_nothing(versions: list[Document], random: Random) -> None:
    passes = {str(n): document for n, document in enumerate(versions)}
    other = {who: renamed(document, random) for who, document in reversed(passes.items())}
    one, two = adjudicated(passes), adjudicated(other)
    assert one.case is not None
    assert two.case is not None
    assert one.case.settled == two.case.settled
    assert one.document == two.document


def renamed(document: Document, random: Random) -> Document:
    """The same with other ids, in another order."""
    names = {item.id: f"r{n}" for n, item in enumerate(reversed(document.items))}

    def argument(a: Argument) -> Argument:
        return Argument(a.role, names.get(a.entity_id or ""), names.get(a.event_id or ""))

    entities = [msgspec.structs.replace(e, id=names[e.id]) for e in document.entities]
    events = [
        msgspec.structs.replace(e, id=names[e.id], arguments=tuple(map(argument, e.arguments))) for e in document.events
    ]
    random.shuffle(entities)
    random.shuffle(events)
    relations = tuple(Relation(names[r.head], names[r.tail], r.label) for r in document.relations)
    return msgspec.structs.replace(document, entities=tuple(entities), events=tuple(events), relations=relations)


@settings(max_examples=50)
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


@settings(max_examples=40)
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


def mark(*items: tuple[str, str], **more: object) -> Document:
    """The text with mentions and triggers by their words: m1, m2, ... and e1, e2, ... in the order given."""
    entities, events = [], []
    for label, words in items:
        start = TEXT.index(words)
        if label in ONTOLOGY.event_types:
            events.append(Event(f"e{len(events) + 1}", label, Trigger(start, start + len(words))))
        else:
            entities.append(Entity(f"m{len(entities) + 1}", start, start + len(words), label))
    return msgspec.structs.replace(Document("d", TEXT, tuple(entities), tuple(events)), **more)


def with_event(document: Document, number: int, *arguments: Argument, **attributes: AttributeValue) -> Document:
    events = list(document.events)
    events[number - 1] = msgspec.structs.replace(events[number - 1], arguments=arguments, attributes=attributes)
    return msgspec.structs.replace(document, events=tuple(events))


def asked(*versions: Document) -> list[tuple[str, str]]:
    """(layer, place) of what is asked about versions of the text."""
    outcome = adjudicated({str(n): version for n, version in enumerate(versions, 2)})
    return [(question.place.layer, write_place(question.place, TEXT)) for question in open_questions(outcome)]


ONE = mark(("PER", "rebels"), ("PER", "men"), ("DEATH", "killed"))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (ONE, []),
        (renamed(ONE, Random(1)), []),
        (mark(("ARM", "rebels"), ("PER", "men"), ("DEATH", "killed")), [("entity", '12:18 "rebels"')]),
        (mark(("PER", "rebels"), ("PER", "two men"), ("DEATH", "killed")), [("entity", '26:33 "two men"')]),
        (mark(("PER", "rebels"), ("PER", "men")), [("trigger", '19:25 "killed"')]),
        (mark(("PER", "rebels"), ("PER", "men"), ("STRIKE", "killed")), [("trigger", '19:25 "killed"')]),
        (mark(("PER", "rebels"), ("PER", "men"), ("DEATH", "rebels killed")), [("trigger", '12:25 "rebels killed"')]),
        (with_event(ONE, 1, Argument("agent", "m1")), [("argument", 'DEATH 19:25 "killed" agent')]),
        (with_event(ONE, 1, realis="other"), [("attribute", 'DEATH 19:25 "killed" realis')]),
        (with_event(ONE, 1, realis="actual"), []),  # the default
        (
            msgspec.structs.replace(ONE, relations=(Relation("m1", "m2", "same_as"),)),
            [("relation", 'PER 30:33 "men" same_as')],
        ),
        (msgspec.structs.replace(ONE, attributes={"style": "brief"}), [("attribute", "document style")]),
    ],
)
def test_what_is_a_disagreement(other: Document, expected: list[tuple[str, str]]) -> None:
    assert asked(ONE, other) == asked(other, ONE) == expected


def test_what_hangs_on_a_contested_mention_is_no_question_of_its_own() -> None:
    more = mark(("PER", "rebels"), ("PER", "men"), ("NUM", "two"), ("DEATH", "killed"))
    drawn = with_event(more, 1, Argument("count", "m3"), Argument("victim", "m2"))
    plain = with_event(ONE, 1, Argument("victim", "m2"))
    assert asked(plain, drawn) == [("entity", '26:29 "two"')]


def test_different_fillers_of_one_role_are_one_question() -> None:
    one, two = with_event(ONE, 1, Argument("agent", "m1")), with_event(ONE, 1, Argument("agent", "m2"))
    outcome = adjudicated({"2": one, "3": two})
    (question,) = open_questions(outcome)
    assert [(names, len(answer)) for answer, names in question.options.items()] == [(("2",), 1), (("3",), 1)]


def test_the_direction_of_a_symmetric_relation_is_no_disagreement_but_is_kept_when_it_is_shared() -> None:
    there, back = (
        msgspec.structs.replace(ONE, relations=(Relation(head, tail, "same_as"),))
        for head, tail in (("m1", "m2"), ("m2", "m1"))
    )
    assert asked(there, back) == []
    assert gold(adjudicated({"2": there, "3": back})).relations == (Relation("m2", "m1", "same_as"),)
    assert gold(adjudicated({"2": there, "3": there})).relations == (Relation("m1", "m2", "same_as"),)
    directed = [
        msgspec.structs.replace(ONE, relations=(Relation(*ends, "member_of"),)) for ends in (("m1", "m2"), ("m2", "m1"))
    ]
    assert asked(*directed) == [("relation", 'PER 30:33 "men" member_of')]


THREE = mark(("STRIKE", "said"), ("DEATH", "killed"), ("INJURY", "wounded"))


def incidents(*numbers: int) -> Document:
    events = [
        msgspec.structs.replace(event, attributes={"incident": number})
        for event, number in zip(THREE.events, numbers, strict=True)
    ]
    return msgspec.structs.replace(THREE, events=tuple(events))


@pytest.mark.parametrize(
    ("one", "two", "questions_asked"),
    [
        ((1, 1, 2), (5, 5, 3), 0),  # the same groups under other numbers
        ((1, 2, 3), (1, 2, 2), 1),
        ((0, 1, 1), (0, 4, 4), 0),
        ((1, 1, 1), (0, 1, 1), 3),  # "said" is in no incident, so the others lose the trigger that names theirs
        ((1, 2, 3), (3, 2, 1), 0),
    ],
)
def test_incidents_are_groups_not_numbers(one: tuple[int], two: tuple[int], questions_asked: int) -> None:
    assert len(asked(incidents(*one), incidents(*two))) == questions_asked


def test_incidents_of_gold_are_numbered_in_order_of_appearance() -> None:
    document = gold(adjudicated({"2": incidents(7, 0, 3), "3": incidents(2, 0, 1)}))
    assert [event.attributes["incident"] for event in document.events] == [1, 0, 2]


def test_majority_decides_and_is_recorded() -> None:
    two = mark(("PER", "rebels"), ("PER", "men"), ("DEATH", "killed"), ("INJURY", "wounded"))
    outcome = adjudicated({"2": ONE, "3": two, "4": two}, policy=Policy(majority=True))
    document = gold(outcome)
    assert [event.type for event in document.events] == ["DEATH", "INJURY"]
    assert document.provenance["e1"] == "agreed"
    assert document.provenance["e2"] == "majority 2/3"
    (line,) = outcome.lines
    assert (line.by, line.decision) == ("majority 2/3", 'INJURY 38:45 "wounded"')
    assert line.why
    assert gold(adjudicated({"2": ONE, "3": two, "4": two}, log=outcome.lines)) == document


def test_no_majority_is_still_a_question() -> None:
    versions = {"2": mark(("NUM", "two")), "3": mark(("NUM", "two men")), "4": mark()}
    assert len(open_questions(adjudicated(versions, policy=Policy(majority=True)))) == 1
    assert len(open_questions(adjudicated({"2": ONE, "3": mark()}, policy=Policy(majority=True)))) == 3


def test_a_majority_that_is_none_any_more_is_asked_again_and_a_curator_overrules_it() -> None:
    two = mark(("PER", "rebels"), ("PER", "men"), ("DEATH", "killed"), ("INJURY", "wounded"))
    log = adjudicated({"2": ONE, "3": two, "4": two}, policy=Policy(majority=True)).lines
    changed = {"2": ONE, "3": ONE, "4": two}
    again = adjudicated(changed, log=log)
    assert len(open_questions(again)) == 1
    assert again.unused == log
    assert gold(adjudicated(changed, log=log, policy=Policy(majority=True))).provenance.keys() == {"m1", "m2", "e1"}
    curated = adjudicated({"2": ONE, "3": two, "4": two}, version(ONE, "9"), log=log)
    assert [(line.by, line.decision) for line in curated.lines] == [("9", "-")]


def test_one_annotator_waits_unless_single_is_asked_for() -> None:
    assert adjudicated({"2": ONE}).case is None
    outcome = adjudicated({"2": ONE}, policy=Policy(single=True))
    assert set(gold(outcome).provenance.values()) == {"single 2"}
    (line,) = outcome.lines
    assert (line.layer, line.by, line.decision) == ("document", "single 2", "2")
    assert gold(adjudicated({"2": ONE}, log=outcome.lines)) == gold(outcome)
    assert adjudicated({"3": ONE}, log=outcome.lines).case is None
    both = adjudicated({"2": ONE, "3": mark()}, log=outcome.lines)
    assert len(open_questions(both)) == 3
    assert both.unused == outcome.lines


def test_a_decision_holds_when_annotators_swap_and_is_asked_again_when_options_change() -> None:
    narrow, wide, other = (mark(("NUM", words)) for words in ("two", "two men", "men"))
    log = adjudicated({"2": narrow, "3": wide}, version(wide, "9")).lines
    assert gold(adjudicated({"2": wide, "3": narrow}, log=log)).entities == wide.entities
    changed = adjudicated({"2": wide, "3": other}, log=log)
    assert len(open_questions(changed)) == 1
    assert changed.unused == log
    agreed = adjudicated({"2": narrow, "3": narrow}, log=log)
    assert gold(agreed).entities == narrow.entities
    assert agreed.unused == log


def test_the_words_in_a_log_are_for_the_reader() -> None:
    narrow, wide = mark(("NUM", "two")), mark(("NUM", "two men"))
    (line,) = adjudicated({"2": narrow, "3": wide}, version(wide, "9")).lines
    bare = msgspec.structs.replace(line, decision="NUM 26:33", why="by hand")
    again = adjudicated({"2": narrow, "3": wide}, version(wide, "9"), log=[bare])
    assert gold(again).entities == wide.entities
    assert [one.why for one in again.lines] == ["by hand"]


def test_an_addition_holds_until_an_annotator_has_it_too() -> None:
    more = mark(("PER", "rebels"), ("PER", "men"), ("GPE", "Talmar"), ("DEATH", "killed"))
    log = adjudicated({"2": ONE, "3": ONE}, version(more, "9")).lines
    assert [(line.options, line.decision) for line in log] == [("nobody", 'GPE 61:67 "Talmar"')]
    assert gold(adjudicated({"2": ONE, "3": ONE}, log=log)).provenance["m3"] == "curated 9"
    found = adjudicated({"2": ONE, "3": more}, log=log)
    assert len(open_questions(found)) == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (mark(entities=(Entity("m1", 60, 999, "PER"),)), r"d: m1 \[60:999\] lies outside the text \(0 to 77\)"),
        (mark(entities=(Entity("m1", 3, 3, "PER"),)), "lies outside the text"),
        (with_event(ONE, 1, Argument("agent", "m9")), "d: agent of e1 points at nothing"),
        (with_event(ONE, 1, Argument("agent", start=1, end=2)), "points at nothing .a bare span"),
        (msgspec.structs.replace(ONE, relations=(Relation("m1", "m9", "same_as"),)), "d: same_as of m1 and m9"),
    ],
)
def test_what_points_at_nothing_is_refused(document: Document, message: str) -> None:
    with pytest.raises(AdjudicationError, match=message):
        adjudicated({"2": ONE, "3": document})


def test_a_log_that_contradicts_a_whole_annotation_is_refused() -> None:
    more = mark(("PER", "rebels"), ("PER", "men"), ("GPE", "Talmar"), ("DEATH", "killed"))
    log = adjudicated({"2": ONE, "3": ONE}, version(more, "9")).lines
    with pytest.raises(
        AdjudicationError, match='the log contradicts the annotation of curator 9 at GPE 61:67 "Talmar"'
    ):
        adjudicated({"2": ONE, "3": ONE}, version(ONE, "9"), log=log)


def test_a_line_of_the_log_that_cannot_be_read_is_refused() -> None:
    (line,) = adjudicated({"2": ONE, "3": mark(("PER", "rebels"), ("PER", "men"))}, version(ONE, "9")).lines
    with pytest.raises(AdjudicationError, match=rf"d: the log's decision {line.id} cannot be read: 'yes' is no item"):
        adjudicated({"2": ONE, "3": mark()}, log=[msgspec.structs.replace(line, decision="yes")])


def test_laxer_ontologies_have_fewer_rivals() -> None:
    outer, inner = mark(("FAC", "near Talmar")), mark(("GPE", "Talmar"))
    assert len(asked(outer, inner)) == 2  # a FAC may hold a GPE: both may be right
    assert len(asked(mark(("GPE", "near Talmar")), inner)) == 1
    assert len(asked(mark(("PER", "two men")), mark(("NUM", "two")))) == 1  # a PER may not hold a NUM
