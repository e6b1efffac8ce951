"""Links that lead from a number to the page and the filter that show its examples."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from pages.parts.shell import url

EXAMPLES, PER_CLASS, CONFUSIONS = "pages/examples.py", "pages/per_class.py", "pages/confusions.py"
CONFIDENCE = "pages/confidence.py"
ARROW = ":material/arrow_forward:"


def link_to(
    scored: ScoredRun,
    label: str,
    page: str = EXAMPLES,
    asked: Filter | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """A link to a page with a filter.

    Args:
        label: trusted, or escaped: it is Markdown.
        more: further query parameters, such as a sort order.
    """
    st.page_link(page, label=label, icon=ARROW, query_params=url.query_of(scored, asked, more))


def link_to_overview(run_id: str | None = None) -> None:
    """A link to the overview, of a run."""
    st.page_link("app.py", label="To the overview", icon=ARROW, query_params={"run": run_id} if run_id else None)
