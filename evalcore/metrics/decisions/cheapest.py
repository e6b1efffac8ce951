"""Cheaper ways to answer: a person where the model is not sure, and the answer of least expected cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import UNPARSED, Counts, Floats

PERSON = -2
"""Code of the answer that a person gives, in the place of a label."""
_SAME = 1e-9
"""Relative difference of two expected costs that rounding may make."""


def cheapest_threshold(confidence: Floats, costs: Floats, review_cost: float) -> float:
    """The confidence below which a person should answer, so that these examples cost least.

    Args:
        confidence: shape (n,), of the answers; NaN where there is none, which is below every threshold.
        costs: shape (n,), of the answers.
        review_cost: of one text that a person answers, rightly.

    Returns:
        A confidence that occurs: an answer of this one and above is the model's. Negative infinity if all answers are,
        also those without a confidence; infinity if none is. Of equally cheap thresholds the lowest: the fewest
        reviews.
    """
    sure = np.where(np.isnan(confidence), -np.inf, confidence)
    order = np.argsort(sure, kind="stable")
    sure = sure[order]
    # With the first k reviewed, the others cost what they cost.
    spent = review_cost * np.arange(len(sure) + 1) + np.append(costs[order][::-1].cumsum()[::-1], 0.0)
    spent[1:-1][sure[1:] == sure[:-1]] = np.inf  # no threshold lies between two of the same confidence
    least = spent.min()
    k = int(np.flatnonzero(spent <= least + _SAME * abs(least))[0])
    return float(np.append(sure, np.inf)[k]) if k else -np.inf


def below(confidence: Floats, threshold: float) -> NDArray[np.bool_]:
    """Which answers a person gives at a threshold, shape (n,)."""
    sure = np.where(np.isnan(confidence), -np.inf, confidence)
    reviewed: NDArray[np.bool_] = sure < threshold
    return reviewed


def cheapest_answers(shares: Floats, matrix: Floats, own: Counts, review_cost: float) -> Counts:
    """The answer of least expected cost to each example, in the place of the model's own.

    Args:
        shares: shape (n, n_labels), the probability of each label.
        matrix: shape (n_labels, n_labels + 1), costs.
        own: shape (n,), the model's answers, which stay where no other is cheaper; -1 is unparsed, which no other
            answer becomes.
        review_cost: of one text that a person answers, rightly; nobody does at 0.

    Returns:
        Shape (n,), label codes; `PERSON` where it costs less than any label.
    """
    expected = shares @ matrix.astype(shares.dtype)
    rows = np.arange(len(shares))
    best = expected[:, :-1].argmin(axis=1)
    of_best = expected[rows, best]
    of_own = expected[rows, np.where(own == UNPARSED, matrix.shape[1] - 1, own)]
    enough = 1 + (_SAME if shares.dtype == np.float64 else 1e-6)
    answers = np.where(of_own <= of_best * enough, own, best)
    if review_cost > 0:
        answers = np.where(review_cost * enough < np.minimum(of_own, of_best), PERSON, answers)
    return answers


def cost_of_answers(true: Counts, answers: Counts, matrix: Floats, review_cost: float) -> Floats:
    """The cost of each answer, some of which a person may give; shape (n,)."""
    codes = np.where(answers < 0, matrix.shape[1] - 1, answers)
    costs: Floats = np.where(answers == PERSON, review_cost, matrix[true, codes])
    return costs
