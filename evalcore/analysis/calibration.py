"""A run's probabilities -> whether they can be believed: calibration, Brier score, log loss, AUROC, temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.label_probabilities import LabelProbabilities, why_not_all_labels
from evalcore.analysis.scored_run import design_of
from evalcore.metrics import (
    TOP,
    UNPARSED,
    Bins,
    Counts,
    Design,
    Floats,
    IfCalibrated,
    Interval,
    auroc,
    auroc_interval,
    brier_reference,
    confidence_bins,
    ece_if_calibrated,
    ece_interval,
    expected_calibration_error,
    fit_temperature,
    log_loss_reference,
    mean_interval,
    over_confidence,
    ratio_or_nan,
    scaled,
    stratified_halves,
    why_no_auroc_interval,
    wilson,
    wilson_interval,
)
from evalcore.wording import counted

Rows = NDArray[np.intp]

MOST_ROWS_FOR_TEMPERATURE = 20_000
"""Of a larger run so many answers are drawn: one number needs no more, and they fit into memory."""
LEAST_ROWS_FOR_TEMPERATURE = 60


@dataclass(frozen=True)
class MeanScore:
    """A score that is a mean over the answers.

    Attributes:
        value: lower is better. Infinite if one answer's is; NaN without answers.
        interval: 95 %; NaN where it is not estimable.
        reference: of always answering the class frequencies of the same examples.
    """

    value: float
    interval: Interval
    reference: float


@dataclass(frozen=True)
class TopAccuracy:
    """How often the true label is among the k most probable ones.

    Attributes:
        value: in [0, 1]; NaN without answers. interval: Wilson's 95 %.
    """

    k: int
    value: float
    interval: Interval


@dataclass(frozen=True)
class LabelCalibration:
    """Each label's confidence in two views; arrays of shape (n_labels,), intervals (n_labels, 2), NaN where undefined.

    The first view is of the answers that predict a label: of a calibrated model, `mean_confidence` is as high as the
    `precision`. The second is of the examples of a label: where `mean_true_probability` is far below the `recall`, the
    label is found by a small margin; where it is above, the model is sure of it and yet answers others.

    Attributes:
        predicted: answers that predict the label, of known confidence.
        support: examples of the label, whose probability is known.
        precision_interval, recall_interval: Wilson's 95 %.
    """

    predicted: Counts
    mean_confidence: Floats
    precision: Floats
    precision_interval: Floats
    support: Counts
    mean_true_probability: Floats
    recall: Floats
    recall_interval: Floats


@dataclass(frozen=True)
class HalfScores:
    """The scores of one half of the sample; `Calibration` says what they are."""

    bins: Bins
    mean_confidence: float
    accuracy: float
    ece: float
    ece_if_calibrated: IfCalibrated
    brier: float
    log_loss: float


@dataclass(frozen=True)
class TemperatureScaling:
    """A temperature fitted on one half of the sample, and what it changes on the other.

    Attributes:
        value: above 1 makes probabilities flatter, below 1 sharper.
        fitted_on, shown_on: rows of `LabelProbabilities`, halves stratified by true label.
        before, after: scores of `shown_on` as the model gave them, and at this temperature.
    """

    value: float
    fitted_on: Rows
    shown_on: Rows
    before: HalfScores
    after: HalfScores


@dataclass(frozen=True)
class Calibration:
    """What a run's probabilities are worth. A score of no rows is NaN, and so is an interval that is not estimable.

    Confidence is the probability of the predicted label. Bins, ECE, over-confidence and AUROC are of the answers whose
    confidence is known; the Brier score, the log loss and the top-k accuracies of those with the probability of every
    label. The others are left out, not counted as 0.

    Attributes:
        n: all answers. n_confident: of known confidence. n_complete: with the probability of every label; 0 where
            these are no sample of all (`why_not_all_labels`).
        unparsed: answers that name no label, and so have no confidence.
        design: how the examples were drawn.
        bins: equal-mass bins of the confidence.
        ece: expected calibration error over these bins; biased upward, which `ece_if_calibrated` shows.
        ece_interval: of the ECE over these bins that infinitely many examples would show; NaN below `LEAST_OF_AN_ECE`.
        mean_confidence, accuracy: of the answers of known confidence.
        over_confidence: the first less the second; its 95 % `over_confidence_interval`.
        brier: multi-class: the sum over the labels of (probability - 1 for the true one, 0 for others) squared, 0 to 2.
        log_loss: natural logarithm. Infinite if a true label has the probability 0.
        infinite: how many true labels have that. log_loss_of_others: without these.
        top: by k: how often the true label is among the k most probable ones.
        auroc: of right against wrong by confidence. why_no_auroc: why it, or its interval, is not estimable; or empty.
        temperature: None where `why_no_temperature` says why.
        labels: each label's confidence.
    """

    n: int
    n_confident: int
    n_complete: int
    unparsed: int
    design: Design
    bins: Bins
    ece: float
    ece_interval: Interval
    ece_if_calibrated: IfCalibrated
    mean_confidence: float
    accuracy: float
    over_confidence: float
    over_confidence_interval: Interval
    brier: MeanScore
    log_loss: MeanScore
    infinite: int
    log_loss_of_others: float
    top: dict[int, TopAccuracy]
    auroc: float
    auroc_interval: Interval
    why_no_auroc: str
    temperature: TemperatureScaling | None
    why_no_temperature: str
    labels: LabelCalibration

    def as_json(self) -> dict[str, Any]:
        """Plain data, under `CALIBRATION_KEYS`. What is not estimable is NaN."""
        return {
            "ece": self.ece,
            "ece_interval": list(self.ece_interval),
            "ece_if_calibrated": self.ece_if_calibrated.mean,
            "ece_if_calibrated_interval": list(self.ece_if_calibrated.interval),
            "mean_confidence": self.mean_confidence,
            "over_confidence": self.over_confidence,
            "over_confidence_interval": list(self.over_confidence_interval),
            "brier": self.brier.value,
            "brier_interval": list(self.brier.interval),
            "brier_reference": self.brier.reference,
            "log_loss": self.log_loss.value,
            "log_loss_interval": list(self.log_loss.interval),
            "log_loss_reference": self.log_loss.reference,
            "auroc": self.auroc,
            "auroc_interval": list(self.auroc_interval),
            **{f"top_{k}": top.value for k, top in self.top.items() if k > 1},
            "temperature": self.temperature.value if self.temperature else None,
            "n_with_confidence": self.n_confident,
            "n_with_all_probabilities": self.n_complete,
        }


CALIBRATION_KEYS = (
    "ece", "ece_interval", "ece_if_calibrated", "ece_if_calibrated_interval",
    "mean_confidence", "over_confidence", "over_confidence_interval",
    "brier", "brier_interval", "brier_reference", "log_loss", "log_loss_interval", "log_loss_reference",
    "auroc", "auroc_interval", "top_3", "top_5", "temperature", "n_with_confidence", "n_with_all_probabilities",
)  # fmt: skip
"""What the JSON of every run holds of its probabilities; null where it cannot be had."""


def calibration(probabilities: LabelProbabilities) -> Calibration:
    """What a run's probabilities are worth."""
    p, scored = probabilities, probabilities.scored
    true, n_labels, design = scored.y_true, len(scored.labels), design_of(scored.record)
    confident = np.flatnonzero(p.known)
    complete = np.flatnonzero(p.complete & (not why_not_all_labels(p)))
    confidence, right = p.confidence[confident], p.right[confident]
    bins = confidence_bins(confidence, right)
    gap, gap_interval = over_confidence(confidence, right, true[confident], design)
    brier, log_loss = p.squared_error[complete], -p.log_true_probability[complete]
    infinite = np.isinf(log_loss)
    temperature, why_no_temperature = _temperature(p, complete)
    return Calibration(
        n=len(true),
        n_confident=len(confident),
        n_complete=len(complete),
        unparsed=int((scored.y_pred == UNPARSED).sum()),
        design=design,
        bins=bins,
        ece=expected_calibration_error(bins),
        ece_interval=ece_interval(bins),
        ece_if_calibrated=ece_if_calibrated(confidence),
        mean_confidence=mean_or_nan(confidence),
        accuracy=mean_or_nan(right),
        over_confidence=gap,
        over_confidence_interval=gap_interval,
        brier=MeanScore(
            mean_or_nan(brier), mean_interval(brier, true[complete], design), brier_reference(true[complete], n_labels)
        ),
        log_loss=MeanScore(
            mean_or_nan(log_loss),
            mean_interval(log_loss, true[complete], design),
            log_loss_reference(true[complete], n_labels),
        ),
        infinite=int(infinite.sum()),
        log_loss_of_others=mean_or_nan(log_loss[~infinite]),
        top={k: _top(p.true_rank[complete], k) for k in TOP},
        auroc=auroc(confidence, right),
        auroc_interval=auroc_interval(confidence, right, true[confident], design),
        why_no_auroc=why_no_auroc_interval(confidence, right),
        temperature=temperature,
        why_no_temperature=why_no_temperature,
        labels=_labels(p, n_labels),
    )


def mean_or_nan(values: NDArray[Any]) -> float:
    """The mean of some values; NaN of none."""
    return float(values.mean()) if len(values) else float("nan")


def _top(ranks: Counts, k: int) -> TopAccuracy:
    among = int((ranks <= k).sum())
    return TopAccuracy(k, float(ratio_or_nan(among, len(ranks))), wilson_interval(among, len(ranks)))


def _labels(p: LabelProbabilities, n_labels: int) -> LabelCalibration:
    confident, known = p.known, ~np.isnan(p.true_probability)
    said, asked = p.scored.y_pred[confident], p.scored.y_true[known]

    def total(labels: Counts, values: NDArray[Any]) -> Floats:
        return np.bincount(labels, values, minlength=n_labels).astype(np.float64)

    predicted, support = np.bincount(said, minlength=n_labels), np.bincount(asked, minlength=n_labels)
    precise, recalled = total(said, p.right[confident]), total(asked, p.right[known])
    return LabelCalibration(
        predicted=predicted,
        mean_confidence=ratio_or_nan(total(said, p.confidence[confident]), predicted),
        precision=ratio_or_nan(precise, predicted),
        precision_interval=np.stack(wilson(precise, predicted), axis=1),
        support=support,
        mean_true_probability=ratio_or_nan(total(asked, p.true_probability[known]), support),
        recall=ratio_or_nan(recalled, support),
        recall_interval=np.stack(wilson(recalled, support), axis=1),
    )


def _temperature(p: LabelProbabilities, complete: Rows) -> tuple[TemperatureScaling | None, str]:
    """Args: complete: rows with the probability of every label."""
    if len(complete) < LEAST_ROWS_FOR_TEMPERATURE:
        n = counted(len(complete), "answer")
        return None, f"{n} with the probability of every label: too few, it takes {LEAST_ROWS_FOR_TEMPERATURE}."
    if len(complete) > MOST_ROWS_FOR_TEMPERATURE:
        chosen = np.random.default_rng(0).choice(len(complete), MOST_ROWS_FOR_TEMPERATURE, replace=False)
        complete = complete[np.sort(chosen)]
    true = p.scored.y_true
    fitted_on, shown_on = (complete[half] for half in stratified_halves(true[complete]))
    temperature = fit_temperature(p.log_of_rows(fitted_on), true[fitted_on])
    if np.isnan(temperature):
        return (
            None,
            "on one half of the sample the loss only falls, the sharper (or flatter) the probabilities.",
        )
    given = p.log_of_rows(shown_on)
    before, after = (_half(given_or_scaled, p, shown_on) for given_or_scaled in (given, scaled(given, temperature)))
    return TemperatureScaling(temperature, fitted_on, shown_on, before, after), ""


def _half(log_shares: Floats, p: LabelProbabilities, rows: Rows) -> HalfScores:
    """The scores of some answers under given probabilities.

    Args:
        log_shares: shape (n_rows, n_labels), natural logarithms.
    """
    true, predicted = p.scored.y_true[rows], p.scored.y_pred[rows]
    at, shares = np.arange(len(rows)), np.exp(log_shares)
    parsed = predicted != UNPARSED
    confidence, right = shares[at, predicted][parsed], p.right[rows][parsed]
    bins = confidence_bins(confidence, right)
    return HalfScores(
        bins=bins,
        mean_confidence=mean_or_nan(confidence),
        accuracy=mean_or_nan(right),
        ece=expected_calibration_error(bins),
        ece_if_calibrated=ece_if_calibrated(confidence),
        brier=mean_or_nan((shares**2).sum(axis=1) - 2 * shares[at, true] + 1),
        log_loss=-mean_or_nan(log_shares[at, true]) + 0.0,
    )
