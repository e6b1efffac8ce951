"""What the Decide page is answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import StoredAnswers, stored_answers
from evalcore.parse import Scoring
from evalcore.store import DecisionTables, RunRecord, Store
from pages.parts.shell.cached.limits import ANSWERS_CACHED, STORED_ANSWERS_CACHED
from pages.parts.shell.cached.once import Stamp, stamp_of
from pages.parts.shell.cached.scored import probabilities_of
from pages.parts.shell.cached.stored import progress_of

T = TypeVar("T")


def answer_of(
    runs: Sequence[ScoredRun], question: Callable[..., T], asked: Hashable, others: Sequence[ScoredRun] = ()
) -> T:
    """A question's answer, kept until one of its runs has more completions or something else is asked.

    Args:
        runs: one, or two that are compared.
        question: a function of a module, called with each run and its probabilities, then with what is asked, and
            then with `others` if there are any.
        others: further runs that it needs.

    Raises:
        BlindspotError: if it cannot be answered.
    """
    name = f"{question.__module__}.{question.__qualname__}"
    answer: T = _answer(name, tuple(stamp_of(one) for one in (*runs, *others)), asked, question, runs, others)
    return answer


@st.cache_resource(max_entries=2, show_spinner=False)
def decision_tables(_store: Store, folder: str) -> DecisionTables:
    """The tables that people typed on the Decide page.

    Args:
        folder: of the store.
    """
    return DecisionTables(_store)


def stored_answers_of(store: Store, record: RunRecord, scoring: Scoring) -> StoredAnswers:
    """What is kept of each of many runs, to compare all of them.

    Raises:
        StoreError: if it is damaged.
    """
    return _stored_answers(store, record.run_id, scoring, progress_of(store, record))


@st.cache_resource(max_entries=ANSWERS_CACHED, show_spinner=False)
def _answer(
    name: str,
    stamps: tuple[Stamp, ...],
    asked: Hashable,
    _question: Callable[..., Any],
    _runs: Sequence[ScoredRun],
    _others: Sequence[ScoredRun],
) -> Any:
    with_probabilities = [one for scored in _runs for one in (scored, probabilities_of(scored))]
    return _question(*with_probabilities, asked, *([tuple(_others)] if _others else []))


@st.cache_resource(max_entries=STORED_ANSWERS_CACHED, show_spinner="Reading the runs …")
def _stored_answers(_store: Store, run_id: str, scoring: Scoring, progress: float) -> StoredAnswers:
    return stored_answers(_store, run_id, scoring)
