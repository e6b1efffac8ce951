"""Questions to the worker: asked, waited for, watched and stopped; what it answered stays in the session."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running.live import LiveAnswer, LiveRequest, answer_of, ask, waiting_for
from evalcore.store import Jobs, Store
from pages.parts.run.progress import watched_jobs
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

LOOK_EVERY_S = 0.01
"""Time between two looks for an answer that is waited for."""
POLL_S = 0.3
"""The same of one that takes long."""
KEPT = 200
"""Answers that a session keeps."""
GONE = "The worker has forgotten the question. Press “Ask” to ask it again."
STOPPED = "Stopped. Press “Ask” to ask it again."


def put(store: Store, requests: Sequence[LiveRequest]) -> None:
    """Ask what was not answered in this session, and is not being answered."""
    view = view_state().try_it
    for request in requests:
        view.agreed.add((request.spec.task, request.spec.model))
        key = request.to_json()
        if key in view.answers or key in view.jobs or key in view.problems:
            continue
        try:
            view.jobs[key] = ask(store, request)
        except BlindspotError as error:  # a cache folder that cannot be written has no queue
            view.problems[key] = str(error)


def withdraw_others(store: Store, wanted: Sequence[LiveRequest]) -> None:
    """Take back what waits and is not wanted any more.

    One at work goes on: it is a moment's work, or loads the model that is asked next.
    """
    view, jobs = view_state().try_it, Jobs(store)
    for key in view.jobs.keys() - {request.to_json() for request in wanted}:
        job = jobs.get(view.jobs[key])
        if job is None or job.state == "queued":
            jobs.stop(view.jobs.pop(key))


def is_known(request: LiveRequest) -> bool:
    """Whether it was asked in this session."""
    view, key = view_state().try_it, request.to_json()
    return key in view.answers or key in view.jobs or key in view.problems


def forget_problems() -> None:
    """Forget what was not answered, so that it is asked again."""
    view_state().try_it.problems.clear()


def wait(store: Store, requests: Sequence[LiveRequest], patience_s: float) -> None:
    """Wait until all of these have ended, or for so long."""
    until = time.monotonic() + patience_s
    while _any_at_work(store, requests) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)


def answer_to(request: LiveRequest) -> LiveAnswer | None:
    """The answer, if it is there."""
    return view_state().try_it.answers.get(request.to_json())


def problem_of(request: LiveRequest) -> str:
    """Why there is no answer; empty if there is one, or it is being worked on."""
    return view_state().try_it.problems.get(request.to_json(), "")


@st.fragment(run_every=POLL_S)
def watch(store: Store, request: LiveRequest, doing: str = "") -> None:
    """Draw how far a question is, with the button that stops it; when it has ended, the whole page is drawn again.

    Args:
        doing: what is being worked on, where it is more than the answer.
    """
    if not _any_at_work(store, [request]):
        st.rerun()
    jobs = watched_jobs(store)
    job = jobs.get(view_state().try_it.jobs[request.to_json()])
    if job is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        standing = "stopping …" if job.stop else waiting_for(store, job)
        st.caption(f":material/hourglass: {doing}{escape_markdown(standing)}", width="stretch")
        st.button(
            "Stop", icon=":material/stop:", key=f"stop_live_{job.job_id}", disabled=bool(job.stop),
            on_click=jobs.stop, args=(job.job_id,),
        )  # fmt: skip


def _any_at_work(store: Store, requests: Sequence[LiveRequest]) -> bool:
    """Whether one of these is being worked on. What has ended is taken into the session."""
    view, jobs = view_state().try_it, Jobs(store)
    at_work = False
    for request in requests:
        key = request.to_json()
        if key not in view.jobs:
            continue
        job = jobs.get(view.jobs[key])
        if job and job.active:
            at_work = True
            continue
        view.jobs.pop(key)
        answer = answer_of(job) if job else None
        if answer is not None:
            view.answers[key] = answer
        else:
            view.problems[key] = STOPPED if job and job.state == "stopped" else (job.result if job else "") or GONE
    while len(view.answers) > KEPT:
        view.answers.pop(next(iter(view.answers)))
    return at_work
