"""The commands that make the dataset: ontology, build."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import OntologyFile, refusals


class View(enum.StrEnum):
    """What is generated from the ontology."""

    toml = "toml"
    label_config = "label-config"
    types = "types"
    features = "features"
    checks = "checks"
    mappings = "mappings"


def ontology(
    view: Annotated[View, typer.Argument(help="What to print.")] = View.toml,
    ontology: OntologyFile = None,
) -> None:
    """Print the ontology, or what is generated from it."""
    from strife import guidelines, ontology_views
    from strife.ontology import PACKAGED, load_ontology

    with refusals():
        loaded = load_ontology(ontology)
        if view is View.toml:
            typer.echo((ontology or PACKAGED).read_text(encoding="utf-8"), nl=False)
        elif view is View.label_config:
            typer.echo(ontology_views.label_config(loaded), nl=False)
        elif view is View.types:
            typer.echo(guidelines.type_tables(loaded), nl=False)
        elif view is View.mappings:
            typer.echo(ontology_views.mappings(loaded), nl=False)
        elif view is View.checks:
            typer.echo(ontology_views.checks(loaded))
        else:
            from strife.dataset import features_json

            typer.echo(features_json(loaded))


def build(
    root: Annotated[Path, typer.Option(help="The project: corpus/ and annotation/ lie here.")] = Path(),
    out: Annotated[Path | None, typer.Option(help="Where to write; the project itself if not given.")] = None,
    blind: Annotated[bool, typer.Option("--blind", help="Withhold the labels of test (docs/leaderboard.md).")] = False,
) -> None:
    """Build gold documents and the dataset from exports, articles and splits."""
    from strife.build import build as run
    from strife.ontology import load_ontology

    with refusals():
        manifest = run(root, out or root, load_ontology(), blind)
    typer.echo(f"{manifest['name']} {manifest['version']}, ontology {manifest['ontology']}")
    for split, counts in manifest["counts"].items():
        numbers = ", ".join(f"{value} {name}" for name, value in counts.items() if isinstance(value, int))
        typer.echo(f"{split:<11} {numbers}")
