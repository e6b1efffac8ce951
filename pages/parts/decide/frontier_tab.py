"""All runs on one task: what each takes, how it scores, and which cannot be told apart from the best."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.deciding import (
    AnsweringRuns,
    CostsAsked,
    FrontierAnswer,
    FrontierAsked,
    FrontierRun,
    answering_runs,
    effort_words,
    frontier_of,
    score_words,
)
from evalcore.deciding.frontier_effort import EFFORTS
from evalcore.deciding.frontier_found import SCORES
from evalcore.errors import BlindspotError
from evalcore.store import SERVERS_FILE, file_stamp
from evalcore.wording import in_percent, p_value
from pages.parts.decide import frontier_opened, shown
from pages.parts.decide.answer_parts import say
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.decisions import stored_answers_of
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import link_to_overview
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

HEIGHT, CHART_HEIGHT, TABLE_HEIGHT, LEAST_WIDTH = 380, 345, 180, 440
TITLES = {"accuracy": "Accuracy", "cost of mistakes": "Cost of mistakes"}
EFFORT_TITLES = {"seconds": "Seconds", "tokens": "Tokens", "price": "Price"}
NAMED = 5
"""Runs that a caption names."""

Roles = tuple[tuple[str, str], ...]
"""`A` and `B` with the ids of these runs."""


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    top = st.container(gap="xxsmall")
    _controls()
    answer = _answered(page, scored)
    if answer is None:
        return
    with top:
        say(answer)
    if len(answer.runs) == 1:
        st.info(escape_markdown(answer.sentences[1]), icon=":material/scatter_plot:")
        link_to_overview(scored.record.run_id)
        return
    roles = [("A", scored.record.run_id)] + ([("B", other.record.run_id)] if other else [])
    opened = frontier_opened.opened_run(answer)
    left, right = beside(11, 9, HEIGHT)
    with left:
        _figure(page, answer, tuple(roles), opened)
    with right:
        _table(page, answer, tuple(roles), opened)
        frontier_opened.details(page, answer, opened)


def _controls() -> None:
    """What is to be good, and what is to be little."""
    view, asked = view_state().decide, view_state().decide.frontier
    state = st.session_state
    state["frontier_score"], state["frontier_effort"] = asked.score, asked.effort
    if asked.effort == "price":
        state["frontier_hour"] = asked.price_per_hour

    def change() -> None:
        hour = state.get("frontier_hour")
        view.frontier = FrontierAsked(
            state["frontier_score"], state["frontier_effort"], asked.price_per_hour if hour is None else float(hour)
        )

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control("Score", SCORES, key="frontier_score", required=True, on_change=change,
                             format_func=TITLES.__getitem__, label_visibility="collapsed")  # fmt: skip
        st.markdown("against", width="content")
        st.segmented_control("Effort", EFFORTS, key="frontier_effort", required=True, on_change=change,
                             format_func=EFFORT_TITLES.__getitem__, label_visibility="collapsed")  # fmt: skip
        st.markdown("per 1,000 texts", width="content")
        if asked.effort == "price":
            st.markdown("where this machine costs", width="content")
            st.number_input("Price of an hour of this machine", 0.0, 1_000_000.0, step=0.1, format="%.2f", width=120,
                            key="frontier_hour", on_change=change, label_visibility="collapsed")  # fmt: skip
            st.markdown("an hour", width="content")


def _answered(page: Frame, scored: ScoredRun) -> FrontierAnswer | None:
    """The answer, computed once; of a table of costs that cannot be read, the answer to what was asked before."""
    view = view_state().decide
    asked = (view.frontier, view.costs)
    of = f"frontier {scored.record.run_id}"
    try:
        answer = kept_answer(page, scored, *asked)
    except BlindspotError as error:
        st.error(message_markdown(str(error)), icon=":material/error:")
        st.caption("The table stands in the tab Costs.")
        last: Any = view.answered.get(of)
        if last is None:
            return None
        st.caption("Below: the answer to what was asked before.")
        return kept_answer(page, scored, *last)
    view.answered[of] = asked
    return answer


def kept_answer(page: Frame, scored: ScoredRun, asked: FrontierAsked, costs: CostsAsked) -> FrontierAnswer:
    """The answer, kept until something else is stored or asked; the costs are asked only where they are the score.

    Raises:
        BlindspotError: if the costs cannot be read.
    """
    return once(scored, _answer, _stored(page), asked, costs if asked.score == SCORES[1] else CostsAsked())


def _stored(page: Frame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What changes when another run is finished, and when a run is given a name or the table of servers is written."""
    runs = tuple(f"{record.run_id} {record.finished}" for record in page.listing.records)
    names = (f"{run_id} {annotation.name}" for run_id, annotation in sorted(page.listing.annotations.items()))
    try:
        prices = file_stamp(page.store.folder / SERVERS_FILE)
    except OSError:
        prices = ""
    return runs, (*names, prices)


def _gathered(scored: ScoredRun, stored: tuple[str, ...]) -> AnsweringRuns:
    store = scored.answers.store
    return answering_runs(store, scored, lambda other: stored_answers_of(store, other, scored.scoring))


def _answer(
    scored: ScoredRun,
    stored: tuple[tuple[str, ...], tuple[str, ...]],
    asked: FrontierAsked,
    costs: CostsAsked,
) -> FrontierAnswer:
    return frontier_of(scored.answers.store, once(scored, _gathered, stored[0]), asked, costs)


def _key(answer: FrontierAnswer, roles: Roles) -> str:
    """Of widgets that show these runs in this way."""
    asked = answer.asked
    return "_".join([answer.shown.scoring, asked.score, asked.effort, *(run_id for _, run_id in roles)])


def _figure(page: Frame, answer: FrontierAnswer, roles: Roles, opened: FrontierRun) -> None:
    drawn = in_picture(answer)
    if not drawn:
        st.info(escape_markdown(answer.best.effort.source), icon=":material/scatter_plot:")
        return

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return frontier_figure(answer, roles, page.theme, None if item is None else str(item["run"]))

    def click(item: charts.Item | None) -> None:
        frontier_opened.open_run(page, None if item is None else str(item["run"]))

    clickable_figure(
        draw,
        f"frontier_{_key(answer, roles)}",
        shown.figure("frontier"),
        {"run": opened.record.run_id} if view_state().decide.opened and opened in drawn else None,
        click,
        "What each run takes and how it scores, as the table of runs has them; a band covers those that cannot be told "
        "apart from the best",
    )
    unknown = [run.title for run in answer.runs if not run.effort.is_known]
    far = [run.title for run in answer.runs if run.effort.is_known and run not in drawn]
    for names, why in ((unknown, "since what it takes is not known"), (far, "far below, but in the table")):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            st.caption(f"Not in the picture, {why}: {escape_markdown(', '.join(names[:NAMED]))}{more}")


def in_picture(answer: FrontierAnswer) -> list[FrontierRun]:
    """The runs that are drawn: those of which it is known what they take. The baseline that gives every text the same
    label is left out where there are others: next to it all others would lie on one line."""
    known = [run for run in answer.runs if run.effort.is_known]
    others = [run for run in known if run.together or not run.record.kind.answers_alike]
    return others if len(others) > 1 else known


def frontier_figure(
    answer: FrontierAnswer, roles: Roles, theme: charts.Theme, picked: str | None = None
) -> alt.LayerChart:
    """The figure of an answer."""
    role_of = {run_id: role for role, run_id in roles}
    is_share = answer.asked.score == SCORES[0]
    first = [answer.best, answer.cheapest, *(run for run in answer.runs if run.record.run_id in role_of)]
    efficient = [run for run in answer.runs if run.efficient]
    ordered = dict.fromkeys(run.record.run_id for run in (*first, *efficient, *answer.runs) if run is not None)
    drawn = in_picture(answer)
    marks = [
        charts.FrontierMark(
            run.record.run_id,
            run.title,
            run.effort.amount,
            run.score,
            *run.interval,
            effort_words(answer, run.effort),
            score_words(answer, run),
            frontier_opened.interval_words(answer, run),
            frontier_opened.against_words(answer, run),
            run.together,
            run.efficient,
            role_of.get(run.record.run_id, ""),
        )
        for run in filter(None, map(answer.find, ordered))
        if run in drawn
    ]
    unit = f", {answer.currency}" if answer.asked.effort == "price" and answer.currency else ""
    cost = f"{TITLES[answer.asked.score]} per 1,000 texts{f', {answer.unit}' if answer.unit else ''} (less is above)"
    return charts.frontier_chart(
        marks,
        f"{EFFORT_TITLES[answer.asked.effort]} per 1,000 texts{unit}",
        "Accuracy" if is_share else cost,
        theme,
        LEAST_WIDTH,
        CHART_HEIGHT,
        None if picked is None else {"run": picked},
        is_share=is_share,
    )


def _table(page: Frame, answer: FrontierAnswer, roles: Roles, opened: FrontierRun) -> None:
    """The runs, which the keyboard reaches: the same as the figure."""
    at = answer.runs.index(opened)
    state = shown.figure("frontier_table")
    # Made anew only where something else was opened: a table that is made anew loses the focus of the keyboard.
    key = f"frontier_runs_{_key(answer, roles)}_{len(answer.runs)}_{state.drawn}"
    if state.made_with is None or state.made_with["key"] != key:
        state.made_with = {"key": key, "row": at}

    def click(row: int | None) -> None:
        if row is not None:
            frontier_opened.open_run(page, answer.runs[row].record.run_id, in_table=True)

    c = st.column_config
    score = answer.asked.score
    clickable_table(
        _frame(answer, roles),
        key,
        TABLE_HEIGHT,
        {
            "run": c.TextColumn(width=130),
            score: c.NumberColumn("right" if score == SCORES[0] else "cost", width=62,
                                  format="%.1f %%" if score == SCORES[0] else "%.3g"),
            "effort": c.NumberColumn(answer.asked.effort, width=78, format="%.3g", help="Per 1,000 texts"),
            "p": c.TextColumn(width=54, help="Against the best, corrected for all pairs of runs (Holm)"),
            "95 %": c.TextColumn(width=94, help="95 % interval of it, of this run alone"),
        },
        on_click=click,
        selected=state.made_with["row"],
        row_height=COMPACT_ROW_HEIGHT,
        alt="Runs; choose a row, with the arrow keys for example, to see one against the best",
    )  # fmt: skip


def _frame(answer: FrontierAnswer, roles: Roles) -> pd.DataFrame:
    role_of = {run_id: f"{role} · " for role, run_id in roles}
    is_share = answer.asked.score == SCORES[0]
    return pd.DataFrame(
        {
            "run": [role_of.get(run.record.run_id, "") + run.title for run in answer.runs],
            answer.asked.score: [
                in_percent(run.score) if is_share else float(f"{run.score:.3g}") for run in answer.runs
            ],
            "effort": [float(f"{run.effort.amount:.3g}") for run in answer.runs],
            "p": [
                "best" if run is answer.best else p_value(run.p).removeprefix("p ").removeprefix("= ")
                for run in answer.runs
            ],
            "95 %": [frontier_opened.interval_words(answer, run) for run in answer.runs],
        }
    )
