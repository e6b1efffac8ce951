"""A matrix view -> the ECharts specification of its heat map. Plain data, without any script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalcore.charts.pair_matrix import UNPARSED_COLUMN
from evalcore.charts.theme import Theme
from evalcore.metrics import MatrixView, Value

OTHER = "… other labels"
WIDE_FROM = 42
"""Rows from which the matrix needs the page's whole width."""

_GUTTER = 165
_EDGE = 8
NARROW_WIDTH, _FULL_WIDTH = 650, 1030
_CELL_PX = (10.0, 34.0)
_NAME_CHARS = 80
"""Of a label in a tooltip: it is sent once for every cell."""


def names_of(view: MatrixView, labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of the rows and of the columns."""
    rows = [labels[code] for code in view.codes] + ([OTHER] if len(view.folded) else [])
    return rows, rows + ([UNPARSED_COLUMN] if view.unparsed else [])


def cells(view: MatrixView) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Row and column of every cell that is drawn, in the order in which the chart numbers them."""
    rows, columns = np.nonzero(view.counts)
    return rows, columns


def height_of(view: MatrixView) -> int:
    """Pixels, so that cells are about square and every row has room for its label."""
    rows, columns = view.counts.shape
    width = _FULL_WIDTH if rows >= WIDE_FROM else NARROW_WIDTH
    cell = min(max((width - _GUTTER - _EDGE) / columns, _CELL_PX[0]), _CELL_PX[1])
    return int(_GUTTER + _EDGE + cell * rows)


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
    shown = view.values(value)
    shade = np.log10(1 + shown * (1 if value == "count" else 100)) if log else shown
    rows, columns = cells(view)
    row_names, column_names = names_of(view, labels)
    dense = len(column_names) > WIDE_FROM
    colours = [theme.zero, *theme.magma[1:]]
    series = {
        "type": "heatmap",
        "progressive": 0,
        "selectedMode": "single",
        # Without a name of its own for each cell, ECharts selects the whole column (apache/echarts#18794).
        "encode": {"x": "x", "y": "y", "value": "shade", "itemName": "cell"},
        "select": {"itemStyle": {"borderColor": theme.highlighted, "borderWidth": 2.5}},
        "emphasis": {"itemStyle": {"borderColor": theme.highlighted, "borderWidth": 1}},
    }
    datasets = [{"source": _frame(view, shown, shade, rows, columns, row_names, column_names)}]
    all_series: list[dict[str, Any]] = [series]
    if highlighted is not None:
        row, column = (np.array([at]) for at in highlighted)
        datasets.append({"source": _frame(view, shown, shade, row, column, row_names, column_names)})
        outline = {"borderColor": theme.highlighted, "borderWidth": 2.5, "borderType": "dashed"}
        # The same cell in the same colour, outlined; it takes no clicks.
        all_series.append({**series, "datasetIndex": 1, "selectedMode": False, "silent": True, "itemStyle": outline})
    zoom = {"type": "inside", "filterMode": "none"}
    return {
        "animation": False,
        "tooltip": {
            "formatter": "{@true} → {@predicted}<br/>{@n} examples · {@of_true} % of the true label · "
            "{@of_predicted} % of the answers",
            "confine": True,
        },
        "grid": {"left": _GUTTER, "right": _EDGE, "top": _GUTTER, "bottom": _EDGE, "containLabel": False,
                 "outerBoundsMode": "none", "show": True,
                 "backgroundColor": theme.zero, "borderColor": theme.faint},
        "dataset": datasets,
        "xAxis": _axis(column_names, theme, rotated=True, every="auto" if len(column_names) > 90 else 0, dense=dense),
        "yAxis": {**_axis(row_names, theme, rotated=False, every=0, dense=dense), "inverse": True},
        "visualMap": {"min": 0, "max": top_of(view, shade) or 1.0, "show": False, "dimension": "shade",
                      "inRange": {"color": colours}},
        "dataZoom": [{**zoom, "xAxisIndex": 0}, {**zoom, "yAxisIndex": 0}],
        "series": all_series,
    }  # fmt: skip


def top_of(view: MatrixView, shown: np.ndarray[Any, Any]) -> float:
    """The value at the top of the colour scale. The cell of the folded labels among themselves is left out, since it is
    much larger than all others; it has the top colour."""
    compared = shown.copy()
    if len(view.folded):
        compared[len(view.codes), len(view.codes)] = 0
    return float(compared.max()) if compared.size else 0.0


def _axis(names: list[str], theme: Theme, *, rotated: bool, every: int | str, dense: bool) -> dict[str, Any]:
    return {
        "type": "category",
        "data": [" ".join(name.split()) for name in names],
        "position": "top" if rotated else "left",
        "axisTick": {"show": False},
        "axisLine": {"show": False},
        "axisLabel": {
            "rotate": 90 if rotated else 0,
            "interval": every,
            "width": _GUTTER - 14,
            "overflow": "truncate",
            "fontSize": 10 if dense else 11,
            "lineHeight": 10 if dense else 13,
            "color": theme.text,
        },
    }


def _frame(
    view: MatrixView,
    shown: np.ndarray[Any, Any],
    shade: np.ndarray[Any, Any],
    rows: np.ndarray[Any, Any],
    columns: np.ndarray[Any, Any],
    row_names: list[str],
    column_names: list[str],
) -> pd.DataFrame:
    of_true, of_predicted = view.values("by true label"), view.values("by predicted label")
    return pd.DataFrame(
        {
            "x": columns.astype("int16"),
            "y": rows.astype("int16"),
            "shade": shade[rows, columns].round(4),
            "n": view.counts[rows, columns].astype("int32"),
            "of_true": (100 * of_true[rows, columns]).round(1),
            "of_predicted": (100 * of_predicted[rows, columns]).round(1),
            "true": [row_names[row][:_NAME_CHARS] for row in rows],
            "predicted": [column_names[column][:_NAME_CHARS] for column in columns],
            "cell": [str(row * shown.shape[1] + column) for row, column in zip(rows, columns, strict=True)],
        }
    )
