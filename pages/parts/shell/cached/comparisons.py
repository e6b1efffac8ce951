"""Two or more runs, compared."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import (
    ComparedCalibration,
    Comparison,
    Ladder,
    ScoredRun,
    Sweep,
    build_ladder,
    compare,
    compared_calibration,
    gather,
)
from evalcore.parse import Scoring
from evalcore.store import RunRecord, Store
from pages.parts.shell.cached.limits import MAX_CACHED
from pages.parts.shell.cached.once import Stamp, once, stamp_of
from pages.parts.shell.cached.scored import probabilities_of, scored_run_of


def comparison_of(store: Store, a: RunRecord, b: RunRecord, scoring: Scoring) -> Comparison:
    """The comparison of two runs, kept until one of them has more completions.

    Raises:
        SpecError: if they cannot be compared.
    """
    scored_a, scored_b = (scored_run_of(store, record, scoring) for record in (a, b))
    return _comparison(scored_a, scored_b, stamp_of(scored_a), stamp_of(scored_b))


def compared_probabilities_of(comparison: Comparison) -> ComparedCalibration | None:
    """The probabilities of both runs, compared once; None if one of them has none."""
    return once(comparison, _compared_probabilities)


def sweep_of(store: Store, records: list[RunRecord], scoring: Scoring) -> Sweep:
    """Several runs side by side, kept until one of them has more completions.

    Raises:
        SpecError: if the runs cannot be held side by side.
    """
    scored_runs = tuple(scored_run_of(store, record, scoring) for record in records)
    return _sweep(scored_runs, tuple(stamp_of(scored) for scored in scored_runs))


def ladder_of(store: Store, free: RunRecord | None, choosing: RunRecord | None, scoring: Scoring) -> Ladder:
    """The steps from free text to choosing, kept until one of the runs has more completions.

    Raises:
        SpecError: if no example has been answered by both yet.
    """
    read = (scored_run_of(store, free, "strict"), scored_run_of(store, free, "lenient")) if free else None
    chosen = scored_run_of(store, choosing, scoring) if choosing else None
    return _ladder(read, chosen, tuple(stamp_of(scored) for scored in (*(read or ()), *([chosen] if chosen else []))))


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _comparison(_a: ScoredRun, _b: ScoredRun, stamp_a: Stamp, stamp_b: Stamp) -> Comparison:
    return compare(_a, _b)


def _compared_probabilities(comparison: Comparison) -> ComparedCalibration | None:
    a, b = probabilities_of(comparison.a), probabilities_of(comparison.b)
    return None if a is None or b is None else compared_calibration(comparison, a, b)


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _sweep(_scored_runs: tuple[ScoredRun, ...], stamps: tuple[Stamp, ...]) -> Sweep:
    return gather(_scored_runs)


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _ladder(
    _free: tuple[ScoredRun, ScoredRun] | None, _choosing: ScoredRun | None, stamps: tuple[Stamp, ...]
) -> Ladder:
    return build_ladder(_free, _choosing)
