"""The heat map with its controls, and the ways to pick a cell, a row or a column of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from evalcore.analysis import Filter, ScoredRun, cell_of_filter, filter_of_cell
from evalcore.charts import WIDE_FROM, Theme, cells, heatmap, height_of, top_of
from evalcore.metrics import BLOCK_FROM, BLOCK_SIZE, MATRIX_ORDERS, VALUES, MatrixView, Order, Value, view
from pages.parts.shell.cached import once
from pages.parts.shell.clickable_table import clickable_chart
from pages.parts.shell.session import view_state

BLOCK, ALL = "the most confused", "all labels"
VALUE_WORDS = {"count": "counts", "by true label": "share of the true label", "by predicted label": "share of answers"}
ORDER_WORDS = {"data set": "as in the data set", "alphabet": "alphabet", "errors": "most errors first",
               "clustered": "clustered"}  # fmt: skip


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
    cell = view_state().cell
    known = ("", *scored.labels)
    return cell if cell.true in known and cell.predicted in known else Filter()


def controls(scored: ScoredRun) -> Controls:
    """Draw the controls, in one line where there is room."""
    many = len(scored.labels) > BLOCK_FROM
    start = {"matrix_value": "count", "matrix_order": "clustered" if many else "data set", "matrix_show": BLOCK,
             "matrix_diagonal": True, "matrix_log": True, "matrix_unparsed": True}  # fmt: skip
    for name, value in start.items():
        st.session_state[name] = st.session_state.get(name, value)  # set again: kept from page to page
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if many:
            st.segmented_control("Show", [BLOCK, ALL], key="matrix_show", required=True,
                                 format_func=lambda show: f"{show} {BLOCK_SIZE}" if show == BLOCK
                                 else f"all {len(scored.labels)} labels")  # fmt: skip
        st.selectbox("Cells show", VALUES, key="matrix_value", format_func=lambda v: VALUE_WORDS[v], width=210)
        st.selectbox("Order of labels", MATRIX_ORDERS, key="matrix_order", format_func=lambda o: ORDER_WORDS[o],
                     width=190, help="Clustered: labels confused with each other stand side by side.")  # fmt: skip
        st.toggle("Right answers", key="matrix_diagonal", help="The diagonal.")
        st.toggle("Logarithmic", key="matrix_log", help="Colours by the logarithm: rare confusions can be seen.")
        if scored.scores.unparsed:
            st.toggle("Unparsed", key="matrix_unparsed", help="A last column for completions that name no label.")
    s = st.session_state
    return Controls(
        s["matrix_value"],
        s["matrix_order"],
        BLOCK_SIZE if many and s["matrix_show"] == BLOCK else 0,
        s["matrix_diagonal"],
        s["matrix_log"],
        bool(s["matrix_unparsed"] and scored.scores.unparsed),
    )


def is_wide(scored: ScoredRun, how: Controls) -> bool:
    """Whether the matrix needs the whole width of the page."""
    return (how.block or len(scored.labels)) >= WIDE_FROM


def matrix(scored: ScoredRun, theme: Theme, how: Controls) -> None:
    """Draw the heat map; a click picks a cell, a second click or a double click lets it go."""
    shown = once(scored, _view, how.order, how.block, how.unparsed, how.diagonal)
    st.caption(_legend(shown, how))
    if not shown.counts.any():
        st.info("Nothing was confused. Switch on the right answers to see the diagonal.")
        return

    def click(item: int | None) -> None:
        rows, columns = cells(shown)
        if item is None:
            view_state().pick(Filter(), outline=False)
        elif item < len(rows):
            cell = filter_of_cell(shown, scored.labels, int(rows[item]), int(columns[item]))
            view_state().pick(cell, outline=False)

    clickable_chart(
        once(scored, _chart, how, theme, cell_of_filter(shown, scored.labels, view_state().outlined)),
        key=f"heatmap_{scored.record.run_id}_{scored.scoring}_{how.order}_{how.block}_{how.diagonal}_{how.unparsed}",
        height=height_of(shown),
        alt="Confusion matrix: true labels downwards, answers across. The list of confusions leads to the same cells.",
        on_click=click,
    )


def pick_boxes(scored: ScoredRun) -> None:
    """Pick a row or a column by its label: what a click beside the cells would do."""

    def choose() -> None:
        cell = Filter(true=st.session_state["pick_true"], predicted=st.session_state["pick_predicted"])
        view_state().pick(cell, outline=True)

    cell = picked(scored)
    st.session_state["pick_true"], st.session_state["pick_predicted"] = cell.true, cell.predicted
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for key, title in (("pick_true", "Row: true label"), ("pick_predicted", "Column: answered")):
            st.selectbox(title, ["", *scored.labels], key=key, width=330, on_change=choose,
                         format_func=lambda label: label or "any label")  # fmt: skip


def in_words(scored: ScoredRun, asked: Filter, count: int) -> str:
    """What is picked, as a sentence."""
    support = dict(zip(scored.labels, scored.per_class.support.tolist(), strict=True))
    true = f"“{asked.true}”" if asked.true else "any label" if not asked.true_outside else "the other labels"
    if asked.outcomes == ("unparsed",):
        answered = "answered with no label that could be parsed"
    elif asked.predicted:
        answered = f"answered “{asked.predicted}”"
    elif asked.predicted_outside:
        answered = "answered with one of the other labels"
    else:
        answered = "answered wrongly" if asked.outcomes == ("wrong",) else "whatever the answer"
    of = f" of {support[asked.true]:,}" if asked.true else ""
    if asked.outcomes == ("wrong",) and asked.predicted:
        answered += ", wrongly"
    return f"{count:,}{of} examples of {true}, {answered}"


def _view(scored: ScoredRun, order: Order, block: int, unparsed: bool, diagonal: bool) -> MatrixView:
    return view(scored.confusion, scored.labels, order=order, block=block, unparsed=unparsed, diagonal=diagonal)


def _chart(scored: ScoredRun, how: Controls, theme: Theme, outlined: tuple[int, int] | None) -> dict[str, Any]:
    shown = once(scored, _view, how.order, how.block, how.unparsed, how.diagonal)
    return heatmap(shown, scored.labels, theme, value=how.value, log=how.log, highlighted=outlined)


def _legend(shown: MatrixView, how: Controls) -> str:
    what = {"count": "examples", "by true label": "of the true label's examples",
            "by predicted label": "of the answers"}[how.value]  # fmt: skip
    top = top_of(shown, shown.values(how.value))
    upper = f"{top:,.0f} {what}" if how.value == "count" else f"{100 * top:.0f} % {what}"
    folded = f" The other {len(shown.folded)} labels stand together as one." if len(shown.folded) else ""
    return (
        f"Rows: true labels. Columns: answers. Colour: 0 to {upper}{', logarithmic' if how.log else ''}."
        f"{folded} Wheel zooms, drag moves."
    )
