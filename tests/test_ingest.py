"""Ingest: what scraped text holds is told apart, and never altered."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.ingest.read import ingest
from strife.ingest.zones import published, zones
from strife.store import read_documents
from strife.stream import InputError

SCRAPED = """Home » World » Shells fall on Talmar
Shells fall on Talmar
Shells fall on Talmar
By Our Correspondent
4 March 2021

Shells fell on the town of Talmar on Thursday, officials said.

A street in Talmar after the shelling (Agency)
Photo: the market of Talmar

A quiet morning

“We saw smoke,” a shopkeeper said. The army (Second Corps) did not comment.
Share this
Related articles
Shells fall on Sarn
A line that would be body elsewhere.
"""
PAGE = """<html><head><title>Shelling hits Talmar | Daily Post</title>
<meta property="article:published_time" content="2021-03-04T10:00:00Z">
<meta property="og:site_name" content="Daily Post"><link rel="canonical" href="https://example.org/a"></head>
<body><nav>Home / News</nav><article><h1>Shelling hits Talmar</h1>
<p>Shells fell on the town of Talmar on Thursday, officials said, and three people were killed near the river.</p>
<p>Nobody claimed the attack. The army said that it was looking into the reports and that it would answer soon.</p>
</article><footer>Copyright</footer></body></html>"""


def shown(text: str) -> list[tuple[str, str]]:
    return [(zone.label, text[zone.start : zone.end]) for zone in zones(text)]


def test_zones_of_a_scraped_text() -> None:
    assert shown(SCRAPED) == [
        ("boilerplate", "Home » World » Shells fall on Talmar"),
        ("headline", "Shells fall on Talmar"),
        ("boilerplate", "Shells fall on Talmar\nBy Our Correspondent\n4 March 2021"),
        ("body", "Shells fell on the town of Talmar on Thursday, officials said."),
        ("caption", "A street in Talmar after the shelling (Agency)\nPhoto: the market of Talmar"),
        ("headline", "A quiet morning"),
        ("body", "“We saw smoke,” a shopkeeper said. The army (Second Corps) did not comment."),
        (
            "boilerplate",
            "Share this\nRelated articles\nShells fall on Sarn\nA line that would be body elsewhere.",
        ),
    ]
    assert published(SCRAPED) == "2021-03-04"


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("Published: 2020-02-01", "2020-02-01"),
        ("Updated February 1st, 2020", "2020-02-01"),
        ("01 Feb 2020", "2020-02-01"),
        ("Published 2020-02-01, updated 2020-02-03", None),
        ("41 Feb 2020", None),
    ],
)
def test_the_date_of_a_masthead(head: str, date: str | None) -> None:
    assert published(f"Shells fall\n{head}\n\nShells fell on 5 May 2011 in Talmar.\n") == date


@given(st.text(alphabet=st.sampled_from("aB .\n\r\t(“)/:»\u00a0\u2028é\U0001f600"), max_size=60))
def test_every_line_lies_in_one_zone(text: str) -> None:
    found = zones(text)
    assert all(0 <= z.start < z.end <= len(text) for z in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    covered = "".join(text[z.start : z.end] for z in found)
    assert "".join(covered.split()) == "".join(text.split())


def test_the_real_scraped_article(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    ingest([shared / "seed-article.txt"], out)
    (document,) = read_documents(out)
    assert document.text == (shared / "seed-article.txt").read_bytes().decode()
    labels = [zone.label for zone in document.zones]
    assert labels[:3] == ["boilerplate", "headline", "body"]
    assert labels.count("caption") == 3
    assert labels[-1] == "boilerplate"
    tail = document.text[document.zones[-1].start :]
    assert tail.splitlines()[0] == "Source link"


def test_a_page_keeps_date_and_source(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    out = tmp_path / "out.jsonl"
    ingest([tmp_path / "a.html"], out)
    (document,) = read_documents(out)
    assert document.published == "2021-03-04"
    (source,) = document.sources
    assert (source.publisher, source.url) == ("Daily Post", "https://example.org/a")
    assert [zone.label for zone in document.zones] == ["headline", "body"]
    assert document.meta["extractor"].startswith("trafilatura ")
    assert len(document.meta["page_sha256"]) == 64


def test_rows_of_another_collection(tmp_path: Path) -> None:
    rows = [
        {
            "id": 7,
            "content": "Shells fell on Talmar.\r\n",
            "date": "2020-02-01T03:00:00Z",
            "source": "Post",
            "title": "T",
        },
        {"text": "Another text.", "date": "yesterday"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = ingest([file], tmp_path / "out.jsonl")
    first, second = read_documents(tmp_path / "out.jsonl")
    assert (first.doc_id, first.text, first.published) == ("7", "Shells fell on Talmar.\r\n", "2020-02-01")
    assert first.sources[0].publisher == "Post"
    assert (second.doc_id, second.published, second.sources) == ("rows-2", None, ())
    assert "1 without a date" in said


def test_near_duplicates_are_told_and_kept(tmp_path: Path) -> None:
    text = "Shells fell on the town of Talmar on Thursday, officials said, and three people were killed near the river."
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text(text.replace("three", "four"), encoding="utf-8")
    (tmp_path / "c.txt").write_text("Nothing of the kind happened in Sarn that day.", encoding="utf-8")
    said = ingest([tmp_path], tmp_path / "out" / "out.jsonl")
    assert "near-duplicates: a and b share 14 runs of 3 words (Jaccard 0.70, 82% of the shorter)" in said
    assert len(list(read_documents(tmp_path / "out" / "out.jsonl"))) == 3


def test_other_encodings_are_read_when_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Le blessé".encode("cp1252"))
    with pytest.raises(InputError, match=r"FIL008 .*no utf-8 at byte 8"):
        ingest([tmp_path / "a.txt"], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    ingest([tmp_path / "a.txt"], tmp_path / "out.jsonl", "cp1252")
    assert [d.text for d in read_documents(tmp_path / "out.jsonl")] == ["Le blessé"]
    with pytest.raises(InputError, match="no encoding"):
        ingest([tmp_path / "a.txt"], tmp_path / "out.jsonl", "klingon")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b" \n", "empty"),
        ("a.html", b"<html><body></body></html>", "no article"),
        ("a.jsonl", b'{"text": 1}\n{"title": "x"}\n', "line 2: no text"),
        ("a.jsonl", b"{\n", "line 1"),
        ("a.jsonl", b'{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}\n', "doc_id 1"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        ingest([tmp_path / name], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
