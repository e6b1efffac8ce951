"""What the mistakes of two runs cost, on the Compare page: said where costs were typed, offered where A and B tie."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import Comparison, verdict
from evalcore.deciding import ComparedCosts, CostsAsked, asked_of_query, compared_costs
from evalcore.errors import BlindspotError
from pages.parts.shell import url
from pages.parts.shell.cached.once import once
from pages.parts.shell.decide_url import are_lasting, query_of_asked_now, with_tables
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import DECIDE, link_to
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

DOOR = "costs"
"""The examples whose two answers do not cost the same: a group like those that count all examples."""
DOOR_MEANING = "The answers of A and B do not cost the same; the largest difference first."
IN_URL = ("actions", "costs", "unit")
"""The fields of what is asked of costs that matter to two runs."""
_SAID = "compare_link"


def follow(page: Frame, query: url.Query) -> None:
    """Take the costs that a URL names. One that names none leaves those that were typed."""
    view = view_state().decide
    view.said.pop(_SAID, None)
    named, missing = with_tables(page.store, {name: query[name] for name in IN_URL if name in query})
    if missing:
        view.said[_SAID] = f"The link names a table ({missing}) that is not stored here. No costs were taken from it."
    elif named:
        view.costs = replace(asked_of_query(CostsAsked, named), review_cost=view.costs.review_cost)


def to_url(page: Frame) -> dict[str, str | None]:
    """The inverse: each parameter, None for one that is not to be there."""
    view = view_state().decide
    asked = query_of_asked_now(page.store, view) if view.costs.has_tables else {}
    return {name: asked.get(name) for name in IN_URL}


def costs_of(comparison: Comparison) -> ComparedCosts | None:
    """What the mistakes of both cost; None if nobody said, or what was said does not fit these two runs."""
    asked = view_state().decide.costs
    try:
        return found_costs(comparison, asked) if asked.has_tables else None
    except BlindspotError:
        return None


def found_costs(comparison: Comparison, asked: CostsAsked) -> ComparedCosts:
    """What the mistakes of both cost, computed once.

    Raises:
        DataError: if a table does not fit these runs.
    """
    return once(comparison, _compared, asked)


def say_costs(page: Frame, comparison: Comparison) -> None:
    """Say whose mistakes cost more, with the way to the examples and to the tables; or offer to weigh the mistakes."""
    view = view_state().decide
    asked = query_of_asked_now(page.store, view)
    with st.container(gap="xxsmall"):
        if said := view.said.get(_SAID):
            st.warning(escape_markdown(said))
        if not view.costs.has_tables:
            if verdict(comparison).kind in ("undecided", "same") and comparison.agreement.same < 1:
                _link(comparison, "Same accuracy? Weigh the mistakes: Decide", asked)
            return
        try:
            both = found_costs(comparison, view.costs)
        except BlindspotError as error:
            st.warning(f"Not used here: {message_markdown(str(error))}")
            _link(comparison, "To the tables of costs", asked)
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            st.markdown(f":material/payments: **{escape_markdown(both.sentences[0])}**", width="stretch")
            _link(comparison, "Which mistakes", asked)
        st.caption(escape_markdown(both.sentences[1]))
        if not are_lasting(page.store, {name: asked[name] for name in IN_URL if name in asked}):
            st.caption("A table of costs cannot be kept in the cache folder: the link has it until this server stops.")


def _compared(comparison: Comparison, asked: CostsAsked) -> ComparedCosts:
    return compared_costs(comparison.a, None, comparison.b, None, asked)


def _link(comparison: Comparison, label: str, asked: url.Query) -> None:
    """To the tab Costs of the Decide page, with B beside A and all that is asked there."""
    more = {"tab": url.name_in_url("Costs"), "beside": comparison.b.record.run_id}
    link_to(comparison.a, label, DECIDE, more=asked | more)
