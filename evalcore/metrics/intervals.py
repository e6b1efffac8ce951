"""How sure a share is: Wilson's interval, and an exact test of two runs."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from evalcore.metrics.classification import Floats

Interval = tuple[float, float]
"""Lower and upper bound."""
NO_INTERVAL: Interval = (float("nan"), float("nan"))


def wilson(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval for a share; NaN where n is 0.

    Example:
        >>> [round(float(bound), 3) for bound in wilson(3, 5)]
        [0.231, 0.882]

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


def wilson_interval(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a single share, as plain numbers; NaN where n is 0."""
    low, high = wilson(successes, n, confidence)
    return float(low), float(high)


def wilson_of_mean(mean: float, variance: float, worth: float, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a mean of shares: that of as many examples as would give a share of that size its variance.

    Args:
        mean: clipped to [0, 1]; variance: of the mean.
        worth: how many examples that is if all labels are alike. Used where the variance is 0 (all are right, or none
            is), so that the interval has a width; and an estimate above twice this number is cut there.
    """
    mean = min(max(mean, 0.0), 1.0)
    of_one = mean * (1 - mean)
    examples = min(of_one / variance, 2 * worth) if variance > 0 and of_one > 0 else worth
    return wilson_interval(mean * examples, examples, confidence)


_SUMMED_UP_TO = 1000
"""Discordant pairs up to which the sum is taken directly: a millisecond, where importing scipy takes a hundred."""


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Exact two-sided p of McNemar's test: H0 says that a discordant pair is equally likely on either side.

    Example:
        >>> round(mcnemar_p(5, 15), 4)
        0.0414

    Args:
        only_a, only_b: discordant pairs: examples that only A, that only B gets right.

    Returns:
        in [0, 1]; 1 without discordant pairs.

    Source: equal to scipy.stats.binomtest(only_a, only_a + only_b, 0.5).pvalue.
    """
    least, n = sorted((only_a, only_b))[0], only_a + only_b
    if n > _SUMMED_UP_TO:
        return min(1.0, 2 * float(binomial_cdf(least, n, 0.5)))
    ways = summed = 1  # in whole numbers: n choose i, and its sum over i from 0 to `least`
    for i in range(1, least + 1):
        ways = ways * (n - i + 1) // i
        summed += ways
    return min(1.0, summed / 2 ** (n - 1)) if n else 1.0


def binomial_cdf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """Probability of at most `k` successes in `n` trials of probability `p`, of the common shape.

    Args:
        k: in [0, n].
        n: 1 or more.

    Source: equal to scipy.stats.binom.cdf, through the incomplete beta function: to import scipy.stats takes half a
    second longer than scipy.special.
    """
    from scipy.special import betainc

    k, n = np.asarray(k), np.asarray(n)
    cdf: Floats = betainc(n - k, k + 1, 1 - np.asarray(p))
    return cdf
