"""The measures against values from papers and packages (shared/oracles/agreement.json, each with its source)."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strife.agreement.coefficients import cohen, cohen_kappa, f1, fleiss_kappa, nominal_alpha
from strife.agreement.unitizing import (
    Span,
    alpha_u,
    crossing,
    cu_alpha,
    cut,
    expected_differences,
    flat,
    of_cuts,
    of_one_label,
    shared_length,
    squared_differences,
    u_alpha,
)

Vector = dict[str, Any]


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Vector]:
    table = json.loads((shared / "oracles" / "agreement.json").read_text(encoding="utf-8"))
    return {vector["id"]: vector for vector in table["vectors"]}


def units_of(given: dict[str, Any]) -> list[list[Any]]:
    if "units" in given:
        return list(given["units"])
    return [[a, b] for a, b, times in given["table"] for _ in range(times)]


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("cohen1960-p45", cohen_kappa),
        # Scott's pi is Fleiss' kappa of two annotators
        ("ap2008-ex1-pi", fleiss_kappa),
        ("ap2008-ex2-pi", fleiss_kappa),
        ("k1995-A-digit-pi", fleiss_kappa),
        ("fleiss1971", fleiss_kappa),
        ("k2011-A", nominal_alpha),
        ("k2011-C-nominal", nominal_alpha),
        ("k2004-ex2", nominal_alpha),
        ("nltk-easy", nominal_alpha),
    ],
)
def test_coefficients_of_units(vectors: dict[str, Vector], name: str, measure: Any) -> None:
    vector = vectors[name]
    assert measure(units_of(vector["input"])) == pytest.approx(vector["expected"], abs=vector["tolerance"])


def test_no_variation_is_undefined(vectors: dict[str, Vector]) -> None:
    units = units_of(vectors["alpha-constant"]["input"])
    assert [measure(units) for measure in (nominal_alpha, fleiss_kappa, cohen_kappa)] == [None, None, None]


def seen_and_expected(raters: list[list[Span]], length: int) -> np.ndarray[Any, Any]:
    seen = sum(squared_differences(a, b) for a, b in combinations(raters, 2))
    return np.array([seen, expected_differences(raters, length)])


def by_category(given: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Offsets count from where the continuum begins."""
    begin, length = given["continuum"]

    def units(rater: list[Any], name: str) -> list[Span]:
        return flat([Span(start - begin, start - begin + size, label) for start, size, label in rater if label == name])

    categories = sorted({unit[2] for rater in given["raters"] for unit in rater})
    return {name: seen_and_expected([units(rater, name) for rater in given["raters"]], length) for name in categories}


@pytest.mark.parametrize(
    "name",
    [
        "k2004-alphaU",
        "k2004-alphaU-k",
        "k1995-alphaU-C-x5",
        "k1995-alphaU-A-x50000",
        "k1995-alphaU-C-x50000",
        "dkpro-toy",
    ],
)
def test_alpha_u_of_1995(vectors: dict[str, Vector], name: str) -> None:
    vector = vectors[name]
    parts = by_category(vector["input"])
    category = vector["input"].get("category")
    sums = parts[category] if category else np.sum(list(parts.values()), axis=0)
    assert float(alpha_u(sums)) == pytest.approx(vector["expected"], abs=vector["tolerance"])
    if vector.get("ref_value") is not None:
        assert float(alpha_u(sums)) == pytest.approx(vector["ref_value"], abs=1e-6)


def test_alpha_u_of_nothing_is_undefined() -> None:
    assert np.isnan(alpha_u(seen_and_expected([[], [], []], 20)))


def of_2016(given: dict[str, Any]) -> tuple[np.ndarray[Any, Any], ...]:
    labels = sorted({value for units in given["observers"].values() for *_, value in units})
    index = {label: number for number, label in enumerate(labels)}
    cuts = [
        cut(flat([Span(start - 1, end, value) for start, end, value in units]), index)
        for units in given["observers"].values()
    ]
    crossings = {(i, j): crossing(cuts[i], cuts[j], len(labels)) for i, j in combinations(range(len(cuts)), 2)}
    return of_cuts(cuts, crossings, given["L"], len(labels))


def test_u_alpha_of_2016(vectors: dict[str, Vector]) -> None:
    vector = vectors["k2019-ualpha-nominal"]
    whole, binary, _ = of_2016(vector["input"])
    assert float(u_alpha(whole)) == pytest.approx(vector["expected"], abs=vector["tolerance"])
    assert float(u_alpha(whole)) == pytest.approx(vector["ref_value"], abs=1e-6)
    assert float(u_alpha(binary)) == pytest.approx(0.413, abs=1e-3)  # the same figure of the book


def test_cu_alpha_of_2016(vectors: dict[str, Vector]) -> None:
    vector = vectors["k2019-cualpha-nominal"]
    *_, coded = of_2016(vector["input"])
    assert round(float(cu_alpha(coded)), 3) == vector["expected"] == 0.724


def test_kappa_becomes_f1(vectors: dict[str, Vector]) -> None:
    vector = vectors["hripcsak-limit"]
    both, only_a, only_b, neither = (vector["input"][k] for k in ("both", "only_a", "only_b", "neither"))
    f = float(f1(np.array([both, both + only_a, both + only_b], float)))
    kappa = float(
        cohen(np.array([[both, both + only_a, both + only_b], [neither, neither + only_b, neither + only_a]], float))
    )
    assert f == pytest.approx(vector["expected"], abs=vector["tolerance"])
    assert kappa == pytest.approx(f, abs=1e-4)


def test_gamma(vectors: dict[str, Vector]) -> None:
    pytest.importorskip("pygamma_agreement", reason="needs the extra gamma", exc_type=ImportError)
    from strife.agreement.gamma import disorder

    place = vectors["gamma-dpos-1"]
    units = {who: [Span(*place["input"][who], "x")] for who in ("u", "v")}
    assert disorder(units, 1, position_only=True).observed == pytest.approx(place["expected"], abs=1e-7)  # in 32 bits
    disorders = [
        v for v in vectors.values() if v["measure"] in ("gamma_best_alignment_disorder", "gamma_observed_disorder")
    ]
    assert len(disorders) == 4
    for vector in disorders:
        by_annotator: dict[str, list[Span]] = {}
        for who, start, end, label in vector["input"]["units"]:
            by_annotator.setdefault(who, []).append(Span(start, end, label))
        assert disorder(by_annotator, 1).observed == pytest.approx(vector["expected"], abs=1e-5), vector["id"]


spans = st.lists(st.tuples(st.integers(0, 35), st.integers(1, 9)), max_size=6).map(
    lambda some: flat([Span(start, start + size, "x") for start, size in some])
)


@given(st.lists(spans, min_size=2, max_size=4))
def test_one_label_needs_no_arrays(raters: list[list[Span]]) -> None:
    cuts = [cut(units, {"x": 0}) for units in raters]
    pairs = list(combinations(range(len(raters)), 2))
    whole, binary, _ = of_cuts(cuts, {(i, j): crossing(cuts[i], cuts[j], 1) for i, j in pairs}, 44, 1)
    shared = {(i, j): shared_length(raters[i], raters[j]) for i, j in pairs}
    assert np.array(of_one_label(raters, shared, 44)) == pytest.approx(whole)
    assert binary == pytest.approx(whole)
