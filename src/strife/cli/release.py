"""The commands of a release: verify."""

from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, refusals


def verify(
    folder: Annotated[Path, typer.Argument(help="A clone or a downloaded copy.")] = Path(),
    format: FormatOption = Format.text,
) -> None:
    """Compare a copy of the dataset with its manifest; exit 1 when a file or a row differs."""
    from strife.release.verify import verify as run

    with refusals():
        verified = run(folder)
    typer.echo(verified.as_json() if format is Format.json else verified.as_text())
    raise typer.Exit(1 if verified.problems else 0)
