"""Sample size: which difference a comparison of N examples can detect, and how many examples a difference needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Floats
from evalcore.metrics.intervals import binomial_cdf, wilson

LEVEL = 0.05
"""Two-sided p below which two runs are called different."""
POWER = 0.8
"""Share of comparisons in which a difference is to be detected."""
MOST_EXAMPLES = 1_000_000
"""Above this the answer is "more than that"."""
_TAIL = 7.0
"""Standard deviations of the number of discordant pairs that are summed over."""
_BISECTIONS = 30


def power(n: int, rate: float, difference: float, level: float = LEVEL) -> float:
    """How often the exact McNemar test calls two runs different, if they really differ by `difference`.

    The number of discordant pairs is binomial (n, rate), and which side each is on is binomial again; the test's
    exact power is summed over both.

    Args:
        rate: share of examples that only one of the two gets right; no less than the difference, since the
            difference is made of them: a smaller one is raised to it.
        difference: of the accuracies, in [0, 1].

    Source: Duffy 1984; the large-sample form is Connor 1987.
    """
    from scipy.special import gammaln, xlog1py, xlogy

    rate = min(1.0, max(rate, abs(difference)))
    if not n or not rate:
        return 0.0
    mean, deviation = n * rate, (n * rate * (1 - rate)) ** 0.5
    pairs = np.arange(max(0, int(mean - _TAIL * deviation - 2)), min(n, int(mean + _TAIL * deviation + 2)) + 1)
    log_weight = gammaln(n + 1) - gammaln(pairs + 1) - gammaln(n - pairs + 1)
    weight = np.exp(log_weight + xlogy(pairs, rate) + xlog1py(n - pairs, -rate))
    critical = _critical(int(pairs[0]), int(pairs[-1]), level)
    sides = (1 + abs(difference) / rate) / 2
    possible = critical >= 0
    k, m = critical[possible], pairs[possible]
    tails = binomial_cdf(k, m, 1 - sides) + binomial_cdf(k, m, sides)
    return float(weight[possible] @ tails)


@lru_cache(maxsize=256)
def _critical(fewest: int, most: int, level: float) -> NDArray[np.int64]:
    """For each number of discordant pairs, the largest smaller side at which the two-sided exact p is below `level`;
    -1 where there is none."""
    pairs = np.arange(fewest, most + 1)
    z = NormalDist().inv_cdf(1 - level / 2)
    k = np.maximum(-1, np.floor(pairs / 2 - z * np.sqrt(pairs) / 2 - 3)).astype(np.int64)  # a little too small
    while True:
        more = 2 * binomial_cdf(np.minimum(k + 1, pairs), pairs, 0.5) < level
        if not more.any():
            return k
        k = np.where(more, k + 1, k)


def smallest_difference(n: int, rate: float, wanted: float = POWER, level: float = LEVEL) -> float:
    """The smallest difference of two accuracies that the exact McNemar test sees in `wanted` of all comparisons.

    Args:
        n: examples that both runs share.
        rate: share of them that only one of the two gets right.

    Returns:
        in [0, 1]; NaN where even opposite answers everywhere would not be seen.
    """
    if not n or np.isnan(rate) or power(n, rate, 1.0, level) < wanted:
        return float("nan")
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(n, rate, middle, level) >= wanted else (middle, high)
    return high


def examples_needed(difference: float, rate: float, wanted: float = POWER, level: float = LEVEL) -> int | None:
    """About how many examples it takes to see a difference; None if more than `MOST_EXAMPLES`.

    The exact test's power is a sawtooth in N, so the result is approximate.

    Args:
        difference: of two accuracies, in (0, 1].
        rate: share of examples that only one of the two gets right.
    """
    low, high = 1, 8
    while power(high, rate, difference, level) < wanted:
        if high == MOST_EXAMPLES:
            return None
        low, high = high, min(2 * high, MOST_EXAMPLES)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, rate, difference, level) >= wanted else (middle, high)
    return high


@dataclass(frozen=True)
class Growth:
    """How precision grows with N; arrays of shape (n_points,).

    Attributes:
        n: numbers of examples, rising; the last is the whole split.
        width: of the accuracy's 95 % interval, as a share.
        smallest: the smallest difference that could be detected, as a share; NaN where none could.
    """

    n: NDArray[np.int64]
    width: Floats
    smallest: Floats


def growth(accuracy: float, rate: float, split_size: int, points: int = 24) -> Growth:
    """Interval width and smallest detectable difference, for N from a few examples to the whole split.

    Args:
        accuracy: of the run, as known now.
        rate: share of examples that only one of two runs gets right, as known now.
        split_size: examples of the whole split; points: how many values of N, at most.
    """
    first = min(20, split_size)
    n = np.unique(np.geomspace(first, max(split_size, first), points).round().astype(np.int64))
    low, high = wilson(accuracy * n, n)
    smallest = np.array([smallest_difference(int(count), rate) for count in n])
    return Growth(n, high - low, smallest)
