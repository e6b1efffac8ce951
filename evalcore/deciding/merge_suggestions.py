"""A scored run -> merges that its confusions suggest: picked on one half of the examples, measured on the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evalcore.analysis import ScoredRun
from evalcore.analysis.scored_run import design_of
from evalcore.metrics import NO_INTERVAL, Counts, Design, Interval, confusion_counts
from evalcore.metrics.decisions.merging import (
    Joined,
    confusion_tree,
    greedy_path,
    groups_after,
    made_right,
    picking_halves,
    ranked_pairs,
)
from evalcore.metrics.decisions.merging_intervals import LEAST_PICKED, share_interval
from evalcore.tasks.label_merge import LabelMerge

MOST_PAIRS = 50


@dataclass(frozen=True)
class SuggestedMerge:
    """Two labels that are often confused.

    Attributes:
        first, second: their codes.
        there, back: examples of the first that are predicted as the second, and the reverse: of all examples.
        support_first, support_second: examples of each.
        picked: confusions of the two, both ways, among the picking examples.
        gain: share of the measuring examples that the merge makes right; interval: 95 %, NaN where there is none.
    """

    first: int
    second: int
    there: int
    back: int
    support_first: int
    support_second: int
    picked: int
    gain: float
    interval: Interval


@dataclass(frozen=True)
class PathStep:
    """One more merge of the suggested path.

    Attributes:
        joined: what it joins.
        labels: how many labels are left.
        gain: share of the measuring examples that all merges so far make right; interval: 95 %, NaN if there is none.
        accuracy: on the measuring examples.
    """

    joined: Joined
    labels: int
    gain: float
    interval: Interval
    accuracy: float


@dataclass(frozen=True)
class MergeSuggestions:
    """What the confusions of a run suggest.

    Attributes:
        labels: of the task.
        whole, picking, measuring: confusion counts of all examples, of the picking half and of the measuring half;
            shape (n_labels, n_labels + 1).
        design: how the examples were drawn.
    """

    labels: tuple[str, ...]
    whole: Counts
    picking: Counts
    measuring: Counts
    design: Design

    @cached_property
    def pairs(self) -> list[SuggestedMerge]:
        """At most `MOST_PAIRS`, the one that gains most on the picking examples first."""
        support = self.whole.sum(axis=1)
        codes = np.arange(len(self.labels))
        found = []
        for first, second in zip(*(side.tolist() for side in ranked_pairs(self.picking, MOST_PAIRS)), strict=True):
            merge = np.where(codes == second, first, codes)
            gain, interval = self.gain_of(merge)
            found.append(
                SuggestedMerge(
                    first,
                    second,
                    int(self.whole[first, second]),
                    int(self.whole[second, first]),
                    int(support[first]),
                    int(support[second]),
                    int(self.picking[first, second] + self.picking[second, first]),
                    gain,
                    interval,
                )
            )
        return found

    @cached_property
    def path(self) -> list[PathStep]:
        """The best merges one after the other."""
        steps = greedy_path(self.picking)
        n = int(self.measuring.sum())
        right = int(np.trace(self.measuring[:, :-1]))
        found = []
        groups = np.arange(len(self.labels))
        for at, step in enumerate(steps):
            groups[list(step.codes)] = step.codes[0]
            gain, interval = self.gain_of(groups)
            accuracy = right / n + gain if n else float("nan")
            found.append(PathStep(step, len(self.labels) - at - 1, gain, interval, accuracy))
        return found

    @cached_property
    def tree(self) -> list[Joined]:
        """Confused labels joined, the most confused first: `confusion_tree` of the picking examples."""
        return confusion_tree(self.picking)

    def gain_of(self, codes: Counts) -> tuple[float, Interval]:
        """What a merge gains on the measuring examples: their share that it makes right, and its 95 % interval, NaN
        where fewer than `LEAST_PICKED` of the picking examples speak for it.

        Args:
            codes: shape (n_labels,), the new code of each label, -1 where it is dropped: its examples do not count.
        """
        kept = codes >= 0
        made, support = made_right(self.measuring, codes)[kept], self.measuring.sum(axis=1)[kept]
        n, picked = int(support.sum()), int(made_right(self.picking, codes).sum())
        interval = share_interval(made, support, self.design) if picked >= LEAST_PICKED else NO_INTERVAL
        return (int(made.sum()) / n if n else float("nan")), interval

    def merge_of_path(self, steps: int) -> LabelMerge:
        """The list after the first steps of the path, each group called by the names of its labels."""
        return self._named([step.joined for step in self.path[:steps]])

    def merge_of_tree(self, labels: int) -> LabelMerge:
        """The list where the tree is cut, with so many labels left, or the fewest that it allows."""
        return self._named(self.tree[: max(0, len(self.labels) - max(labels, 2))])

    def _named(self, steps: list[Joined]) -> LabelMerge:
        groups = groups_after(steps, len(self.labels))
        together = [np.flatnonzero(groups == code).tolist() for code in np.unique(groups)]
        return LabelMerge.of(
            {new_name([self.labels[code] for code in group], self.labels): [self.labels[code] for code in group]
             for group in together if len(group) > 1}
        )  # fmt: skip


def new_name(olds: list[str], labels: tuple[str, ...]) -> str:
    """A name for merged labels: their own ones, joined, or for many the first and how many more; it is no label yet.

    Example:
        >>> new_name(["card_arrival", "card_delivery"], ("card_arrival", "card_delivery", "fees"))
        'card_arrival or card_delivery'
    """
    name = " or ".join(olds) if len(olds) < 4 else f"{olds[0]} or {len(olds) - 1} more"
    while name in labels and name not in olds:
        name += " (merged)"
    return name


def merge_suggestions(scored: ScoredRun) -> MergeSuggestions:
    """What the confusions of a run suggest."""
    n_labels, design = len(scored.labels), design_of(scored.record)
    picking, measuring = (
        confusion_counts(scored.y_true[half], scored.y_pred[half], n_labels)
        for half in picking_halves(scored.y_true, design)
    )
    return MergeSuggestions(scored.labels, scored.confusion, picking, measuring, design)
