"""Paired bootstrap: both runs' scores on the same resampled examples, and the interval of their difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.intervals import Interval
from evalcore.metrics import UNPARSED, Counts, Floats

RESAMPLES = 2000
_BUDGET = 40_000_000
"""Draws in all; beyond it fewer resamples are taken, but never fewer than 200."""
_LEAST_RESAMPLES = 200
_CHUNK = 500_000
"""Draws at once: their counts stay in the processor's cache."""

RESAMPLED = (
    "accuracy", "macro_f1_present", "macro_precision_present", "balanced_accuracy", "micro_f1", "micro_precision",
    "weighted_f1", "weighted_precision", "mcc", "kappa", "unparsed_rate", "effective_labels", "favourites_share",
)  # fmt: skip
"""Scores whose difference is resampled, by their names in `metrics.Scores`."""


@dataclass(frozen=True)
class PairedIntervals:
    """Percentile intervals over resamples of the examples.

    Attributes:
        difference: of B minus A, for each name in `RESAMPLED`.
        f1_a, f1_b, f1_difference: shape (n_labels, 2); NaN where the label does not occur.
        resamples: how many were drawn.
    """

    difference: dict[str, Interval]
    f1_a: Floats
    f1_b: Floats
    f1_difference: Floats
    resamples: int


def paired_bootstrap(
    y_true: Counts,
    y_a: Counts,
    y_b: Counts,
    n_labels: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> PairedIntervals:
    """Resample the examples with replacement and score both runs on each resample.

    Examples of one (true label, answer of A, answer of B) are the same to every score, so a resample is how often
    each such cell was drawn; sums over cells give every label's counts.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.
        resamples: lowered, to no less than 200, where examples times resamples exceed forty million.
    """
    n = len(y_true)
    if not n:
        nothing = np.full((n_labels, 2), np.nan)
        return PairedIntervals(dict.fromkeys(RESAMPLED, (np.nan, np.nan)), nothing, nothing, nothing, 0)
    width = n_labels + 1
    columns = [np.where(y == UNPARSED, n_labels, y) for y in (y_a, y_b)]
    cells, cell_of, often = np.unique(
        (y_true * width + columns[0]) * width + columns[1], return_inverse=True, return_counts=True
    )
    true, answers = cells // width**2, (cells // width % width, cells % width)
    draws = min(n, 3 * len(cells))
    resamples = min(resamples, max(_LEAST_RESAMPLES, _BUDGET // draws))
    present = np.unique(true)
    totals: tuple[list[Floats], list[Floats]] = ([], [])
    f1s: tuple[list[Floats], list[Floats]] = ([], [])
    for drawn in _drawn(np.random.default_rng(seed), cell_of, often, resamples):
        support = _summed(drawn, true, n_labels)
        for run, answer in enumerate(answers):
            right = true == answer
            tp = _summed(drawn[right], true[right], n_labels)
            predicted = _summed(drawn, answer, width)[:n_labels]
            total, f1 = _statistics(tp, support, predicted, n)
            totals[run].append(total)
            f1s[run].append(f1[present])
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    total_a, total_b = (np.concatenate(parts, axis=1) for parts in totals)
    bounds = np.quantile(total_b - total_a, tails, axis=1).T
    f1_a, f1_b = (np.concatenate(parts, axis=1) for parts in f1s)
    return PairedIntervals(
        {name: (float(low), float(high)) for name, (low, high) in zip(RESAMPLED, bounds, strict=True)},
        f1_a=_spread(f1_a, present, n_labels, tails),
        f1_b=_spread(f1_b, present, n_labels, tails),
        f1_difference=_spread(f1_b - f1_a, present, n_labels, tails),
        resamples=resamples,
    )


def _drawn(
    rng: np.random.Generator, cell_of: NDArray[np.intp], often: NDArray[np.intp], resamples: int
) -> Iterator[Floats]:
    """How often each cell was drawn, shape (n_cells, some resamples), chunk by chunk."""
    n, n_cells = len(cell_of), len(often)
    # Drawing examples is the quicker way until there are many examples to a cell.
    by_example = n <= 3 * n_cells
    size = max(1, _CHUNK // (n if by_example else n_cells))
    for start in range(0, resamples, size):
        count = min(size, resamples - start)
        if by_example:
            rows = cell_of.astype(np.int32)[rng.integers(0, n, (n, count), dtype=np.int32)]
            rows *= count
            rows += np.arange(count, dtype=np.int32)
            yield np.bincount(rows.ravel(), minlength=n_cells * count).reshape(n_cells, count).astype(np.float64)
        else:
            yield rng.multinomial(n, often / n, size=count).T.astype(np.float64)


def _summed(drawn: Floats, group: NDArray[np.int64], n_groups: int) -> Floats:
    """Sums over the cells of each group, shape (n_groups, n_resamples)."""
    sums = np.zeros((n_groups, drawn.shape[1]))
    if len(group):
        order = np.argsort(group, kind="stable")
        present, starts = np.unique(group[order], return_index=True)
        sums[present] = np.add.reduceat(drawn[order], starts, axis=0)
    return sums


def _statistics(tp: Floats, support: Floats, predicted: Floats, n: int) -> tuple[Floats, Floats]:
    """The scores of `RESAMPLED`, shape (n_scores, n_resamples); and F1s, shape (n_labels, n_resamples)."""
    occurs = support > 0
    f1 = np.divide(2 * tp, support + predicted, out=np.zeros_like(tp), where=occurs)
    precision = np.divide(tp, predicted, out=np.zeros_like(tp), where=predicted > 0)
    recall = np.divide(tp, support, out=np.zeros_like(tp), where=occurs)
    present = occurs.sum(axis=0)
    correct, parsed = tp.sum(axis=0), predicted.sum(axis=0)
    chance = np.einsum("lr,lr->r", support, predicted)
    kappa_below, correlation_below = _below(support, predicted, parsed, chance, n)
    totals = np.stack(
        [
            correct / n,
            f1.sum(axis=0) / present,
            (precision * occurs).sum(axis=0) / present,
            recall.sum(axis=0) / present,
            2 * correct / (n + parsed),
            np.divide(correct, parsed, out=np.zeros(len(parsed)), where=parsed > 0),
            np.einsum("lr,lr->r", f1, support) / n,
            np.einsum("lr,lr->r", precision, support) / n,
            (correct * n - chance) / correlation_below,
            (correct * n - chance) / kappa_below,
            1 - parsed / n,
            _effective(predicted, parsed),
            _favourites(predicted, parsed),
        ]
    )
    return totals, np.where(occurs, f1, np.nan)


def _below(support: Floats, predicted: Floats, parsed: Floats, chance: Floats, n: int) -> tuple[Floats, Floats]:
    """What kappa and Gorodkin's correlation divide by; infinite (so that they are 0) where that is 0."""
    of_true = n * n - np.einsum("lr,lr->r", support, support)
    of_predicted = n * n - np.einsum("lr,lr->r", predicted, predicted) - (n - parsed) ** 2
    correlation, kappa = np.sqrt(of_true * of_predicted), n * n - chance
    return np.where(kappa > 0, kappa, np.inf), np.where(correlation > 0, correlation, np.inf)


def _effective(predicted: Floats, parsed: Floats) -> Floats:
    shares = predicted / np.maximum(parsed, 1)
    entropy: Floats = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=0)
    return np.exp(entropy)


def _favourites(predicted: Floats, parsed: Floats) -> Floats:
    two = min(2, len(predicted))
    most: Floats = np.partition(predicted, len(predicted) - two, axis=0)[-two:].sum(axis=0)
    return most / np.maximum(parsed, 1)


def _spread(values: Floats, present: NDArray[np.int64], n_labels: int, tails: tuple[float, float]) -> Floats:
    """Quantiles of each row, whatever is NaN in it left out: shape (n_labels, 2).

    Source: equal to numpy.nanquantile, which takes row after row.
    """
    ordered = np.sort(values, axis=1)  # NaN last
    known = ordered.shape[1] - np.isnan(ordered).sum(axis=1)
    bounds = np.full((n_labels, 2), np.nan)
    rows = np.arange(len(values))
    for column, tail in enumerate(tails):
        at = tail * np.maximum(known - 1, 0)
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(known - 1, 0))
        below, above = ordered[rows, low], ordered[rows, high]
        bounds[present, column] = below + (above - below) * (at - low)
    return bounds
