"""Confusion counts and another mix of labels -> accuracy under that mix, with a 95 % interval; of two runs as well.

What is assumed is label shift: the mix of labels differs from that of the sample, the texts of each label do not. Then
the share of a label's texts that get each answer is the same in both, and only its weight changes. In the sample these
shares are rates of few examples, so each label adds to the uncertainty with the square of its weight over its number of
examples. Variances and biases are computed from rates that are shrunk towards those of all labels, as in `f1_model`:
a label whose two examples are both right is not surely always right. The scores that are shown are never shrunk.

`python -m evalcore coverage --only traffic` simulates how often the intervals contain the true score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evalcore.metrics.classification import UNPARSED, Counts, Floats
from evalcore.metrics.decisions.label_rates import LabelRates, of_present
from evalcore.metrics.decisions.quantification import EstimatedMix
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_of_mean
from evalcore.metrics.paired import tango_interval
from evalcore.metrics.shrinkage import shrunk_rates

LEAST_WORTH = 40
"""With a smaller effective number of examples a score under a mix has no interval."""


@dataclass(frozen=True)
class ShiftedScore:
    """A score under a mix of labels.

    Attributes:
        estimate: NaN where undefined.
        interval: 95 %; NaN where it does not hold.
        worth: the effective number of examples: a sample of this mix with so many would say as much.
        of_labels: shape (n_labels,), how much of the variance each label's few examples are.
        of_mix: how much of it the estimated mix is; 0 for a mix that is known.
        curved: of macro-F1, see `shifted_f1.MOST_CURVED`; 0 for accuracy.
    """

    estimate: float
    interval: Interval
    worth: float
    of_labels: Floats
    of_mix: float
    curved: float = 0.0

    @property
    def variance(self) -> float:
        """Of the estimate."""
        return float(self.of_labels.sum()) + self.of_mix


def accuracy_under(rates: LabelRates, shares: Floats, mix: EstimatedMix | None = None) -> ShiftedScore:
    """Accuracy under a mix.

    Args:
        shares: shape (n_labels,), adds up to 1; labels without examples are left out, the others scaled up.
        mix: how it was estimated; None if it is known.
    """
    shares = rates.within(shares)
    right = np.diagonal(rates.rates)
    worth = rates.worth(shares)
    if not worth:
        return nothing(len(shares))
    estimate = float(shares @ right)
    if mix is None:
        of_labels, of_mix = shares**2 * rates.recall.variance / np.maximum(rates.support, 1), 0.0
    else:
        through = mix.through(right)
        effects = np.eye(*rates.rates.shape) - through  # a text of a label that is answered wrongly shifts the mix, too
        of_labels, of_mix = variance_of_labels(rates, shares, effects), mix.variance_of(through)
    interval = wilson_of_mean(estimate, float(of_labels.sum()) + of_mix, worth)
    return ShiftedScore(estimate, interval if worth >= LEAST_WORTH else NO_INTERVAL, worth, of_labels, of_mix)


def accuracy_difference_under(
    y_true: Counts,
    y_a: Counts,
    y_b: Counts,
    n_labels: int,
    shares: Floats,
    mix: EstimatedMix | None = None,
) -> ShiftedScore:
    """Accuracy of B less that of A on the same examples, under a mix; see `paired_under`."""
    paired = paired_under(y_true, y_a, y_b, n_labels, shares, mix)
    low, high = tango_interval(paired.gained, paired.lost, paired.examples)
    return replace(paired.score, interval=(float(low), float(high)))


@dataclass(frozen=True)
class PairedScore:
    """A difference of two runs, and the pairs that Tango's interval of it is of.

    Attributes:
        score: without its interval.
        gained, lost, examples: what `tango_interval` is given, of one difference or of many at once; `examples` is the
            number that gives the difference its variance, 0 where the interval does not hold.
    """

    score: ShiftedScore
    gained: float
    lost: float
    examples: float


def paired_under(
    y_true: Counts,
    y_a: Counts,
    y_b: Counts,
    n_labels: int,
    shares: Floats,
    mix: EstimatedMix | None = None,
) -> PairedScore:
    """Accuracy of B less that of A on the same examples, under a mix.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
        shares: see `accuracy_under`.
        mix: how it was estimated, from A's answers; None if it is known.
    """
    support = np.bincount(y_true, minlength=n_labels).astype(float)
    n, present = np.maximum(support, 1), support > 0
    shares = of_present(shares, present)
    if not shares.any():
        return PairedScore(nothing(n_labels), 0.0, 0.0, 0.0)
    worth = 1 / float((shares**2 / n).sum())
    better = (y_b == y_true).astype(float) - (y_a == y_true)
    gained, lost = (np.bincount(y_true[better == sign], minlength=n_labels).astype(float) for sign in (1, -1))
    of_gained, of_lost = (shape / rate for shape, rate in (shrunk_rates(counts, support) for counts in (gained, lost)))
    within = np.maximum(of_gained + of_lost - (of_gained - of_lost) ** 2, 0.0)
    of_mix = 0.0
    if mix is not None:
        through = mix.through((gained - lost) / n)
        of_answers = through[np.where(y_a == UNPARSED, n_labels, y_a)]
        means = np.bincount(y_true, of_answers, n_labels) / n
        apart = of_answers - means[y_true]
        squares, products = (np.bincount(y_true, apart * values, n_labels) / n for values in (apart, better))
        within, of_mix = np.maximum(within + squares - 2 * products, 0.0), mix.variance_of(through)
    of_labels = shares**2 * within / n
    up, down = float(shares @ (gained / n)), float(shares @ (lost / n))
    variance, of_one = float(of_labels.sum()) + of_mix, up + down - (up - down) ** 2
    examples = min(of_one / variance, 2 * worth) if variance > 0 and of_one > 0 else worth
    examples = examples if worth >= LEAST_WORTH else 0.0
    score = ShiftedScore(up - down, NO_INTERVAL, worth, of_labels, of_mix)
    return PairedScore(score, examples * up, examples * down, examples)


def variance_of_labels(rates: LabelRates, shares: Floats, effects: Floats) -> Floats:
    """How much the examples of each label add to the variance of a score; shape (n_labels,).

    Args:
        effects: shape (n_labels, n_labels + 1), what one text of a label with an answer adds to the score.
    """
    means = (rates.smoothed * effects).sum(axis=1)
    within = (rates.smoothed * (effects - means[:, None]) ** 2).sum(axis=1)
    variance: Floats = shares**2 * within / np.maximum(rates.support, 1)
    return variance


def nothing(n_labels: int) -> ShiftedScore:
    """The score where there is none."""
    return ShiftedScore(np.nan, NO_INTERVAL, 0.0, np.zeros(n_labels), 0.0)
