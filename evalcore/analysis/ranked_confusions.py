"""The confusions of a scored run as a list: which label was taken for which, how often, and in words."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import Direction, confusion_pairs, direction, off_diagonal


@dataclass(frozen=True)
class RankedConfusion:
    """One label taken for another.

    Attributes:
        count: examples of `true` that were answered with `predicted`; `reverse` is the other way round.
        support: examples of `true`; `support_of_predicted` those of `predicted`.
        share: count / support.
        direction: whether it goes one way or both ways.
    """

    true: str
    predicted: str
    count: int
    reverse: int
    support: int
    support_of_predicted: int
    share: float
    direction: Direction

    @property
    def sentence(self) -> str:
        """`Of 40 “a”, 18 were called “b”; the other way round 3 of 40 (one-way).`"""
        other = self.support_of_predicted
        back = f"the other way round {self.reverse} of {other}" if other else "which is absent from the sample"
        return (
            f"Of {self.support} “{self.true}”, {self.count} were called “{self.predicted}”; {back} ({self.direction})."
        )


def ranked_confusions(scored: ScoredRun, at_most: int) -> list[RankedConfusion]:
    """The most frequent confusions of two labels, in the order of `evalcore.metrics.confusion_pairs`."""
    labels, support = scored.labels, scored.per_class.support
    return [
        RankedConfusion(
            labels[pair.true],
            labels[pair.predicted],
            pair.count,
            pair.reverse,
            int(support[pair.true]),
            int(support[pair.predicted]),
            pair.share,
            direction(pair, scored.confusion),
        )
        for pair in confusion_pairs(scored.confusion)[:at_most]
    ]


def count_confusions(scored: ScoredRun) -> int:
    """How many ordered pairs of labels were confused at all."""
    return int((off_diagonal(scored.confusion) > 0).sum())
