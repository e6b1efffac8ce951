"""The heat map with its controls, and the ways to pick a cell, a row or a column of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from evalcore.analysis import Filter, ScoredRun, cell_of_filter, filter_of_cell
from evalcore.charts import Theme, cells, heatmap, height_of
from evalcore.metrics import BLOCK_FROM, BLOCK_SIZE, MATRIX_ORDERS, VALUES, MatrixView, Order, Value, view
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import clickable_chart
from pages.parts.shell.links import link_to
from pages.parts.shell.session import view_state

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MAP_HEIGHT = 470
"""Pixels: the line below the map ends where the pane beside it ends."""
BLOCK, ALL = "the most confused", "all labels"
VALUE_WORDS = {"count": "examples", "by true label": "% of actual label", "by predicted label": "% of predictions"}
ORDER_WORDS = {"data set": "data set", "alphabet": "alphabet", "errors": "most errors", "clustered": "clustered"}


@dataclass(frozen=True)
class Controls:
    """How the matrix is drawn.

    Attributes:
        block: only so many labels, the most confused, have rows of their own; 0 is all.
        diagonal: right answers are shown.
        log: colours by the logarithm.
        unparsed: there is a last column for them.
    """

    value: Value
    order: Order
    block: int
    diagonal: bool
    log: bool
    unparsed: bool


def picked(scored: ScoredRun) -> Filter:
    """What is picked; nothing if it is a label of another run."""
    cell = view_state().picked.cell
    known = ("", *scored.labels)
    return cell if cell.true in known and cell.predicted in known else Filter()


def controls(scored: ScoredRun, heading: DeltaGenerator) -> Controls:
    """Draw the controls: what is shown beside the title, and one row of choices below it.

    Args:
        heading: the row that begins with the title.
    """
    many = len(scored.labels) > BLOCK_FROM
    start = {"matrix_value": "count", "matrix_order": "clustered" if many else "data set", "matrix_show": BLOCK,
             "matrix_diagonal": True, "matrix_log": True, "matrix_unparsed": True}  # fmt: skip
    for name, usual in start.items():
        st.session_state[name] = st.session_state.get(name, usual)  # set again: kept from page to page
    with heading:
        if many:
            st.segmented_control("Labels shown", [BLOCK, ALL], key="matrix_show", required=True,
                                 label_visibility="collapsed",
                                 format_func=lambda show: f"worst {BLOCK_SIZE}" if show == BLOCK
                                 else f"all {len(scored.labels)} labels")  # fmt: skip
        st.toggle("Show diagonal", key="matrix_diagonal")
        st.toggle("Log colours", key="matrix_log")
    # What is chosen most, and with the keyboard, is in sight; the rest is one stop of Tab. The link precedes the map.
    true, predicted, more, to_examples = st.columns(4, vertical_alignment="center")
    if picked(scored) != Filter():
        with to_examples:
            link_to(scored, "Examples, with all filters", asked=picked(scored))
    _pick_boxes(scored, true, predicted)
    with more.popover("Cells and order", width="stretch"):
        if scored.scores.unparsed:
            st.toggle("Unparsed", key="matrix_unparsed")
        st.selectbox("Cells show", VALUES, key="matrix_value", format_func=lambda v: VALUE_WORDS[v])
        st.selectbox("Order of labels", MATRIX_ORDERS, key="matrix_order", format_func=lambda o: ORDER_WORDS[o])
    s = st.session_state
    return Controls(
        s["matrix_value"],
        s["matrix_order"],
        BLOCK_SIZE if many and s["matrix_show"] == BLOCK else 0,
        s["matrix_diagonal"],
        s["matrix_log"],
        bool(s["matrix_unparsed"] and scored.scores.unparsed),
    )


def matrix(scored: ScoredRun, theme: Theme, how: Controls) -> None:
    """Draw the heat map. A click picks a cell; a second click on it, or a double click, lets it go."""
    shown = once(scored, _view, how.order, how.block, how.unparsed, how.diagonal)
    if not shown.counts.any():
        if scored.scores.unparsed and not how.unparsed:
            st.info("No label is predicted for another. Switch on “Unparsed”, under “Cells and order”.")
        else:
            st.info("Nothing was confused. Switch on “Show diagonal” to see the right answers.")
        return
    pick = view_state().picked

    def click(item: int | None) -> None:
        rows, columns = cells(shown)
        if item is None:
            pick.click(None)
        elif item < len(rows):
            pick.click(filter_of_cell(shown, scored.labels, int(rows[item]), int(columns[item])))

    drawn = f"{how.order}_{how.block}_{how.diagonal}_{how.unparsed}_{pick.drawn}"
    clickable_chart(
        once(scored, _chart, how, theme, cell_of_filter(shown, scored.labels, pick.outlined)),
        key=f"heatmap_{scored.record.run_id}_{scored.scoring}_{drawn}",
        height=min(MAP_HEIGHT, height_of(shown)),
        alt="Confusion matrix: true labels downwards, predicted labels across. The lists beside it lead to the same "
        "cells, and so do the two boxes above it.",
        on_click=click,
    )
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.caption(_caption(shown), width="stretch")
        st.button("Reset zoom", icon=":material/zoom_out_map:", type="tertiary", key="reset_zoom",
                  on_click=pick.draw_anew)  # fmt: skip


def _pick_boxes(scored: ScoredRun, true: DeltaGenerator, predicted: DeltaGenerator) -> None:
    """Pick a row or a column by its label: what a click beside the cells would do."""

    def choose() -> None:
        cell = Filter(true=st.session_state["pick_true"], predicted=st.session_state["pick_predicted"])
        view_state().picked.pick(cell)

    cell = picked(scored)
    st.session_state["pick_true"], st.session_state["pick_predicted"] = cell.true, cell.predicted
    choices = ["", *scored.labels]
    true.selectbox("Row: true label", choices, key="pick_true", on_change=choose, label_visibility="collapsed",
                   format_func=lambda label: f"True: {label or 'any'}")  # fmt: skip
    predicted.selectbox("Column: predicted label", choices, key="pick_predicted", on_change=choose,
                        label_visibility="collapsed",
                        format_func=lambda label: f"Predicted: {label or 'any'}")  # fmt: skip


def _view(scored: ScoredRun, order: Order, block: int, unparsed: bool, diagonal: bool) -> MatrixView:
    return view(scored.confusion, scored.labels, order=order, block=block, unparsed=unparsed, diagonal=diagonal)


def _chart(scored: ScoredRun, how: Controls, theme: Theme, outlined: tuple[int, int] | None) -> dict[str, Any]:
    shown = once(scored, _view, how.order, how.block, how.unparsed, how.diagonal)
    return heatmap(shown, scored.labels, theme, value=how.value, log=how.log, highlighted=outlined)


def _caption(shown: MatrixView) -> str:
    folded = f"The {len(shown.folded)} other labels are one row and one column. " if len(shown.folded) else ""
    return f"{folded}Shift + wheel zooms, drag moves."
