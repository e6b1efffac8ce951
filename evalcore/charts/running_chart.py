"""A run at work: what is known of its accuracy so far."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.theme import RUN_A, Theme
from evalcore.wording import interval, percent

_HEIGHT = 120


def running_chart(history: Sequence[tuple[int, float, float, float]], total: int, theme: Theme) -> alt.LayerChart:
    """The accuracy so far with its 95 % interval, which narrows as examples are predicted.

    Args:
        history: number of examples, accuracy and the bounds of its interval, one after the other.
        total: the number of examples there will be.
    """
    frame = pd.DataFrame(history, columns=["n", "accuracy", "low", "high"])
    frame["shown"] = [percent(accuracy) for accuracy in frame["accuracy"]]
    frame["interval"] = [interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)]
    shares = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    x = alt.X("n:Q", scale=alt.Scale(domain=[0, max(1, total)], nice=False), title="examples predicted",
              axis=alt.Axis(format=",d", tickMinStep=1, tickCount=6, grid=False))  # fmt: skip
    y = alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), title=None, axis=shares)
    tooltip = [
        alt.Tooltip("n:Q", title="Examples", format=",d"),
        alt.Tooltip("shown:N", title="Accuracy so far"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    base = alt.Chart(frame)
    band = base.mark_area(color=RUN_A, opacity=0.28).encode(
        x=x, y=alt.Y("low:Q", axis=shares), y2="high:Q", tooltip=tooltip
    )
    line = base.mark_line(color=RUN_A, strokeWidth=2).encode(x=x, y=y, tooltip=tooltip)
    last = alt.Chart(frame.tail(1))
    point = last.mark_point(color=theme.text, filled=True, size=45, opacity=1).encode(x=x, y=y, tooltip=tooltip)
    return styled(alt.layer(band, line, point), theme, _HEIGHT)
