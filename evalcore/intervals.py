"""How sure a number is: intervals for shares and F1s, and an exact test of two runs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalcore.metrics import Counts, Floats

_BUDGET = 4_000_000
"""Cells drawn in all: with many nonzero cells fewer resamples are taken, so that an interval stays under a second."""
_LEAST_RESAMPLES = 200
_CHUNK = 2_000_000
"""Cells held at once, 16 MB."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Intervals:
    """Bootstrap percentile intervals.

    Attributes:
        macro_f1_all: that of macro_f1_present times the share of labels present: given the labels that this sample
            holds. (Resamples of a small sample lose labels, which would pull the interval below the estimate.)
        f1: shape (n_labels, 2), each label's F1; NaN where the label does not occur.
        resamples: how many were drawn.
    """

    macro_f1_present: Interval
    macro_f1_all: Interval
    micro_f1: Interval
    weighted_f1: Interval
    balanced_accuracy: Interval
    f1: Floats
    resamples: int


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


def bootstrap(confusion: Counts, *, resamples: int = 2000, seed: int = 0, confidence: float = 0.95) -> Intervals:
    """Percentile intervals from resampling the examples with replacement.

    Resampling n examples is drawing a multinomial over the cells of the confusion matrix, so the cost depends on
    the cells that occur and not on n. Each resample's statistic is the same function of its counts as the estimate:
    macro-F1 over labels present averages over the labels present in that resample.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        resamples: lowered, to no less than 200, where resamples times nonzero cells exceed four million.
    """
    rows, columns = np.nonzero(confusion)
    n, n_labels = int(confusion.sum()), len(confusion)
    if not n:
        nothing = (float("nan"), float("nan"))
        return Intervals(nothing, nothing, nothing, nothing, nothing, np.full((n_labels, 2), np.nan), 0)
    cells = len(rows)
    resamples = min(resamples, max(_LEAST_RESAMPLES, _BUDGET // cells))
    rng = np.random.default_rng(seed)
    shares = confusion[rows, columns] / n
    statistics, each_f1 = [], []
    for start in range(0, resamples, max(1, _CHUNK // cells)):
        size = min(max(1, _CHUNK // cells), resamples - start)
        drawn = rng.multinomial(n, shares, size=size)
        tp, support, predicted = _marginals(drawn, rows, columns, n_labels)
        aggregate, f1 = _statistics(tp, support, predicted, n)
        statistics.append(aggregate)
        each_f1.append(f1)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    bounds = np.quantile(np.concatenate(statistics), tails, axis=0).T
    f1 = np.full((n_labels, 2), np.nan)
    present = np.flatnonzero(confusion.sum(axis=1))
    drawn_f1 = np.concatenate(each_f1)[:, present]
    f1[present] = np.nanquantile(drawn_f1, tails, axis=0).T
    macro_present, micro, weighted, balanced = ((float(low), float(high)) for low, high in bounds)
    ceiling = len(present) / n_labels
    macro_all = (macro_present[0] * ceiling, macro_present[1] * ceiling)
    return Intervals(macro_present, macro_all, micro, weighted, balanced, f1, resamples)


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Exact two-sided p of McNemar's test: as many discordant pairs on one side, if both were equally likely.

    Source: equal to scipy.stats.binomtest(only_a, only_a + only_b, 0.5).pvalue.
    """
    n = only_a + only_b
    tail = sum(comb(n, k) for k in range(min(only_a, only_b) + 1))
    # Integers are divided last: 2**n does not fit into a float for large n.
    return min(1.0, float(Fraction(2 * tail, 2**n)))


def _marginals(
    drawn: NDArray[np.int64], rows: NDArray[np.intp], columns: NDArray[np.intp], n_labels: int
) -> tuple[Floats, Floats, Floats]:
    """True positives, support and predicted of each label in each resample, shape (n_resamples, n_labels)."""
    tp = np.zeros((len(drawn), n_labels))
    on_diagonal = rows == columns
    tp[:, rows[on_diagonal]] = drawn[:, on_diagonal]
    support = _summed(drawn, rows, n_labels)
    predicted = _summed(drawn, columns, n_labels + 1)[:, :n_labels]
    return tp, support, predicted


def _summed(drawn: NDArray[np.int64], group: NDArray[np.intp], n_groups: int) -> Floats:
    order = np.argsort(group, kind="stable")
    present, starts = np.unique(group[order], return_index=True)
    sums = np.zeros((len(drawn), n_groups))
    sums[:, present] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def _statistics(tp: Floats, support: Floats, predicted: Floats, n: int) -> tuple[Floats, Floats]:
    """Shape (n_resamples, 4): macro-F1 present, micro-F1, weighted F1, balanced accuracy; and each label's F1."""
    below = support + predicted
    f1 = np.divide(2 * tp, below, out=np.zeros_like(tp), where=below > 0)
    occurs = support > 0
    f1_of_present = np.where(occurs, f1, 0.0)
    recall = np.divide(tp, support, out=np.zeros_like(tp), where=occurs)
    n_present = occurs.sum(axis=1)
    correct, parsed = tp.sum(axis=1), predicted.sum(axis=1)
    aggregate = np.stack(
        [
            f1_of_present.sum(axis=1) / n_present,
            2 * correct / (n + parsed),
            (f1_of_present * support).sum(axis=1) / n,
            recall.sum(axis=1) / n_present,
        ],
        axis=1,
    )
    return aggregate, np.where(occurs, f1, np.nan)
