"""What all Vega-Lite figures share: letters that can be read on both themes, little room around axes and legends."""

from __future__ import annotations

from typing import Any, TypeVar

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


def specification(figure: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """The figure in Vega-Lite, with its tables as they are. Altair takes a hundredth of a second or two for that, so it
    should be made once.

    Altair itself hands tables to a converter that is one for all threads, and that Streamlit replaces while it draws.
    """
    tables: list[pd.DataFrame] = []

    def without_tables(part: Any) -> Any:
        part = part.copy(deep=False)
        if isinstance(part.data, pd.DataFrame):
            at = next((at for at, table in enumerate(tables) if table is part.data), len(tables))
            tables[at:] = tables[at:] or [part.data]
            part.data = alt.NamedData(name=f"table{at}")
        if isinstance(part, alt.LayerChart):
            part.layer = [without_tables(layer) for layer in part.layer]
        return part

    # The tests hold figures against Vega-Lite's schema, for which Altair takes half of the time.
    made: dict[str, Any] = without_tables(figure).to_dict(validate=False)
    for size in ("continuousWidth", "continuousHeight"):  # which Altair gives a figure that has none
        made["config"].get("view", {}).pop(size, None)
    if tables:
        made["datasets"] = {f"table{at}": table for at, table in enumerate(tables)}
    return made


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
