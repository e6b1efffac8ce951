"""The figures of several runs on one scale: prompt variants, and reference accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.theme import RUN_A, RUN_B, Theme
from evalcore.metrics import Interval, Intervals, Scores
from evalcore.wording import percent

_ROW_HEIGHT = 40


class AccuracyPoint(Protocol):
    """One accuracy to be drawn.

    Attributes:
        kind: `this run`, `baseline here`, `pinned here` or `published`, which decides its colour.
        accuracy: in [0, 1]; interval: of it, or None.
        setup: shown when the pointer is on it.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def interval(self) -> Interval | None: ...
    @property
    def setup(self) -> str: ...


def variants_chart(
    names: Sequence[str], scores: Sequence[Scores], intervals: Sequence[Intervals], theme: Theme
) -> alt.LayerChart:
    """Accuracy, macro-F1 and unparsed of several runs, each with its interval, on one scale.

    Args:
        names, scores, intervals: one for each run; the names are all different.
    """
    rows = [
        (at, name, title, value, *interval)
        for at, (name, of, around) in enumerate(zip(names, scores, intervals, strict=True))
        for title, value, interval in (
            ("Accuracy", of.accuracy, around.accuracy),
            ("Macro-F1, present", of.macro_f1_present, around.macro_f1_present),
            ("Unparsed", of.unparsed_rate, around.unparsed_rate),
        )
    ]
    frame = pd.DataFrame(rows, columns=["at", "run", "metric", "value", "low", "high"])
    metrics = ["Accuracy", "Macro-F1, present", "Unparsed"]
    colour = alt.Color(
        "metric:N",
        scale=alt.Scale(domain=metrics, range=[theme.text, theme.absent, theme.unparsed]),
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
    return alt.layer(spans, points).properties(height=max(120, (_ROW_HEIGHT + 14) * len(names)))


def reference_lines(found: Sequence[AccuracyPoint], theme: Theme) -> alt.LayerChart:
    """Accuracies on one scale: this run, runs here on the same examples, published figures as dashed lines."""
    kinds = ["this run", "baseline here", "pinned here", "published"]
    rows = [
        (f"{one.name} · {one.kind}", one.kind, one.accuracy, *(one.interval or (np.nan, np.nan)), one.setup)
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=["name", "kind", "accuracy", "low", "high", "setup"])
    frame["shown"] = [percent(accuracy) for accuracy in frame["accuracy"]]
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=330, ticks=False, domain=False))
    x = alt.X("accuracy:Q", scale=alt.Scale(domain=[0, 1]), title="accuracy", axis=alt.Axis(format="%", tickCount=5))
    colours = [RUN_A, theme.text, RUN_B, theme.absent]
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=None)
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
