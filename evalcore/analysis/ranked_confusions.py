"""The confusions of a scored run: which label was predicted instead of which, how often, and in words."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import Confusion, Direction, confusion_pairs, direction, off_diagonal


@dataclass(frozen=True)
class RankedConfusion:
    """One label predicted instead of another.

    Attributes:
        count: examples of `true` that were predicted as `predicted`; `reverse`: of `predicted` as `true`.
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
        """`Of 40 “a” examples, 18 were predicted as “b”; reverse: 3 of 40 (one-way).`"""
        return (
            f"Of {self.support:,} “{self.true}” {'example' if self.support == 1 else 'examples'}, {self.count:,} "
            f"{'was' if self.count == 1 else 'were'} predicted as “{self.predicted}”; {self.reverse_words} "
            f"({self.direction})."
        )

    @property
    def reverse_words(self) -> str:
        """`reverse: 3 of 40`: how many examples of `predicted` were predicted as `true`."""
        if not self.support_of_predicted:
            return f"“{self.predicted}” is absent from the sample"
        return f"reverse: {self.reverse:,} of {self.support_of_predicted:,}"


def ranked_confusions(scored: ScoredRun, at_most: int) -> list[RankedConfusion]:
    """The most frequent confusions of two labels, in the order of `evalcore.metrics.confusion_pairs`."""
    return [_in_names(scored, pair) for pair in confusion_pairs(scored.confusion)[:at_most]]


def confusion_of(scored: ScoredRun, true: int, predicted: int) -> RankedConfusion:
    """How often one label was predicted instead of another, which may be never.

    Args:
        true, predicted: label codes, different; there are examples of `true`.
    """
    count, back = int(scored.confusion[true, predicted]), int(scored.confusion[predicted, true])
    share = count / int(scored.per_class.support[true])
    return _in_names(scored, Confusion(true, predicted, count, share, back))


def _in_names(scored: ScoredRun, pair: Confusion) -> RankedConfusion:
    labels, support = scored.labels, scored.per_class.support
    return RankedConfusion(
        labels[pair.true],
        labels[pair.predicted],
        pair.count,
        pair.reverse,
        int(support[pair.true]),
        int(support[pair.predicted]),
        pair.share,
        direction(pair, scored.confusion),
    )


def count_confusions(scored: ScoredRun) -> int:
    """How many ordered pairs of labels were confused at all."""
    return int((off_diagonal(scored.confusion) > 0).sum())
