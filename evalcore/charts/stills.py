"""Pictures that stand alone, outside of a page: a figure with a title, a background and a width, and matrices without
a pointer to ask for their numbers.

A confusion matrix has here what the page shows when the pointer is on a cell: its number. It grows with its labels.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import Figure
from evalcore.charts.heat_map import cells, names_of, shades_of, value_scale, values_of
from evalcore.charts.label_names import rank_axis, shortened
from evalcore.charts.matrix_drawing import OFF_SCALE, UNPARSED_COLUMN, Scale
from evalcore.charts.pair_matrix import DIFFERENCE, MatrixKind, matrix_cells, pair_scale, pair_shades
from evalcore.charts.theme import Theme, blended, is_light
from evalcore.metrics import Counts, MatrixView, Value
from evalcore.wording import figure

STILL_WIDTH = 680
"""Pixels of a figure but for a matrix."""
_MARGIN = 16
_TITLE_SIZE, _TITLE_LINE = 15, 32
_UNDER_SIZE, _UNDER_LINE = 12, 15
"""Pixels of the letters, and of a line with the room around it."""
_LARGEST_CELL, _SMALLEST_CELL = 24, 3
_MOST_PIXELS = 2200
"""Of the side of a matrix: the cells of more labels are smaller."""
_NAME_CHARS = 48
_LETTER_WIDTH = 0.6
"""Of a letter or digit, as a part of its height."""
_LARGEST_NAME, _SMALLEST_NAME = 11.0, 5.0
_LEAST_TO_READ = 4.5
"""Height of a digit in pixels, below which a cell has none."""


def still(drawn: Figure, title: str, under: Sequence[str], theme: Theme, *, width: int | None = STILL_WIDTH) -> Figure:
    """A figure as a picture of its own.

    Args:
        title: what it shows.
        under: lines below the title: of what, such as the run and the number of examples, and how to read it.
        width: in pixels, names and legend included; None where the figure has its size already.
    """
    words = alt.TitleParams(
        text=title,
        subtitle=[*under],
        anchor="start",
        frame="bounds",
        offset=10,
        color=theme.text,
        subtitleColor=theme.pale_text,
        fontSize=_TITLE_SIZE,
        subtitleFontSize=_UNDER_SIZE,
        subtitlePadding=4,
        subtitleLineHeight=_UNDER_LINE,
    )
    size: dict[str, Any] = {}
    if width is not None:
        # The height that a page fits it into, and what stands around it here.
        height = drawn.height + _TITLE_LINE + _UNDER_LINE * len(under) + 2 * _MARGIN
        size = {"width": width, "height": height, "autosize": alt.AutoSizeParams(type="fit", contains="padding")}
    return drawn.properties(title=words, background=theme.background, padding=_MARGIN, **size)


def matrix_chart(view: MatrixView, labels: Sequence[str], theme: Theme, *, value: Value, log: bool) -> alt.LayerChart:
    """The confusion matrix that `heatmap` draws for a page, in the same colours, with the number in each cell.

    Args:
        value: what the cells show; log: whether the colour is by its logarithm.
    """
    shown = values_of(view, value)
    rows, columns = cells(view)
    decimals = 0 if value == "count" else 1
    drawn = pd.DataFrame(
        {
            "row": rows,
            "column": columns,
            "shade": shades_of(view, shown, log=log)[rows, columns],
            "number": [figure(number, decimals) for number in shown[rows, columns]],
        }
    )
    return _drawn(drawn, *names_of(view, labels), value_scale(view, shown, value, theme, log=log), theme)


def pair_matrix_chart(
    confusion_a: Counts, confusion_b: Counts, labels: Sequence[str], kind: MatrixKind, theme: Theme, *, log: bool
) -> alt.LayerChart:
    """The matrix of one of two runs or of their difference, as `matrix_spec` draws it, with the count in each cell.

    Args:
        confusion_a, confusion_b: shape (n_labels, n_labels + 1), of the same examples.
    """
    found = matrix_cells(confusion_a, confusion_b, labels, kind, shares=False)
    drawn = pd.DataFrame(
        {
            "row": found["y"],
            "column": found["x"],
            "shade": pair_shades(found, kind, log=log),
            "number": [figure(number, 0, signed=kind == DIFFERENCE) for number in found["value"]],
        }
    )
    scale = pair_scale(found, kind, theme, shares=False, log=log)
    return _drawn(drawn, labels, [*labels, UNPARSED_COLUMN], scale, theme)


def _drawn(
    drawn: pd.DataFrame, row_names: Sequence[str], column_names: Sequence[str], scale: Scale, theme: Theme
) -> alt.LayerChart:
    """Cells in their colours, with their numbers where they can be read.

    Args:
        drawn: of each cell that is drawn its `row`, `column`, `shade` and `number`, as it is written.
    """
    side = float(np.clip(_MOST_PIXELS / len(column_names), _SMALLEST_CELL, _LARGEST_CELL))
    painted = _painted(drawn, side, scale, theme)
    size = max(_SMALLEST_NAME, min(_LARGEST_NAME, 0.8 * side))
    x = alt.X("column:O", scale=_places(column_names), axis=_axis(column_names, size, "predicted", labelAngle=-90,
                                                                  orient="top"))  # fmt: skip
    y = alt.Y("row:O", scale=_places(row_names), axis=_axis(row_names, size, "actual", orient="left"))
    tiles = alt.Chart(painted).mark_rect().encode(x=x, y=y, color=alt.Color("colour:N", scale=None))
    numbers = (
        alt.Chart(painted[painted["letters"] >= _LEAST_TO_READ])
        .mark_text(baseline="middle")
        .encode(
            x=x,
            y=y,
            text="number:N",
            size=alt.Size("letters:Q", scale=None),
            color=alt.Color("ink:N", scale=None),
        )
    )
    words = {"labelColor": theme.text, "titleColor": theme.text}
    return (
        alt.layer(tiles, numbers, _legend(scale, x, y))
        .resolve_scale(color="independent", size="independent")
        .properties(width=side * len(column_names), height=side * len(row_names))
        .configure_axis(**words, titleFontSize=12, ticks=False, domain=False, grid=False)
        .configure_view(stroke=theme.faint, fill=scale.ground)
        .configure_legend(**words, labelFontSize=11, titleFontSize=11, titleFontWeight="normal")
    )


def _painted(drawn: pd.DataFrame, side: float, scale: Scale, theme: Theme) -> pd.DataFrame:
    """The cells with their `colour`, and the size and the colour (`ink`) of the letters in them.

    Args:
        side: of a cell, in pixels.
    """
    shades = drawn["shade"].to_numpy(dtype=float)
    share = np.clip((shades - scale.low) / (scale.high - scale.low), 0, 1) if scale.high > scale.low else 0 * shades
    grey = (shades == OFF_SCALE) & scale.off_scale
    colours = [theme.diagonal if off else blended(scale.colours, at) for at, off in zip(share, grey, strict=True)]
    return drawn.assign(
        colour=colours,
        letters=[min(0.5 * side, 0.92 * side / (_LETTER_WIDTH * len(number))) for number in drawn["number"]],
        ink=["#000000" if is_light(colour) else "#ffffff" for colour in colours],
    )


def _places(names: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=[*range(len(names))], padding=0)


def _axis(names: Sequence[str], size: float, title: str, **options: Any) -> alt.Axis:
    return rank_axis(
        [shortened(name, _NAME_CHARS) for name in names],
        title=title,
        titlePadding=8,
        labelFontSize=size,
        labelLimit=1000,
        labelPadding=4,
        labelOverlap=size <= _SMALLEST_NAME,  # there are more than could be read
        **options,
    )


def _legend(scale: Scale, x: alt.X, y: alt.Y) -> alt.Chart:
    """What the colours stand for: a layer of nothing, whose legend has the words of the page's."""
    low, high = (json.dumps(words) for words in scale.ends)
    legend = alt.Legend(
        title=[scale.title, scale.note],
        orient="right",
        type="gradient",
        gradientLength=120,
        values=[scale.low, scale.high],
        labelExpr=f"datum.value < {(scale.low + scale.high) / 2} ? {low} : {high}",
        offset=14,
    )
    colours = alt.Scale(domain=[scale.low, scale.high], range=[*scale.colours], interpolate="rgb", nice=False)
    nothing = pd.DataFrame({"row": [0, 0], "column": [0, 0], "shade": [scale.low, scale.high]})
    return (
        alt.Chart(nothing)
        .mark_rect(opacity=0)
        .encode(x=x, y=y, color=alt.Color("shade:Q", scale=colours, legend=legend))
    )
