"""The run beside the page's run: chosen in the heading, for answers of two runs on the same examples."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import ScoredRun, shared_examples
from evalcore.errors import BlindspotError
from evalcore.store import RunRecord
from pages.parts.shell import run_titles
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state

ALONE = ""
"""In the place of a run's id."""
WIDTH = 290
"""Pixels of the box while nothing is chosen in it."""


def run_beside(page: Frame, scored: ScoredRun) -> tuple[ScoredRun | None, str]:
    """Draw the box that chooses it, and the button that changes places with it.

    Returns:
        the run beside it, None if it is looked at alone; and why it cannot stand beside it, Markdown, empty if it can.
    """
    view = view_state().decide
    records = {record.run_id: record for record in _possible(page, scored)}
    named = view.beside if view.beside != scored.record.run_id else ""
    why_not = ""
    if named and named not in records:
        known = page.listing.find(named)
        if known is None:
            why_not = "The link names a run to compare with that is not stored here."
            view.beside = named = ""
        else:
            records[named] = known
    if not records:
        return None, why_not
    _box(page, named, records)
    if not named:
        return None, why_not
    other = scored_run_of(page.store, records[named], page.scoring)
    try:
        answer_of((scored, other), _share, ())
    except BlindspotError as error:
        return None, message_markdown(str(error))
    return other, ""


def _box(page: Frame, named: str, records: dict[str, RunRecord]) -> None:
    view, key = view_state().decide, "decide_beside"
    titles = dict(run_titles.titles(page.store, page.scoring, [named] if named else []))
    titles[ALONE] = "No run beside it" if named else "Compare with a run …"
    st.session_state[key] = named

    def choose() -> None:
        view.beside = st.session_state[key]

    def swap() -> None:
        record, view.beside = records[named], page.record.run_id if page.record else ""
        view_state().open_run(record)

    if named:
        st.markdown(":blue[**A**] beside :orange[**B**]", width="content")
    st.selectbox(
        "B, a run on the same examples",
        [ALONE, *records],
        key=key,
        on_change=choose,
        format_func=lambda run_id: titles.get(run_id, run_id),
        label_visibility="collapsed",
        width="stretch" if named else WIDTH,
    )
    if named:
        st.button("Swap", icon=":material/swap_horiz:", key="decide_swap", on_click=swap)


def _possible(page: Frame, scored: ScoredRun) -> list[RunRecord]:
    """The runs on the same sample first, then others of the same task, the newest first."""
    own = scored.record
    of_task = [
        record
        for record in page.listing.records
        if record.run_id != own.run_id
        and (record.sample_id == own.sample_id or record.task_name == own.task_name)
        and set(record.labels) == set(own.labels)
    ]
    return sorted(of_task, key=lambda record: record.sample_id != own.sample_id)


def _share(a: ScoredRun, _: object, b: ScoredRun, __: object, asked: object) -> int:
    """How many examples two runs share.

    Raises:
        SpecError: if there are none.
    """
    return len(shared_examples(a, b)[0])
