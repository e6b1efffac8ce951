"""The probabilities of two runs on the examples that both have answered: what differs, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.calibration import mean_or_nan
from evalcore.analysis.compared_scores import MetricRow, metric_row
from evalcore.analysis.comparison import Comparison
from evalcore.analysis.label_probabilities import LabelProbabilities, label_probabilities, why_no_probabilities
from evalcore.metrics import (
    NO_INTERVAL,
    PROBABILITY_METRICS,
    Interval,
    auroc,
    auroc_difference_interval,
    confidence_bins,
    expected_calibration_error,
    mean_interval,
    tango_interval,
    why_no_auroc_interval,
)
from evalcore.wording import counted


@dataclass(frozen=True)
class ComparedCalibration:
    """Scores of both runs' probabilities; A is the reference, a difference is B minus A.

    Attributes:
        n: shared examples.
        n_confident: those of which both runs' confidence is known; n_complete: of which both know every label.
        rows: one for each of `PROBABILITY_METRICS`: mean confidence, over-confidence, ECE and AUROC on the first; Brier
            score, log loss, top-3 and top-5 accuracy on the second. To be shown like `Comparison.metrics`, by
            `metric_words`, `metric_interval_words` and `better_words`.
        notes: sentences on what is left out and what has no interval; often none.
    """

    n: int
    n_confident: int
    n_complete: int
    rows: list[MetricRow]
    notes: list[str]


def compared_calibration(comparison: Comparison, a: LabelProbabilities, b: LabelProbabilities) -> ComparedCalibration:
    """Compare the probabilities of `comparison.a` and `comparison.b` on the shared examples.

    Args:
        a, b: the probabilities of these two runs.
    """
    at_a, at_b = comparison.at_a, comparison.at_b
    confident, complete = a.known[at_a] & b.known[at_b], a.complete[at_a] & b.complete[at_b]
    values = {name: (value_a, value_b, interval) for name, value_a, value_b, interval in (
        *_of_confidence(comparison, a, b, np.flatnonzero(confident)),
        *_of_all_labels(comparison, a, b, np.flatnonzero(complete)),
    )}  # fmt: skip
    rows = [metric_row(metric, *values[metric.name]) for metric in PROBABILITY_METRICS]
    n, n_confident, n_complete = comparison.n, int(confident.sum()), int(complete.sum())
    notes = []
    if n_confident < n:
        notes.append(f"Left out: {counted(n - n_confident, 'example')} of which one run has no confidence.")
    if incomplete := int((confident & ~complete).sum()):
        left_out = counted(incomplete, "example")
        notes.append(f"Brier score, log loss and top-k leave out {left_out} of which a label's probability is missing.")
    for name, p, at in (("A", a, at_a), ("B", b, at_b)):
        if why := why_no_auroc_interval(p.confidence[at[confident]], p.right[at[confident]]):
            notes.append(f"AUROC of {name}: {why}.")
        if infinite := int(np.isinf(p.log_true_probability[at[complete]]).sum()):
            answers = counted(infinite, "answer of {} gives its", "answers of {} give their").format(name)
            notes.append(f"{answers} true label the probability 0: the log loss is infinite.")
    return ComparedCalibration(n, n_confident, n_complete, rows, notes)


def compared_probabilities(comparison: Comparison) -> ComparedCalibration | None:
    """The same, read from the store; None unless both runs have probabilities (`why_not_compared` says why)."""
    a, b = label_probabilities(comparison.a), label_probabilities(comparison.b)
    return None if a is None or b is None else compared_calibration(comparison, a, b)


def why_not_compared(comparison: Comparison) -> str:
    """Why the probabilities of two runs cannot be compared; empty if they can."""
    why = {name: why_no_probabilities(run) for name, run in (("A", comparison.a), ("B", comparison.b))}
    lacking = [name for name, reason in why.items() if reason]
    if not lacking:
        return ""
    reasons = " ".join(dict.fromkeys(why[name] for name in lacking))
    return f"How sure the two are cannot be compared: {' and '.join(lacking)} without probabilities. {reasons}"


_Compared = tuple[str, float, float, Interval]
"""Name of the metric, its value for A and for B, the interval of the difference."""


def _of_confidence(
    comparison: Comparison, a: LabelProbabilities, b: LabelProbabilities, shared: NDArray[np.intp]
) -> Iterator[_Compared]:
    """Args: shared: indices into the shared examples."""
    true, design = comparison.y_true[shared], comparison.design
    runs = [(p.confidence[at[shared]], p.right[at[shared]]) for p, at in ((a, comparison.at_a), (b, comparison.at_b))]
    (sure_a, right_a), (sure_b, right_b) = runs
    for name, of_a, of_b in (
        ("mean_confidence", sure_a, sure_b),
        ("over_confidence", sure_a - right_a, sure_b - right_b),
    ):
        yield name, mean_or_nan(of_a), mean_or_nan(of_b), mean_interval(of_b - of_a, true, design)
    ece_a, ece_b = (expected_calibration_error(confidence_bins(*run)) for run in runs)
    yield "ece", ece_a, ece_b, NO_INTERVAL
    yield "auroc", auroc(*runs[0]), auroc(*runs[1]), auroc_difference_interval(runs[0], runs[1], true, design)


def _of_all_labels(
    comparison: Comparison, a: LabelProbabilities, b: LabelProbabilities, shared: NDArray[np.intp]
) -> Iterator[_Compared]:
    """Args: shared: indices into the shared examples."""
    true, design = comparison.y_true[shared], comparison.design
    at_a, at_b = comparison.at_a[shared], comparison.at_b[shared]
    for name, of_a, of_b in (
        ("brier", a.squared_error[at_a], b.squared_error[at_b]),
        ("log_loss", -a.log_true_probability[at_a], -b.log_true_probability[at_b]),
    ):
        with np.errstate(invalid="ignore"):  # both may be infinite
            yield name, mean_or_nan(of_a), mean_or_nan(of_b), mean_interval(of_b - of_a, true, design)
    for k in (3, 5):
        in_a, in_b = a.true_rank[at_a] <= k, b.true_rank[at_b] <= k
        low, high = tango_interval((in_b & ~in_a).sum(), (in_a & ~in_b).sum(), len(true))
        yield f"top_{k}", mean_or_nan(in_a), mean_or_nan(in_b), (float(low), float(high))
