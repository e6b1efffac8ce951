"""Doors: links that lead from a number to a page and the filter that shows it, and what a URL asks for on arrival."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from pages.parts.shell import session
from pages.parts.shell.frame import Frame, say_how_it_stands

EXAMPLES, PER_CLASS, CONFUSIONS = "pages/examples.py", "pages/per_class.py", "pages/confusions.py"
ARROW = ":material/arrow_forward:"


def link_to(scored: ScoredRun, label: str, page: str = EXAMPLES, asked: Filter | None = None, **more: str) -> None:
    """A link to a page with a filter.

    Args:
        label: trusted, or made `plain`: it is Markdown.
        more: further query parameters, such as a sort order.
    """
    st.page_link(page, label=label, icon=ARROW, query_params=query(scored, asked, **more))


def query(scored: ScoredRun, asked: Filter | None = None, **more: str) -> dict[str, str]:
    """What a URL has to say to come back here: the run, the filter, and the scoring where it is not the usual one."""
    asks = {"run": scored.record.run_id, **((asked or Filter()).to_query()), **more}
    return asks if scored.scoring == "lenient" else {**asks, "scoring": scored.scoring}


def arrived(page_name: str) -> dict[str, str] | None:
    """What the URL asks for if a link, or the back button, has changed it; None while it is as the page left it."""
    now = st.query_params.to_dict()
    return None if now == st.session_state.get(f"url_of_{page_name}") else now


def leave(page_name: str, asks: dict[str, str]) -> None:
    """Make the URL say what the page shows."""
    for other in [key for key in st.session_state if str(key).startswith("url_of_")]:
        del st.session_state[other]
    st.session_state[f"url_of_{page_name}"] = asks
    st.session_state["url_run"] = asks.get("run")
    st.session_state["url_scoring"] = asks.get("scoring")
    if st.query_params.to_dict() != asks:
        st.query_params.from_dict(asks)


def reading_or_stop(page: Frame) -> ScoredRun:
    """The reading of the page's run; without one the page says what to do, and ends."""
    say_how_it_stands(page)
    if page.record is None:
        st.info("There is nothing to look at yet. Choose a stored run in the sidebar, or start one on the overview.")
        st.page_link("app.py", label="To the overview", icon=ARROW)
        st.stop()
    scored = session.scored_run_of(page.store, page.record, page.scoring)
    if not len(scored.answers):
        st.info("Nothing of this run has been predicted yet. Press “Run” on the overview to begin.")
        st.page_link("app.py", label="To the overview", icon=ARROW, query_params={"run": page.record.run_id})
        st.stop()
    return scored
