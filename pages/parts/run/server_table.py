"""The table of servers: how each may be asked, and what it costs; seen and edited in a dialog."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.store import (
    MOST_CONCURRENT,
    SERVER_COLUMNS,
    SERVERS_FILE,
    RunSpec,
    ServerRow,
    ServerTableError,
    Store,
    cell_text,
    parse_rows,
    read_servers,
    write_servers,
)
from pages.parts.shell.markdown import message_markdown

TABLE_HEIGHT = 250
_WHOLE = ("concurrent", "requests_per_minute", "tokens_per_minute")
_AMOUNTS = ("input_per_million", "output_per_million", "cached_input_per_million")
_HELP = (
    "One line a server, or a server and one of its models; without a model it holds for all of them. What is left empty"
    f" is not limited, and not priced; {SERVERS_FILE} in the cache folder holds the table. Prices change: write down"
    " the day on which you looked one up. A change holds for runs that start after it, and decides no answer."
)


def limits_and_prices(store: Store, spec: RunSpec) -> None:
    """Draw the button that opens the table."""
    if st.button("Limits and prices", icon=":material/speed:", type="tertiary", key="limits_and_prices"):
        try:
            rows = read_servers(store.folder)
        except BlindspotError as error:  # the file stays as its author left it
            st.error(message_markdown(str(error)))
            return
        _dialog(store, rows, spec.model)


@st.dialog("Limits and prices of servers", width="large")
def _dialog(store: Store, rows: tuple[ServerRow, ...], model: str) -> None:
    """Edit the table.

    Args:
        rows: as they were when the dialog was opened.
        model: that is chosen; a line for it is begun where there is none.
    """
    st.caption(_HELP)
    edited = st.data_editor(
        _as_frame(_with_line_for(rows, model)),
        key="server_table",
        height=TABLE_HEIGHT,
        hide_index=True,
        num_rows="dynamic",
        disabled=store.read_only,
        placeholder="",
        column_config=_column_config(),
    )
    if st.button("Save", type="primary", disabled=store.read_only, key="save_servers"):
        try:
            wanted = parse_rows(_as_texts(edited))
            if read_servers(store.folder) != rows:
                do = "Note what you changed, and open this table again."
                raise ServerTableError("the table was changed by somebody else meanwhile.", do=do)
            write_servers(store.folder, wanted)
        except BlindspotError as error:
            st.error(message_markdown(str(error)))  # what was typed stays in the table above
            return
        st.rerun()


def _with_line_for(rows: tuple[ServerRow, ...], model: str) -> tuple[ServerRow, ...]:
    """The rows, and an empty one for a model that has none."""
    try:
        (begun,) = parse_rows({"": {"address": model}})
    except BlindspotError:
        return rows
    known = {(row.address, row.model) for row in rows}
    return rows if known & {(begun.address, begun.model), (begun.address, "")} else (*rows, begun)


def _as_frame(rows: tuple[ServerRow, ...]) -> pd.DataFrame:
    """The rows with the types that the browser's editor needs, also where there is none."""
    frame = pd.DataFrame([[getattr(row, name) for name in SERVER_COLUMNS] for row in rows], columns=SERVER_COLUMNS)
    types = {**dict.fromkeys(_WHOLE, "Int64"), **dict.fromkeys(_AMOUNTS, "Float64")}
    return frame.astype(types).astype({"as_of": "datetime64[s]"})


def _as_texts(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The lines of the table as `parse_rows` takes them, without those in which nothing stands."""
    lines = {
        f"line {number}": {name: _text(value) for name, value in zip(SERVER_COLUMNS, row, strict=True)}
        for number, row in enumerate(frame.itertuples(index=False, name=None), start=1)
    }
    return {where: line for where, line in lines.items() if any(line.values())}


def _text(value: Any) -> str:
    """A cell as the file would hold it."""
    if pd.isna(value):
        return ""
    return cell_text(value.date() if isinstance(value, pd.Timestamp) else value)


def _column_config() -> dict[str, Any]:
    """How the editor shows each column; its words are those of the file."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn

    def amount(label: str, of: str) -> Any:
        return number(label, min_value=0.0, format="%g", width=85, help=f"For a million tokens {of}")

    return {
        "address": text("Server", width=180, help="Up to /v1, without /chat/completions"),
        "model": text("Model", width=110, help="Empty: all models of the server"),
        "concurrent": number("At a time", min_value=1, max_value=MOST_CONCURRENT, step=1, width=95,
                             help="Requests that are open at the same time"),
        "requests_per_minute": number("Requests/min", min_value=1, step=1, width=115, help="At most, evenly spread"),
        "tokens_per_minute": number("Tokens/min", min_value=1, step=1, width=100, help="Prompts and answers together"),
        "input_per_million": amount("Input", "of prompts"),
        "output_per_million": amount("Output", "of answers"),
        "cached_input_per_million": amount("Cached", "of prompts that the server had read before; empty: as input"),
        "currency": text("Currency", width=75, max_chars=8),
        "as_of": st.column_config.DateColumn("Looked up", width=90, max_value=date.today(), format="YYYY-MM-DD"),
    }  # fmt: skip
