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
    if right.all() or not right.any():
        return float("nan")
    return float(_share_below(confidence[right], confidence[~right]).mean())


def auroc_effects(confidence: Floats, right: NDArray[np.bool_]) -> tuple[float, Floats]:
    """AUROC, and the effect of each example on it, shape (n,): their squares add up to DeLong's variance.

    Args:
        confidence, right: as for `auroc`, with at least two right answers and two wrong ones.

    Source: DeLong, DeLong and Clarke-Pearson 1988.
    """
    of_right, of_wrong = confidence[right], confidence[~right]
    below, above = _share_below(of_right, of_wrong), 1 - _share_below(of_wrong, of_right)
    area, effects = float(below.mean()), np.empty(len(right))
    effects[right] = (below - area) / np.sqrt(len(below) * (len(below) - 1))
    effects[~right] = (above - area) / np.sqrt(len(above) * (len(above) - 1))
    return area, effects


def auroc_interval(confidence: Floats, right: NDArray[np.bool_], true: Counts, design: Design) -> Interval:
    """DeLong's 95 % interval on the logit scale, which stays inside [0, 1]; NaN where `why_no_auroc_interval` says why.

    Args:
        confidence, right: as for `auroc`.
        true: shape (n,), label codes.
    """
    if why_no_auroc_interval(confidence, right):
        return NO_INTERVAL
    area, effects = auroc_effects(confidence, right)
    variance = variance_of_sum(effects, true, design)
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
    (area_a, effects_a), (area_b, effects_b) = auroc_effects(*a), auroc_effects(*b)
    variance = variance_of_sum(effects_b - effects_a, true, design)
    if not variance > 0:
        return NO_INTERVAL
    difference, half = area_b - area_a, _Z * float(np.sqrt(variance))
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
    if confidence.min() == confidence.max():
        return "all answers have the same confidence"
    of_right, of_wrong = confidence[right], confidence[~right]
    if of_right.min() > of_wrong.max() or of_right.max() < of_wrong.min():
        return "confidence separates right from wrong without an exception"
    return ""


def _share_below(values: Floats, others: Floats) -> Floats:
    """The share of `others` that are below each value, equal ones counted half; of the shape of `values`."""
    others = np.sort(others)
    share: Floats = (np.searchsorted(others, values, "left") + np.searchsorted(others, values, "right")) / 2
    return share / len(others)
