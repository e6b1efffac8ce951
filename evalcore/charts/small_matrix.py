"""A whole confusion matrix in small, without names: its pattern at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.theme import Theme
from evalcore.metrics import Counts, off_diagonal


def small_matrix(confusion: Counts, labels: Sequence[str], theme: Theme) -> alt.Chart:
    """The confusion matrix as a square picture: true labels downwards, predicted ones across, right answers in grey.

    Args:
        confusion: shape (n_labels, n_labels + 1); the column of unparsed completions is not drawn.
        labels: of the rows and columns, in order.
    """
    n = len(labels)
    rows, columns = np.nonzero(confusion[:, :n])
    most = int(off_diagonal(confusion).max(initial=1))
    frame = pd.DataFrame(
        {
            "row": rows,
            "column": columns,
            "count": confusion[rows, columns],
            "true": [labels[row] for row in rows.tolist()],
            "predicted": [labels[column] for column in columns.tolist()],
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
            color=alt.condition(
                "datum.row == datum.column",
                alt.value(theme.diagonal),
                alt.Color(
                    "count:Q",
                    scale=alt.Scale(type="log", base=2, domain=[1, max(2, most)], range=theme.scale, interpolate="rgb"),
                    legend=None,
                ),
            ),
            tooltip=[
                alt.Tooltip("true:N", title="Actual"),
                alt.Tooltip("predicted:N", title="Predicted"),
                alt.Tooltip("count:Q", title="Examples", format=",d"),
            ],
        )
        .properties(height=320)
        .configure_view(stroke=theme.faint, fill=theme.zero)
    )
