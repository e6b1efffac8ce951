"""What the chosen run will take, in one line. The worker says it: the page has no tokenizer, and sends no request."""

from __future__ import annotations

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import Estimate, estimate, estimate_in_one_line
from evalcore.store import Job, Jobs, RunSpec, Store
from pages.parts.run.progress import enqueue, watched_jobs
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

POLL_S = 0.5
ESTIMATING = "Estimating what it will take …"
AFTER_THE_RUN = "What it will take is estimated when the run at work has ended …"


def plan_line(store: Store, chosen: RunSpec, stored: int) -> None:
    """Draw the line; while there is no answer, again and again.

    Args:
        store: where jobs are.
        chosen: in its normal form; nothing is known that would keep it from running.
        stored: number of its predictions that are stored.
    """
    view = view_state()
    try:
        payload = estimate.request(chosen, stored, store)
        if view.plan is None or view.plan[0] != payload:
            if view.plan is not None:
                Jobs(store).stop(view.plan[1])  # nobody waits for the plan of what was chosen before
            view.plan = (payload, enqueue(store, "plan", payload))
    except BlindspotError:  # of data that changed a moment ago, or a folder without a queue: a run will say it
        return
    job = Jobs(store).get(view.plan[1])
    if job is not None and job.active:
        _watch(store, job.job_id)
    elif job is not None:
        _said(job)


@st.fragment(run_every=POLL_S)
def _watch(store: Store, job_id: int) -> None:
    """Draw that an answer is awaited, again and again; when it is there, the page is drawn and this line with it."""
    jobs = watched_jobs(store)
    job = jobs.get(job_id)
    if job is None or not job.active:
        st.rerun()
    waits = job.state == "queued" and any(one.kind == "run" and one.state == "running" for one in jobs.active())
    st.caption(f":material/hourglass: {AFTER_THE_RUN if waits else ESTIMATING}")


def _said(job: Job) -> None:
    """Draw an answer, or why a run would fail as well."""
    if job.state == "failed":
        st.caption(f":material/error: {message_markdown(job.result)}")
    found = Estimate.from_json(job.result) if job.state == "done" else None
    if found is not None:
        st.caption(f":material/schedule: {escape_markdown(estimate_in_one_line(found))}", help=found.rests_on)
