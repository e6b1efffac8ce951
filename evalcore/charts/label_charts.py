"""Charts with one row for each label: scores with their intervals, and predicted against true frequency."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import FEW_EXAMPLES, ClassScores

_ROW_HEIGHT = 17
_LABEL_WIDTH = 260


def class_chart(table: pd.DataFrame, score: str, theme: Theme) -> alt.LayerChart:
    """A score of each label with its interval, in the order of the table; labels without the score have an empty row.

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
    frame["strength"] = np.where(frame["support"] < FEW_EXAMPLES, 0.4, 1.0)
    y = _label_rows(frame["label"].tolist())
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), title=f"{score}, 95 % interval",
              axis=alt.Axis(format="%", orient="top"))  # fmt: skip
    strength = alt.Opacity("strength:Q", scale=None, legend=None)
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("value:Q", title=score, format=".1%"),
        alt.Tooltip("low:Q", title="from", format=".1%"),
        alt.Tooltip("high:Q", title="to", format=".1%"),
        alt.Tooltip("support:Q", title="Examples"),
    ]
    base = alt.Chart(frame).transform_filter("isValid(datum.value)")
    spans = base.mark_rule(strokeWidth=4, color=RUN_A).encode(
        y=y, x="low:Q", x2="high:Q", opacity=alt.Opacity("faint:Q", scale=None, legend=None)
    )
    spans = spans.transform_calculate(faint="datum.strength * 0.35")
    points = base.mark_point(filled=True, size=55, color=RUN_A).encode(y=y, x=x, opacity=strength, tooltip=tooltip)
    rows = alt.Chart(frame).mark_point(opacity=0).encode(y=y)  # keeps the rows of labels without the score
    return alt.layer(rows, spans, points).properties(height=_ROW_HEIGHT * max(1, len(frame)))


def predicted_against_true(each: ClassScores, labels: Sequence[str], theme: Theme) -> alt.LayerChart:
    """How often each label was answered, rightly and wrongly, against how often it occurs; most answered first.

    Args:
        each: of shape (n_labels,), in the order of `labels`.
    """
    order = np.lexsort((-each.support, -each.predicted))
    names = [labels[code] for code in order]
    wide = pd.DataFrame(
        {
            "rank": np.arange(len(order)),
            "label": names,
            "right": each.true_positives[order],
            "wrong": (each.predicted - each.true_positives)[order],
            "support": each.support[order],
            "predicted": each.predicted[order],
        }
    )
    long = wide.melt(
        id_vars=["rank", "label", "support", "predicted"],
        value_vars=["right", "wrong"],
        var_name="answer",
        value_name="count",
    )
    long["first"] = np.where(long["answer"] == "right", 0, 1)
    y = _label_rows(names)
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("predicted:Q", title="Answered"),
        alt.Tooltip("support:Q", title="Occurs"),
        alt.Tooltip("answer:N", title="This part is"),
        alt.Tooltip("count:Q", title="Count"),
    ]
    bars = (
        alt.Chart(long)
        .mark_bar(height={"band": 0.72})
        .encode(
            y=y,
            x=alt.X("count:Q", title="times answered", axis=alt.Axis(orient="top", tickMinStep=1)),
            color=alt.Color(
                "answer:N",
                scale=alt.Scale(domain=["right", "wrong"], range=[theme.right, theme.wrong]),
                legend=alt.Legend(title=None, orient="top", labelExpr="'answered, ' + datum.label"),
            ),
            order="first:Q",
            tooltip=tooltip,
        )
    )
    occurs = (
        alt.Chart(wide)
        .mark_tick(thickness=2.5, size=_ROW_HEIGHT - 2, color=theme.text)
        .encode(y=y, x="support:Q", tooltip=tooltip[:3])
    )
    return alt.layer(bars, occurs).properties(height=_ROW_HEIGHT * len(order))


def _label_rows(labels: Sequence[str]) -> alt.Y:
    """One row for each label. A row is identified by its rank: two long labels that are cut to the same text must stay
    two rows."""
    # A Vega expression; `<` is escaped because a specification may be part of a page.
    names = json.dumps(list(labels)).replace("<", "\\u003c")
    axis = alt.Axis(
        labelExpr=f"{names}[datum.value]",
        labelLimit=_LABEL_WIDTH,
        labelOverlap=False,
        labelFlush=False,
        labelBound=False,
        ticks=False,
        domain=False,
    )
    return alt.Y("rank:O", title=None, axis=axis)
