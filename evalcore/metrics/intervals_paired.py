"""Two sets of answers to the same examples -> 95 % intervals of the differences of their scores, B minus A.

In closed form, as for one run (`score_intervals`): what one example changes is what it changes about B less what it
changes about A, so that what both answer alike cancels. Where no interval was found that holds, there is none: macro
and weighted precision (the precision of a label that is seldom answered rests on one or two examples), the effective
number of labels, and the share of the two favourites. `python -m evalcore coverage` counts how often the others hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import UNPARSED, Counts, Floats, confusion_counts, per_class, scores
from evalcore.metrics.f1_model import Codes, Design, F1Model
from evalcore.metrics.intervals import NO_INTERVAL, Interval
from evalcore.metrics.intervals_single import f1_intervals, too_few
from evalcore.metrics.paired import tango_interval

WITHOUT_INTERVAL = ("macro_precision_present", "weighted_precision", "effective_labels", "favourites_share")
"""Differences that have no interval, by their names in `metrics.Scores`."""

_MEANS = ("macro_f1_present", "weighted_f1", "balanced_accuracy")
_JACKKNIFED = ("micro_f1", "micro_precision", "mcc", "kappa")
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class PairedIntervals:
    """95 % intervals; NaN where there is none. Each contains the difference in the sample.

    Attributes:
        difference: of B minus A, by the names in `metrics.Scores`.
        f1_a, f1_b, f1_difference: shape (n_labels, 2); NaN where the label does not occur.
        withheld: why means over labels have none, in one sentence; empty if they have one.
    """

    difference: dict[str, Interval]
    f1_a: Floats
    f1_b: Floats
    f1_difference: Floats
    withheld: str


@dataclass(frozen=True)
class _Kinds:
    """Examples of one label and one pair of answers are the same to every score; arrays of shape (n_kinds,).

    Attributes:
        true: codes of labels; a, b: of answers, n_labels for unparsed.
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
    """
    kinds = _Kinds.of(y_true, y_a, y_b, n_labels)
    confusions = [confusion_counts(y_true, y, n_labels) for y in (y_a, y_b)]
    n, present = len(y_true), int((confusions[0].sum(axis=1) > 0).sum())
    withheld = too_few(n, present)
    difference = dict.fromkeys((*_MEANS, *_JACKKNIFED, *WITHOUT_INTERVAL), NO_INTERVAL)
    difference["unparsed_rate"] = _of_shares(y_a == UNPARSED, y_b == UNPARSED)
    if not withheld:
        difference |= _means_over_labels(kinds, confusions, design) | _jackknifed(kinds, confusions)
    f1_a, f1_b = (f1_intervals(confusion) for confusion in confusions)
    return PairedIntervals(difference, f1_a, f1_b, _f1_differences(kinds, confusions, f1_a, f1_b), withheld)


def _of_shares(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> Interval:
    low, high = tango_interval((b & ~a).sum(), (a & ~b).sum(), len(a))
    return float(low), float(high)


def _around(mean: float, variance: float, estimate: float) -> Interval:
    """The normal interval around the corrected difference, widened to contain the sample's, within [-1, 1]."""
    half = _Z * float(np.sqrt(variance))
    return max(min(mean - half, estimate), -1.0), min(max(mean + half, estimate), 1.0)


def _means_over_labels(kinds: _Kinds, confusions: list[Counts], design: Design) -> dict[str, Interval]:
    a, b = (F1Model.fit(confusion, design) for confusion in confusions)
    of_a, of_b = (scores(confusion) for confusion in confusions)

    def interval(name: str, mean: float, effects_a: Floats, effects_b: Floats, one_example: Floats) -> Interval:
        """Args: one_example: shape (n_labels,), what a right answer instead of a wrong one changes.

        One more such example is taken to have been possible: two runs that differ nowhere in the sample may differ.
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


def _jackknifed(kinds: _Kinds, confusions: list[Counts]) -> dict[str, Interval]:
    """Scores of counts over all labels, whose bias is small: the jackknife, leaving out one example of each kind."""
    a, b = confusions
    n = kinds.counts.sum()
    whole = _totals(b) - _totals(a)
    without = _totals_without_one(b, kinds.true, kinds.b) - _totals_without_one(a, kinds.true, kinds.a)
    mean = without @ kinds.counts / n
    variance = (n - 1) / n * ((without - mean[:, None]) ** 2 @ kinds.counts) + 1 / n**2
    centre = whole - (n - 1) * (mean - whole)
    return {
        name: _around(float(centre[at]), float(variance[at]), float(whole[at])) for at, name in enumerate(_JACKKNIFED)
    }


def _totals(confusion: Counts) -> Floats:
    """The scores of `_JACKKNIFED`, shape (4,)."""
    each = per_class(confusion)
    support, predicted = each.support.astype(float), each.predicted.astype(float)
    return _of_totals(
        support.sum(), each.true_positives.sum(), predicted.sum(), support @ predicted, support @ support,
        predicted @ predicted,
    )  # fmt: skip


def _totals_without_one(confusion: Counts, true: Codes, answer: Codes) -> Floats:
    """The same of the sample without one example of each kind, shape (4, n_kinds)."""
    each = per_class(confusion)
    support, predicted = each.support.astype(float), np.append(each.predicted.astype(float), 0.0)
    padded = np.append(support, 0.0)  # an unparsed answer is in no label's column
    right, parsed = true == answer, answer < len(support)
    return _of_totals(
        support.sum() - 1,
        each.true_positives.sum() - right,
        predicted.sum() - parsed,
        support @ predicted[:-1] - predicted[true] - padded[answer] + right,
        support @ support - 2 * support[true] + 1,
        predicted @ predicted - np.where(parsed, 2 * predicted[answer] - 1, 0),
    )


def _of_totals(n: Any, correct: Any, parsed: Any, chance: Any, support: Any, predicted: Any) -> Floats:
    """Args: chance: sum over labels of support times predicted; support, predicted: sums of their squares.

    Source: equal to `metrics.scores`; 0 where undefined.
    """
    above = correct * n - chance
    below_mcc = np.sqrt((n * n - support) * (n * n - predicted - (n - parsed) ** 2))
    below_kappa = n * n - chance
    return np.stack(
        np.broadcast_arrays(
            2 * correct / (n + parsed),
            correct / np.maximum(parsed, 1),
            np.where(below_mcc > 0, above / np.where(below_mcc > 0, below_mcc, 1), 0.0),
            np.where(below_kappa > 0, above / np.where(below_kappa > 0, below_kappa, 1), 0.0),
        )
    )


def _f1_differences(kinds: _Kinds, confusions: list[Counts], f1_a: Floats, f1_b: Floats) -> Floats:
    """Each label's difference of F1, shape (n_labels, 2): the two intervals joined, less what the runs share.

    Source: MOVER, Zou and Donner 2008, Statistics in Medicine 27, 1693-1702; Newcombe 1998 for two shares.
    """
    a, b = (np.nan_to_num(per_class(confusion).f1) for confusion in confusions)
    shared = _correlation(kinds, a, b, confusions)
    difference = b - a
    below_a, above_a, below_b, above_b = a - f1_a[:, 0], f1_a[:, 1] - a, b - f1_b[:, 0], f1_b[:, 1] - b
    low = difference - np.sqrt(below_b**2 - 2 * shared * below_b * above_a + above_a**2)
    high = difference + np.sqrt(above_b**2 - 2 * shared * above_b * below_a + below_a**2)
    return np.stack([low, high], axis=1)


def _correlation(kinds: _Kinds, a: Floats, b: Floats, confusions: list[Counts]) -> Floats:
    """Of the two runs' F1, label by label: of what each example changes about them (to first order).

    Each label is given one example more, which the two runs do not share: two equal runs are never taken to be
    certainly equal.
    """
    n_labels = len(a)
    both, of_a, of_b = (np.zeros(n_labels) for _ in range(3))

    def change(f1: Floats, answer: Codes, label: Codes) -> Floats:
        """Up to a factor of the label's own, which a correlation does not see."""
        right = (kinds.true == label) & (answer == label)
        touched = (kinds.true == label) | (answer == label)
        return np.where(right, 2 * (1 - f1[label]), np.where(touched, -f1[label], 0.0))

    # An example changes its own label and the two that it is answered by, each of them once.
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
    support = confusions[0].sum(axis=1)
    below = np.sqrt(of_a * of_b)
    shared = np.divide(both, below, out=np.zeros(n_labels), where=below > 0)
    bounded: Floats = np.clip(shared, -1, 1) * support / (support + 1)
    return bounded
