"""Confidence beside what comes true: of each label, as a table, and of all answers in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evalcore.analysis.calibration import LabelCalibration
from evalcore.analysis.label_probabilities import LabelProbabilities
from evalcore.wording import counted, percent

LabelView = Literal["predictions", "examples"]
"""Of a label: the answers that predict it, or its own examples."""
_LEAST_BY_CHANCE = 20
"""Labels of which one is expected outside of its 95 % interval by chance."""
LABEL_VIEWS: tuple[LabelView, ...] = get_args(LabelView)
LABEL_AXES: dict[LabelView, tuple[str, str]] = {
    "predictions": ("mean confidence", "precision"),
    "examples": ("mean probability of the true label", "recall"),
}
"""What `confidence` and `right` are, by view."""
LABEL_SIDES: dict[LabelView, tuple[str, str]] = {
    "predictions": ("under-confident", "over-confident"),
    "examples": ("found by small margins", "likely, yet not predicted"),
}
"""What labels are whose `right` is above their `confidence`, and below it."""


def label_confidence(found: LabelCalibration, labels: Sequence[str], view: LabelView) -> pd.DataFrame:
    """One row for each label, those first whose confidence is farthest from what comes true.

    Of `predictions`, confidence is compared with precision; of `examples`, the probability that the model gives to the
    true label with recall.

    Returns:
        Columns `code` and `label`; `count` of answers or examples; `confidence` and `right`, means in [0, 1], NaN for a
        label that has none; `low` and `high` of the 95 % interval of `right`; `gap`, confidence less right; `beyond`,
        how far the confidence lies outside of the interval: above 0 over it, below 0 under it, else 0.
    """
    if view == "predictions":
        count, confidence, right, interval = (
            found.predicted, found.mean_confidence, found.precision, found.precision_interval,
        )  # fmt: skip
    else:
        count, confidence, right, interval = (
            found.support, found.mean_true_probability, found.recall, found.recall_interval,
        )  # fmt: skip
    low, high = interval[:, 0], interval[:, 1]
    beyond = np.where(confidence > high, confidence - high, np.where(confidence < low, confidence - low, 0.0))
    table = pd.DataFrame(
        {
            "code": np.arange(len(labels)),
            "label": list(labels),
            "count": count,
            "confidence": confidence,
            "right": right,
            "low": low,
            "high": high,
            "gap": confidence - right,
            "beyond": beyond,
        }
    )
    order = np.lexsort((-np.nan_to_num(np.abs(table["gap"]), nan=-1.0), -np.abs(beyond)))
    return table.iloc[order].reset_index(drop=True)


def label_confidence_words(table: pd.DataFrame, view: LabelView) -> str:
    """How many labels are off by more than chance, and how many would be by chance alone; empty if none is known.

    Args:
        table: of `label_confidence`.
    """
    known = int(table["right"].notna().sum())
    if not known:
        return ""
    over, under = int((table["beyond"] > 0).sum()), int((table["beyond"] < 0).sum())
    of = f"Of {counted(known, 'label')} that {'are' if known != 1 else 'is'}"
    by_chance = (
        f"About {known / 20:.0f} would be outside of a 95 % interval by chance." if known >= _LEAST_BY_CHANCE else ""
    )
    if view == "predictions":
        said = f"{of} predicted, the model is over-confident in {over:,} and under-confident in {under:,}."
    else:
        said = (
            f"{of} in the sample, {counted(under, 'is', 'are')} found more often than the probability of the true label"
            f" says, by small margins, and {over:,} less often: likely, yet another label is predicted."
        )
    return f"{said} {by_chance}".strip()


def mean_confidence_words(probabilities: LabelProbabilities) -> str:
    """`Mean confidence 81.1 %, right 65.8 %`: of the answers whose confidence is known; empty if of none it is."""
    known = probabilities.known
    if not known.any():
        return ""
    confidence, right = probabilities.confidence[known].mean(), probabilities.right[known].mean()
    return f"Mean confidence {percent(float(confidence))}, right {percent(float(right))}"
