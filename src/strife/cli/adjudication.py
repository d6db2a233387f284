"""The commands that merge annotators: adjudicate."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.labelstudio import Data, Server, TokenFile
from strife.cli.labelstudio import _client as connection
from strife.cli.options import OntologyFile, refusals


class Merge(enum.StrEnum):
    """What is taken without asking a curator."""

    unanimous = "unanimous"
    majority = "majority"


def adjudicate(
    exports: Annotated[list[Path], typer.Argument(help="The annotators' exports, or folders of them.")],
    out: Annotated[Path, typer.Option(help="The folder for gold and conflicts.")],
    log: Annotated[Path | None, typer.Option(help="The table of decisions; OUT/decisions.tsv if none.")] = None,
    curated: Annotated[list[Path] | None, typer.Option(help="A curator's export (may be given often).")] = None,
    policy: Annotated[Merge, typer.Option(help="What is taken without asking a curator.")] = Merge.unanimous,
    single: Annotated[bool, typer.Option("--single", help="Take documents of one annotator as they are.")] = False,
    annotator: Annotated[list[str] | None, typer.Option(help="Only these annotators (may be given often).")] = None,
    push: Annotated[str | None, typer.Option(help="Make a project of this title with the conflicts.")] = None,
    server: Server = None,
    token_file: TokenFile = None,
    data: Data = None,
    ontology: OntologyFile = None,
) -> None:
    """Merge annotators into gold, ask a curator about the rest; exit 1 while something is open."""
    from strife.adjudication import run
    from strife.adjudication.log import log_bytes, read_log
    from strife.adjudication.output import output_files, summary
    from strife.check import files
    from strife.ontology import load_ontology
    from strife.store import write_whole

    with refusals():
        loaded = load_ontology(ontology)
        table = log or out / "decisions.tsv"
        chosen = run.Policy(policy is Merge.majority, single, tuple(annotator or ()))
        found = run.adjudicate(files(exports), loaded, files(curated or ()), read_log(table), chosen)
        written = {out / name: content for name, content in output_files(found, loaded).items()}
        if found.added or not table.exists():
            written[table] = log_bytes(found.decisions)
        write_whole(written)
        link = None
        if push and found.open:
            from strife.adjudication.output import push_conflicts

            with connection(server, token_file, data) as client:
                link = push_conflicts(client, push, found, loaded)
    typer.echo(summary(found, table, out, link))
    raise typer.Exit(0 if found.finished else 1)
