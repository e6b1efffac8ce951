"""True and predicted labels -> confusion counts -> the scores of each label.

The confusion counts are an array of shape (n_labels, n_labels + 1): rows are true labels, columns predicted ones, and
the last column counts completions that name no label (unparsed). Labels are codes, positions in the task's label list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

UNPARSED = -1
"""The code of an answer that names no label."""
FEW_EXAMPLES = 10
"""With fewer examples a label's scores say little."""
OVER_PREDICTED_RATIO = 2
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
class Confusion:
    """How often one label was predicted instead of another.

    Attributes:
        true, predicted: label codes, different.
        count: examples of `true` predicted as `predicted`.
        share: of the examples of `true`.
        reverse: examples of `predicted` predicted as `true`.
    """

    true: int
    predicted: int
    count: int
    share: float
    reverse: int


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

    Example:
        >>> import numpy as np
        >>> each = per_class(np.array([[3, 1, 0], [0, 0, 2]]))
        >>> each.recall, each.precision, each.support
        (array([0.75, 0.  ]), array([1., 0.]), array([4, 2]))

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Arrays of shape (n_labels,): scores as float64 in [0, 1], NaN where undefined; counts as int64.

    Raises:
        ValueError: if the shape is wrong or a count is negative.

    Source: equal to sklearn.metrics.precision_recall_fscore_support(zero_division=nan), but F1 is 0 for a label that
    occurs and is never predicted, and NaN for one that does not occur.
    """
    _check(confusion)
    true_positives = np.diagonal(confusion).copy()
    support = confusion.sum(axis=1)
    predicted = confusion[:, :-1].sum(axis=0)
    f1 = np.where(support > 0, ratio_or_nan(2 * true_positives, support + predicted), np.nan)
    return ClassScores(
        precision=ratio_or_nan(true_positives, predicted),
        recall=ratio_or_nan(true_positives, support),
        f1=f1,
        support=support,
        predicted=predicted,
        true_positives=true_positives,
    )


def absent(confusion: Counts) -> NDArray[np.intp]:
    """Labels that do not occur in the sample, which therefore says nothing about the model on them.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Their codes, ascending; shape (n_absent,).
    """
    return np.flatnonzero(confusion.sum(axis=1) == 0)


def never_predicted(confusion: Counts) -> NDArray[np.intp]:
    """Labels that occur in the sample and are predicted 0 times.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Their codes, ascending; shape (n_never_predicted,).
    """
    each = per_class(confusion)
    return np.flatnonzero((each.support > 0) & (each.predicted == 0))


def zero_recall(confusion: Counts) -> NDArray[np.intp]:
    """Labels that occur and are sometimes predicted, but never for their own examples.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Their codes, ascending; shape (n_zero_recall,). None of them is among `never_predicted`.
    """
    each = per_class(confusion)
    return np.flatnonzero((each.support > 0) & (each.predicted > 0) & (each.true_positives == 0))


def over_predicted(confusion: Counts) -> NDArray[np.intp]:
    """Labels predicted at least twice as often as they occur, and at least `OVER_PREDICTED_LEAST` times.

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Their codes, those with the largest excess of predictions over examples first; shape (n_over_predicted,).
    """
    each = per_class(confusion)
    often = each.predicted >= np.maximum(OVER_PREDICTED_RATIO * each.support, OVER_PREDICTED_LEAST)
    over = np.flatnonzero(often)
    excess = each.predicted[over] - each.support[over]
    return over[np.argsort(-excess, kind="stable")]


def confusion_pairs(confusion: Counts) -> list[Confusion]:
    """All confusions of two labels that happened, the most frequent first, then by share of the true label.

    Args:
        confusion: shape (n_labels, n_labels + 1). Unparsed completions are no confusion.
    """
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


def ratio_or_nan(above: ArrayLike, below: ArrayLike) -> Floats:
    """`above / below`, NaN where `below` is 0; of their common shape."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    ratio: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return ratio
