"""Runs by what they take and how they score, with a band over those that cannot be told apart from the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, styled
from evalcore.charts.label_names import shortened
from evalcore.charts.name_places import Box, Place, places_of
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, RUN_B, Theme

TOGETHER, APART = "cannot be told apart from the best", "can be told apart"
_LOG_FROM = 100.0
"""From this ratio of the largest to the smallest on, the axis is logarithmic."""
_MARGIN = 0.06
"""Room at the ends of an axis, as a share of what is drawn."""
_ZERO_AT = 1 / 5
"""Where on a logarithmic axis what takes nothing stands, as a share of the smallest that takes anything."""
_NAME_CHARS, _CHAR_WIDTH, _NAME_HEIGHT = 28, 6.2, 13
_LEFT, _BELOW, _ABOVE, _RIGHT = 62, 42, 26, 12
"""Pixels around the marks, for axes and legend."""
_MARK, _RULE = 5, 1
"""Half of the width of a mark, and of the line of its interval, in pixels."""


@dataclass(frozen=True)
class FrontierMark:
    """One run.

    Attributes:
        run: its id.
        name: shown beside the mark where there is room; the first marks get it first.
        effort, score: where it stands; `low`, `high`: the ends of its score's interval, NaN for none.
        shown_effort, shown_score, interval, against: what the pointer shows: of these, and of the difference to the
            best.
        together: whether it cannot be told apart from the best.
        efficient: whether the line of the frontier leads through it.
        role: `A`, `B` or empty: one of the two runs that the page is about.
    """

    run: str
    name: str
    effort: float
    score: float
    low: float
    high: float
    shown_effort: str
    shown_score: str
    interval: str
    against: str
    together: bool
    efficient: bool
    role: str = ""


def frontier_chart(
    marks: Sequence[FrontierMark],
    effort_title: str,
    score_title: str,
    theme: Theme,
    width: int,
    height: int,
    picked: Item | None = None,
    *,
    is_share: bool = True,
) -> alt.LayerChart:
    """Runs as marks: what they take to the right, how they score upwards, so that the best of both is top left.

    Args:
        marks: at least one; those whose name matters most first.
        width, height: in pixels; the width is the least that the figure will have, for the places of names.
        picked: what is picked at first, such as `{"run": "0123456789ab"}`.
        is_share: whether scores are shares, of which more is better; otherwise costs, of which less is.
    """
    effort, score = _effort_axis(marks), _score_axis(marks, is_share)
    frame = _frame(marks, effort, theme)
    x = alt.X("x:Q", title=effort_title, scale=effort.scale, axis=effort.axis)
    y = alt.Y("score:Q", title=score_title, scale=score.scale, axis=score.axis)
    tooltip = [
        alt.Tooltip("name:N", title="Run"),
        alt.Tooltip("shown_score:N", title=score_title),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("shown_effort:N", title=effort_title),
        alt.Tooltip("against:N", title="Against the best"),
    ]
    selection = picking(["run"], picked, nearest=True)
    symbols = {"symbolFillColor": theme.text, "symbolStrokeColor": theme.text, "symbolSize": 70}
    base = alt.Chart(frame)
    spans = base.transform_filter(HAS_WIDTH).mark_rule(strokeWidth=1.5, opacity=0.55)
    points = (
        base.mark_point(filled=True, strokeWidth=1.5, cursor="pointer", opacity=1)
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=[TOGETHER, APART], range=["circle", "triangle-down"]),
                legend=alt.Legend(title=None, orient="top", labelLimit=260, **symbols),
            ),
            color=alt.Color("colour:N", scale=None, legend=None),
            opacity=pale_unless_picked(selection),
            size=alt.condition(selection, alt.value(150), alt.value(80)),
            tooltip=tooltip,
        )
        .add_params(selection)
    )
    layers = [
        _band(marks, alt.Y("low_end:Q", title=score_title, scale=score.scale, axis=score.axis), theme),
        _frontier_line(frame, x, y, theme),
        spans.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=alt.Color("colour:N", scale=None)),
        *_names(*_with_letters(frame, _placed(frame, effort, score, width, height)), x, y),
        points,
    ]
    return styled(alt.layer(*[layer for layer in layers if layer is not None]), theme, height)


@dataclass(frozen=True)
class _Axis:
    """An axis, and what is needed to know where on it a value stands.

    Attributes:
        low, high: its ends; is_log: whether it is logarithmic; upside_down: whether it falls upwards.
        zero: where what takes nothing stands; NaN if nothing does, or 0 has a place of its own.
    """

    scale: alt.Scale
    axis: alt.Axis
    low: float
    high: float
    is_log: bool = False
    upside_down: bool = False
    zero: float = math.nan

    def share(self, value: float) -> float:
        """Where a value stands, from 0 at the low end to 1."""
        low, high, at = (math.log(one) if self.is_log else one for one in (self.low, self.high, value))
        share = (at - low) / (high - low)
        return 1 - share if self.upside_down else share


def _effort_axis(marks: Sequence[FrontierMark]) -> _Axis:
    """From 0; logarithmic where what is taken differs by a factor of more than 100. Then what takes nothing stands at
    the left end, under a 0."""
    some = [mark.effort for mark in marks if mark.effort > 0]
    none = any(not mark.effort > 0 for mark in marks)
    if not some or max(some) / min(some) <= _LOG_FROM:
        high = max(some, default=1.0) * (1 + _MARGIN)
        low = -_MARGIN * high if none else 0.0
        axis = alt.Axis(tickCount=5, format=",~r")
        return _Axis(alt.Scale(domain=[low, high], nice=False, zero=False), axis, low, high)
    zero = min(some) * _ZERO_AT if none else math.nan
    low, high = (zero if none else min(some)) / 1.4, max(some) * 1.6
    decades = [10.0**power for power in range(math.ceil(math.log10(min(some) / 1.3)), math.floor(math.log10(high)) + 1)]
    ticks = ([zero] if none else []) + decades
    shown = f"datum.value < {min(some) / 2!r} && {str(none).lower()} ? '0' : format(datum.value, ',~r')"
    axis = alt.Axis(values=ticks, labelExpr=shown, grid=True)
    return _Axis(alt.Scale(type="log", domain=[low, high], nice=False), axis, low, high, is_log=True, zero=zero)


def _score_axis(marks: Sequence[FrontierMark], is_share: bool) -> _Axis:
    """The part of the scale in which there is anything."""
    drawn = [value for mark in marks for value in (mark.score, mark.low, mark.high) if value == value]
    room = (max(drawn) - min(drawn)) * _MARGIN or 0.05 * (abs(drawn[0]) or 1.0)
    low = max(0.0, min(drawn) - room) if min(drawn) >= 0 else min(drawn) - room
    high = min(1.0, max(drawn) + room) if is_share else max(drawn) + room
    axis = alt.Axis(format="%" if is_share else ",~r", tickCount=5, minExtent=_LEFT - 22)
    scale = alt.Scale(domain=[low, high], nice=False, zero=False, reverse=not is_share)
    return _Axis(scale, axis, low, high, upside_down=not is_share)


def _frame(marks: Sequence[FrontierMark], effort: _Axis, theme: Theme) -> pd.DataFrame:
    colours = {"A": RUN_A, "B": RUN_B}
    return pd.DataFrame(
        {
            "run": [mark.run for mark in marks],
            "name": [mark.name for mark in marks],
            "x": [mark.effort if mark.effort > 0 or math.isnan(effort.zero) else effort.zero for mark in marks],
            "score": [mark.score for mark in marks],
            "low": [mark.low for mark in marks],
            "high": [mark.high for mark in marks],
            "shown_effort": [mark.shown_effort for mark in marks],
            "shown_score": [mark.shown_score for mark in marks],
            "interval": [mark.interval for mark in marks],
            "against": [mark.against for mark in marks],
            "kind": [TOGETHER if mark.together else APART for mark in marks],
            "colour": [colours.get(mark.role, theme.text if mark.together else theme.pale_text) for mark in marks],
            "said": [
                f"{mark.role}  {shortened(mark.name, _NAME_CHARS)}" if mark.role else shortened(mark.name, _NAME_CHARS)
                for mark in marks
            ],
            "role": [mark.role for mark in marks],
            "efficient": [mark.efficient for mark in marks],
        }
    )


def _band(marks: Sequence[FrontierMark], y: alt.Y, theme: Theme) -> alt.Chart | None:
    """From the best score to the worst one that cannot be told apart from it; none for the best alone."""
    scores = [mark.score for mark in marks if mark.together]
    if len(scores) < 2:
        return None
    ends = pd.DataFrame({"low_end": [min(scores)], "high_end": [max(scores)]})
    return alt.Chart(ends).mark_rect(color=theme.right, opacity=0.16, stroke=theme.right).encode(y=y, y2="high_end:Q")


def _frontier_line(frame: pd.DataFrame, x: alt.X, y: alt.Y, theme: Theme) -> alt.Chart | None:
    """A step for each run that no other one beats: what can be had for so much."""
    kept = frame[frame["efficient"]].sort_values("x")[["x", "score"]]
    if len(kept) < 2:
        return None
    line = alt.Chart(kept).mark_line(interpolate="step-after", strokeDash=[4, 3], color=theme.pale_text)
    return line.encode(x=x, y=y)


def _placed(frame: pd.DataFrame, effort: _Axis, score: _Axis, width: int, height: int) -> list[Place | None]:
    """The place of each name; None where there is no room for it."""
    inner = Box(0, 0, width - _LEFT - _RIGHT, height - _ABOVE - _BELOW)
    across = [effort.share(value) * inner.right for value in frame["x"]]
    ends = (frame["low"], frame["high"]) if not score.upside_down else (frame["high"], frame["low"])
    down = [(1 - score.share(value)) * inner.bottom for value in frame["score"]]
    spans = [
        Box(x - _RULE, (1 - score.share(high)) * inner.bottom, x + _RULE, (1 - score.share(low)) * inner.bottom)
        for x, low, high in zip(across, *ends, strict=True)
        if low != high and low == low
    ]
    lengths = [len(said) * _CHAR_WIDTH for said in frame["said"]]
    return places_of(list(zip(across, down, strict=True)), lengths, _NAME_HEIGHT, _MARK, inner, spans)


def _with_letters(frame: pd.DataFrame, placed: Sequence[Place | None]) -> tuple[pd.DataFrame, list[Place | None]]:
    """A run that the page is about has its letter, A or B, where there is no room for its name."""
    alone = [place is None and role != "" for place, role in zip(placed, frame["role"], strict=True)]
    said = [role if only else name for role, name, only in zip(frame["role"], frame["said"], alone, strict=True)]
    letter = Place("left", _MARK + 2, 0)
    return frame.assign(said=said), [letter if only else place for place, only in zip(placed, alone, strict=True)]


def _names(frame: pd.DataFrame, placed: Sequence[Place | None], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The names, one layer for each way in which they lie beside their marks."""
    layers = []
    for place in dict.fromkeys(one for one in placed if one is not None):
        chosen = frame[[one == place for one in placed]][["x", "score", "said", "colour"]]
        written = alt.Chart(chosen).mark_text(
            align=place.align, baseline="middle", dx=place.dx, dy=place.dy, fontSize=11, clip=False
        )
        layers.append(written.encode(x=x, y=y, text="said:N", color=alt.Color("colour:N", scale=None)))
    return layers
