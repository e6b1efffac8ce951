"""A whole confusion matrix in small, without names: its pattern at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.theme import Theme
from evalcore.metrics import Counts


def small_matrix(confusion: Counts, labels: Sequence[str], theme: Theme) -> alt.Chart:
    """The confusion matrix as a square picture: true labels downwards, predicted ones across.

    Args:
        confusion: shape (n_labels, n_labels + 1); the column of unparsed completions is not drawn.
        labels: of the rows and columns, in order.
    """
    n = len(labels)
    rows, columns = np.nonzero(confusion[:, :n])
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
