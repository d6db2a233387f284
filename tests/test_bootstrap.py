"""Bootstrap intervals over documents."""

import numpy as np

from strife.bootstrap import interval, resampled


def test_resampled_sums_are_sums_of_as_many_documents() -> None:
    sums = np.array([[1.0, 10.0], [1.0, 20.0], [1.0, 30.0]])
    drawn = resampled(sums, 500)
    assert drawn.shape == (500, 2)
    assert (drawn[:, 0] == 3).all()
    assert drawn[:, 1].min() >= 30
    assert drawn[:, 1].max() <= 90
    assert abs(drawn[:, 1].mean() - 60) < 2


def test_the_same_seed_draws_the_same_documents() -> None:
    sums = np.arange(5.0).reshape(5, 1)
    assert (resampled(sums, 50) == resampled(sums, 50)).all()
    assert (resampled(sums, 50) != resampled(sums, 50, seed=1)).any()


def test_many_dimensions_and_no_document() -> None:
    assert resampled(np.ones((4, 2, 3)), 7).shape == (7, 2, 3)
    assert (resampled(np.zeros((0, 2)), 3) == 0).all()


def test_the_interval_holds_what_the_normal_law_says() -> None:
    values = np.random.default_rng(1).normal(0, 1, 20000)
    low, high = interval(values) or (0.0, 0.0)
    assert abs(low + 1.96) < 0.05
    assert abs(high - 1.96) < 0.05


def test_undefined_values_are_left_out() -> None:
    assert interval(np.array([np.nan, 2.0, 2.0])) == (2.0, 2.0)
    assert interval(np.array([np.nan])) is None
