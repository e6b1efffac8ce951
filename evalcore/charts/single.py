"""Numbers -> figures. No streamlit, no file access."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from evalcore.analysis import ScoredRun

RUN_A = "#2f6fde"
RIGHT, WRONG, UNPARSED, ABSENT = "#2a9d78", "#d9534f", "#8c6bb8", "#9aa5b5"
"""One colour for each outcome, everywhere, readable on both themes."""

_ROW_HEIGHT = 44
_LABEL_ROW_HEIGHT = 17
_LABEL_WIDTH = 240


@dataclass(frozen=True)
class Theme:
    """The colours of one theme: text, faint lines, an empty cell of the matrix (magma's own zero), a lit one's edge."""

    text: str
    faint: str
    zero: str
    highlighted: str
    magma_reversed: bool


LIGHT = Theme("#131a2a", "#c9d1de", zero="#fdfbf0", highlighted="#0084ff", magma_reversed=True)
DARK = Theme("#e6ebf5", "#38445c", zero="#000004", highlighted="#20d9ff", magma_reversed=False)


def five_readings(scored: ScoredRun, theme: Theme) -> alt.LayerChart:
    """The same predictions read in different ways on one scale: where accuracy stands, and what falls short of it."""
    s, i = scored.scores, scored.intervals
    rows = [
        ("Accuracy", s.accuracy, *scored.accuracy_interval),
        ("Micro-F1", s.micro_f1, *i.micro_f1),
        ("Macro-F1, labels present", s.macro_f1_present, *i.macro_f1_present),
        ("Macro-F1, all labels", s.macro_f1_all, *i.macro_f1_all),
        ("F1 of each label", np.nan, np.nan, np.nan),
        ("Unparsed", s.unparsed / s.n, np.nan, np.nan),
    ]
    frame = pd.DataFrame(rows, columns=["reading", "value", "low", "high"])
    frame["shown"] = [_percent(value) for value in frame["value"]]
    frame["interval"] = [
        f"{_percent(low)} – {_percent(high)}" if np.isfinite(low) else ""
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]
    order = [row[0] for row in rows]
    y = alt.Y("reading:N", sort=order, title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH, ticks=False, domain=False))
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), title=None, axis=alt.Axis(format="%", tickCount=5))
    tooltip = [
        alt.Tooltip("reading:N", title="Reading"),
        alt.Tooltip("shown:N", title="Value"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    base = alt.Chart(frame)
    measured = base.transform_filter("isValid(datum.value)")
    at_accuracy = (
        alt.Chart(pd.DataFrame({"value": [s.accuracy]}))
        .mark_rule(strokeDash=[4, 4], color=theme.text, opacity=0.45)
        .encode(x=x)
    )
    spans = measured.mark_rule(strokeWidth=7, color=RUN_A, opacity=0.28).encode(y=y, x="low:Q", x2="high:Q")
    points = measured.mark_point(filled=True, size=110, color=RUN_A, opacity=1).encode(y=y, x=x, tooltip=tooltip)
    numbers = measured.mark_text(dy=-12, fontSize=11, color=theme.text).encode(y=y, x=x, text="shown:N")
    return alt.layer(
        at_accuracy, spans, _class_strip(scored, y, x), _ceiling(scored, y, theme), points, numbers
    ).properties(height=_ROW_HEIGHT * len(rows))


def _class_strip(scored: ScoredRun, y: alt.Y, x: alt.X) -> alt.Chart:
    present = scored.per_class.support > 0
    frame = pd.DataFrame(
        {
            "reading": "F1 of each label",
            "value": scored.per_class.f1[present],
            "label": np.array(scored.labels, dtype=object)[present],
            "support": scored.per_class.support[present],
        }
    )
    tooltip = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("value:Q", title="F1", format=".1%"),
        alt.Tooltip("support:Q", title="Examples"),
    ]
    return alt.Chart(frame).mark_tick(thickness=2, size=16, color=RUN_A, opacity=0.55).encode(y=y, x=x, tooltip=tooltip)


def _ceiling(scored: ScoredRun, y: alt.Y, theme: Theme) -> alt.LayerChart:
    """Where a perfect model would stand on this sample."""
    ceiling = scored.scores.macro_f1_ceiling
    shown = f"ceiling {_percent(ceiling)}" if ceiling < 1 else ""
    frame = pd.DataFrame({"reading": ["Macro-F1, all labels"], "value": [ceiling], "shown": [shown]})
    base = alt.Chart(frame)
    tooltip = alt.Tooltip("shown:N", title="A perfect model on this sample")
    tick = base.mark_tick(thickness=2, size=24, color=WRONG).encode(y=y, x="value:Q", tooltip=tooltip)
    side = {"align": "left", "dx": 6} if ceiling < 0.8 else {"align": "right", "dx": -6}
    text = base.mark_text(fontSize=11, color=WRONG, dy=8, **side).encode(y=y, x="value:Q", text="shown:N")
    return alt.layer(tick, text) if shown else alt.layer(base.mark_point(opacity=0).encode(y=y))


def predicted_against_true(scored: ScoredRun, theme: Theme) -> alt.LayerChart:
    """How often each label was answered, rightly and wrongly, against how often it occurs; most answered first."""
    each = scored.per_class
    order = np.lexsort((-each.support, -each.predicted))
    labels = [scored.labels[code] for code in order]
    # A row is named by its rank: two long labels that are cut to the same text must stay two rows.
    ranks = np.arange(len(order))
    wide = pd.DataFrame(
        {
            "rank": ranks,
            "label": labels,
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
    y = alt.Y(
        "rank:O",
        title=None,
        axis=alt.Axis(
            labelExpr=f"{_json_list(labels)}[datum.value]",
            labelLimit=_LABEL_WIDTH,
            labelOverlap=False,
            labelFlush=False,
            labelBound=False,
            ticks=False,
            domain=False,
        ),
    )
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
                scale=alt.Scale(domain=["right", "wrong"], range=[RIGHT, WRONG]),
                legend=alt.Legend(title=None, orient="top", labelExpr="'answered, ' + datum.label"),
            ),
            order="first:Q",
            tooltip=tooltip,
        )
    )
    occurs = (
        alt.Chart(wide)
        .mark_tick(thickness=2.5, size=_LABEL_ROW_HEIGHT - 2, color=theme.text)
        .encode(y=y, x="support:Q", tooltip=tooltip[:3])
    )
    return alt.layer(bars, occurs).properties(height=_LABEL_ROW_HEIGHT * len(order))


def small_matrix(scored: ScoredRun, theme: Theme) -> alt.Chart:
    """The confusion matrix as a square picture: true labels downwards, predicted ones across, in the task's order."""
    n = len(scored.labels)
    rows, columns = np.nonzero(scored.confusion[:, :n])
    frame = pd.DataFrame(
        {
            "row": rows,
            "column": columns,
            "count": scored.confusion[rows, columns],
            "true": [scored.labels[row] for row in rows],
            "predicted": [scored.labels[column] for column in columns],
        }
    )
    edges = {"scale": alt.Scale(domain=[0, n], nice=False), "axis": None}
    return (
        alt.Chart(frame)
        .transform_calculate(row_end="datum.row + 1", column_end="datum.column + 1")
        .mark_rect()
        .encode(
            x=alt.X("column:Q", **edges),
            x2="column_end:Q",
            y=alt.Y("row:Q", **{**edges, "scale": alt.Scale(domain=[n, 0], nice=False)}),
            y2="row_end:Q",
            color=alt.Color(
                "count:Q",
                scale=alt.Scale(scheme="magma", reverse=theme.magma_reversed, domainMin=0),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("true:N", title="True"),
                alt.Tooltip("predicted:N", title="Answered"),
                alt.Tooltip("count:Q", title="Examples"),
            ],
        )
        .properties(height=320)
        .configure_view(stroke=theme.faint, fill=theme.zero)
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else ""


def _json_list(labels: list[str]) -> str:
    """A Vega expression for a list of strings; `<` is written as an escape, since specs may stand in a page."""
    import json

    return json.dumps(labels).replace("<", "\\u003c")
