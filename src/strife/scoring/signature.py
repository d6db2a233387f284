"""Signatures: all that can change a score, in one line that can be read back.

    metric:arg_c+|match:exact|span:codepoint|dup:set|avg:micro|zd:0|docs:4|cov:1.000|data:strife-0.1.0@9797debb|split:test|v:0.1.0

Fields are `key:value`, joined by `|`, in the order of FIELDS; `metric`, `match` and `span` are left out of the
signature of a whole result, `labels` of a micro average, `resolver` where no offsets had to be found.
"""

import hashlib
import math
import re
from collections.abc import Iterable
from itertools import combinations

import msgspec

from strife.refusal import Refusal
from strife.scoring.metrics import METRICS


class SignatureError(Refusal, ValueError):
    """A signature that cannot be read, or scores that may not be compared."""


class Signature(msgspec.Struct, frozen=True):
    """How a score came about.

    `coverage` is the share of gold documents that were predicted, in thousandths rounded down; `labels` the number and
    hash of the types that a macro average runs over; `resolver` the version of what placed quoted text, 0 for given
    offsets.
    """

    data: str
    split: str
    documents: int
    coverage: float
    version: str
    metric: str = ""
    match: str = ""
    unit: str = ""
    duplicates: str = "set"
    average: str = "micro"
    labels: str = ""
    zero: str = "0"
    resolver: int = 0

    def __str__(self) -> str:
        return "|".join(f"{key}:{text}" for key, name in FIELDS.items() if (text := _text(name, getattr(self, name))))

    def of(self, metric: str) -> "Signature":
        """The signature of one metric's micro average."""
        chosen = METRICS[metric]
        return msgspec.structs.replace(self, metric=metric, match=chosen.match, unit=chosen.unit)

    def macro(self, labels: Iterable[str]) -> "Signature":
        """The signature of the macro average over these labels."""
        names = sorted(set(labels))
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]
        return msgspec.structs.replace(self, average="macro", labels=f"{len(names)}@{digest}")


FIELDS = {
    "metric": "metric",
    "match": "match",
    "span": "unit",
    "dup": "duplicates",
    "avg": "average",
    "labels": "labels",
    "zd": "zero",
    "docs": "documents",
    "cov": "coverage",
    "data": "data",
    "split": "split",
    "resolver": "resolver",
    "v": "version",
}
_NEEDED = ("dup", "avg", "zd", "docs", "cov", "data", "split", "v")
_NUMBERS = {"documents": int, "resolver": int, "coverage": float}
_MAY_DIFFER = ("coverage", "resolver")
_FORBIDDEN = re.compile(r"[|\s]")


def _text(name: str, value: str | int | float) -> str:
    if name == "coverage":
        return f"{value:.3f}"
    return "" if name == "resolver" and not value else str(value)


def signature(data: str, split: str, documents: int, missing: int, resolver: int = 0) -> Signature:
    """The signature of a result of this version of strife. Raises SignatureError for names that cannot stand in one."""
    from importlib.metadata import version  # slow to import

    check_names(data, split)
    coverage = math.floor(1000 * (documents - missing) / documents) / 1000 if documents else 1.0
    return Signature(data, split, documents, coverage, version("strife"), resolver=resolver)


def check_names(data: str, split: str) -> None:
    """Raise SignatureError for names that cannot stand in a signature."""
    for name, value in (("data", data), ("split", split)):
        if not value or _FORBIDDEN.search(value):
            raise SignatureError(f"{name} {value!r}: expected a name without blanks and '|'; give another")


def parse(text: str) -> Signature:
    """Read a signature back, also those of earlier versions. Raises SignatureError."""
    fields: dict[str, str] = {}
    for part in text.split("|"):
        key, colon, value = part.partition(":")
        if key not in FIELDS or not colon or not value or key in fields:
            raise SignatureError(f"signature {text!r}: {part!r} is no field of one; expected {', '.join(FIELDS)}")
        fields[key] = value
    if missing := [key for key in _NEEDED if key not in fields]:
        raise SignatureError(f"signature {text!r}: no {', '.join(missing)}; give the whole line")
    values = {FIELDS[key]: value for key, value in fields.items()}
    try:
        return Signature(**{name: _NUMBERS[name](v) if name in _NUMBERS else v for name, v in values.items()})  # type: ignore[arg-type]
    except ValueError as error:
        raise SignatureError(
            f"signature {text!r}: {error}; docs and resolver are whole numbers, cov a share"
        ) from error


def differences(first: Signature, second: Signature) -> tuple[str, ...]:
    """The fields that forbid to compare two scores; empty when they may be compared.

    Coverage never forbids: what was not predicted is missed in the same gold. Given offsets may be compared with placed
    ones, but not what two versions of the resolver placed.
    """
    differ = [
        key for key, name in FIELDS.items() if name not in _MAY_DIFFER and getattr(first, name) != getattr(second, name)
    ]
    if first.resolver and second.resolver and first.resolver != second.resolver:
        differ.append("resolver")
    return tuple(differ)


def require_comparable(signatures: Iterable[Signature]) -> None:
    """Raise SignatureError, naming the fields, unless every two of the signatures may be compared."""
    for first, second in combinations(dict.fromkeys(signatures), 2):
        if fields := differences(first, second):
            raise SignatureError(
                f"scores that may not be ranked together differ in {', '.join(fields)}:\n  {first}\n  {second}\n"
                "score all predictions again, on the same gold and with one version of strife"
            )
