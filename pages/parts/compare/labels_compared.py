"""The compare page, label by label: scores of both runs, and beside them the examples of a label."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison, label_note, labels_by_change
from evalcore.wording import MINUS, counted, in_percent, interval
from pages.parts.compare.pair_examples import examples
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

HEIGHT = 430
Score = Literal["F1", "recall"]


def labels(page: Frame, comparison: Comparison) -> None:
    """F1 or recall of each label under both runs; a row that is clicked opens the label's examples beside it."""
    view = view_state().compared
    left, right = beside(3, 2, HEIGHT)
    with left:
        by = _controls(comparison)
        table = once(comparison, _table, by)

        def click(row: int | None) -> None:
            if row is not None:
                _open(str(table["label"].iloc[row]))

        clickable_table(
            table,
            f"labels_{comparison.a.record.run_id}_{comparison.b.record.run_id}_{by}",
            HEIGHT - 90,
            {
                "label": st.column_config.TextColumn(pinned=True, width=190),
                **dict.fromkeys(("A", "B"), st.column_config.NumberColumn(format="%.1f")),
                f"B {MINUS} A": st.column_config.NumberColumn(format="%+.1f"),
            },
            on_click=click,
            alt=f"{by} of each label under A and B",
        )
        st.caption(f"{by} in percent. The labels that changed most are first; click a column's head to sort.")
    with right:
        if view.label in comparison.labels:
            code = comparison.labels.index(view.label)
            support = counted(int(comparison.classes.support[code]), "example")
            title = f"{escape_markdown(view.label)}: {support}"
            examples(page, comparison, f"label:{code}", title, lambda: _open(""))
        else:
            _before_a_click(comparison)


def _controls(comparison: Comparison) -> Score:
    view = view_state().compared
    st.session_state["labels_by"] = st.session_state.get("labels_by", "F1")  # set again: kept from tab to tab
    st.session_state["labels_label"] = view.label if view.label in comparison.labels else None

    def choose() -> None:
        _open(st.session_state["labels_label"] or "")

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.segmented_control("Score", ["F1", "recall"], required=True, key="labels_by")
        st.selectbox("Label", comparison.labels, key="labels_label", placeholder="none: click a row", on_change=choose)
    by: Score = st.session_state["labels_by"]
    return by


def _open(label: str) -> None:
    view = view_state().compared
    view.label = label
    view.examples.open(None)


def _before_a_click(comparison: Comparison) -> None:
    st.caption("Click a row, or choose a label, to read its examples with both answers.")
    for title, codes in (
        ("Never predicted any more by B", comparison.became_never_predicted),
        ("Newly predicted by B", comparison.came_back),
    ):
        if len(codes):
            names = ", ".join(escape_markdown(comparison.labels[code]) for code in codes)
            st.markdown(f"**{title}** ({len(codes)}): {names}")


def _table(comparison: Comparison, by: Score) -> pd.DataFrame:
    rows = comparison.classes
    order = labels_by_change(rows)
    a, a_interval, b, b_interval, difference = (
        (rows.f1_a, rows.f1_a_interval, rows.f1_b, rows.f1_b_interval, rows.f1_difference_interval)
        if by == "F1"
        else (
            rows.recall_a,
            rows.recall_a_interval,
            rows.recall_b,
            rows.recall_b_interval,
            rows.recall_difference_interval,
        )
    )
    return pd.DataFrame(
        {
            "label": [comparison.labels[code] for code in order],
            "A": [in_percent(float(a[code])) for code in order],
            "B": [in_percent(float(b[code])) for code in order],
            f"B {MINUS} A": [in_percent(float(b[code] - a[code])) for code in order],
            "difference 95 %": [interval(difference[code], signed=True, undefined="") for code in order],
            "examples": rows.support[order],
            "note": [label_note(rows, int(code)) for code in order],
            "A 95 %": [interval(a_interval[code], undefined="") for code in order],
            "B 95 %": [interval(b_interval[code], undefined="") for code in order],
        }
    )
