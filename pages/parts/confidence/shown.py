"""What the Confidence page shows, as the session and the URL hold it."""

from __future__ import annotations

from evalcore.analysis import Filter, ScoredRun
from pages.parts.shell import url
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import ExampleTable, FigureState, view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query

TABS = ("Calibration", "Labels", "Mistakes")
LISTS = ("Confident mistakes", "Near misses")
"""The lists of the tab “Mistakes”."""


def follow(page: Frame, scored: ScoredRun, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().confidence
    view.tab = tab_of_query(query, TABS)
    view.mistakes = next((name for name in LISTS if _in_url(name) == query.get("list")), "")
    pick(page, Filter.from_query(query, scored.labels))
    table_of(page).open(url.example_of(query))


def query(page: Frame, scored: ScoredRun) -> url.Query:
    """The inverse."""
    view = view_state().confidence
    more = query_of_tab(view.tab)
    if view.tab == "Mistakes" and view.mistakes not in ("", LISTS[0]):
        more["list"] = _in_url(view.mistakes)
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


def figure(name: str) -> FigureState:
    """What the session keeps of one of the page's figures."""
    return view_state().confidence.figures.setdefault(name, FigureState())


def table_of(page: Frame) -> ExampleTable:
    """The page's table of examples."""
    return view_state().examples_of(page.title)


def _in_url(name: str) -> str:
    return name.lower().replace(" ", "-")
