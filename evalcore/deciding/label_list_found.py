"""What another label list does to the scores of a run's stored answers, as it was found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import ScoredRun
from evalcore.deciding.label_hierarchy import LabelHierarchy
from evalcore.deciding.merge_suggestions import MergeSuggestions, merge_suggestions
from evalcore.metrics import UNPARSED, Counts, Interval, Intervals, Scores
from evalcore.metrics.decisions.hierarchical import HierarchicalScores, InsideGroups
from evalcore.tasks.label_merge import LabelMerge


@dataclass(frozen=True)
class ListScores:
    """Stored answers scored under one label list.

    Attributes:
        labels: of the list.
        confusion: shape (n_labels, n_labels + 1).
        scores, intervals: as for a run.
        majority: the label with most examples; majority_share: its share of the examples, the accuracy of always
            answering it; NaN without examples.
    """

    labels: tuple[str, ...]
    confusion: Counts
    scores: Scores
    intervals: Intervals
    majority: str
    majority_share: float

    @property
    def chance(self) -> float:
        """The accuracy of answers at random."""
        return 1 / len(self.labels)


@dataclass(frozen=True)
class SummedAnswers:
    """The answers where the probabilities of merged labels are added up.

    Attributes:
        known: answers whose probability of every label is known; the others stay as they are.
        changed: answers that differ from those of the merged list.
        gained, lost: answers that only they, that only those of the merged list get right.
        accuracy: of the answers by sums.
        difference_interval: 95 %, of this accuracy less that under the merged list.
    """

    known: int
    changed: int
    gained: int
    lost: int
    accuracy: float
    difference_interval: Interval


@dataclass(frozen=True)
class LevelScore:
    """The accuracy at a level of a hierarchy.

    Attributes:
        name: of the level.
        nodes: how many groups or labels it has.
        right: answers in the right one; accuracy: their share; interval: 95 %.
    """

    name: str
    nodes: int
    right: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class HierarchyScores:
    """How the stored answers do in a hierarchy.

    Attributes:
        hierarchy: of the labels.
        levels: from the top groups to the labels themselves.
        scores: hierarchical precision, recall and F1.
        inside: mistakes inside the right group of the first level.
    """

    hierarchy: LabelHierarchy
    levels: tuple[LevelScore, ...]
    scores: HierarchicalScores
    inside: InsideGroups


@dataclass(frozen=True)
class FoundLabelList:
    """What was found of one run; `LabelListAnswer` also says it in words.

    Attributes:
        scored: the run.
        best: how many merges of the suggested path are looked at.
        merge: the changed list.
        codes: shape (n_labels,), the new code of each label, -1 where it is dropped.
        before, after: the scores under the old and under the new list.
        gained: examples that merging makes right; gain: their share of the examples of `after`, gain_interval: 95 %,
            for a merge that was decided on before the examples were looked at.
        not_counted: examples of dropped labels.
        outside: answers that name a dropped label, to examples that count.
        summed: with all probabilities and a merge; else None.
        in_hierarchy: None without a hierarchy.
    """

    scored: ScoredRun
    best: int
    merge: LabelMerge
    codes: Counts
    before: ListScores
    after: ListScores
    gained: int
    gain: float
    gain_interval: Interval
    not_counted: int
    outside: int
    summed: SummedAnswers | None
    in_hierarchy: HierarchyScores | None

    @cached_property
    def suggestions(self) -> MergeSuggestions:
        """Merges that the confusions suggest, whatever was asked."""
        return merge_suggestions(self.scored)

    @property
    def held_out_gain(self) -> tuple[float, Interval]:
        """What the merge gains on the examples that suggested nothing, with its 95 % interval; NaN where it has none:
        see `MergeSuggestions.gain_of`."""
        return self.suggestions.gain_of(self.codes)

    def rows_of(self, opened: str) -> NDArray[np.intp]:
        """Some of the run's examples.

        Args:
            opened: `gain`, those that the merge makes right; `dropped`, those that count no more; `outside`, those
                answered with a dropped label; `inside` and `across`, mistakes inside and outside the right group;
                `pair:A:B`, confusions of two labels by their codes; `group:A:B:…`, confusions among these.

        Returns:
            Indices into the scored run's arrays, ascending; none for what does not exist.
        """
        true, answer = self.scored.y_true, self.scored.y_pred
        wrong = (answer != true) & (answer != UNPARSED)
        if opened == "gain":
            return np.flatnonzero(wrong & (self.codes[answer] == self.codes[true]) & (self.codes[true] >= 0))
        if opened == "dropped":
            return np.flatnonzero(self.codes[true] < 0)
        if opened == "outside":
            return np.flatnonzero(wrong & (self.codes[true] >= 0) & (self.codes[answer] < 0))
        if opened in ("inside", "across") and self.in_hierarchy is not None:
            nodes = self.in_hierarchy.hierarchy.levels[0].nodes
            inside = nodes[true] == nodes[answer]
            return np.flatnonzero(wrong & (inside if opened == "inside" else ~inside))
        kind, *codes = opened.split(":")
        if kind in ("pair", "group") and all(code.isascii() and code.isdigit() for code in codes):
            group = np.array(codes, dtype=np.int64)
            if len(group) > 1 and group.max() < len(self.codes):
                return np.flatnonzero(wrong & np.isin(true, group) & np.isin(answer, group))
        return np.array([], dtype=np.intp)
