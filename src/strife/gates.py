"""Gates: what annotators have to agree on before their work is used, and the waivers of it (annotation/gates.toml).

[gates]                              # the least value of a measure of `strife agree`, over a whole layer
"entities.exact" = 0.80
[types]                              # the same for each type of the layer by itself
marks = 20                           # types with fewer marks of both annotators are not judged
"typed_triggers.exact" = 0.60
[waivers]                            # a layer, a gate, or one type of either, with the reason
"relations" = "same_as is being redefined, see section 8"
"typed_triggers.exact OPERATION" = "..."
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from strife.datasheet import with_section
from strife.refusal import Refusal
from strife.stream import InputError

if TYPE_CHECKING:
    from strife.agreement import Agreement, Result, Value
    from strife.ontology import Ontology

FILE = Path("annotation") / "gates.toml"
MARKS = "marks"
SECTION = "agreement"  # of the datasheet


class GateError(Refusal, ValueError):
    """A gate is missed, or a waiver waives nothing; each line of the message is one reason."""


class Gates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least values by gate ("layer.measure"), of whole layers and of each type, and the reasons of waivers."""

    gates: dict[str, float] = {}
    types: dict[str, float] = {}
    waivers: dict[str, str] = {}


class Check(NamedTuple):
    """One gate on one value. `type` is empty for the whole layer; `reason` is that of a waiver."""

    gate: str
    type: str
    least: float
    value: "Value"
    reason: str | None = None

    @property
    def name(self) -> str:
        """The gate and the type."""
        return f"{self.gate} {self.type}".rstrip()

    @property
    def met(self) -> bool:
        """Is the value there and not below the least?"""
        return self.value.value is not None and self.value.value >= self.least


class Judged(NamedTuple):
    """What came of the gates: every check, the types that have too few marks, and the waivers that waive nothing."""

    checks: tuple[Check, ...]
    few: tuple[Check, ...]
    unused: tuple[str, ...]
    signature: str

    @property
    def missed(self) -> tuple[Check, ...]:
        """The checks that are neither met nor waived."""
        return tuple(check for check in self.checks if not check.met and check.reason is None)

    @property
    def passed(self) -> bool:
        """Is no gate missed, and no waiver unused?"""
        return not (self.missed or self.unused)


def read_gates(path: Path) -> Gates:
    """The gates in a TOML file. Raises InputError for another shape, a value outside 0 to 1, and a bare waiver."""
    expected = "[gates], [types] and [waivers] by layer and measure"
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Gates)
    except OSError as error:
        raise InputError("FIL007", path, str(error.strerror), "a readable file", "check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise InputError("FIL003", path, str(error), expected, "mend it") from error
    for name, least in [*found.gates.items(), *found.types.items()]:
        if name != MARKS and not 0 <= least <= 1:
            raise InputError("FIL003", path, f"{name} = {least}", "a value from 0 to 1", "mend it")
    bare = [name for name, reason in found.waivers.items() if not reason.strip()]
    if bare:
        raise InputError("FIL003", path, f"a waiver of {bare[0]} without a reason", "a reason", "say why")
    return found


def judge(gates: Gates, agreement: "Agreement", path: Path = FILE) -> Judged:
    """Hold the values of an agreement against the gates. A value that is not defined meets none.

    Raises InputError for a gate on what is not measured.
    """
    checks: list[Check] = []
    few: list[Check] = []
    for gate, least in gates.gates.items():
        checks.append(Check(gate, "", least, _measured(gate, agreement, path).overall))
    for gate, least in gates.types.items():
        if gate == MARKS:
            continue
        for name, value in _measured(gate, agreement, path).types.items():
            enough = value.size >= gates.types.get(MARKS, 0)
            (checks if enough else few).append(Check(gate, name, least, value))
    used: set[str] = set()
    judged = []
    for check in checks:
        covering = [name for name in gates.waivers if _covers(name, check)] if not check.met else []
        used.update(covering)
        judged.append(check._replace(reason=gates.waivers[covering[0]] if covering else None))
    return Judged(tuple(judged), tuple(few), tuple(sorted(gates.waivers.keys() - used)), agreement.signature)


def _measured(gate: str, agreement: "Agreement", path: Path) -> "Result":
    layer, _, measure = gate.rpartition(".")
    found = agreement.layers.get(layer, {}).get(measure)
    if found is None:
        known = ", ".join(f"{name}.{measure}" for name, measures in agreement.layers.items() for measure in measures)
        raise InputError("FIL003", path, f"a gate on {gate}, which is not measured", f"one of {known}", "mend it")
    return found


def _covers(waiver: str, check: Check) -> bool:
    """Does a waiver of a layer or of a gate, of all of it or of one type, cover a check?"""
    place, _, name = waiver.partition(" ")
    return place in (check.gate, check.gate.rpartition(".")[0]) and name in ("", check.type)


def measure(root: Path, ontology: "Ontology") -> Judged:
    """The gates of the project at `root`, held against the agreement of its exports. Raises InputError and what
    `strife.agreement.agree` raises."""
    from strife.agreement import agree, read_annotators

    annotators = read_annotators([root / "annotation" / "exports"], ontology)
    return judge(read_gates(root / FILE), agree(annotators, ontology), root / FILE)


def hold(root: Path, ontology: "Ontology") -> int:
    """Hold the gates of a project and return how many checks there were; 0 for a project without a file of gates.

    Raises GateError for gates that are missed and not waived, and for waivers that waive nothing.
    """
    if not (root / FILE).is_file():
        return 0
    judged = measure(root, ontology)
    do = f"annotate again, or waive it in {FILE} with a reason"
    faults = [f"gate {check.name}: {_told(check)}, expected {_least(check)}; {do}" for check in judged.missed]
    faults += [f"{FILE}: the waiver of {name} waives nothing; delete it" for name in judged.unused]
    if faults:
        raise GateError("\n".join(faults))
    return len(judged.checks)


def waivers(root: Path) -> dict[str, str]:
    """What is waived in a project, with the reasons. Raises as read_gates does."""
    return read_gates(root / FILE).waivers if (root / FILE).is_file() else {}


def as_text(judged: Judged, path: Path) -> str:
    """For a terminal: the gates of whole layers, the types in one line a gate, and one by one what is not met."""
    lines = [f"gates of {path}"]
    lines += [_line(check) for check in judged.checks if not check.type]
    for gate, checks in _typed(judged).items():
        lowest = _lowest(checks)
        lines.append(f"  {_joined(checks)}: {gate} by type, lowest {lowest.type} {_told(lowest)}, {_least(lowest)}")
        lines += [_line(check) for check in checks if not check.met]
    if judged.few:
        lines.append(f"  not judged, too few marks: {', '.join(check.name for check in judged.few)}")
    lines += [f"  unused waiver of {name}: it waives nothing; delete it" for name in judged.unused]
    verdict = "passed" if judged.passed else f"{len(judged.missed)} missed, {len(judged.unused)} waivers unused"
    return "\n".join([*lines, f"gates: {verdict}"])


def _line(check: Check) -> str:
    reason = f"; {check.reason}" if check.reason is not None and not check.met else ""
    return f"  {_state(check)}: {check.name} {_told(check)}, {_least(check)}{reason}"


def _least(check: Check) -> str:
    return f"{check.least:.3f} or more"


def _typed(judged: Judged) -> dict[str, list[Check]]:
    """The checks of single types, by gate."""
    found: dict[str, list[Check]] = {}
    for check in judged.checks:
        if check.type:
            found.setdefault(check.gate, []).append(check)
    return found


def _lowest(checks: Iterable[Check]) -> Check:
    return min(checks, key=lambda check: -1 if check.value.value is None else check.value.value)


def as_table(judged: Judged) -> dict[str, Any]:
    """The same as plain values."""
    checks = [
        {
            "gate": check.gate,
            "type": check.type,
            "least": check.least,
            **msgspec.to_builtins(check.value),
            "met": check.met,
            "waived": check.reason,
        }
        for check in judged.checks
    ]
    return {"passed": judged.passed, "checks": checks, "unused_waivers": list(judged.unused)}


def renewed(page: Path, judged: Judged) -> bytes:
    """A page with its section `agreement` renewed. Raises InputError, and SectionError where there is none."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("FIL007", page, str(error.strerror), "a readable file", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("FIL008", page, f"no UTF-8 ({error})", "UTF-8 text", "convert it first") from error
    return with_section(text, SECTION, section(judged)).encode()


def section(judged: Judged) -> str:
    """The gates and what was reached, as Markdown for the datasheet."""
    lines = ["| gate | least | reached [95 %] | |", "|---|---|---|---|"]
    whole = [check for check in judged.checks if not check.type]
    lines += [f"| {check.gate} | {check.least:.3f} | {_told(check)} | {_state(check)} |" for check in whole]
    for gate, checks in _typed(judged).items():
        low, name = _lowest(checks), f"{gate}, each of {len(checks)} types"
        lines.append(f"| {name} | {low.least:.3f} | lowest: {low.type} {_told(low)} | {_joined(checks)} |")
    waived = [check for check in judged.checks if not check.met and check.reason is not None]
    lines += ["", *(f"- waived, {check.name}: {check.reason}" for check in waived)] if waived else []
    if judged.few:
        few: dict[str, list[str]] = {}
        for check in judged.few:
            few.setdefault(check.gate, []).append(check.type)
        told = "; ".join(f"{gate}: {', '.join(names)}" for gate, names in few.items())
        lines += ["", f"Types with too few marks to be judged: {told}."]
    typed = [check for check in judged.checks if check.type]
    if typed:
        lines += [
            "",
            "<details><summary>Each type</summary>",
            "",
            "| gate | least | reached [95 %] | |",
            "|---|---|---|---|",
        ]
        lines += [f"| {check.name} | {check.least:.3f} | {_told(check)} | {_state(check)} |" for check in typed]
        lines += ["", "</details>"]
    return "\n".join([*lines, "", f"Signature: `{judged.signature}`"])


def _joined(checks: Iterable[Check]) -> str:
    states = [_state(check) for check in checks]
    return ", ".join(f"{states.count(state)} {state}" for state in ("met", "waived", "missed") if state in states)


def _state(check: Check) -> str:
    return "met" if check.met else "waived" if check.reason is not None else "missed"


def _told(check: Check) -> str:
    value = check.value
    if value.value is None:
        return f"undefined ({value.undefined})"
    bounds = "" if value.low is None or value.high is None else f" [{value.low:.3f}, {value.high:.3f}]"
    return f"{value.value:.3f}{bounds}"
