"""The command line: parse, call one function, print. Exit codes: 0 fine, 1 errors found, 2 unusable input."""

import sys

import typer

from strife.cli.baselines import predict, train
from strife.cli.corpus import build, ontology
from strife.cli.leaderboard import hub, leaderboard, submit
from strife.cli.scoring import compare, errors, score
from strife.cli.validation import rule, validate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Annotated corpus and benchmark for armed-conflict reporting.",
)
for command in (validate, rule, ontology, build, train, predict, score, compare, errors, submit, leaderboard, hub):
    app.command()(command)


def main() -> None:
    """Run the command line; a closed pipe is no error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
