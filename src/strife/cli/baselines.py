"""The commands of the baselines: train, predict."""

from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, OntologyFile, refusals


def train(
    name: Annotated[str, typer.Argument(help="lexicon or linear.")],
    documents: Annotated[Path, typer.Argument(help="Training documents (JSON Lines).")],
    out: Annotated[Path, typer.Option(help="The folder for the model.")],
    validation: Annotated[Path | None, typer.Option(help="Documents that set thresholds.")] = None,
    ontology: OntologyFile = None,
) -> None:
    """Train a baseline."""
    from strife import baselines
    from strife.ontology import load_ontology
    from strife.store import read_documents, write_whole

    with refusals():
        tuning = list(read_documents(validation)) if validation else []
        model = baselines.train(name, list(read_documents(documents)), tuning, load_ontology(ontology))
        write_whole({out / file: content for file, content in model.files().items()})
    typer.echo(f"{out}: {name} trained")


def predict(
    model: Annotated[Path, typer.Argument(help="A folder that `strife train` wrote.")],
    source: Annotated[Path, typer.Argument(help="Documents (.jsonl, .json, gzip'd or not), or a raw text.")],
    out: Annotated[Path | None, typer.Option(help="Write documents here; print them if not given.")] = None,
    format: FormatOption = Format.text,
) -> None:
    """Find entities and events in documents or in a raw text."""
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
