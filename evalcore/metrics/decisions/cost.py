"""What answers cost: the mean over examples, of one run or as a difference of two, with 95 % intervals.

The cost of each example is looked up in a matrix of costs by its label and its answer. Costs are skewed: most examples
cost nothing, and a few dear mistakes can make up most of the mean. Its interval is Hall's (`mean_interval`), which
allows for skewness, and it holds down to about ten dear mistakes; with fewer, there is none, for the sample then does
not tell how often they happen. `python -m evalcore coverage --only costs` simulates it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from evalcore.metrics.classification import UNPARSED, Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_interval, wilson_of_mean
from evalcore.metrics.mean_intervals import LEAST_OF_A_MEAN, mean_effects, mean_interval, variance_of_sum

LEAST_DEAR = 10
"""Mistakes as dear as the dearest that can happen, to which those of a sample must come for an interval."""
_MORE_EXAMPLES = 2
"""Added to the variance of a difference, of the dearest kind: one each way."""


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
    """The mean of some costs, and its interval.

    Args:
        costs: shape (n,).
        true: shape (n,), label codes: the strata of a stratified sample.
        dearest: what one of them can come to at most.
    """
    n = len(costs)
    dear = float(costs @ costs) / dearest**2 if dearest > 0 else float("nan")
    enough = n >= LEAST_OF_A_MEAN and dear >= LEAST_DEAR
    interval = mean_interval(costs, true, design) if enough else NO_INTERVAL
    return MeanCost(float(costs.mean()) if n else float("nan"), interval, n, dear)


def cost_difference(a: Floats, b: Floats, true: Counts, design: Design, dearest: float) -> MeanCost:
    """The mean of B's cost less A's on the same examples, and its interval.

    Few examples differ in cost, some one way and some the other, and two ways to answer that differ nowhere in a sample
    may still differ: the variance includes two more examples, as dear as can be, one each way.

    Args:
        a, b: shape (n,), costs.
        true, dearest: as of `mean_cost`.
    """
    found = mean_cost(b - a, true, design, dearest)
    if not found.is_estimable:
        return found
    variance = variance_of_sum(mean_effects(b - a), true, design)
    wider = math.sqrt(1 + _MORE_EXAMPLES * (dearest / found.n) ** 2 / variance)
    low, high = ((bound - found.value) * wider + found.value for bound in found.interval)
    return replace(found, interval=(low, high))


def ratio_of_costs(a: Floats, b: Floats, true: Counts, design: Design, dearest: float) -> MeanCost:
    """How many times as much B costs as A on the same examples, and its interval.

    The intervals of both, on a logarithmic scale, are combined given the correlation of the two (`_f1_differences`
    does the same). The correlation is shrunken, so that equal costs in a sample do not mean a correlation of 1.

    Args:
        a, b: shape (n,), costs.
        true, dearest: as of `mean_cost`.

    Returns:
        `value` is the ratio: NaN if A costs nothing. `dear` is the least of both, and of their difference.

    Source: MOVER, Zou and Donner 2008, Statistics in Medicine 27, 1693-1702.
    """
    of_a, of_b, of_difference = (mean_cost(each, true, design, dearest) for each in (a, b, b - a))
    dear = min(of_a.dear, of_b.dear, of_difference.dear)
    ratio = of_b.value / of_a.value if of_a.value > 0 else float("nan")
    found = MeanCost(ratio, NO_INTERVAL, len(a), dear)
    if not (of_a.interval[0] > 0 and of_b.interval[0] > 0 and dear >= LEAST_DEAR):
        return found
    effects_a, effects_b = mean_effects(a), mean_effects(b)
    variance_a, variance_b, variance_of_difference = (
        variance_of_sum(each, true, design) for each in (effects_a, effects_b, effects_b - effects_a)
    )
    shared = (variance_a + variance_b - variance_of_difference) / 2 / math.sqrt(variance_a * variance_b)
    shared = min(max(shared, -1.0), 1.0) * min(of_a.dear, of_b.dear) / (min(of_a.dear, of_b.dear) + 1)
    below_a, above_a = math.log(of_a.value / of_a.interval[0]), math.log(of_a.interval[1] / of_a.value)
    below_b, above_b = math.log(of_b.value / of_b.interval[0]), math.log(of_b.interval[1] / of_b.value)
    low = math.sqrt(below_b**2 - 2 * shared * below_b * above_a + above_a**2)
    high = math.sqrt(above_b**2 - 2 * shared * above_b * below_a + below_a**2)
    return replace(found, interval=(ratio * math.exp(-low), ratio * math.exp(high)))


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
