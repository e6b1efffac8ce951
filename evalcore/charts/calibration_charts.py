"""How sure a model is, drawn: confidence against the share right, by bin and by label, and how confidences are spread.

Each figure can be clicked (see `picking`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, Domain, right_and_wrong, share_axis, styled
from evalcore.charts.label_names import shortened
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import Bins, Counts
from evalcore.wording import interval, percent

_LEFT = 40
"""Pixels left of a figure for the numbers of its axis, so that two of them, one below the other, are aligned."""
_NAMED, _NAME_CHARS, _NAME_HEIGHT = 8, 24, 16
"""Labels that are named at most, the letters of a name, and pixels from one to the next."""
_NAMES_RIGHT_UP_TO = 0.66
"""Share of the axis up to which there is room for a name to the right of its mark."""
_MANY = 60
"""Marks from which on they are smaller."""
_MARGIN = 0.004
"""Between two bars, as a share of the axis."""


def reliability_diagram(
    bins: Bins, theme: Theme, height: int, picked: Item | None = None, *, title: str | None = None
) -> alt.LayerChart:
    """The share right of each bin of confidence, with its interval, against the mean confidence in it.

    A dashed line leads from each mark to the diagonal, where the two are equal. A bin whose interval reaches the
    diagonal has a hollow mark: there the difference may be chance.

    Args:
        height: in pixels.
        picked: what is picked at first, such as `{"bin": 3}`.
        title: of the axis of confidence; none where a figure below has it.
    """
    frame = _in_words(
        pd.DataFrame(
            {
                "bin": np.arange(len(bins)),
                "value": bins.mean_confidence,
                "right": bins.share_right,
                "low": bins.interval[:, 0],
                "high": bins.interval[:, 1],
                "count": [f"{count:,}" for count in bins.count],
                "range": [_range(low, high) for low, high in zip(bins.low, bins.high, strict=True)],
            }
        )
    )
    x, y = share_axis(title), _share("right", "share right")
    tooltip = [
        alt.Tooltip("range:N", title="Confidence"),
        alt.Tooltip("shown_value:N", title="Mean"),
        alt.Tooltip("shown_right:N", title="Right"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("count:N", title="Answers"),
    ]
    base = alt.Chart(frame)
    gaps = base.mark_rule(strokeWidth=1.5, strokeDash=[2, 2], color=theme.pale_text)
    layers = alt.layer(
        _diagonal(theme),
        gaps.encode(x=x, y=alt.Y("value:Q"), y2="right:Q"),
        _spans(base, x),
        _points(base, x, y, "bin", picked, tooltip),
    )
    return styled(layers, theme, height)


def confidence_histogram(
    right: Counts, wrong: Counts, theme: Theme, height: int, picked: Item | None = None
) -> alt.LayerChart:
    """How many answers have which confidence: right ones below, wrong ones above them.

    Args:
        right, wrong: shape (n_parts,), how many of them have a confidence in each of these equal parts of [0, 1].
        height: in pixels.
        picked: what is picked at first.
    """
    edges = np.linspace(0, 1, len(right) + 1)
    parts = [
        pd.DataFrame(
            {
                "part": np.arange(len(right)),
                "outcome": outcome,
                "value": edges[:-1] + _MARGIN,
                "to": edges[1:] - _MARGIN,
                "bottom": below,
                "top": np.add(below, counts),
                "range": [f"{interval(bounds, decimals=0)} %" for bounds in pairwise(edges)],
                "shown": [f"{count:,}" for count in counts],
            }
        )
        for outcome, counts, below in (("right", right, np.zeros(len(right), dtype=int)), ("wrong", wrong, right))
    ]
    frame = pd.concat(parts)
    frame = frame[frame["bottom"] < frame["top"]]
    fill, stroke = right_and_wrong("outcome", ("right", "wrong"), theme)
    selection = picking(["part", "outcome"], picked)
    bars = (
        alt.Chart(frame)
        .mark_bar(strokeWidth=1.5, cursor="pointer")
        .encode(
            x=share_axis("confidence"),
            x2="to:Q",
            y=alt.Y("bottom:Q", title="answers", axis=_axis(tickCount=3, tickMinStep=1, format=",d")),
            y2="top:Q",
            fill=fill,
            stroke=stroke,
            opacity=pale_unless_picked(selection),
            tooltip=[
                alt.Tooltip("range:N", title="Confidence"),
                alt.Tooltip("outcome:N", title="These are"),
                alt.Tooltip("shown:N", title="Answers"),
            ],
        )
        .add_params(selection)
    )
    return styled(alt.layer(bars), theme, height)


def label_confidence_chart(
    table: pd.DataFrame,
    names: tuple[str, str],
    sides: tuple[str, str],
    theme: Theme,
    height: int,
    picked: Item | None = None,
) -> alt.LayerChart:
    """What a model says of each label against what comes true.

    Labels whose interval reaches the diagonal have a hollow mark; of the others those farthest from it are named.

    Args:
        table: one row a label: its `code` and `label`; `confidence` and `right` in [0, 1], NaN for a label that
            has none; `low` and `high` of the interval of `right`; `count`, what the row is of.
        names: of `confidence` and of `right`, for the axes.
        sides: what labels above and below the diagonal are.
        height: in pixels.
        picked: what is picked at first, such as `{"code": 3}`.
    """
    known = (table["right"].notna() & table["confidence"].notna()).to_numpy()
    frame = pd.DataFrame(
        {
            "code": table["code"].to_numpy()[known],
            "label": table["label"].to_numpy()[known],
            "value": table["confidence"].to_numpy()[known],
            "right": table["right"].to_numpy()[known],
            "low": table["low"].to_numpy()[known],
            "high": table["high"].to_numpy()[known],
            "count": [f"{count:,}" for count in table["count"].to_numpy()[known]],
        }
    )
    frame = _in_words(frame)
    domain = _domain(frame)
    named = _named(frame, domain, height)
    of_confidence, of_right = names
    x, y = share_axis(of_confidence, domain), _share("right", of_right, domain)
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("shown_value:N", title=of_confidence),
        alt.Tooltip("shown_right:N", title=of_right),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("count:N", title="Count"),
    ]
    base = alt.Chart(frame)
    has_room = named["value"] < domain[0] + _NAMES_RIGHT_UP_TO * (domain[1] - domain[0])
    written = [
        alt.Chart(named[side])
        .mark_text(align=align, dx=dx, fontSize=12, color=theme.text)
        .encode(x=x, y=y, text="name:N")
        for side, align, dx in ((has_room, "left", 8), (~has_room, "right", -8))
        if side.any()
    ]
    layers = alt.layer(_diagonal(theme, sides, domain), _points(base, x, y, "code", picked, tooltip), *written)
    return styled(layers, theme, height)


def _range(low: float, high: float) -> str:
    """`75.1 % to 89.9 %` with more decimals where the two are close, as those of a model that is nearly always sure."""
    between = interval((low, high), undefined="")
    return f"{between.replace(' to ', ' % to ')} %" if between else percent(low)


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Its confidence (`value`), share right and interval in words, and how its mark is drawn."""
    reached = (frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])
    return frame.assign(
        shown_value=[percent(value) for value in frame["value"]],
        shown_right=[percent(value) for value in frame["right"]],
        interval=[interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)],
        filling=np.where(reached, 0.0, 1.0),
        outline=np.where(reached, 0.6, 1.0),
    )


def _domain(frame: pd.DataFrame) -> Domain:
    """The part of both axes in which there are marks, in tenths, and two of them at least."""
    if not len(frame):
        return 0.0, 1.0
    marks = frame[["value", "right"]].to_numpy()
    low, high = np.floor(10 * marks.min()), np.ceil(10 * marks.max())
    low = max(min(low, high - 2), 0)
    return float(low / 10), float(max(high, low + 2) / 10)


def _named(frame: pd.DataFrame, domain: Domain, height: int) -> pd.DataFrame:
    """The marks that are named, those farthest off first, and of two whose names would overlap only the first."""
    beyond = np.maximum(frame["value"] - frame["high"], frame["low"] - frame["value"]).to_numpy()
    rows: list[int] = []
    line = _NAME_HEIGHT / height * (domain[1] - domain[0])
    for at in np.argsort(-beyond, kind="stable"):
        apart = np.abs(frame["right"].iloc[rows] - frame["right"].iloc[at]) > line
        if beyond[at] > 0 and apart.all() and len(rows) < _NAMED:
            rows.append(int(at))
    return frame.iloc[rows].assign(name=[shortened(label, _NAME_CHARS) for label in frame["label"].iloc[rows]])


def _diagonal(
    theme: Theme, sides: tuple[str, str] = ("under-confident", "over-confident"), domain: Domain = (0, 1)
) -> alt.LayerChart:
    """Where confidence and share right are equal, and what lies above and below."""
    # The domain in every layer: one without it would begin the common axis at 0.
    x, y = alt.X("value:Q", scale=alt.Scale(domain=[*domain])), alt.Y("right:Q", scale=alt.Scale(domain=[*domain]))
    line = (
        alt.Chart(pd.DataFrame({"value": domain, "right": domain}))
        .mark_line(color=theme.text, opacity=0.45, strokeDash=[4, 4])
        .encode(x=x, y=y)
    )
    near, far = (domain[0] + share * (domain[1] - domain[0]) for share in (0.03, 0.97))
    corners = pd.DataFrame({"value": [near, far], "right": [far, near], "side": sides})
    words = [
        alt.Chart(corners.iloc[[at]])
        .mark_text(align=align, fontSize=12, fontStyle="italic", color=theme.pale_text)
        .encode(x=x, y=y, text="side:N")
        for at, align in enumerate(("left", "right"))
    ]
    return alt.layer(line, *words)


def _spans(base: alt.Chart, x: alt.X) -> alt.Chart:
    return (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=5, color=RUN_A, opacity=0.3)
        .encode(x=x, y="low:Q", y2="high:Q")
    )


def _points(
    base: alt.Chart, x: alt.X, y: alt.Y, field: str, picked: Item | None, tooltip: list[alt.Tooltip]
) -> alt.Chart:
    """Marks that can be clicked: the nearest one to a click is picked."""
    selection = picking([field], picked, nearest=True)
    size = 60 if len(base.data) <= _MANY else 30
    return (
        base.mark_point(fill=RUN_A, stroke=RUN_A, strokeWidth=1.5, cursor="pointer")
        .encode(
            x=x,
            y=y,
            fillOpacity=alt.FillOpacity("filling:Q", scale=None, legend=None),
            strokeOpacity=alt.StrokeOpacity("outline:Q", scale=None, legend=None),
            opacity=pale_unless_picked(selection),
            size=alt.condition(selection, alt.value(2 * size), alt.value(size)),
            tooltip=tooltip,
        )
        .add_params(selection)
    )


def _share(field: str, title: str, domain: Domain = (0, 1)) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[*domain]), title=title, axis=_axis(format="%", tickCount=5))


def _axis(**options: Any) -> alt.Axis:
    return alt.Axis(minExtent=_LEFT, **options)
