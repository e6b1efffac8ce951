"""What the Data page shows, as the session and the URL hold it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evalcore.store import RunSpec
from pages.parts.shell import url
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.shell.tabs import query_of_tab, tab_of_query

TABS = ("Your examples", "Finished predictions")
INDEXES = ("Problems", "Labels")
"""What is listed of a file, at the left."""
SIDES = ("Rows", "Prompts")
"""What stands beside it."""
BROUGHT_IN = ("upload:", "hub:")
"""How the name of a task begins whose data is looked at here."""


def follow(page: Frame, query: url.Query) -> None:
    """Open what a URL names. What is not known is left out.

    A link of the sidebar names no data: then the page is as it was left. The back button may lead to the list of
    files, which has no name either.
    """
    view = view_state().data
    asked = url.spec_of_query(query, RunSpec())
    if asked is not None and asked.task.name.startswith(BROUGHT_IN):
        view.look_at(asked)
        view.index = _named(INDEXES, query.get("list"))
        view.side = _named(SIDES, query.get("show"))
        view.problem = url.number_of(query.get("problem", "")) or 0
        view.label = query.get("label", "")
    elif view_state().url.page == page.title:
        view.look_at(None)
    if "tab" in query or asked is not None:
        view.tab = tab_of_query(query, TABS)


def query() -> url.Query:
    """The inverse."""
    view = view_state().data
    if view.tab or view.chosen is None:
        return query_of_tab(view.tab)
    more = {"list": view.index, "show": view.side}
    opened = {"problem": str(view.problem) if view.problem else "", "label": view.label}
    return {
        **url.query_of_spec(view.chosen),
        **{name: url.name_in_url(value) for name, value in more.items() if value},
        **{name: value for name, value in opened.items() if value},
    }


def choose(**fields: Any) -> None:
    """Change what is offered to be run: fields of `RunSpec`."""
    view = view_state().data
    if view.chosen is not None:
        view.chosen = replace(view.chosen, **fields)


def choose_data(**fields: str) -> None:
    """Change how the data are read: fields of `TaskSource`. What was opened of them may not be there any more."""
    view = view_state().data
    if view.chosen is not None:
        choose(task=replace(view.chosen.task, **fields))
        view.open()


def _named(names: tuple[str, ...], name: str | None) -> str:
    return next((one for one in names if url.name_in_url(one) == name), "")
