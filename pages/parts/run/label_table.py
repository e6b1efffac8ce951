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
WIDTH = 560
_KEY = "bar_same_labels"


def label_table(pairs: Sequence[tuple[str, str]]) -> None:
    """Draw the labels by place, and what a person confirms with a tick; nothing where there is nothing to confirm.

    Args:
        pairs: the classifier's label and the task's in the same place, by id.
    """
    if not pairs:
        return
    st.markdown(f"**Are these {counted(len(pairs), 'label')} the same?** The classifier's labels have other names.")
    st.dataframe(
        pd.DataFrame(
            {
                "id": range(len(pairs)),
                "own": [own for own, _ in pairs],
                "task": [label for _, label in pairs],
            }
        ),
        hide_index=True,
        width=WIDTH,
        row_height=COMPACT_ROW_HEIGHT,
        height=height_of(min(len(pairs), ROWS_SHOWN), COMPACT_ROW_HEIGHT),
        column_config={
            "id": st.column_config.NumberColumn("Id", width=60),
            "own": st.column_config.TextColumn("The classifier's label", width=240),
            "task": st.column_config.TextColumn("The task's label", width=240),
        },
        key="bar_label_table",
        alt="The classifier's labels and the task's labels, by id",
    )
    st.session_state[_KEY] = view_state().spec.labels_by == "id"
    st.checkbox("These are the same labels, in this order", key=_KEY, on_change=_confirmed)


def _confirmed() -> None:
    view = view_state()
    view.choose(replace(view.spec, labels_by="id" if st.session_state[_KEY] else "name"))
    view.changing = True
