"""The confusion matrices of two runs, or their difference, as the ECharts specification of a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalcore.charts.theme import RUN_A, RUN_B, Theme
from evalcore.metrics import Counts

MatrixKind = Literal["A", "B", "B − A"]
UNPARSED_COLUMN = "(unparsed)"

_AXIS = {"width": 130, "overflow": "truncate", "fontSize": 10}


def matrix_cells(
    confusion_a: Counts, confusion_b: Counts, labels: Sequence[str], kind: MatrixKind, *, shares: bool
) -> pd.DataFrame:
    """The cells of a matrix that are not 0: true and predicted code, counts of both, and the value that is coloured.

    Args:
        confusion_a, confusion_b: shape (n_labels, n_labels + 1), of the same examples.
        shares: colour the share of the true label's examples, in percent, instead of the count.
    """
    a, b = confusion_a, confusion_b
    shown: Counts = {"A": a, "B": b}.get(kind, b - a)
    rows, columns = np.nonzero(shown)
    support = a.sum(axis=1)
    value = shown[rows, columns].astype(float)
    if shares:
        value = np.round(100 * value / support[rows], 1)
    names = [*labels, UNPARSED_COLUMN]
    return pd.DataFrame(
        {
            "x": columns.astype("int32"),
            "y": rows.astype("int32"),
            "a": a[rows, columns].astype("int32"),
            "b": b[rows, columns].astype("int32"),
            "value": value,
            "of": support[rows].astype("int32"),
            "true": [names[row] for row in rows],
            "answered": [names[column] for column in columns],
            "cell": [str(at) for at in range(len(rows))],
        }
    )


def matrix_spec(cells: pd.DataFrame, labels: Sequence[str], kind: MatrixKind, theme: Theme) -> dict[str, Any]:
    """An ECharts heat map of `matrix_cells`: true labels downwards, answers across, zoom by wheel."""
    if kind == "B − A":
        most = max(1.0, float(cells["value"].abs().max())) if len(cells) else 1.0
        low, colours = -most, [RUN_A, theme.neutral, RUN_B]
    else:
        most = max(1.0, float(cells["value"].max())) if len(cells) else 1.0
        low, colours = 0.0, theme.magma
    zoom = {"type": "inside", "filterMode": "none"}
    axis = {"type": "category", "splitLine": {"show": False}, "axisTick": {"show": False}}
    return {
        "tooltip": {"formatter": "{@true} answered {@answered}<br/>A {@a}, B {@b} of {@of}"},
        "grid": {"left": 5, "right": 20, "top": 10, "bottom": 5, "containLabel": True},
        "dataset": {"source": cells},
        "xAxis": {**axis, "data": [*labels, UNPARSED_COLUMN], "axisLabel": {**_AXIS, "rotate": 60, "interval": 0}},
        "yAxis": {**axis, "data": list(labels), "inverse": True, "axisLabel": {**_AXIS, "interval": 0}},
        "visualMap": {"min": low, "max": most, "show": False, "dimension": "value", "inRange": {"color": colours}},
        "dataZoom": [{**zoom, "xAxisIndex": 0}, {**zoom, "yAxisIndex": 0}],
        "series": [
            {
                "type": "heatmap",
                "selectedMode": "single",
                "progressive": 0,
                # Without a unique item name ECharts marks a whole column (apache/echarts#18794).
                "encode": {"x": "x", "y": "y", "value": "value", "itemName": "cell"},
                "select": {"itemStyle": {"borderColor": theme.text, "borderWidth": 2}},
            }
        ],
    }
