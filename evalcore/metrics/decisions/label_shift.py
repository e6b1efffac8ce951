"""Confusion counts and another mix of labels -> accuracy and macro-F1 under that mix, with 95 % intervals.

What is assumed is label shift: the mix of labels differs from that of the sample, the texts of each label do not. Then
the share of a label's texts that get each answer is the same in both, and only its weight changes. In the sample these
shares are rates of few examples, so each label adds to the uncertainty with the square of its weight over its number of
examples. Variances and biases are computed from rates that are shrunk towards those of all labels, as in `f1_model`:
a label whose two examples are both right is not surely always right. The scores that are shown are never shrunk.

`python -m evalcore coverage --only traffic` simulates how often the intervals contain the true score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import UNPARSED, Counts, Floats
from evalcore.metrics.decisions.quantification import EstimatedMix
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_of_mean
from evalcore.metrics.paired import tango_interval
from evalcore.metrics.shrinkage import Recall, shrunk_rates

LEAST_WORTH = 30
"""With a smaller effective number of examples a score under a mix has no interval."""
MOST_CURVED = 0.1
"""Of the denominators of the labels' F1, the mean of the squared relative errors up to which macro-F1 has an interval:
its bias is corrected to second order, which is not enough above that."""
_PRIOR_ERRORS = 1.0
"""Wrong answers that each label gets, distributed as all wrong answers are."""


@dataclass(frozen=True)
class ShiftedScore:
    """A score under a mix of labels.

    Attributes:
        estimate: NaN where undefined.
        interval: 95 %; NaN where it does not hold.
        worth: the effective number of examples: a sample of this mix with so many would say as much.
        of_labels: shape (n_labels,), how much of the variance each label's few examples are.
        of_mix: how much of it the estimated mix is; 0 for a mix that is known.
        curved: see `MOST_CURVED`; 0 for accuracy.
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


@dataclass(frozen=True)
class LabelRates:
    """A run's answers to the examples of each label; 0 in the rows of labels without examples.

    Attributes:
        support: shape (n_labels,), examples.
        rates: shape (n_labels, n_labels + 1), the share of each answer; the last column is unparsed.
        smoothed: the same, shrunk towards all labels: recalls as far as their spread allows, and wrong answers by one
            that is distributed as all of them.
        recall: the shrunk recalls.
    """

    support: Floats
    rates: Floats
    smoothed: Floats
    recall: Recall

    @classmethod
    def of(cls, confusion: Counts) -> LabelRates:
        """The rates of a run on one example or more.

        Args:
            confusion: shape (n_labels, n_labels + 1), counts.
        """
        n_labels = len(confusion)
        counts = confusion.astype(float)
        support, right = counts.sum(axis=1), np.diagonal(counts).copy()
        recall = Recall.of(right, support)
        wrong = counts.copy()
        wrong[np.arange(n_labels), np.arange(n_labels)] = 0
        elsewhere = np.tile(wrong.sum(axis=0) + 1e-9, (n_labels, 1))
        elsewhere[np.arange(n_labels), np.arange(n_labels)] = 0
        wrong += _PRIOR_ERRORS * elsewhere / elsewhere.sum(axis=1, keepdims=True)
        smoothed = (1 - recall.mean)[:, None] * wrong / wrong.sum(axis=1, keepdims=True)
        smoothed[np.arange(n_labels), np.arange(n_labels)] = recall.mean
        rates = counts / np.maximum(support, 1)[:, None]
        return cls(support, rates, smoothed, recall)

    def covered(self, shares: Floats) -> float:
        """The share of a mix whose labels have examples."""
        return min(1.0, 1.0 - float(shares[self.support == 0].sum()))

    def within(self, shares: Floats) -> Floats:
        """The mix of the labels that have examples: it adds up to 1, or is all 0 if none of them has a share."""
        return _of_present(shares, self.support > 0)

    def worth(self, shares: Floats) -> float:
        """See `ShiftedScore`; 0 if no label with a share has examples."""
        each = float((shares**2 / np.maximum(self.support, 1)).sum())
        return 1 / each if each > 0 else 0.0


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
        return _nothing(len(shares))
    estimate = float(shares @ right)
    if mix is None:
        of_labels, of_mix = shares**2 * rates.recall.variance / np.maximum(rates.support, 1), 0.0
    else:
        effects = np.zeros_like(rates.rates)
        np.fill_diagonal(effects, 1.0)
        of_labels, of_mix = _variances(rates, shares, effects, right, mix)
    interval = wilson_of_mean(estimate, float(of_labels.sum()) + of_mix, worth)
    return ShiftedScore(estimate, interval if worth >= LEAST_WORTH else NO_INTERVAL, worth, of_labels, of_mix)


def macro_f1_under(rates: LabelRates, shares: Floats, mix: EstimatedMix | None = None) -> ShiftedScore:
    """Macro-F1 under a mix, over the labels that have a share and examples.

    A label's F1 is 2 s r / (s + s r + w): s its share, r its recall, w the share of all texts that are wrongly given
    it. Its bias is that of `f1_model`, for wrong answers whose weights differ.

    Args:
        shares, mix: see `accuracy_under`.
    """
    shares = rates.within(shares)
    worth, counted = rates.worth(shares), shares > 0
    if not worth:
        return _nothing(len(shares))
    n_labels, n = len(shares), np.maximum(rates.support, 1)
    labels = float(counted.sum())
    right = np.diagonal(rates.rates)
    answered = shares @ rates.rates[:, :-1]
    estimate = float(_ratio(2 * shares * right, shares + answered)[counted].sum()) / labels

    recall = np.diagonal(rates.smoothed)
    wrong = rates.smoothed[:, :-1].copy()
    np.fill_diagonal(wrong, 0.0)
    expected = shares @ wrong
    spread = (shares**2 / n) @ (wrong * (1 - wrong))
    below = shares * (1 + recall) + expected
    f1 = _ratio(2 * shares * recall, below)
    given_one = below + shares * (1 - recall) / n  # one of the label's examples is right, the others as they may be
    variance = shares**2 * (n - 1) / n**2 * recall * (1 - recall) + spread
    relative = _ratio(variance, given_one**2)
    bias = _ratio(2 * shares * recall, given_one) * (1 + relative) - f1
    mean = estimate - float(bias[counted].sum()) / labels

    one_answered, one_right = -_ratio(f1, below) / labels, _ratio(np.full(n_labels, 2.0), below) / labels
    effects = np.tile(np.append(one_answered, 0.0), (n_labels, 1))
    effects[np.arange(n_labels), np.arange(n_labels)] += one_right
    gradient = recall * one_right + one_answered + rates.smoothed[:, :-1] @ one_answered
    of_labels, of_mix = _variances(rates, shares, effects, gradient, mix)
    low, high = wilson_of_mean(mean, float(of_labels.sum()) + of_mix, labels**2 / float((1 / n)[counted].sum()))
    curved = float(relative[counted].mean())
    shown = worth >= LEAST_WORTH and curved <= MOST_CURVED
    interval = (min(low, estimate), max(high, estimate)) if shown else NO_INTERVAL
    return ShiftedScore(estimate, interval, worth, of_labels, of_mix, curved)


def accuracy_difference_under(
    y_true: Counts,
    y_a: Counts,
    y_b: Counts,
    n_labels: int,
    shares: Floats,
    mix: EstimatedMix | None = None,
) -> ShiftedScore:
    """Accuracy of B less that of A on the same examples, under a mix.

    The interval is Tango's, with the number of examples that gives the difference its variance.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
        shares: see `accuracy_under`.
        mix: how it was estimated, from A's answers; None if it is known.
    """
    support = np.bincount(y_true, minlength=n_labels).astype(float)
    n, present = np.maximum(support, 1), support > 0
    shares = _of_present(shares, present)
    if not shares.any():
        return _nothing(n_labels)
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
    low, high = tango_interval(examples * up, examples * down, examples)
    interval = (float(low), float(high)) if worth >= LEAST_WORTH else NO_INTERVAL
    return ShiftedScore(up - down, interval, worth, of_labels, of_mix)


def _variances(
    rates: LabelRates, shares: Floats, effects: Floats, gradient: Floats, mix: EstimatedMix | None
) -> tuple[Floats, float]:
    """The variance of a score, in the parts of each label's examples and of the estimated mix.

    Args:
        effects: shape (n_labels, n_labels + 1), what one text of a label with an answer adds to the score.
        gradient: shape (n_labels,), the score's derivatives by the shares.
    """
    of_mix = 0.0
    if mix is not None:
        through = mix.through(gradient)
        effects = effects - through
        of_mix = mix.variance_of(through)
    means = (rates.smoothed * effects).sum(axis=1)
    within = (rates.smoothed * (effects - means[:, None]) ** 2).sum(axis=1)
    return shares**2 * within / np.maximum(rates.support, 1), of_mix


def _of_present(shares: Floats, present: NDArray[np.bool_]) -> Floats:
    kept = np.where(present, shares, 0.0)
    total = kept.sum()
    return kept / total if total > 0 else kept


def _nothing(n_labels: int) -> ShiftedScore:
    return ShiftedScore(np.nan, NO_INTERVAL, 0.0, np.zeros(n_labels), 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
    return ratio
