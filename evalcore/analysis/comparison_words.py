"""The figures of a comparison in words, and the order in which its labels are listed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.compared_scores import ClassRows, MetricRow
from evalcore.metrics import WHY_UNDEFINED, WITHOUT_INTERVAL, Metric
from evalcore.wording import NOT_ESTIMABLE, UNDEFINED, figure, interval

NONE_KNOWN = "none known"
"""Stands for the interval of a metric for whose difference none was found that keeps its 95 %."""
WITHOUT_ANY_INTERVAL = frozenset({*WITHOUT_INTERVAL, "ece"})
"""These metrics, by name."""


def metric_words(row: MetricRow, value: float, *, signed: bool = False) -> str:
    """A metric's value as it is shown: percent, points, or a plain number.

    Args:
        signed: a difference, in points where the metric is a share.
    """
    return value_words(row.metric, value, signed=signed)


def value_words(metric: Metric, value: float, *, signed: bool = False) -> str:
    """The same, of a metric that belongs to no comparison."""
    if math.isnan(value):
        return UNDEFINED
    words = figure(100 * value if metric.is_share else value, metric.decimals, signed=signed)
    return f"{words} %" if metric.is_share and not signed else words


def metric_interval_words(row: MetricRow) -> str:
    """`−0.2 to +5.4`; says where the examples allow none, or none is known for this metric at all."""
    if math.isnan(row.difference):
        return UNDEFINED
    return interval(
        row.interval,
        scale=100 if row.metric.is_share else 1,
        decimals=row.metric.decimals,
        signed=True,
        undefined=NONE_KNOWN if row.name in WITHOUT_ANY_INTERVAL else NOT_ESTIMABLE,
    )


def better_words(row: MetricRow) -> str:
    """Which run is better in a metric, and whether that is more than chance."""
    if math.isinf(row.a) and math.isinf(row.b):
        return "undefined: infinite in both"
    if math.isnan(row.difference):
        return f"undefined: {WHY_UNDEFINED.get(row.name, 'nothing to count')}"
    if not row.metric.better:
        return "not rated"
    if not row.better:
        return "equal"
    if math.isnan(row.interval[0]):
        return f"{row.better}, in this sample"
    return row.better if row.clear else f"{row.better}, within chance"


def labels_by_change(rows: ClassRows) -> NDArray[np.intp]:
    """Shape (n_labels,): label codes by the size of the difference of their F1, absent labels last."""
    change = np.abs(rows.f1_b - rows.f1_a)
    return np.lexsort((-rows.support, -np.nan_to_num(change, nan=-1.0)))


def label_note(rows: ClassRows, code: int) -> str:
    """What is to be known of a label in both runs: absent, never predicted and zero recall are kept apart."""
    if not rows.support[code]:
        return "absent from the sample"
    runs = (("A", rows.predicted_a, rows.recall_a), ("B", rows.predicted_b, rows.recall_b))
    never = [name for name, predicted, _ in runs if not predicted[code]]
    zero = [name for name, predicted, recall in runs if predicted[code] and not recall[code]]
    said = [f"never predicted by {' and '.join(never)}"] if never else []
    said += [f"zero recall in {' and '.join(zero)}"] if zero else []
    return "; ".join(said)
