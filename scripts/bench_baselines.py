"""How fast the perceptron tags, beside a spaCy NER pipeline trained on the same documents, in one run on one core.

    pip install spacy                       into an environment of its own, or with the extra `spacy`
    python scripts/bench_baselines.py       re3d if it is at hand, else strife's own corpus
    python scripts/bench_baselines.py --rounds 5 --epochs 10

Both are trained on the training part and tag the same texts in turn. Tokens are strife's for both. The perceptron is
loaded from its files in a new process to time that. Without spaCy only the perceptron is timed.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

import benchmark
from strife.baselines.perceptron import Perceptron
from strife.baselines.pieces import split
from strife.model import Document
from strife.ontology import load_ontology
from strife.scoring.score import score
from strife.store import write_whole

LOAD = """
import sys, time
begin = time.perf_counter()
import numpy
import strife.baselines.perceptron
from strife import baselines
imported = time.perf_counter()
baselines.load(__import__("pathlib").Path(sys.argv[1]))
print(imported - begin, time.perf_counter() - imported)
"""


SAID: list[str] = []


def say(line: str) -> None:
    """Print a line, and keep it for the page."""
    print(line, flush=True)
    SAID.append(line)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15, help="of spaCy; its speed does not depend on them")
    parser.add_argument("--texts", type=int, default=300, help="how many texts to tag")
    parser.add_argument("--keep", action="store_true", help="put what is said on docs/benchmark.md, too")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    threadpool_limits(1)
    there = (benchmark.CORPORA / "re3d").is_dir()
    task = benchmark.of_re3d() if there else benchmark.of_strife()
    part = task.parts[0]
    texts = list(task.unlabelled or [d.text for d in part.scored * 20])[-options.texts :]
    tokens = sum(len(sentence.words) for text in texts for sentence in split(text))
    say(
        f"{'re3d' if there else 'strife'}: {len(part.train)} documents to train; {len(texts)} texts"
        f" of {tokens} tokens to tag"
    )
    begin = time.perf_counter()
    model = Perceptron.fit(part.train, part.validation, load_ontology(task.ontology))
    say(f"perceptron: trained in {time.perf_counter() - begin:.1f} s (five seeds, one core)")
    told_of_files(model)
    runs: dict[str, Callable[[], Any]] = {
        "perceptron": lambda: [model.predict(Document(str(n), text)) for n, text in enumerate(texts)]
    }
    if find_spec("spacy"):
        pipeline = trained_pipeline(part.train, options.epochs)
        runs["spacy"] = lambda: list(pipeline.pipe(texts))
        found = [as_document(pipeline(document.text), document) for document in part.scored]
        say(
            f"spacy: mention F1 {100 * score(part.scored, found, ('ent',)).counts['ent'].f1:.1f}"
            f" after {options.epochs} epochs"
        )
    else:
        say("spacy: not installed, not timed")
    found = list(map(model.predict, part.scored))
    say(f"perceptron: mention F1 {100 * score(part.scored, found, ('ent',)).counts['ent'].f1:.1f}")
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            begin = time.process_time()
            run()
            seconds[name].append(time.process_time() - begin)
    for name, taken in seconds.items():
        rates = ", ".join(f"{tokens / one:,.0f}" for one in taken)
        say(f"{name}: {tokens / statistics.median(taken):,.0f} tokens a second of processor time ({rates})")
    if "spacy" in seconds:
        ratios = [b / a for a, b in zip(seconds["perceptron"], seconds["spacy"], strict=True)]
        told = ", ".join(f"{one:.1f}" for one in ratios)
        say(f"perceptron is faster than spacy by {statistics.median(ratios):.1f} ({told})")
    if options.keep:
        benchmark.keep({"speed": SAID})
        benchmark.write_page()


def told_of_files(model: Perceptron) -> None:
    """Print the size of the model and how long loading takes in a new process, imports included."""
    files = model.files()
    with tempfile.TemporaryDirectory() as folder:
        write_whole({Path(folder) / name: content for name, content in files.items()})
        run = [sys.executable, "-c", LOAD, folder]
        printed = [subprocess.run(run, capture_output=True, text=True, check=True).stdout.split() for _ in range(5)]
    size = sum(map(len, files.values())) / 1e6
    imports, loads = (statistics.median(float(one[n]) for one in printed) for n in (0, 1))
    told = f"loaded in {loads:.2f} s after {imports:.2f} s of imports (medians of 5 processes)"
    say(f"perceptron: {size:.2f} MB in {', '.join(files)}; {told}")


def trained_pipeline(documents: Sequence[Document], epochs: int) -> Any:
    """A blank English pipeline with an entity recognizer."""
    import spacy
    from spacy.training import Example
    from spacy.util import filter_spans, minibatch

    spacy.util.fix_random_seed(1)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("ner")
    examples = []
    for document in documents:
        text = pipeline.make_doc(document.text)
        spans = [text.char_span(e.start, e.end, e.label) for e in document.entities]
        text.ents = filter_spans([span for span in spans if span is not None])
        examples.append(Example(pipeline.make_doc(document.text), text))
    optimizer = pipeline.initialize(lambda: examples)
    chance = random.Random(1)
    for _ in range(epochs):
        chance.shuffle(examples)
        for batch in minibatch(examples, 8):
            pipeline.update(batch, sgd=optimizer, drop=0.2)
    return pipeline


def as_document(found: Any, document: Document) -> Document:
    """What spaCy found, as a document."""
    from strife.model import Entity

    entities = tuple(Entity(f"m{n}", e.start_char, e.end_char, e.label_) for n, e in enumerate(found.ents))
    return Document(document.doc_id, document.text, entities)


if __name__ == "__main__":
    main()
