"""A matrix view -> the ECharts specification of its heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalcore.charts.matrix_drawing import (
    OFF_SCALE,
    UNPARSED_COLUMN,
    Scale,
    Unit,
    draw_matrix,
    error_scale,
    matrix_height,
    shade,
    tooltip_name,
)
from evalcore.charts.theme import Theme
from evalcore.metrics import Floats, MatrixView, Value
from evalcore.wording import percent

OTHER = "… other labels"
_UNITS: dict[Value, Unit] = {
    "count": "examples",
    "by true label": "% of actual label",
    "by predicted label": "% of predictions",
}

Cells = np.ndarray[Any, Any]


def names_of(view: MatrixView, labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of the rows and of the columns."""
    rows = [labels[code] for code in view.codes] + ([OTHER] if len(view.folded) else [])
    return rows, rows + ([UNPARSED_COLUMN] if view.unparsed else [])


def cells(view: MatrixView) -> tuple[Cells, Cells]:
    """Row and column of every cell that is drawn, in the order in which the chart numbers them."""
    rows, columns = np.nonzero(view.counts)
    return rows, columns


def height_of(view: MatrixView) -> int:
    """Pixels of the heat map."""
    return matrix_height(len(view.counts))


def off_scale(view: MatrixView) -> Cells:
    """Which cells are grey, of the shape of `counts`: right answers, and all of the folded labels, which are many pairs
    of labels in one cell. The colour scale belongs to the confusions of two labels, and to unparsed completions."""
    grey = np.eye(*view.counts.shape) > 0
    if len(view.folded):
        other = len(view.codes)
        grey[other, :] = grey[:, other] = True
    return grey


def top_of(view: MatrixView, shown: Floats) -> float:
    """The largest value on the colour scale; 0 if there is no error."""
    return float(shown[~off_scale(view)].max(initial=0.0))


def shades_of(view: MatrixView, shown: Floats, *, log: bool) -> Floats:
    """Where each cell stands on the colour scale, of the shape of `counts`.

    Args:
        shown: the values of the cells, counts or in percent.
    """
    return np.where(off_scale(view), OFF_SCALE, shade(shown, log=log))


def value_scale(view: MatrixView, shown: Floats, value: Value, theme: Theme, *, log: bool) -> Scale:
    """The colours of these values."""
    grey = "right, others" if len(view.folded) else "right"
    return error_scale(top_of(view, shown), _UNITS[value], theme, log=log, grey=grey)


def values_of(view: MatrixView, value: Value) -> Floats:
    """What the cells show: counts, or shares in percent."""
    return view.values(value) * (1 if value == "count" else 100)


def heatmap(
    view: MatrixView,
    labels: Sequence[str],
    theme: Theme,
    *,
    value: Value,
    log: bool,
    highlighted: tuple[int, int] | None,
) -> dict[str, Any]:
    """The specification for `st.echarts_chart`.

    Args:
        value: what the cells show; log: whether the colour is by its logarithm.
        highlighted: row and column of a cell to be outlined, because it was chosen outside of the chart.
    """
    shown = values_of(view, value)
    shades = shades_of(view, shown, log=log)
    row_names, column_names = names_of(view, labels)

    def frame(rows: Cells, columns: Cells) -> pd.DataFrame:
        return _frame(view, shades, rows, columns, row_names, column_names)

    return draw_matrix(
        frame(*cells(view)),
        row_names,
        column_names,
        value_scale(view, shown, value, theme, log=log),
        theme,
        tooltip="{@true}<br/>predicted as {@predicted}<br/>count {@n}: {@of_true} of the actual label, "
        "{@of_predicted} of the predictions<br/>{@reverse}",
        border=theme.highlighted,
        outlined=None if highlighted is None else frame(*(np.array([at]) for at in highlighted)),
    )


def _frame(
    view: MatrixView, shades: Floats, rows: Cells, columns: Cells, row_names: list[str], column_names: list[str]
) -> pd.DataFrame:
    of_true, of_predicted = view.values("by true label"), view.values("by predicted label")
    return pd.DataFrame(
        {
            "x": columns.astype("int16"),
            "y": rows.astype("int16"),
            "shade": shades[rows, columns].round(4),
            "n": view.counts[rows, columns].astype("int32"),
            "of_true": [percent(share) for share in of_true[rows, columns]],
            "of_predicted": [percent(share) for share in of_predicted[rows, columns]],
            "reverse": [
                f"reverse: {view.counts[column, row]:,}" if row != column and column < len(view.counts) else ""
                for row, column in zip(rows, columns, strict=True)
            ],
            "true": [tooltip_name(row_names[row]) for row in rows],
            "predicted": [tooltip_name(column_names[column]) for column in columns],
            "cell": (rows * view.counts.shape[1] + columns).astype(str),
        }
    )
