"""How much a person must check, as plain data and as tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.review_found import FoundReview
from evalcore.metrics.decisions.promise import Checked

MOST_STEPS = 1000
"""Of a curve in a table: of one with more, as many evenly spaced by what they answer."""


def as_json(found: FoundReview) -> dict[str, Any]:
    """A review as plain data, without its sentences."""
    return {
        "run": found.scored.record.run_id,
        "n": found.prepared.n,
        "target": found.target,
        "signal": found.signal or None,
        "verified": found.verified,
        "threshold": plain(found.threshold),
        "chosen_on": len(found.prepared.choosing),
        "verified_on": len(found.prepared.checking),
        "promise": _checked(found.promised),
        "estimate": _checked(found.estimate),
        "examples_needed": found.needed,
        "without_signal": found.unsure,
        "per_1000": _per_1000(found),
        "signals": [dict(row) for row in signal_rows(found)],
        "labels": [dict(row) for row in label_rows(found)],
    }


def tables(found: FoundReview) -> dict[str, Rows]:
    """A review as tables."""
    if not found.signal:
        return {}
    named: dict[str, Rows] = {"review_curve": curve_rows(found), "review_signals": signal_rows(found)}
    return named | ({"review_labels": label_rows(found)} if found.labels else {})


def curve_rows(found: FoundReview) -> list[dict[str, Any]]:
    """The risk-coverage curve of all answers."""
    steps = found.prepared.steps[found.signal]
    if len(steps) > MOST_STEPS:
        steps = steps.some(MOST_STEPS)
    columns = (steps.threshold, steps.answered, steps.right, steps.coverage, steps.accuracy)
    names = ("threshold", "answered", "right", "coverage", "accuracy")
    return [dict(zip(names, row, strict=True)) for row in zip(*(of.tolist() for of in columns), strict=True)]


def signal_rows(found: FoundReview) -> list[dict[str, Any]]:
    """Every signal with its AURC."""
    return [
        {
            "signal": one.name,
            "aurc": plain(one.aurc),
            "aurc_low": plain(one.interval[0]),
            "aurc_high": plain(one.interval[1]),
            "difference": plain(one.difference),
            "difference_low": plain(one.difference_interval[0]),
            "difference_high": plain(one.difference_interval[1]),
            "why_not": one.why_not,
        }
        for one in found.signals
    ]


def label_rows(found: FoundReview) -> list[dict[str, Any]]:
    """Each label's threshold."""
    return [
        {"label": found.scored.labels[one.code]}
        | {name: plain(value) for name, value in asdict(one).items() if name != "code"}
        | {"verified": one.verified}
        for one in found.labels
    ]


def _checked(shown: Checked | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    return {
        "n": shown.n,
        "answered": shown.answered,
        "right": shown.right,
        "coverage": plain(shown.coverage),
        "coverage_interval": plain_pair(shown.coverage_interval),
        "to_person": plain(1 - shown.coverage),
        "to_person_interval": plain_pair(shown.person_interval),
        "accuracy": plain(shown.accuracy),
        "accuracy_interval": plain_pair(shown.accuracy_interval),
        "accuracy_at_least": shown.lower,
    }


def _per_1000(found: FoundReview) -> dict[str, Any] | None:
    shown = found.in_use
    if shown is None:
        return None
    share, bounds = 1 - shown.coverage, shown.person_interval
    scales = {"reviews": 1000.0, "hours": 1000 * found.asked.minutes / 60, "price": 1000 * found.asked.price}
    return {
        name: {"value": scale * share, "interval": plain_pair(scale * bound for bound in bounds)}
        for name, scale in scales.items()
    }
