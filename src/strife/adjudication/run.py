"""Adjudication of exports: read, ask, decide by policy, settle. Nothing is written here."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

import msgspec

from strife.adjudication.amend import decisions_of
from strife.adjudication.decide import applied, joined, line_of, majority_line, recorded, single_line
from strife.adjudication.facts import AdjudicationError, Facts, Item, anchored, common_items, facts, refuse
from strife.adjudication.log import Decision, ordered
from strife.adjudication.notation import write_item
from strife.adjudication.questions import Question, questions
from strife.adjudication.settle import AGREED, CURATED, Case, Decided, gold, majority, settle
from strife.adjudication.sources import Batch, read_batches
from strife.finding import Finding, Origin
from strife.labelstudio.conflicts import Answers, answered
from strife.labelstudio.export import Version
from strife.model import Document
from strife.ontology import Ontology
from strife.validate import ALL, check_document

Key = tuple[str, str]


class Policy(msgspec.Struct, frozen=True):
    """How documents are settled before a curator is asked. `annotators`: only these count (empty: all)."""

    majority: bool = False
    single: bool = False
    annotators: tuple[str, ...] = ()


UNANIMOUS = Policy()


class Adjudication(NamedTuple):
    """What came of it.

    `gold`: the documents without open question or error; `open`: those with questions; `waiting`: those that one
    annotator alone has done, with who; `decisions`: the whole log, old lines and new, of which `added` are new or
    changed; `unused`: lines about these documents that fit no question any more; `findings`: errors in documents
    that are settled.
    """

    gold: tuple[Document, ...]
    open: tuple[Case, ...]
    waiting: dict[str, str]
    decisions: tuple[Decision, ...]
    added: int
    unused: tuple[Decision, ...]
    findings: tuple[Finding, ...]

    @property
    def unexplained(self) -> tuple[Decision, ...]:
        """The decisions that do not say why."""
        return tuple(decision for decision in self.decisions if not decision.why)

    @property
    def finished(self) -> bool:
        """Is every document gold, and every decision explained?"""
        return not (self.open or self.waiting or self.findings or self.unexplained)


def adjudicate(
    exports: Iterable[Path],
    ontology: Ontology,
    curated: Iterable[Path] = (),
    log: Iterable[Decision] = (),
    policy: Policy = UNANIMOUS,
) -> Adjudication:
    """Merge independent annotations into gold, with what curators and the log decided.

    `exports` are the annotators', `curated` the curators': answers to a project of conflicts, or whole annotations.
    Raises InputError for unusable files, and AdjudicationError for one doc_id with two texts, two annotations of a
    document by one annotator, curators or a log that contradict each other, and labels that nobody knows.
    """
    known: dict[Key, Decision] = {decision.key: decision for decision in log}
    before = dict(known)
    result = Adjudication((), (), {}, (), 0, (), ())
    faults: list[str] = []
    done: list[Document] = []
    cases: list[Case] = []
    unused: list[Decision] = []
    findings: list[Finding] = []
    for doc_id, batch in sorted(read_batches(exports, curated, ontology, policy.annotators).items()):
        try:
            outcome = settle_document(batch, known, ontology, policy)
        except AdjudicationError as error:
            faults += str(error).splitlines()
            continue
        known |= {line.key: line for line in outcome.lines}
        unused += outcome.unused
        if outcome.case is None:
            result.waiting[doc_id] = next(iter(batch.passes))
        elif outcome.document is None:
            cases.append(outcome.case)
        else:
            errors = _errors(outcome.document, ontology)
            findings += errors
            done += [] if errors else [outcome.document]
    refuse(faults)
    return result._replace(
        gold=tuple(done),
        open=tuple(cases),
        decisions=tuple(ordered(known.values())),
        added=sum(before.get(key) != line for key, line in known.items()),
        unused=tuple(unused),
        findings=tuple(findings),
    )


def _errors(document: Document, ontology: Ontology) -> list[Finding]:
    checked = check_document(document, ontology, Origin("gold"), ALL - {"DOC103"})
    return [finding for finding in checked if finding.severity == "error"]


class Outcome(NamedTuple):
    """One document: its case (None: it waits for a second annotator), gold if nothing is open, lines for the log."""

    case: Case | None
    document: Document | None
    lines: list[Decision]
    unused: list[Decision]


class Whole(NamedTuple):
    """A curator's annotation of a whole document, incidents by number."""

    by: str
    facts: Facts


def settle_document(batch: Batch, log: Mapping[Key, Decision], ontology: Ontology, policy: Policy) -> Outcome:
    """Adjudicate one document. Raises AdjudicationError."""
    bare = batch.bare
    whole = _whole(batch, ontology)
    basis = _basis(batch, whole, log, ontology, policy)
    if basis is None:
        return Outcome(None, None, [], [])
    versions = basis.versions
    asked = {question.id: question for question in questions(bare.doc_id, versions, ontology)}
    lines = [*basis.lines, *_curated_lines(batch, asked, whole, versions, log, ontology)]
    mine = {key: line for key, line in log.items() if key[0] == bare.doc_id} | {line.key: line for line in lines}
    found = applied(mine.values(), bare, asked, versions.values(), ontology)
    decided = (_votes(asked) if policy.majority else {}) | found.decided
    settled = settle(asked.values(), decided, found.additions, basis.agreed)
    by_majority = sorted((decided.keys() - found.decided.keys()) & settled.live)
    lines += [majority_line(bare, asked[key], decided[key]) for key in by_majority]
    lines = [line for line in lines if not _is_moot(line, asked, decided, settled.live)]
    case = Case(bare, batch.passes, versions, settled)
    if settled.open:
        return Outcome(case, None, lines, found.unused)
    document = _signed(gold(bare, settled, versions.values()), batch, whole, [*mine.values(), *lines])
    if whole is not None:
        _compare(document, whole, ontology)
    return Outcome(case, document, lines, found.unused)


class _Basis(NamedTuple):
    """The versions that are merged, how that is said to be decided on which all agree, and lines for the log."""

    versions: dict[str, Facts]
    agreed: str
    lines: list[Decision]


def _basis(
    batch: Batch, whole: Whole | None, log: Mapping[Key, Decision], ontology: Ontology, policy: Policy
) -> _Basis | None:
    """What there is to merge; None where a second annotator has to be waited for."""
    versions = {who: facts(document, ontology) for who, document in sorted(batch.passes.items())}
    agreed = AGREED
    lines = []
    if whole is not None and len(versions) < 2:
        versions, agreed = {whole.by: whole.facts}, CURATED + whole.by
    elif not versions:
        advice = "name the annotators' export as well"
        raise AdjudicationError(f"{batch.bare.doc_id}: there are a curator's answers, but no annotations; {advice}")
    elif len(versions) == 1:
        line = single_line(batch.bare, *versions)
        if not policy.single and (line.key not in log or log[line.key].decision != line.decision):
            return None
        agreed = line.how
        lines = [log.get(line.key, line)]
    common = common_items(versions.values())
    return _Basis({who: anchored(version, common) for who, version in versions.items()}, agreed, lines)


def _votes(asked: Mapping[str, Question]) -> dict[str, Decided]:
    """What majorities say."""
    votes = ((key, majority(question)) for key, question in asked.items() if question.contested)
    return {key: vote for key, vote in votes if vote is not None}


def _is_moot(
    line: Decision, asked: Mapping[str, Question], decided: Mapping[str, Decided], live: AbstractSet[str]
) -> bool:
    """Is the line about something that fell with what it depends on?"""
    question = asked.get(line.id)
    if question is None or not question.contested or line.id in live or line.id not in decided:
        return False
    return decided[line.id].answer <= frozenset[object]().union(*question.options)


def _whole(batch: Batch, ontology: Ontology) -> Whole | None:
    """The whole annotation of a document; by several curators only if they are the same."""
    found = [
        (str(one.origin.annotator), facts(one.document, ontology)) for one in batch.curated if isinstance(one, Version)
    ]
    names = ", ".join(sorted({name for name, _ in found}))
    if len({_comparable(one) for _, one in found}) > 1:
        advice = "keep one annotation, or let them answer a project of conflicts"
        raise AdjudicationError(f"{batch.bare.doc_id}: {len(found)} curated annotations differ (by {names}); {advice}")
    return Whole(names, found[0][1]) if found else None


def _comparable(given: Facts) -> tuple[frozenset[object], ...]:
    values = anchored(given, given.items).values
    return given.items, given.arguments, given.relations, frozenset(values.items())


def _curated_lines(
    batch: Batch,
    asked: Mapping[str, Question],
    whole: Whole | None,
    versions: Mapping[str, Facts],
    log: Mapping[Key, Decision],
    ontology: Ontology,
) -> list[Decision]:
    """What curators decided about a document, as lines for the log."""
    new = []
    if whole is not None:
        changes = decisions_of(anchored(whole.facts, common_items(versions.values())), asked.values())
        new += [line_of(batch.bare, change, asked, whole.by, "") for change in changes]
    for one in batch.curated:
        if isinstance(one, Answers):
            by = str(one.origin.annotator)
            new += [line_of(batch.bare, change, asked, by, why) for change, why in answered(one, ontology)]
    return recorded(log, joined(new))


def _signed(document: Document, batch: Batch, whole: Whole | None, lines: Iterable[Decision]) -> Document:
    """The document with who annotated and who adjudicated it."""
    curators = {name for line in lines if line.how.startswith(CURATED) for name in line.by.split(", ")}
    curators |= set(whole.by.split(", ")) if whole is not None else set()
    return msgspec.structs.replace(
        document,
        annotators=tuple(sorted(batch.passes)),
        meta={"adjudicator": ", ".join(sorted(curators))} if curators else {},
    )


def _compare(document: Document, whole: Whole, ontology: Ontology) -> None:
    """Raise AdjudicationError where gold is not what the curator annotated: the log says otherwise."""
    mine, theirs = _comparable(facts(document, ontology)), _comparable(whole.facts)
    differences = [one for left, right in zip(mine, theirs, strict=True) for one in left ^ right]
    if differences:
        where = sorted({write_item(_item_of(one), document.text) for one in differences})
        advice = "delete what the log says there to decide again"
        raise AdjudicationError(
            f"{document.doc_id}: the log contradicts the annotation of curator {whole.by} at {'; '.join(where[:5])}; "
            f"{advice}"
        )


def _item_of(difference: object) -> Item:
    """The item that a difference is about."""
    while not isinstance(difference, Item):
        assert isinstance(difference, tuple)
        difference = difference[0]
    return difference
