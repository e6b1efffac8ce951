"""What every page begins with: its title, the navigation, the run it is about, the scoring switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.charts import DARK, LIGHT, Theme
from evalcore.errors import BlindspotError
from evalcore.parse import Scoring
from evalcore.running import ensure_worker
from evalcore.store import RunRecord, Store, run_title
from evalcore.wording import counted
from pages.parts.shell import page_style, run_titles, session, url
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.cached.stored import Listing, listing_of
from pages.parts.shell.links import ARROW, link_to_data, link_to_overview
from pages.parts.shell.long_lived import keep_modules
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.shown import Shown, shown

PAGES = (
    ("app.py", "Overview", ":material/dashboard:"),
    ("pages/per_class.py", "Per class", ":material/leaderboard:"),
    ("pages/confusions.py", "Confusions", ":material/grid_on:"),
    ("pages/confidence.py", "Confidence", ":material/percent:"),
    ("pages/decide.py", "Decide", ":material/rule:"),
    ("pages/examples.py", "Examples", ":material/list:"),
    ("pages/compare.py", "Compare", ":material/compare_arrows:"),
    ("pages/side_by_side.py", "Side by side", ":material/view_week:"),
    ("pages/try_it.py", "Try it", ":material/bolt:"),
    ("pages/data.py", "Data", ":material/upload_file:"),
    ("pages/prompts.py", "Prompts", ":material/edit_note:"),
    ("pages/runs.py", "Runs", ":material/inventory_2:"),
)
SIDEBAR_WIDTH = 250
"""Pixels: a run's short title fits into the box that chooses it."""

SCORING_WORDS: dict[Scoring, str] = {
    "strict": "The completion must be the label, character for character.",
    "lenient": "Case, spaces and punctuation do not matter; one label inside a longer answer counts.",
}


@dataclass(frozen=True)
class Frame:
    """What a page is given.

    Attributes:
        title: the page's; it names the page in the session and for the URL.
        listing: every stored run.
        shown: the run it is about, and how that stands to what is there now.
        arrived: all that the URL asks for, where a link or the back button has changed it; otherwise None.
    """

    title: str
    store: Store
    listing: Listing
    shown: Shown
    scoring: Scoring
    theme: Theme
    arrived: url.Query | None

    @property
    def record(self) -> RunRecord | None:
        """The run it is about; None if what was chosen has not been run."""
        return self.shown.record

    def follow(self, take: Callable[[url.Query], None]) -> None:
        """Take what a link asks for, once: a click while the page is still being drawn must not be undone by the link
        that opened it."""
        if self.arrived is not None:
            take(self.arrived)
            url.taken(self.title, self.arrived)


def frame(title: str, *, picks_run: bool = True, scores: bool = True) -> Frame:
    """Draw the frame. Must be the page's first call.

    In the order of Tab the first link of a page, or whatever else opens examples, comes within twelve presses:
    Streamlit's own “Skip to main content”, then the page. A field has no `help=`, for Streamlit draws the icon before
    its field, as a stop of its own: what it means stands in its label, in its options, in a caption, or in one popover
    at the end of the row. A title has `anchor=False`: the link to it is one stop more.

    Args:
        picks_run: whether the page is about one run, so that the sidebar offers to choose it.
        scores: whether it shows scores, so that the sidebar offers to choose how answers are scored.
    """
    keep_modules()
    st.set_page_config(
        page_title=f"{title} · Blindspot", page_icon="◐", layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    view = session.view_state()
    try:
        store = session.open_store()
        opened = view.page != title
        if opened:  # a worker is looked for when a page is opened, and whenever there is work for it
            ensure_worker(store)
    except BlindspotError as error:
        st.error(escape_markdown(str(error)))
        st.stop()
    view.page = title
    arrived = url.arrived(title)
    listing = listing_of(store)
    all_known = _follow_url(view, listing)
    about = shown(store, listing)
    listing = listing_of(store)  # in a folder that cannot be written, looking may have added a run in memory
    if opened:
        run_titles.learn_accuracies(store, view.scoring)
    with st.sidebar:
        st.markdown("#### ◐ Blindspot")
        with st.container(gap="xsmall"):
            for path, label, icon in PAGES:
                query = {"run": about.record.run_id} if about.record else None
                st.page_link(path, label=label, icon=icon, query_params=query, width="stretch")
        if picks_run:
            _run_picker(store, view, listing, about.record)
        if scores:
            _scoring_switch(view)
        if picks_run and scores:
            _difference(store, about.record)
        page_style.collapse_sidebar_where_narrow()
    page_style.show_focus()
    if store.notice:
        st.warning(escape_markdown(store.notice))
    if not all_known:
        st.warning("The link names a run that is not stored here. This is the run chosen last instead.")
    theme = DARK if st.context.theme.type == "dark" else LIGHT
    return Frame(title, store, listing, about, view.scoring, theme, arrived)


def say_how_it_stands(page: Frame) -> None:
    """A sentence, where the run is not that of what is there now; and the way to the other run."""
    about = page.shown
    if not about.said:
        return
    (st.warning if about.record else st.info)(escape_markdown(about.said), icon=":material/history:")
    if about.other is not None:
        st.page_link(
            "app.py",
            label="The run of what is there now" if about.record else "The last run of it",
            icon=ARROW,
            query_params={"run": about.other.run_id},
        )


def scored_run_or_stop(page: Frame) -> ScoredRun:
    """The page's run, scored; without one the page says what to do, and ends."""
    say_how_it_stands(page)
    if page.record is None:
        st.info("There is nothing to look at yet. Choose a stored run in the sidebar, or start one on the overview.")
        with st.container(horizontal=True):
            link_to_overview()
            link_to_data("Your own file: page Data")
        st.stop()
    scored = scored_run_of(page.store, page.record, page.scoring)
    if not len(scored.answers):
        st.info("Nothing of this run has been predicted yet. Press “Run” on the overview to begin.")
        link_to_overview(page.record.run_id)
        st.stop()
    return scored


def _follow_url(view: session.ViewState, listing: Listing) -> bool:
    """Take the run and the scoring that the URL names.

    Returns:
        False if it names a run that does not exist.
    """
    view.scoring = url.scoring_to_follow() or view.scoring
    named = url.run_to_follow()
    if named is None:
        return True
    record = listing.find(named)
    if record is None:
        return False
    view.open_run(record)
    return True


def _run_picker(store: Store, view: session.ViewState, listing: Listing, record: RunRecord | None) -> None:
    if not listing.records:
        return
    titles = run_titles.titles(store, view.scoring, [record.run_id] if record else [])
    st.session_state["picked_run"] = record.run_id if record else None

    def pick() -> None:
        picked = listing.find(st.session_state["picked_run"])
        if picked is not None:
            view.open_run(picked)

    with st.container(gap="xxsmall"):
        st.selectbox(
            "Run",
            list(titles),
            key="picked_run",
            on_change=pick,
            format_func=lambda run_id: titles[run_id],
            placeholder="a stored run",
        )
        if record is not None:
            st.caption(escape_markdown(run_title(record, listing.annotations.get(record.run_id))))


def _scoring_switch(view: session.ViewState) -> None:
    st.session_state["scoring"] = view.scoring

    def switch() -> None:
        view.scoring = st.session_state["scoring"] or view.scoring

    with st.container(gap="xxsmall"):
        st.segmented_control("Scoring", ["strict", "lenient"], key="scoring", required=True, on_change=switch)
        st.caption(SCORING_WORDS[view.scoring])


def _difference(store: Store, record: RunRecord | None) -> None:
    """What the switch changes for this run."""
    if record is None or not record.finished:
        return
    right = scored_run_of(store, record, "lenient").right_under
    if right["lenient"] == right["strict"]:
        st.caption("Same score either way.")
        return
    shares = {scoring: percent(count / record.n) for scoring, count in right.items()}
    more = counted(right["lenient"] - right["strict"], "answer")
    st.caption(f"Strict {shares['strict']}, lenient {shares['lenient']} right: {more} only when lenient.")
