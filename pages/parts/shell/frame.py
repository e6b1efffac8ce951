"""What every page begins with: its title, the navigation, the run it is about, the scoring switch."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from evalcore.charts import DARK, LIGHT, Theme
from evalcore.errors import BlindspotError
from evalcore.parse import Scoring
from evalcore.running import ensure_worker
from evalcore.store import RunCatalog, RunRecord, Store, distinct_titles
from pages.parts.shell import session
from pages.parts.shell.markdown import escape_markdown, percent

PAGES = (
    ("app.py", "Overview", ":material/dashboard:"),
    ("pages/per_class.py", "Per class", ":material/leaderboard:"),
    ("pages/confusions.py", "Confusions", ":material/grid_on:"),
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
        shown: the run it is about, and how that stands to what is there now.
    """

    store: Store
    shown: session.Shown
    scoring: Scoring
    theme: Theme

    @property
    def record(self) -> RunRecord | None:
        """The run it is about; None if what was chosen has not been run."""
        return self.shown.record


def frame(title: str) -> Frame:
    """Draw the frame. Must be the page's first call."""
    st.set_page_config(
        page_title=f"{title} · Blindspot", page_icon="◐", layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    try:
        store = session.open_store()
        ensure_worker(store)
    except BlindspotError as error:
        st.error(escape_markdown(str(error)))
        st.stop()
    session.follow_url(store)
    shown = session.shown(store)
    record = shown.record
    with st.sidebar:
        st.markdown("## ◐ Blindspot")
        for path, label, icon in PAGES:
            query = {"run": record.run_id} if record else None
            st.page_link(path, label=label, icon=icon, query_params=query, width="stretch")
        st.divider()
        _run_picker(store, record)
        scoring = _scoring_switch()
        _difference(store, record)
    if store.notice:
        st.warning(escape_markdown(store.notice))
    if st.session_state.pop("unknown_run", False):
        st.warning("The link names a run that is not stored here. This is the run chosen last instead.")
    theme = DARK if st.context.theme.type == "dark" else LIGHT
    return Frame(store, shown, scoring, theme)


def say_how_it_stands(page: Frame) -> None:
    """A sentence, where the run is not that of what is there now; and the way to the other run."""
    shown = page.shown
    if not shown.said:
        return
    (st.warning if shown.record else st.info)(escape_markdown(shown.said), icon=":material/history:")
    if shown.other is not None:
        st.page_link(
            "app.py",
            label="The run of what is there now" if shown.record else "The last run of it",
            icon=":material/arrow_forward:",
            query_params={"run": shown.other.run_id},
        )


def _run_picker(store: Store, record: RunRecord | None) -> None:
    records = {r.run_id: r for r in store.runs()}
    if not records:
        return
    names = distinct_titles(records.values(), RunCatalog(store).annotations())
    st.session_state["picked_run"] = record.run_id if record else None

    def pick() -> None:
        picked = st.session_state["picked_run"]
        if picked in records:
            session.show(records[picked])

    st.selectbox(
        "Run",
        list(records),
        key="picked_run",
        on_change=pick,
        format_func=lambda run_id: names[run_id],
        placeholder="a stored run",
        help="Runs that are stored, the newest first.",
    )


def _scoring_switch() -> Scoring:
    named = st.query_params.get("scoring")
    if named in ("strict", "lenient") and named != st.session_state.get("url_scoring"):
        st.session_state["scoring"] = named  # a link, which may be another page's
    st.session_state["url_scoring"] = named
    st.session_state.setdefault("scoring", "lenient")
    st.session_state["scoring"] = st.session_state["scoring"]  # keeps it alive from page to page
    return st.segmented_control(
        "Scoring",
        ["strict", "lenient"],
        key="scoring",
        required=True,
        help="Strict: the completion must be the label, character for character. Lenient: case, spaces, quotes and "
        "punctuation do not matter, and one label inside a longer answer counts. Nothing is predicted again.",
    )


def _difference(store: Store, record: RunRecord | None) -> None:
    """What the switch changes for this run."""
    if record is None or not record.finished:
        return
    right = session.scored_run_of(store, record, "lenient").right_under
    if right["lenient"] == right["strict"]:
        st.caption("Strict or lenient, the same answers are right.")
        return
    shares = {scoring: percent(count / record.n) for scoring, count in right.items()}
    st.caption(
        f"Strict {shares['strict']}, lenient {shares['lenient']} right: {right['lenient'] - right['strict']:,} answers "
        "count only when lenient."
    )
