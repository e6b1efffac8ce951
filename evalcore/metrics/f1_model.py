"""What the intervals of F1 rest on: each label's F1 without its bias, and what one example changes about it.

The F1 of a label with few examples is biased, since its numerator and denominator vary together, and a mean over many
labels keeps the bias while its spread shrinks. The bias depends on how the sample was drawn, so there are two
corrections, for a stratified and for a random sample.

Few examples of a label say little about that label, but there are many labels. So a label's recall, and how often it is
answered wrongly, are drawn towards the mean of all labels, as far as the labels' own spread allows (empirical Bayes:
Morris 1983, JASA 78, 47-55), before they go into a bias or a variance. Scores that are shown are never drawn anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats, per_class

Design = Literal["stratified", "random"]
"""How a sample was drawn: `stratified` if it was decided beforehand how many examples each label has."""

Codes = NDArray[np.intp] | NDArray[np.int64]

_FEW = 12
"""Up to so many examples the variance of a corrected F1 is computed exactly; above it is the delta method's."""
_SPREAD_AT_LEAST = 1e-3
"""Labels are never taken to be exactly alike: of a variance of 0 there would be no way back to the label's own."""


@dataclass(frozen=True)
class F1Model:
    """A run's labels; arrays of shape (n_labels,), 0 where the label is absent from the sample.

    Attributes:
        true_positives, support, predicted: counts.
        recall: drawn towards the mean.
        unbiased: F1, corrected for its bias; may be a little outside [0, 1].
        smoothed: F1 from what was drawn towards the mean.
        below: what a label's F1 is a share of (support and predicted, smoothed): the less, the more an example changes.
    """

    design: Design
    true_positives: Floats
    support: Floats
    predicted: Floats
    recall: Recall
    unbiased: Floats
    smoothed: Floats
    below: Floats

    @classmethod
    def fit(cls, confusion: Counts, design: Design) -> F1Model:
        """The model of one run.

        Args:
            confusion: shape (n_labels, n_labels + 1), of one example or more.
        """
        each = per_class(confusion)
        right, support, predicted = (
            counts.astype(float) for counts in (each.true_positives, each.support, each.predicted)
        )
        recall = Recall.of(right, support)
        correct = _stratified if design == "stratified" else _random
        present = support > 0
        unbiased, smoothed, below = correct(right, support, predicted - right, recall)
        unbiased, smoothed = np.where(present, unbiased, 0.0), np.where(present, smoothed, 0.0)
        return cls(design, right, support, predicted, recall, unbiased, smoothed, np.where(present, below, np.inf))

    @property
    def n(self) -> float:
        """Examples."""
        return float(self.support.sum())

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Whether a label occurs."""
        return self.support > 0

    @property
    def labels_present(self) -> int:
        """How many labels occur."""
        return int(self.present.sum())

    @property
    def macro_f1(self) -> float:
        """Over the labels present, nearly unbiased."""
        return float(self.unbiased.sum()) / self.labels_present

    @property
    def weighted_f1(self) -> float:
        """Weighted by support, nearly unbiased. In a random sample the weights vary too: there it is jackknifed."""
        if self.design == "stratified":
            return float(self.support @ self.unbiased) / self.n
        return _jackknifed_weighted_f1(self.true_positives, self.support, self.predicted)

    @property
    def variance_of_balanced_accuracy(self) -> float:
        """Of the mean recall, given each label's support."""
        each = self.recall.variance[self.present] / self.support[self.present]
        return float(each.sum()) / self.labels_present**2

    @property
    def worth_of_balanced_accuracy(self) -> float:
        """So many examples would say as much about a share as the sample does about the mean recall."""
        return self.labels_present**2 / float((1 / self.support[self.present]).sum())

    @property
    def worth_of_macro_f1(self) -> float:
        """The same for macro-F1: an F1 of f from u examples varies as a share of 2 u / (2 - f)^2 examples would."""
        union = (self.support + self.predicted - self.true_positives)[self.present]
        f1 = min(max(self.macro_f1, 0.0), 1.0)
        return self.labels_present**2 / float((1 / union).sum()) * 2 / (2 - f1) ** 2

    def effects_on_macro_f1(self, true: Codes, answer: Codes) -> Floats:
        """What one more example of each kind changes macro-F1 by, to first order.

        Args:
            true, answer: shape (n_kinds,), codes of labels; an answer of n_labels is unparsed.

        Returns:
            shape (n_kinds,)
        """
        return self._effects(np.full(len(self.support), 1 / self.labels_present), true, answer)

    def effects_on_weighted_f1(self, true: Codes, answer: Codes) -> Floats:
        """The same for weighted F1; in a random sample an example also adds to the weight of its own label."""
        own = self.smoothed[true] / self.n if self.design == "random" else 0.0
        return self._effects(self.support / self.n, true, answer) + own

    @property
    def right_for_wrong(self) -> Floats:
        """What a right answer instead of a wrong one changes a label's F1 by, to first order."""
        return (2 - self.smoothed) / self.below

    def _effects(self, weights: Floats, true: Codes, answer: Codes) -> Floats:
        right = weights * 2 * (1 - self.smoothed) / self.below
        wrong = np.append(-weights * self.smoothed / self.below, 0.0)  # unparsed is no label's
        return np.where(true == answer, right[np.minimum(answer, len(right) - 1)], wrong[true] + wrong[answer])

    def variance(self, effects: Floats, true: Codes, counts: Floats) -> float:
        """Of a sum of effects over a sample drawn as this one was.

        Args:
            effects, true, counts: shape (n_kinds,); of each kind of example what it changes, its label, how many.
        """
        if self.design == "stratified":
            return self._variance_within_labels(effects, true, counts) * (1 + self.labels_present / (4 * self.n))
        spread = float(counts @ effects**2) - float(counts @ effects) ** 2 / self.n
        # To first order a variance is a little too small. The two factors are the least that the simulation asks for.
        return max(spread, 0.0) * self.n / (self.n - 1) * (1 + self.labels_present / (2 * self.n))

    def _variance_within_labels(self, effects: Floats, true: Codes, counts: Floats) -> float:
        """Labels of one example have no spread of their own: they are taken to vary as the others do."""
        n_labels = len(self.support)
        sums, squares = (np.bincount(true, counts * values, n_labels) for values in (effects, effects**2))
        several = self.support > 1
        support = self.support[several]
        if not len(support):
            return 0.0
        spread = (squares[several] - sums[several] ** 2 / support) * support / (support - 1)
        return max(float(spread.sum()), 0.0) * self.n / float(support.sum())


@dataclass(frozen=True)
class Recall:
    """Each label's recall, drawn towards the mean of all labels: a beta-binomial model; arrays of shape (n_labels,).

    Attributes:
        mean, deviation: of what the recall may be, given the label's own examples and the spread of all labels.
        variance: of one example being right or not, recall (1 - recall), likewise.
    """

    mean: Floats
    deviation: Floats
    variance: Floats

    @classmethod
    def of(cls, right: Floats, support: Floats) -> Recall:
        """Source: moments of the beta-binomial distribution, Kleinman 1973, JASA 68, 46-54."""
        present = support > 0
        n, labels = support.sum(), present.sum()
        share = (right.sum() + 0.5) / (n + 1)  # never exactly 0 or 1
        spread = float(((right - share * support)[present] ** 2 / support[present]).sum()) / (share * (1 - share))
        room = n - float(support @ support) / n - (labels - 1)
        correlation = (spread - (labels - 1)) / room if room > 0 else 0.0
        strength = 1 / min(max(correlation, _SPREAD_AT_LEAST), 0.99) - 1
        above, beside = strength * share + right, strength * (1 - share) + support - right
        total = above + beside
        variance = above * beside / (total * (total + 1))
        mean = above / total
        return cls(mean, np.sqrt(mean * (1 - mean) / (total + 1)), variance)


def _rates(counts: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Poisson counts -> what each one's rate may be, given the spread of all: a gamma distribution's shape and rate.

    Args:
        counts, exposure: shape (n_labels,); labels without exposure say nothing about the spread.
    """
    total, told = exposure.sum(), exposure > 0
    mean = counts.sum() / total
    if mean == 0:
        return np.ones(len(counts)), np.full(len(counts), np.inf)
    excess = float(((counts - mean * exposure)[told] ** 2 / exposure[told]).sum()) - (told.sum() - 1) * mean
    room = total - float(exposure @ exposure) / total
    variance = max(excess / room if room > 0 else 0.0, _SPREAD_AT_LEAST * mean**2)
    return mean**2 / variance + counts, mean / variance + exposure


def _chance_of_none(counts: Floats) -> Floats:
    """How probable it was that each count would be 0, shape (n_labels,)."""
    shape, rate = _rates(counts, np.ones(len(counts)))
    chance: Floats = np.exp(-shape * np.log1p(1 / rate))  # the mean of exp(-x) over the gamma distribution
    return chance


def _stratified(right: Floats, support: Floats, wrong: Floats, recall: Recall) -> tuple[Floats, Floats, Floats]:
    """F1 without its bias, smoothed F1 and its denominator, of labels whose supports were decided beforehand.

    Right ones are binomial, wrong answers (of other labels' examples) nearly Poisson. Since E[X f(X)] is
    n p E[f(1 + X')] with X' of one example less, the mean of F1 = 2 X / (n + X + W) needs only the mean of
    1 / (n + 1 + X' + W), which its first two moments give closely enough at n = 2.

    Args:
        wrong: how often each label is answered for another's example.
    """
    present = support > 0
    n, f1 = np.where(present, support, 1.0), 2 * right / np.where(present, support + right + wrong, 1.0)
    shape, rate = _rates(wrong, support)
    expected, deviation = n * shape / rate, n * np.sqrt(shape) / rate

    def bias(recall: Floats, wrong: Floats) -> Floats:
        below = n + 1 + (n - 1) * recall + wrong
        variance = (n - 1) * recall * (1 - recall) + wrong
        mean: Floats = 2 * n * recall * (1 / below + variance / below**3)
        return mean - 2 * n * recall / (n * (1 + recall) + wrong)

    # The bias is averaged over what recall and wrong answers may be: four points with the same first two moments.
    step = np.sqrt(2)
    biases = [bias(np.clip(recall.mean + sign * step * recall.deviation, 0, 1), expected) for sign in (1, -1)]
    biases += [bias(recall.mean, np.maximum(expected + sign * step * deviation, 0)) for sign in (1, -1)]
    below = n * (1 + recall.mean) + expected
    return f1 - np.mean(biases, axis=0), 2 * n * recall.mean / below, below


def _random(right: Floats, support: Floats, wrong: Floats, recall: Recall) -> tuple[Floats, Floats, Floats]:
    """The same for labels whose supports were left to chance.

    Of u examples that are the label or are answered so, the right ones are binomial with a share J, and F1 is
    2 J / (1 + J): corrected for the curve of that function, its mean is the true F1 for each u but 0. And labels that
    the sample does not hold are not part of the mean: those that it holds were lucky.
    """
    union = support + wrong
    share = support * recall.mean / np.maximum(union, 1)
    pooled = np.full(len(union), 0.5)
    for size in (1, 2):  # too few for a correction of their own: all labels of that size are corrected alike
        pooled[union == size] = (right[union == size].sum() + 0.5) / (size * (union == size).sum() + 1)
    corrected = _corrected_f1(right, union, pooled)
    none, never_wrong = _chance_of_none(support), _chance_of_none(wrong)
    corrected *= (1 - none) / (1 - none * never_wrong)
    by_delta = 4 * share * (1 - share) / (1 + share) ** 4 / np.maximum(union, 1)
    ratio = np.ones(len(union))
    for size in range(2, _FEW + 1):
        rows = np.flatnonzero((union == size) & (by_delta > 0))
        if len(rows):
            ratio[rows] = _variance_of_corrected(size, share[rows], float(pooled[rows[0]])) / by_delta[rows]
    return corrected, 2 * share / (1 + share), np.maximum(union, 1) * (1 + share) / np.sqrt(ratio)


def _corrected_f1(right: Floats, union: Floats, pooled: Floats) -> Floats:
    """2 J / (1 + J) from `right` of `union` examples, nearly unbiased; 0 where none is right.

    The jackknife's correction; for one and two examples the one unbiased function that is right to first order near
    `pooled`.
    """

    def f1(right: Floats, union: Floats) -> Floats:
        return 2 * right / np.maximum(right + union, 1)

    less = np.maximum(union - 1, 1)
    without = (right * f1(np.maximum(right - 1, 0), less) + (union - right) * f1(right, less)) / np.maximum(union, 1)
    corrected = union * f1(right, union) - (union - 1) * without
    of_one = 2 * right / (1 + pooled)
    of_two = np.where(right == 2, 4 * pooled, (1 + 2 * pooled) * right) / (1 + pooled) ** 2
    result: Floats = np.where(union == 1, of_one, np.where(union == 2, of_two, corrected))
    return np.where(union > 0, result, 0.0)


def _variance_of_corrected(size: int, share: Floats, pooled: float) -> Floats:
    """Of `_corrected_f1` of so many examples, exactly, shape of `share`."""
    right = np.arange(size + 1.0)
    times = np.array([comb(size, k) for k in range(size + 1)])
    chance = times * share[:, None] ** right * (1 - share[:, None]) ** (size - right)
    value = _corrected_f1(right, np.full(size + 1, float(size)), np.full(size + 1, pooled))
    variance: Floats = chance @ value**2 - (chance @ value) ** 2
    return variance


def _jackknifed_weighted_f1(right: Floats, support: Floats, predicted: Floats) -> float:
    """Weighted F1 less its bias, which is the jackknife's: what leaving out each one example changes, times n - 1."""
    missed, wrong, n = support - right, predicted - right, float(support.sum())

    def weighted(right: Floats, missed: Floats, wrong: Floats) -> Floats:
        return 2 * right * (right + missed) / np.maximum(2 * right + missed + wrong, 1)

    whole = weighted(right, missed, wrong)
    change = (
        right * (weighted(np.maximum(right - 1, 0), missed, wrong) - whole)
        + missed * (weighted(right, np.maximum(missed - 1, 0), wrong) - whole)
        + wrong * (weighted(right, missed, np.maximum(wrong - 1, 0)) - whole)
    )
    return float((whole - (change + whole)).sum()) / n
