"""The command line: parse, call one function, print. Exit codes: 0 fine, 1 errors found, 2 unusable input."""

import enum
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from strife.check import Checked

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


class ReportFormat(enum.StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    sarif = "sarif"
    github = "github"


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
    from strife.validate.catalogue import UnknownRule

    refused = (
        ArticleError,
        GoldError,
        InputError,
        ModelError,
        OntologyError,
        OutputError,
        ScoreError,
        UnknownRule,
    )
    try:
        yield
    except refused as error:
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
    format: Annotated[ReportFormat, typer.Option("--format", help="How to print the report.")] = ReportFormat.text,
    select: Annotated[list[str] | None, typer.Option(help="Only rules that begin so (may be given often).")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="No rules that begin so (may be given often).")] = None,
    per_document: Annotated[bool, typer.Option("--per-document", help="No rules that compare documents.")] = False,
    splits: Annotated[Path | None, typer.Option(help="Folder of split lists; turns on the rules on splits.")] = None,
    waivers: Annotated[Path | None, typer.Option(help="Accepted findings; annotation/waivers.toml if there.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Leave out the findings of this baseline file.")] = None,
    write_baseline: Annotated[Path | None, typer.Option(help="Write all findings as a baseline file.")] = None,
    server: Annotated[str | None, typer.Option(help="Label Studio's address, for links into the editor.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend, into new files.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would mend.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder for mended files; beside the originals if none.")] = None,
) -> None:
    """Check exports or documents against the ontology; exit 1 when there are errors."""
    from strife.ontology import load_ontology
    from strife.validation import Options, mend, run

    with _refusals():
        loaded = load_ontology(ontology)
        if fix or diff:
            typer.echo(mend(paths, loaded, out, write=not diff))
            return
        options = Options(
            tuple(select or ()), tuple(ignore or ()), per_document, splits, waivers, baseline, write_baseline
        )
        checked = run(paths, loaded, options)
        typer.echo(_rendered(checked, format, server))
    raise typer.Exit(1 if checked.report.errors else 0)


def _rendered(checked: "Checked", format: ReportFormat, server: str | None) -> str:
    from strife import report
    from strife.validate import RULES

    if format is ReportFormat.json:
        return report.as_json(checked.report, server)
    if format is ReportFormat.jsonl:
        return report.as_json_lines(checked.report, server)
    if format is ReportFormat.sarif:
        return report.as_sarif(checked.report, RULES, server)
    if format is ReportFormat.github:
        return report.as_github(checked.report)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = report.as_text(checked.report, colour, server)
    others = {state: number for state, number in sorted(checked.states.items()) if state != "document"}
    return text + ("\nannotations: " + ", ".join(f"{n} {state}" for state, n in others.items()) if others else "")


@app.command()
def rule(
    code: Annotated[str | None, typer.Argument(help="A rule's code; all rules, one a line, if not given.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All rules as one document of Markdown.")] = False,
) -> None:
    """List the rules, or print the page of one."""
    from strife.validate.catalogue import BY_CODE, RULES, chosen, page, pages

    with _refusals():
        if all:
            typer.echo(pages(), nl=False)
        elif code is None:
            typer.echo("\n".join(f"{r.code}  {r.severity:<7}  {r.slug:<28}  {r.title}" for r in RULES))
        else:
            typer.echo("\n".join(page(BY_CODE[one]) for one in sorted(chosen([code.upper()]))), nl=False)


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
