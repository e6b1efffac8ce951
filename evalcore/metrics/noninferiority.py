"""Whether a run is not worse than another one by a margin: an exact paired test, and the examples that it takes.

The hypothesis to be ruled out is that the new run's accuracy is lower by the margin. The statistic is Tango's, which is
also what `tango_interval` inverts. By its normal approximation, runs that are worse by just the margin are called "not
worse" in up to 6 % of data sets instead of 5 (of a few hundred examples, where nearly all differences are losses). So
the p-value is taken from the exact distribution, at the rate of disagreement, of all that there may be, that makes it
largest.

Source: the statistic is Tango 1998, Statistics in Medicine 17, 891-908; a p-value that is maximised over the rate is in
Hsueh, Liu and Chen 2001, Biometrics 57, 478-483, and Lloyd and Moldovan 2008, Statistics in Medicine 27, 3540-3549.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist

import numpy as np

from evalcore.metrics.classification import Floats
from evalcore.metrics.intervals import binomial_cdf
from evalcore.metrics.paired import score_statistic
from evalcore.metrics.power import LEVEL, MOST_EXAMPLES, POWER

ONE_SIDED = 1 - 2 * LEVEL
"""Confidence of the two-sided interval each of whose bounds holds with 95 % on its own."""
_TAIL = 7.0
"""Standard deviations of the number of lost examples that are summed over."""
_RATES = 200
"""Rates of disagreement at which the p-value is looked for: it has many small peaks."""
_EXACT_UP_TO = 20_000
"""Examples up to which the distribution is exact; above, the normal one differs by less than a thousandth."""
_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(1 - LEVEL)


def not_worse_p(gained: int, lost: int, n: int, margin: float) -> float:
    """One-sided p of the hypothesis that the new run's accuracy is lower by `margin` or more.

    Example:
        >>> round(not_worse_p(26, 24, 1000, 0.02), 4), round(not_worse_p(26, 24, 400, 0.02), 3)
        (0.0018, 0.097)

    Args:
        gained, lost: examples that only the new run, that only the old one gets right.
        n: examples, 1 or more.
        margin: in (0, 1).

    Returns:
        in [0, 1]: the largest, over all rates of disagreement, of the probabilities of a statistic as large as this.
    """
    reached = float(score_statistic(np.array(gained, float), np.array(lost, float), float(n), -margin))
    return _Shown(n, margin, reached).largest_p() if n <= _EXACT_UP_TO else _NORMAL.cdf(-reached)


def not_worse_power(n: int, rate: float, margin: float, difference: float = 0.0) -> float:
    """How often n examples show that the new run is not worse by `margin`, if it differs by `difference`.

    Args:
        rate: share of examples that only one of the two gets right; one that is smaller than the difference is raised
            to it.
        difference: of the accuracies, new minus old.

    Returns:
        in [0, 1].
    """
    return _power(n, rate, margin, difference, critical_value(n, margin))


@lru_cache(maxsize=256)
def examples_to_show(margin: float, rate: float, wanted: float = POWER) -> int | None:
    """About how many examples show that a run is not worse by `margin`, if both runs are equally good.

    The exact test's power is a sawtooth in N, so the result is approximate.

    Args:
        rate: share of examples that only one of the two gets right.
        wanted: share of comparisons that are to show it.

    Returns:
        None if more than `MOST_EXAMPLES`.
    """
    low, high = 1, 64
    while _power(high, rate, margin, 0.0, _Z) < wanted:
        if high == MOST_EXAMPLES:
            return None
        low, high = high, min(2 * high, MOST_EXAMPLES)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, rate, margin, 0.0, _Z) >= wanted else (middle, high)
    while high <= MOST_EXAMPLES and not_worse_power(high, rate, margin) < wanted:
        high += max(1, high // 50)  # the exact test asks for a little more than the normal distribution
    return high if high <= MOST_EXAMPLES else None


def _power(n: int, rate: float, margin: float, difference: float, critical: float) -> float:
    return _Shown(n, margin, critical).probability(max(rate, abs(difference)), difference)


@lru_cache(maxsize=256)
def critical_value(n: int, margin: float) -> float:
    """The smallest value of the statistic whose p is at most `LEVEL`, to the third decimal."""
    if n > _EXACT_UP_TO:
        return _Z
    low, high = _Z, _Z
    while _Shown(n, margin, high).largest_p() > LEVEL:
        low, high = high, high + 0.05
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (low, middle) if _Shown(n, margin, middle).largest_p() <= LEVEL else (middle, high)
    return high


@dataclass(frozen=True)
class _Shown:
    """The data sets of n examples whose statistic at the margin is `reached` or more."""

    n: int
    margin: float
    reached: float

    def largest_p(self) -> float:
        """The largest probability of these data sets, over the rates of disagreement, if the margin is the truth."""
        # No rate is below the margin; just above it, one gained example more or less changes the distribution.
        beyond = 1 - self.margin
        above = [0.0, *np.geomspace(0.02 / self.n, beyond, _RATES // 4), *(beyond * np.linspace(0, 1, _RATES) ** 2)]
        return max(self.probability(min(self.margin + more, 1.0), -self.margin) for more in above)

    def probability(self, rate: float, difference: float) -> float:
        """How probable these data sets are.

        The number of lost examples is binomial (n, loss), and of the others the gained ones are binomial again.

        Args:
            rate: share of examples that only one of the two runs gets right, no less than the difference.
            difference: of the accuracies, new minus old.
        """
        from scipy.special import gammaln, xlog1py, xlogy

        n, gain, loss = self.n, (rate + difference) / 2, (rate - difference) / 2
        mean, deviation = n * loss, math.sqrt(n * loss * (1 - loss))
        first, last = max(0, int(mean - _TAIL * deviation - 2)), min(n, int(mean + _TAIL * deviation + 2))
        lost = np.arange(first, last + 1)
        log_weight = gammaln(n + 1) - gammaln(lost + 1) - gammaln(n - lost + 1)
        weight = np.exp(log_weight + xlogy(lost, loss) + xlog1py(n - lost, -loss))
        others, fewest = n - lost, self.fewest_gained(first, last)
        share = min(1.0, gain / (1 - loss)) if loss < 1 else 0.0
        below = binomial_cdf(np.clip(fewest - 1, 0, others), np.maximum(others, 1), share)
        tails = np.where(fewest <= 0, 1.0, np.where(fewest > others, 0.0, 1 - below))
        return min(1.0, float(weight @ tails))

    def fewest_gained(self, first: int, last: int) -> Floats:
        """For each number of lost examples from `first` to `last`, the smallest number of gained ones that reaches it.

        More than there can be where none does. The statistic grows with it, so it is found by bisection.
        """
        if self.n <= _EXACT_UP_TO:
            return self._all_fewest[first : last + 1]
        return self._fewest(np.arange(first, last + 1, dtype=float))

    @cached_property
    def _all_fewest(self) -> Floats:
        return self._fewest(np.arange(self.n + 1, dtype=float))

    def _fewest(self, lost: Floats) -> Floats:
        low, high = np.full_like(lost, -1.0), self.n - lost + 1
        for _ in range(math.ceil(math.log2(self.n + 2)) + 1):
            middle = np.floor((low + high) / 2)
            apart = high - low > 1
            enough = score_statistic(np.maximum(middle, 0), lost, float(self.n), -self.margin) >= self.reached
            low, high = np.where(apart & ~enough, middle, low), np.where(apart & enough, middle, high)
        return high
