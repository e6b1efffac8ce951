"""How much a person must check of two runs' answers to the same examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import Comparison, LabelProbabilities, ScoredRun, compare
from evalcore.deciding import review_tables, review_words
from evalcore.deciding.answer import Rows
from evalcore.deciding.review import Review, ReviewAsked, review_of
from evalcore.deciding.review_signals import Indices, prepare
from evalcore.metrics import NO_INTERVAL, Interval, tango_interval
from evalcore.metrics.decisions.selective import aurc_difference_interval

GROUPS = ("only_a", "only_b", "both", "neither")
"""Which of the two runs answers an example automatically."""


@dataclass(frozen=True)
class ComparedReview:
    """The same question of two runs, on the examples that both have answered; a difference is B minus A.

    Attributes:
        comparison: the two runs.
        a, b: each of them on the shared examples, whose halves are the same for both.
        notes: sentences on what could not be compared; often none.
    """

    comparison: Comparison
    a: Review
    b: Review
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Shared examples."""
        return self.comparison.n

    @property
    def comparable(self) -> bool:
        """Whether both keep the promise."""
        return self.a.verified and self.b.verified

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """The group of each example of the half that verifies, a position in `GROUPS`."""
        half = self.a.prepared.checking
        a, b = self.a.automatic[half], self.b.automatic[half]
        return np.select([a & ~b, b & ~a, a & b], [0, 1, 2], 3).astype(np.int64)

    @property
    def coverage_difference(self) -> float:
        """How much more B answers automatically, on the half that verifies; NaN unless both keep the promise."""
        n = len(self.group)
        only_a, only_b = (int((self.group == at).sum()) for at in (0, 1))
        return (only_b - only_a) / n if self.comparable and n else float("nan")

    @cached_property
    def coverage_interval(self) -> Interval:
        """Tango's 95 % interval of it, for these thresholds."""
        if not self.comparable:
            return NO_INTERVAL
        only_a, only_b = (int((self.group == at).sum()) for at in (0, 1))
        low, high = tango_interval(only_b, only_a, len(self.group))
        return float(low), float(high)

    @property
    def aurc_difference(self) -> float:
        """AURC of B less that of A; below 0 where B tells its right answers from its wrong ones with less work."""
        values = self._aurc_values
        return float("nan") if values is None else float(values[1].mean() - values[0].mean())

    @cached_property
    def aurc_interval(self) -> Interval:
        """95 % interval of it; NaN where it is not estimable."""
        values, a, b = self._aurc_values, self.a.prepared, self.b.prepared
        if values is None:
            return NO_INTERVAL
        return aurc_difference_interval((values[0], a.right), (values[1], b.right), a.true, a.design)

    def rows_of(self, group: str) -> Indices:
        """Rows of run A: the examples of a group of `GROUPS` in the half that verifies."""
        rows: Indices = self.a.prepared.rows[self.a.prepared.checking[self.group == GROUPS.index(group)]]
        return rows

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        return review_words.compared_sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return review_tables.compared_as_json(self)

    def tables(self) -> Mapping[str, Rows]:
        """The tables of both runs."""
        return review_tables.compared_tables(self)

    @property
    def _aurc_values(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        if not (self.a.signal and self.b.signal):
            return None
        return self.a.prepared.aurc_values[self.a.signal], self.b.prepared.aurc_values[self.b.signal]


def compared_review(
    a: ScoredRun,
    a_probabilities: LabelProbabilities | None,
    b: ScoredRun,
    b_probabilities: LabelProbabilities | None,
    asked: ReviewAsked,
    others: Sequence[ScoredRun] = (),
) -> ComparedReview:
    """How much a person must check of two runs' answers to the examples that both have answered.

    Args:
        others: scored runs whose agreement with each of the two may be the signal.

    Raises:
        SpecError: if the two runs, or one of the others, cannot be compared.
    """
    pair = compare(a, b)
    of_a, of_b = (
        review_of(prepare(scored, probabilities, others, rows=at, design=pair.design), asked)
        for scored, probabilities, at in ((a, a_probabilities, pair.at_a), (b, b_probabilities, pair.at_b))
    )
    differ = of_a.signal and of_b.signal and of_a.signal != of_b.signal
    notes = (f"A is judged by its {of_a.signal}, B by its {of_b.signal}.",) if differ else ()
    return ComparedReview(pair, of_a, of_b, notes)
