"""Wrong answers worth reading: the surest ones, whose true label may be wrong, and those with the right one second."""

from __future__ import annotations

import numpy as np
import streamlit as st

from evalcore.analysis import CONFIDENT, Filter, LabelProbabilities, ScoredRun, Selected, why_not_all_labels
from evalcore.wording import counted
from pages.parts.confidence import shown
from pages.parts.explore.example_table import example_list, opened_or_hint
from pages.parts.shell import url
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import link_to
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import view_state

CONFIDENT_MISTAKES, NEAR_MISSES = shown.LISTS
HEIGHT = 418
ROWS = 12
"""Of the list: from so many on it scrolls."""
BUTTONS_SPACE = 6
"""Pixels above the list, beside the usual gaps: the list's own buttons lie there, over what is written in them."""
ORDERS = {CONFIDENT_MISTAKES: "highest confidence", NEAR_MISSES: "smallest margin"}
COLUMNS = {
    CONFIDENT_MISTAKES: ("confidence", "true label", "predicted", "text"),
    NEAR_MISSES: ("margin", "true label", "predicted", "text", "confidence"),
}


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Draw the tab."""
    chosen = shown.mistakes()
    found = {name: _selected(page, scored, name) for name in shown.LISTS}
    why_not = why_not_all_labels(probabilities)
    controls, said = st.columns(shown.CONTROLS, vertical_alignment="center")
    with controls:
        _choice(page, {name: len(found[name].rows) for name in shown.LISTS})
    if chosen == CONFIDENT_MISTAKES:
        said.caption(_confident_words(len(found[chosen].rows)))
    else:
        said.caption(escape_markdown(why_not) or _near_words(scored, len(found[chosen].rows)))
    asked, order = _filter(chosen), ORDERS[chosen]
    rows = found[chosen].rows
    if chosen == CONFIDENT_MISTAKES and not len(rows):
        asked = Filter(outcomes=("wrong",))
        rows = selected(page.store, scored, asked, order=order).rows
    table = shown.table_of(page)
    if not len(rows):
        table.open(None)  # the URL names no example that is not shown
        if not (chosen == NEAR_MISSES and why_not):
            st.caption("There is no such answer in this run.")
        return
    if table.opened is None or table.opened not in scored.positions[rows]:
        table.open(int(scored.positions[rows[0]]))
    st.space(BUTTONS_SPACE)
    left, right = beside(height=HEIGHT)
    with left, example_list(page, scored, rows, table, COLUMNS[chosen], rows_shown=ROWS):
        link_to(scored, f"{counted(len(rows), 'example')} with all filters", asked=asked, more=url.order_query(order))
    with right:
        opened_or_hint(page, scored, rows, table, closes=False)


def _choice(page: Frame, counts: dict[str, int]) -> None:
    st.session_state["mistakes"] = shown.mistakes()

    def change() -> None:
        view_state().confidence.mistakes = st.session_state["mistakes"]
        shown.table_of(page).open(None)

    st.segmented_control("Which mistakes", shown.LISTS, key="mistakes", required=True, on_change=change,
                         label_visibility="collapsed", format_func=lambda name: f"{name} {counts[name]:,}")  # fmt: skip


def _selected(page: Frame, scored: ScoredRun, name: str) -> Selected:
    return selected(page.store, scored, _filter(name), order=ORDERS[name])


def _filter(name: str) -> Filter:
    return Filter(group="confident_mistakes" if name == CONFIDENT_MISTAKES else "near_misses")


def _confident_words(count: int) -> str:
    """What the confident mistakes are, and what to do with them."""
    sure = f"{100 * CONFIDENT:.0f} % sure or more"
    if not count:
        return f"No wrong answer is {sure}. Below: all wrong answers, the surest first."
    are = "wrong answer is" if count == 1 else "wrong answers are"
    return (
        f"{count:,} {are} {sure}. The true label may be the mistake: then correct it in the data. Otherwise the two "
        "labels need a clearer border."
    )


def _near_words(scored: ScoredRun, count: int) -> str:
    """What the near misses are worth."""
    wrong, n = int(np.count_nonzero(scored.outcomes == 1)), scored.scores.n
    best = (scored.scores.correct + count) / max(n, 1)
    has = "has" if count == 1 else "have"
    return (
        f"{count:,} of {counted(wrong, 'wrong answer')} {has} the right label second. Who always chose rightly between "
        f"the two most probable labels would get {percent(best)} instead of {percent(scored.scores.accuracy)}."
    )
