"""Every metric of a run by its name, each with its interval where it has one; of all its examples or of some."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.calibration import mean_or_nan
from evalcore.analysis.label_probabilities import LabelProbabilities, why_not_all_labels
from evalcore.analysis.scored_run import ScoredRun, design_of
from evalcore.metrics import (
    METRICS,
    NO_INTERVAL,
    PROBABILITY_METRICS,
    UNPARSED,
    Design,
    Interval,
    Intervals,
    Metric,
    auroc,
    auroc_interval,
    confidence_bins,
    ece_interval,
    expected_calibration_error,
    mean_interval,
    metric_values,
    over_confidence,
    wilson_interval,
)

Rows = NDArray[np.intp]
Value = tuple[float, Interval]
"""A metric's value and its 95 % interval; NaN where it is undefined, or no interval is known."""

ALL_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (*METRICS, *PROBABILITY_METRICS)}
OF_PROBABILITIES = frozenset(metric.name for metric in PROBABILITY_METRICS)
MAY_HAVE_INTERVAL = OF_PROBABILITIES | {name for name in ALL_METRICS if name in Intervals.__dataclass_fields__}
"""Metrics that have an interval, unless the examples are too few."""
MEANS_OVER_EXAMPLES = (
    "accuracy", "unparsed_rate", "brier", "log_loss", "mean_confidence", "over_confidence", "top_3", "top_5",
)  # fmt: skip
"""Metrics that some of the examples have as well as all. Of a part that is chosen by its label, a precision or an F1 of
labels would say nothing: no other label is in it that could be mistaken for this one."""


def metrics_of_answers(scored: ScoredRun, rows: Rows | None = None) -> dict[str, Value]:
    """The metrics that need no probabilities.

    Args:
        rows: indices into the run's arrays; then only those of `MEANS_OVER_EXAMPLES`. All where it is None.
    """
    if rows is None:
        values = metric_values(scored.scores, scored.per_class)
        return {name: (value, getattr(scored.intervals, name, NO_INTERVAL)) for name, value in values.items()}
    true, predicted = scored.y_true[rows], scored.y_pred[rows]
    return {"accuracy": _share(true == predicted), "unparsed_rate": _share(predicted == UNPARSED)}


def metrics_of_probabilities(
    probabilities: LabelProbabilities, rows: Rows | None = None, design: Design | None = None
) -> dict[str, Value]:
    """The metrics of a run's probabilities, as `calibration` has them.

    Args:
        rows: indices into the run's arrays; all where it is None.
        design: how these were drawn; like the run where it is None.
    """
    p, scored = probabilities, probabilities.scored
    rows = np.arange(len(scored.y_true)) if rows is None else rows
    design = design or design_of(scored.record)
    confident = rows[p.known[rows]]
    complete = rows[p.complete[rows] & (not why_not_all_labels(p))]
    sure, right, true = p.confidence[confident], p.right[confident], scored.y_true[confident]
    bins = confidence_bins(sure, right)
    squared, loss = p.squared_error[complete], -p.log_true_probability[complete]
    return {
        "brier": (mean_or_nan(squared), mean_interval(squared, scored.y_true[complete], design)),
        "log_loss": (mean_or_nan(loss), mean_interval(loss, scored.y_true[complete], design)),
        "auroc": (auroc(sure, right), auroc_interval(sure, right, true, design)),
        "ece": (expected_calibration_error(bins), ece_interval(bins)),
        "mean_confidence": (mean_or_nan(sure), mean_interval(sure, true, design)),
        "over_confidence": over_confidence(sure, right, true, design),
        **{f"top_{k}": _share(p.true_rank[complete] <= k) for k in (3, 5)},
    }


def _share(which: NDArray[np.bool_]) -> Value:
    return mean_or_nan(which), wilson_interval(int(which.sum()), len(which))
