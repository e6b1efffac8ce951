"""The scores of one run on one scale: how far each falls short of the accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, numbers_beside, share_axis, styled
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import TITLES, ClassScores, Intervals, Scores
from evalcore.wording import interval, percent

_ROW_HEIGHT = 34
_LABEL_WIDTH = 240
_OVER_ALL_LABELS, _OF_EACH_LABEL = TITLES["macro_f1_all"], "F1 of each label"


def scores_chart(
    scores: Scores, intervals: Intervals, each: ClassScores, labels: Sequence[str], theme: Theme
) -> alt.LayerChart:
    """The same predictions scored in different ways, on one scale, with a line at the accuracy.

    Args:
        each: of shape (n_labels,), in the order of `labels`.
    """
    rows = [
        ("Accuracy", scores.accuracy, *intervals.accuracy),
        ("Micro-F1", scores.micro_f1, *intervals.micro_f1),
        (TITLES["macro_f1_present"], scores.macro_f1_present, *intervals.macro_f1_present),
        (_OVER_ALL_LABELS, scores.macro_f1_all, *intervals.macro_f1_all),
        (_OF_EACH_LABEL, np.nan, np.nan, np.nan),
        ("Unparsed", scores.unparsed_rate, *intervals.unparsed_rate),
    ]
    frame = pd.DataFrame(rows, columns=["score", "value", "low", "high"])
    frame["shown"] = [percent(value, undefined="") for value in frame["value"]]
    frame["interval"] = [interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)]
    order = [row[0] for row in rows]
    y = alt.Y(
        "score:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=_LABEL_WIDTH, labelFlush=False, ticks=False, domain=False),
    )
    x = share_axis()
    tooltip = [
        alt.Tooltip("score:N", title="Score"),
        alt.Tooltip("shown:N", title="Value"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    base = alt.Chart(frame)
    measured = base.transform_filter("isValid(datum.value)")
    at_accuracy = (
        alt.Chart(pd.DataFrame({"value": [scores.accuracy]}))
        .mark_rule(strokeDash=[4, 4], color=theme.text, opacity=0.45)
        .encode(x=x)
    )
    spans = (
        measured.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=7, color=RUN_A, opacity=0.28)
        .encode(y=y, x="low:Q", x2="high:Q")
    )
    points = measured.mark_point(filled=True, size=110, color=RUN_A, opacity=1).encode(y=y, x=x, tooltip=tooltip)
    numbers = numbers_beside(frame, y, theme)
    strip, ceiling = _class_strip(each, labels, y, x), _ceiling(scores.macro_f1_ceiling, y, theme)
    layers = alt.layer(at_accuracy, spans, strip, ceiling, points, *numbers)
    return styled(layers, theme, 24 + _ROW_HEIGHT * len(rows))


def _class_strip(each: ClassScores, labels: Sequence[str], y: alt.Y, x: alt.X) -> alt.Chart:
    present = each.support > 0
    frame = pd.DataFrame(
        {
            "score": _OF_EACH_LABEL,
            "value": each.f1[present],
            "label": np.array(labels, dtype=object)[present],
            "support": each.support[present],
            "shown": [percent(value) for value in each.f1[present]],
        }
    )
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("shown:N", title="F1"),
        alt.Tooltip("support:Q", title="Examples", format=",d"),
    ]
    return alt.Chart(frame).mark_tick(thickness=2, size=16, color=RUN_A, opacity=0.55).encode(y=y, x=x, tooltip=tooltip)


def _ceiling(ceiling: float, y: alt.Y, theme: Theme) -> alt.LayerChart:
    """A mark at what a perfect model would score on this sample."""
    shown = f"ceiling {percent(ceiling)}" if ceiling < 1 else ""
    frame = pd.DataFrame({"score": [_OVER_ALL_LABELS], "value": [ceiling], "shown": [shown]})
    base = alt.Chart(frame)
    tooltip = alt.Tooltip("shown:N", title="A perfect model on this sample")
    tick = base.mark_tick(thickness=2, size=24, color=theme.pale_text).encode(y=y, x="value:Q", tooltip=tooltip)
    side = {"align": "left", "dx": 6} if ceiling < 0.8 else {"align": "right", "dx": -6}
    text = base.mark_text(fontSize=11, color=theme.text, dy=8, **side).encode(y=y, x="value:Q", text="shown:N")
    return alt.layer(tick, text) if shown else alt.layer(base.mark_point(opacity=0).encode(y=y))
