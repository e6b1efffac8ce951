"""Answers from the surest to the least sure: how many are answered automatically, and how many of these are right.

How sure an answer is, is a number, its certainty: higher is surer. NaN is an answer of which it is not known, or that
names no label: a person answers these before all others.

The AURC, the area under the risk-coverage curve, is one number for how well a certainty tells right answers from wrong
ones: the mean, over all shares that could be answered automatically, of the share that is wrong among them. Lower is
better.

Sources: El-Yaniv and Wiener 2010, Journal of Machine Learning Research 11, 1605-1641; Geifman, Uziel and El-Yaniv 2019,
"Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval
from evalcore.metrics.mean_intervals import mean_interval

LEAST_WRONG = 10
"""With fewer wrong answers, the AURC has no interval: it is then decided by where these few happen to lie."""


@dataclass(frozen=True)
class Steps:
    """What lowering the threshold does, step by step; answers of one certainty are one step.

    Attributes:
        threshold: shape (n_steps,), falling: answers of at least this certainty are answered automatically.
        answered: shape (n_steps,), how many these are.
        right: shape (n_steps,), how many of them are right.
        n: all answers, those without a certainty as well.
    """

    threshold: Floats
    answered: Counts
    right: Counts
    n: int

    def __len__(self) -> int:
        return len(self.threshold)

    @property
    def coverage(self) -> Floats:
        """The share of all answers that is answered automatically."""
        return self.answered / max(self.n, 1)

    @property
    def accuracy(self) -> Floats:
        """The share of these that is right."""
        return self.right / self.answered

    def some(self, most: int, fewest: int = 1, also: float = np.nan) -> Steps:
        """Some of the steps, evenly spaced by how many they answer.

        Args:
            most: about so many.
            fewest: steps that answer fewer are left out: what is right of them says little.
            also: a threshold whose step is kept.
        """
        if not len(self):
            return self
        wanted = np.linspace(min(fewest, self.answered[-1]), self.answered[-1], most)
        at = np.unique(np.append(np.searchsorted(self.answered, wanted), max(self.at(also), 0) if also == also else []))
        at = at.astype(np.intp)
        return Steps(self.threshold[at], self.answered[at], self.right[at], self.n)

    def at(self, threshold: float) -> int:
        """The last step that answers nothing below a threshold; -1 if none does."""
        return int(np.searchsorted(-self.threshold, -threshold, side="right")) - 1


def steps_of(certainty: Floats, right: NDArray[np.bool_]) -> Steps:
    """Count what is answered automatically, and what of it is right, at each threshold.

    Example:
        >>> steps_of(np.array([0.9, 0.8, 0.8, np.nan]), np.array([True, False, True, False]))
        Steps(threshold=array([0.9, 0.8]), answered=array([1, 3]), right=array([1, 2]), n=4)

    Args:
        certainty, right: shape (n,).
    """
    known = np.flatnonzero(~np.isnan(certainty))
    order = known[np.argsort(-certainty[known], kind="stable")]
    values = certainty[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], len(values) > 0))
    return Steps(values[last], last + 1, right[order].cumsum()[last], len(certainty))


def aurc(certainty: Floats, right: NDArray[np.bool_]) -> float:
    """The area under the risk-coverage curve, in [0, 1]; NaN without answers.

    Among answers of one certainty every order is equally likely: the mean over all of them is taken.

    Example:
        >>> aurc(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, False]))
        0.20833333333333331

    Args:
        certainty, right: shape (n,).
    """
    n = len(certainty)
    if not n:
        return float("nan")
    order, group, sizes = _ranked(certainty)
    wrong = _mean_of_group(~right[order], group, sizes)
    return float((wrong.cumsum() / np.arange(1, n + 1)).mean())


def aurc_values(certainty: Floats, right: NDArray[np.bool_]) -> Floats:
    """A value for each answer, shape (n,), whose mean is the AURC and whose spread says how sure that is.

    The AURC is the mean over the wrong answers of -log(share of the answers that are as sure or surer): an answer adds
    to it by being wrong, and by how it shifts this share for the answers below it (its influence function).

    Args:
        certainty, right: shape (n,), n of 1 or more.
    """
    n = len(certainty)
    order, group, sizes = _ranked(certainty)
    wrong = (~right[order]).astype(float)
    rank = np.arange(1, n + 1)
    weight = _mean_of_group((1 / rank)[::-1].cumsum()[::-1], group, sizes)
    expected = _mean_of_group(wrong, group, sizes)
    shifted = _mean_of_group((expected / rank)[::-1].cumsum()[::-1], group, sizes)
    values = np.empty(n)
    values[order] = wrong * weight - shifted + wrong.mean()
    return values


def aurc_interval(values: Floats, right: NDArray[np.bool_], true: Counts, design: Design) -> Interval:
    """A 95 % interval of the AURC; NaN with fewer than `LEAST_WRONG` wrong answers.

    Args:
        values: shape (n,), `aurc_values`.
        right: shape (n,).
        true: shape (n,), label codes.
    """
    if int((~right).sum()) < LEAST_WRONG:
        return NO_INTERVAL
    low, high = mean_interval(values, true, design)
    return (max(low, 0.0), min(high, 1.0)) if low == low else NO_INTERVAL


def aurc_difference_interval(
    a: tuple[Floats, NDArray[np.bool_]], b: tuple[Floats, NDArray[np.bool_]], true: Counts, design: Design
) -> Interval:
    """A 95 % interval of the AURC of B minus that of A, on the same examples: two certainties of one run, or two runs.

    Args:
        a, b: `aurc_values` and right, each of shape (n,).
        true: shape (n,), label codes.

    Returns:
        NaN where one of the two has fewer than `LEAST_WRONG` wrong answers, and where the two never differ.
    """
    if min(int((~right).sum()) for _, right in (a, b)) < LEAST_WRONG:
        return NO_INTERVAL
    return mean_interval(b[0] - a[0], true, design)


def _ranked(certainty: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Counts]:
    """The rows from the surest to the least sure, each one's group of equal certainty, and the sizes of the groups."""
    values = np.where(np.isnan(certainty), -np.inf, certainty)
    order = np.argsort(-values, kind="stable")
    values = values[order]
    group = np.append(0, (values[1:] != values[:-1]).cumsum())
    return order, group, np.bincount(group)


def _mean_of_group(values: NDArray[np.generic], group: NDArray[np.intp], sizes: Counts) -> Floats:
    mean: Floats = (np.bincount(group, values) / sizes)[group]
    return mean
