"""From a LoRA adapter's run to the comparison with its base model: a link, or a button that runs the base first."""

from __future__ import annotations

import time

import streamlit as st

from evalcore.analysis import base_run, base_spec
from evalcore.store import Jobs, RunRecord, Store
from evalcore.wording import counted
from pages.parts.run.options import end_of_path
from pages.parts.run.progress import POLL_S, start, status, watched_jobs
from pages.parts.shell.cached.stored import count_done
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.shown import clamped


def way_to_base_model(page: Frame, record: RunRecord) -> None:
    """Draw the way; nothing for a run without an adapter. Base and adapter answer the same prompts in the same way."""
    base, spec = base_run(record, page.listing.records), base_spec(record)
    if base is not None and base.finished:
        st.page_link(
            "pages/compare.py",
            label="Compare with its base model",
            icon=":material/compare_arrows:",
            query_params={"a": base.run_id, "b": record.run_id},
        )
        return
    if spec is None:
        return
    spec = clamped(spec, page.store)
    job = Jobs(page.store).last_for(spec)
    if job is not None and job.active:
        _watch(page.store, job.job_id)
        return
    done = count_done(page.store, base.run_id) if base else 0
    if st.button(
        "Run its base model too",
        key="run_base_model",
        icon=":material/compare_arrows:",
        disabled=page.store.read_only,
        help=f"Asks {escape_markdown(end_of_path(spec.model))} the same, {counted(record.n - done, 'prediction')}: "
        "then the two can be compared.",
    ):
        start(page.store, spec)
        st.rerun()
    if job is not None and job.state in ("failed", "died"):
        st.caption(f":material/error: {message_markdown(job.result)}")
    elif base is None and any(r.spec == spec and r.sample_id == record.sample_id for r in page.listing.records):
        st.caption("The base model has changed since this run: run the adapter again to compare the two.")


@st.fragment(run_every=POLL_S)
def _watch(store: Store, job_id: int) -> None:
    """How far the base's run is; when it ends, the whole page is drawn again."""
    jobs = watched_jobs(store)
    job = jobs.get(job_id)
    if job is None or not job.active:
        st.rerun()
    st.caption(f":material/hourglass: Its base model: {status(job, jobs, time.time())}")
