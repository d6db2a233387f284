"""How much of an article stands word for word in what it was written from: writes corpus/COPYING.tsv.

    python scripts/measure_copying.py ../shared/facts [MORE ...]

The folders hold what to compare with: DOC_ID.yaml, the fact sheet of an article, and, where the text of a source could
be opened, DOC_ID.*.txt (never committed). Of each article the longest run of words that it shares with its sheet, and
with an opened text, is measured without names, titles and figures: words that begin with a capital or a digit in the
article do not count. A row stays as it was while the article is the same and its texts are not there; without any
folder nothing is done. Exit code 1: a run is longer than LIMIT.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from strife.articles import read_articles
from strife.model import Document, text_hash
from strife.refusal import Refusal
from strife.release.measured import COPYING, LIMIT, Copied, read_copying, write_copying
from strife.store import write_whole

ROOT = Path(__file__).parents[1]
_WORD = re.compile(r"\w+(?:['’]\w+)?")


class Run(NamedTuple):
    """A run of words that two texts share; `plain` of its words are neither name nor figure."""

    plain: int
    words: tuple[str, ...]


def longest_run(article: str, sources: Iterable[str]) -> Run:
    """The shared run with most plain words. Words are compared without case; a run never crosses a source's end."""
    words = _WORD.findall(article)
    places: dict[str, list[int]] = {}
    plain = [0]  # how many of the first n words are plain
    for n, word in enumerate(words):
        places.setdefault(word.casefold(), []).append(n)
        plain.append(plain[-1] + (not (word[0].isupper() or word[0].isdigit())))
    best, where = (0, 0), (0, 0)
    for source in sources:
        lengths: dict[int, int] = {}  # by the article's word at which a run ends so far: the run's length
        for word in map(str.casefold, _WORD.findall(source)):
            lengths = {n: lengths.get(n - 1, 0) + 1 for n in places.get(word, ())}
            for n, length in lengths.items():
                start = n - length + 1
                if (found := (plain[n + 1] - plain[start], length)) > best:
                    best, where = found, (start, n + 1)
    return Run(best[0], tuple(words[slice(*where)]))


def sheet_texts(path: Path) -> Iterator[str]:
    """The strings of a fact sheet but those of its list of sources."""
    sheet = yaml.safe_load(path.read_text(encoding="utf-8"))
    sheet.pop("sources", None)
    pending = [sheet]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def measured(article: Document, folders: Sequence[Path], before: Copied | None) -> Copied | None:
    """The row of an article; None if there is nothing to compare it with and nothing is known."""
    name = article.doc_id
    digest = text_hash(article.text)[:8]
    known = before if before is not None and before.text == digest else None
    sheets = [path for folder in folders for path in sorted(folder.glob(f"{name}.yaml"))]
    opened = [path for folder in folders for path in sorted(folder.glob(f"{name}.*.txt"))]
    if not (sheets or opened):
        return known
    words = len(_WORD.findall(article.text))
    found = Copied(name, digest, words, *((known.sheet, known.sheet_run) if known else (0, "")), 0, 0, "")
    if known:
        found = found._replace(opened=known.opened, source=known.source, source_run=known.source_run)
    if sheets:
        run = longest_run(article.text, (text for path in sheets for text in sheet_texts(path)))
        found = found._replace(sheet=run.plain, sheet_run=" ".join(run.words))
    if opened:
        run = longest_run(article.text, (path.read_text(encoding="utf-8") for path in opened))
        found = found._replace(opened=len(opened), source=run.plain, source_run=" ".join(run.words))
    return found


def rows(articles: Mapping[str, Document], folders: Sequence[Path], before: Mapping[str, Copied]) -> list[Copied]:
    """The rows of all articles that can be compared, or were."""
    found = (measured(article, folders, before.get(doc_id)) for doc_id, article in sorted(articles.items()))
    return [row for row in found if row is not None]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project")
    options = parser.parse_args()
    folders = [folder for folder in options.folders if folder.is_dir()]
    if not folders:
        print(f"{', '.join(map(str, options.folders))}: no such folder; {COPYING} stays as it is")
        return
    articles = read_articles(options.root / "corpus" / "articles")
    found = rows(articles, folders, read_copying(options.root))
    write_whole({options.root / COPYING: write_copying(found)})
    over = [row for row in found if max(row.sheet, row.source) > LIMIT]
    print(f"{COPYING}: {len(found)} of {len(articles)} articles, {sum(row.opened for row in found)} opened texts")
    for row in over:
        print(f"{row.doc_id}: {row.sheet_run if row.sheet > LIMIT else row.source_run}")
    sys.exit(bool(over))


if __name__ == "__main__":
    try:
        main()
    except Refusal as error:
        sys.exit(f"{Path(__file__).name}: {error}")
