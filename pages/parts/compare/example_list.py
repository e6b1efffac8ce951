"""A list of examples, and the steps from one to the next: for what is shown of several runs at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.parts.shell.clickable_table import Columns, clickable_table
from pages.parts.shell.views.opened_examples import SharedExamples

ROWS_A_PAGE = 200
"""Rows of one table: its texts are sent to the browser as a whole."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class ExampleList:
    """Some of the shared examples, one of which is open.

    Attributes:
        rows: indices into the shared examples, at least one.
        positions: of each of them in the first run's sample.
        at: index into `rows` of the one that is open.
        state: what of it the session keeps.
    """

    rows: Rows
    positions: NDArray[np.integer[Any]]
    at: int
    state: SharedExamples

    @property
    def page(self) -> int:
        """The page of rows with the open one, from 0."""
        return self.at // ROWS_A_PAGE

    @property
    def row(self) -> int:
        """The open example, as an index into the shared examples."""
        return int(self.rows[self.at])


def example_list(rows: Rows, positions: NDArray[np.integer[Any]], state: SharedExamples) -> ExampleList:
    """The list with the example that is open: the one that was chosen, or the first where that is not among them."""
    found = np.flatnonzero(positions == -1 if state.opened is None else positions == state.opened)
    return ExampleList(rows, positions, int(found[0]) if len(found) else 0, state)


def table(
    shown: ExampleList, rows_of: Callable[[int], pd.DataFrame], key: str, height: int, columns: Columns, alt: str
) -> None:
    """Draw the page of rows with the open example; a row that is clicked, or chosen with the arrow keys, opens its own.

    Args:
        rows_of: the rows of a page, as a table.
        key: of the widget; another one for other examples.
        height: in pixels, from which on the table scrolls.
    """
    state, start = shown.state, shown.page * ROWS_A_PAGE
    key = f"{key}_{state.generation}_{shown.page}"
    if state.first_selected[0] != key:
        state.first_selected = (key, shown.at - start)

    def click(row: int | None) -> None:
        if row is not None:
            state.opened = int(shown.positions[start + row])

    clickable_table(
        rows_of(shown.page), key, height, columns, on_click=click, selected=state.first_selected[1], alt=alt
    )
    pages = -(-len(shown.rows) // ROWS_A_PAGE)
    if pages > 1:
        pages_key = f"{key}_pages"

        def turn() -> None:
            state.open(int(shown.positions[(st.session_state[pages_key] - 1) * ROWS_A_PAGE]))

        st.pagination(pages, default=shown.page + 1, key=pages_key, on_change=turn)


def steps(shown: ExampleList, key: str) -> None:
    """Draw `3 of 38`, with the buttons to the previous and to the next example."""

    def go(to: int) -> None:
        shown.state.open(int(shown.positions[to]))

    last = len(shown.rows) - 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{shown.at + 1:,} of {last + 1:,}**", width="content")
        st.button("Previous", icon=":material/chevron_left:", key=f"{key}_previous", on_click=go, args=(shown.at - 1,),
                  disabled=shown.at == 0)  # fmt: skip
        st.button("Next", icon=":material/chevron_right:", key=f"{key}_next", on_click=go, args=(shown.at + 1,),
                  disabled=shown.at == last)  # fmt: skip
