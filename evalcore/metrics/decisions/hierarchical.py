"""A hierarchy over labels: how far off wrong answers are. Hierarchical precision, recall, F1; accuracy at each level.

Every label stands for a set: itself and all groups that it is in. An answer is as good as its set is like the true one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats, ratio_or_nan
from evalcore.metrics.decisions.merging_intervals import cells_variance, share_interval
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson_of_mean
from evalcore.metrics.matrix import off_diagonal


@dataclass(frozen=True)
class HierarchicalScores:
    """Shares in [0, 1], each with its 95 % interval; NaN where undefined.

    Attributes:
        precision: of the members of all answers' sets, the share that is in the true set.
        recall: of the members of all true sets, the share that is in the answer's set.
        f1: their harmonic mean.
    """

    precision: float
    recall: float
    f1: float
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval


def hierarchical_scores(confusion: Counts, members: NDArray[np.bool_], design: Design) -> HierarchicalScores:
    """Micro-averaged over the examples.

    Args:
        confusion: shape (n_labels, n_labels + 1). An unparsed answer has an empty set.
        members: shape (n_labels, n_nodes): which nodes (labels and groups, the root left out) are in a label's set.

    Source: Silla and Freitas 2011, Data Mining and Knowledge Discovery 22, 31-72; equal to hiclass.metrics.precision,
    recall and f1 with average="micro".
    """
    sets = members.astype(float)
    sizes = sets.sum(axis=1)
    overlap = np.hstack([sets @ sets.T, np.zeros((len(sets), 1))])
    true, answer = np.nonzero(confusion)
    counts = confusion[true, answer].astype(float)
    shared, of_true, of_answer = overlap[true, answer], sizes[true], np.append(sizes, 0)[answer]

    def ratio(above: Floats, below: Floats) -> tuple[float, Interval]:
        whole = float(counts @ below)
        if not whole:
            return float("nan"), NO_INTERVAL
        value = float(counts @ above) / whole
        variance = cells_variance((above - value * below) / whole, true, counts, len(confusion), design)
        return value, wilson_of_mean(value, variance, float(counts.sum()))

    precision, recall = ratio(shared, of_answer), ratio(shared, of_true)
    f1 = ratio(2 * shared, of_true + of_answer)
    return HierarchicalScores(precision[0], recall[0], f1[0], precision[1], recall[1], f1[1])


def level_accuracy(confusion: Counts, nodes: NDArray[np.intp], design: Design) -> tuple[int, Interval]:
    """How many answers are right at a level of a hierarchy, and the 95 % interval of their share.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        nodes: shape (n_labels,): the number of each label's node at that level.
    """
    right = (confusion[:, :-1] * (nodes[:, None] == nodes[None, :])).sum(axis=1)
    return int(right.sum()), share_interval(right, confusion.sum(axis=1), design)


@dataclass(frozen=True)
class InsideGroups:
    """How many mistakes stay inside the right group.

    Attributes:
        wrong: wrong answers, which name another label; unparsed ones name none.
        inside: those whose label is in the right group.
        share: NaN without wrong answers; interval: 95 %.
        by_chance: the share if every wrong answer named any of the other labels alike.
    """

    wrong: int
    inside: int
    share: float
    interval: Interval
    by_chance: float


def inside_groups(confusion: Counts, nodes: NDArray[np.intp], design: Design) -> InsideGroups:
    """The mistakes that stay inside the right group.

    Args:
        confusion, nodes: as in `level_accuracy`.
    """
    wrong = off_diagonal(confusion)
    same = nodes[:, None] == nodes[None, :]
    total, inside = int(wrong.sum()), int((wrong * same).sum())
    others = (same.sum(axis=1) - 1) / max(len(nodes) - 1, 1)
    by_chance = float(ratio_or_nan(wrong.sum(axis=1) @ others, total))
    if not total:
        return InsideGroups(0, 0, float("nan"), NO_INTERVAL, by_chance)
    share = inside / total
    true, answer = np.nonzero(confusion)
    is_wrong = (answer < len(nodes)) & (answer != true)
    effects = is_wrong * (np.append(nodes, -1)[answer] == nodes[true]) / total - is_wrong * share / total
    counts = confusion[true, answer].astype(float)
    variance = cells_variance(effects, true, counts, len(nodes), design)
    return InsideGroups(total, inside, share, wilson_of_mean(share, variance, float(total)), by_chance)
