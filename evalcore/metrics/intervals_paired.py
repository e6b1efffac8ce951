"""Two sets of answers to the same examples -> 95 % intervals of the differences of their scores, B minus A.

In closed form, as for one run (`score_intervals`): the effect of one example is its effect on B's score less its effect
on A's, so that equal answers cancel. Some scores have no interval because none was found that keeps its 95 %: macro and
weighted precision (the precision of a label that is seldom predicted rests on one or two examples), label variety, the
share of the top 2 labels, and the number of labels never predicted. `python -m evalcore interval-coverage` simulates
the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import UNPARSED, ClassScores, Counts, Floats, confusion_counts, per_class
from evalcore.metrics.f1_model import Codes, Design, F1Model
from evalcore.metrics.intervals import NO_INTERVAL, Interval
from evalcore.metrics.intervals_single import f1_intervals, too_few
from evalcore.metrics.overall import Totals, scores_of_classes
from evalcore.metrics.paired import tango_interval

WITHOUT_INTERVAL = (
    "macro_precision_present",
    "weighted_precision",
    "never_predicted",
    "effective_labels",
    "favourites_share",
)
"""Metrics whose differences never have an interval, by their names in `METRICS`."""

WITHHELD = "Macro-F1, weighted F1, balanced accuracy, micro-F1, micro precision, MCC and kappa"
"""Scores whose difference has no interval where the examples are too few."""
_MEANS = ("macro_f1_present", "weighted_f1", "balanced_accuracy")
_JACKKNIFED = ("micro_f1", "micro_precision", "mcc", "kappa")
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class PairedIntervals:
    """95 % intervals; NaN where there is none. Each contains the difference in the sample.

    Attributes:
        difference: of B minus A, by the names in `metrics.Scores`.
        f1_a, f1_b, f1_difference: shape (n_labels, 2); NaN where the label does not occur.
        withheld: why the scores of `WITHHELD` have none, in one sentence; empty if they have one.
    """

    difference: dict[str, Interval]
    f1_a: Floats
    f1_b: Floats
    f1_difference: Floats
    withheld: str


@dataclass(frozen=True)
class _Kinds:
    """Examples with the same label and the same two answers have the same effect on every score; shape (n_kinds,).

    Attributes:
        true: label codes; a, b: of the answers, n_labels for unparsed.
        counts: how many examples there are of each kind.
    """

    true: Codes
    a: Codes
    b: Codes
    counts: Floats

    @classmethod
    def of(cls, y_true: Counts, y_a: Counts, y_b: Counts, n_labels: int) -> _Kinds:
        width = n_labels + 1
        a, b = (np.where(y == UNPARSED, n_labels, y) for y in (y_a, y_b))
        kinds, counts = np.unique((y_true * width + a) * width + b, return_counts=True)
        return cls(kinds // width**2, kinds // width % width, kinds % width, counts.astype(float))


def paired_intervals(y_true: Counts, y_a: Counts, y_b: Counts, n_labels: int, design: Design) -> PairedIntervals:
    """Intervals of the differences of two runs' scores.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
        design: how the examples were drawn; `random` where that is not known.

    Returns:
        Intervals in [-1, 1]; in [-2, 2] those of MCC and kappa, which are in [-1, 1] themselves.

    Raises:
        ValueError: if the shapes differ or a code is out of range.
    """
    kinds = _Kinds.of(y_true, y_a, y_b, n_labels)
    a, b = (per_class(confusion_counts(y_true, y, n_labels)) for y in (y_a, y_b))
    withheld = too_few(len(y_true), int((a.support > 0).sum()), WITHHELD)
    difference = dict.fromkeys((*_MEANS, *_JACKKNIFED, *WITHOUT_INTERVAL), NO_INTERVAL)
    difference["unparsed_rate"] = _of_shares(y_a == UNPARSED, y_b == UNPARSED)
    if not withheld:
        difference |= _means_over_labels(kinds, a, b, design) | _jackknifed(kinds, a, b)
    f1_a, f1_b = f1_intervals(a), f1_intervals(b)
    return PairedIntervals(difference, f1_a, f1_b, _f1_differences(kinds, a, b, f1_a, f1_b), withheld)


def _of_shares(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> Interval:
    low, high = tango_interval((b & ~a).sum(), (a & ~b).sum(), len(a))
    return float(low), float(high)


def _around(mean: float, variance: float, estimate: float, limit: float = 1.0) -> Interval:
    """The normal interval around the corrected difference, widened to contain the sample's, within ± `limit`."""
    mean = min(max(mean, -limit), limit)  # so that the interval keeps a width at the limit
    half = _Z * float(np.sqrt(variance))
    return max(min(mean - half, estimate), -limit), min(max(mean + half, estimate), limit)


def _means_over_labels(
    kinds: _Kinds, classes_a: ClassScores, classes_b: ClassScores, design: Design
) -> dict[str, Interval]:
    a, b = F1Model.fit(classes_a, design), F1Model.fit(classes_b, design)
    of_a, of_b = scores_of_classes(classes_a), scores_of_classes(classes_b)

    def interval(name: str, mean: float, effects_a: Floats, effects_b: Floats, one_example: Floats) -> Interval:
        """Args: one_example: shape (n_labels,), the effect of a right answer instead of a wrong one.

        The variance includes one more such example: two runs that differ nowhere in the sample may still differ.
        """
        variance = a.variance(effects_b - effects_a, kinds.true, kinds.counts)
        variance += float(a.support @ one_example**2) / a.n
        return _around(mean, variance, getattr(of_b, name) - getattr(of_a, name))

    each = np.divide(1, a.support * a.labels_present, out=np.zeros(len(a.support)), where=a.present)
    return {
        "macro_f1_present": interval(
            "macro_f1_present",
            b.macro_f1 - a.macro_f1,
            a.effects_on_macro_f1(kinds.true, kinds.a),
            b.effects_on_macro_f1(kinds.true, kinds.b),
            np.sqrt((a.right_for_wrong**2 + b.right_for_wrong**2) / 2) / a.labels_present,
        ),
        "weighted_f1": interval(
            "weighted_f1",
            b.weighted_f1 - a.weighted_f1,
            a.effects_on_weighted_f1(kinds.true, kinds.a),
            b.effects_on_weighted_f1(kinds.true, kinds.b),
            np.full(len(a.support), 1 / a.n),
        ),
        "balanced_accuracy": interval(
            "balanced_accuracy",
            of_b.balanced_accuracy - of_a.balanced_accuracy,
            (kinds.true == kinds.a) * each[kinds.true],
            (kinds.true == kinds.b) * each[kinds.true],
            each,
        ),
    }


def _jackknifed(kinds: _Kinds, a: ClassScores, b: ClassScores) -> dict[str, Interval]:
    """Scores of counts over all labels, whose bias is small: the jackknife, leaving out one example of each kind."""
    n = kinds.counts.sum()
    whole_a, whole_b = Totals.of(a), Totals.of(b)
    without_a, without_b = (_without_one(each, kinds.true, answer) for each, answer in ((a, kinds.a), (b, kinds.b)))
    intervals = {}
    for name in _JACKKNIFED:
        # A score that is undefined counts as 0, here only.
        whole, without = (
            np.nan_to_num(getattr(of_b, name)) - np.nan_to_num(getattr(of_a, name))
            for of_a, of_b in ((whole_a, whole_b), (without_a, without_b))
        )
        mean = without @ kinds.counts / n
        variance = (n - 1) / n * ((without - mean) ** 2 @ kinds.counts) + 1 / n**2
        centre = whole - (n - 1) * (mean - whole)
        limit = 2.0 if name in ("mcc", "kappa") else 1.0  # each run's own is in [-1, 1]
        intervals[name] = _around(float(centre), float(variance), float(whole), limit)
    return intervals


def _without_one(each: ClassScores, true: Codes, answer: Codes) -> Totals:
    """The totals of the sample without one example of each kind; shape (n_kinds,).

    Args:
        true, answer: shape (n_kinds,), codes of each kind's label and answer, n_labels for unparsed.
    """
    whole = Totals.of(each)
    support, predicted = (np.append(counts.astype(float), 0.0) for counts in (each.support, each.predicted))
    right, parsed = true == answer, answer < len(each.support)
    return Totals(
        whole.n - 1,
        whole.correct - right,
        whole.parsed - parsed,
        whole.chance - predicted[true] - support[answer] + right,
        whole.support_squared - 2 * support[true] + 1,
        whole.predicted_squared - np.where(parsed, 2 * predicted[answer] - 1, 0),
    )


def _f1_differences(kinds: _Kinds, of_a: ClassScores, of_b: ClassScores, f1_a: Floats, f1_b: Floats) -> Floats:
    """Each label's difference of F1, shape (n_labels, 2): the two intervals combined, given their correlation.

    Source: MOVER, Zou and Donner 2008, Statistics in Medicine 27, 1693-1702; Newcombe 1998 for two shares.
    """
    a, b = np.nan_to_num(of_a.f1), np.nan_to_num(of_b.f1)
    shared = _correlation(kinds, a, b, of_a.support)
    difference = b - a
    below_a, above_a, below_b, above_b = a - f1_a[:, 0], f1_a[:, 1] - a, b - f1_b[:, 0], f1_b[:, 1] - b
    low = difference - np.sqrt(below_b**2 - 2 * shared * below_b * above_a + above_a**2)
    high = difference + np.sqrt(above_b**2 - 2 * shared * above_b * below_a + below_a**2)
    return np.stack([low, high], axis=1)


def _correlation(kinds: _Kinds, a: Floats, b: Floats, support: Counts) -> Floats:
    """The correlation of the two runs' F1, label by label: of each example's effects on them (to first order).

    Each label gets one more example, uncorrelated between the runs, so that equal answers do not mean a correlation of
    exactly 1.

    Args:
        a, b, support: shape (n_labels,).
    """
    n_labels = len(a)
    both, of_a, of_b = (np.zeros(n_labels) for _ in range(3))

    def change(f1: Floats, answer: Codes, label: Codes) -> Floats:
        """Up to a factor that depends on the label only, which cancels in a correlation."""
        right = (kinds.true == label) & (answer == label)
        touched = (kinds.true == label) | (answer == label)
        return np.where(right, 2 * (1 - f1[label]), np.where(touched, -f1[label], 0.0))

    # An example affects its own label and its two answers, each of these labels once.
    first = np.ones(len(kinds.true), dtype=bool)
    for codes, counted in (
        (kinds.true, first),
        (kinds.a, (kinds.a < n_labels) & (kinds.a != kinds.true)),
        (kinds.b, (kinds.b < n_labels) & (kinds.b != kinds.true) & (kinds.b != kinds.a)),
    ):
        label = np.where(counted, codes, 0)
        counts = np.where(counted, kinds.counts, 0.0)
        change_a, change_b = change(a, kinds.a, label), change(b, kinds.b, label)
        both += np.bincount(label, counts * change_a * change_b, n_labels)
        of_a += np.bincount(label, counts * change_a**2, n_labels)
        of_b += np.bincount(label, counts * change_b**2, n_labels)
    below = np.sqrt(of_a * of_b)
    shared = np.divide(both, below, out=np.zeros(n_labels), where=below > 0)
    bounded: Floats = np.clip(shared, -1, 1) * support / (support + 1)
    return bounded
