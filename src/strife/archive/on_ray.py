"""Ray Data as the engine of an archive run: the same `work` on the same units. The only file that imports ray."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from strife.archive.units import Done, Unit, work
from strife.baselines import load

SHARE = 0.5  # of a processor for each actor: two that ask for nearly a whole one on two processors starve the reader


class Worker:
    """An actor that has loaded the model once."""

    def __init__(self, model: str, out: str) -> None:
        self.model, self.out = load(Path(model)), Path(out)

    def __call__(self, row: dict[str, Any]) -> dict[str, int]:
        """Work on the unit in a row."""
        unit = Unit(row["number"], row["file"], row["first"], row["rows"], row["offset"])
        return work(unit, self.model, self.out)._asdict()


def on_ray(units: Sequence[Unit], model: Path, out: Path, workers: int) -> Iterator[Done]:
    """What became of each unit, in the order in which they end."""
    import ray

    ray.init(ignore_reinit_error=True, include_dashboard=False, log_to_driver=False)
    rows = ray.data.from_items([unit._asdict() for unit in units], override_num_blocks=len(units))
    ended = rows.map(Worker, fn_constructor_args=(str(model), str(out)), concurrency=workers, num_cpus=SHARE)
    for row in ended.iter_rows():
        yield Done(row["number"], row["documents"], row["rejected"], row["left_out"])
