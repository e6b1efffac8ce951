"""The most probable labels of one answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import specification, styled
from evalcore.charts.label_names import EVERY_NAME
from evalcore.charts.theme import Theme
from evalcore.wording import percent

ROW_HEIGHT = 20
_NAME_CHARS, _NAME_WIDTH = 24, 160
_ROOM = 1.9
"""Of the axis, from 0 to beyond 1: the words stand behind a bar of any length."""
_SHORTENED = (
    f"length(datum.value) <= {_NAME_CHARS} ? datum.value"
    f" : slice(datum.value, 0, {_NAME_CHARS // 2 - 1}) + '…' + slice(datum.value, -{_NAME_CHARS // 2})"
)
"""As `label_names.shortened` does it, by the browser."""


def probability_chart(bars: Sequence[tuple[str, float, str]], theme: Theme) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A bar for each label, with its probability and what it is in words, so that no colour has to be told.

    Args:
        bars: label, probability in [0, 1], and what it is: `right`, `predicted`, `true`, or nothing.

    Returns:
        the data, and the Vega-Lite specification. There is nothing of the labels in the latter: where an example
        follows another one, a browser puts other data into the figure that it has, in place of making one.
    """
    colours = {"right": theme.right, "predicted": theme.wrong, "true": theme.right}
    data = pd.DataFrame(
        {
            "label": [label for label, _, _ in bars],
            "share": [share for _, share, _ in bars],
            "shown": [percent(share) for _, share, _ in bars],
            "said": [f"{percent(share)}  {role}".rstrip() for _, share, role in bars],
            "colour": [colours.get(role, theme.absent) for _, _, role in bars],
        }
    )
    data["spoken"] = data["label"] + ": " + data["said"]
    return data, _specification(len(bars), theme)


@lru_cache
def _specification(bars: int, theme: Theme) -> dict[str, Any]:
    names = alt.Axis(labelExpr=_SHORTENED, labelLimit=_NAME_WIDTH, **EVERY_NAME)
    y = alt.Y("label:N", sort=None, title=None, axis=names)
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, _ROOM], nice=False), axis=None)
    tooltip = [alt.Tooltip("label:N", title="Label"), alt.Tooltip("shown:N", title="Probability")]
    base = alt.Chart()
    drawn = base.mark_bar(size=11).encode(
        y=y, x=x, color=alt.Color("colour:N", scale=None), tooltip=tooltip, description="spoken:N"
    )
    words = base.mark_text(align="left", dx=5, fontSize=12, color=theme.text, aria=False).encode(
        y=y, x=x, text="said:N"
    )
    return specification(styled(alt.layer(drawn, words), theme, ROW_HEIGHT * bars).properties(padding=0))
