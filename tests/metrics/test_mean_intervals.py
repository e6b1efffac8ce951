"""The variance of a mean against plain loops, and which way skewness moves its interval."""

import math

import numpy as np
import pytest

from evalcore.metrics.mean_intervals import LEAST_OF_A_MEAN, mean_effects, mean_interval, variance_of_sum


def test_in_a_random_sample_the_variance_is_that_of_a_mean():
    values = np.random.default_rng(0).exponential(size=90)
    variance = variance_of_sum(mean_effects(values), np.zeros(90, dtype=np.int64), "random")
    assert variance == pytest.approx(values.var(ddof=1) / 90, rel=1e-12)


def test_in_a_stratified_sample_only_the_spread_within_labels_counts():
    rng = np.random.default_rng(1)
    true = np.repeat(np.arange(12), [1, 1, *[9] * 10])
    values = rng.random(92) + true
    within = [values[true == label].var(ddof=1) * (true == label).sum() for label in range(2, 12)]
    expected = sum(within) / 92**2 * 92 / 90  # the two labels of one example vary as the others do
    found = variance_of_sum(mean_effects(values), true, "stratified")
    assert found == pytest.approx(expected * 92 / 91, rel=1e-12)
    assert found < variance_of_sum(mean_effects(values), true, "random") / 5


def test_labels_of_one_example_each_give_the_variance_of_a_random_sample():
    values = np.random.default_rng(2).random(80)
    true = np.append(np.arange(70), np.full(10, 70))
    variances = {design: variance_of_sum(mean_effects(values), true, design) for design in ("random", "stratified")}
    assert variances["random"] == variances["stratified"]


def test_skewness_moves_the_interval_to_the_long_side_and_symmetry_does_not():
    true = np.zeros(100, dtype=np.int64)
    skewed = np.append(np.full(95, 0.01), np.full(5, 6.0))
    low, high = mean_interval(skewed, true, "random")
    assert high - skewed.mean() > 2 * (skewed.mean() - low)
    even = np.tile([0.2, 0.4], 50)
    low, high = mean_interval(even, true, "random")
    assert high - 0.3 == pytest.approx(0.3 - low, rel=1e-6)
    assert high - 0.3 == pytest.approx(1.984217 * even.std(ddof=1) / 10, rel=1e-6)  # t of 99 degrees of freedom


@pytest.mark.parametrize(
    "values",
    [np.arange(LEAST_OF_A_MEAN - 1.0), np.full(100, 0.3), np.append(np.arange(99.0), np.inf), np.array([])],
    ids=["too few", "all alike", "an infinite one", "none"],
)
def test_what_is_not_estimable_has_no_interval(values):
    assert all(map(math.isnan, mean_interval(values, np.zeros(len(values), dtype=np.int64), "random")))
