"""The figure of a ladder: the accuracy of each step, and between two steps what the climb changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, numbers_beside, share_axis, styled
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import Interval
from evalcore.wording import counted, interval, percent, points

_ROW_HEIGHT, _LABEL_WIDTH = 26, 190
_LEFT_FROM = 0.55
"""From this accuracy on, the words of a climb stand on the left of it."""


@dataclass(frozen=True)
class Rung:
    """One step of a ladder, with the climb that leads to it.

    Attributes:
        name: of the step; accuracy and interval, which are shares.
        climb: what is done to come from the step before; empty for the first.
        difference, difference_interval: of the accuracies; gained, lost: examples.
    """

    name: str
    accuracy: float
    interval: Interval
    climb: str = ""
    difference: float = 0.0
    difference_interval: Interval = (float("nan"), float("nan"))
    gained: int = 0
    lost: int = 0


def ladder_chart(rungs: Sequence[Rung], theme: Theme) -> alt.LayerChart:
    """Steps from top to bottom on one scale of accuracy, joined by a line; each climb has a row of its own.

    Args:
        rungs: in order; their names, and those of their climbs, all differ.
    """
    order = [name for rung in rungs for name in ([f"↓ {rung.climb}"] if rung.climb else []) + [rung.name]]
    y = alt.Y(
        "row:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=_LABEL_WIDTH, labelFlush=False, ticks=False, domain=False),
    )
    steps = pd.DataFrame(
        {
            "row": [rung.name for rung in rungs],
            "value": [rung.accuracy for rung in rungs],
            "low": [rung.interval[0] for rung in rungs],
            "high": [rung.interval[1] for rung in rungs],
            "shown": [percent(rung.accuracy) for rung in rungs],
            "interval": [interval(rung.interval) for rung in rungs],
        }
    )
    x = share_axis()
    tooltip = [
        alt.Tooltip("row:N", title="Step"),
        alt.Tooltip("shown:N", title="Accuracy"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    base = alt.Chart(steps)
    joined = base.mark_line(color=theme.pale_text, strokeWidth=1.5).encode(y=y, x=x, order="rank:Q")
    joined.data = steps.assign(rank=range(len(steps)))
    spans = (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=7, color=RUN_A, opacity=0.28)
        .encode(y=y, x="low:Q", x2="high:Q")
    )
    marks = base.mark_point(filled=True, size=110, color=RUN_A, opacity=1).encode(y=y, x=x, tooltip=tooltip)
    layers = [joined, spans, marks, *numbers_beside(steps, y, theme), *_climbs(rungs, y, theme)]
    return styled(alt.layer(*layers), theme, 24 + _ROW_HEIGHT * len(order))


def _climbs(rungs: Sequence[Rung], y: alt.Y, theme: Theme) -> list[alt.Chart]:
    """What each climb changes in words, beside the line: bold where its interval leaves out 0."""
    rows = []
    for before, rung in pairwise(rungs):
        low, high = rung.difference_interval
        rows.append(
            {
                "row": f"↓ {rung.climb}",
                "value": (before.accuracy + rung.accuracy) / 2,
                "words": f"{points(rung.difference)} points ({interval((low, high), signed=True)})",
                "gained": counted(rung.gained, "example"),
                "lost": counted(rung.lost, "example"),
                "colour": theme.right_text if low > 0 else theme.wrong_text if high < 0 else theme.text,
                "clear": low > 0 or high < 0,
            }
        )
    frame = pd.DataFrame(rows)
    if frame.empty:
        return []
    tooltip = [
        alt.Tooltip("words:N", title="Difference, 95 % interval"),
        alt.Tooltip("gained:N", title="Gained"),
        alt.Tooltip("lost:N", title="Lost"),
    ]
    return [
        alt.Chart(frame[chosen])
        .mark_text(align=align, dx=dx, fontSize=12, fontWeight=700 if clear else 400)
        .encode(y=y, x="value:Q", text="words:N", color=alt.Color("colour:N", scale=None), tooltip=tooltip)
        for left, align, dx in ((False, "left", 12), (True, "right", -12))
        for clear in (False, True)
        for chosen in [((frame["value"] >= _LEFT_FROM) == left) & (frame["clear"] == clear)]
        if chosen.any()
    ]
