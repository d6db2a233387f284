"""Agreement for people and machines: a report for the terminal, and JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from strife.agreement.guidance import Confusion, Pattern
from strife.agreement.measuring import Agreement
from strife.agreement.values import Value
from strife.report import one_line

TITLES = {
    "entities": "entities",
    "triggers": "triggers, identified",
    "typed_triggers": "triggers, typed",
    "arguments": "arguments of agreed triggers",
    "arg_c+": "arguments, Arg-C+",
    "events": "whole events",
    "relations": "relations",
    "attributes": "attributes",
}
MEASURES = {
    "exact": "exact",
    "overlap": "overlap",
    "iou": "IoU ≥ .5",
    "character": "character",
    "chain": "chain",
    "parts": "parts",
    "cohen": "Cohen κ, tokens",
    "fleiss": "Fleiss κ, tokens",
    "alpha": "Krippendorff α",
    "alpha_u": "α_U (1995)",
    "u_alpha": "uα (2016)",
    "bu_alpha": "|uα, bounds alone",
    "cu_alpha": "cuα, types alone",
    "observed": "same value",
    "gamma": "γ (Mathet 2015)",
}
F1 = ("exact", "overlap", "iou", "character", "chain", "parts")
SHARES = (*F1, "observed")  # told in percent
BY_DOCUMENT = (("entities", "exact"), ("typed_triggers", "exact"), ("arguments", "exact"), ("events", "parts"))
SHOWN, LOWEST, SHOWN_DOCUMENTS = 10, 3, 5


def as_json(agreement: Agreement, more: Mapping[str, Any] | None = None) -> str:
    """All of it, and what `more` has, as one JSON object; a value that is not defined is null beside its reason."""
    return json.dumps(msgspec.to_builtins(agreement) | dict(more or {}), ensure_ascii=False, indent=1)


def as_text(agreement: Agreement) -> str:
    """For a terminal: the figures over all, what is lowest, what to settle first, who drifts, the signature."""
    parts = [
        _who(agreement),
        _f1_table(agreement),
        _chance_table(agreement),
        _lowest(agreement),
        *(_matrix(confusion) for confusion in agreement.confusions.values() if confusion.labels),
        _settle(agreement.patterns),
        _drift(agreement),
        _undefined(agreement),
        "\n".join(one_line(note) for note in agreement.notes),
        f"signature: {agreement.signature}",
    ]
    return "\n\n".join(part for part in parts if part)


def told(value: Value, measure: str) -> str:
    """A value with its interval: in percent for shares, else as a coefficient."""
    if value.value is None:
        return "undefined"
    bounds = (
        "" if value.low is None or value.high is None else f" [{_one(value.low, measure)}, {_one(value.high, measure)}]"
    )
    return f"{_one(value.value, measure)}{bounds}"


def _one(number: float, measure: str) -> str:
    return f"{100 * number:.1f}" if measure in SHARES else f"{number:.3f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as needed, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    )


def _who(agreement: Agreement) -> str:
    head = f"{len(agreement.annotators)} annotators, {len(agreement.documents)} shared documents"
    columns = ("documents", "entities", "events", "arguments", "relations")
    rows = [[one_line(one.name), *(str(getattr(one, column)) for column in columns)] for one in agreement.annotators]
    return f"{head}\n\n{table([['annotator', *columns], *rows])}"


def _f1_table(agreement: Agreement) -> str:
    columns = ("exact", "overlap", "iou", "character")
    rows = [["F1 of pairs, % [95 %]", *(MEASURES[column] for column in columns)]]
    extra = []
    for layer, measures in agreement.layers.items():
        cells = [told(measures[c].overall, c) if c in measures else "" for c in columns]
        if any(cells):
            rows.append([TITLES[layer], *cells])
        extra += [
            f"{TITLES[layer]}, {what}: {told(measures[name].overall, name)}"
            for name, what in (
                ("parts", "agreeing parts"),
                ("chain", "filler or its chain"),
                ("observed", "same value"),
            )
            if name in measures
        ]
    return "\n".join([table(rows), "", *extra])


def _chance_table(agreement: Agreement) -> str:
    layers = [layer for layer in ("entities", "triggers", "typed_triggers", "attributes") if agreement.layers[layer]]
    names = [n for n in MEASURES if n not in SHARES and any(n in agreement.layers[layer] for layer in layers)]
    rows = [["chance-corrected [95 %]", *(TITLES[layer] for layer in layers)]]
    for name in names:
        given = (agreement.layers[layer].get(name) for layer in layers)
        rows.append([MEASURES[name], *(told(result.overall, name) if result else "" for result in given)])
    return table(rows)


def _lowest(agreement: Agreement) -> str:
    """What agrees least, by type, pair and document."""
    lines = ["lowest first, exact F1 in % (all of it with --format json or html)"]
    for layer, measures in agreement.layers.items():
        name = "exact" if "exact" in measures else "observed"
        for what, values in (("type", measures[name].types), ("pair", measures[name].pairs)):
            if len(values) > 1:
                cells = (f"{one_line(key)} {told(value, name)}" for key, value in ranked(values)[:LOWEST])
                lines.append(f"  {TITLES[layer]}, by {what}: {', '.join(cells)}")
    columns = [(layer, name) for layer, name in BY_DOCUMENT if agreement.layers[layer][name].overall.value is not None]
    if columns:
        first = [key for key, _ in ranked(agreement.layers[columns[-1][0]][columns[-1][1]].documents)][:SHOWN_DOCUMENTS]
        rows = [["  document", *(f"{TITLES[layer]} ({MEASURES[name]})" for layer, name in columns)]]
        for doc_id in first:
            of = (agreement.layers[layer][name].documents[doc_id] for layer, name in columns)
            rows.append([f"  {one_line(doc_id)}", *(told(value, "exact") for value in of)])
        lines += ["", table(rows)]
    return "\n".join(lines)


def ranked(values: dict[str, Value]) -> list[tuple[str, Value]]:
    """Values by name, the lowest first, without those that are not defined."""
    defined = [(value.value, key, value) for key, value in values.items() if value.value is not None]
    return [(key, value) for _, key, value in sorted(defined, key=lambda entry: entry[:2])]


def _matrix(confusion: Confusion) -> str:
    """Rows and columns in one order; the columns by number."""
    labels = [*(one_line(label) for label in confusion.labels), "not marked"]
    numbers = [*(str(n) for n in range(1, len(labels))), "-"]
    rows = [["", "", *numbers]]
    for number, label, counts in zip(numbers, labels, confusion.counts, strict=True):
        rows.append([label, number, *(str(n) if n else "." for n in counts)])
    head = f"{TITLES[confusion.layer]}: rows {one_line(confusion.rows)}, columns {one_line(confusion.columns)}"
    return f"{head}\n{table(rows)}"


def _settle(patterns: Sequence[Pattern]) -> str:
    if not patterns:
        return "no disagreement"
    lines = [f"worth a rule first, by what it would add to the exact F1 of its layer ({len(patterns)} kinds in all)"]
    for number, pattern in enumerate(patterns[:SHOWN], 1):
        lines.append(
            f"{number:>3}. +{100 * pattern.gain:.1f}  {TITLES[pattern.layer]}: {one_line(pattern.question)}"
            f"  {pattern.count} times, agreed {pattern.agreed} times"
        )
        if pattern.words:
            lines.append("       often: " + ", ".join(f"{one_line(word)!r} {n}" for word, n in pattern.words))
        for example in pattern.examples[:2]:
            quote = f"{one_line(example.before)}[{one_line(example.quote)}]{one_line(example.after)}"
            said = "; ".join(f"{one_line(who)}: {one_line(what)}" for who, what in example.said.items())
            lines += [f"       {example.doc_id} {example.start}: {quote}", f"         {said}"]
    return "\n".join(lines)


def _drift(agreement: Agreement) -> str:
    drift = agreement.drift
    if drift.undefined:
        return f"who drifts: {drift.undefined}"
    lines = ["who drifts: F1 with the others less that of the others among themselves, in points"]
    rows = [["", *(TITLES[layer] for layer in drift.layers)]]
    for name in (one.name for one in agreement.annotators):
        of = [deviations[name] for deviations in drift.layers.values()]
        cells = (told(one.difference, "exact") + (" drifts" if one.drifts else "") for one in of)
        rows.append([one_line(name), *cells])
    return "\n".join([*lines, table(rows)])


def _undefined(agreement: Agreement) -> str:
    """Why measures have no value, those over all; of types and pairs only the reasons that differ are in JSON."""
    reasons: dict[str, list[str]] = {}
    for layer, measures in agreement.layers.items():
        for name, result in measures.items():
            if result.overall.undefined:
                reasons.setdefault(result.overall.undefined, []).append(f"{layer}.{name}")
    return "\n".join(_reasons(reasons.items()))


def _reasons(reasons: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
    for reason, measures in reasons:
        yield f"undefined, {reason}: {', '.join(measures)}"
