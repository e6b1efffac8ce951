"""The one table of examples: a page of rows at a time, and one example opened below it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import ScoredExample, ScoredRun
from evalcore.charts import RIGHT, UNPARSED, WRONG
from pages.parts.explore.example import one_example
from pages.parts.shell.frame import Frame

ROWS_A_PAGE = 200
SHOWN_CHARS = 320
"""Of a text or a completion in the table: the whole of it is one click away, and a page of rows stays small."""
ROW_PX = 35
COLOURS = {"right": RIGHT, "wrong": WRONG, "unparsed": UNPARSED}


def examples(page: Frame, scored: ScoredRun, rows: NDArray[np.intp], name: str, *, height: int = 400) -> None:
    """Draw the table of some of a reading's rows.

    Args:
        rows: indices into the reading's arrays.
        name: tells the tables of different pages apart; the opened example is `opened(name)`.
    """
    if not len(rows):
        st.info("No example passes these filters. Take one of them away.")
        return
    pages = -(-len(rows) // ROWS_A_PAGE)
    page_key = f"{name}_page"
    if st.session_state.get(f"{name}_rows") != (stamp := (scored.record.run_id, len(rows), int(rows[0]))):
        st.session_state[f"{name}_rows"] = stamp
        at = _place(scored, rows, opened(name))
        st.session_state[page_key] = 1 + (at or 0) // ROWS_A_PAGE
        _again(name)
    st.session_state[page_key] = min(max(1, st.session_state.get(page_key, 1)), pages)
    start = (st.session_state[page_key] - 1) * ROWS_A_PAGE
    shown = scored.answers.at(rows[start : start + ROWS_A_PAGE])
    _table(scored, shown, name, height)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            _pagination(pages, name)
            st.caption(f"{start + 1:,} to {start + len(shown):,} of {len(rows):,}")
    at = _place(scored, rows, opened(name))
    if at is None:
        st.caption("Click a row, or choose it with the arrow keys, to open the example.")
        return
    _opened(page, scored, rows, at, name)


def _pagination(pages: int, name: str) -> None:
    """The pages to turn. The widget is made anew where the page is set from elsewhere: it has a default of its own, and
    Streamlit complains on the terminal of a widget that has both that and a value."""
    key = f"{name}_pages_{st.session_state[f'{name}_generation']}"

    def turn() -> None:
        st.session_state[f"{name}_page"] = st.session_state[key]

    st.pagination(pages, default=st.session_state[f"{name}_page"], key=key, on_change=turn)


def opened(name: str) -> int | None:
    """Position in the sample of the example that is open in this table."""
    return st.session_state.get(f"{name}_opened")


def open_example(name: str, position: int | None) -> None:
    """Open an example, or close the one that is open."""
    if opened(name) != position:
        st.session_state[f"{name}_opened"] = position
        st.session_state.pop(f"{name}_rows", None)


def _opened(page: Frame, scored: ScoredRun, rows: NDArray[np.intp], at: int, name: str) -> None:
    def go(to: int) -> None:
        st.session_state[f"{name}_opened"] = int(scored.positions[rows[to]])
        st.session_state[f"{name}_page"] = 1 + to // ROWS_A_PAGE
        _again(name)

    def close() -> None:
        st.session_state[f"{name}_opened"] = None
        _again(name)

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


def _table(scored: ScoredRun, shown: list[ScoredExample], name: str, height: int) -> None:
    table = pd.DataFrame(
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
    generation = st.session_state.setdefault(f"{name}_generation", 0)
    key = f"{name}_table_{scored.record.run_id}_{generation}_{st.session_state[f'{name}_page']}"
    chosen = next((at for at, answer in enumerate(shown) if answer.position == opened(name)), None)
    before = st.session_state.setdefault(f"{key}_before", [] if chosen is None else [(chosen, "text")])
    event = st.dataframe(
        table.style.map(lambda outcome: f"color: {COLOURS[outcome]}", subset=["outcome"]),
        hide_index=True,
        height=min(height, ROW_PX * (len(shown) + 1) + 3),
        on_select="rerun",
        selection_mode="single-cell",
        selection_default={"selection": {"cells": before}} if before else None,
        column_config={
            "text": st.column_config.TextColumn(width=380),
            "number": st.column_config.NumberColumn(
                "no.", help="Place in the run's sample", format="%d", width="small"
            ),
        },
        key=key,
        alt="Examples that pass the filters",
    )
    cells = [tuple(cell) for cell in event.selection.cells]
    seen = st.session_state.get(f"{key}_seen", [tuple(cell) for cell in before])
    if cells != seen:
        st.session_state[f"{key}_seen"] = cells
        st.session_state[f"{name}_opened"] = shown[cells[0][0]].position if cells and cells[0][0] < len(shown) else None


def _again(name: str) -> None:
    """Have the table drawn anew, with the opened example's row chosen in it."""
    st.session_state[f"{name}_generation"] = st.session_state.get(f"{name}_generation", 0) + 1


def _place(scored: ScoredRun, rows: NDArray[np.intp], position: int | None) -> int | None:
    """Index into `rows` of the example at a position of the sample, if it is among them."""
    if position is None:
        return None
    at = int(np.searchsorted(scored.positions[rows], position))
    return at if at < len(rows) and int(scored.positions[rows[at]]) == position else None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
