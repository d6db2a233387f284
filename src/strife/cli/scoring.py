"""The commands that score: score, compare, errors."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strife.cli.options import Format, FormatOption, OntologyFile, refusals

if TYPE_CHECKING:
    from strife.scoring.score import Labels

_SOURCE = "Documents (JSON Lines or Parquet), or the folder of a dataset."
Data = Annotated[str, typer.Option(help="The dataset's name and version, for the signature; a folder tells its own.")]
Split = Annotated[str, typer.Option(help="The split: of a dataset the one to read, and for the signature.")]
Metrics = Annotated[
    list[str] | None, typer.Option("--metric", help="A metric by its name, or `all`; may be given often.")
]

Incidents = Annotated[
    bool, typer.Option("--incidents", help="Score incident records: as templates, derived from both sides alike.")
]


class PageFormat(enum.StrEnum):
    """How errors are shown."""

    text = "text"
    json = "json"
    html = "html"


def score(
    gold: Annotated[Path, typer.Argument(help=f"Gold. {_SOURCE}")],
    predictions: Annotated[Path, typer.Argument(help=f"Predictions. {_SOURCE}")],
    data: Data = "",
    split: Split = "all",
    metric: Metrics = None,
    types: Annotated[bool, typer.Option("--types", help="Also print each type (JSON always holds them).")] = False,
    ontology: OntologyFile = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="Predictions quote words; find their offsets.")] = False,
    incidents: Incidents = False,
    samples: Annotated[int, typer.Option(min=0, help="Bootstrap samples for the intervals; 0 for none.")] = 2000,
    format: FormatOption = Format.text,
) -> None:
    """Score predictions against gold, with 95 % intervals."""
    from strife.scoring.metrics import DEFAULT, TEMPLATES, chosen
    from strife.scoring.result import as_json, as_text, result
    from strife.scoring.sources import score_files

    with refusals():
        metrics = chosen(metric) if metric else TEMPLATES if incidents else DEFAULT
        scores = score_files(gold, predictions, metrics, data, split, _labels(ontology), resolve, incidents)
        told = result(scores, samples=samples)
    typer.echo(as_json(told) if format is Format.json else as_text(told, types))


def compare(
    gold: Annotated[Path, typer.Argument(help=f"Gold. {_SOURCE}")],
    systems: Annotated[
        list[str], typer.Argument(help="NAME=PREDICTIONS; a name that comes again is another seed of it.")
    ],
    data: Data = "",
    split: Split = "all",
    metric: Metrics = None,
    incidents: Incidents = False,
    format: FormatOption = Format.text,
) -> None:
    """Test systems against each other: paired approximate randomization over documents, Holm-corrected."""
    from strife.scoring.board import as_json, as_text, compared, named
    from strife.scoring.metrics import HEADLINE, TEMPLATES, chosen

    with refusals():
        metrics = chosen(metric) if metric else TEMPLATES if incidents else HEADLINE
        boards = compared(gold, named(systems), metrics, data, split, incidents)
    typer.echo(as_json(boards) if format is Format.json else as_text(boards))


def errors(
    gold: Annotated[Path, typer.Argument(help=f"Gold. {_SOURCE}")],
    predictions: Annotated[Path, typer.Argument(help=f"Predictions. {_SOURCE}")],
    data: Data = "",
    split: Split = "all",
    format: Annotated[PageFormat, typer.Option("--format", help="How to show them.")] = PageFormat.text,
    out: Annotated[Path | None, typer.Option(help="Write to this file; print if not given.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="So many examples of each class (text).")] = 3,
    resolve: Annotated[bool, typer.Option("--resolve", help="Predictions quote words; find their offsets.")] = False,
) -> None:
    """Show the errors of predictions, each in one class, with the words they stand in."""
    from strife.scoring.errors import analyse_files
    from strife.scoring.errors_page import as_page
    from strife.scoring.errors_report import as_json, as_text
    from strife.store import write_whole

    with refusals():
        analysis = analyse_files(gold, predictions, data, split, resolve)
        if format is PageFormat.text:
            shown = as_text(analysis, examples)
        else:
            shown = as_json(analysis) if format is PageFormat.json else as_page(analysis, predictions.name)
        if out is not None:
            write_whole({out: (shown.rstrip("\n") + "\n").encode("utf-8", "backslashreplace")})
            typer.echo(f"{out}: {sum(len(one.errors) for one in analysis.documents)} errors")
            return
    typer.echo(shown)


def _labels(ontology: Path | None) -> "Labels | None":
    from strife.ontology import load_ontology
    from strife.scoring.score import declared

    return declared(load_ontology(ontology)) if ontology else None
