"""The command line: parse, call one function, print. Exit codes: 0 fine, 1 errors found, 2 unusable input."""

import os
import sys

import typer

from strife.cli.adjudication import adjudicate
from strife.cli.agreement import agree
from strife.cli.baselines import predict, train
from strife.cli.corpus import build, ontology
from strife.cli.formats import convert, import_corpus, ingest
from strife.cli.labelstudio import app as label_studio
from strife.cli.leaderboard import hub, leaderboard, submit
from strife.cli.release import diff, publish, refill, release, remove, verify
from strife.cli.scoring import compare, errors, score
from strife.cli.validation import rule, validate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Annotated corpus and benchmark for armed-conflict reporting.",
)
COMMANDS = (
    *(validate, rule, ontology, agree, adjudicate, build, convert, ingest),
    *(train, predict, score, compare, errors, submit, leaderboard, hub),
    *(verify, diff, release, publish, refill, remove),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(label_studio, name="label-studio")
app.command("import")(import_corpus)


def main() -> None:
    """Run the command line; a closed pipe is no error, output that cannot be written is one."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"strife: the output cannot be written ({error}); free space or send it elsewhere", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten would fail again
        sys.exit(2)
