"""Examples of a run that pass a filter, and what other runs answered to one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import (
    Filter,
    Mask,
    OtherAnswer,
    ScoredExample,
    ScoredRun,
    Selected,
    mentions,
    ordered,
    other_answers,
    search,
    select,
)
from evalcore.parse import Scoring
from evalcore.store import RunRecord, Store, version_of
from pages.parts.shell.cached.findings import findings_for, others_on_sample
from pages.parts.shell.cached.limits import COLUMNS_CACHED, COUNTED_UP_TO, MAX_CACHED
from pages.parts.shell.cached.once import Stamp, stamp_of
from pages.parts.shell.cached.scored import probabilities_of


def selected(store: Store, scored: ScoredRun, asked: Filter, *, order: str = "", count_all: bool = False) -> Selected:
    """What passes a filter, with live counts.

    Args:
        order: of `EXAMPLE_ORDERS`; empty for that of the sample.
        count_all: also the choices that take long to count, where they are not asked for: whether texts name a label,
            and what the probabilities say. Above `COUNTED_UP_TO` rows they are left out until they are.
    """
    count_all = count_all and len(scored.answers) <= COUNTED_UP_TO
    with_mentions = bool(asked.mentions) or count_all
    with_probabilities = asked.needs_probabilities or bool(order) or count_all
    others = others_on_sample(store, scored) if asked.finding else ()
    return _selected(store, scored, stamp_of(scored), asked, with_mentions, with_probabilities, others, order)


def other_answers_to(store: Store, scored: ScoredRun, answer: ScoredExample) -> list[OtherAnswer]:
    """What other runs answered to the same text, looked for again once something has been written."""
    record = scored.record
    return _other_answers(
        store, version_of(store), record, record.run_id, scored.scoring, answer.position, answer.example.text
    )


@st.cache_resource(max_entries=COLUMNS_CACHED, show_spinner=False)
def _selected(
    _store: Store,
    _scored: ScoredRun,
    stamp: Stamp,
    asked: Filter,
    with_mentions: bool,
    with_probabilities: bool,
    others: tuple[str, ...],
    order: str,
) -> Selected:
    found = _found(_store, _scored, stamp, asked.text) if asked.text else None
    mentioned = _mentioned(_store, _scored, stamp) if with_mentions else None
    probabilities = probabilities_of(_scored) if with_probabilities else None
    positions = None
    if asked.finding:
        findings = findings_for(_store, _scored)
        positions = next((finding.positions for finding in findings if finding.kind == asked.finding), ())
    passed = select(_scored, asked, found=found, mentioned=mentioned, positions=positions, probabilities=probabilities)
    if order and probabilities is not None:
        return replace(passed, rows=ordered(passed.rows, probabilities, order))
    return passed


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _found(_store: Store, _scored: ScoredRun, stamp: Stamp, needle: str) -> Mask:
    return search(_store, _scored, needle)


@st.cache_resource(max_entries=COLUMNS_CACHED, show_spinner=False)
def _mentioned(_store: Store, _scored: ScoredRun, stamp: Stamp) -> NDArray[np.int8]:
    return mentions(_store, _scored)


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _other_answers(
    _store: Store, version: str, _record: RunRecord, run_id: str, scoring: Scoring, position: int, text: str
) -> list[OtherAnswer]:
    return other_answers(_store, _record, position, text, scoring)
