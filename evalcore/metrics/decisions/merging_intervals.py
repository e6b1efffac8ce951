"""How sure it is what a merge of labels gains: a 95 % interval from counts, with no resampling.

The change of macro-F1 has none: under another list it is a mean over other labels, and where few labels are merged no
interval was found that keeps its 95 %. `python -m evalcore coverage --only label-list` simulates how often those that
are shown hold.
"""

from __future__ import annotations

import numpy as np

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_interval, wilson_of_mean

LEAST_PICKED = 5
"""Confusions among the examples that a merge was picked on, from which on its gain on the others has an interval. With
fewer it is often of so few cases that no interval keeps its 95 %."""


def share_interval(counts: Counts, support: Counts, design: Design) -> Interval:
    """Of a share of all examples, such as those that a merge makes right.

    In a stratified sample only what varies within a label counts. That is less than in a random one, most of all if few
    labels have all of the cases.

    Args:
        counts: shape (n_labels,), how many examples of each label are meant; support: examples of each label.
    """
    n, k = int(support.sum()), int(counts.sum())
    if not n:
        return NO_INTERVAL
    if design == "random":
        return wilson_interval(k, n)
    return wilson_of_mean(k / n, _variance_within(counts, support) / n**2, float(n))


def _variance_within(counts: Counts, support: Counts) -> float:
    """Of a sum of counts, given each label's examples. Labels of one example have no spread of their own: they count as
    alike."""
    several, single = support > 1, support == 1
    k, n = counts[several].astype(float), support[several].astype(float)
    within = float((k * (n - k) / (n - 1)).sum())
    share = float(counts[single].mean()) if single.any() else 0.0
    return within + float(single.sum()) * share * (1 - share)


def cells_variance(effects: Floats, true: Counts, counts: Floats, n_labels: int, design: Design) -> float:
    """The variance of a sum of effects, from the cells of a confusion matrix.

    Args:
        effects, true, counts: shape (n_cells,): the effect of one example of each cell, its label, how many there are.
    """
    n = float(counts.sum())
    if design == "random":
        spread = float(counts @ effects**2) - float(counts @ effects) ** 2 / n
        return max(spread, 0.0) * n / max(n - 1, 1)
    support, sums, squares = (np.bincount(true, counts * values, n_labels) for values in (1.0, effects, effects**2))
    several = support > 1
    m = support[several]
    if not len(m):
        return 0.0
    within = (squares[several] - sums[several] ** 2 / m) * m / (m - 1)
    return max(float(within.sum()), 0.0) * n / float(m.sum())
