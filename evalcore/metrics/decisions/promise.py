"""A promise on what is answered automatically: so many of these answers are right, with 95 % confidence.

A threshold that was chosen because many answers above it are right looks better than it is. So it is chosen on one half
of the examples and tested once on the other half, which had no say in it: there the one-sided lower bound of Clopper
and Pearson holds whatever the threshold is.

Sources: Clopper and Pearson 1934, Biometrika 26, 404-413; Geifman and El-Yaniv 2017, "Selective Classification for Deep
Neural Networks".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.decisions.selective import Steps
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_of_mean
from evalcore.metrics.mean_intervals import variance_of_sum

CONFIDENCE = 0.95
"""Of a promise."""
CAUTIOUS = 0.998
"""Confidence of the bound that chooses a threshold. A threshold that just passes at 95 % on the half that chose it
passes on the other half about every second time; one that passes at 99.8 % does about eight times in ten."""
POWER = 0.8
_CANDIDATES = 200
"""Thresholds of which it is asked how many examples they would need."""
_MOST_EXAMPLES = 10_000_000
_ENOUGH = 20
"""Answers from which on an accuracy may be taken as it is seen."""
_LARGE = 5_000
"""Answers from which on their number is taken from the normal approximation."""


@dataclass(frozen=True)
class Checked:
    """Answers that did not choose the threshold, and what it does with them.

    Attributes:
        n: all of them; answered: automatically; right: of those answered automatically.
        coverage: share answered automatically, with its 95 % interval for this threshold.
        accuracy: share of these that is right, with its two-sided 95 % interval; NaN where nothing is answered.
        lower: this share is at least so high, with 95 % confidence: one-sided, Clopper-Pearson; 0 without an answer.
    """

    n: int
    answered: int
    right: int
    coverage: float
    coverage_interval: Interval
    accuracy: float
    accuracy_interval: Interval
    lower: float

    @property
    def person_interval(self) -> Interval:
        """95 % interval of the share that is not answered automatically."""
        low, high = self.coverage_interval
        return 1 - high, 1 - low

    def keeps(self, target: float) -> bool:
        """Whether the promise is kept: the lower bound reaches the target, in (0, 1)."""
        return bool(reaches(self.right, self.answered, target))


def lower_bound(right: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE) -> Floats:
    """The one-sided lower bound of Clopper and Pearson; 0 where none is right.

    Example:
        >>> round(float(lower_bound(59, 59)), 4)
        0.9505

    Args:
        right, n: counts, of one shape.

    Source: equal to scipy.stats.binomtest(right, n, alternative="greater").proportion_ci(method="exact").low.
    """
    from scipy.special import betaincinv

    k, n = np.asarray(right, dtype=float), np.asarray(n, dtype=float)
    bound: Floats = np.where(k > 0, betaincinv(np.maximum(k, 1), np.maximum(n - k, 0) + 1, 1 - confidence), 0.0)
    return bound


def chance_of_as_many(right: ArrayLike, n: ArrayLike, share: float) -> Floats:
    """The probability that `right` or more of `n` are right if this share of all is: the p-value of the promise."""
    from scipy.special import betainc

    k, n = np.asarray(right, dtype=float), np.asarray(n, dtype=float)
    chance: Floats = np.where(k > 0, betainc(np.maximum(k, 1), np.maximum(n - k, 0) + 1, share), 1.0)
    return chance


def reaches(right: ArrayLike, n: ArrayLike, target: float, confidence: float = CONFIDENCE) -> NDArray[np.bool_]:
    """Whether `lower_bound` is the target or more, without computing it: a tenth of the time."""
    return np.asarray(chance_of_as_many(right, n, target) <= 1 - confidence)


def fewest_answers(target: float, confidence: float = CONFIDENCE) -> int:
    """Answers, all of them right, that a promise takes: 59 at 95 %, 299 at 99 %.

    Example:
        >>> fewest_answers(0.95), fewest_answers(0.99)
        (59, 299)
    """
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


@dataclass(frozen=True)
class GroupSteps:
    """What lowering the threshold of each group of answers does: like `Steps`, one group after the other.

    Attributes:
        n_groups: how many there are; a group may have no step.
        group, threshold, answered, right: shape (n_steps,), the latter three within the group.
    """

    n_groups: int
    group: Counts
    threshold: Floats
    answered: Counts
    right: Counts

    def promising(self, target: float) -> Floats:
        """The lowest threshold of each group above which so many answers are right that a further half may confirm it.

        That is the lowest one whose lower bound at `CAUTIOUS` reaches the target; where none does, at `CONFIDENCE`.

        Args:
            target: in (0, 1).

        Returns:
            Shape (n_groups,); infinite where no threshold will do.
        """
        cautious = self._lowest(reaches(self.right, self.answered, target, CAUTIOUS))
        return np.where(np.isinf(cautious), self._lowest(reaches(self.right, self.answered, target)), cautious)

    def estimated(self, target: float) -> Floats:
        """The lowest threshold of each group above which just the target share is right: an estimate, no promise.

        Args, returns: as for `promising`.
        """
        return self._lowest(self.right >= target * self.answered)

    def _lowest(self, passes: NDArray[np.bool_]) -> Floats:
        found = np.full(self.n_groups, np.inf)
        np.minimum.at(found, self.group[passes], self.threshold[passes])
        return found


def group_steps(certainty: Floats, right: NDArray[np.bool_], group: Counts, n_groups: int) -> GroupSteps:
    """Count what is answered automatically, and what of it is right, at each threshold of each group.

    Args:
        certainty, right: shape (n,); NaN is never answered automatically.
        group: shape (n,), from 0: answers that share a threshold.
    """
    known = np.flatnonzero(~np.isnan(certainty))
    order = known[np.lexsort((-certainty[known], group[known]))]
    values, groups, hits = certainty[order], group[order], np.append(0, right[order].cumsum())
    starts = np.searchsorted(groups, np.arange(n_groups))
    next_differs = (values[1:] != values[:-1]) | (groups[1:] != groups[:-1])
    ends = np.flatnonzero(np.append(next_differs, len(order) > 0)) + 1
    of = groups[ends - 1]
    return GroupSteps(n_groups, of, values[ends - 1], ends - starts[of], hits[ends] - hits[starts[of]])


def predicted_often(halves: tuple[Counts, Counts], n_labels: int, target: float) -> NDArray[np.bool_]:
    """Labels that are predicted so often in both halves that a promise on each could be verified at all.

    Args:
        halves: the predicted labels' codes of the answers whose certainty is known, in each half.

    Returns:
        Shape (n_labels,).
    """
    counts = [np.bincount(half, minlength=n_labels) for half in halves]
    return np.asarray(np.minimum(*counts) >= fewest_answers(target))


def checked(automatic: NDArray[np.bool_], right: NDArray[np.bool_], true: Counts, design: Design) -> Checked:
    """What becomes of answers that had no say in a threshold.

    Args:
        automatic: shape (n,), whether each is answered automatically.
        right: shape (n,).
        true: shape (n,), label codes.
    """
    n, answered = len(automatic), int(automatic.sum())
    n_right = int((automatic & right).sum())
    if not n:
        return Checked(0, 0, 0, math.nan, NO_INTERVAL, math.nan, NO_INTERVAL, 0.0)
    coverage = answered / n
    of_coverage = variance_of_sum((automatic - coverage) / n, true, design)
    accuracy, of_accuracy = math.nan, NO_INTERVAL
    if answered:
        accuracy = n_right / answered
        variance = variance_of_sum(automatic * (right - accuracy) / answered, true, design)
        of_accuracy = wilson_of_mean(accuracy, variance, answered)
    return Checked(
        n, answered, n_right, coverage, wilson_of_mean(coverage, of_coverage, n), accuracy, of_accuracy,
        float(lower_bound(n_right, answered)),
    )  # fmt: skip


def answers_to_promise(target: float, accuracy: float, power: float = POWER) -> int | None:
    """How many answers verify a promise with a probability of 80 %, if this share of all is right.

    Example:
        >>> answers_to_promise(0.95, 0.98)
        234

    Args:
        target, accuracy: in (0, 1].

    Returns:
        None if the accuracy is not above the target, or so little that no number will do.
    """
    from scipy.special import bdtrik

    if accuracy <= target:
        return None
    about = float(_about(target, np.array(accuracy), power))
    if about > _LARGE:
        return math.ceil(about) if about <= _MOST_EXAMPLES else None
    few = fewest_answers(target)
    n = np.arange(max(few, int(about / 2)), int(2 * about) + few + 100)
    # The fewest right answers that verify: one more than the 95 % quantile of what the target itself would show.
    k = np.ceil(bdtrik(CONFIDENCE, n, target) - 1e-9) + 1
    enough = (k <= n) & (chance_of_as_many(np.minimum(k, n), n, accuracy) >= power)
    return int(n[enough.argmax()]) if enough.any() else None


def examples_to_promise(steps: Steps, target: float) -> int | None:
    """How many examples, for both halves, would verify a promise with a probability of 80 % at the accuracy seen here.

    Of all thresholds that one is taken which needs the fewest. Accuracies are taken a little lower than they are seen,
    (right + 1/2) / (answered + 1), for the best of many is the luckiest; as they are seen only if else none would do.

    It is the least that it takes. The half that chooses does not know that threshold and may take another one, or none:
    of data sets of this size about every second one verifies its promise, in simulations.

    Returns:
        None if no threshold has an accuracy above the target.
    """
    if not len(steps):
        return None
    at = np.unique(np.linspace(0, len(steps) - 1, _CANDIDATES).astype(np.intp))
    accuracy, coverage = (steps.right[at] + 0.5) / (steps.answered[at] + 1), steps.coverage[at]
    if not (accuracy > target).any():
        accuracy = np.where(steps.answered[at] >= _ENOUGH, steps.accuracy[at], 0.0)
    above = accuracy > target
    if not above.any():
        return None
    needed = 2 * _about(target, accuracy[above], POWER) / coverage[above]
    best = int(needed.argmin())
    answers = answers_to_promise(target, float(accuracy[above][best]))
    examples = None if answers is None else math.ceil(2 * answers / float(coverage[above][best]))
    return examples if examples is not None and examples <= _MOST_EXAMPLES else None


def _about(target: float, accuracy: Floats, power: float) -> Floats:
    """`answers_to_promise` by the normal approximation."""
    level, of_power = NormalDist().inv_cdf(CONFIDENCE), NormalDist().inv_cdf(power)
    needed: Floats = (
        (level * np.sqrt(target * (1 - target)) + of_power * np.sqrt(accuracy * (1 - accuracy))) / (accuracy - target)
    ) ** 2
    return needed
