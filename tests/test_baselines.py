"""Baselines: trained once on the train split, stored and loaded, refused when unusable."""

import io
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strife import baselines
from strife.baselines import NAMES, Baseline, ModelError
from strife.baselines.pieces import flat, spans_of, split, tags
from strife.model import Argument, AttributeValue, Document, Entity, Event, Trigger, encode
from strife.ontology import Ontology
from strife.scoring.score import score
from strife.store import read_documents, write_whole
from tests.conftest import ROOT

SENTENCE = "Police said that rebels killed two villagers in Talmar on Friday."
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
EMOJI = f"\U0001f600 Polic\u0301e said\u00a0that rebels\r\nkilled {FAMILY} in Kabul \U0001f4a5. \U0001d54f!"


@pytest.fixture(scope="module")
def committed() -> dict[str, list[Document]]:
    documents = {document.doc_id: document for document in read_documents(ROOT / "corpus" / "gold.jsonl")}
    members = {
        name: (ROOT / "corpus" / "splits" / f"{name}.txt").read_text(encoding="utf-8").split()
        for name in ("train", "validation", "test")
    }
    return {name: [documents[one] for one in names if one in documents] for name, names in members.items()}


def seen(committed: dict[str, list[Document]]) -> list[Document]:
    """The documents of train that the models of these tests have seen, the same however the corpus grows."""
    return [document for document in committed["train"] if document.doc_id.startswith(("in-2016-11", "iq-2021-01-21"))]


@pytest.fixture(scope="module")
def models(committed: dict[str, list[Document]], ontology: Ontology) -> dict[str, Baseline]:
    """All baselines, trained once on a part of the train split (the benchmark run takes all of it)."""
    return {name: baselines.train(name, seen(committed), [], ontology) for name in NAMES}


@pytest.fixture(scope="module")
def folders(models: dict[str, Baseline], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    for name, model in models.items():
        write_whole({root / name / file: content for file, content in model.files().items()})
    return {name: root / name for name in models}


@pytest.fixture
def model_folder(tmp_path: Path, models: dict[str, Baseline]) -> Callable[..., Path]:
    """A stored linear model in which some files are replaced."""

    def make(**changed: bytes | None) -> Path:
        contents = {**models["linear"].files(), **{name.replace("_", "."): c for name, c in changed.items()}}
        write_whole({tmp_path / name: content for name, content in contents.items() if content is not None})
        return tmp_path

    return make


def usable(document: Document) -> bool:
    """Do all spans lie in the text, and do all arguments point at something else that was found?"""
    ids = [item.id for item in document.items]
    return (
        len(set(ids)) == len(ids)
        and all(0 <= item.span[0] < item.span[1] <= len(document.text) for item in document.items)
        and all(a.target in ids and a.target != event.id for event in document.events for a in event.arguments)
    )


@pytest.mark.parametrize("name", NAMES)
def test_loaded_model_predicts_the_same(
    name: str, models: dict[str, Baseline], folders: dict[str, Path], committed: dict[str, list[Document]]
) -> None:
    loaded = baselines.load(folders[name])
    assert loaded.name == name
    assert [loaded.predict(d) for d in committed["test"]] == [models[name].predict(d) for d in committed["test"]]
    assert loaded.files() == models[name].files()


@pytest.mark.parametrize("name", NAMES)
def test_predictions_on_test_are_usable_and_score(
    name: str, models: dict[str, Baseline], committed: dict[str, list[Document]], ontology: Ontology
) -> None:
    predicted = [models[name].predict(document) for document in committed["test"]]
    assert all(map(usable, predicted))
    assert {e.label for d in predicted for e in d.entities} <= set(ontology.entity_types)
    assert {e.type for d in predicted for e in d.events} <= set(ontology.event_types)
    scores = score(committed["test"], predicted).counts
    assert min(scores[metric].f1 for metric in ("ent", "tri_c", "arg_c+")) > 0


def test_linear_draws_only_arguments_that_the_ontology_allows(
    models: dict[str, Baseline], committed: dict[str, list[Document]], ontology: Ontology
) -> None:
    for document in map(models["linear"].predict, committed["test"]):
        labels = {item.id: item.label for item in document.items}
        for event in document.events:
            for argument in event.arguments:
                kinds = ontology.event_types[event.type].arguments[argument.role].types
                assert labels[argument.target or ""] in kinds or (argument.event_id and "@EVENT" in kinds)


@pytest.mark.parametrize("name", NAMES)
def test_earlier_annotation_is_not_looked_at(
    name: str, models: dict[str, Baseline], committed: dict[str, list[Document]]
) -> None:
    document = committed["test"][0]
    bare = msgspec.structs.replace(document, entities=(), events=(), relations=(), chains=(), annotators=())
    predicted = models[name].predict(document)
    assert predicted == models[name].predict(bare)
    assert (predicted.zones, predicted.meta, predicted.chains) == (document.zones, document.meta, ())


@pytest.mark.parametrize("name", NAMES)
def test_training_twice_gives_the_same_predictions(
    name: str, committed: dict[str, list[Document]], raid: Document, ontology: Ontology
) -> None:
    first, second = (baselines.train(name, committed["validation"][:1], [raid], ontology) for _ in range(2))
    assert first.files().keys() == second.files().keys()
    assert first.files()["model.json"] == second.files()["model.json"]
    assert list(map(first.predict, committed["test"])) == list(map(second.predict, committed["test"]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", " \r\n\u00a0", ".", "a", "\u200b", EMOJI, "\x00\x1f\ufeff", "KILLED " * 30])
def test_any_text_can_be_predicted(name: str, text: str, models: dict[str, Baseline]) -> None:
    predicted = models[name].predict(Document("d", text))
    assert predicted.text == text
    assert usable(predicted)


@pytest.mark.parametrize("name", NAMES)
def test_offsets_after_astral_and_combining_characters_and_crlf_are_code_points(
    name: str, models: dict[str, Baseline]
) -> None:
    before = "\U0001f600 e\u0301 \U0001d54f.\r\n"
    plain = models[name].predict(Document("d", SENTENCE))
    moved = models[name].predict(Document("d", before + SENTENCE))
    assert plain.items
    assert {(e.span[0] + len(before), e.span[1] + len(before), e.label) for e in plain.items} <= {
        (*e.span, e.label) for e in moved.items
    }


@pytest.mark.parametrize("name", NAMES)
def test_fifty_thousand_words_are_the_sum_of_their_sentences(name: str, raid: Document, ontology: Ontology) -> None:
    model = baselines.train(name, [raid], [], ontology)
    one = model.predict(Document("d", raid.text))
    times = 50_000 // len(raid.text.split())
    many = model.predict(Document("d", " ".join([raid.text] * times)))
    assert len(many.entities) == times * len(one.entities) > 0
    assert sum(len(e.arguments) for e in many.events) == times * sum(len(e.arguments) for e in one.events) > 0
    assert many.entities[-1].end == len(many.text) - 1


@pytest.mark.parametrize("name", NAMES)
def test_sentence_of_five_thousand_words(name: str, models: dict[str, Baseline]) -> None:
    assert usable(models[name].predict(Document("d", "word " * 5_000)))


def trained_on(text: str, mentions: list[tuple[str, str]], events: list[tuple[str, str, dict[str, int]]]) -> Document:
    """Mentions m0, m1, ... and events by surface; an event's roles name mentions by number."""
    return Document(
        "d",
        text,
        tuple(Entity(f"m{n}", text.index(s), text.index(s) + len(s), label) for n, (label, s) in enumerate(mentions)),
        tuple(
            Event(
                f"e{n}",
                label,
                Trigger(text.index(s), text.index(s) + len(s)),
                tuple(Argument(role, f"m{filler}") for role, filler in roles.items()),
            )
            for n, (label, s, roles) in enumerate(events)
        ),
    )


ATTACK = ("ATTACK", "attacked", {"agent": 0, "target": 1})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "document",
    [
        pytest.param(trained_on("rebels came", [("ARM", "rebels")], []), id="no event"),
        pytest.param(trained_on("they attacked", [], [("ATTACK", "attacked", {})]), id="no mention"),
        pytest.param(
            trained_on("rebels attacked", [("ARM", "rebels")], [("ATTACK", "attacked", {"agent": 0})]), id="one pair"
        ),
        pytest.param(
            trained_on("rebels attacked villagers", [("ARM", "rebels"), ("PER", "villagers")], [ATTACK]),
            id="no feature twice",
        ),
        pytest.param(
            trained_on(
                "rebels attacked villagers. Troops raided camps.",
                [("ARM", "rebels"), ("PER", "villagers"), ("ARM", "Troops"), ("PER", "camps")],
                [ATTACK, ("ATTACK", "raided", {"agent": 2, "target": 3})],
            ),
            id="every pair has a role",
        ),
    ],
)
def test_training_on_next_to_nothing_works(name: str, document: Document, ontology: Ontology) -> None:
    predicted = baselines.train(name, [document], [], ontology).predict(document)
    assert usable(predicted)
    assert len(predicted.items) == len(document.items)


@pytest.mark.parametrize("name", NAMES)
def test_empty_training_set_is_refused(name: str, ontology: Ontology) -> None:
    with pytest.raises(ModelError, match="nothing is annotated in the training set"):
        baselines.train(name, [], [], ontology)


@pytest.mark.parametrize("name", NAMES)
def test_documents_without_annotation_are_refused_by_name(name: str, raid: Document, ontology: Ontology) -> None:
    with pytest.raises(ModelError, match="nothing is annotated in one, two;"):
        baselines.train(name, [Document("one", "a"), raid, Document("two", "b")], [], ontology)


def test_unknown_name_is_refused(raid: Document, ontology: Ontology) -> None:
    with pytest.raises(ModelError, match="unknown baseline 'bert'; expected one of lexicon, linear, perceptron"):
        baselines.train("bert", [raid], [], ontology)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    numpy.savez(buffer, **arrays)
    return buffer.getvalue()


def npy() -> bytes:
    buffer = io.BytesIO()
    numpy.save(buffer, numpy.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'"lexicon"',
        b"{}",
        b'{"name": "bert"}',
        b'{"name": ["lexicon"]}',
        b'{"name": "lexicon"}',
        b'{"name": "lexicon", "mentions": [1], "triggers": {}, "roles": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:40]),
)
def test_folder_that_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=str(tmp_path)):
        baselines.load(tmp_path)


def test_missing_and_empty_folders_and_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "missing"):
        with pytest.raises(ModelError, match=name):
            baselines.load(tmp_path / name)


@pytest.mark.parametrize("name", NAMES)
def test_truncated_model_json_is_refused(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    whole = {path.name: path.read_bytes() for path in folders[name].iterdir()}
    write_whole({tmp_path / file: content for file, content in whole.items()})
    for length in (1, len(whole["model.json"]) // 2, len(whole["model.json"]) - 1):
        (tmp_path / "model.json").write_bytes(whole["model.json"][:length])
        with pytest.raises(ModelError, match="no trained baseline"):
            baselines.load(tmp_path)


@pytest.mark.parametrize("length", [0, 10, 1000, -1])
def test_truncated_weights_are_refused(
    length: int, model_folder: Callable[..., Path], folders: dict[str, Path]
) -> None:
    content = (folders["linear"] / "roles.npz").read_bytes()[:length]
    with pytest.raises(ModelError, match="no trained baseline"):
        baselines.load(model_folder(roles_npz=content))


LOAD = """
import sys
from pathlib import Path
from strife import baselines
for folder in sys.argv[1:]:
    try:
        baselines.load(Path(folder))
    except baselines.ModelError:
        print("refused", Path(folder).name)
"""


def test_truncated_taggers_are_refused_without_a_crash(folders: dict[str, Path], tmp_path: Path) -> None:
    # In a process of its own, because CRFsuite itself answers a cut file with a segmentation fault.
    whole = {path.name: path.read_bytes() for path in folders["linear"].iterdir()}
    names = []
    for file in ("mentions.crfsuite", "triggers.crfsuite"):
        for length in (0, 47, len(whole[file]) // 2, len(whole[file]) - 1):
            names.append(f"{file}-{length}")
            cut = {**whole, file: whole[file][:length]}
            write_whole({tmp_path / names[-1] / part: content for part, content in cut.items()})
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *(str(tmp_path / name) for name in names)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, [f"refused {name}" for name in names])


@pytest.mark.parametrize("file", ["roles.npz", "mentions.crfsuite", "triggers.crfsuite"])
def test_missing_part_of_a_model_is_refused_by_name(file: str, model_folder: Callable[..., Path]) -> None:
    with pytest.raises(ModelError, match=file):
        baselines.load(model_folder(**{file.replace(".", "_"): None}))


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_pickles_are_never_loaded(model_folder: Callable[..., Path], tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = pickle.dumps(Trap(sprung))
    objects = numpy.array([Trap(sprung)], dtype=object)
    lists = json.dumps({"name": "linear", "weights": "model.pkl"}).encode()
    for changed in (
        {"roles_npz": trap},
        {"roles_npz": npz(weights=objects, intercepts=objects)},
        {"mentions_crfsuite": trap},
        {"model_json": trap},
        {"model_json": lists, "model_pkl": trap},
        {"model_json": b'{"name": "pickle"}', "model_pkl": trap},
    ):
        with pytest.raises(ModelError):
            baselines.load(model_folder(**changed))
        assert not sprung.exists()


def test_weights_of_another_kind_or_model_are_refused(model_folder: Callable[..., Path]) -> None:
    for content in (
        npy(),
        npz(weights=numpy.zeros((2, 2))),
        npz(weights=numpy.zeros((2, 2)), intercepts=numpy.zeros(2)),
    ):
        with pytest.raises(ModelError, match="no trained baseline"):
            baselines.load(model_folder(roles_npz=content))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.sampled_from("AB")), max_size=6))
@settings(deadline=None)
def test_tags_stand_for_the_flat_items(raw: list[tuple[int, int, str]]) -> None:
    words = [(n * 2, n * 2 + 1) for n in range(30)]
    items = flat((words[start][0], words[start + size - 1][1], label) for start, size, label in raw)
    assert spans_of(words, tags(words, items)) == items


@given(st.text(max_size=60))
def test_split_leaves_out_only_blanks(text: str) -> None:
    pieces = [word for sentence in split(text) for word in sentence.words]
    assert "".join(pieces) == "".join(text.split())


def test_lexicon_knows_what_it_mostly_saw(ontology: Ontology) -> None:
    text = "Goma fell. Goma rose. Goma slept. Men fled. Men came. Men went."
    goma = tuple(Entity(f"g{n}", at, at + 4, "GPE") for n, at in enumerate((0, 11)))
    men = (Entity("p", text.index("Men"), text.index("Men") + 3, "PER"),)
    model = baselines.train("lexicon", [Document("d", text, goma + men)], [], ontology)
    predicted = model.predict(Document("new", "Goma, GOMA: Men"))
    assert [(e.start, e.end, e.label) for e in predicted.entities] == [(0, 4, "GPE")]


def test_predictions_can_be_stored_and_read(models: dict[str, Baseline], tmp_path: Path) -> None:
    predicted = models["lexicon"].predict(Document("d", EMOJI + " Police killed rebels in Kabul."))
    path = tmp_path / "predicted.jsonl"
    path.write_bytes(encode(predicted) + b"\n")
    assert list(read_documents(path)) == [predicted]


@pytest.mark.parametrize("name", NAMES)
def test_scored_prediction_is_the_prediction(
    name: str, models: dict[str, Baseline], committed: dict[str, list[Document]]
) -> None:
    for document in committed["test"][:2]:
        found, scores = models[name].predict_scored(document)
        assert found == models[name].predict(document)
        if name == "lexicon":
            assert scores == {}
        else:
            assert set(scores) == {item.id for item in found.items}
            assert all(0 <= score <= 1 for score in scores.values())


def test_probability_is_higher_where_the_model_has_seen_the_text(
    models: dict[str, Baseline], committed: dict[str, list[Document]]
) -> None:
    def mean(document: Document) -> float:
        scores = models["linear"].predict_scored(document)[1]
        return sum(scores.values()) / len(scores)

    assert min(map(mean, seen(committed))) > max(map(mean, committed["test"]))


@pytest.mark.parametrize("name", NAMES)
def test_attributes_are_learnt_from_the_item_and_its_sentence(name: str, ontology: Ontology) -> None:
    text = " ".join(["Rebels raided Talmar.", "Rebels planned to raid Talmar.", "Rebels did not raid Talmar."] * 4)
    events = []
    for number, start in enumerate(at for at in range(len(text)) if text.startswith("raid", at)):
        end = start + (6 if text.startswith("raided", start) else 4)
        before = text[:start].rsplit(". ", 1)[-1]
        said = {
            "realis": "other" if "planned" in before else "actual",
            "polarity": "negative" if "not" in before else "positive",
        }
        events.append(Event(f"e{number}", "ATTACK", Trigger(start, end), (), {**said, "incident": 1}))
    train = Document("d", text, events=tuple(events))
    new = baselines.train(name, [train], [], ontology).predict(
        Document("new", "Gunmen raided Goma. Gunmen planned to raid Goma. Gunmen did not raid Goma.")
    )
    assert [event.attributes for event in new.events] == [
        {"realis": "actual", "polarity": "positive"},
        {"realis": "other", "polarity": "positive"},
        {"realis": "actual", "polarity": "negative"},
    ]


@pytest.mark.parametrize("name", NAMES)
def test_predicted_attributes_are_choices_of_the_ontology(
    name: str, models: dict[str, Baseline], committed: dict[str, list[Document]], ontology: Ontology
) -> None:
    items = [item for document in committed["test"] for item in models[name].predict(document).items]
    for item in items:
        known = ontology.attributes_of(item.label)
        assert all(value in known[attribute].values for attribute, value in item.attributes.items())
    assert {"realis", "polarity", "certainty"} <= {name for item in items for name in item.attributes}


def test_an_attribute_that_training_often_left_out_is_left_out(ontology: Ontology) -> None:
    text = "Rebels raided Talmar. " * 3
    starts = [at for at in range(len(text)) if text.startswith("raided", at)]
    given: list[dict[str, AttributeValue]] = [{}, {}, {"realis": "other"}]
    events = tuple(
        Event(f"e{n}", "ATTACK", Trigger(at, at + 6), (), a)
        for n, (at, a) in enumerate(zip(starts, given, strict=True))
    )
    model = baselines.train("lexicon", [Document("d", text, events=events)], [], ontology)
    assert model.predict(Document("new", "Gunmen raided Goma.")).events[0].attributes == {}
