"""Propose a split for every article that has none, so that the shares approach 60/15/25.

    python scripts/assign_splits.py                 say what would be decided, and why
    python scripts/assign_splits.py --write         the same, and write corpus/splits/*.txt

What is placed stays where it is. Articles that belong together go to one split: those of one event, near-duplicates
(COR901), those that name the same source, and those on one country or conflict whose events lie at most 30 days
apart. A group that belongs to a placed article goes where that one is. The others go where they leave the least
distance: over documents, near misses, styles, decades and each entity and event type, the sum of the squared distances
of the splits' shares from 60/15/25, and more for a type that a split lacks. Types are counted in annotation/exports
(the first pass there); in articles that are not annotated yet as the lexicon baseline foresees them, taught by those
that are. The same files give the same lists.
"""

import argparse
import datetime
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from strife import baselines
from strife.agreement.annotators import read_annotators
from strife.articles import read_articles
from strife.build import split_members
from strife.dataset import SPLITS
from strife.model import Document
from strife.ontology import load_ontology
from strife.refusal import Refusal
from strife.store import write_whole
from strife.validate.across import CONTAINED, JACCARD, overlaps

ROOT = Path(__file__).parents[1]
TARGET = {"train": 0.6, "validation": 0.15, "test": 0.25}
WEIGHTS = {"documents": 100.0, "type": 1.0, "kind": 1.0, "style": 0.3, "decade": 0.3}
LACKING = 1.0  # what a type costs that is not in a split, if it is in at least three documents
APART = 30  # days
TIES = ("event", "near-duplicate", "source", "country and time", "conflict and time")  # the strongest first

Held = Mapping[str, Counter[str]]
Totals = dict[str, Counter[str]]


class SplitsError(Refusal, ValueError):
    """The lists cannot be continued; each line of the message is one reason."""


class Tie(NamedTuple):
    """Why two articles belong in one split."""

    kind: str
    first: str
    second: str

    def other(self, doc_id: str) -> str:
        """The end that is not this one."""
        return self.second if doc_id == self.first else self.first


class Group(NamedTuple):
    """Articles that go to one split, where they go, and why."""

    doc_ids: tuple[str, ...]
    split: str
    why: str


def ties(articles: Mapping[str, Document]) -> list[Tie]:
    """Every two articles that belong in one split; of several reasons the strongest."""
    near = {
        (one.first, one.second)
        for one in overlaps([article.text for article in articles.values()])
        if one.jaccard >= JACCARD or one.contained >= CONTAINED
    }
    found = []
    for (n, a), (m, b) in combinations(enumerate(articles.values()), 2):
        close = abs((day(a) - day(b)).days) <= APART
        reasons = (
            a.meta["event"] == b.meta["event"],
            (n, m) in near,
            bool({address(s.url) for s in a.sources} & {address(s.url) for s in b.sources}),
            close and a.meta["country"] == b.meta["country"],
            close and a.meta["conflict"] == b.meta["conflict"],
        )
        found += [Tie(kind, a.doc_id, b.doc_id) for kind, holds in zip(TIES, reasons, strict=True) if holds][:1]
    return found


def day(article: Document) -> datetime.date:
    """The day of the article's event as its name has it (the 15th if it names a month), else that of publication."""
    if match := re.search(r"\b(\d{4})-(\d\d)(?:-(\d\d))?\b", article.meta["event"]):
        return datetime.date(int(match[1]), int(match[2]), int(match[3] or 15))
    return datetime.date.fromisoformat(article.published or "1970-01-01")


def address(url: str) -> str:
    """An address without what does not change the page."""
    return re.sub(r"^https?://(www\.)?|[#?].*$|/+$", "", url)


def features(article: Document, annotated: Document) -> Counter[str]:
    """What is to be spread over the splits."""
    found = Counter(["documents", f"style {article.meta['style']}", f"decade {day(article).year // 10}0s"])
    found[f"kind {article.meta['kind']}"] = 1
    found.update(f"type {item.label}" for item in annotated.items)
    return found


def foreseen(articles: Mapping[str, Document], marked: Mapping[str, Document]) -> dict[str, Document]:
    """The articles with their annotation, or with what the lexicon baseline finds in them; without any, bare."""
    if not marked:
        return dict(articles)
    model = baselines.train("lexicon", list(marked.values()), [], load_ontology())
    return {doc_id: marked.get(doc_id) or model.predict(article) for doc_id, article in articles.items()}


def distance(totals: Mapping[str, Counter[str]]) -> float:
    """How far the splits' shares lie from the target, over all features, and what they lack."""
    sums = sum(totals.values(), Counter[str]())
    cost = 0.0
    for name, whole in sums.items():
        kind = name.partition(" ")[0]
        for split, aim in TARGET.items():
            share = totals[split][name] / whole
            cost += WEIGHTS[kind] * (share - aim) ** 2 / aim
            cost += LACKING * (kind == "type" and whole >= len(SPLITS) and not totals[split][name])
    return cost


def grouped(articles: Mapping[str, Document], home: Mapping[str, str], found: Sequence[Tie]) -> list[list[str]]:
    """The articles without a split in groups that belong together; one event is never in two."""
    parent = {doc_id: doc_id for doc_id in articles if doc_id not in home}

    def root(doc_id: str) -> str:
        while parent[doc_id] != doc_id:
            doc_id = parent[doc_id]
        return doc_id

    anchored = {doc_id for tie in found if tie.kind == "event" for doc_id in tie[1:] if tie.other(doc_id) in home}
    for tie in found:
        bound = {tie.first, tie.second}
        if bound <= parent.keys() and (tie.kind == "event" or not bound & anchored):
            parent[root(tie.first)] = root(tie.second)
    groups: dict[str, list[str]] = defaultdict(list)
    for doc_id in parent:
        groups[root(doc_id)].append(doc_id)
    return list(groups.values())


def assign(articles: Mapping[str, Document], home: Mapping[str, str], held: Held) -> list[Group]:
    """A split for every article without one. `home` are the splits of the others, `held` the features of each.

    Raises SplitsError when an event is in two splits already.
    """
    found = ties(articles)
    _one_home(found, home)
    totals: Totals = {split: Counter() for split in SPLITS}
    for doc_id, split in home.items():
        totals[split].update(held[doc_id])
    done, free = [], []
    for group in grouped(articles, home, found):
        anchors = [tie for tie in found for one in group if one in tie[1:] and tie.other(one) in home]
        if anchors:
            done.append(_anchored(group, anchors, home))
            totals[done[-1].split].update(_sum(group, held))
        else:
            free.append(group)
    return done + _placed(free, totals, held, found)


def _one_home(found: Iterable[Tie], home: Mapping[str, str]) -> None:
    faults = [
        f"{a} is in {home[a]}, {b} in {home[b]}, and their event is one; keep it in one split"
        for kind, a, b in found
        if kind == "event" and a in home and b in home and home[a] != home[b]
    ]
    if faults:
        raise SplitsError("\n".join(faults))


def _anchored(group: list[str], anchors: Sequence[Tie], home: Mapping[str, str]) -> Group:
    """A group that belongs to placed articles: it goes where the strongest tie leads, of equal ones where most do."""
    leads = [(tie, home[tie.first if tie.first in home else tie.second]) for tie in anchors]
    strongest = min(TIES.index(tie.kind) for tie, _ in leads)
    often = Counter(split for tie, split in leads if TIES.index(tie.kind) == strongest)
    split = max(SPLITS, key=lambda one: often[one])
    why = "; ".join(
        f"{tie.kind} of {tie.first if tie.first in home else tie.second}"
        + ("" if where == split else f", WHICH IS IN {where}: look at both")
        for tie, where in leads
    )
    return Group(tuple(sorted(group)), split, why)


def _sum(group: Iterable[str], held: Held) -> Counter[str]:
    return sum((held[doc_id] for doc_id in group), Counter[str]())


def _placed(free: list[list[str]], totals: Totals, held: Held, found: Sequence[Tie]) -> list[Group]:
    """The free groups: the largest first, where it leaves the least distance; then moved and exchanged."""
    order = sorted(free, key=lambda group: (-len(group), sorted(group)))
    sums = [_sum(group, held) for group in order]
    where: list[str] = []

    def put(number: int, split: str, times: int) -> None:
        for name, count in sums[number].items():
            totals[split][name] += times * count

    def cost(number: int, split: str) -> float:
        put(number, split, 1)
        value = distance(totals)
        put(number, split, -1)
        return value

    for number in range(len(order)):
        where.append(min(SPLITS, key=lambda split: cost(number, split)))
        put(number, where[number], 1)
    best, changed = distance(totals), True

    def try_(changes: Mapping[int, str]) -> bool:
        nonlocal best
        before = {number: where[number] for number in changes}
        for old, new in ((before, changes), (changes, before)):
            for number in changes:
                put(number, old[number], -1)
                put(number, new[number], 1)
            if new is changes and (value := distance(totals)) < best - 1e-9:
                best = value
                for number, split in changes.items():
                    where[number] = split
                return True
        return False

    while changed:
        changed = False
        for number in range(len(order)):
            changed |= any(try_({number: split}) for split in SPLITS if split != where[number])
        for a, b in combinations(range(len(order)), 2):
            if where[a] != where[b]:
                changed |= try_({a: where[b], b: where[a]})
    groups = []
    for number, group in enumerate(order):
        put(number, where[number], -1)
        others = {split: cost(number, split) - best for split in SPLITS if split != where[number]}
        put(number, where[number], 1)
        why = "elsewhere the distance grows: " + ", ".join(f"{split} {more:+.3f}" for split, more in others.items())
        inside = [f"{tie.first} and {tie.second}: {tie.kind}" for tie in found if {tie.first, tie.second} <= {*group}]
        groups.append(Group(tuple(sorted(group)), where[number], "; ".join([*inside, why])))
    return groups


def report(groups: Sequence[Group], home: Mapping[str, str], held: Held, annotated: int) -> str:
    """What was decided and why, and the shares that come of it."""
    lines = [f"{split}\t{' '.join(doc_ids)}\t{why}" for doc_ids, split, why in sorted(groups)]
    after = {**home, **{doc_id: group.split for group in groups for doc_id in group.doc_ids}}
    totals: Totals = {split: Counter() for split in SPLITS}
    for doc_id, split in after.items():
        totals[split].update(held[doc_id])
    sums = sum(totals.values(), Counter[str]())
    lines += ["", f"{len(after)} articles, {annotated} of them annotated", "\t".join(["", *SPLITS, "all", "share"])]
    for name in sorted(sums):
        counts = [totals[split][name] for split in SPLITS]
        shares = "/".join(f"{100 * count / sums[name]:.0f}" for count in counts)
        lines.append("\t".join([name, *map(str, counts), str(sums[name]), shares]))
    lines += [
        f"{split} lacks {name}"
        for name in sorted(sums)
        for split in SPLITS
        if name.startswith("type") and not totals[split][name]
    ]
    return "\n".join(lines)


def lists(folder: Path, home: Mapping[str, str], groups: Sequence[Group]) -> dict[Path, bytes]:
    """The lists with what was decided added; the comments at their heads stay."""
    found = {}
    for split in SPLITS:
        path = folder / f"{split}.txt"
        old = path.read_text(encoding="utf-8").splitlines()
        head = [line for line in old if line.startswith("#")]
        members = [doc_id for doc_id, where in home.items() if where == split]
        members += [doc_id for group in groups if group.split == split for doc_id in group.doc_ids]
        found[path] = "".join(f"{line}\n" for line in [*head, *sorted(members)]).encode()
    return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project")
    parser.add_argument("--articles", type=Path, action="append", default=[], help="more folders of article records")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    splits = options.root / "corpus" / "splits"
    articles: dict[str, Document] = {}
    for folder in [options.root / "corpus" / "articles", *options.articles]:
        articles |= read_articles(folder)
    articles = dict(sorted(articles.items()))
    home = {doc_id: split for split in SPLITS for doc_id in split_members(splits / f"{split}.txt")}
    if gone := sorted(home.keys() - articles.keys()):
        raise SplitsError("\n".join(f"{splits}: there is no article {doc_id}; take it out" for doc_id in gone))
    marked: dict[str, Document] = {}
    for documents in read_annotators([options.root / "annotation" / "exports"], load_ontology()).values():
        marked = {document.doc_id: document for document in documents} | marked
    marked = {doc_id: document for doc_id, document in marked.items() if doc_id in articles}
    seen = foreseen(articles, marked)
    held = {doc_id: features(article, seen[doc_id]) for doc_id, article in articles.items()}
    groups = assign(articles, home, held)
    print(report(groups, home, held, len(marked)))
    if options.write:
        write_whole(lists(splits, home, groups))


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"{Path(__file__).name}: {error}")
