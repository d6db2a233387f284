"""Article records: the committed ones hold what they promise, and a bad one is refused by name."""

import tomllib
from pathlib import Path

import pytest

from strife.articles import ZONE_LABELS, ArticleError, read_article, read_articles
from strife.model import Source, Zone
from tests.conftest import ROOT

FOLDER = ROOT / "corpus" / "articles"
RECORDS = sorted(FOLDER.glob("*.toml"))

GOOD = """
doc_id = "raid"
published = 2020-02-01
language = "en"
style = "report"
country = "XX"
conflict = "War of Talmar"
event = "raid-event"
written_by = "a person"

[[zones]]
label = "headline"
text = "Raid on Talmar 😀"

[[zones]]
label = "body"
text = '''
Zoë fled.

Two died.'''

[[sources]]
publisher = "Coast Daily"
title = "Raid"
url = "https://example.org/1"
date = 2020-01-31

[[sources]]
publisher = "Ostmark Post"
title = "Attack"
url = "https://example.org/2"
"""


def write(folder: Path, record: str = GOOD, name: str = "raid.toml") -> Path:
    path = folder / name
    path.write_bytes(record.encode("utf-8"))
    return path


def test_there_are_committed_records_and_all_read_in_order() -> None:
    assert RECORDS
    assert list(read_articles(FOLDER)) == [path.stem for path in RECORDS]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_committed_zones_reproduce_the_text(path: Path) -> None:
    document = read_article(path)
    parts = [document.text[zone.start : zone.end] for zone in document.zones]
    assert "\n\n".join(parts) == document.text
    assert parts == [zone["text"] for zone in tomllib.loads(path.read_text("utf-8"))["zones"]]
    assert {zone.label for zone in document.zones} <= set(ZONE_LABELS)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_committed_records_have_two_publishers(path: Path) -> None:
    assert len({source.publisher.casefold().strip() for source in read_article(path).sources}) >= 2


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_committed_texts_have_200_to_500_words(path: Path) -> None:
    assert 200 <= len(read_article(path).text.split()) <= 500


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_committed_texts_are_unannotated_and_without_odd_characters(path: Path) -> None:
    document = read_article(path)
    assert document.items == ()
    assert not set(document.text) & set("\r\t\u00a0\ufeff\u200b")


def test_a_record_becomes_a_document(tmp_path: Path) -> None:
    document = read_article(write(tmp_path))
    assert document.doc_id == "raid"
    assert document.text == "Raid on Talmar 😀\n\nZoë fled.\n\nTwo died."
    assert document.zones == (Zone(0, 16, "headline"), Zone(18, 38, "body"))
    assert document.published == "2020-02-01"
    assert document.sources == (
        Source("Coast Daily", "https://example.org/1", "Raid", "2020-01-31"),
        Source("Ostmark Post", "https://example.org/2", "Attack"),
    )
    assert document.meta == {
        "conflict": "War of Talmar",
        "country": "XX",
        "event": "raid-event",
        "kind": "conflict",
        "language": "en",
        "style": "report",
        "written_by": "a person",
    }


def test_a_record_with_crlf_gives_the_same_document(tmp_path: Path) -> None:
    expected = read_article(write(tmp_path))
    assert read_article(write(tmp_path, GOOD.replace("\n", "\r\n"))) == expected


def test_combining_characters_stay_as_written(tmp_path: Path) -> None:
    document = read_article(write(tmp_path, GOOD.replace("Zoë", "Zoe\u0308")))
    assert "Zoe\u0308 fled." in document.text
    assert document.zones[1] == Zone(18, 39, "body")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('style = "report"', 'style = "report"\nkind = "odd"', "kind is 'odd', expected 'conflict' or 'near miss'"),
        ('doc_id = "raid"', 'doc_id = "other"', "doc_id is 'other', expected the file's name 'raid'"),
        ('publisher = "Ostmark Post"', 'publisher = "Coast Daily"', "fewer than two publishers"),
        ('"Raid on Talmar 😀"', '" Raid on Talmar"', "'headline' is unknown, empty, or has blanks"),
        ('"Raid on Talmar 😀"', '"Raid on Talmar\\u00a0"', "'headline' is unknown, empty, or has blanks"),
        ("Two died.'''", "Two died.\n'''", "'body' is unknown, empty, or has blanks"),
        ('"Raid on Talmar 😀"', '""', "'headline' is unknown, empty, or has blanks"),
        ('label = "headline"', 'label = "title"', "'title' is unknown"),
        ('style = "report"', 'style = "report"\nmood = "grim"', "unknown field `mood`"),
        ('label = "body"', 'label = "body"\nstart = 0', r"unknown field `start` - at `\$\.zones\[1\]`"),
        ('title = "Attack"', 'title = "Attack"\nauthor = "x"', r"unknown field `author` - at `\$\.sources\[1\]`"),
        ('country = "XX"\n', "", "missing required field `country`"),
        ("published = 2020-02-01", 'published = "soon"', r"Invalid RFC3339 encoded date - at `\$\.published`"),
        ("published = 2020-02-01", "published = 2020-02-31", "line 3"),
        ('language = "en"', "language = en", "line 4"),
    ],
)
def test_a_bad_record_is_refused_with_its_file_and_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert GOOD.count(old) == 1
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ArticleError, match=message) as caught:
        read_article(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("table", "message"), [("zones", "zones"), ("sources", "two publishers")])
def test_a_record_with_an_empty_list_is_refused(tmp_path: Path, table: str, message: str) -> None:
    head, *rest = GOOD.split("\n[[")
    kept = [part for part in rest if not part.startswith(table)]
    path = write(tmp_path, "\n[[".join([f"{head}\n{table} = []\n", *kept]))
    with pytest.raises(ArticleError, match=rf"raid\.toml: .*{message}"):
        read_article(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match=r"raid\.toml: .*missing required field `doc_id`"):
        read_article(write(tmp_path, ""))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match=r"raid\.toml: cannot be read \(No such file"):
        read_article(tmp_path / "raid.toml")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "raid.toml"
    path.write_bytes(GOOD.replace(" 😀", "").encode("latin-1"))
    with pytest.raises(ArticleError, match=r"raid\.toml: .*utf-8"):
        read_article(path)


def test_articles_are_keyed_and_sorted_by_doc_id(tmp_path: Path) -> None:
    for name in ("zeta", "alpha"):
        write(tmp_path, GOOD.replace('doc_id = "raid"', f'doc_id = "{name}"'), f"{name}.toml")
    (tmp_path / "notes.txt").write_text("not a record", encoding="utf-8")
    assert [(key, document.doc_id) for key, document in read_articles(tmp_path).items()] == [
        ("alpha", "alpha"),
        ("zeta", "zeta"),
    ]


def test_one_bad_record_among_good_ones_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, "x", "bad.toml")
    with pytest.raises(ArticleError, match=r"bad\.toml"):
        read_articles(tmp_path)
