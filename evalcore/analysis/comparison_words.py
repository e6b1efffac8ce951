"""The figures of a comparison in words, and the order in which its labels are listed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.compared_scores import SHARES, ClassRows, MetricRow
from evalcore.metrics import WHY_UNDEFINED, Floats
from evalcore.wording import MINUS

UNDEFINED = "–"
_WHOLE_NUMBERS = ("never_predicted",)
_ONE_DECIMAL = ("effective_labels",)


def metric_words(row: MetricRow, value: float, *, signed: bool = False) -> str:
    """A metric's value as it is shown: percent, points, or a plain number.

    Args:
        signed: a difference, in points where the metric is a share.
    """
    if math.isnan(value):
        return UNDEFINED
    share = row.name in SHARES
    decimals = 0 if row.name in _WHOLE_NUMBERS else 1 if share or row.name in _ONE_DECIMAL else 3
    scaled = round(100 * value if share else value, decimals)
    sign = ("+" if scaled > 0 else MINUS if scaled < 0 else "") if signed else (MINUS if scaled < 0 else "")
    return f"{sign}{abs(scaled):.{decimals}f}{' %' if share and not signed else ''}"


def metric_interval_words(row: MetricRow) -> str:
    """`−0.2 to +5.4`; empty where no interval is known."""
    low, high = row.interval
    if math.isnan(low):
        return ""
    return f"{metric_words(row, low, signed=True)} to {metric_words(row, high, signed=True)}"


def better_words(row: MetricRow) -> str:
    """Which run is better in a metric, and whether that is more than chance."""
    if math.isnan(row.difference):
        return f"undefined: {WHY_UNDEFINED.get(row.name, 'nothing to count')}"
    if not row.direction:
        return "neither way is"
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


def interval_words(interval: Floats, *, signed: bool = False) -> str:
    """`61.9 to 71.2`, in percent; empty where undefined.

    Args:
        interval: shape (2,), shares.
    """
    low, high = (round(float(100 * bound), 1) if bound == bound else float("nan") for bound in interval)
    if low != low:
        return ""
    sign = "+" if signed else ""
    return f"{low:{sign}.1f} to {high:{sign}.1f}".replace("-", MINUS)
