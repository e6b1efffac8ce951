"""Two runs held against each other on the examples that both have answered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.pairing import shared_examples
from evalcore.analysis.scored_run import ScoredRun, design_of
from evalcore.metrics import (
    NO_INTERVAL,
    PAIR_GROUPS,
    UNPARSED,
    Agreement,
    ClassScores,
    Counts,
    Design,
    Floats,
    Interval,
    PairCounts,
    PairedIntervals,
    Scores,
    agreement,
    confusion_counts,
    group_codes,
    mcnemar_p,
    never_predicted,
    pair_counts,
    paired_intervals,
    per_class,
    scores,
    smallest_difference,
    tango_interval,
    wilson,
)

Better = Literal["higher", "lower", ""]
BetterRun = Literal["A", "B", ""]

METRICS: tuple[tuple[str, str, Better], ...] = (
    ("accuracy", "Accuracy", "higher"),
    ("macro_f1_present", "Macro-F1, labels present", "higher"),
    ("macro_f1_all", "Macro-F1, all labels", "higher"),
    ("macro_precision_present", "Macro precision, labels present", "higher"),
    ("balanced_accuracy", "Balanced accuracy (macro recall)", "higher"),
    ("micro_f1", "Micro-F1", "higher"),
    ("micro_precision", "Micro precision (right among parsed)", "higher"),
    ("weighted_f1", "Weighted F1", "higher"),
    ("weighted_precision", "Weighted precision", "higher"),
    ("mcc", "MCC", "higher"),
    ("kappa", "Kappa with the true labels", "higher"),
    ("unparsed_rate", "Unparsed", "lower"),
    ("never_predicted", "Labels that occur, never predicted", "lower"),
    ("effective_labels", "Effective predicted labels", ""),
    ("favourites_share", "Share of the two favourites", ""),
)
"""Name, words for people, and which way is better; empty where neither is."""
SHARES = frozenset(
    name for name, _, _ in METRICS if name not in ("mcc", "kappa", "never_predicted", "effective_labels")
)
"""Metrics shown in percent."""


@dataclass(frozen=True)
class MetricRow:
    """One metric of both runs on the shared examples.

    Attributes:
        difference: B minus A, with its 95 % `interval`; NaN where one of the two is undefined, or no interval is known.
        better: the side that is better in the sample; empty if equal or if neither way is.
        clear: whether the interval leaves out 0.
    """

    name: str
    title: str
    a: float
    b: float
    difference: float
    interval: Interval
    direction: Better
    better: BetterRun
    clear: bool


@dataclass(frozen=True)
class ClassRows:
    """Each label's scores of both runs; arrays of shape (n_labels,), intervals (n_labels, 2), NaN where undefined."""

    support: Counts
    f1_a: Floats
    f1_b: Floats
    f1_a_interval: Floats
    f1_b_interval: Floats
    f1_difference_interval: Floats
    recall_a: Floats
    recall_b: Floats
    recall_a_interval: Floats
    recall_b_interval: Floats
    recall_difference_interval: Floats
    predicted_a: Counts
    predicted_b: Counts


@dataclass(frozen=True)
class ConfusionChange:
    """How often `true` was answered `predicted` by each run, and what became of those examples.

    Attributes:
        fixed: confused by A and not by B; `introduced`: by B and not by A; `unchanged`: by both.
    """

    true: int
    predicted: int
    a: int
    b: int
    fixed: int
    introduced: int
    unchanged: int


@dataclass(frozen=True)
class Comparison:
    """Two readings, paired.

    Attributes:
        a, b: the readings; both under one scoring.
        at_a, at_b: shape (n_shared,), indices into the answers of A and of B of each shared example.
        y_true, y_a, y_b: shape (n_shared,), codes into `labels`.
        same_sample: whether both runs looked at just the same examples.
    """

    a: ScoredRun
    b: ScoredRun
    at_a: NDArray[np.int64]
    at_b: NDArray[np.int64]
    y_true: Counts
    y_a: Counts
    y_b: Counts
    same_sample: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in A's order."""
        return self.a.labels

    @property
    def n(self) -> int:
        """Shared examples."""
        return len(self.y_true)

    @cached_property
    def groups(self) -> NDArray[np.int8]:
        """Each shared example's group, as a position in `paired.GROUPS`."""
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
    def p(self) -> float:
        """Exact McNemar, two-sided."""
        return mcnemar_p(self.counts.broken, self.counts.fixed)

    @cached_property
    def smallest(self) -> float:
        """The smallest difference of accuracies that this comparison sees in 80 of 100 cases."""
        return smallest_difference(self.n, self.counts.discordant_rate)

    @cached_property
    def confusion_a(self) -> Counts:
        """A's counts on the shared examples, shape (n_labels, n_labels + 1)."""
        return confusion_counts(self.y_true, self.y_a, len(self.labels))

    @cached_property
    def confusion_b(self) -> Counts:
        """B's counts on the shared examples."""
        return confusion_counts(self.y_true, self.y_b, len(self.labels))

    @cached_property
    def intervals(self) -> PairedIntervals:
        """95 % intervals of each score's difference, for the way in which the shared examples were drawn."""
        return paired_intervals(self.y_true, self.y_a, self.y_b, len(self.labels), self.design)

    @property
    def design(self) -> Design:
        """How the shared examples were drawn: as the run's whose answers they all are."""
        whole = [r.record for r in (self.a, self.b) if len(r.y_true) == self.n]
        return "stratified" if any(design_of(record) == "stratified" for record in whole) else "random"

    @cached_property
    def agreement(self) -> Agreement:
        """How alike the two runs' answers are."""
        return agreement(self.y_true, self.y_a, self.y_b)

    @cached_property
    def metrics(self) -> list[MetricRow]:
        """Every metric of both runs, with the difference and its interval."""
        of_a, of_b = (_figures(confusion) for confusion in (self.confusion_a, self.confusion_b))
        return [
            _metric_row(name, title, direction, of_a[name], of_b[name], self._interval_of(name))
            for name, title, direction in METRICS
        ]

    def _interval_of(self, name: str) -> Interval:
        if name == "accuracy":
            return self.interval  # the one that the verdict states
        if name == "macro_f1_all":  # given the labels that the sample holds, as for one run
            low, high = self.intervals.difference["macro_f1_present"]
            share = scores(self.confusion_a).macro_f1_ceiling
            return low * share, high * share
        return self.intervals.difference.get(name, NO_INTERVAL)

    @cached_property
    def classes(self) -> ClassRows:
        """Each label under both runs."""
        a, b = per_class(self.confusion_a), per_class(self.confusion_b)
        right_a, right_b = self.y_a == self.y_true, self.y_b == self.y_true
        gained, lost = (
            np.bincount(self.y_true[which], minlength=len(self.labels))
            for which in (right_b & ~right_a, right_a & ~right_b)
        )
        intervals = self.intervals
        return ClassRows(
            support=a.support,
            f1_a=a.f1,
            f1_b=b.f1,
            f1_a_interval=intervals.f1_a,
            f1_b_interval=intervals.f1_b,
            f1_difference_interval=intervals.f1_difference,
            recall_a=a.recall,
            recall_b=b.recall,
            recall_a_interval=_wilson_of(a),
            recall_b_interval=_wilson_of(b),
            recall_difference_interval=np.stack(tango_interval(gained, lost, a.support), axis=1),
            predicted_a=a.predicted,
            predicted_b=b.predicted,
        )

    @cached_property
    def became_never_predicted(self) -> NDArray[np.intp]:
        """Labels that occur, that A predicts sometimes and B never."""
        return np.setdiff1d(never_predicted(self.confusion_b), never_predicted(self.confusion_a))

    @cached_property
    def came_back(self) -> NDArray[np.intp]:
        """Labels that occur, that A never predicts and B sometimes."""
        return np.setdiff1d(never_predicted(self.confusion_a), never_predicted(self.confusion_b))

    @cached_property
    def confusions(self) -> list[ConfusionChange]:
        """All confusions that either run has, the most changed first, then the most frequent."""
        n_labels = len(self.labels)
        shape = (n_labels, n_labels)
        wrong_a, wrong_b = (y != self.y_true for y in (self.y_a, self.y_b))
        pair_a, pair_b = wrong_a & (self.y_a != UNPARSED), wrong_b & (self.y_b != UNPARSED)
        of_a, of_b, of_both = (
            np.bincount(self.y_true[which] * n_labels + answers[which], minlength=n_labels**2).reshape(shape)
            for which, answers in ((pair_a, self.y_a), (pair_b, self.y_b), (pair_a & (self.y_a == self.y_b), self.y_a))
        )
        true, predicted = np.nonzero(of_a + of_b)
        a, b, both = of_a[true, predicted], of_b[true, predicted], of_both[true, predicted]
        order = np.lexsort((predicted, true, -(a + b), -abs(b - a)))
        return [
            ConfusionChange(*(int(value) for value in row))
            for row in np.stack([true, predicted, a, b, a - both, b - both, both], axis=1)[order]
        ]

    def behind(self, door: str) -> NDArray[np.intp]:
        """The shared examples behind a door, as indices into the shared examples.

        Args:
            door: a group's name; `label:T`, all examples of a label; `cell:T:P`, those of T that either run answered
                P (P as -1 is unparsed); or `cell:T:P:a` and `cell:T:P:b`, that A or that B did.

        Returns:
            none at all for a door that there is not.
        """
        kind, *rest = door.split(":")
        nothing = np.array([], dtype=np.intp)
        if door in PAIR_GROUPS:
            return np.flatnonzero(self.groups == PAIR_GROUPS.index(door))
        side = rest.pop() if len(rest) == 3 else ""
        try:
            codes = [int(part) for part in rest]
        except ValueError:
            return nothing
        if kind == "label" and len(codes) == 1:
            return np.flatnonzero(self.y_true == codes[0])
        if kind != "cell" or len(codes) != 2 or side not in ("", "a", "b"):
            return nothing
        answered = {"a": self.y_a == codes[1], "b": self.y_b == codes[1]}
        either = answered[side] if side else answered["a"] | answered["b"]
        return np.flatnonzero((self.y_true == codes[0]) & either)


def compare(a: ScoredRun, b: ScoredRun) -> Comparison:
    """Pair two readings by example.

    Raises:
        SpecError: if they cannot be compared: other labels, other scoring, or no example in common.
    """
    at_a, at_b = shared_examples(a, b)
    to_a = np.array([*(a.labels.index(label) for label in b.labels), UNPARSED], dtype=np.int64)
    same_sample = a.record.sample_id == b.record.sample_id
    return Comparison(a, b, at_a, at_b, a.y_true[at_a], a.y_pred[at_a], to_a[b.y_pred[at_b]], same_sample)


def _figures(confusion: Counts) -> dict[str, float]:
    of: Scores = scores(confusion)
    figures = {name: float(getattr(of, name)) for name, _, _ in METRICS if name != "never_predicted"}
    return {**figures, "never_predicted": float(len(never_predicted(confusion)))}


def _metric_row(name: str, title: str, direction: Better, a: float, b: float, interval: Interval) -> MetricRow:
    difference = b - a
    better: BetterRun = ""
    if direction and abs(difference) > 0:
        better = "B" if (difference > 0) == (direction == "higher") else "A"
    low, high = interval = NO_INTERVAL if math.isnan(difference) else interval
    return MetricRow(name, title, a, b, difference, interval, direction, better, low > 0 or high < 0)


def _wilson_of(each: ClassScores) -> Floats:
    return np.stack(wilson(each.true_positives, each.support), axis=1)
