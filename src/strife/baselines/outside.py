"""What baselines share that bring their knowledge from outside: weights that others made, or an endpoint.

Their settings come as strings (`strife train --set name=value`) and become a typed value here. Weights are read from
safetensors alone: the older files of the same libraries are pickles, which run code.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from strife.model import Document
from strife.refusal import Refusal
from strife.scoring.metrics import Counts, count

LEFT_OUT = "left_out"  # under meta of a predicted document: what a system said that could not be used
CHECKPOINT, INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_SURROGATES = re.compile("[\ud800-\udfff]")
_POINTER = b"version https://git-lfs"

Value = TypeVar("Value")


class OutsideError(Refusal, ValueError):
    """Weights, an endpoint or their settings cannot be used; the message says why and what to do."""


class NoPrediction(Refusal, RuntimeError):
    """One document has no prediction; others may have, and it may have one when it is tried again."""


def settings(kind: type[Value], given: Mapping[str, str]) -> Value:
    """The settings of an extra, from strings; what begins with a brace is JSON. Raises OutsideError."""
    known = ", ".join(map(_told, msgspec.structs.fields(kind)))  # type: ignore[arg-type]
    try:
        values = {name: json.loads(value) if value.startswith("{") else value for name, value in given.items()}
        return msgspec.convert(values, kind, strict=False)
    except ValueError as error:
        raise OutsideError(f"--set: {error}; known settings: {known}") from error


def _told(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return field.name
    made = field.default_factory
    return f"{field.name}={field.default if made is msgspec.NODEFAULT else made()}"


def weights_folder(folder: Path | None, config: str) -> Path:
    """The folder, if it has a configuration and whole safetensors files. Raises OutsideError when it has not."""
    if folder is None:
        raise OutsideError("no weights; give the folder that they lie in with --weights")
    if not folder.is_dir():
        raise OutsideError(f"{folder}: no folder; expected one with {config} and {CHECKPOINT}; check the path")
    if not (folder / config).is_file():
        raise OutsideError(f"{folder}: no {config}; expected the folder as it was downloaded; download it again")
    files = _safetensors(folder)
    if not files:
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix in _PICKLES)
        found = f"only {', '.join(pickles)}, which may run code when read" if pickles else "no weights"
        do = "convert them with the library they come from" if pickles else "download them"
        raise OutsideError(f"{folder}: {found}; expected {CHECKPOINT}; {do}")
    for file in files:
        _check(file)
    return folder


def _safetensors(folder: Path) -> list[Path]:
    """The one file, or those that an index names."""
    if (folder / CHECKPOINT).is_file() or not (folder / INDEX).is_file():
        return [p for p in [folder / CHECKPOINT] if p.is_file()]
    try:
        names = sorted(set(json.loads((folder / INDEX).read_bytes())["weight_map"].values()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OutsideError(f"{folder / INDEX}: no index of weights ({error}); download it again") from error
    return [folder / str(name) for name in names]


def _check(file: Path) -> None:
    """Is the file as long as its header says? (A header's length, the header with each tensor's place, the tensors.)"""
    try:
        with file.open("rb") as stream:
            begin = stream.read(8)
            length = int.from_bytes(begin, "little")
            found = file.stat().st_size
            if begin + stream.read(len(_POINTER) - 8) == _POINTER:
                raise ValueError("a pointer of Git LFS, not the file")
            stream.seek(8)
            header = json.loads(stream.read(length)) if length < found else {}
            places = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
        if not places or found != 8 + length + max(places):
            raise ValueError(f"it has {found} bytes, which is not what its header says")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OutsideError(f"{file}: no whole safetensors file ({error}); download it again") from error


def best(
    values: Iterable[float],
    documents: Sequence[Document],
    metric: str,
    predict: Callable[[Document, float], Document],
    otherwise: float,
) -> float:
    """The value with the best F1 on documents, of equal ones that next to `otherwise`; that without documents."""
    if not documents:
        return otherwise

    def merit(value: float) -> tuple[float, float]:
        counts: Iterable[Counts] = (count(metric, document, predict(document, value)) for document in documents)
        return sum(counts, Counts()).f1, -abs(value - otherwise)

    return max(values, key=merit)


def readable(text: str) -> str:
    """The text with each half of a broken pair of surrogates replaced by one other character: tokenizers refuse it."""
    return _SURROGATES.sub("\ufffd", text)


def as_json(value: Any) -> bytes:
    """A value as the JSON of a model folder: readable, the same bytes for the same value."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=1).encode() + b"\n"
