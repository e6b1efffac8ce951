"""What the Decide page shows, as the session and the URL hold it."""

from __future__ import annotations

from dataclasses import fields

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
from evalcore.store import DecisionTables
from pages.parts.shell import url
from pages.parts.shell.cached.decisions import decision_tables
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query
from pages.parts.shell.views.figure_state import FigureState
from pages.parts.shell.views.opened_examples import ExampleTable

TABS = ("Review", "Costs", "Traffic", "Label list", "Frontier")
QUESTIONS = (ReviewAsked, CostsAsked, TrafficAsked, LabelListAsked, FrontierAsked)
TABLES = tuple(
    field.name
    for question in QUESTIONS
    for field in fields(question)
    if isinstance(field.default, str) and "choices" not in field.metadata
)
"""The fields that hold what a person typed."""

SAVED = "saved:"
"""What stands in a URL before the name of a table that is kept in the cache folder."""
LONGEST_IN_URL = 200
"""Characters of a table that stands in the URL itself."""


def follow(page: Frame, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out."""
    view = view_state().decide
    asked = _with_tables(page, query)
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
    """The inverse. A long table is kept in the cache folder, and named."""
    view, tables = view_state().decide, _tables(page)
    more = query_of_tab(view.tab)
    for asked in (view.review, view.costs, view.traffic, view.label_list, view.frontier):
        for name, value in query_of_asked(asked).items():
            is_long = name in TABLES and (len(value) > LONGEST_IN_URL or value.startswith(SAVED))
            more[name] = f"{SAVED}{tables.save(value)}" if is_long else value
    if view.beside:
        more["beside"] = view.beside
    if view.opened:
        more["opened"] = view.opened
    return url.query_of(scored, Filter(), more | url.example_query(table_of(page).opened))


def are_lasting(page: Frame, query: url.Query) -> bool:
    """Whether the link still leads to all of its tables when the server is started again."""
    names = [value.removeprefix(SAVED) for name, value in query.items() if name in TABLES and value.startswith(SAVED)]
    return all(_tables(page).is_lasting(name) for name in names)


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


def _with_tables(page: Frame, query: url.Query) -> url.Query:
    """A URL's parameters with each table in the place of its name. Those that are not stored here are left out, and
    that is said."""
    said, found, missing = view_state().decide.said, dict(query), []
    for name in TABLES:
        if query.get(name, "").startswith(SAVED):
            text = _tables(page).read(query[name].removeprefix(SAVED))
            if text is None:
                missing.append(name)
                del found[name]
            else:
                found[name] = text
    said.pop("link", None)
    if missing:
        what = " and ".join(name.replace("_", " ") for name in missing)
        said["link"] = f"The link names a table ({what}) that is not stored here. All else that it asks for is shown."
    return found


def _tables(page: Frame) -> DecisionTables:
    return decision_tables(page.store, str(page.store.folder))
