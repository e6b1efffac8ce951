"""What the Side by side page shows, as the session and the URL hold it."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import FEWEST_RUNS, MOST_RUNS, SWEEP_GROUPS
from evalcore.store import RunRecord
from pages.parts.shell import url
from pages.parts.shell.cached.stored import Listing, runs_on_sample
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query
from pages.parts.shell.views.opened_examples import SharedExamples

TABS = ("Runs", "Pairs", "Examples", "Label order")


def chosen_runs(page: Frame) -> list[RunRecord]:
    """The runs that are shown, in their order; fewer than two if there are not more."""
    view, listing = view_state().side_by_side, page.listing
    page.follow(lambda query: _follow(page, query))
    if view.runs is None:
        view.runs = _first_runs(page)
    return [record for record in map(listing.find, view.runs) if record][:MOST_RUNS]


def write_url(page: Frame, records: list[RunRecord]) -> None:
    """Make the URL say what is open. Written once, when all is drawn: one click is one step of the browser's Back."""
    view = view_state().side_by_side
    query: dict[str, str] = {"runs": ",".join(record.run_id for record in records)}
    if len(records) >= FEWEST_RUNS:
        query |= query_of_tab(view.tab)
        if view.tab == "Pairs" and view.pair:
            query["pair"] = ",".join(view.pair)
        if view.tab == "Examples":
            query |= {"show": view.group, **url.example_query(view.examples.opened)}
    names = ("runs", "tab", "pair", "show", "example")
    url.write_beside_others(page.title, {name: query.get(name) or None for name in names})


def _follow(page: Frame, query: url.Query) -> None:
    """Open what the URL names. Whether a pair or an example exists is seen when it is drawn."""
    view = view_state().side_by_side
    view.runs = _named_runs(page.listing, query) or view.runs
    view.tab = tab_of_query(query, TABS)
    a, _, b = query.get("pair", "").partition(",")
    view.pair = (a, b) if a and b else None
    group = query.get("show", "")
    view.group = group if group in SWEEP_GROUPS else "all"
    view.examples = SharedExamples(url.example_of(query), view.examples.generation + 1)


def _named_runs(listing: Listing, query: url.Query) -> list[str] | None:
    """The runs that a URL names; None if fewer than two of them are stored."""
    if not query.get("runs"):
        return None
    named = query["runs"].split(",")
    known = [run_id for run_id in dict.fromkeys(named) if listing.find(run_id)]
    if len(known) < len(named):
        st.warning("The link names a run that is not stored here; it is left out.")
    return known[:MOST_RUNS] if len(known) >= FEWEST_RUNS else None


def _first_runs(page: Frame) -> list[str]:
    """What is looked at and every other run on its sample."""
    current = page.record or next(iter(page.listing.records), None)
    if current is None:
        return []
    same = [record.run_id for record in runs_on_sample(page.store, current.sample_id)]
    return list(dict.fromkeys([current.run_id, *same]))[:MOST_RUNS]
