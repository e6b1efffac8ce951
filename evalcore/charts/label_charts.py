"""Charts with one row for each label: scores with their intervals, and its predicted and actual count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import FEW_EXAMPLES, ClassScores
from evalcore.wording import interval, percent

_ROW_HEIGHT = 17
_LABEL_WIDTH, _LABEL_CHARS = 260, 40
_NARROW, _NARROW_CHARS = 150, 22
"""Of the labels beside a short chart."""
_PARTS = ("predicted, right", "predicted, wrong")
_PARTS_WIDTH = 232
"""Pixels that `_PARTS` take in a legend."""
_ACTUAL_MARK = "M-0.13,-0.8L0.13,-0.8L0.13,0.8L-0.13,0.8Z"


def class_chart(table: pd.DataFrame, score: str, theme: Theme) -> alt.LayerChart:
    """A score of each label with its interval, in the order of the table; labels without the score have an empty row.

    A label with few examples has a hollow mark.

    Args:
        table: columns `label`, `support`, and in percent the score, its `low` and its `high` bound, named as `F1`,
            `F1 low` and `F1 high`.
        score: which of them: `recall`, `precision` or `F1`.
    """
    frame = pd.DataFrame(
        {
            "rank": np.arange(len(table)),
            "label": table["label"].to_numpy(),
            "value": table[score].to_numpy() / 100,
            "low": table[f"{score} low"].to_numpy() / 100,
            "high": table[f"{score} high"].to_numpy() / 100,
            "support": table["support"].to_numpy(),
        }
    )
    frame["shown"] = [percent(value) for value in frame["value"]]
    frame["interval"] = [interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)]
    frame["filling"] = np.where(frame["support"] < FEW_EXAMPLES, 0.0, 1.0)
    y = named_rows([shortened(label, _NARROW_CHARS) for label in frame["label"]], _NARROW)
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), title=f"{score}, 95 % interval",
              axis=alt.Axis(format="%", orient="top"))  # fmt: skip
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("shown:N", title=score),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("support:Q", title="Examples", format=",d"),
    ]
    base = alt.Chart(frame).transform_filter("isValid(datum.value)")
    spans = (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=4, color=RUN_A, opacity=0.35)
        .encode(y=y, x="low:Q", x2="high:Q")
    )
    points = base.mark_point(filled=False, fill=RUN_A, stroke=RUN_A, strokeWidth=1.5, size=50, opacity=1).encode(
        y=y, x=x, fillOpacity=alt.FillOpacity("filling:Q", scale=None, legend=None), tooltip=tooltip
    )
    rows = alt.Chart(frame).mark_point(opacity=0).encode(y=y)  # keeps the rows of labels without the score
    return styled(alt.layer(rows, spans, points), theme, 44 + _ROW_HEIGHT * max(1, len(frame)))


def predicted_against_true(
    each: ClassScores, labels: Sequence[str], theme: Theme, rows: int | None = None
) -> alt.LayerChart:
    """How often each label is predicted, rightly and wrongly, and how often it occurs; most predicted first.

    Args:
        each: of shape (n_labels,), in the order of `labels`.
        rows: only so many labels, those whose two counts differ most; None is all.
    """
    order = np.lexsort((-each.support, -each.predicted))
    short = rows is not None and rows < len(order)
    if short:
        differing = np.argsort(-np.abs(each.predicted - each.support), kind="stable")[:rows]
        order = order[np.isin(order, differing)]
    names = [labels[code] for code in order]
    counts = {
        "rank": np.arange(len(order)),
        "label": names,
        "support": each.support[order],
        "predicted": each.predicted[order],
    }
    right = each.true_positives[order]
    parts = pd.concat(
        pd.DataFrame({**counts, "part": part, "count": count, "first": first})
        for first, (part, count) in enumerate(zip(_PARTS, (right, each.predicted[order] - right), strict=True))
    )
    width, chars = (_NARROW, _NARROW_CHARS) if short else (_LABEL_WIDTH, _LABEL_CHARS)
    y = named_rows([shortened(name, chars) for name in names], width, width if short else 0)
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("predicted:Q", title="Predicted", format=",d"),
        alt.Tooltip("support:Q", title="Actual", format=",d"),
    ]
    of_part = [alt.Tooltip("part:N", title="This part is"), alt.Tooltip("count:Q", title="Count", format=",d")]
    # Wrong predictions are pale with an outline: told apart from right ones by more than the colour.
    legend = alt.Legend(title=None, symbolType="square", symbolStrokeWidth=1.5, **_top(0, width if short else 0))
    bars = (
        alt.Chart(parts)
        .transform_filter("datum.count > 0")
        .mark_bar(height={"band": 0.7}, strokeWidth=1.5)
        .encode(
            y=y,
            x=alt.X("count:Q", title=None, axis=alt.Axis(orient="top", tickMinStep=1, format=",d", tickCount=5)),
            fill=alt.Fill(
                "part:N", scale=alt.Scale(domain=list(_PARTS), range=[theme.right, theme.wrong_pale]), legend=legend
            ),
            stroke=alt.Stroke(
                "part:N", scale=alt.Scale(domain=list(_PARTS), range=[theme.right, theme.wrong]), legend=legend
            ),
            order="first:Q",
            tooltip=tooltip + of_part,
        )
    )
    actual = (
        alt.Chart(pd.DataFrame({**counts, "mark": "actual"}))
        .mark_tick(thickness=2.5, size=_ROW_HEIGHT - 2)
        .encode(
            y=y,
            x="support:Q",
            color=alt.Color(
                "mark:N",
                scale=alt.Scale(domain=["actual"], range=[theme.text]),
                legend=alt.Legend(title=None, symbolType=_ACTUAL_MARK, **_top(_PARTS_WIDTH, width if short else 0)),
            ),
            tooltip=tooltip,
        )
    )
    drawn = styled(alt.layer(bars, actual), theme, 46 + _ROW_HEIGHT * len(order))
    return drawn.properties(padding={"left": 0, "right": 5, "top": 26, "bottom": 0}) if short else drawn


def _top(at: int, names_width: int) -> dict[str, Any]:
    """Where a legend stands above the rows: in a narrow chart from the left edge of the names on, where there is room.

    Args:
        at: pixels from there; names_width: pixels of the names, 0 for the usual place.
    """
    if not names_width:
        return {"orient": "top"}
    return {"orient": "none", "direction": "horizontal", "legendX": at - names_width, "legendY": -43}
