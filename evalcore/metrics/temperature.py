"""Temperature scaling: one number that makes probabilities flatter (above 1) or sharper (below 1).

All log-probabilities are divided by it and scaled to sum to 1 again. The order of the labels stays, so that the answers
stay; only how sure they are changes. Guo et al. 2017, "On calibration of modern neural networks".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats

SHARPEST, FLATTEST = 0.02, 50.0
"""A best temperature outside of these is none: the loss only falls towards all or nothing, or towards all alike."""
_STEPS = 100
_PRECISION = 1e-10


def scaled(log_shares: Floats, temperature: float) -> Floats:
    """The logarithms of the probabilities at a temperature, shape (n, n_labels); each row's probabilities sum to 1.

    Args:
        log_shares: natural logarithms of probabilities, or any scores of which the softmax gives them; no NaN.
    """
    scores = log_shares / temperature
    best = scores.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # all labels of a row may have probability 0
        result: Floats = scores - best - np.log(np.exp(scores - best).sum(axis=1, keepdims=True))
    return result


def fit_temperature(log_shares: Floats, true: Counts) -> float:
    """The temperature that minimises the log loss; NaN if none does (all right, say) or there are no rows.

    The log loss is convex in 1 / temperature, so that its derivative has one root: found by Newton's steps, halving the
    bracket instead where a step would leave it.

    Args:
        log_shares: shape (n, n_labels), natural logarithms; no NaN.
        true: shape (n,), label codes. Rows whose true label has probability 0 are left out: no temperature helps them.
    """
    rows = np.arange(len(true))
    possible: NDArray[np.bool_] = np.isfinite(log_shares[rows, true])
    scores, true = log_shares[possible], true[possible]
    if not len(true):
        return float("nan")
    # Relative to the true label: the loss is then the mean of log(sum(exp(inverse * scores))).
    scores = scores - scores[np.arange(len(true)), true][:, None]
    finite = np.where(np.isfinite(scores), scores, 0.0)

    def slope(inverse: float) -> tuple[float, float]:
        """First and second derivative of the loss in 1 / temperature."""
        with np.errstate(invalid="ignore"):
            raised = scores * inverse
        shares = np.exp(raised - raised.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        mean = (shares * finite).sum(axis=1)
        return float(mean.mean()), float(((shares * finite**2).sum(axis=1) - mean**2).mean())

    low, high = 1 / FLATTEST, 1 / SHARPEST
    if slope(low)[0] >= 0 or slope(high)[0] <= 0:
        return float("nan")
    inverse = 1.0
    for _ in range(_STEPS):
        first, second = slope(inverse)
        low, high = (inverse, high) if first < 0 else (low, inverse)
        step = inverse - first / second if second > 0 else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - inverse) < _PRECISION * inverse:
            return 1 / following
        inverse = following
    return 1 / inverse


def stratified_halves(true: Counts, seed: int = 0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two halves of the examples at random, each with half of every label's, to within one example.

    Args:
        true: shape (n,), label codes.

    Returns:
        The rows of each half, ascending; the first has one more if n is odd.
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(true)), true))
    return np.sort(order[0::2]), np.sort(order[1::2])
