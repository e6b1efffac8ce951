"""A table that a person types by rows, pastes as CSV, or brings in as a file. What is refused is said, and stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st

from evalcore.deciding import LONGEST_TEXT, CostGrid, columns_of, read_rows, with_costs
from evalcore.errors import BlindspotError, DataError
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT
from pages.parts.shell.downloads import button
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.views.decide import HowTyped, TypedTable

TABLE_HEIGHT, TEXT_HEIGHT, WIDTH = 250, 170, 520
"""Pixels; what is opened is as low as a window of 720, and fits into one of 800."""
MOST_BYTES = 2**20
"""Of a file."""
MOST_ROWS = 2_000
"""Of a table that can be typed by rows: a browser holds all of it. A longer one is pasted as CSV."""


def typed_table(
    name: str,
    text: str,
    columns: Sequence[str],
    *,
    label: str,
    on_change: Callable[[str], None],
    options: Mapping[str, Sequence[str]] | None = None,
    check: Callable[[str], object] | None = None,
    example: Callable[[], str] | None = None,
    hint: str = "",
    grid: Callable[[str], CostGrid | None] | None = None,
) -> None:
    """Draw a button that opens the table; nothing of it is computed while it is closed.

    Args:
        name: of the field that holds the table; part of the widgets' keys.
        text: the table as the page computes with it now: CSV, or empty for none.
        columns: that it has at first; one that is read from a file may have others, if `check` allows them.
        label: of the button, and what messages call the table: trusted, without Markdown.
        on_change: called with another text, once it can be used, before the page's script runs again.
        options: the values of a column that are chosen and not typed, by its name.
        check: reads the text as the answer will, and raises a BlindspotError which names what is wrong; what it
            returns is not used. None: it must have just the columns.
        example: makes a table to begin with.
        hint: what the columns mean, in a sentence. Markdown.
        grid: the costs of a text as a grid, where there can be one.
    """
    table = view_state().decide.typed.setdefault(name, TypedTable())
    if text != table.taken:  # by a link, or by another part of the page
        table.begin(text)

    def take(typed: str) -> None:
        table.typed = typed
        try:
            if typed.strip():
                _refuse_long(typed, label)
                read_rows(typed, columns, label) if check is None else check(typed)
        except BlindspotError as error:
            table.refused = str(error)
            return
        table.taken, table.refused = typed if typed.strip() else "", ""
        on_change(table.taken)

    drawer = st.popover(label, icon=":material/table_edit:", key=f"typed_{name}", on_change="rerun")
    with drawer, st.container(gap="xsmall", width=WIDTH):
        if not drawer.open:
            return
        ways, found = _ways(table, grid)
        how = table.how if table.how in ways else ways[0]
        if hint and how != "Grid":
            st.caption(hint)
        _how(name, table, ways, how)
        if how == "Grid":
            _grid(name, table, label, found, take)
        elif how == "Rows":
            _rows(name, table, columns, label, options or {}, take)
        else:
            _csv(name, table, columns, label, take)
        if table.refused:
            st.error(f"Not used; what was typed stays here. {message_markdown(table.refused)}", icon=":material/error:")
        _buttons(name, table, take, example)


def _ways(
    table: TypedTable, grid: Callable[[str], CostGrid | None] | None
) -> tuple[tuple[HowTyped, ...], CostGrid | str]:
    """In which ways it can be typed, and its grid, or why it cannot be shown as one: a sentence, or nothing."""
    ways: tuple[HowTyped, ...] = get_args(HowTyped)
    try:
        found = grid(table.rows_of) if grid else None
    except DataError as error:
        return ways, str(error)
    return (ways, found) if found else (tuple(way for way in ways if way != "Grid"), "")


def _how(name: str, table: TypedTable, ways: Sequence[HowTyped], how: HowTyped) -> None:
    """Draw the choice of a way."""
    key = f"typed_{name}_how"
    st.session_state[key] = how

    def change() -> None:
        table.how = st.session_state[key]
        table.rows_of = table.typed
        table.generation += 1

    st.segmented_control("How", ways, key=key, required=True, on_change=change,
                         label_visibility="collapsed")  # fmt: skip


def _grid(name: str, table: TypedTable, label: str, grid: CostGrid | str, take: Callable[[str], None]) -> None:
    """The costs of one action taken for another; where they cannot be shown, why."""
    if isinstance(grid, str):
        st.caption(f"It cannot be shown as a grid: {message_markdown(grid)} Mend it as CSV.")
        return
    key = f"typed_{name}_grid_{table.generation}"

    def change() -> None:
        edited = st.session_state[key]["edited_rows"]
        edits = {
            (int(at), int(column)): str(cost or "") for at, cells in edited.items() for column, cost in cells.items()
        }
        take(with_costs(grid, table.rows_of, edits))

    text = st.column_config.TextColumn
    columns = [str(column) for column in range(len(grid.taken))]  # a person's names might be Streamlit's own
    st.caption("A row is the action that is needed, a column the one that is taken." + _overruling(grid.overruled))
    st.data_editor(
        pd.DataFrame(grid.cells, index=pd.Index(grid.needed, name="needed"), columns=columns, dtype=str),
        num_rows="fixed",
        row_height=COMPACT_ROW_HEIGHT,
        column_config={
            "_index": text("needed", disabled=True),
            **{column: text(name) for column, name in zip(columns, grid.taken, strict=True)},
        },
        key=key,
        on_change=change,
        alt=f"{label}, as a grid; type into a cell to change it",
    )


def _overruling(rows: int) -> str:
    if not rows:
        return ""
    which = "1 row that names a label stays and wins" if rows == 1 else f"{rows:,} rows that name labels stay and win"
    return f" {which} over these cells."


def _rows(
    name: str,
    table: TypedTable,
    columns: Sequence[str],
    label: str,
    options: Mapping[str, Sequence[str]],
    take: Callable[[str], None],
) -> None:
    """The table by rows; where it has no rows to show, why."""
    try:
        rows = _frame(table.rows_of, columns, label)
    except DataError as error:
        st.caption(f"It cannot be shown by rows: {message_markdown(str(error))} Mend it as CSV.")
        return
    if len(rows) > MOST_ROWS:
        st.caption(f"It has {len(rows):,} rows, too many to be typed here. Change it as CSV, or bring in a file.")
        return
    key = f"typed_{name}_rows_{table.generation}"

    def change() -> None:
        take(_text(_edited(rows, st.session_state[key])))

    c = st.column_config
    st.data_editor(
        rows,
        num_rows="dynamic",
        hide_index=True,
        height=TABLE_HEIGHT,
        row_height=COMPACT_ROW_HEIGHT,
        column_config={
            # A value that is no option, of another run's labels say, stays in sight.
            column: c.SelectboxColumn(options=list(dict.fromkeys([*options[column], *filter(None, rows[column])])))
            if column in options
            else c.TextColumn()
            for column in rows.columns
        },
        key=key,
        on_change=change,
        alt=f"{label}, by rows; type into a cell to change it, and into the last row to add one",
    )


def _csv(name: str, table: TypedTable, columns: Sequence[str], label: str, take: Callable[[str], None]) -> None:
    """The table as text, and a field for a file."""
    key, file_key = f"typed_{name}_csv", f"typed_{name}_file_{table.files}"
    st.session_state[key] = table.typed

    def change() -> None:
        take(st.session_state[key])

    def bring() -> None:
        file = st.session_state[file_key]
        if file is None:
            return
        table.files += 1
        try:
            take(_decoded(file.name, file.getvalue()))
        except DataError as error:
            table.refused = str(error)

    st.text_area(f"{label} as CSV", key=key, height=TEXT_HEIGHT, on_change=change, placeholder=",".join(columns))
    st.file_uploader("Or a CSV file, at most 1 MB", key=file_key, on_change=bring, max_upload_size=1)


def _buttons(name: str, table: TypedTable, take: Callable[[str], None], example: Callable[[], str] | None) -> None:
    def put(text: str) -> None:
        take(text)
        table.rows_of = table.typed
        table.generation += 1

    with st.container(horizontal=True):
        if example is not None:
            st.button("Use an example", key=f"typed_{name}_example", on_click=lambda: put(example()))
        st.button("Clear", key=f"typed_{name}_clear", on_click=put, args=("",), disabled=not table.typed)
        if table.typed:
            button("Download", table.typed.encode, f"{name.replace('_', '-')}.csv", "text/csv")


def _frame(text: str, columns: Sequence[str], where: str) -> pd.DataFrame:
    """A table's rows, all of its columns.

    Raises:
        DataError: if it is not CSV, or a row has more or fewer fields than the first.
    """
    if not text.strip():
        return pd.DataFrame({column: pd.Series(dtype=str) for column in columns})
    named = columns_of(text) or list(columns)
    rows = read_rows(text, named, where)
    return pd.DataFrame({column: pd.Series([row[column] for row in rows], dtype=str) for column in named})


def _edited(rows: pd.DataFrame, edits: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows after what was done in the table of rows.

    Args:
        edits: as Streamlit keeps them: `edited_rows` by place, `added_rows`, and the places of `deleted_rows`.
    """
    found: list[dict[str, Any]] = rows.to_dict("records")
    for place, cells in edits["edited_rows"].items():
        found[int(place)] |= cells
    gone = set(edits["deleted_rows"])
    found = [row for place, row in enumerate(found) if place not in gone] + list(edits["added_rows"])
    return [{column: str(row.get(column) or "") for column in rows.columns} for row in found]


def _text(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV; empty for none. Those in which nothing stands are left out."""
    kept = [row for row in rows if any(value.strip() for value in row.values())]
    if not kept:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(kept[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return stream.getvalue()


def _refuse_long(text: str, where: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise DataError(
            f"it has {len(text):,} characters; a table may have {LONGEST_TEXT:,}.", where=where, do="Leave rows out."
        )


def _decoded(name: str, content: bytes) -> str:
    """A file's text.

    Raises:
        DataError: if it is too large, or not UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise DataError(
            f"it holds {len(content):,} bytes; a table may hold {MOST_BYTES:,}.", where=name, do="Leave rows out."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1:,} is not UTF-8.", where=name, do="Save it as CSV in UTF-8 and bring it in again."
        ) from error
