"""Two runs of a person's choice, A and B, and what is open of their comparison: in the session and in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

import streamlit as st

from evalcore.analysis import BOTH_WRONG, Comparison, Filter, base_run
from evalcore.charts import MatrixKind
from evalcore.metrics import PAIR_GROUPS
from evalcore.store import RunRecord
from pages.parts.compare import costs_of_pair
from pages.parts.compare.headline import open_door
from pages.parts.compare.matrices_compared import known
from pages.parts.shell import run_titles, url
from pages.parts.shell.cached.stored import Listing
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query
from pages.parts.shell.views.opened_examples import SharedExamples

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

TABS = ("Examples", "Metrics", "Labels", "Matrices", "Sample size", "What changed")
DOORS = (*PAIR_GROUPS, BOTH_WRONG, costs_of_pair.DOOR)
_SWAPPED = {"fixed": "broken", "broken": "fixed"}

Pair = tuple[str, str]


def chosen_pair(page: Frame, head: DeltaGenerator) -> tuple[RunRecord, RunRecord] | None:
    """Draw the two pickers and the swap; None while there are not two runs to choose.

    Args:
        head: the row that they stand in.
    """
    view = view_state().compared
    if len(page.listing.records) < 2:
        return None
    page.follow(lambda query: _follow(page, query))
    if view.runs is None or not all(page.listing.find(run_id) for run_id in view.runs):
        view.runs = _first_pair(page.listing, page.record or page.listing.records[0])
    titles = run_titles.titles(page.store, page.scoring, view.runs)
    base = _base_of(page.listing, view.runs[1])
    options = {"pair_a": sorted(titles, key=lambda run_id: run_id != base), "pair_b": list(titles)}
    st.session_state["pair_a"], st.session_state["pair_b"] = view.runs

    def pick() -> None:
        view.runs = (st.session_state["pair_a"], st.session_state["pair_b"])

    with head:
        for key, label in (("pair_a", ":blue[**A**] (reference)"), ("pair_b", ":orange[**B**] (new)")):
            st.selectbox(label, options[key], key=key, format_func=lambda run_id: titles[run_id], on_change=pick)
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, args=(page.listing,))
    record_a, record_b = (page.listing.find(run_id) for run_id in view.runs)
    return (record_a, record_b) if record_a and record_b else None


def write_url(page: Frame, comparison: Comparison | None = None) -> None:
    """Make the URL say what is open. Written once, when all is drawn: one click is one step of the browser's Back.

    Args:
        comparison: what is drawn; None if the two runs cannot be compared.
    """
    view = view_state().compared
    a, b = view.runs or (None, None)
    of_tab: dict[str, str] = {}
    if comparison is not None:
        of_tab = query_of_tab(view.tab)
        opens: Mapping[str, str] = {}
        if not view.tab:
            opens = {"door": open_door(comparison)}
        elif view.tab == "Labels" and view.label in comparison.labels:
            opens = {"label": view.label}
        elif view.tab == "Matrices":
            of_tab["matrix"] = view.matrix
            opens = known(comparison, view.picked.cell).to_query()
        if opens:
            of_tab |= {**opens, **url.example_query(view.examples.opened)}
    names = ("tab", "door", "label", "matrix", "true", "predicted", "outcomes", "example")
    opened = {name: of_tab.get(name) or None for name in names}
    url.write_beside_others(page.title, {"a": a, "b": b, **opened, **costs_of_pair.to_url(page)})


def _follow(page: Frame, query: url.Query) -> None:
    """Open what the URL names. Whether a label or an example exists is seen when it is drawn."""
    view = view_state().compared
    view.runs = _named_pair(page, query) or view.runs
    costs_of_pair.follow(page, query)
    door, matrix = query.get("door", ""), query.get("matrix", "")
    view.tab = tab_of_query(query, TABS)
    view.door = door if door in DOORS else ""
    view.label = query.get("label", "")
    view.matrix = next((kind for kind in get_args(MatrixKind) if kind == matrix), "B − A")
    named = (query.get("true", ""), query.get("predicted", ""))
    view.pick(Filter.from_query(query, named).without_group())
    view.examples = SharedExamples(url.example_of(query), view.examples.generation + 1)


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
    """The pinned baseline and the run that is looked at, or an adapter's base model and the adapter; else that run and
    the newest that it can be compared with."""
    for reference in (listing.pinned_for(current.task_name), _base_of(listing, current.run_id)):
        if reference and reference != current.run_id:
            return reference, current.run_id
    others = [record for record in listing.records if record.run_id != current.run_id]
    others.sort(
        key=lambda r: (
            set(r.labels) != set(current.labels),
            r.sample_id != current.sample_id,
            r.kind.is_baseline or not r.kind.can_run,  # a baseline or an import is the last resort
        )
    )
    return current.run_id, others[0].run_id


def _base_of(listing: Listing, run_id: str) -> str | None:
    """The run of the base model of an adapter's run; None if there is none."""
    record = listing.find(run_id)
    base = base_run(record, listing.records) if record else None
    return base.run_id if base else None


def _swap(listing: Listing) -> None:
    """A becomes B. What is open stays open: the same examples, under the group's other name."""
    view = view_state().compared
    if view.runs is None:
        return
    a, b = (listing.find(run_id) for run_id in view.runs)
    view.runs = (view.runs[1], view.runs[0])
    view.door = _SWAPPED.get(view.door, view.door)
    if a is None or b is None or a.sample_id != b.sample_id:
        view.examples.open(None)  # in B's sample its number is another one
