"""Tables and charts that can be clicked: a click on any cell of a row chooses the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

ROW_HEIGHT, COMPACT_ROW_HEIGHT = 35, 28
"""Pixels of a row; of one where little room is left. The head is as high as a row of the first kind."""

Columns = Mapping[str, "ColumnConfig | str | None"]
OnClick = Callable[[int | None], None]


def height_of(rows: int, row_height: int = ROW_HEIGHT) -> int:
    """Pixels of a table that shows all of so many rows."""
    return ROW_HEIGHT + row_height * rows + 3


def clickable_table(
    table: pd.DataFrame | Styler,
    key: str,
    at_most: int,
    columns: Columns | None = None,
    *,
    on_click: OnClick | None = None,
    selected: int | None = None,
    select: bool = False,
    row_height: int = ROW_HEIGHT,
    alt: str | None = None,
) -> int | None:
    """Draw a table.

    Args:
        key: must be another one for other rows.
        at_most: pixels from which on it scrolls.
        columns: Streamlit's column_config.
        on_click: called when another row is chosen, or none any more, before the page's script runs again.
        selected: the row that is chosen at first.
        select: choose that row now, also in a table that there is already: it need not be made anew, which takes a
            browser a tenth of a second.
        row_height: in pixels.

    Returns:
        the row that is chosen, in the table's own order however it was sorted, or None.
    """
    data: pd.DataFrame = table if isinstance(table, pd.DataFrame) else table.data
    first = [] if selected is None else [(selected, str(data.columns[0]))]
    if select:
        st.session_state[key] = {"selection": {"cells": first}}
    event = st.dataframe(
        table,
        hide_index=True,
        height=min(at_most, height_of(len(data), row_height)),
        row_height=row_height,
        on_select=_calling(on_click, lambda: _row(st.session_state[key], len(data))),
        # A single cell: with rows, only the box at the left chooses one.
        selection_mode="single-cell",
        selection_default={"selection": {"cells": first}} if first and not select else None,
        column_config=columns,
        key=key,
        alt=alt,
    )
    return _row(event, len(data))


def clickable_chart(
    spec: dict[str, Any], key: str, height: int, alt: str, on_click: OnClick | None = None
) -> int | None:
    """Draw an ECharts chart one series of which can be selected.

    Args:
        on_click: called when another item is selected, or none any more, before the page's script runs again.

    Returns:
        index of the item that is selected, or None.
    """
    on_select = _calling(on_click, lambda: _item(st.session_state[key]))
    return _item(st.echarts_chart(spec, height=height, key=key, on_select=on_select, alt=alt))


def _calling(on_click: OnClick | None, chosen: Callable[[], int | None]) -> Any:
    return "rerun" if on_click is None else lambda: on_click(chosen())


def _row(state: Any, rows: int) -> int | None:
    cells = state.selection.cells
    # What was chosen before the table became shorter is no longer there.
    return int(cells[0][0]) if cells and cells[0][0] < rows else None


def _item(state: Any) -> int | None:
    selected = state.selection.selected
    return int(selected[0]["data_indices"][0]) if selected and selected[0]["data_indices"] else None
