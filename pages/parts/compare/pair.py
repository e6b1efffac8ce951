"""Two runs of a person's choice, A and B: kept in the session and in the URL."""

from __future__ import annotations

import streamlit as st

from evalcore.metrics import PAIR_GROUPS
from evalcore.store import RunRecord, distinct_titles
from pages.parts.shell import url
from pages.parts.shell.cached import Listing
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

_SWAPPED = {"fixed": "broken", "broken": "fixed"}

Pair = tuple[str, str]


def chosen_pair(page: Frame) -> tuple[RunRecord, RunRecord] | None:
    """Draw the two pickers and the swap; None while there are not two runs to choose."""
    view = view_state()
    if len(page.listing.records) < 2:
        return None
    if page.arrived is not None:
        view.pair = _named_pair(page, page.arrived) or view.pair
        if page.arrived.get("door") in PAIR_GROUPS:
            view.pair_group = page.arrived["door"]
    if view.pair is None or not all(page.listing.find(run_id) for run_id in view.pair):
        view.pair = _first_pair(page.listing, page.record or page.listing.records[0])
    titles = distinct_titles(page.listing.records, page.listing.annotations)
    st.session_state["pair_a"], st.session_state["pair_b"] = view.pair

    def pick() -> None:
        view.pair = (st.session_state["pair_a"], st.session_state["pair_b"])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        for key, label in (("pair_a", ":blue[**A**]"), ("pair_b", ":orange[**B**], compared with A")):
            st.selectbox(label, list(titles), key=key, format_func=lambda r: titles[r], on_change=pick, width=430)
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, help="A becomes B, and B becomes A.")
    a, b = view.pair
    url.write_beside_others(page.title, {"a": a, "b": b})
    record_a, record_b = page.listing.find(a), page.listing.find(b)
    return (record_a, record_b) if record_a and record_b else None


def _named_pair(page: Frame, query: url.Query) -> Pair | None:
    """The pair that a URL names; None if it names none, or one that is not stored."""
    named = (query.get("a", ""), query.get("b", ""))
    if not any(named):
        return None
    if any(name and not page.listing.find(name) for name in named):
        st.warning("The link names a run that is not stored here. Other runs are shown instead.")
        return None
    if all(named):
        return named
    # One of them alone: the other is the run that it is best compared with.
    one = page.listing.find(named[0] or named[1])
    a, b = _first_pair(page.listing, one or page.listing.records[0])
    return (a, b) if (a == named[0] or b == named[1]) else (b, a)


def _first_pair(listing: Listing, current: RunRecord) -> Pair:
    """The pinned baseline and the run that is looked at; else that run and the newest that it can be compared with."""
    pinned = listing.pinned_for(current.task_name)
    if pinned and pinned != current.run_id:
        return pinned, current.run_id
    others = [record for record in listing.records if record.run_id != current.run_id]
    others.sort(
        key=lambda r: (
            set(r.labels) != set(current.labels),
            r.sample_id != current.sample_id,
            not r.kind.reads_prompt,  # a baseline is the last resort
        )
    )
    return current.run_id, others[0].run_id


def _swap() -> None:
    view = view_state()
    if view.pair is not None:
        view.pair = (view.pair[1], view.pair[0])
    view.pair_group = _SWAPPED.get(view.pair_group, view.pair_group)
