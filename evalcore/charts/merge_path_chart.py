"""A path of merges: how many labels are left, and the share of right answers under each list."""

from __future__ import annotations

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.picking import Item, picking
from evalcore.charts.theme import RUN_A, Theme


def merge_path_chart(frame: pd.DataFrame, theme: Theme, height: int, picked: Item | None = None) -> alt.LayerChart:
    """Points on a line from the old list at the left to fewer labels, with the gain's interval and what guessing is.

    Args:
        frame: a row for each list: `step`, `labels`, `accuracy`, `low`, `high`, `guessing` in [0, 1] (NaN where there
            is no interval), and in words `shown`, `gain`, `interval`, `joined`.
        height: in pixels.
        picked: `{"step": number}` of the list that is picked at first.
    """
    x = alt.X(
        "labels:Q",
        scale=alt.Scale(reverse=True, zero=False, nice=False, padding=12),
        title="labels left",
        axis=alt.Axis(tickMinStep=1, format="d"),
    )
    y = alt.Y(
        "accuracy:Q", scale=alt.Scale(domain=[0, 1]), title="right, on the measuring half", axis=alt.Axis(format="%")
    )
    base = alt.Chart(frame)
    band = (
        base.transform_filter("isValid(datum.low) && datum.low < datum.high")
        .mark_area(color=RUN_A, opacity=0.2)
        .encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    )
    line = base.mark_line(color=RUN_A, strokeWidth=2).encode(x=x, y=y)
    guessing = base.mark_line(color=theme.pale_text, strokeDash=[4, 4]).encode(x=x, y="guessing:Q")
    said = base.transform_filter(f"datum.step == {len(frame) - 1}")
    name = said.mark_text(
        align="right", dy=-8, color=theme.pale_text, text="always the most frequent label", fontSize=12
    )
    selection = picking(["step"], picked, nearest=True)
    points = base.mark_circle(color=RUN_A, opacity=1).encode(
        x=x,
        y=y,
        size=alt.condition(selection, alt.value(160), alt.value(45), empty=False),
        tooltip=[
            alt.Tooltip("labels:Q", title="Labels left"),
            alt.Tooltip("shown:N", title="Right"),
            alt.Tooltip("gain:N", title="Gain, points"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("joined:N", title="Last merge"),
        ],
    ).add_params(selection)  # fmt: skip
    return styled(alt.layer(band, guessing, name.encode(x=x, y="guessing:Q"), line, points), theme, height)
