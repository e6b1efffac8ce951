"""What is asked on the Decide page, as a URL holds it. A long table is kept in the cache folder, and named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from evalcore.deciding import (
    CostsAsked,
    FrontierAsked,
    LabelListAsked,
    ReviewAsked,
    TrafficAsked,
    query_of_asked,
)
from evalcore.store import DecisionTables, Store
from pages.parts.shell.cached.decisions import decision_tables
from pages.parts.shell.url import Query
from pages.parts.shell.views.decide import DecideView

QUESTIONS = (ReviewAsked, CostsAsked, TrafficAsked, LabelListAsked, FrontierAsked)
TYPED = tuple(
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


def query_of_asked_now(store: Store, view: DecideView) -> Query:
    """All that is asked."""
    tables, found = _tables(store), {}
    for asked in (view.review, view.costs, view.traffic, view.label_list, view.frontier):
        for name, value in query_of_asked(asked).items():
            is_long = name in TYPED and (len(value) > LONGEST_IN_URL or value.startswith(SAVED))
            found[name] = f"{SAVED}{tables.save(value)}" if is_long else value
    return found


def with_tables(store: Store, query: Mapping[str, str]) -> tuple[Query, str]:
    """A URL's parameters with each table in the place of its name.

    Returns:
        them without the tables that are not stored here; and these in words, empty if there are none.
    """
    found, missing = dict(query), []
    for name in TYPED:
        if query.get(name, "").startswith(SAVED):
            text = _tables(store).read(query[name].removeprefix(SAVED))
            if text is None:
                missing.append(name.replace("_", " "))
                del found[name]
            else:
                found[name] = text
    return found, " and ".join(missing)


def are_lasting(store: Store, query: Mapping[str, str]) -> bool:
    """Whether the link still leads to all of its tables when the server is started again."""
    names = [value.removeprefix(SAVED) for name, value in query.items() if name in TYPED and value.startswith(SAVED)]
    return all(_tables(store).is_lasting(name) for name in names)


def _tables(store: Store) -> DecisionTables:
    return decision_tables(store, str(store.folder))
