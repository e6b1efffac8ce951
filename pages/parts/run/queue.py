"""Jobs that wait, run or ended badly: progress, stop, retry."""

from __future__ import annotations

import time

import streamlit as st

from evalcore.store import Job, Jobs, RunSpec, Store, spec_title
from pages.parts.run.progress import POLL_S, enqueue, progress_line, status, watched_jobs
from pages.parts.shell.markdown import escape_markdown

ENDED = {"failed": "failed", "died": "died with the worker", "stopped": "stopped"}
ENDED_SHOWN = 5


def at_work(store: Store, specs: list[RunSpec] | None = None) -> bool:
    """Draw the jobs that wait or run, with their progress; of these specs, or all of them.

    Returns:
        whether there are any. When one ends, the whole page is drawn again.
    """
    jobs = Jobs(store)
    active = _of(jobs, specs)
    if active:
        _watch(store, specs, len(active))
    return bool(active)


@st.fragment(run_every=POLL_S)
def _watch(store: Store, specs: list[RunSpec] | None, were: int) -> None:
    jobs = watched_jobs(store)
    active, now = _of(jobs, specs), time.time()
    if len(active) != were:
        st.rerun()
    for job in active:
        text = f"{escape_markdown(spec_title(job.spec))} · {status(job, jobs, now)}"
        progress_line(job, jobs, text, key=f"stop_job_{job.job_id}")


def ended_badly(store: Store, specs: list[RunSpec] | None = None) -> None:
    """The last jobs that failed, died or were stopped, unless they were run again since, each with a retry."""
    jobs = Jobs(store)
    newest: dict[str, Job] = {}
    for job in jobs.recent(50):
        newest.setdefault(job.payload, job)
    wanted = None if specs is None else {spec.to_json() for spec in specs}
    bad = [job for job in newest.values() if job.state in ENDED and (wanted is None or job.payload in wanted)]
    for job in bad[:ENDED_SHOWN]:
        line, retry = st.columns([5, 1], vertical_alignment="center")
        why = f": {escape_markdown(job.result)}" if job.result else ". What was predicted is kept."
        said = f"{escape_markdown(spec_title(job.spec))} {ENDED[job.state]}{why}"
        (line.info if job.state == "stopped" else line.error)(said)
        label = "Go on" if job.state == "stopped" else "Retry"
        if retry.button(label, key=f"retry_{job.job_id}", disabled=store.read_only, width="stretch"):
            enqueue(store, "run", job.payload)
            st.rerun()


def _of(jobs: Jobs, specs: list[RunSpec] | None) -> list[Job]:
    wanted = None if specs is None else {spec.to_json() for spec in specs}
    return [job for job in jobs.active() if job.kind == "run" and (wanted is None or job.payload in wanted)]
