"""How sure the model is, and whether that can be believed: words, the reliability diagram, temperature."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.analysis import Calibration, calibration_words
from evalcore.metrics import Interval
from evalcore.output.html.tables import Cell, Column, Table, number, share, words
from evalcore.wording import figure, interval, percent


@dataclass(frozen=True)
class Mark:
    """One bin of the reliability diagram.

    Attributes:
        x: its mean confidence. y: the share right. span: its 95 % interval.
        apart: whether the interval does not reach the diagonal.
        said: all of it in words.
    """

    x: float
    y: float
    span: Interval
    apart: bool
    said: str


@dataclass(frozen=True)
class Confidence:
    """What a report says of a run's probabilities.

    Attributes:
        sentences: the most important first.
        marks: of the diagram; empty if no answer has a confidence.
        temperature: scores before and after; None where there is no temperature.
    """

    sentences: list[str]
    marks: list[Mark]
    bins: Table
    temperature: Table | None


def confidence(found: Calibration) -> Confidence:
    """Everything of a calibration, ready to be read."""
    bins = found.bins
    marks, rows = [], []
    for at in range(len(bins)):
        low, high = (float(bound) for bound in bins.interval[at])
        mean, right = float(bins.mean_confidence[at]), float(bins.share_right[at])
        between = f"{figure(100 * bins.low[at], 1)} to {figure(100 * bins.high[at], 1)}"
        marks.append(
            Mark(
                mean,
                right,
                (low, high),
                not low <= mean <= high,
                f"Confidence {between} %: {percent(mean)} on average, {percent(right)} right "
                f"({interval((low, high))}), {int(bins.count[at]):,} answers",
            )
        )
        rows.append(
            [
                words(between, sort=float(bins.low[at])),
                share(mean),
                share(right, (low, high)),
                words(interval((low, high)), tone="muted"),
                number(int(bins.count[at])),
            ]
        )
    columns = [Column("confidence, %"), Column("mean", "number"), Column("right", "number"), Column("95 %", "number"),
               Column("answers", "number")]  # fmt: skip
    table = Table("bins", "Share right by confidence, in bins of about equal size", columns, rows)
    return Confidence(calibration_words(found), marks, table, _temperature(found))


def _temperature(found: Calibration) -> Table | None:
    if found.temperature is None:
        return None
    before, after = found.temperature.before, found.temperature.after
    rows = [
        [words(title), *(Cell(show(getattr(half, name))) for half in (before, after))]
        for title, name, show in (
            ("mean confidence", "mean_confidence", percent),
            ("right", "accuracy", percent),
            ("calibration error", "ece", percent),
            ("Brier score", "brier", figure),
            ("log loss", "log_loss", figure),
        )
    ]
    columns = [Column("score"), Column("before", "number"), Column("after", "number")]
    return Table("temperature", "Scores before and after temperature scaling", columns, rows)
