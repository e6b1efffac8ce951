"""A comparison in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from evalcore.analysis.comparison import Comparison
from evalcore.metrics import LEVEL
from evalcore.wording import counted, p_value, points, signed

VerdictKind = Literal["better", "worse", "undecided", "same"]


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison in one sentence.

    Attributes:
        kind: of B against A; `better` and `worse` only where the exact McNemar test's p is below 0.05.
        sentence: with the figures that it is based on.
    """

    kind: VerdictKind
    sentence: str


def verdict(comparison: Comparison) -> Verdict:
    """Whether B differs from A in accuracy, and which difference the comparison could have detected."""
    counts, low, high = comparison.counts, *comparison.interval
    where = f"N = {comparison.n}"
    if not counts.fixed + counts.broken:
        one_answer = comparison.agreement.same == 1 and not counts.both_unparsed
        alike = "answer alike" if one_answer else "are right on the same examples"
        return Verdict(
            "same",
            f"B ±0 points: A and B {alike}, none of {comparison.n} fixed or broken{_could_see(comparison)}.",
        )
    figures = (
        f"B {points(counts.difference)} points, 95 % interval {signed(low)} to {signed(high)}; "
        f"{counts.fixed} fixed, {counts.broken} broken; exact McNemar {p_value(comparison.p)}"
    )
    if comparison.p >= LEVEL:
        # The interval may still exclude 0: Tango's inverts the score test, which is less strict than the exact one.
        near = ", though near: the interval alone leaves out 0" if low > 0 or high < 0 else ""
        return Verdict("undecided", f"{figures}: not distinguishable at {where}{near}{_could_see(comparison)}.")
    if counts.difference > 0:
        return Verdict("better", f"{figures}: B is better at {where}.")
    return Verdict("worse", f"{figures}: B is worse at {where}.")


def shared_note(comparison: Comparison) -> str:
    """How many examples were compared, in one sentence; empty if it was all of both runs."""
    if comparison.n == len(comparison.a.y_true) == len(comparison.b.y_true):
        return ""
    one = comparison.n == 1
    return (
        f"{counted(comparison.n, 'example')} {'is' if one else 'are'} shared by A ({len(comparison.a.y_true)}) and "
        f"B ({len(comparison.b.y_true)}); only {'this one is' if one else 'these are'} compared."
    )


def verdict_as_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain data; NaN stays NaN."""
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
        "metrics": {
            row.name: {"a": row.a, "b": row.b, "difference": row.difference, "interval": list(row.interval)}
            for row in comparison.metrics
        },
    }


def _could_see(comparison: Comparison) -> str:
    smallest = comparison.smallest
    if smallest != smallest:
        return " (so few examples show no difference, however large)"
    return f" (this comparison could see {100 * smallest:.1f} points or more)"
