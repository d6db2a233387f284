"""Measure where the line between edited copies and unrelated reports lies: the ground of COR901's thresholds.

    python scripts/measure_leakage.py corpus/gold.jsonl [MORE.jsonl ...]

Each line of a file is a JSON object with its text under `text`, or `doctext`. Every text is copied with a share of its
words replaced by words of other texts (spread evenly, the hardest way), cut to a half, and with its sentences in
another order; then the share of copies that each threshold finds is printed, and how many pairs of texts it calls
copies. The same input gives the same table.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from strife.segment import sentences
from strife.validate.across import CONTAINED, JACCARD, overlaps

RATES = (0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.3)
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.8)
Edit = Callable[[str, random.Random], str]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    texts = read(parser.parse_args().files)
    print(table(texts))


def read(paths: Sequence[Path]) -> list[str]:
    """The texts of some JSON Lines files, each once."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = [record.get("text") or record.get("doctext") or "" for record in map(json.loads, lines)]
    return list(dict.fromkeys(text for text in found if text.strip()))


def table(texts: Sequence[str]) -> str:
    """Copies found and unrelated pairs hit, by threshold."""
    pairs = len(texts) * (len(texts) - 1) // 2
    found = list(overlaps(texts))
    lines = [f"{len(texts)} texts, {pairs} pairs", "", "| | " + " | ".join(f"{t:.1f}" for t in THRESHOLDS) + " |"]
    lines += ["|---" * (len(THRESHOLDS) + 1) + "|"]
    for name, values in (
        ("pairs with that Jaccard or more", [pair.jaccard for pair in found]),
        ("pairs with that share of the shorter or more", [pair.contained for pair in found]),
    ):
        lines.append(f"| {name} | " + " | ".join(str(sum(v >= t for v in values)) for t in THRESHOLDS) + " |")
    words = [word for text in texts for word in text.split()]
    edits: dict[str, Edit] = {f"copies, {rate:.0%} of words replaced": replaced(rate, words) for rate in RATES}
    edits |= {"copies cut to a half": half, "copies with sentences in another order": shuffled}
    for name, edit in edits.items():
        measured = [similar(text, edit(text, random.Random(number))) for number, text in enumerate(texts)]
        shares = [sum(max(j, 0.0) >= t for j, _ in measured) / len(texts) for t in THRESHOLDS]
        both = sum(j >= JACCARD or c >= CONTAINED for j, c in measured) / len(texts)
        lines.append(f"| {name} (rule: {both:.0%}) | " + " | ".join(f"{share:.0%}" for share in shares) + " |")
    return "\n".join(lines)


def similar(first: str, second: str) -> tuple[float, float]:
    """Jaccard and containment of two texts."""
    return next(((pair.jaccard, pair.contained) for pair in overlaps([first, second])), (0.0, 0.0))


def replaced(rate: float, words: Sequence[str]) -> Edit:
    """Each word is replaced with this probability, independently: no run of words is spared."""

    def edit(text: str, dice: random.Random) -> str:
        return " ".join(dice.choice(words) if dice.random() < rate else word for word in text.split())

    return edit


def half(text: str, dice: random.Random) -> str:
    """The first half."""
    return text[: len(text) // 2]


def shuffled(text: str, dice: random.Random) -> str:
    """The sentences in another order."""
    parts = [text[start:end] for start, end in sentences(text)]
    dice.shuffle(parts)
    return " ".join(parts)


if __name__ == "__main__":
    main()
