"""A scored run -> one row for each label: its scores with their intervals and supports, and its main confusions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import (
    FEW_EXAMPLES,
    absent,
    never_predicted,
    off_diagonal,
    over_predicted,
    ratio_or_nan,
    wilson,
    zero_recall,
)
from evalcore.wording import counted

if TYPE_CHECKING:
    import pandas as pd

LabelStatus = Literal["absent from the sample", "never predicted", "zero recall", "over-predicted", "few examples"]
LABEL_STATUSES: tuple[LabelStatus, ...] = get_args(LabelStatus)
CLASS_SCORES = ("recall", "precision", "F1")
CLASS_ORDERS = ("data set", "label", *CLASS_SCORES, "support", "predicted", "predicted / support")
"""The orders that `sorted_table` knows."""


def class_table(scored: ScoredRun) -> pd.DataFrame:
    """One row for each label, in the task's order.

    Shares are in percent, NaN where undefined: recall and F1 of a label that is absent from the sample, precision of
    one that is never predicted. `recall low` and the like are bounds of 95 % intervals: Wilson's for recall and
    precision, and for F1 Wilson's transformed (`metrics.intervals_single.f1_intervals`). `taken for` is the label that
    its examples are most often predicted as instead, `taken for it` the one whose examples are most often predicted
    as it, each with the count; empty if there is none. `standing` lists the statuses that apply.
    """
    import pandas as pd  # takes a quarter of a second, which the command line is spared

    each, confusion = scored.per_class, scored.confusion
    errors = off_diagonal(confusion)
    recall_low, recall_high = wilson(each.true_positives, each.support)
    precision_low, precision_high = wilson(each.true_positives, each.predicted)
    f1_low, f1_high = scored.intervals.f1.T
    return pd.DataFrame(
        {
            "label": list(scored.labels),
            "support": each.support,
            "recall": 100 * each.recall,
            "recall low": 100 * recall_low,
            "recall high": 100 * recall_high,
            "precision": 100 * each.precision,
            "precision low": 100 * precision_low,
            "precision high": 100 * precision_high,
            "F1": 100 * each.f1,
            "F1 low": 100 * f1_low,
            "F1 high": 100 * f1_high,
            "predicted": each.predicted,
            "predicted / support": ratio_or_nan(each.predicted, each.support),
            "taken for": _most(scored, errors),
            "taken for it": _most(scored, errors.T),
            "standing": _statuses(scored),
        }
    )


def overall_row(scored: ScoredRun) -> pd.DataFrame:
    """The same columns for all labels together: means over the labels in the sample, with their intervals; one row."""
    import pandas as pd

    s, i = scored.scores, scored.intervals
    nan = float("nan")
    row = {
        "label": f"overall ({counted(s.labels_present, 'label')} in the sample)",
        "support": s.n,
        "recall": 100 * s.balanced_accuracy,
        "recall low": 100 * i.balanced_accuracy[0],
        "recall high": 100 * i.balanced_accuracy[1],
        "precision": 100 * s.macro_precision_present,
        "precision low": nan,
        "precision high": nan,
        "F1": 100 * s.macro_f1_present,
        "F1 low": 100 * i.macro_f1_present[0],
        "F1 high": 100 * i.macro_f1_present[1],
        "predicted": s.n - s.unparsed,
        "predicted / support": (s.n - s.unparsed) / s.n if s.n else nan,
        "taken for": "",
        "taken for it": "",
        "standing": "",
    }
    return pd.DataFrame([row])


def labels_with(scored: ScoredRun, status: LabelStatus) -> NDArray[np.intp]:
    """Codes of the labels that have a status, ascending; shape (n_found,)."""
    confusion, support = scored.confusion, scored.per_class.support
    match status:
        case "absent from the sample":
            return absent(confusion)
        case "never predicted":
            return never_predicted(confusion)
        case "zero recall":
            return zero_recall(confusion)
        case "over-predicted":
            return np.sort(over_predicted(confusion))
        case "few examples":
            return np.flatnonzero((support > 0) & (support < FEW_EXAMPLES))


def sorted_table(table: pd.DataFrame, by: str, *, descending: bool) -> pd.DataFrame:
    """The table in another order; undefined values come last in both directions.

    Args:
        by: one of `CLASS_ORDERS`.
    """
    if by == "data set":
        return table.iloc[::-1] if descending else table
    key = (lambda column: column.str.casefold()) if by == "label" else None
    return table.sort_values(by, ascending=not descending, kind="stable", na_position="last", key=key)


def _most(scored: ScoredRun, errors: NDArray[np.int64]) -> list[str]:
    """For each row the label with the largest count, with the count."""
    return [f"{scored.labels[row.argmax()]} · {row.max()}" if row.any() else "" for row in errors]


def _statuses(scored: ScoredRun) -> list[str]:
    of_label: list[list[str]] = [[] for _ in scored.labels]
    for status in LABEL_STATUSES:
        for code in labels_with(scored, status):
            of_label[code].append(status)
    return [", ".join(statuses) for statuses in of_label]
