"""How much a person must check: the answer, what is asked, the risk-coverage curve and the examples behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from evalcore.analysis import LabelProbabilities, ScoredRun
from evalcore.deciding import (
    SIGNALS,
    Prepared,
    Review,
    ReviewAsked,
    compared_review,
    prepare,
    review_of,
)
from evalcore.deciding.review_signals import CHOOSE_RUNS
from evalcore.deciding.review_words import threshold_words, work_words
from evalcore.store import RunRecord
from pages.parts.decide import review_compared, review_opened, review_pictures
from pages.parts.decide.answer_parts import answered, compared, say
from pages.parts.shell import run_titles
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.cached.stored import runs_on_sample
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.missing_probabilities import say_why
from pages.parts.shell.session import view_state

HEIGHT = 354
DECIDE = "pages/decide.py"


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    asked = view_state().decide.review
    agreeing = _agreeing(page, scored, asked)
    answer = answered(scored, reviewed, asked, agreeing) if other is None else None
    both = compared(scored, other, compared_review, asked, agreeing) if other is not None else None
    shown = answer if other is None else both
    if shown is None:
        _controls(page, scored, asked)
        return
    if answer is not None and not answer.signal:
        _controls(page, scored, asked)
        say_why(page, scored, DECIDE)
        st.caption(f"Or have it from the agreement of runs, under Options. {escape_markdown(CHOOSE_RUNS)}")
        return
    say(shown)
    _controls(page, scored, asked)
    if both is not None and other is not None:
        review_compared.draw(page, scored, other, both)
    elif answer is not None:
        st.caption(escape_markdown(" ".join(filter(None, (threshold_words(answer), work_words(answer))))))
        what = review_opened.opened(answer)
        left, right = beside(11, 9, height=HEIGHT)
        with left:
            review_pictures.draw(page, answer, what)
        with right:
            review_opened.examples(page, scored, answer, what)


def reviewed(
    scored: ScoredRun, probabilities: LabelProbabilities | None, asked: ReviewAsked, others: Sequence[ScoredRun] = ()
) -> Review:
    """The answer; what no slider changes is kept."""
    return review_of(answer_of((scored,), prepared, None, others), asked)


def prepared(
    scored: ScoredRun, probabilities: LabelProbabilities | None, asked: None, others: Sequence[ScoredRun] = ()
) -> Prepared:
    """What no slider changes."""
    return prepare(scored, probabilities, others)


def _agreeing(page: Frame, scored: ScoredRun, asked: ReviewAsked) -> list[ScoredRun]:
    """The runs whose agreement is the signal: those of the URL that there are on these examples."""
    there = {record.run_id: record for record in _possible(page, scored)}
    return [scored_run_of(page.store, there[run_id], page.scoring) for run_id in asked.agreeing_ids if run_id in there]


def _possible(page: Frame, scored: ScoredRun) -> list[RunRecord]:
    own = scored.record
    return [
        record
        for record in runs_on_sample(page.store, own.sample_id)
        if record.run_id != own.run_id and set(record.labels) == set(own.labels)
    ]


def _controls(page: Frame, scored: ScoredRun, asked: ReviewAsked) -> None:
    state = st.session_state
    possible = _possible(page, scored)
    ids = [record.run_id for record in possible]
    titles = run_titles.titles(page.store, page.scoring) if possible else {}
    state["review_target"], state["review_signal"], state["review_per_label"] = (
        asked.target, asked.signal, asked.per_label,
    )  # fmt: skip
    state["review_minutes"], state["review_price"] = asked.minutes, asked.price
    state["review_agreeing"] = [run_id for run_id in asked.agreeing_ids if run_id in ids]

    def change() -> None:
        view_state().decide.review = replace(
            asked,
            target=round(float(state["review_target"]), 1),
            signal=state["review_signal"],
            per_label=state["review_per_label"],
            minutes=float(state["review_minutes"] or 0),
            price=float(state["review_price"] or 0),
            agreeing=",".join(state["review_agreeing"]) if possible else asked.agreeing,
        )

    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.slider("Target: percent of the automatic answers that are to be right", 50.0, 99.9, step=0.1,
                  key="review_target", format="target %.1f %%", on_change=change, width=230,
                  label_visibility="collapsed")  # fmt: skip
        st.segmented_control(
            "Signal", SIGNALS, key="review_signal", required=True, on_change=change, label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Options", icon=":material/tune:"):
            st.toggle("A threshold for each predicted label", key="review_per_label", on_change=change,
                      help="Labels that are predicted too seldom share one")  # fmt: skip
            minutes, price = st.columns(2)
            minutes.number_input("Minutes a review", 0.0, 1000.0, step=0.5, key="review_minutes", on_change=change)
            price.number_input("Price of a review", 0.0, 1_000_000.0, step=0.1, key="review_price", on_change=change)
            if possible:
                st.multiselect("Agreement with", ids, key="review_agreeing", on_change=change,
                               format_func=lambda run_id: titles.get(run_id, run_id),
                               help="The share of these runs with the same answer is a signal")  # fmt: skip
            else:
                st.caption("Agreement: there is no other run on these examples.")
