"""A comparison in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from evalcore.analysis.compared_calibration import ComparedCalibration
from evalcore.analysis.compared_scores import metric_row
from evalcore.analysis.comparison import Comparison
from evalcore.metrics import LEVEL, NO_INTERVAL, PROBABILITY_METRICS
from evalcore.notebook import card
from evalcore.wording import counted, figure, interval, p_value, points

VerdictKind = Literal["better", "worse", "undecided", "same"]


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison in one sentence.

    Attributes:
        kind: of B against A; `better` and `worse` only where the exact McNemar test's p is below 0.05.
        sentence: with the figures that it is based on, in one line.
        note: where A and B cannot be told apart, which difference could have been; otherwise empty.
    """

    kind: VerdictKind
    sentence: str
    note: str = ""

    def _repr_html_(self) -> str:
        return card(self.sentence, note=self.note)


def verdict(comparison: Comparison) -> Verdict:
    """Whether B differs from A in accuracy; if not, which difference the comparison could have detected.

    The sentence is, for example, `B is better: +40.5 points (33.9 to 46.7) at N = 400 · exact McNemar p < .001`.
    """
    counts, low, high = comparison.counts, *comparison.interval
    size = f"{points(counts.difference)} points ({interval(comparison.interval)}) at N = {comparison.n:,}"
    if not counts.fixed + counts.broken:
        one_answer = comparison.agreement.same == 1 and not counts.both_unparsed
        alike = "give the same answers" if one_answer else "are right on the same examples"
        return Verdict("same", f"A and B {alike}: {size}", _could_see(comparison))
    figures = f"{size} · exact McNemar {p_value(comparison.p)}"
    if comparison.p >= LEVEL:
        # The interval may still exclude 0: Tango's inverts the score test, which is less strict than the exact one.
        near = "It is close: the interval alone leaves out 0. " if low > 0 or high < 0 else ""
        said = f"A and B cannot be told apart: {figures}"
        return Verdict("undecided", said, f"{near}{_could_see(comparison)}")
    better = counts.difference > 0
    return Verdict("better" if better else "worse", f"B is {'better' if better else 'worse'}: {figures}")


def shared_note(comparison: Comparison) -> str:
    """How many examples were compared, in one sentence; empty if it was all of both runs."""
    if comparison.n == len(comparison.a.y_true) == len(comparison.b.y_true):
        return ""
    one = comparison.n == 1
    return (
        f"{counted(comparison.n, 'example')} {'is' if one else 'are'} shared by A ({len(comparison.a.y_true):,}) and "
        f"B ({len(comparison.b.y_true):,}); only {'this one is' if one else 'these are'} compared."
    )


def verdict_as_json(comparison: Comparison, probabilities: ComparedCalibration | None = None) -> dict[str, Any]:
    """A comparison as plain data; NaN stays NaN.

    Args:
        probabilities: of both runs, compared. Without them their metrics are NaN.
    """
    unknown = [metric_row(metric, float("nan"), float("nan"), NO_INTERVAL) for metric in PROBABILITY_METRICS]
    counts, said = comparison.counts, verdict(comparison)
    return {
        "a": comparison.a.record.run_id,
        "b": comparison.b.record.run_id,
        "scoring": comparison.a.scoring,
        "shared": comparison.n,
        "accuracy_a": float((comparison.y_a == comparison.y_true).mean()),
        "accuracy_b": float((comparison.y_b == comparison.y_true).mean()),
        "delta": counts.difference,
        "interval": list(comparison.interval),
        "fixed": counts.fixed,
        "broken": counts.broken,
        "both_right": counts.both_right,
        "wrong_alike": counts.wrong_alike,
        "wrong_differently": counts.wrong_differently,
        "both_unparsed": counts.both_unparsed,
        "mcnemar_p": comparison.p,
        "mde": comparison.smallest,
        "kappa": comparison.agreement.kappa,
        "same_answers": comparison.agreement.same,
        "both_wrong": comparison.agreement.both_wrong,
        "expected_both_wrong": comparison.agreement.expected_both_wrong,
        "verdict": said.kind,
        "sentence": said.sentence,
        "note": said.note,
        "metrics": {
            row.name: {"a": row.a, "b": row.b, "difference": row.difference, "interval": list(row.interval)}
            for row in (*comparison.metrics, *(probabilities.rows if probabilities else unknown))
        },
    }


def _could_see(comparison: Comparison) -> str:
    smallest = comparison.smallest
    if smallest != smallest:
        return "So few examples show no difference, however large."
    return f"This comparison could see a difference of {figure(100 * smallest, 1)} points or more."
