"""The commands that work with a Label Studio server: serve, push, pull, status, flag."""

import enum
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strife.cli.options import Format, FormatOption, OntologyFile, refusals

if TYPE_CHECKING:
    from strife.labelstudio.client import Client

app = typer.Typer(no_args_is_help=True, help="Annotate in Label Studio: one command to a ready project, one back.")

Title = Annotated[str, typer.Option("--project", help="The project's title.")]
Server = Annotated[
    str | None,
    typer.Option(envvar="LABEL_STUDIO_URL", help="The server's address; that of `serve` if not given."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="A file with the token; else LABEL_STUDIO_API_KEY, else the token of `serve`."),
]
Data = Annotated[Path | None, typer.Option(help="The data folder of `serve`, if it is not the usual one.")]


class As(enum.StrEnum):
    """How the annotations in the source are sent."""

    predictions = "predictions"
    annotations = "annotations"


@app.command()
def serve(
    data: Annotated[
        Path | None, typer.Option(help="The folder for its data; ~/.local/share/strife/label-studio.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes any free one.")] = 8080,
) -> None:
    """Install Label Studio (once), start it on this machine, and stop it with Ctrl-C."""
    from strife.labelstudio import server

    folder = data or server.default_data()
    with refusals(), _until_stopped(), server.serving(folder, port, lambda line: typer.echo(line, err=True)) as studio:
        typer.echo(f"Label Studio {server.VERSION} at {studio.url}")
        typer.echo(f"log in as {server.ADMIN}, password in {folder / 'password'}")
        typer.echo(f"token in {folder / 'token'}; push, pull, status and flag find it there")
        typer.echo("stop with Ctrl-C")
        sys.stdout.flush()
        studio.process.wait()
        raise server.StudioError(f"Label Studio has stopped by itself; see {folder / server.LOG}")


@contextmanager
def _until_stopped() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, and neither is an error."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _client(address: str | None, token_file: Path | None, data: Path | None) -> "Client":
    """A connection to the server that the options, the environment or `serve` name."""
    from strife.labelstudio import server
    from strife.labelstudio.client import Client, ServerError

    folder = data or server.default_data()
    url = address or server.address(folder)
    if url is None:
        raise ServerError(f"no server runs with {folder}: give --server, or start one with `strife label-studio serve`")
    try:
        token = token_file.read_text(encoding="utf-8") if token_file else os.environ.get("LABEL_STUDIO_API_KEY")
    except (OSError, UnicodeDecodeError) as error:
        raise ServerError(f"{token_file}: no token can be read ({error})") from error
    token = (token or server.token(folder) or "").strip()
    if not token:
        raise ServerError("no token: set LABEL_STUDIO_API_KEY or give --token-file (Account & Settings of the server)")
    return Client(url, token)


@app.command()
def push(
    source: Annotated[Path, typer.Argument(help="Documents (.jsonl), a text, or a folder of articles or texts.")],
    project: Title,
    guidelines: Annotated[
        Path | None, typer.Option(help="Shown as the project's instruction; annotation/guidelines if there.")
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(min=1, help="Annotators a task; a new project gets 2, another keeps its own.")
    ] = None,
    pre_annotate: Annotated[Path | None, typer.Option(help="A trained model whose predictions are sent along.")] = None,
    send: Annotated[As | None, typer.Option("--send", help="Send the documents' annotations, too, as what?")] = None,
    overwrite_config: Annotated[bool, typer.Option(help="Replace labels that were edited by hand.")] = False,
    server: Server = None,
    token_file: TokenFile = None,
    data: Data = None,
    ontology: OntologyFile = None,
) -> None:
    """Make or update a project and give it tasks, each once; a push that broke off goes on where it was."""
    from strife.labelstudio.interface import interface
    from strife.labelstudio.push import Setup, push_tasks
    from strife.labelstudio.sources import Tasks, instruction
    from strife.ontology import load_ontology

    with refusals():
        loaded = load_ontology(ontology)
        page = guidelines or (GUIDELINES if GUIDELINES.is_dir() else None)
        tasks = Tasks(source, loaded, send.value if send else None)
        model = _predictor(pre_annotate, loaded) if pre_annotate else None
        version = model[0] if model else tasks.model_version
        setup = Setup(
            project, interface(loaded), instruction(page) if page else None, overlap, version, overwrite_config
        )
        with _client(server, token_file, data) as client:
            done = push_tasks(client, setup, tasks, model[1] if model else None, _progress())
        for note in (*done.notes, *tasks.notes):
            typer.echo(note)
        extras = (
            f"{done.updated} with new metadata",
            f"{done.predictions} predictions",
            f"{done.annotations} annotations",
        )
        more = "".join(f", {extra}" for extra in extras if not extra.startswith("0 "))
        typer.echo(f"{project}: {done.created} tasks created, {done.there} there already{more}")
        typer.echo(client.link(done.project))


GUIDELINES = Path("annotation") / "guidelines"


def _predictor(folder: Path, ontology: Any) -> Any:
    from strife.labelstudio.predict import predictor

    return predictor(folder, ontology)


def _progress() -> Any:
    """Say on the terminal how far it is; nothing where nobody looks."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{done}/{total} tasks" + ("\n" if done == total else ""), err=True, nl=False)

    return show


@app.command()
def pull(
    project: Title,
    out: Annotated[
        Path | None, typer.Option(help="The batch's folder; annotation/exports/PROJECT if not given.")
    ] = None,
    by_annotator: Annotated[bool, typer.Option("--by-annotator", help="One file an annotator.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Even if tasks of the last pull were deleted.")] = False,
    per_document: Annotated[bool, typer.Option("--per-document", help="Check without comparing documents.")] = False,
    server: Server = None,
    token_file: TokenFile = None,
    data: Data = None,
    ontology: OntologyFile = None,
) -> None:
    """Write what was annotated as a batch, check it, and say what to mend, with links; exit 1 when there are errors."""
    from strife import report
    from strife.labelstudio.interface import differences, interface, told
    from strife.labelstudio.pull import batch_name, pull
    from strife.ontology import load_ontology
    from strife.validation import Options, run

    with refusals():
        loaded = load_ontology(ontology)
        client = _client(server, token_file, data)
        done = pull(
            client, project, out or Path("annotation") / "exports" / batch_name(project), loaded, by_annotator, replace
        )
        checked = run([done.folder], loaded, Options(per_document=per_document))
        edited = told(differences(client.wanted_project(project).config, interface(loaded)))
    typer.echo(report.as_text(checked.report, sys.stdout.isatty() and "NO_COLOR" not in os.environ, client.url))
    for note in (*done.notes, *((f"the project's labels were edited: it {edited}",) if edited else ())):
        typer.echo(f"note: {note}")
    held = ", ".join(f"{done.counts[name]} {name}" for name in ("tasks", "submitted", "skipped", "untouched"))
    typer.echo(f"{done.folder}: {held}, in {len(done.files)} file{'s' if len(done.files) > 1 else ''}")
    raise typer.Exit(1 if checked.report.errors else 0)


@app.command()
def status(
    project: Title,
    names: Annotated[bool, typer.Option("--names", help="Show the annotators' addresses, too.")] = False,
    format: FormatOption = Format.text,
    server: Server = None,
    token_file: TokenFile = None,
    data: Data = None,
    ontology: OntologyFile = None,
) -> None:
    """Show how far each annotator is: done, skipped, empty, time, findings."""
    from strife.labelstudio import status
    from strife.labelstudio.survey import survey
    from strife.ontology import load_ontology

    with refusals():
        loaded = load_ontology(ontology)
        with _client(server, token_file, data) as client:
            found = survey(client, project, loaded)
            people = client.people() if names else None
    typer.echo(status.as_json(found) if format is Format.json else status.as_text(found, people))


@app.command()
def flag(
    project: Title,
    select: Annotated[list[str] | None, typer.Option(help="Only rules that begin so (may be given often).")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="No rules that begin so (may be given often).")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all findings away again.")] = False,
    server: Server = None,
    token_file: TokenFile = None,
    data: Data = None,
    ontology: OntologyFile = None,
) -> None:
    """Show the findings to the annotators: beside each text, and in a tab of the tasks to fix."""
    from strife.labelstudio.flag import flag
    from strife.labelstudio.survey import survey
    from strife.ontology import load_ontology
    from strife.validation import Options

    with refusals():
        loaded = load_ontology(ontology)
        with _client(server, token_file, data) as client:
            if clear:
                done = flag(client, client.wanted_project(project), ())
            else:
                found = survey(client, project, loaded, Options(tuple(select or ()), tuple(ignore or ())))
                done = flag(client, found.project, found.checked.report.findings)
    if done.gone:
        typer.echo(f"note: deleted meanwhile: tasks {', '.join(map(str, done.gone))}")
    typer.echo(f"{project}: {done.tasks} tasks to fix, {done.changed} changed")
    typer.echo(client.link(done.project, tab=done.tab))
