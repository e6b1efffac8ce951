"""Confusion counts -> 95 % intervals of macro-F1, weighted F1, micro-F1, balanced accuracy and each label's F1.

In closed form, with no resampling. A bootstrap of these scores is too narrow where labels have few examples: an F1 of
few examples is biased, the bootstrap repeats that bias, and its interval is then centred beside the true score (77
labels, 400 examples: it contains the true score in 65 to 79 of 100 samples instead of 95). Here each label's F1 is
corrected for its bias first (`f1_model`), for the way in which the sample was drawn. `python -m evalcore
interval-coverage` simulates how often the intervals contain the true score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalcore.metrics.classification import ClassScores, Counts, Floats, per_class
from evalcore.metrics.f1_model import Design, F1Model
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson, wilson_interval, wilson_of_mean
from evalcore.metrics.overall import Scores, scores_of_classes

LEAST_EXAMPLES = 30
LEAST_EXAMPLES_A_LABEL = 2
"""With fewer examples, in all or per label present, intervals of means over labels do not keep their 95 %."""

MEANS_OVER_LABELS = "Macro-F1, weighted F1 and balanced accuracy"
"""The scores that have no interval where the examples are too few."""
POPULATION = "the score on all texts like these, over the labels that this sample holds"
"""The quantity that an interval is of."""


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of one run's scores; NaN where there is none. Each contains its estimate.

    Attributes:
        accuracy, unparsed_rate: Wilson's.
        macro_f1_all: that of macro_f1_present times the share of labels in the sample.
        f1: shape (n_labels, 2), each label's F1; NaN where the label does not occur.
        withheld: why macro-F1, weighted F1 and balanced accuracy have none, in one sentence; empty if they have one.
    """

    accuracy: Interval
    unparsed_rate: Interval
    macro_f1_present: Interval
    macro_f1_all: Interval
    micro_f1: Interval
    weighted_f1: Interval
    balanced_accuracy: Interval
    f1: Floats
    withheld: str


def score_intervals(confusion: Counts, design: Design) -> Intervals:
    """Intervals of a run's scores.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        design: how the examples were drawn; `random` where that is not known.

    Returns:
        Intervals in [0, 1].

    Raises:
        ValueError: if the shape is wrong or a count is negative.
    """
    each = per_class(confusion)
    point = scores_of_classes(each)
    f1 = f1_intervals(each)
    accuracy, unparsed = wilson_interval(point.correct, point.n), wilson_interval(point.unparsed, point.n)
    micro_f1 = _micro_f1(point)
    withheld = too_few(point.n, point.labels_present, MEANS_OVER_LABELS)
    if withheld:
        none = NO_INTERVAL
        return Intervals(accuracy, unparsed, none, none, micro_f1, none, none, f1, withheld)
    model = F1Model.fit(each, design)
    true, answer = np.nonzero(confusion)
    counts = confusion[true, answer].astype(float)

    def interval(estimate: float, mean: float, effects: Floats, worth: float) -> Interval:
        """Around the corrected mean, and containing the estimate that is shown."""
        low, high = wilson_of_mean(mean, model.variance(effects, true, counts), worth)
        return min(low, estimate), max(high, estimate)

    macro_f1 = interval(
        point.macro_f1_present, model.macro_f1, model.effects_on_macro_f1(true, answer), model.worth_of_macro_f1
    )
    ceiling = point.macro_f1_ceiling
    return Intervals(
        accuracy=accuracy,
        unparsed_rate=unparsed,
        macro_f1_present=macro_f1,
        macro_f1_all=(macro_f1[0] * ceiling, macro_f1[1] * ceiling),
        micro_f1=micro_f1,
        weighted_f1=interval(
            point.weighted_f1, model.weighted_f1, model.effects_on_weighted_f1(true, answer), float(point.n)
        ),
        balanced_accuracy=wilson_of_mean(
            point.balanced_accuracy, model.variance_of_balanced_accuracy, model.worth_of_balanced_accuracy
        ),
        f1=f1,
        withheld="",
    )


def too_few(n: int, labels_present: int, names: str) -> str:
    """Why some scores have no interval, as one sentence; empty if the sample is large enough for them.

    Args:
        names: of the scores, as the sentence begins.
    """
    least = max(LEAST_EXAMPLES, LEAST_EXAMPLES_A_LABEL * labels_present)
    if n >= least:
        return ""
    examples = "1 example" if n == 1 else f"{n:,} examples"
    labels = "1 label" if labels_present == 1 else f"{labels_present:,} labels"
    return (
        f"{names}: interval not estimable at this n. {examples} of {labels} {'is' if n == 1 else 'are'} too few; "
        f"it takes {least:,} ({LEAST_EXAMPLES_A_LABEL} a label, and at least {LEAST_EXAMPLES})."
    )


def f1_intervals(each: ClassScores) -> Floats:
    """Each label's F1: shape (n_labels, 2); NaN where the label does not occur.

    F1 is 2 J / (1 + J), where J is the share of right ones among the examples that are the label or are answered so.
    Given how many those are, the right ones are binomial in a random sample (in a stratified one they vary a little
    less), so this is Wilson's interval of J, transformed.
    """
    low, high = wilson(each.true_positives, each.support + each.predicted - each.true_positives)
    bounds = np.stack([2 * low / (1 + low), 2 * high / (1 + high)], axis=1)
    return np.where(each.support[:, None] > 0, bounds, np.nan)


def _micro_f1(point: Scores) -> Interval:
    """Wilson's interval where every answer is a label, since micro-F1 is the accuracy there; otherwise with the number
    of examples that gives micro-F1's own variance (delta method: an example adds to right and to parsed answers)."""
    if not point.n:
        return NO_INTERVAL
    right, parsed = point.correct, point.n - point.unparsed
    f1 = point.micro_f1
    effects = np.array([2 - 2 * f1, -2 * f1, -f1]) / (point.n + parsed)  # of a right, a wrong, an unparsed answer
    counts = np.array([right, parsed - right, point.unparsed])
    return wilson_of_mean(f1, float(counts @ effects**2), float(point.n))
