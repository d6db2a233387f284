"""The perceptron: decoding is exact, its files hold no code, joint decoding keeps to the ontology."""

import io
import itertools
import pickle
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife import baselines
from strife.baselines import ModelError
from strife.baselines.columns import EDGE, Known, Sight, around
from strife.baselines.perceptron import Perceptron, Recipe
from strife.baselines.pieces import split
from strife.baselines.tagger import Tagger, Weights, train, viterbi
from strife.model import Document, Entity
from strife.ontology import EventType, Ontology, RoleRule
from strife.store import read_documents, write_whole
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def model(ontology: Ontology) -> Perceptron:
    documents = list(read_documents(ROOT / "corpus" / "gold.jsonl"))[:3]
    return Perceptron.fit(documents, [], ontology, recipe=Recipe(seeds=(1,)))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(2, 4), st.integers(0, 99))
def test_the_best_path_is_the_best_of_all(lengths: list[int], tags: int, seed: int) -> None:
    chance = numpy.random.default_rng(seed)
    scores = chance.normal(size=(sum(lengths), tags)).astype(numpy.float32)
    begin, following = (chance.normal(size=shape).astype(numpy.float32) for shape in (tags, (tags, tags)))
    found = viterbi(scores, lengths, begin, following).tolist()
    at = 0
    for length in lengths:
        here = scores[at : at + length]

        def total(path: tuple[int, ...], here: numpy.ndarray = here) -> float:
            steps = sum(following[a, b] for a, b in itertools.pairwise(path))
            return float(begin[path[0]] + steps + sum(row[tag] for row, tag in zip(here, path, strict=True)))

        best = max(itertools.product(range(tags), repeat=length), key=total)
        assert total(tuple(found[at : at + length])) == pytest.approx(total(best), abs=1e-4)
        at += length


def test_marginals_are_those_of_all_paths() -> None:
    tags = ("O", "B-A", "I-A")
    chance = numpy.random.default_rng(3)
    transition = chance.normal(size=(4, 3)).astype(numpy.float32)
    tagger = Tagger(Weights(tags, {}, numpy.zeros((0, 3), numpy.float32), transition), Sight({}).features)
    scores = chance.normal(size=(5, 3)).astype(numpy.float32)
    found = tagger.marginals(scores, [2, 3], 2.0)
    at = 0
    for length in (2, 3):
        weights = {}
        for path in itertools.product(range(3), repeat=length):
            legal = path[0] != 2 and all(b != 2 or a in (1, 2) for a, b in itertools.pairwise(path))
            value = transition[3, path[0]] + sum(transition[a, b] for a, b in itertools.pairwise(path))
            value += sum(scores[at + n, tag] for n, tag in enumerate(path))
            weights[path] = numpy.exp(value / 2.0) if legal else 0.0
        for n, tag in itertools.product(range(length), range(3)):
            share = sum(w for path, w in weights.items() if path[n] == tag) / sum(weights.values())
            assert found[at + n, tag] == pytest.approx(share, abs=1e-5)
        at += length


def test_training_learns_what_can_be_told_apart() -> None:
    lines = ["rebels took Goma", "rebels left Goma", "Goma fell", "they left Talmar", "Talmar fell"]
    gold = [["O", "O", "B-GPE"], ["O", "O", "B-GPE"], ["B-GPE", "O"], ["O", "O", "B-GPE"], ["B-GPE", "O"]]
    sentences = [{"word": line.split()} for line in lines]
    weights = train(sentences, gold, Sight({}).features, 10, (1, 2), 0.1)
    tagger = Tagger(weights, Sight({}).features)
    new = [{"word": ["they", "took", "Talmar"]}, {"word": ["Goma", "left"]}]
    assert tagger.best(tagger.scores(new), [3, 2]) == ["O", "O", "B-GPE", "B-GPE", "O"]
    assert tagger.best(tagger.scores(new), [3, 2], bias=1e4) == ["O"] * 5


def test_sums_stay_right_when_more_values_come_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [{"word": f"word{n} stands".split()} for n in range(300)]
    weights = train(sentences, [["B-A", "O"]] * 300, Sight({}).features, 2, (1,), 0.0)
    expected = Tagger(weights, Sight({}).features).scores(sentences)
    monkeypatch.setattr("strife.baselines.tagger._KEPT", 40)
    small = Tagger(weights, Sight({}).features)
    assert numpy.array_equal(
        numpy.concatenate([small.scores(sentences[n : n + 9]) for n in range(0, 300, 9)]), expected
    )


def test_known_strings_say_how_often_they_are_meant() -> None:
    text = "Goma fell. Goma rose. Men fled. Men came. Men went. East Goma slept."
    items = [(0, 4, "GPE"), (11, 15, "GPE"), (22, 25, "PER"), (52, 61, "LOC")]
    assert all(text[a:b] in ("Goma", "Men", "East Goma") for a, b, _ in items)
    known = Known.of([(split(text), items)], fold=False)
    assert known.columns(["East", "Goma", "Goma", "Men", "GOMA"])["string"] == [
        "B-LOC:h", "I-LOC:h", "B-GPE:m+", "B-PER:l", EDGE,
    ]  # fmt: skip
    assert known.columns(["Men", "fell", "goma"])["token"] == ["B-PER:1+", "O", "B-GPE:3+"]


def test_the_nearest_trigger_is_seen_from_both_sides() -> None:
    (sentence,) = split("Rebels from Goma killed two and then fled")
    found = around(sentence, [(17, 23, "DEATH"), (37, 41, "MOVEMENT")])
    assert found["near"][0] == "DEATH <2"
    assert found["near"][3] == "DEATH >0"
    assert found["near"][-2:] == ["MOVEMENT <1", "MOVEMENT >0"]
    assert found["topic"][0] == "DEATH rebels"


def test_a_role_is_filled_only_as_often_as_the_ontology_allows(ontology: Ontology, raid: Document) -> None:
    def found(most: int | None) -> int:
        rule = {"victim": RoleRule(("PER",), max=most)}
        small = Ontology("small", "1", ontology.entity_types, {"DEATH": EventType(arguments=rule)})
        text = "Rebels killed Anna, Boris and Clara."
        names = [(name, text.index(name)) for name in ("Anna", "Boris", "Clara")]
        entities = tuple(Entity(f"m{n}", at, at + len(name), "PER") for n, (name, at) in enumerate(names))
        event = raid.events[1].__class__(
            "e", "DEATH", raid.events[1].trigger.__class__(7, 13),
            tuple(raid.events[1].arguments[0].__class__("victim", entity.id) for entity in entities),
        )  # fmt: skip
        document = Document("d", text, entities, (event,))
        return sum(len(e.arguments) for e in Perceptron.fit([document], [], small).predict(document).events)

    assert [found(None), found(2), found(1)] == [3, 2, 1]


def test_gold_triggers_can_be_given(model: Perceptron, raid: Document) -> None:
    triggers = [(*event.span, event.type) for event in raid.events]
    found = model.decode(raid, model.read(raid), triggers)
    assert [(*event.span, event.type) for event in found.events] == triggers


def test_files_that_do_not_belong_together_are_refused(model: Perceptron, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "sprung"),))  # type: ignore[return-value]

    def npz(**arrays: numpy.ndarray) -> bytes:
        buffer = io.BytesIO()
        numpy.savez(buffer, **arrays)
        return buffer.getvalue()

    files = model.files()
    arrays = dict(numpy.load(io.BytesIO(files["weights.npz"])))
    for content in (
        b"",
        pickle.dumps(Trap()),
        files["weights.npz"][:-20],
        npz(**{**arrays, "roles_weights": arrays["roles_weights"][:, 1:]}),
        npz(**{**arrays, "mentions_emission": arrays["mentions_emission"][1:]}),
        npz(**{name: array for name, array in arrays.items() if name != "triggers_after"}),
        npz(**{**arrays, "roles_weights": numpy.array([Trap()], dtype=object)}),
    ):
        write_whole({tmp_path / "model.json": files["model.json"], tmp_path / "weights.npz": content})
        with pytest.raises(ModelError, match="no trained baseline"):
            baselines.load(tmp_path)
    assert not (tmp_path / "sprung").exists()
