"""The exact prompt of a text. The worker renders it: the page has no tokenizer."""

from __future__ import annotations

import time

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import prompt_preview
from evalcore.store import Jobs, Store, kind_of
from evalcore.tasks import Prompt, TaskSource
from evalcore.wording import counted
from pages.parts.run.progress import enqueue
from pages.parts.shell.markdown import message_markdown

POLL_S = 0.15
PATIENCE_S = 60.0


def exact_prompt(store: Store, task: TaskSource, model: str, prompt: Prompt, text: str) -> None:
    """Draw the chat text as the model is given it, and its length in tokens."""
    if not kind_of(model).reads_prompt:
        st.caption("There is no prompt: this reads the text alone.")
        return
    payload = prompt_preview.request(task, model, prompt, text)
    kept = st.session_state.setdefault("previews", {})
    if payload not in kept:
        with st.spinner("Rendering with the model's own template …"):
            kept[payload] = _ask(store, payload)
    state, result = kept[payload]
    if state != "done":
        kept.pop(payload)
        st.error(message_markdown(result))
        return
    shown = prompt_preview.Preview.from_json(result)
    if not shown.tokens:
        st.caption("The messages as the server is sent them. It writes them out with the model's template itself.")
    else:
        st.caption(f"{counted(shown.tokens, 'token')}, as the model is given them")
    if shown.tokens and not shown.has_template:
        st.caption("This model brings no chat template: the turns are given as paragraphs.")
    elif shown.tokens and not shown.takes_system:
        st.caption("This model's template has no system role: the system text opens the user's turn.")
    st.code(shown.text, language=None, wrap_lines=True)


def _ask(store: Store, payload: str) -> tuple[str, str]:
    jobs = Jobs(store)
    try:
        job_id = enqueue(store, "preview", payload)
    except BlindspotError as error:  # a cache folder that cannot be written has no queue
        return "failed", str(error)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        job = jobs.get(job_id)
        if job is None or not job.active:
            return (job.state, job.result) if job else ("failed", "The preview is gone. Try again.")
        time.sleep(POLL_S)
    jobs.stop(job_id)
    return "failed", "The worker is busy with a batch. Try again in a moment."
