"""Signatures: written, read back, compared."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.scoring.metrics import METRICS
from strife.scoring.signature import Signature, SignatureError, differences, parse, require_comparable, signature

OF_VERSION_1 = (
    "match:exact|span:codepoint|dup:set|avg:micro|zd:0|docs:4|cov:1.000|data:strife-0.1.0@9797debb|split:test|v:0.1.0"
)
ONE = Signature("news-1@0a1b2c3d", "test", 4, 0.75, "0.1.0")
words = st.text(st.characters(blacklist_characters="| \t\r\n", blacklist_categories=("Z", "C")), min_size=1, max_size=8)


@given(words, words, st.integers(0, 10**6), st.integers(0, 1000), st.sampled_from([None, *METRICS]), st.integers(0, 3))
def test_a_signature_can_be_read_back(
    data: str, split: str, documents: int, thousandths: int, metric: str | None, resolver: int
) -> None:
    one = Signature(data, split, documents, thousandths / 1000, "0.1.0", resolver=resolver)
    for each in (one, *([one.of(metric), one.of(metric).macro("ab")] if metric else [])):
        assert parse(str(each)) == each
        assert str(parse(str(each))) == str(each)


def test_what_a_signature_looks_like() -> None:
    assert str(ONE.of("arg_c+")) == (
        "metric:arg_c+|match:exact|span:codepoint|dup:set|avg:micro|zd:0|docs:4|cov:0.750|data:news-1@0a1b2c3d|split:test|v:0.1.0"
    )
    assert "metric:ceaf_ree|match:ceaf-strict|span:string|" in str(ONE.of("ceaf_ree"))
    assert "|avg:macro|labels:2@" in str(ONE.of("ent").macro(["B", "A"]))
    assert ONE.of("ent").macro(["B", "A", "A"]) == ONE.of("ent").macro(["A", "B"])
    assert "|split:test|resolver:1|v:" in str(msgspec.structs.replace(ONE, resolver=1))


def test_a_signature_of_the_first_version_is_read() -> None:
    assert str(parse(OF_VERSION_1)) == OF_VERSION_1
    assert parse(OF_VERSION_1).of("ent").metric == "ent"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no field"),
        ("nonsense", "'nonsense' is no field"),
        (OF_VERSION_1 + "|colour:red", "'colour:red' is no field"),
        (OF_VERSION_1 + "|v:0.2", "'v:0.2' is no field"),
        (OF_VERSION_1.replace("docs:4", "docs:four"), "docs and resolver are whole numbers"),
        (OF_VERSION_1.replace("docs:4|", ""), "no docs;"),
        (OF_VERSION_1.replace("test", ""), "'split:' is no field"),
    ],
)
def test_what_is_no_signature_is_refused(text: str, message: str) -> None:
    with pytest.raises(SignatureError, match=message):
        parse(text)


@pytest.mark.parametrize("name", ["a|b", "a b", "", "a\nb"])
def test_names_that_would_break_a_signature_are_refused(name: str) -> None:
    with pytest.raises(SignatureError, match="expected a name without blanks"):
        signature("data", name, 1, 0)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"coverage": 0.5}, ()),
        ({"resolver": 1}, ()),
        ({"data": "news-2@0a1b2c3d"}, ("data",)),
        ({"split": "train", "documents": 5}, ("docs", "split")),
        ({"version": "0.2.0"}, ("v",)),
        ({"metric": "ent", "match": "exact", "unit": "codepoint"}, ("metric", "match", "span")),
        ({"average": "macro", "labels": "2@00000000"}, ("avg", "labels")),
        ({"zero": "1"}, ("zd",)),
        ({"duplicates": "all"}, ("dup",)),
    ],
)
def test_what_forbids_a_comparison(change: dict[str, object], fields: tuple[str, ...]) -> None:
    other = msgspec.structs.replace(ONE, **change)
    assert differences(ONE, other) == differences(other, ONE) == fields
    if fields:
        with pytest.raises(SignatureError, match=f"differ in {', '.join(fields)}"):
            require_comparable([ONE, ONE, other])
    else:
        require_comparable([ONE, other])


def test_two_resolvers_may_not_be_ranked_together_not_even_beside_given_offsets() -> None:
    placed = [msgspec.structs.replace(ONE, resolver=version) for version in (1, 2)]
    with pytest.raises(SignatureError, match="differ in resolver"):
        require_comparable([ONE, *placed])
