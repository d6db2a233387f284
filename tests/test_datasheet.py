"""Generated sections: replaced between their markers, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.datasheet import SectionError, section, sections, with_section

PAGE = (
    "# Ä\n\n<!-- begin generated: one -->\nold\n<!-- end generated: one -->\n\ntail\r\n"
    "<!-- begin generated: two -->\n<!-- end generated: two -->\n"
)


def test_content_is_replaced_and_the_rest_stays() -> None:
    page = with_section(PAGE, "one", "| a |\n|---|\n")
    assert page == PAGE.replace("\nold\n", "\n\n| a |\n|---|\n\n")
    assert section(page, "one") == "| a |\n|---|"
    assert sections(page) == ["one", "two"]


@given(st.text().filter(lambda text: "generated:" not in text and text.strip("\n")))
def test_what_is_put_in_is_read_out_and_a_second_time_changes_nothing(content: str) -> None:
    page = with_section(PAGE, "two", content)
    assert section(page, "two") == content.strip("\n")
    assert with_section(page, "two", content) == page
    assert with_section(page, "two", "").startswith(PAGE[: PAGE.index("<!-- end generated: two")])


@pytest.mark.parametrize(
    "page",
    [
        "no markers",
        "<!-- begin generated: one -->\n",
        "<!-- end generated: one -->\n<!-- begin generated: one -->\n",
        PAGE + PAGE,
        "<!-- begin generated: one -->\n<!-- begin generated: x -->\n<!-- end generated: one -->\n",
        "in a line <!-- begin generated: one -->\n<!-- end generated: one -->\n",
    ],
)
def test_page_without_one_pair_of_markers_is_refused(page: str) -> None:
    with pytest.raises(SectionError, match="one"):
        with_section(page, "one", "content")


def test_content_with_a_marker_is_refused() -> None:
    with pytest.raises(SectionError, match="marker"):
        with_section(PAGE, "one", "<!-- end generated: one -->")
