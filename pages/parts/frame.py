"""What every page begins with: its title, the navigation, the run it is about, the scoring switch."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from evalcore.charts import DARK, LIGHT, Ink
from evalcore.errors import BlindspotError
from evalcore.parse import Scoring
from evalcore.shelf import Mark, Shelf
from evalcore.store import RunRecord, Store
from evalcore.worker import ensure_worker
from pages.parts import state
from pages.parts.plain import plain

PAGES = (
    ("app.py", "Overview", ":material/dashboard:"),
    ("pages/examples.py", "Examples", ":material/list:"),
    ("pages/compare.py", "Compare", ":material/compare_arrows:"),
    ("pages/side_by_side.py", "Side by side", ":material/view_week:"),
    ("pages/prompts.py", "Prompts", ":material/edit_note:"),
    ("pages/runs.py", "Runs", ":material/inventory_2:"),
)
SIDEBAR_WIDTH = 250


@dataclass(frozen=True)
class Frame:
    """What a page is given.

    Attributes:
        record: the run it is about; None if what was chosen has not been run.
    """

    store: Store
    record: RunRecord | None
    scoring: Scoring
    ink: Ink


def frame(title: str) -> Frame:
    """Draw the frame. Must be the page's first call."""
    st.set_page_config(
        page_title=f"{title} · Blindspot", page_icon="◐", layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    try:
        store = state.open_store()
        ensure_worker(store)
    except BlindspotError as error:
        st.error(plain(str(error)))
        st.stop()
    state.follow_url(store)
    record = state.current_record(store)
    with st.sidebar:
        st.markdown("## ◐ Blindspot")
        for path, label, icon in PAGES:
            query = {"run": record.run_id} if record else None
            st.page_link(path, label=label, icon=icon, query_params=query, width="stretch")
        st.divider()
        _run_picker(store, record)
        scoring = _scoring_switch()
    if store.notice:
        st.warning(plain(store.notice))
    if st.session_state.pop("unknown_run", False):
        st.warning("The link names a run that is not stored here. This is the run chosen last instead.")
    ink = DARK if st.context.theme.type == "dark" else LIGHT
    return Frame(store, record, scoring, ink)


def _run_picker(store: Store, record: RunRecord | None) -> None:
    records = {r.run_id: r for r in store.runs()}
    if not records:
        return
    marks = Shelf(store).marks()
    st.session_state["picked_run"] = record.run_id if record else None

    def pick() -> None:
        picked = st.session_state["picked_run"]
        if picked in records:
            state.show(records[picked])

    st.selectbox(
        "Run",
        list(records),
        key="picked_run",
        on_change=pick,
        format_func=lambda run_id: describe(records[run_id], marks.get(run_id)),
        placeholder="a stored run",
        help="Runs that are stored, the newest first.",
    )


def describe(record: RunRecord, mark: Mark | None = None) -> str:
    """A run in one line, its own name first if a person gave it one."""
    if mark and mark.name:
        return f"{mark.name} · {describe(record)}"
    model = record.spec.model.rstrip("/").rpartition("/")[2]
    prompt = "" if record.prompt.name == "none" else f" · {record.prompt.name}"
    decoding = " · as shipped" if record.spec.decoding == "as-shipped" else ""
    sample = "" if record.identity.get("predictor") == "import" else f" {record.spec.sample}"
    return f"{model}{prompt}{decoding} · {record.task_name} · {record.n}{sample}"


def _scoring_switch() -> Scoring:
    st.session_state.setdefault("scoring", st.query_params.get("scoring", "lenient"))
    if st.session_state["scoring"] not in ("strict", "lenient"):
        st.session_state["scoring"] = "lenient"
    st.session_state["scoring"] = st.session_state["scoring"]  # keeps it alive from page to page
    return st.segmented_control(
        "Scoring",
        ["strict", "lenient"],
        key="scoring",
        required=True,
        help="Strict: the completion must be the label, character for character. Lenient: case, spaces, quotes and "
        "punctuation do not matter, and one label inside a longer answer counts. Nothing is predicted again.",
    )
