"""Label sets with a guarantee: split conformal prediction for classification, overall, by groups of labels, by label.

A label is in an answer's set where its probability is at least the label's threshold. Thresholds are calibrated on
examples whose true label is known, and hold for further ones that come from the same source: on average over the
calibration examples, the set of a further text holds its true label at least as often as was asked for.

Sources: Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World" (groups: chapter 4.5, Mondrian
predictors); Sadinle, Lei and Wasserman 2019, "Least Ambiguous Set-Valued Classifiers with Bounded Error Levels" (the
score 1 - p, which gives the smallest sets on average); Ding, Angelopoulos, Bates, Jordan and Tibshirani 2023,
"Class-Conditional Conformal Prediction with Many Classes" (groups of labels with similar scores).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.intervals import NO_INTERVAL, Interval

Grouping = Literal["all", "similar", "each"]
"""Which labels share a threshold: all of them, those with similar probabilities when they are true, or none."""
GROUPINGS: tuple[Grouping, ...] = ("all", "similar", "each")

_QUANTILES = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Of a label's scores, beside the one that its threshold will be: what labels are compared by (Ding et al.)."""
_LABELS_FOR_HALF = 75
"""Labels from which on more than half of the examples go into the groups instead of the thresholds (Ding et al.)."""
_EXAMPLES_A_GROUP = 2
"""Examples a label that go into the groups, for each group (Ding et al.)."""
_MOST_ROUNDS = 100
_TINY = 1e-9
"""`1 - 0.9` is a hair below a tenth."""


@dataclass(frozen=True)
class LabelGroups:
    """Which labels share a threshold.

    Attributes:
        group: shape (n_labels,), the group of each label, from 0; without gaps.
        calibrates: shape (n,), the examples that thresholds may be calibrated on: those that did not shape the groups.
        rare: shape (n_labels,), labels with too few examples for a group of similar labels.
    """

    group: Counts
    calibrates: NDArray[np.bool_]
    rare: NDArray[np.bool_]


def fewest_examples(coverage: float) -> int:
    """Calibration examples from which on a threshold can leave a label out: 9 at 90 %, 19 at 95 %.

    Example:
        >>> fewest_examples(0.9), fewest_examples(0.95), fewest_examples(0.99)
        (9, 19, 99)
    """
    return int(np.ceil(1 / (1 - coverage) - 1 - _TINY))


def set_thresholds(true_probability: Floats, group: Counts, coverage: float, n_groups: int) -> Floats:
    """The threshold of each group: the true label's k-th smallest probability, k = ⌊(1 - coverage) (n + 1)⌋.

    That is the ⌈(n + 1) coverage⌉-th smallest of the scores 1 - p, in terms of the probability itself, which has no
    rounding where it is very small.

    Example:
        >>> set_thresholds(np.array([0.9, 0.2, 0.6, 0.4]), np.zeros(4, dtype=int), 0.6, 1).tolist()
        [0.4]

    Args:
        true_probability: shape (n,), of the calibration examples; not NaN.
        group: shape (n,), the group of each one's true label.
        coverage: in (0, 1).

    Returns:
        Shape (n_groups,); 0, so that every label is in every set, where k is 0: with fewer than `fewest_examples`.
    """
    order = np.lexsort((true_probability, group))
    n = np.bincount(group, minlength=n_groups)
    k = _left_out(n, coverage)
    at = np.minimum(np.cumsum(n) - n + np.maximum(k, 1) - 1, max(0, len(order) - 1))
    if not len(order):
        return np.zeros(n_groups)
    found: Floats = np.where(k > 0, true_probability[order][at], 0.0)
    return found


def group_labels(
    true_probability: Floats, y_true: Counts, n_labels: int, grouping: Grouping, coverage: float, seed: int = 0
) -> LabelGroups:
    """Which labels share a threshold.

    `similar` follows Ding et al.: a part of the examples shapes the groups, k-means over quantiles of each label's
    scores; labels with fewer than `fewest_examples` are a group of their own. It differs in two points. That group
    gets the threshold of its own examples and not that of all, so that every label is in a group whose coverage is
    guaranteed, and with it all labels together. And a group with too few examples for a threshold joins the next one.

    Args:
        true_probability, y_true: shape (n,), of the calibration examples.
        seed: decides which examples shape the groups.
    """
    n, counts = len(y_true), np.bincount(y_true, minlength=n_labels)
    everything, rare = np.ones(n, dtype=bool), np.zeros(n_labels, dtype=bool)
    if grouping == "all":
        return LabelGroups(np.zeros(n_labels, dtype=np.int64), everything, rare)
    if grouping == "each":
        return LabelGroups(np.arange(n_labels), everything, counts < fewest_examples(coverage))
    rare = counts < fewest_examples(coverage)
    common = np.flatnonzero(~rare)
    share = len(common) / (_LABELS_FOR_HALF + len(common))
    fewest = int(counts[common].min(initial=n))
    n_groups = min(int(share * fewest) // _EXAMPLES_A_GROUP, len(common))
    shapes = np.zeros(n, dtype=bool)
    group = np.zeros(n_labels, dtype=np.int64)
    if n_groups > 1:  # otherwise no example's score decides a group
        shapes = _part_of_each_label(y_true, share, seed) & ~rare[y_true]
        described = _quantiles(1 - true_probability[shapes], y_true[shapes], n_labels, (*_QUANTILES, coverage))
        group[common] = _similar(described[common], np.sqrt(counts[common]), n_groups)
    group[common] += 1
    group[rare] = 0
    return LabelGroups(_joined(group, y_true[~shapes], fewest_examples(coverage)), ~shapes, rare)


def coverage_range(n: int, coverage: float, share: float = 0.95) -> Interval:
    """Between what the true coverage lies for this share of calibrations with `n` examples.

    The guarantee is an average over calibrations. One of them covers a share of all further texts that follows a Beta
    distribution with parameters n + 1 - k and k, k = ⌊(1 - coverage) (n + 1)⌋ (Vovk 2012, "Conditional Validity of
    Inductive Conformal Predictors"), if no two examples have the same probability; otherwise it is higher.

    Example:
        >>> [round(bound, 3) for bound in coverage_range(200, 0.95)]
        [0.916, 0.976]

    Returns:
        NaN where every label is in every set, which has no range.
    """
    from scipy.special import betaincinv

    k = int(_left_out(np.array([n]), coverage)[0])
    if k < 1:
        return NO_INTERVAL
    low, high = betaincinv(n + 1 - k, k, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _left_out(n: Counts, coverage: float) -> Counts:
    """k of `set_thresholds` for so many examples."""
    k: Counts = np.floor((1 - coverage) * (n + 1) + _TINY).astype(np.int64)
    return k


def _part_of_each_label(y_true: Counts, share: float, seed: int) -> NDArray[np.bool_]:
    """A mask of this share of each label's examples, rounded down, drawn at random."""
    shuffled = np.random.default_rng([seed, 1]).permutation(len(y_true))
    by_label = shuffled[np.argsort(y_true[shuffled], kind="stable")]
    counts = np.bincount(y_true)
    place = np.arange(len(y_true)) - (np.cumsum(counts) - counts)[y_true[by_label]]
    part = np.zeros(len(y_true), dtype=bool)
    part[by_label] = place < np.floor(share * counts)[y_true[by_label]]
    return part


def _quantiles(scores: Floats, y_true: Counts, n_labels: int, shares: tuple[float, ...]) -> Floats:
    """The quantiles of each label's scores, shape (n_labels, n_shares), as `np.quantile` interpolates them; 1 for a
    label without scores."""
    ordered = scores[np.lexsort((scores, y_true))]
    counts = np.bincount(y_true, minlength=n_labels)
    starts = (np.cumsum(counts) - counts)[:, None]
    place = np.maximum(counts - 1, 0)[:, None] * np.array(shares)
    low = np.floor(place).astype(np.int64)
    last = max(0, len(ordered) - 1)
    below, above = (ordered[np.minimum(starts + at, last)] for at in (low, np.ceil(place).astype(np.int64)))
    found: Floats = np.where(counts[:, None] > 0, below + (place - low) * (above - below), 1.0)
    return found


def _similar(described: Floats, weights: Floats, n_groups: int) -> Counts:
    """k-means with weights: the group of each row, group 0 the one with the highest scores.

    It starts from groups of equal size in the order of the mean score, since labels differ above all in how hard they
    are, so that it needs neither a seed nor restarts. The guarantee holds for any groups.
    """
    hardness = described.mean(axis=1)
    group = np.empty(len(described), dtype=np.int64)
    group[np.argsort(-hardness, kind="stable")] = np.arange(len(described)) * n_groups // len(described)
    for _ in range(_MOST_ROUNDS):
        member = (group == np.arange(group.max() + 1)[:, None]) * weights
        centres = member @ described / member.sum(axis=1, keepdims=True)
        nearest = ((described[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        nearest = np.unique(nearest, return_inverse=True)[1]  # a group may have lost all its labels
        if np.array_equal(nearest, group):
            break
        group = nearest
    hardness_of_group = np.bincount(group, hardness) / np.bincount(group)
    rank: Counts = np.argsort(np.argsort(-hardness_of_group, kind="stable"), kind="stable")
    return rank[group]


def _joined(group: Counts, y_true: Counts, fewest: int) -> Counts:
    """The groups, each with too few examples for a threshold joined with the one before it, the first with the second.

    Only counts decide it, no score: the guarantee remains.
    """
    while True:
        names, group = np.unique(group, return_inverse=True)
        few = np.flatnonzero(np.bincount(group[y_true], minlength=len(names)) < fewest)
        if len(names) == 1 or not len(few):
            return group
        group = np.where(group == few[-1], few[-1] - 1 if few[-1] else 1, group)
