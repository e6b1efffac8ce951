"""Examples as a table, a page of rows at a time, and the one of them that is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import EXAMPLE_ORDERS, Certainty, Filter, ScoredExample, ScoredRun, probabilities_at
from evalcore.wording import in_percent
from pages.parts.explore.example import one_example
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.outcomes import coloured, signed
from pages.parts.shell.views.opened_examples import ExampleTable

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.elements.lib.column_types import ColumnConfig

ROWS_A_PAGE = 200
SHOWN_CHARS = 320
"""Of a text or a completion in the table: the whole of it is one click away, and a page of rows stays small."""
ROWS_IN_PANE = 4
CERTAINTY_COLUMNS = ("confidence", "runner-up", "margin", "entropy", "rank of true")
"""Of a run with probabilities; those that are known."""
ALL_COLUMNS = (
    "outcome", "confidence", "text", "true label", "predicted", "runner-up", "margin", "entropy", "rank of true",
    "match", "completion", "number",
)  # fmt: skip
"""In this order: where little room is left, the first ones are in sight."""
HEIGHT = 520
"""Pixels of the list with the lines above and below it: under one row of filters it ends within a window of 720."""
LINE_HEIGHT, BELOW_HEIGHT = 38, 55
"""Pixels of the line above the list, and of the one below it, with which pages are turned."""

Rows = NDArray[np.intp]


def in_pane(
    page: Frame,
    scored: ScoredRun,
    rows: Rows,
    table: ExampleTable,
    columns: Sequence[str],
    rows_shown: int = ROWS_IN_PANE,
) -> None:
    """A short table and below it the opened example, which is the first one where none of them is.

    Args:
        rows: indices into the scored run's arrays.
        table: which of their pages is shown and which example is open; clicks change it.
        columns: some of `ALL_COLUMNS`: those in which the examples differ. The confidence is added where it is known.
        rows_shown: from how many rows on the table scrolls.
    """
    if not len(rows):
        table.open(None)  # the URL names no example that is not shown
        st.caption("There is no such example in this run.")
        return
    at = _place(scored, rows, table.opened)
    if at is None:
        at = 0
        table.open(int(scored.positions[rows[0]]))
    # Above the table, whose own buttons lie over what is at their left.
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _previous_and_next(page, scored, rows, at, table)
    example_list(page, scored, rows, table, ["confidence", *columns], rows_shown=rows_shown)
    one_example(page, scored, scored.answers.at([int(rows[at])])[0], _name(page))


def columns_that_vary(asked: Filter) -> list[str]:
    """The columns in which examples that pass a filter differ, few enough for a pane."""
    varying = {"true label": not asked.true, "predicted": not asked.predicted and asked.outcomes != ("unparsed",),
               "completion": asked.outcomes == ("unparsed",)}  # fmt: skip
    return ["text", *(name for name, varies in varying.items() if varies)]


def columns_for(order: str) -> list[str]:
    """All columns, with the one that the examples are ordered by in sight."""
    by = _COLUMN_OF[EXAMPLE_ORDERS[order][0]] if order else "confidence"
    rest = [name for name in ALL_COLUMNS if name not in ("outcome", by)]
    return ["outcome", by, *rest]


_COLUMN_OF = {"confidence": "confidence", "margin": "margin", "entropy": "entropy", "true_rank": "rank of true"}


def example_list(
    page: Frame,
    scored: ScoredRun,
    rows: Rows,
    table: ExampleTable,
    columns: Sequence[str] = ALL_COLUMNS,
    *,
    rows_shown: int = 0,
) -> DeltaGenerator:
    """Draw some of a scored run's examples; a click on a row opens its example.

    Args:
        rows, table, columns: see `in_pane`; there is at least one row.
        rows_shown: for a table of so few low rows, one of which is always open: a second click leaves it open.

    Returns:
        the row below the table, for what is done with all of them.
    """
    name = _name(page)
    pages = -(-len(rows) // ROWS_A_PAGE)
    rows_of = (scored.record.run_id, len(rows), int(rows[0]), int(rows[-1]))
    if table.rows_of != rows_of:
        table.rows_of = rows_of
        _turn_to(table, _place(scored, rows, table.opened) or 0)
    table.page = min(max(1, table.page), pages)
    start = (table.page - 1) * ROWS_A_PAGE
    shown = scored.answers.at(rows[start : start + ROWS_A_PAGE])
    frame, row_height = _frame(scored, shown, columns), COMPACT_ROW_HEIGHT if rows_shown else ROW_HEIGHT
    key, made = f"{name}_table_{scored.record.run_id}", f"{table.generation}_{table.page}"
    # A table in a pane stays, with other rows in it.
    key += f"_{'_'.join(frame.columns)}" if rows_shown else f"_{made}"
    other = table.first_selected[0] != f"{key} {made}"
    if other:
        selected = next((at for at, answer in enumerate(shown) if answer.position == table.opened), None)
        table.first_selected = (f"{key} {made}", selected)

    def click(row: int | None) -> None:
        if row is not None:
            table.opened = shown[row].position
        elif rows_shown:
            table.generation += 1  # made anew, with its row selected
        else:
            table.opened = None

    clickable_table(
        frame.style.map(coloured(page.theme), subset=["outcome"]) if "outcome" in columns else frame,
        key,
        height_of(rows_shown, row_height) if rows_shown else HEIGHT - LINE_HEIGHT - BELOW_HEIGHT,
        _column_config(list(frame.columns), in_pane=bool(rows_shown)),
        on_click=click,
        selected=table.first_selected[1],
        select=bool(rows_shown) and other,
        row_height=row_height,
        alt="Examples; choose a row, with the arrow keys for example, to open it",
    )
    below = st.container(horizontal=True, vertical_alignment="center")
    if pages > 1:
        with below:
            _pagination(pages, table, name)
            st.caption(f"{start + 1:,} to {start + len(shown):,} of {len(rows):,}", width="content")
    return below


def opened_or_hint(page: Frame, scored: ScoredRun, rows: Rows, table: ExampleTable, *, closes: bool = True) -> None:
    """Draw the opened example of a list beside it; where none is open, how to open one.

    Args:
        closes: whether there is a button that closes it.
    """
    at, name = _place(scored, rows, table.opened), _name(page)
    if at is None:
        st.caption("Click a row to open its example here. With the keyboard: Tab to the table, then arrow keys.")
        return

    def close() -> None:
        table.opened = None
        table.generation += 1

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.subheader(f"Example {scored.positions[rows[at]] + 1:,}", anchor=False, width="stretch")
        if closes:
            st.button("Close", icon=":material/close:", type="tertiary", key=f"{name}_close", on_click=close)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _previous_and_next(page, scored, rows, at, table)
    one_example(page, scored, scored.answers.at([int(rows[at])])[0], name)


def _previous_and_next(page: Frame, scored: ScoredRun, rows: Rows, at: int, table: ExampleTable) -> None:
    def go(to: int) -> None:
        table.opened = int(scored.positions[rows[to]])
        _turn_to(table, to)

    name = _name(page)
    st.caption(f"{at + 1:,} of {len(rows):,}", width="content")
    st.button("Previous", icon=":material/chevron_left:", type="tertiary", key=f"{name}_previous", on_click=go,
              args=(at - 1,), disabled=at == 0)  # fmt: skip
    st.button("Next", icon=":material/chevron_right:", icon_position="right", type="tertiary", key=f"{name}_next",
              on_click=go, args=(at + 1,), disabled=at == len(rows) - 1)  # fmt: skip


def _frame(scored: ScoredRun, shown: list[ScoredExample], columns: Sequence[str]) -> pd.DataFrame:
    """The examples as a table, of the columns of which something is known."""
    value: dict[str, Callable[[ScoredExample], str | int]] = {
        "text": lambda answer: _cut(answer.example.text),
        "true label": lambda answer: _cut(answer.example.label),
        "predicted": lambda answer: _cut(answer.predicted or ""),
        "outcome": lambda answer: signed(answer.outcome),
        "match": lambda answer: answer.parsed.match,
        "completion": lambda answer: _cut(answer.completion.text),
        "number": lambda answer: answer.position + 1,
    }
    found = probabilities_at(scored, shown) if {*columns} & {*CERTAINTY_COLUMNS} else None
    sure = _certainty(scored, found[1]) if found else {}
    return pd.DataFrame(
        {
            name: sure[name] if name in sure else [value[name](answer) for answer in shown]
            for name in columns
            if name in sure or name in value
        }
    )


def _certainty(scored: ScoredRun, certainty: Certainty) -> dict[str, list[float] | list[str]]:
    """Those of `CERTAINTY_COLUMNS` that are known of one of the answers."""
    columns: dict[str, list[float] | list[str]] = {}
    if certainty.known.any():
        columns["confidence"] = [in_percent(value) for value in certainty.confidence.tolist()]
    if certainty.complete.any():
        columns["runner-up"] = [scored.labels[code] if code >= 0 else "" for code in certainty.runner_up.tolist()]
        columns["margin"] = [in_percent(value) for value in certainty.margin.tolist()]
        columns["entropy"] = [round(value, 2) for value in certainty.entropy.tolist()]
        columns["rank of true"] = [rank or float("nan") for rank in certainty.true_rank.tolist()]
    return columns


def _column_config(columns: Sequence[str], *, in_pane: bool) -> dict[str, ColumnConfig]:
    c = st.column_config
    text = (140 if len(columns) > 2 and "confidence" in columns else 175) if in_pane else 220
    config: dict[str, ColumnConfig] = {
        "text": c.TextColumn(width=None if columns[-1] == "text" else text),
        "true label": c.TextColumn(width=135),
        "predicted": c.TextColumn(width=135),
        "number": c.NumberColumn("no.", help="Place in the run's sample", format="%d", width="small"),
        "outcome": c.TextColumn(width=95),
        "confidence": c.NumberColumn(
            "conf.", help="Confidence: probability of the predicted label", format="%.1f %%", width=70
        ),
        "runner-up": c.TextColumn(width=135, help="The most probable label beside the predicted one"),
        "margin": c.NumberColumn(
            format="%.1f", help="Confidence less the probability of the runner-up, in points", width=65
        ),
        "entropy": c.NumberColumn(
            format="%.2f", help="Bits: 0 is sure of one label, 1 as unsure as between two equally likely ones", width=65
        ),
        "rank of true": c.NumberColumn(format="%d", help="1: the true label is the most probable one", width=90),
    }
    return {name: config[name] for name in columns if name in config}


def _pagination(pages: int, table: ExampleTable, name: str) -> None:
    """The pages to turn. The widget is made anew where the page is set from elsewhere: it has a default of its own, and
    Streamlit complains on the terminal of a widget that has both that and a value."""
    key = f"{name}_pages_{table.generation}"

    def turn() -> None:
        table.page = st.session_state[key]

    st.pagination(pages, default=table.page, key=key, on_change=turn)


def _turn_to(table: ExampleTable, at: int) -> None:
    """Show the page with this row, in a table that is made anew, so that the opened example's row is selected in it."""
    table.page = 1 + at // ROWS_A_PAGE
    table.generation += 1


def _place(scored: ScoredRun, rows: Rows, position: int | None) -> int | None:
    """Index into `rows` of the example at a position of the sample, if it is among them."""
    if position is None:
        return None
    found = np.flatnonzero(scored.positions[rows] == position)  # in whatever order they are
    return int(found[0]) if len(found) else None


def _name(page: Frame) -> str:
    """Part of the keys of a page's widgets."""
    return page.title.lower().replace(" ", "_")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
