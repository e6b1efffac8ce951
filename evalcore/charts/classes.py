"""A reading -> one row for each label: its scores with their intervals and supports, and what it is confused with."""

from __future__ import annotations

from typing import Literal, get_args

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalcore.analysis import FEW, ScoredRun
from evalcore.charts.single import RUN_A, Theme
from evalcore.metrics import absent, never_predicted, off_diagonal, over_predicted, wilson, zero_recall

Standing = Literal["absent from the sample", "never predicted", "zero recall", "over-predicted", "few examples"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
SCORES = ("recall", "precision", "F1")
SORTS = ("data set", "label", *SCORES, "support", "predicted", "predicted / support")

_ROW_HEIGHT = 17
_LABEL_WIDTH = 260


def class_table(scored: ScoredRun) -> pd.DataFrame:
    """One row for each label, in the task's order.

    Shares are in percent, NaN where undefined: recall and F1 of a label that is absent from the sample, precision of
    one that is never predicted. `recall low` and the like are bounds of 95 % intervals: Wilson's for recall and
    precision, and for F1 Wilson's transformed (`score_intervals.f1_intervals`). `taken for` is the label it is most
    often called instead, `taken for it` the one most often called so; empty if there is none.
    """
    each, confusion = scored.per_class, scored.confusion
    errors = off_diagonal(confusion)
    recall_low, recall_high = wilson(each.true_positives, each.support)
    precision_low, precision_high = wilson(each.true_positives, each.predicted)
    f1_low, f1_high = scored.intervals.f1.T
    ratio = np.divide(each.predicted, each.support, out=np.full(len(errors), np.nan), where=each.support > 0)
    return pd.DataFrame(
        {
            "label": list(scored.labels),
            "support": each.support,
            "recall": 100 * each.recall,
            "recall low": 100 * recall_low,
            "recall high": 100 * recall_high,
            "precision": 100 * each.precision,
            "precision low": 100 * precision_low,
            "precision high": 100 * precision_high,
            "F1": 100 * each.f1,
            "F1 low": 100 * f1_low,
            "F1 high": 100 * f1_high,
            "predicted": each.predicted,
            "predicted / support": ratio,
            "taken for": _most(scored, errors),
            "taken for it": _most(scored, errors.T),
            "standing": _standings(scored),
        }
    )


def overall_row(scored: ScoredRun) -> pd.DataFrame:
    """The same for all labels together: means over the labels that are present, with their intervals."""
    s, i = scored.scores, scored.intervals
    nan = float("nan")
    row = {
        "label": f"overall ({s.labels_present} labels present)",
        "support": s.n,
        "recall": 100 * s.balanced_accuracy,
        "recall low": 100 * i.balanced_accuracy[0],
        "recall high": 100 * i.balanced_accuracy[1],
        "precision": 100 * s.macro_precision_present,
        "precision low": nan,
        "precision high": nan,
        "F1": 100 * s.macro_f1_present,
        "F1 low": 100 * i.macro_f1_present[0],
        "F1 high": 100 * i.macro_f1_present[1],
        "predicted": s.n - s.unparsed,
        "predicted / support": (s.n - s.unparsed) / s.n if s.n else nan,
        "taken for": "",
        "taken for it": "",
        "standing": "",
    }
    return pd.DataFrame([row])


def members(scored: ScoredRun, standing: Standing) -> NDArray[np.intp]:
    """Codes of the labels of which a standing holds."""
    confusion = scored.confusion
    if standing == "absent from the sample":
        return absent(confusion)
    if standing == "never predicted":
        return never_predicted(confusion)
    if standing == "zero recall":
        return zero_recall(confusion)
    if standing == "over-predicted":
        return np.sort(over_predicted(confusion))
    support = scored.per_class.support
    return np.flatnonzero((support > 0) & (support < FEW))


def sorted_table(table: pd.DataFrame, by: str, *, descending: bool) -> pd.DataFrame:
    """The table in another order; undefined values come last either way."""
    if by == "data set":
        return table.iloc[::-1] if descending else table
    key = (lambda column: column.str.casefold()) if by == "label" else None
    return table.sort_values(by, ascending=not descending, kind="stable", na_position="last", key=key)


def class_chart(table: pd.DataFrame, score: str, theme: Theme) -> alt.LayerChart:
    """A score of each label with its interval, in the order of the table; absent labels have a row and no mark.

    Args:
        score: one of `SCORES`.
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
    frame["strength"] = np.where(frame["support"] < FEW, 0.4, 1.0)
    names = _vega_list(frame["label"].tolist())
    y = alt.Y("rank:O", title=None, axis=alt.Axis(labelExpr=f"{names}[datum.value]", labelLimit=_LABEL_WIDTH,
              labelOverlap=False, labelFlush=False, labelBound=False, ticks=False, domain=False))  # fmt: skip
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
    rows = alt.Chart(frame).mark_point(opacity=0).encode(y=y)  # so that absent labels keep their row
    return alt.layer(rows, spans, points).properties(height=_ROW_HEIGHT * max(1, len(frame)))


def _most(scored: ScoredRun, errors: NDArray[np.int64]) -> list[str]:
    """For each row the label with the largest count, with the count."""
    return [f"{scored.labels[row.argmax()]} · {row.max()}" if row.any() else "" for row in errors]


def _standings(scored: ScoredRun) -> list[str]:
    said: list[list[str]] = [[] for _ in scored.labels]
    for standing in STANDINGS:
        for code in members(scored, standing):
            said[code].append(standing)
    return [", ".join(standings) for standings in said]


def _vega_list(labels: list[str]) -> str:
    """A Vega expression for a list of strings; `<` is written as an escape, since specs may stand in a page."""
    import json

    return json.dumps(labels).replace("<", "\\u003c")
