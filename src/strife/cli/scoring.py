"""The commands that score: score, errors."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, refusals

Gold = Annotated[Path, typer.Argument(help="Gold documents (JSON Lines).")]
Predictions = Annotated[Path, typer.Argument(help="Predicted documents (JSON Lines).")]
Data = Annotated[str, typer.Option(help="The dataset's name and version, for the signature.")]
Split = Annotated[str, typer.Option(help="The split, for the signature.")]


class PageFormat(enum.StrEnum):
    """How errors are shown."""

    text = "text"
    json = "json"
    html = "html"


def score(
    gold: Gold,
    predictions: Predictions,
    data: Data = "",
    split: Split = "all",
    format: FormatOption = Format.text,
) -> None:
    """Score predictions against gold."""
    from strife.scoring.score import score as run
    from strife.store import read_documents

    with refusals():
        scores = run(list(read_documents(gold)), list(read_documents(predictions)), data=data, split=split)
    typer.echo(scores.as_json() if format is Format.json else scores.as_text())


def errors(
    gold: Gold,
    predictions: Predictions,
    data: Data = "",
    split: Split = "all",
    format: Annotated[PageFormat, typer.Option("--format", help="How to show them.")] = PageFormat.text,
    out: Annotated[Path | None, typer.Option(help="Write to this file; print if not given.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="So many examples of each class (text).")] = 3,
) -> None:
    """Show the errors of predictions, each in one class, with the words they stand in."""
    from strife.scoring.errors import analyse
    from strife.scoring.errors_page import as_page
    from strife.scoring.errors_report import as_json, as_text
    from strife.store import read_documents, write_whole

    with refusals():
        analysis = analyse(list(read_documents(gold)), list(read_documents(predictions)), data, split)
        if format is PageFormat.text:
            shown = as_text(analysis, examples)
        else:
            shown = as_json(analysis) if format is PageFormat.json else as_page(analysis, predictions.name)
        if out is not None:
            write_whole({out: (shown.rstrip("\n") + "\n").encode("utf-8", "backslashreplace")})
            typer.echo(f"{out}: {sum(len(one.errors) for one in analysis.documents)} errors")
            return
    typer.echo(shown)
