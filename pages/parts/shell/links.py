"""Links that lead from a number to the page and the filter that show its examples."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from pages.parts.shell import url

EXAMPLES, PER_CLASS, CONFUSIONS = "pages/examples.py", "pages/per_class.py", "pages/confusions.py"
CONFIDENCE = "pages/confidence.py"
DECIDE = "pages/decide.py"
TRY_IT = "pages/try_it.py"
DATA = "pages/data.py"
ARROW, BACK = ":material/arrow_forward:", ":material/arrow_back:"
LONGEST_TEXT = 1000
"""Characters of a text up to which a link holds it: on their way, addresses of many thousand are cut."""


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


def link_to_decide(scored: ScoredRun) -> None:
    """A link to what can be done with a run."""
    link_to(scored, "What to do with it", DECIDE)


def link_to_overview(run_id: str | None = None) -> None:
    """A link to the overview, of a run."""
    st.page_link("app.py", label="To the overview", icon=ARROW, query_params={"run": run_id} if run_id else None)


def link_to_data(label: str) -> None:
    """A link to where a person brings a file of their own.

    Args:
        label: trusted: it is Markdown.
    """
    st.page_link(DATA, label=label, icon=":material/upload_file:")


def link_to_try_it(run_id: str, text: str) -> None:
    """A link that asks a run's model about a text; none for a text that is blank or too long for a link."""
    if text.strip() and len(text) <= LONGEST_TEXT:
        st.page_link(TRY_IT, label="Try this text", icon=":material/bolt:", query_params={"run": run_id, "text": text})
