"""The commands of the baselines: train, predict."""

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, OntologyFile, refusals


class Engine(enum.StrEnum):
    """What runs the parts of an archive."""

    local = "local"
    ray = "ray"


def train(
    name: Annotated[
        str, typer.Argument(help="lexicon, linear or perceptron; with an extra: transformer, gliner, llm.")
    ],
    documents: Annotated[
        Path | None, typer.Argument(help="Training documents (JSON Lines); gliner and llm take none.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder for the model.")],
    validation: Annotated[Path | None, typer.Option(help="Documents that set thresholds.")] = None,
    unlabelled: Annotated[
        Path | None, typer.Option(help="Documents whose texts the perceptron learns clusters of words from, too.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="The folder of weights for transformer or gliner.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of transformer, gliner or llm.")
    ] = None,
    ontology: OntologyFile = None,
) -> None:
    """Train a baseline, or make one of weights or an endpoint."""
    from strife import baselines
    from strife.ontology import load_ontology
    from strife.store import read_documents, write_whole

    given = dict(one.partition("=")[::2] for one in set_ or ())
    with refusals():
        known, tuning = (list(read_documents(path)) if path else [] for path in (documents, validation))
        raw = [document.text for document in read_documents(unlabelled)] if unlabelled else []
        model = baselines.train(name, known, tuning, load_ontology(ontology), raw, weights=weights, settings=given)
        write_whole({out / file: content for file, content in model.files().items()})
    typer.echo(f"{out}: {name} trained")


def predict(
    model: Annotated[Path, typer.Argument(help="A folder that `strife train` wrote.")],
    source: Annotated[
        Path, typer.Argument(help="Documents (.jsonl, .json), or a raw text; with --parts also Parquet, folders.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write documents here; print them if not given.")] = None,
    parts: Annotated[int, typer.Option(help="For archives: so many documents a part file in the folder OUT.")] = 0,
    shard: Annotated[str, typer.Option(help="Only the parts of one shard, as 2/8.")] = "1/1",
    workers: Annotated[int, typer.Option(help="Processes; as many as processors if not given.")] = 0,
    engine: Annotated[Engine, typer.Option(help="What runs the parts.")] = Engine.local,
    format: FormatOption = Format.text,
) -> None:
    """Find entities and events in documents, in a raw text, or in an archive."""
    if parts:
        _predict_archive(model, source, out, parts, shard, workers, engine)
        return
    from strife import baselines
    from strife.baselines.outside import LEFT_OUT, NoPrediction
    from strife.check import SUFFIXES
    from strife.model import encode
    from strife.reading import as_text, raw_text
    from strife.store import read_documents, write_documents

    with refusals():
        loaded = baselines.load(model)
        documents = read_documents(source) if source.name.endswith(SUFFIXES) else [raw_text(source)]
        predicted, failed = [], []
        for document in documents:
            try:
                predicted.append(loaded.predict(document))
            except NoPrediction as error:
                failed.append(str(error))
        if out is not None:
            write_documents(out, predicted)
            typer.echo(f"{out}: {len(predicted)} documents")
    if out is None and predicted:
        told = b"\n".join(map(encode, predicted)) if format is Format.json else "\n\n".join(map(as_text, predicted))
        typer.echo(told)
    for document in predicted:
        for line in document.meta.get(LEFT_OUT, "").splitlines():
            typer.echo(f"left out of {document.doc_id}: {line}", err=True)
    for why in failed:
        typer.echo(f"no prediction for {why}", err=True)
    if failed:
        raise typer.Exit(1)


def _predict_archive(
    model: Path, source: Path, out: Path | None, parts: int, shard: str, workers: int, engine: Engine
) -> None:
    from strife.archive.run import Progress, run

    number, slash, of = shard.partition("/")
    if not (slash and number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise typer.BadParameter(f"{shard!r}; expected one of so many, as 2/8", param_hint="--shard")
    if out is None:
        raise typer.BadParameter("a folder for the parts is needed", param_hint="--out")

    def tell(progress: Progress) -> None:
        typer.echo(f"\r{progress}    " if sys.stderr.isatty() else str(progress), err=True, nl=not sys.stderr.isatty())

    with refusals():
        done = run(model, source, out, parts, (int(number), int(of)), workers or None, engine.value, tell)
    typer.echo(f"{out}: {done.documents} documents in {done.parts} parts, {done.before} parts were there already")
    if done.left_out:
        typer.echo(f"{done.left_out} things that the model made up were left out; see meta.left_out", err=True)
    if done.rejected:
        told = "the same command tries those again that say so"
        typer.echo(f"{done.rejected} rows have no prediction; see the part-*.rejected.jsonl; {told}", err=True)
        raise typer.Exit(1)
