"""Confusion counts -> how often each label's texts get each answer, as counted and shrunk towards all labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.shrinkage import Recall, shrunk_rates

_NEVER = 1e-9
"""In the place of 0: an answer that was never wrong."""
_LEAST_ALIKE, _MOST_ALIKE = 1e-3, 0.9
"""Correlation of the wrong answers of one label, at the least and at the most."""


@dataclass(frozen=True)
class LabelRates:
    """A run's answers to the examples of each label; 0 in the rows of labels without examples.

    Attributes:
        support: shape (n_labels,), examples.
        rates: shape (n_labels, n_labels + 1), the share of each answer; the last column is unparsed.
        smoothed: the same, shrunk towards all labels: recalls, and where wrong answers go, as far as labels differ.
        recall: the shrunk recalls.
    """

    support: Floats
    rates: Floats
    smoothed: Floats
    recall: Recall

    @classmethod
    def of(cls, confusion: Counts) -> LabelRates:
        """The rates of a run on one example or more.

        Args:
            confusion: shape (n_labels, n_labels + 1), counts.
        """
        n_labels = len(confusion)
        own = np.arange(n_labels)
        counts = confusion.astype(float)
        support, right = counts.sum(axis=1), np.diagonal(counts).copy()
        recall = Recall.of(right, support)
        wrong = counts.copy()
        wrong[own, own] = 0
        of_all = np.tile(_target_rates(wrong), (n_labels, 1))
        of_all[own, own] = 0
        wrong += _strength(wrong) * of_all / of_all.sum(axis=1, keepdims=True)
        smoothed = (1 - recall.mean)[:, None] * wrong / wrong.sum(axis=1, keepdims=True)
        smoothed[own, own] = recall.mean
        rates = counts / np.maximum(support, 1)[:, None]
        return cls(support, rates, smoothed, recall)

    def covered(self, shares: Floats) -> float:
        """The share of a mix whose labels have examples."""
        return min(1.0, 1.0 - float(shares[self.support == 0].sum()))

    def within(self, shares: Floats) -> Floats:
        """The mix of the labels that have examples: it adds up to 1, or is all 0 if none of them has a share."""
        return of_present(shares, self.support > 0)

    def worth(self, shares: Floats) -> float:
        """See `ShiftedScore`; 0 if no label with a share has examples."""
        each = float((shares**2 / np.maximum(self.support, 1)).sum())
        return 1 / each if each > 0 else 0.0


def of_present(shares: Floats, present: NDArray[np.bool_]) -> Floats:
    kept = np.where(present, shares, 0.0)
    total = kept.sum()
    return kept / total if total > 0 else kept


def _target_rates(wrong: Floats) -> Floats:
    """How often each answer is a wrong one, shrunk towards the mean of all; shape (n_labels + 1,), all above 0."""
    targets = wrong.sum(axis=0)
    shape, rate = shrunk_rates(targets[:-1], np.ones(len(targets) - 1))
    return np.append(np.maximum(shape / rate, _NEVER), targets[-1] + _NEVER)


def _strength(wrong: Floats) -> float:
    """How many wrong answers of a label's own weigh as much as those of all labels: many if labels err alike.

    From how often two wrong answers of one label agree, beside how often two of any labels do (a Dirichlet-multinomial
    model; moments as in `Recall`).
    """
    of_label, of_answer, total = wrong.sum(axis=1), wrong.sum(axis=0), wrong.sum()
    pairs, all_pairs = float((of_label * (of_label - 1)).sum()), float(total * (total - 1))
    if not pairs or not all_pairs:
        return 1.0
    within = float((wrong * (wrong - 1)).sum()) / pairs
    anywhere = float((of_answer * (of_answer - 1)).sum()) / all_pairs
    alike = (within - anywhere) / (1 - anywhere) if anywhere < 1 else 0.0
    return 1 / min(max(alike, _LEAST_ALIKE), _MOST_ALIKE) - 1
