"""Counting: for each metric, tp, fp, fn of every document and of every type."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from strife.scoring import join, overlap, templates
from strife.scoring.columns import Codes, Columns, Vocabulary
from strife.scoring.metrics import Counts, Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Counted(NamedTuple):
    """tp, fp, fn of each document, shape (documents, 3), and the counts of each type that occurs."""

    documents: "NDArray[np.float64]"
    types: dict[str, Counts]


def tallies(metrics: Sequence[Metric], gold: Columns, predicted: Columns, vocabulary: Vocabulary) -> dict[str, Counted]:
    """Count metrics on two sides that number their documents alike."""
    found: dict[str, Counted] = {}
    for items, same in groupby(sorted(metrics, key=lambda metric: metric.items), key=lambda metric: metric.items):
        group = list(same)
        if items == "templates":
            found |= {metric.name: _of_templates(metric, gold, predicted) for metric in group}
            continue
        found |= _of_table(group, gold, predicted, vocabulary)
    return {metric.name: found[metric.name] for metric in metrics}


def _of_table(group: Sequence[Metric], gold: Columns, predicted: Columns, vocabulary: Vocabulary) -> dict[str, Counted]:
    """The metrics of one table, those that match sets together."""
    items = group[0].items
    wanted, given = gold.tables[items], predicted.tables[items]
    documents = len(gold.doc_ids)
    codes = {metric.name: vocabulary.of(items, metric.types) or Codes() for metric in group}
    size = max(map(len, codes.values()))
    sets = [metric for metric in group if metric.match != "overlap"]
    counted = join.tally(wanted, given, sets, documents, size)
    for metric in group:
        if metric.match == "overlap":
            counted[metric.name] = overlap.tally(wanted, given, "label" in metric.parts, documents, size)
    return {name: Counted(tally.documents, _named(tally.types, codes[name])) for name, tally in counted.items()}


def _named(rows: "NDArray[np.float64]", codes: Codes) -> dict[str, Counts]:
    return {str(name): as_counts(row) for name, row in zip(codes, rows, strict=False) if row.any()}


def as_counts(row: "NDArray[np.float64]") -> Counts:
    """tp, fp, fn, as whole numbers where they are whole."""
    return Counts(*(int(one) if one.is_integer() else one for one in map(float, row)))


def _of_templates(metric: Metric, gold: Columns, predicted: Columns) -> Counted:
    import numpy as np

    count = templates.ceaf_ree if metric.match == "ceaf-strict" else templates.ceaf_rme
    documents = np.zeros((len(gold.doc_ids), 3))
    types: defaultdict[str, Counts] = defaultdict(Counts)
    for place, (wanted, given) in enumerate(zip(gold.templates, predicted.templates, strict=True)):
        for role, counts in count(wanted, given).items() if wanted or given else ():
            documents[place] += (counts.tp, counts.fp, counts.fn)
            types[role] += counts
    return Counted(documents, {role: counts for role, counts in sorted(types.items()) if counts.defined})
