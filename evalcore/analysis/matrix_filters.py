"""From a cell of the confusion matrix to the filter of its examples, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalcore.analysis.filters import Filter
from evalcore.metrics import MatrixView


def filter_of_cell(view: MatrixView, labels: Sequence[str], row: int, column: int) -> Filter:
    """The filter that passes just the examples of a cell.

    Args:
        labels: all labels of the task, in order.
        row, column: positions in the view.
    """
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


def cell_of_filter(view: MatrixView, labels: Sequence[str], asked: Filter) -> tuple[int, int] | None:
    """Row and column of the cell that a filter is about; None if it is not about one cell of the view."""
    row = _place(view, labels, asked.true, asked.true_outside)
    column = _place(view, labels, asked.predicted, asked.predicted_outside)
    if column is None and view.unparsed and asked.outcomes == ("unparsed",):
        column = view.counts.shape[1] - 1
    return None if row is None or column is None else (row, column)


def _place(view: MatrixView, labels: Sequence[str], label: str, outside: int) -> int | None:
    """The row or column of a label, or that of the folded labels; None if it is not shown."""
    n_shown = len(view.codes)
    if outside:
        return n_shown if outside == n_shown and len(view.folded) else None
    return next((at for at, code in enumerate(view.codes) if labels[code] == label), None)
