"""Train every baseline on train, predict test, score, and write one result file a system.

    python scripts/run_baselines.py                                  the committed dataset, into benchmarks/
    python scripts/run_baselines.py --dataset build/demo --out build/demo/benchmarks

The dataset is opened with `load_dataset`, as any user would.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from strife import baselines
from strife.dataset import load_documents
from strife.ontology import load_ontology
from strife.refusal import Refusal
from strife.scoring.score import Scores, score
from strife.store import write_documents, write_whole

ROOT = Path(__file__).parents[1]
SHOWN = {"ent": "entity", "tri_c": "trigger (Tri-C)", "arg_c+": "argument (Arg-C+)"}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
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
    for name in baselines.NAMES:
        begin = time.perf_counter()
        model = baselines.train(name, train, validation, ontology)
        trained = time.perf_counter()
        predicted = [model.predict(document) for document in test]
        end = time.perf_counter()
        print(f"{name}: trained in {trained - begin:.1f} s, predicted in {end - trained:.2f} s", flush=True)
        results[name] = score(test, predicted, data=data, split="test")
        write_documents(options.out / "predictions" / data / f"{name}.jsonl", predicted)
        table = {"system": name, **results[name].as_table()}
        content = json.dumps(table, ensure_ascii=False, indent=1) + "\n"
        write_whole({options.out / "results" / data / f"{name}.json": content.encode()})
    print_table(results)


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
