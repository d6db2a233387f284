"""Fine-tuned token classification: an encoder that the user has, with a new head for mentions and triggers.

One linear layer gives each word two tags, one of mentions and one of triggers, which may overlap; each has a softmax of
its own. Words are those of `strife.segment`; the tag of a word is that of its first word piece. Word pieces know their
code points, so nothing has to be found again in the text. A long text is read in windows that share some pieces; a word
gets its tag from the window where it stands farthest from an edge. Arguments are not predicted.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from strife.baselines.outside import CHECKPOINT, OutsideError, as_json, best, readable, settings, weights_folder
from strife.baselines.pieces import Labelled, Sentence, Span, assemble, flat, spans_of, split, tags, trimmed
from strife.model import Document
from strife.ontology import Ontology

BIASES = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0)
WARM, DECAY, CLIP = 0.1, 0.01, 1.0  # share of steps that warm up, weight decay, largest norm of a gradient
SKIPPED = -100  # a word piece without a tag of its own
AT_ONCE = 8  # windows


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to train. A window is so many word pieces; two windows of a text share `stride` of them."""

    epochs: int = 10
    learning_rate: float = 5e-5
    batch: int = 8
    window: int = 256
    stride: int = 64
    seed: int = 0
    new_head: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or self.window < 16 or not 0 <= self.stride <= self.window // 2:
            raise ValueError("epochs and batch are at least 1, window at least 16, stride at most half a window")


class Stored(msgspec.Struct, frozen=True):
    """What model.json says."""

    name: str
    ontology: str
    mentions: tuple[str, ...]  # tags
    triggers: tuple[str, ...]
    window: int
    stride: int
    biases: tuple[float, float]


class Window(NamedTuple):
    """Word pieces that are read together, and those of them that stand for a word, by the word's number."""

    ids: list[int]
    words: list[tuple[int, int]]  # (position, word)


class Transformer:
    """An encoder with its head, and the tokenizer that cuts words into its pieces."""

    name = "transformer"

    def __init__(self, stored: Stored, model: Any, tokenizer: Any) -> None:
        self.stored, self.model, self.tokenizer = stored, model.eval(), tokenizer

    @classmethod
    def fit(
        cls,
        documents: Sequence[Document],
        validation: Sequence[Document],
        ontology: Ontology,
        weights: Path | None,
        given: Mapping[str, str],
    ) -> Self:
        """Fine-tune the encoder in a folder; validation documents set a bias on each "no mention" and "no trigger".

        Raises OutsideError for weights or settings that cannot be used.
        """
        import transformers  # noqa: F401  (its absence is told before anything else)

        told = settings(Settings, given)
        mentions, triggers = bio_tags(ontology.entity_types), bio_tags(ontology.event_types)
        names = [*(f"mention:{tag}" for tag in mentions), *(f"trigger:{tag}" for tag in triggers)]
        folder = weights_folder(weights, "config.json")
        model = _encoder(folder, names, ontology, told.new_head, told.seed)
        tokenizer = _tokenizer(folder, model.config)
        room = getattr(model.config, "max_position_embeddings", None) or told.window
        window = min(told.window, room - 2)  # some encoders keep two positions for themselves
        origin = f"{ontology.name} {ontology.version}"
        stride = min(told.stride, window // 2)
        stored = Stored(cls.name, origin, tuple(mentions), tuple(triggers), window, stride, (0.0, 0.0))
        _train(model, [e for d in documents for e in _examples(tokenizer, d, stored)], told)
        return cls(stored, model, tokenizer)._tuned(validation)

    def _tuned(self, validation: Sequence[Document]) -> Self:
        biases = [0.0, 0.0]
        read = {document.doc_id: self._read(document.text) for document in validation}
        for which, metric in enumerate(("ent", "tri_c")):

            def predict(document: Document, bias: float, which: int = which) -> Document:
                tried = (bias, biases[1]) if which == 0 else (biases[0], bias)
                return self._found(document, *read[document.doc_id], tried)[0]

            biases[which] = best(BIASES, validation, metric, predict, 0.0)
        stored = msgspec.structs.replace(self.stored, biases=(biases[0], biases[1]))
        return type(self)(stored, self.model, self.tokenizer)

    def predict(self, document: Document) -> Document:
        """The document with predicted mentions and triggers."""
        return self.predict_scored(document)[0]

    def predict_scored(self, document: Document) -> tuple[Document, dict[str, float]]:
        """As predict, with the probability of each mention and trigger: the least of its words, before the biases."""
        return self._found(document, *self._read(document.text), self.stored.biases)

    def _read(self, text: str) -> tuple[list[Sentence], Any, list[bool]]:
        """The sentences of a text, the logits [words, tags] of its words, and which words have some."""
        import torch

        sentences = split(text)
        words = [span for sentence in sentences for span in sentence.spans]
        logits = torch.zeros(len(words), len(self.stored.mentions) + len(self.stored.triggers))
        windows = windows_of(self.tokenizer, text, words, self.stored.window, self.stored.stride)
        deepest = [-1] * len(words)
        for first in range(0, len(windows), AT_ONCE):
            batch = windows[first : first + AT_ONCE]
            ids, mask = _padded([w.ids for w in batch], self.model.config.pad_token_id or 0, self.model.device)
            with torch.inference_mode():
                scores = self.model(input_ids=ids, attention_mask=mask).logits.float().cpu()
            for row, window in zip(scores, batch, strict=True):
                for position, word in window.words:
                    depth = min(position, len(window.ids) - position)
                    if depth > deepest[word]:
                        deepest[word], logits[word] = depth, row[position]
        return sentences, logits, [depth >= 0 for depth in deepest]

    def _found(
        self,
        document: Document,
        sentences: Sequence[Sentence],
        logits: Any,
        own: Sequence[bool],
        biases: Sequence[float],
    ) -> tuple[Document, dict[str, float]]:
        scores: dict[str, float] = {}
        middle = len(self.stored.mentions)
        parts = (("m", self.stored.mentions, logits[:, :middle]), ("e", self.stored.triggers, logits[:, middle:]))
        found: list[list[Labelled]] = []
        for (prefix, names, part), bias in zip(parts, biases, strict=True):
            biased = part.clone()
            biased[:, 0] += bias
            chosen = biased.argmax(dim=1).tolist()
            sure = part.softmax(dim=1).gather(1, biased.argmax(dim=1, keepdim=True))[:, 0].tolist()
            items: list[Labelled] = []
            at = 0
            for sentence in sentences:
                size = len(sentence.words)
                bio = _continued([names[one] for one in chosen[at : at + size]], own[at : at + size])
                for start, end, label in spans_of(sentence.spans, trimmed(sentence.words, bio)):
                    touched = [at + n for n, (a, b) in enumerate(sentence.spans) if a < end and start < b]
                    inside = [sure[n] for n in touched if own[n]] or [0.0]
                    items.append((start, end, label))
                    scores[f"{prefix}{len(items)}"] = min(inside)
                at += size
            found.append(items)
        return assemble(document, found[0], found[1], ()), scores

    def files(self) -> dict[str, bytes]:
        """The weights as safetensors, the rest as JSON."""
        from safetensors.torch import save

        state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in self.model.state_dict().items()}
        return {
            "model.json": as_json(self.stored),
            "config.json": self.model.config.to_json_string().encode(),
            "tokenizer.json": self.tokenizer.to_str().encode(),
            CHECKPOINT: save(state, {"format": "pt"}),
        }

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """The model in a folder. Raises OutsideError when its files do not belong together."""
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import AutoConfig, AutoModelForTokenClassification

        stored = msgspec.json.decode((folder / "model.json").read_bytes(), type=Stored)
        weights_folder(folder, "config.json")
        told = json.loads((folder / "config.json").read_bytes())
        names = len(stored.mentions) + len(stored.triggers)
        try:
            config = AutoConfig.for_model(**told)
            model = AutoModelForTokenClassification.from_config(config, dtype=torch.float32)
            if config.num_labels != names:
                raise ValueError(f"weights for {config.num_labels} tags, model.json has {names}: two ontologies")
            model.load_state_dict(load_file(folder / CHECKPOINT))
            tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
        except OSError:
            raise
        except Exception as error:  # tokenizers and safetensors raise plain Exceptions
            reason = " ".join(str(error).split())[:300]
            raise OutsideError(
                f"{folder}: files that do not belong together ({reason}); train the model again"
            ) from error
        return cls(stored, model.to(_device()), tokenizer)


def bio_tags(labels: Mapping[str, object]) -> list[str]:
    """The tags of labels, O first."""
    return ["O", *(f"{place}-{label}" for label in labels for place in "BI")]


def windows_of(tokenizer: Any, text: str, words: Sequence[Span], size: int, stride: int) -> list[Window]:
    """A text as windows of word pieces. Of the pieces of a word the first counts, wherever windows are cut.

    Pieces of the tokenizer carry code points of the text as it is, also where it changes case or accents. A word in
    which no piece begins (the tokenizer drops its characters, or takes it together with the one before, as an accent
    with its letter) stands in no window.
    """
    tokenizer.no_padding()
    tokenizer.enable_truncation(size, stride=stride)
    whole = tokenizer.encode(readable(text))
    step = size - tokenizer.num_special_tokens_to_add(is_pair=False) - stride
    starts = [start for start, _ in words]
    first: dict[int, int] = {}
    seen: list[tuple[list[int], list[tuple[int, int, int]]]] = []
    for number, part in enumerate((whole, *whole.overflowing)):
        at = []
        begin = number * step - next((n for n, special in enumerate(part.special_tokens_mask) if not special), 0)
        for position, ((start, end), special) in enumerate(zip(part.offsets, part.special_tokens_mask, strict=True)):
            while start < end and text[start].isspace():  # some tokenizers give the blank before a word to it
                start += 1
            word = bisect_right(starts, start) - 1
            if not special and start < end and word >= 0 and start < words[word][1]:
                at.append((position, word, begin + position))
                first[word] = min(first.get(word, begin + position), begin + position)
        seen.append((part.ids, at))
    return [Window(ids, [(n, word) for n, word, piece in at if piece == first[word]]) for ids, at in seen]


def _continued(bio: Sequence[str], own: Sequence[bool]) -> list[str]:
    """The tags of a sentence in which words without a tag of their own go on with what stands before them."""
    found: list[str] = []
    for tag, has in zip(bio, own, strict=True):
        before = found[-1] if found else "O"
        found.append(tag if has else before if before == "O" else f"I{before[1:]}")
    return found


def _examples(tokenizer: Any, document: Document, stored: Stored) -> Iterator[tuple[list[int], list[list[int]]]]:
    """Each window of a document with two numbers of tags for each of its pieces."""
    sentences = split(document.text)
    golds = (
        (flat((e.start, e.end, e.label) for e in document.entities), stored.mentions),
        (flat((*e.span, e.type) for e in document.events), stored.triggers),
    )
    wanted = []
    for items, names in golds:
        number = {tag: n for n, tag in enumerate(names)}
        wanted.append([number[tag] for s in sentences for tag in tags(s.spans, _within(items, s))])
    words = [span for sentence in sentences for span in sentence.spans]
    for ids, at in windows_of(tokenizer, document.text, words, stored.window, stored.stride):
        labels = [[SKIPPED] * len(ids), [SKIPPED] * len(ids)]
        for position, word in at:
            for which in (0, 1):
                labels[which][position] = wanted[which][word]
        if at:
            yield ids, labels


def _within(items: Sequence[Labelled], sentence: Sentence) -> list[Labelled]:
    begin, end = sentence.spans[0][0], sentence.spans[-1][1]
    return [item for item in items if item[0] < end and begin < item[1]]


def _train(model: Any, examples: Sequence[tuple[list[int], list[list[int]]]], told: Settings) -> None:
    """Fine-tune all weights: AdamW, a linear warm-up and decay, the sum of the two heads' cross entropies."""
    import torch
    from torch.nn.functional import cross_entropy

    torch.manual_seed(told.seed)
    order = torch.Generator().manual_seed(told.seed)
    middle = sum(name.startswith("mention:") for name in model.config.id2label.values())
    steps = told.epochs * -(-len(examples) // told.batch)
    warm = max(1, round(WARM * steps))
    optimizer = torch.optim.AdamW(model.parameters(), lr=told.learning_rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm + 1))
    )
    model.train()
    for _ in range(told.epochs):
        shuffled = torch.randperm(len(examples), generator=order).tolist()
        for first in range(0, len(shuffled), told.batch):
            batch = [examples[n] for n in shuffled[first : first + told.batch]]
            ids, mask = _padded([ids for ids, _ in batch], model.config.pad_token_id or 0, model.device)
            logits = model(input_ids=ids, attention_mask=mask).logits
            losses = []
            for which, part in enumerate((logits[..., :middle], logits[..., middle:])):
                gold, _ = _padded([labels[which] for _, labels in batch], SKIPPED, model.device)
                losses.append(cross_entropy(part.flatten(0, 1), gold.flatten(), ignore_index=SKIPPED))
            optimizer.zero_grad()
            (losses[0] + losses[1]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            schedule.step()


def _padded(rows: Sequence[Sequence[int]], value: int, device: Any) -> tuple[Any, Any]:
    """Rows as a tensor [rows, longest], and 1 where there is something."""
    import torch

    longest = max(map(len, rows))
    filled = [[*row, *[value] * (longest - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return torch.tensor(filled, device=device), torch.tensor(mask, device=device)


def _encoder(folder: Path, names: Sequence[str], ontology: Ontology, new_head: bool, seed: int) -> Any:
    """The encoder of a folder under a head for these tags. Raises OutsideError when that cannot be."""
    import torch
    from transformers import AutoConfig, AutoModelForTokenClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(seed)  # of the head
    try:
        told = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        heads = any("ForTokenClassification" in one for one in told.architectures or ())
        if heads and list(told.id2label.values()) != list(names) and not new_head:
            has = ", ".join(list(told.id2label.values())[:6])
            raise OutsideError(
                f"{folder}: weights with a head for {told.num_labels} tags ({has}, ...) that do not match the ontology "
                f"{ontology.name} {ontology.version}; expected an encoder without a head; or --set new_head=true"
            )
        model, report = AutoModelForTokenClassification.from_pretrained(
            folder,
            id2label=dict(enumerate(names)),
            label2id={name: n for n, name in enumerate(names)},
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except OutsideError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise OutsideError(f"{folder}: no encoder that transformers can read ({reason})") from error
    missing = {str(key) for key in report["missing_keys"]} | {str(key[0]) for key in report["mismatched_keys"]}
    if absent := sorted(key for key in missing if key.startswith(f"{model.base_model_prefix}.")):  # not of the head
        raise OutsideError(
            f"{folder}: config.json and weights do not belong together: {len(absent)} of its parameters are not there "
            f"or of another shape ({absent[0]}); download both again"
        )
    return model.to(_device())


def _tokenizer(folder: Path, config: Any) -> Any:
    """The fast tokenizer of a folder. Raises OutsideError when there is none, or one of another encoder."""
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    try:
        slow = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = Tokenizer.from_str(slow.backend_tokenizer.to_str())
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise OutsideError(f"{folder}: no tokenizer with offsets ({reason}); expected tokenizer.json") from error
    if tokenizer.get_vocab_size() > config.vocab_size:
        raise OutsideError(
            f"{folder}: a tokenizer of {tokenizer.get_vocab_size()} pieces, an encoder of {config.vocab_size}; "
            "expected those that were made together; download both again"
        )
    return tokenizer


def _device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
