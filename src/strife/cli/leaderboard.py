"""The commands of the leaderboard: submit, leaderboard, hub."""

import enum
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
    if not found.errors and format is Format.text:
        typer.echo("fit for the leaderboard: commit the folder and open a pull request")
    raise typer.Exit(1 if found.errors else 0)


def leaderboard(
    root: Root = Path(),
    submissions: Annotated[
        Path | None, typer.Option(help="Their folder; benchmarks/submissions of the project.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; benchmarks of the project.")] = None,
    gold: Annotated[
        Path | None, typer.Option(help="A private gold file; no page then shows labels in the text.")
    ] = None,
    ontology: OntologyFile = None,
) -> None:
    """Score every submission again, rank them, and write the tables and pages."""
    from strife.leaderboard.board import ranking
    from strife.leaderboard.check import board_of
    from strife.leaderboard.write import as_text, write
    from strife.ontology import load_ontology

    with refusals():
        folder = submissions or root / "benchmarks" / "submissions"
        ranked = ranking(root, board_of(root), load_ontology(ontology), folder, gold)
        target = out or root / "benchmarks"
        write(target, ranked, private=gold is not None)
    typer.echo(as_text(ranked))
    typer.echo(f"written: {target / 'README.md'}, {target / 'leaderboard.json'}, {target / 'site' / 'index.html'}")


class HubFile(enum.StrEnum):
    """What the Hugging Face Hub reads."""

    eval = "eval"
    results = "results"


def hub(
    file: Annotated[HubFile, typer.Argument(help="eval: the dataset's eval.yaml. results: a model's .eval_results.")],
    submission: Annotated[Path | None, typer.Argument(help="The submission whose results are told.")] = None,
    root: Root = Path(),
    dataset: Annotated[str, typer.Option(help="The dataset's repository on the Hub, such as org/strife.")] = "",
    revision: Annotated[str | None, typer.Option(help="The commit of that repository (40 digits).")] = None,
    date: Annotated[str | None, typer.Option(help="When it was evaluated (ISO 8601).")] = None,
    source: Annotated[str | None, typer.Option(help="An https address of logs or of the leaderboard.")] = None,
    framework: Annotated[str, typer.Option(help="What evaluates, as the Hub knows it; empty for none.")] = "strife",
    gold: Annotated[Path | None, typer.Option(help="A private gold file.")] = None,
) -> None:
    """Print a file for the Hugging Face Hub: the dataset's eval.yaml, or a model's evaluation results."""
    from strife.build import read_about
    from strife.leaderboard.board import entry, gold_of
    from strife.leaderboard.check import board_of
    from strife.leaderboard.hub import eval_yaml, results_of

    with refusals():
        board = board_of(root)
        if file is HubFile.eval:
            about = read_about(root / "corpus" / "corpus.toml")
            text = eval_yaml(str(about.card.get("pretty_name", about.name)), board.split, framework)
        elif submission is None:
            raise typer.BadParameter("give the folder of a submission", param_hint="SUBMISSION")
        else:
            scored = entry(submission, gold_of(root, board, gold), board)
            text = results_of(scored, dataset, revision, date, source)
    typer.echo(text, nl=False)
