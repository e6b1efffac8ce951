"""Two runs of a person's choice, A and B: kept in the session and in the URL; their comparison, kept by the server."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import Comparison, ScoredRun, compare
from evalcore.parse import Scoring
from evalcore.store import RunCatalog, RunRecord, Store, distinct_titles
from pages.parts.shell import session
from pages.parts.shell.frame import Frame

_MAX_CACHED = 16
_SWAPPED = {"fixed": "broken", "broken": "fixed"}

Records = dict[str, RunRecord]


def chosen_pair(page: Frame) -> tuple[RunRecord, RunRecord] | None:
    """Draw the two pickers and the swap; None while there are not two runs to choose."""
    records = {record.run_id: record for record in page.store.runs()}
    if len(records) < 2:
        return None
    _follow_url(page, records)
    kept = st.session_state.get("pair", ("", ""))
    if kept[0] not in records or kept[1] not in records:
        kept = st.session_state["pair"] = _first_pair(page.record or next(iter(records.values())), page.store, records)
    names = distinct_titles(records.values(), RunCatalog(page.store).annotations())
    st.session_state["pair_a"], st.session_state["pair_b"] = kept

    def pick() -> None:
        st.session_state["pair"] = (st.session_state["pair_a"], st.session_state["pair_b"])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        for key, label in (("pair_a", ":blue[**A**]"), ("pair_b", ":orange[**B**], held against A")):
            st.selectbox(label, list(records), key=key, format_func=lambda r: names[r], on_change=pick, width=430)
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, help="A becomes B, and B becomes A.")
    a, b = st.session_state["pair"]
    st.query_params["a"], st.query_params["b"] = a, b
    st.session_state["url_pair"] = (a, b)
    return records[a], records[b]


def comparison_of(store: Store, a: RunRecord, b: RunRecord, scoring: Scoring) -> Comparison:
    """The comparison, kept until one of the runs has more completions.

    Raises:
        SpecError: if they cannot be compared.
    """
    scored_runs = [session.scored_run_of(store, record, scoring) for record in (a, b)]
    return _comparison(*scored_runs, a.run_id, b.run_id, scoring, *(len(scored.y_true) for scored in scored_runs))


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _comparison(
    _a: ScoredRun, _b: ScoredRun, run_a: str, run_b: str, scoring: Scoring, done_a: int, done_b: int
) -> Comparison:
    return compare(_a, _b)


def _follow_url(page: Frame, records: Records) -> None:
    """Take the pair that the URL names, once per visit; names are only ever compared with the runs that exist."""
    named = (st.query_params.get("a", ""), st.query_params.get("b", ""))
    if not any(named) or named == st.session_state.get("url_pair"):
        return
    st.session_state["url_pair"] = named
    if any(name and name not in records for name in named):
        st.warning("The link names a run that is not stored here. Other runs are shown instead.")
    elif all(named):
        st.session_state["pair"] = named
    else:  # one of them alone: the other is whatever that one can best be held against
        a, b = _first_pair(records[named[0] or named[1]], page.store, records)
        st.session_state["pair"] = (a, b) if (a == named[0] or b == named[1]) else (b, a)


def _first_pair(current: RunRecord, store: Store, records: Records) -> tuple[str, str]:
    """The pinned baseline against the run that is looked at; else that run against the newest it can be held to."""
    pinned = RunCatalog(store).pinned_for(current.task_name)
    if pinned and pinned != current.run_id:
        return pinned, current.run_id
    others = [record for record in records.values() if record.run_id != current.run_id]
    others.sort(
        key=lambda r: (
            set(r.labels) != set(current.labels),
            r.sample_id != current.sample_id,
            r.prompt.name == "none",  # a baseline is the last resort
        )
    )
    return current.run_id, others[0].run_id


def _swap() -> None:
    a, b = st.session_state["pair"]
    st.session_state["pair"] = (b, a)
    door = st.session_state.get("door", "")
    st.session_state["door"] = _SWAPPED.get(door, door)
