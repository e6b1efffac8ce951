"""A classifier's labels beside the task's, for a person who knows whether they are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from evalcore.wording import counted
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, height_of
from pages.parts.shell.session import view_state

ROWS_SHOWN = 6
"""The table scrolls in itself where there are more."""
_KEY = "bar_same_labels"


def label_table(pairs: Sequence[tuple[str, str]]) -> bool:
    """Draw the labels by place, and what a person confirms with a tick; nothing where there is nothing to confirm.

    Args:
        pairs: the classifier's label and the task's in the same place, by id.

    Returns:
        whether nothing is left to confirm.
    """
    if not pairs:
        return True
    # Those that have one name need no look, and come last.
    shown = sorted(enumerate(pairs), key=lambda row: row[1][0] == row[1][1])
    table, words = st.columns([3, 2], gap="medium")
    table.dataframe(
        pd.DataFrame(
            {
                "id": [at for at, _ in shown],
                "own": [own for _, (own, _) in shown],
                "task": [label for _, (_, label) in shown],
            }
        ),
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        height=height_of(min(len(pairs), ROWS_SHOWN), COMPACT_ROW_HEIGHT),
        column_config={
            "id": st.column_config.NumberColumn("Id", width=50),
            "own": st.column_config.TextColumn("The classifier's label", width=200),
            "task": st.column_config.TextColumn("The task's label", width=200),
        },
        key="bar_label_table",
        alt="The classifier's labels and the task's labels, by id",
    )
    st.session_state[_KEY] = view_state().spec.labels_by == "id"
    with words:
        st.markdown(
            f"**Are these the same labels?** {_how_many_differ(pairs)} than the task's."
            " Its answers would be read as the table says."
        )
        return st.checkbox("These are the same labels, in this order", key=_KEY, on_change=_confirmed)


def _how_many_differ(pairs: Sequence[tuple[str, str]]) -> str:
    other, labels = sum(own != label for own, label in pairs), counted(len(pairs), "label")
    if other == len(pairs):
        return f"All {labels} of the classifier have other names"
    return f"Of the classifier's {labels}, {other:,} {'has another name' if other == 1 else 'have other names'}"


def _confirmed() -> None:
    view = view_state()
    view.choose(replace(view.spec, labels_by="id" if st.session_state[_KEY] else "name"))
    view.changing = True
