"""Two runs under another label list: whether the winner changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import Comparison
from evalcore.deciding.answer import Rows, plain
from evalcore.deciding.label_list_words import GIVEN_TO_THE_OLD
from evalcore.metrics import (
    UNPARSED,
    Counts,
    Design,
    Interval,
    confusion_counts,
    mcnemar_p,
    paired_intervals,
    scores,
    tango_interval,
)
from evalcore.tasks.label_merge import LabelMerge
from evalcore.wording import counted, interval, percent, points


@dataclass(frozen=True)
class ComparedScores:
    """Two runs on the same examples under one list. A difference is B minus A.

    Attributes:
        labels: how many the list has; n: examples that count.
        accuracy_a, accuracy_b, macro_f1_a, macro_f1_b: shares; NaN without examples.
        gained, lost: examples that only B, that only A gets right.
        accuracy_interval: Tango's 95 %; p: exact McNemar, two-sided.
        macro_f1_interval: 95 %, NaN where there is none; withheld: why.
    """

    labels: int
    n: int
    accuracy_a: float
    accuracy_b: float
    macro_f1_a: float
    macro_f1_b: float
    gained: int
    lost: int
    accuracy_interval: Interval
    p: float
    macro_f1_interval: Interval
    withheld: str

    @property
    def difference(self) -> float:
        """Of the accuracies."""
        return self.accuracy_b - self.accuracy_a

    @property
    def winner(self) -> str:
        """`A` or `B` where the interval leaves out 0, else empty."""
        low, high = self.accuracy_interval
        return "B" if low > 0 else "A" if high < 0 else ""


@dataclass(frozen=True)
class ComparedLabelList:
    """The answer for two runs.

    Attributes:
        comparison: the runs, paired.
        merge: the changed list; codes: shape (n_labels,), the new code of each of A's labels, -1 where it is dropped.
        before, after: under the old and under the new list.
    """

    comparison: Comparison
    merge: LabelMerge
    codes: Counts
    before: ComparedScores
    after: ComparedScores

    @cached_property
    def decided(self) -> NDArray[np.intp]:
        """Shared examples that just one of the two gets right under the old list, and both or none under the new."""
        of, to_new = self.comparison, np.append(self.codes, UNPARSED)
        true, a, b = of.y_true, of.y_a, of.y_b
        one = (a == true) != (b == true)
        alike = (to_new[a] == to_new[true]) == (to_new[b] == to_new[true])
        return np.flatnonzero(one & alike & (to_new[true] >= 0))

    @property
    def sentences(self) -> list[str]:
        """The answer in words."""
        return _sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "merge": {name: list(olds) for name, olds in self.merge.groups if name},
            "dropped": [old for name, olds in self.merge.groups if not name for old in olds],
            "lists": [dict(row) for row in _rows(self)],
        }

    def tables(self) -> dict[str, Rows]:
        """What can be exported."""
        return {"label_list_of_two_runs": _rows(self)}


def compare_lists(comparison: Comparison, merge: LabelMerge) -> ComparedLabelList:
    """Two runs, paired, under another label list.

    Raises:
        SpecError: if the changed list is none.
    """
    codes = merge.codes(comparison.labels)
    true, a, b = comparison.y_true, comparison.y_a, comparison.y_b
    to_new = np.append(codes, UNPARSED)
    kept = codes[true] >= 0
    before = _scores(true, a, b, len(codes), comparison.design)
    after = _scores(to_new[true[kept]], to_new[a[kept]], to_new[b[kept]], int(codes.max()) + 1, comparison.design)
    return ComparedLabelList(comparison, merge, codes, before, after)


def _scores(true: Counts, a: Counts, b: Counts, n_labels: int, design: Design) -> ComparedScores:
    n = len(true)
    gained, lost = int(((b == true) & (a != true)).sum()), int(((a == true) & (b != true)).sum())
    low, high = tango_interval(gained, lost, n)
    of_a, of_b = (scores(confusion_counts(true, answers, n_labels)) for answers in (a, b))
    if n:
        paired = paired_intervals(true, a, b, n_labels, design)
        macro_f1, withheld = paired.difference["macro_f1_present"], paired.withheld
    else:
        macro_f1, withheld = (float("nan"), float("nan")), "No example is left under the new list."
    return ComparedScores(
        n_labels,
        n,
        of_a.accuracy,
        of_b.accuracy,
        of_a.macro_f1_present,
        of_b.macro_f1_present,
        gained,
        lost,
        (float(low), float(high)),
        mcnemar_p(lost, gained),
        macro_f1,
        withheld,
    )


def _sentences(of: ComparedLabelList) -> list[str]:
    """The answer for two runs."""
    if not of.merge:
        return [
            f"Under the list as it is, {_verdict(of.before)}. Change the list to see whether that depends on it.",
        ]
    if not of.after.n:
        return ["All shared examples are of dropped labels.", GIVEN_TO_THE_OLD]
    before, after = of.before.winner, of.after.winner
    if before == after:
        first = "The same run is better under both lists" if before else "Under neither list one of them is better"
    elif before and after:
        first = f"The winner changes from {before} to {after}"
    else:
        first = f"{before} is no longer better" if before else f"{after} becomes better"
    return [
        f"{first}: with {counted(of.after.labels, 'label')}, {_verdict(of.after)};"
        f" with {of.before.labels:,}, {_verdict(of.before)}.",
        GIVEN_TO_THE_OLD,
    ]


def _verdict(of: ComparedScores) -> str:
    bounds = f"{points(of.difference)} points, 95 % interval {interval(of.accuracy_interval, signed=True)}"
    said = f"{of.winner} is better" if of.winner else "A and B cannot be told apart"
    return f"{said} ({percent(of.accuracy_a)} and {percent(of.accuracy_b)}; {bounds})"


def _rows(of: ComparedLabelList) -> Rows:
    """Both lists, a row each."""
    return [
        {
            "list": name,
            "labels": one.labels,
            "n": one.n,
            "accuracy_a": plain(one.accuracy_a),
            "accuracy_b": plain(one.accuracy_b),
            "difference": plain(one.difference),
            "low": plain(one.accuracy_interval[0]),
            "high": plain(one.accuracy_interval[1]),
            "p": one.p,
            "macro_f1_a": plain(one.macro_f1_a),
            "macro_f1_b": plain(one.macro_f1_b),
            "macro_f1_low": plain(one.macro_f1_interval[0]),
            "macro_f1_high": plain(one.macro_f1_interval[1]),
            "better": one.winner,
        }
        for name, one in (("old", of.before), ("new", of.after))
    ]
