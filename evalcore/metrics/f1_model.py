"""The basis of the intervals of F1: each label's F1 without its bias, and how much one example changes it.

The F1 of a label with few examples is biased, since its numerator and denominator vary together, and a mean over many
labels keeps the bias while its spread shrinks. The bias depends on how the sample was drawn, so there are two
corrections, for a stratified and for a random sample.

Biases and variances are computed from rates that are shrunk towards the mean of all labels (`shrinkage`); the scores
that are shown are never shrunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import ClassScores, Floats
from evalcore.metrics.shrinkage import Recall, chance_of_none, shrunk_rates

Design = Literal["stratified", "random"]
"""How a sample was drawn: `stratified` if it was decided beforehand how many examples each label has."""

Codes = NDArray[np.intp] | NDArray[np.int64]
"""Label codes; as answers, n_labels stands for unparsed."""

_FEW = 12
"""Up to so many examples the variance of a corrected F1 is computed exactly, above by the delta method."""


@dataclass(frozen=True)
class F1Model:
    """A run's labels; arrays of shape (n_labels,), 0 where the label is absent from the sample.

    Attributes:
        true_positives, support, predicted: counts.
        recall: shrunk towards the mean.
        unbiased: F1, corrected for its bias; may be a little outside [0, 1].
        smoothed: F1 from the shrunk rates.
        below: the denominator of a label's F1 (support plus predicted) from the shrunk rates; infinite where absent.
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
    def fit(cls, each: ClassScores, design: Design) -> F1Model:
        """The model of one run.

        Args:
            each: the scores of each label, of one example or more.
        """
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
        """Over the labels in the sample, nearly unbiased."""
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
        """The effective number of examples: with so many, a share would be as precise as the mean recall is."""
        return self.labels_present**2 / float((1 / self.support[self.present]).sum())

    @property
    def worth_of_macro_f1(self) -> float:
        """The same for macro-F1: an F1 of f from u examples has the variance of a share of 2 u / (2 - f)^2 examples."""
        union = (self.support + self.predicted - self.true_positives)[self.present]
        f1 = min(max(self.macro_f1, 0.0), 1.0)
        return self.labels_present**2 / float((1 / union).sum()) * 2 / (2 - f1) ** 2

    def effects_on_macro_f1(self, true: Codes, answer: Codes) -> Floats:
        """How much one more example of each kind changes macro-F1, to first order.

        Args:
            true, answer: shape (n_kinds,), label codes; an answer of n_labels is unparsed.

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
        """How much a right answer instead of a wrong one changes a label's F1, to first order; shape (n_labels,)."""
        return (2 - self.smoothed) / self.below

    def _effects(self, weights: Floats, true: Codes, answer: Codes) -> Floats:
        right = weights * 2 * (1 - self.smoothed) / self.below
        wrong = np.append(-weights * self.smoothed / self.below, 0.0)  # unparsed is no label's
        return np.where(true == answer, right[np.minimum(answer, len(right) - 1)], wrong[true] + wrong[answer])

    def variance(self, effects: Floats, true: Codes, counts: Floats) -> float:
        """The variance of a sum of effects over a sample drawn as this one was.

        Args:
            effects, true, counts: shape (n_kinds,); of each kind of example its effect, its label, how many there are.
        """
        if self.design == "stratified":
            return self._variance_within_labels(effects, true, counts) * (1 + self.labels_present / (4 * self.n))
        spread = float(counts @ effects**2) - float(counts @ effects) ** 2 / self.n
        # To first order a variance is a little too small. These two factors are the smallest with which the simulated
        # coverage (`python -m evalcore coverage`) reaches 95 %.
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


def _stratified(right: Floats, support: Floats, wrong: Floats, recall: Recall) -> tuple[Floats, Floats, Floats]:
    """F1 without its bias, smoothed F1 and its denominator, of labels whose supports were decided beforehand.

    The right answers X of n examples are binomial, the wrong answers W (for other labels' examples) nearly Poisson.
    Since E[X f(X)] = n p E[f(1 + X')] with X' of one example less, the mean of F1 = 2 X / (n + X + W) needs only the
    mean of 1 / (n + 1 + X' + W), which its first two moments approximate closely enough even at n = 2.

    Args:
        wrong: how often each label is answered for another's example.
    """
    present = support > 0
    n, f1 = np.where(present, support, 1.0), 2 * right / np.where(present, support + right + wrong, 1.0)
    shape, rate = shrunk_rates(wrong, support)
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
    """The same for labels whose supports are random.

    Of u examples that are the label or are answered so, the right ones are binomial with a share J, and F1 is
    2 J / (1 + J): corrected for the curvature of that function, its mean is the true F1 for each u > 0. Labels that are
    absent from the sample are not part of the mean, which is corrected for that, too.
    """
    union = support + wrong
    share = support * recall.mean / np.maximum(union, 1)
    pooled = np.full(len(union), 0.5)
    for size in (1, 2):  # too few for a correction of their own: all labels of that size are corrected alike
        pooled[union == size] = (right[union == size].sum() + 0.5) / (size * (union == size).sum() + 1)
    corrected = _corrected_f1(right, union, pooled)
    none, never_wrong = chance_of_none(support), chance_of_none(wrong)
    corrected *= (1 - none) / (1 - none * never_wrong)
    by_delta = 4 * share * (1 - share) / (1 + share) ** 4 / np.maximum(union, 1)
    ratio = np.ones(len(union))
    for size in range(2, _FEW + 1):
        rows = np.flatnonzero((union == size) & (by_delta > 0))
        if len(rows):
            ratio[rows] = _variance_of_corrected(size, share[rows], float(pooled[rows[0]])) / by_delta[rows]
    return corrected, 2 * share / (1 + share), np.maximum(union, 1) * (1 + share) / np.sqrt(ratio)


def _corrected_f1(right: Floats, union: Floats, pooled: Floats) -> Floats:
    """2 J / (1 + J) from `right` of `union` examples, nearly unbiased; 0 where none is right; shape (n_labels,).

    Corrected by the jackknife; for one and two examples by the function that is unbiased to first order near `pooled`.
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
    """The exact variance of `_corrected_f1` from `size` examples; of the shape of `share`."""
    right = np.arange(size + 1.0)
    times = np.array([comb(size, k) for k in range(size + 1)])
    chance = times * share[:, None] ** right * (1 - share[:, None]) ** (size - right)
    value = _corrected_f1(right, np.full(size + 1, float(size)), np.full(size + 1, pooled))
    variance: Floats = chance @ value**2 - (chance @ value) ** 2
    return variance


def _jackknifed_weighted_f1(right: Floats, support: Floats, predicted: Floats) -> float:
    """Weighted F1 less its bias as the jackknife estimates it: the mean change without one example, times n - 1."""
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
