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
    name: Annotated[str, typer.Argument(help="lexicon, linear or perceptron.")],
    documents: Annotated[Path, typer.Argument(help="Training documents (JSON Lines).")],
    out: Annotated[Path, typer.Option(help="The folder for the model.")],
    validation: Annotated[Path | None, typer.Option(help="Documents that set thresholds.")] = None,
    unlabelled: Annotated[
        Path | None, typer.Option(help="Documents whose texts the perceptron learns clusters of words from, too.")
    ] = None,
    ontology: OntologyFile = None,
) -> None:
    """Train a baseline."""
    from strife import baselines
    from strife.ontology import load_ontology
    from strife.store import read_documents, write_whole

    with refusals():
        tuning = list(read_documents(validation)) if validation else []
        raw = [document.text for document in read_documents(unlabelled)] if unlabelled else []
        model = baselines.train(name, list(read_documents(documents)), tuning, load_ontology(ontology), raw)
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
    from strife.check import SUFFIXES
    from strife.model import encode
    from strife.reading import as_text, raw_text
    from strife.store import read_documents, write_documents

    with refusals():
        loaded = baselines.load(model)
        documents = read_documents(source) if source.name.endswith(SUFFIXES) else [raw_text(source)]
        predicted = [loaded.predict(document) for document in documents]
        if out is not None:
            write_documents(out, predicted)
            typer.echo(f"{out}: {len(predicted)} documents")
            return
    if format is Format.json:
        typer.echo(b"\n".join(map(encode, predicted)))
    else:
        typer.echo("\n\n".join(map(as_text, predicted)))


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
    if done.rejected:
        typer.echo(f"{done.rejected} rows were no documents; see the part-*.rejected.jsonl", err=True)
        raise typer.Exit(1)
