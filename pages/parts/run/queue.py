"""Jobs that wait, run or ended badly: progress, stop, retry, dismiss; the baselines that follow a run."""

from __future__ import annotations

import time

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import baselines_at_work
from evalcore.store import Job, Jobs, RunRecord, RunSpec, Store, job_title
from pages.parts.run.progress import POLL_S, enqueue, progress_line, status, watched_jobs
from pages.parts.shell.markdown import escape_markdown, message_markdown

ENDED = {"failed": "failed", "died": "ended with its worker", "stopped": "was stopped"}
ENDED_SHOWN = 5


def at_work(store: Store, specs: list[RunSpec] | None = None) -> bool:
    """Draw the jobs that wait or run, with their progress; of these specs, or all of them.

    Returns:
        whether there are any. When one ends, the whole page is drawn again.
    """
    active = _of(Jobs(store), specs)
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
        baseline = "baseline " if job.kind == "baseline" else ""
        text = f"{baseline}{escape_markdown(job_title(job, store.folder))} · {status(job, jobs, now)}"
        progress_line(job, jobs, text, key=f"stop_job_{job.job_id}")


def baselines_being_fitted(store: Store, record: RunRecord) -> None:
    """Say so while the baselines of a run are at work; when they are done, the whole page is drawn again."""
    names = [job.spec.model for job in baselines_at_work(record.spec, store)]
    if names:
        _watch_baselines(store, record, names)


@st.fragment(run_every=POLL_S)
def _watch_baselines(store: Store, record: RunRecord, were: list[str]) -> None:
    watched_jobs(store)
    if [job.spec.model for job in baselines_at_work(record.spec, store)] != were:
        st.rerun()
    st.caption(f":material/hourglass: Baselines on the same examples are being computed: {' and '.join(were)} …")


def ended_badly(store: Store, specs: list[RunSpec] | None = None) -> None:
    """The last jobs that failed, died or were stopped, unless they were run again since or dismissed.

    Each has a button that runs it again, and one that dismisses it.
    """
    jobs = Jobs(store)
    newest: dict[str, Job] = {}
    for job in jobs.recent(50):
        newest.setdefault(job.payload, job)
    wanted = None if specs is None else {spec.to_json() for spec in specs}
    bad = [job for job in newest.values() if job.state in ENDED and (wanted is None or job.payload in wanted)]
    for job in bad[:ENDED_SHOWN]:
        line, retry, dismiss = st.columns([6, 1, 1], vertical_alignment="center")
        again = _again(job, store)
        said = f"{escape_markdown(job_title(job, store.folder))} {ENDED[job.state]}{_why(job, again)}"
        (line.info if job.state == "stopped" else line.error)(said)
        if retry.button(again, key=f"retry_{job.job_id}", disabled=store.read_only, width="stretch"):
            enqueue(store, "run", job.payload)
            st.rerun()
        if dismiss.button("Dismiss", key=f"dismiss_{job.job_id}", disabled=store.read_only, width="stretch"):
            jobs.dismiss(job.job_id)
            st.rerun()


def _again(job: Job, store: Store) -> str:
    """What the button says that runs a job again: the same word as on the overview."""
    if job.state != "stopped":
        return "Retry"
    return "Go on" if job.done or _has_answers(job, store) else "Run"


def _has_answers(job: Job, store: Store) -> bool:
    """Whether an earlier attempt at the same predicted something."""
    try:
        return any(store.count_done(record.run_id) for record in store.runs_for(job.spec)[:1])
    except (BlindspotError, TypeError, ValueError):  # a newer version asked for it
        return False


def _why(job: Job, again: str) -> str:
    if job.result:
        return f": {message_markdown(job.result)}"
    return " before it began." if again == "Run" else ". What was predicted is kept."


def _of(jobs: Jobs, specs: list[RunSpec] | None) -> list[Job]:
    """Runs that wait or are at work: of these specs; or all of them, and the baselines that follow them."""
    if specs is None:
        return jobs.active(("run", "baseline"))
    wanted = {spec.to_json() for spec in specs}
    return [job for job in jobs.active(("run",)) if job.payload in wanted]
