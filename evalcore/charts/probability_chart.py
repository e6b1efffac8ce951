"""The most probable labels of one answer."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.theme import Theme
from evalcore.wording import percent

ROW_HEIGHT = 20
_NAME_CHARS, _NAME_WIDTH = 24, 160
_ROOM = 1.9
"""Of the axis, from 0 to beyond 1: the words stand behind a bar of any length."""


def probability_chart(bars: Sequence[tuple[str, float, str]], theme: Theme) -> alt.LayerChart:
    """A bar for each label, with its probability and what it is in words, so that no colour has to be told.

    Args:
        bars: label, probability in [0, 1], and what it is: `right`, `predicted`, `true`, or nothing.
    """
    colours = {"right": theme.right, "predicted": theme.wrong, "true": theme.right}
    frame = pd.DataFrame(
        {
            "rank": range(len(bars)),
            "label": [label for label, _, _ in bars],
            "share": [share for _, share, _ in bars],
            "shown": [percent(share) for _, share, _ in bars],
            "said": [f"{percent(share)}  {role}".rstrip() for _, share, role in bars],
            "colour": [colours.get(role, theme.absent) for _, _, role in bars],
        }
    )
    y = named_rows([shortened(label, _NAME_CHARS) for label, _, _ in bars], _NAME_WIDTH)
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, _ROOM], nice=False), axis=None)
    tooltip = [alt.Tooltip("label:N", title="Label"), alt.Tooltip("shown:N", title="Probability")]
    base = alt.Chart(frame)
    drawn = base.mark_bar(size=11).encode(y=y, x=x, color=alt.Color("colour:N", scale=None), tooltip=tooltip)
    words = base.mark_text(align="left", dx=5, fontSize=12, color=theme.text).encode(y=y, x=x, text="said:N")
    return styled(alt.layer(drawn, words), theme, ROW_HEIGHT * len(bars)).properties(padding=0)
