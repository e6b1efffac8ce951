"""How much a person must check of two runs' answers to the same examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import Comparison, LabelProbabilities, ScoredRun, compare
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.review import Review, review_of
from evalcore.deciding.review_found import ReviewAsked
from evalcore.deciding.review_signals import Indices, prepare
from evalcore.deciding.review_words import bounds_words, target_words, why_no_signal
from evalcore.metrics import NO_INTERVAL, Interval, tango_interval
from evalcore.metrics.decisions.selective import aurc_difference_interval
from evalcore.wording import figure, percent

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
        return _sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "a": self.a.as_json(),
            "b": self.b.as_json(),
            "n": self.n,
            "coverage_difference": plain(self.coverage_difference),
            "coverage_interval": plain_pair(self.coverage_interval),
            "aurc_difference": plain(self.aurc_difference),
            "aurc_interval": plain_pair(self.aurc_interval),
            "only_a_automatic": len(self.rows_of("only_a")),
            "only_b_automatic": len(self.rows_of("only_b")),
            "sentences": list(self.sentences),
        }

    def tables(self) -> Mapping[str, Rows]:
        """The tables of both runs."""
        sides = (("a", self.a), ("b", self.b))
        return {f"{name}_{side}": rows for side, one in sides for name, rows in one.tables().items()}

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


def _sentences(found: ComparedReview) -> tuple[str, ...]:
    """Two runs, the answer first."""
    said = [_answer(found), *(_of_side(name, one) for name, one in (("A", found.a), ("B", found.b)))]
    return tuple(sentence for sentence in (*said, _aurc(found), *found.notes) if sentence)


def _answer(found: ComparedReview) -> str:
    a, b, target = found.a, found.b, target_words(found.a)
    lacking = [name for name, one in (("A", a), ("B", b)) if not one.signal]
    if lacking:
        why = why_no_signal(b if a.signal else a)
        return f"The two cannot be compared: nothing tells how sure {' and '.join(lacking)} is. {why}"
    if not (a.verified and b.verified):
        promised = [name for name, one in (("A", a), ("B", b)) if one.verified]
        if not promised:
            return f"Of neither run can it be promised that {target} of what it answers automatically is right."
        return f"Only of {promised[0]} can it be promised that {target} of what it answers automatically is right."
    difference, (low, high) = found.coverage_difference, found.coverage_interval
    points = f"{figure(100 * abs(difference), 1)} points"
    bounds = bounds_words((low, high), signed=True)
    if low > 0 or high < 0:
        more = "more" if difference > 0 else "less"
        return f"At the same promise, {target} right, B answers {points} {more} automatically than A{bounds}."
    return (
        f"At the same promise, {target} right, it cannot be told which of the two answers more automatically: B answers"
        f" {figure(100 * difference, 1, signed=True)} points{bounds} beside A."
    )


def _of_side(name: str, one: Review) -> str:
    shown = one.in_use
    if shown is None:
        return f"{name}: a person checks everything." if one.signal else ""
    kind = "verified" if one.verified else "an estimate"
    return (
        f"{name} sends {percent(1 - shown.coverage)} to a person{bounds_words(shown.person_interval)}, {kind}; of the"
        f" rest {shown.right:,} of {shown.answered:,} are right."
    )


def _aurc(found: ComparedReview) -> str:
    difference, bounds = found.aurc_difference, found.aurc_interval
    if difference != difference:
        return ""
    low, high = bounds
    said = f"AURC of B less that of A: {figure(difference, 4, signed=True)}{bounds_words(bounds, 1, 4, signed=True)}"
    if low > 0 or high < 0:
        return f"{said}: {'A' if low > 0 else 'B'} can be checked with less work."
    return f"{said}."
