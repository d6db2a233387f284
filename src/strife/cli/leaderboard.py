"""The commands of the leaderboard: submit."""

from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, OntologyFile, refusals

Root = Annotated[Path, typer.Option(help="The project: corpus/ and benchmarks/ lie here.")]


def submit(
    folder: Annotated[Path, typer.Argument(help="The submission, such as benchmarks/submissions/my-system.")],
    check: Annotated[bool, typer.Option("--check", help="Tell everything that is wrong with it.")] = False,
    root: Root = Path(),
    ontology: OntologyFile = None,
    format: FormatOption = Format.text,
) -> None:
    """Begin a submission to the leaderboard, or check one; exit 1 when it has faults."""
    from strife import report
    from strife.leaderboard.check import board_of
    from strife.leaderboard.check import check as run
    from strife.leaderboard.submission import begin
    from strife.ontology import load_ontology

    with refusals():
        board = board_of(root)
        if not check:
            path = begin(folder, board.dataset, board.split)
            typer.echo(f"{path}: fill it in, put your predictions beside it, then strife submit --check {folder}")
            return
        found = run(folder, board, root, load_ontology(ontology))
    typer.echo(report.as_json(found) if format is Format.json else report.as_text(found))
    raise typer.Exit(1 if found.errors else 0)
