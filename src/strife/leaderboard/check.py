"""The check of a submission: every fault at once, each with what to do. Nothing of gold is needed but its texts.

The texts are known by their hashes (corpus/MANIFEST.json), so the check works where the labels are withheld too.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from strife.build import split_members
from strife.finding import Finding, Origin, Report, Severity
from strife.leaderboard.submission import FILE, SEVERAL, Run, Submission, inside, read_table
from strife.model import Document, decode, text_hash
from strife.ontology import Ontology
from strife.quote import quoted
from strife.refusal import Refusal
from strife.scoring.metrics import spans_by_id
from strife.scoring.resolve import Answer, resolve
from strife.stream import InputError, json_lines

# Code, severity, what has to hold. Codes are never used again.
CODES: dict[str, tuple[Severity, str]] = {
    "SUB101": ("error", "the folder holds a submission.toml in TOML"),
    "SUB102": ("error", "each field is there, is known, and has the right type"),
    "SUB103": ("error", "`system` is the folder's name: lower-case letters, digits, `-`, `.` and `_`"),
    "SUB104": ("error", "`authors`, `description` and `training_data` say something"),
    "SUB105": ("error", "`link` is an https address, or a file of this repository"),
    "SUB106": ("error", "`dataset` is the board's release or an earlier one of its major version, `split` the board's"),
    "SUB107": ("error", "every run has predictions of its own, and a seed of its own where there are several"),
    "SUB108": ("error", "each predictions file lies in the folder and can be read"),
    "SUB109": ("warning", "nothing else lies in the folder"),
    "SUB201": ("error", "every line is a document"),
    "SUB202": ("error", "no document comes twice"),
    "SUB203": ("error", "every document of the split is predicted"),
    "SUB204": ("error", "no document of another split is predicted"),
    "SUB205": ("error", "the text is that of the dataset"),
    "SUB206": ("error", "every span lies inside the text"),
    "SUB207": ("error", "ids are unique in a document, and arrows point at something"),
    "SUB208": ("error", "labels, types and roles are those of the ontology"),
    "SUB209": ("warning", "something is predicted"),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHOWN = 20  # faults of one code in one file


class Board(NamedTuple):
    """What a board ranks: `dataset` (name-version), the split, and the hash of each of its texts by doc_id."""

    dataset: str
    split: str
    texts: dict[str, str]


class BoardError(Refusal, ValueError):
    """The project has no board, or the board cannot be made; the message says why and what to do."""


def board_of(root: Path, split: str = "test") -> Board:
    """The board of the project at `root`. Raises BoardError or GoldError when it was never built."""
    path = root / "corpus" / "MANIFEST.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        texts, dataset = manifest["texts"], f"{manifest['name']}-{manifest['version']}"
    except (OSError, ValueError, LookupError, TypeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise BoardError(f"{path}: {found}; expected the manifest of `strife build`; give --root") from error
    members = split_members(root / "corpus" / "splits" / f"{split}.txt")
    unknown = [doc_id for doc_id in members if doc_id not in texts]
    if unknown:
        raise BoardError(f"{path}: {', '.join(unknown)} of {split} is not in it; run `strife build`")
    return Board(dataset, split, {doc_id: texts[doc_id] for doc_id in members})


def check(folder: Path, board: Board, root: Path, ontology: Ontology) -> Report:
    """Everything that is wrong with a submission."""
    found = _Found(folder)
    try:
        table = read_table(folder)
    except InputError as error:
        found.add("SUB101", str(error), "submission.toml", "`strife submit FOLDER` makes one to be filled in")
        return found.report(0)
    fields = dict(_fields(table, found))
    _check_fields(fields, folder, board, root, found)
    runs: list[Run] = fields.get("runs", [])
    _check_runs(runs, found)
    known = {FILE, *(run.predictions for run in runs)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in known and not name.startswith("."):
            found.add(
                "SUB109", f"{name} is no predictions file of a run", "nothing else", "remove it, or name it in a run"
            )
    documents = 0
    for name in dict.fromkeys(run.predictions for run in runs if inside(run.predictions)):
        documents += _check_predictions(folder / name, fields.get("quotes", False), board, ontology, found)
    return found.report(documents)


class _Found:
    """The findings so far; of each code in a file only the first ones are kept, and the rest counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system = folder.resolve().name
        self.findings: list[Finding] = []
        self.more: Counter[tuple[str, str]] = Counter()

    def add(self, code: str, found: str, expected: str, do: str, **place: Any) -> None:
        """One finding, in submission.toml unless `origin` says otherwise."""
        origin = place.pop("origin", None) or Origin(file=str(self.folder / FILE))
        self.more[origin.file, code] += 1
        if self.more[origin.file, code] <= _SHOWN:
            doc_id = place.pop("doc_id", self.system)
            self.findings.append(Finding(code, CODES[code][0], doc_id, found, expected, do, origin=origin, **place))

    def report(self, documents: int) -> Report:
        """All findings, with a last one for each code of which there were more."""
        for (file, code), number in self.more.items():
            if number > _SHOWN:
                found = f"{number - _SHOWN} more of this kind are not shown"
                origin = Origin(file=file)
                self.findings.append(
                    Finding(code, CODES[code][0], self.system, found, CODES[code][1], "mend these first", origin=origin)
                )
        return Report(tuple(self.findings), documents)


def _fields(table: dict[str, Any], found: _Found) -> Iterator[tuple[str, Any]]:
    """The fields that can be used; a fault for each that is missing, unknown or of another type."""
    fields = {field.name: field for field in msgspec.structs.fields(Submission)}
    for name in table:
        if name not in fields:
            found.add(
                "SUB102", f"unknown field {name}", f"one of {', '.join(fields)}", "remove it, or put it into [settings]"
            )
    for name, field in fields.items():
        if name not in table:
            if field.required:
                found.add("SUB102", f"no {name}", "every field of docs/leaderboard.md", f"add {name}")
            continue
        try:
            yield name, msgspec.convert(table[name], field.type)
        except msgspec.ValidationError as error:
            found.add("SUB102", f"{name}: {error}", "the type that docs/leaderboard.md shows", f"mend {name}")


def _check_fields(fields: dict[str, Any], folder: Path, board: Board, root: Path, found: _Found) -> None:
    system = fields.get("system")
    if system is not None and (system != found.system or not _NAME.fullmatch(system)):
        do = "rename one of them; lower-case letters, digits, - . _"
        found.add("SUB103", f"system {system!r} in the folder {found.system!r}", "the same name", do)
    for name in ("authors", "training_data", "description"):
        given = fields.get(name)
        parts = [given] if isinstance(given, str) else given
        if parts is not None and not (parts and all(part.strip() for part in parts)):
            found.add("SUB104", f"{name} is empty", "something to read", f"fill in {name}")
    if (link := fields.get("link")) is not None and not _usable(link, root):
        found.add("SUB105", f"link {link!r}", "https://… or the path of a file in this repository", "give the address")
    for name, wanted in (("dataset", board.dataset), ("split", board.split)):
        if fields.get(name, wanted) != wanted and not (name == "dataset" and _earlier(fields[name], wanted)):
            found.add("SUB106", f"{name} {fields[name]!r}", repr(wanted), f"predict {wanted}, or check out its release")
    if (fields.get("parameters") or 0) < 0:
        found.add("SUB102", f"parameters {fields['parameters']}", "a number from 0 on", "leave it out when unknown")


def _earlier(dataset: str, board: str) -> bool:
    """Is it an earlier release under the same major version? Its test split was the same, which the texts prove."""
    pattern = re.compile(r"(.+)-(\d+)\.(\d+)\.(\d+)")
    given, wanted = pattern.fullmatch(dataset), pattern.fullmatch(board)
    if given is None or wanted is None:
        return False
    versions = [tuple(map(int, found.groups()[1:])) for found in (given, wanted)]
    return given[1] == wanted[1] and versions[0][0] == versions[1][0] and versions[0] <= versions[1]


def _usable(link: str, root: Path) -> bool:
    if re.fullmatch(r"https://[^\s/]+\.[^\s/]+(/\S*)?", link):
        return True
    return inside(link) and (root / link).exists()


def _check_runs(runs: list[Run], found: _Found) -> None:
    do = "one [[runs]] for each seed, each with its own file and seed"
    if not 0 < len(runs) <= SEVERAL:
        found.add("SUB107", f"{len(runs)} runs", f"1 to {SEVERAL}", do)
    for what, values in (("seed", [run.seed for run in runs]), ("predictions", [run.predictions for run in runs])):
        for value, times in Counter(values).items():
            if times > 1:
                said = f"no {what}" if value is None else f"{what} {value}"
                found.add("SUB107", f"{said} in {times} runs", f"another {what} in each", do)
    for run in runs:
        if not inside(run.predictions):
            expected = "a file in the folder, such as predictions.jsonl"
            found.add("SUB108", f"predictions {run.predictions!r}", expected, "put the file into the folder")


def _check_predictions(path: Path, quotes: bool, board: Board, ontology: Ontology, found: _Found) -> int:
    """Check one file; the number of documents it holds."""
    origin = Origin(file=str(path))
    if path.is_symlink():
        found.add(
            "SUB108", "a symbolic link", "a file of its own", "put the file itself into the folder", origin=origin
        )
        return 0
    lines: Counter[str] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    items = 0
    try:
        for number, line in json_lines(path):
            origin = Origin(file=str(path), line=number)
            try:
                document = _quoted(line) if quotes else decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                expected = "one answer a line, in words" if quotes else "one document a line, with offsets"
                found.add("SUB201", str(error), expected, "mend the line", origin=origin)
                continue
            lines[document.doc_id] += 1
            _check_document(document, lines[document.doc_id], quotes, board, found, origin)
            unknown.update(_unknown(document, ontology))
            items += len(document.entities) + len(document.events)
    except InputError as error:
        found.add("SUB108", str(error), "JSON Lines, gzip'd or not", "write the file again", origin=origin)
        return 0
    origin = Origin(file=str(path))
    for doc_id in sorted(set(board.texts) - set(lines)):
        do = "predict it; where nothing is found, a document with empty lists"
        found.add("SUB203", "not predicted", f"every document of {board.split}", do, origin=origin, doc_id=doc_id)
    for (what, name), times in sorted(unknown.items()):
        do = "map your labels to those of `strife ontology types`"
        found.add("SUB208", f"{what} {name!r}, {times} times", f"one of {ontology.name}'s", do, origin=origin)
    if lines and not items:
        found.add(
            "SUB209", "no mention and no event in any document", "predictions", "look at your system", origin=origin
        )
    return len(lines)


def _quoted(line: bytes) -> Document:
    """An answer without offsets as a document in which nothing is placed."""
    return resolve([msgspec.json.decode(line, type=Answer)], {}).documents[0]


def _check_document(document: Document, times: int, quotes: bool, board: Board, found: _Found, origin: Origin) -> None:
    def add(code: str, said: str, expected: str, do: str, **place: Any) -> None:
        found.add(code, said, expected, do, origin=origin, doc_id=document.doc_id, **place)

    if times > 1:
        add("SUB202", f"comes for the {times}. time", "each document once", "keep one")
    if document.doc_id not in board.texts:
        add("SUB204", f"no document of {board.split}", f"those of corpus/splits/{board.split}.txt", "remove it")
    elif not quotes and text_hash(document.text) != board.texts[document.doc_id]:
        add(
            "SUB205",
            "the text differs from the dataset's",
            "the text untouched",
            "predict on `text` as load_dataset gives it",
        )
    for name, start, end in () if quotes else _spans(document):
        if not 0 <= start < end <= len(document.text):
            place = quoted(document.text, start, end)._asdict()
            do = "offsets are half-open code points: text[start:end] is the surface"
            add(
                "SUB206",
                f"{name} [{start}:{end}]",
                f"0 <= start < end <= {len(document.text)}",
                do,
                start=start,
                end=end,
                **place,
            )
    for said in _loose_ends(document):
        add("SUB207", said, "ids that are there, each once", "give each item an id of its own and point at those")


def _spans(document: Document) -> Iterator[tuple[str, int, int]]:
    for item in document.items:
        yield f"{item.label} {item.id}", *item.span
    for event in document.events:
        for argument in event.arguments:
            if argument.target is None and argument.start is not None and argument.end is not None:
                yield f"{argument.role} of {event.id}", argument.start, argument.end


def _loose_ends(document: Document) -> Iterator[str]:
    spans = spans_by_id(document)
    for item, times in Counter(item.id for item in document.items).items():
        if times > 1:
            yield f"the id {item} is used {times} times"
    for event in document.events:
        for argument in event.arguments:
            bare = argument.start is None or argument.end is None
            if argument.target is None and bare:
                yield f"{argument.role} of {event.id} has neither entity_id, event_id nor start and end"
            elif argument.target is not None and argument.target not in spans:
                yield f"{argument.role} of {event.id} points at {argument.target}, which is not there"
    for relation in document.relations:
        for end in (relation.head, relation.tail):
            if end not in spans:
                yield f"relation {relation.label} points at {end}, which is not there"


def _unknown(document: Document, ontology: Ontology) -> Iterable[tuple[str, str]]:
    roles = set(ontology.role_names)
    # the resolver gives no label to what only a relation quotes
    yield from (("label", e.label) for e in document.entities if e.label and e.label not in ontology.entity_types)
    for event in document.events:
        if event.type not in ontology.event_types:
            yield "event type", event.type
        yield from (("role", a.role) for a in event.arguments if a.role not in roles)
    yield from (("relation", r.label or "") for r in document.relations if r.label not in ontology.relations)
