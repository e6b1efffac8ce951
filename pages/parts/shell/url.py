"""The one way into and out of the URL: what it asks for on arrival, and what a page writes into it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from evalcore.parse import Scoring
from pages.parts.shell.session import view_state

Query = dict[str, str]

_LONGEST_NUMBER = 9


def arrived(page: str) -> Query | None:
    """All that the URL asks for, if a link, a reload or the back button has changed it; None while it is as the page
    wrote it."""
    now, known = st.query_params.to_dict(), view_state().url
    return None if (page, now) == (known.page, known.query) else now


def write(page: str, query: Query) -> None:
    """Make the URL say just this: what the page shows."""
    known = view_state().url
    known.run, known.scoring = query.get("run"), query.get("scoring")
    _write(page, query)


def write_beside_others(page: str, query: Mapping[str, str | None]) -> None:
    """Set these parameters, or remove those that are None, and leave the others in the URL as they are."""
    changed = {**st.query_params.to_dict(), **query}
    _write(page, {name: value for name, value in changed.items() if value is not None})


def run_to_follow() -> str | None:
    """The run that the URL names, once for each time that it names another one. It may not exist."""
    named, known = st.query_params.get("run"), view_state().url
    if named is None or named == known.run:
        return None
    known.run = named
    return named


def scoring_to_follow() -> Scoring | None:
    """The scoring that the URL names, once for each time that it names another one."""
    named, known = st.query_params.get("scoring"), view_state().url
    is_new, known.scoring = named != known.scoring, named
    if not is_new:
        return None
    return "strict" if named == "strict" else "lenient" if named == "lenient" else None


def query_of(scored: ScoredRun, asked: Filter | None = None, more: Mapping[str, str] | None = None) -> Query:
    """What a URL has to say to come back here: the run, the filter, and the scoring where it is not the usual one.

    Args:
        more: further query parameters, such as a sort order.
    """
    query = {"run": scored.record.run_id, **((asked or Filter()).to_query()), **(more or {})}
    return query if scored.scoring == "lenient" else {**query, "scoring": scored.scoring}


def example_of(query: Query) -> int | None:
    """Position in the sample of the example that a URL opens; in the URL they are numbered from 1."""
    number = query.get("example", "")
    return int(number) - 1 if len(number) <= _LONGEST_NUMBER and number.isascii() and number.isdigit() else None


def example_query(position: int | None) -> Query:
    """The inverse of `example_of`."""
    return {} if position is None else {"example": str(position + 1)}


def _write(page: str, query: Query) -> None:
    known = view_state().url
    known.page, known.query = page, query
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
