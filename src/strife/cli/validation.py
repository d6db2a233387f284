"""The commands that check: validate, rule."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strife.cli.options import OntologyFile, ReportFormat, refusals

if TYPE_CHECKING:
    from strife.check import Checked


def validate(
    paths: Annotated[list[Path], typer.Argument(help="Label Studio exports, document files, or folders of them.")],
    ontology: OntologyFile = None,
    format: Annotated[ReportFormat, typer.Option("--format", help="How to print the report.")] = ReportFormat.text,
    select: Annotated[list[str] | None, typer.Option(help="Only rules that begin so (may be given often).")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="No rules that begin so (may be given often).")] = None,
    per_document: Annotated[bool, typer.Option("--per-document", help="No rules that compare documents.")] = False,
    splits: Annotated[Path | None, typer.Option(help="Folder of split lists; turns on the rules on splits.")] = None,
    waivers: Annotated[Path | None, typer.Option(help="Accepted findings; annotation/waivers.toml if there.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Leave out the findings of this baseline file.")] = None,
    write_baseline: Annotated[Path | None, typer.Option(help="Write all findings as a baseline file.")] = None,
    server: Annotated[str | None, typer.Option(help="Label Studio's address, for links into the editor.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend, into new files.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would mend.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder for mended files; beside the originals if none.")] = None,
) -> None:
    """Check exports or documents against the ontology; exit 1 when there are errors."""
    from strife.ontology import load_ontology
    from strife.refusal import Refusal
    from strife.validation import Options, mend, run

    options = Options(tuple(select or ()), tuple(ignore or ()), per_document, splits, waivers, baseline, write_baseline)
    with refusals():
        loaded = load_ontology(ontology)
        if fix or diff:
            if format not in (ReportFormat.text, ReportFormat.json):
                raise Refusal(f"fixes are not told as {format}; expected text or json")
            mended = mend(paths, loaded, options, out, write=not diff)
            typer.echo(mended.as_json() if format is ReportFormat.json else mended.as_text())
            return
        checked = run(paths, loaded, options)
        typer.echo(_rendered(checked, format, server))
    raise typer.Exit(1 if checked.report.errors else 0)


def _rendered(checked: "Checked", format: ReportFormat, server: str | None) -> str:
    from strife import report
    from strife.validate import RULES

    if format is ReportFormat.json:
        return report.as_json(checked.report, server)
    if format is ReportFormat.jsonl:
        return report.as_json_lines(checked.report, server)
    if format is ReportFormat.sarif:
        return report.as_sarif(checked.report, RULES, server)
    if format is ReportFormat.github:
        return report.as_github(checked.report)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = report.as_text(checked.report, colour, server)
    others = {state: number for state, number in sorted(checked.states.items()) if state != "document"}
    return text + ("\nannotations: " + ", ".join(f"{n} {state}" for state, n in others.items()) if others else "")


def rule(
    code: Annotated[str | None, typer.Argument(help="A rule's code; all rules, one a line, if not given.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All rules as one document of Markdown.")] = False,
) -> None:
    """List the rules, or print the page of one."""
    from strife.validate.catalogue import BY_CODE, RULES, chosen, page, pages

    with refusals():
        if all:
            typer.echo(pages(), nl=False)
        elif code is None:
            typer.echo("\n".join(f"{r.code}  {r.severity:<7}  {r.slug:<28}  {r.title}" for r in RULES))
        else:
            typer.echo("\n".join(page(BY_CODE[one]) for one in sorted(chosen([code.upper()]))), nl=False)
