"""Checks across documents: names marked or labelled otherwise than elsewhere, texts twice, splits that leak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.model import Document, Entity, Zone
from strife.ontology import Ontology
from strife.validate import validate

ACROSS = ("CON80", "COR", "DOC104")


def found(ontology: Ontology, *documents: Document, **splits: str) -> list[tuple[str, str]]:
    report = validate(documents, ontology, select=ACROSS, ignore=["CON803", "CON804"], split_of=splits)
    return [(finding.code, finding.doc_id) for finding in report.findings]


def named(marks: list[str | None], name: str = "Talmar", doc_id: str = "d") -> Document:
    """A document that holds the name once for each mark: a label, or None where it is not marked."""
    text, entities = "", []
    for number, label in enumerate(marks):
        if label:
            entities.append(Entity(f"m{number}", len(text), len(text) + len(name), label))
        text += f"{name} {number}. "
    return Document(doc_id, text, tuple(entities))


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("marked", "unmarked", "findings"),
    [(9, 1, 1), (18, 2, 2), (10, 1, 1), (100, 1, 1), (8, 1, 0), (5, 5, 0), (17, 2, 0), (9, 0, 0), (0, 9, 0)],
)
def test_a_name_is_found_unmarked_when_it_is_marked_nine_times_in_ten(
    ontology: Ontology, marked: int, unmarked: int, findings: int
) -> None:
    document = named(["GPE"] * marked + [None] * unmarked)
    assert found(ontology, document) == [("CON801", "d")] * findings


@pytest.mark.parametrize(
    ("usual", "other", "findings"), [(9, 1, 1), (18, 2, 2), (8, 1, 0), (5, 5, 0), (10, 0, 0), (3, 1, 0)]
)
def test_a_name_is_found_mislabelled_when_nine_times_in_ten_it_has_another_label(
    ontology: Ontology, usual: int, other: int, findings: int
) -> None:
    assert found(ontology, named(["GPE"] * usual + ["LOC"] * other)) == [("CON802", "d")] * findings


def test_a_name_is_counted_over_all_documents(ontology: Ontology) -> None:
    documents = [named(["GPE"] * 3, doc_id=f"d{n}") for n in range(3)]
    bare = Document("bare", "They left Talmar.")
    report = validate([*documents, bare], ontology, select=["CON801"])
    (finding,) = report.findings
    assert (finding.doc_id, finding.start, finding.end, finding.quote) == ("bare", 10, 16, "Talmar")
    assert (finding.found, finding.expected) == ("not marked here, but 9 times elsewhere", "GPE")
    assert finding.item is None


def test_a_mislabelled_name_says_what_it_is_elsewhere(ontology: Ontology) -> None:
    (finding,) = validate([named(["ARM"] * 9 + ["ORG"], "Harbour Front")], ontology, select=["CON802"]).findings
    assert (finding.item, finding.found, finding.expected) == ("m9", "ORG, but ARM 9 times elsewhere", "ARM")


@pytest.mark.parametrize(
    "text", ["Talmarian men left.", "ATalmar left.", "talmar left.", "Talmar2 left.", "TALMAR left.", "Tal mar left."]
)
def test_only_the_whole_name_is_looked_for(ontology: Ontology, text: str) -> None:
    assert found(ontology, named(["GPE"] * 20), Document("bare", text)) == []


@pytest.mark.parametrize("text", ["pro-Talmar men", "Talmar-led men"])
def test_a_name_that_is_part_of_a_hyphenated_word_is_not_asked_for(ontology: Ontology, text: str) -> None:
    assert found(ontology, named(["GPE"] * 20), Document("bare", text)) == []


@pytest.mark.parametrize("text", ["Talmar", "(Talmar)", "Talmar's men", "😀Talmar😀", "“Talmar”"])
def test_a_name_is_found_beside_punctuation_and_at_the_edges_of_the_text(ontology: Ontology, text: str) -> None:
    assert found(ontology, named(["GPE"] * 20), Document("bare", text)) == [("CON801", "bare")]


@pytest.mark.parametrize("name", ["Sar", "talmar", "the Front", "١٢٣٤"])
def test_short_and_lower_case_words_are_no_names(ontology: Ontology, name: str) -> None:
    assert found(ontology, named(["GPE"] * 20 + [None], name)) == []


@pytest.mark.parametrize("name", ["Sarn", "Élan", "Élan Bay", "U.S. Gulf"])
def test_a_name_of_four_characters_of_any_script_or_of_several_words_is_found(ontology: Ontology, name: str) -> None:
    assert found(ontology, named(["GPE"] * 20 + [None], name)) == [("CON801", "d")]


def test_a_name_inside_another_mention_is_not_unmarked(ontology: Ontology) -> None:
    inside = Document("inside", "Talmar Police left.", (Entity("m", 0, 13, "ARM"),))
    assert found(ontology, named(["GPE"] * 20), inside) == []


def test_a_name_in_boilerplate_is_not_unmarked(ontology: Ontology) -> None:
    masthead = Document("masthead", "Talmar Post", zones=(Zone(0, 11, "boilerplate"),))
    assert found(ontology, named(["GPE"] * 20), masthead) == []


def test_labels_that_the_ontology_lacks_make_no_rule(ontology: Ontology) -> None:
    assert found(ontology, named(["GEP"] * 20 + [None])) == []


# ---------------------------------------------------------------- texts


def test_one_text_under_two_doc_ids_is_found_at_the_second(ontology: Ontology) -> None:
    assert found(ontology, *(Document(name, "Talmar fell.") for name in "abc")) == [("COR903", "b"), ("COR903", "c")]


def test_two_texts_under_one_doc_id_are_found_at_the_second(ontology: Ontology) -> None:
    assert found(ontology, Document("a", "Talmar fell."), Document("a", "Talmar fell. ")) == [("DOC104", "a")]


def test_one_document_by_two_annotators_is_no_text_twice(ontology: Ontology) -> None:
    assert found(ontology, Document("a", "Talmar fell."), Document("a", "Talmar fell.")) == []


# ---------------------------------------------------------------- splits


def words(first: int, last: int) -> str:
    return " ".join(f"w{n}" for n in range(first, last))


BRIEF = words(0, 22)  # 20 runs of three words


@pytest.mark.parametrize(
    ("other", "leaks"),
    [
        (BRIEF, True),
        (f"{BRIEF} {words(100, 200)}", True),  # Jaccard 20/120, but contained whole
        (words(10, 34), True),  # Jaccard 10/32
        (words(12, 34), True),  # Jaccard 8/32, 8/20 of the shorter
        (words(14, 36), False),  # Jaccard 6/34
        (words(100, 122), False),
        (BRIEF.replace(" ", ", ").upper(), True),
        (" ".join(reversed(BRIEF.split())), False),
    ],
)
def test_near_duplicates_of_two_splits_are_found(ontology: Ontology, other: str, leaks: bool) -> None:
    result = found(ontology, Document("a", BRIEF), Document("b", f"\n{other}"), a="train", b="test")
    assert result == ([("COR901", "b")] if leaks else [])


@pytest.mark.parametrize(("shared", "leaks"), [(9, False), (10, True)])
def test_half_of_the_shorter_text_is_too_much(ontology: Ontology, shared: int, leaks: bool) -> None:
    longer = f"{words(20 - shared, 22)} {words(100, 300)}"
    result = found(ontology, Document("a", BRIEF), Document("b", longer), a="train", b="test")
    assert result == ([("COR901", "b")] if leaks else [])


@pytest.mark.parametrize(
    "splits", [{"a": "train", "b": "train"}, {"a": "train"}, {"b": "test"}, {}, {"a": "train", "c": "test"}]
)
def test_near_duplicates_of_one_split_or_of_none_are_fine(ontology: Ontology, splits: dict[str, str]) -> None:
    assert found(ontology, Document("a", BRIEF), Document("b", f"{BRIEF} more"), **splits) == []


def test_a_near_duplicate_says_how_much_is_shared_with_what(ontology: Ontology) -> None:
    documents = [Document("a", BRIEF), Document("b", f"{BRIEF} more")]
    (finding,) = validate(documents, ontology, ["COR901"], split_of={"a": "train", "b": "test"}).findings
    assert finding.found == "20 runs of 3 words are shared with a in train (Jaccard 0.95)"


@pytest.mark.parametrize("text", ["", "Two words", "😀 😀 😀"])
def test_texts_of_less_than_three_words_are_no_near_duplicates(ontology: Ontology, text: str) -> None:
    assert found(ontology, Document("a", text), Document("b", f"{text} "), a="train", b="test") == []


@pytest.mark.parametrize(
    ("splits", "events", "result"),
    [
        ({"a": "train", "b": "test"}, ("x", "x"), [("COR902", "b")]),
        ({"a": "train", "b": "test"}, ("x", "y"), []),
        ({"a": "train", "b": "train"}, ("x", "x"), []),
        ({"a": "train"}, ("x", "x"), []),
        ({"a": "train", "b": "test"}, ("", ""), []),
        ({}, ("x", "x"), []),
    ],
)
def test_an_event_of_two_splits_is_found(
    ontology: Ontology, splits: dict[str, str], events: tuple[str, str], result: list[tuple[str, str]]
) -> None:
    one, two = (Document(name, f"Text {name}", meta={"event": event}) for name, event in zip("ab", events, strict=True))
    assert found(ontology, one, two, **splits) == result


@given(st.integers(0, 30), st.integers(0, 4))
def test_unmarked_names_are_found_exactly_at_the_threshold(ontology: Ontology, marked: int, unmarked: int) -> None:
    rule = marked >= 4 and 10 * marked >= 9 * (marked + unmarked)
    assert len(found(ontology, named(["GPE"] * marked + [None] * unmarked))) == (unmarked if rule else 0)
