"""The dataset in Croissant 1.1 (JSON-LD): files with their hashes, and a record set for each config and split.

What was seen with mlcroissant 1.1.1 decides the details: only `application/x-parquet` can be read, the namespaces are
those with http, a column that is a list of structs is a field with sub-fields that JSONPath fills, and a list within
a list cannot be told apart (the arguments of events are whole in the config `events`; the ids in incident records stand
in the Parquet alone).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{
        name: f"cr:{name}"
        for name in (
            *("arrayShape", "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
            *("fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
            *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source"),
            *("subField", "transform"),
        )
    },
}
_TYPES = {"string": "sc:Text", "int32": "sc:Integer", "int64": "sc:Integer", "date32": "sc:Date", "bool": "sc:Boolean"}


def croissant(manifest: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]) -> bytes:
    """The Croissant file of a dataset.

    `columns` are those of each config in the JSON form of `datasets`; `about` has description, license_url, creator,
    citation and, if wished, url, released and rai (a table of statements on responsible use).
    """
    table = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": manifest["name"],
        "description": about["description"],
        "version": manifest["version"],
        "license": about["license_url"],
        "creator": {"@type": "sc:Organization", "name": about["creator"]},
        "citeAs": about["citation"],
        **({"url": about["url"]} if about.get("url") else {}),
        **({"datePublished": about["released"]} if about.get("released") else {}),
        **{f"rai:{name}": value for name, value in sorted(about.get("rai", {}).items())},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": _file(config, split),
                "name": _file(config, split),
                "contentUrl": one["file"],
                "contentSize": f"{one['bytes']} B",
                "encodingFormat": "application/x-parquet",
                "sha256": one["sha256"],
            }
            for config, entry in manifest["configs"].items()
            for split, one in entry["splits"].items()
        ],
        "recordSet": [
            _records(config, split, columns[config])
            for config, entry in manifest["configs"].items()
            for split in entry["splits"]
        ],
    }
    return (json.dumps(table, indent=1, ensure_ascii=False) + "\n").encode()


def _file(config: str, split: str) -> str:
    return f"{config}-{split}.parquet"


def _records(config: str, split: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{config}/{split}"
    fields = [field for column, kind in columns.items() for field in _fields(name, config, split, column, kind)]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"Split {split} of config {config}.",
        "field": fields,
    }


def _fields(name: str, config: str, split: str, column: str, kind: Any) -> Iterator[dict[str, Any]]:
    """The fields of a column: one, or for a struct one with sub-fields."""
    base = {"@type": "cr:Field", "@id": f"{name}/{column}", "name": f"{name}/{column}"}
    source = {"fileObject": {"@id": _file(config, split)}, "extract": {"column": column}}
    inner = kind["feature"] if kind.get("_type") == "List" else kind
    array = {"isArray": True, "arrayShape": "-1"} if kind.get("_type") == "List" else {}
    if "_type" in inner:
        yield base | _leaf(inner) | array | {"source": source}
        return
    start = "$[*]" if array else "$"
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{column}/{path.replace('.', '_')}",
            "name": f"{name}/{column}/{path.replace('.', '_')}",
            **_leaf(leaf),
            "source": source | {"transform": {"jsonPath": f"{start}.{path}"}},
        }
        for path, leaf in _leaves(inner)
    ]
    yield base | array | {"subField": parts}


def _leaves(kind: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The values within a struct; lists within it are left out."""
    for name, one in kind.items():
        if "_type" not in one:
            yield from _leaves(one, f"{before}{name}.")
        elif one["_type"] != "List":
            yield f"{before}{name}", one


def _leaf(kind: Mapping[str, Any]) -> dict[str, Any]:
    if kind["_type"] == "ClassLabel":
        names = ", ".join(f"{number} {name}" for number, name in enumerate(kind["names"]))
        return {"dataType": "sc:Integer", "description": f"A label by its number: {names}."}
    return {"dataType": _TYPES[kind["dtype"]]}
