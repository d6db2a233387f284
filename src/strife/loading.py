"""The released Parquet without `datasets`: rows with label names, and typed documents.

Every Parquet file carries its columns as `datasets` knows them in its footer, so the names behind the numbers of
labels come from the file itself. polars is imported inside the functions that need it, only here and in
`strife.release.tables`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from strife.model import Argument, AttributeValue, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone
from strife.stream import InputError

POINTER = b"version https://git-lfs.github.com/spec/"
_ORDER = ("train", "validation", "test")
_OWN = ("doc_id", "text", "published", "annotators", "zones", "entities", "events", "relations", "chains", "sources")
_MENTION = frozenset({"id", "start", "end", "text", "label", "type", "trigger", "arguments"})


def load(folder: str | Path = ".", split: str | None = None) -> list[Document]:
    """The documents of a clone or of a downloaded copy: of one split, or of all, train first.

    Reads the same Parquet as `load_dataset(folder)`, always what lies there now: nothing is cached.
    Raises InputError, naming the file, for a split that is not there or a file that is no Parquet.
    """
    return [document(row) for _, path in split_files(Path(folder), "documents", split) for row in read_rows(path)[1]]


def split_files(folder: Path, config: str, split: str | None = None) -> list[tuple[str, Path]]:
    """(split, file) of a config, in the order of the splits. Raises InputError when there is none."""
    home = folder / "corpus" / config
    found = [(path.name.partition("-")[0], path) for path in sorted(home.glob("*-*.parquet"))]
    found.sort(key=lambda one: (_ORDER.index(one[0]) if one[0] in _ORDER else len(_ORDER), one[1].name))
    chosen = [one for one in found if split in (None, one[0])]
    if not chosen:
        there = ", ".join(dict.fromkeys(name for name, _ in found)) or "no Parquet file"
        expected = f"{split or 'train'}-00000-of-00001.parquet"
        raise InputError("FIL001", home, f"holds {there}", expected, "check the folder and the split's name")
    return chosen


def read_rows(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The columns (in the JSON form of `datasets`) and the rows of a Parquet file, labels as names.

    Raises InputError for a file that cannot be read, a Git LFS pointer, or a Parquet file without its columns.
    """
    import polars

    try:
        with path.open("rb") as file:
            start = file.read(len(POINTER))
        if start == POINTER:
            raise InputError("FIL009", path, "a Git LFS pointer", "the data", "run `git lfs pull`, or download again")
        columns = json.loads(polars.read_parquet_metadata(path)["huggingface"])["info"]["features"]
        rows = polars.read_parquet(path).to_dicts()
    except OSError as error:
        found = error.strerror or "no Parquet file, or one that is broken"
        raise InputError("FIL007", path, found, "a whole Parquet file", "get it again") from error
    except (polars.exceptions.PolarsError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = f"no Parquet file of this project, or one that is broken ({type(error).__name__})"
        raise InputError("FIL002", path, found, "Parquet that `strife build` wrote", "get it again") from error
    decode = decoder(columns)
    return columns, [decode(row) for row in rows] if decode else rows


Decoder = Callable[[Any], Any]


def decoder(kind: Any) -> Decoder | None:
    """What turns the numbers of labels below a column into their names; None where there are none."""
    if "_type" not in kind:  # a struct
        inner = {name: decode for name, one in kind.items() if (decode := decoder(one))}

        def struct(value: Any) -> Any:
            return value if value is None else value | {name: decode(value[name]) for name, decode in inner.items()}

        return struct if inner else None
    if kind["_type"] == "ClassLabel":
        names = kind["names"]
        return lambda value: names[value] if value is not None and value >= 0 else None
    if kind["_type"] == "List":
        one = decoder(kind["feature"])
        return None if one is None else lambda value: value if value is None else [one(item) for item in value]
    return None


def document(row: Mapping[str, Any]) -> Document:
    """The document in a row of the `documents` config, labels as names."""
    return Document(
        doc_id=row["doc_id"],
        text=row["text"],
        entities=tuple(Entity(e["id"], e["start"], e["end"], e["label"], given(e)) for e in row["entities"]),
        events=tuple(map(_event, row["events"])),
        relations=tuple(Relation(r["head"], r["tail"], r["label"]) for r in row["relations"]),
        chains=tuple(Chain(c["id"], c["kind"], tuple(c["members"])) for c in row["chains"]),
        zones=tuple(Zone(z["start"], z["end"], z["label"]) for z in row["zones"]),
        published=row["published"].isoformat() if row["published"] else None,
        sources=tuple(
            Source(s["publisher"], s["url"], s["title"] or "", s["date"].isoformat() if s["date"] else None)
            for s in row["sources"]
        ),
        annotators=tuple(row["annotators"]),
        meta={key: value for key, value in row.items() if key not in _OWN and isinstance(value, str)},
    )


def _event(row: Mapping[str, Any]) -> Event:
    return Event(
        row["id"],
        row["type"],
        Trigger(row["trigger"]["start"], row["trigger"]["end"]),
        tuple(Argument(a["role"], a["entity_id"], a["event_id"]) for a in row["arguments"]),
        given(row),
    )


def given(row: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """The attributes of a mention or event in a row: those that are not null."""
    return {name: value for name, value in row.items() if name not in _MENTION and value is not None}


def labels(kind: Any, where: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """(place, names) of every ClassLabel below a column, in order."""
    if "_type" not in kind:
        for name, one in kind.items():
            yield from labels(one, f"{where}.{name}" if where else name)
    elif kind["_type"] == "ClassLabel":
        yield where, tuple(kind["names"])
    elif kind["_type"] == "List":
        yield from labels(kind["feature"], where)
