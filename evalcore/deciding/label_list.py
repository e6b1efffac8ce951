"""Is the label list right? Labels merged, dropped and grouped, and what that does to the scores of stored answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalcore.analysis import LabelProbabilities, ScoredRun, compare
from evalcore.analysis.scored_run import design_of
from evalcore.deciding.answer import Rows
from evalcore.deciding.asked import one_of, whole
from evalcore.deciding.label_hierarchy import LabelHierarchy, read_hierarchy
from evalcore.deciding.label_list_compared import ComparedLabelList, compare_lists
from evalcore.deciding.label_list_found import (
    FoundLabelList,
    HierarchyScores,
    LevelScore,
    ListScores,
    SummedAnswers,
)
from evalcore.deciding.label_list_tables import as_json, tables
from evalcore.deciding.label_list_words import sentences
from evalcore.metrics import UNPARSED, Counts, score_intervals, scores, tango_interval
from evalcore.metrics.decisions.hierarchical import hierarchical_scores, inside_groups, level_accuracy
from evalcore.metrics.decisions.merging import made_right, merged_counts
from evalcore.metrics.decisions.merging_intervals import share_interval
from evalcore.tasks.label_merge import LabelMerge

WAYS = ("pairs", "path", "tree", "hierarchy")
"""How to come to another list: merge two labels, the best merges one after the other, a tree of confusions, groups."""


@dataclass(frozen=True)
class LabelListAsked:
    """What is asked.

    Attributes:
        merge: the changed label list, `LabelMerge.to_text`; empty for the list as it is.
        hierarchy: CSV with the columns `label` and `group`; empty for none.
        best: how many merges of the suggested path are looked at.
        way: of `WAYS`, the one that is looked at.
        cut: labels that are left where the tree is cut; 0 for no cut.
        anew: of the run with the new list, the group of examples that is open and the number of one of them in the
            sample, `fixed-12`; empty for the most telling ones.
    """

    merge: str = ""
    hierarchy: str = ""
    best: int = whole(5, 1, 100_000)
    way: str = one_of("pairs", WAYS)
    cut: int = whole(0, 0, 100_000)
    anew: str = ""


class LabelListAnswer(FoundLabelList):
    """The answer for one run."""

    @property
    def sentences(self) -> list[str]:
        """The answer in words."""
        return sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return as_json(self)

    def tables(self) -> dict[str, Rows]:
        """What can be exported."""
        return tables(self)


def label_list(scored: ScoredRun, probabilities: LabelProbabilities | None, asked: LabelListAsked) -> LabelListAnswer:
    """Score a run's stored answers under another label list.

    Args:
        probabilities: the run's, for the answers by summed probabilities; None if it has none.

    Raises:
        SpecError: if the changed list is none.
        DataError: if the hierarchy is none.
    """
    merge = LabelMerge.from_text(asked.merge)
    codes = merge.codes(scored.labels)
    design = design_of(scored.record)
    before = _list_scores(scored.confusion, scored.labels, scored)
    after = _list_scores(merged_counts(scored.confusion, codes), merge.new_labels(scored.labels), scored)
    kept = codes >= 0
    made = made_right(scored.confusion, codes)
    support = scored.confusion.sum(axis=1)
    hierarchy = read_hierarchy(asked.hierarchy, scored.labels) if asked.hierarchy else None
    return LabelListAnswer(
        scored=scored,
        best=asked.best,
        merge=merge,
        codes=codes,
        before=before,
        after=after,
        gained=int(made.sum()),
        gain=float(made.sum() / after.scores.n) if after.scores.n else float("nan"),
        gain_interval=share_interval(made[kept], support[kept], design),
        not_counted=int(support[~kept].sum()),
        outside=int(scored.confusion[kept][:, :-1][:, ~kept].sum()),
        summed=_summed(scored, probabilities, codes) if merge and probabilities is not None else None,
        in_hierarchy=None if hierarchy is None else _in_hierarchy(scored, hierarchy),
    )


def compared_label_list(
    a: ScoredRun,
    a_probabilities: LabelProbabilities | None,
    b: ScoredRun,
    b_probabilities: LabelProbabilities | None,
    asked: LabelListAsked,
) -> ComparedLabelList:
    """Score two runs' stored answers to the same examples under another label list.

    Args:
        a_probabilities, b_probabilities: not needed here: the answers are those that were given.

    Raises:
        SpecError: if the runs cannot be paired, or the changed list is none.
    """
    return compare_lists(compare(a, b), LabelMerge.from_text(asked.merge))


def _list_scores(confusion: Counts, labels: tuple[str, ...], scored: ScoredRun) -> ListScores:
    """The scores under one list.

    Args:
        confusion: shape (n_labels, n_labels + 1), of answers of `scored`, whose sample decides the intervals.
    """
    support = confusion.sum(axis=1)
    share = float(support.max() / support.sum()) if support.sum() else float("nan")
    intervals = score_intervals(confusion, design_of(scored.record))
    return ListScores(labels, confusion, scores(confusion), intervals, labels[int(support.argmax())], share)


def _summed(scored: ScoredRun, probabilities: LabelProbabilities, codes: Counts) -> SummedAnswers | None:
    if not probabilities.complete.any() or not (codes >= 0).any():
        return None
    n_new = int(codes.max()) + 1
    to_new = np.append(codes, UNPARSED)
    true, merged = to_new[scored.y_true], to_new[scored.y_pred]
    summed = merged.copy()
    kept = np.flatnonzero(codes >= 0)
    order = kept[np.argsort(codes[kept], kind="stable")]
    starts = np.searchsorted(codes[order], np.arange(n_new))
    for rows, shares in probabilities.blocks(np.flatnonzero(probabilities.complete)):
        summed[rows] = np.add.reduceat(shares[:, order], starts, axis=1).argmax(axis=1)
    counts = true >= 0
    true, merged, summed = true[counts], merged[counts], summed[counts]
    gained = int(((summed == true) & (merged != true)).sum())
    lost = int(((merged == true) & (summed != true)).sum())
    low, high = tango_interval(gained, lost, len(true))
    return SummedAnswers(
        known=int((probabilities.complete & counts).sum()),
        changed=int((summed != merged).sum()),
        gained=gained,
        lost=lost,
        accuracy=float((summed == true).mean()) if len(true) else float("nan"),
        difference_interval=(float(low), float(high)),
    )


def _in_hierarchy(scored: ScoredRun, hierarchy: LabelHierarchy) -> HierarchyScores:
    design, n = design_of(scored.record), int(scored.confusion.sum())
    levels = []
    for level in hierarchy.levels:
        right, interval = level_accuracy(scored.confusion, level.nodes, design)
        share = right / n if n else float("nan")
        levels.append(LevelScore(level.name, len(level.names), right, share, interval))
    return HierarchyScores(
        hierarchy,
        tuple(levels),
        hierarchical_scores(scored.confusion, hierarchy.members, design),
        inside_groups(scored.confusion, hierarchy.levels[0].nodes, design),
    )
