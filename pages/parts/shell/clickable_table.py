"""A table whose rows are doors: clicking any cell of a row chooses it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

ROW_HEIGHT = 35


def height_of(rows: int) -> int:
    """Pixels of a table that shows all of so many rows."""
    return ROW_HEIGHT * (rows + 1) + 3


def clicked_row(table: pd.DataFrame, key: str, at_most: int, columns: dict[str, Any] | None = None) -> int | None:
    """Draw a table; the row that is chosen, in the table's own order however it was sorted, or None.

    Args:
        at_most: pixels from which on it scrolls.
        columns: Streamlit's column_config.
    """
    cells = st.dataframe(
        table,
        hide_index=True,
        height=min(at_most, height_of(len(table))),
        on_select="rerun",
        # A single cell: with rows, only the box at the left chooses one.
        selection_mode="single-cell",
        column_config=columns,
        key=key,
    ).selection.cells
    # What was chosen before the table became shorter is no longer there.
    return cells[0][0] if cells and cells[0][0] < len(table) else None
