"""The commands for what others hold: import, convert, ingest."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import OntologyFile, refusals


class Corpus(enum.StrEnum):
    """A corpus that can be imported."""

    re3d = "re3d"
    wikievents = "wikievents"
    casie = "casie"
    muc4 = "muc4"


class Kind(enum.StrEnum):
    """A format that documents can be converted from and to."""

    strife = "strife"
    brat = "brat"
    conll = "conll"
    label_studio = "label-studio"
    muc = "muc"
    parquet = "parquet"
    spacy = "spacy"
    textee = "textee"
    webanno = "webanno"
    xmi = "xmi"


def import_corpus(
    corpus: Annotated[Corpus, typer.Argument(help="Which corpus it is.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder as downloaded.")],
    out: Annotated[Path, typer.Option(help="Write the documents here (JSON Lines).")],
    losses: Annotated[Path | None, typer.Option(help="Write what was left behind here, one item a line.")] = None,
) -> None:
    """Read a published corpus into documents, and say what a document cannot hold and what is not as published."""
    from strife.formats.corpora import import_corpus as run
    from strife.formats.corpora import unlike_published

    with refusals():
        typer.echo(run(corpus.value, folder, out, losses))
        unlike = unlike_published(corpus.value, folder)
    for one in unlike:
        typer.echo(f"not as published: {one}; half a download, or another version", err=True)
    if unlike:
        raise typer.Exit(1)


def convert(
    source: Annotated[Path, typer.Argument(help="A file, or the folder of a format that has one.")],
    out: Annotated[Path, typer.Argument(help="The file or folder to write.")],
    to: Annotated[Kind, typer.Option("--to", help="The format to write.")],
    of: Annotated[Kind, typer.Option("--from", help="The format of SOURCE.")] = Kind.strife,
    ontology: OntologyFile = None,
    losses: Annotated[Path | None, typer.Option(help="Write what was lost here, one item a line.")] = None,
) -> None:
    """Convert documents between formats, and say what was lost."""
    from strife.formats.convert import convert as run
    from strife.ontology import load_ontology

    with refusals():
        typer.echo(run(source, of.value, out, to.value, load_ontology(ontology), losses))


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Texts, web pages, JSON Lines, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Write the documents here (JSON Lines).")],
    encoding: Annotated[str, typer.Option(help="The encoding of texts.")] = "utf-8",
) -> None:
    """Make documents of raw texts and pages: zones, date and source found, the text untouched."""
    from strife.ingest.read import ingest as run

    with refusals():
        typer.echo(run(paths, out, encoding))
