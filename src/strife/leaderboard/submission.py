"""A submission: a folder with `submission.toml` and predictions as JSON Lines, one file a run.

system = "linear"                          the folder's name
authors = ["A. Author"]
link = "https://example.org/paper"         paper, code or model; or a path in this repository
description = "One sentence."
training_data = ["strife-0.1.0 train"]     everything it learned from
dataset = "strife-0.1.0"                   what it predicts
split = "test"
parameters = 110000000                     how many were trained; left out when unknown
[[runs]]                                   one for each seed
seed = 1
predictions = "seed-1.jsonl.gz"
[settings]                                 whatever helps to repeat it
learning_rate = 3e-5
"""

import json
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from strife.store import write_whole
from strife.stream import InputError

FILE = "submission.toml"
SEVERAL = 100  # runs of one system at the most


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The predictions of one seed; a system without chance has one run and no seed."""

    predictions: str
    seed: int | None = None


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What `submission.toml` says."""

    system: str
    authors: list[str]
    link: str
    description: str
    training_data: list[str]
    dataset: str
    split: str
    runs: list[Run]
    parameters: int | None = None
    quotes: bool = False
    settings: dict[str, str | int | float | bool] = {}


def read_submission(folder: Path) -> Submission:
    """What a folder's submission.toml says. Raises InputError; `check` tells every fault."""
    table = read_table(folder)
    try:
        return msgspec.convert(table, Submission)
    except msgspec.ValidationError as error:
        raise InputError(
            "SUB102", folder / FILE, str(error), "the fields of docs/leaderboard.md", f"strife submit --check {folder}"
        ) from error


def read_table(folder: Path) -> dict[str, Any]:
    """The TOML of a submission as it stands. Raises InputError."""
    path = folder / FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        found = str(error.strerror)
        raise InputError("SUB101", path, found, "a readable file", f"strife submit {folder} makes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("SUB101", path, f"no TOML ({error})", "TOML in UTF-8", "mend the line") from error


def as_toml(submission: Submission) -> str:
    """The text of a submission.toml."""

    def value(given: Any) -> str:
        # JSON's strings, numbers, booleans and arrays of them are TOML's too
        return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")

    lines = []
    for name in ("system", "authors", "link", "description", "training_data", "dataset", "split", "parameters"):
        given = getattr(submission, name)
        if given is not None:
            lines.append(f"{name} = {value(given)}")
    if submission.quotes:
        lines.append("quotes = true")
    for run in submission.runs:
        lines += ["", "[[runs]]", *([f"seed = {run.seed}"] if run.seed is not None else [])]
        lines.append(f"predictions = {value(run.predictions)}")
    if submission.settings:
        lines += ["", "[settings]"]
        for name, one in submission.settings.items():
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", name)
            lines.append(f"{name if bare else value(name)} = {value(one)}")
    return "\n".join(lines) + "\n"


def begin(folder: Path, dataset: str, split: str) -> Path:
    """Write a submission.toml to be filled in. Raises InputError when there is one, OutputError."""
    path = folder / FILE
    if path.exists():
        raise InputError("SUB101", path, "already there", "a new folder", f"strife submit --check {folder}")
    write_whole(
        {path: _TEMPLATE.format(system=json.dumps(folder.resolve().name), dataset=dataset, split=split).encode()}
    )
    return path


_TEMPLATE = """\
# Fill in, put the predictions beside this file, then: strife submit --check FOLDER
system = {system}
authors = []                  # names, as they shall stand on the leaderboard
link = ""                     # https address of the paper, the code or the model
description = ""              # one sentence: what kind of system it is
training_data = []            # everything it learned from, such as "{dataset} train"
dataset = "{dataset}"
split = "{split}"
# parameters = 110000000      # how many were trained; leave it out when unknown
# quotes = true               # the predictions quote words and have no offsets: strife finds them

# One [[runs]] for each seed; a system without chance has one, without a seed.
[[runs]]
# seed = 1
predictions = "predictions.jsonl"   # documents with entities and events; .jsonl.gz too

# [settings]                  # whatever helps to repeat it
# learning_rate = 3e-5
"""


def inside(name: str) -> bool:
    """Is this a file name within the folder, on any system?"""
    parts = PurePosixPath(name).parts
    return bool(parts) and not any(part in ("..", "/") or "\\" in part or ":" in part for part in parts)
