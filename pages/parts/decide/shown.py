"""What the Decide page shows, as the session and the URL hold it."""

from __future__ import annotations

from evalcore.analysis import Filter, ScoredRun
from evalcore.deciding import (
    CostsAsked,
    FrontierAsked,
    LabelListAsked,
    ReviewAsked,
    TrafficAsked,
    asked_of_query,
)
from pages.parts.shell import url
from pages.parts.shell.decide_url import query_of_asked_now, with_tables
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query
from pages.parts.shell.views.figure_state import FigureState
from pages.parts.shell.views.opened_examples import ExampleTable

TABS = ("Review", "Costs", "Traffic", "Label list", "Frontier")


def follow(page: Frame, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().decide
    asked, missing = with_tables(page.store, query)
    view.said.pop("link", None)
    if missing:
        view.said["link"] = (
            f"The link names a table ({missing}) that is not stored here. All else that it asks for is shown."
        )
    view.tab = tab_of_query(query, TABS)
    view.beside = query.get("beside", "")
    view.review = asked_of_query(ReviewAsked, asked)
    view.costs = asked_of_query(CostsAsked, asked)
    view.traffic = asked_of_query(TrafficAsked, asked)
    view.label_list = asked_of_query(LabelListAsked, asked)
    view.frontier = asked_of_query(FrontierAsked, asked)
    open_examples(page, query.get("opened", ""))
    table_of(page).open(url.example_of(query))
    view.drawn_tab = view.tab


def query(page: Frame, scored: ScoredRun) -> url.Query:
    """The inverse."""
    view = view_state().decide
    more = query_of_tab(view.tab) | query_of_asked_now(page.store, view)
    if view.beside:
        more["beside"] = view.beside
    if view.opened:
        more["opened"] = view.opened
    return url.query_of(scored, Filter(), more | url.example_query(table_of(page).opened))


def turn_to_tab(page: Frame) -> None:
    """Close the example that was open in another tab; which examples are open is kept for each tab."""
    view = view_state().decide
    if view.tab != view.drawn_tab:
        view.drawn_tab = view.tab
        table_of(page).open(None)


def open_examples(page: Frame, what: str) -> None:
    """Open the examples of something, from the first one.

    Args:
        what: in the words of the tab that is open; empty for those that are open at first.
    """
    view_state().decide.opened = what
    table_of(page).open(None)


def figure(name: str) -> FigureState:
    """What the session keeps of one of the page's figures."""
    return view_state().decide.figures.setdefault(name, FigureState())


def table_of(page: Frame) -> ExampleTable:
    """The page's table of examples."""
    return view_state().examples_of(page.title)
