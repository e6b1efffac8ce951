"""The figures of several runs on one scale: prompt variants, and reference accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, numbers_beside, share_axis, styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.theme import RUN_A, RUN_B, Theme
from evalcore.metrics import TITLES, Interval, Intervals, Scores
from evalcore.wording import interval as in_words
from evalcore.wording import percent

_MACRO_F1 = TITLES["macro_f1_present"]
_ROW_HEIGHT, _VARIANT_HEIGHT, _LABEL_WIDTH = 30, 54, 320
_SHORT_ROW_HEIGHT, _SHORT_WIDTH, _SHORT_CHARS = 26, 190, 30
_NO_INTERVAL = (float("nan"), float("nan"))
_IN_SHORT = {"this run": "", "baseline here": ", baseline", "pinned here": ", pinned", "published": ", published"}
"""The kinds of accuracies, and what is said of each beside its name."""


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
        (name, title, value, *interval, percent(value), in_words(interval))
        for name, of, around in zip(names, scores, intervals, strict=True)
        for title, value, interval in (
            ("Accuracy", of.accuracy, around.accuracy),
            (_MACRO_F1, of.macro_f1_present, around.macro_f1_present),
            ("Unparsed", of.unparsed_rate, around.unparsed_rate),
        )
    ]
    frame = pd.DataFrame(rows, columns=["run", "metric", "value", "low", "high", "shown", "interval"])
    metrics = ["Accuracy", _MACRO_F1, "Unparsed"]
    colour = alt.Color(
        "metric:N",
        scale=alt.Scale(domain=metrics, range=[theme.text, RUN_A, theme.unparsed]),
        legend=alt.Legend(title=None, orient="top", labelLimit=_LABEL_WIDTH),
    )
    shape = alt.Shape("metric:N", scale=alt.Scale(domain=metrics, range=["circle", "diamond", "square"]))
    y = alt.Y(
        "run:N",
        sort=list(names),
        title=None,
        axis=alt.Axis(labelLimit=_LABEL_WIDTH, labelFlush=False, ticks=False, domain=False),
    )
    offset = alt.YOffset("metric:N", sort=metrics)
    x = share_axis()
    tooltip = [
        alt.Tooltip("run:N", title="Run"),
        alt.Tooltip("metric:N", title="Metric"),
        alt.Tooltip("shown:N", title="Value"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    base = alt.Chart(frame).transform_filter("isValid(datum.value)")
    spans = (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=4, opacity=0.4)
        .encode(y=y, yOffset=offset, x="low:Q", x2="high:Q", color=colour)
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, yOffset=offset, x=x, color=colour, shape=shape, tooltip=tooltip
    )
    return styled(alt.layer(spans, points), theme, 60 + _VARIANT_HEIGHT * len(names))


def reference_lines(found: Sequence[AccuracyPoint], theme: Theme) -> alt.LayerChart:
    """Accuracies on one scale: this run, runs here on the same examples, published figures as dashed lines."""
    frame = _frame(found)
    y = named_rows([f"{one.name} · {one.kind}" for one in found], _LABEL_WIDTH)
    x = share_axis("accuracy")
    lines = (
        alt.Chart(frame)
        .transform_filter("datum.kind != 'this run'")
        .mark_rule(strokeDash=[4, 4], opacity=0.5)
        .encode(x=x, color=_kinds(theme))
    )
    numbers = numbers_beside(frame, y, theme)
    return styled(alt.layer(lines, *_marks(frame, x, y, theme), *numbers), theme, 50 + _ROW_HEIGHT * len(found))


def verdict_chart(found: Sequence[AccuracyPoint], theme: Theme) -> alt.LayerChart:
    """The same in short, for the head of a page: one line for each, its number beside its interval.

    Args:
        found: this run, the best baseline, and perhaps the pinned run.
    """
    frame = _frame(found)
    y = named_rows([shortened(f"{one.name}{_IN_SHORT[one.kind]}", _SHORT_CHARS) for one in found], _SHORT_WIDTH)
    x = share_axis()
    numbers = numbers_beside(frame, y, theme)
    return styled(alt.layer(*_marks(frame, x, y, theme), *numbers), theme, 24 + _SHORT_ROW_HEIGHT * len(found))


def _frame(found: Sequence[AccuracyPoint]) -> pd.DataFrame:
    rows = [
        (at, one.name, one.kind, one.accuracy, *(one.interval or _NO_INTERVAL), percent(one.accuracy), one.setup)
        for at, one in enumerate(found)
    ]
    frame = pd.DataFrame(rows, columns=["rank", "name", "kind", "value", "low", "high", "shown", "setup"])
    frame["interval"] = [in_words(one.interval or _NO_INTERVAL) for one in found]
    return frame


def _marks(frame: pd.DataFrame, x: alt.X, y: alt.Y, theme: Theme) -> tuple[alt.Chart, alt.Chart]:
    """Intervals and points, one for each accuracy; the kind decides colour and shape."""
    shapes = ["circle", "diamond", "square", "triangle-up"]
    tooltip = [
        alt.Tooltip("name:N", title="Run"),
        alt.Tooltip("shown:N", title="Accuracy"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("setup:N", title="Setup"),
    ]
    base = alt.Chart(frame)
    spans = (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=6, opacity=0.35)
        .encode(y=y, x="low:Q", x2="high:Q", color=_kinds(theme))
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        y=y,
        x=x,
        color=_kinds(theme),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=list(_IN_SHORT), range=shapes), legend=None),
        tooltip=tooltip,
    )
    return spans, points


def _kinds(theme: Theme) -> alt.Color:
    colours = [RUN_A, theme.text, RUN_B, theme.absent]
    return alt.Color("kind:N", scale=alt.Scale(domain=list(_IN_SHORT), range=colours), legend=None)
