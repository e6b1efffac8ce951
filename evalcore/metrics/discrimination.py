"""Whether confidence tells right answers from wrong ones: AUROC, with DeLong's interval.

AUROC is the probability that a right answer, picked at random, has a higher confidence than a wrong one; equal
confidences count one half. 0.5 is chance: such a confidence cannot say which answers to check first.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval
from evalcore.metrics.mean_intervals import variance_of_sum

LEAST_OF_EACH = 10
"""With fewer right answers, or fewer wrong ones, AUROC has no interval."""
_Z = NormalDist().inv_cdf(0.975)


def auroc(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Area under the ROC curve of right against wrong; NaN if all answers are right or all wrong.

    Example:
        >>> import numpy as np
        >>> auroc(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False]))
        0.875

    Args:
        confidence: shape (n,), no NaN.
        right: shape (n,).

    Source: equal to sklearn.metrics.roc_auc_score(right, confidence).
    """
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    if not n_right or not n_wrong:
        return float("nan")
    return (float(_mid_ranks(confidence)[right].sum()) - n_right * (n_right + 1) / 2) / (n_right * n_wrong)


def auroc_effects(confidence: Floats, right: NDArray[np.bool_]) -> Floats:
    """The effect of each example on AUROC, shape (n,): their squares add up to DeLong's variance.

    Args:
        confidence, right: as for `auroc`, with at least two right answers and two wrong ones.

    Source: DeLong, DeLong and Clarke-Pearson 1988; by mid-ranks, Sun and Xu 2014.
    """
    area, ranks = auroc(confidence, right), _mid_ranks(confidence)
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    effects = np.empty(len(right))
    # The share of wrong answers below each right one, and of right answers above each wrong one.
    beaten = (ranks[right] - _mid_ranks(confidence[right])) / n_wrong
    beaten_by = 1 - (ranks[~right] - _mid_ranks(confidence[~right])) / n_right
    effects[right] = (beaten - area) / np.sqrt(n_right * (n_right - 1))
    effects[~right] = (beaten_by - area) / np.sqrt(n_wrong * (n_wrong - 1))
    return effects


def auroc_interval(confidence: Floats, right: NDArray[np.bool_], true: Counts, design: Design) -> Interval:
    """DeLong's 95 % interval on the logit scale, which stays inside [0, 1]; NaN where `why_no_auroc_interval` says why.

    Args:
        confidence, right: as for `auroc`.
        true: shape (n,), label codes.
    """
    if why_no_auroc_interval(confidence, right):
        return NO_INTERVAL
    area = auroc(confidence, right)
    variance = variance_of_sum(auroc_effects(confidence, right), true, design)
    if not variance > 0:
        return NO_INTERVAL
    half = _Z * np.sqrt(variance) / (area * (1 - area))
    middle = np.log(area / (1 - area))
    return float(1 / (1 + np.exp(half - middle))), float(1 / (1 + np.exp(-half - middle)))


def auroc_difference_interval(
    a: tuple[Floats, NDArray[np.bool_]], b: tuple[Floats, NDArray[np.bool_]], true: Counts, design: Design
) -> Interval:
    """A 95 % interval of the AUROC of B minus that of A, on the same examples; NaN where one of the two has none.

    Args:
        a, b: confidence and right, each of shape (n,); which answers are right may differ.
        true: shape (n,), label codes.
    """
    if any(why_no_auroc_interval(*run) for run in (a, b)):
        return NO_INTERVAL
    variance = variance_of_sum(auroc_effects(*b) - auroc_effects(*a), true, design)
    if not variance > 0:
        return NO_INTERVAL
    difference, half = auroc(*b) - auroc(*a), _Z * float(np.sqrt(variance))
    return max(difference - half, -1.0), min(difference + half, 1.0)


def why_no_auroc_interval(confidence: Floats, right: NDArray[np.bool_]) -> str:
    """Why AUROC, or its interval, cannot be estimated, as part of a sentence; empty if it can."""
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    if not len(right):
        return "no answer has a confidence"
    if not n_wrong:
        return "all answers are right"
    if not n_right:
        return "all answers are wrong"
    if min(n_right, n_wrong) < LEAST_OF_EACH:
        kind, n = ("right", n_right) if n_right < n_wrong else ("wrong", n_wrong)
        return f"only {n} of the answers {'is' if n == 1 else 'are'} {kind}, and it takes {LEAST_OF_EACH}"
    if auroc(confidence, right) in (0.0, 1.0):
        return "confidence separates right from wrong without an exception"
    return ""


def _mid_ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks: Floats = (last - (counts - 1) / 2)[where]
    return ranks
