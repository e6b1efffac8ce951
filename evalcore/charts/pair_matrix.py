"""The confusion matrices of two runs, or their difference, as the ECharts specification of a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalcore.charts.matrix_drawing import (
    OFF_SCALE,
    UNPARSED_COLUMN,
    Scale,
    Unit,
    draw_matrix,
    error_scale,
    in_unit,
    scale_title,
    shade,
    tooltip_name,
)
from evalcore.charts.theme import RUN_A, RUN_B, Theme
from evalcore.metrics import Counts, Floats

MatrixKind = Literal["A", "B", "B − A"]
DIFFERENCE: MatrixKind = "B − A"


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
            "x": columns.astype("int16"),
            "y": rows.astype("int16"),
            "a": a[rows, columns].astype("int32"),
            "b": b[rows, columns].astype("int32"),
            "value": value,
            "of": support[rows].astype("int32"),
            "true": [tooltip_name(names[row]) for row in rows],
            "predicted": [tooltip_name(names[column]) for column in columns],
            "cell": [str(at) for at in range(len(rows))],
        }
    )


def pair_shades(cells: pd.DataFrame, kind: MatrixKind, *, log: bool) -> Floats:
    """Where each of the cells stands on the colour scale."""
    return np.where(_off_scale(cells, kind), OFF_SCALE, shade(cells["value"].to_numpy(dtype=float), log=log))


def pair_scale(cells: pd.DataFrame, kind: MatrixKind, theme: Theme, *, shares: bool, log: bool) -> Scale:
    """The colours of the cells.

    Args:
        shares: as the cells were made.
    """
    values = cells["value"].to_numpy(dtype=float)
    top = float(np.abs(values[~_off_scale(cells, kind)]).max(initial=0.0))
    unit: Unit = "% of actual label" if shares else "examples"
    if kind != DIFFERENCE:
        return error_scale(top, unit, theme, log=log)
    high = float(shade(np.array(top or 1.0), log=log))
    note, colours = f"up to {in_unit(top, unit)} more", (RUN_A, theme.neutral, RUN_B)
    return Scale(-high, high, ("A", "B"), scale_title(unit, log=log), note, colours, ground=theme.neutral)


def _off_scale(cells: pd.DataFrame, kind: MatrixKind) -> NDArray[np.bool_]:
    """Right answers, but for those of a difference: they are what changed."""
    right: NDArray[np.bool_] = (cells["x"] == cells["y"]).to_numpy() & (kind != DIFFERENCE)
    return right


def matrix_spec(
    cells: pd.DataFrame,
    labels: Sequence[str],
    kind: MatrixKind,
    theme: Theme,
    *,
    shares: bool = True,
    log: bool = False,
    highlighted: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """A heat map of `matrix_cells`, drawn as that of one run.

    Right answers are grey and off the scale in A and in B; the difference has them too, since they are what changed.

    Args:
        shares: as the cells were made; log: whether the colour is by the value's logarithm.
        highlighted: true and predicted code of a cell to be outlined, because it was chosen outside of the chart.
    """
    drawn = cells.assign(shade=pair_shades(cells, kind, log=log).round(4))
    scale = pair_scale(cells, kind, theme, shares=shares, log=log)
    outlined = None
    if highlighted is not None:
        row, column = highlighted
        outlined = drawn[(drawn["y"] == row) & (drawn["x"] == column)]
    return draw_matrix(
        drawn,
        labels,
        [*labels, UNPARSED_COLUMN],
        scale,
        theme,
        # The blue of what is selected elsewhere would be lost on the blue of run A.
        border=theme.text if kind == DIFFERENCE else theme.highlighted,
        tooltip="{@true}<br/>predicted as {@predicted}<br/>A {@a}, B {@b} of {@of}",
        outlined=outlined,
    )
