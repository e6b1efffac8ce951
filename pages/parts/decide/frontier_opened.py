"""The run that is open in the tab Frontier: what it takes, and how it stands against the best."""

from __future__ import annotations

import streamlit as st

from evalcore.deciding import FrontierAnswer, FrontierRun, difference_words, effort_words, score_words
from evalcore.deciding.costs_words import amount
from evalcore.wording import NOT_ESTIMABLE, interval, p_value
from pages.parts.decide import shown
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

COMPARE = "pages/compare.py"


def opened_run(answer: FrontierAnswer) -> FrontierRun:
    """What is open: what was chosen, else the run that the answer names."""
    return answer.find(view_state().decide.opened) or answer.cheapest or answer.best


def open_run(page: Frame, run_id: str | None, *, in_table: bool = False) -> None:
    """Open a run; without one, that which the answer names."""
    shown.open_examples(page, run_id or "")
    if not in_table:
        shown.figure("frontier_table").drawn += 1


def interval_words(answer: FrontierAnswer, run: FrontierRun) -> str:
    """The interval of a run's own score."""
    if answer.asked.score == "accuracy":
        return interval(run.interval)
    low, high = run.interval
    return f"{amount(low, '')} to {amount(high, '')}" if low < high else NOT_ESTIMABLE


def standing_words(answer: FrontierAnswer, run: FrontierRun) -> str:
    """A run's score with its interval, and what it takes."""
    takes = "costs" if answer.asked.effort == "price" else "takes"
    known = f"; {takes} {effort_words(answer, run.effort)} per 1,000 texts" if run.effort.is_known else ""
    return f"{score_words(answer, run)} ({interval_words(answer, run)}){known}"


def against_words(answer: FrontierAnswer, run: FrontierRun) -> str:
    """How a run stands against the best."""
    if run is answer.best:
        return "it is the best on these examples"
    told = "cannot be told apart" if run.together else "can be told apart"
    return f"{difference_words(answer, run)}; {told} (Holm {p_value(run.p)})"


def details(page: Frame, answer: FrontierAnswer, run: FrontierRun) -> None:
    """Draw it."""
    beaten_by = answer.find(run.beaten_by)
    beaten = f" “{beaten_by.title}” scores as well for less." if beaten_by is not None else ""
    setup = f" Predicted on: {run.setup}." if run.setup else ""
    scoring = {} if page.scoring == "lenient" else {"scoring": page.scoring}
    with st.container(gap="xxsmall"):
        st.markdown(f"**{escape_markdown(run.title)}**: {escape_markdown(standing_words(answer, run))}")
        st.markdown(escape_markdown(f"Against the best: {against_words(answer, run)}.{beaten}"))
        with st.container(horizontal=True, gap="small"):
            st.page_link(
                "app.py", label="Open this run", icon=ARROW, query_params={"run": run.record.run_id, **scoring}
            )
            if run is not answer.best:
                pair = {"a": answer.best.record.run_id, "b": run.record.run_id, **scoring}
                counts = {"fixed": f"{run.gained:,} gained on the best", "broken": f"{run.lost:,} lost to it"}
                for door, said in counts.items():
                    st.page_link(COMPARE, label=said, icon=ARROW, query_params={**pair, "door": door})
        st.caption(escape_markdown(f"{run.effort.source}{setup}"))
