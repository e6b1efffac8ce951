"""Answers by their confidence, as figures draw them: counts, and the filter that opens the answers of each part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evalcore.analysis.between import Between
from evalcore.analysis.filters import Filter
from evalcore.analysis.label_probabilities import LabelProbabilities
from evalcore.metrics import Bins, Counts


@dataclass(frozen=True)
class ConfidenceCounts:
    """How many answers have which confidence.

    Attributes:
        right, wrong: shape (n_parts,), of equal parts of [0, 1].
    """

    right: Counts
    wrong: Counts

    def filter_of(self, part: int, outcome: str) -> Filter:
        """The filter that the answers of one part and outcome pass."""
        n = len(self.right)
        return Filter(outcomes=(outcome,), confidence=Between(part / n, (part + 1) / n))


def confidence_counts(probabilities: LabelProbabilities, parts: int = 10) -> ConfidenceCounts:
    """Count the answers of known confidence by equal parts of [0, 1], right and wrong ones apart.

    A confidence at the border of two parts is of the upper one; 1 is of the last.
    """
    borders = np.arange(1, parts) / parts
    known, right = probabilities.known, probabilities.right
    part = np.searchsorted(borders, probabilities.confidence[known], side="right")
    counts = (np.bincount(part[chosen], minlength=parts) for chosen in (right[known], ~right[known]))
    return ConfidenceCounts(*counts)


def bin_filters(bins: Bins) -> list[Filter]:
    """For each bin the filter that just its answers pass."""
    borders = [0.0, *bins.low[1:].tolist(), 1.0] if len(bins) else []
    return [Filter(confidence=Between(low, high)) for low, high in pairwise(borders)]
