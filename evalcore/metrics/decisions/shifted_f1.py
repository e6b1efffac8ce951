"""Confusion counts and another mix of labels -> macro-F1 under that mix, with a 95 % interval."""

from __future__ import annotations

import numpy as np

from evalcore.metrics.classification import Floats
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.label_shift import LEAST_WORTH, ShiftedScore, nothing, variance_of_labels
from evalcore.metrics.intervals import NO_INTERVAL, wilson_of_mean

MOST_CURVED = 0.06
"""Mean of the squared relative errors of the denominators of the labels' F1, up to which macro-F1 has an interval."""
_NODES, _WEIGHTS = np.polynomial.laguerre.laggauss(20)


def macro_f1_under(rates: LabelRates, shares: Floats) -> ShiftedScore:
    """Macro-F1 under a mix that is known, over the labels that have a share and examples.

    A label's F1 is 2 s r / (s + s r + w): s its share, r its recall, w the share of all texts that are wrongly given
    it. Its bias is that of `f1_model`, for wrong answers whose weights differ. There is none for an estimated mix: the
    shares of rare labels, which count as much as all others, are then mostly 0 or too large.

    Args:
        shares: shape (n_labels,), adds up to 1; labels without examples are left out, the others scaled up.
    """
    shares = rates.within(shares)
    worth, counted = rates.worth(shares), shares > 0
    if not worth:
        return nothing(len(shares))
    n_labels, n = len(shares), np.maximum(rates.support, 1)
    labels = float(counted.sum())
    answered = shares @ rates.rates[:, :-1]
    estimate = float(_ratio(2 * shares * np.diagonal(rates.rates), shares + answered)[counted].sum()) / labels

    recall, wrong = np.diagonal(rates.smoothed), rates.smoothed[:, :-1].copy()
    np.fill_diagonal(wrong, 0.0)
    below = shares * (1 + recall) + shares @ wrong
    f1 = _ratio(2 * shares * recall, below)
    bias = 2 * shares * recall * mean_of_one_below(shares, n, recall, wrong) - f1
    mean = estimate - float(bias[counted].sum()) / labels

    effects = np.tile(np.append(-_ratio(f1, below), 0.0) / labels, (n_labels, 1))
    effects[np.arange(n_labels), np.arange(n_labels)] += _ratio(np.full(n_labels, 2.0), below) / labels
    of_labels = variance_of_labels(rates, shares, effects)
    low, high = wilson_of_mean(mean, float(of_labels.sum()), labels**2 / float((1 / n)[counted].sum()))
    curved = float(_ratio((shares**2 / n) @ (wrong * (1 - wrong)), below**2)[counted].mean())
    shown = worth >= LEAST_WORTH and curved <= MOST_CURVED
    interval = (min(low, estimate), max(high, estimate)) if shown else NO_INTERVAL
    return ShiftedScore(estimate, interval, worth, of_labels, 0.0, curved)


def mean_of_one_below(shares: Floats, n: Floats, recall: Floats, wrong: Floats) -> Floats:
    """The mean of one over the denominator of each label's F1, shape (n_labels,), given that one example is right.

    The denominator is d + s X / n + W, with d = s (1 + 1 / n): X of the n - 1 other examples are right, and W are the
    wrong answers of all labels, each of the weight of its label's examples: few of them can weigh more than the label
    itself, so that its moments say little. But one over a sum is an integral of its Laplace transform, 1 / D = the
    integral of exp(-t D), whose mean is a product: the binomial's of X, and a Poisson's for each label's wrong answers.
    """
    fixed = shares * (1 + 1 / n)
    at = np.flatnonzero(fixed > 0)
    found = np.zeros(len(shares))
    often, weight = n[:, None] * wrong[:, at], (shares / n)[:, None] / fixed[at]
    own = (shares / n / np.where(fixed > 0, fixed, 1))[at]
    for node, node_weight in zip(_NODES, _WEIGHTS, strict=True):
        others = (often * np.expm1(-node * weight)).sum(axis=0)
        right = (n[at] - 1) * np.log1p(recall[at] * np.expm1(-node * own))
        found[at] += node_weight * np.exp(others + right)
    found[at] /= fixed[at]
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
    return ratio
