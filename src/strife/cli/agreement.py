"""The commands that compare annotators: agree."""

import enum
import os
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import OntologyFile, refusals


class AgreementFormat(enum.StrEnum):
    """How agreement is told."""

    text = "text"
    json = "json"
    html = "html"


def agree(
    paths: Annotated[list[Path], typer.Argument(help="Label Studio exports, document files, or folders of them.")],
    ontology: OntologyFile = None,
    format: Annotated[AgreementFormat, typer.Option("--format", help="How to tell it.")] = AgreementFormat.text,
    out: Annotated[Path | None, typer.Option(help="The file to write; printed if not given.")] = None,
    samples: Annotated[int, typer.Option(min=2, help="Bootstrap samples for the intervals.")] = 1000,
    gamma: Annotated[bool, typer.Option("--gamma", help="Also gamma (slow; needs the extra gamma).")] = False,
) -> None:
    """Measure the agreement of two or more annotators, and show where they differ."""
    # Many small products: numpy's threads would spend more time waiting for each other than computing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from strife.agreement import agree as run
    from strife.agreement import read_annotators
    from strife.agreement.text import as_json, as_text
    from strife.ontology import load_ontology
    from strife.store import write_whole

    with refusals():
        loaded = load_ontology(ontology)
        annotators = read_annotators(paths, loaded)
        agreement = run(annotators, loaded, samples=samples, gamma=gamma)
        if format is AgreementFormat.json:
            told = as_json(agreement)
        elif format is AgreementFormat.html:
            from strife.agreement.page import as_html

            told = as_html(agreement, annotators, loaded)
        else:
            told = as_text(agreement)
        if out is None:
            typer.echo(told)
        else:
            write_whole({out: f"{told}\n".encode("utf-8", "backslashreplace")})
