"""The commands for other formats: import."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import refusals


class Corpus(enum.StrEnum):
    """A corpus that can be imported."""

    re3d = "re3d"
    wikievents = "wikievents"
    casie = "casie"


def import_corpus(
    corpus: Annotated[Corpus, typer.Argument(help="Which corpus it is.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder as downloaded.")],
    out: Annotated[Path, typer.Option(help="Write the documents here (JSON Lines).")],
    losses: Annotated[Path | None, typer.Option(help="Write what was left behind here, one item a line.")] = None,
) -> None:
    """Read a published corpus into documents, and say what a document cannot hold."""
    from strife.formats.corpora import import_corpus as run

    with refusals():
        typer.echo(run(corpus.value, folder, out, losses))
