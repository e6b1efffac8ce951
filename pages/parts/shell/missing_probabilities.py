"""A run without probabilities: why, and the ways to have some."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun, chooses, partner_of, why_no_probabilities
from pages.parts.shell import url
from pages.parts.shell.cached.stored import runs_on_sample
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW, link_to_overview
from pages.parts.shell.markdown import escape_markdown


def say_why(page: Frame, scored: ScoredRun, opens: str = "pages/confidence.py") -> None:
    """Say why this run has no probabilities; lead to the run that chose among the labels, or to the form for it.

    Args:
        opens: the page that the run which chose is opened on.
    """
    record = scored.record
    st.info(escape_markdown(why_no_probabilities(scored)), icon=":material/percent:")
    others = runs_on_sample(page.store, record.sample_id)
    chose = None if chooses(record) else partner_of(record, others)
    if chose is not None:
        st.page_link(opens, label="Open the run that chose among the labels", icon=ARROW,
                     query_params={"run": chose.run_id})  # fmt: skip
    elif "choose" in record.kind.decodings and not chooses(record):
        st.page_link("app.py", label="Fill in the form: the same with the decoding “choose”", icon=ARROW,
                     query_params=url.query_of_spec(replace(record.spec, decoding="choose")))  # fmt: skip
    else:
        link_to_overview(record.run_id)
