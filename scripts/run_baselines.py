"""Train every baseline on train, predict test, score, and write one submission to the leaderboard a system.

    python scripts/run_baselines.py                                  the committed dataset, into benchmarks/
    python scripts/run_baselines.py --dataset build/demo --out build/demo/benchmarks --systems lexicon perceptron

The dataset is opened with `load_dataset`, as any user would.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

from pycrfsuite import Tagger

from strife import baselines
from strife.baselines import Baseline
from strife.baselines.linear import Linear
from strife.baselines.perceptron import Perceptron
from strife.baselines.training import RECIPE
from strife.dataset_reader import load_documents
from strife.leaderboard.submission import FILE, Run, Submission, as_toml
from strife.model import Document, encode
from strife.ontology import load_ontology
from strife.refusal import Refusal
from strife.scoring.score import Scores, score
from strife.store import write_whole

ROOT = Path(__file__).parents[1]
SHOWN = {"ent": "entity", "tri_c": "trigger (Tri-C)", "arg_c+": "argument (Arg-C+)"}
PREDICTIONS = "predictions.jsonl"


class About(NamedTuple):
    """What a baseline's submission says of it."""

    description: str
    training_data: tuple[str, ...]
    settings: dict[str, str | int | float | bool]


ABOUT = {
    "lexicon": About(
        "Strings and words seen in training keep the label they mostly had; nothing is learned.", ("train",), {}
    ),
    "linear": About(
        "Two CRF taggers for mentions and triggers, a logistic classifier for roles, gazetteers of the training data.",
        ("train", "validation (thresholds)"),
        {"c1": 0.1, "c2": 0.05, "max_iterations": 120},
    ),
    "perceptron": About(
        "Averaged structured perceptrons for triggers and mentions, five seeds in one, with joint decoding of events.",
        ("train", "validation (thresholds)"),
        {"seeds": len(RECIPE.seeds), "epochs": RECIPE.epochs, "dropped": RECIPE.dropped},
    ),
}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--systems", nargs="+", choices=baselines.NAMES, default=baselines.NAMES)
    options = parser.parse_args()
    path = options.dataset / "corpus" / "MANIFEST.json"
    if not path.is_file():
        sys.exit(f"{path}: missing; make the dataset with `strife build`")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    data = f"{manifest['name']}-{manifest['version']}"
    train, validation, test = (load_documents(options.dataset, split) for split in ("train", "validation", "test"))
    print(f"{data}: {len(train)} documents to train, {len(validation)} to tune, {len(test)} to test", flush=True)
    ontology = load_ontology()
    results: dict[str, Scores] = {}
    for name in options.systems:
        begin = time.perf_counter()
        model = baselines.train(name, train, validation, ontology)
        trained = time.perf_counter()
        predicted = [model.predict(document) for document in test]
        end = time.perf_counter()
        print(f"{name}: trained in {trained - begin:.1f} s, predicted in {end - trained:.2f} s", flush=True)
        results[name] = score(test, predicted, data=data, split="test")
        write_whole(submission(options.out / "submissions" / name, data, model, predicted))
    print_table(results)


def submission(folder: Path, data: str, model: Baseline, predicted: list[Document]) -> dict[Path, bytes]:
    """The files of a baseline's submission."""
    about = ABOUT[folder.name]
    said = Submission(
        system=folder.name,
        authors=["strife contributors"],
        link=f"src/strife/baselines/{folder.name}.py",
        description=about.description,
        training_data=[f"{data} {part}" for part in about.training_data],
        dataset=data,
        split="test",
        runs=[Run(PREDICTIONS)],
        parameters=parameters(model),
        settings=about.settings,
    )
    lines = [encode(document) + b"\n" for document in sorted(predicted, key=lambda document: document.doc_id)]
    return {folder / FILE: as_toml(said).encode(), folder / PREDICTIONS: b"".join(lines)}


def parameters(model: Baseline) -> int:
    """How many weights were trained: those of the role classifier, and those that the taggers kept."""
    if isinstance(model, Perceptron):
        taggers = sum(one.emission.size + one.transition.size for one in model.learnt.weights.values())
        return int(model.learnt.roles.weights.size + model.learnt.roles.intercepts.size + taggers)
    if not isinstance(model, Linear):
        return 0
    count = int(model.roles.weights.size + model.roles.intercepts.size)
    for crf in model.crf.values():
        tagger = Tagger()
        tagger.open_inmemory(crf)
        info = tagger.info()
        count += len(info.state_features) + len(info.transitions)
    return count


def print_table(results: dict[str, Scores]) -> None:
    """Precision, recall and F1 of the three headline metrics, with each system's signature."""
    print(f"\n{'':10}" + "".join(f"{title:^23}" for title in SHOWN.values()))
    print(f"{'baseline':10}" + f"{'P':>7}{'R':>7}{'F1':>7}  " * len(SHOWN))
    for name, scores in results.items():
        cells = (scores.counts[metric] for metric in SHOWN)
        row = "".join(f"{100 * c.precision:7.1f}{100 * c.recall:7.1f}{100 * c.f1:7.1f}  " for c in cells)
        print(f"{name:10}{row}")
    print()
    for name, scores in results.items():
        print(f"{name}: {scores.signature}")


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"{Path(__file__).name}: {error}")
