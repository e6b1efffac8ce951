"""Answers to texts whose labels nobody knows -> how frequent each label is among them.

Adjusted counting: if label i is answered j at the rate C[i, j], a mix s is answered j at the rate (s C)[j]; so the mix
is the one whose expected answers are closest to those that were counted. What is assumed is label shift: the texts of
each label are like those of the sample. Rates of few examples are shrunk first (`LabelRates.smoothed`): with raw ones
the estimate is biased towards labels with few examples.

Source: Forman 2008, Data Mining and Knowledge Discovery 17, 164-206; under the simplex, Hopkins and King 2010, American
Journal of Political Science 54, 229-247. For the same rates equal to QuaPy's ACC with the solver "minimize".
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evalcore.metrics.classification import Counts, Floats

_Z = NormalDist().inv_cdf(0.975)
_SUM_WEIGHT = 1e4
"""Of the equation that the shares add up to 1, beside those of the answers."""
_SMALLEST = 1e-3
"""Of the singular values, relative to the largest: directions below it are taken as not told at all."""
_OPPOSED = -0.75
"""Correlation of two estimated shares from which on what the one gains is what the other loses."""
_LEAST_TOLD = 0.01
"""A share with a smaller half-interval is told, however it is correlated."""
_HARDLY, _FROM, _MOST_UNTOLD = 0.2, 3, 0.01
"""See `hardly_predicted`."""


@dataclass(frozen=True)
class EstimatedMix:
    """The mix of some texts, estimated from what a model answered.

    Attributes:
        shares: shape (n_labels,), adds up to 1.
        counted: shape (n_labels + 1,), the share of each answer; the last is unparsed.
        n: number of texts.
        inverse: shape (n_labels, n_labels + 1), how the shares above 0 change with the shares of the answers; 0 for the
            others, which stay at 0.
        intervals: shape (n_labels, 2), 95 %, of each share; wider than needed for shares near 0. NaN for a label
            without examples.
        alike: pairs of label codes whose shares cannot be told apart: their estimates only shift between the two.
    """

    shares: Floats
    counted: Floats
    n: float
    inverse: Floats
    intervals: Floats
    alike: tuple[tuple[int, int], ...]

    def through(self, gradient: Floats) -> Floats:
        """How a score changes with the share of each answer, from how it changes with each label's share.

        Args:
            gradient: shape (n_labels,)

        Returns:
            shape (n_labels + 1,)
        """
        changes: Floats = gradient @ self.inverse
        return changes

    def variance_of(self, through: Floats) -> float:
        """The variance that the counted answers alone give a score.

        Args:
            through: shape (n_labels + 1,), see `through`.
        """
        mean = float(self.counted @ through)
        return float(self.counted @ (through - mean) ** 2) / self.n


def hardly_predicted(confusion: Counts) -> Counts:
    """Codes of the labels whose share among other texts predictions do not tell, most examples first; empty if none.

    A label with `_FROM` examples or more is one of them if it is predicted at most `_HARDLY` as often as it occurs: its
    texts then look like those of other labels, and the accuracy of a mix in which it counts as these comes out too
    high. (Simulated: with one such label of 24, the interval of accuracy holds the truth in 57 to 88 % of the data
    sets.) Together they may hold `_MOST_UNTOLD` of the examples, which changes no accuracy by much.

    Args:
        confusion: shape (n_labels, n_labels + 1), counts.
    """
    support, predicted = confusion.sum(axis=1), confusion[:, :-1].sum(axis=0)
    codes = np.flatnonzero((support >= _FROM) & (predicted <= _HARDLY * support))
    if support[codes].sum() <= _MOST_UNTOLD * support.sum():
        return codes[:0]
    return codes[np.argsort(-support[codes], kind="stable")]


def adjusted_counts(rates: Floats, support: Floats, counts: Floats) -> EstimatedMix:
    """The mix of texts by adjusted counting; its intervals hold only where no label is `hardly_predicted`.

    Args:
        rates: shape (n_labels, n_labels + 1), the share of each answer to each label; the last column is unparsed.
        support: shape (n_labels,), how many examples they are known from; a label without any gets no share.
        counts: shape (n_labels + 1,), of each answer to the texts, of which there is at least one.
    """
    from scipy.optimize import nnls

    known = np.flatnonzero(support > 0)
    n = float(counts.sum())
    counted = counts / n
    columns = rates[known].T
    solved, _ = nnls(np.vstack([columns, np.full(len(known), _SUM_WEIGHT)]), np.append(counted, _SUM_WEIGHT))
    shares, inverse = np.zeros(len(support)), np.zeros((len(support), len(counts)))
    shares[known] = solved / solved.sum()
    above = solved > 0
    inverse[known[above]] = inverted(columns[:, above])
    intervals, alike = np.full((len(support), 2), np.nan), []
    covariance = _covariance(columns, shares[known], support[known], counted, n)
    deviations = np.sqrt(np.diagonal(covariance))
    half = _Z * deviations
    intervals[known] = np.clip(np.stack([shares[known] - half, shares[known] + half], axis=1), 0, 1)
    scale = np.where(deviations > 0, deviations, 1)
    told = (half < _LEAST_TOLD) | (half < shares[known])
    opposed = (covariance / np.outer(scale, scale) < _OPPOSED) & ~(told[:, None] & told)
    for first, second in zip(*np.nonzero(np.triu(opposed, 1)), strict=True):
        alike.append((int(known[first]), int(known[second])))
    return EstimatedMix(shares, counted, n, inverse, intervals, tuple(alike))


def _covariance(columns: Floats, shares: Floats, support: Floats, counted: Floats, n: float) -> Floats:
    """Of all estimated shares, as if none were kept at 0 or above; shape (n_known, n_known).

    Both the counted answers and the examples of each label are multinomial.

    Args:
        columns: shape (n_labels + 1, n_known), the share of each answer to each label.
    """
    inverse = inverted(columns)
    weights = shares**2 / support
    of_answers = counted / n + columns @ weights
    mean, means = inverse @ counted, inverse @ columns
    covariance: Floats = (inverse * of_answers) @ inverse.T - np.outer(mean, mean) / n - (means * weights) @ means.T
    np.fill_diagonal(covariance, np.maximum(np.diagonal(covariance), 0.0))
    return covariance


def inverted(columns: Floats) -> Floats:
    """The pseudo-inverse without the directions that are not told (`_SMALLEST`).

    Where all are surely told it is that of the normal equations, which takes a quarter of the time. (The condition
    number of a symmetric matrix is at most that of its column sums; here it is the square of that of `columns`.)

    Args:
        columns: shape (n_answers, n_labels).
    """
    square = columns.T @ columns
    try:
        inverse = np.asarray(np.linalg.inv(square), dtype=float)
    except np.linalg.LinAlgError:
        return _pseudo_inverse(columns)
    condition = float(np.abs(square).sum(axis=0).max() * np.abs(inverse).sum(axis=0).max())
    return inverse @ columns.T if condition * _SMALLEST**2 < 1 else _pseudo_inverse(columns)


def _pseudo_inverse(columns: Floats) -> Floats:
    return np.asarray(np.linalg.pinv(columns, rcond=_SMALLEST), dtype=float)
