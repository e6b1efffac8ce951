"""How sure a share is: Wilson's interval, and an exact test of two runs."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from evalcore.metrics.classification import Floats

Interval = tuple[float, float]


NO_INTERVAL: Interval = (float("nan"), float("nan"))


def wilson(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval for a share; NaN where n is 0.

    Args:
        successes, n: counts, of one shape.

    Returns:
        Lower and upper bounds, each of that shape.

    Source: Wilson 1927; equal to scipy.stats.binomtest(...).proportion_ci(method="wilson").
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        # At 0 and n successes the bound is exact; rounding may put it a hair outside.
        low, high = np.where(k == 0, 0.0, middle - half), np.where(k == n, 1.0, middle + half)
    empty = n == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def wilson_of_mean(mean: float, variance: float, worth: float, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a mean of shares: that of as many examples as would give a share of that size its variance.

    Args:
        mean: clipped to [0, 1]; variance: of the mean.
        worth: how many examples that is if all labels are alike. Taken where the variance is 0 (all are right, or
            none is), so that the interval has a width; more than twice as many are never believed.
    """
    mean = min(max(mean, 0.0), 1.0)
    of_one = mean * (1 - mean)
    examples = min(of_one / variance, 2 * worth) if variance > 0 and of_one > 0 else worth
    low, high = wilson(mean * examples, examples, confidence)
    return float(low), float(high)


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Exact two-sided p of McNemar's test: as many discordant pairs on one side, if both were equally likely.

    Source: equal to scipy.stats.binomtest(only_a, only_a + only_b, 0.5).pvalue.
    """
    n = only_a + only_b
    tail = sum(comb(n, k) for k in range(min(only_a, only_b) + 1))
    # Integers are divided last: 2**n does not fit into a float for large n.
    return min(1.0, float(Fraction(2 * tail, 2**n)))
