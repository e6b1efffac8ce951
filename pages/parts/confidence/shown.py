"""What the Confidence page shows, as the session and the URL hold it."""

from __future__ import annotations

from evalcore.analysis import ALWAYS, CLIMBS, LABEL_VIEWS, RANKED_BY, Filter, LabelView, ScoredRun
from pages.parts.confidence import sets_shown
from pages.parts.shell import url
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query
from pages.parts.shell.views.figure_state import FigureState
from pages.parts.shell.views.opened_examples import ExampleTable

TABS = ("Calibration", "Labels", "Mistakes", "Label sets", "Ladder")
LISTS = ("Confident mistakes", "Near misses")
"""The lists of the tab “Mistakes”."""
SIDES = ("Bins", "Temperature")
"""What stands beside the figures of the calibration while nothing is picked."""
RANKING = "ranking:"
"""A door of the ladder that begins so leads to the answers that another ranking changes."""
DOORS = (
    *ALWAYS,
    *(f"{climb}:{group}" for climb in CLIMBS for group in ("fixed", "broken")),
    *(f"{RANKING}{score}" for score in RANKED_BY),
)
"""What can be open in the ladder, of a run that has all steps."""
CONTROLS = (2, 3)
"""How the controls of a tab and the words beside them share the width."""


def follow(page: Frame, scored: ScoredRun, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().confidence
    view.tab = tab_of_query(query, TABS)
    view.mistakes = next((name for name in LISTS if url.name_in_url(name) == query.get("list")), LISTS[0])
    view.side = next((name for name in SIDES if url.name_in_url(name) == query.get("beside")), SIDES[0])
    view.label_view = next((name for name in LABEL_VIEWS if name == query.get("of")), LABEL_VIEWS[0])
    sets_shown.follow(query, scored.labels)
    view.door = next((door for door in DOORS if door == query.get("door")), "")
    pick(page, Filter.from_query(query, scored.labels))
    table_of(page).open(url.example_of(query))


def query(page: Frame, scored: ScoredRun, *, has_tabs: bool) -> url.Query:
    """The inverse.

    Args:
        has_tabs: False for a run without probabilities, of which only the ladder is shown.
    """
    view = view_state().confidence
    if not has_tabs:
        door = {"door": view.door} if view.door else {}
        return url.query_of(scored, more=door | url.example_query(table_of(page).opened))
    more = query_of_tab(view.tab)
    if not view.tab and view.side != SIDES[0]:
        more["beside"] = url.name_in_url(view.side)
    if view.tab == "Labels" and view.label_view != LABEL_VIEWS[0]:
        more["of"] = view.label_view
    if view.tab == "Mistakes" and mistakes() != LISTS[0]:
        more["list"] = url.name_in_url(mistakes())
    if view.tab == "Label sets":
        more |= sets_shown.query()
    if view.tab == "Ladder" and view.door:
        more["door"] = view.door
    asked = opened(scored)
    if asked != Filter() or view.tab in ("Mistakes", "Ladder") or (view.tab == "Label sets" and sets_shown.is_open()):
        more |= url.example_query(table_of(page).opened)
    return url.query_of(scored, asked, more)


def opened(scored: ScoredRun) -> Filter:
    """What is picked in the tab that is open, as far as this run has it; an empty filter if nothing is."""
    view = view_state().confidence
    asked = Filter.from_query(view.opened.to_query(), scored.labels)
    if not view.tab and asked.confidence is not None:
        return Filter(outcomes=asked.outcomes[:1], confidence=asked.confidence)
    if view.tab == "Labels":
        return Filter(predicted=asked.predicted) if view.label_view == "predictions" else Filter(true=asked.true)
    return Filter()


def pick(page: Frame, asked: Filter) -> None:
    """Open the examples of what is picked, from the first one."""
    view_state().confidence.opened = asked
    table_of(page).open(None)


def mistakes() -> str:
    """Which of `LISTS` is open."""
    return view_state().confidence.mistakes


def label_view() -> LabelView:
    """Whether labels are looked at by the answers that predict them, or by their examples."""
    return view_state().confidence.label_view


def figure(name: str) -> FigureState:
    """What the session keeps of one of the page's figures."""
    return view_state().confidence.figures.setdefault(name, FigureState())


def table_of(page: Frame) -> ExampleTable:
    """The page's table of examples."""
    return view_state().examples_of(page.title)
