"""A matrix view -> what Plotly needs to draw it in a report: cells, their place on the colour scale, and in words.

Unlike a figure of Plotly's own it holds only the cells that are not 0, no colours, and all words and digits ready to be
read: the report's script puts in the colours of the theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evalcore.charts.heat_map import cells, names_of, off_scale, top_of
from evalcore.charts.label_names import shortened
from evalcore.charts.matrix_drawing import Unit, in_unit, shade
from evalcore.charts.theme import RUN_A, RUN_B, Theme
from evalcore.metrics import Floats, MatrixView
from evalcore.wording import percent

NAME_CHARS = 34
"""Of a label beside its row; the whole of it is said where the pointer is."""
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000)


def zoomable_map(view: MatrixView, labels: Sequence[str]) -> dict[str, Any]:
    """One matrix with two sets of colours, by count and by share of the actual label, both on a logarithmic scale."""
    rows, columns = cells(view)
    row_names, column_names = names_of(view, labels)
    grey = off_scale(view)[rows, columns]
    shares = view.values("by true label")
    codes = [[int(code)] for code in view.codes] + ([view.folded.tolist()] if len(view.folded) else [])
    return {
        "rows": row_names,
        "columns": column_names,
        "row_ticks": [shortened(name, NAME_CHARS) for name in row_names],
        "column_ticks": [shortened(name, NAME_CHARS) for name in column_names],
        "row_codes": codes,
        "column_codes": [*codes, *([[-1]] if view.unparsed else [])],
        "x": columns.tolist(),
        "y": rows.tolist(),
        "grey": grey.tolist(),
        "words": _words(view, rows, columns, shares),
        "scales": {
            "examples": _scale(view, view.counts.astype(float), rows, columns, share=False),
            "% of actual label": _scale(view, 100 * shares, rows, columns, share=True),
        },
    }


def map_colours(theme: Theme) -> dict[str, Any]:
    """The colours of a theme, as the script takes them."""
    return {
        "text": theme.text,
        "ground": theme.zero,
        "grey": theme.diagonal,
        "difference": [[0, RUN_A], [0.5, theme.neutral], [1, RUN_B]],
        "neutral": theme.neutral,
        "scale": [
            [round(at, 4), colour] for at, colour in zip(np.linspace(0, 1, len(theme.scale)), theme.scale, strict=True)
        ],
    }


def _scale(view: MatrixView, values: Floats, rows: Any, columns: Any, *, share: bool) -> dict[str, Any]:
    top = top_of(view, values)
    unit: Unit = "% of actual label" if share else "examples"
    low = 0.0 if share or top <= 1 else 1.0
    ticks = [low, *(tick for tick in _TICKS if low < tick < 0.75 * top), *([top] if top else [])]
    return {
        "shade": shade(values[rows, columns], log=True).round(4).tolist(),
        "low": float(shade(np.array(low), log=True)),
        "high": float(shade(np.array(top or 1.0), log=True)),
        "ticks": [float(shade(np.array(float(tick)), log=True)) for tick in ticks],
        "tick_words": [in_unit(float(tick), unit) for tick in ticks],
    }


def _words(view: MatrixView, rows: Any, columns: Any, shares: Floats) -> list[str]:
    """What is said of each cell, below the names of its labels."""
    of_predicted = view.values("by predicted label")
    said = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        count = int(view.counts[row, column])
        words = (
            f"{count:,} of {int(view.support[row]):,} ({percent(shares[row, column])} of the actual label, "
            f"{percent(of_predicted[row, column])} of the predictions)"
        )
        if row != column and column < len(view.counts):
            words += f"; reverse: {int(view.counts[column, row]):,} of {int(view.support[column]):,}"
        said.append(words)
    return said


def zoomable_difference(a: MatrixView, b: MatrixView, labels: Sequence[str]) -> dict[str, Any]:
    """The matrix of one run less that of another, in examples: above 0 is more often in B.

    Args:
        a, b: with the same rows and columns.
    """
    difference = b.counts - a.counts
    rows, columns = np.nonzero(difference)
    row_names, column_names = names_of(a, labels)
    top = float(np.abs(difference).max(initial=0)) or 1.0
    values = difference[rows, columns]
    high = float(shade(np.array(top), log=True))
    return {
        "rows": row_names,
        "columns": column_names,
        "row_ticks": [shortened(name, NAME_CHARS) for name in row_names],
        "column_ticks": [shortened(name, NAME_CHARS) for name in column_names],
        "x": columns.tolist(),
        "y": rows.tolist(),
        "grey": [False] * len(rows),
        "words": [
            f"A {int(a.counts[row, column]):,}, B {int(b.counts[row, column]):,} of {int(a.support[row]):,}"
            for row, column in zip(rows, columns, strict=True)
        ],
        "difference": True,
        "scales": {
            "examples": {
                "shade": shade(values.astype(float), log=True).round(4).tolist(),
                "low": -high,
                "high": high,
                "ticks": [-high, 0.0, high],
                "tick_words": [f"A {top:,.0f} more", "equal", f"B {top:,.0f} more"],
            }
        },
    }
