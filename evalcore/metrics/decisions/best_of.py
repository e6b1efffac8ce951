"""Several classifiers on the same examples: which is the best, and which cannot be told apart from it.

All pairs are tested, and Holm's correction holds for all of them at once. So the one that is truly the best is among
those that are not told apart from the best of these examples with a probability of at least 95 %: to be left out, a
test would have to err about that very pair. It is a guarantee, and most often more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Floats
from evalcore.metrics.intervals import binomial_cdf
from evalcore.metrics.paired import holm, tango_interval
from evalcore.metrics.power import LEVEL

_UNSEEN = 2
"""Mistakes of the worst kind that are added to what was seen of a pair: one that each of the two has not made yet."""


@dataclass(frozen=True)
class BestOf:
    """Each classifier against the best one; arrays of shape (k,).

    Attributes:
        best: place of the one with the best mean on these examples; of equal ones the first.
        mean: of each one's values.
        difference: its mean minus that of the best.
        low, high: 95 % interval of the difference that holds for all pairs at once; NaN for the best itself.
        p: of each against the best, Holm's correction for all pairs applied; 1 for the best itself.
    """

    best: int
    mean: Floats
    difference: Floats
    low: Floats
    high: Floats
    p: Floats

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return _pairs(len(self.p))

    @property
    def level(self) -> float:
        """The level of an interval that is to hold for all pairs at once: 0.05 divided by their number."""
        return level_of(len(self.p))

    @property
    def together(self) -> NDArray[np.bool_]:
        """Which ones cannot be told apart from the best, itself included."""
        together: NDArray[np.bool_] = self.p >= LEVEL
        return together


def most_right(right: NDArray[np.bool_]) -> BestOf:
    """By accuracy: exact McNemar of every pair; Tango's intervals.

    Args:
        right: shape (k, n): which examples each one gets right; one row and one example at least.
    """
    k, n = right.shape
    ones = right.astype(np.float64)
    both = ones @ ones.T
    correct = np.diag(both)
    only = correct[:, None] - both  # only[a, b]: examples that a gets right and b does not
    best = int(np.argmax(correct))
    gained, lost = only[:, best], only[best]
    low, high = tango_interval(gained, lost, np.full(k, float(n)), 1 - level_of(k))
    p = _against(best, _mcnemar(only))
    return _best_of(best, correct / n, low, high, p)


def least_cost(costs: Floats, dearest: float) -> BestOf:
    """By mean cost: a score test of every pair's mean difference, and the interval that it inverts to.

    Examples alone cannot say how often the worst mistake happens that none of them shows. Each pair is tested as if
    each of the two made one more of these, so that a few dear mistakes, seen or not, decide nothing.

    Args:
        costs: shape (k, n): of each one's answer to each example; one row and one example at least.
        dearest: what an answer to one of the examples can cost at most.
    """
    k, n = costs.shape
    total = costs.sum(axis=1)
    products = costs @ costs.T
    square = np.diag(products)
    squares = np.maximum(square[:, None] + square - 2 * products, 0) + _UNSEEN * dearest**2
    differences = total[:, None] - total
    best = int(np.argmin(total))
    # With a difference `d` and the sum of squares `s`, the statistic is sum(d) / sqrt(s): for costs of 0 and 1 that of
    # McNemar. The differences at which it is `z` are the ends of the interval.
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(squares > 0, np.abs(differences) / np.sqrt(squares), 0.0)
    from scipy.special import ndtr

    p = _against(best, 2 * ndtr(-statistic))
    z = NormalDist().inv_cdf(1 - level_of(k) / 2)
    mean = (total - total[best]) / n
    if n > z**2:
        width = z * np.sqrt(np.maximum(squares[:, best] / n - mean**2, 0) / (n - z**2))
    else:
        width = np.full(k, np.nan)
    return _best_of(best, total / n, mean - width, mean + width, p)


def level_of(k: int) -> float:
    """The level of each pair's interval, so that those of all pairs of `k` hold at once."""
    return LEVEL / max(1, _pairs(k))


def efficient(score: Floats, effort: Floats) -> NDArray[np.bool_]:
    """Which ones no other one beats: none has a score as good and an effort as small, one of the two strictly better.

    Args:
        score: shape (k,), the larger the better.
        effort: shape (k,), the smaller the better; one whose effort is NaN is not known to be efficient, and beats
            none.
    """
    better = score[:, None] >= score
    cheaper = effort[:, None] <= effort
    strictly = (score[:, None] > score) | (effort[:, None] < effort)
    beaten = np.asarray((better & cheaper & strictly).any(axis=0))
    found: NDArray[np.bool_] = ~beaten & ~np.isnan(effort)
    return found


def _mcnemar(only: Floats) -> Floats:
    """Exact two-sided p of every pair, shape (k, k).

    Args:
        only: shape (k, k): examples that the row's one gets right and the column's one does not.
    """
    discordant = only + only.T
    least = np.minimum(only, only.T)
    p: Floats = np.minimum(1.0, 2 * binomial_cdf(least, np.maximum(discordant, 1), 0.5))
    return np.where(discordant > 0, p, 1.0)


def _against(best: int, p: Floats) -> Floats:
    """Holm's p of each against the best, from the p of all pairs."""
    k = len(p)
    rows, columns = np.triu_indices(k, 1)
    adjusted = np.ones((k, k))
    adjusted[rows, columns] = adjusted[columns, rows] = holm(p[rows, columns].tolist())
    against: Floats = adjusted[best]
    return against


def _best_of(best: int, mean: Floats, low: Floats, high: Floats, p: Floats) -> BestOf:
    itself = np.arange(len(mean)) == best
    return BestOf(best, mean, mean - mean[best], np.where(itself, np.nan, low), np.where(itself, np.nan, high), p)


def _pairs(k: int) -> int:
    return k * (k - 1) // 2
