"""Folders of weights as a user would have them, tiny and randomly initialised; nothing is fetched."""

import importlib.util
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

# Without the extras there is nothing to collect here: `make extras-test` has an environment of its own.
collect_ignore_glob = [] if importlib.util.find_spec("gliner") else ["test_*.py"]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    import torch

    torch.set_num_threads(1)


def gold_texts() -> list[str]:
    lines = (ROOT / "corpus" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def tokenizer(kind: str) -> Any:
    """A tokenizer of one's own, trained on the corpus: "wordpiece" as BERT has it, or "bytes" as RoBERTa has it."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    if kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(vocab_size=800, special_tokens=SPECIAL, show_progress=False)
    else:
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=800, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
        )
    made.train_from_iterator(gold_texts(), trainer)
    ends = [(one, made.token_to_id(one)) for one in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return made


def saved_tokenizer(folder: Path, kind: str) -> None:
    """The tokenizer as transformers saves one."""
    import transformers

    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer(kind), **names).save_pretrained(folder)


def bert_config(**changed: Any) -> Any:
    import transformers

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    return transformers.BertConfig(**{"vocab_size": 900, "max_position_embeddings": 66, **sizes, **changed})


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT without a head."""
    import torch
    import transformers

    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    transformers.BertModel(bert_config()).save_pretrained(folder)
    saved_tokenizer(folder, "wordpiece")
    return folder


def gliner_weights(folder: Path) -> Path:
    """A GLiNER with an encoder of one's own."""
    import torch
    import transformers
    from gliner.config import UniEncoderSpanConfig
    from gliner.model import UniEncoderSpanGLiNER

    torch.manual_seed(0)
    saved_tokenizer(folder / "words", "wordpiece")
    words = transformers.AutoTokenizer.from_pretrained(folder / "words")
    config = UniEncoderSpanConfig(
        model_name=str(folder / "words"),
        hidden_size=32,
        max_len=64,
        max_width=6,
        dropout=0.0,
        encoder_config=bert_config(max_position_embeddings=512).to_dict(),
    )
    words.add_tokens([config.ent_token, config.sep_token], special_tokens=True)
    config.class_token_index = len(words) - 2
    model = UniEncoderSpanGLiNER(config, tokenizer=words)
    model.resize_embeddings()
    model.save_pretrained(folder / "weights", safe_serialization=True)
    return folder / "weights"
