"""The commands that score: score."""

from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, refusals


def score(
    gold: Annotated[Path, typer.Argument(help="Gold documents (JSON Lines).")],
    predictions: Annotated[Path, typer.Argument(help="Predicted documents (JSON Lines).")],
    data: Annotated[str, typer.Option(help="The dataset's name and version, for the signature.")] = "",
    split: Annotated[str, typer.Option(help="The split, for the signature.")] = "all",
    format: FormatOption = Format.text,
) -> None:
    """Score predictions against gold."""
    from strife.scoring.score import score as run
    from strife.store import read_documents

    with refusals():
        scores = run(list(read_documents(gold)), list(read_documents(predictions)), data=data, split=split)
    typer.echo(scores.as_json() if format is Format.json else scores.as_text())
