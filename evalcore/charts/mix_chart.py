"""Two mixes of labels side by side, and scores under each of them."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, Theme
from evalcore.wording import counted, interval, percent

_NAMES, _NAME_CHARS = 165, 24
_ROW_HEIGHT, _SCORE_HEIGHT = 17, 20
_AXIS, _SCALE = 72, 30
"""Pixels of the axis above or below the rows."""
_SAMPLE, _TRAFFIC = "sample", "traffic"
_MARK = "M-0.13,-0.8L0.13,-0.8L0.13,0.8L-0.13,0.8Z"
_MARGIN = 0.03
"""What the axis shows beyond the lowest and the highest interval."""
_NUMBERS, _WIDE = 0.25, 0.4
"""Room for the numbers, as a part of the axis; an axis from which on it has fewer ticks."""


def mix_chart(table: pd.DataFrame, theme: Theme, picked: Item | None = None) -> alt.LayerChart:
    """Each label's share of the traffic as a bar, its share of the sample as a mark, and its recall in words.

    A click picks the `code` of a label (see `picking`).

    Args:
        table: one row a label, in the order in which they are drawn: `code`, `label`, `sample` and `traffic` (shares),
            `low` and `high` of an estimated share (NaN for one that is known), `recall` (NaN without examples),
            `examples`.
    """
    frame = table.assign(
        rank=range(len(table)),
        of_traffic=[percent(share) for share in table["traffic"]],
        of_sample=[percent(share) for share in table["sample"]],
        within=[interval(bounds, undefined="known") for bounds in zip(table["low"], table["high"], strict=True)],
        right=[percent(share) for share in table["recall"]],
        of_examples=[counted(int(n), "example") for n in table["examples"]],
    )
    frame["said"] = [
        f"{right} of {n:,}" if n else "no example" for right, n in zip(frame["right"], frame["examples"], strict=True)
    ]
    frame["end"] = frame[["sample", "traffic", "high"]].max(axis=1)
    widest = float(frame["end"].max()) if len(frame) else 1.0
    y = named_rows([shortened(label, _NAME_CHARS) for label in frame["label"]], _NAMES, _NAMES)
    axis = alt.Axis(format="%" if widest > 0.05 else ".1%", orient="top", tickCount=5)
    # The recall stands beside the bar: room for it at the right of the longest.
    x = alt.X("traffic:Q", title="share of the texts; recall beside it", axis=axis,
              scale=alt.Scale(domain=[0, widest * 1.7], nice=False))  # fmt: skip
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("of_traffic:N", title="Of the traffic"),
        alt.Tooltip("within:N", title="95 % interval"),
        alt.Tooltip("of_sample:N", title="Of the sample"),
        alt.Tooltip("right:N", title="Recall"),
        alt.Tooltip("of_examples:N", title="Examples"),
    ]
    selection = picking(["code"], picked)
    legend = alt.Legend(title=None, orient="bottom", symbolType="square")
    bars = (
        alt.Chart(frame.assign(part=_TRAFFIC))
        .mark_bar(height={"band": 0.62}, cursor="pointer")
        .encode(
            y=y,
            x=x,
            color=alt.Color("part:N", scale=alt.Scale(domain=[_TRAFFIC], range=[RUN_A]), legend=legend),
            opacity=pale_unless_picked(selection),
            tooltip=tooltip,
        )
        .add_params(selection)
    )
    marks = (
        alt.Chart(frame.assign(mark=_SAMPLE))
        .mark_tick(thickness=2.5, size=_ROW_HEIGHT - 3)
        .encode(
            y=y,
            x="sample:Q",
            stroke=alt.Stroke(
                "mark:N",
                scale=alt.Scale(domain=[_SAMPLE], range=[theme.text]),
                legend=alt.Legend(title=None, orient="bottom", symbolType=_MARK),
            ),
            tooltip=tooltip,
        )
    )
    spans = (
        alt.Chart(frame)
        .transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=1.5, color=theme.pale_text, clip=True, aria=False)
        .encode(y=y, x="low:Q", x2="high:Q")
    )
    said = (
        alt.Chart(frame)
        .mark_text(align="left", dx=7, fontSize=11.5, color=theme.text)
        .encode(y=y, x="end:Q", text="said:N")
    )
    layers = alt.layer(bars, spans, marks, said).resolve_scale(color="independent", stroke="independent")
    return styled(layers, theme, _AXIS + _ROW_HEIGHT * max(1, len(frame)))


def mix_scores_chart(
    rows: Sequence[tuple[str, float, tuple[float, float]]], theme: Theme, colours: Sequence[str] = (RUN_A,)
) -> alt.LayerChart:
    """Scores on two mixes, on one scale that shows the part where they are.

    Args:
        rows: name, value and interval of each, in the order in which they are drawn; NaN where there is none.
        colours: of the rows, in turn.
    """
    frame = pd.DataFrame(
        [(name, value, *bounds) for name, value, bounds in rows], columns=["score", "value", "low", "high"]
    )
    frame["rank"] = range(len(frame))
    frame["colour"] = [colours[rank % len(colours)] for rank in frame["rank"]]
    frame["shown"] = [percent(value, undefined="") for value in frame["value"]]
    frame["interval"] = [interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)]
    ends = pd.concat([frame["value"], frame["low"], frame["high"]]).dropna()
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    frame["end"] = high
    y = named_rows(list(frame["score"]), _NAMES, _NAMES)
    # The numbers stand in a column of their own, at the right of all intervals.
    scale = alt.Scale(domain=[max(0.0, low - _MARGIN), high + _MARGIN + _NUMBERS * (high - low + 2 * _MARGIN)])
    values = [tick / 100 for tick in range(0, 101, 5 if high - low < _WIDE else 20)]
    axis = alt.Axis(format="%", values=[tick for tick in values if scale.domain[0] <= tick <= high + _MARGIN])
    tooltip = [
        alt.Tooltip("score:N", title="Score"),
        alt.Tooltip("shown:N", title="Value"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    colour = alt.Color("colour:N", scale=None)
    measured = alt.Chart(frame).transform_filter("isValid(datum.value)")
    spans = (
        measured.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=6, opacity=0.3, aria=False)
        .encode(y=y, x=alt.X("low:Q", scale=scale), x2="high:Q", color=colour)
    )
    points = measured.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, x=alt.X("value:Q", scale=scale, title=None, axis=axis), color=colour, tooltip=tooltip
    )
    numbers = measured.mark_text(align="left", dx=12, fontSize=12, fontWeight=600, color=theme.text).encode(
        y=y, x=alt.X("end:Q", scale=scale), text="shown:N"
    )
    keep = alt.Chart(frame).mark_point(opacity=0).encode(y=y)
    return styled(alt.layer(keep, spans, points, numbers), theme, _SCALE + _SCORE_HEIGHT * max(1, len(frame)))
