"""The commands of a release: verify, diff."""

import enum
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


class DiffFormat(enum.StrEnum):
    """How a comparison is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def diff(
    old: Annotated[str, typer.Argument(help="A folder, a tag (corpus-0.1.0, or 0.1.0), or a commit.")],
    new: Annotated[str, typer.Argument(help="The same; this folder if not given.")] = ".",
    format: Annotated[DiffFormat, typer.Option("--format", help="How to print it.")] = DiffFormat.text,
    root: Annotated[Path, typer.Option(help="The repository that tags and commits are of.")] = Path(),
) -> None:
    """Say what changed between two versions of the dataset, which step it asks for, and what becomes of scores."""
    from strife.release import diff_report
    from strife.release.bump import judge
    from strife.release.diff import diff as compare
    from strife.release.sides import read_side

    with refusals():
        found = compare(read_side(old, root), read_side(new, root))
    verdict = judge(found)
    render = {
        DiffFormat.text: diff_report.as_text,
        DiffFormat.json: diff_report.as_json,
        DiffFormat.markdown: diff_report.as_markdown,
    }[format]
    typer.echo(render(found, verdict))
