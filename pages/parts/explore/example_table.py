"""The one table of examples: a page of rows at a time, and one example opened below it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import ScoredExample, ScoredRun
from evalcore.charts import RIGHT, UNPARSED, WRONG
from pages.parts.explore.example import one_example
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import ExampleTable

ROWS_A_PAGE = 200
SHOWN_CHARS = 320
"""Of a text or a completion in the table: the whole of it is one click away, and a page of rows stays small."""
COLOURS = {"right": RIGHT, "wrong": WRONG, "unparsed": UNPARSED}

Rows = NDArray[np.intp]


def examples(page: Frame, scored: ScoredRun, rows: Rows, table: ExampleTable, *, height: int = 400) -> None:
    """Draw some of a scored run's examples.

    Args:
        rows: indices into the scored run's arrays.
        table: which of their pages is shown and which example is open; clicks change it.
        height: of the table, in pixels, from which on it scrolls.
    """
    if not len(rows):
        st.info("No example passes these filters. Take one of them away.")
        return
    name = page.title.lower().replace(" ", "_")
    pages = -(-len(rows) // ROWS_A_PAGE)
    at = _place(scored, rows, table.opened)
    rows_of = (scored.record.run_id, len(rows), int(rows[0]))
    if table.rows_of != rows_of:
        table.rows_of = rows_of
        _turn_to(table, at or 0)
    table.page = min(max(1, table.page), pages)
    start = (table.page - 1) * ROWS_A_PAGE
    shown = scored.answers.at(rows[start : start + ROWS_A_PAGE])
    _table(scored, shown, table, name, height)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            _pagination(pages, table, name)
            st.caption(f"{start + 1:,} to {start + len(shown):,} of {len(rows):,}")
    if at is None:
        st.caption("Click a row, or choose it with the arrow keys, to open the example.")
        return
    _opened(page, scored, rows, at, table, name)


def _table(scored: ScoredRun, shown: list[ScoredExample], table: ExampleTable, name: str, height: int) -> None:
    key = f"{name}_table_{scored.record.run_id}_{table.generation}_{table.page}"
    if table.first_selected[0] != key:
        opened = next((at for at, answer in enumerate(shown) if answer.position == table.opened), None)
        table.first_selected = (key, opened)

    def click(row: int | None) -> None:
        table.opened = None if row is None else shown[row].position

    columns = pd.DataFrame(
        {
            "text": [_cut(answer.example.text) for answer in shown],
            "true label": [_cut(answer.example.label) for answer in shown],
            "answered": [_cut(answer.predicted or "") for answer in shown],
            "outcome": [answer.outcome for answer in shown],
            "match": [answer.parsed.match for answer in shown],
            "completion": [_cut(answer.completion.text) for answer in shown],
            "number": [answer.position + 1 for answer in shown],
        }
    )
    clickable_table(
        columns.style.map(lambda outcome: f"color: {COLOURS[outcome]}", subset=["outcome"]),
        key,
        height,
        {
            "text": st.column_config.TextColumn(width=380),
            "number": st.column_config.NumberColumn(
                "no.", help="Place in the run's sample", format="%d", width="small"
            ),
        },
        on_click=click,
        selected=table.first_selected[1],
        alt="Examples that pass the filters",
    )


def _pagination(pages: int, table: ExampleTable, name: str) -> None:
    """The pages to turn. The widget is made anew where the page is set from elsewhere: it has a default of its own, and
    Streamlit complains on the terminal of a widget that has both that and a value."""
    key = f"{name}_pages_{table.generation}"

    def turn() -> None:
        table.page = st.session_state[key]

    st.pagination(pages, default=table.page, key=key, on_change=turn)


def _opened(page: Frame, scored: ScoredRun, rows: Rows, at: int, table: ExampleTable, name: str) -> None:
    def go(to: int) -> None:
        table.opened = int(scored.positions[rows[to]])
        _turn_to(table, to)

    def close() -> None:
        table.opened = None
        table.generation += 1

    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Example {scored.positions[rows[at]] + 1} of {scored.record.n}", width="content")
        st.button("Previous", icon=":material/chevron_left:", key=f"{name}_previous", on_click=go, args=(at - 1,),
                  disabled=at == 0)  # fmt: skip
        st.button("Next", icon=":material/chevron_right:", key=f"{name}_next", on_click=go, args=(at + 1,),
                  disabled=at == len(rows) - 1)  # fmt: skip
        st.button("Close", icon=":material/close:", key=f"{name}_close", on_click=close)
        st.caption(f"{at + 1:,} of {len(rows):,} that pass the filters")
    one_example(page, scored, scored.answers.at([int(rows[at])])[0], name)


def _turn_to(table: ExampleTable, at: int) -> None:
    """Show the page with this row, in a table that is made anew, so that the opened example's row is selected in it."""
    table.page = 1 + at // ROWS_A_PAGE
    table.generation += 1


def _place(scored: ScoredRun, rows: Rows, position: int | None) -> int | None:
    """Index into `rows` of the example at a position of the sample, if it is among them."""
    if position is None:
        return None
    at = int(np.searchsorted(scored.positions[rows], position))
    return at if at < len(rows) and int(scored.positions[rows[at]]) == position else None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
