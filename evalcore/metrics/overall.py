"""Each label's counts -> the scores over all labels: accuracy, macro-, micro- and weighted F1, MCC, kappa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evalcore.metrics.classification import ClassScores, Counts, Floats, per_class, ratio_or_nan

WHY_UNDEFINED = {
    "kappa": "chance alone would agree every time",
    "effective_labels": "no answer is a label",
    "favourites_share": "no answer is a label",
}
"""The scores that can be undefined though there are examples, each with the reason."""


@dataclass(frozen=True)
class Scores:
    """A run's scores. Shares are in [0, 1]; NaN where undefined (no examples).

    Attributes:
        n, correct, wrong, unparsed: counts; correct + wrong + unparsed == n.
        balanced_accuracy: mean recall over the labels in the sample.
        micro_precision, micro_recall, micro_f1: over parsed answers, over examples, and their harmonic mean.
        macro_*_present: mean over the labels that occur in the sample.
        macro_*_all: mean over all labels, undefined ones as 0.
        macro_f1_ceiling: macro_f1_all of a perfect model on this sample, labels_present / labels_total.
        mcc, kappa: with unparsed as a category of its own.
        effective_labels: of the parsed answers, see `effective_labels`.
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


def scores(confusion: Counts) -> Scores:
    """All scores of a run.

    Example:
        >>> import numpy as np
        >>> of = scores(np.array([[3, 1, 0], [0, 1, 1]]))
        >>> of.n, of.correct, of.unparsed, round(of.accuracy, 3)
        (6, 4, 1, 0.667)
        >>> round(of.macro_f1_present, 3)
        0.679

    Args:
        confusion: shape (n_labels, n_labels + 1).

    Returns:
        Counts as int, shares as float in [0, 1] (MCC and kappa in [-1, 1]), NaN where undefined.

    Raises:
        ValueError: if the shape is wrong or a count is negative.

    Source: equal to scikit-learn's functions of the same names (zero_division=0), with unparsed as a predicted
    category that is never true.
    """
    return scores_of_classes(per_class(confusion))


def scores_of_classes(each: ClassScores) -> Scores:
    """The same, where each label is scored already.

    Args:
        each: arrays of shape (n_labels,).
    """
    n_labels = len(each.support)
    n, correct, parsed = (int(counts.sum()) for counts in (each.support, each.true_positives, each.predicted))
    present = each.support > 0
    precision, recall, f1 = (np.nan_to_num(values) for values in (each.precision, each.recall, each.f1))
    favourites = np.argsort(-each.predicted, kind="stable")[:2]
    favourites = favourites[each.predicted[favourites] > 0]
    totals = Totals.of(each)
    return Scores(
        n=n,
        correct=correct,
        wrong=parsed - correct,
        unparsed=n - parsed,
        unparsed_rate=_share(n - parsed, n),
        accuracy=_share(correct, n),
        balanced_accuracy=_mean(recall[present]),
        micro_precision=float(totals.micro_precision),
        micro_recall=_share(correct, n),
        micro_f1=float(totals.micro_f1),
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
        mcc=float(totals.mcc),
        kappa=float(totals.kappa),
        labels_total=n_labels,
        labels_present=int(present.sum()),
        effective_labels=effective_labels(each.predicted),
        favourites=tuple(int(code) for code in favourites),
        favourites_share=_share(int(each.predicted[favourites].sum()), parsed),
    )


@dataclass(frozen=True)
class Totals:
    """What the scores that know no labels follow from: sums over a confusion matrix, or over many at once.

    Each attribute is a number, or an array of one number for each matrix; so is each score, float, NaN where undefined.

    Attributes:
        n, correct, parsed: counts.
        chance: sum over the labels of support times predicted.
        support_squared, predicted_squared: sums over the labels of the squares.
    """

    n: Any
    correct: Any
    parsed: Any
    chance: Any
    support_squared: Any
    predicted_squared: Any

    @classmethod
    def of(cls, each: ClassScores) -> Totals:
        """The totals of one matrix."""
        support, predicted = each.support.astype(float), each.predicted.astype(float)
        return cls(
            support.sum(),
            each.true_positives.sum(),
            predicted.sum(),
            support @ predicted,
            support @ support,
            predicted @ predicted,
        )

    @property
    def micro_f1(self) -> Floats:
        """Right answers, counted twice, among the examples and the parsed answers together."""
        return ratio_or_nan(2 * self.correct, self.n + self.parsed)

    @property
    def micro_precision(self) -> Floats:
        """Right answers among the parsed ones; 0 where no answer is parsed."""
        return np.where(self.n > 0, self.correct / np.maximum(self.parsed, 1), np.nan)

    @property
    def mcc(self) -> Floats:
        """Matthews' correlation; 0 where the labels or the answers are all the same.

        Source: Gorodkin 2004, Computational Biology and Chemistry 28, 367-374.
        """
        square = self.n * self.n
        unparsed = self.n - self.parsed
        below = np.sqrt((square - self.support_squared) * (square - self.predicted_squared - unparsed**2))
        above = self.correct * self.n - self.chance
        return np.where(self.n > 0, np.nan_to_num(ratio_or_nan(above, below)), np.nan)

    @property
    def kappa(self) -> Floats:
        """Cohen's kappa of the answers with the true labels."""
        return cohen_kappa(self.correct, self.chance, self.n)


def cohen_kappa(same: ArrayLike, chance: ArrayLike, n: ArrayLike) -> Floats:
    """Cohen's kappa: agreement beyond chance, as a share of what would be possible.

    Args:
        same: how many of `n` pairs agree.
        chance: sum over the categories of how often each side uses it, multiplied.
        n: pairs. All three are of one shape.

    Returns:
        Of that shape; NaN where chance alone would agree every time, and where n is 0.

    Source: Cohen 1960; equal to sklearn.metrics.cohen_kappa_score.
    """
    same, chance, n = (np.asarray(values, dtype=float) for values in (same, chance, n))
    return ratio_or_nan(same * n - chance, n * n - chance)


def effective_labels(counts: Counts) -> float:
    """As many equally frequent labels would be as varied as these: exp of the entropy; NaN where all counts are 0.

    Args:
        counts: shape (n_labels,), how often each label occurs or is answered.

    Source: Hill 1973, Ecology 54, 427-432, of order 1; equal to exp(scipy.stats.entropy(counts)).
    """
    total = counts.sum()
    if not total:
        return float("nan")
    shares = counts[counts > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
