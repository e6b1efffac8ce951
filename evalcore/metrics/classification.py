"""Confusion counts -> scores. Imports nothing of ours; knows nothing of texts, models or pictures.

The one input is an array of counts of shape (n_labels, n_labels + 1): rows are true labels, columns predicted ones,
and the last column counts completions that name no label (unparsed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

UNPARSED = -1
WHY_UNDEFINED = {
    "kappa": "chance alone would agree every time",
    "effective_labels": "no answer is a label",
    "favourites_share": "no answer is a label",
}
"""The scores that can be undefined though there are examples, each with the reason."""
OVER_PREDICTED_LEAST = 5
"""A label predicted fewer times than this is never called over-predicted: 2 for 1 is chance."""


@dataclass(frozen=True)
class ClassScores:
    """Each label's scores; arrays of shape (n_labels,).

    Attributes:
        precision: NaN where the label is never predicted.
        recall, f1: NaN where the label does not occur in the sample.
        support, predicted, true_positives: counts.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Counts
    predicted: Counts
    true_positives: Counts


@dataclass(frozen=True)
class Scores:
    """A run's scores. Shares are in [0, 1]; NaN where undefined (no examples).

    Attributes:
        n, correct, wrong, unparsed: counts; correct + wrong + unparsed == n.
        balanced_accuracy: mean recall over the labels present.
        micro_precision, micro_recall, micro_f1: over parsed answers, over examples, and their harmonic mean.
        macro_*_present: mean over the labels that occur in the sample.
        macro_*_all: mean over all labels, undefined ones as 0.
        macro_f1_ceiling: macro_f1_all of a perfect model on this sample, labels_present / labels_total.
        mcc, kappa: with unparsed as a category of its own.
        effective_labels: exp of the entropy of the parsed answers: as varied as so many equally frequent labels.
        favourites: codes of the two most predicted labels; favourites_share: their share of the parsed answers.
    """

    n: int
    correct: int
    wrong: int
    unparsed: int
    unparsed_rate: float
    accuracy: float
    balanced_accuracy: float
    micro_precision: float
    micro_recall: float
    micro_f1: float
    macro_precision_present: float
    macro_recall_present: float
    macro_f1_present: float
    macro_precision_all: float
    macro_recall_all: float
    macro_f1_all: float
    macro_f1_ceiling: float
    weighted_precision: float
    weighted_recall: float
    weighted_f1: float
    mcc: float
    kappa: float
    labels_total: int
    labels_present: int
    effective_labels: float
    favourites: tuple[int, ...]
    favourites_share: float


@dataclass(frozen=True)
class Confusion:
    """How often one label was answered for another.

    Attributes:
        true, predicted: label codes, different.
        count: examples of `true` answered `predicted`.
        share: of the examples of `true`.
        reverse: examples of `predicted` answered `true`.
    """

    true: int
    predicted: int
    count: int
    share: float
    reverse: int


def encode(labels: Sequence[str], values: Sequence[str | None]) -> Counts:
    """Codes of labels: positions in `labels`, shape (len(values),); None is -1.

    Raises:
        ValueError: if a value is not one of the labels.
    """
    codes: dict[str | None, int] = {label: code for code, label in enumerate(labels)}
    codes[None] = UNPARSED
    try:
        return np.fromiter((codes[value] for value in values), dtype=np.int64, count=len(values))
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not one of the {len(labels)} labels") from None


def confusion_counts(y_true: Counts, y_pred: Counts, n_labels: int) -> Counts:
    """Count pairs of true and predicted label.

    Args:
        y_true: shape (n,), codes in [0, n_labels).
        y_pred: shape (n,), codes in [0, n_labels), or -1 for unparsed.

    Returns:
        Shape (n_labels, n_labels + 1).

    Raises:
        ValueError: if lengths differ or a code is out of range.
    """
    if y_true.shape != y_pred.shape or y_true.ndim != 1:
        raise ValueError(f"y_true has shape {y_true.shape}, y_pred {y_pred.shape}; both must be (n,)")
    if y_true.size and (y_true.min() < 0 or y_true.max() >= n_labels):
        raise ValueError(f"y_true has codes outside 0 … {n_labels - 1}")
    if y_pred.size and (y_pred.min() < UNPARSED or y_pred.max() >= n_labels):
        raise ValueError(f"y_pred has codes outside -1 … {n_labels - 1}")
    width = n_labels + 1
    columns = np.where(y_pred == UNPARSED, n_labels, y_pred)
    flat = np.bincount(y_true * width + columns, minlength=n_labels * width)
    return flat.reshape(n_labels, width).astype(np.int64, copy=False)


def per_class(confusion: Counts) -> ClassScores:
    """Precision, recall and F1 of each label.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Raises:
        ValueError: if the shape is wrong or a count is negative.

    Source: equal to sklearn.metrics.precision_recall_fscore_support(zero_division=nan), but F1 is 0 for a label that
    occurs and is never predicted, and NaN for one that does not occur.
    """
    _check(confusion)
    true_positives = np.diagonal(confusion).copy()
    support = confusion.sum(axis=1)
    predicted = confusion[:, :-1].sum(axis=0)
    f1 = np.where(support > 0, _ratio(2 * true_positives, support + predicted), np.nan)
    return ClassScores(
        precision=_ratio(true_positives, predicted),
        recall=_ratio(true_positives, support),
        f1=f1,
        support=support,
        predicted=predicted,
        true_positives=true_positives,
    )


def scores(confusion: Counts) -> Scores:
    """All scores of a run.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Raises:
        ValueError: if the shape is wrong or a count is negative.

    Source: equal to scikit-learn's functions of the same names (zero_division=0), with unparsed as a predicted
    category that is never true.
    """
    each = per_class(confusion)
    n_labels = len(confusion)
    n, correct = int(confusion.sum()), int(each.true_positives.sum())
    unparsed = int(confusion[:, -1].sum())
    parsed = n - unparsed
    present = each.support > 0
    precision, recall, f1 = (np.nan_to_num(values) for values in (each.precision, each.recall, each.f1))
    favourites = np.argsort(-each.predicted, kind="stable")[:2]
    favourites = favourites[each.predicted[favourites] > 0]
    return Scores(
        n=n,
        correct=correct,
        wrong=parsed - correct,
        unparsed=unparsed,
        unparsed_rate=_share(unparsed, n),
        accuracy=_share(correct, n),
        balanced_accuracy=_mean(recall[present]),
        micro_precision=_share(correct, parsed) if parsed or not n else 0.0,
        micro_recall=_share(correct, n),
        micro_f1=_share(2 * correct, n + parsed),
        macro_precision_present=_mean(precision[present]),
        macro_recall_present=_mean(recall[present]),
        macro_f1_present=_mean(f1[present]),
        macro_precision_all=_mean(precision) if n else np.nan,
        macro_recall_all=_mean(recall) if n else np.nan,
        macro_f1_all=_mean(f1) if n else np.nan,
        macro_f1_ceiling=_share(int(present.sum()), n_labels) if n else np.nan,
        weighted_precision=_share(float(precision @ each.support), n),
        weighted_recall=_share(float(recall @ each.support), n),
        weighted_f1=_share(float(f1 @ each.support), n),
        mcc=_mcc(each, n, correct, unparsed),
        kappa=_kappa(each, n, correct),
        labels_total=n_labels,
        labels_present=int(present.sum()),
        effective_labels=_effective(each.predicted),
        favourites=tuple(int(code) for code in favourites),
        favourites_share=_share(int(each.predicted[favourites].sum()), parsed),
    )


def absent(confusion: Counts) -> NDArray[np.intp]:
    """Labels that do not occur in the sample: it says nothing about the model on them."""
    return np.flatnonzero(confusion.sum(axis=1) == 0)


def never_predicted(confusion: Counts) -> NDArray[np.intp]:
    """Labels that occur and are predicted 0 times."""
    each = per_class(confusion)
    return np.flatnonzero((each.support > 0) & (each.predicted == 0))


def zero_recall(confusion: Counts) -> NDArray[np.intp]:
    """Labels that occur and are sometimes predicted, never rightly."""
    each = per_class(confusion)
    return np.flatnonzero((each.support > 0) & (each.predicted > 0) & (each.true_positives == 0))


def over_predicted(confusion: Counts, ratio: float = 2.0, least: int = OVER_PREDICTED_LEAST) -> NDArray[np.intp]:
    """Labels predicted at least `ratio` times as often as they occur, and at least `least` times; the worst first."""
    each = per_class(confusion)
    over = np.flatnonzero((each.predicted >= ratio * each.support) & (each.predicted >= least))
    excess = each.predicted[over] - each.support[over]
    return over[np.argsort(-excess, kind="stable")]


def confusion_pairs(confusion: Counts) -> list[Confusion]:
    """All confusions of two labels that happened, the most frequent first, then by share of the true label."""
    counts = confusion[:, :-1].copy()
    np.fill_diagonal(counts, 0)
    support = confusion.sum(axis=1)
    true, predicted = np.nonzero(counts)
    count = counts[true, predicted]
    share = count / support[true]
    order = np.lexsort((predicted, true, -share, -count))
    return [
        Confusion(int(t), int(p), int(counts[t, p]), float(counts[t, p] / support[t]), int(counts[p, t]))
        for t, p in zip(true[order], predicted[order], strict=True)
    ]


def _check(confusion: Counts) -> None:
    if confusion.ndim != 2 or confusion.shape[1] != confusion.shape[0] + 1:
        raise ValueError(f"confusion has shape {confusion.shape}; it must be (n_labels, n_labels + 1)")
    if confusion.size and confusion.min() < 0:
        raise ValueError("confusion has a negative count")


def _ratio(above: Counts, below: Counts) -> Floats:
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _mcc(each: ClassScores, n: int, correct: int, unparsed: int) -> float:
    """Gorodkin's multiclass correlation; 0 where either side is constant."""
    support, predicted = each.support.astype(float), each.predicted.astype(float)
    covariance = correct * n - float(support @ predicted)
    of_true = n * n - float(support @ support)
    of_predicted = n * n - float(predicted @ predicted) - float(unparsed) ** 2
    if not n:
        return float("nan")
    return covariance / float(np.sqrt(of_true * of_predicted)) if of_true * of_predicted > 0 else 0.0


def _kappa(each: ClassScores, n: int, correct: int) -> float:
    """Cohen's kappa; NaN where chance agreement is certain."""
    if not n:
        return float("nan")
    by_chance = float(each.support.astype(float) @ each.predicted) / n**2
    return (correct / n - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def _effective(counts: Counts) -> float:
    total = counts.sum()
    if not total:
        return float("nan")
    shares = counts[counts > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))
