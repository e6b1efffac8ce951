"""Labels with few examples: their rates, shrunk towards the mean of all labels (empirical Bayes).

Few examples of a label say little about that label, but there are many labels. So a label's recall, and how often it is
answered wrongly, are shrunk towards the mean of all labels, as far as the labels' own spread allows. Only biases and
variances are computed from shrunk rates; the scores that are shown are never shrunk.

Source: Morris 1983, JASA 78, 47-55.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalcore.metrics.classification import Floats

_SPREAD_AT_LEAST = 1e-3
"""Labels are never taken to be exactly alike: with a spread of 0 a label's own counts would have no influence."""


@dataclass(frozen=True)
class Recall:
    """Each label's recall, shrunk towards the mean of all labels: a beta-binomial model; arrays of shape (n_labels,).

    Attributes:
        mean, deviation: of what the recall may be, given the label's own examples and the spread of all labels.
        variance: of one example being right or not, recall (1 - recall), likewise.
    """

    mean: Floats
    deviation: Floats
    variance: Floats

    @classmethod
    def of(cls, right: Floats, support: Floats) -> Recall:
        """The model of all labels together.

        Args:
            right, support: shape (n_labels,), counts; labels with support 0 say nothing about the spread.

        Source: moments of the beta-binomial distribution, Kleinman 1973, JASA 68, 46-54.
        """
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


def shrunk_rates(counts: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Poisson counts -> the posterior of each one's rate, given the spread of all: a gamma distribution.

    Args:
        counts, exposure: shape (n_labels,); labels without exposure say nothing about the spread.

    Returns:
        The gamma distributions' shapes and rates, each of shape (n_labels,).
    """
    total, told = exposure.sum(), exposure > 0
    mean = counts.sum() / total
    if mean == 0:
        return np.ones(len(counts)), np.full(len(counts), np.inf)
    excess = float(((counts - mean * exposure)[told] ** 2 / exposure[told]).sum()) - (told.sum() - 1) * mean
    room = total - float(exposure @ exposure) / total
    variance = max(excess / room if room > 0 else 0.0, _SPREAD_AT_LEAST * mean**2)
    return mean**2 / variance + counts, mean / variance + exposure


def chance_of_none(counts: Floats) -> Floats:
    """How probable it was that each count would be 0, shape (n_labels,)."""
    shape, rate = shrunk_rates(counts, np.ones(len(counts)))
    chance: Floats = np.exp(-shape * np.log1p(1 / rate))  # the mean of exp(-x) over the gamma distribution
    return chance
