"""Pages: marks in a text, whatever they do to each other."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from strife.pages import Mark, marked

TEXT = "a <b> & \U0001f600 “c”\r\nd"
marks = st.lists(
    st.builds(Mark, st.integers(-2, 20), st.integers(-2, 20), st.sampled_from(["PER", "<x>"]), st.just("good")),
    max_size=6,
)


@given(marks)
def test_the_text_is_all_there_and_tags_are_balanced(some: list[Mark]) -> None:
    html = str(marked(TEXT, some))
    assert unescape(re.sub(r"<[^>]*>", "", html)) == TEXT
    depth = 0
    for tag in re.findall(r"</?span", html):
        depth += 1 if tag == "<span" else -1
        assert depth >= 0
    assert depth == 0
    seen = [m for m in some if max(m.start, 0) < min(m.end, len(TEXT))]
    assert html.count("data-label=") == len(seen)


@given(marks)
def test_every_character_stands_in_the_marks_that_cover_it(some: list[Mark]) -> None:
    depths, depth = [], 0
    for piece in re.findall(r"<span[^>]*>|</span>|&[^;]+;|[^<&]", str(marked(TEXT, some)), flags=re.DOTALL):
        if piece.startswith("<span"):
            depth += 1
        elif piece == "</span>":
            depth -= 1
        else:
            depths.append(depth)
    assert depths == [sum(m.start <= i < m.end for m in some) for i in range(len(TEXT))]


def test_crossing_marks_are_closed_and_opened_again() -> None:
    html = str(marked("abcd", [Mark(0, 3, "A"), Mark(2, 4, "B", "bad", 'say "x"')]))
    opened = '<span class="mark bad" data-label="B" title="say &quot;x&quot;">c</span></span>'
    again = '<span class="mark bad" title="say &quot;x&quot;">d</span>'
    assert html == f'<span class="mark" data-label="A">ab{opened}{again}'


def test_a_part_of_a_text() -> None:
    assert str(marked("one two", [Mark(4, 7, "X")], start=4)) == '<span class="mark" data-label="X">two</span>'
