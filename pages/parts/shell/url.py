"""The one way into and out of the URL: what it asks for on arrival, and what a page writes into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from evalcore.analysis import EXAMPLE_ORDERS, Filter, ScoredRun
from evalcore.errors import SpecError
from evalcore.parse import Scoring
from evalcore.store import RunSpec, checked
from evalcore.tasks import TaskSource
from pages.parts.shell.asked_by import asked_by_widget
from pages.parts.shell.session import view_state

Query = dict[str, str]

_LONGEST_NUMBER = 9
_LONGEST_NAME = 1000
_LONGEST_MERGE = 20_000
_OF_TASK = {name: {"name": "task", "merge": "task_merge"}.get(name, name) for name in asdict(TaskSource())}
"""What the fields of a task are called in a URL; `merge` there is a change that a page tries on a stored run."""
_LARGEST_CHOSEN = 1_000_000
"""The form takes no larger number."""


def arrived(page: str) -> Query | None:
    """All that the URL asks for, if a link, a reload or the back button has changed it; None while it is as the page
    wrote it.

    A browser says its URL with every click. One that is busy drawing may not have heard yet what the page wrote last,
    and says the one before: that is no link, and what was done since must stay. It is put right for all who read it.
    """
    now, known = st.query_params.to_dict(), view_state().url
    if page == known.page and known.query is not None:
        if now == known.query:
            known.unheard.clear()
            return None
        if now in known.unheard and asked_by_widget():
            st.query_params.from_dict(known.query)
            return None
    return now


def taken(page: str, query: Query) -> None:
    """The page shows what the URL asks for, though it has not written its own yet."""
    known = view_state().url
    known.page, known.query = page, query
    known.unheard.clear()


def write(page: str, query: Query) -> None:
    """Make the URL say just this: what the page shows."""
    known = view_state().url
    known.run, known.scoring = query.get("run"), query.get("scoring")
    _write(page, query)


def write_beside_others(page: str, query: Mapping[str, str | None]) -> None:
    """Set these parameters and the scoring, or remove those that are None, and leave the others as they are."""
    view = view_state()
    changed = {**st.query_params.to_dict(), "scoring": None, **_query_of_scoring(view.scoring), **query}
    view.url.scoring = changed["scoring"]
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
    asks = (asked or Filter()).to_query()
    return {"run": scored.record.run_id, **asks, **(more or {}), **_query_of_scoring(scored.scoring)}


def _query_of_scoring(scoring: Scoring) -> Query:
    return {} if scoring == "lenient" else {"scoring": scoring}


def example_of(query: Query) -> int | None:
    """Position in the sample of the example that a URL opens; in the URL they are numbered from 1."""
    number = number_of(query.get("example", ""))
    return None if number is None else number - 1


def example_query(position: int | None) -> Query:
    """The inverse of `example_of`."""
    return {} if position is None else {"example": str(position + 1)}


def order_of(query: Query) -> str:
    """The order of the examples that a URL asks for; empty for that of the sample."""
    return next((order for order in EXAMPLE_ORDERS if name_in_url(order) == query.get("order")), "")


def order_query(order: str) -> Query:
    """The inverse of `order_of`."""
    return {"order": name_in_url(order)} if order else {}


def name_in_url(name: str) -> str:
    """The name of a tab, a list or an order as it stands in a URL."""
    return name.lower().replace(" ", "-")


def query_of_spec(spec: RunSpec) -> Query:
    """What a URL has to say for the same to be chosen, before it is run: what differs from the default.

    Each field of the spec and of its task is a parameter by its own name, but for those in `_OF_TASK`.
    """
    chosen, usual = _parameters(spec), _parameters(RunSpec())
    return {name: str(value) for name, value in chosen.items() if value != usual[name]}


def spec_of_query(query: Query, usual: RunSpec) -> RunSpec | None:
    """The inverse of `query_of_spec`; None if the URL says nothing of what is chosen, or names a stored run.

    A link may come from anybody: what it names fills the form, and is never run by itself. Unknown values are dropped,
    since a URL can contain anything.

    Args:
        usual: what is chosen where the URL says nothing; `RunSpec()` for a link that `query_of_spec` wrote.
    """
    chosen = _parameters(usual)
    named = {name: query[name].strip() for name in chosen if name in query}
    if "run" in query or not named:
        return None
    for name, text in named.items():
        value = number_of(text) if isinstance(chosen[name], int) else text if text.isprintable() else None
        longest = _LONGEST_MERGE if name == _OF_TASK["merge"] else _LONGEST_NAME
        if value not in (None, "") and len(text) <= longest and _is_possible(name, value):
            chosen[name] = value
    return _spec(chosen)


def _parameters(spec: RunSpec) -> dict[str, Any]:
    """Each field of a spec and of its task, under the name that it has in a URL."""
    of_task = {_OF_TASK[name]: value for name, value in asdict(spec.task).items()}
    return {**of_task, **{k: v for k, v in asdict(spec).items() if k != "task"}}


def _spec(parameters: Mapping[str, Any]) -> RunSpec:
    """The inverse of `_parameters`."""
    of_task = {name: parameters[in_url] for name, in_url in _OF_TASK.items()}
    own = {name: parameters[name] for name in asdict(RunSpec()) if name != "task"}
    return RunSpec(task=TaskSource(**of_task), **own)


def _is_possible(name: str, value: Any) -> bool:
    """Whether this value of one parameter is in its range, whatever the others say."""
    if isinstance(value, int) and value > _LARGEST_CHOSEN:
        return False
    try:
        checked(_spec({**_parameters(RunSpec()), name: value}))
    except SpecError:
        return False
    return True


def number_of(text: str) -> int | None:
    """A whole number as a URL may hold it; None for anything else."""
    return int(text) if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() else None


def _write(page: str, query: Query) -> None:
    known, before = view_state().url, st.query_params.to_dict()
    if page != known.page:
        known.unheard.clear()
    known.page, known.query = page, query
    if before != query:
        known.unheard.append(before)
        st.query_params.from_dict(query)
