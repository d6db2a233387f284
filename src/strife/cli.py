"""The command line: parse, call one function, print. Exit codes: 0 fine, 1 errors found, 2 unusable input."""

import enum
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Annotated corpus and benchmark for armed-conflict reporting.",
)

OntologyFile = Annotated[Path | None, typer.Option("--ontology", help="Another project's ontology (TOML).")]


class Format(enum.StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"


class View(enum.StrEnum):
    """What is generated from the ontology."""

    toml = "toml"
    label_config = "label-config"
    types = "types"
    features = "features"
    mappings = "mappings"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the report.")]


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the library refuses into one message and exit code 2."""
    from strife.articles import ArticleError
    from strife.baselines import ModelError
    from strife.gold import GoldError
    from strife.ontology import OntologyError
    from strife.score import ScoreError
    from strife.store import OutputError
    from strife.stream import InputError

    try:
        yield
    except (ArticleError, GoldError, InputError, ModelError, OntologyError, OutputError, ScoreError) as error:
        typer.echo(f"strife: {error}", err=True)
        raise typer.Exit(2) from None
    except ModuleNotFoundError as error:
        extra = "baselines" if error.name in ("sklearn", "scipy", "pycrfsuite", "numpy") else "dataset"
        typer.echo(f"strife: {error.name} is not installed; pip install 'strife[{extra}]'", err=True)
        raise typer.Exit(2) from None


@app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(help="Label Studio exports, document files, or folders of them.")],
    ontology: OntologyFile = None,
    format: FormatOption = Format.text,
) -> None:
    """Check exports or documents against the ontology; exit 1 when there are errors."""
    from strife.check import check_paths
    from strife.ontology import load_ontology

    with _refusals():
        checked = check_paths(paths, load_ontology(ontology))
    if format is Format.json:
        typer.echo(checked.report.as_json())
    else:
        typer.echo(checked.report.as_text())
        others = {state: number for state, number in sorted(checked.states.items()) if state != "document"}
        if others:
            typer.echo("annotations: " + ", ".join(f"{number} {state}" for state, number in others.items()))
    raise typer.Exit(1 if checked.report.errors else 0)


@app.command()
def ontology(
    view: Annotated[View, typer.Argument(help="What to print.")] = View.toml,
    ontology: OntologyFile = None,
) -> None:
    """Print the ontology, or what is generated from it."""
    from strife import ontology_views
    from strife.ontology import PACKAGED, load_ontology

    with _refusals():
        loaded = load_ontology(ontology)
        if view is View.toml:
            typer.echo((ontology or PACKAGED).read_text(encoding="utf-8"), nl=False)
        elif view is View.label_config:
            typer.echo(ontology_views.label_config(loaded), nl=False)
        elif view is View.types:
            typer.echo(ontology_views.type_tables(loaded), nl=False)
        elif view is View.mappings:
            typer.echo(ontology_views.mappings(loaded), nl=False)
        else:
            from strife.dataset import features_json

            typer.echo(features_json(loaded))


@app.command()
def build(
    root: Annotated[Path, typer.Option(help="The project: corpus/ and annotation/ lie here.")] = Path(),
    out: Annotated[Path | None, typer.Option(help="Where to write; the project itself if not given.")] = None,
) -> None:
    """Build gold documents and the dataset from exports, articles and splits."""
    from strife.build import build as run
    from strife.ontology import load_ontology

    with _refusals():
        manifest = run(root, out or root, load_ontology())
    typer.echo(f"{manifest['name']} {manifest['version']}, ontology {manifest['ontology']}")
    for split, counts in manifest["counts"].items():
        numbers = ", ".join(f"{value} {name}" for name, value in counts.items() if isinstance(value, int))
        typer.echo(f"{split:<11} {numbers}")


@app.command()
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

    with _refusals():
        tuning = list(read_documents(validation)) if validation else []
        model = baselines.train(name, list(read_documents(documents)), tuning, load_ontology(ontology))
        write_whole({out / file: content for file, content in model.files().items()})
    typer.echo(f"{out}: {name} trained")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="A folder that `strife train` wrote.")],
    source: Annotated[Path, typer.Argument(help="Documents (.jsonl), or a raw text.")],
    out: Annotated[Path | None, typer.Option(help="Write documents here; print them if not given.")] = None,
) -> None:
    """Find entities and events in documents or in a raw text."""
    from strife import baselines
    from strife.reading import as_text, raw_text
    from strife.store import read_documents, write_documents

    with _refusals():
        loaded = baselines.load(model)
        is_text = not source.name.endswith((".jsonl", ".jsonl.gz"))
        documents = [raw_text(source)] if is_text else read_documents(source)
        predicted = [loaded.predict(document) for document in documents]
        if out is not None:
            write_documents(out, predicted)
            typer.echo(f"{out}: {len(predicted)} documents")
            return
    typer.echo("\n\n".join(map(as_text, predicted)))


@app.command()
def score(
    gold: Annotated[Path, typer.Argument(help="Gold documents (JSON Lines).")],
    predictions: Annotated[Path, typer.Argument(help="Predicted documents (JSON Lines).")],
    data: Annotated[str, typer.Option(help="The dataset's name and version, for the signature.")] = "",
    split: Annotated[str, typer.Option(help="The split, for the signature.")] = "all",
    format: FormatOption = Format.text,
) -> None:
    """Score predictions against gold."""
    from strife.score import score as run
    from strife.store import read_documents

    with _refusals():
        scores = run(list(read_documents(gold)), list(read_documents(predictions)), data=data, split=split)
    typer.echo(scores.as_json() if format is Format.json else scores.as_text())


def main() -> None:
    """Run the command line; a closed pipe is no error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
