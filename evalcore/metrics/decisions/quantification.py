"""Answers to texts whose labels nobody knows -> how frequent each label is among them.

Adjusted counting: if label i is answered j at the rate C[i, j], a mix s is answered j at the rate (s C)[j]; so the mix
is the one whose expected answers are closest to those that were counted. What is assumed is label shift: the texts of
each label are like those of the sample.

Source: Forman 2008, Data Mining and Knowledge Discovery 17, 164-206; under the simplex, Hopkins and King 2010, American
Journal of Political Science 54, 229-247. Equal to QuaPy's ACC with the solver "minimize".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalcore.metrics.classification import Floats

_Z = 1.959963984540054
_SUM_WEIGHT = 1e4
"""Of the equation that the shares add up to 1, beside those of the answers."""
_SMALLEST = 1e-3
"""Of the singular values, relative to the largest: directions below it cannot be told at all."""


@dataclass(frozen=True)
class EstimatedMix:
    """The mix of some texts, estimated from what a model answered.

    Attributes:
        shares: shape (n_labels,), adds up to 1.
        counted: shape (n_labels + 1,), the share of each answer; the last is unparsed.
        n: number of texts.
        inverse: shape (n_labels, n_labels + 1), how the shares change with the shares of the answers.
    """

    shares: Floats
    counted: Floats
    n: float
    inverse: Floats

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


def adjusted_counts(rates: Floats, support: Floats, counts: Floats) -> EstimatedMix:
    """The mix of texts by adjusted counting.

    Args:
        rates: shape (n_labels, n_labels + 1), the share of each answer to each label; the last column is unparsed.
        support: shape (n_labels,), how many examples that is known from; a label without any gets no share.
        counts: shape (n_labels + 1,), of each answer to the texts; the last is unparsed.
    """
    from scipy.optimize import nnls

    known = np.flatnonzero(support > 0)
    n = float(counts.sum())
    counted = counts / n
    columns = rates[known].T
    solved, _ = nnls(np.vstack([columns, np.full(len(known), _SUM_WEIGHT)]), np.append(counted, _SUM_WEIGHT))
    shares = np.zeros(len(support))
    shares[known] = solved / solved.sum()
    inverse = np.zeros((len(support), len(counts)))
    inverse[known] = np.linalg.pinv(columns, rcond=_SMALLEST)
    return EstimatedMix(shares, counted, n, inverse)


def share_deviations(mix: EstimatedMix, smoothed: Floats, support: Floats) -> Floats:
    """The standard deviation of each estimated share, from the counted answers and from the examples.

    Args:
        smoothed: shape (n_labels, n_labels + 1), the share of each answer to each label, never surely 0 or 1.
        support: shape (n_labels,), examples.

    Returns:
        shape (n_labels,); NaN for a label without examples.
    """
    inverse = mix.inverse
    of_counts = (inverse**2 @ mix.counted - (inverse @ mix.counted) ** 2) / mix.n
    means = inverse @ smoothed.T  # of each label's share, for the answers to the examples of each label
    within = inverse**2 @ smoothed.T - means**2
    of_examples = np.maximum(within, 0) @ (mix.shares**2 / np.maximum(support, 1))
    return np.where(support > 0, np.sqrt(np.maximum(of_counts, 0) + of_examples), np.nan)
