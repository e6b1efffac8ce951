"""A run without probabilities: why, and the ways to have some."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun, why_no_probabilities
from evalcore.store import CHOOSING, RunRecord
from pages.parts.shell import cached, url
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW, link_to_overview
from pages.parts.shell.markdown import escape_markdown


def say_why(page: Frame, scored: ScoredRun) -> None:
    """Say why this run has no probabilities; lead to the run that chose among the labels, or to the form for it."""
    record = scored.record
    st.info(escape_markdown(why_no_probabilities(scored)), icon=":material/percent:")
    chose = run_that_chose(page, record)
    if chose is not None:
        st.page_link("pages/confidence.py", label="Open the run that chose among the labels", icon=ARROW,
                     query_params={"run": chose.run_id})  # fmt: skip
    elif record.kind.gives_label_scores:
        st.page_link("app.py", label="Fill in the form: the same with the decoding “choose”", icon=ARROW,
                     query_params=url.query_of_spec(replace(record.spec, decoding="choose")))  # fmt: skip
    else:
        link_to_overview(record.run_id)


def run_that_chose(page: Frame, record: RunRecord) -> RunRecord | None:
    """The newest stored run of the same model and prompt on the same sample that chose among the labels."""
    return next(
        (
            other
            for other in cached.runs_on_sample(page.store, record.sample_id)
            if other.spec.decoding in CHOOSING
            and other.spec.model == record.spec.model
            and other.prompt.fingerprint == record.prompt.fingerprint
        ),
        None,
    )
