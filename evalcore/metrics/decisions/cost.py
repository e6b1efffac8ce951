"""What answers cost: the mean over examples, of one run or as a difference of two, with 95 % intervals.

The cost of each example is looked up in a matrix of costs by its label and its answer. Costs are skewed: most examples
cost nothing, and a few dear mistakes can make up most of the mean. Its interval is Hall's (`mean_interval`), which
allows for skewness, and it holds down to a handful of dear mistakes; with fewer, there is none, for the sample then
does not tell how often they happen. `python -m evalcore coverage --only costs` simulates it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evalcore.metrics.classification import UNPARSED, Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_interval, wilson_of_mean
from evalcore.metrics.mean_intervals import LEAST_OF_A_MEAN, mean_effects, mean_interval, variance_of_sum

LEAST_DEAR = 5
"""Mistakes as dear as the dearest that can happen, to which those of a sample must come for an interval."""


@dataclass(frozen=True)
class MeanCost:
    """A mean of costs, or of their differences.

    Attributes:
        value: per example; NaN without examples.
        interval: 95 %; NaN where these examples do not allow one.
        n: examples. dear: to how many mistakes of the dearest kind they come: the sum of the squared costs, over the
            square of the dearest, for it is squares that make up the variance. NaN if nothing costs anything.
    """

    value: float
    interval: Interval
    n: int
    dear: float

    @property
    def is_estimable(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.interval[0])


def cost_of_examples(true: Counts, predicted: Counts, matrix: Floats) -> Floats:
    """The cost of each example's answer.

    Args:
        true, predicted: shape (n,), label codes; -1 is unparsed.
        matrix: shape (n_labels, n_labels + 1); the last column is unparsed.
    """
    found: Floats = matrix[true, np.where(predicted == UNPARSED, matrix.shape[1] - 1, predicted)]
    return found


def dearest_cost(true: Counts, matrix: Floats) -> float:
    """The highest cost that an answer to one of these examples can have; 0 without examples."""
    present = np.bincount(true, minlength=len(matrix)) > 0
    return float(matrix[present].max(initial=0.0))


def mean_cost(costs: Floats, true: Counts, design: Design, dearest: float) -> MeanCost:
    """The mean of some costs, or of differences of costs, and its interval.

    Args:
        costs: shape (n,); of differences, those of one way to answer less those of another.
        true: shape (n,), label codes: the strata of a stratified sample.
        dearest: what one of them can come to at most.
    """
    n = len(costs)
    dear = float(costs @ costs) / dearest**2 if dearest > 0 else float("nan")
    enough = n >= LEAST_OF_A_MEAN and dear >= LEAST_DEAR
    interval = mean_interval(costs, true, design) if enough else NO_INTERVAL
    return MeanCost(float(costs.mean()) if n else float("nan"), interval, n, dear)


def ratio_of_costs(a: Floats, b: Floats, true: Counts, design: Design, dearest: float) -> MeanCost:
    """How many times as much B costs as A on the same examples, and its interval.

    The interval is that of the logarithm, to first order: each example adds to it by its cost over the mean, of B less
    of A.

    Args:
        a, b: shape (n,), costs.
        true, dearest: as of `mean_cost`.
    """
    n, of_a, of_b = len(a), float(a.sum()), float(b.sum())
    least = min(float(a @ a), float(b @ b)) / dearest**2 if dearest > 0 else float("nan")
    if not of_a > 0:
        return MeanCost(float("nan"), NO_INTERVAL, n, least)
    ratio = of_b / of_a
    if not (of_b > 0 and n >= LEAST_OF_A_MEAN and least >= LEAST_DEAR):
        return MeanCost(ratio, NO_INTERVAL, n, least)
    low, high = mean_interval(n * (b / of_b - a / of_a), true, design)
    return MeanCost(ratio, (ratio * math.exp(low), ratio * math.exp(high)), n, least)


def right_share_interval(right: Floats, true: Counts, design: Design) -> Interval:
    """A 95 % interval of the share of right answers: Wilson's, and in a stratified sample that of its variance.

    Args:
        right: shape (n,), 1 or 0.
        true: shape (n,), label codes.
    """
    n = len(right)
    if design == "random" or n < 2:
        return wilson_interval(float(right.sum()), n)
    mean = float(right.mean())
    return wilson_of_mean(mean, variance_of_sum(mean_effects(right), true, design), n)
