"""The confusions that carry the cost, both directions of each beside each other; and what reviews would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import Floats

DIRECTIONS = ("as named", "reverse")
_ROW_HEIGHT, _LEGEND_HEIGHT = 29, 30
_NAME_CHARS, _NAMES_WIDTH = 16, 215
_ROOM = 1.8
"""Of the axis, relative to the longest bar: the words stand behind a bar of any length."""


@dataclass(frozen=True)
class CostBar:
    """One direction of a confusion.

    Attributes:
        rank: of the pair of labels, from 0. name: its two labels, of the direction that is named.
        direction: one of `DIRECTIONS`.
        true, predicted: codes, which tell the bars apart. cost: in sum.
        said: what stands behind the bar, such as `EUR 120.00, 12 times`.
    """

    rank: int
    name: tuple[str, str]
    direction: str
    true: int
    predicted: int
    cost: float
    said: str


def cost_chart(bars: Sequence[CostBar], theme: Theme, picked: Item | None = None) -> alt.LayerChart:
    """A row for each pair of labels, a bar for each direction.

    Args:
        bars: at least one.
        picked: such as `{"true": 3, "predicted": 5}`.
    """
    pairs = {bar.rank: bar.name for bar in bars}
    names = [f"{shortened(true, _NAME_CHARS)} → {shortened(other, _NAME_CHARS)}" for true, other in pairs.values()]
    frame = pd.DataFrame(
        {
            "rank": [bar.rank for bar in bars],
            "from": [bar.name[bar.direction == DIRECTIONS[1]] for bar in bars],
            "to": [bar.name[bar.direction == DIRECTIONS[0]] for bar in bars],
            "direction": [bar.direction for bar in bars],
            "true": [bar.true for bar in bars],
            "predicted": [bar.predicted for bar in bars],
            "cost": [bar.cost for bar in bars],
            "said": [bar.said for bar in bars],
        }
    )
    selection = picking(("true", "predicted"), picked)
    y = named_rows(names, _NAMES_WIDTH)
    offset = alt.YOffset("direction:N", scale=alt.Scale(domain=list(DIRECTIONS), paddingInner=0.05))
    highest = float(frame["cost"].max())
    x = alt.X("cost:Q", scale=alt.Scale(domain=[0, _ROOM * (highest or 1.0)], nice=False), axis=None)
    # The reverse is pale with an outline: told apart by more than the colour.
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolStrokeWidth=1.5)
    base = alt.Chart(frame)
    tooltip = [
        alt.Tooltip("from:N", title="True label"),
        alt.Tooltip("to:N", title="Predicted"),
        alt.Tooltip("said:N", title="Cost"),
    ]
    drawn = (
        base.mark_bar(strokeWidth=1.5, cursor="pointer")
        .encode(
            y=y,
            yOffset=offset,
            x=x,
            fill=alt.Fill(
                "direction:N",
                scale=alt.Scale(domain=list(DIRECTIONS), range=[theme.wrong, theme.wrong_pale]),
                legend=legend,
            ),
            stroke=alt.Stroke(
                "direction:N", scale=alt.Scale(domain=list(DIRECTIONS), range=[theme.wrong, theme.wrong]), legend=legend
            ),
            opacity=pale_unless_picked(selection),
            tooltip=tooltip,
        )
        .add_params(selection)
    )
    words = base.mark_text(align="left", dx=5, fontSize=11, color=theme.text).encode(
        y=y, yOffset=offset, x=x, text="said:N"
    )
    return styled(alt.layer(drawn, words), theme, _LEGEND_HEIGHT + _ROW_HEIGHT * len(pairs))


def review_chart(
    curve: Floats, point: tuple[float, float, str], unit: str, theme: Theme, height: int
) -> alt.LayerChart:
    """The cost against the share of texts that a person answers, and where the chosen threshold lies.

    Args:
        curve: shape (n_points, 2), share in [0, 1] and cost per 1,000 texts.
        point: share, cost, and words beside it.
        unit: of costs; empty for none.
    """
    frame = pd.DataFrame({"share": curve[:, 0], "value": curve[:, 1]})
    title = f"Cost per 1,000 texts{f', {unit}' if unit else ''}"
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5, format="~s"))
    who = "Texts that a person answers, in order of rising confidence"
    x = alt.X("share:Q", title=who, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    line = alt.Chart(frame).mark_line(color=RUN_A, strokeWidth=2).encode(x=x, y=y)
    share, value, said = point
    chosen = alt.Chart(pd.DataFrame({"share": [share], "value": [value], "said": [said]}))
    mark = chosen.mark_point(filled=True, size=90, color=RUN_A, opacity=1).encode(x=x, y=y)
    align, dx = ("left", 9) if share < 0.5 else ("right", -9)
    words = chosen.mark_text(align=align, dx=dx, dy=-10, fontSize=12, fontWeight=600, color=theme.text).encode(
        x=x, y=y, text="said:N"
    )
    return styled(alt.layer(line, mark, words), theme, height)
