"""What all heat maps of confusion matrices share, as an ECharts specification: axes, zoom, colour scale, selection.

True labels downwards at the left, predicted ones across at the top. Plain data, without any script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalcore.charts.label_names import shortened
from evalcore.charts.theme import Theme
from evalcore.metrics import Floats
from evalcore.wording import percent

Unit = Literal["examples", "% of actual label", "% of predictions"]

UNPARSED_COLUMN = "(unparsed)"
OFF_SCALE = -1.0
"""The shade of a cell that is drawn in grey, because it is no error or no single pair of labels."""
HEIGHT = 520
"""Pixels of the tallest map; labels that find no room in it appear when one zooms in."""

LEFT, TOP, EDGE = 132, 116, 8
_LARGEST_CELL = 56
_LETTERS = ((30, 11), (60, 10))
"""Pixels of the letters up to so many labels; with more they are `_SMALLEST`."""
_SMALLEST = 9
_NAME_CHARS = 80
"""Of a label in a tooltip: it is sent once for every cell."""


@dataclass(frozen=True)
class Scale:
    """The colours of a map, and their legend.

    Attributes:
        low, high: the shades at the ends.
        ends: what the legend says of them.
        title: what a colour stands for.
        note: below it.
        colours: from `low` to `high`.
        ground: of a cell without a value.
        off_scale: whether there are cells with the shade `OFF_SCALE`.
    """

    low: float
    high: float
    ends: tuple[str, str]
    title: str
    note: str
    colours: Sequence[str]
    ground: str
    off_scale: bool = False


def error_scale(top: float, unit: Unit, theme: Theme, *, log: bool, grey: str = "right") -> Scale:
    """The scale of the errors of one run.

    Args:
        top: the largest error, a count or in percent; 0 if there is none.
        grey: what is off the scale.
    """
    low = 1.0 if unit == "examples" and top > 1 else 0.0
    return Scale(
        low=float(shade(np.array(low), log=log)),
        high=float(shade(np.array(top or 1.0), log=log)),
        ends=(in_unit(low, unit), in_unit(top, unit)),
        title=scale_title(unit, log=log),
        note=f"grey: {grey}",
        colours=theme.scale,
        ground=theme.zero,
        off_scale=True,
    )


def scale_title(unit: Unit, *, log: bool) -> str:
    """What the colours stand for."""
    return unit + (", log" if log else "")


def in_unit(value: float, unit: Unit) -> str:
    """A count, or a share, as a legend shows it."""
    return f"{value:,.0f}" if unit == "examples" else percent(value / 100)


def shade(values: Floats, *, log: bool) -> Floats:
    """Where counts, shares in percent or differences of them stand on the colour scale: themselves, or by their
    logarithm, with the sign kept."""
    return np.sign(values) * np.log10(1 + np.abs(values)) if log else values


def matrix_height(rows: int) -> int:
    """Pixels of a map of so many rows, its column names included."""
    return min(HEIGHT, TOP + EDGE + _LARGEST_CELL * max(1, rows))


def tooltip_name(label: str) -> str:
    """A label as a tooltip shows it."""
    return label[:_NAME_CHARS]


def draw_matrix(
    cells: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    scale: Scale,
    theme: Theme,
    *,
    tooltip: str,
    border: str,
    outlined: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The specification for `st.echarts_chart`.

    Shift and the wheel zoom, dragging moves; the wheel alone scrolls the page. The zoom is the browser's: a chart that
    is drawn under another key starts without it, which is how a page offers "Reset" (ECharts' own button for that would
    drop the selection as well, and no keyboard reaches it).

    Args:
        cells: one row for each cell that is drawn, with columns `x`, `y`, `shade`, a unique `cell` and what the tooltip
            names. A click selects the cell by its place in this table.
        rows, columns: names of the true labels and of the predicted ones.
        tooltip: ECharts' template of it.
        border: the colour around the cell that is selected.
        outlined: rows of the same kind, drawn once more with an outline: what was chosen outside of the chart.
    """
    series = {
        "type": "heatmap",
        "progressive": 0,
        "selectedMode": "single",
        # Without a name of its own for each cell, ECharts selects the whole column (apache/echarts#18794).
        "encode": {"x": "x", "y": "y", "value": "shade", "itemName": "cell"},
        "select": {"itemStyle": {"borderColor": border, "borderWidth": 2.5}},
        "emphasis": {"itemStyle": {"borderColor": border, "borderWidth": 1}},
    }
    datasets = [{"source": cells}]
    all_series: list[dict[str, Any]] = [series]
    if outlined is not None:
        datasets.append({"source": outlined})
        outline = {"borderColor": border, "borderWidth": 2.5, "borderType": "dashed"}
        # The same cell in the same colour, outlined; it takes no clicks.
        all_series.append({**series, "datasetIndex": 1, "selectedMode": False, "silent": True, "itemStyle": outline})
    words = {2: scale.title, 44: scale.note, TOP - 19: "actual ↓   predicted →"}
    zoom = {
        "type": "inside",
        "filterMode": "none",
        "zoomOnMouseWheel": "shift",
        "moveOnMouseWheel": False,
        "moveOnMouseMove": True,
    }
    return {
        "animation": False,
        "title": [_words(text, theme, top) for top, text in words.items()],
        "tooltip": {"formatter": tooltip, "confine": True},
        "grid": {"left": LEFT, "right": EDGE, "top": TOP, "bottom": EDGE, "containLabel": False,
                 "outerBoundsMode": "none", "show": True,
                 "backgroundColor": scale.ground, "borderColor": theme.faint},
        "dataset": datasets,
        "xAxis": _axis(columns, theme, rotated=True),
        "yAxis": {**_axis(rows, theme, rotated=False), "inverse": True},
        "visualMap": _legend(scale, theme),
        "dataZoom": [{**zoom, "xAxisIndex": 0}, {**zoom, "yAxisIndex": 0}],
        "series": all_series,
    }  # fmt: skip


def _legend(scale: Scale, theme: Theme) -> dict[str, Any]:
    low, high = scale.ends
    # What is below the range, and only that, has the colour of what is off the scale.
    margin = (scale.high - scale.low) / 500 if scale.off_scale else 0.0
    return {
        "dimension": "shade",
        "min": scale.low - 2 * margin,
        "max": scale.high,
        "range": [scale.low - margin, scale.high],
        "inRange": {"color": list(scale.colours)},
        "outOfRange": {"color": [theme.diagonal]},
        "orient": "horizontal",
        "left": -5,
        "top": 14,
        "itemWidth": 9,
        "itemHeight": 62,
        "text": [high, low],
        "textGap": 5,
        "textStyle": {"color": theme.text, "fontSize": 11},
        "calculable": False,
        # It would show the shade, which is a logarithm where colours are.
        "hoverLink": False,
    }


def _words(text: str, theme: Theme, top: int) -> dict[str, Any]:
    return {"text": text, "left": 0, "top": top, "padding": 0,
            "textStyle": {"color": theme.text, "fontSize": 11, "fontWeight": "normal"}}  # fmt: skip


def _axis(names: Sequence[str], theme: Theme, *, rotated: bool) -> dict[str, Any]:
    width = (TOP if rotated else LEFT) - 12
    size = next((size for most, size in _LETTERS if len(names) <= most), _SMALLEST)
    chars = int(1.75 * width / size)  # a letter is about half as wide as it is high
    return {
        "type": "category",
        "data": [shortened(name, chars) for name in names],
        "position": "top" if rotated else "left",
        "axisTick": {"show": False},
        "axisLine": {"show": False},
        "axisLabel": {
            "rotate": -90 if rotated else 0,
            "interval": "auto",  # as many as find room
            "width": width,
            "overflow": "truncate",
            "fontSize": size,
            "color": theme.text,
        },
    }
