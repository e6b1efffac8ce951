"""What the chosen run will take, in one line. The worker says it: the page has no tokenizer, and sends no request."""

from __future__ import annotations

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import Estimate, estimate, estimate_in_one_line
from evalcore.store import Jobs, RunSpec, Store
from pages.parts.run.progress import enqueue, watched_jobs
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

POLL_S = 0.5
PLANNING = ":material/hourglass: Estimating what it will take …"


def plan_line(store: Store, chosen: RunSpec, stored: int) -> None:
    """Draw the line; while there is no answer, again and again.

    Args:
        store: where jobs are.
        chosen: in its normal form; nothing is known that would keep it from running.
        stored: number of its predictions that are stored.
    """
    view = view_state()
    payload = estimate.request(chosen, stored)
    if view.plan is None or view.plan[0] != payload:
        if view.plan is not None:
            Jobs(store).stop(view.plan[1])  # nobody waits for the plan of what was chosen before
        try:
            view.plan = (payload, enqueue(store, "plan", payload))
        except BlindspotError:  # a cache folder that cannot be written has no queue, and nothing can be run in it
            return
    _waiting(store, view.plan[1])


def _waiting(store: Store, job_id: int) -> None:
    job = Jobs(store).get(job_id)
    if job is not None and job.active:
        _watch(store, job_id)
    elif job is not None:
        _said(job.result if job.state == "done" else "")


@st.fragment(run_every=POLL_S)
def _watch(store: Store, job_id: int) -> None:
    """Only this line is drawn again; it is drawn once more when the answer is there, and the polling ends."""
    job = watched_jobs(store).get(job_id)
    if job is None or not job.active:
        st.rerun()
    st.caption(PLANNING)


def _said(result: str) -> None:
    """Draw an answer. A plan that failed says nothing: the run itself will say why, and it can be asked for."""
    found = Estimate.from_json(result) if result else None
    if found is not None:
        st.caption(f":material/schedule: {escape_markdown(estimate_in_one_line(found))}", help=found.rests_on)
