"""Scores that are a mean over examples, or nearly one: their variance, and 95 % intervals.

Each example adds its effect to the score. The variance of the sum of these effects depends on how the examples were
drawn: in a stratified sample the labels do not add to it.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval

LEAST_OF_A_MEAN = 30
"""With fewer examples a mean has no interval."""
_Z = NormalDist().inv_cdf(0.975)


def mean_effects(values: Floats) -> Floats:
    """The effect of each example on the mean of `values`, shape (n,): their squares add up to the mean's variance."""
    n = len(values)
    effects: Floats = (values - values.mean()) / np.sqrt(n * (n - 1)) if n > 1 else np.full(n, np.nan)
    return effects


def variance_of_sum(effects: Floats, true: Counts, design: Design) -> float:
    """The variance of a score from the effects of its examples.

    Args:
        effects: shape (n,), with a mean of 0; the sum of their squares is the variance in a random sample.
        true: shape (n,), label codes: the strata of a stratified sample. A label of one example has no spread of its
            own and is taken to vary as the others do.
    """
    if design == "random":
        return float(effects @ effects)
    counts = np.bincount(true)
    sums, squares = np.bincount(true, effects), np.bincount(true, effects**2)
    several = counts > 1
    n = counts[several]
    if not len(n):
        return float("nan")
    within = (squares[several] - sums[several] ** 2 / n) * n / (n - 1)
    return max(float(within.sum()), 0.0) * len(effects) / float(n.sum())


def mean_interval(values: Floats, true: Counts, design: Design) -> Interval:
    """A 95 % interval of a mean; NaN where the examples are too few, all alike, or one of them is infinite.

    Args:
        values: shape (n,).
        true: shape (n,), label codes.
    """
    if len(values) < LEAST_OF_A_MEAN or not np.isfinite(values).all():
        return NO_INTERVAL
    variance = variance_of_sum(mean_effects(values), true, design)
    if not variance > 0:
        return NO_INTERVAL
    mean, half = float(values.mean()), _Z * float(np.sqrt(variance))
    return mean - half, mean + half
