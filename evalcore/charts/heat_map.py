"""A matrix view -> the ECharts specification of its heat map. Plain data: no script, no streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalcore.analysis import Filter
from evalcore.charts.single import Theme
from evalcore.metrics import MatrixView, Value

MAGMA = ("#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55064", "#fb8761", "#fec287", "#fcfdbf")
OTHER, UNPARSED_NAME = "… other labels", "(unparsed)"
WIDE_FROM = 42
"""Rows from which the matrix needs the page's whole width."""

_GUTTER = 165
_EDGE = 8
NARROW_WIDTH, _FULL_WIDTH = 650, 1030
_CELL_PX = (10.0, 34.0)
_NAME_CHARS = 80
"""Of a label in a tooltip, which is sent once for every cell."""


def names_of(view: MatrixView, labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands beside the rows and above the columns."""
    rows = [labels[code] for code in view.codes] + ([OTHER] if len(view.folded) else [])
    return rows, rows + ([UNPARSED_NAME] if view.unparsed else [])


def cells(view: MatrixView) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Row and column of every cell that is drawn, in the order in which the chart numbers them."""
    rows, columns = np.nonzero(view.counts)
    return rows, columns


def filter_of(view: MatrixView, labels: Sequence[str], row: int, column: int) -> Filter:
    """The filter that passes just the examples of a cell."""
    asked: dict[str, Any] = {}
    if view.is_other(row):
        asked["true_outside"] = len(view.codes)
    else:
        asked["true"] = labels[view.codes[row]]
    if view.unparsed and column == view.counts.shape[1] - 1:
        asked["outcomes"] = ("unparsed",)
    elif view.is_other(column):
        asked["predicted_outside"] = len(view.codes)
        if view.is_other(row) and not view.diagonal:
            asked["outcomes"] = ("wrong",)
    else:
        asked["predicted"] = labels[view.codes[column]]
    return Filter(**asked)


def cell_of(view: MatrixView, labels: Sequence[str], asked: Filter) -> tuple[int, int] | None:
    """Row and column of the cell that a filter is about; None if it is about no single cell that is shown."""
    row_names, column_names = names_of(view, labels)
    for row in _matching(row_names, asked.true, asked.true_outside, len(view.codes)):
        columns = _matching(column_names, asked.predicted, asked.predicted_outside, len(view.codes))
        if asked.outcomes == ("unparsed",) and view.unparsed and not columns:
            columns = [len(column_names) - 1]
        for column in columns:
            return row, column
    return None


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
        lit: row and column of a cell to be outlined, chosen elsewhere than in the chart.
    """
    shown = view.values(value)
    shade = np.log10(1 + shown * (1 if value == "count" else 100)) if log else shown
    rows, columns = cells(view)
    row_names, column_names = names_of(view, labels)
    dense = len(column_names) > WIDE_FROM
    colours = list(reversed(MAGMA)) if theme.magma_reversed else list(MAGMA)
    colours[0] = theme.zero
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
        # The same cell in the same colour, outlined, and below the pointer's notice.
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
    """Top of the colour scale. What the folded labels have among themselves would outshine all others and does not
    count; it gets the top colour."""
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


def _matching(names: list[str], label: str, outside: int, block: int) -> list[int]:
    if outside:
        return [block] if outside == block and len(names) > block else []
    return [names.index(label)] if label and label in names[:block] else []
