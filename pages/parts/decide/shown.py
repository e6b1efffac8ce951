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
    query_of_asked,
)
from pages.parts.shell import cached, url
from pages.parts.shell.figure_state import FigureState
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import ExampleTable, view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query

TABS = ("Review", "Costs", "Traffic", "Label list", "Frontier")


def follow(page: Frame, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().decide
    view.tab = tab_of_query(query, TABS)
    view.beside = query.get("beside", "")
    view.review = asked_of_query(ReviewAsked, query)
    view.costs = asked_of_query(CostsAsked, query)
    view.traffic = asked_of_query(TrafficAsked, query)
    view.label_list = asked_of_query(LabelListAsked, query)
    view.frontier = asked_of_query(FrontierAsked, query)
    view.opened = query.get("opened", "")
    table_of(page).open(url.example_of(query))


def query(page: Frame, scored: ScoredRun) -> url.Query:
    """The inverse."""
    view = view_state().decide
    more = query_of_tab(view.tab)
    for asked in (view.review, view.costs, view.traffic, view.label_list, view.frontier):
        more |= query_of_asked(asked)
    if view.beside:
        more["beside"] = view.beside
    if view.opened:
        more |= {"opened": view.opened} | url.example_query(table_of(page).opened)
    return url.query_of(scored, Filter(), more)


def other_run(page: Frame, scored: ScoredRun) -> ScoredRun | None:
    """The run beside it, scored; None if it is looked at alone."""
    record = page.listing.find(view_state().decide.beside)
    if record is None or record.run_id == scored.record.run_id:
        return None
    return cached.scored_run_of(page.store, record, page.scoring)


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
