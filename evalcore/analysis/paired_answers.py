"""Two sets of answers to the same examples, paired: who is right where, and how sure their difference is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics import (
    PAIR_GROUPS,
    Counts,
    Interval,
    PairCounts,
    group_codes,
    mcnemar_p,
    pair_counts,
    smallest_difference,
    tango_interval,
    wilson_interval,
)

BOTH_WRONG = "both_wrong"
"""All examples that neither gets right: three groups of `PAIR_GROUPS` together."""


@dataclass(frozen=True, repr=False)
class PairedAnswers:
    """A is the reference; a difference is B minus A.

    Attributes:
        y_true, y_a, y_b: shape (n,), codes into one list of labels; an answer of -1 is unparsed.
    """

    y_true: Counts
    y_a: Counts
    y_b: Counts

    @property
    def n(self) -> int:
        """Shared examples."""
        return len(self.y_true)

    @cached_property
    def groups(self) -> NDArray[np.int8]:
        """Each shared example's group, as a position in `PAIR_GROUPS`; shape (n,)."""
        return group_codes(self.y_true, self.y_a, self.y_b)

    @cached_property
    def counts(self) -> PairCounts:
        """How many examples each group has."""
        return pair_counts(self.groups)

    @cached_property
    def interval(self) -> Interval:
        """Tango's 95 % interval of the accuracies' difference, B minus A."""
        low, high = tango_interval(self.counts.fixed, self.counts.broken, self.n)
        return float(low), float(high)

    @cached_property
    def accuracies(self) -> tuple[tuple[float, Interval], tuple[float, Interval]]:
        """Accuracy of A and of B on the shared examples, each with Wilson's 95 % interval."""
        return self._accuracy(self.y_a), self._accuracy(self.y_b)

    def _accuracy(self, y_pred: Counts) -> tuple[float, Interval]:
        right = int((y_pred == self.y_true).sum())
        return right / self.n, wilson_interval(right, self.n)

    @cached_property
    def p(self) -> float:
        """Exact McNemar, two-sided."""
        return mcnemar_p(self.counts.broken, self.counts.fixed)

    @cached_property
    def smallest(self) -> float:
        """The smallest difference of accuracies that such a comparison detects with a power of 80 %; in [0, 1]."""
        return smallest_difference(self.n, self.counts.discordant_rate)

    def rows_of(self, selection: str) -> NDArray[np.intp]:
        """Some of the shared examples, ascending.

        Args:
            selection: a group of `PAIR_GROUPS`, or `both_wrong`.
        """
        if selection == BOTH_WRONG:
            return np.flatnonzero((self.y_a != self.y_true) & (self.y_b != self.y_true))
        return np.flatnonzero(self.groups == PAIR_GROUPS.index(selection))
