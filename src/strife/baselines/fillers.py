"""What fills the roles of a text's template: strings, judged by all that the text says of them, for the perceptron.

The tagger of mentions names strings with ever lower bars. A string (all its occurrences together) has for each role a
probability from a logistic classifier that sees the tagger's marginals, the words in it and around it, what training
says of it, which other strings want the role, and how likely the text reports an incident at all. It learns from
training texts as taggers and classifiers see them that have learnt from the other folds, and its threshold is the one
with the best CEAF-REE on them. Of strings of one filler, one of which contains the other or which filled a role
together in training ("fmln"), the likeliest names it. A text has one template or none.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from strife.baselines.logistic import Logistic, logistic
from strife.baselines.pieces import Sentence, Span, split
from strife.baselines.strings import Candidate, History, Page, Told, candidates, contains, features
from strife.model import Document, Template
from strife.scoring.metrics import Counts
from strife.scoring.templates import ceaf_ree, normalised

FOLDS = 5
NONE, FILLS, NO_TEMPLATE = "", "fills", "-"
THRESHOLDS = tuple(n / 100 for n in range(10, 52, 2))
GATE_STRENGTH, GATE_LEAST, GATE_FAINT = 10.0, 4, 0.02
STRENGTH, LEAST, FAINT = 0.04, 3, 0.002

Tell = Callable[[Document], Told]


class Wanted(NamedTuple):
    """A string that may fill a role."""

    one: Candidate
    role: str
    string: str
    spans: list[Span]
    features: list[str]


class Filler(NamedTuple):
    """What fills a role: the string that names it, its probability, and where it and others of its names stand."""

    role: str
    string: str
    chance: float
    spans: list[Span]


class Fillers(NamedTuple):
    """What is learnt."""

    roles: tuple[str, ...]
    gate: Logistic  # of texts: the type of template, or none
    choice: Logistic  # of strings with a role: whether they fill it
    history: History
    aliases: dict[str, list[str]]  # by string, as compared: those that filled a role with it
    threshold: float

    def found(
        self, text: str, told: Told, clusters: Mapping[str, Sequence[str]], hints: frozenset[str]
    ) -> tuple[list[Filler], tuple[Template, ...]]:
        """What fills the roles of a text's template, and the template, if there is one."""
        gate = self.gate.chances(_words(told.sentences), even=True)
        wanted = _wanted(text, told, self.roles, gate, self.history, clusters, hints)
        chances = [self.choice.chances(one.features).get(FILLS, 0.0) for one in wanted]
        fillers = named(wanted, chances, self.aliases, self.threshold)
        kinds = {kind: chance for kind, chance in gate.items() if kind != NO_TEMPLATE}
        if not fillers or not kinds:
            return [], ()
        return fillers, (_template(max(kinds, key=lambda kind: (kinds[kind], kind)), fillers),)


def learn(
    documents: Sequence[Document],
    roles: tuple[str, ...],
    fitted: Callable[[list[Document]], Tell],
    clusters: Mapping[str, Sequence[str]],
    hints: frozenset[str],
) -> Fillers:
    """Learn from documents with templates. `fitted` trains what tells of a text."""
    cut = [split(document.text) for document in documents]
    rows: list[list[Wanted]] = [[] for _ in documents]
    for fold in range(FOLDS):
        inside, others = range(fold, len(documents), FOLDS), _others(range(len(documents)), fold)
        learnt = [documents[n] for n in others]
        if inside and learnt:
            tell, known = fitted(learnt), History.of(learnt)
            gate = _gate([cut[n] for n in others], learnt)
            for n in inside:
                about = gate.chances(_words(cut[n]), even=True)
                rows[n] = _wanted(documents[n].text, tell(documents[n]), roles, about, known, clusters, hints)
    gold = [_gold(document) for document in documents]
    chances: list[list[float]] = [[] for _ in documents]
    aliases: list[dict[str, list[str]]] = []
    for fold in range(FOLDS):
        others = _others(range(len(documents)), fold)
        choice = _choice([rows[n] for n in others], [gold[n] for n in others])
        aliases.append(aliases_in(documents[n] for n in others))
        for n in range(fold, len(documents), FOLDS):
            chances[n] = [choice.chances(one.features).get(FILLS, 0.0) for one in rows[n]]

    def reached(threshold: float) -> float:
        counts = Counts()
        for n, document in enumerate(documents):
            fillers = named(rows[n], chances[n], aliases[n % FOLDS], threshold)
            counts = sum(ceaf_ree(document.templates, [_template("", fillers)]).values(), counts)
        return counts.f1

    threshold = max(THRESHOLDS, key=lambda one: (reached(one), -one))
    whole = _gate(cut, documents).halved(GATE_FAINT), _choice(rows, gold).halved(FAINT)
    return Fillers(roles, *whole, History.of(documents), aliases_in(documents), threshold)


def named(
    wanted: Sequence[Wanted], chances: Sequence[float], aliases: Mapping[str, Sequence[str]], threshold: float
) -> list[Filler]:
    """The fillers, by role and the likeliest first: what is likelier than the threshold, names of one put together."""
    found: list[tuple[Wanted, Filler]] = []
    likely = [(-chance, -len(w.one.words), n, w) for n, (w, chance) in enumerate(zip(wanted, chances, strict=True))]
    for chance, _, _, this in sorted(one for one in likely if -one[0] > threshold):
        same = [filler for other, filler in found if other.role == this.role and _same(other.one, this.one, aliases)]
        if same:
            same[0].spans.extend(this.spans)
        else:
            found.append((this, Filler(this.role, this.string, -chance, list(this.spans))))
    return [filler for _, filler in found]


def _same(one: Candidate, other: Candidate, aliases: Mapping[str, Sequence[str]]) -> bool:
    longer, words = (one.words, other.words) if len(one.words) >= len(other.words) else (other.words, one.words)
    return contains(longer, words) or other.key in aliases.get(one.key, ())


def _template(kind: str, fillers: Sequence[Filler]) -> Template:
    roles: dict[str, tuple[tuple[str, ...], ...]] = {}
    for filler in sorted(fillers, key=lambda filler: filler.role):
        roles[filler.role] = (*roles.get(filler.role, ()), (filler.string,))
    return Template(kind, roles)


def _wanted(
    text: str,
    told: Told,
    roles: tuple[str, ...],
    gate: Mapping[str, float],
    history: History,
    clusters: Mapping[str, Sequence[str]],
    hints: frozenset[str],
) -> list[Wanted]:
    page = Page.of(text, told.sentences)
    found = []
    for one, role, said in features(
        page, candidates(page, told, roles), roles, gate, NO_TEMPLATE, history, clusters, hints
    ):
        size = len(one.words)
        spans = [(page.spans[at][0], page.spans[at + size - 1][1]) for at in one.places]
        found.append(Wanted(one, role, page.string(one.places[0], size), spans, said))
    return found


def _others(numbers: range, fold: int) -> list[int]:
    return [n for n in numbers if n % FOLDS != fold]


def _gate(cut: Sequence[list[Sentence]], documents: Sequence[Document]) -> Logistic:
    """What tells the type of a text's template from its words and pairs of words."""
    kinds = []
    for document in documents:
        count = Counter(template.type for template in document.templates)
        kinds.append(min(count.items(), key=lambda item: (-item[1], item[0]))[0] if count else NO_TEMPLATE)
    return logistic([_words(one) for one in cut], kinds, GATE_STRENGTH, GATE_LEAST, even=True)


def _words(sentences: Sequence[Sentence]) -> list[str]:
    found: dict[str, None] = {}
    for sentence in sentences:
        words = [word.casefold() for word in sentence.words]
        found |= dict.fromkeys([*words, *(f"{a} {b}" for a, b in pairwise(words))])
    return list(found)


def _gold(document: Document) -> set[tuple[str, str]]:
    """Roles with the strings that fill them, as compared."""
    return {
        (role, normalised(string))
        for template in document.templates
        for role, fillers in template.roles.items()
        for filler in fillers
        for string in filler
    }


def _choice(rows: Sequence[Sequence[Wanted]], gold: Sequence[set[tuple[str, str]]]) -> Logistic:
    every = [(w.features, (w.role, w.one.key) in right) for one, right in zip(rows, gold, strict=True) for w in one]
    return logistic([said for said, _ in every], [FILLS if right else NONE for _, right in every], STRENGTH, LEAST)


def aliases_in(documents: Iterable[Document]) -> dict[str, list[str]]:
    """By string, as compared, the others that named the same filler of a template."""
    found: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for template in document.templates:
            for filler in (filler for fillers in template.roles.values() for filler in fillers):
                names = set(map(normalised, filler))
                for name in names:
                    found[name] |= names - {name}
    return {name: sorted(others) for name, others in sorted(found.items()) if others}
