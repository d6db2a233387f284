"""Agreement gates: what the passes have to agree on before a release, and the waivers of it (annotation/gates.toml).

[gates]
"entities.exact" = 0.80            # the least agreement, by layer and measure
[waivers]
"relations.exact" = "why a release goes out all the same"
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import msgspec

from strife.labelstudio.export import read_export
from strife.model import Document
from strife.ontology import Ontology
from strife.refusal import Refusal
from strife.scoring.score import score

FILE = Path("annotation") / "gates.toml"
# Layer and measure, and the metric that measures it: exact match between two passes, as F1.
MEASURES = {
    "entities.exact": "ent",
    "triggers.exact": "tri_i",
    "typed_triggers.exact": "tri_c",
    "arg_c+.exact": "arg_c+",
    "relations.exact": "rel",
}


class GateError(Refusal, ValueError):
    """A gate is missed, or the gates cannot be used; each line of the message is one reason."""


class Gate(NamedTuple):
    """The least agreement on a layer, by a measure; the reason, if it is waived."""

    name: str
    least: float
    reason: str | None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gates: dict[str, float] = {}
    waivers: dict[str, str] = {}


def read_gates(root: Path) -> tuple[Gate, ...]:
    """The gates of a project; none when it has no file of them. Raises GateError."""
    path = root / FILE
    if not path.is_file():
        return ()
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise GateError(f"{path}: {error}; expected [gates] and [waivers] by layer and measure; mend it") from error
    known = ", ".join(MEASURES)
    faults = [f"{path}: unknown gate {name}; expected one of {known}" for name in table.gates.keys() - MEASURES]
    for name, reason in table.waivers.items():
        if name not in table.gates:
            faults.append(f"{path}: a waiver of {name}, which is no gate; delete it")
        elif not reason.strip():
            faults.append(f"{path}: a waiver of {name} without a reason; say why")
    if faults:
        raise GateError("\n".join(sorted(faults)))
    return tuple(Gate(name, least, table.waivers.get(name)) for name, least in sorted(table.gates.items()))


def agreement(exports: Iterable[Path], ontology: Ontology) -> dict[str, float]:
    """F1 between the passes for each measure: over all pairs of annotators and the documents that both have."""
    passes: dict[str, dict[str, Document]] = defaultdict(dict)
    for path in exports:
        for task in read_export(path, ontology):
            for version in task.versions:
                if version.state == "submitted":
                    passes[str(version.origin.annotator)][version.document.doc_id] = version.document
    pairs = []
    for first, second in combinations(passes.values(), 2):
        both = sorted(first.keys() & second.keys())
        if both:
            pairs.append(score([first[id] for id in both], [second[id] for id in both]).counts)
    found = {}
    for name, metric in MEASURES.items():
        tp, fp, fn = (sum(getattr(counts[metric], part) for counts in pairs) for part in ("tp", "fp", "fn"))
        found[name] = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return found


def check_gates(gates: Iterable[Gate], measured: Mapping[str, float]) -> None:
    """Raise GateError for gates that are missed and not waived, and for waivers that are not needed."""
    faults = []
    for name, least, reason in gates:
        value = measured[name]
        if value < least and reason is None:
            do = f"annotate again, or waive it in {FILE} with a reason"
            faults.append(f"gate {name}: {value:.3f}, expected {least:.3f} or more; {do}")
        if value >= least and reason is not None:
            faults.append(f"gate {name}: waived, but it is met ({value:.3f}, {least:.3f} is enough); delete the waiver")
    if faults:
        raise GateError("\n".join(faults))
