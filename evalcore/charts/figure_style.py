"""What all Vega-Lite figures share: letters that can be read on both themes, little room around axes and legends."""

from __future__ import annotations

from typing import TypeVar

import altair as alt
import pandas as pd

from evalcore.charts.theme import Theme

HAS_WIDTH = "isValid(datum.low) && datum.low < datum.high"
"""Of rows with `low` and `high`, those whose interval is drawn."""
_NUMBER_LEFT_FROM = 0.8
Domain = tuple[float, float]
"""Ends of an axis."""
Figure = TypeVar("Figure", alt.Chart, alt.LayerChart)


def styled(figure: Figure, theme: Theme, height: int) -> Figure:
    """The figure, ready to be drawn.

    Args:
        height: in pixels, axes and legend included: Streamlit fits a figure into it.
    """
    letters = {"labelColor": theme.text, "titleColor": theme.text, "labelFontSize": 12, "titleFontSize": 12}
    return (
        figure.properties(height=height)
        .configure_axis(**letters, labelPadding=5, titlePadding=4, gridColor=theme.faint, gridOpacity=0.6)
        .configure_legend(**letters, padding=0, offset=6, symbolOpacity=1)
    )


def share_axis(title: str | None = None, domain: Domain = (0, 1)) -> alt.X:
    """The axis of shares, from 0 to 100 % or of the part that is given, for the field `value`."""
    return alt.X("value:Q", scale=alt.Scale(domain=[*domain]), title=title, axis=alt.Axis(format="%", tickCount=5))


def right_and_wrong(field: str, names: tuple[str, str], theme: Theme) -> tuple[alt.Fill, alt.Stroke]:
    """Fill and outline of bars of what is right and what is wrong, with a legend.

    What is wrong is pale with an outline: told apart by more than the colour.

    Args:
        field: that holds one of the two names.
        names: of what is right, and of what is wrong.
    """
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolStrokeWidth=1.5)
    fills, outlines = [theme.right, theme.wrong_pale], [theme.right, theme.wrong]
    return (
        alt.Fill(f"{field}:N", scale=alt.Scale(domain=[*names], range=fills), legend=legend),
        alt.Stroke(f"{field}:N", scale=alt.Scale(domain=[*names], range=outlines), legend=legend),
    )


def numbers_beside(frame: pd.DataFrame, y: alt.Y, theme: Theme) -> list[alt.Chart]:
    """The number of each row beside its interval, on the side that has the room.

    Args:
        frame: columns `value`, `low` and `high` in [0, 1], `interval` and `shown`, which are words, and that of `y`.
            A row without a value has no number.
    """
    known = frame[frame["value"].notna()]
    left = known["value"] >= _NUMBER_LEFT_FROM
    edge = known["low"].where(left, known["high"]).fillna(known["value"])
    placed = known.drop(columns=["value", "low", "high", "interval"]).assign(edge=edge)
    return [
        alt.Chart(placed[side])
        .mark_text(align=align, dx=dx, fontSize=12, fontWeight=600, color=theme.text)
        .encode(y=y, x="edge:Q", text="shown:N")
        for side, align, dx in ((~left, "left", 9), (left, "right", -9))
        if side.any()
    ]
