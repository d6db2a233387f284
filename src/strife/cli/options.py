"""What the commands share: options, and how the library's refusals are told."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

OntologyFile = Annotated[
    Path | None,
    typer.Option("--ontology", help="Another project's ontology: a TOML file, or an imported corpus."),
]


class Format(enum.StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"


class ReportFormat(enum.StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    sarif = "sarif"
    github = "github"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the report.")]

# By what it brings, the extra that a missing library belongs to.
_EXTRAS = {
    "baselines": ("sklearn", "pycrfsuite"),
    "gliner": ("gliner",),
    "llm": ("httpx2",),
    "transformers": ("transformers", "torch", "tokenizers", "safetensors"),
    "cas": ("cassis",),
    "ingest": ("trafilatura",),
    "ray": ("ray",),
    "spacy": ("spacy",),
    "scoring": ("numpy", "scipy", "jinja2", "markupsafe"),
    "label-studio": ("label_studio_sdk", "httpx", "markdown_it"),
    "gamma": ("pygamma_agreement", "pyannote"),
}


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the library refuses into one message and exit code 2."""
    from strife.ontology import OntologyError
    from strife.refusal import Refusal

    try:
        yield
    except (Refusal, OntologyError) as error:
        typer.echo(f"strife: {error}", err=True)
        raise typer.Exit(2) from None
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        extra = next((name for name, brings in _EXTRAS.items() if library in brings), "dataset")
        typer.echo(f"strife: {error.name} is not installed; pip install 'strife[{extra}]'", err=True)
        raise typer.Exit(2) from None
