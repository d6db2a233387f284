"""Measure every baseline on the corpora at hand, into benchmarks/measured.json, and write docs/benchmark.md from it.

    python scripts/benchmark.py                    everything; corpora that are not there are named and skipped
    python scripts/benchmark.py re3d casie         some corpora; the figures of the others stay
    python scripts/benchmark.py --page             only the page

The corpora are read from ../shared/corpora (docs/formats.md says where each comes from); strife's own from corpus/.
No part that is scored sets anything: thresholds come from a development part where there are both, else from the
training part or they stay as they are.
"""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from strife.baselines import Baseline
from strife.baselines.lexicon import Lexicon
from strife.baselines.linear import Linear
from strife.baselines.perceptron import Perceptron
from strife.baselines.pieces import flat, spans_of, split, tags
from strife.baselines.training import RECIPE
from strife.formats import casie, muc, re3d, wikievents
from strife.model import Document, Entity
from strife.ontology import Ontology, load_ontology
from strife.scoring.confidence import intervals
from strife.scoring.score import score
from strife.store import read_documents, write_whole

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
MEASURED = ROOT / "benchmarks" / "measured.json"
REPORTED = ROOT / "benchmarks" / "reported.toml"
PAGE = ROOT / "docs" / "benchmark.md"
SAMPLES = 1000
FOLDS = 5
EVENTS = ("ent", "tri_i", "tri_c", "arg_i", "arg_c", "arg_i+", "arg_c+")
TEMPLATES = ("ent", "ceaf_ree", "ceaf_rme")
NAMES = {"ent": "mention", "tri_i": "Tri-I", "tri_c": "Tri-C", "arg_i": "Arg-I", "arg_c": "Arg-C", "arg_i+": "Arg-I+"}
NAMES |= {"arg_c+": "Arg-C+", "ceaf_ree": "CEAF-REE", "ceaf_rme": "CEAF-RME"}

Fit = Callable[[Sequence[Document], Sequence[Document], Ontology, Sequence[str]], Baseline]


class Part(NamedTuple):
    """What is trained on, what sets thresholds, and what is scored."""

    train: list[Document]
    validation: list[Document]
    scored: list[Document]


class Task(NamedTuple):
    """A corpus with its parts (several: folds, scored together), its metrics, and the systems that run on it."""

    parts: list[Part]
    ontology: str | None
    metrics: tuple[str, ...]
    scored: str
    systems: tuple[str, ...]
    unlabelled: tuple[str, ...] = ()
    macro: tuple[str, ...] = ()  # metrics that are also averaged over types: where others report that


def fits(recipe: Any = RECIPE) -> dict[str, Fit]:
    """How each system is trained."""
    return {
        "lexicon": lambda train, validation, ontology, raw: Lexicon.fit(train, ontology),
        "linear": lambda train, validation, ontology, raw: Linear.fit(train, validation, ontology),
        "perceptron": lambda train, validation, ontology, raw: Perceptron.fit(train, validation, ontology, (), recipe),
        "perceptron+text": lambda train, validation, ontology, raw: Perceptron.fit(
            train, validation, ontology, raw, recipe
        ),
    }


def flattened(document: Document) -> Document:
    """The document with the longest of overlapping mentions, as flat taggers see it."""
    kept = dict.fromkeys(flat((e.start, e.end, e.label) for e in document.entities))
    entities = tuple(Entity(f"m{n}", *one) for n, one in enumerate(kept))
    return Document(document.doc_id, document.text, entities)


def raw_text(*corpora: str) -> tuple[str, ...]:
    """The texts of training parts, without what is annotated in them."""
    documents = []
    if "muc4" in corpora:
        documents += [d for d in muc.read_corpus(CORPORA / "muc4_gtt")[0] if d.meta["split"] == "train"]
    if "casie" in corpora:
        documents += [d for d in casie.read(CORPORA / "casie")[0] if d.meta.get("split") == "train"]
    return tuple(document.text for document in documents)


def of_strife() -> Task:
    """The corpus of this repository."""
    gold = {document.doc_id: document for document in read_documents(ROOT / "corpus" / "gold.jsonl")}
    names = ("train", "validation", "test")
    lists = [(ROOT / "corpus" / "splits" / f"{name}.txt").read_text(encoding="utf-8").split() for name in names]
    part = Part(*([gold[one] for one in ids if one in gold] for ids in lists))
    return Task([part], None, EVENTS, "test", ("lexicon", "linear", "perceptron"))


def of_re3d() -> Task:
    """re3d by documents; gold flattened."""
    documents = {f"re3d-{d.doc_id}": flattened(d) for d in re3d.read(CORPORA / "re3d")[0]}
    ids = json.loads((CORPORA / "re3d" / "document_split.json").read_text(encoding="utf-8"))
    part = Part(*([documents[one] for one in ids[name]] for name in ("train", "dev", "test")))
    systems = ("lexicon", "linear", "perceptron", "perceptron+text")
    return Task([part], "re3d", ("ent",), "test", systems, raw_text("muc4", "casie"))


def of_re3d_sentences() -> Task:
    """The published sentence split of re3d: each sentence is a document."""
    folder = CORPORA / "re3d_sentence_split"
    parts = [list(_sentences(folder / f"{name}.txt", name)) for name in ("train", "dev")]
    systems = ("lexicon", "linear", "perceptron", "perceptron+text")
    raw = raw_text("muc4", "casie")
    return Task([Part(parts[0], [], parts[1])], "re3d", ("ent",), "dev", systems, raw, macro=("ent",))


def _sentences(path: Path, name: str) -> Iterator[Document]:
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    for number, block in enumerate(block for block in blocks if block.strip()):
        rows = [line.split("\t") for line in block.splitlines() if line.strip()]
        words, bio = [row[0] for row in rows], [row[-1] for row in rows]
        ends = [0]
        for word in words:
            ends.append(ends[-1] + len(word) + 1)
        spans = [(start, start + len(word)) for start, word in zip(ends, words, strict=False)]
        entities = tuple(Entity(f"m{n}", *one) for n, one in enumerate(spans_of(spans, bio)))
        yield Document(f"{name}-{number:04}", " ".join(words), entities)


def of_muc4() -> Task:
    """MUC-4 as GTT has it."""
    documents = muc.read_corpus(CORPORA / "muc4_gtt")[0]
    train, dev = ([d for d in documents if d.meta["split"] == name] for name in ("train", "dev"))
    return Task([Part(train, [], dev)], "muc4", TEMPLATES, "dev", ("perceptron+text",), raw_text("muc4"))


def of_casie() -> Task:
    """CASIE in the split of TextEE."""
    documents = casie.read(CORPORA / "casie")[0]
    train, dev = ([d for d in documents if d.meta.get("split") == name and d.items] for name in ("train", "dev"))
    systems = ("lexicon", "perceptron+text", "linear")
    return Task([Part(train, [], dev)], "casie", EVENTS, "dev", systems, raw_text("muc4"))


def of_wikievents() -> Task:
    """The 20 documents of WikiEvents at hand, in five folds."""
    documents = wikievents.read(CORPORA / "wikievents")[0]
    parts = [
        Part([d for n, d in enumerate(documents) if n % FOLDS != fold], [], documents[fold::FOLDS])
        for fold in range(FOLDS)
    ]
    systems = ("lexicon", "linear", "perceptron", "perceptron+text")
    return Task(parts, "wikievents", EVENTS, "5-folds", systems, raw_text("muc4", "casie"))


TASKS: dict[str, Callable[[], Task]] = {
    "strife": of_strife,
    "re3d": of_re3d,
    "re3d-sentences": of_re3d_sentences,
    "muc4": of_muc4,
    "casie": of_casie,
    "wikievents": of_wikievents,
}
FOLDERS = {"re3d-sentences": "re3d_sentence_split", "muc4": "muc4_gtt"}


def measured(name: str, task: Task, systems: Sequence[str]) -> dict[str, Any]:
    """The figures of a corpus: its size, its oracle, and a row a system (with gold triggers: one more)."""
    ontology = load_ontology(task.ontology)
    gold = [document for part in task.parts for document in part.scored]
    rows: dict[str, Any] = {}
    for system in systems:
        predicted, given, seconds, tagged = [], [], 0.0, 0.0
        for part in task.parts:
            begin = time.perf_counter()
            model = fits()[system](part.train, part.validation, ontology, task.unlabelled)
            trained = time.perf_counter()
            predicted += [model.predict(document) for document in part.scored]
            seconds, tagged = seconds + trained - begin, tagged + time.perf_counter() - trained
            if isinstance(model, Perceptron) and "tri_c" in task.metrics:
                given += [_with_triggers(model, document) for document in part.scored]
        size = sum(map(len, model.files().values()))
        rows[system] = {"seconds": round(seconds, 1), "bytes": size, **_figures(gold, predicted, name, task)}
        if given:
            rows[f"{system}, gold triggers"] = _figures(gold, given, name, task)
        print(name, system, {m: round(100 * f["f1"], 1) for m, f in rows[system]["metrics"].items()}, flush=True)
    return {
        "scored": task.scored,
        "documents": [len(task.parts[0].train), len(task.parts[0].validation), len(gold)],
        "oracle": _oracle(gold, task.metrics),
        "systems": rows,
    }


def _with_triggers(model: Perceptron, document: Document) -> Document:
    triggers = sorted({(*event.span, event.type) for event in document.events})
    return model.decode(document, model.read(document), triggers)


def _figures(gold: Sequence[Document], predicted: Sequence[Document], name: str, task: Task) -> dict[str, Any]:
    scores = score(gold, predicted, task.metrics, name, task.scored)
    bounds = intervals(scores, SAMPLES)
    macro = {
        metric: {
            "signature": str(scores.signature.of(metric).macro(scores.types[metric])),
            "f1": round(scores.macro(metric).f1, 4),
        }
        for metric in task.macro
    }
    return {
        **({"macro": macro} if macro else {}),
        "signature": str(scores.signature),
        "metrics": {
            metric: {
                "precision": round(counts.precision, 4),
                "recall": round(counts.recall, 4),
                "f1": round(counts.f1, 4),
                "interval": [round(one, 4) for one in bounds[metric][2]]
                if metric in bounds and bounds[metric][2]
                else None,
            }
            for metric, counts in scores.counts.items()
        },
    }


def _oracle(gold: Sequence[Document], metrics: Sequence[str]) -> dict[str, float]:
    """The F1 of a flat tagger that makes no mistake: what tokens, sentences and flattening lose."""
    best = []
    for document in gold:
        mentions, triggers = (
            flat(items)
            for items in (
                [(e.start, e.end, e.label) for e in document.entities],
                [(*e.span, e.type) for e in document.events],
            )
        )
        sentences = split(document.text)
        found = [
            [span for s in sentences for span in spans_of(s.spans, tags(s.spans, one))] for one in (mentions, triggers)
        ]
        entities = tuple(Entity(f"m{n}", *one) for n, one in enumerate(found[0]))
        events = tuple(
            msgspec.convert({"id": f"e{n}", "type": label, "trigger": {"start": start, "end": end}}, type(event))
            for event in document.events[:1]
            for n, (start, end, label) in enumerate(found[1])
        )
        best.append(Document(document.doc_id, document.text, entities, events))
    kinds = [metric for metric in ("ent", "tri_c") if metric in metrics]
    return {metric: round(counts.f1, 4) for metric, counts in score(gold, best, kinds).counts.items()}


def seeds_of_re3d() -> dict[str, Any]:
    """The perceptron on re3d with one seed at a time."""
    task = of_re3d()
    part, ontology = task.parts[0], load_ontology(task.ontology)
    found = []
    for seed in RECIPE.seeds:
        model = Perceptron.fit(part.train, part.validation, ontology, task.unlabelled, RECIPE._replace(seeds=(seed,)))
        counts = score(part.scored, map(model.predict, part.scored), ("ent",)).counts["ent"]
        found.append(round(counts.f1, 4))
    return {"seeds": list(RECIPE.seeds), "f1": found}


def levers_of_re3d() -> dict[str, list[float]]:
    """F1 on the development part of both splits of re3d without each lever, nothing tuned."""
    whole = RECIPE._replace(seeds=(1, 2, 3))
    variants = {
        "all": (whole, True),
        "one seed": (whole._replace(seeds=(1,)), True),
        "no features dropped in training": (whole._replace(dropped=0.0), True),
        "no clusters": (whole, False),
        "no strings of training": (whole._replace(without=("string",)), True),
        "no tags of training words": (whole._replace(without=("token",)), True),
        "neither strings nor tags of training": (whole._replace(without=("string", "token")), True),
    }
    documents, sentences = of_re3d(), of_re3d_sentences()
    sets = [
        (documents.parts[0].train, documents.parts[0].validation),
        (sentences.parts[0].train, sentences.parts[0].scored),
    ]
    ontology = load_ontology("re3d")
    table: dict[str, list[float]] = {}
    for name, (recipe, text) in variants.items():
        table[name] = []
        for train, dev in sets:
            model = Perceptron.fit(train, [], ontology, documents.unlabelled if text else (), recipe)
            table[name].append(round(score(dev, map(model.predict, dev), ("ent",)).counts["ent"].f1, 4))
        print("re3d", name, table[name], flush=True)
    return table


def page(known: dict[str, Any], reported: list[dict[str, Any]]) -> str:
    """docs/benchmark.md."""
    lines = ["<!-- generated by `make benchmark`; do not edit -->", INTRODUCTION]
    for name, about in ABOUT.items():
        if name not in known["corpora"]:
            continue
        one = known["corpora"][name]
        train, validation, scored = one["documents"]
        sizes = f"{train} documents to train, {validation} to tune, {scored} scored ({one['scored']})"
        oracle = ", ".join(f"{NAMES[metric]} {100 * f1:.1f}" for metric, f1 in one["oracle"].items())
        lines += [
            f"## {name}",
            f"{about} {sizes[0].upper()}{sizes[1:]}. Oracle of a flat tagger: {oracle}.",
            "### Measured here",
        ]
        metrics = [metric for metric in NAMES if metric in next(iter(one["systems"].values()))["metrics"]]
        macro = sorted({metric for figures in one["systems"].values() for metric in figures.get("macro", ())})
        averages = [f"{NAMES[metric]}, macro" for metric in macro]
        head = ["system", *(NAMES[metric] for metric in metrics), *averages, "training", "model"]
        rows = [_row(system, figures, metrics, macro) for system, figures in sorted(one["systems"].items())]
        lines.append(_table(head, rows))
        told = {figures["signature"] for figures in one["systems"].values()}
        told |= {of["signature"] for figures in one["systems"].values() for of in figures.get("macro", {}).values()}
        lines.append("\n".join(f"`{one}`" for one in sorted(told)))
        others = [row for row in reported if row["corpus"] == name]
        if others:
            lines.append("### Reported by others")
            head = ["system", "figure", "part", "scorer", "source"]
            keys = ("system", "figure", "part", "scorer", "source")
            lines.append(_table(head, [[row[key] for key in keys] for row in others]))
    return "\n\n".join([*lines, *_levers(known)]) + "\n"


def _levers(known: dict[str, Any]) -> Iterator[str]:
    if seeds := known.get("re3d seeds"):
        mean = sum(seeds["f1"]) / len(seeds["f1"])
        told = ", ".join(f"{100 * one:.1f}" for one in seeds["f1"])
        yield "## What each lever brings"
        yield f"re3d by documents, `perceptron+text` with one seed at a time: {told}; mean {100 * mean:.1f}."
    if levers := known.get("re3d levers"):
        yield "Mentions on the development parts of re3d, three seeds, nothing tuned; F1 and what it loses:"
        whole = levers["all"]
        rows = [
            [name, *(f"{100 * f1:.1f} ({100 * (f1 - top):+.1f})" for f1, top in zip(figures, whole, strict=True))]
            for name, figures in levers.items()
        ]
        yield _table(["", "by documents", "by sentences"], rows)
    if said := known.get("speed"):
        yield "## Speed"
        yield "What `scripts/bench_baselines.py` said:"
        yield "\n".join(["```", *said, "```"])


def _row(system: str, figures: dict[str, Any], metrics: Sequence[str], macro: Sequence[str]) -> list[str]:
    cells = [system]
    for metric in metrics:
        one = figures["metrics"][metric]
        between = "<br>{:.1f} to {:.1f}".format(*(100 * end for end in one["interval"])) if one["interval"] else ""
        cells.append(f"**{100 * one['f1']:.1f}**{between}")
    cells += [f"{100 * figures['macro'][metric]['f1']:.1f}" for metric in macro]
    cells.append(f"{figures['seconds']:.0f} s" if "seconds" in figures else "")
    cells.append(f"{figures['bytes'] / 1e6:.1f} MB" if "bytes" in figures else "")
    return cells


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in (head, ["---"] * len(head), *rows))


INTRODUCTION = """# Benchmark

What the baselines reach on strife's corpus and on four corpora that others made, from scratch on two processor cores.
F1 in percent, micro-averaged, with its 95 % bootstrap interval over documents; docs/scoring.md defines each metric.
`make benchmark` makes the table again: seeds are fixed, and where ../shared/corpora is missing those corpora are named
and their figures stay. Measured and reported figures stand apart, since scorers and parts differ.

- `lexicon`, `linear`, `perceptron` are trained on the training part alone; `perceptron+text` has also seen raw texts
  (the training texts of MUC-4, and of CASIE for re3d and WikiEvents), from which it learns clusters of words.
- `perceptron` averages the weights of five seeds.
- Taggers are flat: of overlapping mentions the longest is learnt. The oracle says what a flat tagger reaches that makes
  no mistake; gold is flattened in the same way only for re3d, where the figures to compare with are made so.
- Thresholds are set on the development part where a test part is scored. Where the development part is scored, no
  threshold is set, but on muc4 on the training part in five folds. Features were chosen while looking at the
  development part, so these figures flatter a little.
- `perceptron` has one seed on muc4: a second classifier learns what fills a template from taggers of the folds.
- Seconds of training were taken on a machine with other work to do."""
ABOUT = {
    "strife": "This repository's corpus.",
    "re3d": "re3d split by documents, gold flattened: of the 1,320 mentions of the test part 1,020 are left. Against "
    "all of them a flat tagger that makes no mistake reaches 85.9.",
    "re3d-sentences": "The published split by sentences. All of its documents have sentences in the training part, so "
    "names leak from one into the other: figures are about 3 points above those of unseen documents. Gold is flat.",
    "muc4": "MUC-4 templates as GTT has them. A mention is the first occurrence of a string only, which makes the "
    "figure of mentions low for a system that marks all.",
    "casie": "CASIE (cyber attacks) in the split of TextEE.",
    "wikievents": "The 20 documents of WikiEvents' development part, in five folds scored together.",
}


def figures() -> dict[str, Any]:
    """What was measured before."""
    found: dict[str, Any] = {"corpora": {}}
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.is_file() else found


def keep(new: dict[str, Any]) -> None:
    """Write what was measured now beside what was before."""
    write_whole({MEASURED: json.dumps(figures() | new, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"})


def write_page() -> None:
    """Write docs/benchmark.md from what is known."""
    reported = tomllib.loads(REPORTED.read_text(encoding="utf-8"))["figures"]
    write_whole({PAGE: page(figures(), reported).encode()})


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "corpora", nargs="*", choices=[*TASKS, "levers", []], help="which corpora; all if none is named"
    )
    parser.add_argument("--systems", nargs="*", help="only these systems")
    parser.add_argument("--page", action="store_true", help="only write the page")
    options = parser.parse_args()
    for name in [] if options.page else (options.corpora or [*TASKS, "levers"]):
        folder = CORPORA / FOLDERS.get(name, "re3d" if name == "levers" else name)
        if name != "strife" and not folder.is_dir():
            print(f"{name}: skipped, {folder} is not there (docs/formats.md says where to get it)", file=sys.stderr)
        elif name == "levers":
            keep({"re3d seeds": seeds_of_re3d(), "re3d levers": levers_of_re3d()})
        else:
            task = TASKS[name]()
            systems = [one for one in task.systems if not options.systems or one in options.systems]
            new = measured(name, task, systems)
            known = figures()["corpora"].get(name, {}).get("systems", {}) if options.systems else {}
            keep({"corpora": {**figures()["corpora"], name: {**new, "systems": {**known, **new["systems"]}}}})
    write_page()


if __name__ == "__main__":
    main()
