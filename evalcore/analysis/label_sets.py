"""The probabilities of a run's labels -> a set of candidate labels for each answer, with a guarantee.

Half of the answers calibrates thresholds, and the other half shows what sets they give; see
`evalcore.metrics.label_sets`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalcore.analysis.label_probabilities import LabelProbabilities, why_not_all_labels
from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import (
    NO_INTERVAL,
    Counts,
    Floats,
    Grouping,
    Interval,
    coverage_range,
    fewest_examples,
    group_labels,
    ratio_or_nan,
    set_thresholds,
    stratified_halves,
    wilson,
    wilson_interval,
)

COVERAGES = tuple(percent / 100 for percent in range(80, 100))
"""The targets that can be chosen."""
FEWEST_ROWS = 20
"""Answers with all probabilities, from which on half of them are worth a look."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class LabelSets:
    """The sets of the answers that did not calibrate.

    A label is in an answer's set where its probability is at least its threshold. Where no label's is, the set is the
    most probable label alone: an empty set would help nobody, and a larger set is right no less often.

    Attributes:
        scored: the run.
        target: how often the true label is to be in the set, in (0, 1).
        grouping: which labels share a threshold.
        group: shape (n_labels,), the group of each label.
        threshold: shape (n_labels,), in [0, 1]; 0 puts the label into every set.
        rare: shape (n_labels,), labels with too few examples for a group of similar labels, or for a threshold of
            their own.
        calibrated_on: shape (n_groups,), examples that each group's threshold was calibrated on.
        shaping: examples that shaped the groups, and calibrated no threshold.
        left_out: answers that are used in neither half, because the probability of some label is not known.
        rows: shape (n_evaluated,), ascending: the rows of the run that did not calibrate. The next three arrays are of
            this shape.
        size: how many labels the set has, 1 or more.
        holds: whether the true label is among them.
        topped: whether no label reached its threshold.
        tied: whether several calibration examples have just a threshold as their probability, so that more than was
            asked for may reach it.
    """

    scored: ScoredRun
    target: float
    grouping: Grouping
    group: Counts
    threshold: Floats
    rare: NDArray[np.bool_]
    calibrated_on: Counts
    shaping: int
    left_out: int
    rows: Rows
    size: NDArray[np.unsignedinteger[Any]]
    holds: NDArray[np.bool_]
    topped: NDArray[np.bool_]
    tied: bool

    @property
    def coverage(self) -> float:
        """How often the true label is in the set."""
        return float(self.holds.mean())

    @property
    def coverage_interval(self) -> Interval:
        """95 % interval of it, for these thresholds."""
        return wilson_interval(int(self.holds.sum()), len(self.holds))

    @property
    def expected(self) -> Interval:
        """Between what the coverage of 95 of 100 calibrations lies; NaN where not all labels share one threshold."""
        one = len(self.calibrated_on) == 1
        return coverage_range(int(self.calibrated_on[0]), self.target) if one else NO_INTERVAL

    @property
    def mean_size(self) -> float:
        """How many labels a set has on average."""
        return float(self.size.mean())

    @property
    def in_every_set(self) -> NDArray[np.bool_]:
        """Shape (n_labels,): labels with too few examples to calibrate on."""
        everywhere: NDArray[np.bool_] = self.calibrated_on[self.group] < fewest_examples(self.target)
        return everywhere

    @property
    def y_true(self) -> Counts:
        """The true label of each evaluated row."""
        return self.scored.y_true[self.rows]

    def share_up_to(self, size: int) -> float:
        """The share of the sets with so many labels or fewer."""
        return float((self.size <= size).mean())


@dataclass(frozen=True)
class SizeBin:
    """The sets of some sizes.

    Attributes:
        low, high: the least and the most labels.
        n: how many sets.
        held: how many of them hold the true label.
    """

    low: int
    high: int
    n: int
    held: int

    @property
    def name(self) -> str:
        """`1`, `6–10`."""
        return str(self.low) if self.low == self.high else f"{self.low:,}–{self.high:,}"


def why_no_label_sets(probabilities: LabelProbabilities) -> str:
    """Why a run with probabilities has no label sets, and how to have some; empty if it has."""
    if why_not := why_not_all_labels(probabilities):
        return why_not
    complete = int(probabilities.complete.sum())
    if complete < FEWEST_ROWS:
        return (
            f"Label sets need {FEWEST_ROWS} answers or more: one half calibrates them, the other half shows how they"
            f" do. The probability of every label is known for {complete:,} here."
        )
    return ""


def label_sets(
    probabilities: LabelProbabilities, target: float, grouping: Grouping = "all", seed: int = 0
) -> LabelSets:
    """The sets for one target; see `label_sets_at`."""
    return label_sets_at(probabilities, [target], grouping, seed)[0]


def label_sets_at(
    probabilities: LabelProbabilities,
    targets: Sequence[float] = COVERAGES,
    grouping: Grouping = "all",
    seed: int = 0,
) -> tuple[LabelSets, ...]:
    """The sets for several targets, of the same halves, in one pass over the probabilities.

    Args:
        probabilities: of a run for which `why_no_label_sets` is empty.
        targets: each in (0, 1).
        seed: decides which half calibrates.
    """
    scored = probabilities.scored
    complete = np.flatnonzero(probabilities.complete)
    calibrating, evaluated = (complete[half] for half in stratified_halves(scored.y_true[complete], seed))
    true, y_true = probabilities.true_probability[calibrating], scored.y_true[calibrating]
    n_labels = len(scored.labels)
    grouped = [group_labels(true, y_true, n_labels, grouping, target, seed) for target in targets]
    counts = [np.bincount(each.group[y_true[each.calibrates]], minlength=int(each.group.max()) + 1) for each in grouped]
    thresholds = [
        set_thresholds(true[each.calibrates], each.group[y_true[each.calibrates]], target, len(n))[each.group]
        for each, target, n in zip(grouped, targets, counts, strict=True)
    ]
    reached = _reached(probabilities, evaluated, thresholds)
    found = []
    for each, target, n, threshold, size in zip(grouped, targets, counts, thresholds, reached, strict=True):
        topped = size == 0
        holds = np.where(
            topped,
            probabilities.true_rank[evaluated] == 1,
            probabilities.true_probability[evaluated] >= threshold[scored.y_true[evaluated]],
        )
        at_threshold = true[each.calibrates] == threshold[y_true[each.calibrates]]
        tied = np.bincount(each.group[y_true[each.calibrates]], at_threshold, minlength=len(n)).max() > 1
        found.append(
            LabelSets(
                scored, target, grouping, each.group, threshold, each.rare, n,
                shaping=int((~each.calibrates).sum()),
                left_out=len(probabilities.complete) - len(complete),
                rows=evaluated, size=np.maximum(size, 1), holds=holds, topped=topped, tied=bool(tied),
            )
        )  # fmt: skip
    return tuple(found)


def _reached(
    probabilities: LabelProbabilities, rows: Rows, thresholds: Sequence[Floats]
) -> NDArray[np.unsignedinteger[Any]]:
    """How many labels of each row reach their thresholds, shape (n_targets, n_rows)."""
    # In as few bytes as there are labels: of a million answers, twenty targets are kept.
    reached = np.empty((len(thresholds), len(rows)), dtype=np.min_scalar_type(probabilities.logprobs.shape[1]))
    done = 0
    for some, shares in probabilities.blocks(rows):
        for at, threshold in enumerate(thresholds):
            reached[at, done : done + len(some)] = (shares >= threshold).sum(axis=1)
        done += len(some)
    return reached


def set_of(probabilities: LabelProbabilities, found: LabelSets, row: int) -> list[tuple[str, float]]:
    """The labels in the set of one row of the run, each with its probability, the most probable first."""
    shares = probabilities.of_rows(np.array([row]))[0]
    within = shares >= found.threshold
    if not within.any():
        within[shares.argmax()] = True
    codes = np.flatnonzero(within)
    codes = codes[np.argsort(-shares[codes], kind="stable")]
    return [(found.scored.labels[code], float(shares[code])) for code in codes]


def size_bins(found: LabelSets) -> list[SizeBin]:
    """How many sets have 1, 2, 3, 4, 5, 6 to 10, 11 to 20, 21 to 50, ... labels; up to the largest one."""
    bins, low, largest = [], 1, int(found.size.max())
    for high in _bin_ends(len(found.scored.labels)):
        within = (found.size >= low) & (found.size <= high)
        bins.append(SizeBin(low, high, int(within.sum()), int(found.holds[within].sum())))
        low = high + 1
        if high >= largest:
            break
    return bins


def _bin_ends(n_labels: int) -> list[int]:
    ends = [1, 2, 3, 4, 5]
    while ends[-1] < n_labels:
        ends.append(ends[-1] * 5 // 2 if str(ends[-1])[0] == "2" else ends[-1] * 2)
    return [min(end, n_labels) for end in ends[: next(i for i, end in enumerate(ends) if end >= n_labels) + 1]]


def sets_by_label(found: LabelSets) -> pd.DataFrame:
    """One row for each label, in the task's order: how often its texts' sets hold it.

    Columns: `label`; `examples` and `missed`, evaluated ones; `coverage` with its 95 % interval `low` and `high`, and
    `size`, how many labels its texts' sets have on average, NaN without examples; `threshold`; `group`.
    """
    n_labels = len(found.scored.labels)
    n = np.bincount(found.y_true, minlength=n_labels)
    held = np.bincount(found.y_true[found.holds], minlength=n_labels)
    low, high = wilson(held, n)
    return pd.DataFrame(
        {
            "label": list(found.scored.labels),
            "examples": n,
            "missed": n - held,
            "coverage": ratio_or_nan(held, n),
            "low": low,
            "high": high,
            "size": ratio_or_nan(np.bincount(found.y_true, found.size, minlength=n_labels), n),
            "threshold": found.threshold,
            "group": found.group,
        }
    )


def lowest_coverage_first(found: LabelSets) -> pd.DataFrame:
    """`sets_by_label`, the labels whose sets hold them the least often first, with the `code` of each."""
    table = sets_by_label(found)
    table["code"] = np.arange(len(table))
    return table.sort_values(["coverage", "high"], kind="stable", na_position="last")
