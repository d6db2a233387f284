"""Fine-tuning: learns what it is shown, at the right code points; stored without pickle; what is unfit is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
import transformers
from typer.testing import CliRunner

from strife import baselines
from strife.archive.run import run
from strife.baselines.outside import OutsideError
from strife.baselines.pieces import split
from strife.baselines.transformer import windows_of
from strife.cli import app
from strife.model import Document, Entity
from strife.ontology import Ontology
from strife.store import read_documents, write_documents, write_whole
from tests.conftest import ROOT
from tests.extras.conftest import bert_config, saved_tokenizer, tokenizer

pytestmark = pytest.mark.extras
FAST = {"epochs": "60", "learning_rate": "0.01", "batch": "4", "window": "64", "stride": "16"}
EMOJI = (
    "\U0001f600 Polic\u0301e\u00a0said\r\n\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d54f fled \U0001f4a5.\r\n"
)


@pytest.fixture(scope="session")
def model(encoder: Path, ontology: Ontology) -> Any:
    return baselines.train("transformer", [learned()], [], ontology, weights=encoder, settings=FAST)


def learned() -> Document:
    (first, *_) = read_documents(ROOT / "corpus" / "gold.jsonl")
    return first


@pytest.fixture(scope="session")
def folder(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    write_whole({made / name: content for name, content in model.files().items()})
    return made


def keys(document: Document) -> set[tuple[int, int, str]]:
    return {(*item.span, item.label) for item in document.items}


def test_it_learns_what_it_is_shown_mentions_and_triggers(model: Any) -> None:
    gold, found = learned(), model.predict(learned())
    flat = {k for k in keys(gold) if not any(o != k and o[0] <= k[0] and k[1] <= o[1] for o in keys(gold))}
    assert len(keys(found) & flat) / len(flat) > 0.8
    assert found.events
    assert all(not event.arguments for event in found.events)
    _, scores = model.predict_scored(learned())
    assert set(scores) == {item.id for item in found.items}
    assert all(0 < score <= 1 for score in scores.values())


def test_a_stored_model_predicts_the_same_and_is_safe_and_small(model: Any, folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == [
        "config.json",
        "model.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    loaded = baselines.load(folder)
    for text in (learned().text, EMOJI, "", " \r\n", "\u200b", "x" * 3000, "\ud800 a"):
        assert loaded.predict(Document("d", text)) == model.predict(Document("d", text))
    assert loaded.files() == model.files()


def test_training_twice_gives_the_same_bytes(encoder: Path, ontology: Ontology) -> None:
    few = FAST | {"epochs": "2"}
    first, second = (
        baselines.train("transformer", [learned()], [], ontology, weights=encoder, settings=few).files() for _ in "12"
    )
    assert first == second


def test_what_stands_before_moves_offsets_by_its_code_points(model: Any) -> None:
    sentence = learned().text
    before = "\U0001f600\U0001f468\u200d\U0001f469\r\n"
    plain, moved = (model.predict(Document("d", text)) for text in (sentence, before + sentence))
    surfaces = {moved.text[a:b] for a, b, _ in keys(moved)}
    assert plain.items
    assert len({s for a, b, _ in keys(plain) if (s := plain.text[a:b]) in surfaces}) > 0.6 * len(
        {plain.text[a:b] for a, b, _ in keys(plain)}
    )
    words = {span for s in split(moved.text) for span in s.spans}
    begins, ends = {a for a, _ in words}, {b for _, b in words}
    assert all(a in begins and b in ends for a, b, _ in keys(moved))


@pytest.mark.parametrize("kind", ["wordpiece", "bytes"])
@pytest.mark.parametrize("size", [16, 40, 400])
def test_every_word_is_read_once_or_more_by_its_own_piece(kind: str, size: int) -> None:
    pieces = tokenizer(kind)
    text = (EMOJI + "Rebels attacked the barracks in Halvorsk; na\u00efve \u4eba\u6c11 fled. " + "lang" * 30 + " ") * 4
    words = [span for sentence in split(text) for span in sentence.spans]
    windows = windows_of(pieces, text, words, size, size // 4)
    read = {word for window in windows for _, word in window.words}
    dropped = {text[a:b] for n, (a, b) in enumerate(words) if n not in read}
    # BERT drops joiners, and takes an accent and a family for one piece with what stands before
    assert dropped <= ({"\u200d", "\u0301", "e", "\U0001f469", "\U0001f467"} if kind == "wordpiece" else set())
    assert all(len(window.ids) <= size for window in windows)
    firsts: dict[int, set[str]] = {}
    for window in windows:
        for position, word in window.words:
            firsts.setdefault(word, set()).add(pieces.id_to_token(window.ids[position]))
    for word, tokens in firsts.items():
        assert len(tokens) == 1, (text[slice(*words[word])], tokens)
        (token,) = tokens
        surface = text[slice(*words[word])].lower()
        if kind == "wordpiece" and token != "[UNK]" and surface.isascii():
            assert f"{surface}e".startswith(token.removeprefix("##"))  # "police", with its accent and the e after it


def test_a_word_that_is_taken_together_with_the_one_before_goes_on_with_it(encoder: Path, ontology: Ontology) -> None:
    text = "Andre\u0301e Vask fled. Oren Vask came."
    document = Document("d", text, (Entity("m1", 0, 12, "PER"), Entity("m2", 19, 28, "PER")))
    assert document.surface(document.entities[0]) == "Andre\u0301e Vask"
    model = baselines.train("transformer", [document], [], ontology, weights=encoder, settings=FAST)
    assert [(e.span, e.label) for e in model.predict(document).entities] == [((0, 12), "PER"), ((19, 28), "PER")]


def test_a_long_text_is_read_to_its_end(model: Any) -> None:
    one = model.predict(learned())
    text = "\n".join([learned().text] * 12)
    many = model.predict(Document("d", text))
    assert max(item.span[1] for item in many.items) > len(text) - len(learned().text)
    assert len(many.items) > 8 * len(one.items)


def test_validation_documents_set_the_biases(encoder: Path, ontology: Ontology) -> None:
    made = baselines.train(
        "transformer", [learned()], [learned()], ontology, weights=encoder, settings=FAST | {"epochs": "3"}
    )
    stored = json.loads(made.files()["model.json"])
    assert any(stored["biases"])  # undertrained: fewer O find more


def test_a_bytes_tokenizer_and_another_encoder_do_as_well(tmp_path: Path, ontology: Ontology) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    torch.manual_seed(1)
    config = transformers.RobertaConfig(vocab_size=900, max_position_embeddings=66, pad_token_id=0, **sizes)
    transformers.RobertaModel(config).save_pretrained(tmp_path / "w")
    saved_tokenizer(tmp_path / "w", "bytes")
    model = baselines.train("transformer", [learned()], [], ontology, weights=tmp_path / "w", settings=FAST)
    assert len(keys(model.predict(learned())) & keys(learned())) > 10
    write_whole({tmp_path / "m" / name: content for name, content in model.files().items()})
    assert baselines.load(tmp_path / "m").predict(learned()) == model.predict(learned())


def test_one_command_trains_and_another_predicts(encoder: Path, tmp_path: Path) -> None:
    write_documents(tmp_path / "train.jsonl", [learned()])
    words = ["train", "transformer", tmp_path / "train.jsonl", "--out", tmp_path / "m", "--weights", encoder]
    done = CliRunner().invoke(app, [*map(str, words), "--set", "epochs=1"])
    assert done.exit_code == 0, done.output
    (tmp_path / "a.txt").write_text(EMOJI, encoding="utf-8", newline="")
    done = CliRunner().invoke(app, ["predict", str(tmp_path / "m"), str(tmp_path / "a.txt"), "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["text"] == EMOJI


def test_an_archive_is_predicted_by_two_processes(folder: Path, model: Any, tmp_path: Path) -> None:
    documents = [Document(f"d{n}", learned().text[: 200 + n]) for n in range(4)]
    write_documents(tmp_path / "in.jsonl", documents)
    done = run(folder, tmp_path / "in.jsonl", tmp_path / "out", size=2, workers=2)
    assert (done.documents, done.parts) == (4, 2)
    found = [d for n in range(2) for d in read_documents(tmp_path / "out" / f"part-{n:06d}.jsonl")]
    assert found == [model.predict(document) for document in documents]


# ---------------------------------------------------------------- what is refused


def refused(ontology: Ontology, weights: Path | None, **given: str) -> str:
    with pytest.raises(OutsideError) as caught:
        baselines.train("transformer", [learned()], [], ontology, weights=weights, settings={"epochs": "1", **given})
    return str(caught.value)


@pytest.fixture
def copy(encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(encoder, tmp_path / "copy"))


def test_no_weights_or_the_wrong_folder(ontology: Ontology, copy: Path) -> None:
    assert "--weights" in refused(ontology, None)
    assert "no folder" in refused(ontology, copy / "config.json")
    (copy / "config.json").unlink()
    assert "no config.json" in refused(ontology, copy)


def test_pickles_are_not_read(ontology: Ontology, copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert "only pytorch_model.bin, which may run code" in refused(ontology, copy)


@pytest.mark.parametrize("length", [0, 5, 300, -1])
def test_half_downloaded_weights(length: int, ontology: Ontology, copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    assert "no whole safetensors file" in refused(ontology, copy)


def test_a_pointer_instead_of_the_file(ontology: Ontology, copy: Path) -> None:
    (copy / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assert "Git LFS" in refused(ontology, copy)


def test_a_head_for_another_ontology(ontology: Ontology, copy: Path) -> None:
    config = bert_config(id2label={0: "O", 1: "B-PER", 2: "I-PER"}, label2id={"O": 0, "B-PER": 1, "I-PER": 2})
    transformers.BertForTokenClassification(config).save_pretrained(copy)
    said = refused(ontology, copy)
    assert "a head for 3 tags (O, B-PER, I-PER" in said
    assert f"do not match the ontology {ontology.name}" in said
    begun = baselines.train(
        "transformer", [learned()], [], ontology, weights=copy, settings={"epochs": "1", "new_head": "true"}
    )
    assert begun.predict(learned()).text == learned().text


def test_weights_of_another_encoder(ontology: Ontology, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_bytes())
    (copy / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}))
    assert "of another shape" in refused(ontology, copy)
    (copy / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 2}))
    assert "config.json and weights do not belong together" in refused(ontology, copy)
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "no-such-model"}))
    assert "no encoder that transformers can read" in refused(ontology, copy)


def test_a_tokenizer_that_is_missing_or_larger(ontology: Ontology, copy: Path) -> None:
    torch.manual_seed(0)
    transformers.BertModel(bert_config(vocab_size=100)).save_pretrained(copy)
    assert "an encoder of 100" in refused(ontology, copy)
    (copy / "tokenizer.json").write_text("{")
    assert "no tokenizer" in refused(ontology, copy)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epoch": "3"}, "unknown field `epoch`"),
        ({"epochs": "many"}, "epochs"),
        ({"epochs": "0"}, "at least 1"),
        ({"stride": "200"}, "at most half a window"),
    ],
)
def test_settings(given: dict[str, str], said: str, ontology: Ontology, encoder: Path) -> None:
    message = refused(ontology, encoder, **given)
    assert said in message
    assert "learning_rate=5e-05" in message


def test_a_stored_model_whose_files_do_not_belong_together(folder: Path, tmp_path: Path) -> None:
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    stored = json.loads(whole["model.json"])
    for changed in (
        {"model.json": json.dumps({**stored, "mentions": stored["mentions"][:-2]}).encode()},
        {"config.json": json.dumps({**json.loads(whole["config.json"]), "hidden_size": 16}).encode()},
        {"tokenizer.json": b"{}"},
        {"model.safetensors": whole["model.safetensors"][:-1]},
    ):
        write_whole({tmp_path / name: content for name, content in (whole | changed).items()})
        with pytest.raises(OutsideError):
            baselines.load(tmp_path)
    for name, content in whole.items():
        write_whole({tmp_path / one: bytes_ for one, bytes_ in whole.items()})
        (tmp_path / name).unlink()
        with pytest.raises((OutsideError, baselines.ModelError), match=name):
            baselines.load(tmp_path)
        (tmp_path / name).write_bytes(content)


def test_annotation_that_was_there_is_not_looked_at(model: Any) -> None:
    bare = msgspec.structs.replace(learned(), entities=(), events=(), relations=(), chains=(), provenance={})
    assert model.predict(learned()).items == model.predict(bare).items


def test_weights_in_several_files(ontology: Ontology, copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    torch.manual_seed(0)
    transformers.BertModel(bert_config()).save_pretrained(copy, max_shard_size="60KB")
    parts = sorted(copy.glob("model-*.safetensors"))
    assert len(parts) > 1
    made = baselines.train("transformer", [learned()], [], ontology, weights=copy, settings={"epochs": "1"})
    assert sorted(made.files()) == ["config.json", "model.json", "model.safetensors", "tokenizer.json"]
    parts[-1].unlink()
    assert f"{parts[-1].name}: no whole safetensors file" in refused(ontology, copy)
