"""The released Parquet without `datasets`: rows with label names, and typed documents.

Every Parquet file carries its columns as `datasets` knows them in its footer, so the names behind the numbers of
labels come from the file itself. polars is imported inside the functions that need it, only here and in
`strife.release.tables`.
"""

import datetime
import gc
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from strife.incidents.record import Incident
from strife.model import Argument, AttributeValue, Chain, Document, Entity, Event, Relation, Source, Trigger, Zone
from strife.stream import InputError

if TYPE_CHECKING:
    import polars

POINTER = b"version https://git-lfs.github.com/spec/"
_ORDER = ("train", "validation", "test")
_OWN = (
    *("doc_id", "text", "published", "annotators", "zones", "entities", "events", "relations", "chains", "sources"),
    "provenance",
)
NEEDED = ("doc_id", "text", "entities", "events", "relations")
_MENTION = frozenset({"id", "start", "end", "text", "label", "type", "trigger", "arguments"})


@overload
def load(
    folder: str | Path = ".", split: str | None = None, config: Literal["documents"] = "documents"
) -> list[Document]: ...


@overload
def load(folder: str | Path = ".", split: str | None = None, *, config: Literal["incidents"]) -> list[Incident]: ...


def load(
    folder: str | Path = ".", split: str | None = None, config: str = "documents"
) -> list[Document] | list[Incident]:
    """The documents of a clone or of a downloaded copy: of one split, or of all, train first; or its incident records.

    Reads the same Parquet as `load_dataset(folder, config)`, always what lies there now: nothing is cached.
    Raises InputError, naming the file, for a split that is not there or a file that is no Parquet, and for another
    config.
    """
    if config == "incidents":
        return [_incident(row) for _, path in split_files(Path(folder), config, split) for row in read_rows(path)[1]]
    if config != "documents":
        do = "for bare rows use `datasets.load_dataset` or polars"
        raise InputError("FIL001", Path(folder), f"config {config!r} asked for", "documents or incidents", do)
    found: list[Document] = []
    was_on = gc.isenabled()
    gc.disable()  # nothing here is cyclic, and the collector would walk through every span again and again
    try:
        for _, path in split_files(Path(folder), "documents", split):
            found += documents(path)
    finally:
        if was_on:
            gc.enable()
    return found


def _incident(row: Mapping[str, Any]) -> Incident:
    """The incident record in a row of the config `incidents`."""
    date = {name: one.isoformat() if isinstance(one, datetime.date) else one for name, one in row["date"].items()}
    return msgspec.convert({**row, "date": date}, Incident)


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
    columns, frame = _read(path)
    rows = frame.to_dicts()
    decode = decoder(columns)
    return columns, [decode(row) for row in rows] if decode else rows


def _read(path: Path) -> tuple[dict[str, Any], "polars.DataFrame"]:
    """The columns and the table of a Parquet file. Raises InputError."""
    import polars

    try:
        with path.open("rb") as file:
            start = file.read(len(POINTER))
        if start == POINTER:
            raise InputError("FIL009", path, "a Git LFS pointer", "the data", "run `git lfs pull`, or download again")
        columns = json.loads(polars.read_parquet_metadata(path)["huggingface"])["info"]["features"]
        return columns, polars.read_parquet(path)
    except OSError as error:
        found = error.strerror or "no Parquet file, or one that is broken"
        raise InputError("FIL007", path, found, "a whole Parquet file", "get it again") from error
    except (polars.exceptions.PolarsError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = f"no Parquet file of this project, or one that is broken ({type(error).__name__})"
        raise InputError("FIL002", path, found, "Parquet that `strife build` wrote", "get it again") from error


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


def documents(path: Path) -> list[Document]:
    """The documents of a Parquet file of the config `documents`: as `document` of each row, but column by column.

    Column by column no row and no span becomes a dict first, which is several times as fast. Raises InputError.
    """
    columns, frame = _read(path)

    def items(name: str, make: Callable[["polars.Series", Any], list[Any]]) -> list[tuple[Any, ...]]:
        return _grouped(frame[name], columns[name]["feature"], make)

    names = _meta(columns)
    parts = zip(
        frame["doc_id"].to_list(),
        frame["text"].to_list(),
        items("entities", _entities),
        items("events", _events),
        items("relations", _plain(Relation, "head", "tail", "label")),
        items("chains", _chains),
        items("zones", _plain(Zone, "start", "end", "label")),
        [{}] * len(frame),
        [date.isoformat() if date else None for date in frame["published"].to_list()],
        items("sources", _sources),
        map(tuple, frame["annotators"].to_list()),
        (
            {name: value for name, value in zip(names, meta, strict=True) if value is not None}
            for meta in zip(*(frame[name].to_list() for name in names), strict=True)
        ),
        [()] * len(frame),
        map(dict, items("provenance", _plain(lambda item, decided: (item, decided), "item", "decided"))),
        strict=True,
    )
    return [Document(*one) for one in parts]  # in the order of the model's fields


def _meta(columns: Mapping[str, Any]) -> list[str]:
    return [name for name, kind in columns.items() if name not in _OWN and kind.get("dtype") == "string"]


def _grouped(
    series: "polars.Series", kind: Any, make: Callable[["polars.Series", Any], list[Any]]
) -> list[tuple[Any, ...]]:
    """What `make` makes of all structs in a column of lists of them, list by list again."""
    made = make(series.filter(series.list.len() > 0).explode(), kind)
    grouped, at = [], 0
    for number in series.list.len().to_list():
        grouped.append(tuple(made[at : at + (number or 0)]))
        at += number or 0
    return grouped


def _lists(series: "polars.Series", kind: Any, *names: str) -> list[list[Any]]:
    """Fields of a column of structs as Python lists, labels as names."""
    found = []
    for name in names:
        values = series.struct.field(name).to_list()
        if kind[name].get("_type") == "ClassLabel":
            labels = kind[name]["names"]
            values = [labels[value] if value is not None and value >= 0 else None for value in values]
        found.append(values)
    return found


def _plain(make: Callable[..., Any], *names: str) -> Callable[["polars.Series", Any], list[Any]]:
    return lambda series, kind: [make(*one) for one in zip(*_lists(series, kind, *names), strict=True)]


def _attributes(series: "polars.Series", kind: Any) -> list[dict[str, AttributeValue]]:
    """The attributes of every mention or event in a column: those that are not null."""
    found: list[dict[str, AttributeValue]] = [{} for _ in range(len(series))]
    names = [name for name in kind if name not in _MENTION]
    for name, values in zip(names, _lists(series, kind, *names), strict=True):
        for attributes, value in zip(found, values, strict=True):
            if value is not None:
                attributes[name] = value
    return found


def _entities(series: "polars.Series", kind: Any) -> list[Entity]:
    parts = zip(*_lists(series, kind, "id", "start", "end", "label"), _attributes(series, kind), strict=True)
    return [Entity(*one) for one in parts]


def _events(series: "polars.Series", kind: Any) -> list[Event]:
    trigger = _lists(series.struct.field("trigger"), kind["trigger"], "start", "end")
    triggers = [Trigger(*span) for span in zip(*trigger, strict=True)]
    make = _plain(Argument, "role", "entity_id", "event_id")
    arguments = _grouped(series.struct.field("arguments"), kind["arguments"]["feature"], make)
    ids, types = _lists(series, kind, "id", "type")
    return [Event(*one) for one in zip(ids, types, triggers, arguments, _attributes(series, kind), strict=True)]


def _chains(series: "polars.Series", kind: Any) -> list[Chain]:
    ids, kinds, members = _lists(series, kind, "id", "kind", "members")
    return [Chain(*one) for one in zip(ids, kinds, map(tuple, members), strict=True)]


def _sources(series: "polars.Series", kind: Any) -> list[Source]:
    parts = zip(*_lists(series, kind, "publisher", "url", "title", "date"), strict=True)
    return [Source(who, url, title or "", date.isoformat() if date else None) for who, url, title, date in parts]


def document(row: Mapping[str, Any], source: Path = Path()) -> Document:
    """The document in a row of the `documents` config, or of one like it with fewer columns, labels as names.

    Raises InputError, naming `source`, where the annotation is withheld.
    """
    if withheld := [name for name in NEEDED if row[name] is None]:
        found = f"{row['doc_id']}: {', '.join(withheld)} null"
        raise InputError("DOC101", source, found, "lists", "take gold that is not withheld")
    return Document(
        doc_id=row["doc_id"],
        text=row["text"],
        entities=tuple(Entity(e["id"], e["start"], e["end"], e["label"], given(e)) for e in row["entities"]),
        events=tuple(map(_event, row["events"])),
        relations=tuple(Relation(r["head"], r["tail"], r["label"]) for r in row["relations"]),
        chains=tuple(Chain(c["id"], c["kind"], tuple(c["members"])) for c in row.get("chains") or ()),
        zones=tuple(Zone(z["start"], z["end"], z["label"]) for z in row.get("zones") or ()),
        published=row["published"].isoformat() if row.get("published") else None,
        sources=tuple(
            Source(s["publisher"], s["url"], s["title"] or "", s["date"].isoformat() if s["date"] else None)
            for s in row.get("sources") or ()
        ),
        annotators=tuple(row.get("annotators") or ()),
        provenance={one["item"]: one["decided"] for one in row.get("provenance") or ()},
        meta={key: value for key, value in row.items() if key not in _OWN and isinstance(value, str)},
    )


def _event(row: Mapping[str, Any]) -> Event:
    trigger = Trigger(row["trigger"]["start"], row["trigger"]["end"])
    return Event(row["id"], row["type"], trigger, tuple(map(_argument, row["arguments"])), given(row))


def _argument(row: Mapping[str, Any]) -> Argument:
    """An argument that points at something, or else at its own span."""
    ids = row.get("entity_id"), row.get("event_id")
    own = (row.get("start"), row.get("end")) if ids == (None, None) else (None, None)
    return Argument(row["role"], *ids, *own)


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
