"""Intervals of shares against scipy, and by how often they cover."""

import math
import time

import numpy as np
import pytest
from scipy.stats import binomtest

from evalcore.metrics.intervals import mcnemar_p, wilson, wilson_of_mean


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_that_of_scipy(confidence):
    rng = np.random.default_rng(0)
    n = rng.integers(1, 500, 100)
    k = (rng.random(100) * (n + 1)).astype(int)
    k[:2], n[:2] = (0, 7), (5, 7)  # nothing right, everything right
    low, high = wilson(k, n, confidence)
    for i in range(100):
        expected = binomtest(int(k[i]), int(n[i])).proportion_ci(confidence, method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_nothing_is_unknown():
    low, high = wilson([0], [0])
    assert math.isnan(low[0])
    assert math.isnan(high[0])


def test_mcnemar_is_that_of_scipy_in_every_small_case():
    for n in range(120):
        for a in range(n + 1):
            expected = binomtest(a, n, 0.5).pvalue if n else 1.0
            assert mcnemar_p(a, n - a) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(249_000, 251_000), (250_000, 250_000), (3000, 2500), (0, 1074)])
def test_mcnemar_of_half_a_million_pairs_is_that_of_scipy_and_takes_milliseconds(a, b):
    mcnemar_p(1, 2)  # scipy is imported
    started = time.perf_counter()
    p = mcnemar_p(a, b)
    assert time.perf_counter() - started < 0.05
    assert p == pytest.approx(binomtest(a, a + b, 0.5).pvalue, rel=1e-9)


def test_a_mean_of_shares_is_as_sure_as_the_share_with_its_variance():
    low, high = wilson_of_mean(0.3, 0.3 * 0.7 / 50, worth=400)
    assert (low, high) == pytest.approx([float(bound) for bound in wilson(15, 50)])


@pytest.mark.parametrize("mean", [0.0, 1.0, 1.02, -0.01])
def test_a_mean_without_variance_still_has_an_interval(mean):
    low, high = wilson_of_mean(mean, 0.0, worth=50)
    assert 0 <= low < high <= 1
    assert (low, high) == pytest.approx([float(bound) for bound in wilson(50 * min(max(mean, 0), 1), 50)])


@pytest.mark.parametrize(("share", "n"), [(0.5, 40), (0.9, 60), (0.97, 100)])
def test_wilson_covers_as_often_as_it_says(share, n):
    rng = np.random.default_rng(8)
    low, high = wilson(rng.binomial(n, share, 4000), np.full(4000, n))
    assert 0.925 < ((low <= share) & (share <= high)).mean() < 0.975
