"""Which labels need more examples: those whose few examples decide how sure a score under a mix of labels is."""

from __future__ import annotations

import numpy as np

from evalcore.metrics.classification import Counts, Floats

_BISECTIONS = 100
_QUARTER = 0.25
"""Of the variance: half the interval."""


def next_examples(weights: Floats, support: Floats, more: int) -> Counts:
    """How many of the next examples each label should get, for the smallest variance of the sum over labels.

    With n examples a label adds weight / n to the variance; one more takes weight / (n (n + 1)) away. That falls with
    n, so the best choice is the `more` largest of all these steps; a label with a weight and no example comes first.

    Args:
        weights: shape (n_labels,), share squared times the variance of one example; 0 for a label that does not matter.
        support: shape (n_labels,), examples that are there.
        more: how many will be labelled.

    Returns:
        shape (n_labels,); adds up to `more`, or to 0 if no label matters.

    Source: Neyman 1934, Journal of the Royal Statistical Society 97, 558-625, in whole numbers and given what is there.
    """
    if more <= 0 or not (weights > 0).any():
        return np.zeros(len(weights), dtype=np.int64)
    first = np.flatnonzero((support == 0) & (weights > 0))
    if len(first) >= more:
        chosen = first[np.argsort(-weights[first], kind="stable")][:more]
        return np.bincount(chosen, minlength=len(weights)).astype(np.int64)
    start = np.maximum(support, 1.0)

    def taken(step: float) -> Counts:
        """How many steps of each label are larger than `step`."""
        upto = np.floor(np.sqrt(0.25 + weights / step) - 0.5)
        return np.maximum(np.where(weights > 0, upto + 1 - start, 0.0), 0).astype(np.int64)

    left = more - len(first)
    low, high = 0.0, float(weights.max())  # a step from 1 example to 2 is half the weight
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle <= 0 or taken(middle).sum() > left:
            low = middle
        else:
            high = middle
    found = taken(high)
    n = start + found
    steps = np.where(weights > 0, weights / (n * (n + 1)), -1.0)
    rest = left - int(found.sum())  # steps of one size: the first labels get them
    found[np.argsort(-steps, kind="stable")[:rest]] += 1
    found[first] += 1
    return found


def examples_to_halve(variances: Floats, support: Floats, label: int, fixed: float = 0.0) -> int | None:
    """How many more examples of one label would halve the interval.

    Args:
        variances: shape (n_labels,), what each label adds to the variance.
        fixed: what else is part of the variance, and does not depend on these examples.

    Returns:
        None if no number would: the other labels add more than a quarter of the variance.
    """
    own = float(variances[label])
    room = _QUARTER * (float(variances.sum()) + fixed) - (float(variances.sum()) + fixed - own)
    if own <= 0 or room <= 0:
        return None
    return int(np.ceil(support[label] * (own / room - 1) - 1e-9))


def examples_to_halve_in_all(weights: Floats, support: Floats, fixed: float = 0.0) -> int | None:
    """How many more examples would halve the interval if they are distributed as `next_examples` does; None if more
    than a million."""

    def variance(more: int) -> float:
        n = support + next_examples(weights, support, more)
        return float((weights / np.maximum(n, 1)).sum()) + fixed

    target = _QUARTER * variance(0)
    low, high = 0, 1
    while variance(high) > target:
        low, high = high, 2 * high
        if high > 2**20:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if variance(middle) > target else (low, middle)
    return high
