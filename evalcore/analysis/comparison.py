"""Two runs, compared on the examples that both have answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.compared_scores import (
    ClassRows,
    ConfusionChange,
    MetricRow,
    class_rows,
    confusion_changes,
    metric_rows,
)
from evalcore.analysis.paired_answers import BOTH_WRONG, PairedAnswers
from evalcore.analysis.pairing import shared_examples
from evalcore.analysis.scored_run import ScoredRun, design_of
from evalcore.metrics import (
    PAIR_GROUPS,
    UNPARSED,
    Agreement,
    ClassScores,
    Counts,
    Design,
    PairedIntervals,
    agreement,
    confusion_counts,
    metric_values,
    never_predicted,
    paired_intervals,
    per_class,
    scores_of_classes,
)
from evalcore.notebook import Shown


@dataclass(frozen=True, repr=False)
class Comparison(PairedAnswers, Shown):
    """Two scored runs, paired by example. A is the reference; a difference is B minus A.

    Attributes:
        a, b: the runs, under the same scoring.
        at_a, at_b: shape (n_shared,), indices into the answers of A and of B of each shared example.
        y_true, y_a, y_b: codes into `labels`.
        same_sample: whether both runs are on the same sample.
    """

    a: ScoredRun
    b: ScoredRun
    at_a: NDArray[np.int64]
    at_b: NDArray[np.int64]
    same_sample: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in A's order."""
        return self.a.labels

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
        """How the shared examples were drawn: like the run that has no other examples."""
        whole = [r.record for r in (self.a, self.b) if len(r.y_true) == self.n]
        return "stratified" if any(design_of(record) == "stratified" for record in whole) else "random"

    @cached_property
    def agreement(self) -> Agreement:
        """How alike the two runs' answers are."""
        return agreement(self.y_true, self.y_a, self.y_b)

    @cached_property
    def metrics(self) -> list[MetricRow]:
        """Every metric of both runs, with the difference and its interval."""
        of_a, of_b = scores_of_classes(self._class_scores[0]), scores_of_classes(self._class_scores[1])
        intervals = dict(self.intervals.difference)
        low, high = intervals["macro_f1_present"]
        # The labels that the sample holds are taken as given, as for one run.
        intervals["macro_f1_all"] = low * of_a.macro_f1_ceiling, high * of_a.macro_f1_ceiling
        intervals["accuracy"] = self.interval  # the one that the verdict states
        a, b = self._class_scores
        return metric_rows(metric_values(of_a, a), metric_values(of_b, b), intervals)

    @cached_property
    def _class_scores(self) -> tuple[ClassScores, ClassScores]:
        return per_class(self.confusion_a), per_class(self.confusion_b)

    @cached_property
    def classes(self) -> ClassRows:
        """Each label under both runs."""
        return class_rows(self.y_true, self.y_a, self.y_b, *self._class_scores, self.intervals)

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
        return confusion_changes(self.y_true, self.y_a, self.y_b, len(self.labels))

    def rows_of(self, selection: str) -> NDArray[np.intp]:
        """Some of the shared examples.

        Args:
            selection: a group of `PAIR_GROUPS`, or `both_wrong`; `label:T`, all examples of a label; `predicted:P`,
                those that either run predicted P for (P as -1 is unparsed); `cell:T:P`, those of T that either run
                predicted P for; or, of these, `predicted:P:a` and `cell:T:P:a`, that A did, and with `b` that B did.

        Returns:
            Indices into the shared examples, ascending; none for a selection that does not exist.
        """
        if selection in (*PAIR_GROUPS, BOTH_WRONG):
            return super().rows_of(selection)
        kind, *rest = selection.split(":")
        run = rest.pop() if rest and rest[-1] in ("a", "b") else ""
        try:
            codes = [int(part) for part in rest]
        except ValueError:
            codes = []
        if kind == "label" and len(codes) == 1 and not run:
            return np.flatnonzero(self.y_true == codes[0])
        if (kind, len(codes)) not in (("predicted", 1), ("cell", 2)):
            return np.array([], dtype=np.intp)
        predicted = {"a": self.y_a == codes[-1], "b": self.y_b == codes[-1]}
        either = predicted[run] if run else predicted["a"] | predicted["b"]
        return np.flatnonzero(either if kind == "predicted" else (self.y_true == codes[0]) & either)


def compare(a: ScoredRun, b: ScoredRun) -> Comparison:
    """Pair two scored runs by example.

    Raises:
        SpecError: if the labels or the scorings differ, or no example is common to both.
    """
    at_a, at_b = shared_examples(a, b)
    to_a = np.array([*(a.labels.index(label) for label in b.labels), UNPARSED], dtype=np.int64)
    same_sample = a.record.sample_id == b.record.sample_id
    return Comparison(
        a.y_true[at_a], a.y_pred[at_a], to_a[b.y_pred[at_b]], a=a, b=b, at_a=at_a, at_b=at_b, same_sample=same_sample
    )
