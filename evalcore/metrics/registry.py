"""The metrics that every list of metrics shows: reports as JSON, `compare`, the Compare page.

A new metric is one entry of `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evalcore.metrics.classification import ClassScores
from evalcore.metrics.overall import Scores

BetterDirection = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class Metric:
    """One number over all labels.

    Attributes:
        name: its key in JSON, and that of its interval where it has one.
        title: its name for people.
        better: which values are better; empty where neither direction is.
        is_share: whether it is in [0, 1] and shown in percent.
        decimals: of the value as it is shown.
        value: computes it from the scores over all labels and those of each label (arrays of shape (n_labels,)); NaN
            where undefined. None: it is the field `name` of `Scores`.
    """

    name: str
    title: str
    better: BetterDirection = "higher"
    is_share: bool = True
    decimals: int = 1
    value: Callable[[Scores, ClassScores], float] | None = None

    def of(self, scores: Scores, each: ClassScores) -> float:
        """Its value, of scores that come from one confusion matrix."""
        return float(self.value(scores, each) if self.value else getattr(scores, self.name))


def _n_never_predicted(scores: Scores, each: ClassScores) -> float:
    return float(((each.support > 0) & (each.predicted == 0)).sum())


METRICS: tuple[Metric, ...] = (
    Metric("accuracy", "Accuracy"),
    Metric("macro_f1_present", "Macro-F1, labels in the sample"),
    Metric("macro_f1_all", "Macro-F1, all labels"),
    Metric("macro_precision_present", "Macro precision, labels in the sample"),
    Metric("balanced_accuracy", "Balanced accuracy (macro recall)"),
    Metric("micro_f1", "Micro-F1"),
    Metric("micro_precision", "Micro precision (right among parsed)"),
    Metric("weighted_f1", "Weighted F1"),
    Metric("weighted_precision", "Weighted precision"),
    Metric("mcc", "MCC", is_share=False, decimals=3),
    Metric("kappa", "Kappa with the true labels", is_share=False, decimals=3),
    Metric("unparsed_rate", "Unparsed", "lower"),
    Metric(
        "never_predicted", "Labels never predicted", "lower",
        is_share=False, decimals=0, value=_n_never_predicted,
    ),
    Metric("effective_labels", "Label variety", "", is_share=False),
    Metric("favourites_share", "Share of the top 2 labels", ""),
)  # fmt: skip

PROBABILITY_METRICS: tuple[Metric, ...] = (
    Metric("brier", "Brier score", "lower", is_share=False, decimals=3),
    Metric("log_loss", "Log loss", "lower", is_share=False, decimals=3),
    Metric("auroc", "AUROC, right against wrong", is_share=False, decimals=3),
    Metric("ece", "Expected calibration error", "lower"),
    Metric("mean_confidence", "Mean confidence", ""),
    Metric("over_confidence", "Over-confidence", ""),
    Metric("top_3", "Top-3 accuracy"),
    Metric("top_5", "Top-5 accuracy"),
)
"""The metrics of a run's probabilities, where it has some; `analysis.calibration` computes them."""

TITLES = {metric.name: metric.title for metric in METRICS}
"""What the metrics are called, by their names."""


def metric_values(scores: Scores, each: ClassScores) -> dict[str, float]:
    """The value of each of `METRICS` by its name.

    Args:
        scores: over all labels.
        each: of each label, from the same confusion matrix.
    """
    return {metric.name: metric.of(scores, each) for metric in METRICS}
