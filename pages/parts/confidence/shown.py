"""What the Confidence page shows, as the session and the URL hold it."""

from __future__ import annotations

from evalcore.analysis import LABEL_VIEWS, Filter, LabelView, ScoredRun
from pages.parts.shell import url
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import ExampleTable, FigureState, view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query

TABS = ("Calibration", "Labels", "Mistakes")
LISTS = ("Confident mistakes", "Near misses")
"""The lists of the tab “Mistakes”."""

CONTROLS = (2, 3)
"""How the controls of a tab and the words beside them share the width."""


def follow(page: Frame, scored: ScoredRun, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().confidence
    view.tab = tab_of_query(query, TABS)
    view.mistakes = next((name for name in LISTS if _in_url(name) == query.get("list")), "")
    view.label_view = next((name for name in LABEL_VIEWS if name == query.get("of")), LABEL_VIEWS[0])
    pick(page, Filter.from_query(query, scored.labels))
    table_of(page).open(url.example_of(query))


def query(page: Frame, scored: ScoredRun) -> url.Query:
    """The inverse."""
    view = view_state().confidence
    more = query_of_tab(view.tab)
    if view.tab == "Labels" and view.label_view != LABEL_VIEWS[0]:
        more["of"] = view.label_view
    if view.tab == "Mistakes" and mistakes() != LISTS[0]:
        more["list"] = _in_url(mistakes())
    asked = opened() if view.tab in ("", "Labels") else Filter()
    if asked != Filter() or view.tab == "Mistakes":
        more |= url.example_query(table_of(page).opened)
    return url.query_of(scored, asked, more)


def opened() -> Filter:
    """What is picked; an empty filter if nothing is."""
    return view_state().confidence.opened


def pick(page: Frame, asked: Filter) -> None:
    """Open the examples of what is picked, from the first one."""
    view_state().confidence.opened = asked
    table_of(page).open(None)


def mistakes() -> str:
    """Which of `LISTS` is open."""
    return view_state().confidence.mistakes or LISTS[0]


def label_view() -> LabelView:
    """Whether labels are looked at by the answers that predict them, or by their examples."""
    return view_state().confidence.label_view


def figure(name: str) -> FigureState:
    """What the session keeps of one of the page's figures."""
    return view_state().confidence.figures.setdefault(name, FigureState())


def table_of(page: Frame) -> ExampleTable:
    """The page's table of examples."""
    return view_state().examples_of(page.title)


def _in_url(name: str) -> str:
    return name.lower().replace(" ", "-")
