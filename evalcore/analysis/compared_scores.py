"""The scores of two runs side by side: every metric, every label, every confusion. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalcore.metrics import (
    METRICS,
    NO_INTERVAL,
    UNPARSED,
    ClassScores,
    Counts,
    Floats,
    Interval,
    Metric,
    PairedIntervals,
    tango_interval,
    wilson,
)

BetterRun = Literal["A", "B", ""]


@dataclass(frozen=True)
class MetricRow:
    """One metric of both runs on the shared examples.

    Attributes:
        a, b: NaN where undefined.
        difference: B minus A, with its 95 % `interval`; NaN where one of the two is undefined, or no interval is known.
        better: the run that is better in the sample; empty if they are equal or neither direction is better.
        clear: whether the interval excludes 0.
    """

    metric: Metric
    a: float
    b: float
    difference: float
    interval: Interval
    better: BetterRun
    clear: bool

    @property
    def name(self) -> str:
        """The metric's key in JSON."""
        return self.metric.name

    @property
    def title(self) -> str:
        """The metric's name for people."""
        return self.metric.title


@dataclass(frozen=True)
class ClassRows:
    """Each label's scores of both runs; arrays of shape (n_labels,), intervals (n_labels, 2), NaN where undefined."""

    support: Counts
    f1_a: Floats
    f1_b: Floats
    f1_a_interval: Floats
    f1_b_interval: Floats
    f1_difference_interval: Floats
    recall_a: Floats
    recall_b: Floats
    recall_a_interval: Floats
    recall_b_interval: Floats
    recall_difference_interval: Floats
    predicted_a: Counts
    predicted_b: Counts


@dataclass(frozen=True)
class ConfusionChange:
    """How often `true` was predicted as `predicted` by each run, and how many of these examples are the same.

    Attributes:
        true, predicted: label codes, different.
        a, b: how often each run confuses them.
        fixed: confused by A only; introduced: by B only; unchanged: by both.
    """

    true: int
    predicted: int
    a: int
    b: int
    fixed: int
    introduced: int
    unchanged: int


def metric_rows(a: Mapping[str, float], b: Mapping[str, float], intervals: Mapping[str, Interval]) -> list[MetricRow]:
    """One row for each of `METRICS`.

    Args:
        a, b: the values of each run, as `metrics.metric_values` returns them.
        intervals: of the differences, by the metric's name; those that are missing are not known.
    """
    return [
        metric_row(metric, a[metric.name], b[metric.name], intervals.get(metric.name, NO_INTERVAL))
        for metric in METRICS
    ]


def metric_row(metric: Metric, a: float, b: float, interval: Interval) -> MetricRow:
    """The row of one metric, from its values and the interval of the difference."""
    difference = b - a
    better: BetterRun = ""
    if metric.better and abs(difference) > 0:
        better = "B" if (difference > 0) == (metric.better == "higher") else "A"
    low, high = interval = NO_INTERVAL if math.isnan(difference) else interval
    return MetricRow(metric, a, b, difference, interval, better, low > 0 or high < 0)


def class_rows(
    y_true: Counts, y_a: Counts, y_b: Counts, a: ClassScores, b: ClassScores, intervals: PairedIntervals
) -> ClassRows:
    """The scores of each label under both runs.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
        a, b: the scores of each label, of these answers.
    """
    right_a, right_b = y_a == y_true, y_b == y_true
    gained, lost = (
        np.bincount(y_true[which], minlength=len(a.support)) for which in (right_b & ~right_a, right_a & ~right_b)
    )
    return ClassRows(
        support=a.support,
        f1_a=a.f1,
        f1_b=b.f1,
        f1_a_interval=intervals.f1_a,
        f1_b_interval=intervals.f1_b,
        f1_difference_interval=intervals.f1_difference,
        recall_a=a.recall,
        recall_b=b.recall,
        recall_a_interval=_recall_intervals(a),
        recall_b_interval=_recall_intervals(b),
        recall_difference_interval=np.stack(tango_interval(gained, lost, a.support), axis=1),
        predicted_a=a.predicted,
        predicted_b=b.predicted,
    )


def _recall_intervals(each: ClassScores) -> Floats:
    return np.stack(wilson(each.true_positives, each.support), axis=1)


def confusion_changes(y_true: Counts, y_a: Counts, y_b: Counts, n_labels: int) -> list[ConfusionChange]:
    """All confusions that either run has, the most changed first, then the most frequent.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
    """
    wrong_a, wrong_b = ((y != y_true) & (y != UNPARSED) for y in (y_a, y_b))
    of_a, of_b, of_both = (
        np.bincount(y_true[which] * n_labels + y[which], minlength=n_labels**2).reshape(n_labels, n_labels)
        for which, y in ((wrong_a, y_a), (wrong_b, y_b), (wrong_a & (y_a == y_b), y_a))
    )
    true, predicted = np.nonzero(of_a + of_b)
    a, b, both = of_a[true, predicted], of_b[true, predicted], of_both[true, predicted]
    order = np.lexsort((predicted, true, -(a + b), -abs(b - a)))
    return [
        ConfusionChange(*(int(value) for value in row))
        for row in np.stack([true, predicted, a, b, a - both, b - both, both], axis=1)[order]
    ]
