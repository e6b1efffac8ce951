"""How much is answered automatically against how much of that is right, at every threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.picking import Item, picking
from evalcore.charts.theme import Theme
from evalcore.metrics.decisions.selective import Steps
from evalcore.wording import percent

_ROUND_TO = 20
"""The axis of the share that is right begins at a whole twentieth."""


@dataclass(frozen=True)
class CoverageCurve:
    """One curve.

    Attributes:
        name: for the legend.
        steps: of the curve, as few as are to be drawn.
        thresholds: of each step, in words.
        colour: of the line.
        dashed: whether it only stands beside the one that counts.
        mark: the step that is in use: an index, or -1 for none.
    """

    name: str
    steps: Steps
    thresholds: Sequence[str]
    colour: str
    dashed: bool = False
    mark: int = -1


def risk_coverage_chart(
    curves: Sequence[CoverageCurve],
    target: float,
    theme: Theme,
    height: int,
    picked: Item | None = None,
    *,
    clickable: bool = True,
) -> alt.LayerChart:
    """Draw the curves, the target, and the thresholds in use.

    Each step of a curve that is not dashed can be clicked: `{"curve": 0, "step": 12}`.

    Args:
        target: share that is to be right, in (0, 1).
        height: in pixels.
        picked: what is picked at first.
        clickable: whether its steps can be clicked.
    """
    frame = pd.concat([_frame(at, curve) for at, curve in enumerate(curves)], ignore_index=True)
    least = min(float(frame["right"].min()) if len(frame) else 1.0, target)
    low = max(0.0, np.floor(_ROUND_TO * least - 1e-9) / _ROUND_TO)
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), title="answered automatically",
              axis=alt.Axis(format="%", tickCount=5))  # fmt: skip
    y = alt.Y("right:Q", scale=alt.Scale(domain=[low, 1]), title="right among these",
              axis=alt.Axis(format="%", tickCount=5))  # fmt: skip
    # The target is named in the legend: beside its line a name would lie over one of the curves.
    wanted = f"target {100 * target:g} %"
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(
            domain=[*(curve.name for curve in curves), wanted], range=[*(curve.colour for curve in curves), theme.text]
        ),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3, labelLimit=260),
    )
    dash = alt.StrokeDash("dashed:N", scale=alt.Scale(domain=[False, True], range=[[1, 0], [4, 3]]), legend=None)
    lines = alt.Chart(frame).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash, detail="curve:N",
                                                             order="step:Q")  # fmt: skip
    line = pd.DataFrame({"right": [target], "name": [wanted]})
    rule = alt.Chart(line).mark_rule(strokeDash=[5, 4], opacity=0.7).encode(y=y, color=colour)
    points = (
        alt.Chart(frame[~frame["dashed"]])
        .mark_point(filled=True, size=28, strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[
                alt.Tooltip("name:N", title="Curve"),
                alt.Tooltip("threshold:N", title="Threshold"),
                alt.Tooltip("shown_value:N", title="Answered automatically"),
                alt.Tooltip("shown_right:N", title="Right among these"),
                alt.Tooltip("counted:N", title="Answers"),
            ],
        )
    )
    if clickable:
        selection = picking(["curve", "step"], picked, nearest=True)
        points = (
            points.mark_point(filled=True, cursor="pointer", strokeWidth=2)
            .encode(
                stroke=alt.condition(selection, alt.value(theme.text), alt.value("transparent"), empty=False),
                size=alt.condition(selection, alt.value(110), alt.value(28), empty=False),
            )
            .add_params(selection)
        )
    marks = frame[frame["mark"]]
    in_use = (
        alt.Chart(marks)
        .mark_point(shape="diamond", size=190, filled=True, stroke=theme.background, strokeWidth=1.5, opacity=1)
        .encode(x=x, y=y, color=colour)
    )
    down = alt.Chart(marks).mark_rule(strokeWidth=1.5, strokeDash=[2, 3]).encode(x=x, color=colour)
    return styled(alt.layer(rule, lines, down, points, in_use), theme, height)


def _frame(at: int, curve: CoverageCurve) -> pd.DataFrame:
    steps = curve.steps
    return pd.DataFrame(
        {
            "curve": at,
            "step": np.arange(len(steps)),
            "name": curve.name,
            "dashed": curve.dashed,
            "value": steps.coverage,
            "right": steps.accuracy,
            "threshold": list(curve.thresholds),
            "shown_value": [percent(share) for share in steps.coverage],
            "shown_right": [percent(share) for share in steps.accuracy],
            "counted": [f"{k:,} of {n:,}" for k, n in zip(steps.right, steps.answered, strict=True)],
            "mark": np.arange(len(steps)) == curve.mark,
        }
    )
