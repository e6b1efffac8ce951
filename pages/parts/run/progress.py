"""Starting a run, watching it, stopping it; what it said when it failed."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st

from evalcore.analysis import score_run
from evalcore.errors import BlindspotError
from evalcore.running import ensure_worker
from evalcore.store import Job, Jobs, RunSpec, Store, checked
from pages.parts.shell import session
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, percent

POLL_S = 0.6
LATEST = 6
SILENT_S = 10.0
"""Of a job that predicts: after so long it has no rate any more. Longer where its batches take longer."""
LONG_STEP_S = 30.0
"""The same of a step that says nothing while it lasts, such as loading a model."""


def start(store: Store, chosen: RunSpec) -> int:
    """Put a run into the queue; the worker does the rest.

    Returns:
        the job's number.
    """
    return Jobs(store).enqueue("run", session.clamped(checked(chosen)).to_json())


def launcher(page: Frame) -> Job | None:
    """One line on what is stored and what is missing, with the button that gets it; then the job, if there is one.

    Returns:
        the job at work on what is chosen, or None.
    """
    store, record = page.store, page.record
    try:
        chosen = session.clamped(checked(session.spec()))
    except BlindspotError as error:
        st.error(escape_markdown(str(error)))
        return None
    job = Jobs(store).last_for(chosen)
    if job is None and _first_start(store):
        start(store, chosen)
        job = Jobs(store).last_for(chosen)
    if job is not None and job.active:
        session.look_at_choice(job.job_id)  # when it ends, its run is what the page shows
        _watch(store, job.job_id)
        return job
    line, button = st.columns([5, 1.4], vertical_alignment="center")
    done = store.count_done(record.run_id) if record else 0
    total = record.n if record else chosen.n
    with line:
        if record and done >= total:
            st.caption(f":material/check_circle: all {total} predictions come from the cache")
        elif done:
            st.caption(f"{done} of {total} predictions are in the cache, {total - done} to predict")
        else:
            st.caption(f"{total} predictions, not made yet")
    with button:
        label = "Run" if not done or page.shown.said else "Go on" if done < total else "Check again"
        if st.button(
            label,
            type="secondary" if label == "Check again" else "primary",
            key="run",  # so that a click counts although the label changes in the same instant
            disabled=store.read_only,
            width="stretch",
            help="Reads data and model again; what is unchanged is not predicted again."
            if label == "Check again"
            else None,
        ):
            session.look_at_choice(start(store, chosen))
            st.rerun()
    if job is not None:
        _how_it_ended(job)
    return None


def _first_start(store: Store) -> bool:
    """Nothing has ever been run here: the demo's run starts by itself."""
    return not store.read_only and session.spec() == RunSpec() and not store.runs() and not Jobs(store).recent(1)


def _how_it_ended(job: Job) -> None:
    if job.state == "failed":
        st.error(escape_markdown(job.result), icon=":material/error:")
    elif job.state == "died":
        st.error(escape_markdown(job.result), icon=":material/power_off:")
    elif job.state == "stopped":
        st.info("Stopped. What was predicted is kept; “Go on” predicts the rest.", icon=":material/pause_circle:")


@st.fragment(run_every=POLL_S)
def _watch(store: Store, job_id: int) -> None:
    ensure_worker(store)  # of a worker that has died it says so, and the job is no longer active
    jobs = Jobs(store)
    ensure_worker(store)  # one that died while this page only watched is noticed here
    job = jobs.get(job_id)
    if job is None or not job.active:
        st.rerun()
    now = time.time()
    bar, stop = st.columns([5, 1.4], vertical_alignment="center")
    with bar:
        st.progress(job.done / job.total if job.total else 0.0, text=status(job, jobs, now))
    with stop:
        if st.button("Stop", width="stretch", disabled=bool(job.stop), icon=":material/stop:", key=f"stop_{job_id}"):
            jobs.stop(job_id)
            st.rerun(scope="fragment")
    if job.run_id and job.done:
        _live(store, job.run_id)


def status(job: Job, jobs: Jobs, now: float) -> str:
    """How far a job is, in one line."""
    if job.stop:
        return "stopping after the batch in hand …"
    pace = jobs.pace(job)
    silent = now - pace.heard
    if job.state == "queued":
        ahead = sum(other.job_id < job.job_id for other in jobs.active())
        if ahead:
            return f"waiting for {ahead} other job(s)"
        return "waiting for the worker to start …" + (f" {_no_answer(silent)}" if silent > LONG_STEP_S else "")
    parts = [f"{job.done} of {job.total}"] if job.total else []
    parts.append(escape_markdown(job.phase or "starting"))
    usual = LONG_STEP_S if job.predicting_since is None else max(SILENT_S, 3 * pace.longest_wait_s)
    if silent > usual:
        parts.append(_no_answer(silent))
    elif pace.rate is not None and job.predicting_since is not None:
        parts += [f"{pace.rate:.1f} a second", f"{(job.total - job.done) / pace.rate:.0f} s left"]
    return " · ".join(parts) + ("" if job.total else " …")


def _no_answer(silent_s: float) -> str:
    return f"no answer for {silent_s:.0f} s"


def _live(store: Store, run_id: str) -> None:
    """Running accuracy and the latest predictions."""
    scored = score_run(store, run_id)
    if not scored.answers:
        return
    scores = scored.scores
    low, high = scored.intervals.accuracy
    number, latest = st.columns([1, 4])
    with number:
        st.metric("Accuracy so far", percent(scores.accuracy), border=True)
        st.caption(f"{100 * low:.1f} – {100 * high:.1f}, n = {scores.n}, {scores.unparsed} unparsed")
    with latest:
        rows = [
            {
                "text": answer.example.text,
                "true label": answer.example.label,
                "completion": answer.completion.text,
                "outcome": answer.outcome,
            }
            for answer in reversed(scored.answers[-LATEST:])
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=36 * (LATEST + 1), key="latest")
