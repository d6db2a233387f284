"""The commands of a release: release, publish, verify, diff, refill, remove."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from strife.cli.options import Format, FormatOption, refusals


def release(
    version: Annotated[str, typer.Argument(help="The version of the corpus to make, X.Y.Z.")],
    since: Annotated[str | None, typer.Option(help="The version before: a tag or commit; found if not given.")] = None,
    root: Annotated[Path, typer.Option(help="The project: a clean git working tree.")] = Path(),
) -> None:
    """Make a version of the dataset, with everything that belongs to it, from what is committed."""
    from strife.ontology import load_ontology
    from strife.release.diff_report import summary, verdict_on_test
    from strife.release.release import release as run

    with refusals():
        made = run(root, version, load_ontology(), since)
    old = made.difference.old
    typer.echo(f"{made.manifest['name']} {version}: a {made.verdict.level} or more since {old.version} ({old.name})")
    for line in summary(made.difference):
        typer.echo(f"- {line}")
    typer.echo(f"scores on test {verdict_on_test(made.verdict)}")
    typer.echo(f"gates: {made.gates or 'none set (annotation/gates.toml)'}; {len(made.files)} files written")
    typer.echo(f"now: git add -A && git commit -m 'Corpus {version}' && git tag corpus-{version}; then strife publish")


def publish(
    repo: Annotated[str, typer.Argument(help="The dataset on the Hub, owner/name.")],
    push: Annotated[bool, typer.Option("--push", help="Do it; without this, only what would change is shown.")] = False,
    create: Annotated[bool, typer.Option("--create", help="Make the repository if it is not there.")] = False,
    root: Annotated[Path, typer.Option(help="The released dataset.")] = Path(),
) -> None:
    """Publish the release on the Hub as one commit and a tag; a dry run unless --push is given."""
    from strife.release.publish import publish as run

    with refusals():
        plan = run(root, repo, push, create)
    typer.echo(plan.as_text())
    if not plan.nothing:
        typer.echo("published" if push else "nothing was changed; --push does it")


def verify(
    folder: Annotated[Path, typer.Argument(help="A clone or a downloaded copy.")] = Path(),
    format: FormatOption = Format.text,
) -> None:
    """Compare a copy of the dataset with its manifest; exit 1 when a file or a row differs."""
    from strife.release.verify import verify as run

    with refusals():
        verified = run(folder)
    typer.echo(verified.as_json() if format is Format.json else verified.as_text())
    raise typer.Exit(1 if verified.problems else 0)


class DiffFormat(enum.StrEnum):
    """How a comparison is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def diff(
    old: Annotated[str, typer.Argument(help="A folder, a tag (corpus-0.1.0, or 0.1.0), or a commit.")],
    new: Annotated[str, typer.Argument(help="The same; this folder if not given.")] = ".",
    format: Annotated[DiffFormat, typer.Option("--format", help="How to print it.")] = DiffFormat.text,
    root: Annotated[Path, typer.Option(help="The repository that tags and commits are of.")] = Path(),
) -> None:
    """Say what changed between two versions of the dataset, which step it asks for, and what becomes of scores."""
    from strife.release import diff_report
    from strife.release.bump import judge
    from strife.release.diff import diff as compare
    from strife.release.sides import read_side

    with refusals():
        found = compare(read_side(old, root), read_side(new, root))
    verdict = judge(found)
    render = {
        DiffFormat.text: diff_report.as_text,
        DiffFormat.json: diff_report.as_json,
        DiffFormat.markdown: diff_report.as_markdown,
    }[format]
    typer.echo(render(found, verdict))


def refill(
    folder: Annotated[Path, typer.Argument(help="A clone or a downloaded copy.")],
    texts: Annotated[list[Path], typer.Option(help="Your copies of the texts: UTF-8 files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Where to write the documents (JSON Lines).")] = Path("refilled.jsonl"),
) -> None:
    """Put texts that others own back into the stand-off annotation of them; refuse a text that differs."""
    from strife.release.refill import refill as run

    with refusals():
        documents = run(folder, texts, out)
    for document in documents:
        typer.echo(f"{document.doc_id}: {len(document.entities)} mentions, {len(document.events)} events")
    typer.echo(f"{out}: {len(documents)} documents")


class Why(enum.StrEnum):
    """Why a document is taken out."""

    rights = "rights"
    privacy = "privacy"
    safety = "safety"
    error = "error"


def remove(
    doc_id: Annotated[str, typer.Argument(help="The document.")],
    reason: Annotated[Why, typer.Option(help="Why it is taken out.")],
    note: Annotated[str, typer.Option(help="One line more; no personal data.")] = "",
    date: Annotated[str, typer.Option(help="The day, YYYY-MM-DD; today if not given.")] = "",
    root: Annotated[Path, typer.Option(help="The project: corpus/ and annotation/ lie here.")] = Path(),
) -> None:
    """Take a document out of articles, splits, exports and predictions, and put it on the removal list."""
    import datetime

    from strife.release.removals import remove as run

    try:
        day = datetime.date.fromisoformat(date) if date else datetime.date.today()
    except ValueError:
        raise typer.BadParameter(f"{date!r} is no day; expected YYYY-MM-DD", param_hint="--date") from None
    with refusals():
        removed = run(root, doc_id, reason.value, note, day)
    for path in removed.changed:
        typer.echo(f"changed {path}")
    for path in removed.still_named:
        typer.echo(f"still named in {path}: look at it yourself")
    typer.echo(
        f"{doc_id} is on the removal list; now `strife release` a patch: until then the built files still have it"
    )
