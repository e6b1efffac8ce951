"""The scores of two runs side by side: every metric, every label, every confusion. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalcore.metrics import (
    NO_INTERVAL,
    UNPARSED,
    ClassScores,
    Counts,
    Floats,
    Interval,
    PairedIntervals,
    Scores,
    tango_interval,
    wilson,
)

BetterDirection = Literal["higher", "lower", ""]
BetterRun = Literal["A", "B", ""]

METRICS: tuple[tuple[str, str, BetterDirection], ...] = (
    ("accuracy", "Accuracy", "higher"),
    ("macro_f1_present", "Macro-F1, labels present", "higher"),
    ("macro_f1_all", "Macro-F1, all labels", "higher"),
    ("macro_precision_present", "Macro precision, labels present", "higher"),
    ("balanced_accuracy", "Balanced accuracy (macro recall)", "higher"),
    ("micro_f1", "Micro-F1", "higher"),
    ("micro_precision", "Micro precision (right among parsed)", "higher"),
    ("weighted_f1", "Weighted F1", "higher"),
    ("weighted_precision", "Weighted precision", "higher"),
    ("mcc", "MCC", "higher"),
    ("kappa", "Kappa with the true labels", "higher"),
    ("unparsed_rate", "Unparsed", "lower"),
    ("never_predicted", "Labels that occur, never predicted", "lower"),
    ("effective_labels", "Effective predicted labels", ""),
    ("favourites_share", "Share of the two favourites", ""),
)
"""Of each metric its name, its title, and which direction is better; empty where neither is."""
SHARES = frozenset(
    name for name, _, _ in METRICS if name not in ("mcc", "kappa", "never_predicted", "effective_labels")
)
"""Metrics shown in percent."""


@dataclass(frozen=True)
class MetricRow:
    """One metric of both runs on the shared examples.

    Attributes:
        a, b: NaN where undefined.
        difference: B minus A, with its 95 % `interval`; NaN where one of the two is undefined, or no interval is known.
        direction: which values are better.
        better: the run that is better in the sample; empty if they are equal or neither direction is better.
        clear: whether the interval excludes 0.
    """

    name: str
    title: str
    a: float
    b: float
    difference: float
    interval: Interval
    direction: BetterDirection
    better: BetterRun
    clear: bool


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
    """How often `true` was answered `predicted` by each run, and how many of these examples are the same.

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
        a, b: the figures of each run, as `figures` returns them.
        intervals: of the differences; those that are missing are not known.
    """
    return [
        _metric_row(name, title, direction, a[name], b[name], intervals.get(name, NO_INTERVAL))
        for name, title, direction in METRICS
    ]


def figures(of: Scores, n_never_predicted: int) -> dict[str, float]:
    """The values of `METRICS` of one run."""
    values = {name: float(getattr(of, name)) for name, _, _ in METRICS if name != "never_predicted"}
    return {**values, "never_predicted": float(n_never_predicted)}


def _metric_row(name: str, title: str, direction: BetterDirection, a: float, b: float, interval: Interval) -> MetricRow:
    difference = b - a
    better: BetterRun = ""
    if direction and abs(difference) > 0:
        better = "B" if (difference > 0) == (direction == "higher") else "A"
    low, high = interval = NO_INTERVAL if math.isnan(difference) else interval
    return MetricRow(name, title, a, b, difference, interval, direction, better, low > 0 or high < 0)


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
