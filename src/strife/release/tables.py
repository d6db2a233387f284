"""The figures of a release as Markdown tables: polars expressions over the Parquet that is released.

Nothing is counted anywhere else and written down: what the datasheet and the card say is what the files hold.
"""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars

Frames = dict[tuple[str, str], "polars.DataFrame"]


def tables(files: Mapping[str, bytes], splits: Sequence[str]) -> dict[str, str]:
    """The generated sections, by name, of the Parquet files of a dataset (by their place)."""
    import polars

    frames: Frames = {}
    names: dict[str, list[str]] = {}
    for place, content in files.items():
        if place.endswith(".parquet"):
            config, file = place.split("/")[-2:]
            frames[config, file.partition("-")[0]] = polars.read_parquet(BytesIO(content))
            if config == "documents":
                columns = json.loads(polars.read_parquet_metadata(BytesIO(content))["huggingface"])["info"]["features"]
                names = {
                    "entities": columns["entities"]["feature"]["label"]["names"],
                    "events": columns["events"]["feature"]["type"]["names"],
                    "roles": columns["events"]["feature"]["arguments"]["feature"]["role"]["names"],
                }
    return {
        "composition": _composition(frames, splits),
        "types": "\n\n".join(
            [
                _by_label(frames, splits, "mentions", "entities", "label", names["entities"]),
                _by_label(frames, splits, "events", "events", "type", names["events"]),
                _roles(frames, splits, names["roles"]),
            ]
        ),
        "texts": _texts(frames, splits),
    }


def _composition(frames: Frames, splits: Sequence[str]) -> str:
    import polars as pl

    def items(column: str) -> "pl.Expr":
        return pl.col(column).list.len().sum()

    rows: list[tuple[str, str, pl.Expr]] = [
        ("documents", "documents", pl.len()),
        ("sentences", "entities", pl.len()),
        ("tokens", "entities", items("tokens")),
        ("entity mentions", "documents", items("entities")),
        ("events", "documents", items("events")),
        ("arguments", "events", items("arguments")),
        ("relations", "relations", pl.len()),
        ("chains", "documents", items("chains")),
        ("incident records", "incidents", pl.len()),
        ("sources named", "documents", items("sources")),
    ]
    return markdown(
        ["", *splits, "all"],
        [
            [name, *_total([frames[config, s].select(expr.cast(pl.Int64)).item() for s in splits])]
            for name, config, expr in rows
        ],
    )


def _total(counts: Sequence[int]) -> list[int]:
    return [*counts, sum(counts)]


def _by_label(frames: Frames, splits: Sequence[str], title: str, column: str, field: str, names: Sequence[str]) -> str:
    import polars as pl

    label = pl.col(column).list.explode().struct.field(field).alias("label")
    return _counted(title, splits, names, [frames["documents", split].select(label) for split in splits])


def _roles(frames: Frames, splits: Sequence[str], names: Sequence[str]) -> str:
    import polars as pl

    role = pl.col("arguments").list.explode().struct.field("role").alias("label")
    return _counted("arguments", splits, names, [frames["events", split].select(role) for split in splits])


def _counted(title: str, splits: Sequence[str], names: Sequence[str], found: Sequence["polars.DataFrame"]) -> str:
    import polars as pl

    counts = [dict(frame.drop_nulls().group_by("label").agg(pl.len()).iter_rows()) for frame in found]
    rows = [[name, *_total([one.get(number, 0) for one in counts])] for number, name in enumerate(names)]
    return markdown([title, *splits, "all"], rows)


def _texts(frames: Frames, splits: Sequence[str]) -> str:
    """How long texts are, what they are like, and what the annotation says of events."""
    import polars as pl

    rows: list[list[Any]] = []
    for name, expr in (
        ("code points a text, least", pl.col("text").str.len_chars().min()),
        ("code points a text, median", pl.col("text").str.len_chars().median().cast(pl.Int64)),
        ("code points a text, most", pl.col("text").str.len_chars().max()),
        ("first day of publication", pl.col("published").min().cast(pl.String)),
        ("last day of publication", pl.col("published").max().cast(pl.String)),
        ("conflicts", pl.col("conflict").n_unique()),
        ("countries", pl.col("country").n_unique()),
        ("styles", pl.col("style").n_unique()),
    ):
        everything = pl.concat([frames["documents", split] for split in splits])
        rows.append(
            [name, *(frames["documents", s].select(expr).item() for s in splits), everything.select(expr).item()]
        )
    return markdown(["", *splits, "all"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |".replace("|  |", "| |"), "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])
