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
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 when a gate is missed or a waiver unused.")] = False,
    gates: Annotated[Path, typer.Option(help="The file of gates.")] = Path("annotation/gates.toml"),
    datasheet: Annotated[Path | None, typer.Option(help="Renew the section `agreement` of this page.")] = None,
) -> None:
    """Measure the agreement of two or more annotators, and show where they differ; hold it against gates."""
    # Many small products: numpy's threads would spend more time waiting for each other than computing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from strife.agreement import agree as run
    from strife.agreement import read_annotators
    from strife.agreement.text import as_json, as_text
    from strife.gates import as_table, judge, read_gates, renewed
    from strife.gates import as_text as as_gates
    from strife.ontology import load_ontology
    from strife.store import write_whole

    judged = None
    with refusals():
        loaded = load_ontology(ontology)
        wanted = read_gates(gates) if gate or datasheet else None
        annotators = read_annotators(paths, loaded)
        agreement = run(annotators, loaded, samples=samples, gamma=gamma)
        judged = judge(wanted, agreement, gates) if wanted is not None else None
        if format is AgreementFormat.json:
            told = as_json(agreement, {"gates": as_table(judged)} if judged is not None else {})
        elif format is AgreementFormat.html:
            from strife.agreement.page import as_html

            told = as_html(agreement, annotators, loaded)
        else:
            told = as_text(agreement)
        if out is None:
            typer.echo(told)
        else:
            write_whole({out: f"{told}\n".encode("utf-8", "backslashreplace")})
        if judged is not None and datasheet is not None:
            write_whole({datasheet: renewed(datasheet, judged)})
    if judged is not None:
        typer.echo(as_gates(judged, gates), err=out is None and format is not AgreementFormat.text)
        raise typer.Exit(0 if judged.passed or not gate else 1)
