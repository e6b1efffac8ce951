"""Means of costs, their differences and ratios, against loops and scipy's bootstrap."""

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from evalcore.metrics import wilson_interval
from evalcore.metrics.decisions.cost import (
    LEAST_DEAR,
    cost_difference,
    cost_of_examples,
    dearest_cost,
    mean_cost,
    ratio_of_costs,
    right_share_interval,
)


def drawn(seed, n=800, n_labels=6, dear=8.0):
    """True labels, two sets of answers, and costs of which one row in three is dear."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_labels, n)
    a, b = (np.where(rng.random(n) < 0.7, true, rng.integers(-1, n_labels, n)) for _ in range(2))
    matrix = np.ones((n_labels, n_labels + 1))
    matrix[::3] = dear
    matrix[np.arange(n_labels), np.arange(n_labels)] = 0
    return true, a, np.where(rng.random(n) < 0.5, a, b), matrix


@pytest.mark.parametrize("seed", range(5))
def test_the_cost_of_each_example_is_looked_up(seed):
    true, a, _, matrix = drawn(seed)
    expected = [matrix[t, len(matrix) if p == -1 else p] for t, p in zip(true, a, strict=True)]
    assert cost_of_examples(true, a, matrix).tolist() == expected
    assert (a == -1).any()


def test_the_dearest_is_of_labels_that_occur():
    matrix = np.array([[0.0, 3, 2], [9, 0, 9]])
    assert dearest_cost(np.array([0, 0]), matrix) == 3
    assert dearest_cost(np.array([0, 1]), matrix) == 9
    assert dearest_cost(np.array([], dtype=int), matrix) == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_of_a_mean_is_about_that_of_a_bootstrap(seed):
    true, a, _, matrix = drawn(seed)
    costs = cost_of_examples(true, a, matrix)
    found = mean_cost(costs, true, "random", dearest_cost(true, matrix))
    other = bootstrap((costs,), np.mean, n_resamples=4000, method="BCa", random_state=seed).confidence_interval
    assert found.value == pytest.approx(sum(costs) / len(costs))
    width = other.high - other.low
    assert found.interval == pytest.approx((other.low, other.high), abs=0.06 * width)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_of_a_difference_is_about_that_of_a_paired_bootstrap(seed):
    true, a, b, matrix = drawn(seed, n=3000)
    of_a, of_b = (cost_of_examples(true, each, matrix) for each in (a, b))
    found = cost_difference(of_a, of_b, true, "random", dearest_cost(true, matrix))
    other = bootstrap((of_b - of_a,), np.mean, n_resamples=4000, method="BCa", random_state=seed).confidence_interval
    assert found.value == pytest.approx(of_b.mean() - of_a.mean())
    assert found.interval == pytest.approx((other.low, other.high), abs=0.06 * (other.high - other.low))


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_of_a_ratio_is_about_that_of_a_paired_bootstrap(seed):
    true, a, b, matrix = drawn(seed, n=3000)
    of_a, of_b = (cost_of_examples(true, each, matrix) for each in (a, b))
    found = ratio_of_costs(of_a, of_b, true, "random", dearest_cost(true, matrix))
    other = bootstrap(
        (of_a, of_b), lambda x, y, axis: y.mean(axis) / x.mean(axis), paired=True, n_resamples=3000, random_state=seed
    ).confidence_interval
    assert found.value == pytest.approx(of_b.sum() / of_a.sum())
    assert found.interval == pytest.approx((other.low, other.high), abs=0.12 * (other.high - other.low))


def test_a_stratified_sample_has_the_narrower_interval():
    true, a, _, matrix = drawn(0, dear=50.0)
    costs, dearest = cost_of_examples(true, a, matrix), dearest_cost(true, matrix)
    (low, high), (low_of_strata, high_of_strata) = (
        mean_cost(costs, true, design, dearest).interval for design in ("random", "stratified")
    )
    assert low < low_of_strata < costs.mean() < high_of_strata < high


def test_without_enough_dear_mistakes_there_is_no_interval():
    costs = np.zeros(500)
    costs[: LEAST_DEAR - 1] = 7.0
    true = np.zeros(500, dtype=int)
    few = mean_cost(costs, true, "random", 7.0)
    assert math.isnan(few.interval[0])
    assert not few.is_estimable
    assert few.dear == pytest.approx(LEAST_DEAR - 1)
    assert few.value == pytest.approx(7.0 * (LEAST_DEAR - 1) / 500)
    costs[LEAST_DEAR - 1] = 7.0
    assert mean_cost(costs, true, "random", 7.0).is_estimable
    # That a dearer one can happen, and did not, counts.
    assert not mean_cost(costs, true, "random", 8.0).is_estimable


def test_two_ways_that_hardly_differ_have_no_interval_of_the_difference_nor_of_the_ratio():
    rng = np.random.default_rng(0)
    a = (rng.random(600) < 0.3).astype(float)
    b = a.copy()
    b[np.flatnonzero(a)[:3]] = 0
    true = np.zeros(600, dtype=int)
    assert mean_cost(a, true, "random", 1.0).is_estimable
    assert not cost_difference(a, b, true, "random", 1.0).is_estimable
    assert not ratio_of_costs(a, b, true, "random", 1.0).is_estimable
    assert ratio_of_costs(a, b, true, "random", 1.0).value == pytest.approx(b.sum() / a.sum())


def test_nothing_that_costs_anything_has_no_ratio():
    nothing = np.zeros(100)
    true = np.zeros(100, dtype=int)
    found = ratio_of_costs(nothing, nothing, true, "random", 0.0)
    assert math.isnan(found.value)
    assert not found.is_estimable
    assert math.isnan(mean_cost(np.array([]), np.array([], dtype=int), "random", 0.0).value)


def test_a_share_in_a_random_sample_has_wilsons_interval_and_a_narrower_one_where_labels_differ():
    true = np.repeat(np.arange(2), 200)
    right = np.concatenate([np.ones(195), np.zeros(5), np.ones(100), np.zeros(100)])
    assert right_share_interval(right, true, "random") == pytest.approx(wilson_interval(295, 400))
    low, high = right_share_interval(right, true, "stratified")
    wide_low, wide_high = wilson_interval(295, 400)
    assert wide_low < low < 295 / 400 < high < wide_high
