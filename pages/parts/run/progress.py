"""Starting a run, watching it, stopping it; what it said when it failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from evalcore.analysis import RunningScore
from evalcore.charts import Theme, running_chart
from evalcore.running import ensure_worker
from evalcore.store import Job, JobKind, Jobs, RunSpec, Store, checked
from evalcore.wording import counted, interval
from pages.parts.shell.clickable_table import height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, message_markdown, percent
from pages.parts.shell.outcomes import coloured, signed
from pages.parts.shell.session import view_state
from pages.parts.shell.shown import clamped

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

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
    return enqueue(store, "run", clamped(checked(chosen), store).to_json())


def enqueue(store: Store, kind: JobKind, payload: str) -> int:
    """Put a job into the queue, and see to it that there is a worker.

    Returns:
        the job's number.
    """
    job_id = Jobs(store).enqueue(kind, payload)
    ensure_worker(store)
    return job_id


def watched_jobs(store: Store) -> Jobs:
    """The queue, for a page that waits for it."""
    ensure_worker(store)  # of a worker that has died it says so, and its job is no longer active
    return Jobs(store)


def how_it_ended(job: Job, line: DeltaGenerator, again: str) -> None:
    """Say what became of a job that did not end well.

    Args:
        line: where it is said in passing that it was stopped, which somebody wanted.
        again: what the button says that runs it again.
    """
    if job.state == "failed":
        st.error(message_markdown(job.result), icon=":material/error:")
    elif job.state == "died":
        st.error(message_markdown(job.result), icon=":material/power_off:")
    elif job.state == "stopped":
        before = "" if job.done or again != "Run" else " before it began"
        rest = "What was predicted is kept; “Go on” predicts the rest." if again == "Go on" else f"“{again}” starts it."
        line.caption(f":material/pause_circle: Stopped{before}. {rest}")


def watch(page: Frame, job_id: int) -> None:
    """Draw a job at work, again and again until it ends; then the whole page is drawn."""
    _watch(page.store, job_id, page.theme)


@st.fragment(run_every=POLL_S)
def _watch(store: Store, job_id: int, theme: Theme) -> None:
    jobs = watched_jobs(store)
    job = jobs.get(job_id)
    if job is None or not job.active:
        view_state().live = None
        st.rerun()
    progress_line(job, jobs, status(job, jobs, time.time()), key=f"stop_{job_id}")
    if job.run_id and job.done:
        _live(store, job, job.run_id, theme)


def progress_line(job: Job, jobs: Jobs, text: str, key: str) -> None:
    """How far a job is, with the button that stops it; for a fragment that is drawn again and again."""
    bar, stop = st.columns([5, 1.4], vertical_alignment="center")
    bar.progress(job.done / job.total if job.total else 0.0, text=text)
    if stop.button("Stop", width="stretch", disabled=bool(job.stop), icon=":material/stop:", key=key):
        jobs.stop(job.job_id)
        st.rerun(scope="fragment")


def status(job: Job, jobs: Jobs, now: float) -> str:
    """How far a job is, in one line."""
    if job.stop:
        return "stopping after the batch in hand …"
    pace = jobs.pace(job)
    silent = now - pace.heard
    if job.state == "queued":
        ahead = jobs.ahead_of(job)
        if ahead:
            return f"waiting for {counted(ahead, 'other job')}"
        return "waiting for the worker to start …" + (f" {_no_answer(silent)}" if silent > LONG_STEP_S else "")
    parts = [f"{job.done:,} of {job.total:,}"] if job.total else []
    parts.append(escape_markdown(job.phase or "starting"))
    usual = LONG_STEP_S if job.predicting_since is None else max(SILENT_S, 3 * pace.longest_wait_s)
    if silent > usual:
        parts.append(_no_answer(silent))
    elif pace.rate is not None and job.predicting_since is not None:
        parts += [f"{pace.rate:.1f} a second", f"{(job.total - job.done) / pace.rate:.0f} s left"]
    return " · ".join(parts) + ("" if job.total else " …")


def _no_answer(silent_s: float) -> str:
    return f"no answer for {silent_s:.0f} s"


def _live(store: Store, job: Job, run_id: str, theme: Theme) -> None:
    """Running accuracy and the latest predictions. Only completions that are new since the last look are parsed."""
    view = view_state()
    if view.live is None or view.live[0] != job.job_id:
        view.live = (job.job_id, RunningScore(store, store.run(run_id)))
    score = view.live[1]
    score.update(LATEST)
    if not score.n:
        return
    number, latest = st.columns([2, 3], gap="medium")
    with number:
        st.metric(
            "Accuracy so far",
            percent(score.accuracy),
            interval(score.accuracy_interval),
            delta_color="off",
            delta_arrow="off",
        )
        st.caption(f"95 % interval · {counted(score.n, 'example')}, {score.unparsed:,} unparsed")
        st.altair_chart(
            running_chart(score.history, job.total, theme),
            key="running",
            alt="Accuracy so far with its 95 % interval, against the number of examples",
        )
    with latest:
        rows = [
            {
                "outcome": signed(answer.outcome),
                "text": answer.example.text,
                "true label": answer.example.label,
                "completion": answer.completion.text,
            }
            for answer in score.latest(LATEST)
        ]
        st.dataframe(
            pd.DataFrame(rows).style.map(coloured(theme), subset=["outcome"]),
            hide_index=True,
            height=height_of(LATEST),
            column_config={
                "outcome": st.column_config.TextColumn(width=80),
                "text": st.column_config.TextColumn(width=200),
            },
            key="latest",
            alt="The last predictions, the newest first",
        )
