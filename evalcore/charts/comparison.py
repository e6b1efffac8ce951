"""Figures for runs held against each other: A blue, B orange. No streamlit, no file access."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from evalcore.analysis import Comparison, OrderEffect, Reference, ScoredRun
from evalcore.charts.single import ABSENT, RUN_A, UNPARSED, Theme
from evalcore.metrics import Counts, Growth

RUN_B = "#e07b1a"
MatrixKind = Literal["A", "B", "B − A"]
UNPARSED_COLUMN = "(unparsed)"

_MAGMA = ("#000004", "#231151", "#5f187f", "#982d80", "#d3436e", "#f8765c", "#febb81", "#fcfdbf")
_AXIS = {"width": 130, "overflow": "truncate", "fontSize": 10}
_ROW_HEIGHT = 40


def matrix_cells(comparison: Comparison, view: MatrixKind, shares: bool) -> pd.DataFrame:
    """The cells of a matrix that are not 0: true and predicted code, counts of both, and the value that is coloured.

    Args:
        shares: colour the share of the true label's examples, in percent, instead of the count.
    """
    a, b = comparison.confusion_a, comparison.confusion_b
    shown: Counts = {"A": a, "B": b}.get(view, b - a)
    rows, columns = np.nonzero(shown)
    support = a.sum(axis=1)
    value = shown[rows, columns].astype(float)
    if shares:
        value = np.round(100 * value / support[rows], 1)
    names = [*comparison.labels, UNPARSED_COLUMN]
    return pd.DataFrame(
        {
            "x": columns.astype("int32"),
            "y": rows.astype("int32"),
            "a": a[rows, columns].astype("int32"),
            "b": b[rows, columns].astype("int32"),
            "value": value,
            "of": support[rows].astype("int32"),
            "true": [names[row] for row in rows],
            "answered": [names[column] for column in columns],
            "cell": [str(at) for at in range(len(rows))],
        }
    )


def matrix_spec(comparison: Comparison, cells: pd.DataFrame, view: MatrixKind, theme: Theme) -> dict[str, Any]:
    """An ECharts heat map of `matrix_cells`: true labels downwards, answers across, zoom by wheel."""
    if view == "B − A":
        most = max(1.0, float(cells["value"].abs().max())) if len(cells) else 1.0
        low, colours = -most, [RUN_A, "#f2f2f2" if theme.magma_reversed else "#20293c", RUN_B]
    else:
        most = max(1.0, float(cells["value"].max())) if len(cells) else 1.0
        low, colours = 0.0, list(reversed(_MAGMA)) if theme.magma_reversed else list(_MAGMA)
    labels = list(comparison.labels)
    zoom = {"type": "inside", "filterMode": "none"}
    axis = {"type": "category", "splitLine": {"show": False}, "axisTick": {"show": False}}
    return {
        "tooltip": {"formatter": "{@true} answered {@answered}<br/>A {@a}, B {@b} of {@of}"},
        "grid": {"left": 5, "right": 20, "top": 10, "bottom": 5, "containLabel": True},
        "dataset": {"source": cells},
        "xAxis": {**axis, "data": [*labels, UNPARSED_COLUMN], "axisLabel": {**_AXIS, "rotate": 60, "interval": 0}},
        "yAxis": {**axis, "data": labels, "inverse": True, "axisLabel": {**_AXIS, "interval": 0}},
        "visualMap": {"min": low, "max": most, "show": False, "dimension": "value", "inRange": {"color": colours}},
        "dataZoom": [{**zoom, "xAxisIndex": 0}, {**zoom, "yAxisIndex": 0}],
        "series": [
            {
                "type": "heatmap",
                "selectedMode": "single",
                "progressive": 0,
                # Without a unique item name ECharts marks a whole column (apache/echarts#18794).
                "encode": {"x": "x", "y": "y", "value": "value", "itemName": "cell"},
                "select": {"itemStyle": {"borderColor": theme.text, "borderWidth": 2}},
            }
        ],
    }


def variants_chart(scored_runs: Sequence[ScoredRun], names: Sequence[str], theme: Theme) -> alt.LayerChart:
    """Accuracy, macro-F1 and unparsed of several runs, each with its interval, on one scale."""
    rows = [
        (at, name, title, value, *interval)
        for at, (scored, name) in enumerate(zip(scored_runs, names, strict=True))
        for title, value, interval in (
            ("Accuracy", scored.scores.accuracy, scored.accuracy_interval),
            ("Macro-F1, present", scored.scores.macro_f1_present, scored.intervals.macro_f1_present),
            ("Unparsed", scored.scores.unparsed_rate, scored.unparsed_interval),
        )
    ]
    frame = pd.DataFrame(rows, columns=["at", "run", "metric", "value", "low", "high"])
    metrics = ["Accuracy", "Macro-F1, present", "Unparsed"]
    colour = alt.Color(
        "metric:N",
        scale=alt.Scale(domain=metrics, range=[theme.text, ABSENT, UNPARSED]),
        legend=alt.Legend(title=None, orient="top"),
    )
    y = alt.Y("run:N", sort=list(names), title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False))
    offset = alt.YOffset("metric:N", sort=metrics)
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), title=None, axis=alt.Axis(format="%", tickCount=5))
    tooltip = [
        alt.Tooltip("run:N", title="Run"),
        alt.Tooltip("metric:N", title="Metric"),
        alt.Tooltip("value:Q", title="Value", format=".1%"),
        alt.Tooltip("low:Q", title="95 % from", format=".1%"),
        alt.Tooltip("high:Q", title="to", format=".1%"),
    ]
    base = alt.Chart(frame)
    spans = base.mark_rule(strokeWidth=4, opacity=0.4).encode(y=y, yOffset=offset, x="low:Q", x2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, yOffset=offset, x=x, color=colour, tooltip=tooltip
    )
    return alt.layer(spans, points).properties(height=max(120, (_ROW_HEIGHT + 14) * len(scored_runs)))


def sample_size_chart(grown: Growth, now: int, theme: Theme) -> alt.LayerChart:
    """Width of the accuracy's interval and smallest visible difference against N; a line where N is now."""
    wide = pd.DataFrame({"n": grown.n, "width": 100 * grown.width, "smallest": 100 * grown.smallest})
    titles = {"width": "width of the accuracy's 95 % interval", "smallest": "smallest difference one could see"}
    long = wide.melt(id_vars=["n"], value_vars=list(titles), var_name="what", value_name="points").dropna()
    long["what"] = long["what"].map(titles)
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(titles.values()), range=[RUN_A, theme.text]),
        legend=alt.Legend(title=None, orient="top", labelLimit=320, columns=1),
    )
    x = alt.X("n:Q", scale=alt.Scale(type="log", nice=False), title="N, number of examples")
    tooltip = [
        alt.Tooltip("n:Q", title="N"),
        alt.Tooltip("what:N", title="What"),
        alt.Tooltip("points:Q", title="Points", format=".1f"),
    ]
    lines = (
        alt.Chart(long)
        .mark_line(point=True, strokeWidth=2)
        .encode(x=x, y=alt.Y("points:Q", title="percentage points"), color=colour, tooltip=tooltip)
    )
    here = alt.Chart(pd.DataFrame({"n": [now], "said": [f"now, N = {now}"]}))
    rule = here.mark_rule(strokeDash=[4, 4], color=theme.text, opacity=0.5).encode(x=x)
    said = here.mark_text(align="left", dx=5, dy=8, color=theme.text, baseline="top").encode(
        x=x, y=alt.value(0), text="said:N"
    )
    return alt.layer(lines, rule, said).properties(height=260)


def label_order_chart(effect: OrderEffect, theme: Theme) -> alt.LayerChart:
    """Each label in each order: its place in the list against how often it was predicted, less its own mean."""
    frame = pd.DataFrame({"place": effect.place.ravel(), "ratio": effect.ratio.ravel()})
    ends = np.array([0.0, 1.0])
    line = pd.DataFrame({"place": ends, "ratio": effect.slope * (ends - effect.place.mean())})
    x = alt.X("place:Q", title="place in the prompt's list (0 first, 1 last)", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("ratio:Q", title="predicted / occurring, centred")
    points = alt.Chart(frame).mark_point(filled=True, size=36, opacity=0.45, color=RUN_A).encode(x=x, y=y)
    slope = alt.Chart(line).mark_line(color=theme.text, strokeWidth=2).encode(x=x, y=y)
    return alt.layer(points, slope).properties(height=300)


def reference_lines(found: Sequence[Reference], theme: Theme) -> alt.LayerChart:
    """Accuracies on one scale: this run, runs here on the same examples, published figures as dashed lines."""
    kinds = ["this run", "baseline here", "pinned here", "published"]
    rows = [
        (f"{one.name} · {one.kind}", one.kind, one.accuracy, *(one.interval or (np.nan, np.nan)), one.setup)
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=["name", "kind", "accuracy", "low", "high", "setup"])
    frame["shown"] = [f"{100 * accuracy:.1f} %" for accuracy in frame["accuracy"]]
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=330, ticks=False, domain=False))
    x = alt.X("accuracy:Q", scale=alt.Scale(domain=[0, 1]), title="accuracy", axis=alt.Axis(format="%", tickCount=5))
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[RUN_A, theme.text, RUN_B, ABSENT]), legend=None)
    tooltip = [
        alt.Tooltip("name:N", title="Run"),
        alt.Tooltip("accuracy:Q", title="Accuracy", format=".1%"),
        alt.Tooltip("setup:N", title="Setup"),
    ]
    base = alt.Chart(frame)
    lines = (
        base.transform_filter("datum.kind != 'this run'")
        .mark_rule(strokeDash=[4, 4], opacity=0.5)
        .encode(x=x, color=colour)
    )
    spans = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=6, opacity=0.35)
        .encode(y=y, x="low:Q", x2="high:Q", color=colour)
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(y=y, x=x, color=colour, tooltip=tooltip)
    numbers = base.mark_text(dy=-11, fontSize=11, color=theme.text).encode(y=y, x=x, text="shown:N")
    return alt.layer(lines, spans, points, numbers).properties(height=60 + _ROW_HEIGHT * len(found))
